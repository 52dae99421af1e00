/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "base/rich.h"
#include "base/str.h"
#include "unit/unit.h"

static void next_is(const char **pos, enum da_run_kind kind, const char *text)
{
	struct da_run run;

	ck_assert(da_rich_next(pos, &run));
	ck_assert_int_eq(run.kind, kind);
	ck_assert_uint_eq(run.n, strlen(text));
	ck_assert_mem_eq(run.s, text, run.n);
}

START_TEST(splits_a_sentence)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	const char *pos = da_printf(a, DA_REF("t%u") " waits for " DA_ADDR("0x%x") " in " DA_SYM("%s") ", "
				    DA_PATH("%s") DA_SITE("host") DA_SECRET("pw") ".",
				    14, 0x7f10, "f(int)", "/opt/demo");
	struct da_run run;

	next_is(&pos, DA_RUN_REF, "t14");
	next_is(&pos, DA_RUN_TEXT, " waits for ");
	next_is(&pos, DA_RUN_ADDRESS, "0x7f10");
	next_is(&pos, DA_RUN_TEXT, " in ");
	next_is(&pos, DA_RUN_SYMBOL, "f(int)");
	next_is(&pos, DA_RUN_TEXT, ", ");
	next_is(&pos, DA_RUN_PATH, "/opt/demo");
	next_is(&pos, DA_RUN_SITE, "host");
	next_is(&pos, DA_RUN_SECRET, "pw");
	next_is(&pos, DA_RUN_TEXT, ".");
	ck_assert(!da_rich_next(&pos, &run));
	ck_assert(!da_rich_next(&pos, &run));
}
END_TEST

START_TEST(broken_marks_are_text)
{
	const char *pos = "a\002r t1";
	struct da_run run;

	next_is(&pos, DA_RUN_TEXT, "a");
	next_is(&pos, DA_RUN_TEXT, "\002r t1");
	ck_assert(!da_rich_next(&pos, &run));
	pos = "\002?x\003y";
	next_is(&pos, DA_RUN_TEXT, "\002?x\003y");
	pos = "\002";
	next_is(&pos, DA_RUN_TEXT, "\002");
	pos = "\002\002\002rt1\003"; /* every call advances */
	next_is(&pos, DA_RUN_TEXT, "\002");
	next_is(&pos, DA_RUN_TEXT, "\002");
	next_is(&pos, DA_RUN_REF, "t1");
	pos = "\002s\003";
	next_is(&pos, DA_RUN_SYMBOL, "");
	ck_assert(!da_rich_next(&pos, &run));
}
END_TEST

START_TEST(plain_text)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_rich_plain(&s, DA_REF("t1") " read " DA_ADDR("0x0") "");
	ck_assert_str_eq(da_str_get(&s), "t1 read 0x0");
	da_str_clear(&s);
	da_rich_plain(&s, "");
	ck_assert_str_eq(da_str_get(&s), "");
}
END_TEST

UNIT_MAIN("rich", splits_a_sentence, broken_marks_are_text, plain_text)
