/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offsets that follow from the memory itself, in any build: where a Module keeps its ReadyToRunInfo, and
 * where that keeps the image's header, itself once more (no part of a composite image), the functions of
 * the image and the table from entry points to methods. CoreLib's Module, which the MethodTable of Object
 * leads to, has them. No build of 7 with such an image was seen; of 6 and 8 they differ by 8.
 */
#include "config.h"

#include "runtime/coreclr/target.h"

enum { HEADER_FROM = 8, HEADER_TO = 24, SELF_TO = 64, FUNCTIONS_TO = 160, SECTIONS = 16, SECTIONS_MAX = 64,
       SECTION_RUNTIME_FUNCTIONS = 102 /* READYTORUN_SECTION_RUNTIME_FUNCTIONS */ };
enum { MODULE_FROM = 0x100, MODULE_TO = 0x800, INFO_FROM = 0xc0, INFO_TO = 0x280, BUCKETS = 64, KEYS_MIN = 8,
       READY_TO_RUN = 0x00525452 /* "RTR" */, IMAGE_MAX = 1 << 28 };

static uint64_t word(const struct da_clr *c, uint64_t at)
{
	uint64_t v = 0;

	return da_mem_word(c->mem, at, &v) == DA_OK ? v : 0;
}

static bool is_header(const struct da_clr *c, uint64_t at)
{
	uint32_t signature;

	return at && da_mem_u32(c->mem, at, &signature) == DA_OK && signature == READY_TO_RUN;
}

/* Its first word leads back, and a pointer soon behind to a header with the signature. */
static int32_t header_offset(const struct da_clr *c, uint64_t module, uint64_t info)
{
	if (info && word(c, info) == module)
		for (int32_t i = HEADER_FROM; i < HEADER_TO; i += (int32_t)c->mem->word)
			if (is_header(c, word(c, info + (uint64_t)i)))
				return i;
	return DA_CLR_UNKNOWN;
}

static bool is_info(const struct da_clr *c, uint64_t module, uint64_t info)
{
	return header_offset(c, module, info) != DA_CLR_UNKNOWN;
}

/* How many RUNTIME_FUNCTIONs the image's own header tells of; 0: not in the dump. */
static uint32_t functions_of(const struct da_clr *c, uint64_t header)
{
	uint32_t n, type, size;

	if (DA_CLR_SIZE(c, ReadyToRunSection) <= 0 || DA_CLR_SIZE(c, RuntimeFunction) <= 0 ||
	    da_mem_u32(c->mem, header + 12, &n) != DA_OK || n > SECTIONS_MAX)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t at = header + SECTIONS + i * (uint64_t)DA_CLR_SIZE(c, ReadyToRunSection);

		if (da_mem_u32(c->mem, at, &type) == DA_OK && type == SECTION_RUNTIME_FUNCTIONS &&
		    da_mem_u32(c->mem, at + 8, &size) == DA_OK)
			return size / (uint32_t)DA_CLR_SIZE(c, RuntimeFunction);
	}
	return 0;
}

static bool is_functions(const struct da_clr *c, uint64_t info, int32_t off, uint64_t header, uint32_t n)
{
	uint64_t at = word(c, info + (uint64_t)off);
	uint32_t have;

	/* The number counts one more where the image ends with an entry that only marks the end. */
	return at + IMAGE_MAX > header && at < header + IMAGE_MAX &&
	       da_mem_u32(c->mem, info + (uint64_t)off + c->mem->word, &have) == DA_OK && (have == n || have + 1 == n);
}

/* The header, itself and the functions, where the layout's own places hold something else. */
static void find_parts(struct da_clr *c, uint64_t module, uint64_t info)
{
	int32_t *off = c->layout.off, header = header_offset(c, module, info), word_size = (int32_t)c->mem->word;
	uint64_t at = word(c, info + (uint64_t)header);
	uint32_t n = functions_of(c, at);
	int32_t old = off[DA_CLR_ReadyToRunInfo_RuntimeFunctions], by;

	off[DA_CLR_ReadyToRunInfo_ReadyToRunHeader] = header;
	if (!n || (old != DA_CLR_UNKNOWN && is_functions(c, info, old, at, n)))
		return;
	for (int32_t i = header + word_size; i < FUNCTIONS_TO; i += word_size) {
		if (!is_functions(c, info, i, at, n))
			continue;
		by = old == DA_CLR_UNKNOWN ? 0 : i - old;
		off[DA_CLR_ReadyToRunInfo_RuntimeFunctions] = i;
		off[DA_CLR_ReadyToRunInfo_NumRuntimeFunctions] = i + word_size;
		/* What stands behind them moves with them. */
		if (off[DA_CLR_ReadyToRunInfo_HotColdMap] != DA_CLR_UNKNOWN) {
			off[DA_CLR_ReadyToRunInfo_HotColdMap] += by;
			off[DA_CLR_ReadyToRunInfo_NumHotColdMap] += by;
		}
		if (off[DA_CLR_ReadyToRunInfo_DelayLoadMethodCallThunks] != DA_CLR_UNKNOWN)
			off[DA_CLR_ReadyToRunInfo_DelayLoadMethodCallThunks] += by;
		break;
	}
	for (int32_t i = header + word_size; i < SELF_TO; i += word_size)
		if (word(c, info + (uint64_t)i) == info) {
			off[DA_CLR_ReadyToRunInfo_CompositeInfo] = i;
			break;
		}
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
	uint64_t object, module, info;

	if (c->mem->word != 8 || da_clr_global_ptr(c, DA_CLR_G_ObjectMethodTable, &object) != DA_OK ||
	    (DA_CLR_HAS(c, MethodTable, Module) ? DA_CLR_PTR(c, object, MethodTable, Module, &module) :
						  DA_CLR_PTR(c, object, MethodTable, LoaderModule, &module)) != DA_OK ||
	    !module)
		return;
	if (*off == DA_CLR_UNKNOWN || !is_info(c, module, word(c, module + (uint64_t)*off)))
		for (uint64_t i = MODULE_FROM; i < MODULE_TO; i += c->mem->word)
			if (is_info(c, module, word(c, module + i))) {
				*off = (int32_t)i;
				break; /* a later one is only the information's pointer to itself */
			}
	if (*off == DA_CLR_UNKNOWN)
		return;
	info = word(c, module + (uint64_t)*off);
	if (!is_info(c, module, info))
		return;
	find_parts(c, module, info);
	find_map(c, info);
}
