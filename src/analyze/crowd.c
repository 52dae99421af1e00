/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crowds: many threads behind one semaphore of count 0, or behind a read-write lock that readers have. Neither names who
 * must act. Workers that wait for work on a semaphore look the same, so such a wait counts only where the semaphore lets a
 * known small number in, or where those that wait stand in different functions.
 */
#include "config.h"

#include "analyze/hang.h"
#include "analyze/order.h"

struct crowd {
	uint32_t lock, *threads;
	size_t n;
	bool readers;     /* a read-write lock; else a semaphore */
	uint32_t upgrader; /* who has it, lets readers in, and waits for them to leave; DA_NONE: nobody */
	uint32_t *others; /* who does something else, outside of its idle place */
	size_t nothers;
	bool acts;        /* one of them runs, or goes on by itself */
};

static bool is_semaphore(enum da_lock_kind kind)
{
	return kind == DA_LOCK_SEMAPHORE || kind == DA_LOCK_SEMAPHORE_SLIM || kind == DA_LOCK_NT_SEMAPHORE;
}

/* Who waits for it and does not give up. */
static void find_waiters(struct da_analysis *a, struct crowd *c)
{
	uint32_t from = a->order->waits_from[c->lock], to = a->order->waits_from[c->lock + 1];

	c->threads = da_calloc(a->dump->arena, to - from, sizeof(*c->threads));
	for (uint32_t i = from; i < to; i++) {
		const struct da_wait *w = &a->dump->proc.waits.v[a->order->waits_of[i]];

		if (w->primary && w->thread < a->graph->n && !w->woken && !w->parked && !da_wait_gives_up(w) &&
		    a->dump->proc.threads.v[w->thread].state != DA_STATE_IDLE && (double)w->confidence >= DA_HANG_SURE)
			c->threads[c->n++] = w->thread;
	}
}

static bool in_one_function(const struct da_analysis *a, const struct crowd *c)
{
	const char *function = da_standing_in(a, c->threads[0]);

	for (size_t i = 0; function && i < c->n; i++)
		if (!da_streq(function, da_standing_in(a, c->threads[i])))
			return false;
	return true;
}

static bool is_told(const struct da_analysis *a, const struct crowd *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (a->graph->told[c->threads[i]] || (a->graph->behind[c->threads[i]] && c->threads[i] != c->upgrader))
			return true;
	return false;
}

static bool is_many(const struct da_analysis *a, const struct crowd *c)
{
	return c->n >= 3 && c->n * DA_HANG_SHARE >= a->graph->n;
}

/* Is it such a lock, and do enough wait for it? Of a starved pool another rule tells. */
static bool is_crowd(struct da_analysis *a, struct crowd *c)
{
	const struct da_lock *l = &a->dump->proc.locks.v[c->lock];
	size_t workers = 0;

	c->upgrader = DA_NONE;
	if (is_semaphore((enum da_lock_kind)l->kind) && l->has_count && l->count <= 0) {
		find_waiters(a, c);
	} else if (da_has_readers((enum da_lock_kind)l->kind) && (l->state == DA_LOCK_HELD || l->owner != DA_NONE)) {
		c->readers = true;
		find_waiters(a, c);
		for (size_t i = 0; i < c->n && l->owner != DA_NONE; i++)
			c->upgrader = c->threads[i] == l->owner ? l->owner : c->upgrader;
		if (l->owner != c->upgrader) /* a writer has it, whom the graph knows */
			return false;
	}
	if (c->n < 2 || !(is_many(a, c) || da_hang_is_upgrade(a, c->upgrader)) || is_told(a, c))
		return false;
	for (size_t i = 0; i < c->n; i++)
		workers += da_is_pool_worker(&a->dump->proc.threads.v[c->threads[i]]);
	if (workers == c->n && da_pool_is_starved(a))
		return false;
	return c->readers || da_is_limiter(l) || !in_one_function(a, c);
}

static bool is_in(const struct crowd *c, uint32_t thread)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->threads[i] == thread)
			return true;
	return false;
}

/* It may come to give the lock back without any of those that wait: it runs, or waits for time or for what is outside. */
static bool goes_on(const struct da_analysis *a, uint32_t thread)
{
	const struct da_wait *w = da_primary_wait(a, thread);

	if (!w)
		return true;
	if (w->kind == DA_WAIT_SLEEP)
		return !w->endless;
	return w->woken || w->kind >= DA_LOCK_UNKNOWN || da_wait_gives_up(w);
}

static void find_others(struct da_analysis *a, struct crowd *c)
{
	c->others = da_calloc(a->dump->arena, a->graph->n, sizeof(*c->others));
	for (uint32_t i = 0; i < a->graph->n; i++) {
		if (a->dump->proc.threads.v[i].state == DA_STATE_IDLE || is_in(c, i))
			continue;
		c->others[c->nothers++] = i;
		c->acts = c->acts || goes_on(a, i);
	}
}

static const char *say_doing(struct da_analysis *a, uint32_t thread)
{
	const struct da_wait *w = da_primary_wait(a, thread);

	if (w && w->kind == DA_WAIT_SLEEP)
		return w->endless ? "sleeps without a limit" : "sleeps";
	if (w)
		return da_printf(a->dump->arena, "waits for %s", da_say_wait(a, w));
	return a->dump->proc.threads.v[thread].state == DA_STATE_RUNNING ? "runs" : "does something unknown";
}

/* Nobody is named by the lock: who is left is all that is known. */
static const char *say_others(struct da_analysis *a, const struct crowd *c)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	if (c->nothers == 0)
		return " No other thread is outside of its idle place: whoever had it has ended, or is a task in no thread.";
	da_str_add(&s, c->nothers == 1 ? " Of the other threads one is outside of its idle place and may have it: "
				       : " Of the other threads these are outside of their idle places, and one of them may have it: ");
	for (size_t i = 0; i < c->nothers && i < DA_HANG_NAMED; i++)
		da_str_addf(&s, "%s%s, which %s", i ? "; " : "", da_say_thread(a, c->others[i]), say_doing(a, c->others[i]));
	if (c->nothers > DA_HANG_NAMED)
		da_str_addf(&s, "; and %zu more", c->nothers - DA_HANG_NAMED);
	da_str_add(&s, ".");
	return da_strdup(a->dump->arena, da_str_get(&s));
}

static const char *say_state(struct da_analysis *a, const struct crowd *c)
{
	const struct da_lock *l = &a->dump->proc.locks.v[c->lock];

	if (!c->readers)
		return "whose count is 0";
	if (c->upgrader != DA_NONE)
		return da_printf(a->dump->arena, "which %s wants to write once its readers have left", da_say_thread(a, c->upgrader));
	return l->has_count && l->count > 0
	       ? da_printf(a->dump->arena, "which %lld %s", (long long)l->count, da_plural((size_t)l->count, "reader has", "readers have"))
	       : "which readers have";
}

static const char *say_lock(struct da_analysis *a, const struct crowd *c)
{
	const struct da_lock *l = &a->dump->proc.locks.v[c->lock];

	if (c->readers)
		return da_printf(a->dump->arena, "It counts its readers and does not name them.%s",
				 l->no_recursion ? " Those that wait are none of them: this lock lets no thread in twice." : "");
	return l->has_max && da_is_limiter(l)
	       ? da_printf(a->dump->arena, "It lets %lld in at a time and keeps no owner.", (long long)l->max) : "It keeps no owner.";
}

static void evidence(struct da_analysis *a, struct da_finding *f, const struct crowd *c)
{
	da_hang_owner(a, f, c->lock);
	for (size_t i = 0; i < c->n; i++) {
		da_finding_thread(f, c->threads[i]);
		if (i < DA_HANG_NAMED)
			da_hang_wait(a, f, c->threads[i], da_primary_wait(a, c->threads[i]), "wait");
	}
}

static void tell(struct da_analysis *a, const struct crowd *c)
{
	bool grave = !c->acts && is_many(a, c);
	const char *state = say_state(a, c), *lock = da_say_lock(a, c->lock);
	struct da_finding *f = da_finding_new(a->doc, "hang.owner-unknown", grave ? DA_SEVERITY_WARNING : DA_SEVERITY_INFORMATION,
					      (unsigned)c->n, grave ? DA_HANG_GUESS : 0.7);

	da_finding_title(f, "%zu threads wait for %s, %s", c->n, lock, state);
	da_finding_description(f, "%s%s", say_lock(a, c), say_others(a, c));
	da_finding_recommendation(f, "Ask the developers %s. A second dump some seconds later shows whether they go on.",
				  c->readers ? "who reads under this lock, and what else it does meanwhile"
					     : "which way leads out of the guarded part without a release: an exception, an early return");
	da_finding_next(f, DA_NEXT_DUMP, "%s two dumps ten seconds apart: they show whether these threads go on.", da_hang_make(a));
	da_finding_refuted_by(f, "a second dump in which these threads have gone on");
	evidence(a, f, c);
	if (!grave)
		a->noted++;
	else if (da_hang_lead(a, f, da_printf(a->dump->arena, "Possible hang: %zu threads wait for %s, %s.", c->n, lock, state)))
		for (size_t i = 0; i < c->n; i++)
			da_vec_push(a->dump->arena, &a->hang_threads, c->threads[i]);
}

unsigned da_hang_crowds(struct da_analysis *a)
{
	unsigned n = 0;

	if (da_hang_crashed(a))
		return 0;
	for (uint32_t i = 0; i < a->dump->proc.locks.n && n < DA_HANG_MOST; i++) {
		struct crowd c = { .lock = i };

		if (!is_crowd(a, &c))
			continue;
		find_others(a, &c);
		tell(a, &c);
		n++;
	}
	return n;
}
