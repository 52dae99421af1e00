/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits that a language runtime told of, and the native ones beneath them. A thread stands in one system call: what limits
 * that, limits what the program asked for; and the object that one thread sleeps on until a collection of garbage is over
 * is the same for all of them, whose stacks may not tell.
 */
#include "config.h"

#include "wait/parts.h"

/* What the runtime told of the thread; NULL: nothing. */
static struct da_wait *told(const struct da_waits *w, uint32_t thread)
{
	uint32_t i = thread < w->p->threads.n ? w->t[thread].primary : DA_NONE;

	return i < w->first_wait ? &w->p->waits.v[i] : NULL;
}

static void lend_limit(struct da_wait *to, const struct da_wait *from)
{
	if (to->has_timeout || to->has_deadline)
		return;
	to->endless = from->endless;
	to->has_timeout = from->has_timeout;
	to->timeout_us = from->timeout_us;
	to->has_deadline = from->has_deadline;
	to->clock = from->clock;
	to->deadline_us = from->deadline_us;
	to->has_left = from->has_left;
	to->left_us = from->left_us;
}

/* Objects of the system that the event of the collector is made of; who signals one waits for somebody else. */
static bool can_be_event(const struct da_wait *native)
{
	return native->lock != DA_NONE && native->owner == DA_NONE &&
	       (native->kind == DA_LOCK_PTHREAD_COND || native->kind == DA_LOCK_EVENT);
}

/* A thread that sleeps on what another sleeps on until a collection is over: so does it. */
static void add_collection(struct da_waits *w, uint32_t native, uint32_t other)
{
	struct da_wait *n = &w->p->waits.v[native], wait;
	const struct da_wait *o = &w->p->waits.v[other];

	wait = (struct da_wait){ .thread = n->thread, .lock = DA_NONE, .owner = DA_NONE, .kind = DA_WAIT_GC, .primary = true,
				 .woken = n->woken || o->woken, .frame = n->frame,
				 .confidence = DA_MIN(n->confidence, o->confidence) };
	wait.how = da_printf(w->d->arena, "sleeps on the same object as " DA_REF("t%u") ", which waits for a garbage collection to "
			     "end", o->thread + 1);
	n->primary = false;
	w->t[n->thread].primary = (uint32_t)w->p->waits.n;
	da_vec_push(w->d->arena, &w->p->waits, wait);
}

static void spread_collections(struct da_waits *w)
{
	uint32_t *other = da_calloc(w->d->arena, w->p->locks.n + 1, sizeof(*other)); /* of each lock: index + 1 */
	uint32_t n = (uint32_t)w->p->waits.n;

	for (uint32_t i = w->first_wait; i < n; i++) {
		const struct da_wait *managed = told(w, w->p->waits.v[i].thread);

		if (managed && managed->kind == DA_WAIT_GC && can_be_event(&w->p->waits.v[i]))
			other[w->p->waits.v[i].lock] = w->t[managed->thread].primary + 1;
	}
	for (uint32_t i = w->first_wait; i < n; i++) {
		const struct da_wait *native = &w->p->waits.v[i];

		if (native->primary && can_be_event(native) && other[native->lock] && w->p->threads.v[native->thread].managed)
			add_collection(w, i, other[native->lock] - 1);
	}
}

/* It stood at a place to stop and runs: it has not stopped yet, or goes on already. */
static void drop_ended(struct da_waits *w)
{
	for (uint32_t i = 0; i < w->first_wait; i++) {
		struct da_wait *wait = &w->p->waits.v[i];

		if (told(w, wait->thread) != wait || wait->kind != DA_WAIT_GC ||
		    (w->t[wait->thread].call.state != DA_IN_USER && w->t[wait->thread].call.state != DA_CALL_ENDED))
			continue;
		wait->primary = false;
		w->t[wait->thread].primary = DA_NONE;
	}
}

void da_wait_managed(struct da_waits *w)
{
	for (uint32_t i = w->first_wait; i < w->p->waits.n; i++) {
		struct da_wait *managed = told(w, w->p->waits.v[i].thread);

		if (managed)
			lend_limit(managed, &w->p->waits.v[i]);
	}
	spread_collections(w);
	drop_ended(w);
}
