/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that run: alone, together in one function, and with a lock that others wait for. */
#include "config.h"

#include <string.h>

#include "analyze/analyze.h"
#include "unit/findings.h"
#include "unit/hang_process.h"
#include "unit/unit.h"

#define LONG UINT64_C(90000000)

/* These threads run for so long; the others have used next to nothing. */
static void run(struct da_dump *d, const uint32_t *threads, uint32_t n, uint64_t us)
{
	for (uint32_t i = 0; i < d->proc.threads.n; i++) {
		d->proc.threads.v[i].has_times = true;
		if (!d->proc.threads.v[i].user_us)
			d->proc.threads.v[i].user_us = 1000;
	}
	for (uint32_t i = 0; i < n; i++) {
		d->proc.threads.v[threads[i]].user_us = us;
		d->proc.threads.v[threads[i]].state = DA_STATE_RUNNING;
	}
}

/* Its only frame: in a function of the program, or, NULL, in code without a name. */
static void stand(struct da_dump *d, uint32_t thread, const char *function, uint64_t pc)
{
	struct da_process *p = &d->proc;
	struct da_place *place = da_new(d->arena, struct da_place);

	if (p->modules.n == 0)
		*da_vec_add(d->arena, &p->modules) = (struct da_module){ .name = "ordersd", .start = 0x400000, .end = 0x500000,
									 .main = true, .class = DA_CLASS_OWN };
	*place = (struct da_place){ .module = 0 };
	if (function) {
		place->ncalls = 1;
		place->calls = da_new(d->arena, struct da_place_call);
		place->calls->function = function;
	}
	*da_vec_add(d->arena, &p->threads.v[thread].frames) = (struct da_frame){ .pc = pc, .place = place,
		.trust = DA_TRUST_CONTEXT, .kind = DA_FRAME_NATIVE, .exact_pc = true };
}

static void end_it(struct da_dump *d)
{
	struct da_exception *e = da_new(d->arena, struct da_exception);

	*e = (struct da_exception){ .thread = 0, .is_signal = true, .code = 6, .name = "SIGABRT", .has_info = true,
				    .syscall = -1, .cause = DA_CAUSE_FROM_OUTSIDE, .blamed_frame = DA_NONE,
				    .blamed_module = DA_NONE };
	d->proc.exception = e;
}

START_TEST(a_loop_needs_time_and_a_running_thread)
{
	static const struct {
		uint64_t us;
		enum da_state state;
		bool found;
	} cases[] = { { 90000000, DA_STATE_RUNNING, true }, { 90000000, DA_STATE_WAITING, false },
		      { 2000000, DA_STATE_RUNNING, false } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = threads(4);
		struct da_doc *doc;

		for (uint32_t k = 0; k < 4; k++) {
			d->proc.threads.v[k].has_times = true;
			d->proc.threads.v[k].user_us = 1000;
		}
		d->proc.threads.v[2].user_us = cases[i].us;
		d->proc.threads.v[2].state = (uint8_t)cases[i].state;
		doc = analyze(d);
		ck_assert((finding(doc, "hang.spin") != NULL) == cases[i].found);
		da_dump_free(d);
	}
}
END_TEST

/* SIGABRT from outside, of a loop: a Warning only where the time is the thread's own. */
START_TEST(time_of_ended_threads_accuses_nobody)
{
	for (int mixed = 0; mixed < 2; mixed++) {
		struct da_dump *d = threads(2);
		struct da_thread *t = d->proc.threads.v;
		const struct da_finding_row *f;
		struct da_doc *doc;

		end_it(d);
		t[0].has_times = t[1].has_times = true;
		t[0].user_us = 90000000;
		t[0].state = DA_STATE_RUNNING;
		t[0].times_with_ended = mixed;
		doc = analyze(d);
		f = finding(doc, "hang.spin");
		ck_assert_ptr_nonnull(f);
		ck_assert_int_eq(f->severity, mixed ? DA_SEVERITY_INFORMATION : DA_SEVERITY_WARNING);
		ck_assert((strstr(f->title, "threads that have ended") != NULL) == mixed);
		da_dump_free(d);
	}
}
END_TEST

/* Templates of the language's library are compiled into the program, and are none of its functions. */
START_TEST(the_program_s_own_function)
{
	static const char *const library[] = { "std::once_flag::_Prepare_execution<Job>::_FUN()",
					       "void std::__invoke_impl<void, void (*)(int)>(void (*)(int), int)",
					       "core::ops::function::FnOnce::call_once", "__gnu_cxx::new_allocator<int>::allocate(int)" };
	static const char *const own[] = { "standard::run()", "unsigned long store<std::string>(std::string)" };
	const uint32_t busy[] = { 1 };

	for (size_t i = 0; i < DA_ARRAY_SIZE(library); i++)
		for (size_t k = 0; k < DA_ARRAY_SIZE(own); k++) {
			struct da_dump *d = threads(4);

			run(d, busy, 1, LONG);
			stand(d, 1, library[i], 0x401000);
			stand(d, 1, own[k], 0x402000);
			ck_says(finding(analyze(d), "hang.spin")->description, da_printf(d->arena, "in %.8s", own[k]));
			da_dump_free(d);
		}
}
END_TEST

/* Two in one function, by its name or by where their code is: one finding of both; in two functions none. */
START_TEST(those_in_one_function_count_together)
{
	static const struct {
		const char *first, *second;
		uint64_t pc;
		bool found;
		const char *says;
	} cases[] = { { "match", "match", 0x401080, true, "t3 and t4 have used 99 % of the CPU time and are running in match" },
		      { "match", "parse", 0x401080, false, NULL },
		      { NULL, NULL, 0x401080, true, "running in an unknown function of ordersd" },
		      { NULL, NULL, 0x402000, false, NULL } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = threads(5);
		const struct da_finding_row *f;

		run(d, (const uint32_t[]){ 2, 3 }, 2, LONG);
		stand(d, 2, cases[i].first, 0x401000);
		stand(d, 3, cases[i].second, cases[i].pc);
		f = finding(analyze(d), "hang.spin");
		ck_assert_msg((f != NULL) == cases[i].found, "case %zu", i);
		if (f) {
			ck_says(f->title, cases[i].says);
			ck_assert_uint_eq(f->nthreads, 2);
			ck_assert_int_eq(f->severity, DA_SEVERITY_INFORMATION);
		}
		da_dump_free(d);
	}
}
END_TEST

/* Of several threads of a process that somebody ended: parallel work, or one small loop? */
START_TEST(one_small_loop)
{
	static const struct {
		uint64_t pc;
		enum da_severity severity;
	} cases[] = { { 0x401080, DA_SEVERITY_WARNING }, { 0x401400, DA_SEVERITY_INFORMATION } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = threads(5);
		const struct da_finding_row *f;

		end_it(d);
		run(d, (const uint32_t[]){ 2, 3 }, 2, LONG);
		stand(d, 2, "match", 0x401000);
		stand(d, 3, "match", cases[i].pc);
		f = finding(analyze(d), "hang.spin");
		ck_assert_ptr_nonnull(f);
		ck_assert_uint_eq(f->nthreads, 2);
		ck_assert_int_eq(f->severity, cases[i].severity);
		da_dump_free(d);
	}
}
END_TEST

/* Without CPU times nothing is found, but who runs where is told as what would look the same. */
START_TEST(without_times)
{
	for (int same = 0; same < 2; same++) {
		struct da_dump *d = threads(5);
		const struct da_finding_row *f;

		for (uint32_t i = 2; i < 4; i++)
			d->proc.threads.v[i].state = DA_STATE_RUNNING;
		stand(d, 2, "match", 0x401000);
		stand(d, 3, same ? "match" : "parse", 0x402000);
		f = finding(analyze(d), "hang.none");
		ck_assert_ptr_nonnull(f);
		ck_says(f->description, same ? "if t3 and t4, which run in match, never end." : "if t3 and t4, which run, never end.");
		da_dump_free(d);
	}
}
END_TEST

/* A living process: worth knowing. One that somebody ended: the loop and its lock are the likely hang. */
START_TEST(a_loop_that_holds_a_lock)
{
	for (int ended = 0; ended < 2; ended++) {
		struct da_dump *d = threads(10);
		const struct da_finding_row *f;
		uint32_t l = lock(d, 2, 0.95f);
		struct da_doc *doc;

		if (ended)
			end_it(d);
		for (uint32_t i = 3; i < 7; i++)
			wait(d, i, l, 0.95f);
		run(d, (const uint32_t[]){ 2 }, 1, LONG);
		stand(d, 2, "rebuild", 0x401000);
		doc = analyze(d);
		f = finding(doc, "hang.spin");
		ck_assert_ptr_nonnull(f);
		ck_assert_int_eq(f->severity, ended ? DA_SEVERITY_WARNING : DA_SEVERITY_INFORMATION);
		ck_says(f->description, "t3 holds lock1 (a mutex), and 4 threads wait behind it.");
		ck_assert_uint_eq(f->nthreads, 5);
		ck_assert_ptr_null(finding(doc, "hang.lock-owner-running"));
		ck_assert_ptr_null(finding(doc, "hang.none"));
		ck_assert_int_eq(da_doc_get_verdict(doc)->kind, ended ? DA_VERDICT_HANG : DA_VERDICT_HEALTHY);
		ck_says(da_doc_get_verdict(doc)->text, ended ? "Possible hang: 4 threads wait behind t3, which used 99 % of the CPU time"
							     : "but see the information");
		ck_says(f->recommendation, ended ? "Next time make two dumps" : "Make a second dump");
		da_dump_free(d);
	}
}
END_TEST

/* Without CPU times: many behind one that runs, by a lock that is known to be its own. */
START_TEST(an_owner_that_runs)
{
	static const struct {
		uint32_t waiters;
		float confidence;
		enum da_state state;
		bool found;
	} cases[] = { { 4, 0.95f, DA_STATE_RUNNING, true }, { 2, 0.95f, DA_STATE_RUNNING, false },
		      { 4, 0.5f, DA_STATE_RUNNING, false }, { 4, 0.95f, DA_STATE_IDLE, false } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = threads(10);
		uint32_t l = lock(d, 2, cases[i].confidence);
		const struct da_finding_row *f;
		struct da_doc *doc;

		for (uint32_t k = 3; k < 3 + cases[i].waiters; k++)
			wait(d, k, l, 0.95f);
		d->proc.threads.v[2].state = (uint8_t)cases[i].state;
		doc = analyze(d);
		f = finding(doc, "hang.lock-owner-running");
		ck_assert_msg((f != NULL) == cases[i].found, "case %zu", i);
		ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR) + count(doc, DA_SEVERITY_WARNING), 0);
		ck_assert((finding(doc, "hang.none") != NULL) != cases[i].found);
		if (f) {
			ck_says(f->title, "4 threads wait behind t3, which runs");
			ck_says(f->description, "t3 holds lock1 (a mutex)");
		}
		da_dump_free(d);
	}
}
END_TEST

UNIT_MAIN("spin", a_loop_needs_time_and_a_running_thread, time_of_ended_threads_accuses_nobody, the_program_s_own_function,
	  those_in_one_function_count_together, one_small_loop, without_times, a_loop_that_holds_a_lock, an_owner_that_runs)
