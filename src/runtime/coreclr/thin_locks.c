/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thin locks of which only the owner's stack knows: nobody waits for them, or a sync block would stand for them.
 */
#include "config.h"

#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/locks.h"

/* Words of one stack that are looked at. */
#define STACK_WORDS 65536u

/* Bits of a header beside the thin lock: finalizer has run, and the collector's own. */
#define OTHER_BITS 0x60000000u

struct thin_masks {
	uint64_t ids, recursion;
	uint32_t id; /* of the thread at hand */
};

/* An object on the thread's own stack whose header says that this very thread is inside. */
static void try_thin(struct da_clr_lock_table *t, const struct thin_masks *m, uint64_t object)
{
	struct da_clr *c = t->c;
	uint32_t word, lock;
	size_t before = c->dump->proc.locks.n;

	if (!object || object % c->mem->word || !da_clr_in_heap(c, object) || da_clr_object_header(c, object, &word) != DA_OK ||
	    (word & (uint32_t)m->ids) != m->id ||
	    (word & ~((uint32_t)(m->ids | m->recursion) | OTHER_BITS)) ||
	    !da_clr_object_mt(c, object))
		return;
	lock = da_clr_lock_of(t, object);
	if (lock == DA_NONE || lock < before)
		return;
	/* The collector moves objects, and what it leaves behind looks like an object for a while.
	 */
	c->dump->proc.locks.v[lock].how =
		"the thin lock in the header of an object on the owner's stack";
	c->dump->proc.locks.v[lock].confidence = 0.8f;
}

static void thin_locks_of(struct da_clr_lock_table *t, const struct da_thread *th,
			  const struct thin_masks *m)
{
	uint64_t lo = 0, hi = 0, v;

	for (size_t i = 0; i < th->frames.n; i++)
		if (th->frames.v[i].kind == DA_FRAME_MANAGED) {
			lo = lo ? lo : th->frames.v[i].sp;
			hi = da_clr_frame_end(th, (uint32_t)i);
		}
	/* Where code or unwind data of the program is missing: the stack as far as it goes. */
	if (th->end != DA_END_COMPLETE && th->frames.n && th->stack_base > th->frames.v[0].sp) {
		lo = th->frames.v[0].sp & ~(uint64_t)(t->c->mem->word - 1);
		hi = th->stack_base;
	}
	for (uint64_t n = 0; lo < hi && n < STACK_WORDS; lo += t->c->mem->word, n++)
		if (da_mem_word(t->c->mem, lo, &v) == DA_OK)
			try_thin(t, m, v);
}

void da_clr_stack_thin_locks(struct da_clr_lock_table *t)
{
	struct da_clr *c = t->c;
	struct da_process *p = &c->dump->proc;
	struct thin_masks m;

	/*
	 * Other structures begin with a MethodTable too: without the heap's bounds, or while the
	 * collector moves objects, nothing is certain enough.
	 */
	if (da_clr_model(c)->suspended || !da_clr_heap_known(c) ||
	    da_clr_global(c, DA_CLR_G_SyncBlockMaskLockThreadId, &m.ids) != DA_OK ||
	    da_clr_global(c, DA_CLR_G_SyncBlockMaskLockRecursionLevel, &m.recursion) != DA_OK)
		return;
	for (size_t i = 0; c->threads && i < c->threads->v.n && !da_stop(c->dump->watch); i++) {
		uint32_t model = c->threads->v.v[i].model;

		if (model >= p->managed_threads.n ||
		    p->managed_threads.v[model].thread == DA_NONE ||
		    !p->managed_threads.v[model].managed_id)
			continue;
		m.id = p->managed_threads.v[model].managed_id;
		thin_locks_of(t, &p->threads.v[p->managed_threads.v[model].thread], &m);
	}
}
