/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers from the memory of the process, as the C library lays them out. */
#include "config.h"

#include "wait/parts.h"

bool da_wait_u32(const struct da_waits *w, uint64_t addr, uint32_t *ret)
{
	return da_mem_u32(w->m, addr, ret) == DA_OK;
}

bool da_wait_word(const struct da_waits *w, uint64_t addr, uint64_t *ret)
{
	return da_mem_word(w->m, addr, ret) == DA_OK;
}

bool da_wait_words(const struct da_waits *w, uint64_t addr, uint32_t *ret, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!da_wait_u32(w, addr + 4 * i, &ret[i]))
			return false;
	return true;
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

bool da_wait_on_stack(const struct da_waits *w, uint32_t thread, uint64_t a, uint64_t b, unsigned bytes)
{
	const struct da_regs *r = &w->p->threads.v[thread].regs;
	uint64_t sp, last, value;

	if (!da_reg_known(r, w->p->arch->sp))
		return false;
	sp = r->v[w->p->arch->sp];
	if (!da_wait_word(w, sp, &last))
		return false;
	for (unsigned at = w->word; at < bytes; at += w->word) {
		if (!da_wait_word(w, sp + at, &value))
			return false;
		if (last == a && (b == 0 || value == b))
			return true;
		last = value;
	}
	return false;
}

bool da_wait_in_module(const struct da_waits *w, uint64_t addr, const char *prefix)
{
	uint32_t m = da_module_at(w->p, addr);

	return m != DA_NONE && w->p->modules.v[m].name && da_starts(w->p->modules.v[m].name, prefix);
}
