/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the word that a thread sleeps on to the object it is part of: the recognisers of families.def are asked, first
 * the one whose functions the stack names. What none of them knows is a futex of unknown kind.
 */
#include "config.h"

#include <stdio.h>

#include "wait/parts.h"

#define WOKEN 0.75f     /* times so much, of a wait whose word has changed: it may be over */
#define OTHERWISE 0.8f  /* of one whose stack names a function that waits for something else */

static da_recogniser_fn *const recognisers[] = {
	NULL,
#define DA_FAMILY_ROW(NAME, function) da_recognise_##function,
#include "wait/families.def"
#undef DA_FAMILY_ROW
};

unsigned da_wait_sleepers(const struct da_waits *w, uint64_t address)
{
	const uint64_t *n = da_map_get(&w->sleepers, address);

	return n ? (unsigned)*n : 0;
}

/* Only these commands sleep. */
static bool sleeps(uint32_t command)
{
	return command == DA_FUTEX_WAIT || command == DA_FUTEX_WAIT_BITSET || command == DA_FUTEX_LOCK_PI ||
	       command == DA_FUTEX_LOCK_PI2 || command == DA_FUTEX_WAIT_REQUEUE_PI;
}

/* A call of futex or its newer form, as one shape: by its registers alone. */
static bool decode(const struct da_waits *w, uint32_t thread, struct da_futex *f)
{
	const struct da_syscall *c = &w->t[thread].call;
	bool newer = c->row && c->row->shape == DA_CALL_FUTEX_WAIT;

	if (c->state != DA_IN_CALL || !c->row || (c->row->shape != DA_CALL_FUTEX && !newer))
		return false;
	*f = (struct da_futex){ .w = (struct da_waits *)w, .thread = thread, .hint = w->t[thread].hint,
				.address = c->arg[0] };
	if (newer) { /* uaddr, val, mask, flags, timeout, clock */
		f->op = DA_FUTEX_WAIT_BITSET | (c->arg[3] & 0x80 ? DA_FUTEX_PRIVATE : 0) |
			(c->arg[5] == 0 ? DA_FUTEX_REALTIME : 0);
		f->value = (uint32_t)c->arg[1];
	} else {
		f->op = (uint32_t)c->arg[1];
		f->value = (uint32_t)c->arg[2];
	}
	f->deadline = newer ? c->arg[4] : c->arg[3];
	f->wide_time = newer || c->wide_time;
	f->command = f->op & 0x7f;
	f->absolute = f->command != DA_FUTEX_WAIT;
	f->endless = f->deadline == 0;
	return sleeps(f->command);
}

/* The same with what its memory holds. */
static bool of_call(const struct da_waits *w, uint32_t thread, struct da_futex *f)
{
	if (!decode(w, thread, f))
		return false;
	f->has_word = da_wait_u32(w, f->address, &f->word);
	f->has_timeout = da_wait_time(w, f->deadline, f->wide_time, true, &f->timeout_us);
	return true;
}

static void count_sleepers(struct da_waits *w)
{
	da_map_reserve(w->d->arena, &w->sleepers, w->p->threads.n);
	for (uint32_t i = 0; i < w->p->threads.n; i++) {
		struct da_futex f;

		if (!decode(w, i, &f))
			continue;
		w->t[i].is_futex = true;
		++*da_map_put(w->d->arena, &w->sleepers, f.address, NULL);
	}
}

/* ---------------------------------------------------------------- the wait and its lock */

struct da_wait *da_wait_add(struct da_waits *w, uint32_t thread, enum da_lock_kind kind)
{
	struct da_wait *wait = da_vec_add(w->d->arena, &w->p->waits);

	*wait = (struct da_wait){ .thread = thread, .lock = DA_NONE, .owner = DA_NONE, .frame = w->t[thread].hint.frame,
				  .kind = (uint8_t)kind, .primary = w->t[thread].primary == DA_NONE };
	if (wait->primary)
		w->t[thread].primary = (uint32_t)w->p->waits.n - 1;
	return wait;
}

struct da_lock *da_wait_lock(struct da_waits *w, uint64_t address, enum da_lock_kind kind, uint32_t *ret_index)
{
	bool new;
	uint64_t *slot = da_map_put(w->d->arena, &w->locks, address, &new);

	if (new) {
		*slot = w->p->locks.n;
		*da_vec_add(w->d->arena, &w->p->locks) = (struct da_lock){
			.address = address, .kind = (uint8_t)kind, .state = DA_LOCK_STATE_UNKNOWN, .owner = DA_NONE };
	}
	*ret_index = (uint32_t)*slot;
	return &w->p->locks.v[*slot];
}

/* FUTEX_LOCK_PI has always meant the time of day; others say so by a flag. */
static const char *until_words(const struct da_futex *f, struct da_wait *wait)
{
	bool realtime = f->op & DA_FUTEX_REALTIME || f->command == DA_FUTEX_LOCK_PI;

	if (!f->has_timeout || !f->absolute)
		return "";
	return da_printf(f->w->d->arena, ", %s", da_wait_deadline(f->w, wait, realtime ? DA_CLOCK_REALTIME : DA_CLOCK_MONOTONIC,
								  f->timeout_us));
}

/* <linux/futex.h> */
static const char *operation_words(const struct da_futex *f)
{
	static const char *const commands[] = {
		[DA_FUTEX_WAIT] = "FUTEX_WAIT", [DA_FUTEX_LOCK_PI] = "FUTEX_LOCK_PI", [DA_FUTEX_WAIT_BITSET] = "FUTEX_WAIT_BITSET",
		[DA_FUTEX_WAIT_REQUEUE_PI] = "FUTEX_WAIT_REQUEUE_PI", [DA_FUTEX_LOCK_PI2] = "FUTEX_LOCK_PI2",
	};

	return da_printf(f->w->d->arena, "%s%s%s (0x%x)", commands[f->command], f->op & DA_FUTEX_PRIVATE ? "_PRIVATE" : "",
			 f->op & DA_FUTEX_REALTIME ? " with FUTEX_CLOCK_REALTIME" : "", f->op);
}

#define SLEEPS "sleeps in %s by operation %s on " DA_ADDR("0x%llx") " while that is 0x%x%s%s: %s"

static const char *how_words(const struct da_futex *f, const struct da_found *found, const char *until)
{
	struct da_arena *a = f->w->d->arena;
	const char *call = da_call_words(f->w, &f->w->t[f->thread].call);
	unsigned long long address = f->address;
	char now[40] = "; its word is not in the dump";

	if (f->has_word)
		snprintf(now, sizeof(now), f->word == f->value ? ", which it still is" : "; now it is 0x%x", f->word);
	return f->hint.family ? da_printf(a, "in " DA_SYM("%s") ", " SLEEPS, f->hint.name, call, operation_words(f), address,
					  f->value, now, until, found->how)
			      : da_printf(a, SLEEPS, call, operation_words(f), address, f->value, now, until, found->how);
}

static bool same_lock(const struct da_lock *have, const struct da_found *found)
{
	return have->kind == found->kind;
}

/*
 * The kernel sleeps only while the word has the value: another one means that the wake-up is on its way. Not so the two
 * bits that some locks (Rust's) use to say that more wait, and words that the kernel itself looks after.
 */
static bool woken(const struct da_futex *f)
{
	return f->has_word && (f->command == DA_FUTEX_WAIT || f->command == DA_FUTEX_WAIT_BITSET) &&
	       ((f->word ^ f->value) & DA_FUTEX_TID_MASK);
}

bool da_wait_is_woken(const struct da_waits *w, uint32_t thread, uint64_t from, uint64_t to)
{
	struct da_futex f;

	return w->t[thread].is_futex && of_call(w, thread, &f) && f.address >= from && f.address < to && woken(&f);
}

static void add_found(struct da_futex *f, struct da_found *found)
{
	struct da_waits *w = f->w;
	const struct da_syscall *c = &w->t[f->thread].call;
	struct da_wait *wait = da_wait_add(w, f->thread, (enum da_lock_kind)found->kind);
	struct da_lock *l;

	wait->address = found->base;
	wait->confidence = found->confidence * c->confidence;
	wait->woken = woken(f);
	if (wait->woken)
		wait->confidence *= WOKEN;
	wait->has_timeout = f->has_timeout && !f->absolute;
	wait->timeout_us = wait->has_timeout ? f->timeout_us : 0;
	wait->endless = f->endless;
	wait->how = how_words(f, found, until_words(f, wait));
	wait->owner = found->target;
	if (found->kind == DA_LOCK_PTHREAD_JOIN)
		return;
	l = da_wait_lock(w, found->base, (enum da_lock_kind)found->kind, &wait->lock);
	/* What a name told of another who waits for it is surer than what its form did. */
	if (l->how == NULL || (same_lock(l, found) && found->lock.confidence > l->confidence)) {
		uint64_t address = l->address;

		*l = found->lock;
		l->address = address;
		l->kind = found->kind;
	} else if (!same_lock(l, found)) {
		wait->how = da_printf(w->d->arena, "%s; others read the same address as a %s", wait->how,
				      da_lock_kind_name((enum da_lock_kind)l->kind));
		wait->confidence = DA_MIN(wait->confidence, DA_GUESS);
	}
	if (wait->owner == DA_NONE)
		wait->owner = l->owner;
}

/* Of locks that are variables of a module: "queue_lock", "table+0x28". */
void da_wait_name_locks(struct da_waits *w)
{
	for (uint32_t i = w->first_lock; w->s && i < w->p->locks.n && !da_stop(w->d->watch); i++) {
		struct da_lock *l = &w->p->locks.v[i];
		uint64_t offset;
		const char *name = l->name ? NULL : da_symbols_variable(w->s, l->address, &offset);

		if (name)
			l->name = offset ? da_printf(w->d->arena, "%s+0x%llx", name, (unsigned long long)offset) : name;
	}
}

/* Counters of events have the id of some thread by chance; with the waiters' bit, or where the kernel reads it, it is one. */
static void owner_by_word(const struct da_futex *f, struct da_lock *l)
{
	bool inherits = f->command == DA_FUTEX_LOCK_PI || f->command == DA_FUTEX_LOCK_PI2;
	uint32_t tid = f->word & DA_FUTEX_TID_MASK, owner;

	if (!f->has_word || (!inherits && (!da_wait_is_telling(tid) || (f->value & DA_FUTEX_TID_MASK) != tid)))
		return;
	owner = da_wait_by_tid(f->w, tid);
	if (owner == DA_NONE || owner == f->thread)
		return;
	l->owner = owner;
	l->owner_tid = tid;
	l->state = DA_LOCK_HELD;
	l->confidence = inherits ? DA_LIKELY : f->word & (DA_FUTEX_WAITERS | DA_FUTEX_OWNER_DIED) ? DA_MAYBE : DA_HARDLY;
	l->how = inherits ? da_printf(f->w->d->arena, "a futex of unknown kind, whose word 0x%x names its owner to the kernel: thread "
				      "id %u", f->word, tid)
			  : da_printf(f->w->d->arena, "a futex of unknown kind whose word 0x%x has the form of the id of a thread of "
				      "the dump%s", f->word, l->confidence < DA_MAYBE ? ", as other numbers may" : "");
}

#define UNREAD "its memory is not in the dump: whether and by whom it is held is unknown"

/* Rust, Go and other own locks: the address groups those who wait; who holds it is known only to the program. */
static void unknown_kind(struct da_futex *f, struct da_found *ret)
{
	struct da_lock l = { .owner = DA_NONE, .state = DA_LOCK_STATE_UNKNOWN };
	const uint8_t *stack;

	l.unread = !f->has_word;
	l.how = f->has_word ? da_printf(f->w->d->arena, "a futex of unknown kind, now 0x%x; its word tells no owner", f->word) : UNREAD;
	*ret = (struct da_found){ .kind = DA_LOCK_FUTEX, .base = f->address, .lock = l, .target = DA_NONE,
				  .how = !f->has_word ? "what stands there is not known"
					 : f->w->t[f->thread].caller == DA_BY_PROGRAM && f->w->layout
						 ? "the program made the call itself, so that it is no object of the C library"
						 : "no object of the C library stands there",
				  .confidence = DA_LIKELY };
	/* Of some objects only the stack of who waits gives certainty. */
	if (f->w->layout && da_wait_stack(f->w, f->thread, f->w->word, &stack) == 0)
		ret->how = "what stands there is not known: the thread's stack, which could tell, is not in the dump";
	owner_by_word(f, &ret->lock);
}

/* Guards and futures are libstdc++'s, which calls `syscall`; the end of a thread is known by the address alone. */
static bool is_possible(const struct da_futex *f, enum da_family family)
{
	return f->w->t[f->thread].caller != DA_BY_PROGRAM || family == DA_FAMILY_GUARD || family == DA_FAMILY_FUTURE ||
	       family == DA_FAMILY_JOIN;
}

/* Objects that another thing in memory names too: what points back to them, or the address. */
static bool is_form_alone(const struct da_futex *f, enum da_family family)
{
	return f->w->t[f->thread].caller == DA_BY_UNNAMED && family != DA_FAMILY_JOIN && family != DA_FAMILY_STDIO &&
	       family != DA_FAMILY_ARENA && family != DA_FAMILY_COND && family != DA_FAMILY_LOADER &&
	       f->command != DA_FUTEX_LOCK_PI && f->command != DA_FUTEX_LOCK_PI2;
}

/* Many a program's own lock looks like one of the C library's: nothing is said for sure then, least of all of an end. */
static void doubt(const struct da_futex *f, struct da_found *found)
{
	struct da_lock *l = &found->lock;

	found->confidence = DA_MIN(found->confidence, DA_SHAPE);
	l->confidence = DA_MIN(l->confidence, da_wait_is_telling(l->owner_tid) ? DA_GUESS : DA_HARDLY);
	if (l->state == DA_LOCK_ORPHANED) {
		l->state = DA_LOCK_STATE_UNKNOWN;
		l->confidence = DA_MIN(l->confidence, DA_HARDLY);
	}
	if (l->how)
		l->how = da_printf(f->w->d->arena, "by its form alone, which a lock of the program's own may have too: %s", l->how);
}

static bool by_form(struct da_futex *f, struct da_found *found)
{
	enum da_family named = (enum da_family)f->hint.family;

	/* A program without a C library (Go's) has words that look like its objects by chance. */
	for (unsigned i = 1; i < DA_FAMILIES && f->w->layout; i++) {
		if (i == named || !is_possible(f, (enum da_family)i) || !recognisers[i](f, false, found))
			continue;
		if (named)
			found->confidence *= OTHERWISE;
		if (is_form_alone(f, (enum da_family)i))
			doubt(f, found);
		return true;
	}
	return false;
}

/* Where nothing is known of the memory the function still tells what kind it is; glibc's mutex begins with its word. */
static void by_name(const struct da_futex *f, enum da_family named, struct da_found *found)
{
	found->confidence = DA_WEAK;
	found->how = da_printf(f->w->d->arena, f->has_word ? "the stack is in " DA_SYM("%s") ", but what stands at the address has not "
			       "the form of what that function waits for" : "only the name of " DA_SYM("%s") " tells what it is",
			       f->hint.name);
	if (!f->has_word && named == DA_FAMILY_MUTEX && da_wait_libc(f->w) == DA_LIBC_GLIBC)
		found->kind = DA_LOCK_PTHREAD_MUTEX;
}

static void recognise(struct da_futex *f)
{
	struct da_found found = { 0 };
	enum da_family named = (enum da_family)f->hint.family;
	bool possible = named && is_possible(f, named);

	if (!(possible && recognisers[named](f, true, &found)) && !by_form(f, &found)) {
		unknown_kind(f, &found);
		if (possible && f->hint.name)
			by_name(f, named, &found);
	}
	add_found(f, &found);
}

void da_wait_futexes(struct da_waits *w)
{
	w->leaving_left = DA_WAIT_LEAVING;
	w->guards_left = DA_WAIT_GUARDS;
	count_sleepers(w);
	da_map_reserve(w->d->arena, &w->locks, w->sleepers.n);
	da_vec_reserve(w->d->arena, &w->p->locks, w->sleepers.n);
	for (uint32_t i = 0; i < w->p->threads.n && !da_stop(w->d->watch); i++) {
		struct da_futex f;

		if (!w->t[i].is_futex || !of_call(w, i, &f) || !da_watch_item(w->d->watch, DA_ITEM_THREAD, i))
			continue;
		f.sleepers = da_wait_sleepers(w, f.address);
		recognise(&f);
	}
	da_watch_idle(w->d->watch);
}
