/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbol files of Windows modules (PDB) and of Breakpad (.sym): where they may lie, and whether they
 * belong to the module. Names in stores are written in whatever case the tool that filled them used.
 */
#include "config.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "symbol/private.h"

#define DIRS_MAX 64

struct hunt {
	struct da_symbols *s;
	struct da_arena *a;
	uint32_t module;
	struct da_files *f;
	const char *name;     /* of the symbol file: foo.pdb, or the module's own for Breakpad */
	uint8_t guid[16];
	uint32_t age;
	const char *key;      /* GUID and age, upper case */
	const char *key_lower;
};

/* ---------------------------------------------------------------- is it the right file? */

static void tell_other_build(struct hunt *h, const char *path, const struct da_symfile *sf)
{
	da_note(h->s->d->ledger, DA_NOTE_MISMATCH, h->name,
		"give the symbol file of this build with --symbols",
		"%s is at hand, but it is of another build: its id is %s%X, the process ran %s",
		da_text(h->a, da_basename(path), strlen(da_basename(path))),
		da_hex_upper(h->a, da_symfile_guid(sf), 16), da_symfile_age(sf), h->key);
}

static void tell_unread(struct hunt *h, enum da_symfile_kind kind)
{
	const char *remedy = NULL;

	if (kind == DA_SYMFILE_CABINET)
		remedy = "unpack it (cabextract) beside where it lies";
	da_note(h->s->d->ledger, DA_NOTE_UNSUPPORTED, h->name, remedy,
		"its symbol file is of a kind that is not read: %s", da_symfile_kind_name(kind));
}

static bool belongs(const struct hunt *h, const struct da_symfile *f)
{
	return memcmp(da_symfile_guid(f), h->guid, 16) == 0 && da_symfile_has_age(f, h->age);
}

/* A file at a place, or with a name, that the module's own should have. */
static bool try_file(struct hunt *h, const char *path)
{
	struct da_symfile *sf = NULL;
	enum da_symfile_kind kind = DA_SYMFILE_KINDS;
	enum da_status st;
	struct da_bytes b;

	if (da_map_file(h->s->d->arena, path, h->s->d->limits->image_bytes, &b) != DA_OK || b.n < 16)
		return false;
	st = da_symfile_open(h->s->d->arena, b, h->s->d->limits, &sf, &kind);
	if (st == DA_UNSUPPORTED && kind != DA_SYMFILE_PORTABLE)
		tell_unread(h, kind);
	if (st == DA_CORRUPT)
		da_note(h->s->d->ledger, DA_NOTE_CORRUPT, h->name, "copy it again",
			"%s is damaged, or was cut: it is not used",
			da_text(h->a, da_basename(path), strlen(da_basename(path))));
	if (st != DA_OK)
		return false;
	if (!belongs(h, sf)) {
		tell_other_build(h, path, sf);
		return false;
	}
	if (da_symfile_is_managed(sf)) {
		da_note(h->s->d->ledger, DA_NOTE_UNSUPPORTED, h->name, NULL,
			"its PDB was written by a .NET compiler: it names no native code, and is not read");
		return false;
	}
	if (da_symfile_is_minimal(sf))
		da_note(h->s->d->ledger, DA_NOTE_UNSUPPORTED, h->name, "link with /DEBUG:FULL",
			"its PDB was linked with /DEBUG:FASTLINK: functions and lines stayed in the object files");
	h->f->symfile = sf;
	h->f->symfile_path = da_strdup(h->s->d->arena, path);
	return true;
}

/* ---------------------------------------------------------------- where it may lie */

static bool try_path(struct hunt *h, const char *fmt, ...) DA_PRINTF(2, 3);
static bool try_path(struct hunt *h, const char *fmt, ...)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	va_list ap;

	va_start(ap, fmt);
	da_str_vaddf(&s, fmt, ap);
	va_end(ap);
	return try_file(h, da_str_get(&s));
}

static const char *lower(struct da_arena *a, const char *s)
{
	char *copy = da_strdup(a, s);

	for (char *p = copy; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

/* foo.pdb and foo.exe have foo.sym; what has neither ending gets one more. */
static const char *sym_name(struct da_arena *a, const char *name)
{
	const char *dot = strrchr(name, '.');
	bool cut = dot && (!strcasecmp(dot, ".pdb") || !strcasecmp(dot, ".exe") || !strcasecmp(dot, ".dll"));

	return da_printf(a, "%.*s.sym", cut ? (int)(dot - name) : (int)strlen(name), name);
}

static bool in_store(struct hunt *h, const char *dir, const char *name, const char *key)
{
	const char *sym = sym_name(h->a, name);

	return try_path(h, "%s/%s/%s/%s", dir, name, key, name) ||
	       try_path(h, "%s/%.2s/%s/%s/%s", dir, name, name, key, name) || /* index2.txt: three tiers */
	       try_path(h, "%s/%s/%s/%s", dir, name, key, sym) ||
	       try_path(h, "%s/%s/%s/%.*s_", dir, name, key, (int)strlen(name) - 1, name);
}

static bool in_dir(struct hunt *h, const char *dir)
{
	const char *small = lower(h->a, h->name);
	bool same = strcmp(small, h->name) == 0;

	if (in_store(h, dir, h->name, h->key) || in_store(h, dir, h->name, h->key_lower) ||
	    (!same && (in_store(h, dir, small, h->key) || in_store(h, dir, small, h->key_lower))))
		return true;
	for (int i = 0; i < (same ? 1 : 2); i++) {
		const char *name = i ? small : h->name;

		if (try_path(h, "%s/%s", dir, name) || try_path(h, "%s/%s", dir, sym_name(h->a, name)) ||
		    try_path(h, "%s/%s.sym", dir, name) || try_path(h, "%s/symbols/dll/%s", dir, name) ||
		    try_path(h, "%s/dll/%s", dir, name))
			return true;
	}
	return false;
}

/*
 * _NT_SYMBOL_PATH: folders, and srv*DIR*DIR*URL or cache*DIR, separated by semicolons. What is not a
 * folder here (servers, shares, drives) is passed over: nothing is fetched.
 */
static bool in_symbol_path(struct hunt *h, const char *path)
{
	unsigned tried = 0;

	while (*path && tried < DIRS_MAX) {
		size_t n = strcspn(path, ";*");

		if (n && *path == '/') {
			tried++;
			if (in_dir(h, da_strndup(h->a, path, n)))
				return true;
		}
		path += n + (path[n] != '\0');
	}
	return false;
}

/* ---------------------------------------------------------------- which file it is */

/* Only a base name: a dump may call its PDB anything. */
static bool plain(const char *name)
{
	return name && *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* Breakpad's id of an ELF file is its build-id's first 16 bytes as a GUID, and the age 0. */
static bool breakpad_id(const struct da_module *m, uint8_t *ret)
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	uint8_t id[16] = { 0 };

	if (!m->build_id_len)
		return false;
	memcpy(id, m->build_id, DA_MIN(m->build_id_len, 16));
	for (unsigned i = 0; i < 16; i++)
		ret[i] = id[order[i]];
	return true;
}

static bool identify(struct hunt *h)
{
	const struct da_module *m = &h->s->d->proc.modules.v[h->module];

	if (m->has_pdb_id) {
		h->name = m->pdb_name ? m->pdb_name : m->name;
		memcpy(h->guid, m->pdb_id, 16);
		h->age = m->pdb_age;
	} else {
		h->name = m->name;
		if (!breakpad_id(m, h->guid))
			return false;
	}
	if (!plain(h->name))
		return false;
	h->key = da_printf(h->a, "%s%X", da_hex_upper(h->a, h->guid, 16), h->age);
	h->key_lower = lower(h->a, h->key);
	return true;
}

static void find_symfile(struct da_symbols *s, uint32_t module)
{
	struct hunt h = { .s = s, .a = s->d->arena, .module = module, .f = &s->files[module] };

	if ((!s->o->ndirs && !s->o->nt_symbol_path) || !identify(&h))
		return;
	for (size_t i = 0; i < s->o->ndirs; i++)
		if (in_dir(&h, s->o->dirs[i]))
			return;
	if (s->o->nt_symbol_path)
		(void)in_symbol_path(&h, s->o->nt_symbol_path);
}

struct da_symfile *da_files_symfile(struct da_symbols *s, uint32_t module)
{
	struct da_files *f = &s->files[module];

	if (!f->symfile_tried) {
		f->symfile_tried = true;
		find_symfile(s, module);
	}
	return f->symfile;
}
