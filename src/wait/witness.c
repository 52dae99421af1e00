/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do the stacks agree with what a lock's memory says? A lock's address on the stack or in a register of the thread that
 * its word names is a second witness. What contradicts takes the owner away: one who waits for the very lock that its own
 * kind would have let it enter, one who gave it back to wait for a condition variable.
 */
#include "config.h"

#include <stdlib.h>

#include "wait/parts.h"

#define BYTES 0x1000 /* of each stack, from its top */
#define BODIES (1u << 14)
#define SAMPLE 64    /* threads that are asked whether all have what an owner has */
#define POINTERS 24  /* locks whose owners are looked at for pointers to them: each costs a look at many words */

static void nobody(struct da_waits *w, struct da_lock *l, const char *why)
{
	l->how = da_printf(w->d->arena, "%s; but %s, so that its owner is unknown", l->how, why);
	l->owner = DA_NONE;
	l->owner_tid = 0;
	l->confidence = 0;
	l->state = DA_LOCK_CONTENDED;
}

/* Does the named owner itself sleep on this lock? */
static bool owner_waits(const struct da_waits *w, const struct da_lock *l, uint32_t index)
{
	uint32_t primary = w->t[l->owner].primary;

	if (primary == DA_NONE || primary < w->first_wait)
		return false;
	return w->p->waits.v[primary].lock == index && w->p->waits.v[primary].thread == l->owner;
}

/* Who holds the linker's lock or a FILE's is in their functions, if in the middle of a call to the program. */
static bool works_there(const struct da_waits *w, const struct da_lock *l)
{
	enum da_family family = l->kind == DA_LOCK_LOADER ? DA_FAMILY_LOADER
				: l->kind == DA_LOCK_STDIO ? DA_FAMILY_STDIO : DA_FAMILY_NONE;

	return family && w->t[l->owner].families >> family & 1;
}

static bool refuses_owner(const struct da_waits *w, const struct da_lock *l)
{
	return l->kind == DA_LOCK_PTHREAD_MUTEX && da_wait_libc(w) != DA_LIBC_MUSL ? da_wait_refuses_owner(w, l->address)
										   : l->has_recursion;
}

/*
 * A wait for a condition variable gives a recursive mutex back once: who had entered it more often has it still, and then
 * the mutex still names it.
 */
static bool kept_while_waiting(const struct da_waits *w, struct da_lock *l)
{
	if (!l->has_recursion || l->recursion == 0 || l->state != DA_LOCK_HELD || l->owner_tid != w->t[l->owner].tid)
		return false;
	l->confidence = DA_SURE;
	l->how = da_printf(w->d->arena, "%s; that thread waits for a condition variable, but had entered the mutex more often "
			   "than such a wait gives back", l->how);
	return true;
}

/* It runs, or waits for another lock: a thread in the middle of its work. */
static bool works(const struct da_waits *w, uint32_t thread)
{
	uint32_t primary = w->t[thread].primary;

	return primary == DA_NONE || da_wait_blocks((enum da_lock_kind)w->p->waits.v[primary].kind);
}

/* Half of the others that are asked or more have it as well, those who wait for this lock aside. */
static bool is_common(const struct da_waits *w, uint32_t index)
{
	const struct da_lock *l = &w->p->locks.v[index];
	const struct da_mention *at = da_mentions_of(&w->common, l->address);
	size_t with = 0, asked = (w->p->threads.n + w->sample - 1) / w->sample;

	asked -= DA_MIN(asked, w->waiters[index] + (l->owner % w->sample == 0));
	for (; at; at = da_mention_before(&w->common, at)) {
		uint32_t primary = w->t[at->thread].primary;

		with += at->thread != l->owner && (primary == DA_NONE || w->p->waits.v[primary].lock != index);
	}
	return 2 * with >= asked && asked > 0;
}

static enum da_locks_taken locks_taken(struct da_waits *w, uint32_t thread)
{
	return works(w, thread) ? DA_TOOK_LOCK : da_wait_locks_taken(w, thread);
}

static const char *rests_how(bool idle, enum da_locks_taken taken)
{
	if (idle)
		return "as threads without work do";
	return taken == DA_TOOK_NONE ? "where none of its functions has taken a lock"
				     : "where its functions took a lock only by code that stands behind";
}

/*
 * What lies on the stack of the owner, NULL: nothing that others have not. Worker threads keep pointers to locks while
 * they rest, and the id of one that ended is given to another: of one who rests, what its functions did to locks decides.
 */
static void told_by_stack(struct da_waits *w, struct da_lock *l, const char *what)
{
	enum da_locks_taken taken = locks_taken(w, l->owner);
	bool idle = !works(w, l->owner) && da_wait_is_idle(w, l->owner);
	const char *holds = what ? "; the stack or a register of that thread holds " : "";

	if (idle || taken == DA_TOOK_NONE || taken == DA_TOOK_PERHAPS) {
		l->confidence = DA_MIN(l->confidence, taken == DA_TOOK_NONE ? DA_GUESS : DA_FORM);
		l->how = da_printf(w->d->arena, "%s%s%s; but it waits %s: it may have the id of one that ended", l->how, holds,
				   what ? what : "", rests_how(idle, taken));
	} else if (what && taken == DA_TOOK_LOCK) {
		l->confidence = DA_LIKELY;
		l->how = da_printf(w->d->arena, "%s%s%s", l->how, holds, what);
	}
}

/* A field of the lock names its owner; of others the stack itself has told who it is. */
static bool stores_owner(const struct da_lock *l)
{
	return l->kind != DA_LOCK_PTHREAD_ONCE && l->kind != DA_LOCK_MALLOC_ARENA && l->kind != DA_LOCK_FUTEX;
}

static void ask_stack(struct da_waits *w, uint32_t index)
{
	struct da_lock *l = &w->p->locks.v[index];
	const char *said;

	if (works_there(w, l)) {
		l->confidence = DA_SURE;
		l->how = da_printf(w->d->arena, "%s; that thread is inside such functions", l->how);
	} else if ((said = da_wait_made_in(w, l->owner, l->address)) != NULL) {
		l->confidence = works(w, l->owner) ? DA_SURE : DA_LIKELY; /* it may have given it back since */
		l->how = da_printf(w->d->arena, "%s; that thread is in " DA_SYM("%s") ", whose code took the lock's address before",
				   l->how, said);
	} else if (da_wait_in_register(w, l->owner, l->address) || da_wait_on_stack(w, l->owner, l->address, BYTES)) {
		bool common = is_common(w, index);

		if (common)
			l->how = da_printf(w->d->arena, "%s; that the stack of that thread holds the lock's address says nothing: "
					   "most %shave it", l->how, w->sample > 1 ? "of those that were looked at " : "");
		told_by_stack(w, l, common ? NULL : "the lock's address");
	} else {
		bool asks = w->pointers_left && w->pointers_left--;

		told_by_stack(w, l, asks ? da_wait_leads_to(w, l->owner, index) : NULL);
	}
}

/* What is asked of this lock's owner is on its way from memory while others are asked. */
static void expect(const struct da_waits *w, uint32_t index)
{
	uint32_t owner = index < w->p->locks.n ? w->p->locks.v[index].owner : DA_NONE;

	if (owner >= w->p->threads.n)
		return;
	da_wait_expect_frames(w, owner);
	da_wait_expect_stack(w, owner);
}

static void check(struct da_waits *w, uint32_t index)
{
	struct da_lock *l = &w->p->locks.v[index];
	bool waits;

	if (l->owner >= w->p->threads.n || !l->how)
		return;
	waits = owner_waits(w, l, index);
	if (waits && refuses_owner(w, l)) {
		nobody(w, l, "the thread that it names waits for it itself, which this kind does not let its owner do");
		return;
	}
	if (l->kind == DA_LOCK_PTHREAD_MUTEX && w->t[l->owner].cond_mutex == l->address) {
		if (kept_while_waiting(w, l))
			return;
		nobody(w, l, "the thread that it names waits for a condition variable, for which it gave this mutex back");
		return;
	}
	if (!waits && stores_owner(l) && l->confidence < DA_SURE && l->confidence >= DA_FORM && l->address)
		ask_stack(w, index);
}

/* ---------------------------------------------------------------- readers, who are stored nowhere */

#define TOLD 6

static bool is_read(const struct da_lock *l)
{
	return l->kind == DA_LOCK_PTHREAD_RWLOCK && l->owner == DA_NONE && l->has_count && l->count > 0;
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return a < b ? -1 : a > b;
}

/* Threads whose stacks hold the address, and that do not wait for the lock: they may be the readers. */
static void look_for_readers(struct da_waits *w, uint32_t index)
{
	struct da_lock *l = &w->p->locks.v[index];
	const struct da_mention *at = da_mentions_of(&w->readers, l->address);
	struct da_str told DA_CLEANUP(da_str_done) = { 0 };

	for (; at && l->readers.n < DA_LOCK_READERS; at = da_mention_before(&w->readers, at)) {
		uint32_t primary = w->t[at->thread].primary;

		if (primary == DA_NONE || w->p->waits.v[primary].lock != index)
			da_vec_push(w->d->arena, &l->readers, at->thread);
	}
	if (l->readers.n)
		qsort(l->readers.v, l->readers.n, sizeof(*l->readers.v), by_number);
	for (size_t i = 0; i < l->readers.n && i < TOLD; i++)
		da_str_addf(&told, "%s" DA_REF("t%u"), i ? ", " : "", l->readers.v[i] + 1);
	l->how = l->readers.n ? da_printf(w->d->arena, "%s; its address is on the stack%s of %s%s, which may be readers", l->how,
					  l->readers.n > 1 ? "s" : "", da_str_get(&told), l->readers.n > TOLD ? " and more" : "")
			      : da_printf(w->d->arena, "%s; no other thread's stack holds its address, so that nothing tells who "
					  "reads (a waiter may be a reader itself)", l->how);
}

/* Waits carry their lock's owner. Who leaves a condition variable is known of the wait alone: nobody owns that. */
static void pass_on(struct da_waits *w)
{
	for (uint32_t i = w->first_wait; i < w->p->waits.n; i++) {
		struct da_wait *wait = &w->p->waits.v[i];

		if (wait->lock != DA_NONE && wait->lock >= w->first_lock &&
		    w->p->locks.v[wait->lock].kind != DA_LOCK_PTHREAD_COND)
			wait->owner = w->p->locks.v[wait->lock].owner;
	}
}

static void find_mentions(struct da_waits *w)
{
	const struct da_stacks all = { .bytes = BYTES, .step = 1 }, some = { .bytes = BYTES, .step = w->sample };

	da_map_reserve(w->d->arena, &w->common.newest, w->p->locks.n - w->first_lock);
	for (uint32_t i = w->first_lock; i < w->p->locks.n; i++) {
		const struct da_lock *l = &w->p->locks.v[i];

		if (l->owner < w->p->threads.n)
			da_mentions_want(w, &w->common, l->address);
		else if (is_read(l))
			da_mentions_want(w, &w->readers, l->address);
	}
	da_mentions_find(w, &w->readers, &all);
	da_mentions_find(w, &w->common, &some);
}

static void count_waiters(struct da_waits *w)
{
	w->waiters = da_calloc(w->d->arena, w->p->locks.n, sizeof(*w->waiters));
	for (uint32_t i = 0; i < w->p->threads.n; i += w->sample) {
		uint32_t primary = w->t[i].primary;

		if (primary != DA_NONE && w->p->waits.v[primary].lock < w->p->locks.n)
			w->waiters[w->p->waits.v[primary].lock]++;
	}
}

void da_wait_witness(struct da_waits *w)
{
	w->pointers_left = POINTERS;
	w->bodies_left = BODIES;
	w->sample = (uint32_t)da_round_up(w->p->threads.n, SAMPLE) / SAMPLE;
	find_mentions(w);
	count_waiters(w);
	for (uint32_t i = w->first_lock; i < w->p->locks.n && !da_stop(w->d->watch); i++) {
		expect(w, i + DA_WAIT_AHEAD);
		check(w, i);
		if (is_read(&w->p->locks.v[i]))
			look_for_readers(w, i);
	}
	pass_on(w);
}
