/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two offsets that follow from the memory itself, in any build: where a Module keeps its ReadyToRunInfo,
 * and where that keeps the table from entry points to methods. CoreLib's Module, which the MethodTable of
 * Object leads to, has both.
 */
#include "config.h"

#include "runtime/coreclr/target.h"

enum { MODULE_FROM = 0x100, MODULE_TO = 0x800, INFO_FROM = 0xc0, INFO_TO = 0x280, BUCKETS = 64, KEYS_MIN = 8,
       READY_TO_RUN = 0x00525452 /* "RTR" */, IMAGE_MAX = 1 << 28 };

static uint64_t word(const struct da_clr *c, uint64_t at)
{
	uint64_t v = 0;

	return da_mem_word(c->mem, at, &v) == DA_OK ? v : 0;
}

/* Its first word leads back, and the header that it points to has the signature. */
static bool is_info(const struct da_clr *c, uint64_t module, uint64_t info)
{
	uint64_t header;
	uint32_t signature;

	return info && word(c, info) == module && DA_CLR_PTR(c, info, ReadyToRunInfo, ReadyToRunHeader, &header) == DA_OK &&
	       da_mem_u32(c->mem, header, &signature) == DA_OK && signature == READY_TO_RUN;
}

/* A table whose keys are addresses of this image. */
static bool is_map(const struct da_clr *c, uint64_t map, uint64_t header)
{
	uint64_t buckets = word(c, map + (uint64_t)DA_CLR_OFF(c, HashMap, Buckets)), key;
	uint32_t n, good = 0, bad = 0;

	if (!buckets || da_mem_u32(c->mem, buckets, &n) != DA_OK || n < 3 || n > 1 << 24)
		return false;
	for (uint32_t i = 0; i < n && i < BUCKETS; i++)
		for (uint64_t k = 0; k < 4; k++) {
			if (da_mem_word(c->mem, buckets + 64 * (i + UINT64_C(1)) + 8 * k, &key) != DA_OK || !key || key == 1)
				continue;
			if (key + IMAGE_MAX > header && key < header + IMAGE_MAX)
				good++;
			else
				bad++;
		}
	return good >= KEYS_MIN && bad * 4 < good;
}

static void find_map(struct da_clr *c, uint64_t info)
{
	int32_t *off = &c->layout.off[DA_CLR_ReadyToRunInfo_EntryPointToMethodDescMap];
	uint64_t composite, header;
	int32_t found = DA_CLR_UNKNOWN;

	if (!DA_CLR_HAS(c, HashMap, Buckets) || DA_CLR_PTR(c, info, ReadyToRunInfo, CompositeInfo, &composite) != DA_OK ||
	    DA_CLR_PTR(c, info, ReadyToRunInfo, ReadyToRunHeader, &header) != DA_OK ||
	    (*off != DA_CLR_UNKNOWN && is_map(c, composite + (uint64_t)*off, header)))
		return;
	for (int32_t i = INFO_FROM; i < INFO_TO; i += 8) {
		if (!is_map(c, composite + (uint64_t)i, header))
			continue;
		if (found != DA_CLR_UNKNOWN)
			return; /* two that look like it: neither is believed */
		found = i;
	}
	if (found != DA_CLR_UNKNOWN)
		*off = found;
}

void da_clr_probe(struct da_clr *c)
{
	int32_t *off = &c->layout.off[DA_CLR_Module_ReadyToRunInfo];
	uint64_t object, module;

	if (c->mem->word != 8 || c->major <= 6 || da_clr_global_ptr(c, DA_CLR_G_ObjectMethodTable, &object) != DA_OK ||
	    DA_CLR_PTR(c, object, MethodTable, Module, &module) != DA_OK || !module)
		return;
	if (*off == DA_CLR_UNKNOWN || !is_info(c, module, word(c, module + (uint64_t)*off)))
		for (uint64_t i = MODULE_FROM; i < MODULE_TO; i += 8)
			if (is_info(c, module, word(c, module + i))) {
				*off = (int32_t)i;
				break; /* a later one is only the information's pointer to itself */
			}
	if (*off != DA_CLR_UNKNOWN && is_info(c, module, word(c, module + (uint64_t)*off)))
		find_map(c, word(c, module + (uint64_t)*off));
}
