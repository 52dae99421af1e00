/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

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

/* One clause about what a module lacks, or NULL. */
static const char *reason(struct da_symbols *s, uint32_t module)
{
	const struct da_module *m = &s->d->proc.modules.v[module];
	const struct da_files *f = &s->files[module];

	if (m->vdso || !is_file(m))
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
		return "code and names of functions, to walk through its frames and to name them";
	if (!f->main)
		return "code, to walk through its frames";
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
		x = m->path ? same_file(d, &seen, m) : NULL;
		if (x) {
			x->frames += lacking(&s->files[i]);
			if (!x->build_id && m->build_id_len)
				x->build_id = da_build_id_hex(d->arena, m);
			continue;
		}
		x = da_vec_add(d->arena, &d->missing_files);
		x->module = i;
		x->debug = s->files[i].main != NULL;
		x->name = m->name ? m->name : "(unknown)";
		x->path = m->path;
		x->build_id = m->build_id_len ? da_build_id_hex(d->arena, m) : NULL;
		x->bytes = m->file_bytes;
		x->why = brings(&s->files[i]);
		x->frames = lacking(&s->files[i]);
	}
	if (d->missing_files.n)
		qsort(d->missing_files.v, d->missing_files.n, sizeof(*d->missing_files.v), compare);
}
