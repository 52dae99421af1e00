/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a file address to function, line and inlined calls.
 *
 * The index is ours: ranges of all units once a module, functions of a unit when it is first hit
 * (unit.c). The look-ups of libdw need .debug_aranges, which clang leaves out, and walk the unit's tree
 * at each call.
 */
#include "config.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "image/private.h"
#include "image/unit.h"

struct da_dwarf {
	Dwarf *dwarf;
	struct da_dwarf_units units;
	struct da_ranges ranges; /* value: index in units */
	struct da_map no_ranges; /* units that do not say which addresses are theirs */
	bool no_ranges_done;
};

/* ---------------------------------------------------------------- opening */

static void end_dwarf(void *ptr)
{
	dwarf_end(ptr);
}

Dwarf *da_dwarf_open(struct da_arena *a, struct da_bytes bytes)
{
	Elf *elf = bytes.n ? da_image_libelf(a, bytes) : NULL;
	Dwarf *d = elf ? dwarf_begin_elf(elf, DWARF_C_READ, NULL) : NULL;

	if (d)
		da_arena_on_free(a, end_dwarf, d);
	return d;
}

static const char *const wanted[] = {
	".debug_info", ".debug_abbrev",   ".debug_str",         ".debug_line",  ".debug_line_str",
	".debug_addr", ".debug_rnglists", ".debug_str_offsets", ".debug_ranges",
};

static void tell_damage(struct da_image *im, const struct da_part *part)
{
	if (part->status == DA_UNSUPPORTED)
		da_note(im->ledger, DA_NOTE_UNSUPPORTED, im->what,
			"build dumpan with libzstd (package libzstd-dev)",
			"section %s is compressed in a way that this build cannot read", part->name);
	else if (part->status != DA_OK)
		da_note(im->ledger, DA_NOTE_CORRUPT, im->what, NULL,
			"compressed section %s is damaged", part->name);
}

/* A file of unpacked sections for libdw, of those that names of functions and lines need. */
static Dwarf *open_unpacked(struct da_image *im)
{
	struct da_part parts[DA_ARRAY_SIZE(wanted)];
	struct da_bytes file;
	size_t n = 0;

	for (size_t i = 0; i < DA_ARRAY_SIZE(wanted); i++) {
		struct da_section *s = da_image_section(im, wanted[i]);

		if (!s)
			s = da_image_section(im, da_printf(im->arena, ".z%s", wanted[i] + 1));
		if (s)
			parts[n++] = (struct da_part){ .name = wanted[i], .type = SHT_PROGBITS,
						       .owner = im, .section = s };
	}
	file = da_image_build(im->arena, im, parts, n);
	for (size_t i = 0; i < n; i++)
		tell_damage(im, &parts[i]);
	return n ? da_dwarf_open(im->arena, file) : NULL;
}

static bool any_compressed(struct da_image *im)
{
	da_image_read_sections(im);
	for (size_t i = 0; i < im->sections.n; i++)
		if (da_section_compressed(im, &im->sections.v[i]))
			return true;
	return false;
}

/*
 * What libdw gets in place of a dwz file that nobody found: a unit without anything in it. Without
 * one it would look for the file on this machine by itself.
 */
static Dwarf *nothing(struct da_image *im)
{
	static const uint8_t little[] = { 8, 0, 0, 0, 4, 0, 0, 0, 0, 0, 8, 0 };
	static const uint8_t big[] = { 0, 0, 0, 8, 0, 4, 0, 0, 0, 0, 8, 0 };
	struct da_part parts[] = {
		{ .name = ".debug_info", .type = SHT_PROGBITS,
		  .bytes = { im->big_endian ? big : little, sizeof(little) } },
		{ .name = ".debug_abbrev", .type = SHT_PROGBITS, .bytes = { (const uint8_t *)"", 1 } },
	};

	return da_dwarf_open(im->arena, da_image_build(im->arena, im, parts, 2));
}

static Dwarf *open_sections(struct da_image *im)
{
	if (!da_image_has_dwarf(im))
		return NULL;
	return im->pe || any_compressed(im) ? open_unpacked(im) : da_dwarf_open(im->arena, im->bytes);
}

static void open_alt(struct da_image *im, Dwarf *d)
{
	struct da_image *alt = NULL;
	Dwarf *alt_dwarf = NULL;
	const uint8_t *id;
	const char *name;
	unsigned len;

	if (!da_image_section(im, ".gnu_debugaltlink"))
		return;
	if (im->finder && da_image_debugaltlink(im, &name, &id, &len))
		alt = im->finder(im->finder_ctx, im, name, id, len, false);
	if (alt)
		alt_dwarf = open_sections(alt);
	dwarf_setalt(d, alt_dwarf ? alt_dwarf : nothing(im));
}

static void index_units(struct da_image *im, struct da_dwarf *d, const struct da_limits *limits);

static struct da_dwarf *open_dwarf(struct da_image *im, const struct da_limits *limits)
{
	struct da_dwarf *d;
	Dwarf *dwarf;

	if (im->dwarf_tried)
		return im->dwarf;
	im->dwarf_tried = true;
	dwarf = open_sections(im);
	if (!dwarf)
		return NULL;
	open_alt(im, dwarf);
	d = da_new(im->arena, struct da_dwarf);
	d->dwarf = dwarf;
	index_units(im, d, limits);
	im->dwarf = d;
	return d;
}

/* ---------------------------------------------------------------- units */

static void index_units(struct da_image *im, struct da_dwarf *d, const struct da_limits *limits)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Half version;
	uint8_t type;
	Dwarf_Die die;

	for (uint64_t i = 0; i < limits->dwarf_units; i++) {
		struct da_adding a = { im, &d->ranges, (uint32_t)d->units.n, false };
		struct da_unit *u;

		if (dwarf_get_units(d->dwarf, cu, &cu, &version, &type, &die, NULL) != 0)
			break;
		if (type != DW_UT_compile && type != DW_UT_skeleton)
			continue;
		u = da_vec_add(im->arena, &d->units);
		u->im = im;
		u->die = die;
		u->skeleton = type == DW_UT_skeleton;
		da_die_ranges(NULL, &u->die, da_add_range, &a);
		if (!a.any && dwarf_tag(&u->die) == DW_TAG_compile_unit)
			*da_map_put(im->arena, &d->no_ranges, a.value, NULL) = 1;
	}
	da_ranges_sort(&d->ranges);
}

/* ---------------------------------------------------------------- look-up */

/* Units without ranges: those of their functions are theirs. Done when an address finds no unit. */
static void index_no_ranges(struct da_image *im, struct da_dwarf *d)
{
	d->no_ranges_done = true;
	for (size_t i = 0; i < d->units.n; i++) {
		struct da_unit *u = &d->units.v[i];

		if (!da_map_get(&d->no_ranges, i))
			continue;
		da_unit_open(im, u);
		for (size_t k = 0; k < u->functions.n; k++)
			da_ranges_add(im->arena, &d->ranges, u->functions.v[k].start,
				      u->functions.v[k].end, (uint32_t)i);
	}
	da_ranges_sort(&d->ranges);
}

enum da_status da_image_place(struct da_image *im, struct da_arena *a, uint64_t addr,
			      const struct da_limits *limits, struct da_dwarf_place *ret)
{
	struct da_dwarf *d = open_dwarf(im, limits);
	const struct da_range_item *r, *function;
	struct da_dwarf_place place = { 0 };
	struct da_unit *u;

	if (!d)
		return DA_NOT_FOUND;
	r = da_ranges_find(&d->ranges, addr);
	if (!r && !d->no_ranges_done) {
		index_no_ranges(im, d);
		r = da_ranges_find(&d->ranges, addr);
	}
	if (!r)
		return DA_NOT_FOUND;
	u = &d->units.v[r->value];
	da_unit_open(im, u);
	function = da_unit_function(im, u, addr);
	da_unit_place(a, u, addr, function, limits, &place);
	if (!function && !place.calls[0].file)
		return DA_NOT_FOUND;
	*ret = place;
	return function ? DA_OK : DA_PARTIAL;
}

enum da_status da_image_member(struct da_image *im, const struct da_limits *limits, const char *class,
			       const char *member, struct da_member *ret)
{
	struct da_dwarf *d = open_dwarf(im, limits);

	return d ? da_class_member(im, &d->units, class, member, ret) : DA_NOT_FOUND;
}
