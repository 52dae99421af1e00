/* SPDX-License-Identifier: Apache-2.0 */
/* memory.*: limits of memory that were reached. */
#include "config.h"

#include "analyze/words.h"

#define NEARLY_ALL 97 /* percent: below it Windows still gives, above it calls begin to fail */

static bool is_used_up(const struct da_system_memory *s)
{
	return s->commit_limit && s->committed <= s->commit_limit * 2 &&
	       s->committed >= s->commit_limit / 100 * NEARLY_ALL;
}

static unsigned run_limit_reached(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	const struct da_system_memory *s = &p->system;
	const unsigned mib = 20;
	struct da_evidence *e;
	struct da_finding *f;

	if (!is_used_up(s))
		return 0;
	f = da_finding_new(a->doc, "memory.limit-reached", DA_SEVERITY_WARNING, 1, 0.7);
	da_finding_title(f, "The machine had hardly any memory left to give");
	da_finding_description(f, "All programs together had committed %llu of the %llu MiB that the machine can give (memory "
			       "and page files). Allocations fail then, in this process and in others.",
			       (unsigned long long)(s->committed >> mib), (unsigned long long)(s->commit_limit >> mib));
	da_finding_recommendation(f, "Find out which process has committed the memory (this one: see Memory map), and give the "
				  "machine more memory or larger page files.");
	da_finding_refuted_by(f, "a page file that the system may still enlarge");
	e = da_finding_evidence(f, "committed by all, in MiB");
	da_evidence_value(e, "%llu", (unsigned long long)(s->committed >> mib));
	if (p->private_bytes) {
		e = da_finding_evidence(f, "private memory of this process, in MiB");
		da_evidence_value(e, "%llu", (unsigned long long)(p->private_bytes >> mib));
	}
	return 1;
}

const struct da_rule da_rule_memory_limit_reached = {
	.id = "memory.limit-reached", .severity = "Warning",
	.looks_for = "a machine whose memory and page files were given away",
	.page = "Needs the counters of the whole machine, which Windows writes into each of its minidumps. Says how much\n"
		"was committed when it holds 97 % of the limit or more.",
	.run = run_limit_reached,
};
