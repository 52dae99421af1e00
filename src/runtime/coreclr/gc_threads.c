/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads of the collector. On Linux their names (".NET Server GC") are the system's alone, which dumps of
 * createdump and of gdb lack. The runtime starts one for each heap of the server's collector, and gives it the
 * heap: it stands on the thread's stack as long as the thread lives. No other thread that runs no managed code
 * has to do with a single heap.
 *
 * Source: src/coreclr/gc/gc.cpp (gc_thread_function, gc_thread_stub) of dotnet/runtime.
 */
#include "config.h"

#include "runtime/coreclr/coreclr.h"

#define STACK_WORDS 4096u

static bool read_heaps(struct da_clr *c, struct da_map *ret)
{
	uint64_t at, heaps, heap;
	uint32_t n;

	if (da_clr_model(c)->gc != DA_GC_SERVER || da_clr_global(c, DA_CLR_G_NumHeaps, &at) != DA_OK ||
	    da_mem_u32(c->mem, at, &n) != DA_OK || n == 0 || n > DA_CLR_HEAPS_MAX ||
	    da_clr_global_ptr(c, DA_CLR_G_Heaps, &heaps) != DA_OK)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (da_mem_word(c->mem, heaps + (uint64_t)i * c->mem->word, &heap) == DA_OK && heap)
			*da_map_put(c->arena, ret, heap, NULL) = i + 1;
	return true;
}

/* One heap, and one alone, stands on the stack of a thread that is in native code to its end. */
static bool serves_a_heap(const struct da_clr *c, const struct da_map *heaps, const struct da_thread *t)
{
	uint64_t found = 0, v, at, end;

	if (!t->frames.n || t->end != DA_END_COMPLETE)
		return false;
	for (size_t i = 0; i < t->frames.n; i++)
		if (t->frames.v[i].kind == DA_FRAME_MANAGED)
			return false;
	at = t->frames.v[0].sp & ~(uint64_t)(c->mem->word - 1);
	end = t->frames.v[t->frames.n - 1].sp;
	for (unsigned n = 0; at < end && n < STACK_WORDS; at += c->mem->word, n++) {
		const uint64_t *heap = da_mem_word(c->mem, at, &v) == DA_OK && v ? da_map_get(heaps, v) : NULL;

		if (heap && found && found != *heap)
			return false;
		if (heap)
			found = *heap;
	}
	return found != 0;
}

void da_clr_gc_threads(struct da_clr *c)
{
	struct da_process *p = &c->dump->proc;
	struct da_map heaps = { 0 };

	if (!read_heaps(c, &heaps))
		return;
	for (size_t i = 0; i < p->threads.n && !da_stop(c->dump->watch); i++) {
		struct da_thread *t = &p->threads.v[i];

		if (t->role == DA_ROLE_UNKNOWN && !t->managed && serves_a_heap(c, &heaps, t))
			t->role = DA_ROLE_GC;
	}
}
