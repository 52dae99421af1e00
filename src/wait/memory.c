/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers from the memory of the process, as the C library lays them out. All CPUs of this room are little-endian, as is
 * the machine that this runs on.
 */
#include "config.h"

#include <string.h>

#include "wait/parts.h"

static void see(const struct da_memory *m, uint64_t addr, struct da_window *ret)
{
	ret->start = addr;
	ret->p = da_mem_view_near(m, addr, &ret->range, &ret->n);
	if (!ret->p)
		ret->n = 0;
}

static bool read_bytes(const struct da_waits *w, uint64_t addr, void *ret, size_t n)
{
	struct da_window *v = w->window;

	if (v && (addr - v->start >= v->n || v->n - (size_t)(addr - v->start) < n))
		see(w->m, addr, v);
	if (!v || v->n - (size_t)(addr - v->start) < n)
		return da_mem_read(w->m, addr, ret, n, NULL) == DA_OK;
	memcpy(ret, v->p + (addr - v->start), n);
	return true;
}

bool da_wait_u32(const struct da_waits *w, uint64_t addr, uint32_t *ret)
{
	uint32_t v;

	if (!read_bytes(w, addr, &v, 4))
		return false;
	*ret = v;
	return true;
}

bool da_wait_word(const struct da_waits *w, uint64_t addr, uint64_t *ret)
{
	uint32_t narrow;
	uint64_t v;

	if (!read_bytes(w, addr, w->word == 8 ? (void *)&v : &narrow, w->word == 8 ? 8 : 4))
		return false;
	*ret = w->word == 8 ? v : narrow;
	return true;
}

bool da_wait_words(const struct da_waits *w, uint64_t addr, uint32_t *ret, unsigned n)
{
	return read_bytes(w, addr, ret, 4 * (size_t)n);
}

bool da_wait_time(const struct da_waits *w, uint64_t addr, bool wide, bool nanoseconds, uint64_t *ret_us)
{
	uint64_t size = wide || w->word == 8 ? 8 : 4, seconds, part, most = nanoseconds ? 999999999 : 999999;

	if (addr == 0)
		return false;
	if (size == 8) {
		if (da_mem_u64(w->m, addr, &seconds) != DA_OK || da_mem_u64(w->m, addr + 8, &part) != DA_OK)
			return false;
	} else if (da_mem_word(w->m, addr, &seconds) != DA_OK || da_mem_word(w->m, addr + 4, &part) != DA_OK) {
		return false;
	}
	if (part > most || seconds > UINT64_MAX / 1000000 - 1)
		return false;
	*ret_us = seconds * 1000000 + (nanoseconds ? part / 1000 : part);
	return true;
}

/* Beyond the frame that a walk ended in as it should, nothing is alive: the thread's descriptor, or main's arguments. */
static uint64_t alive(const struct da_thread *t, uint64_t sp)
{
	const struct da_frame *last = t->frames.n ? &t->frames.v[t->frames.n - 1] : NULL;

	return last && t->end == DA_END_COMPLETE && last->trust != DA_TRUST_SCAN && last->sp > sp ? last->sp - sp : UINT64_MAX;
}

/* From its stack pointer on; empty: not known, or not in the dump. */
static const struct da_window *stack_of(const struct da_waits *w, uint32_t thread)
{
	const struct da_regs *r = &w->p->threads.v[thread].regs;
	struct da_asleep_thread *t = &w->t[thread];

	if (!t->has_stack && da_reg_known(r, w->p->arch->sp)) {
		t->stack.range = thread ? w->t[thread - 1].stack.range : 0; /* they lie side by side */
		see(w->m, r->v[w->p->arch->sp], &t->stack);
	}
	t->has_stack = true;
	return &t->stack;
}

size_t da_wait_stack(const struct da_waits *w, uint32_t thread, size_t most, const uint8_t **ret)
{
	const struct da_window *s = stack_of(w, thread);

	*ret = s->p;
	if (!s->n || s->start % w->word)
		return 0;
	return (size_t)DA_MIN(DA_MIN(s->n, most), alive(&w->p->threads.v[thread], s->start)) / w->word;
}

struct da_window da_wait_expect(const struct da_waits *w, uint32_t thread, uint64_t addr, unsigned first, unsigned second)
{
	struct da_window v = *stack_of(w, thread);

	if (addr - v.start < v.n) {
		v.n -= (size_t)(addr - v.start);
		v.p += addr - v.start;
		v.start = addr;
	} else {
		see(w->m, addr, &v);
	}
	if (first < v.n)
		__builtin_prefetch(v.p + first);
	if (second < v.n)
		__builtin_prefetch(v.p + second);
	return v;
}

#define LINES 8 /* of 64 bytes: behind these the processor sees where it goes on */

void da_wait_expect_stack(const struct da_waits *w, uint32_t thread)
{
	const struct da_window *s;

	if (thread >= w->p->threads.n)
		return;
	s = stack_of(w, thread);
	for (size_t k = 0; k < LINES && 64 * k < s->n; k++)
		__builtin_prefetch(s->p + 64 * k);
}

void da_wait_expect_frames(const struct da_waits *w, uint32_t thread)
{
	const struct da_frame *f;

	if (thread >= w->p->threads.n || w->p->threads.v[thread].frames.n == 0)
		return;
	f = w->p->threads.v[thread].frames.v;
	for (size_t k = 0; k < LINES; k++)
		__builtin_prefetch((const char *)f + 64 * k);
}

uint64_t da_wait_stack_word(const struct da_waits *w, const uint8_t *stack, size_t i)
{
	uint64_t wide;
	uint32_t narrow;

	if (w->word == 8) {
		memcpy(&wide, stack + 8 * i, 8);
		return wide;
	}
	memcpy(&narrow, stack + 4 * i, 4);
	return narrow;
}

bool da_wait_on_stack(const struct da_waits *w, uint32_t thread, uint64_t value, size_t bytes)
{
	const uint8_t *stack;
	size_t n = da_wait_stack(w, thread, bytes, &stack), i = 0;

	for (; w->word == 8 && i + 4 <= n; i += 4) {
		uint64_t some[4];

		memcpy(some, stack + 8 * i, sizeof(some));
		if (some[0] == value || some[1] == value || some[2] == value || some[3] == value)
			return true;
	}
	for (; i < n; i++)
		if (da_wait_stack_word(w, stack, i) == value)
			return true;
	return false;
}

bool da_wait_in_register(const struct da_waits *w, uint32_t thread, uint64_t value)
{
	const struct da_regs *r = &w->p->threads.v[thread].regs;

	for (int i = 0; i < DA_REGS; i++)
		if (da_reg_known(r, i) && r->v[i] == value)
			return true;
	return false;
}

/* libcurl, libcrypto and libcoreclr begin so too. */
bool da_wait_is_libc(const struct da_module *m)
{
	static const char *const names[] = { "libc.so", "libc-2.", "libc.musl", "ld-musl", "libpthread.so", "libpthread-2." };

	for (size_t i = 0; m->name && i < DA_ARRAY_SIZE(names); i++)
		if (da_starts(m->name, names[i]))
			return true;
	return false;
}

bool da_wait_in_module(const struct da_waits *w, uint64_t addr, const char *prefix)
{
	uint32_t m = da_module_at(w->p, addr);

	return m != DA_NONE && w->p->modules.v[m].name && da_starts(w->p->modules.v[m].name, prefix);
}
