/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "base/parallel.h"
#include "unit/unit.h"

#define N 1003

struct seen {
	unsigned char touched[N];
	size_t begin[64], end[64];
	unsigned calls[64];
};

static void note(void *ctx, size_t slice, size_t begin, size_t end)
{
	struct seen *s = ctx;

	s->begin[slice] = begin;
	s->end[slice] = end;
	s->calls[slice]++;
	for (size_t i = begin; i < end; i++)
		s->touched[i]++;
}

START_TEST(slices_cover_everything_once)
{
	static const unsigned workers[] = { 0, 1, 2, 7, 64, 1000 };
	struct seen one, s;

	memset(&one, 0, sizeof(one));
	da_parallel_for(1, N, 64, note, &one);
	for (size_t w = 0; w < DA_ARRAY_SIZE(workers); w++) {
		memset(&s, 0, sizeof(s));
		da_parallel_for(workers[w], N, 64, note, &s);
		ck_assert_mem_eq(&s, &one, sizeof(s)); /* whatever the number of workers */
	}
	for (size_t i = 0; i < N; i++)
		ck_assert_uint_eq(one.touched[i], 1);
	for (size_t i = 0; i < 64; i++) {
		ck_assert_uint_eq(one.calls[i], 1);
		ck_assert_uint_eq(one.begin[i], i ? one.end[i - 1] : 0);
	}
	ck_assert_uint_eq(one.end[63], N);
}
END_TEST

START_TEST(fewer_items_than_slices)
{
	struct seen s = { 0 };

	da_parallel_for(4, 3, 8, note, &s);
	ck_assert_uint_eq(s.touched[0] + s.touched[1] + s.touched[2], 3);
	ck_assert_uint_eq(s.touched[3], 0);
	for (size_t i = 0; i < 8; i++)
		ck_assert_uint_eq(s.calls[i], 1);
	memset(&s, 0, sizeof(s));
	da_parallel_for(4, 0, 2, note, &s);
	ck_assert_uint_eq(s.touched[0], 0);
	da_parallel_for(4, 10, 0, note, &s);
	ck_assert_uint_eq(s.touched[0], 0);
}
END_TEST

UNIT_MAIN("parallel", slices_cover_everything_once, fewer_items_than_slices)
