/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that stand in for what a dump lacks of an assembly: its own, the program that it was bundled into,
 * its portable PDB. Nothing is believed by its name: a file is taken when its MVID is that of the image in
 * the dump, or else its time stamp and size. A dump without even the image's first page (the kernel's, gcore's)
 * holds neither; a file that the user named is then taken when its size in memory and the numbers of its
 * types, methods and fields are those that the runtime made room for.
 */
#include "config.h"

#include <string.h>

#include "runtime/coreclr/modules.h"

enum { UNPACKED_MAX = 1 << 28 };

struct candidate {
	struct da_clr *c;
	struct da_clr_module *m;
	const struct da_clr_source *s;
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

	if (m->metadata && da_metadata_mvid(m->metadata, want))
		return da_metadata_mvid(x->metadata, have) && memcmp(want, have, sizeof(want)) == 0;
	if (m->image.base && m->image.image_size)
		return m->image.timestamp == x->image.timestamp && m->image.image_size == x->image.image_size;
	return !local && fits(x);
}

/* ---------------------------------------------------------------- pages of its mapping */

/*
 * What the process wrote of an image it has of its own, and every writer saves it. Of a row whose protection the dump
 * does not tell (createdump leaves out mappings of files) a part may have been written all the same: of an image of
 * .NET these are cells through which its code calls on, and words that were relocated. Neither is read here; its
 * tables of functions, which lie in the same section, hold offsets and are as in the file. at: where the image begins
 * in its file (in a bundle).
 */
static void lay_pages(struct candidate *x, const char *mapped, struct da_bytes file, uint64_t at)
{
	struct da_memory *mem = &x->c->dump->proc.mem;
	struct { uint64_t start, end; const uint8_t *p; } todo[64];
	unsigned n = 0;

	if (!mapped)
		return;
	for (size_t i = 0; i < mem->ranges.n && n < DA_ARRAY_SIZE(todo); i++) {
		const struct da_range *r = &mem->ranges.v[i];
		uint64_t len = r->end - r->start, off = r->name_off;

		if (!r->name || r->file_len == len || strcmp(r->name, mapped) != 0 || off >= file.n ||
		    off + len <= at || off >= at + x->bytes.n)
			continue;
		len = DA_MIN(len, file.n - off);
		if (r->has_prot && (r->prot & DA_PROT_W))
			continue;
		todo[n].start = r->start;
		todo[n].end = r->start + len;
		todo[n++].p = file.p + off;
	}
	for (unsigned i = 0; i < n; i++)
		da_mem_overlay(mem, x->c->dump->arena, todo[i].start, todo[i].end, todo[i].p, DA_NONE);
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

static void from_own_file(struct candidate *x)
{
	struct da_clr_module *m = x->m;
	struct da_managed_wanted w = { .name = da_clr_base_name(x->s->path), .path = x->s->path };

	if (m->image.base && m->image.image_size)
		w.store = da_printf(x->c->arena, "%s/%08X%x", w.name, m->image.timestamp, m->image.image_size);
	if (!da_symbols_managed(x->c->symbols, &w, try_assembly, x))
		return;
	lay_pages(x, x->s->path, x->bytes, 0);
	take(x);
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
	const struct da_clr_source *s = b->x->s;
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

/*
 * Assemblies that are stored as they are get mapped out of the program's file, each section apart. All of its
 * rows are laid, also those of what is no assembly to the runtime: the code of a composite image.
 */
static void lay_bundle(struct da_clr *c, const struct da_bundle *bundle, const char *mapped, struct da_bytes file)
{
	for (uint32_t i = 0; i < bundle->n; i++) {
		const struct da_bundle_entry *e = &bundle->entries[i];
		struct candidate x = { .c = c };

		if (e->packed || e->type != DA_BUNDLE_ASSEMBLY || !da_fits(e->off, e->size, file.n))
			continue;
		x.bytes = (struct da_bytes){ file.p + e->off, (size_t)e->size };
		lay_pages(&x, mapped, file, e->off);
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
	if (!c->modules->laid) {
		c->modules->laid = true;
		lay_bundle(c, da_clr_bundle(c, b.file), host->path, b.file);
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
