/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hang.debugger-attached: somebody else holds the threads of the process. What made the dump attaches too, in the same
 * way; it is told from a debugger, and where it cannot be, nothing is said.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "analyze/hang.h"

/* ---------------------------------------------------------------- Linux: PID.status */

/* The kernel writes cores itself; all others attach, and keep the process stopped while they do. */
static bool writer_traces(const struct da_dump *d)
{
	return !da_streq(d->origin.writer, "kernel") && !da_streq(d->origin.writer, "systemd-coredump");
}

static bool is_traced(const struct da_dump *d)
{
	const struct da_kernel_status *s = d->proc.kernel_status;

	if (!da_status_has(s, DA_STATUS_TRACER) || s->v[DA_STATUS_TRACER] == 0)
		return false;
	return !writer_traces(d) || (s->state && s->state != 't');
}

static unsigned tell_tracer(struct da_analysis *a)
{
	const struct da_kernel_status *s = a->dump->proc.kernel_status;
	struct da_finding *f;
	struct da_evidence *ev;

	if (!is_traced(a->dump))
		return 0;
	f = da_finding_new(a->doc, "hang.debugger-attached", DA_SEVERITY_NOTIFICATION, 1, 0.9);
	da_finding_title(f, "Process %llu traced this one", (unsigned long long)s->v[DA_STATUS_TRACER]);
	da_finding_description(f, "A debugger, strace or a profiler was attached. It stops threads at breakpoints and signals, and slows "
			       "system calls down: a thread that does not go on may wait for it.");
	da_finding_recommendation(f, "Look what process %llu was on that machine, and make a dump without it.",
				  (unsigned long long)s->v[DA_STATUS_TRACER]);
	da_finding_refuted_by(f, "a tracer that came or went between this file and the dump");
	ev = da_finding_evidence(f, "TracerPid");
	da_evidence_text(ev, DA_PATH("%s") " names process %llu as its tracer%s%s", s->file,
			 (unsigned long long)s->v[DA_STATUS_TRACER], s->state ? "; the first thread " : "",
			 s->state ? da_kernel_state_words(s->state) : "");
	return 1;
}

/* ---------------------------------------------------------------- Windows: the PEB */

/* Tools that make dumps of a living process without being its debugger. */
static bool writer_never_debugs(const struct da_origin *o)
{
	static const char *const writers[] = { "task-manager", "process-explorer", "wer", "crashpad", "breakpad", "createdump" };

	for (size_t i = 0; i < DA_ARRAY_SIZE(writers); i++)
		if (da_streq(o->writer, writers[i]))
			return true;
	return false;
}

/* ProcDump debugs what it watches for exceptions, breakpoints, output or the end; its comment has its options. */
static bool procdump_debugs(const char *comment)
{
	static const char *const options[] = { "-e", "-b", "-g", "-l", "-t", "-x", "-f", "-fx" };

	for (const char *p = comment; *p; p += strcspn(p, " \t\n\r\\")) {
		size_t n;

		p += strspn(p, " \t\n\r\\");
		n = strcspn(p, " \t\n\r\\");
		for (size_t i = 0; i < DA_ARRAY_SIZE(options); i++)
			if (n == strlen(options[i]) && (*p == '-' || *p == '/') &&
			    strncasecmp(p + 1, options[i] + 1, n - 1) == 0)
				return true;
	}
	return false;
}

/* A thread of the process itself writes the dump: then its debugger is somebody else. */
static bool dumps_itself(const struct da_process *p)
{
	for (size_t i = 0; i < p->threads.n; i++)
		for (size_t k = 0; k < p->threads.v[i].frames.n; k++) {
			const char *name = da_function_name(&p->threads.v[i].frames.v[k]);

			if (name && p->threads.v[i].frames.v[k].trust > DA_TRUST_SCAN && da_streq(name, "MiniDumpWriteDump"))
				return true;
		}
	return false;
}

static bool is_debugged(const struct da_dump *d)
{
	const struct da_origin *o = &d->origin;

	if (!d->proc.debugged)
		return false;
	if (da_streq(o->writer, "procdump"))
		return o->comment && !procdump_debugs(o->comment);
	return writer_never_debugs(o) || dumps_itself(&d->proc);
}

static unsigned tell_debugger(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	struct da_finding *f;
	struct da_evidence *ev;

	if (!is_debugged(a->dump))
		return 0;
	f = da_finding_new(a->doc, "hang.debugger-attached", DA_SEVERITY_NOTIFICATION, 1, 0.85);
	da_finding_title(f, "A debugger was attached to the process");
	da_finding_description(f, "It stops all threads at each exception and breakpoint until somebody lets them go on, and the heap checks "
			       "itself more often when a program was started by one.");
	da_finding_recommendation(f, "Detach it, and make a dump without it.");
	da_finding_refuted_by(f, "a program that writes this byte itself");
	ev = da_finding_evidence(f, "BeingDebugged");
	da_evidence_address(ev, p->peb);
	da_evidence_text(ev, "is set in the environment block of the process, and what wrote the dump (%s) does not set it",
			 dumps_itself(p) ? "the process itself" : a->dump->origin.writer);
	return 1;
}

/* ---------------------------------------------------------------- profilers of .NET */

static unsigned tell_profiler(struct da_analysis *a, const struct da_runtime *r)
{
	const struct da_process *p = &a->dump->proc;
	const char *module = r->profiler_module < p->modules.n ? p->modules.v[r->profiler_module].name : NULL;
	struct da_finding *f;

	if (!r->profiler)
		return 0;
	f = da_finding_new(a->doc, "hang.debugger-attached", DA_SEVERITY_NOTIFICATION, 1, (double)r->profiler_confidence);
	da_finding_title(f, "A profiler runs in .NET%s%s", module ? ": " : "", module ? da_printf(a->dump->arena, DA_SYM("%s"), module) : "");
	da_finding_description(f, "Its callbacks run on the program's own threads, and it may have changed the code of methods. Monitoring "
			       "agents work so.");
	da_finding_recommendation(f, "If threads stand in its library, ask its makers; start the program once without it "
				  "(CORECLR_ENABLE_PROFILING=0) to see whether that helps.");
	da_evidence_text(da_finding_evidence(f, "profiler"), "%s", r->profiler);
	return 1;
}

static unsigned run_debugger(struct da_analysis *a)
{
	unsigned n = tell_tracer(a) + tell_debugger(a);

	for (size_t i = 0; i < a->dump->proc.runtimes.n; i++)
		n += tell_profiler(a, &a->dump->proc.runtimes.v[i]);
	return n;
}

static const char *nothing_tells(const struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;

	if (p->kernel_status || p->peb || p->runtimes.n)
		return NULL;
	return p->os == DA_OS_LINUX ? "no core tells who traced the process; PID.status beside it does"
				    : "the environment block of the process is not in the dump";
}

const struct da_rule da_rule_hang_debugger_attached = {
	.id = "hang.debugger-attached", .severity = "Notification",
	.looks_for = "a debugger, tracer or profiler that was attached",
	.page = "Linux: TracerPid of PID.status beside the core. Windows: BeingDebugged of the PEB. .NET: the runtime's block\n"
		"of profilers, or the variables that ask for one and its library. A tool that made the dump attaches in the\n"
		"same way, so that nothing is said where it can be that one alone.",
	.why_not = nothing_tells, .run = run_debugger,
};
