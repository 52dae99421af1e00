/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One exported symbol from the dump's memory. A look-up through the hash table, never a walk over all
 * names: createdump keeps only those pages of the tables that the runtime's own debugging library touched
 * when it looked up the same names.
 */
#include "config.h"

#include <string.h>

#include "runtime/coreclr/target.h"

enum { PT_LOAD_ = 1, PT_DYNAMIC_ = 2, DT_STRTAB_ = 5, DT_SYMTAB_ = 6, PHDRS_MAX = 128, DYNAMIC_MAX = 512,
       CHAIN_MAX = 65536, NAME_MAX_ = 64, RESOURCES_MAX = 4096 };
#define DT_GNU_HASH_ UINT64_C(0x6ffffef5)
#define IMAGE_REACH (UINT64_C(1) << 30) /* far above any runtime, with the bundle of a single-file program */

static uint64_t word_at(const struct da_clr *c, uint64_t a)
{
	uint64_t v = 0;

	return da_mem_u64(c->mem, a, &v) == DA_OK ? v : 0;
}

static uint32_t u32_at(const struct da_clr *c, uint64_t a)
{
	uint32_t v = 0;

	return da_mem_u32(c->mem, a, &v) == DA_OK ? v : 0;
}

static bool name_is(const struct da_clr *c, uint64_t at, const char *name)
{
	char buf[NAME_MAX_];
	size_t n = strlen(name) + 1;

	return n <= sizeof(buf) && da_mem_read(c->mem, at, buf, n, NULL) == DA_OK && memcmp(buf, name, n) == 0;
}

/* ---------------------------------------------------------------- ELF of 64 bits */

struct elf {
	uint64_t bias, end, dynamic;
};

static bool elf_headers(const struct da_clr *c, struct elf *ret)
{
	uint8_t h[64], p[56];
	struct da_cursor cur;
	struct elf e = { 0 };
	uint64_t off, low = UINT64_MAX;
	unsigned n;

	if (da_mem_read(c->mem, c->base, h, sizeof(h), NULL) != DA_OK || memcmp(h, "\177ELF\2", 5) != 0)
		return false;
	cur = da_cursor(h, sizeof(h), c->mem->big_endian, 8);
	da_seek(&cur, 32);
	off = da_get_u64(&cur);
	da_seek(&cur, 56);
	n = da_get_u16(&cur);
	if (off > 1 << 20 || n > PHDRS_MAX)
		return false;
	for (unsigned i = 0; i < n; i++) {
		uint64_t vaddr, memsz;
		uint32_t type;

		if (da_mem_read(c->mem, c->base + off + i * sizeof(p), p, sizeof(p), NULL) != DA_OK)
			return false;
		cur = da_cursor(p, sizeof(p), c->mem->big_endian, 8);
		type = da_get_u32(&cur);
		da_seek(&cur, 16);
		vaddr = da_get_u64(&cur);
		da_seek(&cur, 40);
		memsz = da_get_u64(&cur);
		if (type == PT_LOAD_ && vaddr < low)
			low = vaddr;
		if (type == PT_LOAD_ && vaddr + memsz > e.end)
			e.end = vaddr + memsz;
		if (type == PT_DYNAMIC_)
			e.dynamic = vaddr;
	}
	if (low == UINT64_MAX)
		return false;
	e.bias = c->base - (low & ~UINT64_C(0xfff));
	e.end += e.bias;
	*ret = e;
	return true;
}

static uint32_t gnu_hash(const char *s)
{
	uint32_t h = 5381;

	while (*s)
		h = h * 33 + (unsigned char)*s++;
	return h;
}

static enum da_status elf_symbol(const struct da_clr *c, const char *name, uint64_t *ret, uint64_t *ret_size)
{
	uint64_t symbols = 0, strings = 0, hash = 0, buckets, chains;
	uint32_t want = gnu_hash(name), nbuckets, first, nbloom, i, h;
	struct elf e;

	if (!elf_headers(c, &e) || !e.dynamic)
		return DA_FAULT;
	for (unsigned k = 0; k < DYNAMIC_MAX; k++) {
		uint64_t tag = word_at(c, e.bias + e.dynamic + 16 * k), v = word_at(c, e.bias + e.dynamic + 16 * k + 8);

		if (!tag)
			break;
		if (v < e.bias) /* glibc relocates these in place, musl does not */
			v += e.bias;
		if (tag == DT_SYMTAB_)
			symbols = v;
		else if (tag == DT_STRTAB_)
			strings = v;
		else if (tag == DT_GNU_HASH_)
			hash = v;
	}
	nbuckets = hash ? u32_at(c, hash) : 0;
	if (!symbols || !strings || !nbuckets)
		return DA_FAULT;
	first = u32_at(c, hash + 4);
	nbloom = u32_at(c, hash + 8);
	buckets = hash + 16 + 8 * (uint64_t)nbloom;
	chains = buckets + 4 * (uint64_t)nbuckets;
	i = u32_at(c, buckets + 4 * (uint64_t)(want % nbuckets));
	for (unsigned k = 0; i >= first && i && k < CHAIN_MAX; k++, i++) {
		uint64_t sym = symbols + 24 * (uint64_t)i;

		if (da_mem_u32(c->mem, chains + 4 * (uint64_t)(i - first), &h) != DA_OK)
			return DA_FAULT;
		if ((h | 1) == (want | 1) && name_is(c, strings + u32_at(c, sym), name) && word_at(c, sym + 8)) {
			*ret = e.bias + word_at(c, sym + 8);
			*ret_size = word_at(c, sym + 16);
			return DA_OK;
		}
		if (h & 1)
			break;
	}
	return DA_NOT_FOUND;
}

/* ---------------------------------------------------------------- PE */

static enum da_status pe_symbol(const struct da_clr *c, const char *name, uint64_t *ret)
{
	uint64_t pe = c->base + u32_at(c, c->base + 0x3c), dir;
	uint32_t n, functions, names, ordinals, lo = 0, hi;
	uint16_t magic, ordinal;

	if (u32_at(c, pe) != 0x4550 || da_mem_u16(c->mem, pe + 24, &magic) != DA_OK)
		return DA_FAULT;
	dir = c->base + u32_at(c, pe + 24 + (magic == 0x20b ? 112 : 96));
	n = u32_at(c, dir + 24);
	functions = u32_at(c, dir + 28);
	names = u32_at(c, dir + 32);
	ordinals = u32_at(c, dir + 36);
	if (dir == c->base || !n || n > 65536)
		return DA_FAULT;
	for (hi = n; lo < hi;) {
		uint32_t m = lo + (hi - lo) / 2;
		char buf[NAME_MAX_ + 1] = "";
		int order;

		if (!da_mem_read_some(c->mem, c->base + u32_at(c, c->base + names + 4 * (uint64_t)m), buf, NAME_MAX_))
			return DA_FAULT;
		order = strcmp(buf, name);
		if (order == 0) {
			if (da_mem_u16(c->mem, c->base + ordinals + 2 * (uint64_t)m, &ordinal) != DA_OK)
				return DA_FAULT;
			*ret = c->base + u32_at(c, c->base + functions + 4 * (uint64_t)ordinal);
			return *ret != c->base ? DA_OK : DA_FAULT;
		}
		if (order < 0)
			lo = m + 1;
		else
			hi = m;
	}
	return DA_NOT_FOUND;
}

static bool resource_named(const struct da_clr *c, uint64_t at, const char *name)
{
	uint16_t n, unit;

	if (da_mem_u16(c->mem, at, &n) != DA_OK || n != strlen(name))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (da_mem_u16(c->mem, at + 2 + 2 * (uint64_t)i, &unit) != DA_OK || unit != (unsigned char)name[i])
			return false;
	return true;
}

/* One level of the tree: where its entry with this id, this name, or the first one leads; 0: none. */
static uint32_t resource_entry(const struct da_clr *c, uint64_t root, uint32_t dir, uint32_t id, const char *name)
{
	uint16_t names = 0, ids = 0;
	uint64_t at = root + dir;

	(void)da_mem_u16(c->mem, at + 12, &names);
	(void)da_mem_u16(c->mem, at + 14, &ids);
	for (uint32_t i = 0; i < (uint32_t)names + ids && i < RESOURCES_MAX; i++) {
		uint32_t key = u32_at(c, at + 16 + 8 * (uint64_t)i), to = u32_at(c, at + 20 + 8 * (uint64_t)i);
		bool hit = name ? (key >> 31) && resource_named(c, root + (key & 0x7fffffff), name) : !id || key == id;

		if (hit)
			return to;
	}
	return 0;
}

enum da_status da_clr_resource(const struct da_clr *c, const char *name, uint64_t *ret)
{
	enum { RCDATA = 10 };
	uint64_t pe = c->base + u32_at(c, c->base + 0x3c), root;
	uint32_t to, rva;
	uint16_t magic;

	if (u32_at(c, pe) != 0x4550 || da_mem_u16(c->mem, pe + 24, &magic) != DA_OK)
		return DA_NOT_FOUND;
	rva = u32_at(c, pe + 24 + (magic == 0x20b ? 112 : 96) + 16);
	root = c->base + rva;
	to = rva ? resource_entry(c, root, 0, RCDATA, NULL) : 0;
	to = to >> 31 ? resource_entry(c, root, to & 0x7fffffff, 0, name) : 0;
	to = to >> 31 ? resource_entry(c, root, to & 0x7fffffff, 0, NULL) : to; /* by language */
	if (!to || to >> 31 || !u32_at(c, root + to))
		return DA_NOT_FOUND;
	*ret = c->base + u32_at(c, root + to);
	return DA_OK;
}

/* ---------------------------------------------------------------- both */

enum da_status da_clr_export_in_memory(const struct da_clr *c, const char *name, uint64_t *ret, uint64_t *ret_size)
{
	*ret_size = 0;
	return c->windows ? pe_symbol(c, name, ret) : elf_symbol(c, name, ret, ret_size);
}

enum da_status da_clr_export(struct da_clr *c, const char *name, uint64_t *ret, uint64_t *ret_size)
{
	uint64_t at = 0, size = 0;
	enum da_status st = da_clr_export_in_memory(c, name, &at, &size);

	if (st == DA_FAULT)
		st = da_symbols_named(c->symbols, c->module, name, &at, &size);
	if (st != DA_OK)
		return st;
	*ret = at;
	*ret_size = size;
	return DA_OK;
}

void da_clr_image_end(struct da_clr *c)
{
	uint64_t pe = c->base + u32_at(c, c->base + 0x3c);
	struct elf e;

	if (!c->windows && elf_headers(c, &e))
		c->end = e.end;
	else if (c->windows && u32_at(c, pe) == 0x4550 && u32_at(c, pe + 24 + 56))
		c->end = c->base + u32_at(c, pe + 24 + 56);
	/* Damaged headers, or a damaged list of mappings, can make the image as large as the address space. */
	if (c->end < c->base || c->end - c->base > IMAGE_REACH)
		c->end = c->base + IMAGE_REACH;
}

uint64_t da_clr_scan(const struct da_clr *c, uint64_t from, const void *pattern, size_t len, size_t align)
{
	for (size_t i = 0; i < c->mem->ranges.n; i++) {
		const struct da_range *r = &c->mem->ranges.v[i];
		uint64_t start = r->start > c->base ? r->start : c->base;
		size_t n = 0;
		const uint8_t *p, *at;

		if (from > start)
			start = from;
		if (r->end <= start || r->start >= c->end || !r->has_prot || !(r->prot & DA_PROT_W))
			continue;
		p = da_mem_view_some(c->mem, start, &n);
		if (p && n > c->end - start)
			n = (size_t)(c->end - start);
		for (at = p; at && (at = memmem(at, n - (size_t)(at - p), pattern, len)); at++)
			if ((size_t)(at - p) % align == 0)
				return start + (uint64_t)(at - p);
	}
	return 0;
}
