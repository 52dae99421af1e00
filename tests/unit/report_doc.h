/* SPDX-License-Identifier: Apache-2.0 */
/* A document that has something in every corner, for the tests of report/. */
#ifndef REPORT_DOC_H
#define REPORT_DOC_H

#include "base/arena.h"
#include "base/ledger.h"
#include "base/str.h"
#include "report/report.h"

static inline bool into_str(void *ctx, const char *bytes, size_t n)
{
	da_str_addn(ctx, bytes, n);
	return true;
}

static inline void fill_threads(struct da_doc *doc)
{
	for (unsigned i = 0; i < 3; i++) {
		da_doc_row(doc, DA_BLOCK_threads);
		da_set_ref(doc, DA_COL_threads_id, "t", i);
		da_set_uint(doc, DA_COL_threads_tid, 14220 + i);
		da_set_text(doc, DA_COL_threads_name, i ? "index-writer" : "ledger-writer");
		da_set_word(doc, DA_COL_threads_state, i == 2 ? "idle" : "blocked");
		if (i < 2)
			da_set_rich(doc, DA_COL_threads_activity, "waits for " DA_REF("lock%u") " at " DA_ADDR("0x%x"),
				    i + 1, 0x7f00 + i);
		else
			da_set_rich(doc, DA_COL_threads_activity, "waits for work");
		da_set_uint(doc, DA_COL_threads_user_us, 1000 * i);
		da_set_ref(doc, DA_COL_threads_stack_group, "g", i / 2);
	}
	da_doc_row(doc, DA_BLOCK_stacks);
	da_set_ref(doc, DA_COL_stacks_group, "g", 0);
	da_add_ref(doc, DA_COL_stacks_threads, "t", 0);
	da_add_ref(doc, DA_COL_stacks_threads, "t", 1);
	da_set_word(doc, DA_COL_stacks_rank, "deadlocked");
	for (unsigned i = 0; i < 4; i++) {
		da_sub_row(doc, DA_COL_stacks_frames);
		da_set_uint(doc, DA_COL_frame_index, i);
		da_set_address(doc, DA_COL_frame_pc, 0x401000 + 16 * i);
		da_set_text(doc, DA_COL_frame_function, i ? "Ledger::post(std::map<int, char> const&)" : "futex_wait");
		if (i == 1) {
			da_set_text(doc, DA_COL_frame_file, "/src/ledger/ledger.cc");
			da_set_uint(doc, DA_COL_frame_line, 88);
			da_set_bool(doc, DA_COL_frame_own, true);
		}
		da_set_word(doc, DA_COL_frame_trust, i ? "cfi" : "context");
	}
	da_doc_row(doc, DA_BLOCK_stacks);
	da_set_ref(doc, DA_COL_stacks_group, "g", 1);
	da_sub_row(doc, DA_COL_stacks_frames);
	da_set_address(doc, DA_COL_frame_pc, UINT64_MAX);
}

static inline void fill_blocks(struct da_doc *doc)
{
	static const char *const args[] = { "/opt/ledger/ledgerd", "--listen", "0.0.0.0:80" };

	da_set_text(doc, DA_COL_input_file, "core.14220");
	da_set_uint(doc, DA_COL_input_bytes, 1 << 30);
	da_set_word(doc, DA_COL_input_writer, "kernel");
	da_set_bool(doc, DA_COL_input_truncated, false);
	da_set_text(doc, DA_COL_process_name, "ledgerd");
	da_set_uint(doc, DA_COL_process_pid, 14220);
	da_set_text(doc, DA_COL_process_executable, "/opt/ledger/ledgerd");
	da_add_arguments(doc, DA_COL_process_command_line, args, 3);
	da_set_int(doc, DA_COL_exception_code, -1073741819);
	da_add_address(doc, DA_COL_exception_parameters, 1);
	da_add_address(doc, DA_COL_exception_parameters, 0xdead);
	da_set_address(doc, DA_COL_exception_address, 0xdead);
	da_set_text(doc, DA_COL_exception_message, "caf\xc3\xa9 \"x\" \\n </script>");
	fill_threads(doc);
	for (unsigned i = 0; i < 2; i++) {
		da_doc_row(doc, DA_BLOCK_memory_kinds);
		da_set_word(doc, DA_COL_memory_kinds_kind, i ? "heap" : "image");
		da_set_uint(doc, DA_COL_memory_kinds_bytes, 4096 * i);
	}
	da_doc_row(doc, DA_BLOCK_cpu);
	da_set_ref(doc, DA_COL_cpu_thread, "t", 1);
	da_set_real(doc, DA_COL_cpu_percent, 33.1);
	da_doc_row(doc, DA_BLOCK_locks);
	da_set_ref(doc, DA_COL_locks_id, "lock", 0);
	da_add_ref(doc, DA_COL_locks_waiters, "t", 1);
	da_add_ref(doc, DA_COL_locks_waiters, "c", 0);
	da_set_rich(doc, DA_COL_locks_how, "the word at " DA_ADDR("0x%x") " names " DA_REF("t%u"), 64, 1);
	da_doc_row(doc, DA_BLOCK_exceptions);
	da_set_ref(doc, DA_COL_exceptions_id, "e", 0);
	da_sub_row(doc, DA_COL_exceptions_fields);
	da_set_text(doc, DA_COL_pair_name, "FileName");
	da_set_text(doc, DA_COL_pair_value, "/srv/data/ledger.db");
	da_doc_row(doc, DA_BLOCK_heap_strings);
	da_set_text(doc, DA_COL_heap_strings_string, "what a customer typed");
	da_set_uint(doc, DA_COL_heap_strings_count, 9);
}

static inline struct da_finding *fill_findings(struct da_doc *doc)
{
	struct da_finding *f = da_finding_new(doc, "dump.truncated", DA_SEVERITY_NOTIFICATION, 0, 1);
	struct da_evidence *e;

	da_finding_title(f, "The dump is cut short");
	f = da_finding_new(doc, "hang.deadlock", DA_SEVERITY_ERROR, 2, 0.95);
	da_finding_title(f, "Deadlock of %u threads", 2);
	da_finding_description(f, DA_REF("t%u") " owns " DA_REF("lock%u") " and waits in " DA_SYM("%s") " at "
				  DA_PATH("%s") " for " DA_SITE("%s"), 1, 1, "Ledger::post", "/src/l.cc", "db01");
	da_finding_recommendation(f, "Take both locks in one order.");
	da_finding_refuted_by(f, DA_REF("t%u") " still running", 1);
	da_finding_thread(f, 0);
	da_finding_thread(f, 1);
	da_finding_thread(f, 0);
	da_finding_object(f, "lock", 0);
	da_finding_chain(f, 3);
	da_finding_next(f, DA_NEXT_CHECK, "Look at " DA_REF("t%u") ".", 2);
	e = da_finding_evidence(f, "owner field");
	da_evidence_thread(e, 0);
	da_evidence_frame(e, 2);
	da_evidence_address(e, 0x7f3a1c0124c8);
	da_evidence_value(e, DA_ADDR("0x%x"), 14233);
	da_evidence_text(e, "names " DA_REF("t%u"), 1);
	return f;
}

static inline void fill_doc(struct da_arena *a, struct da_doc *doc)
{
	static const char *const frames[] = { "ledgerd!Ledger::post", "ledgerd!main" };
	struct da_ledger *l = da_ledger_new(a, 10);

	da_doc_title(doc, "TICKET-7");
	da_doc_rules_version(doc, "1");
	fill_blocks(doc);
	da_doc_verdict(doc, DA_VERDICT_HANG, 0.95, fill_findings(doc), "Hang: " DA_REF("t%u") " waits.", 1);
	da_doc_signature(doc, "hang.deadlock/Ledger::post", frames, 2, 1);
	da_doc_signature_alternative(doc, "hang.deadlock/main");
	da_note(l, DA_NOTE_MISSING, "libfoo.so", "Give it with --symbols.", "no file for " DA_PATH("%s"),
		"/usr/lib/libfoo.so");
	da_note(l, DA_NOTE_CUT, "dump", NULL, "cut at %d", 12);
	da_doc_ledger(doc, l);
	da_doc_rule(doc, "hang.deadlock", DA_OUTCOME_RAN, 1, NULL);
	da_doc_rule(doc, "crash.access", DA_OUTCOME_SKIPPED, 0, "no signal");
	da_doc_completeness(doc, DA_SECTION_threads, DA_COMPLETE, 3, 3, DA_UNIT_THREADS, NULL);
	da_doc_completeness(doc, DA_SECTION_heap_native, DA_SKIPPED, 0, 0, DA_UNIT_BYTES,
			    "the heap of " DA_SYM("malloc") " was not dumped");
}

#endif
