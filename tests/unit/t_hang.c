/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for whom: graphs made by hand, and what the rules of hangs say of them. */
#include "config.h"

#include <string.h>

#include "analyze/analyze.h"
#include "analyze/graph.h"
#include "analyze/words.h"
#include "unit/findings.h"
#include "unit/hang_process.h"
#include "unit/unit.h"

START_TEST(cycles_of_each_size)
{
	for (uint32_t n = 1; n <= 5; n++) {
		struct da_dump *d = threads(45);
		struct da_graph *g;
		struct da_doc *doc;

		for (uint32_t i = 0; i < n; i++)
			behind(d, 2 + i, 2 + (i + 1) % n);
		behind(d, 20, 2); /* two bystanders behind the first member, one after the other */
		behind(d, 21, 20);
		g = da_graph_new(d);
		ck_assert_uint_eq(g->cycles.n, 1);
		ck_assert_uint_eq(g->cycles.v[0].members.n, n);
		ck_assert_uint_eq(g->cycles.v[0].members.v[0], 2);
		ck_assert_uint_eq(g->cycles.v[0].behind, 2);
		ck_assert(!g->in_cycle[20] && g->in_cycle[2]);
		ck_assert_uint_eq(g->head[21], DA_NONE);
		doc = analyze(d);
		ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR), 1);
		ck_assert_ptr_nonnull(finding(doc, "hang.deadlock"));
		ck_assert_ptr_null(finding(doc, "hang.none"));
		ck_assert_int_eq(da_doc_get_verdict(doc)->kind, DA_VERDICT_HANG);
		ck_says(finding(doc, "hang.deadlock")->title, n == 1 ? "that it holds itself" : "wait for each other");
		ck_says(finding(doc, "hang.deadlock")->title, "2 more wait behind");
		da_dump_free(d);
	}
}
END_TEST

START_TEST(a_guess_makes_it_possible_only)
{
	struct da_dump *d = threads(4);
	struct da_doc *doc;

	behind(d, 0, 1);
	wait(d, 1, lock(d, 0, 0.4f), 0.95f);
	doc = analyze(d);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR), 0);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_WARNING), 1);
	ck_says(finding(doc, "hang.deadlock")->title, "Possible deadlock");
	ck_assert(finding(doc, "hang.deadlock")->confidence < 0.6);
	ck_says(da_doc_get_verdict(doc)->text, "Possible hang");
	da_dump_free(d);
}
END_TEST

START_TEST(a_semaphore_names_nobody)
{
	struct da_dump *d = threads(9);
	struct da_doc *doc;
	uint32_t l = lock(d, DA_NONE, 0);

	d->proc.locks.v[l].kind = DA_LOCK_SEMAPHORE_SLIM;
	d->proc.locks.v[l].state = DA_LOCK_STATE_UNKNOWN;
	d->proc.locks.v[l].owner_tid = 0;
	wait(d, 0, l, 0.9f);
	behind(d, 1, 0);
	behind(d, 2, 1);
	doc = analyze(d);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR), 0);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_WARNING), 1);
	ck_says(finding(doc, "hang.deadlock")->title, "Possible deadlock");
	ck_assert(finding(doc, "hang.deadlock")->confidence < 0.6);
	ck_says(finding(doc, "hang.deadlock")->description, "a semaphore keeps no owner");
	ck_assert_ptr_null(finding(doc, "hang.lock-owner-blocked"));
	da_dump_free(d);
}
END_TEST

START_TEST(an_owner_that_sleeps)
{
	struct da_dump *d = threads(12);
	struct da_doc *doc;

	behind(d, 1, 0);
	behind(d, 2, 1);
	d->proc.threads.v[0].state = DA_STATE_SLEEPING;
	doc = analyze(d);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR), 0);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_WARNING), 1); /* one finding for the chain, not one a lock */
	ck_says(finding(doc, "hang.lock-owner-blocked")->title, "2 threads wait behind t1, which sleeps");
	da_dump_free(d);

	d = threads(12);
	for (uint32_t i = 1; i < 6; i++)
		behind(d, i, 0);
	d->proc.threads.v[0].state = DA_STATE_WAITING;
	doc = analyze(d);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR), 0); /* for something outside: it may come */
	ck_assert_int_eq(da_doc_get_verdict(doc)->kind, DA_VERDICT_HANG);
	ck_says(da_doc_get_verdict(doc)->text, "Possible hang: 5 threads wait behind t1");
	da_dump_free(d);
}
END_TEST

static void limit(struct da_wait *w, uint64_t us)
{
	w->endless = us == UINT64_MAX;
	w->has_timeout = us != 0 && !w->endless;
	w->timeout_us = w->has_timeout ? us : 0;
}

/* One dump cannot tell slow from stuck, but what the head waits for tells something. */
START_TEST(what_a_head_waits_for)
{
	static const struct {
		enum da_lock_kind kind;
		uint64_t timeout_us; /* 0 none; UINT64_MAX: it asked for no limit */
		enum da_severity severity;
		bool leads;
	} cases[] = {
		{ DA_WAIT_SOCKET, 0, DA_SEVERITY_WARNING, true },        { DA_WAIT_SLEEP, 500, DA_SEVERITY_INFORMATION, false },
		{ DA_WAIT_SLEEP, 5000000, DA_SEVERITY_WARNING, true },   { DA_WAIT_SLEEP, 3600000000, DA_SEVERITY_ERROR, true },
		{ DA_LOCK_PTHREAD_COND, 0, DA_SEVERITY_ERROR, true },    { DA_LOCK_PTHREAD_COND, 2000000, DA_SEVERITY_WARNING, true },
		{ DA_LOCK_PTHREAD_COND, 100, DA_SEVERITY_INFORMATION, false }, { DA_WAIT_CHILD, 0, DA_SEVERITY_WARNING, true },
		{ DA_WAIT_SLEEP, 0, DA_SEVERITY_WARNING, true },         { DA_WAIT_SLEEP, UINT64_MAX, DA_SEVERITY_ERROR, true },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = threads(12);
		struct da_doc *doc;

		for (uint32_t k = 1; k < 6; k++)
			behind(d, k, 0);
		*da_vec_add(d->arena, &d->proc.waits) = (struct da_wait){
			.thread = 0, .lock = DA_NONE, .owner = DA_NONE, .kind = (uint8_t)cases[i].kind, .primary = true,
			.frame = DA_NONE, .confidence = 1,
		};
		limit(&d->proc.waits.v[d->proc.waits.n - 1], cases[i].timeout_us);
		d->proc.threads.v[0].state = DA_STATE_WAITING;
		doc = analyze(d);
		ck_assert_msg(finding(doc, "hang.lock-owner-blocked") != NULL, "case %zu", i);
		ck_assert_msg(finding(doc, "hang.lock-owner-blocked")->severity == cases[i].severity, "case %zu", i);
		ck_assert_msg((da_doc_get_verdict(doc)->kind == DA_VERDICT_HANG) == cases[i].leads, "case %zu", i);
		ck_assert_ptr_null(finding(doc, "hang.none"));
		da_dump_free(d);
	}
}
END_TEST

/* Few threads, but nothing will ever wake the one that they need. */
START_TEST(behind_a_sleep_without_a_limit)
{
	for (uint32_t behind_it = 1; behind_it <= 2; behind_it++) {
		struct da_dump *d = threads(40);
		struct da_doc *doc;

		for (uint32_t i = 1; i <= behind_it; i++)
			behind(d, i, 0);
		*da_vec_add(d->arena, &d->proc.waits) = (struct da_wait){
			.thread = 0, .lock = DA_NONE, .owner = DA_NONE, .kind = DA_WAIT_SLEEP, .primary = true, .endless = true,
			.frame = DA_NONE, .confidence = 1,
		};
		d->proc.threads.v[0].state = DA_STATE_SLEEPING;
		doc = analyze(d);
		ck_assert_uint_eq(finding(doc, "hang.lock-owner-blocked")->severity,
				  behind_it == 1 ? DA_SEVERITY_WARNING : DA_SEVERITY_ERROR);
		ck_assert_int_eq(da_doc_get_verdict(doc)->kind, behind_it == 1 ? DA_VERDICT_UNKNOWN : DA_VERDICT_HANG);
		da_dump_free(d);
	}
}
END_TEST

/* One thread behind another's call is what a server that works looks like. */
START_TEST(one_behind_a_call)
{
	static const struct {
		enum da_lock_kind kind;
		enum da_severity severity;
		enum da_verdict_kind verdict;
	} cases[] = { { DA_WAIT_SOCKET, DA_SEVERITY_INFORMATION, DA_VERDICT_HEALTHY },
		      { DA_LOCK_PTHREAD_COND, DA_SEVERITY_WARNING, DA_VERDICT_UNKNOWN } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = threads(12);
		struct da_doc *doc;

		behind(d, 1, 0);
		*da_vec_add(d->arena, &d->proc.waits) = (struct da_wait){
			.thread = 0, .lock = DA_NONE, .owner = DA_NONE, .kind = (uint8_t)cases[i].kind, .primary = true,
			.frame = DA_NONE, .confidence = 1,
		};
		d->proc.threads.v[0].state = DA_STATE_WAITING;
		doc = analyze(d);
		ck_assert_msg(finding(doc, "hang.lock-owner-blocked")->severity == cases[i].severity, "case %zu", i);
		ck_assert_msg(da_doc_get_verdict(doc)->kind == cases[i].verdict, "case %zu", i);
		ck_assert_ptr_null(finding(doc, "hang.none"));
		da_dump_free(d);
	}
}
END_TEST

START_TEST(methods_of_tasks)
{
	static const struct {
		const char *type, *method;
	} cases[] = {
		{ "A+AsyncStateMachineBox<Shop.Prices+<FetchAsync>d__9>", "Shop.Prices.FetchAsync" },
		{ "A+AsyncStateMachineBox<Program+<<Main>g__Slow|0_0>d>", "Program.Main.Slow" },
		{ "A+AsyncStateMachineBox<Program+<<<Main>$>g__Slow|0_0>d>", "Program.Main.Slow" },
		{ "A+AsyncStateMachineBox<Program+<<Main>$>d__0>", "Program.Main" },
		{ "System.Threading.Tasks.Task", NULL },
		{ "A+AsyncStateMachineBox<Shop+<broken", NULL },
		{ "A+AsyncStateMachineBox<Shop+<", NULL },
	};
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		const char *method = da_method_of_task(a, cases[i].type);

		ck_assert_msg(method ? cases[i].method && strcmp(method, cases[i].method) == 0 : !cases[i].method, "%s is %s",
			      cases[i].type, method ? method : "none");
	}
}
END_TEST

START_TEST(a_circle_with_a_time_limit)
{
	struct da_dump *d = threads(6);
	struct da_doc *doc;

	behind(d, 0, 1);
	behind(d, 1, 0);
	d->proc.waits.v[1].has_deadline = true;
	doc = analyze(d);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR), 0);
	ck_assert_int_eq(finding(doc, "hang.deadlock")->severity, DA_SEVERITY_WARNING);
	ck_says(finding(doc, "hang.deadlock")->description, "It ends when t2 gives up after its time limit");
	ck_says(da_doc_get_verdict(doc)->text, "until one gives up");
	da_dump_free(d);
}
END_TEST

START_TEST(the_gravest_leads)
{
	struct da_dump *d = threads(15);
	struct da_doc *doc;
	uint32_t l = lock(d, DA_NONE, 0.9f);

	behind(d, 0, 1);
	wait(d, 1, lock(d, 0, 0.4f), 0.95f); /* a guess comes first */
	for (uint32_t i = 3; i < 15; i++)
		wait(d, i, l, 0.9f);
	doc = analyze(d);
	ck_says(da_doc_get_verdict(doc)->text, "Hang: 12 threads wait for a lock whose owner");
	ck_assert_str_eq(finding(doc, "hang.lock-orphaned")->id, da_doc_get_verdict(doc)->finding);
	da_dump_free(d);
}
END_TEST

/* The advice follows from what the steps are, and evidence that is the same is told once. */
START_TEST(joins_and_what_is_alike)
{
	struct da_dump *d = threads(8);
	struct da_doc *doc;

	for (uint32_t i = 0; i < 2; i++) {
		wait(d, i, lock(d, 1 - i, 0.95f), 0.95f);
		d->proc.waits.v[i].kind = DA_LOCK_PTHREAD_JOIN;
	}
	doc = analyze(d);
	ck_says(finding(doc, "hang.deadlock")->recommendation, "wait for each other's end");
	da_dump_free(d);

	d = threads(12);
	wait(d, 1, lock(d, 0, 0.95f), 0.95f);
	for (uint32_t i = 2; i < 8; i++)
		wait(d, i, 0, 0.95f);
	d->proc.threads.v[0].state = DA_STATE_SLEEPING;
	doc = analyze(d);
	ck_assert_uint_eq(finding(doc, "hang.lock-owner-blocked")->nevidence, 2);
	ck_says(finding(doc, "hang.lock-owner-blocked")->evidence[1].text, "t3, t4, t5, t6, t7, t8 wait in the same way");
	da_dump_free(d);
}
END_TEST

START_TEST(an_owner_that_works_is_no_finding)
{
	struct da_dump *d = threads(6);
	struct da_doc *doc;

	behind(d, 1, 0);
	d->proc.threads.v[0].state = DA_STATE_RUNNING;
	doc = analyze(d);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR) + count(doc, DA_SEVERITY_WARNING), 0);
	ck_assert_int_eq(da_doc_get_verdict(doc)->kind, DA_VERDICT_HEALTHY);
	da_dump_free(d);
}
END_TEST

START_TEST(an_owner_that_is_gone)
{
	struct da_dump *d = threads(6);
	struct da_doc *doc;
	uint32_t l = lock(d, DA_NONE, 0.9f);

	wait(d, 1, l, 0.9f);
	wait(d, 2, l, 0.9f);
	doc = analyze(d);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR), 1);
	ck_says(finding(doc, "hang.lock-orphaned")->title, "2 threads wait for a lock whose owner is gone");
	ck_says(finding(doc, "hang.lock-orphaned")->description, "thread id 4711");
	da_dump_free(d);

	d = threads(6); /* a word that may be no owner at all */
	wait(d, 1, lock(d, DA_NONE, 0.3f), 0.9f);
	doc = analyze(d);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR), 0);
	da_dump_free(d);
}
END_TEST

static void task(struct da_dump *d, uint32_t thread, bool worker)
{
	uint32_t l = lock(d, DA_NONE, 0);
	struct da_managed_thread *m = da_new(d->arena, struct da_managed_thread);

	d->proc.locks.v[l].kind = DA_LOCK_TASK;
	d->proc.locks.v[l].state = DA_LOCK_STATE_UNKNOWN;
	d->proc.locks.v[l].owner_tid = 0;
	d->proc.locks.v[l].type = "System.Runtime.CompilerServices.AsyncTaskMethodBuilder<int>+AsyncStateMachineBox<"
				  "Shop.Prices+<FetchAsync>d__9>";
	wait(d, thread, l, 0.9f);
	d->proc.waits.v[d->proc.waits.n - 1].kind = DA_LOCK_TASK;
	*m = (struct da_managed_thread){ .thread = thread, .threadpool = worker, .exception = DA_NONE };
	d->proc.threads.v[thread].managed = m;
}

START_TEST(workers_that_block_on_tasks)
{
	struct da_dump *d = threads(20);
	struct da_doc *doc;

	for (uint32_t i = 4; i < 8; i++)
		task(d, i, true);
	doc = analyze(d);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR), 1);
	ck_says(finding(doc, "hang.sync-over-async")->title, "4 of 4 busy thread-pool workers");
	da_dump_free(d);

	d = threads(20); /* one of them still works */
	for (uint32_t i = 4; i < 8; i++)
		task(d, i, true);
	d->proc.waits.v[3].kind = DA_WAIT_SOCKET;
	doc = analyze(d);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR), 0);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_WARNING), 1);
	da_dump_free(d);

	d = threads(20); /* the main thread of a service, and one more */
	task(d, 0, false);
	d->proc.threads.v[0].role = DA_ROLE_MAIN;
	task(d, 1, false);
	doc = analyze(d);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR) + count(doc, DA_SEVERITY_WARNING), 0);
	da_dump_free(d);
}
END_TEST

START_TEST(waits_for_a_child)
{
	struct da_dump *d = threads(9);
	struct da_doc *doc;
	uint32_t l;

	*da_vec_add(d->arena, &d->proc.waits) = (struct da_wait){ .thread = 3, .lock = DA_NONE, .owner = DA_NONE, .frame = DA_NONE,
		.kind = DA_WAIT_CHILD, .primary = true, .how = "waitpid(4712)", .confidence = 0.95f };
	d->proc.threads.v[3].state = DA_STATE_WAITING;
	doc = analyze(d);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_INFORMATION), 1);
	ck_assert_ptr_nonnull(finding(doc, "hang.waiting-child"));
	da_dump_free(d);

	d = threads(9); /* the loader's lock, held by one that waits for a child */
	*da_vec_add(d->arena, &d->proc.waits) = (struct da_wait){ .thread = 3, .lock = DA_NONE, .owner = DA_NONE, .frame = DA_NONE,
		.kind = DA_WAIT_CHILD, .primary = true, .how = "waitpid(4712)", .confidence = 0.95f };
	d->proc.threads.v[3].state = DA_STATE_WAITING;
	l = lock(d, 3, 0.9f);
	d->proc.locks.v[l].kind = DA_LOCK_LOADER;
	wait(d, 4, l, 0.9f);
	doc = analyze(d);
	ck_assert_ptr_nonnull(finding(doc, "hang.loader-lock"));
	ck_assert_int_eq(da_doc_get_verdict(doc)->kind, DA_VERDICT_HANG);
	da_dump_free(d);
}
END_TEST

START_TEST(a_lock_that_changes_hands)
{
	for (uint32_t n = 2; n < 6; n++) {
		struct da_dump *d = threads(10);
		uint32_t l = lock(d, DA_NONE, 0);
		struct da_doc *doc;

		d->proc.locks.v[l].state = DA_LOCK_CONTENDED;
		d->proc.locks.v[l].owner_tid = 0;
		for (uint32_t i = 0; i < n; i++)
			wait(d, 1 + i, l, 0.9f);
		doc = analyze(d);
		ck_assert((finding(doc, "hang.lock-convoy") != NULL) == (n >= 3));
		ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR), 0);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(owners_that_nobody_knows)
{
	struct da_dump *d = threads(6);
	uint32_t l = lock(d, DA_NONE, 0);
	struct da_doc *doc;

	d->proc.locks.v[l].state = DA_LOCK_STATE_UNKNOWN;
	d->proc.locks.v[l].owner_tid = 0;
	wait(d, 1, l, 0.8f);
	doc = analyze(d);
	ck_assert_int_eq(da_doc_get_verdict(doc)->kind, DA_VERDICT_UNKNOWN);
	ck_assert_ptr_nonnull(finding(doc, "hang.owner-unknown"));
	ck_assert_ptr_null(finding(doc, "hang.none"));
	da_dump_free(d);
}
END_TEST

START_TEST(what_would_look_the_same)
{
	struct da_dump *d = threads(6);
	uint32_t l = lock(d, DA_NONE, 0);
	const struct da_finding_row *f;

	d->proc.locks.v[l].kind = DA_LOCK_PTHREAD_COND;
	d->proc.locks.v[l].state = DA_LOCK_STATE_UNKNOWN;
	d->proc.locks.v[l].owner_tid = 0;
	wait(d, 1, l, 0.9f);
	d->proc.waits.v[0].kind = DA_LOCK_PTHREAD_COND;
	d->proc.threads.v[1].state = DA_STATE_WAITING;
	for (uint32_t i = 2; i < 5; i++)
		d->proc.threads.v[i].state = DA_STATE_RUNNING;
	f = finding(analyze(d), "hang.none");
	ck_assert_ptr_nonnull(f);
	ck_says(f->description, "6 threads were looked at: 3 running, 1 waiting, 2 idle.");
	ck_says(f->description, "A hang would look the same if the 3 threads that run never end, or if t2, which waits for a signal of "
				"another thread, never gets it.");
	da_dump_free(d);
	d = threads(2);
	ck_assert_ptr_null(strstr(finding(analyze(d), "hang.none")->description, "would look the same"));
	da_dump_free(d);
	d = threads(3);
	d->proc.threads.v[2].state = DA_STATE_UNKNOWN;
	f = finding(analyze(d), "hang.none");
	ck_says(f->description, "No threads are known to wait for each other, and none is known to stand behind one that waits itself. A hang "
				"would look the same if the one of which it is not known what it does is stuck.");
	da_dump_free(d);
}
END_TEST

/* Which dump would tell: by system, by what the lock is, and by what is amiss with this one. */
START_TEST(locks_whose_memory_is_missing)
{
	static const struct {
		enum da_lock_kind kind;
		enum da_os os;
		bool managed, cut, head;
		const char *says;
	} cases[] = {
		{ DA_LOCK_PTHREAD_MUTEX, DA_OS_LINUX, false, false, false, "Make a core with all memory (0x7f in" },
		{ DA_LOCK_PTHREAD_MUTEX, DA_OS_LINUX, false, false, true, "Make a core with all memory (0x7f in" },
		{ DA_LOCK_PTHREAD_MUTEX, DA_OS_LINUX, false, true, false, "Make a dump that is not cut short" },
		{ DA_LOCK_PTHREAD_MUTEX, DA_OS_LINUX, true, false, false, "Make a full dump (dotnet-dump collect --type Full)" },
		{ DA_LOCK_PTHREAD_MUTEX, DA_OS_LINUX, true, false, true, "Make a full dump (dotnet-dump collect --type Full)" },
		{ DA_LOCK_MONITOR, DA_OS_LINUX, true, false, false, "Make a dump that holds the heap" },
		{ DA_LOCK_CRITICAL_SECTION, DA_OS_WINDOWS, false, false, false, "Make a full dump (procdump -ma)" },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = threads(6);
		uint32_t l = lock(d, DA_NONE, 0);
		const struct da_finding_row *f;

		d->proc.os = cases[i].os;
		d->origin.truncated = cases[i].cut;
		if (cases[i].managed)
			*da_vec_add(d->arena, &d->proc.runtimes) = (struct da_runtime){ 0 };
		d->proc.locks.v[l].state = DA_LOCK_STATE_UNKNOWN;
		d->proc.locks.v[l].owner_tid = 0;
		d->proc.locks.v[l].kind = (uint8_t)cases[i].kind;
		d->proc.locks.v[l].unread = true;
		wait(d, 1, l, 0.8f);
		d->proc.waits.v[0].kind = (uint8_t)cases[i].kind;
		if (cases[i].head)
			behind(d, 2, 1);
		f = finding(analyze(d), cases[i].head ? "hang.lock-owner-blocked" : "hang.owner-unknown");
		ck_assert_msg(f != NULL, "case %zu", i);
		ck_says(f->description, cases[i].head ? "Who holds lock1 (a mutex) is unknown: its memory is not in the dump"
						      : "the memory of the locks is missing");
		ck_says(f->recommendation, cases[i].says);
		ck_assert_uint_eq(f->nnext, 1);
		ck_says(f->next[0].text, cases[i].says);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(a_crash_leads_before_a_hang)
{
	struct da_dump *d = threads(6);
	struct da_exception *e = da_new(d->arena, struct da_exception);
	struct da_doc *doc;

	behind(d, 1, 2);
	behind(d, 2, 1);
	*e = (struct da_exception){ .thread = 0, .is_signal = true, .code = 11, .name = "SIGSEGV", .has_info = true,
				    .syscall = -1, .cause = DA_CAUSE_ACCESS, .blamed_frame = DA_NONE, .blamed_module = DA_NONE };
	d->proc.exception = e;
	doc = analyze(d);
	ck_assert_int_eq(da_doc_get_verdict(doc)->kind, DA_VERDICT_CRASH);
	ck_assert_ptr_nonnull(finding(doc, "hang.deadlock"));
	da_dump_free(d);
}
END_TEST

/* Readers that want to write: possible, unless a thread runs, or more read than wait. */
START_TEST(readers_that_want_to_write)
{
	static const struct {
		int64_t readers;
		enum da_state other;
		bool possible, other_reads;
	} cases[] = { { 2, DA_STATE_IDLE, true, false }, { 1, DA_STATE_SLEEPING, true, false }, { 3, DA_STATE_IDLE, false, false },
		      { 2, DA_STATE_RUNNING, false, false }, { 2, DA_STATE_UNKNOWN, false, false },
		      { 1, DA_STATE_WAITING, false, true } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = threads(9);
		uint32_t l = lock(d, DA_NONE, 0);
		struct da_doc *doc;

		d->proc.locks.v[l].kind = DA_LOCK_PTHREAD_RWLOCK;
		d->proc.locks.v[l].state = DA_LOCK_HELD;
		d->proc.locks.v[l].owner_tid = 0;
		d->proc.locks.v[l].has_count = true;
		d->proc.locks.v[l].count = cases[i].readers;
		for (uint32_t t = 0; t < 2; t++) {
			wait(d, t, l, 0.95f);
			d->proc.waits.v[t].kind = DA_LOCK_PTHREAD_RWLOCK;
		}
		d->proc.threads.v[8].state = cases[i].other;
		if (cases[i].other_reads)
			da_vec_push(d->arena, &d->proc.locks.v[l].readers, 8);
		doc = analyze(d);
		ck_assert((finding(doc, "hang.deadlock") != NULL) == cases[i].possible);
		if (cases[i].possible)
			ck_assert(finding(doc, "hang.deadlock")->confidence < 0.6);
		da_dump_free(d);
	}
}
END_TEST

/* Who is about to wake up holds nobody up; nor is a lock without an owner that was just given back a riddle. */
START_TEST(a_wake_up_on_its_way)
{
	struct da_dump *d = threads(9);
	struct da_doc *doc;

	wait(d, 0, lock(d, DA_NONE, 0), 0.7f);
	d->proc.locks.v[0].state = DA_LOCK_FREE;
	d->proc.locks.v[0].owner_tid = 0;
	d->proc.waits.v[0].woken = true;
	for (uint32_t t = 1; t < 5; t++)
		behind(d, t, 0);
	doc = analyze(d);
	ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR) + count(doc, DA_SEVERITY_WARNING), 0);
	ck_assert_ptr_nonnull(finding(doc, "hang.none"));
	ck_assert_int_eq(da_doc_get_verdict(doc)->kind, DA_VERDICT_HEALTHY);
	da_dump_free(d);
}
END_TEST

/* One finding for those behind who loads a library. */
START_TEST(the_lock_of_the_loader)
{
	struct da_dump *d = threads(9);
	uint32_t l = lock(d, 0, 0.9f);
	struct da_doc *doc;

	d->proc.locks.v[l].kind = DA_LOCK_LOADER;
	for (uint32_t t = 1; t < 3; t++) {
		wait(d, t, l, 0.95f);
		d->proc.waits.v[t - 1].kind = DA_LOCK_LOADER;
	}
	*da_vec_add(d->arena, &d->proc.waits) = (struct da_wait){ .thread = 0, .lock = DA_NONE, .owner = DA_NONE,
		.kind = DA_WAIT_SLEEP, .primary = true, .frame = DA_NONE, .how = "nanosleep", .confidence = 0.95f };
	d->proc.threads.v[0].state = DA_STATE_SLEEPING;
	doc = analyze(d);
	ck_assert_ptr_nonnull(finding(doc, "hang.loader-lock"));
	ck_assert_ptr_null(finding(doc, "hang.lock-owner-blocked"));
	da_dump_free(d);
}
END_TEST

/* Any set of edges: each thread is in a cycle, leads to one, or has a head; the numbers add up. */
START_TEST(numbers_add_up)
{
	uint32_t seed = 12345;

	for (unsigned round = 0; round < 200; round++) {
		uint32_t n = 2 + round % 60, total = 0;
		struct da_dump *d = threads(n);
		struct da_graph *g;

		for (uint32_t i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			if (seed >> 30)
				behind(d, i, (seed >> 8) % n);
		}
		g = da_graph_new(d);
		for (uint32_t i = 0; i < n; i++) {
			ck_assert((g->cycle[i] == DA_NONE) != (g->head[i] == DA_NONE));
			if (g->head[i] == i)
				total += 1 + g->behind[i];
			ck_assert_uint_eq(g->from[i + 1] - g->from[i], g->behind[i]);
		}
		for (size_t i = 0; i < g->cycles.n; i++)
			total += (uint32_t)g->cycles.v[i].members.n + g->cycles.v[i].behind;
		ck_assert_uint_eq(total, n);
		da_dump_free(d);
	}
}
END_TEST

UNIT_MAIN("hang", cycles_of_each_size, a_guess_makes_it_possible_only, a_semaphore_names_nobody,
	  an_owner_that_sleeps, what_a_head_waits_for, behind_a_sleep_without_a_limit, one_behind_a_call,
	  methods_of_tasks, a_circle_with_a_time_limit, the_gravest_leads, joins_and_what_is_alike,
	  an_owner_that_works_is_no_finding, an_owner_that_is_gone, workers_that_block_on_tasks,
	  waits_for_a_child, a_lock_that_changes_hands, owners_that_nobody_knows,
	  locks_whose_memory_is_missing, what_would_look_the_same, a_crash_leads_before_a_hang,
	  readers_that_want_to_write, a_wake_up_on_its_way, the_lock_of_the_loader, numbers_add_up)
