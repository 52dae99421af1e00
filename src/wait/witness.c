/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do the stacks agree with what a lock's memory says? A lock's address on the stack or in a register of the thread that
 * its word names is a second witness. What contradicts takes the owner away: one who waits for the very lock that its own
 * kind would have let it enter, one who gave it back to wait for a condition variable.
 */
#include "config.h"

#include "wait/parts.h"

#define BYTES 0x1000 /* of each stack, from its top */
#define SURE 0.95f
#define LIKELY 0.9f
#define POINTERS 24 /* locks whose owners are looked at for pointers to them: each costs a look at many words */

/* Registers and stack of a thread, without the place where its own wait left the address. */
static bool mentions(const struct da_waits *w, uint32_t thread, uint64_t address)
{
	const struct da_thread *t = &w->p->threads.v[thread];
	const struct da_arch *arch = w->p->arch;

	for (unsigned r = 0; r < arch->nregs; r++)
		if ((int)r != arch->pc && (int)r != arch->sp && da_reg_known(&t->regs, (int)r) && t->regs.v[r] == address)
			return true;
	return da_wait_on_stack(w, thread, address, BYTES);
}

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

	(void)index;
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

static void check(struct da_waits *w, uint32_t index)
{
	struct da_lock *l = &w->p->locks.v[index];
	const char *function, *pointer;
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
	if (waits || l->confidence >= SURE || l->confidence < 0.7f || !l->address)
		return;
	if (mentions(w, l->owner, l->address)) {
		l->confidence = SURE;
		l->how = da_printf(w->d->arena, "%s; the stack of that thread holds the lock's address", l->how);
	} else if (works_there(w, l)) {
		l->confidence = SURE;
		l->how = da_printf(w->d->arena, "%s; that thread is inside such functions", l->how);
	} else if ((function = da_wait_made_in(w, l->owner, l->address)) != NULL) {
		l->confidence = LIKELY; /* it may have given it back since */
		l->how = da_printf(w->d->arena, "%s; that thread is in " DA_SYM("%s") ", whose code took the lock's address before",
				   l->how, function);
	} else if (w->pointers_left && w->pointers_left-- && (pointer = da_wait_leads_to(w, l->owner, index)) != NULL) {
		l->confidence = LIKELY;
		l->how = da_printf(w->d->arena, "%s; the stack or a register of that thread holds %s", l->how, pointer);
	}
}

/* ---------------------------------------------------------------- readers, who are stored nowhere */

#define READ_LOCKS 16 /* whose readers are looked for: each costs a look at all stacks */
#define TOLD 6

/* Threads whose stacks hold the address, and that do not wait for the lock: they may be the readers. */
static unsigned possible_readers(struct da_waits *w, uint32_t index, struct da_str *told)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < w->p->threads.n && !da_stop(w->d->watch); i++) {
		uint32_t primary = w->t[i].primary;

		if (primary != DA_NONE && w->p->waits.v[primary].lock == index)
			continue;
		if (!mentions(w, i, w->p->locks.v[index].address))
			continue;
		if (n < TOLD)
			da_str_addf(told, "%s" DA_REF("t%u"), n ? ", " : "", i + 1);
		n++;
	}
	return n;
}

static void look_for_readers(struct da_waits *w)
{
	unsigned left = READ_LOCKS;

	for (uint32_t i = w->first_lock; i < w->p->locks.n && left; i++) {
		struct da_lock *l = &w->p->locks.v[i];
		struct da_str told DA_CLEANUP(da_str_done) = { 0 };
		unsigned n;

		if (l->kind != DA_LOCK_PTHREAD_RWLOCK || l->owner != DA_NONE || !l->has_count || l->count <= 0)
			continue;
		left--;
		n = possible_readers(w, i, &told);
		l->how = n ? da_printf(w->d->arena, "%s; its address is on the stack%s of %s%s, which may be readers", l->how,
				       n > 1 ? "s" : "", da_str_get(&told), n > TOLD ? " and more" : "")
			   : da_printf(w->d->arena, "%s; no other thread's stack holds its address, so that nothing tells who "
				       "reads (a waiter may be a reader itself)", l->how);
	}
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

void da_wait_witness(struct da_waits *w)
{
	w->pointers_left = POINTERS;
	for (uint32_t i = w->first_lock; i < w->p->locks.n && !da_stop(w->d->watch); i++)
		check(w, i);
	look_for_readers(w);
	pass_on(w);
}
