/* SPDX-License-Identifier: Apache-2.0 */
/* hang.exit-stuck: the process ends, and what runs then waits. */
#include "config.h"

#include "analyze/hang.h"

#define LONG_US 10000000 /* who waits for so long keeps the process for so long */

/*
 * exit() runs handlers and destructors; what they wait for keeps the process. Environment.Exit waits for the thread of
 * finalizers, which runs the handlers.
 */
static bool in_exit(const struct da_dump *d, const struct da_thread *t)
{
	static const char *const names[] = { "exit", "__run_exit_handlers", "_exit_handlers", "RtlExitUserProcess",
					     "LdrShutdownProcess", "ExitProcess", "System.Environment.Exit" };

	for (size_t i = 0; i < t->frames.n; i++) {
		const struct da_place *p = t->frames.v[i].place;
		const char *name = p && p->ncalls ? p->calls[0].function : NULL;

		for (size_t k = 0; name && k < DA_ARRAY_SIZE(names); k++)
			if (da_streq(name, names[k]) && t->frames.v[i].trust > DA_TRUST_SCAN && !da_is_own(d, &t->frames.v[i]))
				return true;
	}
	return false;
}

/* Is it the end of a thread, and does that one go on? Then this is a shutdown that takes its time. */
static bool goes_on(const struct da_analysis *a, const struct da_wait *w)
{
	enum da_state state = w->owner != DA_NONE ? (enum da_state)a->dump->proc.threads.v[w->owner].state : DA_STATE_UNKNOWN;

	return da_is_join((enum da_lock_kind)w->kind) && (state == DA_STATE_RUNNING || state == DA_STATE_SLEEPING);
}

/* The thread that runs handlers of AppDomain.ProcessExit; DA_NONE: none does. */
static uint32_t handler_of(const struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;

	for (size_t i = 0; i < p->managed_threads.n; i++) {
		const struct da_managed_thread *m = &p->managed_threads.v[i];

		if (m->finalizer && m->thread < p->threads.n && da_runs_exit_handler(&p->threads.v[m->thread]))
			return m->thread;
	}
	return DA_NONE;
}

static bool says_so(const struct da_thread *t)
{
	for (size_t i = 0; i < t->frames.n; i++) {
		const char *name = da_function_name(&t->frames.v[i]);

		if (name && da_starts(name, "System.App") && da_ends(name, ".OnProcessExit"))
			return true;
	}
	return false;
}

/* The main thread that waits and has no managed frame left: Main has returned. */
static uint32_t returned_from_main(const struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;

	for (uint32_t i = 0; i < p->threads.n; i++) {
		const struct da_thread *t = &p->threads.v[i];
		bool managed = t->role != DA_ROLE_MAIN || t->frames.n == 0 || !da_primary_wait(a, i);

		for (size_t k = 0; k < t->frames.n; k++)
			managed |= t->frames.v[k].kind == DA_FRAME_MANAGED;
		if (!managed)
			return i;
	}
	return DA_NONE;
}

static const char *held_by(struct da_analysis *a, const struct da_wait *w)
{
	return w->owner != DA_NONE && !da_is_join((enum da_lock_kind)w->kind)
	       ? da_printf(a->dump->arena, ", %s by %s", da_say_held((enum da_lock_kind)w->kind), da_say_thread(a, w->owner)) : "";
}

static void end(struct da_analysis *a, struct da_finding *f, bool slow, uint32_t thread)
{
	da_finding_refuted_by(f, "a second dump in which it has gone on");
	a->hangs += slow;
	if (slow)
		return;
	if (da_hang_lead(a, f, da_printf(a->dump->arena, "The process does not end: %s waits inside of exit.", da_say_thread(a, thread))))
		da_vec_push(a->dump->arena, &a->hang_threads, thread);
}

static void one_stuck(struct da_analysis *a, uint32_t thread, const struct da_wait *w)
{
	bool slow = goes_on(a, w);
	struct da_finding *f = da_finding_new(a->doc, "hang.exit-stuck", slow ? DA_SEVERITY_INFORMATION : DA_SEVERITY_WARNING, 1, 0.85);

	da_finding_title(f, slow ? "The process is ending: %s waits for another thread inside of exit"
				 : "The process does not end: %s waits inside of exit", da_say_thread(a, thread));
	da_finding_description(f, "%s runs the handlers and destructors of the end of the process and waits there for %s%s.%s",
			       da_say_thread(a, thread), da_say_wait(a, w), held_by(a, w),
			       !slow ? "" : a->dump->proc.threads.v[w->owner].state == DA_STATE_RUNNING ? " That one runs." : " That one sleeps.");
	da_finding_recommendation(f, "Stop and join threads before main returns; do not wait in destructors of static objects.");
	da_finding_thread(f, thread);
	da_hang_wait(a, f, thread, w, "wait");
	end(a, f, slow, thread);
}

/*
 * Known to last: for a lock, whose owner does not go on soon. A signal may come from any thread, as from requests that are
 * still to end.
 */
static bool is_stuck(const struct da_analysis *a, uint32_t thread)
{
	const struct da_wait *w = da_primary_wait(a, thread), *last = w;
	uint32_t head = a->graph->head[thread];

	if (a->graph->cycle[thread] != DA_NONE)
		return true;
	if (head != DA_NONE && head != thread)
		last = da_primary_wait(a, head);
	return w && w->owner != DA_NONE && da_hang_stays(a, thread) &&
	       (!last || !da_wait_gives_up(last) || da_hang_lasts(a, last, LONG_US));
}

/* The thread that ends the process, or DA_NONE, waits for the handlers without a word of what for. */
static void managed_stuck(struct da_analysis *a, uint32_t handler, uint32_t ending)
{
	const struct da_wait *w = da_primary_wait(a, handler);
	bool slow = !is_stuck(a, handler);
	const char *who = da_say_thread(a, handler), *function = da_standing_in(a, handler);
	struct da_finding *f = da_finding_new(a->doc, "hang.exit-stuck", slow ? DA_SEVERITY_INFORMATION : DA_SEVERITY_WARNING, 2, 0.8);

	da_finding_title(f, slow ? "The process is ending: %s runs a handler of its end" : "The process does not end: %s waits in a handler "
								       "of its end", who);
	da_finding_description(f, "%s runs a handler of AppDomain.ProcessExit%s%s%s%s%s.%s", who, function ? ", in " : "",
			       function ? da_printf(a->dump->arena, DA_SYM("%s"), function) : "", w ? ", and waits for " : "",
			       w ? da_say_wait(a, w) : "", w ? held_by(a, w) : "",
			       ending == DA_NONE ? "" : da_printf(a->dump->arena, " %s, which ends the process, waits until it has run.",
								  da_say_thread(a, ending)));
	da_finding_recommendation(f, "Take no lock that a running thread may hold, and wait for nothing without a limit, in a handler of "
				  "ProcessExit: it runs while other threads still do.");
	da_finding_thread(f, handler);
	if (ending != DA_NONE)
		da_finding_thread(f, ending);
	if (w)
		da_hang_wait(a, f, handler, w, "wait");
	end(a, f, slow, handler);
}

static unsigned run_exit_stuck(struct da_analysis *a)
{
	uint32_t handler = handler_of(a), ending = DA_NONE;
	unsigned n = 0;

	for (uint32_t i = 0; i < a->graph->n && !da_hang_crashed(a); i++) {
		const struct da_wait *w = da_primary_wait(a, i);
		uint32_t head = a->graph->head[i];

		if (!w || !in_exit(a->dump, &a->dump->proc.threads.v[i]))
			continue;
		if (ending == DA_NONE)
			ending = i;
		if (a->dump->proc.threads.v[i].state != DA_STATE_BLOCKED || a->graph->cycle[i] != DA_NONE ||
		    (head != DA_NONE && a->graph->told[head]))
			continue;
		one_stuck(a, i, w);
		n++;
	}
	if (n || handler == DA_NONE || da_hang_crashed(a))
		return n;
	if (ending == DA_NONE)
		ending = returned_from_main(a);
	if (ending != DA_NONE || says_so(&a->dump->proc.threads.v[handler])) {
		managed_stuck(a, handler, ending);
		n++;
	}
	return n;
}

const struct da_rule da_rule_hang_exit_stuck = {
	.id = "hang.exit-stuck", .severity = "Information or Warning",
	.looks_for = "a thread that waits for another one while the process ends",
	.page = "Needs a frame of exit(), of Windows' ExitProcess, or of .NET's Environment.Exit on the stack of a thread that\n"
		"is blocked, or a handler of AppDomain.ProcessExit on the stack of .NET's finalizer thread. Information where\n"
		"it waits for the end of a thread that goes on, or the handler for no lock whose owner stands still.",
	.why_not = da_hang_no_waits, .run = run_exit_stuck,
};
