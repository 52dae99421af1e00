/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sem_t of glibc. Since 2.21 on 64-bit CPUs one word of 64 bits: value, and the number of waiters above it; on 32-bit
 * ones {value << 1 | has waiters, private, pad, waiters}. Before: {value, private, waiters}. Nobody owns a semaphore.
 */
#include "config.h"

#include "wait/parts.h"

static bool read_semaphore(const struct da_futex *f, uint32_t *ret_waiters)
{
	const struct da_waits *w = f->w;
	uint32_t v[4], most = (uint32_t)w->p->threads.n;

	if (f->address % w->word || !da_wait_words(w, f->address, v, 4))
		return false;
	if (w->word == 8) {
		if (v[0] == 0 && v[1] >= f->sleepers && v[1] <= most && (v[2] == 0 || v[2] == 128)) {
			*ret_waiters = v[1];
			return true;
		}
		*ret_waiters = v[2]; /* 2.20 and older */
		return v[0] == 0 && (v[1] == 0 || v[1] == 128) && v[2] >= f->sleepers && v[2] <= most && v[3] == 0;
	}
	if (v[0] == 1 && (v[1] == 0 || v[1] == 128) && v[3] >= f->sleepers && v[3] <= most) {
		*ret_waiters = v[3];
		return true;
	}
	*ret_waiters = v[2];
	return v[0] == 0 && (v[1] == 0 || v[1] == 128) && v[2] >= f->sleepers && v[2] <= most;
}

bool da_recognise_semaphore(const struct da_futex *f, bool named, struct da_found *ret)
{
	struct da_waits *w = f->w;
	uint32_t waiters;

	if (da_wait_libc(w) == DA_LIBC_MUSL)
		return da_recognise_musl_semaphore(f, named, ret);
	if ((f->command != DA_FUTEX_WAIT && f->command != DA_FUTEX_WAIT_BITSET) || f->value != (w->word == 8 ? 0 : 1u) ||
	    !read_semaphore(f, &waiters))
		return false;
	/* libstdc++ has semaphores of its own, which sleep without this flag. */
	if (!named && (f->command != DA_FUTEX_WAIT_BITSET || !(f->op & DA_FUTEX_REALTIME) || waiters != f->sleepers))
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_SEMAPHORE, .base = f->address, .target = DA_NONE,
				  .confidence = named ? DA_CERTAIN : DA_FORM, .how = "the word is the value of a semaphore" };
	ret->lock = (struct da_lock){ .owner = DA_NONE, .state = DA_LOCK_STATE_UNKNOWN, .has_count = true, .has_waiting = true,
				      .waiting = waiters };
	ret->lock.how = da_printf(w->d->arena, "a semaphore of value 0 with %u waiter%s by its own count; who is to post it is "
				  "stored nowhere", waiters, waiters == 1 ? "" : "s");
	return true;
}
