/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assemblies and portable PDBs. Windows and the people who copy files do not keep the case of names, so
 * names are compared without it; what belongs to the process is told by the caller, from inside the file.
 */
#include "config.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "symbol/private.h"

enum { NAME = 255, SAME_NAME = 1000 };

struct search {
	struct da_symbols *s;
	const struct da_managed_wanted *w;
	da_managed_fn *fn;
	void *ctx;
	bool local;
};

static const char *lower(struct da_arena *a, const char *s)
{
	char *copy = da_strdup(a, s);

	for (char *p = copy; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return copy;
}

/* ---------------------------------------------------------------- what lies in the folders */

static uint64_t key_of(const char *name)
{
	uint64_t h = DA_HASH_SEED;

	for (; *name; name++) {
		char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;

		h = da_hash(h, &c, 1);
	}
	return h;
}

static void remember(struct da_symbols *s, const char *path)
{
	static const char *const ends[] = { ".dll", ".exe", ".pdb", ".winmd" };
	const char *name = da_basename(path), *dot = strrchr(name, '.');
	bool program = !dot; /* a single-file program of Linux */
	struct da_managed_entry *x;
	uint64_t *first;

	for (size_t i = 0; dot && i < DA_ARRAY_SIZE(ends); i++)
		program = program || strcasecmp(dot, ends[i]) == 0;
	if (!program && access(path, X_OK) != 0) /* "Shop.Agent" */
		return;
	x = da_vec_add(s->d->arena, &s->managed);
	first = da_map_put(s->d->arena, &s->managed_first, key_of(name), NULL);
	*x = (struct da_managed_entry){ da_strdup(s->d->arena, path), (size_t)*first };
	*first = s->managed.n;
}

/* ---------------------------------------------------------------- trying */

static bool try_file(struct search *x, const char *path)
{
	struct da_bytes b;
	const char *result = "not there";
	bool taken = false;

	if (da_map_file(x->s->d->arena, path, x->s->d->limits->image_bytes, &b) == DA_OK && b.n >= 64) {
		taken = x->fn(x->ctx, b, path, x->local);
		result = taken ? "taken" : "refused: nothing proves that it is what the process ran";
	}
	if (x->s->o->tried)
		x->s->o->tried(x->w->name, path, result);
	return taken;
}

static bool try_path(struct search *x, const char *fmt, ...) DA_PRINTF(2, 3);
static bool try_path(struct search *x, const char *fmt, ...)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	va_list ap;

	va_start(ap, fmt);
	da_str_vaddf(&s, fmt, ap);
	va_end(ap);
	return access(da_str_get(&s), F_OK) == 0 && try_file(x, da_str_get(&s));
}

static bool in_folder(struct search *x, const char *dir)
{
	const char *store = x->w->store, *name = x->w->name;
	struct da_arena *a = x->s->d->arena;

	return try_path(x, "%s/%s", dir, name) || try_path(x, "%s/%s", dir, lower(a, name)) ||
	       (store && (try_path(x, "%s/%s/%s", dir, store, name) ||
			  try_path(x, "%s/%s/%s", dir, lower(a, store), lower(a, name)) ||
			  try_path(x, "%s/%s/%s", dir, lower(a, store), name))) ||
	       (da_path_usable(x->w->path) && try_path(x, "%s%s", dir, x->w->path));
}

static bool anywhere_below(struct search *x)
{
	struct da_symbols *s = x->s;
	const uint64_t *first;

	if (!s->managed_done) {
		s->managed_done = true;
		da_scan_folders(s, remember);
	}
	first = da_map_get(&s->managed_first, key_of(x->w->name));
	for (size_t i = first ? (size_t)*first : 0, n = 0; i && n < SAME_NAME; i = s->managed.v[i - 1].next, n++)
		if (strcasecmp(da_basename(s->managed.v[i - 1].path), x->w->name) == 0 &&
		    try_file(x, s->managed.v[i - 1].path))
			return true;
	return false;
}

bool da_symbols_managed(struct da_symbols *s, const struct da_managed_wanted *w, da_managed_fn *fn, void *ctx)
{
	struct search x = { s, w, fn, ctx, false };
	const struct da_symbol_options *o = s->o;

	if (!w->name || !*w->name || strlen(w->name) > NAME || strchr(w->name, '/') || strcmp(w->name, "..") == 0 ||
	    strcmp(w->name, ".") == 0)
		return false;
	for (size_t i = 0; i < o->ndirs; i++)
		if (in_folder(&x, o->dirs[i]))
			return true;
	if (o->ndirs && anywhere_below(&x))
		return true;
	if (!da_path_usable(w->path))
		return false;
	if (o->sysroot && try_path(&x, "%s%s", o->sysroot, w->path))
		return true;
	x.local = true;
	return !o->no_local && try_path(&x, "%s", w->path);
}

bool da_symbols_file(const struct da_symbols *s, uint32_t module, struct da_bytes *ret, const char **ret_path)
{
	if (module >= s->nfiles || !s->files[module].main || !s->files[module].path)
		return false;
	*ret = da_image_bytes(s->files[module].main);
	*ret_path = s->files[module].path;
	return true;
}
