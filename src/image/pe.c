/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "image/pe.h"

enum { MZ = 0x5a4d, SIGNATURE = 0x4550, MAGIC_32 = 0x10b, MAGIC_64 = 0x20b };
enum { SECTION = 40, SECTIONS_MAX = 96 /* the loader of Windows takes no more */ };
enum { EXECUTE = 0x20000000, READ = 0x40000000, WRITE = 0x80000000 };

static void read_optional(struct da_cursor c, struct da_pe *pe)
{
	uint32_t ndirs;

	pe->is64 = da_get_u16(&c) == MAGIC_64;
	da_skip(&c, 0x16);
	if (pe->is64)
		pe->image_base = da_get_u64(&c);
	else {
		da_skip(&c, 4);
		pe->image_base = da_get_u32(&c);
	}
	da_skip(&c, 0x18);
	pe->image_size = da_get_u32(&c);
	pe->headers_size = da_get_u32(&c);
	da_skip(&c, pe->is64 ? 0x2c : 0x1c);
	ndirs = da_get_u32(&c);
	for (unsigned i = 0; i < DA_MIN(ndirs, (uint32_t)DA_PE_DIRS) && da_ok(&c); i++) {
		uint32_t rva = da_get_u32(&c), size = da_get_u32(&c);

		if (da_ok(&c) && rva && rva < pe->image_size) {
			pe->dirs[i].rva = rva;
			pe->dirs[i].size = DA_MIN(size, pe->image_size - rva);
		}
	}
}

static bool read_section(struct da_cursor c, uint32_t image_size, struct da_pe_section *ret)
{
	const uint8_t *name = da_get_bytes(&c, 8);
	uint32_t flags;

	ret->size = da_get_u32(&c);
	ret->rva = da_get_u32(&c);
	ret->raw = da_get_u32(&c);
	ret->off = da_get_u32(&c);
	da_skip(&c, 12);
	flags = da_get_u32(&c);
	if (!da_ok(&c) || ret->rva >= image_size)
		return false;
	memcpy(ret->name, name, 8);
	if (!ret->size)
		ret->size = ret->raw;
	ret->size = DA_MIN(ret->size, image_size - ret->rva);
	ret->raw = DA_MIN(ret->raw, ret->size); /* what pads the file is not mapped */
	ret->prot = (uint8_t)((flags & EXECUTE ? DA_PROT_X : 0) | (flags & READ ? DA_PROT_R : 0) |
			      (flags & WRITE ? DA_PROT_W : 0));
	return true;
}

enum da_status da_pe_read(struct da_arena *a, struct da_bytes headers, struct da_pe *ret)
{
	struct da_cursor c = da_cursor(headers.p, headers.n, false, 8), h, table;
	struct da_pe pe = { 0 };
	uint16_t nsections, optional, magic;
	uint32_t at;

	if (headers.n < 64 || da_get_u16(&c) != MZ)
		return DA_NOT_FOUND;
	da_skip(&c, 0x3a);
	at = da_get_u32(&c);
	h = da_sub(&c, at, 24);
	if (da_get_u32(&h) != SIGNATURE || !da_ok(&h))
		return DA_NOT_FOUND;
	pe.machine = da_get_u16(&h);
	nsections = da_get_u16(&h);
	pe.timestamp = da_get_u32(&h);
	pe.coff = da_get_u32(&h);
	pe.ncoff = da_get_u32(&h);
	optional = da_get_u16(&h);
	h = da_sub(&c, (uint64_t)at + 24, optional);
	table = h;
	magic = da_get_u16(&table);
	if (!da_ok(&table) || (magic != MAGIC_32 && magic != MAGIC_64))
		return DA_CORRUPT;
	read_optional(h, &pe);
	if (!pe.image_size || nsections > SECTIONS_MAX)
		return DA_CORRUPT;
	pe.sections = da_calloc(a, (size_t)nsections + 1, sizeof(*pe.sections));
	for (unsigned i = 0; i < nsections; i++) {
		h = da_sub(&c, (uint64_t)at + 24 + optional + i * SECTION, SECTION);
		if (read_section(h, pe.image_size, &pe.sections[pe.nsections]))
			pe.nsections++;
	}
	*ret = pe;
	return DA_OK;
}

bool da_pe_same(const struct da_pe *pe, const struct da_module *m)
{
	return m->pe && m->image_size && pe->timestamp == m->timestamp && pe->image_size == m->image_size;
}

/* ---------------------------------------------------------------- functions */

/* Bytes of an ARM64 function: in the packed word, or in the first word of its .xdata (in units of 4). */
static enum da_status arm64_length(const struct da_memory *mem, uint64_t base, uint32_t unwind, uint32_t *ret)
{
	uint32_t word;

	if (unwind & 3) {
		*ret = (unwind >> 2 & 0x7ff) * 4;
		return DA_OK;
	}
	if (da_mem_u32(mem, base + unwind, &word) != DA_OK)
		return DA_FAULT;
	*ret = (word & 0x3ffff) * 4;
	return DA_OK;
}

enum da_status da_pe_entry(uint16_t machine, const struct da_memory *mem, uint64_t base, uint64_t at,
			   struct da_pe_function *ret)
{
	bool x64 = machine == DA_PE_AMD64;
	struct da_pe_function f = { 0 };
	uint32_t length = 0;
	enum da_status st;

	if (da_mem_u32(mem, at, &f.start) != DA_OK || da_mem_u32(mem, at + 4, x64 ? &f.end : &f.unwind) != DA_OK ||
	    (x64 && da_mem_u32(mem, at + 8, &f.unwind) != DA_OK))
		return DA_FAULT;
	st = x64 ? DA_OK : arm64_length(mem, base, f.unwind, &length);
	if (st != DA_OK)
		return st;
	if (!x64)
		f.end = f.start + length;
	*ret = f;
	return DA_OK;
}

static enum da_status read_entry(const struct da_pe *pe, const struct da_memory *mem, uint64_t base, uint32_t i,
				 struct da_pe_function *ret)
{
	uint64_t size = pe->machine == DA_PE_AMD64 ? 12 : 8;

	return da_pe_entry(pe->machine, mem, base, base + pe->dirs[DA_PE_EXCEPTION].rva + i * size, ret);
}

enum da_status da_pe_function(const struct da_pe *pe, const struct da_memory *mem, uint64_t base, uint32_t rva,
			      struct da_pe_function *ret)
{
	bool x64 = pe->machine == DA_PE_AMD64;
	uint64_t table = base + pe->dirs[DA_PE_EXCEPTION].rva;
	uint32_t low = 0, high = pe->dirs[DA_PE_EXCEPTION].size / (x64 ? 12 : 8), start;
	enum da_status st;

	if ((!x64 && pe->machine != DA_PE_ARM64) || !high)
		return DA_NOT_FOUND;
	while (low < high) { /* first entry that begins beyond */
		uint32_t mid = low + (high - low) / 2;

		if (da_mem_u32(mem, table + (uint64_t)mid * (x64 ? 12 : 8), &start) != DA_OK)
			return DA_FAULT;
		if (start <= rva)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return DA_NOT_FOUND;
	st = read_entry(pe, mem, base, low - 1, ret);
	if (st != DA_OK)
		return st;
	return rva < ret->end ? DA_OK : DA_NOT_FOUND;
}

enum da_status da_pe_runtime_function(const struct da_process *p, uint64_t pc, uint64_t *ret_base,
				      struct da_pe_function *ret)
{
	const struct da_runtime_function *r = da_runtime_function_at(p, pc);
	struct da_pe_function f;
	uint32_t length;
	enum da_status st;

	if (!r)
		return DA_NOT_FOUND;
	length = r->length;
	st = length ? DA_OK : arm64_length(&p->mem, r->base, r->unwind, &length);
	if (st != DA_OK)
		return st;
	if (pc - r->start >= length)
		return DA_NOT_FOUND;
	f.start = (uint32_t)(r->start - r->base);
	f.end = f.start + length;
	f.unwind = r->unwind;
	*ret_base = r->base;
	*ret = f;
	return DA_OK;
}
