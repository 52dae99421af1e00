/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hang.gc-in-progress: .NET stops its threads for a collection and one does not stop. A thread that runs managed code
 * (cooperative mode) stops by itself within moments; one that waits in that mode, in a call that was made without leaving
 * it (SuppressGCTransition, code of the runtime), keeps all others until it comes back. A collection that just runs is a
 * matter of milliseconds: dump.mid-gc tells of it.
 */
#include "config.h"

#include "analyze/hang.h"

/* Has it not stopped, though the runtime asked? The one that asked, and the collector's own, need not. */
static bool has_not_stopped(const struct da_analysis *a, uint32_t runtime, const struct da_managed_thread *m)
{
	const struct da_runtime *r = &a->dump->proc.runtimes.v[runtime];

	return m->runtime == runtime && m->thread < a->graph->n && m->gc_mode == DA_GC_MODE_COOPERATIVE && !m->dead &&
	       !m->unstarted && !m->gc && m->thread != r->suspended_by && a->dump->proc.threads.v[m->thread].role != DA_ROLE_GC;
}

/* It waits for something, as far as is known surely. */
static const struct da_wait *wait_of(const struct da_analysis *a, uint32_t thread)
{
	const struct da_wait *w = da_primary_wait(a, thread);

	return w && !w->woken && w->confidence >= 0.6f ? w : NULL;
}

uint32_t da_gc_holders(const struct da_analysis *a, uint32_t runtime, bool *ret_waits)
{
	const struct da_process *p = &a->dump->proc;
	uint32_t n = 0;

	*ret_waits = false;
	if (!p->runtimes.v[runtime].suspended || p->runtimes.v[runtime].suspended_by >= a->graph->n || da_hang_crashed(a))
		return 0;
	for (size_t i = 0; i < p->managed_threads.n; i++)
		if (has_not_stopped(a, runtime, &p->managed_threads.v[i])) {
			*ret_waits |= wait_of(a, p->managed_threads.v[i].thread) != NULL;
			n++;
		}
	return n;
}

static void evidence(struct da_analysis *a, struct da_finding *f, uint32_t thread)
{
	const struct da_wait *w = wait_of(a, thread);
	const char *function = da_standing_in(a, thread);
	struct da_evidence *ev = da_finding_evidence(f, "has not stopped");

	da_evidence_thread(ev, thread);
	if (w && w->frame != DA_NONE)
		da_evidence_frame(ev, w->frame);
	da_evidence_text(ev, "is in cooperative mode%s%s, %s%s", function ? " in " : "",
			 function ? da_printf(a->dump->arena, DA_SYM("%s"), function) : "",
			 w ? "and waits for " : "and runs", w ? da_say_wait(a, w) : "");
}

static void one(struct da_analysis *a, uint32_t runtime, uint32_t n, bool waits)
{
	const struct da_process *p = &a->dump->proc;
	const char *by = da_say_thread(a, p->runtimes.v[runtime].suspended_by);
	struct da_finding *f = da_finding_new(a->doc, "hang.gc-in-progress", waits ? DA_SEVERITY_WARNING : DA_SEVERITY_INFORMATION, n + 1,
					      waits ? 0.85 : 0.5);
	unsigned shown = 0;

	da_finding_title(f, "%u %s not stopped for a garbage collection that %s asked for", n, da_plural(n, "thread has", "threads have"), by);
	da_finding_description(f, "%s No managed code runs in any other thread until the collection is over: whoever comes back "
			       "from a native call stops as well.",
			       waits ? "A thread in cooperative mode that waits cannot be stopped."
				     : "It stops within moments, unless it is in a loop that the runtime cannot interrupt.");
	da_finding_recommendation(f, waits ? "Give the developers the stack of that thread: a native call marked SuppressGCTransition must "
					     "not wait."
					   : "Make a second dump some seconds later: if it stands there again, give the developers "
					     "that stack.");
	da_finding_next(f, DA_NEXT_DUMP, "%s: that shows whether the collection has ended.", da_hang_second_dump(a));
	da_finding_refuted_by(f, "a second dump in which the collection is over");
	da_finding_thread(f, p->runtimes.v[runtime].suspended_by);
	for (size_t i = 0; i < p->managed_threads.n; i++) {
		if (!has_not_stopped(a, runtime, &p->managed_threads.v[i]))
			continue;
		da_finding_thread(f, p->managed_threads.v[i].thread);
		if (shown++ < DA_HANG_EVIDENCE)
			evidence(a, f, p->managed_threads.v[i].thread);
	}
	a->hangs += waits;
}

static unsigned run_gc(struct da_analysis *a)
{
	unsigned made = 0;

	for (uint32_t i = 0; i < a->dump->proc.runtimes.n; i++) {
		bool waits;
		uint32_t n = da_gc_holders(a, i, &waits);

		if (n)
			one(a, i, n, waits);
		made += n > 0;
	}
	return made;
}

static const char *not_suspended(const struct da_analysis *a)
{
	for (size_t i = 0; i < a->dump->proc.runtimes.n; i++)
		if (a->dump->proc.runtimes.v[i].suspended)
			return NULL;
	return a->dump->proc.runtimes.n ? "no collection was running, and none was about to"
					: "no managed runtime is in this process";
}

const struct da_rule da_rule_hang_gc_in_progress = {
	.id = "hang.gc-in-progress", .severity = "Information or Warning",
	.looks_for = "a thread of .NET that does not stop for a garbage collection",
	.page = "Needs the runtime's word which thread stops the others, and the mode of each. A Warning where one that has not\n"
		"stopped waits; one that runs stops by itself as a rule. A collection that nobody holds up is no finding of a\n"
		"hang: dump.mid-gc tells of it.",
	.why_not = not_suspended, .run = run_gc,
};
