/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public symbols: what the linker knows, all that a stripped PDB has. Their stream holds a hash table of
 * names, then offsets of the records in the order of addresses.
 */
#include "config.h"

#include <string.h>

#include "image/pdb.h"

#define S_PUB32 0x110e
#define HEADER 28
#define BUCKETS 4096
#define BITMAP_BYTES 516 /* 4097 bits, in words */
#define CHAIN_MAX 100000
#define NAME_OFF 14

/* The record at off: its address. */
static bool read_public(const struct pdb *p, uint32_t off, struct pdb_addr *ret)
{
	uint8_t buf[NAME_OFF];
	const uint8_t *at = msf_get(&p->msf, p->record_stream, off, buf, sizeof(buf));
	struct da_cursor c = da_cursor(at, at ? sizeof(buf) : 0, false, 4);

	da_skip(&c, 2);
	if (da_get_u16(&c) != S_PUB32)
		return false;
	da_skip(&c, 4);
	ret->off = da_get_u32(&c);
	ret->seg = da_get_u16(&c);
	return da_ok(&c);
}

static const char *public_name(const struct pdb *p, struct da_arena *a, uint32_t off)
{
	return msf_text(&p->msf, a, p->record_stream, (uint64_t)off + NAME_OFF,
			(size_t)p->base.limits->string);
}

static bool stream_u32(const struct pdb *p, uint64_t off, uint32_t *ret)
{
	uint8_t buf[4];
	const uint8_t *at = msf_get(&p->msf, p->public_stream, off, buf, 4);
	struct da_cursor c = da_cursor(at, at ? 4 : 0, false, 4);

	*ret = da_get_u32(&c);
	return at;
}

bool pdb_public_at(const struct pdb *p, uint32_t i, struct pdb_addr *ret, uint32_t *ret_record)
{
	return i < p->npublic && stream_u32(p, p->public_map + 4 * (uint64_t)i, ret_record) &&
	       read_public(p, *ret_record, ret);
}

static bool fill(const struct pdb *p, struct da_arena *a, struct pdb_addr addr, uint32_t record,
		 struct da_elf_symbol *ret)
{
	const char *name;
	uint32_t rva;

	if (!pdb_to_rva(p, addr, &rva) || !(name = public_name(p, a, record)) || !*name)
		return false;
	*ret = (struct da_elf_symbol){ .start = rva, .name = name };
	return true;
}

enum da_status pdb_public(struct da_symfile *f, struct da_arena *a, uint32_t rva, struct da_elf_symbol *ret)
{
	const struct pdb *p = pdb_of(f);
	struct pdb_contribution part;
	struct pdb_addr addr, at, first;
	uint32_t low = 0, high = p->npublic, record, best;

	if (!pdb_from_rva(p, rva, &addr))
		return DA_NOT_FOUND;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (!pdb_public_at(p, mid, &at, &record))
			return DA_CORRUPT;
		if (pdb_addr_compare(at, addr) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || !pdb_public_at(p, low - 1, &at, &best) || at.seg != addr.seg)
		return DA_NOT_FOUND;
	/* A function that no other file may name has no public symbol: not the one of its neighbour. */
	if (pdb_contribution(p, addr, &part) && at.off < part.addr.off)
		return DA_NOT_FOUND;
	/* Of several names of one address the first. */
	for (unsigned i = 2; i < 64 && low >= i && pdb_public_at(p, low - i, &first, &record) &&
			     pdb_addr_compare(first, at) == 0; i++)
		best = record;
	return fill(p, a, at, best, ret) ? DA_OK : DA_NOT_FOUND;
}

/* ---------------------------------------------------------------- by name */

/* Of bytes in fours, then two, then one; upper and lower case alike. */
static uint32_t hash_name(const char *name)
{
	size_t n = strlen(name);
	struct da_cursor c = da_cursor(name, n, false, 4);
	uint32_t h = 0;

	while (da_left(&c) >= 4)
		h ^= da_get_u32(&c);
	if (da_left(&c) >= 2)
		h ^= da_get_u16(&c);
	if (da_left(&c))
		h ^= da_get_u8(&c);
	h |= 0x20202020;
	h ^= h >> 11;
	h ^= h >> 16;
	return h % BUCKETS;
}

/* The records of a bucket: [*ret_first, *ret_end) of the table at HEADER + 16. Empty buckets have none. */
static bool bucket(const struct pdb *p, uint32_t number, uint32_t records, uint32_t *ret_first,
		   uint32_t *ret_end)
{
	uint64_t bitmap = HEADER + 16 + (uint64_t)records;
	uint32_t before = 0, total = 0, word;

	for (uint32_t i = 0; i < BITMAP_BYTES / 4; i++) {
		if (!stream_u32(p, bitmap + 4 * (uint64_t)i, &word))
			return false;
		total += (uint32_t)__builtin_popcount(word);
		if (i < number / 32)
			before += (uint32_t)__builtin_popcount(word);
		else if (i == number / 32 && !(word >> number % 32 & 1))
			return false;
		else if (i == number / 32)
			before += (uint32_t)__builtin_popcount(word & ((1U << number % 32) - 1));
	}
	/* Offsets as they were in memory of 32 bits: 12 a record, though one has 8 here. */
	if (!stream_u32(p, bitmap + BITMAP_BYTES + 4 * (uint64_t)before, ret_first))
		return false;
	*ret_first /= 12;
	if (before + 1 >= total || !stream_u32(p, bitmap + BITMAP_BYTES + 4 * ((uint64_t)before + 1), ret_end))
		*ret_end = records / 8 * 12;
	*ret_end /= 12;
	return true;
}

static bool lookup(const struct pdb *p, struct da_arena *a, const char *name, struct da_elf_symbol *ret)
{
	uint32_t records, first, end;

	if (p->public_hash < 16 || !stream_u32(p, HEADER + 8, &records) ||
	    !bucket(p, hash_name(name), records, &first, &end))
		return false;
	for (uint32_t i = first; i < end && i < records / 8 && i - first < CHAIN_MAX; i++) {
		struct da_arena *scratch;
		struct pdb_addr addr;
		uint32_t record;
		const char *text;
		bool same;

		if (!stream_u32(p, HEADER + 16 + 8 * (uint64_t)i, &record) || !record ||
		    !read_public(p, --record, &addr))
			continue;
		scratch = da_arena_new();
		text = public_name(p, scratch, record);
		same = text && strcmp(text, name) == 0;
		da_arena_free(scratch);
		if (same)
			return fill(p, a, addr, record, ret);
	}
	return false;
}

enum da_status pdb_public_named(struct da_symfile *f, struct da_arena *a, const char *name,
				struct da_elf_symbol *ret)
{
	const struct pdb *p = pdb_of(f);

	if (lookup(p, a, name, ret))
		return DA_OK;
	if (p->machine == 0x14c && lookup(p, a, da_printf(a, "_%s", name), ret))
		return DA_OK;
	return DA_NOT_FOUND;
}
