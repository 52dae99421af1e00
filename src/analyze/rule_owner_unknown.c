/* SPDX-License-Identifier: Apache-2.0 */
/* hang.owner-unknown: locks that one thread has at a time, where the dump does not tell which. */
#include "config.h"

#include "analyze/hang.h"

static unsigned run_owner_unknown(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	size_t n = da_graph_ownerless(a->dump, a->graph);
	struct da_finding *f;
	unsigned shown = 0;

	if (n == 0)
		return 0;
	f = da_finding_new(a->doc, "hang.owner-unknown", DA_SEVERITY_INFORMATION, (unsigned)n, 0.8);
	da_finding_title(f, "%zu %s for locks whose owners are not known", n, da_plural(n, "thread waits", "threads wait"));
	da_finding_description(f, "Each of these locks lets one thread in at a time, and who is in it does not stand in the dump. "
			       "Whether these threads wait for each other is therefore not known.");
	da_finding_recommendation(f, "%s", p->runtimes.n ? "Make a dump that holds the heap (dotnet-dump collect, or createdump "
							   "--withheap): the owners stand there."
							 : "Make a full dump: the owners stand in memory that this one lacks.");
	da_finding_next(f, DA_NEXT_DUMP, "Make a dump with the heap: it names the owners of these locks.");
	da_finding_refuted_by(f, "a second dump in which these threads have gone on");
	for (uint32_t i = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);

		if (!da_graph_is_ownerless(a->dump, a->graph, i))
			continue;
		da_finding_thread(f, i);
		if (shown++ < DA_HANG_EVIDENCE)
			da_hang_wait(a, f, i, w, "wait");
	}
	return 1;
}

const struct da_rule da_rule_hang_owner_unknown = {
	.id = "hang.owner-unknown", .severity = "Information",
	.looks_for = "threads that wait for locks whose owners the dump does not tell",
	.page = "Small dumps hold the stacks, which name the locks, but not the memory that names their owners.",
	.why_not = da_hang_no_waits, .run = run_owner_unknown,
};
