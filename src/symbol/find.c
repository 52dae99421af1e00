/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>
#include <zlib.h>

#include "image/pe.h"
#include "symbol/private.h"

#define PAGE 4096
#define CONTENTS_MAX (UINT64_C(64) << 20)

/* ---------------------------------------------------------------- items of the watch */

struct da_files *da_files_enter(struct da_symbols *s, uint32_t module, struct da_watch_mark *ret)
{
	struct da_watch *w = s->d->watch;

	if (module >= s->nfiles)
		return NULL;
	*ret = (struct da_watch_mark){ w ? w->kind : 0, w ? w->item : 0 };
	return da_watch_item(w, DA_ITEM_MODULE, module) ? &s->files[module] : NULL;
}

void da_files_leave(struct da_symbols *s, const struct da_watch_mark *mark)
{
	if (s->d->watch) {
		s->d->watch->item = mark->item;
		s->d->watch->kind = mark->kind;
	}
}

/* ---------------------------------------------------------------- is it the same file? */

struct attempt {
	struct da_symbols *s;
	uint32_t module;
	struct da_files *f;
};

static const struct da_module *module_of(const struct attempt *t)
{
	return &t->s->d->proc.modules.v[t->module];
}

static struct da_image *open_file(struct da_symbols *s, const char *path)
{
	struct da_image *im = NULL;
	struct da_bytes b;

	if (da_map_file(s->d->arena, path, s->d->limits->image_bytes, &b) != DA_OK || b.n < 64)
		return NULL;
	if (da_image_open(s->d->arena, b, da_basename(path), s->d->ledger, &im) != DA_OK)
		return NULL;
	return im;
}

/* Breakpad kept the first 16 bytes of a build-id, when it stored them as a GUID. */
static bool same_id(const struct da_module *m, const uint8_t *id, unsigned len)
{
	enum { GUID = 16 };

	if (len > GUID && m->build_id_len == GUID)
		len = GUID;
	return len && len == m->build_id_len && memcmp(id, m->build_id, len) == 0;
}

/* A file at a place where the module's own should be; told only if nothing better turns up. */
static void remember_mismatch(struct attempt *t, const char *path, const uint8_t *id, unsigned len)
{
	if (t->f->mismatch)
		return;
	t->f->mismatch = da_strdup(t->s->d->arena, path);
	t->f->mismatch_id = len ? da_hex(t->s->d->arena, id, len) : NULL;
}

static uint64_t file_bias(const struct da_module *m, const struct da_image *im)
{
	const struct da_segment *seg;
	size_t n = da_image_segments(im, &seg);

	if (m->has_bias)
		return m->bias;
	return n ? m->start - (seg[0].vaddr & ~(uint64_t)(PAGE - 1)) : 0;
}

/* Compare what the dump holds of [addr, addr + n) with the file's bytes; false at a difference. */
static bool same_bytes(const struct da_memory *mem, uint64_t addr, const uint8_t *p, uint64_t n,
		       uint64_t *ret_equal)
{
	while (n) {
		size_t have = 0;
		const uint8_t *view = da_mem_view_some(mem, addr, &have);
		uint64_t step = view ? DA_MIN((uint64_t)have, n) : DA_MIN(PAGE - addr % PAGE, n);

		if (view && memcmp(view, p, (size_t)step) != 0)
			return false;
		*ret_equal += view ? step : 0;
		addr += step;
		p += step;
		n -= step;
	}
	return true;
}

/* Every page of a read-only segment that was dumped is as in the file: one at least, or RELRO. */
static bool same_contents(const struct attempt *t, struct da_image *im)
{
	const struct da_module *m = module_of(t);
	struct da_bytes b = da_image_bytes(im);
	const struct da_segment *seg;
	size_t n = da_image_segments(im, &seg);
	uint64_t bias = file_bias(m, im), equal = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t skip = seg[i].off % PAGE, off = seg[i].off - skip, len;

		if ((seg[i].prot & DA_PROT_W) || off >= b.n || seg[i].vaddr % PAGE != skip)
			continue;
		/* The kernel maps whole pages of the file. */
		len = DA_MIN(da_round_up(seg[i].filesz + skip, PAGE), b.n - off);
		if (!same_bytes(&t->s->d->proc.mem, seg[i].vaddr - skip + bias, b.p + off,
				DA_MIN(len, CONTENTS_MAX), &equal))
			return false;
	}
	return equal >= DA_MIN(PAGE, b.n) ||
	       da_image_same_relro(im, &t->s->d->proc.mem, bias);
}

static enum da_match identify(struct attempt *t, struct da_image *im, const char *path, bool local)
{
	const struct da_module *m = module_of(t);
	const uint8_t *id = NULL;
	unsigned len;

	if (m->pe != !!da_image_pe(im))
		return DA_MATCH_NONE;
	if (m->pe && m->image_size && m->timestamp) {
		if (da_pe_same(da_image_pe(im), m))
			return DA_MATCH_TIMESTAMP_SIZE;
		remember_mismatch(t, path, NULL, 0);
		return DA_MATCH_NONE;
	}
	len = da_image_build_id(im, &id);

	if (m->build_id_len) {
		if (same_id(m, id, len))
			return DA_MATCH_BUILD_ID;
	} else if (!local && same_contents(t, im)) {
		return DA_MATCH_CONTENTS;
	}
	remember_mismatch(t, path, id, len);
	return DA_MATCH_NONE;
}

/* ---------------------------------------------------------------- the file with the code */

static bool try_main(void *ctx, const char *path, bool local)
{
	struct attempt *t = ctx;
	struct da_module *m = &t->s->d->proc.modules.v[t->module];
	struct da_image *im = open_file(t->s, path);
	enum da_match match;

	if (!im)
		return false;
	match = identify(t, im, path, local);
	if (match == DA_MATCH_NONE)
		return false;
	if (!local && !da_image_has_code(im)) { /* a separate debug file in a flat folder */
		if (!t->f->debug && match == DA_MATCH_BUILD_ID) {
			t->f->debug = im;
			t->f->debug_path = da_strdup(t->s->d->arena, path);
		}
		return false;
	}
	t->f->main = im;
	t->f->path = da_strdup(t->s->d->arena, path);
	m->match = match;
	m->file_bytes = da_image_bytes(im).n;
	return true;
}

/*
 * Code and constants that a core usually leaves out; not what may be written, nor code that the loader
 * relocated in place (some libraries of i386).
 */
static void put_overlays(struct da_symbols *s, uint32_t module)
{
	struct da_module *m = &s->d->proc.modules.v[module];
	struct da_image *im = s->files[module].main;
	struct da_bytes b = da_image_bytes(im);
	const struct da_segment *seg;
	size_t n = da_image_segments(im, &seg);

	if (s->d->proc.bits == 32 && (da_image_relocates_text(im) || (da_image_pe(im) && m->bias)))
		return;
	for (size_t i = 0; i < n; i++) {
		uint64_t start = seg[i].vaddr + m->bias, end = start + seg[i].filesz;

		if ((seg[i].prot & DA_PROT_W) || !da_fits(seg[i].off, seg[i].filesz, b.n))
			continue;
		if (start >= m->start && end > start && end <= m->end)
			da_mem_overlay(&s->d->proc.mem, s->d->arena, start, end, b.p + seg[i].off, module);
	}
}

static void tell_mismatch(struct da_symbols *s, uint32_t module)
{
	struct da_module *m = &s->d->proc.modules.v[module];
	struct da_files *f = &s->files[module];
	const char *want = m->pe ? da_printf(s->d->arena, "time stamp %08X, size 0x%x", m->timestamp, m->image_size)
			 : m->build_id_len ? da_build_id_hex(s->d->arena, m) : NULL;

	m->match = DA_MATCH_MISMATCH;
	if (!want) {
		da_note(s->d->ledger, DA_NOTE_MISMATCH, m->name,
			"give the file of the machine where the process ran with --symbols",
			"a file of this name is at hand, but nothing in the dump proves that it is the same build");
		return;
	}
	if (m->pe) {
		da_note(s->d->ledger, DA_NOTE_MISMATCH, m->name,
			"give the file of the machine where the process ran with --symbols",
			"a file of this name is at hand, but it is another build than the process ran (%s)", want);
		return;
	}
	da_note(s->d->ledger, DA_NOTE_MISMATCH, m->name,
		"give the file of the machine where the process ran with --symbols",
		"a file of this name is at hand, but it is another build: it has build-id %s, the process "
		"ran %s",
		f->mismatch_id ? f->mismatch_id : "(none)", want);
}

/* From a file whose contents proved it, or all of an id that the dump has the beginning of. */
static void learn_build_id(struct da_symbols *s, uint32_t module, struct da_image *im)
{
	struct da_module *m = &s->d->proc.modules.v[module];
	const uint8_t *id;
	unsigned len = da_image_build_id(im, &id);
	bool shorter = m->build_id_len && same_id(m, id, len) && len > m->build_id_len;

	if ((m->build_id_len && !shorter) || !len || len > sizeof(m->build_id))
		return;
	memcpy(m->build_id, id, len);
	m->build_id_len = (uint8_t)len;
}

/* What follows from having the file. */
/* RSDS: the GUID, of which the first three fields are numbers, the age, the path of the PDB. */
static bool read_rsds(struct da_symbols *s, struct da_module *m, struct da_bytes file, uint32_t off, uint32_t size)
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct da_cursor c = da_cursor(file.p, file.n, false, 4);
	const uint8_t *guid, *name;
	uint32_t magic, age;
	size_t n;

	if (size < 25)
		return false;
	da_seek(&c, off);
	magic = da_get_u32(&c);
	guid = da_get_bytes(&c, 16);
	age = da_get_u32(&c);
	name = da_get_bytes(&c, size - 24);
	if (!da_ok(&c) || magic != 0x53445352)
		return false;
	n = strnlen((const char *)name, size - 24);
	for (unsigned i = 0; i < 16; i++)
		m->pdb_id[i] = guid[order[i]];
	m->pdb_age = age;
	m->has_pdb_id = true;
	m->pdb_name = da_basename(da_text(s->d->arena, (const char *)name, n));
	for (const char *p = m->pdb_name; *p; p++)
		if (*p == '\\')
			m->pdb_name = p + 1;
	return true;
}

/* A dump that does not tell the PDB (Wine's own writer): the image that was proved to be the module's does. */
static void learn_pdb_id(struct da_symbols *s, uint32_t module, struct da_image *im)
{
	enum { ENTRY = 28, ENTRIES = 32, CODEVIEW = 2 };
	struct da_module *m = &s->d->proc.modules.v[module];
	const struct da_pe *pe = da_image_pe(im);
	struct da_bytes file = da_image_bytes(im);
	uint32_t at = 0, rva = pe ? pe->dirs[DA_PE_DEBUG].rva : 0;

	if (!rva || m->has_pdb_id)
		return;
	for (unsigned i = 0; i < pe->nsections && !at; i++)
		if (rva >= pe->sections[i].rva && rva - pe->sections[i].rva < pe->sections[i].raw)
			at = rva - pe->sections[i].rva + pe->sections[i].off;
	for (unsigned i = 0; at && i < DA_MIN(pe->dirs[DA_PE_DEBUG].size / ENTRY, (uint32_t)ENTRIES); i++) {
		struct da_cursor c = da_cursor(file.p, file.n, false, 4);
		uint32_t type, size, off;

		da_seek(&c, (uint64_t)at + (uint64_t)i * ENTRY + 12);
		type = da_get_u32(&c);
		size = da_get_u32(&c);
		da_skip(&c, 4);
		off = da_get_u32(&c);
		if (!da_ok(&c) || (type == CODEVIEW && read_rsds(s, m, file, off, size)))
			return;
	}
}

static void adopt_main(struct da_symbols *s, uint32_t module, struct da_files *f)
{
	struct da_module *m = &s->d->proc.modules.v[module];

	learn_build_id(s, module, f->main);
	learn_pdb_id(s, module, f->main);
	if (!m->has_bias) {
		m->bias = file_bias(m, f->main);
		m->has_bias = true;
	}
	put_overlays(s, module);
}

/* Is this another mapping of a file that was found for the module before it? */
static bool same_path_found(struct da_symbols *s, uint32_t module)
{
	const struct da_module *m = &s->d->proc.modules.v[module];

	for (uint32_t i = 0; i < module && !m->build_id_len && m->path; i++)
		if (s->files[i].main && da_streq(s->d->proc.modules.v[i].path, m->path))
			return true;
	return false;
}

static void find_module(struct da_symbols *s, uint32_t module, struct da_files *f)
{
	struct da_module *m = &s->d->proc.modules.v[module];
	struct attempt t = { s, module, f };
	struct da_image *memory;

	m->class = da_module_class_of(m);
	if (m->vdso || !m->build_id_len) {
		memory = da_files_memory(s, module);
		if (memory)
			learn_build_id(s, module, memory);
		if (memory && m->vdso) {
			f->main = memory;
			m->match = DA_MATCH_MEMORY;
			m->has_bias = m->has_bias || file_bias(m, memory) != 0;
			m->bias = file_bias(m, memory);
			return;
		}
	}
	if (!da_paths_main(s, module, try_main, &t)) {
		if (f->mismatch && !f->debug && !same_path_found(s, module))
			tell_mismatch(s, module);
		if (!m->has_bias && (memory = da_files_memory(s, module)) != NULL) {
			m->bias = file_bias(m, memory);
			m->has_bias = true;
		}
		return;
	}
	adopt_main(s, module, f);
}

struct da_image *da_files_main(struct da_symbols *s, uint32_t module)
{
	const struct da_module *m = &s->d->proc.modules.v[module];
	struct da_files *f = &s->files[module];
	struct attempt t = { s, module, f };
	const char *path;

	if (f->main || f->main_fetched || m->vdso || !s->o->debuginfod)
		return f->main;
	f->main_fetched = true;
	path = da_debuginfod_find(s, m->build_id, m->build_id_len, true);
	if (path && try_main(&t, path, false))
		adopt_main(s, module, f);
	return f->main;
}

void da_symbols_find(struct da_symbols *s)
{
	for (uint32_t i = 0; i < s->nfiles && !da_stop(s->d->watch); i++) {
		struct da_watch_mark mark;
		struct da_files *f = da_files_enter(s, i, &mark);

		da_watch_progress(s->d->watch, i, s->nfiles);
		if (f)
			find_module(s, i, f);
		if (f)
			da_pe_add_version(f->main ? f->main : f->memory, s->d->arena, &s->d->proc.modules.v[i]);
		da_files_leave(s, &mark);
	}
}

/* ---------------------------------------------------------------- separate debug information */

/* Without any build-id the CRC of .gnu_debuglink binds the two files. */
static bool same_crc(const struct attempt *t, const struct da_image *im)
{
	const char *name;
	uint32_t crc;
	struct da_bytes b = da_image_bytes(im);
	uLong sum = crc32(0, NULL, 0);

	if (!t->f->main || !da_image_debuglink(t->f->main, &name, &crc))
		return false;
	for (size_t off = 0; off < b.n; off += UINT_MAX / 2)
		sum = crc32(sum, b.p + off, (uInt)DA_MIN(b.n - off, (size_t)UINT_MAX / 2));
	return sum == crc;
}

static bool try_debug(void *ctx, const char *path, bool local)
{
	struct attempt *t = ctx;
	const struct da_module *m = module_of(t);
	struct da_image *im = open_file(t->s, path);
	const uint8_t *id;
	unsigned len;

	if (!im || (!da_image_has_dwarf(im) && !da_image_has_symtab(im)))
		return false;
	len = da_image_build_id(im, &id);
	if (m->build_id_len ? !same_id(m, id, len) : len || !same_crc(t, im))
		return false;
	t->f->debug = im;
	t->f->debug_path = da_strdup(t->s->d->arena, path);
	return true;
}

static void fetch_debug(struct attempt *t)
{
	const struct da_module *m = module_of(t);
	const char *path = NULL;

	if (!t->f->main || !da_image_has_dwarf(t->f->main))
		path = da_debuginfod_find(t->s, m->build_id, m->build_id_len, false);
	if (path)
		(void)try_debug(t, path, false);
}

struct extra {
	struct da_symbols *s;
	struct da_image *found;
	const uint8_t *id;
	unsigned len;
	bool split;
};

static bool try_extra(void *ctx, const char *path, bool local)
{
	struct extra *x = ctx;
	struct da_image *im = open_file(x->s, path);
	const uint8_t *have;
	uint64_t id = 0;

	if (!im)
		return false;
	if (x->split) {
		for (unsigned i = 0; i < 8; i++)
			id |= (uint64_t)x->id[i] << (8 * i);
		if (!da_image_split_id(im, id))
			return false;
	} else if (da_image_build_id(im, &have) != x->len || memcmp(have, x->id, x->len) != 0) {
		return false;
	}
	x->found = im;
	return true;
}

struct finder {
	struct da_symbols *s;
	const char *module, *path;
};

/* libdw's questions: dwz files by build-id, .dwo files by the id of their unit. */
static struct da_image *find_extra(void *ctx, struct da_image *im, const char *name, const uint8_t *id,
				   unsigned len, bool split)
{
	struct finder *f = ctx;
	struct extra x = { .s = f->s, .id = id, .len = len, .split = split };
	const char *clean = da_text(f->s->d->arena, name, strlen(name));

	if (da_paths_extra(f->s, f->path, name, split ? NULL : id, len, try_extra, &x))
		return x.found;
	/* One file beside the program for all its units. */
	if (split && da_paths_extra(f->s, f->path, da_printf(f->s->d->arena, "%s.dwp", f->module), NULL, 0,
				    try_extra, &x))
		return x.found;
	da_note(f->s->d->ledger, DA_NOTE_MISSING, f->module,
		split ? "give the folder with the .dwo files, or with the .dwp file, with --symbols" :
			"give the folder /usr/lib/debug of that machine with --symbols",
		split ? "split debug information %s was not found: functions lack inlined calls there" :
			"the shared debug information %s was not found: some names are missing",
		da_basename(clean));
	return NULL;
}

void da_files_set_finder(struct da_symbols *s, uint32_t module, struct da_image *im)
{
	struct finder *f = da_new(s->d->arena, struct finder);
	const struct da_module *m = &s->d->proc.modules.v[module];
	const struct da_files *x = &s->files[module];

	*f = (struct finder){ s, m->name ? m->name : "module", im == x->main ? x->path : x->debug_path };
	da_image_set_finder(im, find_extra, f);
}

struct da_image *da_files_debug(struct da_symbols *s, uint32_t module)
{
	struct da_files *f = &s->files[module];
	struct attempt t = { s, module, f };
	const char *link = NULL;
	uint32_t crc;

	if (f->debug_tried)
		return f->debug;
	f->debug_tried = true;
	if (s->d->proc.modules.v[module].vdso)
		return NULL;
	if (f->main) {
		if (da_image_has_dwarf(f->main) && da_image_has_symtab(f->main))
			return NULL;
		if (!da_image_debuglink(f->main, &link, &crc))
			link = NULL;
	}
	if (!f->debug && !da_paths_debug(s, module, link, try_debug, &t))
		fetch_debug(&t);
	if (f->debug) {
		struct da_module *m = &s->d->proc.modules.v[module];

		m->bias = file_bias(m, f->debug);
		m->has_bias = true;
	}
	return f->debug;
}

struct da_image *da_files_memory(struct da_symbols *s, uint32_t module)
{
	struct da_files *f = &s->files[module];

	if (!f->memory_tried) {
		f->memory_tried = true;
		if (da_image_from_memory(s->d, module, &f->memory) != DA_OK)
			f->memory = NULL;
	}
	return f->memory;
}
