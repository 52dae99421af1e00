/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pthread_rwlock_t of glibc: that of 2.25 and later (readers and writers sleep on two words of phase and turn) and the
 * older one. A writer leaves its id once it has the lock; who reads is stored nowhere in any version.
 */
#include "config.h"

#include "wait/parts.h"

#define READERS_SHIFT 3
enum { WRITE_PHASE = 1, WRITE_LOCKED = 2 };
#define HANDOVER 0x80000000u
#define COUNT_MAX (1u << 20)

struct rwlock {
	uint64_t base;
	bool older;
	uint32_t readers, writers, queued_readers, queued_writers; /* queued: of the older one */
	uint32_t word; /* older: its lock */
	uint32_t phase, turn;
	uint32_t writer;
	bool shared; /* between processes */
};

static bool flags_fit(const struct da_waits *w, const uint32_t *v, struct rwlock *r)
{
	uint32_t flags;

	if (w->word == 8) { /* x86_64, aarch64: writer 24, shared 28, flags 48 */
		r->writer = v[6];
		r->shared = v[7];
		return v[7] <= 1 && da_wait_u32(w, r->base + 48, &flags) && flags <= 2;
	}
	r->writer = v[7];
	r->shared = v[6] >> 8 & 0xff; /* i386: bytes of flags and shared at 24 */
	return (v[6] & 0xff) <= 2 && (v[6] >> 8 & 0xff) <= 1;
}

static bool read_newer(const struct da_waits *w, uint64_t base, struct rwlock *r)
{
	uint32_t v[8];

	if (base % w->word || !da_wait_words(w, base, v, 8))
		return false;
	*r = (struct rwlock){ .base = base, .readers = v[0], .writers = v[1], .phase = v[2], .turn = v[3] };
	if (v[4] || v[5] || v[2] > 3 || v[3] > 3 || (v[1] & ~HANDOVER) >= COUNT_MAX ||
	    v[0] >> READERS_SHIFT >= COUNT_MAX || !flags_fit(w, v, r))
		return false;
	if (r->writer && (!da_wait_is_tid(r->writer) || !(v[0] & WRITE_LOCKED)))
		return false;
	return v[0] != 0;
}

static bool read_older(const struct da_waits *w, uint64_t base, struct rwlock *r)
{
	uint32_t v[8];

	if (base % w->word || !da_wait_words(w, base, v, 8))
		return false;
	*r = (struct rwlock){ .base = base, .older = true, .word = v[0], .readers = v[1], .queued_readers = v[4],
			      .queued_writers = v[5] };
	if (v[0] > 2 || v[1] >= COUNT_MAX || v[4] >= COUNT_MAX || v[5] >= COUNT_MAX || !(v[4] | v[5]) ||
	    !flags_fit(w, v, r))
		return false;
	return r->writer ? r->readers == 0 && da_wait_is_tid(r->writer) : r->readers != 0;
}

/* The sleeper's word: 8 the end of a phase (of writing: readers wait there), 12 a writer's turn. */
static bool read_at(const struct da_futex *f, unsigned offset, struct rwlock *r)
{
	uint64_t base = f->address - offset;
	uint32_t word;

	if (read_newer(f->w, base, r)) {
		word = offset == 8 ? r->phase : r->turn;
		return f->value & 2 && f->value <= 3 && word & 2;
	}
	/* To 2.24 a wait without a time limit was FUTEX_WAIT; FUTEX_WAIT_BITSET without one came with the newer lock. */
	if (f->command == DA_FUTEX_WAIT_BITSET && !f->has_timeout)
		return false;
	return read_older(f->w, base, r) && (offset == 8 ? r->queued_readers : r->queued_writers) >= f->sleepers;
}

static const char *readers_words(const struct da_waits *w, const struct rwlock *r, uint32_t readers)
{
	return da_printf(w->d->arena, "a read-write lock that %u reader%s hold%s; who they are is stored nowhere (readers word "
			 "0x%x)", readers, readers == 1 ? "" : "s", readers == 1 ? "s" : "", r->readers);
}

static void describe(const struct da_waits *w, const struct rwlock *r, struct da_lock *l)
{
	uint32_t readers = r->older ? r->readers : r->readers >> READERS_SHIFT;
	bool writing = r->older ? r->writer != 0 : r->readers & WRITE_PHASE;

	*l = (struct da_lock){ .owner = DA_NONE, .state = DA_LOCK_STATE_UNKNOWN };
	l->has_waiting = true;
	if (r->older)
		l->waiting = r->queued_readers + r->queued_writers;
	else
		l->waiting = (r->writers & ~HANDOVER) + (writing ? readers : 0) +
			     (!writing && r->readers & WRITE_LOCKED ? 1 : 0);
	if (r->writer) {
		da_wait_owner(w, l, r->writer, DA_FIELD, r->shared);
		l->how = da_printf(w->d->arena, "a read-write lock that a writer holds: its writer field names thread id %u%s",
				   r->writer, da_wait_owner_words(w, l, r->shared));
	} else if (!writing && readers) {
		l->state = DA_LOCK_HELD;
		l->has_count = true;
		l->count = readers;
		l->how = readers_words(w, r, readers);
	} else {
		l->state = DA_LOCK_CONTENDED;
		l->how = da_printf(w->d->arena, "a read-write lock that was just changing hands (readers word 0x%x)",
				   r->readers);
	}
}

bool da_recognise_rwlock(const struct da_futex *f, bool named, struct da_found *ret)
{
	static const unsigned offsets[] = { 8, 12 };
	struct rwlock r = { 0 };

	if (da_wait_libc(f->w) == DA_LIBC_MUSL)
		return da_recognise_musl_rwlock(f, named, ret);
	if (f->command != DA_FUTEX_WAIT_BITSET && f->command != DA_FUTEX_WAIT)
		return false;
	for (size_t i = 0; i < DA_ARRAY_SIZE(offsets); i++) {
		if (!read_at(f, offsets[i], &r))
			continue;
		/* By its form alone: a writer that is a thread, or more than one word that fits. */
		if (!named && !(r.writer && da_wait_by_tid(f->w, r.writer) != DA_NONE) &&
		    !(!r.older && r.readers & WRITE_LOCKED))
			continue;
		*ret = (struct da_found){ .kind = DA_LOCK_PTHREAD_RWLOCK, .base = r.base, .target = DA_NONE,
					  .confidence = named ? DA_CERTAIN : DA_FIELD };
		describe(f->w, &r, &ret->lock);
		ret->how = da_printf(f->w->d->arena, "the word is %s in a read-write lock",
				     offsets[i] == 8 ? "the phase (reading or writing)" : "the writers' turn");
		return true;
	}
	return false;
}
