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

/* The next wanted thread from `from` on; its stack is on its way from memory while another one is looked at. */
static uint32_t next_thread(const struct da_waits *w, uint32_t from, const struct da_stacks *of)
{
	uint32_t thread = from;

	while (of->families && thread < w->p->threads.n && !(w->t[thread].families & of->families))
		thread += of->step;
	da_wait_expect_stack(w, thread);
	return thread;
}

void da_mentions_find(const struct da_waits *w, struct da_mentions *m, const struct da_stacks *of)
{
	const struct da_arch *arch = w->p->arch;
	uint64_t left = WORDS;
	uint32_t next;

	if (!m->newest.n)
		return;
	next = next_thread(w, 0, of);
	while (next < w->p->threads.n && left && !da_stop(w->d->watch)) {
		uint32_t thread = next;
		const struct da_regs *r = &w->p->threads.v[thread].regs;
		const uint8_t *stack;
		size_t n;

		next = next_thread(w, thread + of->step, of);
		for (int k = 0; k < (int)arch->nregs; k++)
			if (k != arch->pc && k != arch->sp && da_reg_known(r, k))
				note(w, m, thread, r->v[k], 0);
		n = (size_t)DA_MIN(da_wait_stack(w, thread, of->bytes, &stack), left);
		left -= n;
		note_stack(w, m, thread, stack, n);
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
	static const struct da_stacks of = {
		.families = 1u << DA_FAMILY_ONCE | 1u << DA_FAMILY_ARENA | 1u << DA_FAMILY_GUARD, .bytes = DEEP, .step = 1,
	};

	if (w->has_objects)
		return &w->objects;
	w->has_objects = true;
	for (size_t i = 0; i < w->sleepers.cap; i++)
		if (w->sleepers.slots[i].used)
			da_mentions_want(w, &w->objects, w->sleepers.slots[i].key);
	da_mentions_find(w, &w->objects, &of);
	return &w->objects;
}
