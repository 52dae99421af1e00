/* SPDX-License-Identifier: Apache-2.0 */
/* hang.finalizer-blocked: the thread that runs finalizers of .NET waits for a lock, or sleeps. */
#include "config.h"

#include <string.h>

#include "analyze/hang.h"
#include "analyze/order.h"

#define LONG_US 10000000 /* who sleeps for so long keeps all finalizers */

/* What runs finalizers, where that is managed code itself. */
static bool is_loop(const struct da_frame *f)
{
	return f->place && f->place->method && f->place->method->hidden;
}

/* Idle it stands in code of the runtime alone; in a finalizer managed frames are on its stack. */
static bool runs_managed_code(const struct da_thread *t)
{
	for (size_t i = 0; i < t->frames.n; i++)
		if (t->frames.v[i].kind == DA_FRAME_MANAGED && !is_loop(&t->frames.v[i]))
			return true;
	return false;
}

static const char *method_of(const struct da_frame *f)
{
	return f->place && f->place->method ? f->place->method->raw : NULL;
}

/* A finalizer itself, which goes on to the method that it overrides, so that its frame stays; or what calls it. */
static bool is_finalizer(const struct da_frame *f)
{
	static const char suffix[] = ".Finalize";
	const char *name = method_of(f);
	size_t n = name ? strlen(name) : 0;

	return is_loop(f) || (name && da_starts(name, "System.GC.RunFinalizers")) ||
	       (n >= sizeof(suffix) - 1 && strcmp(name + n - (sizeof(suffix) - 1), suffix) == 0);
}

/*
 * At the end of a process the same thread raises AppDomain.ProcessExit, when the last finalizer has run. The call of the
 * handler may replace that of AppContext.OnProcessExit: then the handler alone is on the stack, and no finalizer. Frames
 * without a name leave it open.
 */
bool da_runs_exit_handler(const struct da_thread *t)
{
	bool all_named = true;

	for (size_t i = 0; i < t->frames.n; i++) {
		const struct da_frame *f = &t->frames.v[i];

		if (f->kind != DA_FRAME_MANAGED)
			continue;
		if (is_finalizer(f))
			return false;
		all_named &= method_of(f) != NULL;
	}
	return all_named && runs_managed_code(t);
}

static bool is_managed_wait(const struct da_wait *w)
{
	return w->kind >= DA_LOCK_MONITOR && w->kind <= DA_LOCK_TASK;
}

static bool sleeps_long(const struct da_analysis *a, const struct da_wait *w)
{
	return w->kind == DA_WAIT_SLEEP && !w->woken && da_hang_lasts(a, w, LONG_US);
}

static bool is_blocked(const struct da_analysis *a, const struct da_wait *w)
{
	return sleeps_long(a, w) || (w->lock != DA_NONE && (w->owner != DA_NONE || is_managed_wait(w)));
}

static void one_blocked(struct da_analysis *a, uint32_t thread, const struct da_wait *w)
{
	bool sleeps = w->kind == DA_WAIT_SLEEP, ends = sleeps && !w->endless;
	const char *does = !sleeps ? "waits for a lock" : ends ? "sleeps for long" : "sleeps without a limit";
	const char *who = da_say_thread(a, thread), *function = da_standing_in(a, thread);
	struct da_finding *f = da_finding_new(a->doc, "hang.finalizer-blocked", ends ? DA_SEVERITY_WARNING : DA_SEVERITY_ERROR, 2,
					      (double)w->confidence);

	da_finding_title(f, "The finalizer of .NET %s", does);
	da_finding_description(f, "%s runs a finalizer that %s%s%s%s%s.%s All objects with finalizers stay in memory until it goes on.", who,
			       sleeps ? does : da_printf(a->dump->arena, "waits for %s", da_say_wait(a, w)),
			       w->owner != DA_NONE ? ", held by " : "", w->owner != DA_NONE ? da_say_thread(a, w->owner) : "",
			       function ? ", in " : "", function ? da_printf(a->dump->arena, DA_SYM("%s"), function) : "",
			       da_say_asked(a, thread));
	da_finding_recommendation(f, "A finalizer must not wait: release what it needs another way (Dispose), and %s in it.",
				  sleeps ? "do not sleep" : "take no lock");
	da_finding_refuted_by(f, "a second dump in which the finalizer has gone on");
	da_finding_thread(f, thread);
	if (w->lock != DA_NONE)
		da_finding_object(f, "lock", a->order->lock_row[w->lock]);
	da_hang_wait(a, f, thread, w, "wait");
	if (da_hang_lead(a, f, da_printf(a->dump->arena, "%s: the finalizer of .NET, %s, %s.", ends ? "Possible hang" : "Hang", who, does)))
		da_vec_push(a->dump->arena, &a->hang_threads, thread);
}

static unsigned run_finalizer_blocked(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	unsigned n = 0;

	for (size_t i = 0; i < p->managed_threads.n; i++) {
		const struct da_managed_thread *m = &p->managed_threads.v[i];
		const struct da_wait *w = m->finalizer && m->thread != DA_NONE ? da_primary_wait(a, m->thread) : NULL;

		if (!w || !is_blocked(a, w) || !runs_managed_code(&p->threads.v[m->thread]) ||
		    da_runs_exit_handler(&p->threads.v[m->thread]))
			continue;
		one_blocked(a, m->thread, w);
		n++;
	}
	return n;
}

static const char *no_finalizer(const struct da_analysis *a)
{
	for (size_t i = 0; i < a->dump->proc.managed_threads.n; i++)
		if (a->dump->proc.managed_threads.v[i].finalizer)
			return NULL;
	return "no managed runtime's finalizer thread is known";
}

const struct da_rule da_rule_hang_finalizer_blocked = {
	.id = "hang.finalizer-blocked", .severity = "Warning or Error",
	.looks_for = "a finalizer thread that waits for a lock, or sleeps for long",
	.page = "Needs the runtime's own word which thread runs finalizers, and what that thread waits for. A sleep counts if\n"
		"it has no limit (an Error), or still lasts ten seconds or more (a Warning). A handler of\n"
		"AppDomain.ProcessExit, which the same thread runs, is no finalizer: see hang.exit-stuck.",
	.why_not = no_finalizer, .run = run_finalizer_blocked,
};
