/* SPDX-License-Identifier: Apache-2.0 */
/* Source of the meaning of the fields: src/libraries/System.Private.CoreLib/src/System/Threading/
 * of dotnet/runtime. */
#include "config.h"

#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/locks.h"
#include "runtime/coreclr/slim.h"

/* Task.m_stateFlags: faulted, canceled, ran to completion. */
#define TASK_COMPLETED 0x1600000u
/* ManualResetEventSlim.m_combinedState: is set; number of waiters. */
#define EVENT_SET     0x80000000u
#define EVENT_WAITERS 0x7ffffu
/* ReaderWriterLockSlim._owners: number of readers. */
#define READERS 0x0fffffffu

static uint32_t field(struct da_clr *c, uint64_t object, const char *name)
{
	uint32_t v;

	return da_clr_object_u32(c, object, name, &v) == DA_OK ? v : 0;
}

static uint32_t rwlock_waiters(struct da_clr *c, uint64_t object)
{
	return field(c, object, "_numWriteWaiters") + field(c, object, "_numReadWaiters") +
	       field(c, object, "_numWriteUpgradeWaiters") + field(c, object, "_numUpgradeWaiters");
}

/* The thread whose managed Thread object this is, index of proc.managed_threads; or DA_NONE. */
static uint32_t thread_of(struct da_clr_lock_table *t, uint64_t object)
{
	return da_clr_by_id(t, da_clr_managed_id(t->c, object));
}

bool da_clr_slim_waited(struct da_clr_lock_table *t, enum da_lock_kind kind, uint64_t object,
			uint32_t managed)
{
	struct da_clr *c = t->c;
	uint32_t other;

	switch (kind) {
	case DA_LOCK_SEMAPHORE_SLIM:
		return field(c, object, "m_waitCount") != 0;
	case DA_LOCK_RWLOCK_SLIM:
		return rwlock_waiters(c, object) != 0;
	case DA_LOCK_EVENT_SLIM:
		return !(field(c, object, "m_combinedState") & EVENT_SET);
	case DA_LOCK_TASK:
		return !(field(c, object, "m_stateFlags") & TASK_COMPLETED);
	case DA_LOCK_THREAD:
		other = thread_of(t, object);
		return other != DA_NONE && other != managed;
	case DA_LOCK_COUNTDOWN:
	case DA_LOCK_CLR_BARRIER:
	case DA_LOCK_EVENT:
		return true;
	default:
		return false;
	}
}

static void set_waiting(struct da_lock *l, uint32_t n)
{
	l->has_waiting = true;
	l->waiting = n;
}

static void describe_semaphore(struct da_clr *c, struct da_lock *l)
{
	l->has_count = l->has_max = true;
	l->count = (int32_t)field(c, l->address, "m_currentCount");
	l->max = (int32_t)field(c, l->address, "m_maxCount");
	set_waiting(l, field(c, l->address, "m_waitCount"));
	l->how = "a semaphore keeps no owner";
}

static void describe_rwlock(struct da_clr_lock_table *t, uint32_t lock, uint64_t object)
{
	struct da_clr *c = t->c;
	struct da_lock *l = &c->dump->proc.locks.v[lock];
	uint32_t reentrant, writer = field(c, object, "_writeLockOwnerId"),
		 upgrade = field(c, object, "_upgradeLockOwnerId");

	set_waiting(l, rwlock_waiters(c, object));
	l->no_recursion = da_clr_object_u32(c, object, "_fIsReentrant", &reentrant) == DA_OK && !reentrant;
	/* -1, and 0 in a lock that was never used: nobody. */
	if (writer != 0 && writer != UINT32_MAX) {
		da_clr_lock_own(t, lock, writer,
				"the lock names the thread that holds it for writing");
	} else if (upgrade != 0 && upgrade != UINT32_MAX) {
		da_clr_lock_own(t, lock, upgrade,
				"the lock names the thread that holds it for upgradeable reading");
	} else {
		l->has_count = true;
		l->count = field(c, object, "_owners") & READERS;
		l->state = l->count ? DA_LOCK_HELD : DA_LOCK_FREE;
		l->how = l->count ? "readers hold it, which it counts and does not name" : NULL;
	}
}

const char *da_clr_slim_upgrade(struct da_clr_lock_table *t, uint32_t lock, uint32_t thread)
{
	struct da_clr *c = t->c;
	const struct da_lock *l = &c->dump->proc.locks.v[lock];
	uint32_t owners;

	if (l->kind != DA_LOCK_RWLOCK_SLIM || l->owner != thread)
		return NULL;
	owners = field(c, l->address, "_owners") & READERS; /* the upgradeable reader is one of them */
	if (owners < 2)
		return "the thread holds it upgradeable itself and waits for the readers to leave";
	return da_printf(c->arena, "the thread holds it upgradeable itself and waits for %u %s to leave, which it counts and does not name",
			 owners - 1, owners == 2 ? "reader" : "readers");
}

static void describe(struct da_clr_lock_table *t, enum da_lock_kind kind, uint32_t lock)
{
	struct da_clr *c = t->c;
	struct da_lock *l = &c->dump->proc.locks.v[lock];
	uint32_t other;

	switch (kind) {
	case DA_LOCK_SEMAPHORE_SLIM:
		describe_semaphore(c, l);
		break;
	case DA_LOCK_RWLOCK_SLIM:
		describe_rwlock(t, lock, l->address);
		break;
	case DA_LOCK_EVENT_SLIM:
		set_waiting(l, field(c, l->address, "m_combinedState") & EVENT_WAITERS);
		break;
	case DA_LOCK_TASK: /* so does a task that runs */
		other = da_clr_task_runner(t, l->address);
		if (other == DA_NONE)
			break;
		l->owner = other;
		l->owner_tid = c->dump->proc.threads.v[other].tid;
		l->how = "the task has begun and not ended, and stands in that thread's call that runs a task";
		l->confidence = 0.95f;
		break;
	case DA_LOCK_THREAD: /* it ends when its thread ends: that thread is who must act */
		other = thread_of(t, l->address);
		if (other == DA_NONE)
			break;
		l->owner = c->dump->proc.managed_threads.v[other].thread;
		l->owner_tid = c->dump->proc.managed_threads.v[other].tid;
		l->how = "the Thread object is that of this thread";
		l->confidence = 1;
		break;
	default:
		break;
	}
}

uint32_t da_clr_slim_lock(struct da_clr_lock_table *t, enum da_lock_kind kind, uint64_t object)
{
	const uint64_t *known = da_map_get(&t->by_object, object);
	uint32_t lock;

	if (kind == DA_LOCK_MONITOR || kind == DA_LOCK_CLR_LOCK || kind == DA_LOCK_MONITOR_WAIT)
		return da_clr_lock_of(t, object);
	/* An object can be entered as a monitor too: that is another lock. */
	if (known && t->c->dump->proc.locks.v[*known - 1].kind == kind)
		return (uint32_t)*known - 1;
	lock = da_clr_lock_add(t, object, kind);
	describe(t, kind, lock);
	return lock;
}
