/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pthread_cond_t of glibc: three layouts (to 2.24, to 2.40, and 2.41 with its backports), told apart by their numbers,
 * since distributions carry the newest one in older versions. It stores no mutex since 2.25: that one stands beside it
 * on the stack of each who waits.
 */
#include "config.h"

#include <string.h>

#include "wait/parts.h"

#define SIZE 48 /* of the object */
#define STACK 0x400 /* from the stack pointer up to the record of the wait */

struct cond {
	uint64_t base;
	uint32_t waiters; /* by its own count */
	uint64_t mutex;   /* 0: not known */
	unsigned asleep;  /* threads that sleep on its two words */
	unsigned score;
	unsigned words;   /* offset of the two words that are slept on */
};

/* Words 0..11 of the object: sequences, groups, references, signals. */
static bool read_newer(const struct da_futex *f, uint64_t base, bool newest, struct cond *c)
{
	const struct da_waits *w = f->w;
	uint32_t v[12];
	uint64_t sequence, start;

	if (base % w->word || !da_wait_words(w, base, v, 12))
		return false;
	sequence = (v[0] | (uint64_t)v[1] << 32) >> 1;
	start = (v[2] | (uint64_t)v[3] << 32) >> 1;
	*c = (struct cond){ .base = base, .waiters = v[newest ? 7 : 9] >> 3, .words = newest ? 32 : 40 };
	c->asleep = da_wait_sleepers(w, base + c->words) + da_wait_sleepers(w, base + c->words + 4);
	if (c->waiters < c->asleep || c->waiters > w->p->threads.n || sequence < c->waiters || start > sequence)
		return false;
	if (newest && (v[10] || v[11]))
		return false;
	c->score = (c->waiters == c->asleep) + 2 * da_wait_on_stack(w, f->thread, base, STACK);
	return true;
}

/* To 2.24: {lock, futex, total, wakeup, woken, mutex, waiters, broadcasts} */
static bool read_oldest(const struct da_futex *f, struct cond *c)
{
	const struct da_waits *w = f->w;
	uint64_t base = f->address - 4, total, wakeup, woken, mutex;
	uint32_t lock, waiters;

	if (base % 4 || !da_wait_u32(w, base, &lock) || lock > 2 || da_mem_u64(w->m, base + 8, &total) != DA_OK ||
	    da_mem_u64(w->m, base + 16, &wakeup) != DA_OK || da_mem_u64(w->m, base + 24, &woken) != DA_OK ||
	    !da_wait_word(w, base + 32, &mutex) || !da_wait_u32(w, base + 32 + w->word, &waiters))
		return false;
	if (total == 0 || total > UINT64_C(1) << 40 || woken > wakeup || wakeup > total ||
	    waiters >> 1 < f->sleepers || waiters >> 1 > w->p->threads.n)
		return false;
	*c = (struct cond){ .base = base, .waiters = waiters >> 1, .mutex = mutex, .words = 4 };
	c->score = (waiters >> 1 == f->sleepers) + 2 * da_wait_on_stack(w, f->thread, base, STACK);
	return true;
}

/* The record that the wait keeps for its clean-up: the condition variable, and behind it the mutex. */
static uint64_t mutex_on_stack(const struct da_waits *w, uint32_t thread, uint64_t cond)
{
	const uint8_t *stack;
	size_t n = da_wait_stack(w, thread, STACK, &stack);

	for (size_t i = 0; i + 1 < n; i++) {
		uint64_t next;

		if (da_wait_stack_word(w, stack, i) != cond)
			continue;
		next = da_wait_stack_word(w, stack, i + 1);
		if ((next < cond || next >= cond + 48) && da_wait_is_cond_mutex(w, next))
			return next;
	}
	return 0;
}

static bool best_of(const struct da_futex *f, struct cond *best)
{
	static const struct {
		unsigned offset;
		bool newest;
	} tries[] = { { 32, true }, { 36, true }, { 40, false }, { 44, false } };
	bool found = false, tie = false;
	struct cond c = { 0 };

	for (size_t i = 0; i < DA_ARRAY_SIZE(tries); i++) {
		if (f->address < tries[i].offset || !read_newer(f, f->address - tries[i].offset, tries[i].newest, &c))
			continue;
		tie = found && c.score == best->score;
		if (!found || c.score > best->score)
			*best = c;
		found = true;
	}
	if (read_oldest(f, &c) && (!found || c.score > best->score)) {
		*best = c;
		found = true;
		tie = false;
	}
	return found && !tie;
}

/* Woken on one of its words; or returned from a call or not in one, and the object's address lies on its stack. */
static bool was_woken(const struct da_waits *w, uint32_t thread, uint64_t base)
{
	uint8_t state = w->t[thread].call.state;

	if (state == DA_IN_USER || state == DA_CALL_ENDED)
		return da_wait_on_stack(w, thread, base, STACK);
	return da_wait_is_woken(w, thread, base, base + SIZE);
}

static uint32_t who_was_woken(struct da_waits *w, uint32_t asking, uint64_t base)
{
	for (uint32_t i = 0; i < w->p->threads.n && w->leaving_left; i++) {
		w->leaving_left--;
		if (i != asking && was_woken(w, i, base))
			return i;
	}
	return DA_NONE;
}

/*
 * Who signals, broadcasts or destroys sleeps on other words than who waits: on the references of a group, which must all
 * be gone before it is used again (2.25 to 2.40; bit 0: to be woken), on the count of all who wait (bit 2: for the end of
 * all), on the lock inside, in the low bits of a word (2: wanted).
 */
enum inside { REFERENCES, END, LOCK };

static const struct inside_word {
	uint8_t offset, mask, value;
	bool newest;
	enum inside what;
} inside_words[] = {
	{ 16, 1, 1, false, REFERENCES }, { 20, 1, 1, false, REFERENCES }, { 36, 4, 4, false, END }, { 28, 4, 4, true, END },
	{ 32, 3, 2, false, LOCK }, { 24, 3, 2, true, LOCK },
};

/* Who counts sleeps only while there is something to count; the lock is wanted only while somebody waits, or just did. */
static bool may_sleep(const struct da_futex *f, const struct inside_word *word, const struct cond *c, bool named)
{
	static const uint8_t shift[] = { [REFERENCES] = 1, [END] = 3, [LOCK] = 0 };

	return (f->value & word->mask) == word->value && f->value >> shift[word->what] != 0 &&
	       (c->waiters || (named && word->what == LOCK));
}

static const struct inside_word *best_inside(const struct da_futex *f, bool named, struct cond *best)
{
	const struct inside_word *found = NULL;
	struct cond c;

	for (size_t i = 0; f->command == DA_FUTEX_WAIT && i < DA_ARRAY_SIZE(inside_words); i++) {
		const struct inside_word *word = &inside_words[i];

		if (f->address < word->offset || !read_newer(f, f->address - word->offset, word->newest, &c) ||
		    !may_sleep(f, word, &c, named))
			continue;
		c.score += da_wait_in_register(f->w, f->thread, c.base) ? 2 : 0;
		if ((!named && c.score < 2 && !c.asleep) || (found && c.score <= best->score))
			continue;
		*best = c;
		found = word;
	}
	return found;
}

/* The thread that has the lock inside: it waits on the references of a group. */
static uint32_t who_has_lock(const struct da_waits *w, uint64_t base)
{
	for (uint32_t i = 0; i < w->p->threads.n; i++)
		if (w->t[i].is_futex && (w->t[i].call.arg[0] == base + 16 || w->t[i].call.arg[0] == base + 20))
			return i;
	return DA_NONE;
}

static bool of_leaving(const struct da_futex *f, bool named, struct da_found *ret)
{
	static const char *const hows[] = {
		[REFERENCES] = "the word counts those that were woken and have not left a condition variable yet",
		[END] = "the word counts those who wait on a condition variable, which is to be ended when the last of them has left",
		[LOCK] = "the word is the lock inside a condition variable, which who signals it holds for a moment",
	};
	struct da_waits *w = f->w;
	struct cond c = { 0 };
	const struct inside_word *word = best_inside(f, named, &c);
	const char *more = "";

	if (!word)
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_PTHREAD_COND, .base = c.base, .confidence = named ? DA_LIKELY : DA_FORM };
	ret->target = word->what != LOCK ? who_was_woken(w, f->thread, c.base)
					 : word->newest ? DA_NONE : who_has_lock(w, c.base);
	if (ret->target != DA_NONE)
		more = word->what == LOCK ? "; a thread has it that waits until those that were woken have left"
					  : "; one of them runs, or is about to";
	ret->lock = (struct da_lock){ .owner = DA_NONE, .state = DA_LOCK_STATE_UNKNOWN, .has_waiting = true,
				      .waiting = c.waiters };
	ret->lock.how = word->what == END ? "a condition variable that is being ended"
					  : "a condition variable that is being signalled";
	ret->how = da_printf(w->d->arena, "%s%s", hows[word->what], more);
	return true;
}

bool da_recognise_cond(const struct da_futex *f, bool named, struct da_found *ret)
{
	struct da_waits *w = f->w;
	struct cond c = { 0 };

	if (da_wait_libc(w) == DA_LIBC_MUSL)
		return da_recognise_musl_cond(f, named, ret);
	if (named && f->hint.name && !strstr(f->hint.name, "wait") && of_leaving(f, named, ret))
		return true;
	if ((f->command != DA_FUTEX_WAIT && f->command != DA_FUTEX_WAIT_BITSET &&
	     f->command != DA_FUTEX_WAIT_REQUEUE_PI) || !best_of(f, &c) || (!named && c.score < 2))
		return !named && of_leaving(f, named, ret);
	if (!c.mutex || c.mutex == UINT64_MAX)
		c.mutex = mutex_on_stack(w, f->thread, c.base);
	*ret = (struct da_found){ .kind = DA_LOCK_PTHREAD_COND, .base = c.base, .target = DA_NONE,
				  .confidence = named ? c.score ? DA_CERTAIN : DA_FORM : DA_LIKELY };
	ret->lock = (struct da_lock){ .owner = DA_NONE, .state = DA_LOCK_STATE_UNKNOWN, .has_waiting = true,
				      .waiting = c.waiters };
	ret->lock.how = da_printf(w->d->arena, "a condition variable with %u waiter%s by its own count; whoever signals it is "
				  "stored nowhere", c.waiters, c.waiters == 1 ? "" : "s");
	ret->how = c.mutex ? da_printf(w->d->arena, "the word is part of a condition variable; its mutex is at "
				       DA_ADDR("0x%llx"), (unsigned long long)c.mutex)
			   : "the word is part of a condition variable";
	w->t[f->thread].cond_mutex = c.mutex;
	return true;
}
