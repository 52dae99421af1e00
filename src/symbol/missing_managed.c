/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files of managed code would bring more: assemblies whose metadata the dump lacks, and the portable
 * PDBs of the program's own. Those of the framework are on no machine but a symbol server's; their lines
 * are nobody's question.
 */
#include "config.h"

#include <string.h>

#include "symbol/private.h"

struct count {
	unsigned frames, unnamed, unlined;
};

static void count_frames(const struct da_process *p, const struct da_frame *f, size_t n, struct count *ret)
{
	for (size_t i = 0; i < n; i++) {
		const struct da_place *place = f[i].place;
		const struct da_method *m = place ? place->method : NULL;
		struct count *c;

		if (!m || m->assembly >= p->assemblies.n)
			continue;
		c = &ret[m->assembly];
		c->frames++;
		c->unnamed += !m->raw;
		c->unlined += m->token && place->ncalls && !place->calls[0].line;
	}
}

/* Files that hang on a native module are listed with it. */
static bool is_listed(const struct da_dump *d, uint32_t module)
{
	for (size_t i = 0; module != DA_NONE && i < d->missing_files.n; i++)
		if (d->missing_files.v[i].module == module && !d->missing_files.v[i].pdb_id)
			return true;
	return false;
}

static struct da_missing_file *add(struct da_dump *d, const struct da_assembly *a, const char *name, unsigned frames)
{
	struct da_missing_file *x = da_vec_add(d->arena, &d->missing_files);

	x->managed = true;
	x->module = a->module;
	x->name = name;
	x->frames = frames;
	return x;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *back = strrchr(path, '\\');

	return back && (!slash || back > slash) ? back + 1 : slash ? slash + 1 : path;
}

static void add_assembly(struct da_dump *d, const struct da_assembly *a, const struct count *c)
{
	struct da_missing_file *x;

	/* In a bundle: the program itself is what to bring. */
	if (!a->path || is_listed(d, a->module) || (!a->missing_why && !c->unnamed))
		return;
	x = add(d, a, base_name(a->path), c->unnamed);
	x->path = a->path;
	x->why = a->missing_why ? "names of types and methods, and what called them" :
				  "names of types and methods";
}

static void add_pdb(struct da_dump *d, const struct da_assembly *a, const struct count *c)
{
	struct da_missing_file *x;
	const char *base = a->path ? base_name(a->path) : NULL;

	if (a->class != DA_CLASS_OWN || a->has_lines || !a->pdb_name || !a->has_pdb_id || !c->unlined)
		return;
	x = add(d, a, a->pdb_name, c->unlined);
	x->debug = true;
	if (base)
		x->path = da_printf(d->arena, "%.*s%s", (int)(base - a->path), a->path, a->pdb_name);
	/* A portable PDB has no age; symbol servers write all ones. */
	x->pdb_id = da_printf(d->arena, "%sFFFFFFFF", da_hex_upper(d->arena, a->pdb_id, sizeof(a->pdb_id)));
	x->store = da_printf(d->arena, "%s\\%s\\%s", a->pdb_name, x->pdb_id, a->pdb_name);
	x->why = "source files and lines";
}

void da_missing_managed(struct da_symbols *s)
{
	struct da_dump *d = s->d;
	const struct da_process *p = &d->proc;
	struct count *counts;

	if (!p->assemblies.n)
		return;
	counts = da_calloc(d->arena, p->assemblies.n, sizeof(*counts));
	for (size_t i = 0; i < p->threads.n; i++) {
		count_frames(p, p->threads.v[i].frames.v, p->threads.v[i].frames.n, counts);
		count_frames(p, p->threads.v[i].dispatch_frames.v, p->threads.v[i].dispatch_frames.n, counts);
	}
	for (size_t i = 0; i < p->assemblies.n; i++) {
		if (p->assemblies.v[i].dynamic)
			continue;
		add_assembly(d, &p->assemblies.v[i], &counts[i]);
		add_pdb(d, &p->assemblies.v[i], &counts[i]);
	}
}
