/* SPDX-License-Identifier: Apache-2.0 */
/* hang.spin: a thread that runs and does not stop. */
#include "config.h"

#include "analyze/hang.h"

/* Of the time that all threads had; a loop of a minute outweighs what was before. */
#define SPIN_PERCENT 60
#define SPIN_US UINT64_C(10000000)

static unsigned run_spin(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	uint64_t total = 0, most = 0;
	uint32_t at = DA_NONE;
	struct da_finding *f;
	const struct da_wait *w;
	const char *function;
	bool mixed; /* how much of the time is its own is unknown */
	bool grave; /* long work is no fault: somebody must have ended it, or its own functions say that it spins */

	for (uint32_t i = 0; i < p->threads.n; i++) {
		uint64_t us = p->threads.v[i].has_times ? p->threads.v[i].user_us : 0;

		total += us;
		if (us > most) {
			most = us;
			at = i;
		}
	}
	if (da_hang_crashed(a) || at == DA_NONE || p->threads.v[at].state != DA_STATE_RUNNING || most < SPIN_US ||
	    most * 100 < total * SPIN_PERCENT)
		return 0;
	w = da_primary_wait(a, at);
	mixed = p->threads.v[at].times_with_ended;
	grave = (da_hang_was_ended(a) && !mixed) || (w && w->kind == DA_LOCK_SPIN);
	function = da_standing_in(a, at);
	f = da_finding_new(a->doc, "hang.spin", grave ? DA_SEVERITY_WARNING : DA_SEVERITY_INFORMATION, 1, 0.6);
	da_finding_title(f, mixed ? "%s is running; it and threads that have ended, if any, used %u %% of the CPU time"
				  : "%s has used %u %% of the CPU time and is running",
			 da_say_thread(a, at), (unsigned)(most * 100 / total));
	da_finding_description(f, "It was not waiting when the dump was made%s%s. A loop that does not end looks like this; so does "
			       "long work.", function ? ", but in " : "",
			       function ? da_printf(a->dump->arena, DA_SYM("%s"), function) : "");
	da_finding_recommendation(f, "Make a second dump some seconds later: if it stands in the same functions, give the developers "
				  "both stacks.");
	da_finding_next(f, DA_NEXT_DUMP, "Make a second dump some seconds later, to see whether it is still there.");
	da_finding_refuted_by(f, "a second dump in which it does something else");
	da_finding_thread(f, at);
	a->hangs += grave;
	return 1;
}

static const char *no_times(const struct da_analysis *a)
{
	for (size_t i = 0; i < a->dump->proc.threads.n; i++)
		if (a->dump->proc.threads.v[i].has_times)
			return NULL;
	return "the dump holds no CPU times";
}

const struct da_rule da_rule_hang_spin = {
	.id = "hang.spin", .severity = "Information or Warning",
	.looks_for = "a thread that runs, and has used most of the CPU time",
	.page = "Needs CPU times: cores of the kernel and dumps of Windows with thread information have them. Ten seconds\n"
		"and 60 % of the time of all threads, in user mode. A Warning where somebody ended the process, or the thread\n"
		"stands in a function that spins; else Information, for long work looks the same. A core of the kernel adds\n"
		"the time of ended threads to that of the first thread: that alone is no Warning, unless the C library says\n"
		"that there never was a second thread (__libc_single_threaded, glibc 2.32 and later).",
	.why_not = no_times, .run = run_spin,
};
