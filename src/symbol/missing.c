/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "symbol/private.h"

/* One sentence about what a module lacks, or NULL. */
static const char *why(struct da_symbols *s, uint32_t module)
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

void da_missing_judge(struct da_symbols *s)
{
	for (uint32_t i = 0; i < s->nfiles; i++)
		s->d->proc.modules.v[i].missing_why = why(s, i);
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

size_t da_symbols_missing(struct da_symbols *s, const struct da_missing_file **ret)
{
	DA_VEC(struct da_missing_file) list = { 0 };

	for (uint32_t i = 0; i < s->nfiles; i++) {
		const struct da_module *m = &s->d->proc.modules.v[i];
		const char *text = why(s, i);

		if (!text)
			continue;
		da_vec_push(s->d->arena, &list,
			    ((struct da_missing_file){
				    .module = i,
				    .name = m->name ? m->name : "?",
				    .path = m->path,
				    .build_id = m->build_id_len ? da_build_id_hex(s->d->arena, m) : NULL,
				    .bytes = m->file_bytes,
				    .why = text,
				    .frames = s->files[i].main ? DA_MAX(s->files[i].unnamed,
									s->files[i].unlined) :
								 s->files[i].frames,
			    }));
	}
	if (list.n)
		qsort(list.v, list.n, sizeof(*list.v), compare);
	*ret = list.v;
	return list.n;
}
