/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "image/pe.h"
#include "symbol/private.h"

/* Mappings with a name that no file has: memfd_create (.NET's doubly mapped code), shared memory. */
static bool is_file(const struct da_module *m)
{
	static const char *const others[] = { "/memfd:", "memfd:", "/dev/", "/SYSV", "anon_inode:", "[" };

	for (size_t i = 0; m->path && i < DA_ARRAY_SIZE(others); i++)
		if (da_starts(m->path, others[i]))
			return false;
	return true;
}

/* A PDB was found, or the image's own debug information: what more there is belongs to no file. */
static bool has_names(const struct da_files *f)
{
	return f->symfile || f->debug || (f->main && da_image_has_dwarf(f->main)) ||
	       (f->memory && da_image_has_dwarf(f->memory));
}

static bool readable(const struct da_symbols *s, const struct da_module *m, const struct da_pe *pe, unsigned dir)
{
	uint8_t byte;

	return !pe->dirs[dir].rva || da_mem_u8(&s->d->proc.mem, m->start + pe->dirs[dir].rva, &byte) == DA_OK;
}

/* Small dumps hold a few bytes of code around each thread, at best: not what leads through its frames. */
static bool in_memory(const struct da_symbols *s, const struct da_files *f, const struct da_module *m)
{
	const struct da_pe *pe = f->memory ? da_image_pe(f->memory) : NULL;

	return pe && !f->uncoded && readable(s, m, pe, DA_PE_EXCEPTION) && readable(s, m, pe, DA_PE_EXPORT);
}

/* Windows: the image and its PDB are two files, either of which may be at hand. */
static const char *reason_of_pe(const struct da_symbols *s, const struct da_files *f, const struct da_module *m)
{
	bool image = f->main || in_memory(s, f, m);

	if (!image && f->mismatch)
		return "only a file of another build was found";
	if (!image)
		return has_names(f) ? "the file itself was not found; its symbols were" : "the file was not found";
	if (has_names(f) || !(f->unnamed || (f->unlined && m->symbols != DA_SYMS_FULL)))
		return NULL;
	return m->has_pdb_id ? "its PDB was not found" : "the file has no debug information";
}

/* One clause about what a module lacks, or NULL. */
static const char *reason(struct da_symbols *s, uint32_t module)
{
	const struct da_module *m = &s->d->proc.modules.v[module];
	const struct da_files *f = &s->files[module];

	if (m->vdso || !is_file(m))
		return NULL;
	if (m->pe)
		return reason_of_pe(s, f, m);
	if (!f->main && m->file_bytes) /* a runtime's own image, which its reader has found */
		return NULL;
	if (!f->main && f->debug)
		return f->unnamed ? "the file itself was not found; its debug information was" : NULL;
	if (!f->main && f->mismatch && m->build_id_len)
		return "only a file of another build was found";
	if (!f->main && f->mismatch)
		return "a file of this name was found, but the dump does not tell whether it is the same build";
	if (!f->main && !m->path)
		return "the dump does not tell which file this is";
	if (!f->main)
		return "the file was not found";
	/* Debug information of a module without frames would change nothing. */
	if (f->unnamed || (f->unlined && m->symbols != DA_SYMS_FULL))
		return "the file has no debug information, and no separate debug file was found";
	return NULL;
}

/* What the file would bring. */
static const char *brings(const struct da_files *f)
{
	if (!f->main && !f->debug)
		return "names of its functions, and what called them";
	if (!f->main)
		return "what called its functions";
	if (f->unnamed)
		return "names of functions, files and lines";
	return "files, lines and inlined calls";
}

/* Frames that lack something because of it. */
static unsigned lacking(const struct da_files *f)
{
	return f->main ? DA_MAX(f->unnamed, f->unlined) : f->frames;
}

static int compare(const void *a, const void *b)
{
	const struct da_missing_file *x = a, *y = b;
	int c;

	if (x->frames != y->frames)
		return x->frames > y->frames ? -1 : 1;
	c = strcmp(x->name, y->name);
	return c ? c : x->module < y->module ? -1 : x->module > y->module;
}

/*
 * A file that was mapped in several places (a bundle of .NET) is missing once. `seen` leads from a hash
 * of the path to the entry + 1.
 */
static struct da_missing_file *same_file(struct da_dump *d, struct da_map *seen, const struct da_module *m)
{
	uint64_t *at = da_map_put(d->arena, seen, da_hash(DA_HASH_SEED, m->path, strlen(m->path)), NULL);
	const struct da_module *o;

	if (!*at) {
		*at = d->missing_files.n + 1; /* the caller adds it */
		return NULL;
	}
	o = &d->proc.modules.v[d->missing_files.v[*at - 1].module];
	if (strcmp(o->path, m->path) != 0 ||
	    (o->build_id_len && m->build_id_len && memcmp(o->build_id, m->build_id, 32) != 0))
		return NULL;
	return &d->missing_files.v[*at - 1];
}

/* A second mapping of a file that another module stands for (programs map themselves to read tables). */
static bool mapped_twice(struct da_symbols *s, uint32_t module)
{
	const struct da_module *m = &s->d->proc.modules.v[module];

	if (m->build_id_len || s->files[module].main || !m->path)
		return false;
	for (uint32_t i = 0; i < s->nfiles; i++)
		if (i != module && s->files[i].main && da_streq(s->d->proc.modules.v[i].path, m->path))
			return true;
	return false;
}

static struct da_missing_file *add(struct da_dump *d, uint32_t module, const char *name)
{
	struct da_missing_file *x = da_vec_add(d->arena, &d->missing_files);

	x->module = module;
	x->name = name ? name : "(unknown)";
	return x;
}

/* A .NET assembly: its PDB tells of source lines, not where precompiled code lies. */
static bool is_managed(const struct da_files *f)
{
	const struct da_image *im = f->main ? f->main : f->memory;
	const struct da_pe *pe = im ? da_image_pe(im) : NULL;

	return pe && pe->dirs[DA_PE_CLR].rva;
}

/* Stores of images go by time stamp and size, those of PDBs by GUID and age. */
static void add_pe(struct da_symbols *s, uint32_t module)
{
	struct da_dump *d = s->d;
	const struct da_module *m = &d->proc.modules.v[module];
	const struct da_files *f = &s->files[module];
	struct da_missing_file *x;

	if (!f->main && !in_memory(s, f, m)) {
		x = add(d, module, m->name);
		x->path = m->path;
		x->bytes = m->file_bytes;
		x->why = "names of its exported functions, and what called them";
		x->frames = f->frames;
		if (m->name && m->timestamp && m->image_size)
			x->store = da_printf(d->arena, "%s\\%08X%x\\%s", m->name, m->timestamp, m->image_size,
					     m->name);
	}
	if (has_names(f) || !f->frames || is_managed(f))
		return;
	if (!m->has_pdb_id || !m->pdb_name) {
		if (!(f->main || in_memory(s, f, m)) || !f->unnamed || m->class != DA_CLASS_OWN)
			return; /* listed above, or nobody's to build again */
		x = add(d, module, m->name);
		x->path = m->path;
		x->why = "names of functions, files and lines, in a build with debug information";
	} else {
		x = add(d, module, m->pdb_name);
		x->pdb_id = da_printf(d->arena, "%s%X", da_pdb_id_hex(d->arena, m), m->pdb_age);
		x->store = da_printf(d->arena, "%s\\%s\\%s", m->pdb_name, x->pdb_id, m->pdb_name);
		x->why = "names of functions, files and lines";
	}
	x->frames = DA_MAX(f->unnamed, f->unlined);
}

void da_missing_judge(struct da_symbols *s)
{
	struct da_dump *d = s->d;
	struct da_map seen = { 0 };

	d->missing_files.n = 0;
	for (uint32_t i = 0; i < s->nfiles; i++) {
		struct da_module *m = &d->proc.modules.v[i];
		struct da_missing_file *x;

		m->missing_why = mapped_twice(s, i) ? NULL : reason(s, i);
		if (!m->missing_why)
			continue;
		if (m->pe) {
			add_pe(s, i);
			continue;
		}
		x = m->path ? same_file(d, &seen, m) : NULL;
		if (x) {
			x->frames += lacking(&s->files[i]);
			if (!x->build_id && m->build_id_len)
				x->build_id = da_build_id_hex(d->arena, m);
			continue;
		}
		x = add(d, i, m->name);
		x->debug = s->files[i].main != NULL;
		x->path = m->path;
		x->build_id = m->build_id_len ? da_build_id_hex(d->arena, m) : NULL;
		x->bytes = m->file_bytes;
		x->why = brings(&s->files[i]);
		x->frames = lacking(&s->files[i]);
	}
	da_missing_managed(s);
	if (d->missing_files.n)
		qsort(d->missing_files.v, d->missing_files.n, sizeof(*d->missing_files.v), compare);
}
