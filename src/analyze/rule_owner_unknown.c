/* SPDX-License-Identifier: Apache-2.0 */
/* hang.owner-unknown: locks that one thread has at a time, where the dump does not tell which. */
#include "config.h"

#include "analyze/hang.h"

/* Of these waits, those for a lock whose memory is missing; is one of them no object of the heap of .NET? */
static size_t unread(const struct da_analysis *a, bool *ret_native)
{
	size_t n = 0;

	*ret_native = false;
	for (uint32_t i = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);
		const struct da_lock *l = w && da_graph_is_ownerless(a->dump, a->graph, i) ? da_lock_of(a, w) : NULL;

		if (!l || !l->unread)
			continue;
		n++;
		*ret_native |= l->kind != DA_LOCK_MONITOR && l->kind != DA_LOCK_CLR_LOCK && l->kind != DA_LOCK_RWLOCK_SLIM;
	}
	return n;
}

/* A dump with the heap has the objects of .NET, and not all variables of libraries. */
static void advise(struct da_analysis *a, struct da_finding *f, bool native)
{
	const char *fuller = a->dump->proc.runtimes.n && !native && !a->dump->origin.truncated
			     ? "a dump that holds the heap (dotnet-dump collect, or createdump --withheap)" : da_hang_fuller_dump(a);

	da_finding_recommendation(f, "%s %s: the owners stand in memory that this one lacks.", da_hang_make(a), fuller);
	da_finding_next(f, DA_NEXT_DUMP, "%s %s: it names the owners of these locks.", da_hang_make(a), fuller);
}

static unsigned run_owner_unknown(struct da_analysis *a)
{
	size_t n = da_graph_ownerless(a->dump, a->graph), missing;
	struct da_finding *f;
	bool native;
	unsigned shown = 0;

	if (n == 0)
		return 0;
	f = da_finding_new(a->doc, "hang.owner-unknown", DA_SEVERITY_INFORMATION, (unsigned)n, 0.8);
	da_finding_title(f, "%zu %s for locks whose owners are not known", n, da_plural(n, "thread waits", "threads wait"));
	missing = unread(a, &native);
	da_finding_description(f, "Each of these locks lets one thread in at a time, and who is in it does not stand in the dump%s. "
			       "Whether these threads wait for each other is therefore not known.",
			       missing == n ? ": the memory of the locks is missing"
			       : missing ? da_printf(a->dump->arena, "; for %zu the memory of the lock is missing", missing) : "");
	advise(a, f, native);
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
