/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .dwp files: many .dwo files in one, as dwp and llvm-dwp pack them. An index maps the id of a unit to
 * its piece of each section. elfutils reads them from 0.192 on, and by itself; here the pieces are cut
 * out, and a unit of a .dwp is then what a .dwo file would have been.
 *
 * The index (DWARF 5 §7.3.5, and the older form of gcc): version, columns, units, slots; a hash table of
 * ids, one of rows; the sections' numbers; rows of offsets; rows of sizes.
 */
#include "config.h"

#include <string.h>

#include "image/private.h"

#define COLUMNS_MAX 16

struct table {
	struct da_cursor c;
	uint32_t version, columns, units, slots;
	size_t ids, rows, numbers, offsets, sizes;
};

static bool read_table(struct da_image *im, struct table *t)
{
	struct da_section *s = da_image_section(im, ".debug_cu_index");
	struct da_bytes b = { 0 };
	uint64_t end;

	if (!s || da_section_contents(im, s, &b) != DA_OK)
		return false;
	t->c = da_image_cursor(im, b);
	t->version = da_get_u32(&t->c);
	if (im->big_endian && t->version != 2) /* two bytes and padding since DWARF 5 */
		t->version >>= 16;
	t->columns = da_get_u32(&t->c);
	t->units = da_get_u32(&t->c);
	t->slots = da_get_u32(&t->c);
	if (!da_ok(&t->c) || (t->version != 2 && t->version != 5) || t->columns > COLUMNS_MAX ||
	    t->units > t->slots)
		return false;
	t->ids = 16;
	t->rows = t->ids + (size_t)t->slots * 8;
	t->numbers = t->rows + (size_t)t->slots * 4;
	t->offsets = t->numbers + t->columns * 4;
	t->sizes = t->offsets + (size_t)t->units * t->columns * 4;
	end = t->sizes + (uint64_t)t->units * t->columns * 4;
	return end <= b.n;
}

static uint32_t number_at(const struct table *t, size_t off)
{
	struct da_cursor c = t->c;

	da_seek(&c, off);
	return da_get_u32(&c);
}

/* The row of a unit, from 1; 0: not in this file. */
static uint32_t find_row(const struct table *t, uint64_t id)
{
	struct da_cursor c = t->c;

	da_seek(&c, t->ids);
	for (uint32_t i = 0; i < t->slots && da_ok(&c); i++) {
		uint32_t row;

		if (da_get_u64(&c) != id)
			continue;
		row = number_at(t, t->rows + (size_t)i * 4);
		return row <= t->units ? row : 0;
	}
	return 0;
}

/* Numbers of sections (DW_SECT_…) by version; those that names of functions do not need are left out. */
static const char *section_name(uint32_t version, uint32_t number)
{
	switch (number) {
	case 1:
		return ".debug_info.dwo";
	case 3:
		return ".debug_abbrev.dwo";
	case 4:
		return ".debug_line.dwo";
	case 6:
		return ".debug_str_offsets.dwo";
	case 8:
		return version == 5 ? ".debug_rnglists.dwo" : NULL; /* 2: macros */
	default:
		return NULL;
	}
}

bool da_dwp_has(struct da_image *im, uint64_t id)
{
	struct table t = { 0 };

	return read_table(im, &t) && find_row(&t, id) != 0;
}

bool da_dwp_piece(struct da_image *im, uint64_t id, const char *name, struct da_bytes *ret)
{
	struct da_section *s = da_image_section(im, name);
	struct da_bytes all = { 0 };
	struct table t = { 0 };
	uint32_t row;

	if (!s || !read_table(im, &t) || da_section_contents(im, s, &all) != DA_OK)
		return false;
	row = find_row(&t, id);
	for (uint32_t i = 0; row && i < t.columns; i++) {
		const char *column = section_name(t.version, number_at(&t, t.numbers + i * 4));
		size_t at = ((size_t)(row - 1) * t.columns + i) * 4;
		uint32_t off = number_at(&t, t.offsets + at), size = number_at(&t, t.sizes + at);

		if (!column || strcmp(column, name) != 0)
			continue;
		if (!da_fits(off, size, all.n))
			return false;
		*ret = (struct da_bytes){ all.p + off, size };
		return true;
	}
	/* Strings belong to all units. */
	*ret = all;
	return da_starts(name, ".debug_str.") || da_starts(name, ".debug_line_str.");
}
