/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pthread_barrier_t of glibc. Since 2.23: {in, current_round, count, shared, out}; who waits sleeps on the round. Before:
 * {event, lock, left, count, private}, and who waits sleeps on the event.
 */
#include "config.h"

#include "wait/parts.h"

#define COUNT_MAX (1u << 20)

static void fill(const struct da_futex *f, struct da_found *ret, uint64_t base, uint32_t arrived, uint32_t count,
		 float confidence)
{
	*ret = (struct da_found){ .kind = DA_LOCK_BARRIER, .base = base, .target = DA_NONE, .confidence = confidence,
				  .how = "the word is the round of a barrier" };
	ret->lock = (struct da_lock){ .owner = DA_NONE, .state = DA_LOCK_STATE_UNKNOWN, .has_count = true,
				      .count = arrived, .has_max = true, .max = count };
	ret->lock.how = da_printf(f->w->d->arena, "a barrier at which %u of %u threads have arrived", arrived, count);
}

bool da_recognise_barrier(const struct da_futex *f, bool named, struct da_found *ret)
{
	const struct da_waits *w = f->w;
	uint32_t v[5];
	uint64_t base = f->address - 4;

	if (da_wait_libc(w) == DA_LIBC_MUSL)
		return da_recognise_musl_barrier(f, named, ret);
	if (f->command != DA_FUTEX_WAIT)
		return false;
	if (da_wait_words(w, base, v, 5) && base % 4 == 0 && v[2] && v[2] < COUNT_MAX && v[3] <= 128 && f->value == v[1] &&
	    v[0] - v[1] >= f->sleepers && v[0] - v[1] < v[2] && v[4] <= v[1] && (named || v[0] - v[1] == f->sleepers)) {
		fill(f, ret, base, v[0] - v[1], v[2], named ? 0.98f : 0.75f);
		return true;
	}
	if (named && da_wait_words(w, f->address, v, 4) && f->value == v[0] && v[3] && v[3] < COUNT_MAX &&
	    v[2] < v[3] && v[1] <= 2 && v[3] - v[2] >= f->sleepers) {
		fill(f, ret, f->address, v[3] - v[2], v[3], 0.9f);
		return true;
	}
	return false;
}
