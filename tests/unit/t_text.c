/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/text.h"
#include "unit/unit.h"

static const struct {
	const char *in;
	size_t n;
	const char *out;
} rows[] = {
#define ROW(in, out) { in, sizeof(in) - 1, out }
	ROW("", ""),
	ROW("worker-1", "worker-1"),
	ROW("gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"),
	ROW("\xe2\x82\xac", "\xe2\x82\xac"),
	ROW("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"),
	/* controls become visible */
	ROW("a\0b", "a\\0b"),
	ROW("a\nb\r\tc", "a\\nb\\r\\tc"),
	ROW("\x1b[2J", "\\x1b[2J"),
	ROW("\x7f", "\\x7f"),
	ROW("\xc2\x9b" "31m", "\\x9b31m"), /* CSI as one C1 character */
	ROW("\x02r t1\x03", "\\x02r t1\\x03"), /* marks of rich text cannot be smuggled in */
	/* characters that reorder or hide */
	ROW("\xe2\x80\xae" "cod.exe", "\\u202ecod.exe"),
	ROW("a\xe2\x80\x8b" "b", "a\\u200bb"),
	ROW("\xef\xbb\xbfx", "\\ufeffx"),
	ROW("\xe2\x81\xa6x", "\\u2066x"),
	ROW("\xf3\xa0\x81\x81", "\\U000e0041"),
	ROW("\xef\xbf\xbf", "\\uffff"),
	/* what is not UTF-8 */
	ROW("\xff", "\xef\xbf\xbd"),
	ROW("a\x80z", "a\xef\xbf\xbdz"),
	ROW("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"),       /* overlong slash */
	ROW("\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"),
	ROW("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"), /* surrogate */
	ROW("\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"),
	ROW("\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"),       /* cut in the middle */
	ROW("\xc3(", "\xef\xbf\xbd("),
#undef ROW
};

START_TEST(becomes_valid_and_visible)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();

	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		char *got = da_text(a, rows[i].in, rows[i].n);

		ck_assert_msg(strcmp(got, rows[i].out) == 0, "row %zu: '%s', wanted '%s'", i, got,
			      rows[i].out);
	}
}
END_TEST

START_TEST(every_pair_of_bytes_gives_valid_text)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	for (unsigned i = 0; i < 65536; i++) {
		unsigned char pair[4] = { (unsigned char)(i >> 8), (unsigned char)i, 'x', 0x82 };

		da_str_clear(&s);
		da_text_add(&s, pair, sizeof(pair));
		ck_assert(da_utf8_valid(s.s, s.n));
		for (size_t k = 0; k < s.n; k++)
			ck_assert_uint_ge((unsigned char)s.s[k], 0x20);
	}
}
END_TEST

START_TEST(stops_at_nul_when_asked)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();

	ck_assert_str_eq(da_text_cstr(a, "comm\0junk", 9), "comm");
	ck_assert_str_eq(da_text_cstr(a, "0123456789", 4), "0123");
	ck_assert_str_eq(da_text_cstr(a, "", 0), "");
}
END_TEST

START_TEST(utf16_in_both_orders)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();

	ck_assert_str_eq(da_text_utf16(a, "A\0\xfc\0", 2, false), "A\xc3\xbc");
	ck_assert_str_eq(da_text_utf16(a, "\0A\0\xfc", 2, true), "A\xc3\xbc");
	ck_assert_str_eq(da_text_utf16(a, "\x3d\xd8\x00\xde", 2, false), "\xf0\x9f\x98\x80");
	ck_assert_str_eq(da_text_utf16(a, "\xd8\x3d\xde\x00", 2, true), "\xf0\x9f\x98\x80");
	/* a lone half, at the end, in front and backwards */
	ck_assert_str_eq(da_text_utf16(a, "A\0\x3d\xd8", 2, false), "A\xef\xbf\xbd");
	ck_assert_str_eq(da_text_utf16(a, "\x3d\xd8" "A\0", 2, false), "\xef\xbf\xbd" "A");
	ck_assert_str_eq(da_text_utf16(a, "\x00\xde" "A\0", 2, false), "\xef\xbf\xbd" "A");
	ck_assert_str_eq(da_text_utf16(a, "\n\0\x2e\x20", 2, false), "\\n\\u202e");
	ck_assert_str_eq(da_text_utf16(a, "", 0, false), "");
}
END_TEST

START_TEST(encodes_what_it_decodes)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	uint32_t back;

	for (uint32_t c = 1; c < 0x110000; c += c < 0x3000 ? 1 : 37) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		da_str_clear(&s);
		da_utf8_add(&s, c);
		ck_assert_uint_eq(da_utf8_next(s.s, s.n, &back), s.n);
		ck_assert_uint_eq(back, c);
		ck_assert_uint_eq(da_utf8_next(s.s, s.n - 1, &back), 0);
	}
}
END_TEST

START_TEST(width_in_a_terminal)
{
	ck_assert_uint_eq(da_text_width(""), 0);
	ck_assert_uint_eq(da_text_width("abc"), 3);
	ck_assert_uint_eq(da_text_width("gr\xc3\xbc\xc3\x9f"), 4);
	ck_assert_uint_eq(da_text_width("\xe6\xbc\xa2\xe5\xad\x97"), 4); /* two wide ones */
	ck_assert_uint_eq(da_text_width("e\xcc\x81"), 1);                /* combining accent */
	ck_assert_uint_eq(da_text_width("\xf0\x9f\x98\x80"), 2);
}
END_TEST

START_TEST(bytes_as_digits)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();

	ck_assert_str_eq(da_hex(a, "\x00\x9f\xe1", 3), "009fe1");
	ck_assert_str_eq(da_hex_upper(a, "\x00\x9f\xe1", 3), "009FE1");
	ck_assert_str_eq(da_hex(a, "", 0), "");
}
END_TEST

UNIT_MAIN("text", bytes_as_digits, becomes_valid_and_visible, every_pair_of_bytes_gives_valid_text,
	  stops_at_nul_when_asked, utf16_in_both_orders, encodes_what_it_decodes, width_in_a_terminal)
