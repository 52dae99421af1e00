/* SPDX-License-Identifier: Apache-2.0 */
/* memory_map: totals by kind and the biggest ranges; completeness: kinds that the dump never held. */
#include "config.h"

#include <stdlib.h>

#include "analyze/sections.h"

#define BIGGEST 100

struct kind {
	enum da_range_kind kind;
	uint64_t bytes, dumped, ranges, private, unknown; /* unknown: whether it is shared */
};

static int by_bytes(const void *x, const void *y)
{
	const struct kind *a = x, *b = y;

	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return a->kind < b->kind ? -1 : a->kind > b->kind;
}

static void set_known(struct da_doc *doc, enum da_col col, uint64_t v)
{
	if (v)
		da_set_uint(doc, col, v);
}

static void counters(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;

	set_known(a->doc, DA_COL_memory_resident_bytes, p->resident_bytes);
	set_known(a->doc, DA_COL_memory_peak_resident_bytes, p->peak_resident_bytes);
	set_known(a->doc, DA_COL_memory_private_bytes, p->private_bytes);
	set_known(a->doc, DA_COL_memory_peak_private_bytes, p->peak_private_bytes);
}

static void machine(struct da_analysis *a)
{
	const struct da_system_memory *s = &a->dump->proc.system;

	if (!s->physical)
		return;
	da_doc_row(a->doc, DA_BLOCK_system_memory);
	set_known(a->doc, DA_COL_system_memory_physical_bytes, s->physical);
	set_known(a->doc, DA_COL_system_memory_available_bytes, s->available);
	set_known(a->doc, DA_COL_system_memory_committed_bytes, s->committed);
	set_known(a->doc, DA_COL_system_memory_commit_limit_bytes, s->commit_limit);
	set_known(a->doc, DA_COL_system_memory_peak_committed_bytes, s->commit_peak);
	set_known(a->doc, DA_COL_system_memory_file_cache_bytes, s->file_cache);
}

static void kinds(struct da_analysis *a)
{
	const struct da_memory *m = &a->dump->proc.mem;
	struct kind k[DA_RANGE_KINDS] = { { 0 } };
	uint64_t bytes = 0, dumped = 0;

	for (unsigned i = 0; i < DA_RANGE_KINDS; i++)
		k[i].kind = (enum da_range_kind)i;
	for (size_t i = 0; i < m->ranges.n; i++) {
		const struct da_range *r = &m->ranges.v[i];

		k[r->kind].bytes += r->end - r->start;
		k[r->kind].dumped += r->file_len;
		k[r->kind].ranges++;
		k[r->kind].private += r->sharing == DA_SHARING_PRIVATE ? r->end - r->start : 0;
		k[r->kind].unknown += r->sharing == DA_SHARING_UNKNOWN;
		bytes += r->end - r->start;
		dumped += r->file_len;
	}
	da_doc_row(a->doc, DA_BLOCK_memory);
	da_set_uint(a->doc, DA_COL_memory_ranges, m->ranges.n);
	da_set_uint(a->doc, DA_COL_memory_virtual_bytes, bytes);
	counters(a);
	da_set_uint(a->doc, DA_COL_memory_dumped_bytes, dumped);
	qsort(k, DA_RANGE_KINDS, sizeof(k[0]), by_bytes);
	for (unsigned i = 0; i < DA_RANGE_KINDS && k[i].ranges; i++) {
		da_doc_row(a->doc, DA_BLOCK_memory_kinds);
		da_set_word(a->doc, DA_COL_memory_kinds_kind, da_range_kind_name(k[i].kind));
		da_set_uint(a->doc, DA_COL_memory_kinds_bytes, k[i].bytes);
		if (!k[i].unknown)
			da_set_uint(a->doc, DA_COL_memory_kinds_private_bytes, k[i].private);
		da_set_uint(a->doc, DA_COL_memory_kinds_dumped_bytes, k[i].dumped);
		da_set_uint(a->doc, DA_COL_memory_kinds_ranges, k[i].ranges);
	}
}

static const struct da_range *ranges;

static int by_size(const void *x, const void *y)
{
	uint32_t i = *(const uint32_t *)x, k = *(const uint32_t *)y;
	uint64_t a = ranges[i].end - ranges[i].start, b = ranges[k].end - ranges[k].start;

	if (a != b)
		return a > b ? -1 : 1;
	return i < k ? -1 : i > k;
}

static void biggest(struct da_analysis *a)
{
	const struct da_memory *m = &a->dump->proc.mem;
	uint32_t *order = da_calloc(a->dump->arena, m->ranges.n, sizeof(*order));

	for (uint32_t i = 0; i < m->ranges.n; i++)
		order[i] = i;
	ranges = m->ranges.v;
	if (m->ranges.n)
		qsort(order, m->ranges.n, sizeof(*order), by_size);
	for (size_t i = 0; i < m->ranges.n && i < BIGGEST; i++) {
		const struct da_range *r = &m->ranges.v[order[i]];

		da_doc_row(a->doc, DA_BLOCK_memory_ranges);
		da_set_address(a->doc, DA_COL_memory_ranges_start, r->start);
		da_set_address(a->doc, DA_COL_memory_ranges_end, r->end);
		da_set_word(a->doc, DA_COL_memory_ranges_kind, da_range_kind_name(r->kind));
		da_set_text(a->doc, DA_COL_memory_ranges_name, r->name);
		da_set_uint(a->doc, DA_COL_memory_ranges_dumped_bytes, r->file_len);
	}
}

void da_section_memory(struct da_analysis *a)
{
	kinds(a);
	machine(a);
	biggest(a);
}

void da_section_completeness(struct da_analysis *a)
{
	for (size_t i = 0; i < a->dump->missing_kinds.n; i++) {
		const struct da_missing_kind *k = &a->dump->missing_kinds.v[i];

		da_doc_row(a->doc, DA_BLOCK_memory_missing);
		da_set_word(a->doc, DA_COL_memory_missing_kind, da_range_kind_name(k->kind));
		da_set_rich(a->doc, DA_COL_memory_missing_why, "%s", k->why);
	}
}
