/* SPDX-License-Identifier: Apache-2.0 */
/* hang.exit-stuck: the process ends, and what runs then waits. */
#include "config.h"

#include "analyze/hang.h"

/* exit() runs handlers and destructors; what they wait for keeps the process. */
static bool in_exit(const struct da_dump *d, const struct da_thread *t)
{
	static const char *const names[] = { "exit", "__run_exit_handlers", "_exit_handlers", "RtlExitUserProcess",
					     "LdrShutdownProcess", "ExitProcess" };

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

static void one_stuck(struct da_analysis *a, uint32_t thread, const struct da_wait *w)
{
	bool slow = goes_on(a, w);
	struct da_finding *f = da_finding_new(a->doc, "hang.exit-stuck", slow ? DA_SEVERITY_INFORMATION : DA_SEVERITY_WARNING, 1, 0.85);
	const char *held = w->owner != DA_NONE && !da_is_join((enum da_lock_kind)w->kind)
			   ? da_printf(a->dump->arena, ", %s by %s", da_say_held((enum da_lock_kind)w->kind), da_say_thread(a, w->owner))
			   : "";

	da_finding_title(f, slow ? "The process is ending: %s waits for another thread inside of exit"
				 : "The process does not end: %s waits inside of exit", da_say_thread(a, thread));
	da_finding_description(f, "%s runs the handlers and destructors of the end of the process and waits there for %s%s.%s",
			       da_say_thread(a, thread), da_say_wait(a, w), held,
			       !slow ? "" : a->dump->proc.threads.v[w->owner].state == DA_STATE_RUNNING ? " That one runs." : " That one sleeps.");
	da_finding_recommendation(f, "Stop and join threads before main returns; do not wait in destructors of static objects.");
	da_finding_refuted_by(f, "a second dump in which it has gone on");
	da_finding_thread(f, thread);
	da_hang_wait(a, f, thread, w, "wait");
	a->hangs++;
}

static unsigned run_exit_stuck(struct da_analysis *a)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < a->graph->n && !da_hang_crashed(a); i++) {
		const struct da_wait *w = da_primary_wait(a, i);
		uint32_t head = a->graph->head[i];

		if (!w || a->dump->proc.threads.v[i].state != DA_STATE_BLOCKED || a->graph->cycle[i] != DA_NONE ||
		    (head != DA_NONE && a->graph->told[head]) || !in_exit(a->dump, &a->dump->proc.threads.v[i]))
			continue;
		one_stuck(a, i, w);
		n++;
	}
	return n;
}

const struct da_rule da_rule_hang_exit_stuck = {
	.id = "hang.exit-stuck", .severity = "Information or Warning",
	.looks_for = "a thread that waits for another one while the process ends",
	.page = "Needs a frame of exit(), or of Windows' ExitProcess, on the stack of a thread that is blocked.\n"
		"Information where it waits for the end of a thread that goes on.",
	.why_not = da_hang_no_waits, .run = run_exit_stuck,
};
