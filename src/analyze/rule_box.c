/* SPDX-License-Identifier: Apache-2.0 */
/* hang.message-box: a window that nobody sees waits for an answer. */
#include "config.h"

#include <string.h>

#include "analyze/hang.h"

static bool has_dispatcher(const struct da_process *p)
{
	for (size_t i = 0; i < p->threads.n; i++)
		for (size_t k = 0; k < p->threads.v[i].frames.n; k++) {
			const char *name = da_function_name(&p->threads.v[i].frames.v[k]);

			if (name && p->threads.v[i].frames.v[k].trust > DA_TRUST_SCAN &&
			    da_starts(name, "StartServiceCtrlDispatcher"))
				return true;
		}
	return false;
}

/* What says that nobody can see its windows; NULL: nothing. Session 0 has no desktop since Vista; Wine counts otherwise. */
static const char *why_service(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;

	if (p->service)
		return da_printf(a->dump->arena, "it is the service " DA_SITE("%s"), p->service);
	if (p->has_session && p->session == 0 && !da_streq(a->dump->origin.writer, "wine"))
		return "it runs in session 0, which has no screen";
	if (has_dispatcher(p))
		return "one of its threads is the dispatcher of a service (StartServiceCtrlDispatcher)";
	return NULL;
}

static const struct da_wait *box(const struct da_analysis *a, uint32_t thread)
{
	const struct da_wait *w = da_primary_wait(a, thread);

	return w && w->box != DA_BOX_NONE && w->confidence >= 0.6f ? w : NULL;
}

static void one(struct da_analysis *a, uint32_t thread, const struct da_wait *w, const char *service)
{
	const char *function = da_standing_in(a, thread), *what = w->box == DA_BOX_MESSAGE ? "message box" : "dialog";
	struct da_finding *f = da_finding_new(a->doc, "hang.message-box", DA_SEVERITY_ERROR, 1 + a->graph->behind[thread],
					      (double)w->confidence);
	struct da_evidence *ev = da_finding_evidence(f, "wait");

	da_finding_title(f, "%s shows a %s in a service and waits for an answer", da_say_thread(a, thread), what);
	da_finding_description(f, "Nobody can see or close it: %s. %s %s.", service,
			       w->text ? "Its text:" : w->box == DA_BOX_MESSAGE ? "Its text is unknown, because"
								    : "What it says is unknown, because",
			       w->text ? w->text : w->box == DA_BOX_MESSAGE
			       ? "the arguments of the call are not in registers or memory of this dump"
			       : "dialogs keep it in their windows, which the system has");
	da_finding_recommendation(f, "Remove what the box tells of, and ask the developers to write to the event log instead of "
				  "MessageBox; ending the process ends the wait.");
	da_finding_refuted_by(f, "a service that somebody lets use the screen of a session");
	da_finding_thread(f, thread);
	da_evidence_thread(ev, thread);
	if (w->frame != DA_NONE)
		da_evidence_frame(ev, w->frame);
	da_evidence_text(ev, "%s%s%s", w->how ? w->how : "by its stack", function ? ", for " : "",
			 function ? da_printf(a->dump->arena, DA_SYM("%s"), function) : "");
	if (da_hang_lead(a, f, da_printf(a->dump->arena, "Hang: %s shows a %s that nobody can answer.", da_say_thread(a, thread),
					 what)))
		da_vec_push(a->dump->arena, &a->hang_threads, thread);
}

static unsigned run_box(struct da_analysis *a)
{
	const char *service = why_service(a);
	unsigned n = 0;

	for (uint32_t i = 0; service && i < a->graph->n && !da_hang_crashed(a); i++) {
		const struct da_wait *w = box(a, i);

		if (w) {
			one(a, i, w, service);
			n++;
		}
	}
	return n;
}

static const char *no_windows(const struct da_analysis *a)
{
	return a->dump->proc.os == DA_OS_WINDOWS ? NULL : "only Windows has message boxes";
}

const struct da_rule da_rule_hang_message_box = {
	.id = "hang.message-box", .severity = "Error",
	.looks_for = "a message box or dialog of a service, which nobody can answer",
	.page = "Needs a frame of MessageBox or DialogBox on the stack, and something that says the process is a service: its\n"
		"command line or session, or the dispatcher of services on a stack. In a program with a screen a box is\n"
		"ordinary. The text is told where the call's arguments are known by evidence.",
	.why_not = no_windows, .run = run_box,
};
