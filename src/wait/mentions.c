/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which stacks hold which of many addresses: one pass over all stacks, however many objects there are. A stack is looked
 * at from its top; registers count as its beginning, but for those that say where the thread is.
 */
#include "config.h"

#include <string.h>

#include "wait/parts.h"

#define WORDS (UINT64_C(1) << 26) /* of all stacks: those behind are not looked at */
#define KEPT (1u << 20)           /* places */

void da_mentions_want(const struct da_waits *w, struct da_mentions *m, uint64_t address)
{
	if (!address)
		return;
	if (!m->newest.n || address < m->lowest)
		m->lowest = address;
	m->highest = DA_MAX(m->highest, address);
	da_map_put(w->d->arena, &m->newest, address, NULL);
}

static inline void note(const struct da_waits *w, struct da_mentions *m, uint32_t thread, uint64_t word, size_t offset)
{
	uint64_t *newest = word - m->lowest <= m->highest - m->lowest ? da_map_get(&m->newest, word) : NULL;

	if (!newest || m->all.n >= KEPT || (*newest && m->all.v[*newest - 1].thread == thread))
		return;
	*da_vec_add(w->d->arena, &m->all) =
		(struct da_mention){ .thread = thread, .offset = (uint32_t)offset, .before = (uint32_t)*newest };
	*newest = m->all.n;
}

static void note_stack(const struct da_waits *w, struct da_mentions *m, uint32_t thread, const uint8_t *stack, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		uint64_t wide;
		uint32_t narrow;

		if (w->word == 8) {
			memcpy(&wide, stack + 8 * k, 8);
		} else {
			memcpy(&narrow, stack + 4 * k, 4);
			wide = narrow;
		}
		note(w, m, thread, wide, k * w->word);
	}
}

/* A stack that is looked at soon. */
struct ahead {
	uint32_t thread;
	const uint8_t *stack;
	size_t n;
};

#define LINES 8 /* of 64 bytes: behind these the processor sees where it goes on */

/* The next thread of these families from `from` on; its stack is on its way from memory while another one is looked at. */
static struct ahead next_stack(const struct da_waits *w, uint32_t from, uint32_t families, size_t bytes)
{
	struct ahead a = { .thread = from };

	while (families && a.thread < w->p->threads.n && !(w->t[a.thread].families & families))
		a.thread++;
	if (a.thread < w->p->threads.n)
		a.n = da_wait_stack(w, a.thread, bytes, &a.stack);
	for (size_t k = 0; k < LINES && 64 * k < a.n * w->word; k++)
		__builtin_prefetch(a.stack + 64 * k);
	return a;
}

void da_mentions_find(const struct da_waits *w, struct da_mentions *m, uint32_t families, size_t bytes)
{
	const struct da_arch *arch = w->p->arch;
	uint64_t left = WORDS;
	struct ahead next;

	if (!m->newest.n)
		return;
	next = next_stack(w, 0, families, bytes);
	while (next.thread < w->p->threads.n && left && !da_stop(w->d->watch)) {
		struct ahead at = next;
		const struct da_regs *r = &w->p->threads.v[at.thread].regs;

		next = next_stack(w, at.thread + 1, families, bytes);
		for (int k = 0; k < (int)arch->nregs; k++)
			if (k != arch->pc && k != arch->sp && da_reg_known(r, k))
				note(w, m, at.thread, r->v[k], 0);
		at.n = (size_t)DA_MIN(at.n, left);
		left -= at.n;
		note_stack(w, m, at.thread, at.stack, at.n);
	}
}

const struct da_mention *da_mentions_of(const struct da_mentions *m, uint64_t address)
{
	const uint64_t *newest = da_map_get(&m->newest, address);

	return newest && *newest ? &m->all.v[*newest - 1] : NULL;
}

const struct da_mention *da_mention_before(const struct da_mentions *m, const struct da_mention *at)
{
	return at->before ? &m->all.v[at->before - 1] : NULL;
}

#define DEEP 0x10000 /* a function that is run once may do much */

const struct da_mentions *da_wait_objects(struct da_waits *w)
{
	uint32_t families = 1u << DA_FAMILY_ONCE | 1u << DA_FAMILY_ARENA | 1u << DA_FAMILY_GUARD;

	if (w->has_objects)
		return &w->objects;
	w->has_objects = true;
	for (size_t i = 0; i < w->sleepers.cap; i++)
		if (w->sleepers.slots[i].used)
			da_mentions_want(w, &w->objects, w->sleepers.slots[i].key);
	da_mentions_find(w, &w->objects, families, DEEP);
	return &w->objects;
}

bool da_mentions_has(const struct da_mentions *m, uint64_t address, uint32_t thread)
{
	for (const struct da_mention *at = da_mentions_of(m, address); at; at = da_mention_before(m, at))
		if (at->thread == thread)
			return true;
	return false;
}
