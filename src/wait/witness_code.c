/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock that is a variable leaves no address on the stack of who took it: the code made the address anew. But then the
 * instruction that made it stands in one of the functions that the thread is in, before the place where it is now.
 */
#include "config.h"

#include "wait/parts.h"

#define FRAMES 12
#define BEFORE 4096 /* bytes of a function, before the place */

static uint32_t u32_at(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* lea disp32(%rip), reg; mov $imm32, reg. The bytes may belong to other instructions: 32 bits that fit by chance are rare. */
static bool in_x86(const uint8_t *c, size_t n, uint64_t at, uint64_t address, bool wide)
{
	for (size_t i = 0; i + 6 <= n; i++) {
		if (wide && c[i] == 0x8d && (c[i + 1] & 0xc7) == 0x05 &&
		    at + i + 6 + (uint64_t)(int64_t)(int32_t)u32_at(c + i + 2) == address)
			return true;
		if ((c[i] & 0xf8) == 0xb8 && address <= UINT32_MAX && u32_at(c + i + 1) == address)
			return true;
	}
	return false;
}

/* adrp reg, page; add reg, reg, #offset, a few instructions later */
static bool in_a64(const uint8_t *c, size_t n, uint64_t at, uint64_t address)
{
	for (size_t i = 0; i + 4 <= n; i += 4) {
		uint32_t adrp = u32_at(c + i), add;
		int64_t pages;

		if ((adrp & 0x9f000000) != 0x90000000)
			continue;
		pages = (int64_t)((uint64_t)((adrp >> 5 & 0x7ffff) << 2 | (adrp >> 29 & 3)) << 43) >> 43;
		for (size_t k = i + 4; k + 4 <= n && k <= i + 16; k += 4) {
			add = u32_at(c + k);
			if ((add & 0xffc00000) == 0x91000000 && (add >> 5 & 31) == (adrp & 31) &&
			    (((at + i) & ~UINT64_C(0xfff)) + ((uint64_t)pages << 12) + (add >> 10 & 0xfff)) == address)
				return true;
		}
	}
	return false;
}

static bool makes(const struct da_waits *w, const struct da_frame *f, uint64_t address)
{
	const struct da_place *p = f->place;
	const uint8_t *code;
	size_t n;

	if (!p || !p->exact || !p->start || f->pc <= p->start || f->pc - p->start > BEFORE)
		return false;
	code = da_mem_view_some(w->m, p->start, &n);
	if (!code)
		return false;
	n = DA_MIN(n, (size_t)(f->pc - p->start));
	return w->cpu == DA_CPU_A64 ? in_a64(code, n, p->start, address)
				    : in_x86(code, n, p->start, address, w->cpu == DA_CPU_X64);
}

const char *da_wait_made_in(const struct da_waits *w, uint32_t thread, uint64_t address)
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
