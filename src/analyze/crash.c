/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "analyze/crash.h"

const struct da_exception *da_crash_of(const struct da_analysis *a)
{
	return a->dump->proc.exception;
}

const char *da_crash_none(const struct da_analysis *a)
{
	return da_crash_of(a) ? NULL : "the dump was made of a living process";
}

bool da_crash_cause_is(const struct da_analysis *a, enum da_cause cause)
{
	return da_crash_of(a)->cause == cause;
}

bool da_crash_on_windows(const struct da_analysis *a)
{
	return a->dump->proc.os == DA_OS_WINDOWS;
}

const char *da_crash_by_system(const struct da_analysis *a, const char *windows, const char *others)
{
	return da_crash_on_windows(a) ? windows : others;
}

/* The blamed frame if it says something: it has a name, and is not libc's own. */
const struct da_frame *da_crash_telling_frame(struct da_analysis *a)
{
	const struct da_frame *f = da_blamed_frame(a->dump, NULL);

	if (!f || !da_function_name(f))
		return NULL;
	if (da_assembly_of(a->dump, f))
		return f;
	return f->module == DA_NONE || a->dump->proc.modules.v[f->module].class == DA_CLASS_SYSTEM ? NULL : f;
}

/* " in parse_header" or "": for titles, so without parameters. */
const char *da_crash_in_function(struct da_analysis *a)
{
	const struct da_frame *f = da_crash_telling_frame(a);

	if (!f)
		return "";
	return da_printf(a->dump->arena, " in " DA_SYM("%s"),
			 da_without_parameters(a->dump->arena, da_function_name(f)));
}

bool da_crash_nowhere(struct da_analysis *a)
{
	const struct da_frame *f = da_blamed_frame(a->dump, NULL);
	uint8_t cause = da_crash_of(a)->cause;

	return (cause == DA_CAUSE_ABORT || cause == DA_CAUSE_RAISED) &&
	       !(f && da_assembly_of(a->dump, f)) &&
	       (!f || f->module == DA_NONE || a->dump->proc.modules.v[f->module].class == DA_CLASS_SYSTEM);
}

/* The facts are those of a first fault, whose handler ended the process. */
static bool ended_by_handler(const struct da_exception *e)
{
	return e->earlier && e->cause == e->earlier->cause && e->blamed_frame == e->earlier->blamed_frame &&
	       e->has_info && e->subcode <= 0;
}

/* "t1 "name" died of SIGSEGV (SEGV_MAPERR) in parse_header (libfoo.so), at parser.c:88." */
const char *da_crash_who_died(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a), *first = e->earlier;
	const struct da_frame *f = da_blamed_frame(a->dump, NULL);

	if (da_crash_nowhere(a))
		f = NULL;
	if (ended_by_handler(e))
		return da_printf(a->dump->arena, "%s got %s%s%s%s%s%s; its handler then %s.",
				 e->thread != DA_NONE ? da_say_thread(a, e->thread) : "The process", first->name,
				 first->subname ? " (" : "", first->subname ? first->subname : "",
				 first->subname ? ")" : "", f ? " in " : "", f ? da_say_frame(a, f) : "",
				 da_streq(e->name, "SIGABRT")
					 ? "aborted"
					 : da_printf(a->dump->arena, "sent %s to the process itself", e->name));
	return da_printf(a->dump->arena, "%s %s %s%s%s%s%s%s.",
			 e->thread != DA_NONE ? da_say_thread(a, e->thread) : "The process",
			 da_sent_from_outside(e) ? "received" : "died of", e->name,
			 e->subname ? " (" : "", e->subname ? e->subname : "", e->subname ? ")" : "",
			 f ? " in " : "", f ? da_say_frame(a, f) : "");
}

static const char *handler_too(struct da_analysis *a)
{
	return !ended_by_handler(da_crash_of(a)) ? ""
	       : da_streq(da_crash_of(a)->name, "SIGABRT") ? "; its handler then aborted"
							  : "; its handler then raised the signal";
}

static void blame_evidence(struct da_analysis *a, struct da_finding *f)
{
	const struct da_exception *e = da_crash_of(a);
	uint32_t index = 0;
	const struct da_frame *frame = da_blamed_frame(a->dump, &index);
	struct da_evidence *ev;

	if (!frame || da_crash_nowhere(a))
		return;
	ev = da_finding_evidence(f, "frame to look at");
	da_evidence_thread(ev, e->thread);
	da_evidence_frame(ev, index);
	da_evidence_address(ev, frame->pc);
	/* module and line stand in the description */
	da_evidence_text(ev, "%s%s%s; the frame is known by %s", da_say_function(a, frame),
			 e->blamed_why ? "; chosen as " : "", e->blamed_why ? e->blamed_why : "",
			 frame->trust == DA_TRUST_CONTEXT ? "the thread's registers"
			 : frame->trust == DA_TRUST_RUNTIME ? "what the managed runtime itself tells of its frames"
			 : frame->trust == DA_TRUST_CFI ? "call frame information"
			 : frame->trust == DA_TRUST_RUNTIME ? "the tables of the runtime"
			 : frame->trust == DA_TRUST_FRAME_POINTER ? "the chain of frame pointers"
								  : "a scan of the stack, so it may be wrong");
}

/* Of a stack that ran out: the kernel tells no address when it could not even deliver the signal of the fault. */
static const char *no_room(const struct da_exception *e)
{
	if (e->cause != DA_CAUSE_STACK_OVERFLOW || !e->is_signal || e->earlier || !da_streq(e->subname, "SI_KERNEL"))
		return "";
	return e->address_derived ? ": the kernel found no room for the frame of a signal; the address is the one that the "
				    "instruction writes to"
				  : ": the kernel found no room for the frame of a signal";
}

void da_crash_signal_evidence(struct da_analysis *a, struct da_finding *f)
{
	const struct da_exception *e = da_crash_of(a);
	struct da_evidence *ev = da_finding_evidence(f, da_crash_by_system(a, "exception", "signal"));

	da_evidence_thread(ev, e->thread);
	if (e->has_address && !e->address_hidden && !e->earlier)
		da_evidence_address(ev, e->address);
	if (e->has_info)
		da_evidence_text(ev, "%s, code %d%s%s%s%s", e->name, e->subcode, e->subname ? " (" : "",
				 e->subname ? e->subname : "", e->subname ? ")" : "", no_room(e));
	else if (da_crash_on_windows(a))
		da_evidence_text(ev, "%s, code 0x%08x%s%s%s", e->name, (unsigned)e->code, e->subname ? " (" : "",
				 e->subname ? e->subname : "", e->subname ? ")" : "");
	else
		da_evidence_text(ev, "%s; the dump holds no more about it", e->name);
	if (e->earlier) {
		ev = da_finding_evidence(f, "signal frame");
		da_evidence_thread(ev, e->thread);
		if (e->earlier->has_address && !e->earlier->address_hidden)
			da_evidence_address(ev, e->earlier->address);
		da_evidence_text(ev, "a handler of %s%s%s%s was running, or had just returned, when the process "
				 "died", e->earlier->name, e->earlier->subname ? " (" : "",
				 e->earlier->subname ? e->earlier->subname : "",
				 e->earlier->subname ? ")" : "");
	}
	if (e->instruction) {
		ev = da_finding_evidence(f, "instruction");
		da_evidence_thread(ev, e->thread);
		if (!e->earlier)
			da_evidence_frame(ev, 0);
		da_evidence_text(ev, DA_SYM("%s") "%s%s", e->instruction, e->operands ? "; " : "",
				 e->operands ? e->operands : "");
	}
	if (e->message) {
		ev = da_finding_evidence(f, "message");
		da_evidence_text(ev, DA_SITE("%s") " (from %s)", e->message,
				 e->message_from ? e->message_from : "memory");
	}
}

/* How sure: facts of the kernel, less when the thread's stack is a guess or the signal's record is gone. */
double da_crash_confidence(struct da_analysis *a, double most)
{
	const struct da_exception *e = da_crash_of(a);
	const struct da_frame *f = da_blamed_frame(a->dump, NULL);

	/* Windows always keeps the whole record. */
	if (!e->has_info && !da_crash_on_windows(a) && most > 0.8)
		most = 0.8;
	if (f && f->trust == DA_TRUST_SCAN && most > 0.6)
		most = 0.6;
	return most;
}

/* Titles are written to follow "Crash: "; on their own they begin with a capital. */
static const char *capital(struct da_analysis *a, const char *text)
{
	char *s = da_strdup(a->dump->arena, text);

	if (*s >= 'a' && *s <= 'z' && s[strcspn(s, " :")] != ':') /* std::terminate is a name */
		*s = (char)(*s - 'a' + 'A');
	return s;
}

struct da_finding *da_crash_begin(struct da_analysis *a, const char *rule, double sure, const char *title)
{
	double c = da_crash_confidence(a, sure);
	struct da_finding *f = da_finding_new(a->doc, rule, DA_SEVERITY_ERROR, 1, c);

	title = da_printf(a->dump->arena, "%s%s", title, handler_too(a));
	da_finding_title(f, "%s", capital(a, title));
	if (da_crash_of(a)->thread != DA_NONE)
		da_finding_thread(f, da_crash_of(a)->thread);
	da_crash_signal_evidence(a, f);
	blame_evidence(a, f);
	if (!a->leading) {
		a->leading = f;
		a->leading_rule = rule;
		a->leading_text = da_printf(a->dump->arena, "Crash: %s.", title);
		a->leading_confidence = c;
	}
	return f;
}

void da_crash_advise(struct da_analysis *a, struct da_finding *f, const char *advice)
{
	const struct da_frame *frame = da_crash_telling_frame(a);

	/* its line stands in the description */
	if (frame)
		da_finding_recommendation(f, "Give the developers the stack of this thread. The place to look is "
					  "%s. %s", da_say_function(a, frame), advice);
	else
		da_finding_recommendation(f, "Give the developers the stack of this thread. %s", advice);
}

const char *da_crash_quoted(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);

	return e->message ? da_printf(a->dump->arena, " It said: \"" DA_SITE("%s") "\".", e->message) : "";
}
