/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks that a thread holds while nobody waits for them: those of its robust list (glibc: robust mutexes; musl: all kinds
 * that store an owner), and the lock of the dynamic linker, under which constructors of libraries run.
 */
#include "config.h"

#include "wait/parts.h"

#define LIST_MAX 2048   /* of one thread: ROBUST_LIST_LIMIT of the kernel */
#define ALL_LISTS (1u << 20)

/* The head of the list: {first node, offset from a node to its futex, operation in progress}. */
static uint64_t head_of(const struct da_waits *w, uint32_t thread)
{
	const struct da_descriptor *l = w->layout;
	uint64_t at = w->t[thread].descriptor, offset, mask = w->word == 8 ? UINT64_MAX : UINT32_MAX;

	for (size_t i = 0; at && i < DA_ARRAY_SIZE(l->robust); i++) {
		if (!l->robust[i] || !da_wait_word(w, at + l->robust[i] + w->word, &offset))
			continue;
		if (l->libc == DA_LIBC_MUSL || offset == ((w->word == 8 ? -32ULL : -20ULL) & mask))
			return at + l->robust[i];
	}
	return 0;
}

/* {type, word, waiters, …, recursion at 20} */
static bool musl_mutex(const struct da_waits *w, uint64_t base, uint32_t thread, struct da_lock *ret)
{
	uint32_t v[6];

	if (base % w->word || !da_wait_words(w, base, v, 6) || v[0] & ~(uint32_t)(3 | 4 | 8 | 128) || !(v[0] & 15) ||
	    (v[1] & DA_FUTEX_TID_MASK) != w->t[thread].tid)
		return false;
	*ret = (struct da_lock){ .owner = thread, .owner_tid = w->t[thread].tid, .state = DA_LOCK_HELD, .confidence = DA_SURE };
	ret->how = da_printf(w->d->arena, "mutex of musl in the list of those that thread id %u holds; its word 0x%x names it "
			     "too", ret->owner_tid, v[1]);
	return true;
}

static void add_held(struct da_waits *w, uint32_t thread, uint64_t node)
{
	bool musl = da_wait_libc(w) == DA_LIBC_MUSL;
	uint64_t back = w->word == 8 ? 32 : musl ? 16 : 20, base = (node & ~UINT64_C(1)) - back;
	struct da_lock l, *have;
	const char *kind;
	uint32_t index;

	if (musl ? !musl_mutex(w, base, thread, &l) : !da_wait_read_mutex(w, base, false, &l, &kind))
		return;
	if (l.owner != thread)
		return; /* the list and the word disagree: the word's owner is told where somebody waits */
	have = da_wait_lock(w, base, DA_LOCK_PTHREAD_MUTEX, &index);
	if (!have->how) {
		have->owner = l.owner;
		have->owner_tid = l.owner_tid;
		have->state = l.state;
		have->has_recursion = l.has_recursion;
		have->recursion = l.recursion;
		have->how = l.how;
	} else if (have->owner != thread) {
		return;
	}
	if (have->confidence == DA_CERTAIN)
		return; /* a list that leads back: it was told */
	have->how = da_printf(w->d->arena, "%s; the list of robust mutexes of this thread, which the kernel reads, holds it",
			      have->how);
	have->confidence = DA_CERTAIN;
}

void da_wait_note_held(struct da_waits *w, uint32_t thread)
{
	uint64_t head = w->layout ? head_of(w, thread) : 0, node;

	if (head && da_wait_word(w, head, &node) && node && (node & ~UINT64_C(1)) != head)
		w->t[thread].held = head;
}

static void of_thread(struct da_waits *w, uint32_t thread)
{
	uint64_t head = w->t[thread].held, node, next, mark = 0;

	if (!head || !da_wait_word(w, head, &node))
		return;
	for (unsigned i = 0; i < LIST_MAX && w->held_left && node && (node & ~UINT64_C(1)) != head; i++) {
		w->held_left--;
		if (node == mark || !da_wait_word(w, node & ~UINT64_C(1), &next))
			return; /* a list that leads back into itself, or out of memory */
		if ((i & (i - 1)) == 0)
			mark = node; /* a circle comes back to the last power of two */
		add_held(w, thread, node);
		node = next;
	}
}

/* ---------------------------------------------------------------- the dynamic linker */

/*
 * _dl_load_lock and its neighbours in _rtld_global stand behind the number of namespaces: {1..16, mutex, mutex}. All
 * their owners are known if the first is found.
 */
static void of_loader(struct da_waits *w)
{
	uint64_t start, size;
	uint32_t m = w->s ? da_symbols_module(w->s, "ld-linux") : DA_NONE, index;

	if (m == DA_NONE || da_symbols_named(w->s, m, "_rtld_global", &start, &size) != DA_OK || size > 0x10000)
		return;
	for (uint64_t at = start; at + 40 <= start + size; at += w->word) {
		struct da_lock l, *have;
		const char *kind;
		uint32_t word;

		if (!da_wait_u32(w, at, &word) || (word != 1 && word != 2) || da_map_get(&w->locks, at) ||
		    !da_wait_read_mutex(w, at, false, &l, &kind) || !l.has_recursion || l.recursion == 0 ||
		    l.owner == DA_NONE)
			continue;
		have = da_wait_lock(w, at, DA_LOCK_LOADER, &index);
		l.address = at;
		l.kind = DA_LOCK_LOADER;
		l.how = da_printf(w->d->arena, "a lock in _rtld_global of the dynamic linker, a %s", l.how);
		*have = l;
	}
}

void da_wait_held(struct da_waits *w)
{
	if (!w->layout)
		return;
	w->held_left = ALL_LISTS;
	for (uint32_t i = 0; i < w->p->threads.n && !da_stop(w->d->watch); i++)
		of_thread(w, i);
	if (da_wait_libc(w) == DA_LIBC_GLIBC)
		of_loader(w);
}
