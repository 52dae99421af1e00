/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/checked.h"
#include "base/vec.h"
#include "unit/unit.h"

START_TEST(memory_is_zeroed_and_aligned)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();

	for (size_t size = 0; size < 70000; size = size * 2 + 1) {
		unsigned char *p = da_alloc(a, size);

		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < size; i++)
			ck_assert_uint_eq(p[i], 0);
		memset(p, 0xa5, size);
	}
}
END_TEST

START_TEST(small_blocks_do_not_overlap)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	unsigned char *blocks[3000];

	for (size_t i = 0; i < DA_ARRAY_SIZE(blocks); i++) {
		blocks[i] = da_alloc(a, i % 97 + 1);
		memset(blocks[i], (int)(i & 0xff), i % 97 + 1);
	}
	for (size_t i = 0; i < DA_ARRAY_SIZE(blocks); i++)
		for (size_t k = 0; k < i % 97 + 1; k++)
			ck_assert_uint_eq(blocks[i][k], i & 0xff);
	ck_assert_uint_ge(da_arena_bytes(a), 3000 * 16);
}
END_TEST

START_TEST(strings_are_copied)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	char text[] = "watchdog";
	char *copy = da_strdup(a, text);

	text[0] = 'W';
	ck_assert_str_eq(copy, "watchdog");
	ck_assert_str_eq(da_strndup(a, "abcdef", 3), "abc");
	ck_assert_str_eq(da_strndup(a, "ab", 30), "ab");
	ck_assert_str_eq(da_printf(a, "%s=%d", "x", 12), "x=12");
	ck_assert_str_eq(da_printf(a, "%s", ""), "");
	ck_assert_mem_eq(da_memdup(a, "a\0b", 3), "a\0b", 3);
	ck_assert_ptr_nonnull(da_memdup(a, NULL, 0));
}
END_TEST

static char order[8];

static void mark(void *ptr)
{
	strncat(order, ptr, 1);
}

START_TEST(hooks_run_backwards_at_the_end)
{
	struct da_arena *a = da_arena_new();

	order[0] = '\0';
	da_arena_on_free(a, mark, "1");
	da_arena_on_free(a, mark, "2");
	da_arena_on_free(a, mark, "3");
	ck_assert_str_eq(order, "");
	da_arena_free(a);
	ck_assert_str_eq(order, "321");
	da_arena_free(NULL);
}
END_TEST

START_TEST(vectors_grow_and_keep)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	DA_VEC(uint64_t) v = { 0 };
	uint64_t *first;

	da_vec_push(a, &v, 7u);
	first = &v.v[0];
	for (uint64_t i = 1; i < 10000; i++)
		*da_vec_add(a, &v) += i; /* a new item is zero */
	ck_assert_uint_eq(v.n, 10000);
	ck_assert_uint_eq(v.v[0], 7);
	ck_assert_uint_eq(v.v[9999], 9999);
	ck_assert_uint_eq(*first, 7); /* old storage does not dangle */
	da_vec_reserve(a, &v, 5000);
	first = v.v;
	for (uint64_t i = 0; i < 5000; i++)
		da_vec_push(a, &v, i);
	ck_assert_ptr_eq(v.v, first);
	ck_assert_uint_eq(v.v[9999], 9999);
	ck_assert_uint_eq(v.v[14999], 4999);
}
END_TEST

/* Runs in a child of its own; an allocation that cannot succeed ends it by SIGABRT. */
static void expect_abort(void (*fn)(struct da_arena *a))
{
	struct da_arena *a = da_arena_new();

	fn(a);
	da_arena_free(a);
}

static void overflowing(struct da_arena *a)
{
	da_calloc(a, SIZE_MAX / 2, 3);
}

static void huge(struct da_arena *a)
{
	da_alloc(a, SIZE_MAX - 4);
}

START_TEST(product_that_overflows_aborts)
{
	expect_abort(overflowing);
}
END_TEST

START_TEST(size_that_wraps_aborts)
{
	expect_abort(huge);
}
END_TEST

START_TEST(checked_arithmetic)
{
	uint64_t r = 5;

	ck_assert(da_add(&r, 1, 2) && r == 3);
	ck_assert(!da_add(&r, UINT64_MAX, 1));
	ck_assert(da_mul(&r, 1u << 31, 2) && r == 1ull << 32);
	ck_assert(!da_mul(&r, 1ull << 63, 2));
	ck_assert(da_fits(0, 0, 0));
	ck_assert(da_fits(3, 2, 5));
	ck_assert(!da_fits(3, 3, 5));
	ck_assert(!da_fits(6, 0, 5));
	ck_assert(!da_fits(2, UINT64_MAX, 5));
	ck_assert_uint_eq(da_round_up(0, 16), 0);
	ck_assert_uint_eq(da_round_up(17, 16), 32);
	ck_assert_uint_eq(da_round_up(UINT64_MAX, 16), UINT64_MAX & ~15ull);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("arena");
	TCase *t = tcase_create("arena");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, UNIT_SECONDS);
	tcase_add_test(t, memory_is_zeroed_and_aligned);
	tcase_add_test(t, small_blocks_do_not_overlap);
	tcase_add_test(t, strings_are_copied);
	tcase_add_test(t, hooks_run_backwards_at_the_end);
	tcase_add_test(t, vectors_grow_and_keep);
	tcase_add_test(t, checked_arithmetic);
	tcase_add_test_raise_signal(t, product_that_overflows_aborts, SIGABRT);
	tcase_add_test_raise_signal(t, size_that_wraps_aborts, SIGABRT);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
