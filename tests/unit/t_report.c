/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "unit/report_doc.h"
#include "unit/unit.h"

START_TEST(tables_agree)
{
	for (enum da_block b = 0; b < DA_TABLES; b++) {
		ck_assert_int_lt(da_blocks[b].first, da_blocks[b].end);
		for (enum da_col c = da_blocks[b].first; c < da_blocks[b].end; c++) {
			ck_assert_int_eq(da_cols[c].block, b);
			ck_assert_int_eq(da_cols[c].type == DA_TYPE_WORD, da_cols[c].words != DA_WORDS_none);
			for (enum da_col o = da_blocks[b].first; o < c; o++)
				ck_assert_str_ne(da_cols[o].key, da_cols[c].key);
		}
	}
	ck_assert_int_eq(da_blocks[0].first, 0);
	ck_assert_int_eq(da_blocks[DA_SUB_count].end, DA_COLS);
	ck_assert_str_eq(da_cols[DA_COL_frame_pc].key, "pc");
	ck_assert_int_eq(da_word_index(DA_WORDS_wait_kind, "debugger") >= 0, 1);
	ck_assert_int_eq(da_word_index(DA_WORDS_lock_kind, "debugger"), -1);
}
END_TEST

START_TEST(filled_and_read)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_doc *doc = da_doc_new(a, NULL);
	const char *first = NULL;
	struct da_cell cell, item;

	fill_doc(a, doc);
	da_doc_finish(doc);
	ck_assert_uint_eq(da_doc_mistakes(doc, &first), 0);
	ck_assert_uint_eq(da_doc_rows(doc, DA_BLOCK_threads), 3);
	ck_assert(da_cell_get(doc, DA_COL_threads_id, 2, &cell));
	ck_assert_str_eq(cell.text, "t3");
	ck_assert(!da_cell_get(doc, DA_COL_threads_managed_id, 0, &cell));
	ck_assert(!da_doc_column_drawn(doc, DA_COL_threads_managed_id));
	ck_assert(da_doc_column_drawn(doc, DA_COL_threads_tid));
	ck_assert(da_cell_get(doc, DA_COL_stacks_frames, 0, &cell));
	ck_assert_uint_eq(cell.n, 4);
	ck_assert(da_cell_sub(doc, DA_COL_stacks_frames, &cell, 1, DA_COL_frame_line, &item));
	ck_assert_int_eq(item.i, 88);
	ck_assert(!da_cell_sub(doc, DA_COL_stacks_frames, &cell, 0, DA_COL_frame_line, &item));
	ck_assert(da_cell_get(doc, DA_COL_stacks_threads, 0, &cell));
	ck_assert_uint_eq(cell.n, 2);
	da_cell_item(doc, DA_COL_stacks_threads, &cell, 1, &item);
	ck_assert_str_eq(item.text, "t2");
	ck_assert(da_cell_get(doc, DA_COL_heap_strings_string, 0, &cell));
	ck_assert_str_eq(cell.text, "string#1");
	ck_assert(da_doc_has_section(doc, DA_SECTION_heap_native));
	ck_assert(!da_doc_has_section(doc, DA_SECTION_handles));
}
END_TEST

START_TEST(findings_in_order)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_doc *doc = da_doc_new(a, NULL);
	size_t first;

	fill_doc(a, doc);
	da_doc_finish(doc);
	ck_assert_uint_eq(da_doc_findings(doc), 2);
	ck_assert_str_eq(da_doc_finding(doc, 0)->rule, "hang.deadlock");
	ck_assert_str_eq(da_doc_finding(doc, 0)->id, "f1");
	ck_assert_uint_eq(da_doc_finding(doc, 0)->nthreads, 2);
	ck_assert_str_eq(da_doc_get_verdict(doc)->finding, "f1");
	ck_assert_uint_eq(da_doc_findings_of(doc, DA_SEVERITY_NOTIFICATION, &first), 1);
	ck_assert_uint_eq(first, 1);
	ck_assert_uint_eq(da_doc_findings_of(doc, DA_SEVERITY_WARNING, &first), 0);
}
END_TEST

START_TEST(findings_merge)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_doc *doc = da_doc_new(a, NULL);
	struct da_finding *f = NULL;

	for (unsigned i = 0; i < 6; i++) {
		f = da_finding_new(doc, "hang.sleep", DA_SEVERITY_INFORMATION, i, 0.5);
		da_finding_thread(f, i);
		da_finding_merge(f, "%u", i % 2);
	}
	da_doc_verdict(doc, DA_VERDICT_HEALTHY, 1, f, "x");
	da_doc_finish(doc);
	ck_assert_uint_eq(da_doc_findings(doc), 2);
	ck_assert_uint_eq(da_doc_finding(doc, 0)->weight, 5);
	ck_assert_uint_eq(da_doc_finding(doc, 0)->count, 3);
	ck_assert_uint_eq(da_doc_finding(doc, 0)->nthreads, 3);
	ck_assert_str_eq(da_doc_get_verdict(doc)->finding, "f1");
}
END_TEST

/* The model counts in floats, and 0.9f is less than 0.9. */
START_TEST(confidence_of_floats)
{
	static const struct {
		float model;
		double document;
		const char *word;
	} cases[] = { { 0.9f, 0.9, "high" }, { 0.6f, 0.6, "medium" }, { 0.8995f - 0.001f, 0.899, "medium" },
		      { 1.5f, 1, "high" }, { -1, 0, "low" } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
		struct da_doc *doc = da_doc_new(a, NULL);

		(void)da_finding_new(doc, "hang.sleep", DA_SEVERITY_INFORMATION, 1, (double)cases[i].model);
		da_doc_verdict(doc, DA_VERDICT_HANG, (double)cases[i].model, NULL, "x");
		da_doc_finish(doc);
		ck_assert_double_eq(da_doc_finding(doc, 0)->confidence, cases[i].document);
		ck_assert_double_eq(da_doc_get_verdict(doc)->confidence, cases[i].document);
		ck_assert_str_eq(da_confidence_name(da_doc_finding(doc, 0)->confidence), cases[i].word);
	}
}
END_TEST

START_TEST(misuse_is_counted)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_doc *doc = da_doc_new(a, NULL);
	const char *first = NULL;
	struct da_cell cell;

	da_set_uint(doc, DA_COL_threads_tid, 1); /* no row */
	da_doc_row(doc, DA_BLOCK_threads);
	da_set_word(doc, DA_COL_threads_state, "dancing");
	da_set_bool(doc, DA_COL_threads_tid, true);
	da_add_ref(doc, DA_COL_threads_id, "t", 1);
	da_sub_row(doc, DA_COL_threads_id);
	da_set_uint(doc, DA_COL_frame_index, 1); /* no sub-row */
	da_set_text(doc, DA_COL_threads_wait_owner, "\" onclick=");
	ck_assert_uint_eq(da_doc_mistakes(doc, &first), 7);
	ck_assert_str_eq(first, "threads.tid: no row to set it in");
	da_set_ref(doc, DA_COL_threads_id, "t", DA_NONE);
	da_set_text(doc, DA_COL_threads_name, NULL);
	da_set_uint(doc, DA_COL_threads_user_us, 1ULL << 53); /* noted, not written */
	ck_assert_uint_eq(da_doc_mistakes(doc, NULL), 7);
	ck_assert(!da_cell_get(doc, DA_COL_threads_user_us, 0, &cell));
	ck_assert_uint_eq(da_doc_ledger_rows(doc), 1);
	ck_assert_str_eq(da_doc_ledger_row(doc, 0)->kind, "limit");
	da_doc_finish(doc);
	ck_assert_uint_eq(da_doc_ledger_rows(doc), 2);
	ck_assert_str_eq(da_doc_ledger_row(doc, 1)->text, "7 values were left out because they did not fit their "
							  "place; the first: threads.tid: no row to set it in");
}
END_TEST

START_TEST(text_is_made_valid)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_doc *doc = da_doc_new(a, NULL);
	struct da_cell cell;

	da_doc_row(doc, DA_BLOCK_threads);
	da_set_text(doc, DA_COL_threads_name, "a\xff\x1b[31m\xe2\x80\xae");
	ck_assert(da_cell_get(doc, DA_COL_threads_name, 0, &cell));
	ck_assert_str_eq(cell.text, "a\xef\xbf\xbd\\x1b[31m\\u202e");
	da_set_rich(doc, DA_COL_threads_activity, "a\x1b " DA_SYM("%s") "\002q\003", "b\n");
	ck_assert(da_cell_get(doc, DA_COL_threads_activity, 0, &cell));
	ck_assert_str_eq(cell.text, "a\\x1b \002sb\\n\003\\x02q\\x03");
}
END_TEST

START_TEST(many_rows_cost_columns)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_doc *doc = da_doc_new(a, NULL);
	char name[32];

	for (unsigned i = 0; i < 100000; i++) {
		da_doc_row(doc, DA_BLOCK_heap_types);
		snprintf(name, sizeof(name), "Ledger.Type%u", i % 1000);
		da_set_text(doc, DA_COL_heap_types_type, name);
		da_set_uint(doc, DA_COL_heap_types_count, i);
		da_set_uint(doc, DA_COL_heap_types_bytes, i * 24ULL);
		da_set_address(doc, DA_COL_heap_types_mt, 0x7f0000000000 + i * 8ULL);
	}
	da_doc_finish(doc);
	ck_assert_uint_eq(da_doc_rows(doc, DA_BLOCK_heap_types), 100000);
	ck_assert_uint_lt(da_arena_bytes(a), 24 << 20);
}
END_TEST

UNIT_MAIN("report", tables_agree, filled_and_read, findings_in_order, findings_merge, confidence_of_floats, misuse_is_counted,
	  text_is_made_valid, many_rows_cost_columns)
