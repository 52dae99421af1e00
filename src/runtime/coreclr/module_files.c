/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that stand in for what a dump lacks of an assembly: its own, the program that it was bundled into,
 * its portable PDB. Nothing is believed by its name: a file is taken when its MVID is that of the image in
 * the dump, or else its time stamp and size. A dump without even the image's first page (the kernel's, gcore's)
 * holds neither; then size in memory and the numbers of types and methods must be those that the runtime made
 * room for, and where methods of compiled code began, functions of the file must begin. What has no compiled
 * code to compare is only taken from where the user named.
 */
#include "config.h"

#include <string.h>

#include "image/pe.h"
#include "runtime/coreclr/modules.h"
#include "runtime/coreclr/r2r_file.h"

enum { UNPACKED_MAX = 1 << 28 };

struct candidate {
	struct da_clr *c;
	struct da_clr_module *m;
	const struct da_clr_image_source *s;
	struct da_cli_image image;
	struct da_metadata *metadata;
	struct da_bytes bytes;
	const char *path;
};

/* ---------------------------------------------------------------- is it this image? */

static bool open_file(struct candidate *x, struct da_bytes bytes)
{
	struct da_sparse md;

	if (da_cli_file_read(x->c->arena, bytes, &x->image) != DA_OK || !x->image.metadata ||
	    !da_fits(x->image.metadata, x->image.metadata_size, bytes.n))
		return false;
	md = (struct da_sparse){ .bytes = { bytes.p + x->image.metadata, x->image.metadata_size } };
	return da_metadata_open(x->c->arena, &md, &x->metadata) == DA_OK;
}

/* A map inside the Module has one entry for each row, and one more: row numbers begin at 1. */
static bool same_rows(const struct candidate *x, enum da_clr_field field, enum da_md_table table)
{
	int32_t off = x->c->layout.off[field];
	uint32_t n;

	if (off == DA_CLR_UNKNOWN)
		return false;
	n = da_clr_lookup_count(x->c, x->m->address + (uint64_t)off);
	return n && n == da_metadata_rows(x->metadata, table) + 1;
}

static bool fits(const struct candidate *x)
{
	bool size = false;

	for (unsigned i = 0; i < DA_ARRAY_SIZE(x->s->size); i++)
		size = size || (x->s->size[i] && (x->s->size[i] == x->image.image_size ||
						  x->s->size[i] == x->bytes.n));
	return size && same_rows(x, DA_CLR_Module_TypeDefToMethodTableMap, DA_MD_TYPE_DEF) &&
	       same_rows(x, DA_CLR_Module_MethodDefToDescMap, DA_MD_METHOD_DEF);
}

static bool belongs(const struct candidate *x, bool local)
{
	const struct da_clr_module *m = x->m;
	uint8_t want[16], have[16];
	enum da_clr_r2r_same same;

	if (m->metadata && da_metadata_mvid(m->metadata, want))
		return da_metadata_mvid(x->metadata, have) && memcmp(want, have, sizeof(want)) == 0;
	if (m->image.base && m->image.image_size)
		return m->image.timestamp == x->image.timestamp && m->image.image_size == x->image.image_size;
	if (!fits(x))
		return false;
	same = da_clr_r2r_compare(x->c, x->bytes, x->s->base[0], m->address);
	return same == DA_CLR_R2R_SAME || (!local && same == DA_CLR_R2R_UNKNOWN);
}

/* ---------------------------------------------------------------- pages of its mapping */

enum { PAGE = 4096 };

/* An image inside a file that the process mapped. */
struct mapping {
	struct da_clr *c;
	struct da_pe pe;
	const char *name;     /* of the file, in the process */
	struct da_bytes file;
	uint64_t at, n;       /* the image in it */
	uint64_t base;        /* where it was loaded, 0 unknown */
};

static bool is_unsaved(const struct mapping *m, const struct da_range *r)
{
	return r->name && r->file_len < r->end - r->start && strcmp(r->name, m->name) == 0 && r->name_off < m->file.n &&
	       r->name_off < m->at + m->n && r->name_off + (r->end - r->start) > m->at;
}

static bool is_mapped(const struct mapping *m, uint64_t start, uint64_t off)
{
	const struct da_memory *mem = &m->c->dump->proc.mem;

	for (size_t i = 0; i < mem->ranges.n; i++) {
		const struct da_range *r = &mem->ranges.v[i];

		if (r->name && r->start == start / PAGE * PAGE && r->name_off == off / PAGE * PAGE &&
		    strcmp(r->name, m->name) == 0)
			return true;
	}
	return false;
}

/* The loader maps headers, then each section apart. Pages of the file belong to neighbours too. */
static uint64_t find_base(const struct mapping *m)
{
	const struct da_memory *mem = &m->c->dump->proc.mem;

	for (size_t i = 0; i < mem->ranges.n && m->pe.nsections; i++) {
		const struct da_range *r = &mem->ranges.v[i];
		uint64_t base = r->start + m->at % PAGE;

		if (r->name && r->name_off == m->at / PAGE * PAGE && strcmp(r->name, m->name) == 0 &&
		    is_mapped(m, base + m->pe.sections[0].rva, m->at + m->pe.sections[0].off))
			return base;
	}
	return 0;
}

/*
 * Is this piece of a mapping as in the file? All of a flat one, headers, and sections that nobody writes: a
 * page of the file can be mapped twice, so address and offset tell which section a piece belongs to.
 */
static bool is_as_in_file(const struct mapping *m, const struct da_range *r)
{
	uint64_t len = r->end - r->start;

	if (r->has_prot && (r->prot & DA_PROT_W))
		return false;
	if (r->name_off <= m->at && r->name_off + len >= m->at + m->n)
		return true;
	if (!m->base)
		return false;
	if (r->start == m->base / PAGE * PAGE)
		return true;
	for (unsigned i = 0; i < m->pe.nsections; i++) {
		const struct da_pe_section *s = &m->pe.sections[i];

		if (m->base + s->rva - (m->at + s->off) == r->start - r->name_off &&
		    r->start < m->base + s->rva + DA_MAX(s->size, s->raw) && r->end > m->base + s->rva)
			return !(s->prot & DA_PROT_W);
	}
	return false;
}

static void lay_pages(struct mapping *m, struct da_bytes image)
{
	struct da_memory *mem = &m->c->dump->proc.mem;
	DA_VEC(struct da_overlay) todo = { 0 };

	if (!m->name || da_pe_read(m->c->arena, image, &m->pe) != DA_OK)
		return;
	m->n = image.n;
	if (!m->base)
		m->base = find_base(m);
	for (size_t i = 0; i < mem->ranges.n; i++) {
		const struct da_range *r = &mem->ranges.v[i];

		if (is_unsaved(m, r) && is_as_in_file(m, r))
			da_vec_push(m->c->arena, &todo,
				    ((struct da_overlay){ r->start,
							  r->start + DA_MIN(r->end - r->start, m->file.n - r->name_off),
							  m->file.p + r->name_off, DA_NONE }));
	}
	for (size_t i = 0; i < todo.n; i++)
		da_mem_overlay(mem, m->c->dump->arena, todo.v[i].start, todo.v[i].end, todo.v[i].bytes, DA_NONE);
}

void da_clr_lay_file(struct da_clr *c, const char *name, struct da_bytes file, uint64_t base)
{
	struct mapping m = { .c = c, .name = name, .file = file, .base = base };

	lay_pages(&m, file);
}

/* One that was inflated has no mapping of a file: its sections, where it was loaded. */
static void lay_sections(struct da_clr *c, struct da_bytes image, uint64_t base, uint64_t size)
{
	struct da_memory *mem = &c->dump->proc.mem;
	struct da_pe pe;

	if (!base || da_pe_read(c->arena, image, &pe) != DA_OK || size != pe.image_size)
		return;
	for (unsigned i = 0; i < pe.nsections; i++) {
		const struct da_pe_section *s = &pe.sections[i];

		if (!(s->prot & DA_PROT_W) && s->raw && da_fits(s->off, s->raw, image.n) && da_fits(s->rva, s->raw, size))
			da_mem_overlay(mem, c->dump->arena, base + s->rva, base + s->rva + s->raw, image.p + s->off,
				       DA_NONE);
	}
}

static void take(struct candidate *x)
{
	struct da_clr_module *m = x->m;

	m->metadata = x->metadata;
	m->whole = true;
	m->file = x->bytes;
	m->file_path = x->path;
	m->file_image = x->image;
	if (!m->image.base) { /* addresses of a file are no addresses of the process */
		m->image.timestamp = x->image.timestamp;
		m->image.image_size = x->image.image_size;
	}
	if (!m->image.has_pdb && x->image.has_pdb) {
		m->image.has_pdb = true;
		memcpy(m->image.pdb_guid, x->image.pdb_guid, sizeof(m->image.pdb_guid));
		m->image.pdb_stamp = x->image.pdb_stamp;
		m->image.pdb_age = x->image.pdb_age;
		m->image.pdb_path = x->image.pdb_path;
	}
}

/* ---------------------------------------------------------------- files of their own */

static bool try_assembly(void *ctx, struct da_bytes bytes, const char *path, bool local)
{
	struct candidate *x = ctx;

	x->bytes = bytes;
	if (!open_file(x, bytes) || !belongs(x, local))
		return false;
	x->path = da_strdup(x->c->arena, path);
	return true;
}

/* Only where the image was loaded by its sections: a flat one runs no compiled code. */
static void add_code(const struct candidate *x)
{
	if (x->s->base[0] && x->s->size[0] == x->image.image_size)
		da_clr_r2r_add(x->c, x->bytes, x->s->base[0]);
}

static void from_own_file(struct candidate *x)
{
	const struct da_cli_image *image = &x->m->image;
	struct da_managed_wanted w = { .name = da_clr_base_name(x->s->path), .path = x->s->path };

	if (image->base && image->image_size)
		w.store = da_printf(x->c->arena, "%s/%08X%x", w.name, image->timestamp, image->image_size);
	if (!da_symbols_managed(x->c->symbols, &w, try_assembly, x))
		return;
	da_clr_lay_file(x->c, x->s->path, x->bytes, x->s->base[0]);
	take(x);
	add_code(x);
}

/* ---------------------------------------------------------------- bundles */

const struct da_bundle *da_clr_bundle(struct da_clr *c, struct da_bytes file)
{
	uint64_t *known = da_map_get(&c->modules->bundles, (uintptr_t)file.p);
	struct da_bundle *b = NULL;
	uint64_t header;
	bool signed_;

	if (known)
		return (const struct da_bundle *)(uintptr_t)*known;
	header = da_bundle_find(file, &signed_);
	if (header) {
		b = da_new(c->arena, struct da_bundle);
		if (da_bundle_read(c->arena, file, header, b) != DA_OK)
			b = NULL;
	}
	*da_map_put(c->arena, &c->modules->bundles, (uintptr_t)file.p, NULL) = (uintptr_t)b;
	return b;
}

struct bundle_search {
	struct candidate *x;
	const char *path;
	struct da_bytes file;
};

/*
 * The build-id of a program with a bundle is that of .NET's host, the same for all programs. The manifest
 * tells: the entry that the runtime read must be there, with this offset and these sizes.
 */
static bool try_bundle(void *ctx, struct da_bytes file, const char *path, bool local)
{
	struct bundle_search *b = ctx;
	const struct da_clr_image_source *s = b->x->s;
	const struct da_bundle *bundle = da_clr_bundle(b->x->c, file);

	(void)local;
	for (uint32_t i = 0; bundle && i < bundle->n; i++) {
		const struct da_bundle_entry *e = &bundle->entries[i];
		struct da_bytes bytes;

		/* The runtime keeps the size in the file first, and the unpacked one where it differs. */
		if (e->off != s->bundle_off ||
		    (s->bundle_unpacked ? e->packed != s->bundle_size || e->size != s->bundle_unpacked :
					  e->size != s->bundle_size))
			continue;
		if (da_bundle_extract(b->x->c->arena, file, e, UNPACKED_MAX, &bytes) != DA_OK)
			return false;
		b->x->bytes = bytes;
		b->path = path;
		b->file = file;
		return open_file(b->x, bytes);
	}
	return false;
}

static bool is_assembly(const struct da_clr *c, uint64_t off)
{
	for (size_t i = 0; i < c->modules->v.n; i++)
		if (c->modules->v.v[i].source->in_bundle && c->modules->v.v[i].source->bundle_off == off)
			return true;
	return false;
}

/*
 * Assemblies that are stored as they are get mapped out of the program's file, each section apart. All of its
 * rows are laid, also those of what is no assembly to the runtime: the code of a composite image.
 */
static void lay_bundle(struct da_clr *c, const struct da_bundle *bundle, const char *mapped, struct da_bytes file)
{
	for (uint32_t i = 0; i < bundle->n; i++) {
		const struct da_bundle_entry *e = &bundle->entries[i];
		struct mapping m = { .c = c, .name = mapped, .file = file, .at = e->off };

		if (e->packed || e->type != DA_BUNDLE_ASSEMBLY || !da_fits(e->off, e->size, file.n))
			continue;
		lay_pages(&m, (struct da_bytes){ file.p + e->off, (size_t)e->size });
		if (!is_assembly(c, e->off)) /* composite */
			da_clr_r2r_add(c, (struct da_bytes){ file.p + e->off, (size_t)e->size }, m.base);
	}
}

static bool same_mvid(const struct candidate *x)
{
	uint8_t want[16], have[16];

	return !x->m->metadata || !da_metadata_mvid(x->m->metadata, want) ||
	       (da_metadata_mvid(x->metadata, have) && memcmp(want, have, sizeof(want)) == 0);
}

static void from_bundle(struct candidate *x)
{
	struct da_clr *c = x->c;
	const struct da_module *host = &c->dump->proc.modules.v[c->module];
	struct bundle_search b = { .x = x };
	struct da_managed_wanted w = { .name = host->name, .path = host->path };
	const char *path;
	struct da_bytes file;
	bool found = da_symbols_file(c->symbols, c->module, &file, &path) && try_bundle(&b, file, path, false);

	if (!found && !da_symbols_managed(c->symbols, &w, try_bundle, &b))
		return;
	if (!same_mvid(x))
		return;
	x->path = b.path ? da_strdup(c->arena, b.path) : NULL;
	take(x);
	add_code(x);
	if (x->s->bundle_unpacked)
		lay_sections(c, x->bytes, x->s->base[0], x->s->size[0]);
	if (!c->modules->laid) {
		c->modules->laid = true;
		lay_bundle(c, da_clr_bundle(c, b.file), host->path, b.file);
	}
}

/*
 * The host keeps, in its data, where the manifest begins in the file; createdump saves that page always.
 */
static bool same_manifest(struct da_clr *c, uint64_t header)
{
	const struct da_memory *mem = &c->dump->proc.mem;
	const char *path = c->dump->proc.modules.v[c->module].path;

	for (size_t i = 0; path && i < mem->ranges.n; i++) {
		const struct da_range *r = &mem->ranges.v[i];
		const uint8_t *p = r->name && r->file_len && strcmp(r->name, path) == 0 ?
					   da_mem_view(mem, r->start, (size_t)r->file_len) : NULL;
		bool found = false;

		if (p && da_bundle_find((struct da_bytes){ p, (size_t)r->file_len }, &found) == header && found)
			return true;
	}
	return false;
}

static bool try_program(void *ctx, struct da_bytes file, const char *path, bool local)
{
	struct bundle_search *b = ctx;
	const struct da_bundle *bundle = da_clr_bundle(b->x->c, file);

	(void)local;
	if (!bundle || !same_manifest(b->x->c, bundle->header))
		return false;
	b->file = file;
	b->path = path;
	return true;
}

void da_clr_modules_from_bundle(struct da_clr *c)
{
	const struct da_module *host = &c->dump->proc.modules.v[c->module];
	struct da_managed_wanted w = { .name = host->name, .path = host->path };
	struct candidate x = { .c = c };
	struct bundle_search b = { .x = &x };
	const struct da_bundle *bundle;
	const char *path;
	struct da_bytes file;

	if (!(da_symbols_file(c->symbols, c->module, &file, &path) && try_program(&b, file, path, false)) &&
	    !da_symbols_managed(c->symbols, &w, try_program, &b))
		return;
	bundle = da_clr_bundle(c, b.file);
	for (uint32_t i = 0; bundle && i < bundle->n; i++) {
		const struct da_bundle_entry *e = &bundle->entries[i];
		struct mapping m = { .c = c, .name = host->path, .at = e->off, .n = e->size };
		struct da_clr_image_source s = { .path = e->path, .in_bundle = true, .bundle_off = e->off,
						 .bundle_size = e->size };
		struct da_cli_image im;

		if (e->packed || e->type != DA_BUNDLE_ASSEMBLY || !da_fits(e->off, e->size, b.file.n) ||
		    da_ends(e->path, ".r2r.dll") || /* code of the others */
		    da_pe_read(c->arena, (struct da_bytes){ b.file.p + e->off, (size_t)e->size }, &m.pe) != DA_OK ||
		    da_cli_file_read(c->arena, (struct da_bytes){ b.file.p + e->off, (size_t)e->size }, &im) != DA_OK ||
		    !im.metadata)
			continue;
		s.base[0] = find_base(&m);
		s.size[0] = im.image_size;
		if (s.base[0] && !da_clr_module_add(c, 0, &s))
			return;
	}
}

void da_clr_module_from_file(struct da_clr *c, struct da_clr_module *m)
{
	struct candidate x = { .c = c, .m = m, .s = m->source };

	if (m->looked_for_file)
		return;
	m->looked_for_file = true;
	if (x.s->in_bundle)
		from_bundle(&x);
	else if (x.s->path)
		from_own_file(&x);
}

/* ---------------------------------------------------------------- portable PDBs */

struct pdb_search {
	struct da_clr *c;
	const struct da_cli_image *image;
	struct da_portable_pdb *found;
};

static bool try_pdb(void *ctx, struct da_bytes bytes, const char *path, bool local)
{
	struct pdb_search *x = ctx;
	struct da_portable_pdb *p;
	uint8_t guid[16];
	uint32_t stamp;

	(void)path;
	(void)local;
	if (da_portable_pdb_open(x->c->arena, bytes, &p) != DA_OK)
		return false;
	da_portable_pdb_id(p, guid, &stamp);
	if (!x->image->has_pdb || memcmp(guid, x->image->pdb_guid, sizeof(guid)) != 0 || stamp != x->image->pdb_stamp)
		return false;
	x->found = p;
	return true;
}

static void from_image(struct pdb_search *x, struct da_bytes packed, uint32_t size)
{
	struct da_bytes bytes;

	if (packed.p && da_portable_pdb_unpack(x->c->arena, packed, size, UNPACKED_MAX, &bytes) == DA_OK)
		try_pdb(x, bytes, "", false);
}

static struct da_bytes in_memory(struct da_clr *c, uint64_t at, uint32_t n)
{
	struct da_sparse s;

	if (!at || !n || n > UNPACKED_MAX || da_sparse_read(c->mem, c->arena, at, n, &s) != DA_OK ||
	    !da_sparse_has(&s, 0, n))
		return (struct da_bytes){ NULL, 0 };
	return s.bytes;
}

/* Where the build wrote it, and beside the assembly, as the process saw both. */
static void from_files(struct pdb_search *x, const struct da_assembly *a, const struct da_clr_module *m)
{
	struct da_arena *arena = x->c->arena;
	const char *beside = m->file_path ? m->file_path : a->path;
	struct da_managed_wanted w = { .name = a->pdb_name };

	if (!x->image->has_pdb || !w.name)
		return;
	w.store = da_printf(arena, "%s/%sFFFFFFFF", w.name, da_hex_upper(arena, x->image->pdb_guid, 16));
	if (beside && strchr(beside, '/'))
		w.path = da_printf(arena, "%.*s%s", (int)(da_basename(beside) - beside), beside, w.name);
	if (da_symbols_managed(x->c->symbols, &w, try_pdb, x))
		return;
	if (m->image.pdb_path && !da_streq(w.path, m->image.pdb_path)) {
		w.path = m->image.pdb_path;
		da_symbols_managed(x->c->symbols, &w, try_pdb, x);
	}
}

struct da_portable_pdb *da_clr_module_pdb(struct da_clr *c, struct da_clr_module *m)
{
	struct pdb_search x = { .c = c, .image = &m->image };
	struct da_assembly *a = &c->dump->proc.assemblies.v[m->assembly];

	if (m->looked_for_pdb)
		return m->pdb;
	m->looked_for_pdb = true;
	if (!m->image.has_pdb && !m->dynamic) { /* the page that names it may be missing */
		da_clr_module_from_file(c, m);
		da_clr_module_describe_pdb(c, m);
	}
	if (m->image.base)
		from_image(&x, in_memory(c, m->image.embedded_pdb, m->image.embedded_packed), m->image.embedded_size);
	if (!x.found && m->file.n && da_fits(m->file_image.embedded_pdb, m->file_image.embedded_packed, m->file.n) &&
	    m->file_image.embedded_pdb)
		from_image(&x, (struct da_bytes){ m->file.p + m->file_image.embedded_pdb, m->file_image.embedded_packed },
			   m->file_image.embedded_size);
	if (!x.found)
		from_files(&x, a, m);
	m->pdb = x.found;
	a->has_lines = x.found != NULL;
	return m->pdb;
}
