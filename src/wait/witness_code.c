/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock that is a variable leaves no address on the stack of who took it: the code made the address anew. But then the
 * instruction that made it stands in one of the functions that the thread is in, before the place where it is now.
 */
#include "config.h"

#include "wait/parts.h"

#define FRAMES 12
#define MADE 64     /* addresses of one function */
#define BEFORE 4096 /* bytes of a function, before the place */

static uint32_t u32_at(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The addresses that a function has made up to one of its places, once for all threads that are there. */
struct made {
	unsigned n;
	uint64_t v[MADE];
};

static void add(const struct da_waits *w, struct made *m, uint64_t address)
{
	if (m->n < MADE && da_module_at(w->p, address) != DA_NONE)
		m->v[m->n++] = address;
}

/* lea disp32(%rip), reg; mov $imm32, reg. The bytes may belong to other instructions: 32 bits that fit by chance are rare. */
static void of_x86(const struct da_waits *w, const uint8_t *c, size_t n, uint64_t at, struct made *m)
{
	for (size_t i = 0; i + 6 <= n; i++) {
		if (w->cpu == DA_CPU_X64 && c[i] == 0x8d && (c[i + 1] & 0xc7) == 0x05)
			add(w, m, at + i + 6 + (uint64_t)(int64_t)(int32_t)u32_at(c + i + 2));
		else if ((c[i] & 0xf8) == 0xb8)
			add(w, m, u32_at(c + i + 1));
	}
}

/* adrp reg, page; add reg, reg, #offset, a few instructions later */
static void of_a64(const struct da_waits *w, const uint8_t *c, size_t n, uint64_t at, struct made *m)
{
	for (size_t i = 0; i + 4 <= n; i += 4) {
		uint32_t adrp = u32_at(c + i), next;
		int64_t pages;

		if ((adrp & 0x9f000000) != 0x90000000)
			continue;
		pages = (int64_t)((uint64_t)((adrp >> 5 & 0x7ffff) << 2 | (adrp >> 29 & 3)) << 43) >> 43;
		for (size_t k = i + 4; k + 4 <= n && k <= i + 16; k += 4) {
			next = u32_at(c + k);
			if ((next & 0xffc00000) == 0x91000000 && (next >> 5 & 31) == (adrp & 31))
				add(w, m, ((at + i) & ~UINT64_C(0xfff)) + ((uint64_t)pages << 12) + (next >> 10 & 0xfff));
		}
	}
}

static const struct made *made_by(struct da_waits *w, const struct da_frame *f)
{
	const struct da_place *p = f->place;
	const uint8_t *code;
	uint64_t *slot;
	struct made *m;
	size_t n;
	bool new;

	if (!p || !p->exact || !p->start || f->pc <= p->start || f->pc - p->start > BEFORE)
		return NULL;
	slot = da_map_put(w->d->arena, &w->made, f->pc, &new);
	if (!new)
		return (const struct made *)(uintptr_t)*slot;
	code = da_mem_view_some(w->m, p->start, &n);
	m = code ? da_new(w->d->arena, struct made) : NULL;
	*slot = (uintptr_t)m;
	if (!code)
		return NULL;
	n = DA_MIN(n, (size_t)(f->pc - p->start));
	if (w->cpu == DA_CPU_A64)
		of_a64(w, code, n, p->start, m);
	else
		of_x86(w, code, n, p->start, m);
	return m;
}

static bool makes(struct da_waits *w, const struct da_frame *f, uint64_t address)
{
	const struct made *m = made_by(w, f);

	for (unsigned i = 0; m && i < m->n; i++)
		if (m->v[i] == address)
			return true;
	return false;
}

const char *da_wait_made_in(struct da_waits *w, uint32_t thread, uint64_t address)
{
	const struct da_thread *t = &w->p->threads.v[thread];
	unsigned own = 0;

	for (size_t i = 0; i < t->frames.n && own < FRAMES; i++) {
		const struct da_frame *f = &t->frames.v[i];

		if (f->module == DA_NONE || w->p->modules.v[f->module].class == DA_CLASS_SYSTEM)
			continue;
		own++;
		if (makes(w, f, address))
			return f->place->ncalls ? f->place->calls[0].function : f->place->raw;
	}
	return NULL;
}
