/* SPDX-License-Identifier: Apache-2.0 */
/* hang.none: what was looked at when no rule found a hang, and what that does not tell. */
#include "config.h"

#include "analyze/hang.h"

static const char *died(const struct da_analysis *a)
{
	if (a->dump->proc.exception)
		return "the process died";
	return a->dump->proc.threads.n ? NULL : "the dump holds no threads";
}

/* What would look the same if it were wrong. */
static const char *reservations(struct da_analysis *a)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	size_t signalled = da_hang_signalled(a);

	if (a->taking_turns)
		da_str_addf(&s, " %u %s behind one that waits for work, as workers do that take turns.", a->taking_turns,
			    da_plural(a->taking_turns, "stands", "stand"));
	if (signalled)
		da_str_addf(&s, " %zu %s for a signal of another thread (a condition variable, semaphore, event or task): who gives it "
			    "stands nowhere, and a lost one would look the same.", signalled, da_plural(signalled, "waits", "wait"));
	if (da_hang_nobody_outside(a))
		da_str_add(&s, " No thread runs, sleeps or waits for anything outside: unless a signal handler or another process wakes "
			       "one, none of them goes on.");
	if (a->dump->proc.runtimes.n)
		da_str_add(&s, " Tasks and requests that no thread stands in were not looked at.");
	return da_strdup(a->dump->arena, da_str_get(&s));
}

/* Threads whose wait another thread of the process ends. */
static size_t waiting(const struct da_analysis *a)
{
	size_t n = 0;

	for (uint32_t i = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);

		n += w && w->kind < DA_LOCK_UNKNOWN;
	}
	return n;
}

static unsigned run_none(struct da_analysis *a)
{
	size_t unknown, waits = waiting(a);
	const char *states = da_say_states(a, &unknown);
	struct da_finding *f;

	if (a->hangs || a->noted || da_graph_ownerless(a->dump, a->graph))
		return 0;
	f = da_finding_new(a->doc, "hang.none", DA_SEVERITY_NOTIFICATION, 0,
			   unknown * 10 > a->graph->n || da_hang_nobody_outside(a) ? 0.5 : 0.8);
	da_finding_title(f, "No hang was found");
	da_finding_description(f, "Looked at %zu %s: %s. %zu %s for a lock, a signal or the end of another one; none of these waits closes "
			       "a circle or stands behind a thread that waits itself%s.%s", a->graph->n,
			       da_plural(a->graph->n, "thread", "threads"), states, waits,
			       da_plural(waits, "waits", "wait"), a->taking_turns ? " for anything but work" : "",
			       reservations(a));
	da_finding_recommendation(f, "If the service hung when this dump was made, make two more, ten seconds apart: what does not "
				  "move between them is the question.");
	da_finding_refuted_by(f, "a second dump in which the same threads stand at the same places and requests wait");
	return 1;
}

const struct da_rule da_rule_hang_none = {
	.id = "hang.none", .severity = "Notification",
	.looks_for = "a living process in which no rule found a hang",
	.page = "Says how many threads were looked at, in which states they are, of how many that is not known, and what\n"
		"would look the same if it were a hang.",
	.why_not = died, .run = run_none,
};
