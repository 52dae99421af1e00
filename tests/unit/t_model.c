/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "model/model.h"
#include "unit/unit.h"

/*
 * The dump's bytes are their own offsets: byte i of the file is (uint8_t)i.
 *	0x1000-0x1100	saved at 0
 *	0x1100-0x1180	saved at 512: neighbours in memory, apart in the file
 *	0x2000-0x3000	the first 64 bytes saved at 1000, the rest not
 *	0x5000-0x5010	not saved at all
 *	the last 16 bytes of the address space, saved at 800
 */
static uint8_t file[2048], code[0x2000];

static struct da_dump *example(void)
{
	static const struct da_range ranges[] = {
		{ .start = 0x1000, .end = 0x1100, .file_off = 0, .file_len = 0x100 },
		{ .start = 0x1100, .end = 0x1180, .file_off = 512, .file_len = 0x80 },
		{ .start = 0x2000, .end = 0x3000, .file_off = 1000, .file_len = 64 },
		{ .start = 0x5000, .end = 0x5010 },
		{ .start = UINT64_MAX - 15, .end = UINT64_MAX, .file_off = 800, .file_len = 15 },
	};
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);

	for (size_t i = 0; i < sizeof(file); i++)
		file[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(code); i++)
		code[i] = 0xcc;
	for (size_t i = 0; i < DA_ARRAY_SIZE(ranges); i++)
		da_vec_push(d->arena, &d->proc.mem.ranges, ranges[i]);
	d->proc.mem.file = (struct da_bytes){ file, sizeof(file) };
	return d;
}

START_TEST(finds_ranges)
{
	struct da_dump *d = example();
	const struct da_memory *m = &d->proc.mem;

	ck_assert_ptr_null(da_mem_range(m, 0));
	ck_assert_ptr_null(da_mem_range(m, 0xfff));
	ck_assert_uint_eq(da_mem_range(m, 0x1000)->end, 0x1100);
	ck_assert_uint_eq(da_mem_range(m, 0x10ff)->end, 0x1100);
	ck_assert_uint_eq(da_mem_range(m, 0x1100)->end, 0x1180);
	ck_assert_ptr_null(da_mem_range(m, 0x1180));
	ck_assert_uint_eq(da_mem_range(m, 0x2fff)->start, 0x2000);
	ck_assert_ptr_null(da_mem_range(m, 0x3000));
	ck_assert_ptr_null(da_mem_range(m, UINT64_MAX));
	da_dump_free(d);
}
END_TEST

START_TEST(reads_across_ranges)
{
	struct da_dump *d = example();
	const struct da_memory *m = &d->proc.mem;
	enum da_layer layer = DA_LAYER_NONE;
	uint8_t buf[0x180];

	ck_assert_int_eq(da_mem_read(m, 0x1000, buf, sizeof(buf), &layer), DA_OK);
	ck_assert_int_eq(layer, DA_LAYER_DUMP);
	ck_assert_mem_eq(buf, file, 0x100);
	ck_assert_mem_eq(buf + 0x100, file + 512, 0x80);
	ck_assert_ptr_eq(da_mem_view(m, 0x1010, 16), file + 16);
	ck_assert_ptr_null(da_mem_view(m, 0x10f8, 16)); /* not in one piece */
	da_dump_free(d);
}
END_TEST

/* From wherever it begins to look, it finds what a search of all ranges finds. */
START_TEST(ranges_near_each_other)
{
	enum { RANGES = 37 };
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);
	struct da_memory *m = &d->proc.mem;

	m->file = (struct da_bytes){ file, sizeof(file) };
	for (size_t i = 0; i < RANGES; i++)
		*da_vec_add(d->arena, &m->ranges) = (struct da_range){ .start = 0x1000 * (i + 1), .end = 0x1000 * (i + 1) + 0x800 * (1 + i % 2),
								       .file_off = 8 * i, .file_len = i % 5 ? 8 : 0, .module = DA_NONE };
	for (uint64_t addr = 0x800; addr < 0x1000 * (RANGES + 2); addr += 0x7fc)
		for (size_t from = 0; from <= RANGES + 1; from++) {
			size_t near = from, n = 0, all = 0;

			ck_assert_ptr_eq(da_mem_view_near(m, addr, &near, &n), da_mem_view_some(m, addr, &all));
			ck_assert_uint_eq(n, all);
			ck_assert(near <= RANGES && (near == RANGES || m->ranges.v[near].end > addr) &&
				  (near == 0 || m->ranges.v[near - 1].end <= addr));
		}
	da_dump_free(d);
}
END_TEST

START_TEST(what_was_not_saved_is_a_fault)
{
	struct da_dump *d = example();
	const struct da_memory *m = &d->proc.mem;
	uint8_t buf[0x181];
	uint64_t v = 77;
	uint32_t w = 78;
	size_t n = 79;

	memset(buf, 0xaa, sizeof(buf));
	ck_assert_int_eq(da_mem_read(m, 0x1000, buf, 0x181, NULL), DA_FAULT);
	ck_assert_int_eq(da_mem_read(m, 0x2030, buf, 0x11, NULL), DA_FAULT); /* never zero-filled */
	ck_assert_int_eq(da_mem_u64(m, 0x2039, &v), DA_FAULT);
	ck_assert_uint_eq(v, 77);
	ck_assert_int_eq(da_mem_u32(m, 0x5000, &w), DA_FAULT);
	ck_assert_uint_eq(w, 78);
	ck_assert_int_eq(da_mem_u32(m, 0, &w), DA_FAULT);
	ck_assert_ptr_null(da_mem_view_some(m, 0x2040, &n));
	ck_assert_ptr_eq(da_mem_view_some(m, 0x2038, &n), file + 1000 + 0x38);
	ck_assert_uint_eq(n, 8);
	ck_assert_uint_eq(da_mem_read_some(m, 0x2038, buf, 100), 8);
	ck_assert_uint_eq(da_mem_read_some(m, 0x1170, buf, 100), 16);
	ck_assert_uint_eq(da_mem_read_some(m, 0x9000, buf, 100), 0);
	da_dump_free(d);
}
END_TEST

START_TEST(end_of_the_address_space)
{
	struct da_dump *d = example();
	const struct da_memory *m = &d->proc.mem;
	uint8_t buf[64];
	char *text;

	ck_assert_uint_eq(da_mem_read_some(m, UINT64_MAX - 15, buf, sizeof(buf)), 15);
	ck_assert_int_eq(da_mem_read(m, UINT64_MAX - 7, buf, 16, NULL), DA_FAULT);
	ck_assert_int_eq(da_mem_cstr(m, d->arena, UINT64_MAX - 3, 100, &text), DA_PARTIAL);
	da_dump_free(d);
}
END_TEST

START_TEST(byte_order_and_word)
{
	struct da_dump *d = example();
	struct da_memory *m = &d->proc.mem;
	uint64_t v = 0;
	uint16_t h = 0;

	ck_assert_int_eq(da_mem_u64(m, 0x1001, &v), DA_OK);
	ck_assert_uint_eq(v, 0x0807060504030201);
	m->word = 4;
	ck_assert_int_eq(da_mem_word(m, 0x1001, &v), DA_OK);
	ck_assert_uint_eq(v, 0x04030201);
	m->big_endian = true;
	ck_assert_int_eq(da_mem_word(m, 0x1001, &v), DA_OK);
	ck_assert_uint_eq(v, 0x01020304);
	ck_assert_int_eq(da_mem_u16(m, 0x10ff, &h), DA_OK); /* across the seam: 0xff, 512 & 0xff */
	ck_assert_uint_eq(h, 0xff00);
	da_dump_free(d);
}
END_TEST

START_TEST(strings)
{
	struct da_dump *d = example();
	const struct da_memory *m = &d->proc.mem;
	char *text = NULL;

	memcpy(file + 0xf8, "across the s", 8);
	memcpy(file + 512, "the seam", 9);
	ck_assert_int_eq(da_mem_cstr(m, d->arena, 0x10f8, 100, &text), DA_OK);
	ck_assert_str_eq(text, "across tthe seam");
	ck_assert_int_eq(da_mem_cstr(m, d->arena, 0x10f8, 4, &text), DA_PARTIAL);
	ck_assert_str_eq(text, "acro");
	memcpy(file + 1000 + 60, "tail", 4);
	ck_assert_int_eq(da_mem_cstr(m, d->arena, 0x203c, 100, &text), DA_PARTIAL);
	ck_assert_str_eq(text, "tail");
	ck_assert_int_eq(da_mem_cstr(m, d->arena, 0x2040, 100, &text), DA_FAULT);
	ck_assert_str_eq(text, "tail");
	file[3] = 0;
	ck_assert_int_eq(da_mem_cstr(m, d->arena, 0x1003, 100, &text), DA_OK);
	ck_assert_str_eq(text, "");
	memcpy(file, "\x1b]x", 4);
	ck_assert_int_eq(da_mem_cstr(m, d->arena, 0x1000, 100, &text), DA_OK);
	ck_assert_str_eq(text, "\\x1b]x");
	da_dump_free(d);
}
END_TEST

START_TEST(files_stand_in_for_pages_that_lack)
{
	struct da_dump *d = example();
	struct da_memory *m = &d->proc.mem;
	enum da_layer layer = DA_LAYER_NONE;
	uint8_t buf[0x200];

	/* over a saved range, its unsaved rest, a hole of the map, and the unsaved range */
	da_mem_overlay(m, d->arena, 0x1f00, 0x3f00, code, 4);
	ck_assert_int_eq(da_mem_read(m, 0x1f00, buf, 0x200, &layer), DA_OK);
	ck_assert_int_eq(layer, DA_LAYER_FILE); /* the weakest that was used */
	ck_assert_uint_eq(buf[0xff], 0xcc);
	ck_assert_mem_eq(buf + 0x100, file + 1000, 64); /* the dump's own bytes come first */
	ck_assert_uint_eq(buf[0x140], 0xcc);
	ck_assert_int_eq(da_mem_read(m, 0x2000, buf, 64, &layer), DA_OK);
	ck_assert_int_eq(layer, DA_LAYER_DUMP);
	ck_assert_int_eq(da_mem_read(m, 0x3ef0, buf, 17, &layer), DA_FAULT);
	ck_assert_int_eq(da_mem_read(m, 0x3ef0, buf, 16, &layer), DA_OK);
	da_dump_free(d);
}
END_TEST

START_TEST(overlays_do_not_overlap)
{
	struct da_dump *d = example();
	struct da_memory *m = &d->proc.mem;
	static uint8_t one[0x300], two[0x300];
	uint8_t b = 0;

	memset(one, 1, sizeof(one));
	for (size_t i = 0; i < sizeof(two); i++)
		two[i] = (uint8_t)(i >> 4);
	da_mem_overlay(m, d->arena, 0x8100, 0x8180, one, 1);
	da_mem_overlay(m, d->arena, 0x8200, 0x8240, one, 1);
	da_mem_overlay(m, d->arena, 0x8000, 0x8300, two, 2); /* the first to come stays */
	da_mem_overlay(m, d->arena, 0x8110, 0x8120, two, 3);
	for (size_t i = 0; i + 1 < m->overlays.n; i++)
		ck_assert_uint_le(m->overlays.v[i].end, m->overlays.v[i + 1].start);
	for (uint64_t at = 0x8000; at < 0x8300; at++) {
		bool first = (at >= 0x8100 && at < 0x8180) || (at >= 0x8200 && at < 0x8240);

		ck_assert_int_eq(da_mem_u8(m, at, &b), DA_OK);
		ck_assert_uint_eq(b, first ? 1 : (at - 0x8000) >> 4);
	}
	ck_assert_int_eq(da_mem_u8(m, 0x7fff, &b), DA_FAULT);
	ck_assert_int_eq(da_mem_u8(m, 0x8300, &b), DA_FAULT);
	da_dump_free(d);
}
END_TEST

START_TEST(lookups)
{
	struct da_dump *d = example();
	struct da_process *p = &d->proc;
	struct da_module m = { .build_id = { 0xde, 0xad, 0x01 }, .build_id_len = 3 };
	uint64_t v = 5;

	da_vec_push(d->arena, &p->modules, ((struct da_module){ .start = 0x1000, .end = 0x2000 }));
	da_vec_push(d->arena, &p->modules, ((struct da_module){ .start = 0x4000, .end = 0x5000 }));
	da_vec_push(d->arena, &p->threads, ((struct da_thread){ .stack_limit = 0x100, .stack_base = 0x200 }));
	da_vec_push(d->arena, &p->auxv, ((struct da_pair){ 6, 4096 }));
	ck_assert_uint_eq(da_module_at(p, 0x1fff), 0);
	ck_assert_uint_eq(da_module_at(p, 0x2000), DA_NONE);
	ck_assert_uint_eq(da_module_at(p, 0x4000), 1);
	ck_assert_uint_eq(da_module_at(p, UINT64_MAX), DA_NONE);
	ck_assert_uint_eq(da_thread_of_stack(p, 0x1ff), 0);
	ck_assert_uint_eq(da_thread_of_stack(p, 0x200), DA_NONE);
	ck_assert(da_auxv(p, 6, &v) && v == 4096);
	ck_assert(!da_auxv(p, 7, &v) && v == 4096);
	ck_assert_str_eq(da_build_id_hex(d->arena, &m), "dead01");
	m.build_id_len = 0;
	ck_assert_ptr_null(da_build_id_hex(d->arena, &m));
	da_dump_free(d);
	da_dump_free(NULL);
}
END_TEST

START_TEST(words)
{
	ck_assert_str_eq(da_trust_name(DA_TRUST_CFI), "cfi");
	ck_assert_str_eq(da_trust_name(DA_TRUST_CONTEXT), "context");
	ck_assert_str_eq(da_range_kind_name(DA_RANGE_RESERVED), "reserved");
	ck_assert_str_eq(da_stack_end_name(DA_END_CORRUPT), "corrupt");
	ck_assert_str_eq(da_match_name(DA_MATCH_MISMATCH), "mismatch");
	ck_assert_str_eq(da_state_name(DA_STATE_EXITED), "exited");
	ck_assert_str_eq(da_role_name(DA_ROLE_USER), "user");
	ck_assert_str_eq(da_access_name(DA_ACCESS_EXECUTE), "execute");
	ck_assert_str_eq(da_os_name(DA_OS_LINUX), "linux");
	ck_assert_str_eq(da_frame_kind_name(DA_FRAME_RUNTIME), "runtime");
	ck_assert_str_eq(da_symbols_kind_name(DA_SYMS_FULL), "full");
	ck_assert_str_eq(da_module_class_name(DA_CLASS_RUNTIME), "runtime");
	ck_assert_str_eq(da_trust_name((enum da_trust)99), "unknown");
}
END_TEST

/* A DLL that is gone names its addresses until something else lies there. */
START_TEST(unloaded_modules)
{
	static const struct da_unloaded gone[] = {
		{ .name = "other.dll", .start = 0x4000, .end = 0x6000 },
		{ .start = 0x8000, .end = 0x9000 }, /* without a name it says nothing */
		{ .name = "version.dll", .start = 0x9000, .end = 0xa000 },
	};
	struct da_dump *d = example();
	struct da_process *p = &d->proc;

	for (size_t i = 0; i < DA_ARRAY_SIZE(gone); i++)
		da_vec_push(d->arena, &p->unloaded, gone[i]);
	ck_assert_str_eq(da_unloaded_at(p, 0x9000)->name, "version.dll");
	ck_assert_str_eq(da_unloaded_at(p, 0x9fff)->name, "version.dll");
	ck_assert_ptr_null(da_unloaded_at(p, 0xa000));
	ck_assert_ptr_null(da_unloaded_at(p, 0x8000));
	ck_assert_str_eq(da_unloaded_at(p, 0x4000)->name, "other.dll");
	ck_assert_ptr_null(da_unloaded_at(p, 0x5008)); /* mapped again, as far as is known */
	p->mem.ranges.v[3].has_prot = true;
	ck_assert_str_eq(da_unloaded_at(p, 0x5008)->name, "other.dll"); /* only reserved */
	da_dump_free(d);
}
END_TEST

UNIT_MAIN("model", unloaded_modules, finds_ranges, reads_across_ranges, ranges_near_each_other, what_was_not_saved_is_a_fault,
	  end_of_the_address_space, byte_order_and_word, strings, files_stand_in_for_pages_that_lack,
	  overlays_do_not_overlap, lookups, words)
