/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Things that are done once: pthread_once and std::call_once (word 1 and a generation of forks while one thread runs
 * the function, 2 when it is done), and the guard of a static variable in a C++ function. The runner is stored nowhere;
 * its stack is in pthread_once too, and has the address.
 */
#include "config.h"

#include "wait/parts.h"

/*
 * Does a thread that sleeps on the object run its function too? Then it is in pthread_once a second time, further out,
 * and what called the inner one has the address on its part of the stack.
 */
static bool is_in_its_own(struct da_waits *w, uint32_t thread, uint64_t object)
{
	const struct da_thread *t = &w->p->threads.v[thread];
	uint64_t from = 0, to = 0;
	const uint8_t *stack;
	size_t n;

	for (uint32_t i = 0; i + 1 < t->frames.n && !to; i++) {
		bool once = da_wait_family_of(w, &t->frames.v[i]) == DA_FAMILY_ONCE;

		if (!once && i && !from && da_wait_family_of(w, &t->frames.v[i - 1]) == DA_FAMILY_ONCE)
			from = t->frames.v[i].sp; /* the function that is run */
		else if (once && from)
			to = t->frames.v[i + 1].sp;
	}
	n = da_wait_stack(w, thread, SIZE_MAX, &stack);
	from -= t->regs.v[w->p->arch->sp];
	to -= t->regs.v[w->p->arch->sp];
	for (uint64_t at = from; n && to > from && at < to && at / w->word < n; at += w->word)
		if (da_wait_stack_word(w, stack, at / w->word) == object)
			return true;
	return false;
}

/* The only thread that runs a function of this family for the object. */
static uint32_t runner(struct da_waits *w, uint64_t object, enum da_family family)
{
	const struct da_mentions *all = da_wait_objects(w);
	uint32_t found = DA_NONE;

	for (const struct da_mention *m = da_mentions_of(all, object); m; m = da_mention_before(all, m)) {
		bool waits = w->t[m->thread].is_futex && w->t[m->thread].call.arg[0] == object;

		if (!(w->t[m->thread].families >> family & 1) || (waits && !is_in_its_own(w, m->thread, object)))
			continue;
		if (found != DA_NONE)
			return DA_NONE;
		found = m->thread;
	}
	return found;
}

bool da_recognise_once(const struct da_futex *f, bool named, struct da_found *ret)
{
	struct da_waits *w = f->w;
	bool musl = da_wait_libc(w) == DA_LIBC_MUSL;
	uint32_t by = DA_NONE;
	uint64_t *known;

	if (f->command != DA_FUTEX_WAIT || !f->has_word || (musl ? f->value != 3 : (f->value & 3) != 1) ||
	    f->word != f->value)
		return false;
	known = da_map_get(&w->locks, f->address);
	if (!known)
		by = runner(w, f->address, DA_FAMILY_ONCE);
	else if (w->p->locks.v[*known].kind == DA_LOCK_PTHREAD_ONCE)
		by = w->p->locks.v[*known].owner;
	if (!named && !musl && by == DA_NONE)
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_PTHREAD_ONCE, .base = f->address, .target = DA_NONE,
				  .confidence = named ? DA_CERTAIN : by != DA_NONE ? DA_FORM : DA_WEAK,
				  .how = "the word says that another thread is running the function of a pthread_once" };
	ret->lock = (struct da_lock){ .owner = by, .state = DA_LOCK_HELD, .confidence = by != DA_NONE ? DA_FIELD : 0 };
	ret->lock.owner_tid = by != DA_NONE ? w->t[by].tid : 0;
	ret->lock.how = by != DA_NONE
				? da_printf(w->d->arena, "a pthread_once in progress (word 0x%x): thread id %u is in pthread_once, "
					    "and its stack holds this address", f->word, w->t[by].tid)
				: da_printf(w->d->arena, "a pthread_once in progress (word 0x%x); which thread runs the function is "
					    "stored nowhere", f->word);
	return true;
}

/*
 * The function that has the variable made the guard's address before it called the initialiser, and is on the stack of
 * the thread that is in it; who has been through it has left the guard done.
 */
static uint32_t initialiser(struct da_waits *w, uint64_t guard, const char **ret_function)
{
	uint32_t found = DA_NONE;

	if (!w->guards_left)
		return DA_NONE;
	w->guards_left--;
	for (uint32_t i = 0; i < w->p->threads.n && !da_stop(w->d->watch); i++) {
		const char *function;

		if (w->t[i].is_futex && w->t[i].call.arg[0] == guard)
			continue;
		function = da_wait_made_in(w, i, guard);
		if (!function)
			continue;
		if (found != DA_NONE)
			return DA_NONE;
		found = i;
		*ret_function = function;
	}
	return found;
}

static void describe_guard(const struct da_futex *f, struct da_lock *l)
{
	const char *function = NULL;
	uint32_t by = initialiser(f->w, f->address, &function);

	*l = (struct da_lock){ .owner = by, .state = DA_LOCK_HELD };
	l->how = da_printf(f->w->d->arena, "the guard of a C++ static variable that is being initialized (0x%x); the thread that does "
			   "so is stored nowhere", f->word);
	if (by == DA_NONE)
		return;
	l->owner_tid = f->w->t[by].tid;
	l->confidence = DA_FORM;
	l->how = da_printf(f->w->d->arena, "%s, but thread id %u is the only one in a function (" DA_SYM("%s") ") that took the guard's "
			   "address and does not wait for it", l->how, l->owner_tid, function);
}

bool da_recognise_guard(const struct da_futex *f, bool named, struct da_found *ret)
{
	bool known = da_map_get(&f->w->locks, f->address) != NULL;

	/* Itanium ABI: byte 0 done, byte 1 in progress, byte 2 somebody waits */
	if (!named || (f->value & 0xffff) != 0x100)
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_FUTEX, .base = f->address, .target = DA_NONE, .confidence = DA_CERTAIN,
				  .how = "the word is the guard of a static variable, which another thread is initializing" };
	if (!known)
		describe_guard(f, &ret->lock);
	return true;
}

bool da_recognise_future(const struct da_futex *f, bool named, struct da_found *ret)
{
	if (!named || f->value != DA_FUTEX_WAITERS)
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_FUTEX, .base = f->address, .target = DA_NONE, .confidence = DA_CERTAIN,
				  .how = "the word is the status of a std::future that is not ready" };
	ret->lock = (struct da_lock){ .owner = DA_NONE, .state = DA_LOCK_STATE_UNKNOWN };
	ret->lock.how = "the status of a std::future that is not ready; who is to fulfil the promise is stored nowhere";
	return true;
}
