/* SPDX-License-Identifier: Apache-2.0 */
/*
 * g_dacTable: the runtime's own array of the addresses that its debugging library needs: variables, then
 * a few functions, up to 9 then vtables. It has no names; dactable.tsv gives the positions of each
 * version. From one servicing release to another an entry was put in ("Servicing" is where).
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/coreclr/target.h"

enum { COLUMNS_MAX = 24, COUNT_SLACK = 6, RUN_MIN = 100, RUN_HEAD = 40 };

static const char *const global_names[] = {
#define CLR_GLOBAL(g) #g,
#include "runtime/coreclr/fields.def"
};

/*
 * Frames among the vtables, from the first one that is a frame's. It is 26 vtables behind EEJitManager,
 * in 6.0 31, and 30 on Linux; one more on x86, which has others of its own behind InlinedCallFrame.
 */
static const struct {
	enum da_clr_frame frame;
	uint8_t windows_only, until; /* until: the last major version that has it; 0 all */
} vtables[] = {
	{ DA_CLR_FRAME_ComMethodFrame, 1, 0 },
	{ DA_CLR_FRAME_ComPlusMethodFrame, 1, 0 },
	{ DA_CLR_FRAME_ComPrestubMethodFrame, 1, 0 },
	{ DA_CLR_FRAME_DebuggerClassInitMarkFrame, 0, 0 },
	{ DA_CLR_FRAME_DebuggerSecurityCodeMarkFrame, 0, 0 },
	{ DA_CLR_FRAME_DebuggerExitFrame, 0, 0 },
	{ DA_CLR_FRAME_DebuggerU2MCatchHandlerFrame, 0, 0 },
	{ DA_CLR_FRAME_FaultingExceptionFrame, 0, 0 },
	{ DA_CLR_FRAME_FuncEvalFrame, 0, 0 },
	{ DA_CLR_FRAME_HelperMethodFrame, 0, 0 },
	{ DA_CLR_FRAME_HelperMethodFrame_1OBJ, 0, 0 },
	{ DA_CLR_FRAME_HelperMethodFrame_2OBJ, 0, 0 },
	{ DA_CLR_FRAME_HelperMethodFrame_3OBJ, 0, 0 },
	{ DA_CLR_FRAME_HelperMethodFrame_PROTECTOBJ, 0, 0 },
	{ DA_CLR_FRAME_HijackFrame, 0, 0 },
	{ DA_CLR_FRAME_InlinedCallFrame, 0, 0 },
	{ DA_CLR_FRAME_MulticastFrame, 0, 8 },
	{ DA_CLR_FRAME_PInvokeCalliFrame, 0, 0 },
	{ DA_CLR_FRAME_PrestubMethodFrame, 0, 0 },
	{ DA_CLR_FRAME_ProtectByRefsFrame, 0, 0 },
	{ DA_CLR_FRAME_ProtectValueClassFrame, 0, 0 },
	{ DA_CLR_FRAME_ResumableFrame, 0, 0 },
	{ DA_CLR_FRAME_RedirectedThreadFrame, 0, 0 },
	{ DA_CLR_FRAME_StubDispatchFrame, 0, 0 },
	{ DA_CLR_FRAME_CallCountingHelperFrame, 0, 0 },
	{ DA_CLR_FRAME_ExternalMethodFrame, 0, 0 },
	{ DA_CLR_FRAME_DynamicHelperFrame, 0, 0 },
	{ DA_CLR_FRAME_ExceptionFilterFrame, 0, 0 },
};

/* ---------------------------------------------------------------- the table of positions */

/* The next cell of a line; NULL at its end. */
static const char *cell(const char **at, const char *end, size_t *ret_n)
{
	const char *s = *at, *tab;

	if (s > end)
		return NULL;
	tab = memchr(s, '\t', (size_t)(end - s));
	*ret_n = (size_t)((tab ? tab : end) - s);
	*at = tab ? tab + 1 : end + 1;
	return s;
}

static const char *line_end(const char *s, const char *end)
{
	const char *nl = memchr(s, '\n', (size_t)(end - s));

	return nl ? nl : end;
}

static void sort_by_distance(struct da_clr_column *v, unsigned n, uint32_t count)
{
	for (unsigned i = 1; i < n; i++)
		for (unsigned k = i; k > 0; k--) {
			unsigned a = (unsigned)abs((int)v[k - 1].count - (int)count);
			unsigned b = (unsigned)abs((int)v[k].count - (int)count);
			struct da_clr_column t = v[k];

			if (a <= b)
				break;
			v[k] = v[k - 1];
			v[k - 1] = t;
		}
}

unsigned da_clr_columns(bool windows, unsigned major, uint32_t count, struct da_clr_column *ret, unsigned max)
{
	struct da_bytes f = da_clr_file("dactable.tsv");
	const char *s = (const char *)f.p, *end = line_end(s, s + f.n), *c;
	struct da_clr_column all[COLUMNS_MAX];
	unsigned n = 0, k = 0;
	size_t len;

	for (unsigned i = 0; (c = cell(&s, end, &len)); i++) {
		const char *system = windows ? "win-" : "linux-";
		size_t prefix = strlen(system);
		char *rest;
		struct da_clr_column col = { .index = i };

		if (i == 0 || len < prefix || strncmp(c, system, prefix) != 0)
			continue;
		col.major = (unsigned)strtoul(c + prefix, &rest, 10);
		col.count = (unsigned)strtoul(rest + 1, NULL, 10);
		if (col.major == major && n < COLUMNS_MAX)
			all[n++] = col;
	}
	sort_by_distance(all, n, count);
	/* Each as it is; when none has this count, the nearest first with as many entries more or less than it. */
	for (unsigned i = 0; i < n; i++) {
		int by = count && i == 0 ? (all[i].count < count) - (all[i].count > count) : 0;
		int shift[] = { by, 0, -by };

		for (unsigned j = 0; j < (by ? 3U : 1U) && k < max; j++) {
			ret[k] = all[i];
			ret[k++].shift = shift[j];
		}
	}
	return k;
}

/* The position of a named entry by this column; DA_NONE. */
static uint32_t position(const struct da_clr_column *col, const char *line, const char *end)
{
	const char *c = NULL;
	size_t len = 0;

	for (unsigned i = 0; i <= col->index; i++)
		c = cell(&line, end, &len);
	return c && len && *c != '-' ? (uint32_t)strtoul(c, NULL, 10) : DA_NONE;
}

/* ---------------------------------------------------------------- the table in the dump */

enum da_status da_clr_dactable_entry(const struct da_clr *c, const struct da_clr_dactable *t, uint32_t i,
				     uint64_t *ret)
{
	uint64_t v;
	uint32_t rva;

	if ((t->count || t->rvas) && i >= t->count)
		return DA_NOT_FOUND;
	if (t->rvas) {
		v = t->rvas[i] ? c->base + t->rvas[i] : 0;
	} else if (t->rva32) {
		if (da_mem_u32(c->mem, t->address + 4 * (uint64_t)i, &rva) != DA_OK)
			return DA_FAULT;
		v = rva ? c->base + rva : 0;
	} else if (da_mem_word(c->mem, t->address + c->mem->word * (uint64_t)i, &v) != DA_OK) {
		return DA_FAULT;
	}
	if (v < c->base || v >= c->end)
		return DA_NOT_FOUND;
	*ret = v;
	return DA_OK;
}

static void apply_vtables(struct da_clr *c, struct da_clr_layout *l, const struct da_clr_dactable *t, uint32_t first)
{
	bool x86 = c->mem->word == 4;
	uint32_t i = first + (c->major > 6 ? 26 : c->windows ? 31 : 30) + x86;

	if (l->frames.n)
		return;
	for (size_t k = 0; k < DA_ARRAY_SIZE(vtables); k++) {
		uint64_t v;

		if ((vtables[k].windows_only && !c->windows) || (vtables[k].until && c->major > vtables[k].until))
			continue;
		if (da_clr_dactable_entry(c, t, i, &v) == DA_OK)
			*da_vec_add(c->arena, &l->frames) = (struct da_clr_frame_id){ v, (uint8_t)vtables[k].frame };
		if (x86 && vtables[k].frame == DA_CLR_FRAME_InlinedCallFrame)
			break;
		i++;
	}
}

/*
 * Where the vtables begin: the first is that of the one EEJitManager, whose address another entry leads
 * to. False: that object is not in the dump.
 */
static bool find_first_vtable(const struct da_clr *c, const struct da_clr_dactable *t, uint64_t manager, uint32_t near,
			      uint32_t *ret)
{
	uint64_t object, vtable, v;

	if (da_mem_word(c->mem, manager, &object) != DA_OK || !object || da_mem_word(c->mem, object, &vtable) != DA_OK)
		return false;
	for (uint32_t i = near > 8 ? near - 8 : 0; i < near + 8; i++)
		if (da_clr_dactable_entry(c, t, i, &v) == DA_OK && v == vtable) {
			*ret = i;
			return true;
		}
	return false;
}

static enum da_clr_global global_named(const char *s, size_t n)
{
	for (unsigned i = 0; i < DA_CLR_GLOBALS; i++)
		if (strlen(global_names[i]) == n && memcmp(global_names[i], s, n) == 0)
			return i;
	return DA_CLR_GLOBALS;
}

void da_clr_dactable_apply(struct da_clr *c, struct da_clr_layout *l, const struct da_clr_dactable *t,
			   const struct da_clr_column *col)
{
	struct da_bytes f = da_clr_file("dactable.tsv");
	const char *end = (const char *)f.p + f.n;
	uint32_t from = UINT32_MAX, vtable = DA_NONE;

	for (int pass = 0; pass < 2; pass++) /* the last line says from where on entries are moved */
		for (const char *s = line_end((const char *)f.p, end) + 1; s < end; s = line_end(s, end) + 1) {
			const char *e = line_end(s, end), *name_end = memchr(s, '\t', (size_t)(e - s));
			uint32_t i = position(col, s, e);
			enum da_clr_global g;
			uint64_t v;

			if (!name_end || i == DA_NONE)
				continue;
			if (pass == 0) {
				if (strncmp(s, "Servicing\t", 10) == 0)
					from = i;
				continue;
			}
			if (i >= from)
				i = (uint32_t)((int)i + col->shift);
			if (strncmp(s, "FirstVtable\t", 12) == 0) {
				vtable = i;
				continue;
			}
			g = global_named(s, (size_t)(name_end - s));
			if (g < DA_CLR_GLOBALS && !l->global[g].known && da_clr_dactable_entry(c, t, i, &v) == DA_OK) {
				l->global[g].known = l->global[g].address = true;
				l->global[g].value = v;
			}
		}
	if (vtable == DA_NONE)
		return;
	if (l->global[DA_CLR_G_EEJitManagerAddress].known)
		(void)find_first_vtable(c, t, l->global[DA_CLR_G_EEJitManagerAddress].value, vtable, &vtable);
	apply_vtables(c, l, t, vtable);
}

/* ---------------------------------------------------------------- without a symbol */

/* Is the word an address in the image? In its writable part? */
static bool in_image(const struct da_clr *c, uint64_t at, uint64_t *ret)
{
	return da_mem_u64(c->mem, at, ret) == DA_OK && *ret > c->base && *ret < c->end;
}

/*
 * Most of its first entries are variables. Other long arrays of addresses are of functions and vtables.
 */
static bool of_variables(const struct da_clr *c, uint64_t at, uint64_t data)
{
	unsigned n = 0;
	uint64_t v;

	for (unsigned i = 0; i < RUN_HEAD; i++)
		n += in_image(c, at + 8 * (uint64_t)i, &v) && v >= data;
	return n >= RUN_HEAD * 3 / 4;
}

/* Servicing releases put in an entry or two. */
static bool like_a_known_one(const struct da_clr *c, uint64_t count)
{
	struct da_clr_column col;

	for (unsigned major = 6; major <= 16; major++)
		if (da_clr_columns(c->windows, major, (uint32_t)count, &col, 1) &&
		    count + COUNT_SLACK >= col.count && count <= col.count + COUNT_SLACK)
			return true;
	return false;
}

static void find_runs(const struct da_clr *c, uint64_t start, uint64_t end, uint64_t data, struct da_clr_dactable *best)
{
	uint64_t run = 0, at = (start + 7) & ~UINT64_C(7), v;

	for (; at + 8 <= end + 8; at += 8) {
		if (at + 8 <= end && in_image(c, at, &v)) {
			run++;
			continue;
		}
		if (run > best->count && run >= RUN_MIN && like_a_known_one(c, run) && of_variables(c, at - 8 * run, data)) {
			best->count = (uint32_t)run;
			best->address = at - 8 * run;
		}
		run = 0;
	}
}

static bool writable(const struct da_clr *c, const struct da_range *r)
{
	return r->end > c->base && r->start < c->end && r->has_prot && (r->prot & DA_PROT_W);
}

enum da_status da_clr_dactable_search(struct da_clr *c, struct da_clr_dactable *ret)
{
	struct da_clr_dactable best = { .how = "its shape: a long run of addresses of the runtime's own variables" };
	uint64_t data = 0;

	/* On Linux it is filled at run time, in .bss; there nothing else looks like it. */
	if (c->mem->word != 8 || c->windows)
		return DA_NOT_FOUND;
	for (size_t i = 0; i < c->mem->ranges.n; i++) {
		const struct da_range *r = &c->mem->ranges.v[i];
		uint64_t end = r->start + r->file_len;

		if (!writable(c, r))
			continue;
		if (!data)
			data = r->start > c->base ? r->start : c->base;
		find_runs(c, r->start > c->base ? r->start : c->base, end < c->end ? end : c->end, data, &best);
	}
	if (!best.count)
		return DA_NOT_FOUND;
	*ret = best;
	return DA_OK;
}

/* ---------------------------------------------------------------- the garbage collector's own table */

/* Pointers of GcDacVars, by the names that the collector's descriptor (11) has for the same variables. */
static const struct {
	enum da_clr_field field;
	enum da_clr_global global;
} gc_vars[] = {
	{ DA_CLR_GcDacVars_GenerationTable, DA_CLR_G_GCHeapGenerationTable },
	{ DA_CLR_GcDacVars_MaxGeneration, DA_CLR_G_MaxGeneration },
	{ DA_CLR_GcDacVars_MarkArray, DA_CLR_G_GCHeapMarkArray },
	{ DA_CLR_GcDacVars_CurrentGCState, DA_CLR_G_CurrentGCState },
	{ DA_CLR_GcDacVars_EphemeralHeapSegment, DA_CLR_G_GCHeapEphemeralHeapSegment },
	{ DA_CLR_GcDacVars_SavedSweepEphemeralSeg, DA_CLR_G_GCHeapSavedSweepEphemeralSeg },
	{ DA_CLR_GcDacVars_SavedSweepEphemeralStart, DA_CLR_G_GCHeapSavedSweepEphemeralStart },
	{ DA_CLR_GcDacVars_BackgroundMinSavedAddr, DA_CLR_G_GCHeapBackgroundMinSavedAddr },
	{ DA_CLR_GcDacVars_BackgroundMaxSavedAddr, DA_CLR_G_GCHeapBackgroundMaxSavedAddr },
	{ DA_CLR_GcDacVars_AllocAllocated, DA_CLR_G_GCHeapAllocAllocated },
	{ DA_CLR_GcDacVars_NextSweepObj, DA_CLR_G_GCHeapNextSweepObj },
	{ DA_CLR_GcDacVars_OomData, DA_CLR_G_GCHeapOomData },
	{ DA_CLR_GcDacVars_FinalizeQueue, DA_CLR_G_GCHeapFinalizeQueue },
	{ DA_CLR_GcDacVars_InternalRootArray, DA_CLR_G_GCHeapInternalRootArray },
	{ DA_CLR_GcDacVars_InternalRootArrayIndex, DA_CLR_G_GCHeapInternalRootArrayIndex },
	{ DA_CLR_GcDacVars_NumHeaps, DA_CLR_G_NumHeaps },
	{ DA_CLR_GcDacVars_Heaps, DA_CLR_G_Heaps },
	{ DA_CLR_GcDacVars_StructureInvalidCount, DA_CLR_G_StructureInvalidCount },
	{ DA_CLR_GcDacVars_HandleTableMap, DA_CLR_G_HandleTableMap },
};
/* Of gc_heap_field_offsets, i32 by index; -1: absent. */
static const struct {
	uint8_t index;
	enum da_clr_field field;
} heap_fields[] = {
	{ 0, DA_CLR_GCHeap_AllocAllocated },   { 1, DA_CLR_GCHeap_EphemeralHeapSegment },
	{ 2, DA_CLR_GCHeap_FinalizeQueue },    { 3, DA_CLR_GCHeap_OomData },
	{ 8, DA_CLR_GCHeap_InternalRootArray }, { 9, DA_CLR_GCHeap_InternalRootArrayIndex },
	{ 12, DA_CLR_GCHeap_MarkArray },       { 13, DA_CLR_GCHeap_NextSweepObj },
	{ 18, DA_CLR_GCHeap_GenerationTable },
};

static void offset_at(struct da_clr *c, struct da_clr_layout *l, uint64_t array, unsigned index, enum da_clr_field f)
{
	uint32_t v;

	if (l->off[f] == DA_CLR_UNKNOWN && da_mem_u32(c->mem, array + 4 * (uint64_t)index, &v) == DA_OK && v < 1 << 24)
		l->off[f] = (int32_t)v;
}

static bool var(struct da_clr *c, const struct da_clr_layout *l, uint64_t vars, enum da_clr_field f, uint64_t *ret)
{
	return l->off[f] != DA_CLR_UNKNOWN && da_mem_word(c->mem, vars + (uint64_t)l->off[f], ret) == DA_OK;
}

static void gc_identifiers(struct da_clr *c, struct da_clr_layout *l, bool server, bool segments)
{
	l->global[DA_CLR_G_GCIdentifiers].known = true;
	l->global[DA_CLR_G_GCIdentifiers].text = da_printf(c->arena, "%s, %s", server ? "server" : "workstation",
							   segments ? "segments" : "regions");
}

static void generation(struct da_clr *c, struct da_clr_layout *l, uint64_t vars, bool server)
{
	uint64_t size, offsets;
	uint32_t start;

	if (var(c, l, vars, DA_CLR_GcDacVars_GenerationSize, &size) && size >= 64 && size < 4096 &&
	    l->size[DA_CLR_TYPE_Generation] == DA_CLR_UNKNOWN)
		l->size[DA_CLR_TYPE_Generation] = (int32_t)size;
	if (!l->global[DA_CLR_G_TotalGenerationCount].known &&
	    var(c, l, vars, DA_CLR_GcDacVars_TotalGenerationCount, &size) && size >= 2 && size < 16) {
		l->global[DA_CLR_G_TotalGenerationCount].known = true;
		l->global[DA_CLR_G_TotalGenerationCount].value = size;
	}
	if (!var(c, l, vars, DA_CLR_GcDacVars_GenerationFieldOffsets, &offsets) ||
	    da_mem_u32(c->mem, offsets + 8, &start) != DA_OK)
		return;
	offset_at(c, l, offsets, 0, DA_CLR_Generation_AllocationContext);
	offset_at(c, l, offsets, 1, DA_CLR_Generation_StartSegment);
	if (!l->global[DA_CLR_G_GCIdentifiers].known)
		gc_identifiers(c, l, server, start != UINT32_MAX);
}

void da_clr_gc_vars(struct da_clr *c, struct da_clr_layout *l)
{
	uint64_t vars, offsets, v;
	uint32_t type = 0;

	if (!l->global[DA_CLR_G_GcDacVars].known ||
	    da_mem_word(c->mem, l->global[DA_CLR_G_GcDacVars].value, &vars) != DA_OK || !vars)
		return;
	if (l->global[DA_CLR_G_HeapType].known)
		(void)da_mem_u32(c->mem, l->global[DA_CLR_G_HeapType].value, &type);
	else if (var(c, l, vars, DA_CLR_GcDacVars_GenerationTable, &v) && !v)
		type = 2; /* its generations are those of its heaps */
	generation(c, l, vars, type == 2);
	for (size_t i = 0; i < DA_ARRAY_SIZE(gc_vars); i++) {
		enum da_clr_global g = gc_vars[i].global;

		if (!l->global[g].known && var(c, l, vars, gc_vars[i].field, &v) && v) {
			l->global[g].known = l->global[g].address = true;
			l->global[g].value = v;
		}
	}
	if (type == 2 && var(c, l, vars, DA_CLR_GcDacVars_GCHeapFieldOffsets, &offsets) && offsets)
		for (size_t i = 0; i < DA_ARRAY_SIZE(heap_fields); i++)
			offset_at(c, l, offsets, heap_fields[i].index, heap_fields[i].field);
}
