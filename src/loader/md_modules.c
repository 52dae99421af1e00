/* SPDX-License-Identifier: Apache-2.0 */
/* Modules: ModuleList with version and CodeView record, and what was unloaded. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "loader/minidump.h"

#define MODULE 108
#define UNLOADED 24
#define FIXED_INFO 0xfeef04bd

enum { CV_RSDS = 0x53445352, CV_NB10 = 0x3031424e, CV_BPEL = 0x4270454c };

/* ---------------------------------------------------------------- CodeView */

/* The GUID in the order in which people write it: its first three fields are little-endian. */
static void text_order(const uint8_t *guid, uint8_t *ret)
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (unsigned i = 0; i < 16; i++)
		ret[i] = guid[order[i]];
}

static bool all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static void read_rsds(struct md *m, struct da_module *mod, struct da_cursor c)
{
	const uint8_t *guid = da_get_bytes(&c, 16);
	const char *name;

	if (!guid || all_zero(guid, 16))
		return;
	if (!mod->pe && m->d->proc.os != DA_OS_MACOS) {
		/*
		 * Breakpad before build-id records: the first 16 bytes of an ELF build-id as a GUID, or
		 * a hash of the code when the file has none. Both are kept as what can be compared.
		 */
		memcpy(mod->build_id, guid, 16);
		mod->build_id_len = 16;
		return;
	}
	text_order(guid, mod->pdb_id);
	mod->has_pdb_id = true;
	mod->pdb_age = da_get_u32(&c);
	if (!da_ok(&c)) {
		mod->pdb_age = 0;
		return;
	}
	name = da_text_cstr(m->d->arena, c.p, DA_MIN(da_left(&c), (size_t)m->d->limits->string));
	if (*name)
		mod->pdb_name = md_basename(name);
}

static void read_nb10(struct md *m, struct da_module *mod, struct da_cursor c)
{
	uint32_t signature;
	const char *name;

	da_skip(&c, 4);
	signature = da_get_u32(&c);
	mod->pdb_age = da_get_u32(&c);
	if (!da_ok(&c))
		return;
	/* A time stamp in place of a GUID: in its first four bytes, the others 0. */
	for (unsigned i = 0; i < 4; i++)
		mod->pdb_id[i] = (uint8_t)(signature >> (24 - 8 * i));
	mod->has_pdb_id = true;
	name = da_text_cstr(m->d->arena, c.p, DA_MIN(da_left(&c), (size_t)m->d->limits->string));
	if (*name)
		mod->pdb_name = md_basename(name);
}

static void read_codeview(struct md *m, struct da_module *mod, struct da_bytes b)
{
	struct da_cursor c = md_cursor(m, b);
	uint32_t signature;

	if (b.n < 4)
		return;
	signature = da_get_u32(&c);
	if (signature == CV_RSDS) {
		read_rsds(m, mod, c);
	} else if (signature == CV_NB10) {
		read_nb10(m, mod, c);
	} else if (signature == CV_BPEL && da_ok(&c)) {
		size_t n = DA_MIN(da_left(&c), sizeof(mod->build_id));

		if (n && !all_zero(c.p, n)) {
			memcpy(mod->build_id, c.p, n);
			mod->build_id_len = (uint8_t)n;
		}
	}
}

/* ---------------------------------------------------------------- ModuleList */

static const char *version_text(struct md *m, uint32_t high, uint32_t low)
{
	return high || low ? da_printf(m->d->arena, "%u.%u.%u.%u", high >> 16, high & 0xffff, low >> 16,
				       low & 0xffff)
			   : NULL;
}

static void read_version(struct md *m, struct da_module *mod, struct da_cursor c)
{
	uint32_t signature = da_get_u32(&c), file[2], product[2];

	da_skip(&c, 4);
	file[0] = da_get_u32(&c);
	file[1] = da_get_u32(&c);
	product[0] = da_get_u32(&c);
	product[1] = da_get_u32(&c);
	if (!da_ok(&c) || signature != FIXED_INFO)
		return;
	mod->version = version_text(m, file[0], file[1]);
	mod->product_version = version_text(m, product[0], product[1]);
}

static void read_module(struct md *m, struct da_cursor c, bool first)
{
	struct da_module mod = { .pe = m->d->proc.os == DA_OS_WINDOWS, .main = first };
	struct da_cursor version = c;
	uint32_t size, name, cv_size;

	mod.start = md_address(m, da_get_u64(&c));
	size = da_get_u32(&c);
	da_skip(&c, 4); /* CheckSum */
	mod.timestamp = da_get_u32(&c);
	name = da_get_u32(&c);
	da_skip(&version, 24);
	read_version(m, &mod, version);
	da_skip(&c, 52);
	cv_size = da_get_u32(&c);
	mod.image_size = size;
	if (!da_add(&mod.end, mod.start, size) || (m->word == 4 && mod.end > UINT64_C(1) << 32) ||
	    size == 0) {
		da_note(m->d->ledger, DA_NOTE_CORRUPT, "modules", NULL,
			"a module at " DA_ADDR("0x%llx") " has a size that cannot be",
			(unsigned long long)mod.start);
		return;
	}
	mod.path = md_string(m, name);
	mod.name = mod.path ? md_basename(mod.path)
			    : da_printf(m->d->arena, "image-0x%llx", (unsigned long long)mod.start);
	read_codeview(m, &mod, md_bytes(m, da_get_u32(&c), cv_size));
	mod.from = DA_FROM_MODULE_LIST;
	da_vec_push(m->d->arena, &m->d->proc.modules, mod);
}

/* Of two that begin together the larger comes last: it is the one that addresses are looked up in. */
static int by_start(const void *a, const void *b)
{
	const struct da_module *x = a, *y = b;
	int order = x->start < y->start ? -1 : x->start > y->start;

	if (order == 0)
		order = x->end < y->end ? -1 : x->end > y->end;
	return order ? order : strcmp(y->name, x->name);
}

/*
 * Sort, and let no module reach into the next one. Breakpad lists a mapping that was made again twice:
 * that is one module. Two names at one address cannot be: one of them is shown without extent.
 */
static void settle(struct md *m)
{
	struct da_process *p = &m->d->proc;
	size_t n = 0;

	if (p->modules.n)
		qsort(p->modules.v, p->modules.n, sizeof(*p->modules.v), by_start);
	for (size_t i = 0; i < p->modules.n; i++) {
		struct da_module mod = p->modules.v[i];

		if (n && p->modules.v[n - 1].start == mod.start &&
		    da_streq(p->modules.v[n - 1].path, mod.path)) {
			mod.main |= p->modules.v[n - 1].main;
			p->modules.v[n - 1] = mod;
			continue;
		}
		if (n && p->modules.v[n - 1].end > mod.start)
			p->modules.v[n - 1].end = mod.start;
		p->modules.v[n++] = mod;
	}
	p->modules.n = n;
}

void md_identify_modules(struct md *m)
{
	for (size_t i = 0; i < m->d->proc.modules.n; i++) {
		struct da_module *mod = &m->d->proc.modules.v[i];
		struct da_bytes b;

		if (mod->pe && !mod->has_pdb_id && md_image_codeview(m, mod->start, &b))
			read_codeview(m, mod, b);
	}
}

void md_add_modules(struct md *m, const struct md_modules *more)
{
	for (size_t i = 0; i < more->n; i++)
		da_vec_push(m->d->arena, &m->d->proc.modules, more->v[i]);
	settle(m);
}

/* ---------------------------------------------------------------- UnloadedModuleList */

static int by_unloaded(const void *a, const void *b)
{
	const struct da_unloaded *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void read_unloaded(struct md *m)
{
	struct da_process *p = &m->d->proc;
	struct md_list l;

	if (!md_read_table(m, MD_UNLOADED_LIST, 8, false, UNLOADED, m->d->limits->modules, &l))
		return;
	for (uint64_t i = 0; i < l.n; i++) {
		struct da_cursor c = md_entry(&l, i);
		struct da_unloaded u = { .start = md_address(m, da_get_u64(&c)) };
		uint32_t size = da_get_u32(&c);

		da_skip(&c, 4);
		u.timestamp = da_get_u32(&c);
		u.name = md_string(m, da_get_u32(&c));
		if (size && da_add(&u.end, u.start, size))
			da_vec_push(m->d->arena, &p->unloaded, u);
	}
	if (p->unloaded.n)
		qsort(p->unloaded.v, p->unloaded.n, sizeof(*p->unloaded.v), by_unloaded);
}

void md_read_modules(struct md *m)
{
	struct da_process *p = &m->d->proc;
	struct md_list l;

	if (md_read_list(m, MD_MODULE_LIST, MODULE, m->d->limits->modules, &l))
		for (uint64_t i = 0; i < l.n; i++)
			read_module(m, md_entry(&l, i), i == 0);
	settle(m);
	for (size_t i = 0; i < p->modules.n && !p->executable; i++)
		if (p->modules.v[i].main && p->modules.v[i].path) {
			p->executable = p->modules.v[i].path;
			p->name = p->modules.v[i].name;
		}
	read_unloaded(m);
}
