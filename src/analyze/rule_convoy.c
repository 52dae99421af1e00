/* SPDX-License-Identifier: Apache-2.0 */
/* hang.lock-convoy: a lock that is asked for more often than it can be given. */
#include "config.h"

#include "analyze/hang.h"
#include "analyze/order.h"

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
		f = da_finding_new(a->doc, "hang.lock-convoy", DA_SEVERITY_INFORMATION, count, 0.7);
		da_finding_title(f, "%u threads queue for %s, which nobody has at this moment", count, da_say_lock(a, i));
		da_finding_description(f, "The lock is being handed from one to the next: it is held for a short time, but asked for more "
				       "often than it can be given.");
		da_finding_recommendation(f, "Hold the lock for less, or split what it guards; a profile shows who takes it most.");
		da_finding_next(f, DA_NEXT_DUMP, "%s: a queue that stays tells more than one.", da_hang_second_dump(a));
		da_finding_refuted_by(f, "a second dump in which nobody waits for it");
		for (uint32_t k = from; k < to; k++)
			da_finding_thread(f, p->waits.v[a->order->waits_of[k]].thread);
		da_finding_object(f, "lock", a->order->lock_row[i]);
		n++;
	}
	return n;
}

const struct da_rule da_rule_hang_lock_convoy = {
	.id = "hang.lock-convoy", .severity = "Information",
	.looks_for = "many threads that wait for a lock without an owner",
	.page = "Needs a lock whose own words say that it is free or changes hands, and at least three threads, a fifth of\n"
		"all, that wait for it. One dump of a busy process may show that by chance.",
	.why_not = da_hang_no_waits, .run = run_convoy,
};
