/* SPDX-License-Identifier: Apache-2.0 */
/* The memory map of a core: sorted, without overlaps, clipped to the bytes that the file has. */
#include "config.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "loader/elfcore.h"

static int by_start(const void *a, const void *b)
{
	const struct da_range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->file_len != y->file_len) /* of two that begin together the one with bytes comes first */
		return x->file_len > y->file_len ? -1 : 1;
	return x->file_off < y->file_off ? -1 : x->file_off > y->file_off;
}

static void cut_front(struct da_range *r, uint64_t start)
{
	uint64_t by = start - r->start;
	uint64_t in_file = DA_MIN(by, r->file_len);

	r->start = start;
	r->file_off += in_file;
	r->file_len -= in_file;
}

/*
 * Walk the sorted ranges and cut away what overlaps. Saved bytes win over a range that saved none
 * there; else the first keeps its place.
 */
static uint64_t cut_overlaps(struct da_arena *a, struct da_memory *m)
{
	DA_VEC(struct da_range) out = { 0 };
	uint64_t cuts = 0;

	for (size_t i = 0; i < m->ranges.n; i++) {
		struct da_range r = m->ranges.v[i];
		struct da_range *last = out.n ? &out.v[out.n - 1] : NULL;

		if (last && r.start < last->end) {
			uint64_t saved_end = last->start + last->file_len;

			cuts++;
			if (r.file_len && r.start >= saved_end) {
				struct da_range rest = *last;

				last->end = r.start;
				if (rest.end > r.end) { /* what remains behind the saved piece */
					cut_front(&rest, r.end);
					da_vec_push(a, &out, r);
					da_vec_push(a, &out, rest);
					continue;
				}
			} else if (r.end <= last->end) {
				continue;
			} else {
				cut_front(&r, last->end);
			}
		}
		if (r.start < r.end)
			da_vec_push(a, &out, r);
	}
	m->ranges.v = out.v;
	m->ranges.n = out.n;
	m->ranges.cap = out.cap;
	return cuts;
}

static bool sorted(const struct da_memory *m)
{
	for (size_t i = 1; i < m->ranges.n; i++)
		if (by_start(&m->ranges.v[i - 1], &m->ranges.v[i]) > 0)
			return false;
	return true;
}

static void add_range(struct core *c, const struct core_segment *s)
{
	struct da_dump *d = c->d;
	struct da_range r = { .start = s->vaddr, .file_off = s->off, .module = DA_NONE,
			      .prot = s->flags & 7, .has_prot = true };
	uint64_t saved = DA_MIN(s->filesz, s->memsz), have = 0;

	if (!da_add(&r.end, s->vaddr, s->memsz) ||
	    (c->word == 4 && r.end > (uint64_t)UINT32_MAX + 1)) {
		r.end = c->word == 4 ? (uint64_t)UINT32_MAX + 1 : UINT64_MAX;
		saved = DA_MIN(saved, r.end - r.start);
		da_note(d->ledger, DA_NOTE_CORRUPT, "program headers", NULL,
			"a memory segment at " DA_ADDR("0x%llx") " runs past the end of the address "
			"space", (unsigned long long)s->vaddr);
	}
	if (s->off < d->file.n)
		have = DA_MIN(saved, d->file.n - s->off);
	r.file_len = have;
	d->origin.missing_bytes += saved - have;
	if (r.start < r.end)
		da_vec_push(d->arena, &d->proc.mem.ranges, r);
}

void core_read_memory(struct core *c)
{
	struct da_dump *d = c->d;
	struct da_memory *m = &d->proc.mem;
	uint64_t cuts, promised = 0, last_load = 0;

	for (size_t i = 0; i < c->segments.n; i++) {
		const struct core_segment *s = &c->segments.v[i];
		uint64_t end;

		if (da_add(&end, s->off, s->filesz))
			c->file_end_needed = DA_MAX(c->file_end_needed, end);
		if (s->type != PT_LOAD)
			continue;
		add_range(c, s);
		promised += s->filesz;
		if (s->filesz)
			last_load = DA_MAX(last_load, s->off);
	}
	for (size_t i = 0; i < c->segments.n; i++)
		if (c->segments.v[i].type == PT_NOTE && last_load && c->segments.v[i].off > last_load)
			c->notes_last = true;
	if (!sorted(m))
		qsort(m->ranges.v, m->ranges.n, sizeof(*m->ranges.v), by_start);
	cuts = cut_overlaps(d->arena, m);
	if (cuts)
		da_note(d->ledger, DA_NOTE_CORRUPT, "program headers", NULL,
			"%llu memory segments overlap others; each address is read from one of them",
			(unsigned long long)cuts);
	if (d->origin.missing_bytes) {
		d->origin.truncated = true;
		d->origin.has_missing_bytes = true;
		da_note(d->ledger, DA_NOTE_CUT, "the dump file",
			c->notes_last ? "copy the whole file again; the thread notes of this dump lie "
					"at its very end"
				      : "copy the whole file again, or raise the size limit of cores "
					"(ulimit -c, ProcessSizeMax and ExternalSizeMax of "
					"systemd-coredump)",
			"%llu of %llu bytes of memory lie behind the end of the file",
			(unsigned long long)d->origin.missing_bytes, (unsigned long long)promised);
	} else if (c->headers_cut) {
		d->origin.truncated = true;
	}
}
