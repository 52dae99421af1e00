/* SPDX-License-Identifier: Apache-2.0 */
/* hang.waiting-child: threads that wait for a child process to end. */
#include "config.h"

#include "analyze/hang.h"

static unsigned run_waiting_child(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	struct da_finding *f = NULL;
	bool grave = false;
	size_t n = 0;

	for (uint32_t i = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);

		if (!w || (w->kind != DA_WAIT_CHILD && w->kind != DA_LOCK_PROCESS) || p->threads.v[i].state == DA_STATE_IDLE)
			continue;
		grave |= (a->graph->head[i] == i && a->graph->behind[i] > 0);
		n++;
	}
	if (n == 0 || da_hang_crashed(a))
		return 0;
	a->hangs += grave;
	f = da_finding_new(a->doc, "hang.waiting-child", grave ? DA_SEVERITY_WARNING : DA_SEVERITY_INFORMATION, (unsigned)n, 0.9);
	da_finding_title(f, "%zu %s for a child process to end", n, da_plural(n, "thread waits", "threads wait"));
	da_finding_description(f, "What takes long is then in the child, not here.");
	da_finding_recommendation(f, "Make a dump of the child as well, and give both to dumpan in one call.");
	da_finding_next(f, DA_NEXT_DUMP, "%s a dump of the child process too.", da_hang_make(a));
	da_finding_refuted_by(f, "a child that has ended, and whose end was not noticed");
	for (uint32_t i = 0, shown = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);

		if (!w || (w->kind != DA_WAIT_CHILD && w->kind != DA_LOCK_PROCESS) || p->threads.v[i].state == DA_STATE_IDLE)
			continue;
		da_finding_thread(f, i);
		if (shown++ < DA_HANG_EVIDENCE)
			da_hang_wait(a, f, i, w, "wait");
	}
	return 1;
}

const struct da_rule da_rule_hang_waiting_child = {
	.id = "hang.waiting-child", .severity = "Information or Warning",
	.looks_for = "threads that wait for a child process to end",
	.page = "Needs the system call, or the handle of a process. A Warning where others stand behind such a thread; who\n"
		"runs scripts waits so all day.",
	.why_not = da_hang_no_waits, .run = run_waiting_child,
};
