/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies in the folders that the user named, by build-id, or time stamp and size of Windows images:
 * people throw files into one folder, by whatever names, or name the folder above. Done once, when a file
 * is not found by its own name.
 */
#include "config.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "symbol/private.h"

struct scan {
	struct da_symbols *s;
	da_scan_fn *fn;
	size_t files;
	bool full, deep; /* a bound was reached */
};

static void scan_dir(struct scan *sc, const char *dir, unsigned depth)
{
	const struct da_limits *limits = sc->s->d->limits;
	DIR *d = depth < limits->symbol_depth ? opendir(dir) : NULL;
	struct dirent *e;

	sc->deep = sc->deep || depth >= limits->symbol_depth;

	while (d && !sc->full && !da_stop(sc->s->d->watch) && (e = readdir(d)) != NULL) {
		struct da_str path DA_CLEANUP(da_str_done) = { 0 };
		struct stat st;

		if (e->d_name[0] == '.' && strcmp(e->d_name, ".debug") != 0 && strcmp(e->d_name, ".build-id") != 0)
			continue;
		da_str_addf(&path, "%s/%s", dir, e->d_name);
		if (lstat(da_str_get(&path), &st) != 0)
			continue;
		if (++sc->files > limits->symbol_files) {
			sc->full = true;
			break;
		}
		if (S_ISDIR(st.st_mode)) /* links to folders are not followed: no loops */
			scan_dir(sc, da_str_get(&path), depth + 1);
		else if (S_ISREG(st.st_mode))
			sc->fn(sc->s, da_str_get(&path));
	}
	if (d)
		closedir(d);
}

void da_scan_folders(struct da_symbols *s, da_scan_fn *fn)
{
	struct scan sc = { .s = s, .fn = fn };

	for (size_t i = 0; i < s->o->ndirs; i++)
		scan_dir(&sc, s->o->dirs[i], 0);
	if (sc.full || sc.deep)
		da_note(s->d->ledger, DA_NOTE_LIMIT, "symbol files", "name the folder itself with --symbols",
			"the folders that were named hold more files, or deeper ones, than are looked "
			"through: %llu files, %llu levels", (unsigned long long)s->d->limits->symbol_files,
			(unsigned long long)s->d->limits->symbol_depth);
}

static void add_id(struct da_symbols *s, const char *path, const uint8_t *id, unsigned len)
{
	struct da_scanned *x = da_vec_add(s->d->arena, &s->scanned);

	x->id = da_memdup(s->d->arena, id, len);
	x->len = len;
	x->path = da_strdup(s->d->arena, path);
}

void da_scan_pe_id(uint32_t timestamp, uint32_t size, uint8_t ret[DA_SCAN_PE_ID])
{
	for (unsigned i = 0; i < 4; i++) {
		ret[i] = (uint8_t)(timestamp >> (8 * i));
		ret[4 + i] = (uint8_t)(size >> (8 * i));
	}
}

static void add_file(struct da_symbols *s, const char *path)
{
	struct da_arena *scratch = da_arena_new();
	struct da_image *im;
	struct da_bytes b;
	const uint8_t *id;
	unsigned len;

	if (da_map_file(scratch, path, s->d->limits->image_bytes, &b) == DA_OK && b.n >= 64 &&
	    da_image_open(scratch, b, path, NULL, &im) == DA_OK) {
		const struct da_pe *pe = da_image_pe(im);
		uint8_t pe_id[DA_SCAN_PE_ID];

		if ((len = da_image_build_id(im, &id)) > 0)
			add_id(s, path, id, len);
		if (pe && pe->timestamp) {
			da_scan_pe_id(pe->timestamp, pe->image_size, pe_id);
			add_id(s, path, pe_id, sizeof(pe_id));
		}
	}
	da_arena_free(scratch);
}

bool da_scanned_try(struct da_symbols *s, const uint8_t *id, unsigned len, da_try_fn *fn, void *ctx)
{
	if (!s->scan_done) {
		s->scan_done = true;
		da_scan_folders(s, add_file);
	}
	for (size_t i = 0; i < s->scanned.n; i++)
		/* fn compares the whole: a Breakpad dump knows only the first 16 bytes */
		if (s->scanned.v[i].len >= len && memcmp(s->scanned.v[i].id, id, len) == 0 &&
		    fn(ctx, s->scanned.v[i].path, false))
			return true;
	return false;
}
