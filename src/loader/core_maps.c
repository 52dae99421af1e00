/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PID.maps beside a core: /proc/PID/maps, a line a mapping. What a core can lack and this tells: the names of mapped
 * files (a core without its FILE note, or with a part of it), the protection of mappings that gcore did not save, which
 * mappings are shared, and the names that the kernel gives to memory that is no file's.
 *
 * The addresses of a process are random at each start, so a file of an earlier process of the same id is told by them:
 * by the place of the vdso, which the dump's auxiliary vector has, else by what both say of mapped files.
 */
#include "config.h"

#include <elf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "loader/elfcore.h"
#include "loader/sidefile.h"

static uint8_t prot_of(const uint8_t *flags)
{
	return (uint8_t)((flags[0] == 'r' ? DA_PROT_R : 0) | (flags[1] == 'w' ? DA_PROT_W : 0) |
			 (flags[2] == 'x' ? DA_PROT_X : 0));
}

/* Skips a word (device, inode). */
static bool skip_word(struct da_bytes *b)
{
	size_t i = 0;

	while (i < b->n && b->p[i] != ' ')
		i++;
	if (i == 0)
		return false;
	while (i < b->n && b->p[i] == ' ')
		i++;
	b->p += i;
	b->n -= i;
	return true;
}

/* "7f1c2000-7f1c4000 r-xp 00002000 fe:00 1234   /lib/libc.so.6"; a newline in a name is written \012. */
static bool read_line(struct core *c, struct da_bytes b, struct core_line *ret)
{
	struct core_line l = { 0 };

	if (!da_beside_number(&b, 16, &l.start) || !da_beside_starts(b, "-"))
		return false;
	b = (struct da_bytes){ b.p + 1, b.n - 1 };
	if (!da_beside_number(&b, 16, &l.end) || l.start >= l.end || b.n < 5 || b.p[4] != ' ' ||
	    (b.p[3] != 'p' && b.p[3] != 's'))
		return false;
	l.prot = prot_of(b.p);
	l.shared = b.p[3] == 's';
	b = (struct da_bytes){ b.p + 5, b.n - 5 };
	if (!da_beside_number(&b, 16, &l.off) || !skip_word(&b) || !skip_word(&b) || b.n > PATH_MAX)
		return false;
	if (b.n > 0) {
		size_t n = core_path_length((const char *)b.p, b.n, &l.deleted);

		l.name = da_intern(c->d->arena, &c->d->strings, da_text(c->d->arena, b.p, n));
	}
	*ret = l;
	return true;
}

static bool is_file(const struct core_line *l)
{
	return l->name && l->name[0] == '/';
}

/* ---------------------------------------------------------------- is it of this process? */

/* 1 yes, -1 no, 0: one of the two does not say. */
static int by_vdso(struct core *c)
{
	uint64_t vdso;

	if (!da_auxv(&c->d->proc, AT_SYSINFO_EHDR, &vdso))
		return 0;
	for (size_t i = 0; i < c->lines.n; i++)
		if (da_streq(c->lines.v[i].name, "[vdso]"))
			return c->lines.v[i].start == vdso ? 1 : -1;
	return 0;
}

static int by_start(const void *x, const void *y)
{
	const struct core_mapping *a = x, *b = y;

	return a->start < b->start ? -1 : a->start > b->start;
}

static void sort_noted(struct core *c)
{
	if (c->mappings.n)
		qsort(c->mappings.v, c->mappings.n, sizeof(*c->mappings.v), by_start);
}

/* The first mapping of the FILE note that ends behind this address; they are in order. */
static size_t first_noted(const struct core *c, size_t n, uint64_t address)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->mappings.v[mid].end <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool noted(const struct core *c, const struct core_line *l)
{
	size_t i = first_noted(c, c->mappings.n, l->start);

	return i < c->mappings.n && c->mappings.v[i].start == l->start && c->mappings.v[i].path == l->name;
}

/* Files that both have at one place, against those that the dump has memory of another shape at. */
static bool by_files(struct core *c)
{
	size_t same = 0, other = 0;

	for (size_t i = 0; i < c->lines.n; i++) {
		const struct core_line *l = &c->lines.v[i];
		const struct da_range *r = is_file(l) ? da_mem_range(&c->d->proc.mem, l->start) : NULL;

		if (!is_file(l))
			continue;
		if ((r && r->start == l->start && r->end == l->end) || (!r && noted(c, l)))
			same++;
		else
			other += r != NULL;
	}
	return same > 0 && same >= 2 * other;
}

/* ---------------------------------------------------------------- what it brings */

/* A FILE note that is whole names all files of the moment of the dump: then nothing is added to it. */
static void add_files(struct core *c)
{
	size_t n = c->mappings.n;

	if (c->nfile && !c->mappings_cut)
		return;
	for (size_t i = 0; i < c->lines.n; i++) {
		const struct core_line *l = &c->lines.v[i];

		size_t at = first_noted(c, n, l->start);

		if (is_file(l) && (at == n || l->end <= c->mappings.v[at].start))
			da_vec_push(c->d->arena, &c->mappings,
				    ((struct core_mapping){ l->start, l->end, l->off, l->name, l->deleted }));
	}
	sort_noted(c);
}

static void refuse(struct core *c, enum da_note_kind kind, const char *name, const char *why)
{
	da_note(c->d->ledger, kind, "memory map", kind == DA_NOTE_CORRUPT ? "Write it with: cat /proc/PID/maps > PID.maps" : NULL,
		DA_PATH("%s") " is not used: %s", name, why);
	c->lines.n = 0;
}

void core_take_maps(struct core *c, struct da_bytes b, const char *name)
{
	struct da_bytes text;
	struct core_line l;
	int vdso;

	while (c->lines.n < c->d->limits->segments && da_beside_line(&b, &text)) {
		if (!read_line(c, text, &l))
			continue;
		if (c->lines.n && l.start < c->lines.v[c->lines.n - 1].end) {
			refuse(c, DA_NOTE_CORRUPT, name, "its lines are not in the order of their addresses");
			return;
		}
		da_vec_push(c->d->arena, &c->lines, l);
	}
	vdso = by_vdso(c);
	sort_noted(c);
	if (c->lines.n == 0)
		refuse(c, DA_NOTE_CORRUPT, name, "it has no line of a mapping");
	else if (vdso < 0)
		refuse(c, DA_NOTE_DISAGREE, name, "it is of another process: the vdso lies elsewhere");
	else if (vdso == 0 && !by_files(c))
		refuse(c, DA_NOTE_DISAGREE, name, "what it says of mapped files is not what the dump holds");
	else
		add_files(c);
}

void core_read_maps(struct core *c)
{
	struct da_bytes b;
	const char *name;

	if (c->d->proc.os == DA_OS_LINUX && da_beside(c->d, "maps", &b, &name))
		core_take_maps(c, b, name);
}
