/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of hangs of managed code: models made by hand, healthy ones beside each. */
#include "config.h"

#include <string.h>

#include "analyze/analyze.h"
#include "unit/findings.h"
#include "unit/hang_process.h"
#include "unit/unit.h"

#define SECOND UINT64_C(1000000)

static struct da_runtime *runtime(struct da_dump *d, struct da_threadpool *t)
{
	struct da_runtime *r = da_vec_add(d->arena, &d->proc.runtimes);

	*r = (struct da_runtime){ .kind = DA_RUNTIME_CORECLR, .module = DA_NONE, .verified = true, .suspended_by = DA_NONE,
				  .profiler_module = DA_NONE, .threadpool = t };
	return r;
}

static void managed_frame(struct da_dump *d, uint32_t thread, const char *method)
{
	struct da_place *p = da_new(d->arena, struct da_place);
	struct da_method *m = da_new(d->arena, struct da_method);

	m->raw = method;
	m->assembly = DA_NONE;
	p->method = m;
	p->module = DA_NONE;
	p->ncalls = 1;
	p->calls = da_new(d->arena, struct da_place_call);
	p->calls->function = method;
	*da_vec_add(d->arena, &d->proc.threads.v[thread].frames) =
		(struct da_frame){ .kind = DA_FRAME_MANAGED, .trust = DA_TRUST_RUNTIME, .module = DA_NONE, .place = p };
}

/* For something that is no lock. */
static struct da_wait *wait_in(struct da_dump *d, uint32_t thread, enum da_lock_kind kind)
{
	struct da_wait *w = da_vec_add(d->arena, &d->proc.waits);

	*w = (struct da_wait){ .thread = thread, .lock = DA_NONE, .owner = DA_NONE, .kind = (uint8_t)kind, .primary = true,
			       .frame = DA_NONE, .how = "the frame shows the call", .confidence = 1 };
	d->proc.threads.v[thread].state = kind == DA_WAIT_SLEEP ? DA_STATE_SLEEPING : DA_STATE_WAITING;
	return w;
}

static struct da_wait *until(struct da_wait *w, uint64_t us)
{
	w->has_deadline = true;
	w->clock = DA_CLOCK_MONOTONIC;
	w->deadline_us = us;
	return w;
}

/* ---------------------------------------------------------------- the thread pool */

enum { WORKERS = 4 };

static struct da_threadpool pool_of(uint64_t queued)
{
	return (struct da_threadpool){ .min = 2, .max = 100, .workers = WORKERS, .active = WORKERS, .goal = WORKERS, .has_global = true,
				       .has_local = true, .queued_global = queued, .address = 0x7000, .how = "a static field holds it" };
}

/* Ten threads, of which the first four are workers. */
static struct da_dump *pool(struct da_threadpool *t)
{
	struct da_dump *d = threads(10);

	runtime(d, t);
	for (uint32_t i = 0; i < WORKERS; i++) {
		struct da_managed_thread *m = da_new(d->arena, struct da_managed_thread);

		*m = (struct da_managed_thread){ .thread = i, .threadpool = true, .exception = DA_NONE };
		d->proc.threads.v[i].managed = m;
		d->proc.threads.v[i].state = DA_STATE_RUNNING;
	}
	return d;
}

static const struct da_finding_row *starvation(struct da_dump *d)
{
	return finding(analyze(d), "hang.threadpool-starvation");
}

/* Sleeps of a moment: by what was asked for, by the clock of the dump, by the pool's own thread that never waits for long. */
START_TEST(short_waits_are_a_backlog)
{
	static const struct {
		uint64_t timeout, deadline, gate; /* 0: none */
		int64_t left;
		bool certain;
	} cases[] = {
		{ 20000, 0, 0, 0, false }, { 30 * SECOND, 0, 0, 0, true }, { 0, 900 * SECOND, 0, 0, true },
		{ 0, 900 * SECOND, 0, 300000, false }, { 0, 900 * SECOND, 0, 30 * (int64_t)SECOND, true },
		{ 0, 900 * SECOND, 900 * SECOND, 0, false }, { 0, 900 * SECOND, 900 * SECOND + 300000, 0, false },
		{ 0, 903 * SECOND, 900 * SECOND, 0, true }, { 0, 0, 900 * SECOND, 0, true },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_threadpool t = pool_of(40);
		struct da_dump *d = pool(&t);
		const struct da_finding_row *f;

		for (uint32_t k = 0; k < WORKERS; k++) {
			struct da_wait *w = wait_in(d, k, DA_WAIT_SLEEP);

			w->has_timeout = cases[i].timeout > 0;
			w->timeout_us = cases[i].timeout;
			if (cases[i].deadline)
				until(w, cases[i].deadline + k * 1000);
			w->has_left = cases[i].left > 0;
			w->left_us = cases[i].left;
		}
		if (cases[i].gate) {
			managed_frame(d, 7, "System.Threading.PortableThreadPool+GateThread.GateThreadStart");
			until(wait_in(d, 7, DA_LOCK_EVENT), cases[i].gate);
		}
		f = starvation(d);
		ck_assert_ptr_nonnull(f);
		ck_assert_msg(f->severity == (cases[i].certain ? DA_SEVERITY_ERROR : DA_SEVERITY_INFORMATION), "case %zu", i);
		ck_says(f->recommendation, "Do not sleep in work items");
		da_dump_free(d);
	}
}
END_TEST

/* Parallel.For offers one item to whoever comes free; a queue much shorter than the pool is no backlog either. */
START_TEST(a_short_queue_is_none)
{
	static const struct {
		uint64_t queued;
		uint32_t workers;
		bool told;
	} cases[] = { { 1, 4, false }, { 2, 4, true }, { 3, 16, false }, { 4, 16, true } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_threadpool t = pool_of(cases[i].queued);
		struct da_dump *d = pool(&t);

		t.workers = t.active = t.goal = cases[i].workers;
		for (uint32_t k = WORKERS; k < cases[i].workers; k++)
			*da_vec_add(d->arena, &d->proc.threads) = (struct da_thread){ .tid = 200 + k };
		for (uint32_t k = 0; k < cases[i].workers; k++) {
			d->proc.threads.v[k].managed = d->proc.threads.v[0].managed;
			wait_in(d, k, DA_LOCK_EVENT);
		}
		ck_assert_msg((starvation(d) != NULL) == cases[i].told, "case %zu", i);
		da_dump_free(d);
	}
}
END_TEST

/* A worker beyond the goal rests, whatever is queued; one short of it is about to be given work. */
START_TEST(workers_beyond_the_goal)
{
	for (uint32_t goal = 3; goal <= 4; goal++) {
		struct da_threadpool t = pool_of(40);
		struct da_dump *d = pool(&t);

		t.active = 3;
		t.goal = goal;
		for (uint32_t k = 0; k < 3; k++)
			wait_in(d, k, DA_LOCK_EVENT);
		d->proc.threads.v[3].state = DA_STATE_IDLE;
		ck_assert((starvation(d) != NULL) == (goal == 3));
		da_dump_free(d);
	}
}
END_TEST

/* Three workers behind the fourth, which runs, sleeps for long, for a moment, or waits for something outside. */
START_TEST(workers_behind_one)
{
	enum { RUNS, SLEEPS, NAPS, ASKS, CASES };
	static const char *const does[] = { [SLEEPS] = "which sleeps", [ASKS] = "which waits for a socket" };

	for (int i = 0; i < CASES; i++) {
		struct da_threadpool t = pool_of(40);
		struct da_dump *d = pool(&t);
		const struct da_finding_row *f;
		struct da_doc *doc;
		uint32_t l;
		struct da_wait *w;

		l = lock(d, 3, 1);
		d->proc.locks.v[l].kind = DA_LOCK_MONITOR;
		for (uint32_t k = 0; k < 3; k++) {
			wait(d, k, l, 1);
			d->proc.waits.v[k].kind = DA_LOCK_MONITOR;
		}
		if (i != RUNS) {
			w = wait_in(d, 3, i == ASKS ? DA_WAIT_SOCKET : DA_WAIT_SLEEP);
			w->has_timeout = i != ASKS;
			w->timeout_us = i == NAPS ? 20000 : 90 * SECOND;
		}
		doc = analyze(d);
		f = finding(doc, "hang.threadpool-starvation");
		ck_assert_ptr_nonnull(f);
		ck_assert_msg(f->severity == (does[i] ? DA_SEVERITY_ERROR : DA_SEVERITY_INFORMATION), "case %d", i);
		if (does[i]) {
			ck_says(f->title, "most of them behind t4");
			ck_says(f->description, does[i]);
			ck_says(f->recommendation, "Ask the developers why t4");
			ck_says(da_doc_get_verdict(doc)->text, "3 threads wait behind t4");
		}
		da_dump_free(d);
	}
}
END_TEST

/* So many timers are queued only where they fire while their callbacks wait; of a long queue the first items are looked at. */
START_TEST(storms_of_timers)
{
	struct da_threadpool t = pool_of(90000);
	struct da_dump *d = pool(&t);
	const struct da_finding_row *f;
	bool said = false;

	*da_vec_add(d->arena, &t.types) = (struct da_type_count){ "System.Threading.TimerQueueTimer", 20000 };
	t.typed = 20000;
	for (uint32_t k = 0; k < WORKERS; k++) {
		struct da_wait *w = wait_in(d, k, DA_WAIT_SLEEP);

		w->has_timeout = true;
		w->timeout_us = 30000;
	}
	f = starvation(d);
	ck_assert_int_eq(f->severity, DA_SEVERITY_WARNING);
	ck_says(f->title, "Timers fire faster");
	for (size_t i = 0; i < f->nevidence; i++)
		said |= f->evidence[i].text && strstr(f->evidence[i].text, "of the first 20000, which alone were looked at");
	ck_assert(said);
	t.types.v[0].count = 3000; /* as many timers as may fire at one moment */
	ck_assert_int_eq(starvation(d)->severity, DA_SEVERITY_INFORMATION);
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- the thread of finalizers */

static void finalizer(struct da_dump *d, uint32_t thread)
{
	struct da_managed_thread *m = da_vec_add(d->arena, &d->proc.managed_threads);

	*m = (struct da_managed_thread){ .thread = thread, .managed_id = 2, .finalizer = true, .exception = DA_NONE };
	d->proc.threads.v[thread].managed = m;
}

START_TEST(finalizers_that_sleep)
{
	static const struct {
		bool endless;
		uint64_t timeout, deadline, other;
		int severity; /* -1: nothing is told */
	} cases[] = {
		{ true, 0, 0, 0, DA_SEVERITY_ERROR }, { false, 0, 0, 0, -1 }, { false, SECOND, 0, 0, -1 },
		{ false, 60 * SECOND, 0, 0, DA_SEVERITY_WARNING },
		/* the limit of another thread had not come: the sleep lasts at least for the difference */
		{ false, 0, 960 * SECOND, 900 * SECOND, DA_SEVERITY_WARNING }, { false, 0, 903 * SECOND, 900 * SECOND, -1 },
		{ false, 0, 900 * SECOND, 960 * SECOND, -1 }, { false, 0, 960 * SECOND, 0, -1 },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = threads(5);
		const struct da_finding_row *f;
		struct da_wait *w;

		runtime(d, NULL);
		finalizer(d, 0);
		managed_frame(d, 0, "System.Threading.Thread.Sleep");
		managed_frame(d, 0, "Shop.Order.Finalize");
		w = wait_in(d, 0, DA_WAIT_SLEEP);
		w->endless = cases[i].endless;
		w->has_timeout = cases[i].timeout > 0;
		w->timeout_us = cases[i].timeout;
		if (cases[i].deadline)
			until(w, cases[i].deadline);
		if (cases[i].other)
			until(wait_in(d, 1, DA_LOCK_EVENT), cases[i].other);
		f = finding(analyze(d), "hang.finalizer-blocked");
		ck_assert_msg((f ? (int)f->severity : -1) == cases[i].severity, "case %zu", i);
		da_dump_free(d);
	}
}
END_TEST

/* Thread 0 ends the process, thread 1 runs the handler, thread 2 has the lock that this one waits for. */
START_TEST(handlers_of_the_end)
{
	static const struct {
		const char *main; /* the managed frame of thread 0, or NULL: Main has returned */
		enum da_lock_kind kind;
		bool owner_sleeps;
		int severity; /* -1: nothing is told */
	} cases[] = {
		{ "System.Environment.Exit", DA_LOCK_MONITOR, true, DA_SEVERITY_WARNING },
		{ NULL, DA_LOCK_MONITOR, true, DA_SEVERITY_WARNING },
		{ "System.Environment.Exit", DA_LOCK_MONITOR, false, DA_SEVERITY_INFORMATION },
		{ "System.Environment.Exit", DA_LOCK_COUNTDOWN, false, DA_SEVERITY_INFORMATION }, /* requests that are to end */
		{ "Shop.Program.Main", DA_LOCK_MONITOR, true, -1 },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = threads(5);
		const struct da_finding_row *f;

		runtime(d, NULL);
		d->proc.threads.v[0].role = DA_ROLE_MAIN;
		*da_vec_add(d->arena, &d->proc.threads.v[0].frames) = (struct da_frame){ .kind = DA_FRAME_NATIVE, .module = DA_NONE };
		if (cases[i].main)
			managed_frame(d, 0, cases[i].main);
		wait_in(d, 0, DA_LOCK_PTHREAD_COND);
		finalizer(d, 1);
		managed_frame(d, 1, "Shop.Program.OnExit");
		if (cases[i].kind == DA_LOCK_MONITOR) {
			behind(d, 1, 2);
			d->proc.locks.v[0].kind = DA_LOCK_MONITOR;
			d->proc.waits.v[1].kind = DA_LOCK_MONITOR;
		} else {
			wait_in(d, 1, cases[i].kind);
		}
		d->proc.threads.v[2].state = DA_STATE_RUNNING;
		if (cases[i].owner_sleeps)
			wait_in(d, 2, DA_WAIT_SLEEP)->endless = true;
		f = finding(analyze(d), "hang.exit-stuck");
		ck_assert_msg((f ? (int)f->severity : -1) == cases[i].severity, "case %zu", i);
		if (f)
			ck_says(f->description, "t2 runs a handler of AppDomain.ProcessExit");
		if (f)
			ck_says(f->description, "t1, which ends the process, waits until it has run");
		da_dump_free(d);
	}
}
END_TEST

/* ---------------------------------------------------------------- tasks */

#define BOX "System.Runtime.CompilerServices.AsyncTaskMethodBuilder<int>+AsyncStateMachineBox<"

START_TEST(one_thread_that_blocks_on_a_task)
{
	static const struct {
		bool main, limit;
		const char *type, *frame;
		const char *title; /* NULL: nothing is told */
	} cases[] = {
		{ false, false, BOX "Shop.Ui+<SaveAsync>d__3>", "Shop.Ui.OnClick", "t3 blocks on lock1 (the task of Shop.Ui.SaveAsync)" },
		{ false, false, "System.Threading.Tasks.Task", "Shop.Ui.OnClick", "t3 blocks on lock1 (a task, System.Threading.Tasks.Task)" },
		{ false, true, BOX "Shop.Ui+<SaveAsync>d__3>", "Shop.Ui.OnClick", NULL },
		{ true, false, "System.Threading.Tasks.Task+WhenAllPromise", "Shop.Program.Main", "t3 blocks on lock1" },
		{ true, false, BOX "Shop.Program+<Main>d__0>", "Shop.Program.<Main>", NULL },
		{ true, false, BOX "Program+<<Main>$>d__0>", "Program.<Main>", NULL },
		{ true, false, "System.Threading.Tasks.Task+DelayPromise", "Shop.Program.Main", NULL },
		{ true, false, BOX "Microsoft.Extensions.Hosting.HostingAbstractionsHostExtensions+<RunAsync>d__4>", "Shop.Program.Main", NULL },
		{ true, false, "System.Threading.Tasks.Task", "Microsoft.Extensions.Hosting.HostingAbstractionsHostExtensions.Run", NULL },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = threads(12);
		uint32_t l = lock(d, DA_NONE, 0);
		const struct da_finding_row *f;

		runtime(d, NULL);
		d->proc.locks.v[l].kind = DA_LOCK_TASK;
		d->proc.locks.v[l].state = DA_LOCK_STATE_UNKNOWN;
		d->proc.locks.v[l].owner_tid = 0;
		d->proc.locks.v[l].type = cases[i].type;
		wait(d, 2, l, 0.9f);
		d->proc.waits.v[0].kind = DA_LOCK_TASK;
		d->proc.waits.v[0].has_timeout = cases[i].limit;
		d->proc.waits.v[0].timeout_us = 30 * SECOND;
		if (cases[i].main)
			d->proc.threads.v[2].role = DA_ROLE_MAIN;
		managed_frame(d, 2, cases[i].frame);
		f = finding(analyze(d), "hang.sync-over-async");
		ck_assert_msg((f != NULL) == (cases[i].title != NULL), "case %zu", i);
		if (f)
			ck_assert_int_eq(f->severity, DA_SEVERITY_INFORMATION);
		if (f)
			ck_says(f->title, cases[i].title);
		da_dump_free(d);
	}
}
END_TEST

UNIT_MAIN("hang_managed", short_waits_are_a_backlog, a_short_queue_is_none, workers_beyond_the_goal, workers_behind_one, storms_of_timers, finalizers_that_sleep,
	  handlers_of_the_end, one_thread_that_blocks_on_a_task)
