/* SPDX-License-Identifier: Apache-2.0 */
/* What the id of a thread in a lock's memory says of its owner: the same rules for all kinds of locks. */
#include "config.h"

#include "wait/parts.h"

void da_wait_owner(const struct da_waits *w, struct da_lock *l, uint32_t tid, float confidence, bool shared)
{
	l->owner = da_wait_by_tid(w, tid);
	l->owner_tid = tid;
	if (l->owner != DA_NONE) {
		l->state = DA_LOCK_HELD;
		l->confidence = confidence;
	} else if (shared || da_wait_threads_missing(w)) {
		/* It may be a thread of another process, or one whose place is not in the dump. */
		l->state = DA_LOCK_HELD;
		l->confidence = DA_MIN(confidence, 0.5f);
	} else {
		l->state = DA_LOCK_ORPHANED;
		l->confidence = confidence;
	}
}
