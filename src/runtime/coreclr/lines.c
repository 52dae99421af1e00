/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IL offsets of native offsets. A jitted method's header leads to its debug information; an image that was
 * compiled ahead has a section of it, an array with the number of a method's first RUNTIME_FUNCTION.
 */
#include "config.h"

#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/debuginfo.h"

enum { DEBUG_INFO = 105 /* type of section */, SECTIONS_MAX = 256, READY_TO_RUN = 0x00525452 /* RTR */ };
enum { BLOCK_MAX = 16 << 20, RICH_MAX = 64 << 20, LOCALS_MAX = 65536 };

/* ---------------------------------------------------------------- jitted code */

/* The debug information of a method: its header, and inlined calls that stand before it (formats up to 10). */
struct info {
	uint64_t at, rich;
	uint32_t rich_size;
	unsigned format;
};

/* What stands before the header: flags, and blocks that they name. Only formats up to 10 have it. */
static enum da_status skip_blocks(const struct da_clr *c, struct info *info)
{
	uint64_t *at = &info->at;
	uint8_t flags;
	uint64_t locals;
	uint32_t size;

	if (da_mem_u8(c->mem, *at, &flags) != DA_OK)
		return DA_FAULT;
	*at += 1;
	if (flags & ~(CLR_DEBUG_PATCHPOINT | CLR_DEBUG_RICH))
		return DA_CORRUPT;
	if (flags & CLR_DEBUG_PATCHPOINT) {
		if (DA_CLR_SIZE(c, PatchpointInfo) <= 0)
			return DA_UNSUPPORTED;
		if (DA_CLR_U32(c, *at, PatchpointInfo, LocalCount, &locals) != DA_OK)
			return DA_FAULT;
		if (locals > LOCALS_MAX)
			return DA_CORRUPT;
		*at += (uint64_t)DA_CLR_SIZE(c, PatchpointInfo) + 4 * locals;
	}
	if (flags & CLR_DEBUG_RICH) {
		if (da_mem_u32(c->mem, *at, &size) != DA_OK)
			return DA_FAULT;
		if (size > RICH_MAX)
			return DA_CORRUPT;
		info->rich = *at + 4;
		info->rich_size = size;
		*at += 4 + (uint64_t)size;
	}
	return DA_OK;
}

/*
 * CPUs on which running code can be replaced have the flags always; others would only where the runtime
 * keeps inlined calls, which release builds do not.
 */
static bool has_flags(const struct da_clr *c, unsigned format)
{
	return format < 11 && c->mem->word == 8;
}

static enum da_status jit_info(const struct da_clr *c, const struct da_clr_code *code, struct info *info)
{
	enum da_status st;

	if (!code->header)
		return DA_NOT_FOUND;
	st = DA_CLR_PTR(c, code->header, RealCodeHeader, DebugInfo, &info->at);
	if (st == DA_OK && !info->at)
		return DA_NOT_FOUND;
	return st == DA_OK && has_flags(c, info->format) ? skip_blocks(c, info) : st;
}

/* ---------------------------------------------------------------- code compiled ahead */

/* Its header: of a composite image, that of the whole. */
static uint64_t header_of(struct da_clr *c, const struct da_clr_code *code)
{
	struct da_arena *scratch DA_CLEANUP(da_arena_freep) = NULL;
	uint64_t info, composite, header;
	struct da_cli_image im;
	uint32_t sig;

	if (code->r2r_header)
		return code->r2r_header;
	if (DA_CLR_PTR(c, code->module, Module, ReadyToRunInfo, &info) == DA_OK && info) {
		if (DA_CLR_HAS(c, ReadyToRunInfo, CompositeInfo) &&
		    DA_CLR_PTR(c, info, ReadyToRunInfo, CompositeInfo, &composite) == DA_OK && composite)
			info = composite;
		if (DA_CLR_PTR(c, info, ReadyToRunInfo, ReadyToRunHeader, &header) == DA_OK &&
		    da_mem_u32(c->mem, header, &sig) == DA_OK && sig == READY_TO_RUN)
			return header;
	}
	scratch = da_arena_new();
	return da_cli_image_read(c->mem, scratch, code->base, 0, &im) == DA_OK ? im.ready_to_run : 0;
}

/*
 * A runtime runs images of earlier compilers too, as far as it knows their version; those before 16 have
 * numbers in groups of three bits whatever the runtime packs its own into.
 */
static unsigned image_format(struct da_clr *c, const struct da_clr_code *code, unsigned format)
{
	enum { MAJOR = 4, PACKED = 16 };
	uint64_t header = format > 9 ? header_of(c, code) : 0;
	uint16_t major;

	return header && da_mem_u16(c->mem, header + MAJOR, &major) == DA_OK && major < PACKED ? 9 : format;
}

static enum da_status find_section(const struct da_clr *c, uint64_t header, uint32_t *ret_rva)
{
	uint32_t n, type;

	if (da_mem_u32(c->mem, header + 12, &n) != DA_OK)
		return DA_FAULT;
	for (uint32_t i = 0; i < DA_MIN(n, (uint32_t)SECTIONS_MAX); i++) {
		uint64_t at = header + 16 + 12 * (uint64_t)i;

		if (da_mem_u32(c->mem, at, &type) != DA_OK)
			return DA_FAULT;
		if (type == DEBUG_INFO)
			return da_mem_u32(c->mem, at + 4, ret_rva);
	}
	return DA_NOT_FOUND;
}

static enum da_status debug_section(struct da_clr *c, const struct da_clr_code *code, uint64_t *ret)
{
	uint64_t info, dir, header;
	uint32_t rva = 0;
	enum da_status st;

	if (!code->r2r_header && DA_CLR_HAS(c, ReadyToRunInfo, DebugInfoSection) &&
	    DA_CLR_PTR(c, code->module, Module, ReadyToRunInfo, &info) == DA_OK &&
	    DA_CLR_PTR(c, info, ReadyToRunInfo, DebugInfoSection, &dir) == DA_OK && dir &&
	    da_mem_u32(c->mem, dir, &rva) == DA_OK && rva) {
		*ret = code->base + rva;
		return DA_OK;
	}
	header = header_of(c, code);
	if (!header)
		return DA_FAULT;
	st = find_section(c, header, &rva);
	if (st == DA_OK)
		*ret = code->base + rva;
	return st;
}

/* Numbers of the image's own tables: the lowest bits of the first byte say how many there are. */
static enum da_status get_native(const struct da_clr *c, uint64_t *at, uint32_t *ret)
{
	uint8_t b[5];
	size_t have = da_mem_read_some(c->mem, *at, b, sizeof(b));
	uint64_t v = 0;
	unsigned n = 1;

	if (!have)
		return DA_FAULT;
	while (n < 5 && (b[0] >> (n - 1) & 1))
		n++;
	if (n == 5 && (b[0] & 16))
		return DA_CORRUPT;
	if (have < n)
		return DA_FAULT;
	for (unsigned i = 0; i < n; i++)
		v |= (uint64_t)b[i] << 8 * i;
	*ret = (uint32_t)(v >> (n == 5 ? 8 : n));
	*at += n;
	return DA_OK;
}

/* The offset of the block of 16 elements: the table of them counts from behind the header. */
static enum da_status block_of(const struct da_clr *c, uint64_t table, uint32_t block, unsigned width, uint64_t *ret)
{
	uint8_t b[4] = { 0 };

	if (da_mem_read(c->mem, table + (uint64_t)block * width, b, width, NULL) != DA_OK)
		return DA_FAULT;
	*ret = table + (b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24);
	return DA_OK;
}

/*
 * Element `index` of a sparse array: blocks of 16 elements, each a tree by the bits of the index, highest
 * first. A node says whether there is a left branch (bit 0; it follows) and a right one (bit 1; the rest is
 * its distance from the node); without either bit it is a single element, whose number is the rest.
 */
static enum da_status find_element(const struct da_clr *c, uint64_t at, uint32_t index, uint64_t *ret)
{
	enum { BLOCK = 16, LEFT = 1, RIGHT = 2 };
	static const uint8_t widths[] = { 1, 2, 4, 4 };
	uint32_t head, node;
	uint64_t next;

	if (get_native(c, &at, &head) != DA_OK)
		return DA_FAULT;
	if (index >= head >> 2)
		return DA_NOT_FOUND;
	if (block_of(c, at, index / BLOCK, widths[head & 3], &at) != DA_OK)
		return DA_FAULT;
	for (uint32_t bit = BLOCK / 2; bit; bit /= 2) {
		enum da_status st;

		next = at;
		st = get_native(c, &next, &node);
		if (st != DA_OK)
			return st;
		if (index & bit ? node & RIGHT : node & LEFT) {
			at = index & bit ? at + (node >> 2) : next;
			continue;
		}
		if (node & (LEFT | RIGHT) || node >> 2 != (index & (BLOCK - 1)))
			return DA_NOT_FOUND;
		at = next;
		break;
	}
	*ret = at;
	return DA_OK;
}

static enum da_status r2r_info(struct da_clr *c, const struct da_clr_code *code, uint64_t *ret)
{
	uint64_t section, at, data;
	uint32_t back;
	enum da_status st = debug_section(c, code, &section);

	if (st == DA_OK)
		st = find_element(c, section, code->index, &at);
	if (st != DA_OK)
		return st;
	/* Equal information is stored once: a distance back to it, or 0 and itself. */
	data = at;
	st = get_native(c, &data, &back);
	if (st != DA_OK)
		return st;
	*ret = back ? at - back : data;
	return DA_OK;
}

/* ---------------------------------------------------------------- both */

static enum da_status find_info(struct da_clr *c, const struct da_clr_code *code, struct info *ret)
{
	struct info info = { 0 };
	uint64_t format;
	enum da_status st;

	if (code->stub)
		return DA_NOT_FOUND;
	if (code->cold) /* its offsets count from the end of the rest, whose size nothing tells */
		return DA_UNSUPPORTED;
	if (!code->start || code->no_index) /* the tables that lead to it are not in the dump */
		return DA_FAULT;
	st = da_clr_global(c, DA_CLR_G_DebugInfoFormat, &format);
	if (st != DA_OK)
		return st;
	info.format = (unsigned)format;
	st = code->r2r ? r2r_info(c, code, &info.at) : jit_info(c, code, &info);
	if (st == DA_OK && code->r2r)
		info.format = image_format(c, code, info.format);
	if (st == DA_OK)
		*ret = info;
	return st;
}

static enum da_status read_header(const struct da_clr *c, const struct info *info, struct clr_debug_header *ret)
{
	uint8_t head[CLR_DEBUG_HEADER_MAX];
	size_t have = da_mem_read_some(c->mem, info->at, head, sizeof(head));
	enum da_status st = have ? clr_debug_header((struct da_bytes){ head, have }, info->format, ret) : DA_FAULT;

	return st != DA_OK && have < sizeof(head) ? DA_FAULT : st;
}

/* In place where that is possible; else in *scratch, which is made then. */
static enum da_status read_block(const struct da_clr *c, struct da_arena **scratch, uint64_t at, uint32_t size,
				 struct da_bytes *ret)
{
	const uint8_t *view;
	uint8_t *copy;
	enum da_status st;

	if (!size || size > BLOCK_MAX)
		return size ? DA_LIMIT : DA_NOT_FOUND;
	view = da_mem_view(c->mem, at, size);
	if (view) {
		*ret = (struct da_bytes){ view, size };
		return DA_OK;
	}
	if (!da_mem_view(c->mem, at, 1) || !da_mem_view(c->mem, at + size - 1, 1))
		return DA_FAULT;
	if (!*scratch)
		*scratch = da_arena_new();
	copy = da_alloc(*scratch, size);
	st = da_mem_read(c->mem, at, copy, size, NULL);
	if (st == DA_OK)
		*ret = (struct da_bytes){ copy, size };
	return st;
}

enum da_status da_clr_il_offset(struct da_clr *c, const struct da_clr_code *code, uint32_t native, int32_t *ret_il,
				bool *ret_approx)
{
	struct da_arena *scratch DA_CLEANUP(da_arena_freep) = NULL;
	struct clr_debug_header h;
	struct da_bytes bounds;
	struct info info;
	enum da_status st = find_info(c, code, &info);

	if (st == DA_OK)
		st = read_header(c, &info, &h);
	if (st == DA_OK)
		st = read_block(c, &scratch, info.at + (h.original_size ? h.original : h.bounds),
				h.original_size ? h.original_size : h.bounds_size, &bounds);
	if (st != DA_OK)
		return st;
	return clr_debug_il(bounds, info.format, native, ret_il, ret_approx);
}

unsigned da_clr_inlines(struct da_clr *c, const struct da_clr_code *code, uint32_t native, struct clr_inline *ret,
			unsigned max)
{
	struct da_arena *scratch DA_CLEANUP(da_arena_freep) = NULL;
	struct clr_debug_header h;
	struct da_bytes rich;
	struct info info;

	if (find_info(c, code, &info) != DA_OK)
		return 0;
	if (info.format >= 11) {
		if (read_header(c, &info, &h) != DA_OK)
			return 0;
		info.rich = info.at + h.rich;
		info.rich_size = h.rich_size;
	}
	if (!info.rich_size || read_block(c, &scratch, info.rich, info.rich_size, &rich) != DA_OK)
		return 0;
	return clr_debug_inlines(rich, c->mem->word, native, ret, max);
}
