/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "synth/synth_cli.h"

struct buffer {
	uint8_t *p;
	size_t n, cap;
};

static void put(struct buffer *b, const void *bytes, size_t n)
{
	if (b->n + n > b->cap) {
		b->cap = 2 * (b->n + n) + 64;
		b->p = realloc(b->p, b->cap);
		if (!b->p)
			abort();
	}
	if (n)
		memcpy(b->p + b->n, bytes, n);
	b->n += n;
}

static void put_number(struct buffer *b, unsigned size, uint64_t v)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < size; i++)
		bytes[i] = (uint8_t)(v >> 8 * i);
	put(b, bytes, size);
}

static void set_number(struct buffer *b, size_t at, unsigned size, uint64_t v)
{
	for (unsigned i = 0; i < size; i++)
		b->p[at + i] = (uint8_t)(v >> 8 * i);
}

static void pad(struct buffer *b, size_t to)
{
	while (b->n % to)
		put(b, "", 1);
}

/* ---------------------------------------------------------------- heaps and rows */

enum { COLUMNS = 10 };

struct synth_cli {
	struct buffer strings, blobs, guids;
	struct {
		uint32_t *cells; /* rows of COLUMNS */
		uint32_t n;
	} tables[64];
};

struct synth_cli *synth_cli_new(void)
{
	struct synth_cli *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	put(&s->strings, "", 1);
	put(&s->blobs, "", 1);
	return s;
}

void synth_cli_free(struct synth_cli *s)
{
	for (unsigned t = 0; t < 64; t++)
		free(s->tables[t].cells);
	free(s->strings.p);
	free(s->blobs.p);
	free(s->guids.p);
	free(s);
}

uint32_t synth_cli_string(struct synth_cli *s, const char *text)
{
	size_t at = s->strings.n;

	if (!*text)
		return 0;
	put(&s->strings, text, strlen(text) + 1);
	return (uint32_t)at;
}

uint32_t synth_cli_blob(struct synth_cli *s, const void *bytes, size_t n)
{
	size_t at = s->blobs.n;

	if (n < 0x80) {
		put_number(&s->blobs, 1, n);
	} else {
		put_number(&s->blobs, 1, 0x80 | n >> 8);
		put_number(&s->blobs, 1, n & 0xff);
	}
	put(&s->blobs, bytes, n);
	return (uint32_t)at;
}

uint32_t synth_cli_guid(struct synth_cli *s, const uint8_t bytes[16])
{
	put(&s->guids, bytes, 16);
	return (uint32_t)(s->guids.n / 16);
}

uint32_t synth_cli_row(struct synth_cli *s, unsigned table, const uint32_t *columns, unsigned n)
{
	uint32_t row = s->tables[table].n++;
	uint32_t *cells = s->tables[table].cells;

	if ((row & (row - 1)) == 0) /* all places up to a power of two are taken: twice as many */
		cells = s->tables[table].cells = realloc(cells, (row ? (size_t)row * 2 : 1) * COLUMNS * sizeof(*cells));
	if (!cells || n > COLUMNS)
		abort();
	memset(cells + (size_t)row * COLUMNS, 0, COLUMNS * sizeof(*cells));
	memcpy(cells + (size_t)row * COLUMNS, columns, n * sizeof(*cells));
	return row + 1;
}

/* ---------------------------------------------------------------- metadata */

/*
 * One letter a column: 2 and 4 bytes; S, G, B of heaps; t, f, m, p, d, i, v, c: a row of TypeDef, Field,
 * MethodDef, Param, Document, ImportScope, LocalVariable, LocalConstant; coded: T TypeDefOrRef,
 * R ResolutionScope, P MemberRefParent, A HasCustomAttribute, C CustomAttributeType, O TypeOrMethodDef.
 */
static const char *const schema[64] = {
	[0] = "2SGGG",	[1] = "RSS",  [2] = "4SSTfm", [3] = "f",     [4] = "2SB",  [5] = "m",	     [6] = "422SBp",
	[8] = "22S",	[10] = "PSB", [12] = "ACB",   [17] = "B",    [27] = "B",   [32] = "422224BSS", [35] = "22224BSSB",
	[41] = "tt",	[42] = "22OS", [48] = "BGBG", [49] = "dB",   [54] = "mm",
};

static const struct {
	char letter;
	uint8_t bits;
	int8_t tables[23]; /* -1: end */
} kinds[] = {
	{ 't', 0, { 2, -1 } },	{ 'f', 0, { 4, 3, -1 } }, { 'm', 0, { 6, 5, -1 } },  { 'p', 0, { 8, -1 } },
	{ 'd', 0, { 48, -1 } }, { 'T', 2, { 2, 1, 27, -1 } }, { 'R', 2, { 0, 26, 35, 1, -1 } },
	{ 'P', 3, { 2, 1, 26, 6, 27, -1 } }, { 'O', 1, { 2, 6, -1 } }, { 'C', 3, { 6, 10, -1 } },
	{ 'A', 5, { 6, 4, 1, 2, 8, 9, 10, 0, 14, 23, 20, 17, 26, 27, 32, 35, 38, 39, 40, 42, 44, 43, -1 } },
};

static unsigned width(const struct synth_cli *s, const struct synth_cli_form *form, char c)
{
	uint32_t most = 0;
	unsigned k = 0;

	if (c == '2' || c == '4')
		return (unsigned)(c - '0');
	if (c == 'S' || c == 'G' || c == 'B')
		return form->wide ? 4 : 2;
	while (kinds[k].letter != c)
		k++;
	for (unsigned i = 0; kinds[k].tables[i] >= 0; i++) {
		unsigned t = (unsigned)kinds[k].tables[i];
		uint32_t n = form->pdb_rows && t < 48 ? form->pdb_rows[t] : s->tables[t].n;

		most = n > most ? n : most;
	}
	return most >> (16 - kinds[k].bits) ? 4 : 2;
}

static void put_tables(struct synth_cli *s, const struct synth_cli_form *form, struct buffer *b)
{
	uint64_t valid = 0;

	for (unsigned t = 0; t < 64; t++)
		valid |= (uint64_t)(s->tables[t].n != 0) << t;
	put_number(b, 4, 0);
	put_number(b, 2, 2); /* version 2.0 */
	put_number(b, 1, (form->wide ? 7 : 0) | (form->extra ? 0x40 : 0));
	put_number(b, 1, 1);
	put_number(b, 8, valid);
	put_number(b, 8, form->uncompressed ? 0 : valid);
	for (unsigned t = 0; t < 64; t++)
		if (s->tables[t].n)
			put_number(b, 4, s->tables[t].n);
	if (form->extra)
		put_number(b, 4, 0xdeadbeef);
	for (unsigned t = 0; t < 64; t++)
		for (uint32_t row = 0; row < s->tables[t].n; row++)
			for (unsigned i = 0; schema[t][i]; i++)
				put_number(b, width(s, form, schema[t][i]), s->tables[t].cells[(size_t)row * COLUMNS + i]);
	pad(b, 4);
}

static void put_pdb(const struct synth_cli_form *form, struct buffer *b)
{
	uint64_t valid = 0;

	put(b, form->pdb_id, 20);
	put_number(b, 4, 0);
	for (unsigned t = 0; t < 48; t++)
		valid |= (uint64_t)(form->pdb_rows && form->pdb_rows[t]) << t;
	put_number(b, 8, valid);
	for (unsigned t = 0; t < 48; t++)
		if (valid >> t & 1)
			put_number(b, 4, form->pdb_rows[t]);
}

uint8_t *synth_cli_build(struct synth_cli *s, const struct synth_cli_form *form, size_t *ret_n)
{
	static const char version[12] = "v4.0.30319";
	struct {
		const char *name;
		struct buffer b;
		size_t at;
	} streams[5] = { { "#Strings", s->strings, 0 }, { "#GUID", s->guids, 0 }, { "#Blob", s->blobs, 0 },
			 { form->uncompressed ? "#-" : "#~", { 0 }, 0 }, { "#Pdb", { 0 }, 0 } };
	unsigned n = form->pdb_id ? 5 : 4;
	struct buffer b = { 0 };

	put_tables(s, form, &streams[3].b);
	if (form->pdb_id)
		put_pdb(form, &streams[4].b);
	put(&b, "BSJB", 4);
	put_number(&b, 4, 0x10001);
	put_number(&b, 4, 0);
	put_number(&b, 4, sizeof(version));
	put(&b, version, sizeof(version));
	put_number(&b, 2, 0);
	put_number(&b, 2, n);
	for (unsigned i = 0; i < n; i++) {
		streams[i].at = b.n;
		put_number(&b, 8, 0);
		put(&b, streams[i].name, strlen(streams[i].name) + 1);
		pad(&b, 4);
	}
	for (unsigned i = 0; i < n; i++) {
		size_t start = b.n;

		put(&b, streams[i].b.p, streams[i].b.n);
		pad(&b, 4);
		set_number(&b, streams[i].at, 4, start);
		set_number(&b, streams[i].at + 4, 4, b.n - start);
	}
	free(streams[3].b.p);
	free(streams[4].b.p);
	*ret_n = b.n;
	return b.p;
}

/* ---------------------------------------------------------------- images */

enum { NT = 0x80, OPTIONAL = NT + 24, FUNCTION = 12, COMPONENT = 16, MVID = 16, CORE = 20, PARTS = 6, RELOCATIONS = 12 };

struct layout { /* RVAs */
	uint32_t cli, r2r, exports, metadata, debug, codeview, embedded, parts, core, end;
};

static struct layout lay_out(const struct synth_cli_image *im)
{
	struct layout l = { .cli = SYNTH_CLI_RVA };

	l.r2r = l.cli + 72;
	l.exports = l.r2r + 16 + (im->components ? PARTS * 12 : 0);
	l.debug = l.exports + 80;
	l.codeview = l.debug + 56;
	l.embedded = l.codeview + 24 + (im->pdb_path ? (uint32_t)strlen(im->pdb_path) : 0) + 1;
	l.metadata = (l.embedded + 8 + (uint32_t)im->embedded_n + 15) & ~15u;
	l.parts = l.metadata + (((uint32_t)im->n + 3) & ~3u);
	l.core = l.parts + FUNCTION + (COMPONENT + MVID) * im->components;
	l.end = im->components ? l.core + CORE + (uint32_t)(im->nmethods + im->ninstances) : l.metadata + (uint32_t)im->n;
	return l;
}

static void set_at(struct buffer *b, const struct synth_cli_image *im, uint32_t rva, unsigned size, uint64_t v)
{
	set_number(b, im->mapped || rva < SYNTH_CLI_RVA ? rva : rva - SYNTH_CLI_RVA + SYNTH_CLI_OFF, size, v);
}

static void set_bytes(struct buffer *b, const struct synth_cli_image *im, uint32_t rva, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		set_at(b, im, rva + (uint32_t)i, 1, ((const uint8_t *)p)[i]);
}

static void put_headers(struct buffer *b, const struct synth_cli_image *im, const struct layout *l)
{
	unsigned dirs = OPTIONAL + (im->pe32 ? 0x60 : 0x70), section = dirs + 16 * 8;

	memcpy(b->p, "MZ", 2);
	set_number(b, 0x3c, 4, NT);
	memcpy(b->p + NT, "PE", 2);
	set_number(b, NT + 4, 2, im->pe32 ? 0x14c : 0x8664);
	set_number(b, NT + 6, 2, 1);
	set_number(b, NT + 8, 4, im->stamp ? im->stamp : SYNTH_CLI_STAMP);
	set_number(b, NT + 20, 2, section - OPTIONAL);
	set_number(b, OPTIONAL, 2, im->pe32 ? 0x10b : 0x20b);
	set_number(b, OPTIONAL + 0x38, 4, l->end);
	set_number(b, OPTIONAL + 0x3c, 4, SYNTH_CLI_OFF);
	set_number(b, dirs - 4, 4, 16);
	if (im->composite)
		set_number(b, dirs, 8, l->exports | UINT64_C(80) << 32);
	else
		set_number(b, dirs + 14 * 8, 8, l->cli | UINT64_C(72) << 32);
	if (im->pdb_guid)
		set_number(b, dirs + 6 * 8, 8, l->debug | UINT64_C(56) << 32);
	memcpy(b->p + section, ".text", 5);
	set_number(b, section + 8, 8, (l->end - SYNTH_CLI_RVA) | (uint64_t)SYNTH_CLI_RVA << 32);
	set_number(b, section + 16, 8, (l->end - SYNTH_CLI_RVA) | (uint64_t)SYNTH_CLI_OFF << 32);
	set_number(b, section + 36, 4, 0x60000020);
}

static void put_debug(struct buffer *b, const struct synth_cli_image *im, const struct layout *l)
{
	const struct {
		uint32_t stamp, version, type, rva, size;
	} entries[] = {
		{ 0x57f6b428, 0x504d0100, 2, l->codeview, l->embedded - l->codeview },
		{ 0, 0x01000100, 17, l->embedded, 8 + (uint32_t)im->embedded_n },
	};

	for (unsigned i = 0; i < (im->embedded ? 2 : 1); i++) {
		uint32_t at = l->debug + 28 * i;

		set_at(b, im, at + 4, 4, entries[i].stamp);
		set_at(b, im, at + 8, 4, entries[i].version);
		set_at(b, im, at + 12, 4, entries[i].type);
		set_at(b, im, at + 16, 4, entries[i].size);
		set_at(b, im, at + 20, 4, entries[i].rva);
		set_at(b, im, at + 24, 4, entries[i].rva - SYNTH_CLI_RVA + SYNTH_CLI_OFF);
	}
	set_bytes(b, im, l->codeview, "RSDS", 4);
	set_bytes(b, im, l->codeview + 4, im->pdb_guid, 16);
	set_at(b, im, l->codeview + 20, 4, 1);
	set_bytes(b, im, l->codeview + 24, im->pdb_path, strlen(im->pdb_path));
	if (!im->embedded)
		return;
	set_bytes(b, im, l->embedded, "MPDB", 4);
	set_at(b, im, l->embedded + 4, 4, im->embedded_size);
	set_bytes(b, im, l->embedded + 8, im->embedded, im->embedded_n);
}

/* Behind the directory: the function, the name's place, its number and the name. */
static void put_exports(struct buffer *b, const struct synth_cli_image *im, const struct layout *l)
{
	static const uint32_t numbers[] = { 1, 1, 40, 44, 48 }; /* functions, names, and where their tables are */

	for (unsigned i = 0; i < 5; i++)
		set_at(b, im, l->exports + 20 + 4 * i, 4, numbers[i] + (i > 1 ? l->exports : 0));
	set_at(b, im, l->exports + 40, 4, l->r2r);
	set_at(b, im, l->exports + 44, 4, l->exports + 52);
	set_bytes(b, im, l->exports + 52, "RTR_HEADER", 11);
}

/* Sections of a composite image's header: functions (one), manifest, components, their ids, instances, imports. */
static void put_components(struct buffer *b, const struct synth_cli_image *im, const struct layout *l)
{
	const uint32_t n = im->components, components = l->parts + FUNCTION, mvids = components + COMPONENT * n;
	const uint32_t methods = l->core + CORE, instances = methods + (uint32_t)im->nmethods;
	const uint32_t sections[PARTS][3] = {
		{ 102, l->parts, FUNCTION }, { 112, l->metadata, (uint32_t)im->n },
		{ 115, components, COMPONENT * n }, { 118, mvids, MVID * n },
		{ 109, im->instances ? instances : 0, (uint32_t)im->ninstances },
		{ 101, l->debug + RELOCATIONS, im->written ? 40 : 0 },
	};
	const uint32_t core[] = { 0, 1, 103, im->methods ? methods : 0, (uint32_t)im->nmethods };

	set_at(b, im, l->r2r + 12, 4, PARTS);
	for (unsigned i = 0; i < PARTS; i++)
		for (unsigned k = 0; k < 3; k++)
			set_at(b, im, l->r2r + 16 + 12 * i + 4 * k, 4, sections[i][k]);
	set_at(b, im, l->parts, 4, l->cli);
	set_at(b, im, l->parts + 4, 4, l->cli + 1);
	set_bytes(b, im, mvids, im->mvids, MVID * n);
	for (unsigned i = 0; i < n; i++)
		set_at(b, im, components + COMPONENT * i + 8, 4, l->core);
	for (unsigned i = 0; i < 5; i++)
		set_at(b, im, l->core + 4 * i, 4, core[i]);
	set_bytes(b, im, methods, im->methods, im->nmethods);
	set_bytes(b, im, instances, im->instances, im->ninstances);
}

/* Where other images have their debug directory: a block of relocations, and two rows of imports. */
static void put_written(struct buffer *b, const struct synth_cli_image *im, const struct layout *l)
{
	const uint32_t dirs = OPTIONAL + 0x70, section = dirs + 16 * 8;

	set_number(b, dirs + 5 * 8, 8, l->debug | (uint64_t)RELOCATIONS << 32);
	set_number(b, section + 36, 4, 0xe0000020);
	set_at(b, im, l->debug, 4, SYNTH_CLI_RVA);
	set_at(b, im, l->debug + 4, 4, RELOCATIONS);
	set_at(b, im, l->debug + 8, 2, 10 << 12 | 8);
	for (unsigned i = 0; i < 2; i++) {
		set_at(b, im, l->debug + RELOCATIONS + 20 * i, 4, SYNTH_CLI_RVA + 0x10 - 8 * i);
		set_at(b, im, l->debug + RELOCATIONS + 20 * i + 4, 4, 8);
	}
}

uint8_t *synth_cli_image(const struct synth_cli_image *im, size_t *ret_n)
{
	struct layout l = lay_out(im);
	size_t n = im->mapped ? l.end : l.end - SYNTH_CLI_RVA + SYNTH_CLI_OFF;
	struct buffer b = { .p = calloc(1, n), .n = n };

	if (!b.p)
		abort();
	put_headers(&b, im, &l);
	set_at(&b, im, l.cli, 4, 72);
	set_at(&b, im, l.cli + 8, 4, l.metadata);
	set_at(&b, im, l.cli + 12, 4, im->n);
	if (im->ready_to_run) {
		set_at(&b, im, l.cli + 64, 4, l.r2r);
		set_at(&b, im, l.cli + 68, 4, 16);
		set_bytes(&b, im, l.r2r, "RTR", 4);
	}
	if (im->composite)
		put_exports(&b, im, &l);
	if (im->components)
		put_components(&b, im, &l);
	if (im->written)
		put_written(&b, im, &l);
	if (im->pdb_guid)
		put_debug(&b, im, &l);
	set_bytes(&b, im, l.metadata, im->metadata, im->n);
	*ret_n = n;
	return b.p;
}

/* ---------------------------------------------------------------- the shop */

#define TEXT(s, text) synth_cli_string((s), (text))
#define BLOB(s, bytes) synth_cli_blob((s), (bytes), sizeof(bytes) - 1)

static void shop_types(struct synth_cli *s)
{
	SYNTH_ROW(s, 1, 1 << 2 | 2, TEXT(s, "Object"), TEXT(s, "System"));
	SYNTH_ROW(s, 1, 1 << 2 | 2, TEXT(s, "AssemblyInformationalVersionAttribute"), TEXT(s, "System.Reflection"));
	SYNTH_ROW(s, 1, 1 << 2 | 2, TEXT(s, "ExtensionAttribute"), TEXT(s, "System.Runtime.CompilerServices"));
	SYNTH_ROW(s, 1, 1 << 2 | 3, TEXT(s, "Inner"), 0); /* of TypeRef 1 */
	SYNTH_ROW(s, 2, 0, TEXT(s, "<Module>"), 0, 0, 1, 1);
	SYNTH_ROW(s, 2, 1, TEXT(s, "Orders`1"), TEXT(s, "Shop"), 1 << 2 | 1, 1, 1);
	SYNTH_ROW(s, 2, 2, TEXT(s, "Keys"), 0, 1 << 2 | 1, 3, 4);
	SYNTH_ROW(s, 2, 3, TEXT(s, "<PlaceAsync>d__2"), 0, 1 << 2 | 1, 3, 4);
	SYNTH_ROW(s, 2, 1, TEXT(s, "Plain"), 0, 1 << 2 | 1, 4, 5);
	SYNTH_ROW(s, 41, 3, 2);
	SYNTH_ROW(s, 41, 4, 3);
}

static void shop_members(struct synth_cli *s)
{
	static const char *const fields[] = { "_items", "_count", "<>1__state" };
	static const char *const methods[] = { ".ctor", "PlaceAsync", "Count", "MoveNext", "Main" };
	uint32_t field = BLOB(s, "\x06\x08"), method = BLOB(s, "\x20\x01\x01\x0e");

	for (uint32_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		SYNTH_ROW(s, 4, i == 2 ? 0x6 : 0x1, TEXT(s, fields[i]), field);
	for (uint32_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		SYNTH_ROW(s, 6, 0x2050 + 0x20 * i, 0, 0x86 + i, TEXT(s, methods[i]), method, 1);
	SYNTH_ROW(s, 42, 0, 0, 2 << 1 | 0, TEXT(s, "TKey"));
	SYNTH_ROW(s, 42, 0, 0, 2 << 1 | 1, TEXT(s, "TItem"));
	SYNTH_ROW(s, 42, 1, 0, 2 << 1 | 1, TEXT(s, "TOther"));
}

void synth_cli_shop(struct synth_cli *s)
{
	static const uint8_t mvid[16] = { 0xd3, 0x0a, 0x3d, 0x47, 0xee, 0x4f, 0x0f, 0xa0, 0x0f, 0x67, 0xc0, 0x3e, 0xb1, 0xe2,
					  0xb3, 0x01 };

	SYNTH_ROW(s, 0, 0, TEXT(s, "shop.dll"), synth_cli_guid(s, mvid), 0, 0);
	shop_types(s);
	shop_members(s);
	SYNTH_ROW(s, 10, 2 << 3 | 1, TEXT(s, ".ctor"), BLOB(s, "\x20\x01\x01\x0e"));
	SYNTH_ROW(s, 10, 1 << 3 | 4, TEXT(s, ".ctor"), BLOB(s, "\x20\x00\x01")); /* of TypeSpec 1 */
	SYNTH_ROW(s, 27, BLOB(s, "\x15\x12\x0d\x01\x0e")); /* an instance of TypeRef 3 */
	SYNTH_ROW(s, 12, 1 << 5 | 14, 2 << 3 | 3, BLOB(s, "\x01\x00\x00\x00"));
	SYNTH_ROW(s, 12, 1 << 5 | 14, 1 << 3 | 3, BLOB(s, "\x01\x00\x09" "3.2.1+abc" "\x00\x00"));
	SYNTH_ROW(s, 12, 3 << 5 | 0, 2 << 3 | 3, BLOB(s, "\x01\x00\x00\x00"));
	SYNTH_ROW(s, 32, 0x8004, 3, 2, 1, 0, 0, 0, TEXT(s, "shop"), 0);
	SYNTH_ROW(s, 35, 10, 0, 0, 0, 0, 0, TEXT(s, "System.Runtime"), 0, 0);
}

void synth_cli_shop_pdb(struct synth_cli *s)
{
	static const uint8_t csharp[16] = { 0x3f, 0x5f, 0x16, 0x2e };
	uint32_t language = synth_cli_guid(s, csharp), src = BLOB(s, "src"), shop = BLOB(s, "shop");
	uint32_t orders = BLOB(s, "orders.cs"), gen = BLOB(s, "gen.cs");
	const uint8_t first[] = { '/', 0, (uint8_t)src, (uint8_t)shop, (uint8_t)orders };
	const uint8_t second[] = { '/', 0, (uint8_t)src, (uint8_t)gen };

	SYNTH_ROW(s, 48, synth_cli_blob(s, first, sizeof(first)), 0, 0, language);
	SYNTH_ROW(s, 48, synth_cli_blob(s, second, sizeof(second)), 0, 0, language);
	SYNTH_ROW(s, 49, 1, 0);
	/* local signature; IL, lines, columns, line, column: line 10, hidden, then two lines on */
	SYNTH_ROW(s, 49, 1, BLOB(s, "\x00" "\x00\x00\x05\x0a\x03" "\x05\x00\x00" "\x04\x00\x07\x04\x00"));
	SYNTH_ROW(s, 49, 1, 0);
	/* the document is named inside: hidden, line 100, another document (IL 0), line 7 */
	SYNTH_ROW(s, 49, 0, BLOB(s, "\x00\x01" "\x00\x00\x00" "\x04\x00\x05\x64\x03" "\x00\x02" "\x04\x00\x02\xbf\x47\x00"));
	SYNTH_ROW(s, 49, 1, 0);
	SYNTH_ROW(s, 54, 4, 2);
}

uint8_t *synth_cli_deflate(const void *bytes, size_t n, size_t *ret_n)
{
	z_stream z = { 0 };
	size_t cap = n + n / 2 + 64;
	uint8_t *out = malloc(cap);

	if (!out || deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = (Bytef *)(uintptr_t)bytes;
	z.avail_in = (uInt)n;
	z.next_out = out;
	z.avail_out = (uInt)cap;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	*ret_n = z.total_out;
	deflateEnd(&z);
	return out;
}

/* ---------------------------------------------------------------- bundles */

static void put_text(struct buffer *b, const char *text)
{
	put_number(b, 1, strlen(text));
	put(b, text, strlen(text));
}

uint8_t *synth_cli_bundle(unsigned major, size_t *ret_n)
{
	static const uint8_t signature[] = "\x8b\x12\x02\xb9\x6a\x61\x20\x38\x72\x7b\x93\x02\x14\xd7\xa0\x32"
					   "\x13\xf5\xb9\xe6\xef\xae\x33\x18\xee\x3b\x2d\xce\x24\xb3\x6a\xae";
	static const char config[] = "{ \"runtimeOptions\": { } }                                        ";
	struct buffer b = { 0 };
	size_t packed_n = 0, dll, json;
	uint8_t *packed = synth_cli_deflate(config, sizeof(config) - 1, &packed_n);

	put(&b, "host", 4);
	pad(&b, 64);
	put_number(&b, 8, 0);
	put(&b, signature, 32);
	pad(&b, 64);
	dll = b.n;
	put(&b, "MZ is not much of an assembly", 29);
	json = b.n;
	put(&b, major >= 6 ? packed : (const void *)config, major >= 6 ? packed_n : sizeof(config) - 1);
	set_number(&b, 64, 8, b.n);
	put_number(&b, 4, major);
	put_number(&b, 4, 0);
	put_number(&b, 4, 2);
	put_text(&b, "bundleid0001");
	for (unsigned i = 0; major >= 2 && i < 5; i++)
		put_number(&b, 8, 0);
	put_number(&b, 8, dll);
	put_number(&b, 8, 29);
	put_number(&b, major >= 6 ? 8 : 0, 0);
	put_number(&b, 1, 1);
	put_text(&b, "shop.dll");
	put_number(&b, 8, json);
	put_number(&b, 8, sizeof(config) - 1);
	put_number(&b, major >= 6 ? 8 : 0, packed_n);
	put_number(&b, 1, 4);
	put_text(&b, "shop.runtimeconfig.json");
	free(packed);
	*ret_n = b.n;
	return b.p;
}
