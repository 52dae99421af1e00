/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "base/ledger.h"
#include "report/report.h"

#include "html/sample.h"

/* ---------------------------------------------------------------- one crash */

static void process(struct da_doc *d, const char *name)
{
	static const char *const args[] = { "ledgerd", "serve", "--port", "8080", "--db-password", "hunter22" };

	da_doc_row(d, DA_BLOCK_process);
	da_set_text(d, DA_COL_process_name, name);
	da_set_int(d, DA_COL_process_pid, 14220);
	da_set_int(d, DA_COL_process_ppid, 1);
	da_set_text(d, DA_COL_process_executable, "/opt/ledger/bin/ledgerd");
	da_add_arguments(d, DA_COL_process_command_line, args, DA_ARRAY_SIZE(args));
	da_set_int(d, DA_COL_process_uid, 1000);
	da_set_word(d, DA_COL_process_os, "linux");
	da_set_word(d, DA_COL_process_arch, "x86_64");
	da_set_int(d, DA_COL_process_bits, 64);
	da_doc_row(d, DA_BLOCK_input);
	da_set_text(d, DA_COL_input_file, "core.14220");
	da_set_uint(d, DA_COL_input_bytes, 157286400);
	da_set_word(d, DA_COL_input_format, "elf-core");
	da_set_word(d, DA_COL_input_writer, "kernel");
	da_set_word(d, DA_COL_input_dump_type, "full");
	da_set_bool(d, DA_COL_input_truncated, true);
	da_set_uint(d, DA_COL_input_missing_bytes, 4096);
}

static void exception(struct da_doc *d)
{
	static const struct {
		const char *name;
		uint64_t value;
		const char *meaning;
	} regs[] = {
		{ "rax", 0, NULL },
		{ "rbx", 0x7f3a1c0124c8, "in the heap" },
		{ "rsi", 0x18, NULL },
		{ "rip", 0x55d0c0a01234, "in " DA_SYM("Ledger::post(Entry const&)") },
		{ "rsp", 0x7f3a1bffe8d0, "stack of " DA_REF("t1") },
	};

	da_doc_row(d, DA_BLOCK_exception);
	da_set_int(d, DA_COL_exception_code, 11);
	da_set_text(d, DA_COL_exception_name, "SIGSEGV");
	da_set_text(d, DA_COL_exception_subcode, "SEGV_MAPERR");
	da_set_ref(d, DA_COL_exception_thread, "t", 0);
	da_set_address(d, DA_COL_exception_address, 0x18);
	da_set_word(d, DA_COL_exception_access, "read");
	da_set_rich(d, DA_COL_exception_near, "a null pointer plus 24 bytes");
	da_set_text(d, DA_COL_exception_instruction, "mov rax, qword ptr [rsi + 0x18]");
	da_set_ref(d, DA_COL_exception_module, "m", 0);
	da_set_text(d, DA_COL_exception_function, "Ledger::post(Entry const&)");
	da_set_ref(d, DA_COL_exception_stack_group, "g", 0);
	for (size_t i = 0; i < DA_ARRAY_SIZE(regs); i++) {
		da_doc_row(d, DA_BLOCK_registers);
		da_set_text(d, DA_COL_registers_name, regs[i].name);
		da_set_address(d, DA_COL_registers_value, regs[i].value);
		if (regs[i].meaning)
			da_set_rich(d, DA_COL_registers_meaning, "%s", regs[i].meaning);
	}
}

static void thread(struct da_doc *d, uint32_t i, const char *name, const char *role, const char *state,
		   const char *activity, uint32_t group)
{
	da_doc_row(d, DA_BLOCK_threads);
	da_set_ref(d, DA_COL_threads_id, "t", i);
	da_set_int(d, DA_COL_threads_tid, 14220 + i);
	da_set_text(d, DA_COL_threads_name, name);
	da_set_word(d, DA_COL_threads_role, role);
	da_set_word(d, DA_COL_threads_state, state);
	da_set_rich(d, DA_COL_threads_activity, "%s", activity);
	da_set_uint(d, DA_COL_threads_user_us, 12040000 / (i + 1));
	da_set_uint(d, DA_COL_threads_kernel_us, 812000 / (i + 1));
	da_set_ref(d, DA_COL_threads_stack_group, "g", group);
}

struct call {
	const char *function, *module, *file;
	uint32_t line, module_id;
	bool own, inlined;
	const char *trust;
	uint64_t repeat;
};

static void stack(struct da_doc *d, uint32_t group, uint32_t first, uint32_t threads, const char *rank,
		  const char *end, const struct call *calls, size_t n)
{
	da_doc_row(d, DA_BLOCK_stacks);
	da_set_ref(d, DA_COL_stacks_group, "g", group);
	for (uint32_t i = 0; i < threads; i++)
		da_add_ref(d, DA_COL_stacks_threads, "t", first + i);
	da_set_word(d, DA_COL_stacks_rank, rank);
	da_set_word(d, DA_COL_stacks_end, end);
	for (size_t i = 0; i < n; i++) {
		da_sub_row(d, DA_COL_stacks_frames);
		da_set_int(d, DA_COL_frame_index, (int64_t)i);
		da_set_address(d, DA_COL_frame_pc, 0x55d0c0a01000 + i * 64);
		da_set_ref(d, DA_COL_frame_module, "m", calls[i].module_id);
		da_set_text(d, DA_COL_frame_module_name, calls[i].module);
		da_set_address(d, DA_COL_frame_module_offset, 0x1000 + i * 64);
		da_set_text(d, DA_COL_frame_function, calls[i].function);
		da_set_address(d, DA_COL_frame_offset, 0xca);
		da_set_text(d, DA_COL_frame_file, calls[i].file);
		if (calls[i].line)
			da_set_int(d, DA_COL_frame_line, calls[i].line);
		da_set_word(d, DA_COL_frame_kind, "native");
		da_set_bool(d, DA_COL_frame_own, calls[i].own);
		da_set_bool(d, DA_COL_frame_inlined, calls[i].inlined);
		da_set_word(d, DA_COL_frame_trust, calls[i].trust);
		if (calls[i].repeat)
			da_set_uint(d, DA_COL_frame_repeat, calls[i].repeat);
	}
}

static const struct call crash_calls[] = {
	{ "Ledger::post(Entry const&)", "ledgerd", "/src/ledger/Ledger.cpp", 88, 0, true, false, "context", 0 },
	{ "std::function<void (Entry const&)>::operator()(Entry const&) const", "ledgerd",
	  "/usr/include/c++/12/bits/std_function.h", 591, 0, false, true, "cfi", 0 },
	{ "Writer::flush(std::vector<Entry, std::allocator<Entry> >&)", "ledgerd",
	  "/src/ledger/Writer.cpp", 140, 0, true, false, "cfi", 0 },
	{ "Writer::balance(Node*)", "ledgerd", "/src/ledger/Writer.cpp", 61, 0, true, false, "cfi", 10412 },
	{ "Writer::run()", "ledgerd", "/src/ledger/Writer.cpp", 40, 0, true, false, "frame-pointer", 0 },
	{ NULL, "libquaycodec.so", NULL, 0, 2, false, false, "scan", 0 },
	{ "start_thread", "libc.so.6", NULL, 0, 1, false, false, "cfi", 0 },
	{ "clone3", "libc.so.6", NULL, 0, 1, false, false, "cfi", 0 },
};
static const struct call read_calls[] = {
	{ "__futex_abstimed_wait_common64", "libc.so.6", NULL, 0, 1, false, false, "context", 0 },
	{ "pthread_mutex_lock", "libc.so.6", NULL, 0, 1, false, false, "cfi", 0 },
	{ "Ledger::read(Key const&)", "ledgerd", "/src/ledger/Ledger.cpp", 61, 0, true, false, "cfi", 0 },
	{ "Server::handle(Request&)", "ledgerd", "/src/ledger/Server.cpp", 211, 0, true, false, "cfi", 0 },
	{ "start_thread", "libc.so.6", NULL, 0, 1, false, false, "cfi", 0 },
	{ "clone3", "libc.so.6", NULL, 0, 1, false, false, "cfi", 0 },
};
static const struct call main_calls[] = {
	{ "epoll_wait", "libc.so.6", NULL, 0, 1, false, false, "context", 0 },
	{ "Server::loop()", "ledgerd", "/src/ledger/Server.cpp", 77, 0, true, false, "cfi", 0 },
	{ "main", "ledgerd", "/src/ledger/main.cpp", 30, 0, true, false, "cfi", 0 },
	{ "__libc_start_main", "libc.so.6", NULL, 0, 1, false, false, "cfi", 0 },
	{ "_start", "ledgerd", NULL, 0, 0, true, false, "cfi", 0 },
};
static const struct call idle_calls[] = {
	{ "__futex_abstimed_wait_common64", "libc.so.6", NULL, 0, 1, false, false, "context", 0 },
	{ "pthread_cond_wait", "libc.so.6", NULL, 0, 1, false, false, "cfi", 0 },
	{ "Pool::next()", "ledgerd", "/src/ledger/Pool.cpp", 19, 0, true, false, "cfi", 0 },
	{ "start_thread", "libc.so.6", NULL, 0, 1, false, false, "cfi", 0 },
	{ "clone3", "libc.so.6", NULL, 0, 1, false, false, "cfi", 0 },
};

static void threads(struct da_doc *d)
{
	thread(d, 0, "ledger-writer", "worker", "faulted", "died of SIGSEGV in " DA_SYM("Ledger::post"), 0);
	thread(d, 1, "ledgerd", "main", "waiting", "waits for a request", 2);
	for (uint32_t i = 2; i < 13; i++)
		thread(d, i, "ledger-reader", "worker", "blocked",
		       "waits for " DA_REF("lock1") ", owned by " DA_REF("t1"), 1);
	for (uint32_t i = 13; i < 41; i++)
		thread(d, i, "pool", "worker", "idle", "waits for work", 3);
	stack(d, 0, 0, 1, "faulting", "complete", crash_calls, DA_ARRAY_SIZE(crash_calls));
	stack(d, 1, 2, 11, "blocked", "complete", read_calls, DA_ARRAY_SIZE(read_calls));
	stack(d, 2, 1, 1, "waiting", "complete", main_calls, DA_ARRAY_SIZE(main_calls));
	stack(d, 3, 13, 28, "idle", "no-unwind-info", idle_calls, DA_ARRAY_SIZE(idle_calls));
}

static void tree_node(struct da_doc *d, int depth, const char *function, const char *module,
		      uint64_t n, bool own)
{
	da_doc_row(d, DA_BLOCK_call_tree);
	da_set_int(d, DA_COL_call_tree_depth, depth);
	da_set_text(d, DA_COL_call_tree_function, function);
	da_set_text(d, DA_COL_call_tree_module_name, module);
	da_set_uint(d, DA_COL_call_tree_threads, n);
	da_set_bool(d, DA_COL_call_tree_own, own);
}

static void tree(struct da_doc *d)
{
	tree_node(d, 0, "clone3", "libc.so.6", 40, false);
	tree_node(d, 1, "start_thread", "libc.so.6", 40, false);
	tree_node(d, 2, "Pool::next()", "ledgerd", 28, true);
	tree_node(d, 3, "pthread_cond_wait", "libc.so.6", 28, false);
	tree_node(d, 4, "__futex_abstimed_wait_common64", "libc.so.6", 28, false);
	tree_node(d, 2, "Server::handle(Request&)", "ledgerd", 11, true);
	tree_node(d, 3, "Ledger::read(Key const&)", "ledgerd", 11, true);
	tree_node(d, 4, "pthread_mutex_lock", "libc.so.6", 11, false);
	tree_node(d, 5, "__futex_abstimed_wait_common64", "libc.so.6", 11, false);
	tree_node(d, 2, "Writer::run()", "ledgerd", 1, true);
	tree_node(d, 3, "Ledger::post(Entry const&)", "ledgerd", 1, true);
	tree_node(d, 0, "_start", "ledgerd", 1, true);
	tree_node(d, 1, "main", "ledgerd", 1, true);
	tree_node(d, 2, "Server::loop()", "ledgerd", 1, true);
	tree_node(d, 3, "epoll_wait", "libc.so.6", 1, false);
}

static void module(struct da_doc *d, uint32_t i, const char *name, const char *symbols,
		   const char *matched, const char *class)
{
	da_doc_row(d, DA_BLOCK_modules);
	da_set_ref(d, DA_COL_modules_id, "m", i);
	da_set_text(d, DA_COL_modules_name, name);
	da_set_text(d, DA_COL_modules_path, "/usr/lib/x86_64-linux-gnu/libc.so.6");
	da_set_address(d, DA_COL_modules_base, 0x7f3a1c000000 + i * 0x100000);
	da_set_address(d, DA_COL_modules_end, 0x7f3a1c000000 + i * 0x100000 + 0x80000);
	da_set_text(d, DA_COL_modules_build_id, "5c1e0f33a87b2d1f1c2b5a4e9d8c7b6a59483726");
	da_set_word(d, DA_COL_modules_symbols, symbols);
	da_set_word(d, DA_COL_modules_matched, matched);
	da_set_word(d, DA_COL_modules_class, class);
}

static void modules(struct da_doc *d)
{
	static const struct {
		const char *kind;
		uint64_t bytes;
	} kinds[] = { { "anonymous", 74ull << 20 }, { "image", 23ull << 20 }, { "stack", 8 << 20 } };

	module(d, 0, "ledgerd", "full", "build-id", "own");
	module(d, 1, "libc.so.6", "dynamic", "memory", "system");
	module(d, 2, "libquaycodec.so", "none", "mismatch", "own");
	da_doc_row(d, DA_BLOCK_missing_files);
	da_set_text(d, DA_COL_missing_files_name, "libquaycodec.so");
	da_set_text(d, DA_COL_missing_files_path, "/opt/ledger/lib/libquaycodec.so");
	da_set_text(d, DA_COL_missing_files_build_id, "5c1e0f33a87b2d1f1c2b5a4e9d8c7b6a59483726");
	da_set_uint(d, DA_COL_missing_files_bytes, 411648);
	da_set_rich(d, DA_COL_missing_files_why, "the names of 14 frames in " DA_REF("g1"));
	for (size_t i = 0; i < DA_ARRAY_SIZE(kinds); i++) {
		da_doc_row(d, DA_BLOCK_memory_kinds);
		da_set_word(d, DA_COL_memory_kinds_kind, kinds[i].kind);
		da_set_uint(d, DA_COL_memory_kinds_bytes, kinds[i].bytes);
		da_set_uint(d, DA_COL_memory_kinds_ranges, 12);
	}
	for (uint32_t i = 0; i < 4; i++) {
		da_doc_row(d, DA_BLOCK_cpu);
		da_set_ref(d, DA_COL_cpu_thread, "t", i);
		da_set_uint(d, DA_COL_cpu_user_us, 12040000 / (i + 1));
		da_set_uint(d, DA_COL_cpu_kernel_us, 410000 / (i + 1));
		da_set_real(d, DA_COL_cpu_percent, 48.0 / (i + 1));
		da_set_text(d, DA_COL_cpu_function, "Ledger::post(Entry const&)");
	}
}

static void locks(struct da_doc *d)
{
	da_doc_row(d, DA_BLOCK_locks);
	da_set_ref(d, DA_COL_locks_id, "lock", 0);
	da_set_address(d, DA_COL_locks_address, 0x7f3a1c0124c8);
	da_set_word(d, DA_COL_locks_kind, "pthread-mutex");
	da_set_ref(d, DA_COL_locks_owner, "t", 0);
	for (uint32_t i = 2; i < 13; i++)
		da_add_ref(d, DA_COL_locks_waiters, "t", i);
	da_set_word(d, DA_COL_locks_state, "contended");
	da_set_rich(d, DA_COL_locks_how, "owner field of the mutex");
	da_doc_row(d, DA_BLOCK_wait_cycles);
	da_add_ref(d, DA_COL_wait_cycles_members, "t", 0);
	da_add_ref(d, DA_COL_wait_cycles_members, "t", 1);
	da_add_ref(d, DA_COL_wait_cycles_locks, "lock", 0);
	da_add_ref(d, DA_COL_wait_cycles_locks, "lock", 1);
	da_set_uint(d, DA_COL_wait_cycles_blocked_behind, 11);
	da_set_real(d, DA_COL_wait_cycles_confidence, 0.95);
}

static struct da_finding *findings(struct da_doc *d)
{
	struct da_finding *f = da_finding_new(d, "crash.access", DA_SEVERITY_ERROR, 10, 0.95), *g;
	struct da_evidence *e;

	da_finding_title(f, "Read through a null pointer in " DA_SYM("Ledger::post"));
	da_finding_description(f,
			       DA_REF("t1") " read address " DA_ADDR("0x18") ", a null pointer plus 24 "
			       "bytes, in " DA_SYM("Ledger::post(Entry const&)") ", Ledger.cpp:88. The "
			       "entry that " DA_SYM("Writer::flush") " passed on was null.");
	da_finding_recommendation(f, "Find out why " DA_SYM("Writer::flush") " (Writer.cpp:140) passes an "
				     "empty entry. Until then, check for it in " DA_SYM("Ledger::post") ".");
	da_finding_refuted_by(f, "A value of " DA_SYM("rsi") " other than 0 before the instruction.");
	da_finding_thread(f, 0);
	e = da_finding_evidence(f, "signal");
	da_evidence_thread(e, 0);
	da_evidence_frame(e, 0);
	da_evidence_address(e, 0x18);
	da_evidence_text(e, "SIGSEGV, SEGV_MAPERR: no memory is mapped there");
	e = da_finding_evidence(f, "instruction");
	da_evidence_value(e, "mov rax, qword ptr [rsi + 0x18]");
	da_finding_next(f, DA_NEXT_CHECK, "Give the developers the signature and the two places in the "
					  "code: " DA_SYM("Ledger.cpp:88") " and " DA_SYM("Writer.cpp:140") ".");
	g = da_finding_new(d, "hang.lock-owner-blocked", DA_SEVERITY_WARNING, 5, 0.7);
	da_finding_title(g, "11 threads wait for a lock that the crashed thread holds");
	da_finding_description(g, DA_REF("t3") " and 10 more stand in " DA_SYM("Ledger::read(Key const&)")
				  ". They do no more than wait: nothing is wrong with them.");
	da_finding_recommendation(g, "See the crash above.");
	for (uint32_t i = 2; i < 13; i++)
		da_finding_thread(g, i);
	g = da_finding_new(d, "dump.symbols-missing", DA_SEVERITY_NOTIFICATION, 1, 1.0);
	da_finding_title(g, "No symbols for " DA_REF("m3"));
	da_finding_description(g, "One frame of " DA_REF("g1") " has no name.");
	da_finding_recommendation(g, "Give the file with " DA_SYM("--symbols") ".");
	da_finding_next(g, DA_NEXT_FILE,
			"For names in " DA_REF("m3") " send the file " DA_PATH("/opt/ledger/lib/libquaycodec.so")
			"; " DA_SYM("dumpan symbols --collect") " prints a script that packs it.");
	return f;
}

static void rules(struct da_doc *d, struct da_arena *a)
{
	struct da_ledger *l = da_ledger_new(a, 100);

	da_note(l, DA_NOTE_CUT, DA_PATH("core.14220"), "Copy the whole file again.",
		"The file ends 4096 bytes early.");
	da_note(l, DA_NOTE_MISMATCH, DA_REF("m3"), NULL, "The file found is another build.");
	da_doc_ledger(d, l);
	da_doc_rule(d, "crash.access", DA_OUTCOME_RAN, 1, NULL);
	da_doc_rule(d, "hang.lock-owner-blocked", DA_OUTCOME_RAN, 1, NULL);
	da_doc_rule(d, "crash.clr-exception", DA_OUTCOME_SKIPPED, 0, "no .NET runtime in the process");
	da_doc_rule(d, "heap.corrupt", DA_OUTCOME_STOPPED, 0, "the time for it was over");
	da_doc_rules_version(d, "1");
}

static void crash_into(struct da_doc *d, struct da_arena *a, const char *name)
{
	static const char *const frames[] = { "Ledger::post", "Writer::flush" };
	struct da_finding *f;

	da_doc_status(d, DA_DOC_PARTIAL);
	process(d, name);
	exception(d);
	threads(d);
	tree(d);
	modules(d);
	locks(d);
	f = findings(d);
	rules(d, a);
	da_doc_verdict(d, DA_VERDICT_CRASH, 0.95, f,
		       "Crash: " DA_REF("t1") " read through a null pointer in " DA_SYM("Ledger::post")
		       ". The entry came from " DA_SYM("Writer::flush") ", Writer.cpp:140; 11 more threads wait "
		       "for a lock that the crashed thread holds.");
	da_doc_signature(d, "crash.access/ledgerd!Ledger::post+Writer::flush", frames, 2, 1);
	da_doc_completeness(d, DA_SECTION_stacks, DA_INCOMPLETE, 40, 41, DA_UNIT_THREADS,
			    "one stack could not be walked to its end");
}

struct da_doc *sample_crash(struct da_arena *a)
{
	struct da_doc *d = da_doc_new(a, NULL);

	da_doc_title(d, "ticket 48213");
	crash_into(d, a, "ledgerd");
	da_doc_finish(d);
	return d;
}

/* ---------------------------------------------------------------- others */

static const char *const hostile[] = {
	"</script><script>document.title='owned'</script>",
	"\"><img src=x onerror=document.title='owned'>",
	"'><svg/onload=document.title='owned'>",
	"</title></style></pre><h1>owned</h1>",
	"a|b|c `code` ``two`` **bold** [link](javascript:x) ![img](http://example.invalid/x.png)",
	"&lt;b&gt; &amp; &#60;b&#62; <!-- comment --> <![CDATA[x]]>",
	"{{body}} {{script}} %s%n%d \\u202egnp.exe",
	"@everyone #1 http://example.invalid/ <http://example.invalid/>",
	"--- === ~~~ > quote\xe2\x80\xa8line",
	"\xe6\xbc\xa2\xe5\xad\x97\xe3\x81\xae\xe5\x90\x8d\xe5\x89\x8d \xf0\x9f\x92\xa5 e\xcc\x81",
};

static struct call hostile_call(struct da_arena *a, size_t i)
{
	struct call c = { .function = hostile[i], .module = hostile[i], .file = hostile[i], .line = 7,
			  .own = i % 2, .trust = i % 3 ? "cfi" : "scan" };

	if (i == 0) {
		char *name = da_alloc(a, 70001);

		memset(name, 'x', 70000);
		memcpy(name, "std::map<", 9);
		c.function = name;
	}
	return c;
}

struct da_doc *sample_hostile(struct da_arena *a)
{
	struct da_doc *d = da_doc_new(a, NULL);
	struct call calls[DA_ARRAY_SIZE(hostile)];
	struct da_ledger *l = da_ledger_new(a, 100);
	struct da_finding *f;

	da_doc_title(d, hostile[0]);
	process(d, hostile[3]);
	for (size_t i = 0; i < DA_ARRAY_SIZE(hostile); i++) {
		calls[i] = hostile_call(a, i);
		thread(d, (uint32_t)i, hostile[i], "user", "running", hostile[i], 0);
		module(d, (uint32_t)i, hostile[i], "full", "none", "own");
		tree_node(d, (int)i % 4, hostile[i], hostile[i], 3, true);
		f = da_finding_new(d, "crash.access", (enum da_severity)(i % DA_SEVERITIES), 1, 0.5);
		da_finding_title(f, "%s " DA_SYM("%s"), hostile[i], hostile[i]);
		da_finding_description(f, "%s " DA_REF("t%zu") " " DA_REF("t9%zu"), hostile[i], i + 1, i);
		da_finding_recommendation(f, "%s", hostile[i]);
		da_finding_refuted_by(f, "%s", hostile[i]);
		da_finding_next(f, DA_NEXT_CHECK, "%s " DA_PATH("%s"), hostile[i], hostile[i]);
		da_evidence_text(da_finding_evidence(f, "name"), "%s", hostile[i]);
		da_note(l, DA_NOTE_MISSING, hostile[i], hostile[i], "%s", hostile[i]);
		da_doc_rule(d, "crash.access", DA_OUTCOME_SKIPPED, 0, hostile[i]);
	}
	stack(d, 0, 0, DA_ARRAY_SIZE(hostile), "running", "corrupt", calls, DA_ARRAY_SIZE(hostile));
	da_doc_ledger(d, l);
	da_doc_signature(d, hostile[1], hostile, 2, 1);
	da_doc_verdict(d, DA_VERDICT_UNKNOWN, 0.3, NULL, "%s. " DA_SYM("%s"), hostile[0], hostile[1]);
	da_doc_finish(d);
	return d;
}

struct da_doc *sample_large(struct da_arena *a)
{
	struct da_doc *d = da_doc_new(a, NULL);
	struct call *calls = da_calloc(a, 300, sizeof(*calls));
	struct da_finding *f;

	process(d, "large");
	for (size_t i = 0; i < 300; i++) {
		calls[i] = crash_calls[i % DA_ARRAY_SIZE(crash_calls)];
		calls[i].function = da_printf(a, "ns::Class<int>::method_%zu(std::vector<std::string> const&)", i);
	}
	for (uint32_t i = 0; i < 900; i++)
		thread(d, i, "worker", "worker", i % 3 ? "waiting" : "running", "waits", i);
	for (uint32_t i = 0; i < 900; i++)
		stack(d, i, i, 1, "waiting", "complete", calls + i % 100, i % 5 ? 35 : 200);
	for (uint32_t i = 0; i < 1200; i++)
		module(d, i, "libmodule.so.1", "none", "none", "own");
	f = da_finding_new(d, "hang.spin", DA_SEVERITY_WARNING, 1, 0.7);
	da_finding_title(f, DA_REF("t890") " spins");
	da_finding_description(f, DA_REF("t890") " spins, " DA_REF("t889") " is left out? " DA_REF("t5000")
				  " does not exist.");
	da_finding_thread(f, 889);
	da_doc_finish(d);
	return d;
}

struct da_doc *sample_parts(struct da_arena *a)
{
	struct da_doc *d = da_doc_new(a, NULL);
	struct da_finding *f = da_finding_new(d, "hang.waiting-child", DA_SEVERITY_WARNING, 3, 0.9);

	da_finding_title(f, "The parent waits for a child that crashed");
	da_finding_description(f, DA_REF("d1:t2") " waits for the process of " DA_REF("d2:t1") ".");
	crash_into(da_doc_part(d, "d1"), a, "parent");
	crash_into(da_doc_part(d, "d2"), a, "child");
	da_doc_verdict(d, DA_VERDICT_CRASH, 0.9, f, "Crash: the child died; see " DA_REF("d2:t1") ".");
	da_doc_finish(d);
	return d;
}

struct da_doc *sample_empty(struct da_arena *a)
{
	struct da_doc *d = da_doc_new(a, NULL);

	da_doc_status(d, DA_DOC_MINIMAL);
	da_doc_finish(d);
	return d;
}

struct da_doc *sample_by_name(struct da_arena *a, const char *name)
{
	static const struct {
		const char *name;
		struct da_doc *(*make)(struct da_arena *a);
	} all[] = {
		{ "crash", sample_crash }, { "hostile", sample_hostile }, { "large", sample_large },
		{ "parts", sample_parts }, { "empty", sample_empty },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(all); i++)
		if (!strcmp(all[i].name, name))
			return all[i].make(a);
	return NULL;
}
