/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What search.c looks for, made by hand: a runtime's image that is no more than its variables, and behind it the
 * structures that they lead to. All bytes are the process's memory at HEAP, the first of them the image at BASE. Each
 * structure is laid out as the overlay of the version says. For t_clr_search and the fuzz target search.
 */
#ifndef DA_TESTS_CLR_SEARCH_H
#define DA_TESTS_CLR_SEARCH_H

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "runtime/coreclr/target.h"
#include "synth/synth_pe.h"

enum { BASE = 0x10000000, HEAP = 0x20000000, IMAGE = 0xc00, LEN = 0x4000, VARIABLES = 0x400, VTABLES = 0x700, THREADS = 3,
       HEADERS = 0x200 };

static const struct shape {
	const char *layout;
	unsigned major;
	bool windows, narrow, headers; /* headers: the image's own are there, and tell which of its sections is written */
} shapes[] = {
	{ "linux-x64-6", 6, false, false, false }, { "linux-x64-8", 8, false, false, false },
	{ "linux-x64-10", 10, false, false, false },
	{ "win-x64-6", 6, true, false, false }, { "win-x86-8", 8, true, true, true },
};

static struct da_dump *d;
static struct da_clr *c;

/* A process whose memory these bytes are, before anything is searched for. They must outlive it. */
static inline void open_process(const struct shape *s, const uint8_t *p, size_t n)
{
	static struct da_clr_layout layouts[DA_ARRAY_SIZE(shapes)];
	static bool known[DA_ARRAY_SIZE(shapes)];
	static struct da_arena *kept;
	struct da_clr_layout *l = &layouts[s - shapes];
	bool verified;

	if (!kept)
		kept = da_arena_new();
	if (!known[s - shapes]) {
		da_clr_layout_init(l);
		if (da_clr_overlay(kept, l, s->layout, &verified) != DA_OK)
			abort();
	}
	known[s - shapes] = true;
	d = fuzz_process(&(struct fuzz_process){ .module = s->windows ? "coreclr.dll" : "libcoreclr.so", .base = BASE, .again = HEAP,
						 .image = IMAGE, .threads = THREADS + 1, .narrow = s->narrow }, p, n);
	d->proc.modules.v[0].pe = s->windows;
	da_vec_add(d->arena, &d->proc.runtimes);
	c = da_new(d->arena, struct da_clr);
	*c = (struct da_clr){ .dump = d, .arena = d->arena, .mem = &d->proc.mem, .base = BASE, .end = BASE + IMAGE,
			      .major = s->major, .windows = s->windows, .layout = *l };
}

static inline void close_process(void)
{
	da_dump_free(d);
}

/* ---------------------------------------------------------------- bytes */

static uint8_t *bytes;
static uint64_t next, variable;

static inline uint8_t *at(uint64_t addr) { return bytes + (addr - (addr < HEAP ? BASE : HEAP)); }
static inline void put(uint64_t addr, uint64_t v) { memcpy(at(addr), &v, c->mem->word); }
static inline void put32(uint64_t addr, uint32_t v) { memcpy(at(addr), &v, 4); }

static inline uint64_t make(size_t n)
{
	uint64_t addr = next;

	next += (n + 15) & ~UINT64_C(15);
	if (next > HEAP + LEN)
		abort();
	return addr;
}

/* Fields that this version's layout does not have are left out. */
static inline void put_field(uint64_t addr, enum da_clr_field f, uint64_t v)
{
	if (c->layout.off[f] != DA_CLR_UNKNOWN)
		put(addr + (uint64_t)c->layout.off[f], v);
}
static inline void put_field32(uint64_t addr, enum da_clr_field f, uint32_t v)
{
	if (c->layout.off[f] != DA_CLR_UNKNOWN)
		put32(addr + (uint64_t)c->layout.off[f], v);
}
#define PUT(addr, t, f, v) put_field(addr, DA_CLR_##t##_##f, v)
#define PUT32(addr, t, f, v) put_field32(addr, DA_CLR_##t##_##f, v)

/* A variable of the image that holds this: its address. */
static inline uint64_t var(uint64_t value)
{
	uint64_t addr = variable;

	variable += c->mem->word;
	put(addr, value);
	return addr;
}

/* Something with a vtable of the image: number i. */
static inline uint64_t vtable(unsigned i) { return BASE + VTABLES + 16 * i; }

/* ---------------------------------------------------------------- structures */

/* Where the variables stand, by what search.c calls them; 0: this version has none. */
static struct made {
	uint64_t store, finalizer, string, object, exception, domain, free, gc, table, cache, code;
	uint64_t frames[3]; /* vtables of a call, a helper, a helper with one object */
} made;

static inline uint64_t make_type(uint32_t flags, uint32_t size, uint64_t parent)
{
	uint64_t mt = make(64), class = make(64);

	PUT32(mt, MethodTable, MTFlags, flags), PUT32(mt, MethodTable, BaseSize, size);
	PUT(mt, MethodTable, ParentMethodTable, parent), PUT(mt, MethodTable, EEClassOrCanonMT, class);
	PUT(class, EEClass, MethodTable, mt);
	return mt;
}

static inline void make_types(uint64_t *ret_object)
{
	uint32_t word = c->mem->word;
	uint64_t object = make_type(0x00000000, 3 * word, 0), exception = make_type(0, 16 * word, object);
	uint64_t system = make_type(0, 16 * word, exception);

	made.string = var(make_type(0x80000002, 2 * word + 6, object));
	made.object = var(object);
	made.exception = var(exception);
	for (unsigned i = 0; i < 3; i++)
		(void)var(make_type(0, 16 * word, system));
	made.free = var(make_type(0x80000001, 3 * word, 0));
	*ret_object = object;
}

/* A Module of CoreLib whose compiled code is in the dump; the first assembly of a domain. Returns the code's header. */
static inline uint64_t make_corelib(uint64_t object)
{
	uint64_t module = make(0x500), info = make(0x80), header = make(0x80), domain, list, element, assembly;

	PUT(object, MethodTable, Module, module), PUT(object, MethodTable, LoaderModule, module);
	PUT(module, Module, ReadyToRunInfo, info);
	put(info, module), PUT(info, ReadyToRunInfo, ReadyToRunHeader, header), PUT(info, ReadyToRunInfo, CompositeInfo, info);
	put32(header, 0x00525452), put32(header + 12, 1), put32(header + 16, 102), put32(header + 24, 24);
	if (DA_CLR_HAS(c, Thread, Domain) || !DA_CLR_HAS(c, AppDomain, DomainAssemblyList))
		return header;
	list = (uint64_t)DA_CLR_OFF(c, AppDomain, DomainAssemblyList);
	domain = make((size_t)list + 0x40), element = make(0x10), assembly = make(0x40);
	put(domain, vtable(0));
	put(domain + list + (uint64_t)DA_CLR_OFF(c, ArrayListBase, FirstBlock) + (uint64_t)DA_CLR_OFF(c, ArrayListBlock, ArrayStart),
	    element);
	PUT(element, DomainAssembly, Assembly, assembly), PUT(assembly, Assembly, Module, module);
	made.domain = var(domain);
	return header;
}

/* Each Thread's explicit frames: of a call that is made, of a helper, of a helper that holds an object. */
static inline uint64_t make_frames(uint64_t object)
{
	uint64_t frame[3], slot = make(16), thing = make(16), last = 0;

	put(slot, thing), put(thing, object);
	for (unsigned k = 3; k-- > 0;) {
		frame[k] = make(0x100);
		made.frames[k] = vtable(4 + k);
		put(frame[k], made.frames[k]), PUT(frame[k], Frame, Next, last ? last : UINT64_MAX);
		last = frame[k];
	}
	PUT(frame[0], InlinedCallFrame, CallSiteSP, frame[0]);
	PUT(frame[0], InlinedCallFrame, CallerReturnAddress, HEAP + 0x100);
	PUT(frame[1], HelperMethodFrame, FCallEntry, vtable(8));
	PUT(frame[2], HelperMethodFrame, FCallEntry, vtable(9)), PUT(frame[2], HelperMethodFrame_1OBJ, ObjectSlot, slot);
	return last;
}

static inline void make_threads(uint64_t object)
{
	uint64_t store = make(0x100), thread[THREADS], link = (uint64_t)DA_CLR_OFF(c, Thread, LinkNext);

	for (unsigned i = 0; i < THREADS; i++)
		thread[i] = make(0x280);
	PUT(store, ThreadStore, FirstThreadLink, thread[0] + link), PUT32(store, ThreadStore, ThreadCount, THREADS);
	for (unsigned i = 0; i < THREADS; i++) {
		PUT(thread[i], Thread, OSId, i + 1), PUT32(thread[i], Thread, Id, i + 1);
		PUT(thread[i], Thread, LinkNext, i + 1 < THREADS ? thread[i + 1] + link : 0);
		PUT(thread[i], Thread, Frame, i ? UINT64_MAX : make_frames(object));
	}
	made.store = var(store);
	made.finalizer = var(thread[1]);
}

static inline void make_gc(void)
{
	uint64_t vars = vtable(16), oldest = vtable(14);

	at(vars)[0] = 5;
	PUT(vars, GcDacVars, GenerationSize, 256), PUT32(vars, GcDacVars, TotalGenerationCount, 5);
	PUT(vars, GcDacVars, MaxGeneration, oldest), put32(oldest, 2);
	made.gc = var(vars);
}

/* Entries 1 and 2 in use, 3 free; a cache that counts them, before whose number the newest array of blocks stands. */
static inline void make_locks(uint64_t object)
{
	uint32_t size = (uint32_t)DA_CLR_SIZE(c, SyncTableEntry);
	uint64_t table = make(4 * (size_t)size), blocks = make(0x200), cache = make(0x100);

	for (uint32_t i = 1; i < 3; i++) {
		uint64_t entry = table + i * (uint64_t)size, thing = make(32) + 16, block = blocks + c->mem->word + 0x80 * (i - 1);

		PUT(entry, SyncTableEntry, Object, thing), PUT(entry, SyncTableEntry, SyncBlock, block);
		PUT32(block, SyncBlock, OwnIndex, i), put32(thing - 4, 0x08000000 | i), put(thing, object);
	}
	PUT(table + 3 * (uint64_t)size, SyncTableEntry, Object, 1);
	made.table = var(table);
	if (!DA_CLR_HAS(c, SyncBlockCache, FreeSyncTableIndex))
		return;
	PUT32(cache, SyncBlockCache, FreeSyncTableIndex, 4), put(cache + 2 * c->mem->word, blocks);
	made.cache = var(cache);
}

static inline uint64_t make_section(uint64_t after)
{
	uint64_t section = make(0x60), manager = make(16);

	put(manager, vtable(12));
	PUT(section, RangeSection, RangeBegin, HEAP), PUT(section, RangeSection, RangeEndOpen, HEAP + 0x10000);
	PUT(section, RangeSection, JitManager, manager), PUT(section, RangeSection, Next, after);
	return section;
}

/* 6: a list. 8 and later: five levels of tables, where only what leads to `pc` is there. */
static inline void make_code(uint64_t pc)
{
	uint64_t fragment, table;

	if (DA_CLR_HAS(c, RangeSection, Next)) {
		made.code = var(make_section(make_section(0)));
		return;
	}
	if (c->mem->word != 8)
		return;
	fragment = table = make(0x40);
	PUT(fragment, RangeSectionFragment, RangeBegin, HEAP), PUT(fragment, RangeSectionFragment, RangeEndOpen, HEAP + 0x10000);
	PUT(fragment, RangeSectionFragment, RangeSection, make_section(0));
	for (unsigned shift = 17; shift < 17 + 4 * 8; shift += 8) {
		uint64_t index = pc >> shift & 255, level = make(8 * (size_t)index + 8);

		put(level + 8 * index, table);
		table = level;
	}
	made.code = var(table); /* the first entry of the first level */
}

/* The image's headers, with one section that is written: the variables. */
static inline void make_headers(bool narrow)
{
	enum { SECTION_SIZE = 8, SECTION_RVA = 0xc, SECTION_FLAGS = 0x24, NT = 0x80, OPTIONAL_SIZE = 20 };
	const uint32_t size = IMAGE - VARIABLES, rva = VARIABLES, flags = 0xc0000040;
	struct synth_pe pe;
	uint8_t *section;

	synth_pe_init(&pe, narrow ? SYNTH_PE_I386 : SYNTH_PE_AMD64);
	section = pe.bytes + NT + 24 + pe.bytes[NT + OPTIONAL_SIZE];
	memcpy(section + SECTION_SIZE, &size, 4), memcpy(section + SECTION_RVA, &rva, 4), memcpy(section + SECTION_FLAGS, &flags, 4);
	memcpy(bytes, pe.bytes, HEADERS);
}

/* LEN bytes, malloc'ed, and what is in them: made. */
static inline uint8_t *make_all(const struct shape *s)
{
	uint64_t object, header;

	bytes = calloc(1, LEN);
	if (!bytes)
		abort();
	open_process(s, bytes, LEN);
	made = (struct made){ 0 };
	next = HEAP + IMAGE;
	variable = BASE + VARIABLES;
	if (s->headers)
		make_headers(s->narrow);
	make_types(&object);
	header = make_corelib(object);
	make_threads(object);
	make_gc();
	make_locks(object);
	make_code(header);
	close_process();
	return bytes;
}

#endif
