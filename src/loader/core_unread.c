/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stacks that gdb gave up to read. gcore copies a mapping in pieces of 1 MB; where one cannot be read it warns, leaves the
 * rest of the mapping out, and the file has zeros there. Since glibc 2.42 the stacks of threads lie in one mapping, with
 * guard pages inside that nobody may read: gdb before 18 then saves none of them. Zeros are no memory of the process: the
 * range ends before them.
 */
#include "config.h"

#include <string.h>

#include "loader/elfcore.h"

#define PIECE (UINT64_C(1) << 20) /* MAX_COPY_BYTES of gdb */
#define LOOK 128                  /* no stack has so many zeros where its thread stands; else all is looked at */

static bool is_zero(const uint8_t *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* The range of the thread's stack pointer, if it stands on zeros there. */
static struct da_range *suspect(struct core *c, const struct da_thread *t)
{
	struct da_process *p = &c->d->proc;
	struct da_range *r;
	uint64_t sp;

	if (!da_reg_known(&t->regs, p->arch->sp))
		return NULL;
	sp = t->regs.v[p->arch->sp];
	r = (struct da_range *)(uintptr_t)da_mem_range(&p->mem, sp);
	if (!r || !(r->prot & DA_PROT_W) || r->kind != DA_RANGE_ANONYMOUS || r->file_len < sp - r->start + LOOK ||
	    !is_zero(c->d->file.p + r->file_off + (sp - r->start), LOOK))
		return NULL;
	return r;
}

/* Where the first piece begins from which on there are only zeros. */
static uint64_t zeros_from(struct core *c, const struct da_range *r)
{
	const uint8_t *bytes = c->d->file.p + r->file_off;
	uint64_t n = r->file_len;

	while (n >= 64 && is_zero(bytes + n - 64, 64))
		n -= 64;
	while (n && bytes[n - 1] == 0)
		n--;
	return (n + PIECE - 1) / PIECE * PIECE;
}

static void note_unread(struct core *c, const uint64_t *from)
{
	const struct da_process *p = &c->d->proc;
	uint64_t first = UINT64_MAX, last = 0;
	unsigned n = 0;

	for (size_t i = 0; i < p->threads.n; i++) {
		const struct da_thread *t = &p->threads.v[i];
		const struct da_range *r = da_reg_known(&t->regs, p->arch->sp)
						   ? da_mem_range(&p->mem, t->regs.v[p->arch->sp]) : NULL;

		if (!r || from[r - p->mem.ranges.v] != r->file_len + 1 ||
		    t->regs.v[p->arch->sp] - r->start < r->file_len)
			continue;
		n++;
		first = DA_MIN(first, r->start + r->file_len);
		last = DA_MAX(last, r->end);
	}
	da_note(c->d->ledger, DA_NOTE_MISSING, "stacks of threads",
		"dump the process with gdb 18 or newer, or let the kernel write the core",
		"gdb stopped reading at " DA_ADDR("0x%llx") " and left zeros up to " DA_ADDR("0x%llx") ": the stacks of %u "
		"thread%s are not in the dump. Guard pages, which glibc has put between stacks since 2.42, do that to it",
		(unsigned long long)first, (unsigned long long)last, n, n == 1 ? "" : "s");
}

void core_find_unread(struct core *c)
{
	struct da_process *p = &c->d->proc;
	uint64_t *from; /* of each range that was looked at: zeros_from() and 1 */

	if (!core_is_gcore(c) || !p->arch || !p->arch->full)
		return;
	from = da_calloc(c->d->arena, p->mem.ranges.n, sizeof(*from));
	for (size_t i = 0; i < p->threads.n; i++) {
		struct da_range *r = suspect(c, &p->threads.v[i]);
		size_t k = r ? (size_t)(r - p->mem.ranges.v) : 0;

		if (!r)
			continue;
		if (from[k] == 0)
			from[k] = zeros_from(c, r) + 1;
		if (from[k] - 1 > p->threads.v[i].regs.v[p->arch->sp] - r->start)
			continue;
		c->unread += r->file_len - (from[k] - 1);
		r->file_len = from[k] - 1;
	}
	if (c->unread)
		note_unread(c, from);
}
