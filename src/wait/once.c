/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Things that are done once: pthread_once and std::call_once (word 1 and a generation of forks while one thread runs
 * the function, 2 when it is done), and the guard of a static variable in a C++ function. The runner is stored nowhere;
 * its stack is in pthread_once too, and has the address.
 */
#include "config.h"

#include "wait/parts.h"

#define STACK 0x10000

/* The only thread that runs a function of this family for the object, and does not wait for it. */
static uint32_t runner(struct da_waits *w, uint64_t object, enum da_family family)
{
	uint32_t found = DA_NONE;

	for (uint32_t i = 0; i < w->p->threads.n && !da_stop(w->d->watch); i++) {
		if (!(w->t[i].families >> family & 1) || (w->t[i].is_futex && w->t[i].call.arg[0] == object))
			continue;
		if (!da_wait_on_stack(w, i, object, STACK))
			continue;
		if (found != DA_NONE)
			return DA_NONE;
		found = i;
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
				  .confidence = named ? 0.98f : by != DA_NONE ? 0.8f : 0.7f,
				  .how = "the word says that another thread is running the function of a pthread_once" };
	ret->lock = (struct da_lock){ .owner = by, .state = DA_LOCK_HELD, .confidence = by != DA_NONE ? 0.85f : 0 };
	ret->lock.owner_tid = by != DA_NONE ? w->t[by].tid : 0;
	ret->lock.how = by != DA_NONE
				? da_printf(w->d->arena, "a pthread_once in progress (word 0x%x): thread id %u is in pthread_once, "
					    "and its stack holds this address", f->word, w->t[by].tid)
				: da_printf(w->d->arena, "a pthread_once in progress (word 0x%x); which thread runs the function is "
					    "stored nowhere", f->word);
	return true;
}

bool da_recognise_guard(const struct da_futex *f, bool named, struct da_found *ret)
{
	/* Itanium ABI: byte 0 done, byte 1 in progress, byte 2 somebody waits */
	if (!named || (f->value & 0xffff) != 0x100)
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_FUTEX, .base = f->address, .target = DA_NONE, .confidence = 0.98f,
				  .how = "the word is the guard of a static variable, which another thread is initializing" };
	ret->lock = (struct da_lock){ .owner = DA_NONE, .state = DA_LOCK_HELD };
	ret->lock.how = da_printf(f->w->d->arena, "the guard of a C++ static variable that is being initialized (0x%x); the "
				  "thread that does so is stored nowhere", f->word);
	return true;
}

bool da_recognise_future(const struct da_futex *f, bool named, struct da_found *ret)
{
	if (!named || f->value != DA_FUTEX_WAITERS)
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_FUTEX, .base = f->address, .target = DA_NONE, .confidence = 0.98f,
				  .how = "the word is the status of a std::future that is not ready" };
	ret->lock = (struct da_lock){ .owner = DA_NONE, .state = DA_LOCK_STATE_UNKNOWN };
	ret->lock.how = "the status of a std::future that is not ready; who is to fulfil the promise is stored nowhere";
	return true;
}
