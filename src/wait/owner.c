/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the id of a thread in a lock's memory says of its owner: the same rules for all kinds of locks.
 *
 * A fork copies memory, locks that are held included, and of the threads only the one that forked; the copies go on naming
 * threads of the parent. Ids grow, until they begin again at the end of their range: those between the parent's own id
 * and this process's are of the parent, those that follow are of this process.
 */
#include "config.h"

#include "wait/parts.h"

static uint32_t first_thread(const struct da_waits *w)
{
	for (uint32_t i = 0; w->p->has_pid && i < w->p->threads.n; i++)
		if (w->p->threads.v[i].tid == w->p->pid)
			return i;
	return DA_NONE;
}

static uint32_t least_id(const struct da_waits *w)
{
	uint32_t least = UINT32_MAX;

	for (uint32_t i = 0; i < w->p->threads.n; i++)
		if (w->t[i].tid)
			least = DA_MIN(least, w->t[i].tid);
	return least;
}

void da_wait_own_ids(struct da_waits *w)
{
	w->first = first_thread(w);
	if (w->first != DA_NONE && w->t[w->first].tid)
		w->own_id = w->t[w->first].tid;
	else
		w->own_id = w->p->has_pid && !w->own_namespace ? w->p->pid : least_id(w);
}

/* The parent is known by the ids of the dump, which a container's own memory does not have. */
static uint32_t parent_id(const struct da_waits *w)
{
	return w->p->has_ppid && !w->own_namespace ? w->p->ppid : 0;
}

static bool is_older(const struct da_waits *w, uint32_t tid)
{
	uint32_t parent = parent_id(w);

	return tid < w->own_id || (parent > w->own_id && tid >= parent);
}

void da_wait_owner(const struct da_waits *w, struct da_lock *l, uint32_t tid, float confidence, bool shared)
{
	l->owner = da_wait_by_tid(w, tid);
	l->owner_tid = tid;
	l->state = DA_LOCK_HELD;
	l->confidence = confidence;
	if (l->owner != DA_NONE)
		return;
	if (shared || da_wait_threads_missing(w)) {
		/* It may be a thread of another process, or one whose place is not in the dump. */
		l->confidence = DA_MIN(confidence, DA_GUESS);
	} else if (tid == parent_id(w) && w->first != DA_NONE) {
		l->owner = w->first;
		l->confidence = DA_MIN(confidence, DA_MAYBE);
	} else if (is_older(w, tid)) {
		l->state = DA_LOCK_STATE_UNKNOWN;
		l->confidence = DA_MIN(confidence, DA_GUESS);
	} else {
		l->state = DA_LOCK_ORPHANED;
	}
}

const char *da_wait_owner_words(const struct da_waits *w, const struct da_lock *l, bool shared)
{
	if (l->owner != DA_NONE)
		return w->t[l->owner].tid == l->owner_tid
			       ? "" : ", which is that of the parent process: taken before the fork by the thread that the "
				      "first one of this process is a copy of, if it was that which forked";
	if (l->state == DA_LOCK_ORPHANED)
		return ", which is not in the dump: it ended and did not unlock";
	if (shared)
		return ", which is none of this process";
	return l->state == DA_LOCK_STATE_UNKNOWN
		       ? ", which is older than this process: a fork copied the lock while it was held, either by the thread that "
			 "the first one of this process is a copy of, or by one that stayed behind, so that nobody gives it back"
		       : ", which is not in the dump";
}
