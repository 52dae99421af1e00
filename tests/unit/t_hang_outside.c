/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of threads that wait for what is outside of the process: models made by hand, healthy ones beside each. */
#include "config.h"

#include <string.h>

#include "analyze/analyze.h"
#include "analyze/graph.h"
#include "unit/findings.h"
#include "unit/unit.h"

enum { OWN, LIBC, MODULES };

static struct da_dump *process(uint32_t n)
{
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);
	struct da_process *p = &d->proc;

	d->origin = (struct da_origin){ .file = "core.7", .bytes = 4096, .format = "elf-core", .writer = "kernel" };
	p->arch = da_arch_by_elf(62, 2, false);
	p->arch_name = "x86_64";
	p->bits = 64;
	p->os = DA_OS_LINUX;
	p->name = "ordersd";
	*da_vec_add(d->arena, &p->modules) = (struct da_module){ .name = "ordersd", .start = 0x400000, .end = 0x500000, .main = true,
								 .class = DA_CLASS_OWN };
	*da_vec_add(d->arena, &p->modules) = (struct da_module){ .name = "libc.so.6", .start = 0x700000, .end = 0x800000,
								 .class = DA_CLASS_SYSTEM };
	for (uint32_t i = 0; i < n; i++)
		*da_vec_add(d->arena, &p->threads) = (struct da_thread){ .tid = 100 + i, .state = DA_STATE_IDLE };
	return d;
}

/* ---------------------------------------------------------------- debuggers */

/* Writer, state and tracer of PID.status: what made the dump may be the tracer itself. */
START_TEST(tracers)
{
	static const struct {
		const char *writer;
		char state;
		uint32_t tracer;
		bool told;
	} cases[] = {
		{ "kernel", 'S', 77, true }, { "kernel", 't', 77, true }, { "kernel", 'S', 0, false },
		{ "gcore", 't', 77, false }, { "gcore", 'S', 77, true }, { "createdump", 't', 77, false },
		{ "lldb", 0, 77, false },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process(2);
		struct da_kernel_status *s = da_new(d->arena, struct da_kernel_status);
		const struct da_finding_row *f;

		d->origin.writer = cases[i].writer;
		s->file = "7.status";
		s->state = cases[i].state;
		s->known = 1u << DA_STATUS_TRACER;
		s->v[DA_STATUS_TRACER] = cases[i].tracer;
		d->proc.kernel_status = s;
		f = finding(analyze(d), "hang.debugger-attached");
		ck_assert_msg((f != NULL) == cases[i].told, "case %zu", i);
		if (f)
			ck_says(f->title, "Process 77 traced");
		da_dump_free(d);
	}
}
END_TEST

START_TEST(debuggers_of_windows)
{
	static const struct {
		const char *writer, *comment;
		bool debugged, told;
	} cases[] = {
		{ "task-manager", NULL, true, true }, { "task-manager", NULL, false, false },
		{ "procdump", "*** procdump64.exe  -ma 4711 c:\\dumps\\a-b.dmp\n*** Manual dump", true, true },
		{ "procdump", "*** procdump  -ma -e 1 shop.exe\n*** First chance exception", true, false },
		{ "procdump", "*** procdump64 /ma /T shop.exe", true, false }, { "procdump", NULL, true, false },
		{ "windows", NULL, true, false }, { "debugdiag", "DebugDiag", true, false },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process(2);

		d->proc.os = DA_OS_WINDOWS;
		d->origin.format = "minidump";
		d->origin.writer = cases[i].writer;
		d->origin.comment = cases[i].comment;
		d->proc.peb = 0x7ff000;
		d->proc.debugged = cases[i].debugged;
		ck_assert_msg((finding(analyze(d), "hang.debugger-attached") != NULL) == cases[i].told, "case %zu", i);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(profilers)
{
	struct da_dump *d = process(2);
	struct da_runtime *r = da_vec_add(d->arena, &d->proc.runtimes);

	*r = (struct da_runtime){ .kind = DA_RUNTIME_CORECLR, .module = OWN, .verified = true, .suspended_by = DA_NONE,
				  .profiler_module = DA_NONE };
	ck_assert_ptr_null(finding(analyze(d), "hang.debugger-attached"));
	r->profiler = "the runtime's block of profilers holds one";
	r->profiler_confidence = 0.95f;
	r->profiler_module = LIBC;
	ck_says(finding(analyze(d), "hang.debugger-attached")->title, "A profiler runs in .NET: libc.so.6");
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- other machines */

static struct da_wait *wait(struct da_dump *d, uint32_t thread, enum da_lock_kind kind)
{
	struct da_wait *w = da_vec_add(d->arena, &d->proc.waits);

	*w = (struct da_wait){ .thread = thread, .lock = DA_NONE, .owner = DA_NONE, .frame = DA_NONE, .kind = (uint8_t)kind,
			       .primary = true, .confidence = 0.95f, .how = "poll (system call 7)" };
	d->proc.threads.v[thread].state = DA_STATE_WAITING;
	return w;
}

START_TEST(remotes_by_destination)
{
	struct da_dump *d = process(20);
	struct da_doc *doc;

	for (uint32_t i = 0; i < 4; i++)
		wait(d, i, DA_WAIT_POLL)->remote = "PostgreSQL, by libpq";
	wait(d, 4, DA_WAIT_SOCKET)->remote = "another machine";
	d->proc.waits.v[4].peer = "10.0.0.5:5432";
	wait(d, 5, DA_WAIT_SOCKET); /* whoever it is for */
	doc = analyze(d);
	ck_assert_uint_eq(count_of(doc, "hang.waiting-remote", DA_SEVERITY_WARNING), 1);
	ck_assert_uint_eq(count_of(doc, "hang.waiting-remote", DA_SEVERITY_INFORMATION), 1);
	ck_says(finding(doc, "hang.waiting-remote")->title, "4 threads wait for an answer of PostgreSQL");
	d->proc.threads.v[3].state = DA_STATE_IDLE; /* three of twenty */
	doc = analyze(d);
	ck_assert_uint_eq(count_of(doc, "hang.waiting-remote", DA_SEVERITY_WARNING), 0);
	ck_assert_uint_eq(count_of(doc, "hang.waiting-remote", DA_SEVERITY_INFORMATION), 2);
	ck_assert_ptr_nonnull(finding(doc, "hang.none"));
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- sleepers */

/* Thread 1 waits for a lock of thread 0, which sleeps: sure, or a guess. */
START_TEST(sleepers)
{
	for (unsigned sure = 0; sure < 2; sure++) {
		struct da_dump *d = process(20);
		const struct da_finding_row *f;
		struct da_wait *w;
		struct da_doc *doc;

		*da_vec_add(d->arena, &d->proc.locks) = (struct da_lock){ .address = 0x1000, .kind = DA_LOCK_SRW, .state = DA_LOCK_HELD,
									  .owner = 0, .confidence = sure ? 0.9f : 0.45f };
		w = wait(d, 0, DA_WAIT_SLEEP);
		w->has_timeout = true;
		w->timeout_us = 30000000;
		w = wait(d, 1, DA_LOCK_SRW);
		w->lock = w->owner = 0;
		w->address = 0x1000;
		doc = analyze(d);
		f = finding(doc, sure ? "hang.lock-owner-blocked" : "hang.sleep");
		ck_assert_ptr_nonnull(f);
		ck_assert_ptr_null(finding(doc, sure ? "hang.sleep" : "hang.lock-owner-blocked"));
		ck_says(f->description, "It asked to sleep for 30 s.");
		ck_assert_int_eq(f->severity, sure ? DA_SEVERITY_WARNING : DA_SEVERITY_INFORMATION);
		da_dump_free(d);
	}
}
END_TEST

/* ---------------------------------------------------------------- message boxes */

START_TEST(boxes)
{
	static const struct {
		const char *service, *writer;
		bool has_session;
		uint32_t session;
		bool told;
	} cases[] = {
		{ "Ledger", "procdump", false, 0, true }, { NULL, "procdump", true, 0, true }, { NULL, "procdump", true, 2, false },
		{ NULL, "procdump", false, 0, false }, { NULL, "wine", true, 0, false },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process(3);
		const struct da_finding_row *f;
		struct da_wait *w = wait(d, 1, DA_WAIT_MESSAGE);
		struct da_doc *doc;

		d->proc.os = DA_OS_WINDOWS;
		d->origin.format = "minidump";
		d->origin.writer = cases[i].writer;
		d->proc.service = cases[i].service;
		d->proc.has_session = cases[i].has_session;
		d->proc.session = cases[i].session;
		w->box = i == 0 ? DA_BOX_DIALOG : DA_BOX_MESSAGE;
		if (i == 1)
			w->text = "Disk full";
		doc = analyze(d);
		f = finding(doc, "hang.message-box");
		ck_assert_msg((f != NULL) == cases[i].told, "case %zu", i);
		if (f)
			ck_says(f->description, w->text ? "Its text: Disk full" : "is unknown, because");
		if (f)
			ck_assert_int_eq(da_doc_get_verdict(doc)->kind, DA_VERDICT_HANG);
		w->box = DA_BOX_NONE; /* a message loop */
		ck_assert_ptr_null(finding(analyze(d), "hang.message-box"));
		da_dump_free(d);
	}
}
END_TEST

/* ---------------------------------------------------------------- the thread pool */

static const struct da_threadpool starved = { .min = 4, .max = 4, .workers = 4, .active = 4, .goal = 4, .has_global = true,
					      .queued_global = 30, .address = 0x7000, .how = "a static field holds it" };

/* Four workers, of which some wait; what waits beside them does not count. */
static struct da_doc *pool(struct da_dump *d, struct da_threadpool *t, uint32_t blocked, enum da_lock_kind kind)
{
	struct da_runtime *r = da_vec_add(d->arena, &d->proc.runtimes);

	*r = (struct da_runtime){ .kind = DA_RUNTIME_CORECLR, .module = OWN, .verified = true, .suspended_by = DA_NONE,
				  .profiler_module = DA_NONE, .threadpool = t };
	for (uint32_t i = 0; i < 4; i++) {
		struct da_managed_thread *m = da_new(d->arena, struct da_managed_thread);

		m->threadpool = true;
		m->thread = i;
		m->exception = DA_NONE;
		d->proc.threads.v[i].managed = m;
		d->proc.threads.v[i].state = DA_STATE_RUNNING;
		if (i < blocked)
			wait(d, i, kind);
	}
	wait(d, 5, DA_LOCK_EVENT);
	return analyze(d);
}

START_TEST(pools)
{
	static const struct {
		uint32_t blocked, active, goal, max;
		uint64_t queued;
		bool told;
	} cases[] = {
		{ 4, 4, 4, 4, 30, true }, { 3, 4, 4, 100, 30, true }, { 2, 4, 4, 4, 30, false }, { 4, 4, 4, 4, 0, false },
		{ 4, 3, 4, 4, 30, false }, { 4, 4, 6, 100, 30, false },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process(10);
		struct da_threadpool t = starved;
		const struct da_finding_row *f;
		struct da_doc *doc;

		t.active = cases[i].active;
		t.goal = cases[i].goal;
		t.max = cases[i].max;
		t.queued_global = cases[i].queued;
		doc = pool(d, &t, cases[i].blocked, DA_LOCK_EVENT_SLIM);
		f = finding(doc, "hang.threadpool-starvation");
		ck_assert_msg((f != NULL) == cases[i].told, "case %zu", i);
		if (f)
			ck_says(f->title, "at least 30 work items are queued");
		if (f)
			ck_assert_uint_eq(f->nthreads, cases[i].blocked);
		da_dump_free(d);
	}
}
END_TEST

/* Who stops for a collection works; while one runs nobody knows who does. */
START_TEST(pools_in_a_collection)
{
	for (int suspended = 0; suspended < 2; suspended++) {
		struct da_dump *d = process(10);
		struct da_threadpool t = starved;
		struct da_doc *doc = pool(d, &t, 4, suspended ? DA_LOCK_EVENT_SLIM : DA_WAIT_GC);

		if (suspended) {
			d->proc.runtimes.v[0].suspended = true;
			doc = analyze(d);
		}
		ck_assert_ptr_null(finding(doc, "hang.threadpool-starvation"));
		da_dump_free(d);
	}
}
END_TEST

/* Who blocks on tasks is named by the rule of that, and once. */
START_TEST(pools_that_block_on_tasks)
{
	struct da_dump *d = process(10);
	struct da_threadpool t = starved;
	struct da_doc *doc = pool(d, &t, 4, DA_LOCK_TASK);

	ck_assert_uint_eq(finding(doc, "hang.threadpool-starvation")->nthreads, 0);
	ck_assert_uint_eq(finding(doc, "hang.sync-over-async")->nthreads, 4);
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- the finalizer */

static void managed_frame(struct da_dump *d, uint32_t thread, const char *method, bool hidden)
{
	struct da_place *p = da_new(d->arena, struct da_place);
	struct da_method *m = da_new(d->arena, struct da_method);

	m->raw = method;
	m->hidden = hidden;
	p->method = method ? m : NULL;
	p->module = OWN;
	*da_vec_add(d->arena, &d->proc.threads.v[thread].frames) = (struct da_frame){ .kind = DA_FRAME_MANAGED, .module = OWN, .place = p };
}

/* The thread of finalizers runs handlers of the process' end too; what calls them may have left the stack. */
START_TEST(finalizers)
{
	static const struct {
		const char *outer;
		bool hidden, told;
	} cases[] = {
		{ "Shop.Order.Finalize", false, true },
		{ "System.GC.RunFinalizers", false, true },
		{ "System.Runtime.__Finalizer.ProcessFinalizers", true, true },
		{ NULL, false, true }, /* a frame without a name: who knows */
		{ "System.AppContext.OnProcessExit", false, false },
		{ "Shop.Program.OnExit", false, false },
		{ "Shop.Order.FinalizeAll", false, false },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process(3);
		struct da_managed_thread *m;

		*da_vec_add(d->arena, &d->proc.runtimes) = (struct da_runtime){ .kind = DA_RUNTIME_CORECLR, .module = OWN,
			.verified = true, .suspended_by = DA_NONE, .profiler_module = DA_NONE };
		m = da_vec_add(d->arena, &d->proc.managed_threads);
		*m = (struct da_managed_thread){ .thread = 0, .managed_id = 2, .finalizer = true, .exception = DA_NONE };
		d->proc.threads.v[0].managed = m;
		managed_frame(d, 0, "System.Threading.CountdownEvent.Wait", false);
		managed_frame(d, 0, cases[i].outer, cases[i].hidden);
		*da_vec_add(d->arena, &d->proc.locks) = (struct da_lock){ .address = 0x8000, .kind = DA_LOCK_COUNTDOWN, .owner = DA_NONE,
									  .state = DA_LOCK_STATE_UNKNOWN };
		wait(d, 0, DA_LOCK_COUNTDOWN)->lock = 0;
		ck_assert_msg((finding(analyze(d), "hang.finalizer-blocked") != NULL) == cases[i].told, "case %zu", i);
		da_dump_free(d);
	}
}
END_TEST

/* ---------------------------------------------------------------- a collection */

/* Thread 0 asked for it; thread 1 is in cooperative mode and runs, waits, or has stopped. */
START_TEST(collections)
{
	enum { STOPPED, RUNS, WAITS };

	for (unsigned how = STOPPED; how <= WAITS; how++) {
		struct da_dump *d = process(6);
		struct da_process *p = &d->proc;
		const struct da_finding_row *f;
		struct da_doc *doc;

		*da_vec_add(d->arena, &p->runtimes) = (struct da_runtime){ .kind = DA_RUNTIME_CORECLR, .module = OWN, .verified = true,
			.profiler_module = DA_NONE, .suspended = true, .suspended_by = 0 };
		for (uint32_t i = 0; i < 3; i++)
			*da_vec_add(d->arena, &p->managed_threads) = (struct da_managed_thread){ .thread = i, .managed_id = i + 1,
				.exception = DA_NONE, .gc_mode = i < 1u + (how != STOPPED) ? DA_GC_MODE_COOPERATIVE : DA_GC_MODE_PREEMPTIVE };
		for (uint32_t i = 0; i < 3; i++)
			p->threads.v[i].managed = &p->managed_threads.v[i];
		p->threads.v[1].state = DA_STATE_RUNNING;
		if (how == WAITS)
			wait(d, 1, DA_WAIT_SLEEP);
		doc = analyze(d);
		f = finding(doc, "hang.gc-in-progress");
		ck_assert_int_eq(f != NULL, how != STOPPED);
		ck_assert_int_eq(finding(doc, "dump.mid-gc") != NULL, how == STOPPED); /* one of the two */
		if (f) {
			ck_says(f->title, "1 thread has not stopped for a garbage collection that t1 asked for");
			ck_assert_int_eq(f->severity, how == WAITS ? DA_SEVERITY_WARNING : DA_SEVERITY_INFORMATION);
			ck_assert_uint_eq(f->nthreads, 2);
		}
		da_dump_free(d);
	}
}
END_TEST

/* The listing of descriptors is asked for where a finding tells of such a wait, once, and for next time where it is too late. */
START_TEST(descriptors_that_matter)
{
	static const struct {
		bool behind, ended, listed, with_fd;
		const char *says; /* NULL: it is not asked for */
	} cases[] = {
		{ true, false, false, true, "Write ls -l /proc/PID/fd to PID.fd beside the dump, while the process still runs: it tells what "
					    "file descriptor 5 is." },
		{ true, false, false, false, "it tells what its file descriptors are." },
		{ true, true, false, true, "Next time write ls -l /proc/PID/fd to PID.fd beside the dump, before the process is ended" },
		{ true, false, true, true, NULL }, { false, false, false, true, NULL },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process(5);
		unsigned asked = 0;
		struct da_doc *doc;

		*da_vec_add(d->arena, &d->proc.locks) = (struct da_lock){ .address = 0x1000, .kind = DA_LOCK_PTHREAD_MUTEX, .owner = 1,
			.state = DA_LOCK_HELD, .confidence = 0.95f, .how = "its owner field" };
		*da_vec_add(d->arena, &d->proc.waits) = (struct da_wait){ .thread = 1, .lock = DA_NONE, .owner = DA_NONE,
			.kind = cases[i].with_fd ? DA_WAIT_PIPE : DA_WAIT_POLL, .primary = true, .has_fd = cases[i].with_fd, .fd = 5,
			.frame = DA_NONE, .confidence = 0.95f, .how = "read" };
		d->proc.threads.v[1].state = DA_STATE_WAITING;
		for (uint32_t k = 2; cases[i].behind && k < 5; k++) {
			*da_vec_add(d->arena, &d->proc.waits) = (struct da_wait){ .thread = k, .lock = 0, .address = 0x1000, .owner = 1,
				.kind = DA_LOCK_PTHREAD_MUTEX, .primary = true, .frame = DA_NONE, .confidence = 0.95f, .how = "futex" };
			d->proc.threads.v[k].state = DA_STATE_BLOCKED;
		}
		if (cases[i].listed)
			*da_vec_add(d->arena, &d->proc.handles) = (struct da_handle){ .handle = 9, .name = "/dev/null", .type = "file" };
		if (cases[i].ended) {
			d->proc.exception = da_new(d->arena, struct da_exception);
			*d->proc.exception = (struct da_exception){ .thread = 0, .is_signal = true, .code = 6, .name = "SIGABRT",
				.has_info = true, .syscall = -1, .cause = DA_CAUSE_FROM_OUTSIDE, .blamed_frame = DA_NONE,
				.blamed_module = DA_NONE };
		}
		doc = analyze(d);
		for (size_t k = 0; k < da_doc_findings(doc); k++)
			for (size_t m = 0; m < da_doc_finding(doc, k)->nnext; m++) {
				const char *text = da_doc_finding(doc, k)->next[m].text;

				if (!strstr(text, "PID.fd"))
					continue;
				asked++;
				ck_assert_msg(cases[i].says != NULL, "case %zu", i);
				ck_says(text, cases[i].says);
			}
		ck_assert_uint_eq(asked, cases[i].says ? 1 : 0);
		da_dump_free(d);
	}
}
END_TEST

UNIT_MAIN("hang_outside", descriptors_that_matter, collections, tracers, debuggers_of_windows, profilers, remotes_by_destination, sleepers, boxes, pools,
	  pools_in_a_collection, pools_that_block_on_tasks, finalizers)
