/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Critical sections: {DebugInfo, LockCount, RecursionCount, OwningThread, LockSemaphore, SpinCount}. Free is LockCount -1.
 * Since Vista a held one has a negative LockCount with bit 0 clear, and ~LockCount >> 2 threads wait; before, and in Wine,
 * it is never negative and counts the entries and the waiters from 0: so the sign tells which of the two it is.
 * DebugInfo points to a structure that points back, or is -1, or 0.
 */
#include "config.h"

#include <inttypes.h>

#include "wait/nt.h"

#define RECURSION_MAX 0x10000
#define WAITERS_MAX 0x100000
#define RING_MAX 100000 /* sections in the list of debug information */

bool da_nt_read_section(struct da_nt *n, uint64_t at, struct da_nt_section *ret)
{
	const struct da_waits *w = &n->w;
	uint64_t word = w->word, debug, owner, semaphore, back, none = word == 8 ? UINT64_MAX : UINT32_MAX;
	uint32_t lock, recursion;

	if (at == 0 || at % word || !da_wait_word(w, at, &debug) || !da_wait_u32(w, at + word, &lock) ||
	    !da_wait_u32(w, at + word + 4, &recursion) || !da_wait_word(w, at + word + 8, &owner) ||
	    !da_wait_word(w, at + 2 * word + 8, &semaphore))
		return false;
	*ret = (struct da_nt_section){ .address = at, .lock_count = (int32_t)lock, .recursion = (int32_t)recursion,
				       .owner = owner };
	if (debug != 0 && debug != none) {
		if (debug % word)
			return false;
		if (da_wait_word(w, debug + word, &back)) {
			if (back != at)
				return false;
			ret->linked = true;
		}
	}
	/* Thread ids are multiples of 4. */
	if (owner > UINT32_MAX || owner % 4 || ret->recursion < 0 || ret->recursion > RECURSION_MAX ||
	    (owner == 0) != (ret->recursion == 0) || (semaphore != none && semaphore > UINT32_MAX))
		return false;
	ret->locked = owner != 0;
	if (ret->lock_count >= 0) {
		if (ret->lock_count < ret->recursion - 1 || ret->lock_count > WAITERS_MAX)
			return false;
		ret->old_count = true;
		ret->waiters = (uint32_t)(ret->lock_count - ret->recursion + (ret->locked ? 1 : 0));
	} else {
		ret->waiters = (uint32_t)(-1 - ret->lock_count) >> 2;
		if (ret->waiters > WAITERS_MAX || (ret->locked && (ret->lock_count & 1)))
			return false;
	}
	return ret->locked || ret->linked || ret->lock_count == -1;
}

/* Threads may be missing: cut off, or the one that wrote the dump of its own process. */
static bool threads_missing(const struct da_nt *n)
{
	return n->w.d->origin.truncated || da_streq(n->w.d->origin.writer, "breakpad");
}

void da_nt_owner(struct da_nt *n, struct da_lock *l, uint32_t tid, float confidence)
{
	l->owner = da_wait_by_tid(&n->w, tid);
	l->owner_tid = tid;
	l->state = l->owner != DA_NONE || threads_missing(n) ? DA_LOCK_HELD : DA_LOCK_ORPHANED;
	l->confidence = l->owner != DA_NONE || l->state == DA_LOCK_ORPHANED ? confidence : DA_MIN(confidence, 0.5f);
}

static void describe(struct da_nt *n, const struct da_nt_section *c, struct da_lock *l)
{
	struct da_arena *a = n->w.d->arena;

	l->has_waiting = true;
	l->waiting = c->waiters;
	if (!c->locked) {
		l->state = DA_LOCK_FREE;
		l->owner = DA_NONE;
		l->confidence = 0.85f;
		l->how = da_printf(a, "its fields say that nobody holds it (LockCount %d)", c->lock_count);
		return;
	}
	da_nt_owner(n, l, (uint32_t)c->owner, c->linked ? 0.85f : 0.8f);
	l->has_recursion = true;
	l->recursion = (uint32_t)c->recursion;
	l->how = da_printf(a, "its field OwningThread names thread id %" PRIu64 ", RecursionCount is %d, LockCount %d%s%s", c->owner,
			   c->recursion, c->lock_count, c->old_count ? ", which counts entries, as before Vista and in Wine" : "",
			   c->linked ? "; its debug information points back to it" : "");
}

struct da_lock *da_nt_section_lock(struct da_nt *n, uint64_t address, uint32_t *ret_index)
{
	bool loader = n->loader_lock && address == n->loader_lock;
	struct da_lock *l = da_wait_lock(&n->w, address, loader ? DA_LOCK_LOADER : DA_LOCK_CRITICAL_SECTION, ret_index);
	struct da_nt_section c;

	if (l->how)
		return l;
	if (da_nt_read_section(n, address, &c)) {
		describe(n, &c, l);
		if (loader)
			l->how = da_printf(n->w.d->arena, "the loader lock of the process; %s", l->how);
	} else {
		uint32_t word;

		l->unread = !da_wait_u32(&n->w, address, &word);
		l->how = !l->unread
				 ? "what stands there has not the form of a critical section that is held"
				 : "its memory is not in the dump: who holds it is unknown";
	}
	return l;
}

/* ---------------------------------------------------------------- who waits */

/* Held by another thread, and somebody waits: what it looks like while this thread waits. */
static bool is_contended(struct da_nt *n, uint64_t v, void *ctx)
{
	struct da_nt_section c;

	return da_nt_read_section(n, v, &c) && c.locked && c.waiters > 0 && c.owner != *(const uint32_t *)ctx;
}

/* Just released, or held by itself: only where an argument stands, or with debug information that points back. */
static bool is_section(struct da_nt *n, uint64_t v, void *ctx)
{
	struct da_nt_section c;

	(void)ctx;
	return da_nt_read_section(n, v, &c) && (c.linked || c.locked);
}

/* The functions of critical sections stand together on the stack. */
static unsigned last_of(const struct da_nt *n, unsigned from)
{
	unsigned last = from;

	while (last + 1 < n->s.n && n->s.f[last + 1].row && n->s.f[last + 1].row->kind == DA_NT_SECTION)
		last++;
	return last;
}

/*
 * The argument of the outermost, whose caller is the program, by a sure source: whatever stands there, unless it cannot be a
 * section. Where its memory is not in the dump the source alone counts.
 */
static bool by_argument(struct da_nt *n, unsigned frame, struct da_nt_value *ret)
{
	struct da_nt_section c;
	uint32_t word;

	if (da_nt_args(n, frame, 0, ret, 1) != 1 || ret->confidence < DA_NT_BY_STACK || ret->v < DA_NULL_PAGE ||
	    ret->v % n->w.word || !da_arch_canonical(n->w.p->arch, ret->v))
		return false;
	if (da_wait_u32(&n->w, ret->v, &word))
		return da_nt_read_section(n, ret->v, &c);
	ret->confidence = 0.6f;
	return true;
}

static bool find(struct da_nt *n, unsigned first, unsigned last, struct da_nt_value *ret)
{
	uint32_t own = n->w.p->threads.v[n->s.thread].tid;

	if (by_argument(n, last, ret))
		return true;
	for (unsigned i = last + 1; i-- > first;)
		if (da_nt_arg(n, i, 0, is_contended, &own, ret))
			return true;
	if (da_nt_any(n, last, is_contended, &own, ret))
		return true;
	for (unsigned i = last + 1; i-- > first;)
		if (da_nt_arg(n, i, 0, is_section, NULL, ret))
			return true;
	return false;
}

static void add(struct da_nt *n, const struct da_nt_value *v, float confidence, const char *how)
{
	struct da_wait *wait;
	uint32_t index;
	bool loader = n->loader_lock && v->v == n->loader_lock;
	struct da_lock *l;

	wait = da_nt_add(n, loader ? DA_LOCK_LOADER : DA_LOCK_CRITICAL_SECTION, confidence,
			 da_printf(n->w.d->arena, "%s; the section is at " DA_ADDR("0x%" PRIx64) " by %s", how, v->v, v->from));
	l = da_nt_section_lock(n, v->v, &index);
	wait->lock = index;
	wait->address = v->v;
	wait->owner = l->owner;
}

bool da_nt_wait_section(struct da_nt *n)
{
	const char *way = da_nt_way(n);
	unsigned first = n->s.api, last = last_of(n, first);
	struct da_nt_value v;

	if (find(n, first, last, &v)) {
		add(n, &v, DA_MIN(0.98f, v.confidence + 0.15f), way);
	} else {
		struct da_wait *wait = da_nt_add(n, DA_LOCK_CRITICAL_SECTION, 0.8f,
						 da_printf(n->w.d->arena, "%s; which section it is could not be told", way));
		wait->owner = DA_NONE;
	}
	return true;
}

/* ---------------------------------------------------------------- those that nobody waits for */

void da_nt_find_loader_lock(struct da_nt *n)
{
	uint64_t peb = n->w.p->peb, at, offset = n->w.word == 8 ? 0x110 : 0xa0;
	struct da_nt_section c;

	if (peb && da_wait_word(&n->w, peb + offset, &at) && da_nt_read_section(n, at, &c))
		n->loader_lock = at;
}

/* From the loader lock's debug information around the ring of all; its head, in ntdll, is no section. */
void da_nt_held_sections(struct da_nt *n)
{
	const struct da_waits *w = &n->w;
	uint64_t word = w->word, links = 2 * word, debug, at, first, section, back;
	struct da_nt_section c;
	struct da_map seen = { 0 };
	uint32_t index;
	bool new;

	if (!n->loader_lock || !da_wait_word(w, n->loader_lock, &debug) || !da_wait_word(w, debug + links, &first))
		return;
	if (da_nt_read_section(n, n->loader_lock, &c) && c.locked)
		da_nt_section_lock(n, n->loader_lock, &index);
	at = first;
	for (unsigned i = 0; i < RING_MAX && at && !da_stop(w->d->watch); i++) {
		da_map_put(w->d->arena, &seen, at, &new);
		if (!new)
			return;
		if (da_wait_word(w, at - links + word, &section) && da_nt_read_section(n, section, &c) && c.linked &&
		    c.locked && da_wait_word(w, section, &back) && back == at - links)
			da_nt_section_lock(n, section, &index);
		if (!da_wait_word(w, at, &at))
			return;
	}
}
