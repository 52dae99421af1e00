/* SPDX-License-Identifier: Apache-2.0 */
/* hang.lock-orphaned: a lock whose owner ended without giving it back. */
#include "config.h"

#include "analyze/hang.h"
#include "analyze/order.h"

static void one_orphan(struct da_analysis *a, uint32_t lock, uint32_t from, uint32_t to)
{
	const struct da_process *p = &a->dump->proc;
	const struct da_lock *l = &p->locks.v[lock];
	const struct da_wait *first = &p->waits.v[a->order->waits_of[from]];
	struct da_finding *f = da_finding_new(a->doc, "hang.lock-orphaned", DA_SEVERITY_ERROR, to - from, (double)l->confidence);
	struct da_evidence *ev;

	da_finding_title(f, "%u %s for a lock whose owner is gone", to - from, da_plural(to - from, "thread waits", "threads wait"));
	da_finding_description(f, "%s is owned by thread id %u, which is not in the dump: it ended without giving the lock back, "
			       "so nobody ever will.", da_say_wait(a, first), l->owner_tid);
	da_finding_recommendation(f, "Find which thread can end, by an exception, pthread_exit or cancellation, while it holds this "
				  "lock; a lock that is released by scope (RAII, using, finally) cannot be lost so.");
	da_finding_refuted_by(f, "a thread with this id that the dump's writer left out, or memory at the lock that is no lock");
	ev = da_finding_evidence(f, "owner field");
	da_evidence_address(ev, l->address);
	da_evidence_text(ev, "%s", l->how ? l->how : "the lock's own word");
	for (uint32_t i = from; i < to; i++)
		da_finding_thread(f, p->waits.v[a->order->waits_of[i]].thread);
	da_finding_object(f, "lock", a->order->lock_row[lock]);
	if (da_hang_lead(a, f, da_printf(a->dump->arena, "Hang: %u %s for a lock whose owner, thread id %u, is gone.", to - from,
					 da_plural(to - from, "thread waits", "threads wait"), l->owner_tid)))
		da_vec_push(a->dump->arena, &a->hang_threads, first->thread);
}

static unsigned run_orphaned(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	unsigned n = 0;

	for (uint32_t i = 0; i < p->locks.n; i++) {
		uint32_t from = a->order->waits_from[i], to = a->order->waits_from[i + 1];

		if (p->locks.v[i].state != DA_LOCK_ORPHANED || from == to || (double)p->locks.v[i].confidence < DA_HANG_SURE)
			continue;
		one_orphan(a, i, from, to);
		n++;
	}
	return n;
}

const struct da_rule da_rule_hang_lock_orphaned = {
	.id = "hang.lock-orphaned", .severity = "Error",
	.looks_for = "a lock that threads wait for and whose owner does not exist any more",
	.page = "Needs a lock that keeps its owner's thread id, and all threads of the process in the dump.",
	.why_not = da_hang_no_waits, .run = run_orphaned,
};
