/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the garbage collector keeps objects: the segments (6, and with libclrgc), or regions, of all heaps and
 * generations, up to where they are in use. Not all of what lies there is an object, but no object lies elsewhere.
 * Beyond lie the old copies of objects that a collection moved, as good as new; slots of stacks that are of no
 * more use still lead to them.
 */
#include "config.h"

#include <stdlib.h>

#include "runtime/coreclr/coreclr.h"

struct span {
	uint64_t start, end;
};

struct da_clr_objects {
	bool known; /* all lists were followed to their ends */
	DA_VEC(struct span) spans;
};

/* More than any machine has processors, or a collector generations. */
#define GENERATIONS_MAX 16u

/* The segment that is being filled: its own word of how far is old. */
struct filling {
	uint64_t segment, end; /* 0: unknown */
};

/*
 * Where objects of a segment end. While a collection moves them, or without word of the segment that is being
 * filled, that is anywhere in it.
 */
static uint64_t end_of(struct da_clr *c, uint64_t segment, uint64_t mem, uint64_t committed, const struct filling *f)
{
	uint64_t allocated;

	if (!f->segment || da_clr_model(c)->suspended)
		return committed;
	if (segment == f->segment)
		allocated = f->end;
	else if (DA_CLR_PTR(c, segment, HeapSegment, Allocated, &allocated) != DA_OK)
		return committed;
	return allocated >= mem && allocated <= committed ? allocated : committed;
}

static bool add_list(struct da_clr *c, struct da_clr_objects *o, uint64_t segment, const struct filling *f)
{
	uint64_t mem, committed, steps = 0;

	for (; segment; steps++) {
		if (steps > da_limits_default.gc_segments ||
		    DA_CLR_PTR(c, segment, HeapSegment, Mem, &mem) != DA_OK ||
		    DA_CLR_PTR(c, segment, HeapSegment, Committed, &committed) != DA_OK || committed < mem)
			return false;
		*da_vec_add(c->arena, &o->spans) = (struct span){ mem, end_of(c, segment, mem, committed, f) };
		if (DA_CLR_PTR(c, segment, HeapSegment, Next, &segment) != DA_OK)
			return false;
	}
	return true;
}

/* All generations: with segments the younger ones share the list of generation 2, and hold 0 or a part of it. */
static bool add_generations(struct da_clr *c, struct da_clr_objects *o, uint64_t table, const struct filling *f)
{
	uint64_t n, segment;
	int32_t size = DA_CLR_SIZE(c, Generation);

	if (!table || size <= 0 || da_clr_global(c, DA_CLR_G_TotalGenerationCount, &n) != DA_OK || n > GENERATIONS_MAX)
		return false;
	for (uint64_t i = 0; i < n; i++)
		if (DA_CLR_PTR(c, table + i * (uint64_t)size, Generation, StartSegment, &segment) != DA_OK ||
		    !add_list(c, o, segment, f))
			return false;
	return n > 0;
}

static bool add_heap(struct da_clr *c, struct da_clr_objects *o, uint64_t heap)
{
	struct filling f;

	if (DA_CLR_PTR(c, heap, GCHeap, EphemeralHeapSegment, &f.segment) != DA_OK ||
	    DA_CLR_PTR(c, heap, GCHeap, AllocAllocated, &f.end) != DA_OK)
		f = (struct filling){ 0 };
	return add_generations(c, o, heap + (uint64_t)DA_CLR_OFF(c, GCHeap, GenerationTable), &f);
}

static bool add_workstation(struct da_clr *c, struct da_clr_objects *o, uint64_t table)
{
	struct filling f;

	if (da_clr_global_ptr(c, DA_CLR_G_GCHeapEphemeralHeapSegment, &f.segment) != DA_OK ||
	    da_clr_global_ptr(c, DA_CLR_G_GCHeapAllocAllocated, &f.end) != DA_OK)
		f = (struct filling){ 0 };
	return add_generations(c, o, table, &f);
}

static bool add_server(struct da_clr *c, struct da_clr_objects *o)
{
	uint64_t at, heaps, heap;
	uint32_t n;

	if (da_clr_global(c, DA_CLR_G_NumHeaps, &at) != DA_OK || da_mem_u32(c->mem, at, &n) != DA_OK || n == 0 ||
	    n > DA_CLR_HEAPS_MAX || da_clr_global_ptr(c, DA_CLR_G_Heaps, &heaps) != DA_OK ||
	    !DA_CLR_HAS(c, GCHeap, GenerationTable))
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (da_mem_word(c->mem, heaps + (uint64_t)i * c->mem->word, &heap) != DA_OK || !heap ||
		    !add_heap(c, o, heap))
			return false;
	return true;
}

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static struct da_clr_objects *spans_of(struct da_clr *c)
{
	uint64_t table;

	if (c->objects)
		return c->objects;
	c->objects = da_new(c->arena, struct da_clr_objects);
	if (da_clr_model(c)->gc == DA_GC_SERVER)
		c->objects->known = add_server(c, c->objects);
	else if (da_clr_global(c, DA_CLR_G_GCHeapGenerationTable, &table) == DA_OK)
		c->objects->known = add_workstation(c, c->objects, table);
	if (c->objects->spans.n)
		qsort(c->objects->spans.v, c->objects->spans.n, sizeof(struct span), by_start);
	return c->objects;
}

bool da_clr_heap_known(struct da_clr *c)
{
	return spans_of(c)->known;
}

bool da_clr_heap_used(struct da_clr *c, uint64_t *ret)
{
	const struct da_clr_objects *o = spans_of(c);
	uint64_t used = 0, at = 0;

	for (size_t i = 0; i < o->spans.n; i++) {
		uint64_t start = DA_MAX(o->spans.v[i].start, at);

		if (o->spans.v[i].end <= start)
			continue;
		used += o->spans.v[i].end - start;
		at = o->spans.v[i].end;
	}
	if (o->known)
		*ret = used;
	return o->known;
}

bool da_clr_in_heap(struct da_clr *c, uint64_t object)
{
	const struct da_clr_objects *o = spans_of(c);
	size_t lo = 0, hi = o->spans.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (o->spans.v[mid].start <= object)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* Lists of generations can share segments: equal spans follow each other, and end alike. */
	return lo > 0 && object < o->spans.v[lo - 1].end;
}
