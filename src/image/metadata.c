/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "image/metadata_private.h"

enum { SIGNATURE = 0x424a5342 /* "BSJB" */, VERSION_MAX = 255, STREAMS_MAX = 64, NAME_MAX_BYTES = 32 };
/* Of the byte that tells how wide indexes are. */
enum { WIDE_STRINGS = 1, WIDE_GUIDS = 2, WIDE_BLOBS = 4, EXTRA_WORD = 0x40 };

/* ---------------------------------------------------------------- bytes with holes */

/* The known piece that holds [off, ...); NULL: none. */
static const struct da_sparse_piece *piece_at(const struct da_sparse *s, size_t off)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->known[mid].end <= off)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->n && s->known[low].start <= off ? &s->known[low] : NULL;
}

/* How many bytes are known from here on. */
static size_t known_from(const struct da_sparse *s, uint64_t off)
{
	const struct da_sparse_piece *p;

	if (off >= s->bytes.n)
		return 0;
	if (!s->known)
		return s->bytes.n - (size_t)off;
	p = piece_at(s, (size_t)off);
	return p ? p->end - (size_t)off : 0;
}

bool da_sparse_has(const struct da_sparse *s, size_t off, size_t n)
{
	return da_fits(off, n, s->bytes.n) && (!n || known_from(s, off) >= n);
}

/* [off, off + n) if all of it is known; else a cursor that has failed. */
static struct da_cursor at(const struct da_metadata *m, uint64_t off, uint64_t n)
{
	struct da_cursor c = da_cursor(m->bytes.bytes.p, m->bytes.bytes.n, false, 8);

	if (known_from(&m->bytes, off) < n) {
		c.failed = true;
		c.p = c.end;
		return c;
	}
	return da_sub(&c, off, n);
}

/* From off to where bytes cease to be known, at most n. */
static struct da_cursor some_at(const struct da_metadata *m, uint64_t off, uint64_t n)
{
	return at(m, off, DA_MIN(n, known_from(&m->bytes, off)));
}

/* ---------------------------------------------------------------- opening */

/* Names are padded to four bytes, the NUL counted. */
static bool read_stream_name(struct da_cursor *c, char name[NAME_MAX_BYTES])
{
	for (unsigned i = 0; i < NAME_MAX_BYTES; i++) {
		name[i] = (char)da_get_u8(c);
		if (!name[i]) {
			da_skip(c, 3 - i % 4);
			return da_ok(c);
		}
	}
	return false;
}

struct streams {
	struct da_md_heap tables;
	bool uncompressed, wide_all;
};

static void note_stream(struct da_metadata *m, struct streams *s, const char *name, struct da_md_heap heap)
{
	const struct {
		const char *name;
		struct da_md_heap *heap;
	} known[] = {
		{ "#Strings", &m->strings }, { "#Blob", &m->blobs }, { "#GUID", &m->guids }, { "#Pdb", &m->pdb },
		{ "#~", &s->tables }, { "#-", &s->tables },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(known); i++)
		if (strcmp(name, known[i].name) == 0 && !known[i].heap->size)
			*known[i].heap = heap;
	s->uncompressed |= strcmp(name, "#-") == 0;
	s->wide_all |= strcmp(name, "#JTD") == 0; /* a change of Edit and Continue: all indexes have four bytes */
}

static enum da_status read_root(struct da_metadata *m, struct streams *ret)
{
	struct da_cursor c = some_at(m, 0, m->bytes.bytes.n);
	uint32_t version;
	uint16_t n;

	if (!known_from(&m->bytes, 0))
		return DA_FAULT;
	if (da_get_u32(&c) != SIGNATURE)
		return DA_NOT_FOUND;
	da_skip(&c, 8);
	version = da_get_u32(&c);
	if (version > VERSION_MAX)
		return DA_CORRUPT;
	da_skip(&c, da_round_up(version, 4));
	da_skip(&c, 2);
	n = da_get_u16(&c);
	if (n > STREAMS_MAX)
		return DA_CORRUPT;
	for (unsigned i = 0; i < n; i++) {
		struct da_md_heap heap = { .off = da_get_u32(&c) };
		char name[NAME_MAX_BYTES];

		heap.size = da_get_u32(&c);
		if (!read_stream_name(&c, name))
			return da_ok(&c) ? DA_CORRUPT : DA_FAULT;
		if (heap.off > m->bytes.bytes.n)
			continue;
		heap.size = DA_MIN(heap.size, m->bytes.bytes.n - heap.off);
		note_stream(m, ret, name, heap);
	}
	return da_ok(&c) ? (ret->tables.size ? DA_OK : DA_NOT_FOUND) : DA_FAULT;
}

/* What a PDB's indexes count: rows of the assembly that it belongs to. */
static bool read_pdb_rows(const struct da_metadata *m, struct da_md_sizes *sizes)
{
	struct da_cursor c = some_at(m, m->pdb.off, m->pdb.size);
	uint64_t tables;

	da_skip(&c, 24); /* id, entry point */
	tables = da_get_u64(&c);
	for (unsigned t = 0; t < DA_MD_TABLES && da_ok(&c); t++)
		if (tables >> t & 1)
			sizes->rows[t] = da_get_u32(&c);
	return da_ok(&c);
}

static enum da_status read_counts(struct da_metadata *m, const struct streams *s, struct da_cursor *c,
				  struct da_md_sizes *sizes)
{
	uint8_t wide;
	uint64_t valid;

	da_skip(c, 6);
	wide = da_get_u8(c);
	da_skip(c, 1);
	valid = da_get_u64(c);
	m->sorted = da_get_u64(c);
	for (unsigned t = 0; t < DA_MD_TABLES; t++) {
		struct da_md_layout none;
		uint32_t rows = valid >> t & 1 ? da_get_u32(c) : 0;

		if (rows > DA_MD_ROWS_MAX)
			return DA_CORRUPT;
		if (!rows)
			continue;
		if (!da_metadata_lay_out(t, sizes, &none)) {
			if (t < DA_MD_CUSTOM_DEBUG)
				return DA_CORRUPT; /* all behind it would be misread */
			continue;
		}
		m->tables[t].rows = sizes->rows[t] = rows;
	}
	if (wide & EXTRA_WORD)
		da_skip(c, 4);
	sizes->wide_strings = wide & WIDE_STRINGS;
	sizes->wide_guids = wide & WIDE_GUIDS;
	sizes->wide_blobs = wide & WIDE_BLOBS;
	sizes->wide_all = s->wide_all;
	return da_ok(c) ? DA_OK : DA_FAULT;
}

static enum da_status read_tables(struct da_metadata *m, const struct streams *s)
{
	struct da_cursor c = some_at(m, s->tables.off, s->tables.size);
	struct da_md_sizes sizes = { 0 };
	enum da_status st;
	uint64_t off;

	if (m->pdb.size && !read_pdb_rows(m, &sizes))
		return DA_CORRUPT;
	st = read_counts(m, s, &c, &sizes);
	if (st != DA_OK)
		return st;
	off = s->tables.off + da_pos(&c);
	for (unsigned t = 0; t < DA_MD_TABLES; t++) {
		m->tables[t].off = off;
		if (da_metadata_lay_out(t, &sizes, &m->tables[t]))
			off += (uint64_t)m->tables[t].rows * m->tables[t].size;
	}
	return off <= s->tables.off + s->tables.size ? DA_OK : DA_CORRUPT;
}

enum da_status da_metadata_open(struct da_arena *a, const struct da_sparse *bytes, struct da_metadata **ret)
{
	struct da_metadata *m = da_new(a, struct da_metadata);
	struct streams s = { 0 };
	enum da_status st;

	m->arena = a;
	m->bytes = *bytes;
	st = read_root(m, &s);
	if (st == DA_OK)
		st = read_tables(m, &s);
	if (st != DA_OK)
		return st;
	if (s.uncompressed) /* its writers do not sort, whatever they say */
		m->sorted = 0;
	*ret = m;
	return DA_OK;
}

/* ---------------------------------------------------------------- tables and heaps */

uint32_t da_metadata_rows(const struct da_metadata *m, enum da_md_table table)
{
	return (unsigned)table < DA_MD_TABLES ? m->tables[table].rows : 0;
}

bool da_metadata_cell(const struct da_metadata *m, enum da_md_table table, uint32_t rid, unsigned col, uint32_t *ret)
{
	const struct da_md_layout *t;
	struct da_cursor c;

	if ((unsigned)table >= DA_MD_TABLES)
		return false;
	t = &m->tables[table];
	if (!rid || rid > t->rows || col >= t->columns)
		return false;
	c = at(m, t->off + (uint64_t)(rid - 1) * t->size + t->at[col], t->width[col]);
	if (!da_ok(&c))
		return false;
	*ret = t->width[col] == 4 ? da_get_u32(&c) : da_get_u16(&c);
	return true;
}

/* Hostile rows can share one long text millions of times. */
enum { NAMES_BYTES_MAX = 64 << 20 };

const char *da_metadata_keep(struct da_metadata *m, const void *text, size_t n)
{
	size_t before = m->names.n;
	const char *name;

	if (n > da_limits_default.string || m->names_bytes + n > NAMES_BYTES_MAX)
		return NULL;
	name = da_intern(m->arena, &m->names, da_text(m->arena, text, n));
	m->names_bytes += m->names.n > before ? 2 * n : n; /* both copies stay */
	return name;
}

struct da_bytes da_metadata_raw_string(const struct da_metadata *m, uint32_t index)
{
	const struct da_bytes none = { NULL, 0 };
	struct da_cursor c;
	size_t n;

	if (!index || index >= m->strings.size)
		return none;
	c = some_at(m, m->strings.off + index, DA_MIN(m->strings.size - index, da_limits_default.string));
	n = strnlen((const char *)c.p, da_left(&c));
	return n == da_left(&c) ? none : (struct da_bytes){ c.p, n }; /* its end must be known */
}

const char *da_metadata_string(struct da_metadata *m, uint32_t index)
{
	uint64_t *slot = da_map_get(&m->by_index, index);
	struct da_bytes b;
	const char *text;

	if (slot)
		return (const char *)(uintptr_t)*slot;
	if (!index)
		return "";
	b = da_metadata_raw_string(m, index);
	if (!b.p)
		return NULL;
	text = da_metadata_keep(m, b.p, b.n);
	if (text)
		*da_map_put(m->arena, &m->by_index, index, NULL) = (uintptr_t)text;
	return text;
}

bool da_metadata_blob(const struct da_metadata *m, uint32_t index, struct da_bytes *ret)
{
	struct da_cursor c;
	const uint8_t *p;
	uint32_t n;

	if (!index) {
		*ret = (struct da_bytes){ NULL, 0 };
		return true;
	}
	if (index >= m->blobs.size)
		return false;
	c = some_at(m, m->blobs.off + index, m->blobs.size - index);
	n = da_get_md_u32(&c);
	p = da_get_bytes(&c, n);
	if (!da_ok(&c))
		return false;
	*ret = (struct da_bytes){ p, n };
	return true;
}

void da_guid_text(const uint8_t stored[16], uint8_t ret[16])
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (unsigned i = 0; i < 16; i++)
		ret[i] = stored[order[i]];
}

bool da_metadata_guid(const struct da_metadata *m, uint32_t index, uint8_t ret[16])
{
	struct da_cursor c;
	const uint8_t *p;

	if (!index || index > m->guids.size / 16)
		return false;
	c = at(m, m->guids.off + (uint64_t)(index - 1) * 16, 16);
	p = da_get_bytes(&c, 16);
	if (p)
		da_guid_text(p, ret);
	return p;
}

/* ---------------------------------------------------------------- compressed numbers */

/* ECMA-335, partition II, 23.2: one, two or four bytes, most significant first. */
static uint32_t compressed(struct da_cursor *c, unsigned *ret_bits)
{
	uint8_t b = da_get_u8(c);

	*ret_bits = b & 0x80 ? (b & 0x40 ? 29 : 14) : 7;
	if (!(b & 0x80))
		return b;
	if (!(b & 0x40)) {
		uint32_t high = b & 0x3fu;

		return high << 8 | da_get_u8(c);
	}
	if (b & 0x20) {
		c->failed = true;
		c->p = c->end;
		return 0;
	}
	for (uint32_t v = b & 0x1f, i = 1;; i++) {
		v = v << 8 | da_get_u8(c);
		if (i == 3)
			return da_ok(c) ? v : 0;
	}
}

uint32_t da_get_md_u32(struct da_cursor *c)
{
	unsigned bits;
	uint32_t v = compressed(c, &bits);

	return da_ok(c) ? v : 0;
}

int32_t da_get_md_s32(struct da_cursor *c)
{
	unsigned bits;
	uint32_t v = compressed(c, &bits);

	if (!da_ok(c))
		return 0;
	/* The sign was rotated into the lowest bit. */
	return v & 1 ? (int32_t)(v >> 1) - (int32_t)(UINT32_C(1) << (bits - 1)) : (int32_t)(v >> 1);
}

uint32_t da_get_md_type(struct da_cursor *c, enum da_md_table *ret_table)
{
	uint32_t v = da_get_md_u32(c), rid = 0;

	if (da_ok(c) && !da_metadata_decode(DA_MD_TYPE_DEF_OR_REF, v, ret_table, &rid)) {
		c->failed = true;
		c->p = c->end;
	}
	return rid;
}
