/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an address to the method: the runtime's map of its ranges of code (five levels of 256 entries, two in
 * 32 bits, which lead to lists of fragments; a plain list in 6 and 7), then the code heap or the ReadyToRun image.
 *
 * Source: dotnet/runtime docs/design/datacontracts/ExecutionManager.md; before 10 the same structures without
 * a description.
 */
#include "config.h"

#include <string.h>

#include "runtime/coreclr/code.h"

enum { LEVELS = 5, LEAF_SHIFT = 17, LEVELS_32 = 2, LEAF_SHIFT_32 = 16, ENTRY_MASK = 255 };
enum { FLAG_CODE_HEAP = 2, FLAG_READY_TO_RUN = 4 /* 6 and 7 */ };

struct answer {
	enum da_status status;
	struct da_clr_code code;
};

/* ---------------------------------------------------------------- sections */

/* Bit 0 of a pointer of the map says that the code below it can be unloaded. */
static enum da_status map_word(const struct da_clr *c, uint64_t at, uint64_t *ret)
{
	enum da_status st = da_mem_word(c->mem, at, ret);

	*ret &= ~UINT64_C(1);
	return st;
}

static enum da_status read_section(const struct da_clr *c, uint64_t at, struct clr_section *ret)
{
	struct clr_section s = { 0 };
	uint64_t flags, dead = 0;

	if (DA_CLR_PTR(c, at, RangeSection, RangeBegin, &s.begin) != DA_OK ||
	    DA_CLR_PTR(c, at, RangeSection, RangeEndOpen, &s.end) != DA_OK ||
	    DA_CLR_U32(c, at, RangeSection, Flags, &flags) != DA_OK ||
	    DA_CLR_PTR(c, at, RangeSection, HeapList, &s.heap) != DA_OK ||
	    DA_CLR_PTR(c, at, RangeSection, R2RModule, &s.module) != DA_OK)
		return DA_FAULT;
	if (DA_CLR_HAS(c, RangeSection, NextForDelete) &&
	    DA_CLR_PTR(c, at, RangeSection, NextForDelete, &dead) == DA_OK && dead)
		return DA_NOT_FOUND;
	s.code = flags & FLAG_CODE_HEAP;
	*ret = s;
	return DA_OK;
}

/* The fragments of one leaf of the map: pieces of 128 KiB, so a handful at most. */
static enum da_status find_fragment(const struct da_clr *c, uint64_t at, uint64_t pc, struct clr_section *ret)
{
	uint64_t begin, end, section;

	for (uint64_t n = 0; at && n < c->dump->limits->code_ranges; n++) {
		if (DA_CLR_PTR(c, at, RangeSectionFragment, RangeBegin, &begin) != DA_OK ||
		    DA_CLR_PTR(c, at, RangeSectionFragment, RangeEndOpen, &end) != DA_OK)
			return DA_FAULT;
		if (pc >= begin && pc < end)
			return DA_CLR_PTR(c, at, RangeSectionFragment, RangeSection, &section) == DA_OK ?
				       read_section(c, section, ret) : DA_FAULT;
		if (map_word(c, at + (uint64_t)DA_CLR_OFF(c, RangeSectionFragment, Next), &at) != DA_OK)
			return DA_FAULT;
	}
	return DA_NOT_FOUND;
}

static enum da_status find_in_map(const struct da_clr *c, uint64_t pc, struct clr_section *ret)
{
	uint64_t at;

	if (da_clr_global(c, DA_CLR_G_ExecutionManagerCodeRangeMapAddress, &at) != DA_OK ||
	    !DA_CLR_HAS(c, RangeSectionFragment, Next))
		return DA_UNSUPPORTED;
	if (DA_CLR_HAS(c, RangeSectionMap, TopLevelData))
		at += (uint64_t)DA_CLR_OFF(c, RangeSectionMap, TopLevelData);
	for (unsigned level = c->mem->word == 8 ? LEVELS : LEVELS_32; level-- > 0;) {
		uint64_t i = pc >> ((c->mem->word == 8 ? LEAF_SHIFT : LEAF_SHIFT_32) + 8 * level) & ENTRY_MASK;

		if (map_word(c, at + c->mem->word * i, &at) != DA_OK)
			return DA_FAULT;
		if (!at)
			return DA_NOT_FOUND;
	}
	return find_fragment(c, at, pc, ret);
}

static enum da_status read_listed(const struct da_clr *c, uint64_t at, struct clr_section *ret)
{
	struct clr_section s = { 0 };
	uint64_t flags, what;

	if (DA_CLR_PTR(c, at, RangeSection, RangeBegin, &s.begin) != DA_OK ||
	    DA_CLR_PTR(c, at, RangeSection, RangeEndOpen, &s.end) != DA_OK ||
	    DA_CLR_U32(c, at, RangeSection, Flags, &flags) != DA_OK ||
	    DA_CLR_PTR(c, at, RangeSection, HeapOrModule, &what) != DA_OK)
		return DA_FAULT;
	s.code = flags & FLAG_CODE_HEAP;
	if (flags & FLAG_READY_TO_RUN)
		s.module = what;
	else
		s.heap = what;
	*ret = s;
	return DA_OK;
}

static enum da_status find_in_list(const struct da_clr *c, uint64_t pc, struct clr_section *ret)
{
	struct clr_section s;
	uint64_t at;

	if (da_clr_global_ptr(c, DA_CLR_G_ExecutionManagerCodeRangeMapAddress, &at) != DA_OK)
		return DA_FAULT;
	for (uint64_t n = 0; at && n < c->dump->limits->code_ranges; n++) {
		if (read_listed(c, at, &s) != DA_OK)
			return DA_FAULT;
		if (pc >= s.begin && pc < s.end) {
			*ret = s;
			return DA_OK;
		}
		if (DA_CLR_PTR(c, at, RangeSection, Next, &at) != DA_OK)
			return DA_FAULT;
	}
	return DA_NOT_FOUND;
}

static enum da_status find_section(struct da_clr *c, uint64_t pc, struct clr_section *ret)
{
	struct clr_section *last = &c->code->last;
	enum da_status st = DA_OK;

	if (pc < last->begin || pc >= last->end)
		st = DA_CLR_HAS(c, RangeSection, Next) ? find_in_list(c, pc, last) : find_in_map(c, pc, last);
	if (st == DA_OK && (pc < last->begin || pc >= last->end))
		st = DA_CORRUPT;
	if (st == DA_OK)
		*ret = *last;
	return st;
}

/* ---------------------------------------------------------------- addresses */

/*
 * Where the map is not in the dump: createdump of 8 drops shared mappings, and with them the loader heaps; its small
 * dumps of single files hold nothing of the runtime. What runs from the runtime's double mapping is jitted code, or a
 * stub; what runs from the program's file behind the program itself is code of an assembly in it.
 */
static enum da_status by_mapping(const struct da_clr *c, uint64_t pc, struct da_clr_code *ret)
{
	const struct da_range *r = da_mem_range(c->mem, pc);
	const struct da_process *p = &c->dump->proc;
	const char *program = c->module < p->modules.n ? p->modules.v[c->module].path : NULL;

	if (!r || !r->name)
		return DA_NOT_FOUND;
	if (da_starts(r->name, "/memfd:doublemapper"))
		return DA_FAULT;
	if (!c->single_file || !program || strcmp(r->name, program) != 0 || (pc >= c->base && pc < c->end))
		return DA_NOT_FOUND;
	ret->r2r = true;
	return DA_OK;
}

static enum da_status look_up(struct da_clr *c, uint64_t pc, struct da_clr_code *ret)
{
	struct clr_section s;
	enum da_status st = find_section(c, pc, &s);

	if (st == DA_FAULT || st == DA_UNSUPPORTED)
		return by_mapping(c, pc, ret);
	if (st != DA_OK)
		return DA_NOT_FOUND;
	ret->base = s.begin;
	if (s.module)
		return clr_r2r_code(c, &s, pc, ret);
	if (s.code)
		return clr_heap_code(c, &s, pc, ret);
	ret->stub = true;
	return DA_OK;
}

enum da_status da_clr_code_at(struct da_clr *c, uint64_t pc, struct da_clr_code *ret)
{
	struct answer *a;
	uint64_t *slot;
	bool new;

	if (!c->code)
		c->code = da_new(c->arena, struct da_clr_code_state);
	slot = da_map_put(c->arena, &c->code->answers, pc, &new);
	if (new) {
		a = da_new(c->arena, struct answer);
		*slot = (uint64_t)(uintptr_t)a;
		a->status = look_up(c, pc, &a->code);
	}
	a = (struct answer *)(uintptr_t)*slot; /* NOLINT(performance-no-int-to-ptr) */
	if (a->status == DA_OK)
		*ret = a->code;
	return a->status;
}

enum da_status da_clr_function(void *state, uint64_t pc, struct da_guide_function *ret)
{
	struct da_clr *c = state;
	struct da_clr_code code;
	enum da_status st = da_clr_code_at(c, pc, &code);

	/* x86: managed code has no unwind data, and keeps frame pointers as native code does; the walk goes by them. */
	if (c->mem->word == 4)
		return DA_NOT_FOUND;
	if (st != DA_OK)
		return st;
	*ret = (struct da_guide_function){ .base = code.base, .clr = true, .image = code.r2r,
					   .kind = code.stub ? DA_FRAME_STUB : DA_FRAME_MANAGED };
	if (code.has_function)
		ret->f = code.f;
	return DA_OK;
}
