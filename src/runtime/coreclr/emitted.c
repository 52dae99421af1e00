/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metadata of what was made by Reflection.Emit: it stands in no image but in tables that grow, each a chain of
 * segments. They are put together here in the form of a file, which the reader of files reads.
 */
#include "config.h"

#include <string.h>

#include "runtime/coreclr/modules.h"

enum { TABLES = 45, SEGMENTS_MAX = 65536, POOL_MAX = 1 << 26 };
enum { ROOT = 0x424a5342, HEADER = 24, NAME_BYTES = 12 };

/* A pool: its first segment is inside. Copies at most room bytes; returns how many there are. */
static bool read_pool(struct da_clr *c, uint64_t pool, uint8_t *to, size_t room, size_t *ret_n)
{
	uint64_t data, next, size;
	size_t n = 0;

	if (DA_CLR_PTR(c, pool, StgPool, SegData, &data) != DA_OK ||
	    DA_CLR_PTR(c, pool, StgPool, NextSegment, &next) != DA_OK ||
	    DA_CLR_U32(c, pool, StgPool, DataSize, &size) != DA_OK)
		return false;
	for (unsigned i = 0; i < SEGMENTS_MAX; i++) {
		if (size > POOL_MAX - n)
			return false;
		if (to && (size > room - n || da_mem_read(c->mem, data, to + n, (size_t)size, NULL) != DA_OK))
			return false;
		n += (size_t)size;
		if (!next) {
			*ret_n = n;
			return true;
		}
		pool = next;
		if (DA_CLR_PTR(c, pool, StgPoolSeg, SegData, &data) != DA_OK ||
		    DA_CLR_PTR(c, pool, StgPoolSeg, NextSegment, &next) != DA_OK ||
		    DA_CLR_U32(c, pool, StgPoolSeg, DataSize, &size) != DA_OK)
			return false;
	}
	return false;
}

struct emitted {
	struct da_clr *c;
	uint64_t mini;            /* CMiniMdRW */
	uint8_t heaps;            /* which heaps have wide indexes */
	bool wide;                /* all indexes are */
	uint32_t rows[TABLES];
	uint64_t pools[TABLES + 3]; /* of tables, then #Strings, #Blob, #GUID */
	size_t sizes[TABLES + 3];
	uint8_t *out;
	size_t n, cap;
};

static void put(struct emitted *e, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes && e->n < e->cap; i++)
		e->out[e->n++] = (uint8_t)(v >> 8 * i);
}

/* ---------------------------------------------------------------- what there is */

static bool find_tables(struct emitted *e, uint64_t pe_assembly)
{
	struct da_clr *c = e->c;
	uint64_t import, stgdb, is_rw, heaps;

	if (!DA_CLR_HAS(c, CMiniMdRW, Tables) || !DA_CLR_HAS(c, CMiniMdRW, StringHeap) ||
	    !DA_CLR_HAS(c, CMiniMdSchema, RecordCounts) || DA_CLR_SIZE(c, TableRW) <= 0 ||
	    DA_CLR_U32(c, pe_assembly, PEAssembly, MDImportIsRW, &is_rw) != DA_OK || !is_rw ||
	    DA_CLR_PTR(c, pe_assembly, PEAssembly, MDImport, &import) != DA_OK ||
	    DA_CLR_PTR(c, import, MDInternalRW, Stgdb, &stgdb) != DA_OK || !DA_CLR_HAS(c, CLiteWeightStgdbRW, MiniMd))
		return false;
	e->mini = stgdb + (uint64_t)DA_CLR_OFF(c, CLiteWeightStgdbRW, MiniMd);
	stgdb = e->mini + (uint64_t)DA_CLR_OFF(c, CMiniMdRW, Schema);
	if (DA_CLR_U8(c, stgdb, CMiniMdSchema, Heaps, &heaps) != DA_OK)
		return false;
	e->heaps = (uint8_t)heaps;
	for (unsigned i = 0; i < TABLES; i++)
		if (da_mem_u32(c->mem, stgdb + (uint64_t)DA_CLR_OFF(c, CMiniMdSchema, RecordCounts) + 4 * i, &e->rows[i]) !=
		    DA_OK)
			return false;
	for (unsigned i = 0; i < TABLES; i++)
		e->pools[i] = e->mini + (uint64_t)DA_CLR_OFF(c, CMiniMdRW, Tables) + i * (uint64_t)DA_CLR_SIZE(c, TableRW);
	e->pools[TABLES] = e->mini + (uint64_t)DA_CLR_OFF(c, CMiniMdRW, StringHeap);
	e->pools[TABLES + 1] = e->mini + (uint64_t)DA_CLR_OFF(c, CMiniMdRW, BlobHeap);
	e->pools[TABLES + 2] = e->mini + (uint64_t)DA_CLR_OFF(c, CMiniMdRW, GuidHeap);
	return true;
}

/* A type's row has a word and five indexes: its size tells how wide they are. */
static bool measure(struct emitted *e)
{
	enum { TYPE_DEF = 2, NARROW = 14, WIDE = 24 };
	size_t total = 0;

	for (unsigned i = 0; i < TABLES + 3; i++) {
		if (i < TABLES && !e->rows[i])
			continue;
		if (!read_pool(e->c, e->pools[i], NULL, 0, &e->sizes[i]) || (total += e->sizes[i]) > POOL_MAX)
			return false;
		if (i < TABLES && e->sizes[i] % e->rows[i])
			return false;
	}
	if (!e->rows[TYPE_DEF])
		return false;
	e->wide = e->sizes[TYPE_DEF] / e->rows[TYPE_DEF] == WIDE && (e->heaps & 7) != 7;
	e->cap = total + 4096;
	return true;
}

/* ---------------------------------------------------------------- as a file has it */

static bool put_pool(struct emitted *e, unsigned i)
{
	size_t n;

	if (!e->sizes[i])
		return true;
	if (!read_pool(e->c, e->pools[i], e->out + e->n, e->cap - e->n, &n) || n != e->sizes[i])
		return false;
	e->n += n;
	return true;
}

static void put_stream(struct emitted *e, size_t off, size_t size, const char *name)
{
	char padded[NAME_BYTES] = { 0 };

	strncpy(padded, name, sizeof(padded) - 1);
	put(e, off, 4);
	put(e, size, 4);
	for (size_t i = 0; i < strlen(name) / 4 * 4 + 4; i++)
		put(e, (uint8_t)padded[i], 1);
}

static bool write_all(struct emitted *e)
{
	static const char *const names[] = { "#Strings", "#Blob", "#GUID" };
	uint64_t valid = 0;
	size_t tables, start = 256; /* behind the list of streams */

	for (unsigned i = 0; i < TABLES; i++)
		valid |= (uint64_t)(e->rows[i] != 0) << i;
	tables = HEADER + 4 * (size_t)__builtin_popcountll(valid);
	for (unsigned i = 0; i < TABLES; i++)
		tables += e->sizes[i];
	put(e, ROOT, 4);
	put(e, 1, 2), put(e, 1, 2), put(e, 0, 4), put(e, 4, 4), put(e, 'v', 4);
	put(e, 0, 2), put(e, e->wide ? 5 : 4, 2);
	put_stream(e, start, tables, "#-");
	for (unsigned i = 0; i < 3; i++)
		put_stream(e, start + tables + (i > 0 ? e->sizes[TABLES] : 0) + (i > 1 ? e->sizes[TABLES + 1] : 0),
			   e->sizes[TABLES + i], names[i]);
	if (e->wide) /* the name by which files say that all indexes have four bytes */
		put_stream(e, start, 0, "#JTD");
	while (e->n < start)
		put(e, 0, 1);
	put(e, 0, 4), put(e, 2, 1), put(e, 0, 1), put(e, e->heaps & 7, 1), put(e, 1, 1);
	put(e, valid, 8), put(e, 0, 8);
	for (unsigned i = 0; i < TABLES; i++)
		if (e->rows[i])
			put(e, e->rows[i], 4);
	for (unsigned i = 0; i < TABLES + 3; i++)
		if (!put_pool(e, i))
			return false;
	return true;
}

/* Were the rows as wide as the reader takes them to be? Then names stand where they should. */
static bool is_sound(struct da_metadata *md)
{
	const char *first = da_metadata_type_name(md, 1);
	uint32_t n = da_metadata_rows(md, DA_MD_METHOD_DEF);
	struct da_md_method m;

	if (!first || strcmp(first, "<Module>") != 0)
		return false;
	for (uint32_t i = 1; i <= n; i += n > 64 ? n / 64 : 1)
		if (!da_clr_is_read(da_metadata_method(md, i, &m)) || !m.name || !*m.name)
			return false;
	return true;
}

struct da_metadata *da_clr_emitted_metadata(struct da_clr *c, uint64_t pe_assembly)
{
	struct emitted e = { .c = c };
	struct da_metadata *md;
	struct da_sparse bytes;

	if (!pe_assembly || !find_tables(&e, pe_assembly) || !measure(&e))
		return NULL;
	e.out = da_alloc(c->arena, e.cap);
	if (!write_all(&e))
		return NULL;
	bytes = (struct da_sparse){ .bytes = { e.out, e.n } };
	return da_metadata_open(c->arena, &bytes, &md) == DA_OK && is_sound(md) ? md : NULL;
}
