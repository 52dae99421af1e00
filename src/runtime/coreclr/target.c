/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this module a CoreCLR, which build of it, and how are its structures laid out?
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "runtime/coreclr/target.h"

/* createdump adds this page to every dump: docs/design/coreclr/botr/xplat-minidump-generation.md. */
#define DIAGNOSTIC_PAGE UINT64_C(0x7ffffff10000)
enum { SIGNATURE_SCAN = 65536, MAJORS = 5, COLUMNS = 12, TABLE_MAX = 512 };
/* Before it stands where in the file the bundle's header is; 0: this program is no bundle. */
static const uint8_t bundle_signature[32] = {
	0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32,
	0x13, 0xf5, 0xb9, 0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae,
};

/* What is known before a layout is chosen. */
struct found {
	const char *id;                 /* as builds.tsv spells it, or NULL */
	const struct da_clr_builds *builds;
	const struct da_clr_build *own; /* the row of exactly this build, or NULL */
	struct da_clr_source dump;      /* the descriptor of the dump */
	bool in_dump, from_row;
	struct da_clr_merged merged;    /* of the descriptor that was taken */
	bool createdump;                /* its page is there */
	uint64_t page_base;             /* the runtime's address by that page, or 0 */
	struct da_clr_dactable table;   /* address 0: not found */
	bool bundle;                    /* the program's own place for the offset of its bundle is filled */
};

/* One try. */
struct choice {
	struct da_clr_layout layout;
	struct da_clr_checks checks;
	struct da_clr_column column;
	unsigned major;
	bool verified;
};

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

/* ---------------------------------------------------------------- which module */

static void read_page(struct da_clr *c, struct found *f)
{
	uint8_t p[40];
	struct da_cursor cur;

	if (c->windows || da_mem_read(c->mem, DIAGNOSTIC_PAGE, p, sizeof(p), NULL) != DA_OK ||
	    memcmp(p, "DIAGINFOHEADER", 15) != 0)
		return;
	f->createdump = true;
	cur = da_cursor(p, sizeof(p), false, 8);
	da_seek(&cur, 16);
	if (da_get_u32(&cur) < 2)
		return;
	da_seek(&cur, 32);
	f->page_base = da_get_u64(&cur);
}

/* The first writable pages hold the host's place for the offset of its bundle. */
static bool is_bundle(const struct da_clr *c)
{
	for (size_t i = 0; i < c->mem->ranges.n; i++) {
		const struct da_range *r = &c->mem->ranges.v[i];
		size_t n;
		const uint8_t *p, *hit;
		struct da_cursor cur;

		if (r->end <= c->base || r->start >= c->end || !r->has_prot || !(r->prot & DA_PROT_W))
			continue;
		p = da_mem_view_some(c->mem, r->start, &n);
		if (!p)
			continue;
		hit = memmem(p, n < SIGNATURE_SCAN ? n : SIGNATURE_SCAN, bundle_signature, sizeof(bundle_signature));
		if (!hit || hit - p < 8)
			continue;
		cur = da_cursor(hit - 8, 8, false, 8);
		return da_get_u64(&cur) != 0;
	}
	return false;
}

static bool is_library(const struct da_module *m)
{
	return strcmp(m->name, "libcoreclr.so") == 0 || strcasecmp(m->name, "coreclr.dll") == 0;
}

static bool has_coreclr_library(const struct da_dump *d)
{
	for (size_t i = 0; i < d->proc.modules.n; i++) {
		const char *n = d->proc.modules.v[i].name;

		if (n && is_library(&d->proc.modules.v[i]))
			return true;
	}
	return false;
}

/* A program that holds the runtime itself. */
static bool is_single_file(struct da_clr *c, struct found *f)
{
	uint64_t at, size;
	uint8_t p[18];

	if (has_coreclr_library(c->dump))
		return false;
	f->bundle = is_bundle(c);
	if (f->own && strncmp(f->own->file, "singlefilehost", 14) == 0)
		return true;
	if (f->page_base && f->page_base == c->base)
		return true;
	if (da_clr_export(c, "DotNetRuntimeInfo", &at, &size) == DA_OK)
		return da_mem_read(c->mem, at, p, sizeof(p), NULL) != DA_OK || memcmp(p, "DotNetRuntimeInfo", 18) == 0;
	return f->bundle || da_clr_export(c, "g_dacTable", &at, &size) == DA_OK;
}

static bool recognise(struct da_clr *c, struct found *f)
{
	const struct da_module *m = &c->dump->proc.modules.v[c->module];
	uint64_t at, size;

	c->windows = m->pe;
	c->base = m->has_bias && !m->pe ? m->bias : m->start;
	c->end = m->end;
	if (!is_library(m) && f->page_base >= m->start && f->page_base < m->end)
		c->base = f->page_base; /* a bundle is mapped a second time, below */
	else if (!is_library(m) && !m->main)
		return false;
	da_clr_image_end(c);
	f->id = da_clr_identity(c->arena, m);
	f->own = da_clr_build_of(f->builds, f->id, false, 0);
	c->single_file = !is_library(m);
	if (c->single_file && !is_single_file(c, f))
		return false;
	if (!c->single_file && !f->own && da_clr_export(c, "mono_jit_init", &at, &size) == DA_OK)
		return false; /* .NET on Mono has a library of the same name */
	if (c->options.ignore_own)
		f->own = NULL;
	return true;
}

/* ---------------------------------------------------------------- descriptor and table of addresses */

static void find_descriptor(struct da_clr *c, struct found *f)
{
	uint64_t at = 0, size;
	enum da_status st = da_clr_export(c, "DotNetRuntimeContractDescriptor", &at, &size);

	if (st != DA_OK && f->own && f->own->descriptor)
		at = c->base + f->own->descriptor;
	else if (st == DA_FAULT || (st != DA_OK && !c->windows))
		at = da_clr_scan(c, 0, "DNCCDAC", 8, 8);
	if (!at)
		return;
	st = da_clr_descriptor_at(c, at, &f->dump);
	f->in_dump = st == DA_OK;
	if (st == DA_CORRUPT)
		da_note(c->dump->ledger, DA_NOTE_CORRUPT, "contract descriptor", NULL,
			"the header at " DA_ADDR("0x%llx") " contradicts itself", (unsigned long long)at);
}

/* coreclr.dll of 6.0 keeps its table as a resource of RVAs: two counts, an id of 16 bytes, the RVAs. */
static bool find_resource(struct da_clr *c, struct da_clr_dactable *ret)
{
	uint64_t at;
	uint32_t globals, vtables;

	if (!c->windows || da_clr_resource(c, "COREXTERNALDATAACCESSRESOURCE", &at) != DA_OK ||
	    da_mem_u32(c->mem, at, &globals) != DA_OK || da_mem_u32(c->mem, at + 4, &vtables) != DA_OK ||
	    globals > TABLE_MAX || vtables > TABLE_MAX)
		return false;
	*ret = (struct da_clr_dactable){ .address = at + 24, .count = globals + vtables, .rva32 = true,
					 .how = "its resource" };
	return true;
}

/* What the resource of this build holds, for dumps without it. */
static bool known_resource(struct da_clr *c, const struct found *f, struct da_clr_dactable *ret)
{
	struct da_bytes file = da_clr_file(da_printf(c->arena, "%s.tsv", f->own->id));
	const char *s = file.n ? da_strndup(c->arena, (const char *)file.p, file.n) : NULL;
	uint32_t *v;
	char *end;

	if (!s)
		return false;
	v = da_calloc(c->arena, TABLE_MAX, sizeof(*v));
	*ret = (struct da_clr_dactable){ .address = c->base + f->own->dactable, .rva32 = true, .rvas = v, .how = "its build" };
	for (; ret->count < TABLE_MAX && *s; s = end) {
		v[ret->count] = (uint32_t)strtoul(s, &end, 16);
		if (end == s)
			break;
		ret->count++;
	}
	return true;
}

static void find_table(struct da_clr *c, struct found *f)
{
	uint64_t at, size;

	if (find_resource(c, &f->table) || (f->own && known_resource(c, f, &f->table)))
		return;
	if (f->own && f->own->dactable) {
		f->table = (struct da_clr_dactable){ .address = c->base + f->own->dactable, .count = f->own->dactable_count,
						     .how = "its build" };
		f->table.rva32 = c->major == 6; /* libcoreclr.so fills in RVAs when it starts */
		return;
	}
	if (da_clr_export(c, "g_dacTable", &at, &size) == DA_OK) {
		f->table = (struct da_clr_dactable){ .address = at, .how = "its export" };
		f->table.rva32 = c->major == 6;
		f->table.count = (uint32_t)(size / (f->table.rva32 ? 4 : c->mem->word));
		if (c->windows)
			for (uint64_t v; f->table.count < TABLE_MAX; f->table.count++)
				if (da_mem_word(c->mem, at + c->mem->word * (uint64_t)f->table.count, &v) != DA_OK ||
				    v < c->base || v >= c->end)
					break;
		return;
	}
	if (da_clr_dactable_search(c, &f->table) != DA_OK)
		f->table.address = 0;
}

/* ---------------------------------------------------------------- putting a layout together */

static enum da_status merge_sub(struct da_clr *c, struct found *f, struct da_clr_layout *l, uint64_t pointer)
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

static bool merge_descriptor(struct da_clr *c, struct found *f, struct da_clr_layout *l)
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
	for (unsigned i = 0; i < f->merged.nsub; i++)
		if (merge_sub(c, f, l, f->merged.sub_pointer[i]) != DA_OK)
			da_note(c->dump->ledger, DA_NOTE_MISSING, "contract descriptor", NULL,
				"the part for \"%s\" is not in the dump", f->merged.sub_name[i]);
	return true;
}

static const char *overlay_name(struct da_clr *c, unsigned major)
{
	return da_printf(c->arena, "%s-%s-%u", c->windows ? "win" : "linux", c->arm64 ? "arm64" : "x64", major);
}

static void try_one(struct da_clr *c, struct found *f, unsigned major, const struct da_clr_column *col,
		    struct choice *ret)
{
	c->major = major;
	ret->major = major;
	ret->column = col ? *col : (struct da_clr_column){ .index = DA_NONE };
	da_clr_layout_init(&c->layout);
	(void)merge_descriptor(c, f, &c->layout);
	if (f->table.address && col)
		da_clr_dactable_apply(c, &c->layout, &f->table, col);
	if (c->mem->word == 8 &&
	    da_clr_overlay(c->arena, &c->layout, overlay_name(c, major), &ret->verified) == DA_NOT_FOUND)
		(void)da_clr_overlay(c->arena, &c->layout, "common", &ret->verified); /* a CPU that has none of its own */
	da_clr_probe(c);
	da_clr_gc_vars(c, &c->layout);
	da_clr_check(c, &ret->checks);
	ret->layout = c->layout;
}

static bool better(const struct choice *a, const struct choice *b)
{
	if (a->checks.failed != b->checks.failed)
		return a->checks.failed < b->checks.failed;
	return a->checks.passed > b->checks.passed;
}

/* The version is known, or every one that could be is tried. */
static unsigned majors(const struct da_clr *c, const struct found *f, unsigned ret[MAJORS])
{
	static const unsigned all[MAJORS] = { 11, 10, 9, 8, 6 };
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

static void choose(struct da_clr *c, struct found *f, struct choice *ret)
{
	unsigned list[MAJORS], n = majors(c, f, list), known = c->major;
	struct da_clr_column col[COLUMNS];
	bool have = false;

	for (unsigned i = 0; i < n; i++) {
		unsigned k = f->table.address ? da_clr_columns(c->windows, list[i], f->table.count, col, COLUMNS) : 0;

		for (unsigned j = 0; j < k || j == 0; j++) {
			struct choice *one = da_calloc(c->arena, 1, sizeof(*one));

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

/* ---------------------------------------------------------------- what the report says of it */

static const char *version_text(struct da_clr *c)
{
	if (!c->major)
		return NULL;
	if (!c->has_patch)
		return da_printf(c->arena, "%u.%u", c->major, c->minor);
	return da_printf(c->arena, "%u.%u.%u", c->major, c->minor, c->patch);
}

static bool same_folder(const char *a, const char *b)
{
	const char *x = a ? strrchr(a, '/') : NULL, *y = b ? strrchr(b, '/') : NULL;

	if (!x)
		x = a ? strrchr(a, '\\') : NULL;
	if (!y)
		y = b ? strrchr(b, '\\') : NULL;
	return x && y && x - a == y - b && strncasecmp(a, b, (size_t)(x - a)) == 0;
}

static uint8_t flavor(const struct da_clr *c)
{
	const struct da_module *m = &c->dump->proc.modules.v[c->module];
	const char *exe = c->dump->proc.executable;

	if (c->single_file)
		return DA_FLAVOR_SINGLE_FILE;
	if (m->path && strcasestr(m->path, "Microsoft.NETCore.App"))
		return DA_FLAVOR_FRAMEWORK_DEPENDENT;
	for (size_t i = 0; !exe && i < c->dump->proc.modules.n; i++)
		if (c->dump->proc.modules.v[i].main)
			exe = c->dump->proc.modules.v[i].path;
	return same_folder(m->path, exe) ? DA_FLAVOR_SELF_CONTAINED : DA_FLAVOR_UNKNOWN;
}

static void garbage_collector(struct da_clr *c, struct da_runtime *r)
{
	const char *ids = c->layout.global[DA_CLR_G_GCIdentifiers].text;
	uint64_t at;
	uint32_t v;

	if (da_clr_global(c, DA_CLR_G_HeapType, &at) == DA_OK && da_mem_u32(c->mem, at, &v) == DA_OK && v >= 1 && v <= 2)
		r->gc = v == 2 ? DA_GC_SERVER : DA_GC_WORKSTATION;
	else if (ids)
		r->gc = strstr(ids, "server") ? DA_GC_SERVER : strstr(ids, "workstation") ? DA_GC_WORKSTATION : DA_GC_UNKNOWN;
	if (r->gc == DA_GC_WORKSTATION)
		r->heaps = 1;
	else if (r->gc == DA_GC_SERVER && da_clr_global(c, DA_CLR_G_NumHeaps, &at) == DA_OK &&
		 da_mem_u32(c->mem, at, &v) == DA_OK && v <= 65536)
		r->heaps = v;
	if (da_clr_global(c, DA_CLR_G_StructureInvalidCount, &at) == DA_OK && da_mem_u32(c->mem, at, &v) == DA_OK && v)
		r->suspended = true;
}

static const char *agreement(struct da_clr *c, const struct choice *h)
{
	if (!h->checks.passed && !h->checks.failed)
		return "nothing that could confirm it is in the dump";
	if (h->checks.failed)
		return da_printf(c->arena, "%u checks of it hold, %u do not: %s", h->checks.passed, h->checks.failed,
				 h->checks.failure);
	return da_printf(c->arena, "%u checks of it hold", h->checks.passed);
}

static const char *why(struct da_clr *c, const struct found *f, const struct choice *h)
{
	struct da_arena *a = c->arena;

	if (f->in_dump)
		return da_printf(a, "The runtime's own contract descriptor is in the dump (%u types); %s", f->merged.types,
				 agreement(c, h));
	if (f->own)
		return da_printf(a, "The image is that of .NET %s by its identity, whose layout is known; %s",
				 f->own->version, agreement(c, h));
	if (!f->table.address)
		return da_printf(a, "This build of the runtime (%s) is in no table, and its table of addresses was not found",
				 f->id ? f->id : "its identity is not in the dump");
	return da_printf(a, "This build of the runtime (%s) is in no table. The layout of other builds of .NET %u was "
			 "taken, with its table of %u addresses, found by %s (%u in the nearest known build); %s",
			 f->id ? f->id : "its identity is not in the dump", h->major, f->table.count, f->table.how,
			 h->column.count, agreement(c, h));
}

/* createdump without the debugging library that belongs to the runtime. */
static void judge_writer(struct da_clr *c, const struct found *f, struct da_runtime *r)
{
	bool saved = false, doublemapped = false;

	if (!c->single_file || !f->createdump || f->page_base)
		return;
	for (size_t i = 0; i < c->mem->ranges.n; i++) {
		const struct da_range *g = &c->mem->ranges.v[i];

		if (g->name && strstr(g->name, "doublemapper")) {
			doublemapped = true;
			saved = saved || ((g->prot & DA_PROT_W) && g->file_len);
		}
	}
	r->lacks = doublemapped && !saved
			   ? "The program holds the runtime in its own file, and createdump found no debugging library that "
			     "belongs to it. It left out compiled code, metadata and, as createdump of .NET 8 does, the "
			     "runtime's loader heaps: names of methods and types, and statistics of the managed heap, "
			     "cannot come from the dump alone"
			   : "The program holds the runtime in its own file, and createdump found no debugging library that "
			     "belongs to it. It left out compiled code and the metadata of assemblies: names of methods and "
			     "types need the program's file";
	r->remedy = "Make the dump with \"createdump -u PID\" (a full dump), with createdump of .NET 9 or later, or with "
		    "\"dotnet-dump collect --type Full\"; and give the folder of the program's own file with --symbols";
}

/* Nothing could be read: what would bring it. */
static void judge_dump(struct da_clr *c, const struct found *f, const struct choice *h, struct da_runtime *r)
{
	if (r->lacks || h->checks.passed || h->checks.failed)
		return;
	if (f->table.address || f->in_dump || f->own) {
		r->lacks = "The dump does not hold the memory of the runtime's own variables";
		r->remedy = "Make the dump with \"dotnet-dump collect\" (type Heap or Full), or with createdump of the "
			    "program's own runtime";
		return;
	}
	r->remedy = da_printf(c->arena, "Bring %s of exactly this build, and give its folder with --symbols: it says where "
			      "its variables are", c->dump->proc.modules.v[c->module].name);
}

static void describe(struct da_clr *c, const struct found *f, const struct choice *h)
{
	struct da_runtime *r = da_vec_add(c->arena, &c->dump->proc.runtimes);

	c->runtime = (uint32_t)(c->dump->proc.runtimes.n - 1);
	r->kind = DA_RUNTIME_CORECLR;
	r->module = c->module;
	r->flavor = flavor(c);
	r->version = version_text(c);
	r->suspended_by = DA_NONE;
	r->verified = h->verified && !h->checks.failed;
	r->reader = f->in_dump ? DA_READER_DESCRIPTOR : f->own ? DA_READER_TABLE
		    : f->table.address && !h->checks.failed && h->checks.passed ? DA_READER_TABLE_NEAREST : DA_READER_NONE;
	r->reader_why = why(c, f, h);
	garbage_collector(c, r);
	judge_writer(c, f, r);
	judge_dump(c, f, h, r);
	if (r->reader == DA_READER_NONE) {
		r->verified = false;
		da_clr_unread(c, "threads");
		da_clr_unread(c, "stacks");
		da_clr_unread(c, "names");
	}
}

/* ---------------------------------------------------------------- opening */

static bool is_musl(const struct da_dump *d)
{
	for (size_t i = 0; i < d->proc.modules.n; i++)
		if (d->proc.modules.v[i].name && da_starts(d->proc.modules.v[i].name, "ld-musl"))
			return true;
	return false;
}

/* Asked of every module of the process. A program's own module is the one that createdump's page names, too. */
static bool may_be_one(const struct da_dump *d, uint32_t module)
{
	const struct da_module *m = &d->proc.modules.v[module];
	uint64_t base;

	if (!m->name)
		return false;
	return is_library(m) || m->main ||
	       (da_mem_u64(&d->proc.mem, DIAGNOSTIC_PAGE + 32, &base) == DA_OK && base >= m->start && base < m->end);
}

enum da_status da_clr_open(struct da_dump *d, struct da_symbols *s, uint32_t module,
			   const struct da_runtime_options *o, struct da_clr **ret)
{
	struct da_clr *c;
	struct choice *h;
	struct found f = { 0 };

	if (!may_be_one(d, module))
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
	read_page(c, &f);
	f.builds = da_clr_builds(c->arena);
	if (!recognise(c, &f))
		return DA_NOT_FOUND;
	(void)da_clr_version(c, f.own);
	find_descriptor(c, &f);
	find_table(c, &f);
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
	c->dactable = f.table.address;
	c->dactable_count = f.table.count;
	(void)da_clr_global(c, DA_CLR_G_ExecutionManagerCodeRangeMapAddress, &c->coderange);
	(void)da_clr_global_ptr(c, DA_CLR_G_GSCookie, &c->gs_cookie);
	describe(c, &f, h);
	*ret = c;
	return DA_OK;
}
