/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/coreclr/names.h"
#include "runtime/coreclr/r2r_file.h"
#include "runtime/coreclr/types.h"

enum { RTR = 0x00525452, SECTIONS_MAX = 256, COMPONENTS_MAX = 4096, METHODS_MAX = 1 << 24, CELLS_MAX = 4096 };
/* Types of sections. */
enum { IMPORTS = 101, FUNCTIONS = 102, ENTRY_POINTS = 103, INSTANCES = 109, MANIFEST = 112, COMPONENTS = 115,
       MVIDS = 118, SECTION_TYPES = 128 };
enum { IMPORT_SIZE = 20, COMPONENT_SIZE = 16, MVID_SIZE = 16, RELOC_DIR64 = 10 };
enum { IS_COMPONENT = 0x20 }; /* flag of a header */
#define RELOCATIONS 5

struct section {
	uint32_t rva, size;
};

struct image {
	struct da_clr *c;
	struct da_bytes bytes;
	struct da_pe pe;
	uint64_t base;
	uint32_t header;       /* RVA */
	struct section sections[SECTION_TYPES];
	struct da_metadata *manifest; /* or NULL */
	struct da_map methods; /* index of the first RUNTIME_FUNCTION to module << 32 | rid */
	bool mapped;           /* methods are read */
};

struct da_clr_r2r {
	DA_VEC(struct image *) v;
	struct da_map methods; /* module << 32 | rid to struct da_clr_method */
};

/* ---------------------------------------------------------------- bytes by RVA */

static struct da_cursor at_rva(const struct image *im, uint32_t rva, uint32_t size)
{
	for (unsigned i = 0; i < im->pe.nsections; i++) {
		const struct da_pe_section *s = &im->pe.sections[i];
		uint64_t off = (uint64_t)s->off + (rva - s->rva);

		if (rva >= s->rva && da_fits(rva - s->rva, size, s->raw) && da_fits(off, size, im->bytes.n))
			return da_cursor(im->bytes.p + off, size ? size : (size_t)(s->raw - (rva - s->rva)), false, 8);
	}
	return da_cursor(NULL, 0, false, 8);
}

/* All that stands behind an RVA in its section. */
static struct da_cursor from_rva(const struct image *im, uint32_t rva)
{
	struct da_cursor c = at_rva(im, rva, 0);
	size_t off = c.base ? (size_t)(c.base - im->bytes.p) : 0;

	return c.base ? da_cursor(c.base, DA_MIN(da_left(&c), im->bytes.n - off), false, 8) : c;
}

static void read_sections(struct da_cursor *c, struct section *ret)
{
	uint32_t n = da_get_u32(c);

	for (uint32_t i = 0; i < n && i < SECTIONS_MAX && da_ok(c); i++) {
		uint32_t type = da_get_u32(c), rva = da_get_u32(c), size = da_get_u32(c);

		if (da_ok(c) && type < SECTION_TYPES)
			ret[type] = (struct section){ rva, size };
	}
}

/* The only export of a composite image: the RVA of its header; 0 none. */
static uint32_t exported_header(const struct image *im)
{
	enum { FUNCTIONS_AT = 28, NAMES_MAX = 64 };
	struct da_cursor d = at_rva(im, im->pe.dirs[DA_PE_EXPORT].rva, 40);
	uint32_t n, functions, names;

	da_skip(&d, 20);
	da_skip(&d, 4);
	n = da_get_u32(&d);
	functions = da_get_u32(&d);
	names = da_get_u32(&d);
	for (uint32_t i = 0; da_ok(&d) && i < n && i < NAMES_MAX; i++) {
		struct da_cursor name = at_rva(im, names + 4 * i, 4), text = from_rva(im, da_get_u32(&name));
		struct da_cursor f = at_rva(im, functions + 4 * i, 4);

		if (da_left(&text) > 10 && memcmp(text.p, "RTR_HEADER", 11) == 0)
			return da_get_u32(&f);
	}
	return 0;
}

static bool read_header(struct image *im)
{
	struct da_cursor cor = at_rva(im, im->pe.dirs[DA_PE_CLR].rva, 72), c;
	uint32_t rva = 0;

	if (im->pe.dirs[DA_PE_CLR].rva) {
		da_skip(&cor, 64); /* ManagedNativeHeader */
		rva = da_get_u32(&cor);
	}
	if (!rva && im->pe.dirs[DA_PE_EXPORT].rva)
		rva = exported_header(im);
	if (!rva)
		return false;
	c = from_rva(im, rva);
	if (da_get_u32(&c) != RTR)
		return false;
	im->header = rva;
	da_skip(&c, 8); /* versions, flags */
	read_sections(&c, im->sections);
	return da_ok(&c) && im->sections[FUNCTIONS].size;
}

/* ---------------------------------------------------------------- constants stand in */

/* Addresses in the image count from where it would have liked to stand. */
static void relocate(const struct image *im, const struct da_pe_section *s, uint8_t *copy)
{
	struct da_cursor c = at_rva(im, im->pe.dirs[RELOCATIONS].rva, im->pe.dirs[RELOCATIONS].size);
	uint64_t delta = im->base - im->pe.image_base;

	while (da_ok(&c) && da_left(&c) >= 8) {
		uint32_t page = da_get_u32(&c), size = da_get_u32(&c);

		if (size < 8 || size - 8 > da_left(&c))
			return;
		for (uint32_t i = 0; i < (size - 8) / 2; i++) {
			uint32_t entry = da_get_u16(&c), rva = page + (entry & 0xfff);
			uint64_t v = 0;

			if (entry >> 12 != RELOC_DIR64 || rva < s->rva || !da_fits(rva - s->rva, 8, s->raw))
				continue;
			memcpy(&v, copy + (rva - s->rva), 8);
			v += delta;
			memcpy(copy + (rva - s->rva), &v, 8);
		}
	}
}

static int by_rva(const void *a, const void *b)
{
	const struct section *x = a, *y = b;

	return x->rva < y->rva ? -1 : x->rva > y->rva;
}

/* Cells of imports: what the runtime fills in when code is first called. */
static unsigned read_cells(const struct image *im, struct section *ret)
{
	struct da_cursor c = at_rva(im, im->sections[IMPORTS].rva, im->sections[IMPORTS].size);
	unsigned n = 0;

	while (im->sections[IMPORTS].size && da_ok(&c) && da_left(&c) >= IMPORT_SIZE && n < CELLS_MAX) {
		ret[n].rva = da_get_u32(&c);
		ret[n].size = da_get_u32(&c);
		da_skip(&c, IMPORT_SIZE - 8);
		n++;
	}
	if (n)
		qsort(ret, n, sizeof(*ret), by_rva);
	return n;
}

/*
 * Tables and unwind data of compiled code often lie in the section that is also written. All of it stands in
 * but the cells of imports.
 */
static void lay_data(struct image *im, const struct da_pe_section *s, const struct section *cells, unsigned n)
{
	struct da_dump *d = im->c->dump;
	uint64_t end = (uint64_t)s->rva + s->raw, at = s->rva;
	uint8_t *copy = da_memdup(d->arena, im->bytes.p + s->off, s->raw);

	relocate(im, s, copy);
	for (unsigned i = 0; i <= n; i++) {
		uint64_t stop = i < n ? DA_MIN(DA_MAX((uint64_t)cells[i].rva, at), end) : end;

		if (stop > at)
			da_mem_overlay(&d->proc.mem, d->arena, im->base + at, im->base + stop, copy + (at - s->rva),
				       DA_NONE);
		at = i < n ? DA_MAX(at, (uint64_t)cells[i].rva + cells[i].size) : end;
	}
}

static void lay_constants(struct image *im)
{
	struct section *cells = da_calloc(im->c->arena, CELLS_MAX, sizeof(*cells));
	unsigned n = read_cells(im, cells);
	uint64_t total = 0;

	for (unsigned i = 0; i < im->pe.nsections; i++) {
		const struct da_pe_section *s = &im->pe.sections[i];

		/* Sections of a file lie apart: together they are no more than it. */
		if (!s->raw || !(s->prot & DA_PROT_W) || !da_fits(s->off, s->raw, im->bytes.n) ||
		    !da_fits(s->rva, s->raw, im->pe.image_size) || (total += s->raw) > im->bytes.n)
			continue;
		lay_data(im, s, cells, n);
	}
}

/* ---------------------------------------------------------------- numbers of the format */

/* 7 bits, then 14, 21, 28, 32: the lowest bits tell. */
static uint32_t get_number(struct da_cursor *c)
{
	uint32_t v = da_get_u8(c);

	if (!(v & 1))
		return v >> 1;
	if (!(v & 2))
		return v >> 2 | (uint32_t)da_get_u8(c) << 6;
	if (!(v & 4)) {
		v = v >> 3 | (uint32_t)da_get_u8(c) << 5;
		return v | (uint32_t)da_get_u8(c) << 13;
	}
	if (!(v & 8)) {
		v = v >> 4 | (uint32_t)da_get_u8(c) << 4;
		v |= (uint32_t)da_get_u8(c) << 12;
		return v | (uint32_t)da_get_u8(c) << 20;
	}
	return da_get_u32(c);
}

/* The same with a sign: a distance. */
static int32_t get_distance(struct da_cursor *c)
{
	uint8_t first = c->p < c->end ? *c->p : 0;
	unsigned bits = !(first & 1) ? 7 : !(first & 2) ? 14 : !(first & 4) ? 21 : !(first & 8) ? 28 : 32;
	uint32_t v = get_number(c);

	return bits < 32 && (v >> (bits - 1) & 1) ? (int32_t)(v | ~UINT32_C(0) << bits) : (int32_t)v;
}

/* ---------------------------------------------------------------- methods that are no instance of a generic one */

/*
 * A sparse array: offsets of trees of 16, whose inner nodes say where the right half stands and whether
 * the left one follows.
 */
static bool find_element(const struct da_cursor *array, uint64_t first, unsigned width, uint32_t i, struct da_cursor *ret)
{
	struct da_cursor c = *array;
	uint64_t at;

	da_seek(&c, (size_t)(first + (uint64_t)(i / 16) * width));
	at = width == 1 ? da_get_u8(&c) : width == 2 ? da_get_u16(&c) : da_get_u32(&c);
	at += first;
	for (unsigned bit = 8; bit; bit /= 2) {
		uint64_t node = at;
		uint32_t v;

		da_seek(&c, (size_t)node);
		v = get_number(&c);
		if (!da_ok(&c))
			return false;
		if (i & bit) {
			if (v & 2) {
				at = node + (v >> 2);
				continue;
			}
		} else if (v & 1) {
			at = da_pos(&c);
			continue;
		}
		/* A leaf in place of a subtree. */
		if ((v & 3) != 0 || v >> 2 != (i & 15))
			return false;
		*ret = c;
		return true;
	}
	da_seek(&c, (size_t)at);
	*ret = c;
	return da_ok(&c);
}

/* An entry point: index of the RUNTIME_FUNCTION, above one or two flags of fixups. */
static uint32_t get_entry_point(struct da_cursor *c)
{
	uint32_t v = get_number(c);

	return v & 1 ? v >> 2 : v >> 1;
}

static void put_method(struct image *im, uint32_t index, uint32_t module, uint32_t rid)
{
	bool new;
	uint64_t *at = da_map_put(im->c->arena, &im->methods, index, &new);

	if (new)
		*at = (uint64_t)module << 32 | rid;
}

static void map_methods(struct image *im, struct section s, uint32_t module)
{
	static const unsigned widths[] = { 1, 2, 4, 4 };
	struct da_cursor c = from_rva(im, s.rva), e;
	uint32_t head, n;
	uint64_t first;

	if (!s.rva)
		return;
	head = get_number(&c);
	n = head >> 2;
	first = da_pos(&c);
	if (!da_ok(&c) || n > METHODS_MAX || n / 16 > da_left(&c))
		return;
	for (uint32_t i = 0; i < n; i++)
		if (find_element(&c, first, widths[head & 3], i, &e)) {
			uint32_t index = get_entry_point(&e);

			if (da_ok(&e))
				put_method(im, index, module, i + 1);
		}
}

/* ---------------------------------------------------------------- which assembly */

static uint32_t module_named(struct da_clr *c, const char *name)
{
	for (size_t i = 0; name && i < c->modules->v.n; i++)
		if (da_streq(c->dump->proc.assemblies.v[c->modules->v.v[i].assembly].name, name))
			return (uint32_t)i;
	return DA_NONE;
}

/* AssemblyRef row of the manifest that the compiler adds. */
static uint32_t module_of_ref(const struct image *im, uint32_t rid)
{
	enum { COL_NAME = 6 };
	uint32_t name;

	if (!im->manifest || !da_metadata_cell(im->manifest, DA_MD_ASSEMBLY_REF, rid, COL_NAME, &name))
		return DA_NONE;
	return module_named(im->c, da_metadata_string(im->manifest, name));
}

/* The assembly whose own image this is. */
static uint32_t own_module(const struct image *im)
{
	for (size_t i = 0; i < im->c->modules->v.n; i++)
		if (im->c->modules->v.v[i].file.p == im->bytes.p)
			return (uint32_t)i;
	return DA_NONE;
}

static void map_components(struct image *im)
{
	struct section s = im->sections[COMPONENTS];
	struct da_cursor c = at_rva(im, s.rva, s.size);

	for (uint32_t i = 0; i < s.size / COMPONENT_SIZE && i < COMPONENTS_MAX; i++) {
		struct section parts[SECTION_TYPES] = { { 0 } };
		struct da_cursor core;
		uint32_t module = module_of_ref(im, i + 1);

		da_skip(&c, 8); /* COR header */
		core = from_rva(im, da_get_u32(&c));
		da_skip(&c, 4);
		da_skip(&core, 4); /* flags */
		read_sections(&core, parts);
		if (da_ok(&c) && module != DA_NONE)
			map_methods(im, parts[ENTRY_POINTS], module);
	}
}

/* ---------------------------------------------------------------- instances of generic methods */

enum { F_ARGUMENTS = 4, F_MEMBER_REF = 0x10, F_CONSTRAINED = 0x20, F_OWNER = 0x40, F_MODULE = 0x80, TYPE_DEPTH = 32 };
enum { T_PTR = 0x0f, T_BYREF = 0x10, T_VALUE = 0x11, T_CLASS = 0x12, T_VAR = 0x13, T_ARRAY = 0x14, T_GENERIC = 0x15,
       T_SZARRAY = 0x1d, T_MVAR = 0x1e, T_MODULE = 0x3f, T_PINNED = 0x45 };

struct instance {
	bool other;           /* of a module that the owner's type names */
	uint32_t module;
};

/* Passes over a type; the outermost module that it names is the owner's. */
static void skip_type(struct da_cursor *c, struct instance *x, bool outer, unsigned depth)
{
	uint32_t n;

	if (depth > TYPE_DEPTH) {
		da_seek(c, SIZE_MAX);
		return;
	}
	switch (da_get_u8(c)) {
	case T_VALUE:
	case T_CLASS:
	case T_VAR:
	case T_MVAR:
		da_get_md_u32(c);
		return;
	case T_GENERIC:
		skip_type(c, x, outer, depth + 1);
		n = da_get_md_u32(c);
		for (uint32_t i = 0; i < n && da_ok(c); i++)
			skip_type(c, x, false, depth + 1);
		return;
	case T_PTR:
	case T_BYREF:
	case T_SZARRAY:
	case T_PINNED:
		skip_type(c, x, outer, depth + 1);
		return;
	case T_ARRAY:
		skip_type(c, x, outer, depth + 1);
		da_get_md_u32(c);
		for (unsigned k = 0; k < 2; k++) {
			n = da_get_md_u32(c);
			for (uint32_t i = 0; i < n && da_ok(c); i++)
				da_get_md_u32(c);
		}
		return;
	case T_MODULE:
		n = da_get_md_u32(c);
		if (outer && !x->other) {
			x->other = true;
			x->module = n;
		}
		skip_type(c, x, outer, depth + 1);
		return;
	default:
		return;
	}
}

/* 0: the image's own; then the AssemblyRefs of its metadata (a composite image has none), one more, those of the manifest. */
static uint32_t module_of_index(const struct image *im, uint32_t own, uint32_t index)
{
	enum { COL_NAME = 6 };
	struct da_metadata *md = own != DA_NONE ? im->c->modules->v.v[own].metadata : NULL;
	uint32_t refs = md ? da_metadata_rows(md, DA_MD_ASSEMBLY_REF) : 0, name;

	if (!index)
		return own;
	if (index <= refs)
		return da_metadata_cell(md, DA_MD_ASSEMBLY_REF, index, COL_NAME, &name) ?
			       module_named(im->c, da_metadata_string(md, name)) : DA_NONE;
	return module_of_ref(im, index - refs - 1);
}

static void map_instance(struct image *im, struct da_cursor *c, uint32_t own)
{
	struct instance x = { 0 };
	uint32_t flags = da_get_md_u32(c), rid, n, module;

	if (flags & F_MODULE) {
		x.other = true;
		x.module = da_get_md_u32(c);
	}
	if (flags & F_OWNER)
		skip_type(c, &x, true, 0);
	rid = da_get_md_u32(c);
	if (flags & F_ARGUMENTS) {
		n = da_get_md_u32(c);
		for (uint32_t i = 0; i < n && da_ok(c); i++)
			skip_type(c, &x, false, 0);
	}
	if (flags & F_CONSTRAINED)
		skip_type(c, &x, false, 0);
	n = get_entry_point(c);
	module = module_of_index(im, own, x.other ? x.module : 0);
	if (da_ok(c) && !(flags & F_MEMBER_REF) && module != DA_NONE)
		put_method(im, n, module, rid);
}

/* A hash table: buckets of {low byte of a hash, distance to the entry}. */
static void map_instances(struct image *im, uint32_t own)
{
	struct section s = im->sections[INSTANCES];
	struct da_cursor all = from_rva(im, s.rva);
	unsigned head, width;
	uint32_t buckets, seen = 0;

	if (!s.rva)
		return;
	head = da_get_u8(&all);
	if (head >> 2 > 24)
		return;
	width = 1u << DA_MIN(head & 3, 2u);
	buckets = 1u << (head >> 2);
	for (uint32_t b = 0; b < buckets && da_ok(&all); b++) {
		uint32_t start, end;

		da_seek(&all, 1 + (size_t)b * width);
		start = width == 1 ? da_get_u8(&all) : width == 2 ? da_get_u16(&all) : da_get_u32(&all);
		end = width == 1 ? da_get_u8(&all) : width == 2 ? da_get_u16(&all) : da_get_u32(&all);
		da_seek(&all, 1 + (size_t)start);
		while (da_ok(&all) && da_pos(&all) < 1 + (size_t)end && seen++ < METHODS_MAX) {
			struct da_cursor e = all;
			size_t at;
			int32_t distance;

			da_skip(&all, 1);
			at = da_pos(&all);
			distance = get_distance(&all);
			e = all;
			if (distance < 0 && (size_t)-(int64_t)distance > at)
				return;
			da_seek(&e, (size_t)((int64_t)at + distance));
			map_instance(im, &e, own);
		}
	}
}

static void open_manifest(struct image *im)
{
	struct section m = im->sections[MANIFEST];
	struct da_cursor c = at_rva(im, m.rva, m.size);
	struct da_sparse bytes = { .bytes = { c.p, da_left(&c) } };

	if (m.size && bytes.bytes.n && da_metadata_open(im->c->arena, &bytes, &im->manifest) != DA_OK)
		im->manifest = NULL;
}

static void map_image(struct image *im)
{
	uint32_t own = own_module(im);

	im->mapped = true;
	open_manifest(im);
	if (im->sections[COMPONENTS].size)
		map_components(im);
	else if (own != DA_NONE)
		map_methods(im, im->sections[ENTRY_POINTS], own);
	map_instances(im, im->sections[COMPONENTS].size ? DA_NONE : own);
}

/* ---------------------------------------------------------------- entry points */

void da_clr_r2r_add(struct da_clr *c, struct da_bytes bytes, uint64_t base)
{
	struct image *im = da_new(c->arena, struct image);

	*im = (struct image){ .c = c, .bytes = bytes, .base = base };
	if (!base || da_pe_read(c->arena, bytes, &im->pe) != DA_OK || !read_header(im))
		return;
	if (!c->modules->r2r)
		c->modules->r2r = da_new(c->arena, struct da_clr_r2r);
	lay_constants(im);
	da_vec_push(c->arena, &c->modules->r2r->v, im);
}

static uint32_t entry_size(const struct da_clr *c)
{
	return c->arm64 ? 8 : 12;
}

/* The last entry that begins at or before the RVA, if it reaches that far (only x64 says so). */
static bool find_function(const struct image *im, uint32_t rva, uint32_t *ret)
{
	uint32_t size = entry_size(im->c);
	struct section s = im->sections[FUNCTIONS];
	struct da_cursor c = at_rva(im, s.rva, s.size);
	uint32_t low = 0, high = s.size / size;

	while (low < high && da_ok(&c)) {
		uint32_t mid = low + (high - low) / 2;

		da_seek(&c, (size_t)mid * size);
		if (da_get_u32(&c) <= rva)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || !da_ok(&c))
		return false;
	*ret = low - 1;
	da_seek(&c, (size_t)(low - 1) * size + 4);
	return im->c->arm64 || rva < da_get_u32(&c);
}

/* ---------------------------------------------------------------- is it this code? */

/* One bucket of the runtime's table from the beginning of methods' code; false: a key contradicts the file. */
static bool check_bucket(const struct image *im, uint64_t bucket, unsigned *ret_same)
{
	enum { SLOTS = 4 };

	for (unsigned k = 0; k < SLOTS; k++) {
		uint64_t key;
		uint32_t index;
		struct da_cursor f;

		if (da_mem_word(im->c->mem, bucket + 8 * k, &key) != DA_OK || key < im->base ||
		    key - im->base >= im->pe.image_size)
			continue;
		if (!find_function(im, (uint32_t)(key - im->base), &index))
			return false;
		f = at_rva(im, im->sections[FUNCTIONS].rva + index * entry_size(im->c), 4);
		if (da_get_u32(&f) != key - im->base)
			return false;
		++*ret_same;
	}
	return true;
}

/* By the runtime's own record of the code (of a composite image, that of the whole). */
static enum da_clr_r2r_same compare_record(const struct image *im, uint64_t info)
{
	enum { LOOKED_AT = 4096, ENOUGH = 3 };
	struct da_clr *c = im->c;
	uint32_t functions = im->sections[FUNCTIONS].size / entry_size(c), count;
	uint64_t map, buckets, n;
	unsigned same = 0;

	/* The last entry of a table may only end it. */
	if (DA_CLR_U32(c, info, ReadyToRunInfo, NumRuntimeFunctions, &n) == DA_OK && n != functions && n + 1 != functions)
		return DA_CLR_R2R_OTHER;
	if (!DA_CLR_HAS(c, ReadyToRunInfo, EntryPointToMethodDescMap) || DA_CLR_SIZE(c, Bucket) <= 0 ||
	    !DA_CLR_HAS(c, Bucket, Keys))
		return DA_CLR_R2R_UNKNOWN;
	map = info + (uint64_t)DA_CLR_OFF(c, ReadyToRunInfo, EntryPointToMethodDescMap);
	if (DA_CLR_PTR(c, map, HashMap, Buckets, &buckets) != DA_OK || da_mem_u32(c->mem, buckets, &count) != DA_OK)
		return DA_CLR_R2R_UNKNOWN;
	/* The first of the buckets holds their number. */
	for (uint32_t i = 1; i <= count && i <= LOOKED_AT; i++)
		if (!check_bucket(im, buckets + i * (uint64_t)DA_CLR_SIZE(c, Bucket) +
					      (uint64_t)DA_CLR_OFF(c, Bucket, Keys), &same))
			return DA_CLR_R2R_OTHER;
	return same >= ENOUGH ? DA_CLR_R2R_SAME : DA_CLR_R2R_UNKNOWN;
}

enum da_clr_r2r_same da_clr_r2r_compare(struct da_clr *c, struct da_bytes bytes, uint64_t base, uint64_t module)
{
	struct image im = { .c = c, .bytes = bytes, .base = base };
	uint64_t info;

	if (!base || da_pe_read(c->arena, bytes, &im.pe) != DA_OK || !read_header(&im) || im.sections[COMPONENTS].size ||
	    DA_CLR_PTR(c, module, Module, ReadyToRunInfo, &info) != DA_OK || !info)
		return DA_CLR_R2R_UNKNOWN;
	return compare_record(&im, info);
}

/* An assembly of the same name, but not compiled into a composite image, stands in for a component. */
static bool is_component(const struct da_clr *c, const struct da_clr_module *m)
{
	enum { FLAGS = 8 };
	uint32_t flags;

	return !m->image.ready_to_run || da_mem_u32(c->mem, m->image.ready_to_run + FLAGS, &flags) != DA_OK ||
	       (flags & IS_COMPONENT);
}

/* The ids of its components, in the order of the manifest, against those of assemblies in the process. */
static enum da_clr_r2r_same compare_components(const struct image *im)
{
	struct section s = im->sections[MVIDS];
	struct da_cursor c = at_rva(im, s.rva, s.size);
	unsigned same = 0;

	for (uint32_t i = 0; s.size && i < s.size / MVID_SIZE && i < COMPONENTS_MAX; i++) {
		const uint8_t *stored = da_get_bytes(&c, MVID_SIZE);
		uint32_t module = module_of_ref(im, i + 1);
		const struct da_clr_module *m = module != DA_NONE ? &im->c->modules->v.v[module] : NULL;
		uint8_t want[16], have[16];

		if (!stored)
			break;
		if (!m || !m->metadata || !da_metadata_mvid(m->metadata, want))
			continue;
		da_guid_text(stored, have);
		if (memcmp(want, have, sizeof(want)) == 0)
			same++;
		else if (is_component(im->c, m))
			return DA_CLR_R2R_OTHER;
	}
	return same ? DA_CLR_R2R_SAME : DA_CLR_R2R_UNKNOWN;
}

enum da_clr_r2r_same da_clr_r2r_compare_composite(struct da_clr *c, struct da_bytes bytes, uint64_t base, uint64_t info)
{
	struct image im = { .c = c, .bytes = bytes, .base = base };
	enum da_clr_r2r_same same, record;

	if (!base || da_pe_read(c->arena, bytes, &im.pe) != DA_OK || !read_header(&im) || !im.sections[COMPONENTS].size)
		return DA_CLR_R2R_OTHER;
	open_manifest(&im);
	same = compare_components(&im);
	record = info ? compare_record(&im, info) : DA_CLR_R2R_UNKNOWN;
	return same == DA_CLR_R2R_OTHER || record == DA_CLR_R2R_OTHER ? DA_CLR_R2R_OTHER :
	       same == DA_CLR_R2R_SAME && record == DA_CLR_R2R_SAME   ? DA_CLR_R2R_SAME : DA_CLR_R2R_UNKNOWN;
}

/* ---------------------------------------------------------------- methods by address */

static const struct da_clr_method *describe(struct da_clr *c, uint64_t key)
{
	struct da_clr_module *m = &c->modules->v.v[key >> 32];
	uint32_t rid = (uint32_t)key;
	struct da_clr_method *x;
	struct da_md_method d;
	const char *type;

	if (!m->metadata || !da_clr_is_read(da_metadata_method(m->metadata, rid, &d)) || !d.name || !d.type)
		return NULL;
	type = da_metadata_type_name(m->metadata, d.type);
	if (!type)
		return NULL;
	x = da_new(c->arena, struct da_clr_method);
	x->token = DA_MD_METHOD_DEF << 24 | rid;
	x->module = m;
	x->raw = da_printf(c->arena, "%s.%s", type, d.name);
	x->name = da_clr_friendly_marked(c->arena, type, d.name, NULL, da_clr_method_marks(m->metadata, &d));
	return x;
}

/* Entries between a method's first and the next method's are its funclets. */
static const struct da_clr_method *find_method(struct image *im, uint32_t *index)
{
	enum { FUNCLETS_MAX = 4096 };
	struct da_clr_r2r *r = im->c->modules->r2r;

	if (!im->mapped)
		map_image(im);
	for (uint32_t n = 0; n <= *index && n < FUNCLETS_MAX; n++) {
		const uint64_t *key = da_map_get(&im->methods, *index - n);
		uint64_t *known;
		bool new;

		if (!key)
			continue;
		*index -= n;
		known = da_map_put(im->c->arena, &r->methods, *key, &new);
		if (new)
			*known = (uintptr_t)describe(im->c, *key);
		return (const struct da_clr_method *)(uintptr_t)*known;
	}
	return NULL;
}

static struct image *image_at(const struct da_clr *c, uint64_t pc)
{
	struct da_clr_r2r *r = c->modules ? c->modules->r2r : NULL;

	for (size_t i = 0; r && i < r->v.n; i++)
		if (pc >= r->v.v[i]->base && pc - r->v.v[i]->base < r->v.v[i]->pe.image_size)
			return r->v.v[i];
	return NULL;
}

bool da_clr_r2r_functions(const struct da_clr *c, uint64_t pc, uint64_t *ret_base, uint64_t *ret_table, uint32_t *ret_n)
{
	const struct image *im = image_at(c, pc);

	if (!im)
		return false;
	*ret_base = im->base;
	*ret_table = im->base + im->sections[FUNCTIONS].rva;
	*ret_n = im->sections[FUNCTIONS].size / entry_size(c);
	return true;
}

const struct da_clr_method *da_clr_r2r_method(struct da_clr *c, uint64_t pc, struct da_clr_code *ret_code)
{
	struct image *im = image_at(c, pc);
	const struct da_clr_method *m;
	struct da_cursor f;
	uint32_t index;

	if (!im || !find_function(im, (uint32_t)(pc - im->base), &index))
		return NULL;
	m = find_method(im, &index);
	if (!m)
		return NULL;
	f = at_rva(im, im->sections[FUNCTIONS].rva + index * entry_size(c), 4);
	ret_code->r2r = true;
	ret_code->base = im->base;
	ret_code->index = index;
	ret_code->start = im->base + da_get_u32(&f);
	ret_code->r2r_header = im->base + im->header;
	return m;
}
