/* SPDX-License-Identifier: Apache-2.0 */
/* Portable PDBs made by hand: lines, hidden places, several documents, ids, packing. */
#include "config.h"

#include <string.h>

#include "image/portable_pdb.h"
#include "synth/synth_cli.h"
#include "unit.h"

static const uint8_t id[20] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0x28, 0xb4, 0xf6, 0x57 };

static uint8_t *shop(size_t *ret_n, uint32_t methods)
{
	const uint32_t rows[64] = { [2] = 5, [6] = methods };
	struct synth_cli *s = synth_cli_new();
	uint8_t *bytes;

	synth_cli_shop_pdb(s);
	bytes = synth_cli_build(s, &(struct synth_cli_form){ .pdb_id = id, .pdb_rows = rows }, ret_n);
	synth_cli_free(s);
	return bytes;
}

struct want {
	uint32_t method, il;
	const char *file; /* NULL: none */
	uint32_t line;
	bool approx;
};

static void check(struct da_portable_pdb *p, const struct want *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *file = NULL;
		uint32_t line = 0;
		bool approx = false;
		enum da_status st = da_portable_pdb_line(p, w[i].method, w[i].il, &file, &line, &approx);

		ck_assert_int_eq(st, w[i].file ? DA_OK : DA_NOT_FOUND);
		ck_assert(!w[i].file || strcmp(file, w[i].file) == 0);
		ck_assert_uint_eq(line, w[i].line);
		ck_assert_int_eq(approx, w[i].approx);
	}
}

START_TEST(lines)
{
	static const char orders[] = "/src/shop/orders.cs", gen[] = "/src/gen.cs";
	static const struct want wants[] = {
		{ 2, 0, orders, 10, false }, { 2, 4, orders, 10, false }, { 2, 5, orders, 10, true }, { 2, 8, orders, 10, true },
		{ 2, 9, orders, 12, false }, { 2, 4000, orders, 12, false }, { 4, 0, NULL, 0, false }, { 4, 3, NULL, 0, false },
		{ 4, 4, orders, 100, false }, { 4, 7, orders, 100, false }, { 4, 8, gen, 7, false }, { 1, 0, NULL, 0, false },
		{ 0, 0, NULL, 0, false }, { 6, 0, NULL, 0, false },
	};

	/* 5 methods; and 70,000, whose rows are counted with four bytes. */
	for (unsigned i = 0; i < 2; i++) {
		struct da_arena *a = da_arena_new();
		struct da_portable_pdb *p = NULL;
		uint8_t guid[16];
		uint32_t stamp;
		size_t n;
		uint8_t *bytes = shop(&n, i ? 70000 : 5);

		ck_assert_int_eq(da_portable_pdb_open(a, (struct da_bytes){ bytes, n }, &p), DA_OK);
		da_portable_pdb_id(p, guid, &stamp);
		ck_assert_uint_eq(guid[0], 4);
		ck_assert_uint_eq(guid[6], 8);
		ck_assert_uint_eq(guid[8], 9);
		ck_assert_uint_eq(stamp, 0x57f6b428);
		check(p, wants, DA_ARRAY_SIZE(wants));
		ck_assert_uint_eq(da_portable_pdb_kickoff(p, 4), 2);
		ck_assert_uint_eq(da_portable_pdb_kickoff(p, 2), 0);
		ck_assert_uint_eq(da_portable_pdb_kickoff(p, 0), 0);
		da_arena_free(a);
		free(bytes);
	}
}
END_TEST

START_TEST(nonsense)
{
	static const char blob[] = "\x00" "\x00\x00\x05\x0a\x03" "\x05\x00\x05\x15\x00"; /* line 10, then one of -1 */
	struct da_arena *a = da_arena_new();
	struct synth_cli *s = synth_cli_new();
	struct da_portable_pdb *p = NULL;
	const char *file;
	uint32_t line;
	bool approx;
	size_t n;
	uint8_t *bytes;

	SYNTH_ROW(s, 48, synth_cli_blob(s, "\x00\x00", 2), 0, 0, 0);
	SYNTH_ROW(s, 49, 1, synth_cli_blob(s, blob, sizeof(blob) - 1));
	bytes = synth_cli_build(s, &(struct synth_cli_form){ .pdb_id = id }, &n);
	synth_cli_free(s);
	ck_assert_int_eq(da_portable_pdb_open(a, (struct da_bytes){ bytes, n }, &p), DA_OK);
	/* Better none than the last one that made sense. */
	ck_assert_int_eq(da_portable_pdb_line(p, 1, 5, &file, &line, &approx), DA_CORRUPT);
	free(bytes);
	da_arena_free(a);
}
END_TEST

START_TEST(others)
{
	static const char windows[] = "Microsoft C/C++ MSF 7.00\r\n\x1a" "DS\0\0\0";
	struct da_arena *a = da_arena_new();
	struct synth_cli *s = synth_cli_new();
	struct da_portable_pdb *p;
	size_t n;
	uint8_t *bytes;

	ck_assert_int_eq(da_portable_pdb_open(a, (struct da_bytes){ (const uint8_t *)windows, sizeof(windows) }, &p),
			 DA_NOT_FOUND);
	ck_assert_int_eq(da_portable_pdb_open(a, (struct da_bytes){ NULL, 0 }, &p), DA_CORRUPT);
	synth_cli_shop(s);
	bytes = synth_cli_build(s, &(struct synth_cli_form){ 0 }, &n);
	synth_cli_free(s);
	ck_assert_int_eq(da_portable_pdb_open(a, (struct da_bytes){ bytes, n }, &p), DA_NOT_FOUND); /* of an assembly */
	free(bytes);
	bytes = shop(&n, 5);
	for (size_t cut = 1; cut < n; cut++) {
		enum da_status st = da_portable_pdb_open(a, (struct da_bytes){ bytes, cut }, &p);

		ck_assert(st == DA_OK || st == DA_CORRUPT || st == DA_NOT_FOUND);
	}
	free(bytes);
	da_arena_free(a);
}
END_TEST

START_TEST(packed)
{
	struct da_arena *a = da_arena_new();
	size_t n, packed_n;
	uint8_t *bytes = shop(&n, 5), *p = synth_cli_deflate(bytes, n, &packed_n);
	struct da_bytes out, in = { p, packed_n };

	ck_assert_int_eq(da_portable_pdb_unpack(a, in, (uint32_t)n, n, &out), DA_OK);
	ck_assert_uint_eq(out.n, n);
	ck_assert_mem_eq(out.p, bytes, n);
	ck_assert_int_eq(da_portable_pdb_unpack(a, in, (uint32_t)n, n - 1, &out), DA_LIMIT);
	ck_assert_int_eq(da_portable_pdb_unpack(a, in, (uint32_t)n - 1, n, &out), DA_CORRUPT);
	ck_assert_int_eq(da_portable_pdb_unpack(a, in, (uint32_t)n + 1, 2 * n, &out), DA_CORRUPT);
	ck_assert_int_eq(da_portable_pdb_unpack(a, in, UINT32_MAX, UINT32_MAX, &out), DA_LIMIT); /* no data expands so */
	in.n /= 2;
	ck_assert_int_eq(da_portable_pdb_unpack(a, in, (uint32_t)n, n, &out), DA_CORRUPT);
	free(bytes);
	free(p);
	da_arena_free(a);
}
END_TEST

UNIT_MAIN("portable_pdb", lines, nonsense, others, packed)
