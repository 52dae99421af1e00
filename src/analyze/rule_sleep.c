/* SPDX-License-Identifier: Apache-2.0 */
/* hang.sleep: a thread that sleeps, and may hold a lock that others wait for. */
#include "config.h"

#include "analyze/hang.h"

static void one_sleeper(struct da_analysis *a, uint32_t head)
{
	uint32_t behind = a->graph->behind[head];
	struct da_finding *f = da_finding_new(a->doc, "hang.sleep", DA_SEVERITY_INFORMATION, behind + 1,
					      (double)da_hang_weakest(a, head));
	size_t n;
	const uint32_t *followers = da_hang_behind(a, head, &n);

	da_finding_title(f, "%s sleeps, and %u %s for a lock that it may hold", da_say_thread(a, head), behind,
			 da_plural(behind, "thread waits", "threads wait"));
	da_finding_description(f, "That it holds this lock is a guess: see the evidence. If it is right, they go on when it has slept.%s",
			       da_say_asked(a, head));
	da_finding_recommendation(f, "Ask the developers whether it sleeps inside of the lock: nothing slow belongs there.");
	da_finding_refuted_by(f, "another owner of the lock");
	da_finding_thread(f, head);
	for (size_t i = 0; i < n; i++)
		da_finding_thread(f, followers[i]);
	da_hang_edges(a, f, followers, n);
}

/* One whose lock is known for sure is hang.lock-owner-blocked's. */
static unsigned run_sleep(struct da_analysis *a)
{
	struct da_heads heads;
	unsigned n = 0;

	da_hang_heads(a, &heads);
	for (size_t i = 0; i < heads.v.n && n < DA_HANG_MOST; i++) {
		uint32_t head = heads.v.v[i];
		const struct da_wait *w = da_primary_wait(a, head);

		if (!w || w->kind != DA_WAIT_SLEEP || w->woken || (double)da_hang_weakest(a, head) >= DA_HANG_SURE ||
		    da_hang_crashed(a))
			continue;
		one_sleeper(a, head);
		n++;
	}
	return n;
}

const struct da_rule da_rule_hang_sleep = {
	.id = "hang.sleep", .severity = "Information",
	.looks_for = "a thread that sleeps, and may hold a lock that others wait for",
	.page = "Where the lock itself names the sleeper as its owner, hang.lock-owner-blocked tells it, with the time that it\n"
		"asked for; here are those of which it is a guess.",
	.why_not = da_hang_no_waits, .run = run_sleep,
};
