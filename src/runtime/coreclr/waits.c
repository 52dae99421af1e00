/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits that the runtime itself wrote down.
 *
 * Monitor.Wait, 6 to 10: the sync block has a list of nodes on the stacks of the waiting threads,
 * each with the Thread. 11: the Lock behind the sync block has a Condition with a list of Waiters,
 * each with an event.
 *
 * 11 on Unix: all managed waiting goes through System.Threading.WaitSubsystem. The Thread object
 * leads to a ThreadWaitInfo with the WaitableObjects that the thread sleeps on; handles of wait
 * handles lead to the same objects. So Lock and Condition are found from the thread, without a look
 * at its stack. After a wait the old objects stay in the array: only the first _waitedCount count,
 * and only while the state says "waiting".
 */
#include "config.h"

#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/locks.h"
#include "runtime/coreclr/slim.h"

#define WAITING	   1u  /* ThreadWaitInfo._waitSignalState: waits, and may be interrupted; 0: waits */
#define WAITED_MAX 64u /* WaitHandle.WaitAny takes no more */

/* WaitableObject._type */
enum { MANUAL_RESET_EVENT, AUTO_RESET_EVENT, SEMAPHORE, MUTEX };

/* ---------------------------------------------------------------- waits of the model */

/* The more certain one stays; a frame that shows it is added. */
static void merge(struct da_wait *old, const struct da_wait *w)
{
	if (w->confidence > old->confidence) {
		old->how = w->how;
		old->confidence = w->confidence;
	}
	if (old->frame == DA_NONE)
		old->frame = w->frame;
}

static struct da_wait *wait_at(struct da_clr_lock_table *t, uint64_t index_and_1)
{
	return index_and_1 ? &t->c->dump->proc.waits.v[index_and_1 - 1] : NULL;
}

struct da_wait *da_clr_wait_first(struct da_clr_lock_table *t, uint32_t thread)
{
	const uint64_t *first = da_map_get(&t->wait_of, thread);

	return first ? wait_at(t, *first) : NULL;
}

struct da_wait *da_clr_wait_next(struct da_clr_lock_table *t, const struct da_wait *w)
{
	return wait_at(t, t->next_wait.v[(size_t)(w - t->c->dump->proc.waits.v) - t->first_wait]);
}

void da_clr_wait_add(struct da_clr_lock_table *t, const struct da_wait *w)
{
	struct da_process *p = &t->c->dump->proc;
	struct da_wait *n;
	uint64_t *first;
	const char *upgrade;

	if (w->thread == DA_NONE)
		return;
	for (struct da_wait *old = da_clr_wait_first(t, w->thread); old; old = da_clr_wait_next(t, old)) {
		if (old->kind == w->kind && old->lock == w->lock && old->address == w->address) {
			merge(old, w);
			return;
		}
	}
	for (struct da_wait *old = da_clr_wait_first(t, w->thread); old; old = da_clr_wait_next(t, old))
		old->primary = false;
	n = da_vec_add(t->c->arena, &p->waits);
	*n = *w;
	n->primary = true;
	upgrade = n->lock != DA_NONE ? da_clr_slim_upgrade(t, n->lock, n->thread) : NULL;
	if (upgrade)
		n->how = da_printf(t->c->arena, "%s; %s", n->how, upgrade);
	else if (n->lock != DA_NONE && n->kind != DA_LOCK_MONITOR_WAIT)
		n->owner = p->locks.v[n->lock].owner;
	first = da_map_put(t->c->arena, &t->wait_of, w->thread, NULL);
	da_vec_push(t->c->arena, &t->next_wait, (uint32_t)*first);
	*first = p->waits.n;
}

uint32_t da_clr_frame_of(struct da_clr *c, uint32_t thread, const char *prefix)
{
	const struct da_thread *th = &c->dump->proc.threads.v[thread];

	for (size_t i = 0; i < th->frames.n; i++) {
		const char *m = da_clr_frame_method(&th->frames.v[i]);

		if (m && da_starts(m, prefix))
			return (uint32_t)i;
	}
	return DA_NONE;
}

static void add(struct da_clr_lock_table *t, uint32_t thread, uint32_t lock, enum da_lock_kind kind,
		const char *how)
{
	struct da_process *p = &t->c->dump->proc;
	struct da_wait w = {.thread = thread,
			    .lock = lock,
			    .owner = DA_NONE,
			    .kind = (uint8_t)kind,
			    .how = how,
			    .frame = DA_NONE,
			    .confidence = 1};

	if (thread == DA_NONE)
		return;
	if (lock != DA_NONE)
		w.address = p->locks.v[lock].address;
	w.frame = da_clr_frame_of(t->c, thread, "System.Threading.");
	da_clr_wait_add(t, &w);
}

/* ---------------------------------------------------------------- Monitor.Wait, 6 to 10 */

void da_clr_pulse_queue(struct da_clr_lock_table *t, uint64_t sync_block, uint32_t lock)
{
	struct da_clr *c = t->c;
	struct da_process *p = &c->dump->proc;
	uint64_t link, back, record;
	uint32_t managed;

	if (DA_CLR_PTR(c, sync_block, SyncBlock, WaitList, &link) != DA_OK)
		return;
	for (uint64_t n = 0; link && n < da_limits_default.lock_waiters; n++) {
		if (DA_CLR_PTR(c, link, WaitEventLink, SyncBlock, &back) != DA_OK ||
		    back != sync_block ||
		    DA_CLR_PTR(c, link, WaitEventLink, Thread, &record) != DA_OK)
			return;
		managed = da_clr_by_record(t, record);
		if (managed != DA_NONE)
			add(t, p->managed_threads.v[managed].thread, lock, DA_LOCK_MONITOR_WAIT,
			    "the object's sync block lists the thread among those in Monitor.Wait");
		if (DA_CLR_PTR(c, link, WaitEventLink, Next, &link) != DA_OK)
			return;
	}
}

/* ---------------------------------------------------------------- 11 on Unix, and NativeAOT there */

/* What threads that wait for this wait handle sleep on; 0: none, or the system's own handle
 * (Windows). */
static uint64_t waitable_of(struct da_clr *c, uint64_t event)
{
	uint64_t safe, handle, waitable;

	if (!event || da_clr_object_ptr(c, event, "_waitHandle", &safe) != DA_OK || !safe ||
	    da_clr_object_ptr(c, safe, "handle", &handle) != DA_OK || handle == UINT64_MAX)
		return 0;
	waitable = da_clr_handle(c, handle);
	return waitable && da_clr_type_is(c, waitable,
					  "System.Threading.WaitSubsystem+WaitableObject")
		       ? waitable
		       : 0;
}

/* The first one stays: Locks behind sync blocks, which are sure, come before those that stacks lead to. */
static void note(struct da_clr *c, struct da_map *m, uint64_t event, uint64_t lock_object)
{
	uint64_t waitable = waitable_of(c, event), *known;

	if (!waitable)
		return;
	known = da_map_put(c->arena, m, waitable, NULL);
	if (!*known)
		*known = lock_object;
}

/* What those sleep on who wait to enter it. */
static uint64_t event_of(struct da_clr *c, uint64_t lock_object)
{
	static const char *const names[] = { "_waitEventOrCondition", "_waitEvent", "_lazyEvent" /* 11, 9, 8 */ };
	uint64_t event;

	for (size_t i = 0; i < DA_ARRAY_SIZE(names); i++)
		if (da_clr_object_ptr(c, lock_object, names[i], &event) == DA_OK)
			return event;
	return 0;
}

void da_clr_note_condition(struct da_clr_lock_table *t, uint64_t condition, uint64_t lock_object)
{
	struct da_clr *c = t->c;
	uint64_t event, waiter;

	if (da_clr_object_ptr(c, condition, "_waitEvent", &event) == DA_OK)
		note(c, &t->enter, event, lock_object);
	if (da_clr_object_ptr(c, condition, "_waitersHead", &waiter) != DA_OK)
		return;
	for (uint64_t n = 0; waiter && n < da_limits_default.lock_waiters; n++) {
		if (da_clr_object_ptr(c, waiter, "ev", &event) != DA_OK)
			return;
		note(c, &t->pulse, event, lock_object);
		if (da_clr_object_ptr(c, waiter, "next", &waiter) != DA_OK)
			return;
	}
}

void da_clr_note_lock(struct da_clr_lock_table *t, uint64_t lock_object)
{
	uint64_t event = event_of(t->c, lock_object);

	if (event && da_clr_type_is(t->c, event, "System.Threading.Condition"))
		da_clr_note_condition(t, event, lock_object);
	else if (event)
		note(t->c, &t->enter, event, lock_object);
}

void da_clr_note_handle(struct da_clr_lock_table *t, uint64_t handle_object)
{
	note(t->c, &t->handles, handle_object, handle_object);
}

/* Of a named or unnamed mutex: the managed id of the thread that owns it; 0 none. */
static uint32_t mutex_owner(struct da_clr *c, uint64_t waitable)
{
	uint64_t ownership, info, thread;

	if (da_clr_object_ptr(c, waitable, "_ownershipInfo", &ownership) != DA_OK || !ownership ||
	    da_clr_object_ptr(c, ownership, "_thread", &info) != DA_OK || !info ||
	    da_clr_object_ptr(c, info, "_thread", &thread) != DA_OK || !thread)
		return 0;
	return da_clr_managed_id(c, thread);
}

/* A wait handle that no Lock stands behind. */
static void other_waitable(struct da_clr_lock_table *t, uint32_t thread, uint64_t waitable)
{
	struct da_clr *c = t->c;
	const uint64_t *handle = da_map_get(&t->handles, waitable);
	uint32_t type, count, lock, id;
	enum da_lock_kind kind;

	if (da_clr_object_u32(c, waitable, "_type", &type) != DA_OK)
		return;
	kind = type == SEMAPHORE ? DA_LOCK_SEMAPHORE
	       : type == MUTEX	 ? DA_LOCK_MUTANT
				 : DA_LOCK_EVENT;
	/* The object that the program knows; else the library's own, whose type says nothing to anybody. */
	lock = da_clr_lock_add(t, handle ? *handle : waitable, kind);
	if (!handle)
		c->dump->proc.locks.v[lock].type = NULL;
	if (type == SEMAPHORE && da_clr_object_u32(c, waitable, "_signalCount", &count) == DA_OK) {
		c->dump->proc.locks.v[lock].has_count = true;
		c->dump->proc.locks.v[lock].count = (int32_t)count;
	}
	id = type == MUTEX ? mutex_owner(c, waitable) : 0;
	if (id)
		da_clr_lock_own(t, lock, id, "the mutex names the thread");
	add(t, thread, lock, kind, "the thread's own wait information names it");
}

static void one_waited(struct da_clr_lock_table *t, uint32_t thread, uint64_t waitable)
{
	const uint64_t *enter = da_map_get(&t->enter, waitable),
		       *pulse = da_map_get(&t->pulse, waitable);
	struct da_process *p = &t->c->dump->proc;
	uint32_t lock = enter	? da_clr_lock_of(t, *enter)
			: pulse ? da_clr_lock_of(t, *pulse)
				: DA_NONE;

	if (lock == DA_NONE)
		other_waitable(t, thread, waitable);
	else if (enter)
		add(t, thread, lock, (enum da_lock_kind)p->locks.v[lock].kind,
		    "the thread's own wait information names the event of this lock");
	else
		add(t, thread, lock, DA_LOCK_MONITOR_WAIT,
		    "the thread's own wait information names its event among those in "
		    "Monitor.Wait");
}

static void one_thread(struct da_clr_lock_table *t, const struct da_clr_thread *th)
{
	struct da_clr *c = t->c;
	uint32_t thread = c->dump->proc.managed_threads.v[th->model].thread, state, waited, n;
	uint64_t info, array, first, waitable;

	if (thread == DA_NONE || !th->exposed ||
	    da_clr_object_ptr(c, th->exposed, "_waitInfo", &info) != DA_OK || !info ||
	    da_clr_object_u32(c, info, "_waitSignalState", &state) != DA_OK || state > WAITING ||
	    da_clr_object_u32(c, info, "_waitedCount", &waited) != DA_OK || waited == 0 ||
	    waited > WAITED_MAX || da_clr_object_ptr(c, info, "_waitedObjects", &array) != DA_OK ||
	    da_clr_array(c, array, &n, &first) != DA_OK || n < waited)
		return;
	da_clr_stack_note_locks(t, thread);
	for (uint32_t i = 0; i < waited; i++)
		if (da_mem_word(c->mem, first + (uint64_t)i * c->mem->word, &waitable) == DA_OK &&
		    waitable)
			one_waited(t, thread, waitable);
}

void da_clr_wait_infos(struct da_clr_lock_table *t)
{
	struct da_clr *c = t->c;

	if (!c->threads)
		return;
	for (size_t i = 0; i < c->threads->v.n && !da_stop(c->dump->watch); i++)
		if (c->threads->v.v[i].model < c->dump->proc.managed_threads.n)
			one_thread(t, &c->threads->v.v[i]);
}
