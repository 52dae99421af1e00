/* SPDX-License-Identifier: Apache-2.0 */
/* handles.*: what Windows traced of the use of handles. */
#include "config.h"

#include "analyze/words.h"

#define SHOWN 5 /* handles in one finding */

static struct da_frame frame_of(const struct da_analysis *a, const struct da_handle_operation *o, uint32_t i)
{
	return (struct da_frame){ .pc = o->pc[i], .place = o->place[i], .repeat = 1, .block_len = 1,
				  .module = da_module_at(&a->dump->proc, o->pc[i] - 1) };
}

/* The first frame that is not of Windows: the call that a developer looks for. */
static const char *place_of(struct da_analysis *a, const struct da_handle_operation *o)
{
	struct da_frame f;

	for (uint32_t i = 0; i < o->n; i++) {
		f = frame_of(a, o, i);
		if (da_is_own(a->dump, &f))
			return da_say_frame(a, &f);
	}
	if (!o->n)
		return "a place that was not traced";
	f = frame_of(a, o, 0);
	return da_say_frame(a, &f);
}

static void add_evidence(struct da_analysis *a, struct da_finding *f, const struct da_handle_operation *o,
			 const char *what)
{
	const struct da_process *p = &a->dump->proc;
	struct da_evidence *e = da_finding_evidence(f, what);
	uint32_t thread = DA_NONE;

	for (uint32_t i = 0; i < p->threads.n && thread == DA_NONE; i++)
		if (p->threads.v[i].tid == o->tid)
			thread = i;
	if (thread != DA_NONE)
		da_evidence_thread(e, thread);
	da_evidence_value(e, "handle 0x%llx", (unsigned long long)o->handle);
	da_evidence_text(e, thread != DA_NONE ? "in %s" : "in %s, by a thread that has ended (%u)", place_of(a, o),
			 o->tid);
}

static bool is_among(const uint64_t *handles, unsigned n, uint64_t handle)
{
	for (unsigned i = 0; i < n; i++)
		if (handles[i] == handle)
			return true;
	return false;
}

/* One bad use, and every trace of who closed that handle; false: nobody is known to have. */
static bool one_handle(struct da_analysis *a, struct da_finding *f, const struct da_handle_operation *bad)
{
	const struct da_process *p = &a->dump->proc;
	unsigned closed = 0;

	add_evidence(a, f, bad, "used when it was not valid");
	for (size_t i = 0; i < p->handle_operations.n && closed < SHOWN; i++) {
		const struct da_handle_operation *o = &p->handle_operations.v[i];

		if (o->act != DA_HANDLE_CLOSE || o->handle != bad->handle)
			continue;
		add_evidence(a, f, o, "closed");
		closed++;
	}
	return closed > 0;
}

static unsigned run_bad_reference(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	struct da_finding *f = NULL;
	uint64_t told[SHOWN];
	unsigned handles = 0, closed = 0;
	bool more = false;

	for (size_t i = 0; i < p->handle_operations.n; i++) {
		const struct da_handle_operation *o = &p->handle_operations.v[i];

		if (o->act != DA_HANDLE_BAD_REFERENCE || is_among(told, handles, o->handle))
			continue;
		more = handles == SHOWN;
		if (more)
			break;
		if (!f)
			f = da_finding_new(a->doc, "handles.bad-reference", DA_SEVERITY_WARNING, 1, 0.95);
		closed += one_handle(a, f, o);
		told[handles++] = o->handle;
	}
	if (!f)
		return 0;
	da_finding_title(f, "A handle was used that was not valid");
	da_finding_description(f, "Windows traced the use of %s%s that %s not open then. %s", handles > 1 ? "handles" : "a handle",
			       more ? " (the first five are listed)" : "", handles > 1 ? "were" : "was",
			       closed ? "The trace also holds who closed it." : "The trace does not reach back to who closed it.");
	da_finding_recommendation(f, "Compare the stacks under \"What was done with handles\": one part of the program has "
				  "closed a handle that another still uses, or closes again. By then its number may belong "
				  "to another object, so that data goes to the wrong file or a wait is for the wrong event.");
	da_finding_refuted_by(f, "a program that probes whether a handle is valid on purpose");
	return 1;
}

const struct da_rule da_rule_handles_bad_reference = {
	.id = "handles.bad-reference", .severity = "Warning",
	.looks_for = "the use of a handle that was closed, or never open",
	.page = "Needs the stream of handle operations, which a dump of Windows has when Application Verifier or\n"
		"gflags traces handles, and Breakpad's after an exception of an invalid handle. Says who used the\n"
		"handle, and who is known to have closed it. Sure of the use, as Windows itself has noted it.",
	.run = run_bad_reference,
};
