/* SPDX-License-Identifier: Apache-2.0 */
/* Single-file programs made by hand, of every version of their header. */
#include "config.h"

#include <string.h>

#include "image/bundle.h"
#include "synth/synth_cli.h"
#include "unit.h"

START_TEST(reads)
{
	static const unsigned versions[] = { 1, 2, 6 };

	for (unsigned i = 0; i < DA_ARRAY_SIZE(versions); i++) {
		struct da_arena *a = da_arena_new();
		struct da_bundle b = { 0 };
		struct da_bytes file, out;
		uint64_t header;
		bool found;

		file.p = synth_cli_bundle(versions[i], &file.n);
		header = da_bundle_find(file, &found);
		ck_assert(found);
		ck_assert_int_eq(da_bundle_read(a, file, header, &b), DA_OK);
		ck_assert_uint_eq(b.major, versions[i]);
		ck_assert_str_eq(b.id, "bundleid0001");
		ck_assert_uint_eq(b.n, 2);
		ck_assert_str_eq(b.entries[0].path, "shop.dll");
		ck_assert_uint_eq(b.entries[0].type, DA_BUNDLE_ASSEMBLY);
		ck_assert_uint_eq(b.entries[1].type, DA_BUNDLE_CONFIG);
		ck_assert_int_eq(b.entries[1].packed != 0, versions[i] == 6);
		ck_assert_int_eq(da_bundle_extract(a, file, &b.entries[0], 100, &out), DA_OK);
		ck_assert_mem_eq(out.p, "MZ is not much of an assembly", out.n);
		ck_assert_int_eq(da_bundle_extract(a, file, &b.entries[1], 100, &out), DA_OK);
		ck_assert_mem_eq(out.p, "{ \"runtimeOptions\": { } }", 25);
		ck_assert_int_eq(da_bundle_extract(a, file, &b.entries[1], 20, &out), DA_LIMIT);
		ck_assert_int_eq(da_bundle_extract(a, file, &b.entries[0], 20, &out), DA_LIMIT);
		da_arena_free(a);
		free((void *)(uintptr_t)file.p);
	}
}
END_TEST

START_TEST(no_bundle)
{
	struct da_arena *a = da_arena_new();
	struct da_bundle b;
	struct da_bytes file;
	bool found;
	uint8_t *p = synth_cli_bundle(6, &file.n);

	file.p = p;
	memset(p + 64, 0, 8); /* a host that nothing was put behind */
	ck_assert_uint_eq(da_bundle_find(file, &found), 0);
	ck_assert(found);
	ck_assert_int_eq(da_bundle_read(a, file, 0, &b), DA_NOT_FOUND);
	p[72] ^= 1;
	ck_assert_uint_eq(da_bundle_find(file, &found), 0);
	ck_assert(!found);
	ck_assert_uint_eq(da_bundle_find((struct da_bytes){ NULL, 0 }, &found), 0);
	ck_assert_int_eq(da_bundle_read(a, file, file.n, &b), DA_CORRUPT);
	ck_assert_int_eq(da_bundle_read(a, file, UINT64_MAX, &b), DA_CORRUPT);
	free(p);
	da_arena_free(a);
}
END_TEST

START_TEST(hostile)
{
	struct da_arena *a = da_arena_new();
	struct da_bundle b = { 0 };
	struct da_bytes file, out;
	uint64_t header;
	bool found;
	uint8_t *p = synth_cli_bundle(6, &file.n);

	file.p = p;
	header = da_bundle_find(file, &found);
	for (size_t cut = (size_t)header; cut < file.n; cut++)
		ck_assert_int_eq(da_bundle_read(a, (struct da_bytes){ p, cut }, header, &b), DA_CORRUPT);
	p[header + 8] = 0xff; /* entries */
	ck_assert_int_eq(da_bundle_read(a, file, header, &b), DA_CORRUPT);
	p[header + 11] = 0x7f;
	ck_assert_int_eq(da_bundle_read(a, file, header, &b), DA_LIMIT);
	p[header + 8] = 2;
	p[header + 11] = 0;
	p[header] = 7;
	ck_assert_int_eq(da_bundle_read(a, file, header, &b), DA_UNSUPPORTED);
	p[header] = 6;
	ck_assert_int_eq(da_bundle_read(a, file, header, &b), DA_OK);
	b.entries[0].off = UINT64_MAX - 3;
	ck_assert_int_eq(da_bundle_extract(a, file, &b.entries[0], UINT64_MAX, &out), DA_CORRUPT);
	b.entries[1].size = UINT64_MAX;
	ck_assert_int_eq(da_bundle_extract(a, file, &b.entries[1], UINT64_MAX, &out), DA_LIMIT);
	free(p);
	da_arena_free(a);
}
END_TEST

UNIT_MAIN("bundle", reads, no_bundle, hostile)
