/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "symbol/private.h"

/* One clause about what a module lacks, or NULL. */
static const char *reason(struct da_symbols *s, uint32_t module)
{
	const struct da_module *m = &s->d->proc.modules.v[module];
	const struct da_files *f = &s->files[module];

	if (m->vdso)
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

void da_missing_judge(struct da_symbols *s)
{
	struct da_dump *d = s->d;

	d->missing_files.n = 0;
	for (uint32_t i = 0; i < s->nfiles; i++) {
		struct da_module *m = &d->proc.modules.v[i];
		struct da_missing_file *x;

		m->missing_why = reason(s, i);
		if (!m->missing_why)
			continue;
		x = da_vec_add(d->arena, &d->missing_files);
		x->module = i;
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
