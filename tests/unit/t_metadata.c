/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata and images made by hand: compressed and not, mapped and flat, with holes and with lies. */
#include "config.h"

#include <string.h>

#include "image/metadata.h"
#include "model/model.h"
#include "synth/synth_cli.h"
#include "unit.h"

#define BASE 0x7f0000400000ULL

static struct da_arena *a;
static uint8_t *bytes;
static size_t n;

static struct da_metadata *open_bytes(void)
{
	struct da_sparse s = { .bytes = { bytes, n } };
	struct da_metadata *m = NULL;

	ck_assert_int_eq(da_metadata_open(a, &s, &m), DA_OK);
	return m;
}

static struct da_metadata *shop(const struct synth_cli_form *form)
{
	struct synth_cli *s = synth_cli_new();

	a = da_arena_new();
	synth_cli_shop(s);
	bytes = synth_cli_build(s, form, &n);
	synth_cli_free(s);
	return open_bytes();
}

static void done(void)
{
	da_arena_free(a);
	free(bytes);
}

/* ---------------------------------------------------------------- what an assembly says */

static void check_types(struct da_metadata *m)
{
	static const char *const names[] = { "<Module>", "Shop.Orders`1", "Shop.Orders`1+Keys",
					     "Shop.Orders`1+Keys+<PlaceAsync>d__2", "Plain" };
	struct da_md_type t;

	for (uint32_t i = 0; i < DA_ARRAY_SIZE(names); i++) {
		ck_assert_str_eq(da_metadata_type_name(m, i + 1), names[i]);
		ck_assert_uint_eq(da_metadata_find_type(m, names[i]), i + 1);
	}
	ck_assert_ptr_null(da_metadata_type_name(m, 0));
	ck_assert_ptr_null(da_metadata_type_name(m, 6));
	ck_assert_uint_eq(da_metadata_find_type(m, "Shop.Orders"), 0);
	ck_assert_int_eq(da_metadata_type(m, 2, &t), DA_OK);
	ck_assert_str_eq(t.name, "Orders`1");
	ck_assert_str_eq(t.space, "Shop");
	ck_assert_uint_eq(t.field, 1);
	ck_assert_uint_eq(t.fields, 2);
	ck_assert_uint_eq(t.methods, 3);
	ck_assert_uint_eq(t.enclosing, 0);
	ck_assert_int_eq(da_metadata_type(m, 4, &t), DA_OK);
	ck_assert_uint_eq(t.enclosing, 3);
	ck_assert_uint_eq(t.fields, 1);
	ck_assert_int_eq(da_metadata_type(m, 5, &t), DA_OK);
	ck_assert_uint_eq(t.fields, 0);
	ck_assert_int_eq(da_metadata_type(m, 6, &t), DA_NOT_FOUND);
	ck_assert_str_eq(da_metadata_type_ref_name(m, 1), "System.Object");
	ck_assert_str_eq(da_metadata_type_ref_name(m, 4), "System.Object+Inner");
}

static void check_members(struct da_metadata *m)
{
	static const uint32_t owners[] = { 2, 2, 2, 4, 5 };
	struct da_md_method x;
	struct da_md_field f;

	for (uint32_t i = 0; i < DA_ARRAY_SIZE(owners); i++) {
		ck_assert_int_eq(da_metadata_method(m, i + 1, &x), DA_OK);
		ck_assert_uint_eq(x.type, owners[i]);
		ck_assert_uint_eq(x.rva, 0x2050 + 0x20 * i);
		ck_assert_uint_eq(x.flags, 0x86 + i);
		ck_assert_uint_eq(x.signature.n, 4);
	}
	ck_assert_str_eq(x.name, "Main");
	ck_assert_int_eq(da_metadata_field(m, 3, &f), DA_OK);
	ck_assert_str_eq(f.name, "<>1__state");
	ck_assert_uint_eq(f.flags, 6);
	ck_assert_uint_eq(da_metadata_generic_params(m, false, 2), 1);
	ck_assert_uint_eq(da_metadata_generic_params(m, false, 3), 0);
	ck_assert_uint_eq(da_metadata_generic_params(m, true, 2), 2);
	ck_assert_str_eq(da_metadata_generic_param(m, false, 2, 0), "TKey");
	ck_assert_str_eq(da_metadata_generic_param(m, true, 2, 1), "TOther");
	ck_assert_ptr_null(da_metadata_generic_param(m, true, 2, 2));
	ck_assert_ptr_null(da_metadata_generic_param(m, true, 1, 0));
}

static void check_assembly(struct da_metadata *m)
{
	static const uint8_t mvid[16] = { 0x47, 0x3d, 0x0a, 0xd3, 0x4f, 0xee, 0xa0, 0x0f };
	const char *name, *version;
	struct da_bytes b;
	uint8_t id[16];

	ck_assert(da_metadata_mvid(m, id));
	ck_assert_mem_eq(id, mvid, 8);
	ck_assert_uint_eq(id[15], 1);
	ck_assert(da_metadata_assembly(m, &name, &version));
	ck_assert_str_eq(name, "shop");
	ck_assert_str_eq(version, "3.2.1.0");
	ck_assert_str_eq(da_metadata_product_version(m), "3.2.1+abc");
	/* Its constructor is that of an instance of a generic type. */
	ck_assert(da_metadata_attribute(m, DA_MD_METHOD_DEF, 3, "System.Runtime.CompilerServices.ExtensionAttribute", &b));
	ck_assert_uint_eq(b.n, 4);
	ck_assert(!da_metadata_attribute(m, DA_MD_METHOD_DEF, 2, "System.Runtime.CompilerServices.ExtensionAttribute", &b));
	ck_assert(!da_metadata_attribute(m, DA_MD_TYPE_DEF, 2, "Shop.Missing", &b));
}

START_TEST(reads_all)
{
	static const struct synth_cli_form forms[] = { { 0 }, { .uncompressed = true }, { .wide = true },
						       { .extra = true, .wide = true } };

	for (unsigned i = 0; i < DA_ARRAY_SIZE(forms); i++) {
		struct da_metadata *m = shop(&forms[i]);

		check_types(m);
		check_members(m);
		check_assembly(m);
		done();
	}
}
END_TEST

/* ---------------------------------------------------------------- sizes and detours */

START_TEST(wide_indexes)
{
	struct synth_cli *s = synth_cli_new();
	struct da_md_method x;
	struct da_metadata *m;

	/* 70,000 methods: their indexes have four bytes, and so have coded ones from fewer rows on. */
	a = da_arena_new();
	synth_cli_shop(s);
	for (uint32_t i = 6; i <= 70000; i++)
		SYNTH_ROW(s, 6, i, 0, 0, 0, 0, 1);
	SYNTH_ROW(s, 2, 1, synth_cli_string(s, "Last"), 0, 0, 4, 70000);
	bytes = synth_cli_build(s, &(struct synth_cli_form){ 0 }, &n);
	synth_cli_free(s);
	m = open_bytes();
	ck_assert_uint_eq(da_metadata_rows(m, DA_MD_METHOD_DEF), 70000);
	ck_assert_int_eq(da_metadata_method(m, 69999, &x), DA_PARTIAL); /* no signature */
	ck_assert_str_eq(x.name, "");
	ck_assert_uint_eq(x.type, 5);
	ck_assert_int_eq(da_metadata_method(m, 70000, &x), DA_PARTIAL);
	ck_assert_uint_eq(x.type, 6);
	ck_assert_str_eq(da_metadata_generic_param(m, true, 2, 0), "TItem");
	check_assembly(m);
	done();
}
END_TEST

START_TEST(detours)
{
	struct synth_cli *s = synth_cli_new();
	struct da_md_method x;
	struct da_metadata *m;
	struct da_md_type t;

	/* Lists of types count rows of FieldPtr and MethodPtr, here in the opposite order. */
	a = da_arena_new();
	synth_cli_shop(s);
	for (uint32_t i = 3; i; i--)
		SYNTH_ROW(s, 3, i);
	for (uint32_t i = 5; i; i--)
		SYNTH_ROW(s, 5, i);
	bytes = synth_cli_build(s, &(struct synth_cli_form){ .uncompressed = true }, &n);
	synth_cli_free(s);
	m = open_bytes();
	ck_assert_int_eq(da_metadata_type(m, 2, &t), DA_OK);
	ck_assert_uint_eq(t.methods, 3);
	ck_assert_uint_eq(da_metadata_member(m, DA_MD_METHOD_DEF, t.method), 5);
	ck_assert_uint_eq(da_metadata_member(m, DA_MD_FIELD, t.field + 1), 2);
	ck_assert_int_eq(da_metadata_method(m, 5, &x), DA_OK);
	ck_assert_uint_eq(x.type, 2);
	ck_assert_int_eq(da_metadata_method(m, 1, &x), DA_OK);
	ck_assert_uint_eq(x.type, 5);
	done();
}
END_TEST

START_TEST(unsorted)
{
	struct synth_cli *s = synth_cli_new();
	struct da_metadata *m;

	a = da_arena_new();
	synth_cli_shop(s);
	SYNTH_ROW(s, 42, 0, 0, 1 << 1 | 1, synth_cli_string(s, "TLate")); /* of method 1, behind method 2's */
	bytes = synth_cli_build(s, &(struct synth_cli_form){ .uncompressed = true }, &n);
	synth_cli_free(s);
	m = open_bytes();
	ck_assert_str_eq(da_metadata_generic_param(m, true, 1, 0), "TLate");
	ck_assert_str_eq(da_metadata_generic_param(m, true, 2, 1), "TOther");
	done();
}
END_TEST

/* ---------------------------------------------------------------- holes */

static size_t place_of(const char *text)
{
	const uint8_t *p = memmem(bytes, n, text, strlen(text) + 1);

	ck_assert_ptr_nonnull(p);
	return (size_t)(p - bytes);
}

START_TEST(holes)
{
	struct da_metadata *m = shop(&(struct synth_cli_form){ 0 });
	size_t hole = place_of("Keys");
	const struct da_sparse_piece pieces[] = { { 0, hole + 1 }, { hole + 2, n } };
	struct da_sparse s = { .bytes = { bytes, n }, .known = pieces, .n = 2 };
	struct da_md_type t;

	ck_assert(da_sparse_has(&s, 0, hole + 1));
	ck_assert(!da_sparse_has(&s, hole, 2));
	ck_assert(da_sparse_has(&s, hole + 2, n - hole - 2));
	ck_assert(!da_sparse_has(&s, hole + 2, n - hole - 1));
	ck_assert_int_eq(da_metadata_open(a, &s, &m), DA_OK);
	ck_assert_str_eq(da_metadata_type_name(m, 2), "Shop.Orders`1");
	ck_assert_ptr_null(da_metadata_type_name(m, 3));
	ck_assert_ptr_null(da_metadata_type_name(m, 4)); /* never "<PlaceAsync>d__2" alone */
	ck_assert_int_eq(da_metadata_type(m, 3, &t), DA_PARTIAL);
	ck_assert_ptr_null(t.name);
	ck_assert_uint_eq(t.enclosing, 2);
	ck_assert_uint_eq(da_metadata_find_type(m, "Plain"), 5);
	check_members(m);
	check_assembly(m);
	done();
}
END_TEST

/* Every hole of 16 bytes: what is still said is true. */
START_TEST(holes_anywhere)
{
	struct da_metadata *whole = shop(&(struct synth_cli_form){ 0 }), *m;

	for (size_t hole = 0; hole + 16 <= n; hole += 4) {
		const struct da_sparse_piece pieces[] = { { 0, hole }, { hole + 16, n } };
		struct da_sparse s = { .bytes = { bytes, n }, .known = pieces, .n = 2 };
		struct da_md_method x, y;
		enum da_status st = da_metadata_open(a, &s, &m);

		ck_assert(st == DA_OK || st == DA_FAULT);
		for (uint32_t rid = 1; st == DA_OK && rid <= 5; rid++) {
			const char *name = da_metadata_type_name(m, rid);

			ck_assert(!name || strcmp(name, da_metadata_type_name(whole, rid)) == 0);
			da_metadata_method(whole, rid, &y);
			if (da_metadata_method(m, rid, &x) == DA_OK) {
				ck_assert_str_eq(x.name, y.name);
				ck_assert_uint_eq(x.type, y.type);
			}
		}
	}
	done();
}
END_TEST

START_TEST(hostile)
{
	struct da_metadata *m = shop(&(struct synth_cli_form){ 0 });
	struct da_sparse s = { .bytes = { bytes, 3 } };
	uint8_t *rows;

	ck_assert_int_ne(da_metadata_open(a, &s, &m), DA_OK);
	s.bytes.n = 64;
	ck_assert_int_eq(da_metadata_open(a, &s, &m), DA_FAULT);
	s.bytes.n = n;
	/* The first number of rows (behind 24 bytes of header) says more than there are bytes. */
	rows = memmem(bytes, n, "\x00\x00\x00\x00\x02\x00\x00\x01", 8);
	ck_assert_ptr_nonnull(rows);
	rows[24 + 2] = 0x7f;
	ck_assert_int_eq(da_metadata_open(a, &s, &m), DA_CORRUPT);
	rows[24 + 3] = 0x7f;
	ck_assert_int_eq(da_metadata_open(a, &s, &m), DA_CORRUPT);
	bytes[0] = 'M';
	ck_assert_int_eq(da_metadata_open(a, &s, &m), DA_NOT_FOUND);
	done();
}
END_TEST

START_TEST(nested_in_itself)
{
	struct synth_cli *s = synth_cli_new();
	struct da_metadata *m;

	a = da_arena_new();
	SYNTH_ROW(s, 2, 0, synth_cli_string(s, "<Module>"), 0, 0, 1, 1);
	SYNTH_ROW(s, 2, 2, synth_cli_string(s, "A"), 0, 0, 1, 1);
	SYNTH_ROW(s, 2, 2, synth_cli_string(s, "B"), 0, 0, 1, 1);
	SYNTH_ROW(s, 2, 2, synth_cli_string(s, "Lost"), 0, 0, 1, 1); /* nested, they say, but in nothing */
	SYNTH_ROW(s, 41, 2, 3);
	SYNTH_ROW(s, 41, 3, 2);
	bytes = synth_cli_build(s, &(struct synth_cli_form){ 0 }, &n);
	synth_cli_free(s);
	m = open_bytes();
	ck_assert_ptr_null(da_metadata_type_name(m, 2));
	ck_assert_ptr_null(da_metadata_type_name(m, 3));
	ck_assert_ptr_null(da_metadata_type_name(m, 4));
	ck_assert_str_eq(da_metadata_type_name(m, 1), "<Module>");
	done();
}
END_TEST

/* ---------------------------------------------------------------- compressed numbers */

START_TEST(numbers)
{
	static const struct {
		const char *bytes;
		size_t n;
		uint32_t u;
		int32_t s;
	} good[] = {
		{ "\x03", 1, 3, -63 }, { "\x7f", 1, 0x7f, -1 }, { "\x80\x80", 2, 0x80, 0x40 },
		{ "\xae\x57", 2, 0x2e57, -0x8d5 }, { "\xbf\xff", 2, 0x3fff, -1 }, { "\xc0\x00\x40\x00", 4, 0x4000, 0x2000 },
		{ "\xdf\xff\xff\xff", 4, 0x1fffffff, -1 }, { "\xc0\x00\x00\x01", 4, 1, -0x10000000 },
		{ "\x06", 1, 6, 3 }, { "\x7b", 1, 0x7b, -3 }, { "\x01", 1, 1, -64 }, { "\x80\x01", 2, 1, -8192 },
	};
	struct da_cursor c;

	for (size_t i = 0; i < DA_ARRAY_SIZE(good); i++) {
		c = da_cursor(good[i].bytes, good[i].n, false, 8);
		ck_assert_uint_eq(da_get_md_u32(&c), good[i].u);
		ck_assert(da_ok(&c) && !da_left(&c));
		c = da_cursor(good[i].bytes, good[i].n, false, 8);
		ck_assert_int_eq(da_get_md_s32(&c), good[i].s);
	}
	c = da_cursor("\xff", 1, false, 8);
	ck_assert_uint_eq(da_get_md_u32(&c), 0);
	ck_assert(!da_ok(&c));
	c = da_cursor("\xc0\x00", 2, false, 8);
	ck_assert_uint_eq(da_get_md_u32(&c), 0);
	ck_assert(!da_ok(&c));
}
END_TEST

/* ---------------------------------------------------------------- images */

static void check_image(const struct da_cli_image *im, uint64_t base, bool flat)
{
	uint64_t text = base + (flat ? SYNTH_CLI_OFF : SYNTH_CLI_RVA);

	ck_assert_int_eq(im->flat, flat);
	ck_assert_uint_eq(im->timestamp, SYNTH_CLI_STAMP);
	ck_assert_uint_gt(im->metadata, text);
	ck_assert_uint_eq(im->metadata_size, n);
	ck_assert_uint_eq(im->ready_to_run, text + 72);
	ck_assert(im->has_pdb);
	ck_assert_uint_eq(im->pdb_stamp, 0x57f6b428);
	ck_assert_uint_eq(im->pdb_age, 1);
	ck_assert_uint_eq(im->pdb_guid[0], 4);
	ck_assert_uint_eq(im->pdb_guid[8], 9);
	ck_assert_str_eq(im->pdb_path, "/_/obj/shop.pdb");
	ck_assert_uint_gt(im->embedded_pdb, text);
	ck_assert_uint_eq(im->embedded_packed, 3);
	ck_assert_uint_eq(im->embedded_size, 77);
}

START_TEST(images)
{
	static const uint8_t guid[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct synth_cli_image want = { .ready_to_run = true, .pdb_guid = guid, .pdb_path = "/_/obj/shop.pdb",
					.embedded = guid, .embedded_n = 3, .embedded_size = 77 };

	(void)shop(&(struct synth_cli_form){ 0 });
	want.metadata = bytes;
	want.n = n;
	for (unsigned i = 0; i < 4; i++) {
		struct da_cli_image im;
		struct da_memory mem = { .word = 8 };
		struct da_range *r = da_vec_add(a, &mem.ranges);
		size_t size;
		uint8_t *image;

		want.mapped = i & 1;
		want.pe32 = i & 2;
		image = synth_cli_image(&want, &size);
		mem.file = (struct da_bytes){ image, size };
		*r = (struct da_range){ .start = BASE, .end = BASE + size, .file_len = size };
		ck_assert_int_eq(da_cli_image_read(&mem, a, BASE, 0, &im), DA_OK);
		check_image(&im, BASE, !want.mapped);
		ck_assert_int_eq(da_cli_image_read(&mem, a, BASE, size, &im), DA_OK);
		check_image(&im, BASE, !want.mapped);
		ck_assert_int_eq(da_cli_image_read(&mem, a, BASE + 8, 0, &im), DA_NOT_FOUND);
		if (!want.mapped) {
			ck_assert_int_eq(da_cli_file_read(a, mem.file, &im), DA_OK);
			check_image(&im, 0, true);
		}
		free(image);
	}
	done();
}
END_TEST

START_TEST(composite)
{
	struct synth_cli_image want = { .ready_to_run = true, .composite = true, .metadata = (const uint8_t *)"", .n = 1 };

	a = da_arena_new();
	for (unsigned i = 0; i < 2; i++) {
		struct da_cli_image im;
		struct da_memory mem = { .word = 8 };
		size_t size;
		uint8_t *image;

		want.mapped = i;
		image = synth_cli_image(&want, &size);
		mem.file = (struct da_bytes){ image, size };
		da_vec_push(a, &mem.ranges, ((struct da_range){ .start = BASE, .end = BASE + size, .file_len = size }));
		ck_assert_int_eq(da_cli_image_read(&mem, a, BASE, 0, &im), DA_OK);
		ck_assert_int_eq(im.flat, !want.mapped);
		ck_assert_uint_eq(im.metadata, 0);
		ck_assert_uint_eq(im.ready_to_run, BASE + (want.mapped ? SYNTH_CLI_RVA : SYNTH_CLI_OFF) + 72);
		free(image);
	}
	da_arena_free(a);
}
END_TEST

START_TEST(sparse_reads)
{
	static uint8_t file[0x3000];
	struct da_memory mem = { .word = 8, .file = { file, sizeof(file) } };
	struct da_sparse s;
	const uint8_t stand_in[16] = "0123456789abcde";

	a = da_arena_new();
	for (size_t i = 0; i < sizeof(file); i++)
		file[i] = (uint8_t)(i >> 4);
	da_vec_push(a, &mem.ranges, ((struct da_range){ .start = BASE, .end = BASE + 0x1000, .file_len = 0x800 }));
	da_vec_push(a, &mem.ranges, ((struct da_range){ .start = BASE + 0x1010, .end = BASE + 0x1123, .file_len = 0x113,
							.file_off = 0x1000 }));
	da_vec_push(a, &mem.ranges, ((struct da_range){ .start = BASE + 0x1123, .end = BASE + 0x1200, .file_len = 0xdd,
							.file_off = 0x2000 }));
	da_mem_overlay(&mem, a, BASE + 0x900, BASE + 0x910, stand_in, 0);
	ck_assert_int_eq(da_sparse_read(&mem, a, BASE + 0x10, 0x700, &s), DA_OK);
	ck_assert_ptr_eq(s.bytes.p, file + 0x10);
	ck_assert_int_eq(da_sparse_read(&mem, a, BASE + 0x1020, 0x1e0, &s), DA_OK); /* in two pieces, without a hole */
	ck_assert_ptr_null(s.known);
	ck_assert_uint_eq(s.bytes.p[0x1020 - 0x1020], file[0x1010]);
	ck_assert_int_eq(da_sparse_read(&mem, a, BASE + 0x7f0, 0x2000, &s), DA_OK);
	ck_assert_uint_eq(s.n, 3);
	ck_assert(da_sparse_has(&s, 0, 0x10));
	ck_assert(!da_sparse_has(&s, 0, 0x11));
	ck_assert(da_sparse_has(&s, 0x110, 0x10));
	ck_assert_uint_eq(s.bytes.p[0x112], '2');
	ck_assert(da_sparse_has(&s, 0x820, 0x1f0));
	ck_assert(!da_sparse_has(&s, 0x81f, 2));
	ck_assert(!da_sparse_has(&s, 0x820, 0x1f1));
	ck_assert_int_eq(da_sparse_read(&mem, a, BASE + 0x5000, 0x1000, &s), DA_NOT_FOUND);
	ck_assert_int_eq(da_sparse_read(&mem, a, BASE, (size_t)1 << 40, &s), DA_LIMIT);
	da_arena_free(a);
}
END_TEST

UNIT_MAIN("metadata", reads_all, wide_indexes, detours, unsorted, holes, holes_anywhere, hostile, nested_in_itself, numbers,
	  images, composite, sparse_reads)
