/* SPDX-License-Identifier: Apache-2.0 */
/* The memory map of a core: sorted, without overlaps, clipped to the bytes that the file has. */
#include "config.h"

#include <elf.h>

#include "loader/elfcore.h"
#include "loader/ranges.h"

/* first_lost: the file offset of the first segment that is not all there. */
static void add_range(struct core *c, const struct core_segment *s, uint64_t *first_lost)
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
	if (saved > have && s->off < *first_lost) {
		*first_lost = s->off;
		d->origin.lost_start = s->vaddr + have;
		d->origin.lost_end = s->vaddr + saved;
	}
	if (r.start < r.end)
		da_vec_push(d->arena, &d->proc.mem.ranges, r);
}

void core_read_memory(struct core *c)
{
	struct da_dump *d = c->d;
	struct da_memory *m = &d->proc.mem;
	struct da_ranges list;
	uint64_t cuts, promised = 0, last_load = 0, first_lost = UINT64_MAX;

	for (size_t i = 0; i < c->segments.n; i++) {
		const struct core_segment *s = &c->segments.v[i];
		uint64_t end;

		if (da_add(&end, s->off, s->filesz))
			c->file_end_needed = DA_MAX(c->file_end_needed, end);
		if (s->type != PT_LOAD)
			continue;
		add_range(c, s, &first_lost);
		promised += s->filesz;
		if (s->filesz)
			last_load = DA_MAX(last_load, s->off);
	}
	for (size_t i = 0; i < c->segments.n; i++)
		if (c->segments.v[i].type == PT_NOTE && last_load && c->segments.v[i].off > last_load)
			c->notes_last = true;
	list = (struct da_ranges){ m->ranges.v, m->ranges.n, m->ranges.cap };
	cuts = da_ranges_settle(d->arena, &list);
	m->ranges.v = list.v;
	m->ranges.n = list.n;
	m->ranges.cap = list.cap;
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
