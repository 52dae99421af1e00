/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PDB 7: identity, the header of the DBI stream, sections and addresses. Layouts as in LLVM's
 * documentation of the format and Microsoft's published sources.
 */
#include "config.h"

#include <string.h>

#include "image/pdb.h"

enum { STREAM_INFO = 1, STREAM_TPI = 2, STREAM_DBI = 3, STREAM_IPI = 4 };

#define VERSION_VC70 20000404
#define FEATURE_MINIMAL 0x494e494d /* "MINI": /DEBUG:FASTLINK */
#define CONTRIBUTIONS_V60 0xf12eba2d
#define CONTRIBUTIONS_V2 0xf13151e4
#define DBI_HEADER 64
#define SECTION_HEADER 40
#define NAMED_MAX 4096
#define SECTIONS_MAX 65536
#define INFO_MAX (1 << 20)

/* Indices of the optional debug header. */
enum { DBG_FPO, DBG_TO_SOURCE = 3, DBG_FROM_SOURCE, DBG_SECTIONS, DBG_NEW_FPO = 9, DBG_ORIGINAL, DBG_N };

/* ---------------------------------------------------------------- stream 1 */

static void text_order(const uint8_t *guid, uint8_t *ret)
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (unsigned i = 0; i < 16; i++)
		ret[i] = guid[order[i]];
}

/* Streams by name; of them only /names, the texts of the whole program, is needed. */
static void read_named(struct pdb *p, struct da_cursor *c)
{
	uint32_t bytes = da_get_u32(c), count, words;
	struct da_cursor names;

	names = da_sub(c, da_pos(c), bytes);
	da_skip(c, bytes);
	count = da_get_u32(c);
	da_skip(c, 4);
	for (int i = 0; i < 2; i++) { /* present, deleted */
		words = da_get_u32(c);
		if (!da_count_ok(c, words, 4, NAMED_MAX))
			return;
		da_skip(c, 4 * (size_t)words);
	}
	for (uint32_t i = 0; i < count && i < NAMED_MAX && da_ok(c); i++) {
		uint32_t off = da_get_u32(c), stream = da_get_u32(c);

		if (da_ok(c) && da_fits(off, 7, names.end - names.base) &&
		    memcmp(names.base + off, "/names", 7) == 0)
			p->names_stream = stream;
	}
	da_skip(c, 4);
	while (da_ok(c) && da_left(c) >= 4)
		if (da_get_u32(c) == FEATURE_MINIMAL)
			p->base.minimal = true;
}

static bool read_info(struct pdb *p)
{
	struct da_bytes b;
	struct da_cursor c;
	const uint8_t *guid;

	if (!msf_bytes(&p->msf, p->base.arena, STREAM_INFO, 0,
		       DA_MIN(msf_size(&p->msf, STREAM_INFO), INFO_MAX), &b))
		return false;
	c = da_cursor(b.p, b.n, false, 4);
	if (da_get_u32(&c) < VERSION_VC70)
		return false;
	da_skip(&c, 4);
	p->base.age = p->base.other_age = da_get_u32(&c);
	guid = da_get_bytes(&c, 16);
	if (!guid)
		return false;
	text_order(guid, p->base.guid);
	read_named(p, &c);
	return true;
}

static void read_names(struct pdb *p)
{
	uint8_t buf[12];
	const uint8_t *head = msf_get(&p->msf, p->names_stream, 0, buf, sizeof(buf));
	struct da_cursor c;
	uint32_t bytes;

	if (!head)
		return;
	c = da_cursor(head, sizeof(buf), false, 4);
	if (da_get_u32(&c) != 0xeffeeffe)
		return;
	da_skip(&c, 4);
	bytes = da_get_u32(&c);
	p->names_size = DA_MIN(bytes, msf_size(&p->msf, p->names_stream) - 12);
}

const char *pdb_name(const struct pdb *p, struct da_arena *a, uint32_t off)
{
	if (off >= p->names_size)
		return NULL;
	return msf_text(&p->msf, a, p->names_stream, 12 + (uint64_t)off,
			(size_t)DA_MIN(p->base.limits->string, (uint64_t)(p->names_size - off)));
}

/* ---------------------------------------------------------------- stream 3 */

static uint32_t read_sections(struct pdb *p, uint32_t stream, struct pdb_section **ret)
{
	uint32_t n = DA_MIN(msf_size(&p->msf, stream) / SECTION_HEADER, SECTIONS_MAX);
	struct da_bytes b;
	struct da_cursor c;

	if (!n || !msf_bytes(&p->msf, p->base.arena, stream, 0, (uint64_t)n * SECTION_HEADER, &b))
		return 0;
	*ret = da_calloc(p->base.arena, n, sizeof(**ret));
	c = da_cursor(b.p, b.n, false, 4);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t virtual_size, raw_size;

		da_skip(&c, 8);
		virtual_size = da_get_u32(&c);
		(*ret)[i].va = da_get_u32(&c);
		raw_size = da_get_u32(&c);
		(*ret)[i].size = virtual_size ? virtual_size : raw_size;
		da_skip(&c, 20);
	}
	return n;
}

static void read_optional(struct pdb *p, uint64_t off, uint32_t bytes)
{
	uint16_t streams[DBG_N];
	uint8_t buf[2 * DBG_N];
	uint32_t n = DA_MIN(bytes / 2, (uint32_t)DBG_N);
	const uint8_t *at = msf_get(&p->msf, STREAM_DBI, off, buf, 2 * (size_t)n);
	struct da_cursor c = da_cursor(at, at ? 2 * (size_t)n : 0, false, 4);

	for (uint32_t i = 0; i < DBG_N; i++)
		streams[i] = at && i < n ? da_get_u16(&c) : PDB_NO_STREAM;
	p->fpo_stream = streams[DBG_FPO];
	p->frame_stream = streams[DBG_NEW_FPO];
	p->nimage_sections = read_sections(p, streams[DBG_SECTIONS], &p->image_sections);
	/* Microsoft moved functions of its own system files about after linking (BBT, until Windows 7). */
	if (msf_size(&p->msf, streams[DBG_TO_SOURCE]) && msf_size(&p->msf, streams[DBG_FROM_SOURCE]) &&
	    (p->nsections = read_sections(p, streams[DBG_ORIGINAL], &p->sections)) != 0) {
		p->to_stream = streams[DBG_TO_SOURCE];
		p->from_stream = streams[DBG_FROM_SOURCE];
	} else {
		p->sections = p->image_sections;
		p->nsections = p->nimage_sections;
	}
}

static void read_contributions(struct pdb *p, uint64_t off, uint32_t bytes)
{
	uint8_t buf[4];
	const uint8_t *at = bytes >= 4 ? msf_get(&p->msf, STREAM_DBI, off, buf, 4) : NULL;
	struct da_cursor c = da_cursor(at, at ? 4 : 0, false, 4);
	uint32_t version = da_get_u32(&c);

	if (version == CONTRIBUTIONS_V60)
		p->contribution_size = 28;
	else if (version == CONTRIBUTIONS_V2)
		p->contribution_size = 32;
	else
		return;
	p->contributions = (uint32_t)off + 4;
	p->ncontributions = (bytes - 4) / p->contribution_size;
}

static bool read_dbi(struct pdb *p)
{
	uint8_t buf[DBI_HEADER];
	const uint8_t *head = msf_get(&p->msf, STREAM_DBI, 0, buf, sizeof(buf));
	struct da_cursor c = da_cursor(head, head ? sizeof(buf) : 0, false, 4);
	uint32_t sizes[8]; /* modules, contributions, section map, sources, types, MFC, optional, EC */
	uint64_t off = DBI_HEADER;

	if (!head)
		return false;
	da_skip(&c, 8);
	p->base.age = da_get_u32(&c);
	da_skip(&c, 4);
	p->public_stream = da_get_u16(&c);
	da_skip(&c, 2);
	p->record_stream = da_get_u16(&c);
	da_skip(&c, 2);
	for (unsigned i = 0; i < 8; i++)
		sizes[i] = da_get_u32(&c);
	da_skip(&c, 2);
	p->machine = da_get_u16(&c);
	p->modules_size = sizes[0];
	off += sizes[0];
	if (off < UINT32_MAX && da_fits(off, sizes[1], msf_size(&p->msf, STREAM_DBI)))
		read_contributions(p, off, sizes[1]);
	/* The sizes of the last two stand in the other order than they do; that of MFC is an index. */
	off += (uint64_t)sizes[1] + sizes[2] + sizes[3] + sizes[4] + sizes[7];
	read_optional(p, off, sizes[6]);
	return true;
}

static void read_public(struct pdb *p)
{
	uint8_t buf[8];
	const uint8_t *at = msf_get(&p->msf, p->public_stream, 0, buf, 8);
	struct da_cursor c = da_cursor(at, at ? 8 : 0, false, 4);
	uint64_t hash = da_get_u32(&c), map = da_get_u32(&c), size = msf_size(&p->msf, p->public_stream);

	if (!at || !da_fits(28 + hash, map, size))
		return;
	p->public_hash = (uint32_t)hash;
	p->public_map = 28 + (uint32_t)hash;
	p->npublic = (uint32_t)map / 4;
}

/* ---------------------------------------------------------------- addresses */

static bool in_sections(const struct pdb_section *s, uint32_t n, uint32_t rva, struct pdb_addr *ret)
{
	for (uint32_t i = 0; i < n; i++) {
		if (rva < s[i].va || rva - s[i].va >= s[i].size)
			continue;
		*ret = (struct pdb_addr){ rva - s[i].va, (uint16_t)(i + 1) };
		return true;
	}
	return false;
}

static bool omap_entry(const struct pdb *p, uint32_t stream, uint32_t i, uint32_t *ret_from, uint32_t *ret_to)
{
	uint8_t buf[8];
	const uint8_t *at = msf_get(&p->msf, stream, 8 * (uint64_t)i, buf, 8);
	struct da_cursor c = da_cursor(at, at ? 8 : 0, false, 4);

	*ret_from = da_get_u32(&c);
	*ret_to = da_get_u32(&c);
	return at;
}

/* Where an address went; to 0 is: nowhere. */
static bool omap(const struct pdb *p, uint32_t stream, uint32_t rva, uint32_t *ret)
{
	uint32_t low = 0, high = msf_size(&p->msf, stream) / 8, from = 0, to = 0;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (!omap_entry(p, stream, mid, &from, &to))
			return false;
		if (from <= rva)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || !omap_entry(p, stream, low - 1, &from, &to) || !to || from > rva)
		return false;
	*ret = to + (rva - from);
	return true;
}

bool pdb_from_rva(const struct pdb *p, uint32_t rva, struct pdb_addr *ret)
{
	if (p->to_stream && !omap(p, p->to_stream, rva, &rva))
		return false;
	return in_sections(p->sections, p->nsections, rva, ret);
}

bool pdb_to_rva(const struct pdb *p, struct pdb_addr addr, uint32_t *ret)
{
	uint32_t rva;

	if (!addr.seg || addr.seg > p->nsections)
		return false;
	rva = p->sections[addr.seg - 1].va + addr.off;
	if (p->from_stream)
		return omap(p, p->from_stream, rva, ret);
	*ret = rva;
	return true;
}

static bool contribution_at(const struct pdb *p, uint32_t i, struct pdb_contribution *ret)
{
	uint8_t buf[32];
	const uint8_t *at = msf_get(&p->msf, STREAM_DBI, p->contributions + (uint64_t)i * p->contribution_size,
				    buf, p->contribution_size);
	struct da_cursor c = da_cursor(at, at ? p->contribution_size : 0, false, 4);

	ret->addr.seg = da_get_u16(&c);
	da_skip(&c, 2);
	ret->addr.off = da_get_u32(&c);
	ret->size = da_get_u32(&c);
	da_skip(&c, 4);
	ret->module = da_get_u16(&c);
	return da_ok(&c);
}

bool pdb_contribution(const struct pdb *p, struct pdb_addr addr, struct pdb_contribution *ret)
{
	uint32_t low = 0, high = p->ncontributions;
	struct pdb_contribution x;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (!contribution_at(p, mid, &x))
			return false;
		if (pdb_addr_compare(x.addr, addr) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	/* Empty contributions stand at the address of the next one. */
	for (unsigned back = 0; low && back < 64; back++) {
		if (!contribution_at(p, --low, &x) || x.addr.seg != addr.seg)
			return false;
		if (x.addr.off <= addr.off && addr.off - x.addr.off < x.size) {
			*ret = x;
			return true;
		}
		if (x.size)
			return false;
	}
	return false;
}

/* ---------------------------------------------------------------- opening */

static bool is_full(struct da_symfile *f)
{
	struct pdb *p = pdb_of(f);

	pdb_load_modules(p);
	for (size_t i = 0; i < p->modules.n; i++)
		if (p->modules.v[i].c13_bytes && p->modules.v[i].stream != PDB_NO_STREAM)
			return true;
	return false;
}

/* Compilers of .NET write no sections and no public symbols. */
static bool is_managed(struct da_symfile *f)
{
	const struct pdb *p = pdb_of(f);

	return !p->nimage_sections && !p->npublic;
}

static const struct da_symfile_methods methods = {
	.kind = DA_SYMFILE_PDB,
	.place = pdb_place,
	.symbol = pdb_public,
	.named = pdb_public_named,
	.frame = pdb_frame,
	.full = is_full,
	.managed = is_managed,
};

enum da_status da_pdb_open(struct da_arena *a, struct da_bytes b, const struct da_limits *limits,
			   struct da_symfile **ret)
{
	struct pdb *p = da_new(a, struct pdb);

	p->base = (struct da_symfile){ .methods = &methods, .arena = a, .bytes = b, .limits = limits };
	p->public_stream = p->record_stream = PDB_NO_STREAM;
	p->names_stream = UINT32_MAX;
	if (msf_open(&p->msf, a, b) != DA_OK || !read_info(p))
		return DA_CORRUPT;
	p->types.stream = STREAM_TPI;
	p->ids.stream = STREAM_IPI;
	read_names(p);
	/* Without the rest there are no names, but its identity is known. */
	if (read_dbi(p))
		read_public(p);
	*ret = &p->base;
	return DA_OK;
}
