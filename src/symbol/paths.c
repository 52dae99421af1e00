/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where files of a module may lie. The order is that of trust: what the user named, then this machine.
 * A path of a dump is somebody else's text: joined, never opened as it is unless it is absolute and
 * leads to no device.
 */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "symbol/private.h"

bool da_path_usable(const char *path)
{
	return path && path[0] == '/' && !strstr(path, "/../") && !da_ends(path, "/..") &&
	       !da_starts(path, "/dev/") && !da_starts(path, "/proc/") && !da_starts(path, "/sys/") &&
	       !da_starts(path, "/SYSV") && !da_starts(path, "/memfd:");
}

struct search {
	struct da_symbols *s;
	struct da_arena *a;
	const struct da_module *m;
	/*
	 * Usable paths of the module: the one that was mapped; with the name that the dynamic linker used
	 * (libfoo.so.1 for libfoo.so.1.2.3); and both by way of the /lib -> /usr/lib links.
	 */
	const char *paths[4];
	unsigned npaths;
	const char *bases[2]; /* base names, of the file and of the link */
	unsigned nbases;
	const char *id;    /* hex, or NULL */
	da_try_fn *fn;
	void *ctx;
	bool local;
};

/* Distributions have merged /lib into /usr/lib; a dump may know a file by either name. */
static const char *merged(struct da_arena *a, const char *path)
{
	static const char *const dirs[] = { "/lib/", "/lib64/", "/lib32/", "/bin/", "/sbin/" };

	for (size_t i = 0; i < DA_ARRAY_SIZE(dirs); i++) {
		if (da_starts(path, dirs[i]))
			return da_printf(a, "/usr%s", path);
		if (da_starts(path, "/usr") && da_starts(path + 4, dirs[i]))
			return da_strdup(a, path + 4);
	}
	return NULL;
}

static void add_path(struct search *x, const char *path)
{
	const char *other = da_path_usable(path) ? merged(x->a, path) : NULL;

	if (!da_path_usable(path))
		return;
	x->paths[x->npaths++] = path;
	if (other)
		x->paths[x->npaths++] = other;
}

static void add_base(struct search *x, const char *base)
{
	if (*base && strcmp(base, "..") != 0 && strcmp(base, ".") != 0 &&
	    (x->nbases == 0 || strcmp(base, x->bases[0]) != 0))
		x->bases[x->nbases++] = base;
}

static struct search begin(struct da_symbols *s, uint32_t module, da_try_fn *fn, void *ctx)
{
	const struct da_module *m = &s->d->proc.modules.v[module];
	struct search x = { .s = s, .a = s->d->arena, .m = m, .fn = fn, .ctx = ctx };

	if (m->path) {
		const char *base = da_basename(m->path);

		add_path(&x, m->path);
		add_base(&x, base);
		if (m->name && strcmp(m->name, base) != 0)
			add_path(&x, da_printf(x.a, "%.*s%s", (int)(base - m->path), m->path, m->name));
	}
	if (m->name)
		add_base(&x, m->name);
	if (m->build_id_len > 1)
		x.id = da_hex(x.a, m->build_id, m->build_id_len);
	return x;
}

static bool tell(struct search *x, const char *path, bool taken)
{
	const char *result = "taken";

	if (!x->s->o->tried)
		return taken;
	if (!taken && access(path, F_OK) != 0)
		result = "not there";
	else if (!taken && x->id)
		result = da_printf(x->a, "refused: nothing in it is of build %s", x->id);
	else if (!taken)
		result = "refused: nothing proves that it is what the process ran";
	x->s->o->tried(x->m && x->m->name ? x->m->name : "a module", path, result);
	return taken;
}

/* Paths are made one after another in a buffer of the caller: most do not exist. */
static bool try_path(struct search *x, const char *fmt, ...) DA_PRINTF(2, 3);
static bool try_path(struct search *x, const char *fmt, ...)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	va_list ap;

	va_start(ap, fmt);
	da_str_vaddf(&s, fmt, ap);
	va_end(ap);
	return tell(x, da_str_get(&s), x->fn(x->ctx, da_str_get(&s), x->local));
}

/* A symbol server's layout, or a flat folder; Windows does not care for case, so lower case is tried too. */
static bool pe_in_dir(struct search *x, const char *dir)
{
	char *lower = da_strdup(x->a, x->m->name ? x->m->name : "");

	for (char *p = lower; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	if (!*lower || strchr(lower, '/') || strcmp(lower, "..") == 0 || strcmp(lower, ".") == 0)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		const char *name = i ? lower : x->m->name;

		if (try_path(x, "%s/%s/%08X%x/%s", dir, name, x->m->timestamp, x->m->image_size, name) ||
		    try_path(x, "%s/%s", dir, name))
			return true;
	}
	return false;
}

static bool main_in_dir(struct search *x, const char *dir, bool flat)
{
	if (x->m->pe)
		return flat && pe_in_dir(x, dir);
	for (unsigned i = 0; i < x->npaths; i++)
		if (try_path(x, "%s%s", dir, x->paths[i]))
			return true;
	if (x->id && (try_path(x, "%s/.build-id/%.2s/%s", dir, x->id, x->id + 2) ||
		      try_path(x, "%s/%s/executable", dir, x->id)))
		return true;
	for (unsigned i = 0; flat && i < x->nbases; i++)
		if (try_path(x, "%s/%s", dir, x->bases[i]))
			return true;
	return false;
}

bool da_paths_main(struct da_symbols *s, uint32_t module, da_try_fn *fn, void *ctx)
{
	struct search x = begin(s, module, fn, ctx);
	const struct da_symbol_options *o = s->o;
	uint8_t pe_id[DA_SCAN_PE_ID];

	for (size_t i = 0; i < o->ndirs; i++)
		if (main_in_dir(&x, o->dirs[i], true))
			return true;
	if (x.m->pe && x.m->timestamp && o->ndirs) {
		da_scan_pe_id(x.m->timestamp, x.m->image_size, pe_id);
		if (da_scanned_try(s, pe_id, sizeof(pe_id), fn, ctx))
			return true;
	}
	if (x.id && o->ndirs && da_scanned_try(s, x.m->build_id, x.m->build_id_len, fn, ctx))
		return true;
	if (o->sysroot && main_in_dir(&x, o->sysroot, false))
		return true;
	x.local = true;
	for (unsigned i = 0; !o->no_local && i < x.npaths; i++)
		if (try_path(&x, "%s", x.paths[i]))
			return true;
	x.local = false;
	return o->debuginfod_cache && x.id &&
	       try_path(&x, "%s/%s/executable", o->debuginfod_cache, x.id);
}

/* Debug files that belong to one path of the module, below one root. */
static bool debug_by_path(struct search *x, const char *root, const char *path, const char *link)
{
	int dir = (int)(da_basename(path) - path); /* with the slash */

	if (try_path(x, "%s/usr/lib/debug%s.debug", root, path))
		return true;
	if (!link)
		return false;
	return try_path(x, "%s%.*s.debug/%s", root, dir, path, link) ||
	       try_path(x, "%s/usr/lib/debug%.*s%s", root, dir, path, link) ||
	       try_path(x, "%s%.*s%s", root, dir, path, link);
}

static bool debug_in_dir(struct search *x, const char *dir, const char *link, bool flat)
{
	if (x->id && (try_path(x, "%s/.build-id/%.2s/%s.debug", dir, x->id, x->id + 2) ||
		      try_path(x, "%s/usr/lib/debug/.build-id/%.2s/%s.debug", dir, x->id, x->id + 2) ||
		      (flat && try_path(x, "%s/%s/debuginfo", dir, x->id))))
		return true;
	for (unsigned i = 0; i < x->npaths; i++)
		if (debug_by_path(x, dir, x->paths[i], link) ||
		    (flat && try_path(x, "%s%s.debug", dir, x->paths[i])))
			return true;
	for (unsigned i = 0; flat && i < x->nbases; i++)
		if (try_path(x, "%s/%s.debug", dir, x->bases[i]) ||
		    (link && try_path(x, "%s/%s", dir, link)) || try_path(x, "%s/%s", dir, x->bases[i]))
			return true;
	return false;
}

bool da_paths_debug(struct da_symbols *s, uint32_t module, const char *link, da_try_fn *fn, void *ctx)
{
	struct search x = begin(s, module, fn, ctx);
	const struct da_symbol_options *o = s->o;

	if (link && (strchr(link, '/') || !*link))
		link = NULL;
	for (size_t i = 0; i < o->ndirs; i++)
		if (debug_in_dir(&x, o->dirs[i], link, true))
			return true;
	if (x.id && o->ndirs && da_scanned_try(s, x.m->build_id, x.m->build_id_len, fn, ctx))
		return true;
	if (o->sysroot && debug_in_dir(&x, o->sysroot, link, false))
		return true;
	x.local = true;
	if (!o->no_local) {
		if (x.id && try_path(&x, "/usr/lib/debug/.build-id/%.2s/%s.debug", x.id, x.id + 2))
			return true;
		for (unsigned i = 0; i < x.npaths; i++)
			if (debug_by_path(&x, "", x.paths[i], link))
				return true;
	}
	x.local = false;
	return o->debuginfod_cache && x.id &&
	       try_path(&x, "%s/%s/debuginfo", o->debuginfod_cache, x.id);
}

/* ---------------------------------------------------------------- dwz and .dwo */

static bool extra_in_dir(struct search *x, const char *dir, const char *name)
{
	if (x->id && (try_path(x, "%s/.build-id/%.2s/%s.debug", dir, x->id, x->id + 2) ||
		      try_path(x, "%s/usr/lib/debug/.build-id/%.2s/%s.debug", dir, x->id, x->id + 2)))
		return true;
	if (da_path_usable(name) && try_path(x, "%s%s", dir, name))
		return true;
	return try_path(x, "%s/.dwz/%s", dir, da_basename(name)) ||
	       try_path(x, "%s/usr/lib/debug/.dwz/%s", dir, da_basename(name)) ||
	       try_path(x, "%s/%s", dir, da_basename(name));
}

bool da_paths_extra(struct da_symbols *s, const char *from, const char *name, const uint8_t *id,
		    unsigned len, da_try_fn *fn, void *ctx)
{
	struct search x = { .s = s, .a = s->d->arena, .fn = fn, .ctx = ctx };
	const struct da_symbol_options *o = s->o;
	int dir = from ? (int)(da_basename(from) - from) : 0;

	if (id && len > 1)
		x.id = da_hex(x.a, id, len);
	for (size_t i = 0; i < o->ndirs; i++)
		if (extra_in_dir(&x, o->dirs[i], name))
			return true;
	if (x.id && o->ndirs && da_scanned_try(s, id, len, fn, ctx))
		return true;
	if (o->sysroot && extra_in_dir(&x, o->sysroot, name))
		return true;
	/* Next to the file that names it: a dwz file is written relative to it. */
	if (from && name[0] != '/' && try_path(&x, "%.*s%s", dir, from, name))
		return true;
	if (from && try_path(&x, "%.*s%s", dir, from, da_basename(name)))
		return true;
	x.local = true;
	if (o->no_local)
		return false;
	if (x.id && try_path(&x, "/usr/lib/debug/.build-id/%.2s/%s.debug", x.id, x.id + 2))
		return true;
	return da_path_usable(name) && try_path(&x, "%s", name);
}
