/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structures of CoreCLR made by hand, in one piece of memory and a stack, as 10 has them on Linux where nothing
 * else is said: the map of ranges, a code heap, a ReadyToRun image, explicit frames. For t_clr_code and the fuzz
 * target managed; CLR_LEN is the room for all but the stack.
 */
#ifndef DA_TESTS_CLR_CODE_H
#define DA_TESTS_CLR_CODE_H

#include <stdlib.h>
#include <string.h>

#include "runtime/coreclr/coreclr.h"

#define BASE 0x7e0000000000ULL
#define STACK 0x7f0000000000ULL
#define STACK_LEN 0x10000
#ifndef CLR_LEN
#define CLR_LEN 0x100000
#endif

static struct da_dump *d;
static struct da_clr *c;
static uint8_t *file;
static uint64_t next; /* free memory */

/* ---------------------------------------------------------------- memory and layout */

static inline uint8_t *at(uint64_t addr)
{
	return addr < STACK ? file + (addr - BASE) : file + CLR_LEN + (addr - STACK);
}
static inline void put(uint64_t addr, uint64_t v) { memcpy(at(addr), &v, 8); }
static inline void put32(uint64_t addr, uint32_t v) { memcpy(at(addr), &v, 4); }

static inline uint64_t make(size_t n)
{
	uint64_t addr = next;

	next += (n + 15) & ~UINT64_C(15);
	if (next > BASE + CLR_LEN)
		abort();
	return addr;
}

static inline void range(uint64_t start, uint64_t off, uint64_t len)
{
	struct da_range *r = da_vec_add(d->arena, &d->proc.mem.ranges);

	*r = (struct da_range){ .start = start, .end = start + len, .file_off = off, .file_len = len,
				.prot = DA_PROT_R | DA_PROT_W | DA_PROT_X, .has_prot = true, .module = DA_NONE };
}

#define OFF(t, f, n) (c->layout.off[DA_CLR_##t##_##f] = (n))

static inline void layout(void)
{
	for (size_t i = 0; i < DA_CLR_FIELDS; i++)
		c->layout.off[i] = DA_CLR_UNKNOWN;
	for (size_t i = 0; i < DA_CLR_TYPES; i++)
		c->layout.size[i] = DA_CLR_UNKNOWN;
	OFF(RangeSectionMap, TopLevelData, 0);
	OFF(RangeSectionFragment, Next, 0), OFF(RangeSectionFragment, RangeBegin, 8);
	OFF(RangeSectionFragment, RangeEndOpen, 16), OFF(RangeSectionFragment, RangeSection, 24);
	OFF(RangeSection, RangeBegin, 0), OFF(RangeSection, RangeEndOpen, 8), OFF(RangeSection, Flags, 16);
	OFF(RangeSection, R2RModule, 32), OFF(RangeSection, HeapList, 40), OFF(RangeSection, NextForDelete, 64);
	OFF(CodeHeapListNode, MapBase, 32), OFF(CodeHeapListNode, HeaderMap, 40);
	OFF(RealCodeHeader, MethodDesc, 24), OFF(RealCodeHeader, NumUnwindInfos, 32);
	OFF(RealCodeHeader, UnwindInfos, 36);
	OFF(Module, ReadyToRunInfo, 704), OFF(ReadyToRunInfo, CompositeInfo, 40);
	OFF(ReadyToRunInfo, RuntimeFunctions, 80), OFF(ReadyToRunInfo, NumRuntimeFunctions, 88);
	OFF(ReadyToRunInfo, HotColdMap, 96), OFF(ReadyToRunInfo, NumHotColdMap, 104);
	OFF(ReadyToRunInfo, DelayLoadMethodCallThunks, 112), OFF(ReadyToRunInfo, EntryPointToMethodDescMap, 360);
	OFF(HashMap, Buckets, 16), OFF(Bucket, Keys, 0), OFF(Bucket, Values, 32);
	c->layout.size[DA_CLR_TYPE_Bucket] = 64;
	OFF(Frame, Next, 8), OFF(InlinedCallFrame, CallSiteSP, 24), OFF(InlinedCallFrame, CallerReturnAddress, 32);
	OFF(InlinedCallFrame, CalleeSavedFP, 40), OFF(FramedMethodFrame, TransitionBlockPtr, 16);
	OFF(TransitionBlock, ReturnAddress, 96), OFF(TransitionBlock, CalleeSavedRegisters, 48);
	c->layout.size[DA_CLR_TYPE_TransitionBlock] = 104;
	OFF(CalleeSavedRegisters, R12, 0), OFF(CalleeSavedRegisters, R13, 8), OFF(CalleeSavedRegisters, R14, 16);
	OFF(CalleeSavedRegisters, R15, 24), OFF(CalleeSavedRegisters, Rbx, 32), OFF(CalleeSavedRegisters, Rbp, 40);
	OFF(FaultingExceptionFrame, TargetContext, 32), OFF(SoftwareExceptionFrame, TargetContext, 288);
	OFF(ResumableFrame, TargetContextPtr, 16), OFF(HelperMethodFrame, Rbp, 0x68);
}

static inline void global(enum da_clr_global g, bool address, uint64_t value)
{
	c->layout.global[g].known = true;
	c->layout.global[g].address = address;
	c->layout.global[g].value = value;
}

static inline void frame_kind(uint64_t id, enum da_clr_frame kind)
{
	struct da_clr_frame_id f = { id, (uint8_t)kind };

	da_vec_push(d->arena, &c->layout.frames, f);
}

static inline void setup(unsigned major)
{
	d = da_dump_new(&da_limits_default, NULL);
	file = da_alloc(d->arena, CLR_LEN + STACK_LEN);
	d->proc.os = DA_OS_LINUX;
	d->proc.arch = da_arch_by_elf(62, 2, false);
	d->proc.mem.word = 8;
	d->proc.mem.file = d->file = (struct da_bytes){ file, CLR_LEN + STACK_LEN };
	range(BASE, 0, CLR_LEN);
	range(STACK, CLR_LEN, STACK_LEN);
	c = da_new(d->arena, struct da_clr);
	c->dump = d;
	c->arena = d->arena;
	c->mem = &d->proc.mem;
	c->major = major;
	next = BASE;
	layout();
	global(DA_CLR_G_ExecutionManagerCodeRangeMapAddress, true, make(256 * 8));
	for (uint64_t id = 1; id < DA_CLR_FRAMES; id++)
		frame_kind(id, (enum da_clr_frame)id);
}

static inline void done(void)
{
	da_dump_free(d);
}

/* ---------------------------------------------------------------- the map of ranges */

static inline uint64_t map_entry(uint64_t pc)
{
	uint64_t table = c->layout.global[DA_CLR_G_ExecutionManagerCodeRangeMapAddress].value, slot, v;

	for (unsigned level = 4; level > 0; level--) {
		slot = table + 8 * (pc >> (17 + 8 * level) & 255);
		memcpy(&v, at(slot), 8);
		if (!v)
			put(slot, v = make(256 * 8) | 1); /* as code that can be unloaded has it */
		table = v & ~UINT64_C(1);
	}
	return table + 8 * (pc >> 17 & 255);
}

static inline uint64_t add_section(uint64_t begin, uint64_t end, uint32_t flags, uint64_t module, uint64_t heap)
{
	uint64_t s = make(72), f = make(40), slot = map_entry(begin), head;

	put(s, begin), put(s + 8, end), put32(s + 16, flags), put(s + 32, module), put(s + 40, heap);
	memcpy(&head, at(slot), 8);
	put(f, head), put(f + 8, begin), put(f + 16, end), put(f + 24, s);
	put(slot, f);
	return s;
}

/* ---------------------------------------------------------------- code heaps */

#define HEAP BASE /* code of heaps is in memory: the word before it leads to its header */

static uint64_t heap, nibbles, code_begin;

static inline void make_heap(size_t bytes)
{
	heap = make(48);
	nibbles = make(bytes / 64);
	next = (next + 255) & ~UINT64_C(255);
	code_begin = make(bytes);
	put(heap + 32, code_begin), put(heap + 40, nibbles);
	add_section(code_begin, code_begin + bytes, 2, 0, heap);
}

static inline uint32_t *nibble_word(uint64_t rel) { return (uint32_t *)(void *)at(nibbles + 4 * (rel >> 8)); }

/* A method at an offset of the heap; its end only where words can be offsets. */
static inline uint64_t add_method(uint32_t rel, uint32_t size)
{
	uint64_t h = make(36 + 24), start = code_begin + rel, pointer = (rel & ~15U) | ((rel & 15) / 4 + 9);

	*nibble_word(rel) |= ((rel & 31) / 4 + 1) << (28 - 4 * (rel >> 5 & 7));
	for (uint64_t w = (rel >> 8) + 1; c->major >= 10 && 256 * (w + 1) <= rel + size; w++)
		*nibble_word(256 * w) = (uint32_t)pointer;
	put(start - 8, h);
	put(h + 24, h + 1000), put32(h + 32, 2);
	put32(h + 36, rel), put32(h + 40, rel + size - 8), put32(h + 44, 0x77);
	put32(h + 48, rel + size - 8), put32(h + 52, rel + size), put32(h + 56, 0x78);
	return h;
}

/* ---------------------------------------------------------------- ReadyToRun */

static uint64_t image, module_of_image, buckets;
static uint32_t nbuckets;

static inline void hash(uint64_t key, uint64_t value)
{
	uint32_t seed = (uint32_t)(key >> 2), step = 1 + ((uint32_t)(key >> 5) + 1) % (nbuckets - 1);

	for (;; seed += step) {
		uint64_t b = buckets + 64 + 64ULL * (seed % nbuckets), v;

		for (unsigned k = 0; k < 4; k++) {
			memcpy(&v, at(b + 8 * k), 8);
			if (v)
				continue;
			put(b + 8 * k, key);
			memcpy(&v, at(b + 32 + 8 * k), 8);
			put(b + 32 + 8 * k, (v & (UINT64_C(1) << 63)) | value >> 1);
			return;
		}
		memcpy(&v, at(b + 32), 8);
		put(b + 32, v | UINT64_C(1) << 63); /* one passed here */
	}
}

/* {begin, end}: two methods with a funclet each, a third, and the rare part of the first far away. */
static const uint32_t functions[][2] = {
	{ 0x1000, 0x1080 }, { 0x1080, 0x10a0 }, { 0x1100, 0x1200 }, { 0x1200, 0x1210 }, { 0x1300, 0x1340 },
	{ 0x1800, 0x1840 },
};

static inline void make_image(uint32_t n)
{
	uint64_t module = make(1024), info = make(512), thunks = make(8), hot = make(8);

	module_of_image = module;
	image = make(0x4000);
	nbuckets = n;
	buckets = make(64 + 64 * (size_t)n);
	put32(buckets, n);
	put(module + 704, info);
	put(info + 40, info), put(info + 80, image + 0x400), put32(info + 88, DA_ARRAY_SIZE(functions));
	put(info + 112, thunks), put32(thunks, 0x2000), put32(thunks + 4, 0x100);
	put(info + 96, hot), put32(info + 104, 2), put32(hot, 5), put32(hot + 4, 0);
	put(info + 360 + 16, buckets);
	for (size_t i = 0; i < DA_ARRAY_SIZE(functions); i++) {
		put32(image + 0x400 + 12 * i, functions[i][0]);
		put32(image + 0x404 + 12 * i, functions[i][1]);
		put32(image + 0x408 + 12 * i, 0x3000 + 8 * (uint32_t)i);
	}
	add_section(image, image + 0x4000, 0, module, 0);
}

/* ---------------------------------------------------------------- explicit frames */

static inline void link_frame(uint64_t addr, enum da_clr_frame kind, uint64_t to)
{
	put(addr, kind), put(addr + 8, to);
}

static inline void call_site(uint64_t addr, uint64_t to, uint64_t pc, uint64_t sp)
{
	link_frame(addr, DA_CLR_FRAME_InlinedCallFrame, to);
	put(addr + 24, sp), put(addr + 32, pc), put(addr + 40, addr + 0x77);
}

#endif
