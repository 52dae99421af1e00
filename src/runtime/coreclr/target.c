/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of one runtime, put together and chosen by self-checks; fields are read by their names.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/coreclr/target.h"

/* READER_VERSION: of the descriptor's RecommendedReaderVersion; 11.0 has 1. */
enum { MAJORS = 6, COLUMNS = 12, READER_VERSION = 1, FORMAT = 2 };

/* ---------------------------------------------------------------- reading by name */

enum da_status da_clr_read(const struct da_clr *c, uint64_t addr, enum da_clr_field f, unsigned bytes, uint64_t *ret)
{
	int32_t off = c->layout.off[f];
	uint64_t at;
	uint32_t v32 = 0;
	uint16_t v16 = 0;
	uint8_t v8 = 0;
	enum da_status st;

	if (off == DA_CLR_UNKNOWN)
		return DA_UNSUPPORTED;
	at = addr + (uint64_t)(int64_t)off;
	switch (bytes) {
	case 8:
		return da_mem_word(c->mem, at, ret);
	case 4:
		st = da_mem_u32(c->mem, at, &v32);
		break;
	case 2:
		st = da_mem_u16(c->mem, at, &v16);
		break;
	default:
		st = da_mem_u8(c->mem, at, &v8);
	}
	if (st == DA_OK)
		*ret = (uint64_t)v32 | v16 | v8;
	return st;
}

enum da_status da_clr_global(const struct da_clr *c, enum da_clr_global g, uint64_t *ret)
{
	if (!c->layout.global[g].known)
		return DA_UNSUPPORTED;
	*ret = c->layout.global[g].value;
	return DA_OK;
}

enum da_status da_clr_global_ptr(const struct da_clr *c, enum da_clr_global g, uint64_t *ret)
{
	if (!c->layout.global[g].known || !c->layout.global[g].address)
		return DA_UNSUPPORTED;
	return da_mem_word(c->mem, c->layout.global[g].value, ret);
}

void da_clr_unread(struct da_clr *c, const char *word)
{
	struct da_runtime *r = da_clr_model(c);

	for (size_t i = 0; i < r->unread.n; i++)
		if (strcmp(r->unread.v[i], word) == 0)
			return;
	da_vec_push(c->arena, &r->unread, word);
}

/* ---------------------------------------------------------------- putting a layout together */

static enum da_status merge_sub(struct da_clr *c, struct da_clr_found *f, struct da_clr_layout *l, uint64_t pointer)
{
	struct da_clr_source s;
	struct da_clr_merged r;
	uint64_t at, base = c->base;
	uint32_t module;
	const char *id;
	const struct da_clr_build *b;

	if (da_mem_word(c->mem, pointer, &at) != DA_OK || !at)
		return DA_NOT_FOUND;
	if (da_clr_descriptor_at(c, at, &s) == DA_OK)
		return da_clr_merge(c->arena, l, &s, &r);
	/* Not in the dump: the collector of this library, or one that DOTNET_GCName names. */
	module = da_module_at(&c->dump->proc, at);
	id = f->id;
	if (module != DA_NONE && module != c->module) {
		id = da_clr_identity(c->arena, &c->dump->proc.modules.v[module]);
		base = c->dump->proc.modules.v[module].start;
	}
	if (c->options.ignore_own || at < base)
		return DA_NOT_FOUND;
	b = da_clr_build_of(f->builds, id, true, (uint32_t)(at - base));
	if (!b || da_clr_descriptor_of(c, b, base, &s) != DA_OK)
		return DA_NOT_FOUND;
	return da_clr_merge(c->arena, l, &s, &r);
}

static bool merge_descriptor(struct da_clr *c, struct da_clr_found *f, struct da_clr_layout *l)
{
	struct da_clr_source s = f->dump;

	f->from_row = false;
	if (!f->in_dump) {
		if (!f->own || da_clr_descriptor_of(c, f->own, c->base, &s) != DA_OK)
			return false;
		if (f->dump.cut && f->dump.pointers)
			s.pointers = f->dump.pointers, s.npointers = f->dump.npointers;
		f->from_row = true;
	}
	if (da_clr_merge(c->arena, l, &s, &f->merged) != DA_OK) {
		da_note(c->dump->ledger, DA_NOTE_CORRUPT, "contract descriptor", NULL, "its text is not JSON, or is cut");
		f->in_dump = false;
		return f->own ? merge_descriptor(c, f, l) : false;
	}
	if (f->merged.baseline) {
		da_note(c->dump->ledger, DA_NOTE_UNSUPPORTED, "contract descriptor", NULL,
			"it leaves out what equals the baseline \"%s\", which is not known", f->merged.baseline);
		da_clr_layout_init(l);
		f->in_dump = false;
		return false;
	}
	if (f->merged.format > FORMAT)
		da_note(c->dump->ledger, DA_NOTE_UNSUPPORTED, "contract descriptor", NULL,
			"its format is version %llu; versions up to %d are known", (unsigned long long)f->merged.format,
			FORMAT);
	for (unsigned i = 0; i < f->merged.nsub; i++)
		if (merge_sub(c, f, l, f->merged.sub_pointer[i]) != DA_OK)
			da_note(c->dump->ledger, DA_NOTE_MISSING, "contract descriptor", NULL,
				"the part for \"%s\" is not in the dump", f->merged.sub_name[i]);
	return true;
}

static const char *overlay_name(struct da_clr *c, unsigned major)
{
	return da_printf(c->arena, "%s-%s-%u", c->windows ? "win" : "linux", c->mem->word == 4 ? "x86" : c->arm64 ? "arm64" : "x64", major);
}

static bool is_x86(const struct da_dump *d)
{
	return d->proc.arch_name && strcmp(d->proc.arch_name, "x86") == 0;
}

static void try_one(struct da_clr *c, struct da_clr_found *f, unsigned major, const struct da_clr_column *col,
		    struct da_clr_choice *ret)
{
	c->major = major;
	ret->major = major;
	ret->column = col ? *col : (struct da_clr_column){ .index = DA_NONE };
	da_clr_layout_init(&c->layout);
	(void)merge_descriptor(c, f, &c->layout);
	if (f->table.address && col)
		da_clr_dactable_apply(c, &c->layout, &f->table, col);
	if ((c->mem->word == 8 || is_x86(c->dump)) &&
	    da_clr_overlay(c->arena, &c->layout, overlay_name(c, major), &ret->verified) == DA_NOT_FOUND)
		(void)da_clr_overlay(c->arena, &c->layout, c->mem->word == 4 ? "common32" : "common",
				     &ret->verified); /* a CPU that has none of its own */
	if (!c->layout.global[DA_CLR_G_ThreadStore].known && !f->table.address)
		ret->searched = da_clr_search(c);
	da_clr_probe(c);
	da_clr_gc_vars(c, &c->layout);
	da_clr_check(c, &ret->checks);
	ret->layout = c->layout;
}

static bool better(const struct da_clr_choice *a, const struct da_clr_choice *b)
{
	if (a->checks.failed != b->checks.failed)
		return a->checks.failed < b->checks.failed;
	return a->checks.passed > b->checks.passed;
}

/* The version is known, or every one that could be is tried. */
static unsigned majors(const struct da_clr *c, const struct da_clr_found *f, unsigned ret[MAJORS])
{
	static const unsigned all[MAJORS] = { 11, 10, 9, 8, 7, 6 };
	unsigned known = c->major;

	if (!known && f->in_dump && f->merged.version)
		known = (unsigned)strtoul(f->merged.version, NULL, 10);
	if (known) {
		ret[0] = known;
		return 1;
	}
	memcpy(ret, all, sizeof(all));
	return MAJORS;
}

static void choose(struct da_clr *c, struct da_clr_found *f, struct da_clr_choice *ret)
{
	unsigned list[MAJORS], n = majors(c, f, list), known = c->major;
	struct da_clr_column col[COLUMNS];
	bool have = false;

	for (unsigned i = 0; i < n; i++) {
		unsigned k = f->table.address ? da_clr_columns(c->windows, list[i], f->table.count, col, COLUMNS) : 0;

		for (unsigned j = 0; j < k || j == 0; j++) {
			struct da_clr_choice *one = da_calloc(c->arena, 1, sizeof(*one));

			try_one(c, f, list[i], k ? &col[j] : NULL, one);
			if (!have || better(one, ret))
				*ret = *one;
			have = true;
			if (ret->checks.failed == 0 && ret->checks.passed >= 4)
				break;
		}
	}
	c->layout = ret->layout;
	c->major = known ? known : ret->checks.failed || !ret->checks.passed ? 0 : ret->major;
}

/* ---------------------------------------------------------------- opening */

static bool is_musl(const struct da_dump *d)
{
	for (size_t i = 0; i < d->proc.modules.n; i++)
		if (d->proc.modules.v[i].name && da_starts(d->proc.modules.v[i].name, "ld-musl"))
			return true;
	return false;
}

enum da_status da_clr_open(struct da_dump *d, struct da_symbols *s, uint32_t module,
			   const struct da_runtime_options *o, struct da_clr **ret)
{
	struct da_clr *c;
	struct da_clr_choice *h;
	struct da_clr_found f = { 0 };
	uint64_t reader;

	if (!da_clr_may_be_one(d, module))
		return DA_NOT_FOUND;
	c = da_calloc(d->arena, 1, sizeof(*c));
	c->dump = d;
	c->symbols = s;
	c->arena = d->arena;
	c->mem = &d->proc.mem;
	c->options = *o;
	c->module = module;
	c->arm64 = d->proc.arch_name && strcmp(d->proc.arch_name, "aarch64") == 0;
	c->windows = d->proc.modules.v[module].pe;
	da_clr_read_page(c, &f);
	f.builds = da_clr_builds(c->arena);
	if (!da_clr_recognise(c, &f))
		return DA_NOT_FOUND;
	(void)da_clr_version(c, f.own);
	da_clr_find_descriptor(c, &f);
	da_clr_find_table(c, &f);
	if (c->single_file && !f.bundle && !f.own && !f.in_dump && !f.table.address)
		return DA_NOT_FOUND;
	h = da_calloc(c->arena, 1, sizeof(*h));
	choose(c, &f, h);
	if (f.merged.aot)
		return DA_NOT_FOUND;
	if (f.in_dump && f.merged.version && !c->has_patch)
		(void)da_clr_version_text(c, f.merged.version);
	if (is_musl(d))
		h->verified = false; /* layouts are those of glibc's build; no such dump was ever compared */
	if (da_clr_global(c, DA_CLR_G_RecommendedReaderVersion, &reader) == DA_OK && reader > READER_VERSION)
		da_note(d->ledger, DA_NOTE_UNSUPPORTED, "contract descriptor", NULL,
			"it asks for a reader of version %llu; this is one of version %d", (unsigned long long)reader,
			READER_VERSION);
	c->dactable = f.table.address;
	c->dactable_count = f.table.count;
	(void)da_clr_global(c, DA_CLR_G_ExecutionManagerCodeRangeMapAddress, &c->coderange);
	(void)da_clr_global_ptr(c, DA_CLR_G_GSCookie, &c->gs_cookie);
	da_clr_describe(c, &f, h);
	*ret = c;
	return DA_OK;
}
