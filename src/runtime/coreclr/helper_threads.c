/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads of the runtime's own. On Linux their names (".NET Server GC") are the system's alone, which dumps of createdump and
 * of gdb lack; what they work with tells them.
 *
 *	collector           The runtime starts a thread for each heap of the server's collector, and gives it the heap: it
 *	                    stands on the thread's stack as long as the thread lives. No other thread that runs no managed code
 *	                    has to do with a single heap.
 *	tiered compilation  Its manager is a member of the AppDomain: a pointer into that, not to its beginning, stands on the
 *	                    stack of the worker, one of the runtime's managed threads that runs no managed code.
 *	debugger            The control block says its id, twice: {real helper, helper, temporary helper, canary}.
 *
 * Source: src/coreclr/gc/gc.cpp (gc_thread_function, gc_thread_stub), vm/tieredcompilation.cpp (BackgroundWorkerStart),
 * debug/ee/debugger.h, debug/inc/dbgipcevents.h (DebuggerIPCControlBlock) of dotnet/runtime; offsets and stacks measured on
 * processes of 8.0 to 11.0, whose threads' names /proc told.
 */
#include "config.h"

#include "runtime/coreclr/coreclr.h"

#define STACK_WORDS 4096u
#define DOMAIN_BYTES 0x1000u /* of an AppDomain */
enum { RC_THREAD = 16, CONTROL_BLOCK_MAX = 0x180, HELPER_ID = 0x60 };

/* The stack of a thread that is in native code to its end. */
static bool native_stack(const struct da_clr *c, const struct da_thread *t, uint64_t *ret_from, uint64_t *ret_end)
{
	if (!t->frames.n || t->end != DA_END_COMPLETE)
		return false;
	for (size_t i = 0; i < t->frames.n; i++)
		if (t->frames.v[i].kind == DA_FRAME_MANAGED)
			return false;
	*ret_from = t->frames.v[0].sp & ~(uint64_t)(c->mem->word - 1);
	*ret_end = DA_MIN(t->frames.v[t->frames.n - 1].sp, *ret_from + STACK_WORDS * (uint64_t)c->mem->word);
	return true;
}

/* ---------------------------------------------------------------- collector */

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

/* One heap, and one alone, stands on its stack. */
static bool serves_a_heap(const struct da_clr *c, const struct da_map *heaps, const struct da_thread *t)
{
	uint64_t found = 0, v, at, end;

	if (t->managed || !native_stack(c, t, &at, &end))
		return false;
	for (; at < end; at += c->mem->word) {
		const uint64_t *heap = da_mem_word(c->mem, at, &v) == DA_OK && v ? da_map_get(heaps, v) : NULL;

		if (heap && found && found != *heap)
			return false;
		if (heap)
			found = *heap;
	}
	return found != 0;
}

/* ---------------------------------------------------------------- tiered compilation */

static bool compiles(const struct da_clr *c, uint64_t domain, const struct da_thread *t)
{
	uint64_t v, at, end;

	if (!domain || !t->managed || t->managed->finalizer || t->managed->runtime != c->runtime ||
	    !native_stack(c, t, &at, &end))
		return false;
	for (; at < end; at += c->mem->word)
		if (da_mem_word(c->mem, at, &v) == DA_OK && v > domain && v - domain < DOMAIN_BYTES)
			return true;
	return false;
}

/* ---------------------------------------------------------------- debugger */

/* The id of the helper by the control block at this address; 0: it is none. */
static uint32_t helper_of(const struct da_clr *c, uint64_t block)
{
	uint32_t id[4];

	for (unsigned i = 0; i < 4; i++)
		if (da_mem_u32(c->mem, block + HELPER_ID + 4 * i, &id[i]) != DA_OK)
			return 0;
	return id[0] == id[1] && !id[2] && !id[3] ? id[0] : 0;
}

static struct da_thread *thread_of(const struct da_clr *c, uint32_t id)
{
	struct da_process *p = &c->dump->proc;

	for (size_t i = 0; id && i < p->threads.n; i++)
		if (p->threads.v[i].tid == id)
			return &p->threads.v[i];
	return NULL;
}

/* Where the thread of the debugger keeps the block differs from version to version: the first pointer to such a block. */
static void find_debugger(struct da_clr *c)
{
	uint64_t debugger, rc, block;

	if (da_clr_global_ptr(c, DA_CLR_G_Debugger, &debugger) != DA_OK ||
	    da_mem_word(c->mem, debugger + RC_THREAD, &rc) != DA_OK)
		return;
	for (uint64_t at = rc; at < rc + CONTROL_BLOCK_MAX && da_mem_word(c->mem, at, &block) == DA_OK; at += c->mem->word) {
		struct da_thread *t = block ? thread_of(c, helper_of(c, block)) : NULL;

		if (!t || t->managed || t->role != DA_ROLE_UNKNOWN)
			continue;
		t->role = DA_ROLE_DEBUGGER;
		return;
	}
}

void da_clr_helper_threads(struct da_clr *c)
{
	struct da_process *p = &c->dump->proc;
	struct da_map heaps = { 0 };
	bool server = read_heaps(c, &heaps), named = c->windows; /* there dumps have the names */
	uint64_t domain;

	if (named || da_clr_global_ptr(c, DA_CLR_G_AppDomain, &domain) != DA_OK)
		domain = 0;
	for (size_t i = 0; i < p->threads.n && !da_stop(c->dump->watch); i++) {
		struct da_thread *t = &p->threads.v[i];

		if (t->role != DA_ROLE_UNKNOWN)
			continue;
		if (server && serves_a_heap(c, &heaps, t))
			t->role = DA_ROLE_GC;
		else if (compiles(c, domain, t))
			t->role = DA_ROLE_TIERED_COMPILER;
	}
	if (!named)
		find_debugger(c);
}
