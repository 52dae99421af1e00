/* SPDX-License-Identifier: Apache-2.0 */
/* One unit of debug information: its functions, lines, and the inlined calls around an address. */
#include "config.h"

#include <dwarf.h>
#include <string.h>

#include "image/unit.h"

/* A real file stays far below; a hostile one lets each of its entries name the same long list. */
#define RANGES_TOTAL 50000000

/* Code that the linker threw away keeps its debug information, at address 0, 1 or near the end. */
bool da_add_range(void *ctx, uint64_t start, uint64_t end)
{
	struct da_adding *a = ctx;

	if (da_image_is_code(a->im, start)) {
		da_ranges_add(a->im->arena, a->to, start, end, a->value);
		a->any = true;
	}
	return ++a->im->ranges_read < RANGES_TOTAL;
}

/* ---------------------------------------------------------------- functions of a unit */

struct walk {
	struct da_image *im;
	struct da_unit *u;
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
	struct da_adding a = { w->im, &w->u->functions, (uint32_t)w->u->dies.n, false };

	da_die_ranges(w->u->split, die, da_add_range, &a);
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

static uint32_t add_scope(struct walk *w, Dwarf_Die *die, uint32_t parent)
{
	da_vec_push(w->im->arena, &w->u->scopes, ((struct da_scope){ *die, parent }));
	return (uint32_t)w->u->scopes.n;
}

static void walk_functions(struct walk *w, Dwarf_Die *parent, uint32_t scope, uint64_t depth)
{
	Dwarf_Die die;

	if (depth > w->max_depth || dwarf_child(parent, &die) != 0)
		return;
	do {
		int tag = dwarf_tag(&die);

		if (tag == DW_TAG_subprogram) {
			add_function(w, &die);
			if (scope)
				*da_map_put(w->im->arena, &w->u->scope_of, (uintptr_t)die.addr, NULL) =
					scope;
		}
		if (has_members(tag))
			walk_functions(w, &die, add_scope(w, &die, scope), depth + 1);
		else if (w->deep && (tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block))
			walk_functions(w, &die, scope, depth + 1);
	} while (next_die(&die));
}

static Dwarf_Die *root(struct da_unit *u)
{
	return u->split ? &u->split->unit : &u->die;
}

static void index_functions(struct da_image *im, struct da_unit *u, bool deep, uint64_t max_depth)
{
	struct walk w = { im, u, deep, max_depth };

	u->functions.n = 0;
	u->dies.n = 0;
	u->scopes.n = 0;
	u->deep = deep;
	walk_functions(&w, root(u), 0, 0);
	da_ranges_sort(&u->functions);
}

void da_unit_open(struct da_image *im, struct da_unit *u)
{
	if (u->opened)
		return;
	u->opened = true;
	if (u->skeleton)
		u->split = da_split_open(im, &u->die);
	index_functions(im, u, false, da_limits_default.dwarf_depth);
}

/*
 * A function that contains the address. Functions inside functions (lambdas in local classes, nested
 * functions) are looked for only when the others do not have it: most units need no such search.
 */
const struct da_range_item *da_unit_function(struct da_image *im, struct da_unit *u, uint64_t addr)
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

/* The DIE that holds the name: where abstract origin and specification lead. */
static Dwarf_Die *named_die(Dwarf_Die *die, Dwarf_Die *mem)
{
	Dwarf_Attribute attr;

	for (int i = 0; i < 16 && die && !dwarf_hasattr(die, DW_AT_name); i++) {
		if (!dwarf_attr(die, DW_AT_abstract_origin, &attr) &&
		    !dwarf_attr(die, DW_AT_specification, &attr))
			return NULL;
		die = dwarf_formref_die(&attr, mem);
	}
	return die;
}

/* "ns::A::" + name, as far as the unit's own namespaces and classes tell. */
static const char *qualified(struct da_arena *a, struct da_unit *u, Dwarf_Die *of, const char *name)
{
	Dwarf_Die mem, *named = named_die(of, &mem);
	uint64_t *at = named ? da_map_get(&u->scope_of, (uintptr_t)named->addr) : NULL;
	uint32_t scope = at ? (uint32_t)*at : 0;

	for (int i = 0; i < 32 && scope; i++, scope = u->scopes.v[scope - 1].parent) {
		Dwarf_Die *die = &u->scopes.v[scope - 1].die;
		const char *s = text(a, dwarf_diename(die));

		if (!s && dwarf_tag(die) == DW_TAG_namespace)
			s = "(anonymous namespace)";
		else if (!s) /* a class without a name that has an operator() is a lambda */
			s = strcmp(name, "operator()") == 0 ? "<lambda>" : "<unnamed>";
		name = da_printf(a, "%s::%s", s, name);
	}
	return name;
}

/* The type that a DIE's type leads to when const and pointers are taken off. */
static bool pointed_type(Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Attribute attr;

	*ret = *die;
	for (int i = 0; i < 8; i++) {
		if (!dwarf_attr(ret, DW_AT_type, &attr) || !dwarf_formref_die(&attr, ret))
			return false;
		if (dwarf_tag(ret) == DW_TAG_class_type || dwarf_tag(ret) == DW_TAG_structure_type)
			return true;
	}
	return false;
}

/*
 * operator() of a class inside a function, whose scope was not walked: the first parameter that the
 * compiler added is the object (gcc calls it __closure in a lambda), so its type is the class.
 */
static const char *with_object(struct da_arena *a, Dwarf_Die *of, const char *name)
{
	Dwarf_Die mem, child, type, *named = named_die(of, &mem);

	if (!named || dwarf_child(named, &child) != 0)
		return name;
	do {
		if (dwarf_tag(&child) == DW_TAG_formal_parameter && dwarf_hasattr(&child, DW_AT_artificial) &&
		    pointed_type(&child, &type)) {
			const char *s = text(a, dwarf_diename(&type));

			return da_printf(a, "%s::%s", s ? s : "<lambda>", name);
		}
	} while (next_die(&child));
	return name;
}

static const char *name_of(struct da_arena *a, struct da_unit *u, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *s = NULL, *name;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attr))
		s = dwarf_formstring(&attr);
	if (s && mangled(s))
		return text(a, s);
	name = text(a, dwarf_diename(die));
	if (!name)
		return NULL;
	name = qualified(a, u, die, name);
	return strcmp(name, "operator()") == 0 ? with_object(a, die, name) : name;
}

/* A path of the line table: relative ones count from where the compiler ran. */
static const char *file_name(struct da_arena *a, struct da_unit *u, const char *file)
{
	Dwarf_Attribute attr;
	const char *dir = NULL;

	if (!file || da_path_rooted(file))
		return text(a, file);
	if (dwarf_attr(&u->die, DW_AT_comp_dir, &attr))
		dir = text(a, dwarf_formstring(&attr));
	file = text(a, file);
	return file && dir ? da_printf(a, "%s/%s", dir, file) : file;
}

static void read_lines(struct da_unit *u)
{
	Dwarf_Attribute attr;
	Dwarf_Word offset;

	if (u->lines_tried)
		return;
	u->lines_tried = true;
	if (dwarf_attr(&u->die, DW_AT_stmt_list, &attr) && dwarf_formudata(&attr, &offset) == 0)
		u->table = da_lines_open(u->im, offset);
	if (!u->table && dwarf_getsrclines(&u->die, &u->lines, &u->nlines) != 0)
		u->nlines = 0;
}

/* The last row at or below the address, unless it ends a sequence. */
static Dwarf_Line *find_line(struct da_unit *u, uint64_t addr)
{
	size_t lo = 0, hi;
	Dwarf_Line *line;
	Dwarf_Addr at;
	bool end = true;

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

static void fill_line(struct da_arena *a, struct da_unit *u, uint64_t addr, struct da_dwarf_call *ret)
{
	Dwarf_Line *line;
	uint32_t file;
	int n = 0;

	read_lines(u);
	if (u->table) {
		if (da_lines_find(u->table, addr, &file, &ret->line))
			ret->file = file_name(a, u, da_lines_file(u->table, file));
		return;
	}
	line = find_line(u, addr);
	if (!line)
		return;
	ret->file = file_name(a, u, dwarf_linesrc(line, NULL, NULL));
	if (dwarf_lineno(line, &n) == 0 && n > 0)
		ret->line = (uint32_t)n;
}

/* Where an inlined call was made: in the function around it. */
static void fill_call_site(struct da_arena *a, struct da_unit *u, Dwarf_Die *die,
			   struct da_dwarf_call *ret)
{
	bool own = u->split && u->split->has_files;
	Dwarf_Attribute attr;
	Dwarf_Files *files;
	Dwarf_Word n;
	size_t nfiles;

	if (dwarf_attr(die, DW_AT_call_line, &attr) && dwarf_formudata(&attr, &n) == 0 && n <= INT32_MAX)
		ret->line = (uint32_t)n;
	if (!dwarf_attr(die, DW_AT_call_file, &attr) || dwarf_formudata(&attr, &n) != 0)
		return;
	read_lines(u);
	if (u->table && !own)
		ret->file = file_name(a, u, da_lines_file(u->table, n));
	else if (dwarf_getsrcfiles(own ? &u->split->unit : &u->die, &files, &nfiles) == 0 && n < nfiles)
		ret->file = file_name(a, u, dwarf_filesrc(files, (size_t)n, NULL, NULL));
}

/* ---------------------------------------------------------------- inlined calls */

struct contains {
	struct da_image *im;
	uint64_t addr;
	bool found;
};

static bool contains_range(void *ctx, uint64_t start, uint64_t end)
{
	struct contains *c = ctx;

	c->found = c->addr >= start && c->addr < end;
	return !c->found && ++c->im->ranges_read < RANGES_TOTAL;
}

struct chain {
	struct da_unit *u;
	uint64_t addr, max_depth, max;
	DA_VEC(Dwarf_Die) calls; /* inlined_subroutine, outermost first */
};

static bool is_scope(int tag)
{
	return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block ||
	       tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
}

/*
 * Inlined calls around the address, below one DIE. Blocks of gcc overlap: one that contains the address
 * may hold no call, and its neighbour does.
 */
static bool find_inlined(struct da_arena *a, struct chain *c, Dwarf_Die *parent, uint64_t depth)
{
	Dwarf_Die die;

	if (depth >= c->max_depth || c->calls.n >= c->max || dwarf_child(parent, &die) != 0)
		return false;
	do {
		int tag = dwarf_tag(&die);
		struct contains in = { c->u->im, c->addr, false };

		if (!is_scope(tag))
			continue;
		da_die_ranges(c->u->split, &die, contains_range, &in);
		if (!in.found)
			continue;
		if (tag == DW_TAG_inlined_subroutine)
			da_vec_push(a, &c->calls, die);
		if (find_inlined(a, c, &die, depth + 1) || tag == DW_TAG_inlined_subroutine)
			return true;
	} while (next_die(&die));
	return false;
}

void da_unit_place(struct da_arena *a, struct da_unit *u, uint64_t addr,
		   const struct da_range_item *function, const struct da_limits *limits,
		   struct da_dwarf_place *ret)
{
	struct chain c = { .u = u, .addr = addr, .max_depth = limits->dwarf_depth,
			   .max = limits->inlines };
	Dwarf_Die die;

	if (function) {
		die = u->dies.v[function->value];
		find_inlined(a, &c, &die, 0);
		ret->start = function->start;
		ret->end = function->end;
	}
	ret->n = (unsigned)c.calls.n + 1;
	ret->calls = da_calloc(a, ret->n, sizeof(*ret->calls));
	if (function)
		ret->calls[0].function = name_of(a, u, &die);
	for (size_t i = 0; i < c.calls.n; i++) {
		ret->calls[i + 1].function = name_of(a, u, &c.calls.v[i]);
		fill_call_site(a, u, &c.calls.v[i], &ret->calls[i]);
	}
	fill_line(a, u, addr, &ret->calls[ret->n - 1]);
}
