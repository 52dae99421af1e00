/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Split units (-gsplit-dwarf). The program keeps a skeleton with addresses and lines, the rest lies in
 * a .dwo file next to the object file. libdw would open that file by itself, wherever the skeleton
 * says; instead symbol/ hands us one, its id is compared, and libdw gets a small file made of the
 * .dwo's sections plus what the skeleton lends it: its part of .debug_addr and .debug_ranges. Range
 * lists count from the skeleton's low_pc, which libdw cannot know then, so they are read here.
 */
#include "config.h"

#include <dwarf.h>
#include <string.h>

#include "image/private.h"

#define RANGES_MAX 1000000
#define PARTS_MAX 12

/* ---------------------------------------------------------------- opening */

static const char *attr_string(Dwarf_Die *die, unsigned a, unsigned b)
{
	Dwarf_Attribute attr;

	if (!dwarf_attr(die, a, &attr) && !dwarf_attr(die, b, &attr))
		return NULL;
	return dwarf_formstring(&attr);
}

/* The main file's section from the offset that an attribute of the skeleton gives. */
static struct da_bytes lent(struct da_image *im, Dwarf_Die *skeleton, unsigned a, unsigned b,
			    const char *name)
{
	struct da_section *s = da_image_section(im, name);
	struct da_bytes all = { 0 };
	Dwarf_Attribute attr;
	Dwarf_Word base = 0;

	if (!s || da_section_contents(im, s, &all) != DA_OK)
		return (struct da_bytes){ 0 };
	if ((dwarf_attr(skeleton, a, &attr) || dwarf_attr(skeleton, b, &attr)) &&
	    dwarf_formudata(&attr, &base) != 0)
		base = 0;
	if (base > all.n)
		return (struct da_bytes){ 0 };
	return (struct da_bytes){ all.p + base, all.n - (size_t)base };
}

/* A section of the .dwo file, or a unit's piece of one of a .dwp file. */
static bool get_part(struct da_image *dwo, uint64_t id, const char *name, struct da_bytes *ret)
{
	struct da_section *s = da_image_section(dwo, name);

	if (!s)
		return false;
	if (da_image_section(dwo, ".debug_cu_index"))
		return da_dwp_piece(dwo, id, name, ret);
	return da_section_contents(dwo, s, ret) == DA_OK;
}

static size_t collect_parts(struct da_image *dwo, uint64_t id, struct da_split *sp,
			    struct da_part *parts)
{
	static const char *const wanted[] = {
		".debug_info.dwo", ".debug_abbrev.dwo",   ".debug_str.dwo",      ".debug_str_offsets.dwo",
		".debug_line.dwo", ".debug_rnglists.dwo", ".debug_line_str.dwo",
	};
	size_t n = 0;

	for (size_t i = 0; i < DA_ARRAY_SIZE(wanted); i++) {
		struct da_bytes b = { 0 };

		if (!get_part(dwo, id, wanted[i], &b) || !b.n)
			continue;
		parts[n++] = (struct da_part){ .name = wanted[i], .type = SHT_PROGBITS, .bytes = b };
		if (strcmp(wanted[i], ".debug_rnglists.dwo") == 0)
			sp->rnglists = b;
		if (strcmp(wanted[i], ".debug_line.dwo") == 0)
			sp->has_files = true;
	}
	if (sp->addr.n)
		parts[n++] = (struct da_part){ .name = ".debug_addr.dwo", .type = SHT_PROGBITS,
					       .bytes = sp->addr };
	if (sp->ranges.n)
		parts[n++] = (struct da_part){ .name = ".debug_ranges.dwo", .type = SHT_PROGBITS,
					       .bytes = sp->ranges };
	return n;
}

/* The compile unit of the opened .dwo whose id is the skeleton's. */
static bool find_unit(struct da_split *sp, uint64_t id)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Half version;
	Dwarf_Die die;
	uint8_t type, word, offset;
	uint64_t have;

	for (int i = 0; i < 1000 && dwarf_get_units(sp->dwarf, cu, &cu, &version, &type, &die, NULL) == 0;
	     i++) {
		if (type != DW_UT_split_compile ||
		    dwarf_cu_info(cu, &version, NULL, NULL, NULL, &have, &word, &offset) != 0 || have != id)
			continue;
		sp->unit = die;
		sp->version = version;
		sp->word = word;
		return true;
	}
	return false;
}

bool da_image_split_id(struct da_image *im, uint64_t id)
{
	struct da_part parts[PARTS_MAX];
	struct da_split sp = { 0 };
	size_t n;

	if (da_image_section(im, ".debug_cu_index"))
		return da_dwp_has(im, id);
	n = collect_parts(im, id, &sp, parts);
	if (!n)
		return false;
	sp.dwarf = da_dwarf_open(im->arena, da_image_build(im->arena, im, parts, n));
	return sp.dwarf && find_unit(&sp, id);
}

struct da_split *da_split_open(struct da_image *im, Dwarf_Die *skeleton)
{
	const char *name = attr_string(skeleton, DW_AT_dwo_name, DW_AT_GNU_dwo_name);
	const char *dir = attr_string(skeleton, DW_AT_comp_dir, DW_AT_comp_dir);
	struct da_split *sp = da_new(im->arena, struct da_split);
	struct da_part parts[PARTS_MAX];
	Dwarf_Addr low = 0;
	struct da_image *dwo;
	uint8_t raw[8];
	uint64_t id = 0;

	if (!im->finder || !name || dwarf_cu_info(skeleton->cu, NULL, NULL, NULL, NULL, &id, NULL, NULL))
		return NULL;
	for (int i = 0; i < 8; i++)
		raw[i] = (uint8_t)(id >> (8 * i));
	name = name[0] == '/' || !dir ? name : da_printf(im->arena, "%s/%s", dir, name);
	dwo = im->finder(im->finder_ctx, im, name, raw, 8, true);
	if (!dwo)
		return NULL;
	if (dwarf_lowpc(skeleton, &low) == 0)
		sp->low_pc = low;
	sp->big_endian = im->big_endian;
	sp->addr = lent(im, skeleton, DW_AT_addr_base, DW_AT_GNU_addr_base, ".debug_addr");
	sp->ranges = lent(im, skeleton, DW_AT_GNU_ranges_base, DW_AT_GNU_ranges_base, ".debug_ranges");
	sp->file = da_image_build(im->arena, im, parts, collect_parts(dwo, id, sp, parts));
	sp->dwarf = da_dwarf_open(im->arena, sp->file);
	return sp->dwarf && find_unit(sp, id) ? sp : NULL;
}

/* ---------------------------------------------------------------- range lists */

static uint64_t indexed_address(const struct da_split *sp, uint64_t index)
{
	struct da_cursor c = da_cursor(sp->addr.p, sp->addr.n, sp->big_endian, sp->word);

	da_seek(&c, index < sp->addr.n ? (size_t)index * sp->word : sp->addr.n);
	return da_get_word(&c);
}

/* DWARF 5 §2.17.3. */
static void walk_rnglist(const struct da_split *sp, uint64_t off, da_range_fn *fn, void *ctx)
{
	struct da_cursor c = da_cursor(sp->rnglists.p, sp->rnglists.n, sp->big_endian, sp->word);
	uint64_t base = sp->low_pc, start, end;

	da_seek(&c, (size_t)DA_MIN(off, (uint64_t)SIZE_MAX));
	for (int i = 0; i < RANGES_MAX && da_ok(&c); i++) {
		uint8_t kind = da_get_u8(&c);

		switch (kind) {
		case DW_RLE_base_addressx:
			base = indexed_address(sp, da_get_uleb(&c));
			continue;
		case DW_RLE_base_address:
			base = da_get_word(&c);
			continue;
		case DW_RLE_startx_endx:
			start = indexed_address(sp, da_get_uleb(&c));
			end = indexed_address(sp, da_get_uleb(&c));
			break;
		case DW_RLE_startx_length:
			start = indexed_address(sp, da_get_uleb(&c));
			end = start + da_get_uleb(&c);
			break;
		case DW_RLE_offset_pair:
			start = base + da_get_uleb(&c);
			end = base + da_get_uleb(&c);
			break;
		case DW_RLE_start_end:
			start = da_get_word(&c);
			end = da_get_word(&c);
			break;
		case DW_RLE_start_length:
			start = da_get_word(&c);
			end = start + da_get_uleb(&c);
			break;
		default: /* DW_RLE_end_of_list, or nonsense */
			return;
		}
		if (da_ok(&c) && start < end && !fn(ctx, start, end))
			return;
	}
}

/* DWARF 2 to 4: pairs; a start of all ones sets the base, two zeros end the list. */
static void walk_ranges(const struct da_split *sp, uint64_t off, da_range_fn *fn, void *ctx)
{
	struct da_cursor c = da_cursor(sp->ranges.p, sp->ranges.n, sp->big_endian, sp->word);
	uint64_t base = sp->low_pc, ones = sp->word == 4 ? UINT32_MAX : UINT64_MAX;

	da_seek(&c, (size_t)DA_MIN(off, (uint64_t)SIZE_MAX));
	for (int i = 0; i < RANGES_MAX; i++) {
		uint64_t start = da_get_word(&c), end = da_get_word(&c);

		if (!da_ok(&c) || (start == 0 && end == 0))
			return;
		if (start == ones)
			base = end;
		else if (start < end && !fn(ctx, base + start, base + end))
			return;
	}
}

/* Where the list of an attribute begins: an offset, or (DWARF 5) an index into a table of offsets. */
static bool list_offset(const struct da_split *sp, Dwarf_Attribute *attr, uint64_t *ret)
{
	struct da_cursor c = da_cursor(sp->rnglists.p, sp->rnglists.n, sp->big_endian, sp->word);
	size_t left = sp->file.n - (size_t)((const uint8_t *)attr->valp - sp->file.p);
	struct da_cursor v = da_cursor(attr->valp, left, sp->big_endian, sp->word);
	bool wide;
	size_t table;
	uint64_t index;

	if (dwarf_whatform(attr) != DW_FORM_rnglistx)
		return dwarf_formudata(attr, ret) == 0;
	if ((const uint8_t *)attr->valp < sp->file.p || left > sp->file.n)
		return false;
	index = da_get_uleb(&v);
	wide = da_get_u32(&c) == UINT32_MAX;
	da_seek(&c, wide ? 16 : 8);
	table = wide ? 20 : 12;
	if (index >= da_get_u32(&c))
		return false;
	da_seek(&c, table + (size_t)index * (wide ? 8 : 4));
	*ret = table + (wide ? da_get_u64(&c) : da_get_u32(&c));
	return da_ok(&v) && da_ok(&c);
}

static bool split_ranges(const struct da_split *sp, Dwarf_Die *die, da_range_fn *fn, void *ctx)
{
	Dwarf_Addr low, high;
	Dwarf_Attribute attr;
	uint64_t off;

	if (dwarf_lowpc(die, &low) == 0 && dwarf_highpc(die, &high) == 0) {
		if (low < high)
			fn(ctx, low, high);
		return low < high;
	}
	if (!dwarf_attr(die, DW_AT_ranges, &attr) || !list_offset(sp, &attr, &off))
		return false;
	if (sp->version >= 5)
		walk_rnglist(sp, off, fn, ctx);
	else
		walk_ranges(sp, off, fn, ctx);
	return true;
}

bool da_die_ranges(const struct da_split *sp, Dwarf_Die *die, da_range_fn *fn, void *ctx)
{
	Dwarf_Addr base = 0, start, end;
	ptrdiff_t off = 0;
	bool any = false;

	if (sp)
		return split_ranges(sp, die, fn, ctx);
	for (int i = 0; i < RANGES_MAX; i++) {
		off = dwarf_ranges(die, off, &base, &start, &end);
		if (off <= 0)
			return any;
		any = true;
		if (start < end && !fn(ctx, start, end))
			return true;
	}
	return any;
}
