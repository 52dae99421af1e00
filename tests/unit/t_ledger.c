/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/arena.h"
#include "base/ledger.h"
#include "unit/unit.h"

START_TEST(equal_notes_are_one_with_a_count)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_ledger *l = da_ledger_new(a, 100);

	for (int i = 0; i < 5; i++)
		da_note(l, DA_NOTE_MISSING, "libc.so.6", "bring it", "no file with build-id %s", "1a2b");
	da_note(l, DA_NOTE_CORRUPT, "libc.so.6", NULL, "no file with build-id 1a2b"); /* other kind */
	da_note(l, DA_NOTE_MISSING, "libm.so.6", NULL, "no file with build-id 1a2b"); /* other place */
	ck_assert_uint_eq(da_ledger_count(l), 3);
	ck_assert_uint_eq(da_ledger_at(l, 0)->count, 5);
	ck_assert_str_eq(da_ledger_at(l, 0)->text, "no file with build-id 1a2b");
	ck_assert_str_eq(da_ledger_at(l, 0)->remedy, "bring it");
	ck_assert_int_eq(da_ledger_at(l, 1)->kind, DA_NOTE_CORRUPT);
	ck_assert_ptr_null(da_ledger_at(l, 1)->remedy);
	ck_assert_str_eq(da_ledger_at(l, 2)->where, "libm.so.6");
}
END_TEST

START_TEST(place_and_text_are_not_glued)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_ledger *l = da_ledger_new(a, 100);

	da_note(l, DA_NOTE_CUT, "ab", NULL, "c");
	da_note(l, DA_NOTE_CUT, "a", NULL, "bc");
	ck_assert_uint_eq(da_ledger_count(l), 2);
}
END_TEST

START_TEST(each_kind_has_its_room)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_ledger *l = da_ledger_new(a, 3);

	for (int i = 0; i < 1000; i++)
		da_note(l, DA_NOTE_LIMIT, "stack", NULL, "thread %d", i);
	da_note(l, DA_NOTE_LIMIT, "stack", NULL, "thread 1"); /* kept ones still count */
	da_note(l, DA_NOTE_CUT, "dump", NULL, "ends early");
	ck_assert_uint_eq(da_ledger_count(l), 4);
	ck_assert_uint_eq(da_ledger_dropped(l, DA_NOTE_LIMIT), 997);
	ck_assert_uint_eq(da_ledger_dropped(l, DA_NOTE_CUT), 0);
	ck_assert_uint_eq(da_ledger_at(l, 1)->count, 2);
}
END_TEST

START_TEST(strings_are_copied)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_ledger *l = da_ledger_new(a, 3);
	char where[] = "here", remedy[] = "fix";

	da_note(l, DA_NOTE_LOST, where, remedy, "gone");
	where[0] = remedy[0] = 'X';
	ck_assert_str_eq(da_ledger_at(l, 0)->where, "here");
	ck_assert_str_eq(da_ledger_at(l, 0)->remedy, "fix");
	da_note(NULL, DA_NOTE_LOST, "here", NULL, "swallowed");
}
END_TEST

START_TEST(kinds_have_names)
{
	ck_assert_str_eq(da_note_kind_name(DA_NOTE_MISSING), "missing");
	ck_assert_str_eq(da_note_kind_name(DA_NOTE_LOST), "lost");
	for (int k = 0; k < DA_NOTE_KINDS; k++)
		ck_assert_ptr_nonnull(da_note_kind_name((enum da_note_kind)k));
	ck_assert_str_eq(da_note_kind_name(DA_NOTE_KINDS), "unknown");
}
END_TEST

UNIT_MAIN("ledger", equal_notes_are_one_with_a_count, place_and_text_are_not_glued, each_kind_has_its_room,
	  strings_are_copied, kinds_have_names)
