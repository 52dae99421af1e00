/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hang.*: threads that wait for work of others that no lock names: tasks, children, other machines, a
 * collection, the end of the process. What an idle process does all day is no finding.
 */
#include "config.h"

#include <string.h>

#include "analyze/hang.h"
#include "analyze/order.h"

static bool is_idle(const struct da_thread *t)
{
	return t->state == DA_STATE_IDLE;
}

/* Others stand behind it, by a lock. */
static bool blocks_others(const struct da_analysis *a, uint32_t thread)
{
	return a->graph->head[thread] == thread && a->graph->behind[thread] > 0;
}

static void wait_evidence(struct da_analysis *a, struct da_finding *f, uint32_t thread, const struct da_wait *w)
{
	const char *function = da_standing_in(a, thread);
	struct da_evidence *ev = da_finding_evidence(f, "wait");

	da_evidence_thread(ev, thread);
	if (w->frame != DA_NONE)
		da_evidence_frame(ev, w->frame);
	if (w->address)
		da_evidence_address(ev, w->address);
	da_evidence_text(ev, "waits for %s%s%s%s%s", da_say_wait(a, w), function ? " in " : "",
			 function ? da_printf(a->dump->arena, DA_SYM("%s"), function) : "", w->how ? ": " : "",
			 w->how ? w->how : "");
}

/* ---------------------------------------------------------------- sync over async */

struct blocked {
	size_t workers, busy, others; /* pool workers that block on tasks, that are not idle; threads besides */
};

static const struct da_wait *task_wait(const struct da_analysis *a, uint32_t thread)
{
	const struct da_wait *w = da_primary_wait(a, thread);

	return w && w->kind == DA_LOCK_TASK ? w : NULL;
}

/* The main thread of a service waits for the task that is the service. */
static bool counts(const struct da_analysis *a, uint32_t i)
{
	const struct da_thread *t = &a->dump->proc.threads.v[i];

	return task_wait(a, i) && t->role != DA_ROLE_MAIN;
}

static void count_blocked(const struct da_analysis *a, struct blocked *b)
{
	const struct da_process *p = &a->dump->proc;

	*b = (struct blocked){ 0 };
	for (uint32_t i = 0; i < p->threads.n; i++) {
		const struct da_thread *t = &p->threads.v[i];

		if (da_is_pool_worker(t) && !is_idle(t))
			b->busy++;
		if (counts(a, i))
			da_is_pool_worker(t) ? b->workers++ : b->others++;
	}
}

static void task_evidence(struct da_analysis *a, struct da_finding *f, uint32_t thread)
{
	const struct da_wait *w = task_wait(a, thread);
	struct da_arena *arena = a->dump->arena;
	const char *type = w->lock < a->dump->proc.locks.n ? a->dump->proc.locks.v[w->lock].type : NULL;
	const char *method = da_method_of_task(arena, type), *function = da_standing_in(a, thread);
	struct da_evidence *ev = da_finding_evidence(f, "blocked on a task");

	da_evidence_thread(ev, thread);
	if (w->frame != DA_NONE)
		da_evidence_frame(ev, w->frame);
	if (w->address)
		da_evidence_address(ev, w->address);
	da_evidence_text(ev, "%s waits for %s", function ? da_printf(arena, DA_SYM("%s"), function) : "an unknown function",
			 method ? da_printf(arena, "the task of " DA_SYM("%s"), method)
			 : type ? da_printf(arena, "a " DA_SYM("%s"), type) : "a task");
}

static unsigned run_sync_over_async(struct da_analysis *a)
{
	struct da_arena *arena = a->dump->arena;
	struct blocked b;
	struct da_finding *f;
	unsigned shown = 0;
	bool stuck;
	size_t all;

	count_blocked(a, &b);
	all = b.workers + b.others;
	stuck = b.workers >= 2 && b.workers == b.busy;
	if (!stuck && b.workers < 2 && (all < 2 || all * DA_HANG_SHARE < a->graph->n))
		return 0;
	f = da_finding_new(a->doc, "hang.sync-over-async", stuck ? DA_SEVERITY_ERROR : DA_SEVERITY_WARNING, (unsigned)all, 0.8);
	if (b.workers)
		da_finding_title(f, "%zu of %zu busy thread-pool workers block on tasks", b.workers, b.busy);
	else
		da_finding_title(f, "%zu threads block on tasks", all);
	da_finding_description(f, "%s by .Result, .Wait() or GetAwaiter().GetResult(). %s %s held up.",
			       b.workers ? "They wait for asynchronous work whose continuation needs a worker of the same pool,"
					 : "They wait for asynchronous work",
			       da_say_share(a, all), da_plural(all, "is", "are"));
	da_finding_recommendation(f, stuck ? "No worker is left to finish what the others wait for: the pool grows by one or two "
					     "threads a second at best, and queued work waits. Await the tasks instead of blocking "
					     "on them; until then ThreadPool.SetMinThreads gives room."
					   : "Await the tasks instead of blocking on them: each blocked thread is one less for others.");
	da_finding_refuted_by(f, "a second dump in which these threads have gone on");
	da_finding_next(f, DA_NEXT_DUMP, "Make two dumps ten seconds apart: they show whether these threads go on.");
	for (uint32_t i = 0; i < a->graph->n; i++) {
		if (!counts(a, i))
			continue;
		da_finding_thread(f, i);
		if (shown++ < DA_HANG_EVIDENCE)
			task_evidence(a, f, i);
	}
	if (!stuck)
		a->hangs++;
	else if (da_hang_lead(a, f, "hang.sync-over-async", 0.8,
			      da_printf(arena, "Hang: all %zu busy thread-pool workers block on tasks, which need workers to "
					"finish.", b.workers)))
		for (uint32_t i = 0; i < a->graph->n; i++)
			if (counts(a, i))
				da_vec_push(arena, &a->hang_threads, i);
	return 1;
}

const struct da_rule da_rule_hang_sync_over_async = {
	.id = "hang.sync-over-async", .severity = "Warning or Error",
	.looks_for = "threads that block on tasks (.Result, .Wait())",
	.page = "Needs managed stacks, and the task in the frames of the call. An Error where every busy worker of the\n"
		"thread pool blocks so, and there are at least two; a Warning from two workers on, or where a fifth of\n"
		"all threads block so. The main thread, which waits for the service's own task, does not count.",
	.why_not = da_hang_no_waits, .run = run_sync_over_async,
};

/* ---------------------------------------------------------------- children */

static unsigned run_waiting_child(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	struct da_finding *f = NULL;
	bool grave = false;
	size_t n = 0;

	for (uint32_t i = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);

		if (!w || (w->kind != DA_WAIT_CHILD && w->kind != DA_LOCK_PROCESS) || is_idle(&p->threads.v[i]))
			continue;
		grave |= blocks_others(a, i);
		n++;
	}
	if (n == 0 || da_hang_crashed(a))
		return 0;
	grave |= n >= 2 && n * DA_HANG_SHARE >= a->graph->n;
	f = da_finding_new(a->doc, "hang.waiting-child", grave ? DA_SEVERITY_WARNING : DA_SEVERITY_INFORMATION, (unsigned)n, 0.9);
	da_finding_title(f, "%zu %s for a child process to end", n, da_plural(n, "thread waits", "threads wait"));
	da_finding_description(f, "What takes long is then in the child, not here. %s.", da_say_share(a, n));
	da_finding_recommendation(f, "Make a dump of the child as well, and give both to dumpan in one call.");
	da_finding_next(f, DA_NEXT_DUMP, "Make a dump of the child process too.");
	da_finding_refuted_by(f, "a child that has ended, and whose end was not noticed");
	for (uint32_t i = 0, shown = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);

		if (!w || (w->kind != DA_WAIT_CHILD && w->kind != DA_LOCK_PROCESS) || is_idle(&p->threads.v[i]))
			continue;
		da_finding_thread(f, i);
		if (shown++ < DA_HANG_EVIDENCE)
			wait_evidence(a, f, i, w);
	}
	return 1;
}

const struct da_rule da_rule_hang_waiting_child = {
	.id = "hang.waiting-child", .severity = "Information or Warning",
	.looks_for = "threads that wait for a child process to end",
	.page = "Needs the system call, or the handle of a process. A Warning where others stand behind such a thread, or a\n"
		"fifth of all threads, and at least two, wait so.",
	.why_not = da_hang_no_waits, .run = run_waiting_child,
};

/* ---------------------------------------------------------------- the loader's lock */

static unsigned run_loader_lock(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	unsigned n = 0;

	for (uint32_t i = 0; i < p->locks.n; i++) {
		const struct da_lock *l = &p->locks.v[i];
		uint32_t from = a->order->waits_from[i], to = a->order->waits_from[i + 1];
		const struct da_wait *w = l->owner < a->graph->n ? da_primary_wait(a, l->owner) : NULL;
		struct da_finding *f;

		if (l->kind != DA_LOCK_LOADER || from == to || !w || a->graph->cycle[l->owner] != DA_NONE)
			continue;
		f = da_finding_new(a->doc, "hang.loader-lock", DA_SEVERITY_ERROR, to - from + 1, (double)l->confidence);
		da_finding_title(f, "%s waits while it holds the loader's lock", da_say_thread(a, l->owner));
		da_finding_description(f, "It waits for %s inside the loading or unloading of a library. No library can be loaded and no "
				       "thread can begin or end until it goes on; %u %s already.", da_say_wait(a, w), to - from,
				       da_plural(to - from, "thread waits for it", "threads wait for it"));
		da_finding_recommendation(f, "Code that runs while a library is loaded (DllMain, constructors of static objects) must not "
					  "wait for other threads: move it to the first call.");
		da_finding_refuted_by(f, "a second dump in which it has gone on");
		da_finding_thread(f, l->owner);
		for (uint32_t k = from; k < to; k++)
			da_finding_thread(f, p->waits.v[a->order->waits_of[k]].thread);
		da_finding_object(f, "lock", a->order->lock_row[i]);
		wait_evidence(a, f, l->owner, w);
		if (da_hang_lead(a, f, "hang.loader-lock", (double)l->confidence,
				 da_printf(a->dump->arena, "Hang: %s waits while it holds the loader's lock.",
					   da_say_thread(a, l->owner))))
			da_vec_push(a->dump->arena, &a->hang_threads, l->owner);
		n++;
	}
	return n;
}

const struct da_rule da_rule_hang_loader_lock = {
	.id = "hang.loader-lock", .severity = "Error",
	.looks_for = "a thread that waits while it holds the loader's lock",
	.page = "Needs the lock of the dynamic linker, or of Windows' loader, with its owner, somebody who waits for it, and\n"
		"what the owner itself waits for.",
	.why_not = da_hang_no_waits, .run = run_loader_lock,
};

/* ---------------------------------------------------------------- the end of the process */

/* exit() runs handlers and destructors; what they wait for keeps the process. */
static bool in_exit(const struct da_thread *t)
{
	static const char *const names[] = { "exit", "__run_exit_handlers", "_exit_handlers", "RtlExitUserProcess",
					     "LdrShutdownProcess", "ExitProcess" };

	for (size_t i = 0; i < t->frames.n; i++) {
		const struct da_place *p = t->frames.v[i].place;
		const char *name = p && p->ncalls ? p->calls[0].function : NULL;

		for (size_t k = 0; name && k < DA_ARRAY_SIZE(names); k++)
			if (da_streq(name, names[k]) && t->frames.v[i].trust > DA_TRUST_SCAN)
				return true;
	}
	return false;
}

static unsigned run_exit_stuck(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	unsigned n = 0;

	for (uint32_t i = 0; i < a->graph->n && !da_hang_crashed(a); i++) {
		const struct da_wait *w = da_primary_wait(a, i);
		struct da_finding *f;

		if (!w || p->threads.v[i].state != DA_STATE_BLOCKED || a->graph->cycle[i] != DA_NONE ||
		    !in_exit(&p->threads.v[i]))
			continue;
		f = da_finding_new(a->doc, "hang.exit-stuck", DA_SEVERITY_WARNING, 1, 0.85);
		da_finding_title(f, "The process does not end: %s waits inside of exit", da_say_thread(a, i));
		da_finding_description(f, "%s runs the handlers and destructors of the end of the process and waits there for %s%s%s.",
				       da_say_thread(a, i), da_say_wait(a, w), w->owner != DA_NONE ? ", held by " : "",
				       w->owner != DA_NONE ? da_say_thread(a, w->owner) : "");
		da_finding_recommendation(f, "Stop and join threads before main returns; do not wait in destructors of static objects.");
		da_finding_refuted_by(f, "a second dump in which it has gone on");
		da_finding_thread(f, i);
		wait_evidence(a, f, i, w);
		a->hangs++;
		n++;
	}
	return n;
}

const struct da_rule da_rule_hang_exit_stuck = {
	.id = "hang.exit-stuck", .severity = "Warning",
	.looks_for = "a thread that waits for another one while the process ends",
	.page = "Needs a frame of exit(), or of Windows' ExitProcess, on the stack of a thread that is blocked.",
	.why_not = da_hang_no_waits, .run = run_exit_stuck,
};

/* ---------------------------------------------------------------- nobody has it */

static unsigned run_convoy(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	unsigned n = 0;

	for (uint32_t i = 0; i < p->locks.n; i++) {
		const struct da_lock *l = &p->locks.v[i];
		uint32_t from = a->order->waits_from[i], to = a->order->waits_from[i + 1], count = to - from;
		struct da_finding *f;

		if (l->state != DA_LOCK_CONTENDED || l->owner != DA_NONE || !da_lock_excludes((enum da_lock_kind)l->kind) ||
		    count < 3 || count * DA_HANG_SHARE < a->graph->n)
			continue;
		f = da_finding_new(a->doc, "hang.lock-convoy", DA_SEVERITY_WARNING, count, 0.7);
		da_finding_title(f, "%u threads queue for %s, which nobody has at this moment", count, da_say_lock(a, i));
		da_finding_description(f, "The lock is being handed from one to the next: it is held for a short time, but asked for more "
				       "often than it can be given. %s.", da_say_share(a, count));
		da_finding_recommendation(f, "Hold the lock for less, or split what it guards; a profile shows who takes it most.");
		da_finding_refuted_by(f, "a second dump in which nobody waits for it");
		for (uint32_t k = from; k < to; k++)
			da_finding_thread(f, p->waits.v[a->order->waits_of[k]].thread);
		da_finding_object(f, "lock", a->order->lock_row[i]);
		a->hangs++;
		n++;
	}
	return n;
}

const struct da_rule da_rule_hang_lock_convoy = {
	.id = "hang.lock-convoy", .severity = "Warning",
	.looks_for = "many threads that wait for a lock without an owner",
	.page = "Needs a lock whose own words say that it is free or changes hands, and at least three threads, a fifth of\n"
		"all, that wait for it.",
	.why_not = da_hang_no_waits, .run = run_convoy,
};

/* ---------------------------------------------------------------- a loop */

/* Of the time that all threads had; a loop of a minute outweighs what was before. */
#define SPIN_PERCENT 60
#define SPIN_US UINT64_C(10000000)

static unsigned run_spin(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	uint64_t total = 0, most = 0;
	uint32_t at = DA_NONE;
	struct da_finding *f;
	const char *function;

	for (uint32_t i = 0; i < p->threads.n; i++) {
		uint64_t us = p->threads.v[i].has_times ? p->threads.v[i].user_us : 0;

		total += us;
		if (us > most) {
			most = us;
			at = i;
		}
	}
	if (da_hang_crashed(a) || at == DA_NONE || p->threads.v[at].state != DA_STATE_RUNNING || most < SPIN_US ||
	    most * 100 < total * SPIN_PERCENT || p->threads.n < 2)
		return 0;
	function = da_standing_in(a, at);
	f = da_finding_new(a->doc, "hang.spin", DA_SEVERITY_WARNING, 1, 0.6);
	da_finding_title(f, "%s has used %u %% of the CPU time and is running", da_say_thread(a, at), (unsigned)(most * 100 / total));
	da_finding_description(f, "It was not waiting when the dump was made%s%s. A loop that does not end looks like this; so does "
			       "long work.", function ? ", but in " : "",
			       function ? da_printf(a->dump->arena, DA_SYM("%s"), function) : "");
	da_finding_recommendation(f, "Make a second dump some seconds later: if it stands in the same functions, give the developers "
				  "both stacks.");
	da_finding_next(f, DA_NEXT_DUMP, "Make a second dump some seconds later, to see whether it is still there.");
	da_finding_refuted_by(f, "a second dump in which it does something else");
	da_finding_thread(f, at);
	a->hangs++;
	return 1;
}

static const char *no_times(const struct da_analysis *a)
{
	for (size_t i = 0; i < a->dump->proc.threads.n; i++)
		if (a->dump->proc.threads.v[i].has_times)
			return NULL;
	return "the dump holds no CPU times";
}

const struct da_rule da_rule_hang_spin = {
	.id = "hang.spin", .severity = "Warning",
	.looks_for = "a thread that runs, and has used most of the CPU time",
	.page = "Needs CPU times: cores of the kernel and dumps of Windows with thread information have them. Ten seconds\n"
		"and 60 % of the time of all threads, in user mode.",
	.why_not = no_times, .run = run_spin,
};
