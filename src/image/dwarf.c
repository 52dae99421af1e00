/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a file address to function, line and inlined calls.
 *
 * The index is ours: ranges of all units once a module, functions of a unit when it is first hit. The
 * look-ups of libdw need .debug_aranges (clang leaves it out) and walk the unit's tree at each call.
 */
#include "config.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "image/private.h"
#include "image/ranges.h"

struct unit {
	Dwarf_Die die;         /* of the skeleton where the unit is split */
	struct da_split *split;
	bool skeleton, opened, deep; /* deep: bodies of functions were searched for functions too */
	bool lines_tried;
	Dwarf_Lines *lines;
	size_t nlines;
	struct da_ranges functions; /* value: index in dies */
	DA_VEC(Dwarf_Die) dies;
};

struct da_dwarf {
	Dwarf *dwarf;
	DA_VEC(struct unit) units;
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
	return any_compressed(im) ? open_unpacked(im) : da_dwarf_open(im->arena, im->bytes);
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

struct adding {
	struct da_image *im;
	struct da_ranges *to;
	uint32_t value;
	bool any;
};

/* Code that the linker threw away keeps its debug information, at address 0, 1 or near the end. */
static bool add_range(void *ctx, uint64_t start, uint64_t end)
{
	struct adding *a = ctx;

	if (da_image_is_code(a->im, start)) {
		da_ranges_add(a->im->arena, a->to, start, end, a->value);
		a->any = true;
	}
	return true;
}

static void index_units(struct da_image *im, struct da_dwarf *d, const struct da_limits *limits)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Half version;
	uint8_t type;
	Dwarf_Die die;

	for (uint64_t i = 0; i < limits->dwarf_units; i++) {
		struct adding a = { im, &d->ranges, (uint32_t)d->units.n, false };
		struct unit *u;

		if (dwarf_get_units(d->dwarf, cu, &cu, &version, &type, &die, NULL) != 0)
			break;
		if (type != DW_UT_compile && type != DW_UT_skeleton)
			continue;
		u = da_vec_add(im->arena, &d->units);
		u->die = die;
		u->skeleton = type == DW_UT_skeleton;
		da_die_ranges(NULL, &u->die, add_range, &a);
		if (!a.any && dwarf_tag(&u->die) == DW_TAG_compile_unit)
			*da_map_put(im->arena, &d->no_ranges, a.value, NULL) = 1;
	}
	da_ranges_sort(&d->ranges);
}

static struct unit *open_unit(struct da_image *im, struct unit *u);

/* ---------------------------------------------------------------- functions of a unit */

struct walk {
	struct da_image *im;
	struct unit *u;
	bool deep;
	uint64_t max_depth;
};

static bool has_members(int tag)
{
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
		return true;
	default:
		return false;
	}
}

static void add_function(struct walk *w, Dwarf_Die *die)
{
	struct adding a = { w->im, &w->u->functions, (uint32_t)w->u->dies.n, false };

	da_die_ranges(w->u->split, die, add_range, &a);
	if (a.any)
		da_vec_push(w->im->arena, &w->u->dies, *die);
}

/* The next DIE of a level; a sibling that does not lie behind is a loop that somebody made. */
static bool next_die(Dwarf_Die *die)
{
	Dwarf_Die next;

	if (dwarf_siblingof(die, &next) != 0 || next.addr <= die->addr)
		return false;
	*die = next;
	return true;
}

static void walk_functions(struct walk *w, Dwarf_Die *parent, uint64_t depth)
{
	Dwarf_Die die;

	if (depth > w->max_depth || dwarf_child(parent, &die) != 0)
		return;
	do {
		int tag = dwarf_tag(&die);

		if (tag == DW_TAG_subprogram)
			add_function(w, &die);
		if (has_members(tag) ||
		    (w->deep && (tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block)))
			walk_functions(w, &die, depth + 1);
	} while (next_die(&die));
}

static Dwarf_Die *root(struct unit *u)
{
	return u->split ? &u->split->unit : &u->die;
}

static void index_functions(struct da_image *im, struct unit *u, bool deep, uint64_t max_depth)
{
	struct walk w = { im, u, deep, max_depth };

	u->functions.n = 0;
	u->dies.n = 0;
	u->deep = deep;
	walk_functions(&w, root(u), 0);
	da_ranges_sort(&u->functions);
}

static struct unit *open_unit(struct da_image *im, struct unit *u)
{
	if (u->opened)
		return u;
	u->opened = true;
	if (u->skeleton)
		u->split = da_split_open(im, &u->die);
	index_functions(im, u, false, da_limits_default.dwarf_depth);
	return u;
}

/*
 * A function that contains the address. Functions inside functions (lambdas in local classes, nested
 * functions) are looked for only when the others do not have it: most units need no such search.
 */
static const struct da_range_item *find_function(struct da_image *im, struct unit *u, uint64_t addr)
{
	const struct da_range_item *r = da_ranges_find(&u->functions, addr);

	if (!r && !u->deep) {
		index_functions(im, u, true, da_limits_default.dwarf_depth);
		r = da_ranges_find(&u->functions, addr);
	}
	return r;
}

/* ---------------------------------------------------------------- names and lines */

static const char *text(struct da_arena *a, const char *s)
{
	return s && *s ? da_text(a, s, strnlen(s, (size_t)da_limits_default.string)) : NULL;
}

/* Names that a demangler reads. A C function's linkage name (__GI___poll) says less than its name. */
static bool mangled(const char *s)
{
	return da_starts(s, "_Z") || da_starts(s, "_R") || da_starts(s, "_D") || da_starts(s, "__Z");
}

static const char *name_of(struct da_arena *a, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *s = NULL;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attr))
		s = dwarf_formstring(&attr);
	if (!s || !mangled(s))
		s = dwarf_diename(die);
	return text(a, s);
}

/* A path of the line table: relative ones count from where the compiler ran. */
static const char *file_name(struct da_arena *a, struct unit *u, const char *file)
{
	Dwarf_Attribute attr;
	const char *dir = NULL;

	if (!file || file[0] == '/')
		return text(a, file);
	if (dwarf_attr(&u->die, DW_AT_comp_dir, &attr))
		dir = text(a, dwarf_formstring(&attr));
	file = text(a, file);
	return file && dir ? da_printf(a, "%s/%s", dir, file) : file;
}

static void read_lines(struct unit *u)
{
	if (u->lines_tried)
		return;
	u->lines_tried = true;
	if (dwarf_getsrclines(&u->die, &u->lines, &u->nlines) != 0)
		u->nlines = 0;
}

/* The last row at or below the address, unless it ends a sequence. */
static Dwarf_Line *find_line(struct unit *u, uint64_t addr)
{
	size_t lo = 0, hi;
	Dwarf_Line *line;
	Dwarf_Addr at;
	bool end = true;

	read_lines(u);
	for (hi = u->nlines; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;

		if (dwarf_lineaddr(dwarf_onesrcline(u->lines, mid), &at) == 0 && at <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	line = lo ? dwarf_onesrcline(u->lines, lo - 1) : NULL;
	return line && dwarf_lineendsequence(line, &end) == 0 && !end ? line : NULL;
}

static void fill_line(struct da_arena *a, struct unit *u, uint64_t addr, struct da_dwarf_call *ret)
{
	Dwarf_Line *line = find_line(u, addr);
	int n = 0;

	if (!line)
		return;
	ret->file = file_name(a, u, dwarf_linesrc(line, NULL, NULL));
	if (dwarf_lineno(line, &n) == 0 && n > 0)
		ret->line = (uint32_t)n;
}

/* Where an inlined call was made: in the function around it. */
static void fill_call_site(struct da_arena *a, struct unit *u, Dwarf_Die *die,
			   struct da_dwarf_call *ret)
{
	Dwarf_Die *owner = u->split && u->split->has_files ? &u->split->unit : &u->die;
	Dwarf_Attribute attr;
	Dwarf_Files *files;
	Dwarf_Word n;
	size_t nfiles;

	if (dwarf_attr(die, DW_AT_call_line, &attr) && dwarf_formudata(&attr, &n) == 0 && n <= INT32_MAX)
		ret->line = (uint32_t)n;
	if (dwarf_attr(die, DW_AT_call_file, &attr) && dwarf_formudata(&attr, &n) == 0 &&
	    dwarf_getsrcfiles(owner, &files, &nfiles) == 0 && n < nfiles)
		ret->file = file_name(a, u, dwarf_filesrc(files, (size_t)n, NULL, NULL));
}

/* ---------------------------------------------------------------- inlined calls */

struct contains {
	uint64_t addr;
	bool found;
};

static bool contains_range(void *ctx, uint64_t start, uint64_t end)
{
	struct contains *c = ctx;

	c->found = c->addr >= start && c->addr < end;
	return !c->found;
}

struct chain {
	struct unit *u;
	uint64_t addr, max_depth, max;
	DA_VEC(Dwarf_Die) calls; /* inlined_subroutine, outermost first */
};

/* One level down where the address is inside. False: nothing more below. */
static bool descend(struct chain *c, Dwarf_Die *parent, Dwarf_Die *ret, bool *ret_inlined)
{
	Dwarf_Die die;

	if (dwarf_child(parent, &die) != 0)
		return false;
	do {
		int tag = dwarf_tag(&die);
		struct contains in = { c->addr, false };

		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block &&
		    tag != DW_TAG_try_block && tag != DW_TAG_catch_block)
			continue;
		da_die_ranges(c->u->split, &die, contains_range, &in);
		if (in.found) {
			*ret = die;
			*ret_inlined = tag == DW_TAG_inlined_subroutine;
			return true;
		}
	} while (next_die(&die));
	return false;
}

static void find_inlined(struct da_arena *a, struct chain *c, Dwarf_Die function)
{
	Dwarf_Die die = function, child;
	bool inlined;

	for (uint64_t depth = 0; depth < c->max_depth && c->calls.n < c->max; depth++) {
		if (!descend(c, &die, &child, &inlined))
			return;
		if (inlined)
			da_vec_push(a, &c->calls, child);
		die = child;
	}
}

static void fill_place(struct da_arena *a, struct unit *u, uint64_t addr,
		       const struct da_range_item *function, const struct da_limits *limits,
		       struct da_dwarf_place *ret)
{
	struct chain c = { .u = u, .addr = addr, .max_depth = limits->dwarf_depth,
			   .max = limits->inlines };
	Dwarf_Die die;

	if (function) {
		die = u->dies.v[function->value];
		find_inlined(a, &c, die);
		ret->start = function->start;
		ret->end = function->end;
	}
	ret->n = (unsigned)c.calls.n + 1;
	ret->calls = da_calloc(a, ret->n, sizeof(*ret->calls));
	if (function)
		ret->calls[0].function = name_of(a, &die);
	for (size_t i = 0; i < c.calls.n; i++) {
		ret->calls[i + 1].function = name_of(a, &c.calls.v[i]);
		fill_call_site(a, u, &c.calls.v[i], &ret->calls[i]);
	}
	fill_line(a, u, addr, &ret->calls[ret->n - 1]);
}

/* ---------------------------------------------------------------- look-up */

/* Units without ranges: those of their functions are theirs. Done when an address finds no unit. */
static void index_no_ranges(struct da_image *im, struct da_dwarf *d)
{
	d->no_ranges_done = true;
	for (size_t i = 0; i < d->units.n; i++) {
		struct unit *u;

		if (!da_map_get(&d->no_ranges, i))
			continue;
		u = open_unit(im, &d->units.v[i]);
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
	struct unit *u;

	if (!d)
		return DA_NOT_FOUND;
	r = da_ranges_find(&d->ranges, addr);
	if (!r && !d->no_ranges_done) {
		index_no_ranges(im, d);
		r = da_ranges_find(&d->ranges, addr);
	}
	if (!r)
		return DA_NOT_FOUND;
	u = open_unit(im, &d->units.v[r->value]);
	function = find_function(im, u, addr);
	fill_place(a, u, addr, function, limits, &place);
	if (!function && !place.calls[0].file)
		return DA_NOT_FOUND;
	*ret = place;
	return function ? DA_OK : DA_PARTIAL;
}
