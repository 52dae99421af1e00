/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "unit/unit.h"

START_TEST(grows)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	ck_assert_str_eq(da_str_get(&s), "");
	da_str_addn(&s, "", 0);
	ck_assert_str_eq(s.s, "");
	for (int i = 0; i < 1000; i++)
		da_str_addf(&s, "%03d,", i);
	ck_assert_uint_eq(s.n, 4000);
	ck_assert_uint_eq(strlen(s.s), 4000);
	ck_assert_mem_eq(s.s + 3996, "999,", 5);
	da_str_clear(&s);
	ck_assert_str_eq(da_str_get(&s), "");
	da_str_add(&s, "ab");
	da_str_addc(&s, 'c');
	da_str_addn(&s, "d\0e", 3);
	ck_assert_uint_eq(s.n, 6);
	ck_assert_mem_eq(s.s, "abcd\0e", 7);
	da_str_addf(&s, "%s", "");
	ck_assert_uint_eq(s.n, 6);
	da_str_done(&s);
	ck_assert_ptr_null(s.s);
}
END_TEST

START_TEST(comparisons)
{
	ck_assert(da_streq(NULL, NULL) && da_streq("a", "a"));
	ck_assert(!da_streq(NULL, "") && !da_streq("", NULL) && !da_streq("a", "b"));
	ck_assert(da_starts("libc.so.6", "lib") && da_starts("x", "") && !da_starts("li", "lib"));
	ck_assert(da_ends("core.zst", ".zst") && da_ends("x", "") && !da_ends("zst", ".zst"));
	ck_assert_str_eq(da_basename("/usr/lib/libc.so.6"), "libc.so.6");
	ck_assert_str_eq(da_basename("core"), "core");
	ck_assert_str_eq(da_basename("/opt/"), "");
}
END_TEST

START_TEST(status_has_names)
{
	ck_assert_str_eq(da_status_name(DA_OK), "ok");
	for (int s = DA_OK; s <= DA_IO; s++) {
		const char *name = da_status_name((enum da_status)s);

		ck_assert_ptr_nonnull(name);
		ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
	}
}
END_TEST

START_TEST(limits_and_their_table_agree)
{
	ck_assert_uint_gt(da_limit_rows_n, 10);
	ck_assert_uint_eq(da_limit_rows_n * sizeof(uint64_t), sizeof(struct da_limits));
	ck_assert_uint_eq(da_limits_default.frames, 4096);
	for (size_t i = 0; i < da_limit_rows_n; i++) {
		ck_assert_uint_gt(da_limit_rows[i].value, 0);
		ck_assert_uint_eq(da_limit_rows[i].value, ((const uint64_t *)&da_limits_default)[i]);
	}
}
END_TEST

UNIT_MAIN("str", grows, comparisons, status_has_names, limits_and_their_table_agree)
