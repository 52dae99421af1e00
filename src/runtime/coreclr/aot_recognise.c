/* SPDX-License-Identifier: Apache-2.0 */
/* NativeAOT: which modules were compiled ahead of time, by what the compiler leaves in them for debuggers. */
#include "config.h"

#include <string.h>

#include "runtime/coreclr/aot.h"

static bool header(const struct da_clr *c, uint64_t at, unsigned *ret_major)
{
	uint8_t p[32];
	struct da_cursor cur;
	unsigned major;
	uint32_t flags;

	if (da_mem_read(c->mem, at, p, sizeof(p), NULL) != DA_OK || memcmp(p, "DNDH", 4) != 0)
		return false;
	cur = da_cursor(p, sizeof(p), c->mem->big_endian, c->mem->word);
	da_skip(&cur, 4);
	major = da_get_u16(&cur);
	da_skip(&cur, 2);
	flags = da_get_u32(&cur);
	if (major < 1 || major > 20 || (flags & 1) != (c->mem->word == 8))
		return false;
	for (size_t off = 16; off < 16 + 2 * (size_t)c->mem->word; off += c->mem->word) {
		uint64_t v;

		da_seek(&cur, off);
		v = da_get_word(&cur);
		if (v < c->base || v >= c->end)
			return false;
	}
	*ret_major = major;
	return true;
}

struct da_bytes da_aot_text_of_size(struct da_clr *c, uint32_t size, bool program)
{
	struct da_clr_layout *l = da_calloc(c->arena, 1, sizeof(*l));

	for (size_t i = 0; !c->options.ignore_own && i < da_clr_files_n; i++) {
		struct da_clr_source s = { .json = { da_clr_files[i].bytes, da_clr_files[i].n } };
		struct da_clr_merged m;

		da_clr_layout_init(l);
		if (s.json.n == size && da_clr_merge(c->arena, l, &s, &m) == DA_OK && m.aot == program)
			return s.json;
	}
	return (struct da_bytes){ 0 };
}

static bool descriptor(struct da_clr *c, uint64_t at, struct da_aot_found *ret)
{
	struct da_clr_layout *l = da_calloc(c->arena, 1, sizeof(*l));
	struct da_clr_source s;
	struct da_clr_merged m;
	enum da_status st = da_clr_descriptor_at(c, at, &s);

	if (st == DA_PARTIAL) { /* a kernel core has no read-only data of files */
		ret->described = true;
		s.json = da_aot_text_of_size(c, s.size, true);
	} else if (st != DA_OK) {
		return false;
	}
	da_clr_layout_init(l);
	if (s.json.n && da_clr_merge(c->arena, l, &s, &m) == DA_OK && m.aot) {
		ret->described = true;
		ret->source = s;
		ret->version = m.version;
	}
	return ret->described;
}

bool da_aot_recognise(struct da_clr *c, struct da_aot_found *ret)
{
	const struct da_module *m = &c->dump->proc.modules.v[c->module];
	uint64_t at, size;

	*ret = (struct da_aot_found){ 0 };
	if (da_clr_export_in_memory(c, "DotNetRuntimeDebugHeader", &at, &size) != DA_OK)
		at = m->main ? da_clr_scan(c, 0, "DNDH", 4, 8) : 0;
	if (at && header(c, at, &ret->header_major)) {
		ret->header = at;
		return true;
	}
	if (da_clr_export_in_memory(c, "DotNetRuntimeContractDescriptor", &at, &size) == DA_OK)
		return descriptor(c, at, ret);
	/* There are several: of the program, of managed types, of the garbage collector. */
	at = m->main ? da_clr_scan(c, 0, "DNCCDAC", 8, 8) : 0;
	while (at && !descriptor(c, at, ret))
		at = da_clr_scan(c, at + 8, "DNCCDAC", 8, 8);
	return at != 0;
}
