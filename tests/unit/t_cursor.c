/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/cursor.h"
#include "unit/unit.h"

static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

START_TEST(reads_little_endian)
{
	struct da_cursor c = da_cursor(bytes, sizeof(bytes), false, 8);

	ck_assert_uint_eq(da_get_u8(&c), 0x01);
	ck_assert_uint_eq(da_get_u16(&c), 0x0302);
	ck_assert_uint_eq(da_get_u32(&c), 0x07060504);
	ck_assert_uint_eq(da_get_u64(&c), 0x0f0e0d0c0b0a0908);
	ck_assert_uint_eq(da_left(&c), 1);
	ck_assert(da_ok(&c));
}
END_TEST

START_TEST(reads_big_endian)
{
	struct da_cursor c = da_cursor(bytes, sizeof(bytes), true, 4);

	ck_assert_uint_eq(da_get_u16(&c), 0x0102);
	ck_assert_uint_eq(da_get_word(&c), 0x03040506);
	c.word = 8;
	ck_assert_uint_eq(da_get_word(&c), 0x0708090a0b0c0d0e);
	ck_assert_uint_eq(da_pos(&c), 14);
}
END_TEST

START_TEST(failure_is_sticky)
{
	struct da_cursor c = da_cursor(bytes, 3, false, 8);

	ck_assert_uint_eq(da_get_u32(&c), 0); /* not a part of it */
	ck_assert(!da_ok(&c));
	ck_assert_uint_eq(da_get_u8(&c), 0);
	da_seek(&c, 0);
	ck_assert_uint_eq(da_get_u8(&c), 0);
	ck_assert_uint_eq(da_left(&c), 0);
	ck_assert_ptr_null(da_get_bytes(&c, 0));
	ck_assert(!da_ok(&c));
}
END_TEST

START_TEST(empty_input)
{
	struct da_cursor c = da_cursor("", 0, false, 8);

	ck_assert(da_ok(&c));
	ck_assert_uint_eq(da_left(&c), 0);
	ck_assert_ptr_nonnull(da_get_bytes(&c, 0));
	ck_assert_uint_eq(da_get_u8(&c), 0);
	ck_assert(!da_ok(&c));
}
END_TEST

START_TEST(seek_skip_align)
{
	struct da_cursor c = da_cursor(bytes, sizeof(bytes), false, 8);

	da_seek(&c, 5);
	da_align(&c, 4);
	ck_assert_uint_eq(da_pos(&c), 8);
	da_align(&c, 4);
	ck_assert_uint_eq(da_pos(&c), 8);
	da_skip(&c, 8);
	ck_assert(da_ok(&c));
	da_align(&c, 64); /* padding that the end cut off is no failure */
	ck_assert(da_ok(&c));
	da_seek(&c, sizeof(bytes));
	ck_assert(da_ok(&c));
	da_seek(&c, sizeof(bytes) + 1);
	ck_assert(!da_ok(&c));
	c = da_cursor(bytes, sizeof(bytes), false, 8);
	da_skip(&c, SIZE_MAX);
	ck_assert(!da_ok(&c));
}
END_TEST

START_TEST(sub_cursors_stay_inside)
{
	struct da_cursor c = da_cursor(bytes, sizeof(bytes), false, 8), s;

	da_skip(&c, 4);
	s = da_sub(&c, 2, 4); /* from the base, not from the position */
	ck_assert_uint_eq(da_get_u32(&s), 0x06050403);
	ck_assert_uint_eq(da_get_u8(&s), 0);
	ck_assert(!da_ok(&s));
	ck_assert(da_ok(&c));
	s = da_sub(&c, 16, 0);
	ck_assert(da_ok(&s));
	s = da_sub(&c, 1, UINT64_MAX);
	ck_assert(!da_ok(&s));
	s = da_sub(&c, UINT64_MAX, 2);
	ck_assert(!da_ok(&s));
	ck_assert_uint_eq(da_get_u64(&s), 0);
}
END_TEST

START_TEST(counts_are_judged_before_use)
{
	struct da_cursor c = da_cursor(bytes, sizeof(bytes), false, 8);

	ck_assert(da_count_ok(&c, 4, 4, 100));
	ck_assert(!da_count_ok(&c, 5, 4, 100));
	ck_assert(!da_count_ok(&c, 4, 4, 3));
	ck_assert(!da_count_ok(&c, UINT64_MAX / 2, 16, UINT64_MAX));
	ck_assert(da_count_ok(&c, 0, 4, 0));
	da_skip(&c, 17);
	ck_assert(!da_count_ok(&c, 0, 4, 100));
}
END_TEST

static uint64_t uleb(const char *s, size_t n, bool *ok)
{
	struct da_cursor c = da_cursor(s, n, false, 8);
	uint64_t v = da_get_uleb(&c);

	*ok = da_ok(&c);
	return v;
}

START_TEST(leb128)
{
	bool ok;

	ck_assert_uint_eq(uleb("\x00", 1, &ok), 0);
	ck_assert_uint_eq(uleb("\xe5\x8e\x26", 3, &ok), 624485);
	ck_assert_uint_eq(uleb("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, &ok), UINT64_MAX);
	ck_assert(ok);
	/* Tools pad with 0x80 to keep room for a later value. */
	ck_assert_uint_eq(uleb("\x85\x80\x80\x00", 4, &ok), 5);
	ck_assert(ok);
	ck_assert_uint_eq(uleb("\x85\x80", 2, &ok), 0);
	ck_assert(!ok);
	ck_assert_uint_eq(uleb("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00",
			       19, &ok), 0);
	ck_assert(!ok);
}
END_TEST

UNIT_MAIN("cursor", reads_little_endian, reads_big_endian, failure_is_sticky, empty_input,
	  seek_skip_align, sub_cursors_stay_inside, counts_are_judged_before_use, leb128)
