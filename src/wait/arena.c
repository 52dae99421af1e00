/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks of one word inside glibc, which store no owner: those of malloc's arenas, which are known by where they are, and
 * others, which only the function on the stack tells apart.
 */
#include "config.h"

#include "wait/parts.h"

#define STACK 0x1000
#define BINS 127
#define GOOD 120 /* of them: the one that somebody was just changing may be in disorder */

/* Where `bins` begins in struct malloc_state: 2.26 to 2.42, before, 2.43; 32-bit: since 2.26, before. */
static const uint16_t bins64[] = { 112, 104, 24 }, bins32[] = { 64, 56, 60 };

/* The main arena: 127 lists, each of which leads back to its head. */
static bool is_main_arena(const struct da_waits *w, uint64_t at)
{
	const uint16_t *places = w->word == 8 ? bins64 : bins32;
	unsigned word = w->word;

	for (unsigned p = 0; p < 3; p++) {
		unsigned good = 0;

		for (unsigned i = 0; i < BINS && good + BINS - i >= GOOD; i++) {
			uint64_t bin = at + places[p] + 2 * word * i - 2 * word, first, last, back, on;

			good += da_wait_word(w, bin + 2 * word, &first) && da_wait_word(w, bin + 3 * word, &last) &&
				da_wait_word(w, first + 3 * word, &back) && da_wait_word(w, last + 2 * word, &on) &&
				back == bin && on == bin;
		}
		if (good >= GOOD)
			return true;
	}
	return false;
}

/* Other arenas stand behind the header of their first heap, which points back to them. */
static bool is_heap_arena(const struct da_waits *w, uint64_t at)
{
	uint64_t most = w->word == 8 ? UINT64_C(64) << 20 : UINT64_C(1) << 20, first;
	uint64_t offset = at & (most - 1);

	return (offset == 4 * w->word || offset == 6 * w->word) && da_wait_word(w, at - offset, &first) && first == at;
}

static bool is_arena(const struct da_waits *w, uint64_t at)
{
	return at % w->word == 0 && (is_heap_arena(w, at) || is_main_arena(w, at));
}

/* Threads inside malloc that do not wait for this lock; the only one whose stack has the arena's address holds it. */
static uint32_t holder(struct da_waits *w, uint64_t arena, unsigned *ret_inside, bool *ret_sure)
{
	uint32_t with = DA_NONE, any = DA_NONE;
	const struct da_mentions *all = da_wait_objects(w);
	const struct da_mention *m = da_mentions_of(all, arena);
	unsigned nwith = 0;

	*ret_inside = 0;
	for (uint32_t i = 0; i < w->p->threads.n && !da_stop(w->d->watch); i++) {
		if (!(w->t[i].families >> DA_FAMILY_ARENA & 1) || (w->t[i].is_futex && w->t[i].hint.family == DA_FAMILY_ARENA))
			continue;
		++*ret_inside;
		any = i;
	}
	for (; m; m = da_mention_before(all, m)) {
		const struct da_asleep_thread *t = &w->t[m->thread];

		if (m->offset >= STACK || !(t->families >> DA_FAMILY_ARENA & 1) ||
		    (t->is_futex && t->hint.family == DA_FAMILY_ARENA))
			continue;
		nwith++;
		with = m->thread;
	}
	*ret_sure = nwith == 1;
	if (nwith == 1)
		return with;
	return *ret_inside == 1 ? any : DA_NONE;
}

static void describe_arena(struct da_waits *w, uint64_t arena, struct da_lock *l)
{
	unsigned inside;
	bool sure;

	*l = (struct da_lock){ .state = DA_LOCK_HELD };
	l->owner = holder(w, arena, &inside, &sure);
	if (l->owner == DA_NONE) {
		l->how = inside ? da_printf(w->d->arena, "the lock of an arena of malloc, which stores no owner; %u threads are "
					    "inside malloc and do not wait for it", inside)
				: "the lock of an arena of malloc, which stores no owner; no frame with a name tells who is inside "
				  "malloc";
		return;
	}
	l->owner_tid = w->t[l->owner].tid;
	l->confidence = sure ? DA_FORM : DA_GUESS;
	l->how = da_printf(w->d->arena, "the lock of an arena of malloc, which stores no owner; thread id %u is the only one "
			   "inside malloc that does not wait for it%s", l->owner_tid,
			   sure ? ", and its stack holds the arena's address" : "");
}

static bool is_word_lock(const struct da_futex *f)
{
	return f->command == DA_FUTEX_WAIT && f->op & DA_FUTEX_PRIVATE && f->value == 2 && f->has_word && f->word <= 2;
}

bool da_recognise_arena(const struct da_futex *f, bool named, struct da_found *ret)
{
	struct da_waits *w = f->w;
	const uint64_t *known = da_map_get(&w->locks, f->address);

	if (da_wait_libc(w) == DA_LIBC_MUSL || !is_word_lock(f))
		return false;
	if (known && w->p->locks.v[*known].kind != DA_LOCK_MALLOC_ARENA)
		return false;
	if (!known && !is_arena(w, f->address))
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_MALLOC_ARENA, .base = f->address, .target = DA_NONE,
				  .confidence = named ? DA_CERTAIN : DA_LIKELY, .how = "the word is the lock of an arena of malloc" };
	if (!known)
		describe_arena(w, f->address, &ret->lock);
	return true;
}

/* Known by where it lies and by whom it is asked for; the innermost function with a name tells which. */
bool da_recognise_internal(const struct da_futex *f, bool named, struct da_found *ret)
{
	const struct da_waits *w = f->w;
	uint32_t m = da_module_at(w->p, f->address);

	(void)named;
	if (!is_word_lock(f) || m == DA_NONE || !da_wait_is_libc(&w->p->modules.v[m]))
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_FUTEX, .base = f->address, .target = DA_NONE, .confidence = DA_LIKELY,
				  .how = "the word is a lock of the C library itself" };
	ret->lock = (struct da_lock){ .owner = DA_NONE, .state = DA_LOCK_HELD };
	ret->lock.how = f->hint.name ? da_printf(w->d->arena, "a lock of the C library itself, wanted in " DA_SYM("%s")
						 "; its word tells no owner", f->hint.name)
				     : "a lock of the C library itself; its word tells no owner";
	return true;
}
