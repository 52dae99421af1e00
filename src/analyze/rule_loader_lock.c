/* SPDX-License-Identifier: Apache-2.0 */
/* hang.loader-lock: a thread that waits while it holds the lock of the dynamic linker, or of the loader of Windows. */
#include "config.h"

#include "analyze/hang.h"
#include "analyze/order.h"

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
		da_hang_wait(a, f, l->owner, w, "wait");
		a->graph->told[l->owner] = true;
		if (da_hang_lead(a, f, da_printf(a->dump->arena, "Hang: %s waits while it holds the loader's lock.",
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
