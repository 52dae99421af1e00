/* SPDX-License-Identifier: Apache-2.0 */
/* Rules over models made by hand: each fires on its case and is silent on all others. */
#include "config.h"

#include <string.h>

#include "analyze/analyze.h"
#include "unit/findings.h"
#include "unit/unit.h"

/* A process of two threads: t1 in own code called from libc, t2 the leader waiting in libc. */
static struct da_place *place(struct da_dump *d, uint32_t module, const char *function, const char *file,
			      uint32_t line)
{
	struct da_place *p = da_new(d->arena, struct da_place);

	p->module = module;
	p->calls = da_new(d->arena, struct da_place_call);
	p->calls[0] = (struct da_place_call){ function, file, line };
	p->ncalls = 1;
	p->exact = true;
	return p;
}

static void frame(struct da_dump *d, struct da_thread *t, uint64_t pc, uint32_t module, const char *function)
{
	struct da_frame *f = da_vec_add(d->arena, &t->frames);

	f->pc = pc;
	f->sp = 0x7ffe0000 + 16 * t->frames.n;
	f->module = module;
	f->trust = t->frames.n == 1 ? DA_TRUST_CONTEXT : DA_TRUST_CFI;
	f->kind = DA_FRAME_NATIVE;
	f->place = function ? place(d, module, function, "/src/orders/parse.c", 88) : NULL;
}

static struct da_dump *process(void)
{
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);
	struct da_process *p = &d->proc;
	struct da_module *m;
	struct da_thread *t;

	d->origin = (struct da_origin){ .file = "core.14220", .bytes = 4096, .format = "elf-core",
					.writer = "kernel", .dump_type = "unknown" };
	p->arch = da_arch_by_elf(62, 2, false);
	p->arch_name = "x86_64";
	p->bits = 64;
	p->os = DA_OS_LINUX;
	p->name = "ordersd";
	m = da_vec_add(d->arena, &p->modules);
	*m = (struct da_module){ .name = "ordersd", .path = "/opt/orders/ordersd", .start = 0x400000,
				 .end = 0x500000, .main = true, .class = DA_CLASS_OWN,
				 .match = DA_MATCH_BUILD_ID, .symbols = DA_SYMS_FULL };
	m = da_vec_add(d->arena, &p->modules);
	*m = (struct da_module){ .name = "libc.so.6", .path = "/lib/libc.so.6", .start = 0x7f0000000000,
				 .end = 0x7f0000200000, .class = DA_CLASS_SYSTEM,
				 .match = DA_MATCH_BUILD_ID, .symbols = DA_SYMS_DYNAMIC };
	t = da_vec_add(d->arena, &p->threads);
	*t = (struct da_thread){ .tid = 14221, .end = DA_END_COMPLETE, .state = DA_STATE_UNKNOWN,
				 .stack_base = 0x7ffe10000, .stack_limit = 0x7ffe00000 };
	frame(d, t, 0x401000, 0, "parse_header(char const*)");
	frame(d, t, 0x401100, 0, "main");
	frame(d, t, 0x7f0000001000, 1, "__libc_start_main");
	t = da_vec_add(d->arena, &p->threads);
	*t = (struct da_thread){ .tid = 14220, .name = "ordersd", .end = DA_END_COMPLETE,
				 .role = DA_ROLE_MAIN };
	frame(d, t, 0x7f0000002000, 1, "poll");
	frame(d, t, 0x401200, 0, "serve");
	return d;
}

static struct da_exception *crash(struct da_dump *d, int64_t code, const char *name, enum da_cause cause)
{
	struct da_exception *e = da_new(d->arena, struct da_exception);

	*e = (struct da_exception){ .thread = 0, .is_signal = true, .code = code, .name = name, .has_info = true,
				    .syscall = -1, .cause = (uint8_t)cause, .blamed_frame = 0,
				    .blamed_module = 0, .blamed_why = "the failing instruction is in it" };
	d->proc.exception = e;
	d->proc.threads.v[0].state = DA_STATE_FAULTED;
	return e;
}

START_TEST(a_healthy_process_has_nothing)
{
	struct da_dump *d = process();
	struct da_doc *doc = analyze(d);

	ck_assert_uint_eq(da_doc_findings(doc), 1);
	ck_assert_ptr_nonnull(finding(doc, "hang.none"));
	ck_assert_uint_eq(count(doc, DA_SEVERITY_NOTIFICATION), 1);
	ck_assert_int_eq(da_doc_get_status(doc), DA_DOC_COMPLETE);
	ck_assert_int_eq(da_doc_get_verdict(doc)->kind, DA_VERDICT_UNKNOWN);
	ck_says(da_doc_get_verdict(doc)->text, "No known problem was detected");
	ck_assert_ptr_null(da_doc_get_signature(doc)->id);
	ck_assert_uint_eq(da_doc_rule_rows(doc), da_rules_n);
	da_dump_free(d);
}
END_TEST

/* Each cause gives exactly one Error, of this rule, and the verdict of a crash. */
static const struct {
	enum da_cause cause;
	int64_t code;
	const char *name, *rule, *title;
} causes[] = {
	{ DA_CAUSE_ACCESS, 11, "SIGSEGV", "crash.access", "null pointer" },
	{ DA_CAUSE_BEYOND_FILE, 7, "SIGBUS", "crash.access", "behind the end of a mapped file" },
	{ DA_CAUSE_HARDWARE_MEMORY, 7, "SIGBUS", "crash.access", "memory itself failed" },
	{ DA_CAUSE_STACK_OVERFLOW, 11, "SIGSEGV", "crash.stack-overflow", "stack overflowed" },
	{ DA_CAUSE_ABORT, 6, "SIGABRT", "crash.abort", "aborted itself" },
	{ DA_CAUSE_ASSERT, 6, "SIGABRT", "crash.abort", "assertion failed" },
	{ DA_CAUSE_STACK_SMASHED, 6, "SIGABRT", "crash.abort", "overrun" },
	{ DA_CAUSE_FORTIFY, 6, "SIGABRT", "crash.abort", "buffer overflow" },
	{ DA_CAUSE_FATAL_MESSAGE, 6, "SIGABRT", "crash.abort", "fatal message" },
	{ DA_CAUSE_HEAP_CORRUPTION, 6, "SIGABRT", "crash.heap-corruption", "heap is corrupt" },
	{ DA_CAUSE_CPP_EXCEPTION, 6, "SIGABRT", "crash.cpp-exception", "was not caught" },
	{ DA_CAUSE_OUT_OF_MEMORY, 6, "SIGABRT", "crash.out-of-memory", "allocation failed" },
	{ DA_CAUSE_PURE_VIRTUAL, 6, "SIGABRT", "crash.pure-virtual", "pure virtual" },
	{ DA_CAUSE_ILLEGAL_INSTRUCTION, 4, "SIGILL", "crash.illegal-instruction", "does not have" },
	{ DA_CAUSE_ARITHMETIC, 8, "SIGFPE", "crash.arithmetic", "arithmetic" },
	{ DA_CAUSE_BREAKPOINT, 5, "SIGTRAP", "crash.breakpoint", "breakpoint" },
	{ DA_CAUSE_BAD_SYSTEM_CALL, 31, "SIGSYS", "crash.bad-system-call", "forbids" },
	{ DA_CAUSE_MISALIGNED, 7, "SIGBUS", "crash.misaligned", "not aligned" },
	{ DA_CAUSE_RAISED, 11, "SIGSEGV", "crash.raised", "sent itself SIGSEGV in parse_header" },
	{ DA_CAUSE_LIMIT, 24, "SIGXCPU", "crash.limit", "limit of CPU time" },
	{ DA_CAUSE_TERMINATE, 6, "SIGABRT", "crash.terminate", "std::terminate was called" },
	{ DA_CAUSE_PANIC, 6, "SIGABRT", "crash.rust-panic", "Rust panic" },
	{ DA_CAUSE_WATCHDOG, 6, "SIGABRT", "crash.watchdog", "did not answer" },
};

START_TEST(each_cause_has_its_rule)
{
	struct da_dump *d = process();
	const struct da_finding_row *f;
	struct da_exception *e = crash(d, causes[_i].code, causes[_i].name, causes[_i].cause);
	struct da_doc *doc;

	e->has_address = true;
	e->address = 0x18;
	e->access = DA_ACCESS_READ;
	doc = analyze(d);
	f = finding(doc, causes[_i].rule);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR), 1);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_WARNING), 0);
	ck_says(f->title, causes[_i].title);
	ck_assert_ptr_nonnull(f->refuted_by);
	ck_assert_uint_ge(f->nevidence, 1);
	ck_assert_ptr_nonnull(f->recommendation);
	ck_assert_int_eq(da_doc_get_verdict(doc)->kind, DA_VERDICT_CRASH);
	ck_assert_str_eq(da_doc_get_verdict(doc)->finding, f->id);
	ck_assert(da_starts(da_doc_get_signature(doc)->id, causes[_i].rule));
	da_dump_free(d);
}
END_TEST

/* The figures that are known, and what was reached as far as they tell. */
START_TEST(memory_that_was_refused)
{
	static const struct {
		struct da_managed_heap heap;
		bool managed;
		const char *says, *advises;
	} cases[] = {
		{ { .has_used = true, .used = 130 << 20, .limit = 128 << 20, .limit_from = "DOTNET_GCHeapHardLimit", .refused = 4 << 20,
		    .refused_why = "memory could not be committed" }, true,
		  "The last request that it refused was for 4.0 MiB: memory could not be committed. DOTNET_GCHeapHardLimit limits its heap "
		  "to 128.0 MiB, of which objects take up 130.0 MiB: so much more does not fit.", "Raise DOTNET_GCHeapHardLimit" },
		{ { .has_used = true, .used = 100 << 20, .limit = 128 << 20, .limit_from = "DOTNET_GCHeapHardLimit", .refused = 4 << 20,
		    .refused_why = "memory could not be committed" }, true,
		  "limits its heap to 128.0 MiB, of which objects take up 100.0 MiB.", "Check the size that was asked for" },
		{ { 0 }, true, "or one request was absurdly large.", "Check the size that was asked for" },
		{ { 0 }, false, "either memory or address space ran out", "Check the size that was asked for" },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process();
		struct da_exception *e = crash(d, 6, "SIGABRT", DA_CAUSE_OUT_OF_MEMORY);
		const struct da_finding_row *f;
		bool mapped = false;

		if (cases[i].managed) {
			struct da_managed_exception *x = da_vec_add(d->arena, &d->proc.exceptions);

			*x = (struct da_managed_exception){ .parent = DA_NONE, .thread = 0, .type = "System.OutOfMemoryException" };
			e->managed = x;
			e->reason = "System.OutOfMemoryException was not handled";
			*da_vec_add(d->arena, &d->proc.runtimes) = (struct da_runtime){ .heap = cases[i].heap };
		}
		*da_vec_add(d->arena, &d->proc.mem.ranges) = (struct da_range){ .start = 0x10000000, .end = 0x10000000 + (9 << 20),
			.prot = DA_PROT_R | DA_PROT_W, .has_prot = true, .kind = DA_RANGE_HEAP, .module = DA_NONE };
		f = finding(analyze(d), "crash.out-of-memory");
		ck_assert_ptr_nonnull(f);
		ck_says(f->description, cases[i].says);
		ck_says(f->recommendation, cases[i].advises);
		ck_says(f->refuted_by, cases[i].managed ? "throws OutOfMemoryException by itself" : "throws std::bad_alloc by itself");
		for (size_t k = 0; k < f->nevidence; k++)
			mapped |= da_streq(f->evidence[k].what, "heap and anonymous memory, as mapped") &&
				  da_streq(f->evidence[k].value, "9.0 MiB");
		ck_assert(mapped);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(from_outside_is_no_error)
{
	struct da_dump *d = process();
	struct da_exception *e = crash(d, 15, "SIGTERM", DA_CAUSE_FROM_OUTSIDE);
	const struct da_finding_row *f;
	struct da_cell activity;
	struct da_doc *doc;

	e->has_sender = true;
	e->sender_pid = 77;
	doc = analyze(d);
	f = finding(doc, "crash.killed-from-outside");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR) + count(doc, DA_SEVERITY_WARNING), 0);
	ck_says(f->title, "process 77");
	ck_says(f->description, "received SIGTERM");
	ck_assert(da_cell_get(doc, DA_COL_threads_activity, 0, &activity));
	ck_says(activity.text, "received SIGTERM from outside");
	da_dump_free(d);
}
END_TEST

START_TEST(an_unknown_death_is_still_a_crash)
{
	struct da_dump *d = process();
	struct da_doc *doc;

	crash(d, 24, "SIGXCPU", DA_CAUSE_UNKNOWN);
	doc = analyze(d);
	ck_assert_int_eq(da_doc_get_verdict(doc)->kind, DA_VERDICT_CRASH);
	ck_says(da_doc_get_verdict(doc)->text, "SIGXCPU; why is unknown");
	ck_assert_double_lt(da_doc_get_verdict(doc)->confidence, 0.6);
	da_dump_free(d);
}
END_TEST

START_TEST(a_scanned_frame_lowers_the_confidence)
{
	struct da_dump *d = process();
	struct da_exception *e = crash(d, 11, "SIGSEGV", DA_CAUSE_ACCESS);

	e->blamed_frame = 1;
	d->proc.threads.v[0].frames.v[1].trust = DA_TRUST_SCAN;
	ck_assert_double_le(finding(analyze(d), "crash.access")->confidence, 0.6);
	da_dump_free(d);
}
END_TEST

START_TEST(an_unknown_address_is_not_invented)
{
	struct da_dump *d = process();
	struct da_doc *doc;

	crash(d, 11, "SIGSEGV", DA_CAUSE_ACCESS);
	doc = analyze(d);
	ck_says(finding(doc, "crash.access")->description, "is unknown, since");
	da_dump_free(d);
}
END_TEST

/* The words for what libc said are its message's, not those of a family. */
static const struct {
	enum da_cause cause;
	const char *message, *title, *not;
} said[] = {
	{ DA_CAUSE_FORTIFY, "*** %n in writable segments detected ***", "format string with %n", "memcpy" },
	{ DA_CAUSE_FORTIFY, "*** invalid %N$ use detected ***", "%N$", "memcpy" },
	{ DA_CAUSE_FORTIFY, "*** longjmp causes uninitialized stack frame ***: terminated", "Longjmp", "memcpy" },
	{ DA_CAUSE_FORTIFY, "*** bit out of range 0 - FD_SETSIZE on fd_set ***: terminated", "select()", "memcpy" },
	{ DA_CAUSE_FORTIFY, "*** buffer overflow detected ***: terminated", "buffer overflow", "select" },
	{ DA_CAUSE_HEAP_CORRUPTION, "free(): invalid pointer", "malloc never gave", "corrupt" },
	{ DA_CAUSE_HEAP_CORRUPTION, "free(): double free detected in tcache 2", "freed twice in", "corrupt" },
	{ DA_CAUSE_HEAP_CORRUPTION, "double free or corruption (!prev)", "freed twice, or the heap", "never gave" },
	{ DA_CAUSE_HEAP_CORRUPTION, "malloc(): corrupted top size", "heap is corrupt", "twice" },
};

START_TEST(messages_have_their_own_words)
{
	struct da_dump *d = process();
	const struct da_finding_row *f;
	struct da_exception *e = crash(d, 6, "SIGABRT", said[_i].cause);
	struct da_str all DA_CLEANUP(da_str_done) = { 0 };

	e->message = said[_i].message;
	f = da_doc_finding(analyze(d), 0);
	ck_says(f->title, said[_i].title);
	da_rich_plain(&all, f->title);
	da_rich_plain(&all, f->recommendation);
	ck_assert_msg(!strstr(da_str_get(&all), said[_i].not), "%s", da_str_get(&all));
	da_dump_free(d);
}
END_TEST

static void forbid(const char *rich, const char *words)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_rich_plain(&s, rich);
	ck_assert_msg(!strstr(da_str_get(&s), words), "'%s' is in '%s'", words, da_str_get(&s));
}

START_TEST(accesses_claim_no_more_than_is_known)
{
	struct da_dump *d = process();
	struct da_exception *e = crash(d, 11, "SIGSEGV", DA_CAUSE_ACCESS);
	const struct da_finding_row *f;

	e->has_address = true;
	e->address = 0x18; /* read or write is unknown */
	f = finding(analyze(d), "crash.access");
	ck_says(f->title, "Access through a null pointer");

	e->address = 0x401000; /* mapped and read-only */
	e->subname = "SEGV_ACCERR";
	e->access = DA_ACCESS_WRITE;
	f = finding(analyze(d), "crash.access");
	ck_says(f->title, "write to read-only memory");
	forbid(f->recommendation, "freed");

	e->address = 0x1234;
	e->access = DA_ACCESS_EXECUTE;
	ck_says(finding(analyze(d), "crash.access")->title, "Call to 0x1234, which is no code");

	e->has_address = false; /* a core of the kernel, and the code is not at hand */
	e->subname = "SI_KERNEL";
	f = finding(analyze(d), "crash.access");
	ck_says(f->recommendation, "not canonical");
	forbid(f->recommendation, "written by the kernel");
	da_dump_free(d);
}
END_TEST

START_TEST(an_abort_without_own_frames_names_no_place)
{
	struct da_dump *d = process();
	struct da_exception *e = crash(d, 6, "SIGABRT", DA_CAUSE_ABORT);
	const struct da_finding_row *f;

	e->blamed_frame = 2; /* of libc */
	f = finding(analyze(d), "crash.abort");
	ck_says(f->title, "was ended by SIGABRT"); /* the sender is not known either */
	e->has_sender = true;
	f = finding(analyze(d), "crash.abort");
	ck_says(f->title, "aborted itself");
	forbid(f->recommendation, "The place to look");
	forbid(f->description, "__libc_start_main");
	ck_says(f->description, "unknown");
	ck_assert_double_le(f->confidence, 0.6);
	da_dump_free(d);
}
END_TEST

START_TEST(stacks_that_overflowed_are_counted)
{
	struct da_dump *d = process();
	struct da_exception *e = crash(d, 11, "SIGSEGV", DA_CAUSE_STACK_OVERFLOW);

	e->cycle_len = 3;
	e->cycle_count = 12777;
	ck_says(finding(analyze(d), "crash.stack-overflow")->description, "the same 3 frames repeat 12 777 times");
	d->proc.threads.v[0].end = DA_END_LIMIT; /* the walk was given up before the beginning */
	ck_says(finding(analyze(d), "crash.stack-overflow")->description, "repeat at least 12 777 times");
	d->proc.threads.v[0].end = DA_END_COMPLETE;
	e->cycle_len = 1;
	ck_says(finding(analyze(d), "crash.stack-overflow")->description, "the same frame repeats 12 777 times");
	e->cycle_count = 0;
	e->below_stack = 20 << 20;
	ck_says(finding(analyze(d), "crash.stack-overflow")->description, "not full: one frame went 20 480 KiB");
	da_dump_free(d);
}
END_TEST

START_TEST(rules_can_be_chosen)
{
	struct da_dump *d = process();
	const char *bad = NULL;
	struct da_doc *doc;

	crash(d, 11, "SIGSEGV", DA_CAUSE_ACCESS);
	doc = analyze_with(d, "-crash.*");
	ck_assert_uint_eq(da_doc_findings(doc), 0);
	ck_assert(da_rules_check("-crash.*,+crash.access", d->arena, &bad));
	ck_assert(!da_rules_check("-crash.*,+hang.tea", d->arena, &bad));
	ck_assert_str_eq(bad, "hang.tea");
	da_dump_free(d);
}
END_TEST

/* ---- about the dump */

START_TEST(a_cut_dump_is_told_and_partial)
{
	struct da_dump *d = process();
	struct da_doc *doc;

	d->origin.truncated = true;
	d->origin.has_missing_bytes = true;
	d->origin.missing_bytes = 12345;
	d->origin.lost_start = 0x7ffe0f000;
	d->origin.lost_end = 0x7ffe10000;
	doc = analyze(d);
	ck_says(finding(doc, "dump.truncated")->description, "12345 bytes");
	ck_says(finding(doc, "dump.truncated")->evidence[0].text, "4096 bytes of t1's stack");
	ck_assert(finding(doc, "dump.truncated")->evidence[0].address == 0x7ffe0f000);
	ck_assert_int_eq(da_doc_get_status(doc), DA_DOC_PARTIAL);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR) + count(doc, DA_SEVERITY_WARNING), 0);
	ck_assert_int_eq(da_doc_get_verdict(doc)->kind, DA_VERDICT_UNKNOWN);
	ck_says(da_doc_get_verdict(doc)->text, "The dump is cut short: ");
	ck_says(da_doc_get_verdict(doc)->text, "could not be looked at");
	da_dump_free(d);
}
END_TEST

/* The use of a handle that another thread had closed; uses of valid ones are no news. */
START_TEST(bad_references_are_told_with_who_closed)
{
	static uint64_t pc[] = { 0x7f0000001000, 0x401234 };
	const struct da_place *places[2];
	struct da_dump *d = process();
	struct da_handle_operation o = { .handle = 0x40, .pid = 1, .tid = 14221, .act = DA_HANDLE_CLOSE, .n = 2,
					 .pc = pc, .place = places };
	struct da_doc *doc;

	places[0] = place(d, 1, "CloseHandle", NULL, 0);
	places[1] = place(d, 0, "give_back", "/src/orders/pool.c", 12);
	da_vec_push(d->arena, &d->proc.handle_operations, o);
	doc = analyze(d);
	ck_assert_ptr_null(finding(doc, "handles.bad-reference"));
	o.act = DA_HANDLE_BAD_REFERENCE;
	o.tid = 9;
	da_vec_push(d->arena, &d->proc.handle_operations, o);
	da_vec_push(d->arena, &d->proc.handle_operations, o);
	doc = analyze(d);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_WARNING), 1);
	ck_says(finding(doc, "handles.bad-reference")->evidence[0].text, "by a thread that has ended (9)");
	ck_says(finding(doc, "handles.bad-reference")->evidence[1].text, "give_back");
	ck_assert_uint_eq(finding(doc, "handles.bad-reference")->nevidence, 2);
	ck_assert_uint_eq(da_doc_rows(doc, DA_BLOCK_handle_operations), 3);
	da_dump_free(d);
}
END_TEST

START_TEST(a_machine_without_memory_is_told)
{
	static const struct {
		uint64_t committed, limit;
		bool told;
	} cases[] = { { 97, 100, true }, { 100, 100, true }, { 96, 100, false }, { 300, 100, false }, { 5, 0, false } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process();
		struct da_doc *doc;

		d->proc.system.committed = cases[i].committed << 30;
		d->proc.system.commit_limit = cases[i].limit << 30;
		doc = analyze(d);
		ck_assert((finding(doc, "memory.limit-reached") != NULL) == cases[i].told);
		if (i == 0)
			ck_says(finding(doc, "memory.limit-reached")->description, "99328 of the 102400 MiB");
		da_dump_free(d);
	}
}
END_TEST

START_TEST(code_that_files_bring_back_is_no_news)
{
	struct da_dump *d = process();
	struct da_missing_kind *k = da_vec_add(d->arena, &d->missing_kinds);
	struct da_missing_file *m;

	*k = (struct da_missing_kind){ DA_RANGE_IMAGE, "code of files (bit 2)" };
	ck_assert_ptr_null(finding(analyze(d), "dump.no-memory-kind"));
	m = da_vec_add(d->arena, &d->missing_files);
	*m = (struct da_missing_file){ .module = 0, .name = "ordersd", .why = "code", .frames = 2 };
	d->proc.modules.v[0].match = DA_MATCH_NONE;
	ck_assert_ptr_nonnull(finding(analyze(d), "dump.no-memory-kind"));
	ck_assert_ptr_nonnull(finding(analyze(d), "dump.symbols-missing"));
	da_dump_free(d);
}
END_TEST

START_TEST(lines_of_the_system_are_nobodys_question)
{
	struct da_dump *d = process();
	struct da_missing_file *m = da_vec_add(d->arena, &d->missing_files);

	*m = (struct da_missing_file){ .module = 1, .name = "libc.so.6", .why = "lines", .frames = 3 };
	ck_assert_ptr_null(finding(analyze(d), "dump.symbols-missing"));
	m->module = 0;
	ck_assert_ptr_nonnull(finding(analyze(d), "dump.symbols-missing"));
	da_dump_free(d);
}
END_TEST

START_TEST(early_ends_are_named)
{
	struct da_dump *d = process();
	const struct da_finding_row *f;

	d->proc.threads.v[1].end = DA_END_NO_UNWIND_INFO;
	d->proc.threads.v[1].end_why = "the file of libfoo.so is missing";
	f = finding(analyze(d), "dump.unwind-incomplete");
	ck_assert_ptr_nonnull(f);
	ck_says(f->title, "One stack");
	ck_says(f->evidence[0].text, "libfoo.so is missing");
	da_dump_free(d);
}
END_TEST

START_TEST(mismatches_and_lost_parts)
{
	struct da_dump *d = process();
	struct da_doc *doc;

	da_note(d->ledger, DA_NOTE_MISMATCH, "libfoo.so", NULL, "another build");
	da_note(d->ledger, DA_NOTE_LOST, "symbols", NULL, "module libbar.so was left out");
	doc = analyze(d);
	ck_assert_ptr_nonnull(finding(doc, "dump.symbol-mismatch"));
	ck_assert_ptr_nonnull(finding(doc, "dump.part-lost"));
	ck_assert_int_eq(da_doc_get_status(doc), DA_DOC_PARTIAL);
	da_dump_free(d);
}
END_TEST

/* The handler's own stack is small; what overflowed is the other one. */
START_TEST(overflow_seen_from_a_handler)
{
	struct da_dump *d = process();
	struct da_exception *e = crash(d, 6, "SIGABRT", DA_CAUSE_STACK_OVERFLOW);
	struct da_thread *t = &d->proc.threads.v[0];
	const struct da_finding_row *f;

	t->stack_limit = 0x7fff0000;
	t->stack_base = 0x7fff6000;
	t->frames.v[0].sp = 0x7fff1000;
	t->frames.v[0].trust = DA_TRUST_CONTEXT;
	t->frames.v[1].sp = 0x10000000;
	t->frames.v[1].trust = DA_TRUST_RUNTIME;
	t->frames.v[2].sp = 0x10000000 + (1000 << 10);
	e->cycle_count = 7;
	e->cycle_len = 2;
	e->blamed_frame = 1;
	f = finding(analyze(d), "crash.stack-overflow");
	ck_assert_ptr_nonnull(f);
	ck_says(f->description, "at least 1 000 KiB is full: the same 2 frames repeat 7 times");
	ck_assert_ptr_null(strstr(f->evidence[1].text, "scan of the stack"));
	t->frames.v[1].sp = 0x7fff2000;
	t->frames.v[2].sp = 0x7fff5000;
	f = finding(analyze(d), "crash.stack-overflow");
	ck_says(f->description, "stack of 24 KiB is full");
	da_dump_free(d);
}
END_TEST

START_TEST(a_foreign_dump_of_dotnet)
{
	struct da_dump *d = process();
	const struct da_finding_row *f;
	struct da_missing_file *m;

	d->origin.format = "elf-core";
	d->proc.modules.v[1].name = "libcoreclr.so";
	d->proc.modules.v[1].path = "/opt/app/libcoreclr.so";
	*da_vec_add(d->arena, &d->proc.runtimes) = (struct da_runtime){ .kind = DA_RUNTIME_CORECLR, .module = 1, .verified = true };
	/* nothing lacks: all its files are at hand */
	ck_assert_ptr_null(finding(analyze(d), "dump.not-portable"));
	m = da_vec_add(d->arena, &d->missing_files);
	*m = (struct da_missing_file){ .module = 1, .name = "libcoreclr.so", .path = "/opt/app/libcoreclr.so",
				       .build_id = "aabb", .why = "names", .frames = 3 };
	m = da_vec_add(d->arena, &d->missing_files);
	*m = (struct da_missing_file){ .module = DA_NONE, .managed = true, .name = "App.dll", .path = "/opt/app/App.dll",
				       .why = "names of types and methods" };
	m = da_vec_add(d->arena, &d->missing_files);
	*m = (struct da_missing_file){ .module = DA_NONE, .managed = true, .debug = true, .name = "App.pdb",
				       .pdb_id = "00FFFFFFFF", .why = "lines", .frames = 1 };
	f = finding(analyze(d), "dump.not-portable");
	ck_assert_ptr_nonnull(f);
	ck_says(f->description, "2 files");
	ck_assert_uint_eq(f->nevidence, 2);
	ck_says(f->evidence[0].text, "/opt/app/libcoreclr.so");
	ck_says(f->evidence[0].text, "build-id aabb");
	ck_says(f->evidence[1].text, "/opt/app/App.dll");
	d->origin.writer = "createdump";
	ck_assert_ptr_null(finding(analyze(d), "dump.not-portable"));
	d->origin.writer = "kernel";
	d->origin.format = "minidump";
	ck_assert_ptr_null(finding(analyze(d), "dump.not-portable"));
	da_dump_free(d);
}
END_TEST

/* A writer that left names out is told, unless they were found elsewhere. */
START_TEST(names_that_a_writer_left_out)
{
	struct da_dump *d = process();
	const struct da_finding_row *f;
	struct da_assembly *m;

	*da_vec_add(d->arena, &d->proc.runtimes) = (struct da_runtime){
		.kind = DA_RUNTIME_CORECLR, .verified = true, .reader = DA_READER_TABLE, .lacks = "It left out metadata",
		.remedy = "Give the program's file" };
	f = finding(analyze(d), "dump.runtime-unknown");
	ck_assert_ptr_nonnull(f);
	ck_says(f->description, "It left out metadata.");
	ck_says(f->recommendation, "Give the program's file.");
	ck_says(f->evidence[0].text, "names of methods");
	m = da_vec_add(d->arena, &d->proc.assemblies);
	*m = (struct da_assembly){ .name = "App", .missing_why = "its metadata is not in the dump", .module = DA_NONE };
	ck_assert_ptr_nonnull(finding(analyze(d), "dump.runtime-unknown"));
	m->missing_why = NULL;
	ck_assert_ptr_null(finding(analyze(d), "dump.runtime-unknown"));
	da_dump_free(d);
}
END_TEST

/* What a program's own exception keeps is masked by the name of the field, and told in one place alone. */
START_TEST(own_fields_of_exceptions)
{
	struct da_dump *d = process();
	struct da_exception *e = crash(d, 6, "SIGABRT", DA_CAUSE_CLR_EXCEPTION);
	struct da_managed_exception *x = da_vec_add(d->arena, &d->proc.exceptions);
	const struct da_finding_row *f;
	struct da_cell cell, value;
	struct da_doc *doc;

	*x = (struct da_managed_exception){ .address = 0x7000, .parent = DA_NONE, .where = DA_WHERE_UNHANDLED,
					    .type = "Shop.LoginException", .message = "no" };
	*da_vec_add(d->arena, &x->fields) = (struct da_text_pair){ .name = "file", .value = "index.json" };
	*da_vec_add(d->arena, &x->fields) =
		(struct da_text_pair){ .name = "_dbPassword", .value = "open-sesame-4711", .own = true };
	e->managed = x;
	doc = analyze(d);
	f = finding(doc, "crash.clr-exception");
	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; i < f->nevidence; i++)
		if (f->evidence[i].text)
			ck_assert_ptr_null(strstr(f->evidence[i].text, "sesame"));
	ck_assert(da_cell_get(doc, DA_COL_exceptions_fields, 0, &cell));
	ck_assert_uint_eq(cell.n, 2);
	ck_assert(da_cell_sub(doc, DA_COL_exceptions_fields, &cell, 0, DA_COL_pair_value, &value));
	ck_assert_str_eq(value.text, "index.json");
	ck_assert(da_cell_sub(doc, DA_COL_exceptions_fields, &cell, 1, DA_COL_pair_value, &value));
	ck_assert_ptr_null(strstr(value.text, "sesame"));
	da_dump_free(d);
}
END_TEST

START_TEST(secrets_are_counted)
{
	struct da_dump *d = process();
	const struct da_finding_row *f;

	da_vec_push(d->arena, &d->proc.arguments, "ordersd");
	da_vec_push(d->arena, &d->proc.arguments, "--password=open-sesame-4711");
	f = finding(analyze(d), "dump.secrets");
	ck_assert_ptr_nonnull(f);
	ck_says(f->description, "1 password");
	da_dump_free(d);
}
END_TEST

/* Every rule of the registry has a page, and fires somewhere above or below. */
START_TEST(rules_have_pages)
{
	for (size_t i = 0; i < da_rules_n; i++) {
		ck_assert_str_ne(da_rules[i]->page, "");
		ck_assert_str_ne(da_rules[i]->looks_for, "");
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(da_rules[i]->id, da_rules[k]->id);
	}
}
END_TEST

START_TEST(equal_stacks_are_one_group)
{
	struct da_dump *d = process();
	struct da_thread *t;
	struct da_doc *doc;

	for (uint32_t i = 0; i < 10; i++) {
		t = da_vec_add(d->arena, &d->proc.threads);
		*t = (struct da_thread){ .tid = 15000 + i, .end = DA_END_COMPLETE };
		frame(d, t, 0x7f0000002000, 1, "poll");
		frame(d, t, 0x401200 + (i == 9), 0, "serve"); /* the last one elsewhere in serve */
	}
	doc = analyze(d);
	ck_assert_uint_eq(da_doc_rows(doc, DA_BLOCK_threads), 12);
	ck_assert_uint_eq(da_doc_rows(doc, DA_BLOCK_stacks), 3);
	ck_assert_uint_gt(da_doc_rows(doc, DA_BLOCK_call_tree), 2);
	da_dump_free(d);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_healthy_process_has_nothing, memory_that_was_refused, from_outside_is_no_error, an_unknown_death_is_still_a_crash,
		a_scanned_frame_lowers_the_confidence, an_unknown_address_is_not_invented, rules_can_be_chosen,
		accesses_claim_no_more_than_is_known, an_abort_without_own_frames_names_no_place,
		stacks_that_overflowed_are_counted, bad_references_are_told_with_who_closed,
		a_machine_without_memory_is_told,
		a_cut_dump_is_told_and_partial, code_that_files_bring_back_is_no_news,
		lines_of_the_system_are_nobodys_question, early_ends_are_named, mismatches_and_lost_parts,
		a_foreign_dump_of_dotnet, overflow_seen_from_a_handler, own_fields_of_exceptions, names_that_a_writer_left_out, secrets_are_counted, rules_have_pages, equal_stacks_are_one_group,
	};
	Suite *suite = suite_create("rules");
	TCase *each = tcase_create("causes");
	SRunner *runner;
	int failed;

	for (size_t i = 0; i < DA_ARRAY_SIZE(tests); i++)
		tcase_add_test(each, tests[i]);
	tcase_add_loop_test(each, each_cause_has_its_rule, 0, DA_ARRAY_SIZE(causes));
	tcase_add_loop_test(each, messages_have_their_own_words, 0, DA_ARRAY_SIZE(said));
	tcase_set_timeout(each, UNIT_SECONDS);
	suite_add_tcase(suite, each);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
