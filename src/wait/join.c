/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pthread_join and its kin: the word lies in the descriptor of the thread that is waited for. glibc to 2.42 sleeps on
 * its id, which the kernel clears at the thread's end; 2.43 on a state of its own; musl on detach_state.
 */
#include "config.h"

#include "wait/parts.h"

static bool state_fits(const struct da_futex *f)
{
	/* glibc: EXITING, JOINABLE; musl: DT_EXITING, DT_JOINABLE */
	return f->value == 1 || f->value == 2;
}

bool da_recognise_join(const struct da_futex *f, bool named, struct da_found *ret)
{
	const struct da_waits *w = f->w;
	const struct da_descriptor *l = w->layout;
	uint32_t target;
	uint64_t base;
	bool by_id;

	if (!l)
		return false;
	base = f->address - l->tid;
	target = da_wait_by_descriptor(w, base);
	by_id = target != DA_NONE;
	if (!by_id) {
		base = f->address - l->joinstate;
		target = da_wait_by_descriptor(w, base);
	}
	/* Nobody can wait for the end of itself: the call fails. */
	if (target == f->thread)
		return false;
	if (target == DA_NONE || (by_id ? f->value != w->t[target].tid : !state_fits(f)))
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_PTHREAD_JOIN, .base = base, .target = target,
				  .confidence = named || by_id ? DA_CERTAIN : DA_SURE };
	ret->how = da_printf(w->d->arena, "the word is the %s in the descriptor of thread id %u, whose end it waits for",
			     by_id ? "id" : "state", w->t[target].tid);
	return true;
}
