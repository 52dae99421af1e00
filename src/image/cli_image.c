/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the managed part of a PE image stands, in memory or in a file. ECMA-335, partition II, 25, and
 * Microsoft's "PE Format"; the kinds of debug entries that .NET adds: dotnet/runtime,
 * docs/design/specs/PE-COFF.md.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "image/metadata.h"
#include "image/pe.h"

enum { HEADER_BYTES = 4096, CLI_HEADER = 72, METADATA = 0x424a5342 /* BSJB */, READY_TO_RUN = 0x00525452 /* RTR */ };
enum { DEBUG_ENTRY = 28, DEBUG_ENTRIES_MAX = 64, CODEVIEW = 2, EMBEDDED = 17, PORTABLE = 0x504d /* "PM" */ };
enum { EXPORT_DIRECTORY = 40, EXPORTS_MAX = 64 };
enum { RSDS = 0x53445352, MPDB = 0x4244504d, PATH_MAX_BYTES = 4096 };

/* ---------------------------------------------------------------- bytes with holes */

struct pieces {
	DA_VEC(struct da_sparse_piece) v;
	size_t bytes;
};

static void add_piece(struct da_arena *a, struct pieces *p, uint64_t addr, size_t n, uint64_t start, uint64_t end)
{
	start = DA_MAX(start, addr);
	if (end > start && start - addr < n)
		da_vec_push(a, &p->v, ((struct da_sparse_piece){ (size_t)(start - addr), (size_t)DA_MIN(end - addr, n) }));
}

static int by_start(const void *a, const void *b)
{
	const struct da_sparse_piece *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Pieces that touch are one. */
static void merge_pieces(struct pieces *p)
{
	size_t n = 0;

	if (p->v.n)
		qsort(p->v.v, p->v.n, sizeof(*p->v.v), by_start);
	for (size_t i = 0; i < p->v.n; i++) {
		struct da_sparse_piece x = p->v.v[i];

		if (n && x.start <= p->v.v[n - 1].end)
			p->v.v[n - 1].end = DA_MAX(p->v.v[n - 1].end, x.end);
		else
			p->v.v[n++] = x;
	}
	p->v.n = n;
	for (size_t i = 0; i < n; i++)
		p->bytes += p->v.v[i].end - p->v.v[i].start;
}

/* The first of sorted things whose end lies above addr. */
#define FIRST_ABOVE(vec, addr)                                          \
	({                                                              \
		size_t low_ = 0, high_ = (vec)->n;                      \
		while (low_ < high_) {                                  \
			size_t mid_ = low_ + (high_ - low_) / 2;        \
			if ((vec)->v[mid_].end <= (addr))               \
				low_ = mid_ + 1;                        \
			else                                            \
				high_ = mid_;                           \
		}                                                       \
		low_;                                                   \
	})

static void find_pieces(const struct da_memory *mem, struct da_arena *a, uint64_t addr, size_t n, struct pieces *ret)
{
	for (size_t i = FIRST_ABOVE(&mem->ranges, addr); i < mem->ranges.n; i++) {
		const struct da_range *r = &mem->ranges.v[i];

		if (r->start > addr && r->start - addr >= n)
			break;
		add_piece(a, ret, addr, n, r->start, r->start + r->file_len);
	}
	for (size_t i = FIRST_ABOVE(&mem->overlays, addr); i < mem->overlays.n; i++) {
		const struct da_overlay *o = &mem->overlays.v[i];

		if (o->start > addr && o->start - addr >= n)
			break;
		add_piece(a, ret, addr, n, o->start, o->end);
	}
	merge_pieces(ret);
}

/* What is claimed may be so many times what is there, and is then given memory for the rest. */
enum { HOLES_FREE = 1 << 20, HOLES_RATIO = 64 };

enum da_status da_sparse_read(const struct da_memory *mem, struct da_arena *a, uint64_t addr, size_t n,
			      struct da_sparse *ret)
{
	const uint8_t *view = da_mem_view(mem, addr, n);
	struct pieces p = { 0 };
	uint8_t *copy;

	if (view) {
		*ret = (struct da_sparse){ .bytes = { view, n } };
		return DA_OK;
	}
	find_pieces(mem, a, addr, n, &p);
	if (!p.bytes)
		return DA_NOT_FOUND;
	if (n > HOLES_FREE && n / HOLES_RATIO > p.bytes)
		return DA_LIMIT;
	copy = da_alloc(a, n);
	for (size_t i = 0; i < p.v.n; i++)
		if (da_mem_read(mem, addr + p.v.v[i].start, copy + p.v.v[i].start, p.v.v[i].end - p.v.v[i].start, NULL) !=
		    DA_OK)
			p.v.v[i].end = p.v.v[i].start;
	*ret = (struct da_sparse){ .bytes = { copy, n } };
	if (p.bytes < n) {
		ret->known = p.v.v;
		ret->n = p.v.n;
	}
	return DA_OK;
}

/* ---------------------------------------------------------------- RVAs */

struct reader {
	const struct da_memory *mem;
	struct da_arena *arena;
	const struct da_pe *pe;
	uint64_t base, size; /* size 0: unknown */
	bool flat;
};

/* The address of n bytes at an RVA, 0: there are none. */
static uint64_t at_rva(const struct reader *r, uint32_t rva, uint32_t n)
{
	const struct da_pe *pe = r->pe;
	uint64_t off = rva;

	if (!rva)
		return 0;
	if (r->flat) {
		unsigned i;

		for (i = 0; i < pe->nsections; i++)
			if (rva >= pe->sections[i].rva && da_fits(rva - pe->sections[i].rva, n, pe->sections[i].raw))
				break;
		if (i < pe->nsections)
			off = (uint64_t)pe->sections[i].off + (rva - pe->sections[i].rva);
		else if (!da_fits(rva, n, pe->headers_size))
			return 0;
	} else if (!da_fits(rva, n, pe->image_size)) {
		return 0;
	}
	return r->size && !da_fits(off, n, r->size) ? 0 : r->base + off;
}

/* n bytes as a cursor; they fail as one where they are not known. */
static struct da_cursor read_at(const struct reader *r, uint64_t addr, void *buf, size_t n)
{
	bool there = addr && da_mem_read(r->mem, addr, buf, n, NULL) == DA_OK;
	struct da_cursor c = da_cursor(buf, there ? n : 0, false, 8);

	c.failed = !there;
	return c;
}

static bool has_word(const struct reader *r, uint64_t addr, uint32_t value)
{
	uint32_t v;

	return addr && da_mem_u32(r->mem, addr, &v) == DA_OK && v == value;
}

/* ---------------------------------------------------------------- the managed part */

/* How sure it is that the image stands there in this layout. */
enum proof { PROOF_NONE, PROOF_HEADER, PROOF_METADATA };

static enum proof read_cli(const struct reader *r, struct da_cli_image *im)
{
	uint8_t buf[CLI_HEADER];
	struct da_cursor c = read_at(r, at_rva(r, r->pe->dirs[DA_PE_CLR].rva, CLI_HEADER), buf, CLI_HEADER);
	uint32_t size = da_get_u32(&c), rva, native, native_size;
	uint64_t at;

	if (size != CLI_HEADER)
		return PROOF_NONE;
	da_skip(&c, 4); /* version of the runtime */
	rva = da_get_u32(&c);
	size = da_get_u32(&c);
	da_skip(&c, 48);
	native = da_get_u32(&c);
	native_size = da_get_u32(&c);
	at = at_rva(r, native, native_size);
	if (has_word(r, at, READY_TO_RUN))
		im->ready_to_run = at;
	at = at_rva(r, rva, size);
	if (!has_word(r, at, METADATA))
		return im->ready_to_run ? PROOF_METADATA : PROOF_HEADER;
	im->metadata = at;
	im->metadata_size = size;
	return PROOF_METADATA;
}

/* The image of the compiled code of many assemblies is no assembly itself: an export leads to its header. */
static uint64_t exported_header(const struct reader *r)
{
	static const char name[] = "RTR_HEADER";
	uint64_t dir = at_rva(r, r->pe->dirs[DA_PE_EXPORT].rva, EXPORT_DIRECTORY), at;
	uint32_t w[5], rva; /* functions, names, and the tables of functions, names and ordinals */
	uint16_t ordinal;
	char text[sizeof(name)];

	for (unsigned i = 0; i < DA_ARRAY_SIZE(w); i++)
		if (!dir || da_mem_u32(r->mem, dir + 0x14 + 4 * i, &w[i]) != DA_OK)
			return 0;
	for (uint32_t i = 0; i < DA_MIN(w[1], (uint32_t)EXPORTS_MAX); i++) {
		at = at_rva(r, w[3] + 4 * i, 4);
		if (!at || da_mem_u32(r->mem, at, &rva) != DA_OK)
			return 0;
		at = at_rva(r, rva, sizeof(name));
		if (!at || da_mem_read(r->mem, at, text, sizeof(name), NULL) != DA_OK || memcmp(text, name, sizeof(name)) != 0)
			continue;
		at = at_rva(r, w[4] + 2 * i, 2);
		if (!at || da_mem_u16(r->mem, at, &ordinal) != DA_OK || ordinal >= w[0])
			return 0;
		at = at_rva(r, w[2] + 4 * (uint32_t)ordinal, 4);
		if (!at || da_mem_u32(r->mem, at, &rva) != DA_OK)
			return 0;
		at = at_rva(r, rva, 16);
		return has_word(r, at, READY_TO_RUN) ? at : 0;
	}
	return 0;
}

/* ---------------------------------------------------------------- the debug directory */

struct debug_entry {
	uint32_t stamp, type, size;
	uint16_t minor;
	uint64_t at;
};

static bool read_entry(const struct reader *r, uint32_t i, struct debug_entry *ret)
{
	uint8_t buf[DEBUG_ENTRY];
	uint64_t dir = at_rva(r, r->pe->dirs[DA_PE_DEBUG].rva, (i + 1) * DEBUG_ENTRY);
	struct da_cursor c = read_at(r, dir ? dir + (uint64_t)i * DEBUG_ENTRY : 0, buf, DEBUG_ENTRY);
	uint32_t rva, off;

	da_skip(&c, 4);
	ret->stamp = da_get_u32(&c);
	da_skip(&c, 2);
	ret->minor = da_get_u16(&c);
	ret->type = da_get_u32(&c);
	ret->size = da_get_u32(&c);
	rva = da_get_u32(&c);
	off = da_get_u32(&c);
	if (!r->flat)
		ret->at = at_rva(r, rva, ret->size);
	else
		ret->at = off && (!r->size || da_fits(off, ret->size, r->size)) ? r->base + off : 0;
	return da_ok(&c);
}

static bool read_codeview(const struct reader *r, const struct debug_entry *e, struct da_cli_image *im)
{
	uint8_t buf[24];
	struct da_cursor c = read_at(r, e->size >= sizeof(buf) ? e->at : 0, buf, sizeof(buf));
	char *path = NULL;

	if (da_get_u32(&c) != RSDS)
		return false;
	da_guid_text(buf + 4, im->pdb_guid);
	da_skip(&c, 16);
	im->pdb_age = da_get_u32(&c);
	im->pdb_stamp = e->stamp;
	im->has_pdb = true;
	if (da_mem_cstr(r->mem, r->arena, e->at + sizeof(buf), DA_MIN(e->size - sizeof(buf), (size_t)PATH_MAX_BYTES),
			&path) == DA_OK && *path)
		im->pdb_path = path;
	return true;
}

static void read_embedded(const struct reader *r, const struct debug_entry *e, struct da_cli_image *im)
{
	uint8_t buf[8];
	struct da_cursor c = read_at(r, e->size > sizeof(buf) ? e->at : 0, buf, sizeof(buf));

	if (da_get_u32(&c) != MPDB)
		return;
	im->embedded_size = da_get_u32(&c);
	im->embedded_packed = e->size - (uint32_t)sizeof(buf);
	im->embedded_pdb = e->at + sizeof(buf);
}

/* Images with native code can name a second PDB, for that code; the portable one is of the source. */
static bool read_debug(const struct reader *r, struct da_cli_image *im)
{
	uint32_t n = DA_MIN(r->pe->dirs[DA_PE_DEBUG].size / DEBUG_ENTRY, (uint32_t)DEBUG_ENTRIES_MAX);
	bool portable = false;
	struct debug_entry e;

	for (uint32_t i = 0; i < n && read_entry(r, i, &e); i++) {
		if (e.type == CODEVIEW && !portable && (!im->has_pdb || e.minor == PORTABLE))
			portable = read_codeview(r, &e, im) && e.minor == PORTABLE;
		else if (e.type == EMBEDDED && !im->embedded_pdb)
			read_embedded(r, &e, im);
	}
	return im->has_pdb || im->embedded_pdb;
}

/* ---------------------------------------------------------------- the image */

static enum proof read_as(const struct reader *r, struct da_cli_image *ret)
{
	struct da_cli_image im = { .base = r->base, .flat = r->flat, .timestamp = r->pe->timestamp,
				   .image_size = r->pe->image_size };
	enum proof proof = read_cli(r, &im);

	if (proof == PROOF_NONE && !r->pe->dirs[DA_PE_CLR].rva && (im.ready_to_run = exported_header(r)))
		proof = PROOF_METADATA;
	if (read_debug(r, &im) && proof == PROOF_NONE)
		proof = PROOF_HEADER;
	*ret = im;
	return proof;
}

static enum da_status read_headers(struct reader *r, struct da_arena *a, struct da_pe *pe)
{
	uint8_t *p = da_alloc(a, HEADER_BYTES);
	size_t n = da_mem_read_some(r->mem, r->base, p, HEADER_BYTES);

	r->pe = pe;
	r->arena = a;
	return da_pe_read(a, (struct da_bytes){ p, n }, pe);
}

enum da_status da_cli_image_read(const struct da_memory *mem, struct da_arena *a, uint64_t base, uint64_t size,
				 struct da_cli_image *ret)
{
	struct reader r = { .mem = mem, .base = base, .size = size };
	struct da_cli_image mapped, flat;
	struct da_pe pe;
	enum proof proof;
	enum da_status st = read_headers(&r, a, &pe);

	if (st != DA_OK)
		return st;
	proof = read_as(&r, &mapped);
	*ret = mapped;
	if (proof == PROOF_METADATA)
		return DA_OK;
	r.flat = true;
	if (read_as(&r, &flat) > proof)
		*ret = flat;
	return DA_OK;
}

enum da_status da_cli_file_read(struct da_arena *a, struct da_bytes file, struct da_cli_image *ret)
{
	struct da_range range = { .end = file.n, .file_len = file.n, .prot = DA_PROT_R, .module = DA_NONE };
	const struct da_memory mem = { .ranges = { &range, 1, 1 }, .file = file, .word = 8 };
	struct reader r = { .mem = &mem, .size = file.n, .flat = true };
	struct da_pe pe;
	enum da_status st = read_headers(&r, a, &pe);

	if (st == DA_OK)
		(void)read_as(&r, ret);
	return st;
}
