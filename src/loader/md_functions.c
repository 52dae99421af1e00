/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FunctionTable: what the process told Windows of code that it made itself (RtlAddFunctionTable,
 * RtlInstallFunctionTableCallback, RtlAddGrowableFunctionTable), so that stacks can be walked through it.
 * A header; then for each table a description of 32 bytes, Windows' own description in a layout that
 * depends on its build, the entries as they stand in memory, and padding. Each size is told in the dump.
 *
 * Source: MINIDUMP_FUNCTION_TABLE_STREAM (learn.microsoft.com/windows/win32/api/minidumpapiset).
 */
#include "config.h"

#include <stdlib.h>

#include "loader/minidump.h"

enum { HEADER = 24, DESCRIPTOR = 32, ENTRY_X64 = 12, ENTRY_ARM64 = 8 };
enum { X86_64 = 62 /* EM_X86_64 */, AARCH64 = 183 /* EM_AARCH64 */ };

struct header {
	uint32_t head, descriptor, native, entry, ntables, padding;
};

/* x86 has no such tables, and stacks of ARM32 are not walked. */
static bool is_walked_by_tables(const struct md *m)
{
	return m->container && (m->container->elf_machine == X86_64 || m->container->elf_machine == AARCH64);
}

/* Why the stream cannot be used; NULL: it can. */
static const char *why_not(const struct md *m, const struct header *h)
{
	unsigned entry = m->container->elf_machine == X86_64 ? ENTRY_X64 : ENTRY_ARM64;

	if (h->head < HEADER || h->descriptor < DESCRIPTOR)
		return "its header is damaged";
	return h->entry == entry ? NULL : "its entries do not have the size of the processor's";
}

static void add_function(struct md *m, uint64_t base, struct da_cursor *c)
{
	struct da_process *p = &m->d->proc;
	struct da_runtime_function f = { .base = base };
	uint32_t start = da_get_u32(c), end = 0;

	if (m->container->elf_machine == X86_64)
		end = da_get_u32(c);
	f.unwind = da_get_u32(c);
	if (!da_add(&f.start, base, start) || (m->container->elf_machine == X86_64 && end <= start))
		return; /* what a growable table has no function for yet */
	f.length = end ? end - start : 0;
	da_vec_push(m->d->arena, &p->functions, f);
}

static bool read_table(struct md *m, const struct header *h, struct da_cursor *c)
{
	struct da_process *p = &m->d->proc;
	struct da_runtime_table t;
	uint64_t base;
	uint32_t n, padding;
	size_t at = da_pos(c);

	t.start = da_get_u64(c);
	t.end = da_get_u64(c);
	base = da_get_u64(c);
	n = da_get_u32(c);
	padding = da_get_u32(c);
	da_seek(c, at + h->descriptor);
	da_skip(c, h->native);
	if (!da_count_ok(c, n, h->entry, m->d->limits->functions - p->functions.n))
		return false;
	for (uint32_t i = 0; i < n; i++)
		add_function(m, base, c);
	if (t.end > t.start)
		da_vec_push(m->d->arena, &p->function_tables, t);
	if (da_left(c) < padding) /* the last one's may be left out */
		padding = (uint32_t)da_left(c);
	da_skip(c, padding);
	return true;
}

static int by_start(const void *x, const void *y)
{
	const struct da_runtime_function *a = x, *b = y;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->length < b->length ? -1 : a->length > b->length;
}

static int by_place(const void *x, const void *y)
{
	const struct da_runtime_table *a = x, *b = y;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->end < b->end ? -1 : a->end > b->end;
}

static void note(struct md *m, const char *why, uint32_t tables, uint32_t told)
{
	const struct md_stream *s = md_find(m, MD_FUNCTION_TABLE, 0);
	bool cut = md_stream_bytes(m, MD_FUNCTION_TABLE, 0).n < s->size;

	if (why)
		da_note(m->d->ledger, cut ? DA_NOTE_CUT : DA_NOTE_CORRUPT, "FunctionTable", NULL,
			"tables of functions made at run time cannot be used: %s", why);
	else
		da_note(m->d->ledger, cut ? DA_NOTE_CUT : DA_NOTE_CORRUPT, "FunctionTable", NULL,
			"of %u tables of functions made at run time, %u could be read", told, tables);
}

void md_read_functions(struct md *m)
{
	struct da_process *p = &m->d->proc;
	struct da_cursor c = md_cursor(m, md_stream_bytes(m, MD_FUNCTION_TABLE, 0));
	struct header h;
	const char *why;
	uint32_t i = 0;

	if (!md_find(m, MD_FUNCTION_TABLE, 0) || m->wow64 || !is_walked_by_tables(m))
		return;
	h.head = da_get_u32(&c);
	h.descriptor = da_get_u32(&c);
	h.native = da_get_u32(&c);
	h.entry = da_get_u32(&c);
	h.ntables = da_get_u32(&c);
	h.padding = da_get_u32(&c);
	if (da_ok(&c) && !h.ntables)
		return;
	why = da_ok(&c) ? why_not(m, &h) : "its header is cut";
	if (why) {
		note(m, why, 0, 0);
		return;
	}
	da_seek(&c, h.head);
	da_skip(&c, h.padding);
	while (i < h.ntables && read_table(m, &h, &c))
		i++;
	if (i < h.ntables)
		note(m, NULL, i, h.ntables);
	if (p->functions.n)
		qsort(p->functions.v, p->functions.n, sizeof(*p->functions.v), by_start);
	if (p->function_tables.n)
		qsort(p->function_tables.v, p->function_tables.n, sizeof(*p->function_tables.v), by_place);
}
