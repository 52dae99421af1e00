/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables of the runtime without its table of addresses: each is found by what it points to. The image's
 * writable words are few (tens of thousands), and what is looked for proves itself: a list of threads that
 * the dump has, the MethodTable of String, a table of locks whose blocks know their index. Where two fit,
 * neither is taken.
 *
 * Used where a dump holds neither the table nor the export that leads to it, and no file of exactly this
 * build is at hand: coreclr.dll of 6.0 without its resources, programs of 32 bits, whose order of entries
 * nobody wrote down.
 */
#include "config.h"

#include <string.h>

#include "image/pe.h"
#include "runtime/coreclr/target.h"

enum { HEADERS = 4096, FRAMES_MAX = 64, VTABLES_MAX = 32, FRAME_REACH = 1 << 16, CALL_REACH = 1 << 20,
       WORDS_MAX = 1 << 20, LISTS_MAX = 256, WORK_MAX = 1 << 24 /* steps in lists and tables; a hostile dump has many */ };

struct word {
	uint64_t at, value;
};

struct search {
	struct da_clr *c;
	struct da_arena *scratch;
	DA_VEC(struct word) v;
	struct da_clr_list threads;
	unsigned lists, work;
	uint32_t used; /* entries of the table of locks */
};

static uint64_t pointer(const struct da_clr *c, uint64_t at)
{
	uint64_t v = 0;

	return da_mem_word(c->mem, at, &v) == DA_OK ? v : 0;
}

static uint32_t number(const struct da_clr *c, uint64_t at)
{
	uint32_t v = 0;

	return da_mem_u32(c->mem, at, &v) == DA_OK ? v : 0;
}

static uint64_t field(const struct da_clr *c, uint64_t at, enum da_clr_field f)
{
	uint64_t v = 0;

	return da_clr_read(c, at, f, 8, &v) == DA_OK ? v : 0;
}

static uint32_t field32(const struct da_clr *c, uint64_t at, enum da_clr_field f)
{
	uint64_t v = 0;

	return da_clr_read(c, at, f, 4, &v) == DA_OK ? (uint32_t)v : 0;
}

static bool in_image(const struct da_clr *c, uint64_t a) { return a > c->base && a < c->end; }

/* ---------------------------------------------------------------- the words */

static void gather(struct search *s, uint64_t start, uint64_t end)
{
	struct da_clr *c = s->c;
	uint64_t word = c->mem->word, v;

	for (uint64_t at = (start + word - 1) & ~(word - 1); at + word <= end && s->v.n < WORDS_MAX;) {
		if (da_mem_word(c->mem, at, &v) != DA_OK) {
			at = (at | 0xfff) + 1;
			continue;
		}
		if (v >= DA_NULL_PAGE && v % 4 == 0)
			da_vec_push(s->scratch, &s->v, ((struct word){ at, v }));
		at += word;
	}
}

static void gather_all(struct search *s)
{
	struct da_clr *c = s->c;
	uint8_t headers[HEADERS];
	size_t n = c->windows ? da_mem_read_some(c->mem, c->base, headers, sizeof(headers)) : 0;
	struct da_pe pe;

	if (n && da_pe_read(s->scratch, (struct da_bytes){ headers, n }, &pe) == DA_OK && pe.nsections) {
		for (unsigned i = 0; i < pe.nsections; i++)
			if (pe.sections[i].prot & DA_PROT_W)
				gather(s, c->base + pe.sections[i].rva, c->base + pe.sections[i].rva + pe.sections[i].size);
		return;
	}
	for (size_t i = 0; i < c->mem->ranges.n; i++) {
		const struct da_range *r = &c->mem->ranges.v[i];

		if (r->end > c->base && r->start < c->end && r->has_prot && (r->prot & DA_PROT_W))
			gather(s, DA_MAX(r->start, c->base), DA_MIN(r->start + r->file_len, c->end));
	}
}

static void set(struct da_clr *c, enum da_clr_global g, uint64_t at)
{
	c->layout.global[g].known = c->layout.global[g].address = true;
	c->layout.global[g].value = at;
}

/* The one value that fits; the variable that holds it first. */
static bool only(struct search *s, bool (*fits)(struct search *s, const struct word *w), enum da_clr_global g)
{
	const struct word *found = NULL;

	if (s->c->layout.global[g].known)
		return true;
	for (size_t i = 0; i < s->v.n; i++) {
		const struct word *w = &s->v.v[i];

		if ((found && found->value == w->value) || !fits(s, w))
			continue;
		if (found)
			return false;
		found = w;
	}
	if (found)
		set(s->c, g, found->at);
	return found != NULL;
}

/* ---------------------------------------------------------------- types */

static bool is_object_type(const struct da_clr *c, uint64_t mt)
{
	return mt && field32(c, mt, DA_CLR_MethodTable_BaseSize) == 3 * c->mem->word &&
	       !field(c, mt, DA_CLR_MethodTable_ParentMethodTable) && field(c, mt, DA_CLR_MethodTable_EEClassOrCanonMT);
}

static bool is_string(struct search *s, const struct word *w)
{
	const struct da_clr *c = s->c;

	return (field32(c, w->value, DA_CLR_MethodTable_MTFlags) & 0x8000ffff) == 0x80000002 &&
	       field32(c, w->value, DA_CLR_MethodTable_BaseSize) == da_clr_string_base(c) &&
	       is_object_type(c, field(c, w->value, DA_CLR_MethodTable_ParentMethodTable));
}

static bool is_object(struct search *s, const struct word *w)
{
	return w->value == field(s->c, pointer(s->c, s->c->layout.global[DA_CLR_G_StringMethodTable].value),
				 DA_CLR_MethodTable_ParentMethodTable);
}

/* Free space is no class of the framework: it has no parent. */
static bool is_free(struct search *s, const struct word *w)
{
	const struct da_clr *c = s->c;

	return (field32(c, w->value, DA_CLR_MethodTable_MTFlags) & 0x8000ffff) == 0x80000001 &&
	       field32(c, w->value, DA_CLR_MethodTable_BaseSize) == 3 * c->mem->word &&
	       !field(c, w->value, DA_CLR_MethodTable_ParentMethodTable);
}

static uint64_t parent_of(const struct da_clr *c, uint64_t mt)
{
	return field(c, mt, DA_CLR_MethodTable_ParentMethodTable);
}

/* Large, a child of Object, and grandparent of those that the runtime itself throws (SystemException lies between). */
static bool is_exception(struct search *s, const struct word *w)
{
	enum { LARGE = 8, THROWN_MIN = 3 };
	const struct da_clr *c = s->c;
	uint64_t object = pointer(c, c->layout.global[DA_CLR_G_ObjectMethodTable].value);
	unsigned n = 0;

	if (field32(c, w->value, DA_CLR_MethodTable_BaseSize) < LARGE * c->mem->word || parent_of(c, w->value) != object)
		return false;
	for (size_t i = 0; i < s->v.n && s->work++ < WORK_MAX; i++)
		n += parent_of(c, parent_of(c, s->v.v[i].value)) == w->value;
	return n >= THROWN_MIN;
}

/* The first of its assemblies is the one that holds Object. */
static bool is_domain(struct search *s, const struct word *w)
{
	const struct da_clr *c = s->c;
	uint64_t object = pointer(c, c->layout.global[DA_CLR_G_ObjectMethodTable].value), list, first, assembly;

	if (!in_image(c, pointer(c, w->value)) || !DA_CLR_HAS(c, AppDomain, DomainAssemblyList) ||
	    !DA_CLR_HAS(c, ArrayListBase, FirstBlock) || !DA_CLR_HAS(c, ArrayListBlock, ArrayStart))
		return false;
	list = w->value + (uint64_t)DA_CLR_OFF(c, AppDomain, DomainAssemblyList);
	first = pointer(c, list + (uint64_t)DA_CLR_OFF(c, ArrayListBase, FirstBlock) +
			   (uint64_t)DA_CLR_OFF(c, ArrayListBlock, ArrayStart));
	assembly = field(c, first, DA_CLR_DomainAssembly_Assembly);
	return assembly && field(c, assembly, DA_CLR_Assembly_Module) == field(c, object, DA_CLR_MethodTable_Module);
}

/* ---------------------------------------------------------------- threads, collector, locks */

static bool is_store(struct search *s, const struct word *w)
{
	struct da_clr *c = s->c;
	uint32_t count = field32(c, w->value, DA_CLR_ThreadStore_ThreadCount);
	uint64_t first = field(c, w->value, DA_CLR_ThreadStore_FirstThreadLink);
	struct da_clr_list list;
	enum da_status st;

	if (!count || count > c->dump->limits->threads || first < DA_NULL_PAGE || first % c->mem->word ||
	    s->lists++ >= LISTS_MAX)
		return false;
	set(c, DA_CLR_G_ThreadStore, w->at);
	st = da_clr_thread_list(c, s->scratch, &list);
	c->layout.global[DA_CLR_G_ThreadStore].known = false;
	return (st == DA_OK || st == DA_PARTIAL) && list.ours && list.ours > list.strangers;
}

/* Of the variables of a process that collects nothing, that one alone points to a Thread. */
static bool is_finalizer(struct search *s, const struct word *w)
{
	for (size_t i = 0; i < s->threads.v.n && s->work++ < WORK_MAX; i++)
		if (s->threads.v.v[i] == w->value)
			return true;
	return false;
}

/* Its version, the size of a generation, how many there are, and that the oldest collected one is 2. */
static bool is_gc(struct search *s, const struct word *w)
{
	const struct da_clr *c = s->c;
	uint8_t major = 0;
	uint64_t size = field(c, w->value, DA_CLR_GcDacVars_GenerationSize);
	uint32_t n = field32(c, w->value, DA_CLR_GcDacVars_TotalGenerationCount);

	return in_image(c, w->value) && da_mem_u8(c->mem, w->value, &major) == DA_OK && major >= 1 && major <= 9 &&
	       size >= 64 && size < 4096 && n >= 4 && n <= 8 &&
	       number(c, field(c, w->value, DA_CLR_GcDacVars_MaxGeneration)) == 2;
}

/* An entry in use: the block and the object's header both know the index. A free one names the next. */
static bool is_entry(const struct da_clr *c, uint64_t table, uint32_t i, bool *ret_live)
{
	uint64_t at = table + i * (uint64_t)DA_CLR_SIZE(c, SyncTableEntry);
	uint64_t object = field(c, at, DA_CLR_SyncTableEntry_Object), block = field(c, at, DA_CLR_SyncTableEntry_SyncBlock);

	*ret_live = object && !(object & 1) && block && (field32(c, block, DA_CLR_SyncBlock_OwnIndex) & 0x3ffffff) == i &&
		    (number(c, object - 4) & 0xc000000) == 0x8000000 && (number(c, object - 4) & 0x3ffffff) == i;
	return *ret_live || (object & 1);
}

/* How many are used, the first, which is none, counted. */
static uint32_t entries(struct search *s, uint64_t table, bool *ret_any)
{
	uint32_t i = 1;
	bool live;

	*ret_any = false;
	for (; s->work++ < WORK_MAX && is_entry(s->c, table, i, &live); i++)
		*ret_any = *ret_any || live;
	return i;
}

static bool is_sync_table(struct search *s, const struct word *w)
{
	bool any = false, live;

	if (DA_CLR_SIZE(s->c, SyncTableEntry) <= 0 || !is_entry(s->c, w->value, 1, &live))
		return false;
	(void)entries(s, w->value, &any);
	return any;
}

/* Blocks come in arrays behind a pointer to the next; the newest one's first is in use. */
static bool is_block_array(struct search *s, uint64_t at)
{
	struct da_clr *c = s->c;
	uint64_t table = pointer(c, c->layout.global[DA_CLR_G_SyncTableEntries].value);

	for (uint32_t i = 1; at >= DA_NULL_PAGE && i < s->used && s->work++ < WORK_MAX; i++)
		if (field(c, table + i * (uint64_t)DA_CLR_SIZE(c, SyncTableEntry), DA_CLR_SyncTableEntry_SyncBlock) ==
		    at + c->mem->word)
			return true;
	return false;
}

/* It counts the entries in use, and before that number points to such an array. */
static bool is_sync_cache(struct search *s, const struct word *w)
{
	uint64_t end;

	if (!DA_CLR_HAS(s->c, SyncBlockCache, FreeSyncTableIndex) ||
	    field32(s->c, w->value, DA_CLR_SyncBlockCache_FreeSyncTableIndex) != s->used)
		return false;
	end = w->value + (uint64_t)DA_CLR_OFF(s->c, SyncBlockCache, FreeSyncTableIndex);
	for (uint64_t at = w->value; at + s->c->mem->word <= end; at += s->c->mem->word)
		if (is_block_array(s, pointer(s->c, at)))
			return true;
	return false;
}

/* ---------------------------------------------------------------- code */

/* The object that a section of code belongs to has a vtable of the runtime. */
static bool is_section(const struct da_clr *c, uint64_t at)
{
	uint64_t begin = field(c, at, DA_CLR_RangeSection_RangeBegin), end = field(c, at, DA_CLR_RangeSection_RangeEndOpen);

	return begin >= DA_NULL_PAGE && end > begin && begin % 4096 == 0 &&
	       in_image(c, pointer(c, field(c, at, DA_CLR_RangeSection_JitManager)));
}

/* How many of them a list has; 0: it leads elsewhere, or back into itself. */
static uint64_t sections(struct search *s, uint64_t at)
{
	uint64_t n = 0, mark = 0; /* one behind us, moved on at each power of two: a cycle meets it */

	for (; at && at != mark && s->work++ < WORK_MAX && is_section(s->c, at); n++) {
		if ((n & (n - 1)) == 0)
			mark = at;
		at = field(s->c, at, DA_CLR_RangeSection_Next);
	}
	return at ? 0 : n;
}

/* 6 and 7: the longest list of them. */
static void find_list(struct search *s)
{
	uint64_t best = 0;

	for (size_t i = 0; i < s->v.n; i++) {
		uint64_t n = sections(s, s->v.v[i].value);

		if (n > best) {
			best = n;
			set(s->c, DA_CLR_G_ExecutionManagerCodeRangeMapAddress, s->v.v[i].at);
		}
	}
}

/* 8 and later: five levels of 256; the header of CoreLib's image lies in a section of its own. */
static bool map_leads(const struct da_clr *c, uint64_t map, uint64_t pc)
{
	enum { LEVELS = 5, LEAF_SHIFT = 17 };
	uint64_t at = map, section;

	for (unsigned level = LEVELS; level-- > 0;) {
		at = pointer(c, at + c->mem->word * (pc >> (LEAF_SHIFT + 8 * level) & 255)) & ~UINT64_C(1);
		if (at < DA_NULL_PAGE)
			return false;
	}
	section = field(c, at, DA_CLR_RangeSectionFragment_RangeSection);
	return pc >= field(c, at, DA_CLR_RangeSectionFragment_RangeBegin) &&
	       pc < field(c, at, DA_CLR_RangeSectionFragment_RangeEndOpen) && is_section(c, section) &&
	       pc >= field(c, section, DA_CLR_RangeSection_RangeBegin) &&
	       pc < field(c, section, DA_CLR_RangeSection_RangeEndOpen);
}

static uint64_t corelib_header(const struct da_clr *c)
{
	uint64_t object = pointer(c, c->layout.global[DA_CLR_G_ObjectMethodTable].value);
	uint64_t info = field(c, field(c, object, DA_CLR_MethodTable_Module), DA_CLR_Module_ReadyToRunInfo);

	return info ? field(c, info, DA_CLR_ReadyToRunInfo_ReadyToRunHeader) : 0;
}

static void find_map(struct search *s)
{
	struct da_clr *c = s->c;
	uint64_t header = corelib_header(c), index = header >> 49 & 255;

	for (size_t i = 0; header && c->mem->word == 8 && i < s->v.n; i++)
		if (map_leads(c, s->v.v[i].at - 8 * index, header)) {
			set(c, DA_CLR_G_ExecutionManagerCodeRangeMapAddress, s->v.v[i].at - 8 * index);
			return;
		}
}

/* ---------------------------------------------------------------- frames */

struct vtable {
	uint64_t id;
	unsigned n, call, calls, helper, object; /* frames; of the call kind: that are in a call, and lead to one; … */
};

/* The slot holds an object: its type's class leads back. */
static bool holds_object(const struct da_clr *c, uint64_t frame)
{
	uint64_t slot = field(c, frame, DA_CLR_HelperMethodFrame_1OBJ_ObjectSlot), mt, class;

	if (slot + FRAME_REACH < frame || slot > frame + FRAME_REACH || slot % c->mem->word)
		return false;
	mt = pointer(c, pointer(c, slot)) & ~UINT64_C(7);
	class = field(c, mt, DA_CLR_MethodTable_EEClassOrCanonMT);
	return mt && class && field(c, class, DA_CLR_EEClass_MethodTable) == mt;
}

static void look_at(const struct da_clr *c, uint64_t frame, struct vtable *t)
{
	uint64_t sp = field(c, frame, DA_CLR_InlinedCallFrame_CallSiteSP);
	uint64_t ip = field(c, frame, DA_CLR_InlinedCallFrame_CallerReturnAddress);
	uint64_t entry = field(c, frame, DA_CLR_HelperMethodFrame_FCallEntry);

	t->n++;
	t->call += ip != 0;
	t->calls += ip >= DA_NULL_PAGE && !in_image(c, ip) && sp + CALL_REACH > frame && sp < frame + CALL_REACH;
	t->helper += in_image(c, entry);
	t->object += in_image(c, entry) && holds_object(c, frame);
}

/* What all explicit frames of one class have in common; a class that could be two is none. */
static void find_frames(struct search *s)
{
	struct da_clr *c = s->c;
	struct vtable v[VTABLES_MAX];
	size_t nv = 0;

	if (c->layout.frames.n)
		return;
	for (size_t i = 0; i < s->threads.v.n; i++) {
		uint64_t frame = field(c, s->threads.v.v[i], DA_CLR_Thread_Frame);

		for (unsigned k = 0; k < FRAMES_MAX && frame >= DA_NULL_PAGE && in_image(c, pointer(c, frame)); k++) {
			uint64_t id = pointer(c, frame);
			size_t j = 0;

			while (j < nv && v[j].id != id)
				j++;
			if (j == nv && nv < VTABLES_MAX)
				v[nv++] = (struct vtable){ .id = id };
			if (j < nv)
				look_at(c, frame, &v[j]);
			frame = field(c, frame, DA_CLR_Frame_Next);
		}
	}
	for (size_t j = 0; j < nv; j++) {
		enum da_clr_frame kind = v[j].object == v[j].n ? DA_CLR_FRAME_HelperMethodFrame_1OBJ
					 : v[j].helper == v[j].n ? DA_CLR_FRAME_HelperMethodFrame
					 : v[j].calls && v[j].calls == v[j].call && !v[j].helper ? DA_CLR_FRAME_InlinedCallFrame
												 : DA_CLR_FRAME_UNKNOWN;

		if (kind != DA_CLR_FRAME_UNKNOWN)
			*da_vec_add(c->arena, &c->layout.frames) = (struct da_clr_frame_id){ v[j].id, (uint8_t)kind };
	}
}

/* ---------------------------------------------------------------- all */

bool da_clr_search(struct da_clr *c)
{
	struct da_arena *scratch DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct search s = { .c = c, .scratch = scratch };
	bool any;

	gather_all(&s);
	if (!only(&s, is_store, DA_CLR_G_ThreadStore))
		return false;
	(void)da_clr_thread_list(c, scratch, &s.threads);
	(void)only(&s, is_finalizer, DA_CLR_G_FinalizerThread);
	if (only(&s, is_string, DA_CLR_G_StringMethodTable) && only(&s, is_object, DA_CLR_G_ObjectMethodTable)) {
		(void)only(&s, is_exception, DA_CLR_G_ExceptionMethodTable);
		if (!DA_CLR_HAS(c, Thread, Domain))
			(void)only(&s, is_domain, DA_CLR_G_AppDomain);
	}
	(void)only(&s, is_free, DA_CLR_G_FreeObjectMethodTable);
	(void)only(&s, is_gc, DA_CLR_G_GcDacVars);
	if (only(&s, is_sync_table, DA_CLR_G_SyncTableEntries)) {
		s.used = entries(&s, pointer(c, c->layout.global[DA_CLR_G_SyncTableEntries].value), &any);
		(void)only(&s, is_sync_cache, DA_CLR_G_SyncBlockCache);
	}
	da_clr_probe(c);
	if (DA_CLR_HAS(c, RangeSection, Next))
		find_list(&s);
	else if (DA_CLR_HAS(c, RangeSectionFragment, RangeBegin))
		find_map(&s);
	find_frames(&s);
	return true;
}
