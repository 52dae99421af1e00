/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hang.lock-owner-running: who holds what many wait for, and runs. Ordinary contention looks so for a moment, and a
 * loop that does not end for ever: one dump does not tell them apart, so this is no more than worth knowing.
 */
#include "config.h"

#include "analyze/hang.h"

#define SURE 0.7 /* the owner is known; whether it goes on is not */

/* It runs, by its own state; no other finding tells of it; and many stand behind it. */
static bool is_one(const struct da_analysis *a, uint32_t head)
{
	const struct da_graph *g = a->graph;

	return a->dump->proc.threads.v[head].state == DA_STATE_RUNNING && !da_primary_wait(a, head) && !g->told[head] &&
	       g->behind[head] >= 3 && g->behind[head] * DA_HANG_SHARE >= g->n &&
	       (double)da_hang_weakest(a, head) >= DA_HANG_SURE;
}

static void tell(struct da_analysis *a, uint32_t head)
{
	uint32_t behind = a->graph->behind[head];
	const struct da_frame *frame = da_standing_frame(a, head);
	struct da_finding *f = da_finding_new(a->doc, "hang.lock-owner-running", DA_SEVERITY_INFORMATION, behind + 1,
					      DA_MIN(SURE, (double)da_hang_weakest(a, head)));
	const char *again = da_hang_second_dump(a);
	size_t n;
	const uint32_t *followers = da_hang_behind(a, head, &n);

	da_finding_title(f, "%u %s behind %s, which runs", behind, da_plural(behind, "thread waits", "threads wait"),
			 da_say_thread(a, head));
	da_finding_description(f, "%s holds %s, and was not waiting when the dump was made%s%s. A busy lock looks like "
			       "this for a moment, and a loop that does not end for ever.", da_say_thread(a, head),
			       da_hang_locks(a, head), frame ? ", but in " : "", frame ? da_say_frame(a, frame) : "");
	da_finding_recommendation(f, "%s: if the same thread still holds the lock, give the developers its stacks of both dumps.", again);
	da_finding_next(f, DA_NEXT_DUMP, "%s, to see whether %s still holds the lock.", again, da_say_thread(a, head));
	da_finding_refuted_by(f, "a second dump in which these threads have gone on");
	da_finding_thread(f, head);
	for (size_t i = 0; i < n; i++)
		da_finding_thread(f, followers[i]);
	da_hang_edges(a, f, followers, n);
	a->graph->told[head] = true;
	a->noted++;
}

static unsigned run_owner_running(struct da_analysis *a)
{
	struct da_heads heads;
	unsigned n = 0;

	if (da_hang_crashed(a))
		return 0;
	da_hang_heads(a, &heads);
	for (size_t i = 0; i < heads.v.n && n < DA_HANG_MOST; i++)
		if (is_one(a, heads.v.v[i])) {
			tell(a, heads.v.v[i]);
			n++;
		}
	return n;
}

const struct da_rule da_rule_hang_lock_owner_running = {
	.id = "hang.lock-owner-running", .severity = "Information",
	.looks_for = "the owner of a lock that many wait for, while it runs",
	.page = "Needs at least three threads, a fifth of all, behind a thread that runs and is known to hold the lock. Where\n"
		"CPU times tell that it has run for long, hang.spin says so instead. Never more than Information: one dump of a\n"
		"busy process may show that by chance.",
	.why_not = da_hang_no_waits, .run = run_owner_running,
};
