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

/*
 * in counts all who ever came, current_round those of all rounds that are over, out those who have left. Without a name
 * all of it must hold: rounds are whole, each who arrived sleeps, and there are threads enough for one round.
 */
static bool is_newer(const struct da_futex *f, const uint32_t *v, bool named)
{
	uint32_t in = v[0], round = v[1], count = v[2], shared = v[3], out = v[4];

	if (count == 0 || count >= COUNT_MAX || shared > 128 || f->value != round || in - round < f->sleepers ||
	    in - round >= count || out > round)
		return false;
	return named || (in - round == f->sleepers && f->sleepers > 0 && round % count == 0 && round - out < count &&
			 (shared == 0 || shared == 128) && count <= f->w->p->threads.n);
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
	if (base % 4 == 0 && da_wait_words(w, base, v, 5) && is_newer(f, v, named)) {
		fill(f, ret, base, v[0] - v[1], v[2], named ? DA_CERTAIN : DA_FORM);
		return true;
	}
	if (named && da_wait_words(w, f->address, v, 4) && f->value == v[0] && v[3] && v[3] < COUNT_MAX &&
	    v[2] < v[3] && v[1] <= 2 && v[3] - v[2] >= f->sleepers) {
		fill(f, ret, f->address, v[3] - v[2], v[3], DA_LIKELY);
		return true;
	}
	return false;
}
