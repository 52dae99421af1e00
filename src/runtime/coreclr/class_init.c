/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Class constructors that threads wait for.
 *
 * A class constructor (.cctor) runs once, in the thread that first needs the class; others wait for it
 * on a ListLockEntry, which the runtime makes for the time being. Its DeadlockAwareLock has the Thread that
 * runs the constructor, and a thread that is about to wait notes that lock in its own Thread. All of this
 * is in malloc memory, which every dump with a heap holds.
 *
 * Constructors that want each other's class are no deadlock: the runtime follows these same two notes, and
 * lets the one that would close the circle see the class as it is. What it cannot see is a circle through
 * another lock. The loader of assemblies and the compiler use the same lock with data of another kind:
 * only what is a MethodTable is a class.
 *
 * Sources: src/coreclr/vm/listlock.h, threads.h, methodtable.cpp (DoRunClassInitThrowing) of dotnet/runtime;
 * where the fields stand, from dumps.
 */
#include "config.h"

#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/locks.h"

/* What a lock of this kind says; false: it is none of a class that a thread of the runtime initialises. */
struct class_lock {
	uint64_t holder; /* Thread, 0: it has just been given back */
	uint64_t mt;
};

static bool read_lock(struct da_clr_lock_table *t, uint64_t lock, struct class_lock *ret)
{
	struct da_clr *c = t->c;
	uint64_t list;

	return lock % c->mem->word == 0 &&
	       DA_CLR_PTR(c, lock, DeadlockAwareLock, HoldingThread, &ret->holder) == DA_OK &&
	       (!ret->holder || da_clr_by_record(t, ret->holder) != DA_NONE) &&
	       DA_CLR_PTR(c, lock, DeadlockAwareLock, List, &list) == DA_OK && list && list % c->mem->word == 0 &&
	       DA_CLR_PTR(c, lock, DeadlockAwareLock, Data, &ret->mt) == DA_OK && ret->mt && da_clr_mt(c, ret->mt);
}

static uint32_t lock_for(struct da_clr_lock_table *t, uint64_t address, const struct class_lock *lock)
{
	const uint64_t *known = da_map_get(&t->by_object, address);
	uint32_t i;

	if (known)
		return (uint32_t)*known - 1;
	i = da_clr_lock_add(t, address, DA_LOCK_CLASS_INIT);
	t->c->dump->proc.locks.v[i].type = da_clr_type_name(t->c, lock->mt);
	da_clr_lock_held_by(t, i, lock->holder, "the runtime's own note of who runs the constructor names the thread");
	return i;
}

void da_clr_class_waits(struct da_clr_lock_table *t)
{
	struct da_clr *c = t->c;
	struct da_process *p = &c->dump->proc;

	for (size_t i = 0; c->threads && i < c->threads->v.n && !da_stop(c->dump->watch); i++) {
		const struct da_clr_thread *th = &c->threads->v.v[i];
		struct da_wait w = {.owner = DA_NONE, .kind = DA_LOCK_CLASS_INIT, .frame = DA_NONE, .confidence = 1};
		struct class_lock lock;

		if (th->model >= p->managed_threads.n ||
		    DA_CLR_PTR(c, th->address, Thread, BlockingLock, &w.address) != DA_OK || !w.address ||
		    !read_lock(t, w.address, &lock) || lock.holder == th->address)
			continue;
		w.thread = p->managed_threads.v[th->model].thread;
		if (w.thread == DA_NONE)
			continue;
		w.frame = da_clr_frame_of(c, w.thread, "");
		w.lock = lock_for(t, w.address, &lock);
		w.woken = lock.holder == 0;
		w.how = "the thread's own note names the lock of the class that it waits for";
		da_clr_wait_add(t, &w);
	}
}
