/* SPDX-License-Identifier: Apache-2.0 */
/*
 * musl's objects. Those that it must tell to the kernel or check itself hold the owner's id (all mutexes but normal ones);
 * the rest store nobody. Condition variables and barriers of one process live on the stacks of those who wait.
 */
#include "config.h"

#include "wait/parts.h"

enum { ERRORCHECK = 2, KIND = 3, ROBUST = 4, INHERIT = 8, SHARED = 128 };
#define BUSY 16u /* EBUSY: how a normal mutex says that it is held */
#define WAITERS_MAX (1u << 20)
#define WRITER 0x7fffffffu
#define STACK 0x400

/* {type, word, waiters, …, recursion at 20} */
bool da_recognise_musl_mutex(const struct da_futex *f, bool named, struct da_found *ret)
{
	static const char *const kinds[] = { "normal", "recursive", "error-checking" };
	const struct da_waits *w = f->w;
	uint64_t base = f->address - 4;
	uint32_t v[6], tid;
	bool with_owner;

	if (f->address < 4 || base % w->word || !da_wait_words(w, base, v, 6) ||
	    (v[0] & ~(uint32_t)(KIND | ROBUST | INHERIT | SHARED)) || (v[0] & KIND) == KIND || v[2] >= WAITERS_MAX)
		return false;
	with_owner = v[0] & (KIND | ROBUST | INHERIT);
	if (f->command != DA_FUTEX_LOCK_PI && !(f->value & DA_FUTEX_WAITERS))
		return false;
	tid = v[1] & DA_FUTEX_TID_MASK;
	if (with_owner ? !da_wait_is_tid(tid) : (v[1] & ~DA_FUTEX_WAITERS) != BUSY)
		return false;
	if (!named && v[2] != f->sleepers)
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_PTHREAD_MUTEX, .base = base, .target = DA_NONE,
				  .confidence = named ? DA_CERTAIN : DA_FIELD, .how = "the word is part of a mutex of musl" };
	ret->lock = (struct da_lock){ .owner = DA_NONE, .state = DA_LOCK_HELD, .has_waiting = true, .waiting = v[2] };
	if (!with_owner) {
		ret->lock.how = da_printf(w->d->arena, "normal mutex of musl, held (word 0x%x): it stores no owner", v[1]);
		return true;
	}
	da_wait_owner(w, &ret->lock, tid, DA_FIELD, v[0] & (SHARED | ROBUST));
	if ((v[0] & KIND) == 1) {
		ret->lock.has_recursion = true;
		ret->lock.recursion = v[5] + 1; /* counts the times after the first */
	}
	ret->lock.how = da_printf(w->d->arena, "%s%s%s mutex of musl, whose word 0x%x names thread id %u%s",
				  kinds[v[0] & KIND], v[0] & ROBUST ? " robust" : "",
				  v[0] & INHERIT ? " priority-inheriting" : "", v[1], tid,
				  da_wait_owner_words(w, &ret->lock, v[0] & (SHARED | ROBUST)));
	return true;
}

/* {word, waiters}: word 0x7fffffff for a writer, else the number of readers; bit 31 somebody waits */
bool da_recognise_musl_rwlock(const struct da_futex *f, bool named, struct da_found *ret)
{
	const struct da_waits *w = f->w;
	uint32_t v[3], readers;

	if (!(f->value & DA_FUTEX_WAITERS) || !da_wait_words(w, f->address, v, 3) || v[1] < f->sleepers ||
	    v[1] > w->p->threads.n || !(v[0] & ~DA_FUTEX_WAITERS))
		return false;
	readers = v[0] & ~DA_FUTEX_WAITERS;
	if (readers != WRITER && readers > WAITERS_MAX)
		return false;
	if (!named && (v[1] != f->sleepers || readers != WRITER || v[2] & ~(uint32_t)SHARED))
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_PTHREAD_RWLOCK, .base = f->address, .target = DA_NONE,
				  .confidence = named ? DA_CERTAIN : DA_FORM, .how = "the word is a read-write lock of musl" };
	ret->lock = (struct da_lock){ .owner = DA_NONE, .state = DA_LOCK_HELD, .has_waiting = true, .waiting = v[1] };
	if (readers != WRITER) {
		ret->lock.has_count = true;
		ret->lock.count = readers;
	}
	ret->lock.how = readers == WRITER ? "a read-write lock of musl that a writer holds; it stores no owner"
					  : da_printf(w->d->arena, "a read-write lock of musl that %u reader%s hold%s; it stores "
						      "nobody", readers, readers == 1 ? "" : "s", readers == 1 ? "s" : "");
	return true;
}

/* {value, waiters, private}; bit 31 of the value: somebody waits (since 1.2.4; before it was -1) */
bool da_recognise_musl_semaphore(const struct da_futex *f, bool named, struct da_found *ret)
{
	const struct da_waits *w = f->w;
	uint32_t v[3];

	if (!(f->value & DA_FUTEX_WAITERS) || !da_wait_words(w, f->address, v, 3) || v[1] < f->sleepers ||
	    v[1] > w->p->threads.n || (v[2] != 0 && v[2] != SHARED) ||
	    (v[0] != DA_FUTEX_WAITERS && v[0] != UINT32_MAX))
		return false;
	if (!named && (v[1] != f->sleepers || v[0] != DA_FUTEX_WAITERS))
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_SEMAPHORE, .base = f->address, .target = DA_NONE,
				  .confidence = named ? DA_CERTAIN : DA_FORM, .how = "the word is a semaphore of musl" };
	ret->lock = (struct da_lock){ .owner = DA_NONE, .state = DA_LOCK_STATE_UNKNOWN, .has_count = true, .has_waiting = true,
				      .waiting = v[1] };
	ret->lock.how = da_printf(w->d->arena, "a semaphore of musl of value 0 with %u waiters; who is to post it is stored "
				  "nowhere", v[1]);
	return true;
}

/*
 * Of those who wait each has a node {previous, next, state, barrier, notify} on its own stack and sleeps on its barrier.
 * The condition variable points to the newest (second word) and the oldest (sixth).
 */
static bool chain_is_whole(const struct da_waits *w, uint64_t cond, uint64_t *ret_head)
{
	uint64_t at, tail;

	if (!da_wait_word(w, cond + w->word, &at) || !da_wait_word(w, cond + 5 * w->word, &tail) || at == 0)
		return false;
	*ret_head = at;
	/* There are no more nodes than threads: a longer chain leads back into itself. */
	for (size_t i = 0; i < w->p->threads.n && at && at % w->word == 0; i++) {
		if (at == tail)
			return true;
		if (!da_wait_word(w, at + w->word, &at))
			return false;
	}
	return false;
}

/* All of a chain's nodes are noted once, since there may be as many waiters as nodes. */
static bool leads_to(struct da_waits *w, uint64_t cond, uint64_t node)
{
	const uint64_t *known = da_map_get(&w->musl_nodes, node);
	uint64_t at, tail;
	bool new;

	if (known)
		return *known == cond;
	da_map_put(w->d->arena, &w->musl_conds, cond, &new);
	if (!new || !chain_is_whole(w, cond, &at) || !da_wait_word(w, cond + 5 * w->word, &tail))
		return false;
	for (;;) {
		*da_map_put(w->d->arena, &w->musl_nodes, at, NULL) = cond;
		if (at == tail || !da_wait_word(w, at + w->word, &at))
			break;
	}
	known = da_map_get(&w->musl_nodes, node);
	return known && *known == cond;
}

bool da_recognise_musl_cond(const struct da_futex *f, bool named, struct da_found *ret)
{
	struct da_waits *w = f->w;
	const struct da_regs *r = &w->p->threads.v[f->thread].regs;
	uint64_t node = f->address - 2 * w->word - 4, sp, cond, own;
	uint32_t v[2];

	if (!da_reg_known(r, w->p->arch->sp) || f->value != 2 || !da_wait_words(w, f->address - 4, v, 2) || v[0] > 2)
		return false;
	sp = r->v[w->p->arch->sp];
	if (node < sp || node - sp > 0x1000)
		return false; /* not on its own stack */
	(void)named;
	for (unsigned at = 0; at < STACK; at += w->word) {
		if (!da_wait_word(w, sp + at, &cond) || cond == 0 || cond % w->word ||
		    !da_wait_word(w, cond + w->word, &own) || !da_mem_range(w->m, own))
			continue;
		if (cond + w->word == node || !leads_to(w, cond, node) || cond == node)
			continue;
		if (cond > sp && cond - sp < 0x1000 && !named)
			continue;
		*ret = (struct da_found){ .kind = DA_LOCK_PTHREAD_COND, .base = cond, .target = DA_NONE,
					  .confidence = named ? DA_CERTAIN : DA_FIELD,
					  .how = "the word is in the thread's place in the list of a condition variable of "
						 "musl" };
		ret->lock = (struct da_lock){ .owner = DA_NONE, .state = DA_LOCK_STATE_UNKNOWN };
		ret->lock.how = "a condition variable of musl; whoever signals it is stored nowhere";
		return true;
	}
	return false;
}

/* The barrier points (fourth word) to a record on the stack of the first who came. */
bool da_recognise_musl_barrier(const struct da_futex *f, bool named, struct da_found *ret)
{
	struct da_waits *w = f->w;
	const struct da_regs *r = &w->p->threads.v[f->thread].regs;
	uint64_t sp, at, record;

	if (f->command != DA_FUTEX_WAIT || !da_reg_known(r, w->p->arch->sp))
		return false;
	sp = r->v[w->p->arch->sp];
	for (unsigned i = 0; i < STACK; i += w->word) {
		uint32_t limit;

		if (!da_wait_word(w, sp + i, &at) || at == 0 || at % w->word ||
		    !da_wait_word(w, at + 3 * w->word, &record) || record > f->address || f->address - record > 16 ||
		    record == 0 || !da_wait_u32(w, at + 8, &limit) || limit == 0 || limit >= WAITERS_MAX ||
		    (!named && da_thread_of_stack(w->p, record) == DA_NONE))
			continue;
		*ret = (struct da_found){ .kind = DA_LOCK_BARRIER, .base = at, .target = DA_NONE,
					  .confidence = named ? DA_SURE : DA_FORM, .how = "the word is in the record of a barrier of musl" };
		ret->lock = (struct da_lock){ .owner = DA_NONE, .state = DA_LOCK_STATE_UNKNOWN, .has_max = true,
					      .max = (int64_t)limit + 1 };
		ret->lock.how = da_printf(w->d->arena, "a barrier of musl for %u threads", limit + 1);
		return true;
	}
	return false;
}
