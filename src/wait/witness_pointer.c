/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock that is a member of something leaves no address of its own on the stack of who took it: what lies there is a
 * pointer to the block of memory that the lock is in, or to a structure that points to the lock. Who has such a pointer
 * may have taken it; where most threads have one, that says nothing.
 */
#include "config.h"

#include "wait/parts.h"

#define BYTES 0x1000     /* of a stack, from its top */
#define MEMBERS 16       /* words of a structure */
#define BLOCK_MAX 0x2000 /* beyond, it is a table of many things rather than one */
#define OTHERS 16        /* threads that are asked whether they have such a pointer too */

enum lead { NO, BLOCK, STRUCTURE };

/* glibc: the word before a block is its size, its three lowest bits flags; blocks are aligned to two words. */
static bool is_block_of(const struct da_waits *w, uint64_t v, uint64_t address)
{
	uint64_t size;

	if (v >= address || address - v >= BLOCK_MAX || v % (2 * w->word) || da_wait_libc(w) != DA_LIBC_GLIBC ||
	    da_module_at(w->p, v) != DA_NONE || !da_wait_word(w, v - w->word, &size))
		return false;
	size &= ~UINT64_C(7);
	return size >= 4 * w->word && size < BLOCK_MAX && size % (2 * w->word) == 0 && address - v < size - w->word;
}

static bool points_to(const struct da_waits *w, uint64_t v, uint64_t address)
{
	size_t n;
	const uint8_t *p = da_mem_view_some(w->m, v, &n);

	for (size_t i = 0; p && i < MEMBERS && (i + 1) * w->word <= n; i++)
		if (da_wait_stack_word(w, p, i) == address)
			return true;
	return false;
}

static enum lead of_word(const struct da_waits *w, uint64_t v, uint64_t address)
{
	if (v < 0x10000 || v % w->word)
		return NO;
	return is_block_of(w, v, address) ? BLOCK : points_to(w, v, address) ? STRUCTURE : NO;
}

static enum lead leads(const struct da_waits *w, uint32_t thread, uint64_t address)
{
	const struct da_thread *t = &w->p->threads.v[thread];
	const struct da_arch *arch = w->p->arch;
	const uint8_t *stack;
	size_t n = da_wait_stack(w, thread, BYTES, &stack);
	enum lead lead = NO;

	for (unsigned r = 0; r < arch->nregs && !lead; r++)
		if ((int)r != arch->pc && (int)r != arch->sp && da_reg_known(&t->regs, (int)r))
			lead = of_word(w, t->regs.v[r], address);
	for (size_t i = 0; i < n && !lead; i++)
		lead = of_word(w, da_wait_stack_word(w, stack, i), address);
	return lead;
}

/* Half of the others or more have it as well? */
static bool is_common(const struct da_waits *w, uint32_t owner, uint32_t lock, uint64_t address)
{
	unsigned asked = 0, with = 0;

	for (uint32_t i = 0; i < w->p->threads.n && asked < OTHERS; i++) {
		uint32_t primary = w->t[i].primary;

		if (i == owner || (primary != DA_NONE && w->p->waits.v[primary].lock == lock))
			continue;
		asked++;
		with += leads(w, i, address) != NO;
	}
	return 2 * with >= asked && asked > 0;
}

const char *da_wait_leads_to(const struct da_waits *w, uint32_t thread, uint32_t lock)
{
	uint64_t address = w->p->locks.v[lock].address;
	enum lead lead = leads(w, thread, address);

	if (lead == NO || is_common(w, thread, lock, address))
		return NULL;
	return lead == BLOCK ? "a pointer to the block of memory that the lock is in" : "a pointer to a structure that points to the lock";
}
