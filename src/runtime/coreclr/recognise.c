/* SPDX-License-Identifier: Apache-2.0 */
/* Is this module a CoreCLR, and where does it keep what leads to everything else? */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "runtime/coreclr/aot.h"

/* createdump adds this page to every dump: docs/design/coreclr/botr/xplat-minidump-generation.md. */
#define DIAGNOSTIC_PAGE UINT64_C(0x7ffffff10000)
enum { SIGNATURE_SCAN = 65536, TABLE_MAX = 512 };
/* Before it stands where in the file the bundle's header is; 0: this program is no bundle. */
static const uint8_t bundle_signature[32] = {
	0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32,
	0x13, 0xf5, 0xb9, 0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae,
};

/* ---------------------------------------------------------------- which module */

void da_clr_read_page(struct da_clr *c, struct da_clr_found *f)
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
static bool is_single_file(struct da_clr *c, struct da_clr_found *f)
{
	struct da_aot_found aot;
	uint64_t at, size;
	uint8_t p[18];

	if (has_coreclr_library(c->dump))
		return false;
	f->bundle = is_bundle(c);
	if (f->own && strncmp(f->own->file, "singlefilehost", 14) == 0)
		return true;
	if (f->page_base && f->page_base == c->base) /* createdump names a program compiled ahead of time there, too */
		return !da_aot_recognise(c, &aot);
	if (da_clr_export(c, "DotNetRuntimeInfo", &at, &size) == DA_OK)
		return da_mem_read(c->mem, at, p, sizeof(p), NULL) != DA_OK || memcmp(p, "DotNetRuntimeInfo", 18) == 0;
	return f->bundle || da_clr_export(c, "g_dacTable", &at, &size) == DA_OK;
}

bool da_clr_recognise(struct da_clr *c, struct da_clr_found *f)
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

/* Asked of every module of the process. A program's own module is the one that createdump's page names, too. */
bool da_clr_may_be_one(const struct da_dump *d, uint32_t module)
{
	const struct da_module *m = &d->proc.modules.v[module];
	uint64_t base;

	if (!m->name)
		return false;
	return is_library(m) || m->main ||
	       (da_mem_u64(&d->proc.mem, DIAGNOSTIC_PAGE + 32, &base) == DA_OK && base >= m->start && base < m->end);
}

/* ---------------------------------------------------------------- descriptor and table of addresses */

void da_clr_find_descriptor(struct da_clr *c, struct da_clr_found *f)
{
	static const char name[] = "DotNetRuntimeContractDescriptor";
	uint64_t at = 0, size;
	enum da_status st = da_clr_export(c, name, &at, &size);

	if (st != DA_OK && f->own && f->own->descriptor)
		at = c->base + f->own->descriptor;
	/* A Windows image whose exports can be read, and have no such name, has none. */
	else if (st != DA_OK && (!c->windows || da_clr_export_in_memory(c, name, &at, &size) == DA_FAULT))
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
static bool known_resource(struct da_clr *c, const struct da_clr_found *f, struct da_clr_dactable *ret)
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

void da_clr_find_table(struct da_clr *c, struct da_clr_found *f)
{
	uint64_t at, size;

	/* Nobody knows its order on ARM64 of Windows, and on others of 32 bits than x86's, where it is that of x64. */
	if ((c->mem->word != 8 && !c->windows) || (c->windows && c->arm64))
		return;
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
