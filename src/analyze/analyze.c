/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fnmatch.h>
#include <string.h>

#include "analyze/hang.h"
#include "analyze/sections.h"

#define UNKNOWN_SHARE 10 /* healthy is said where no more than one thread in so many is not understood */

#define DA_RULE(name) extern const struct da_rule da_rule_##name;
#include "analyze/rules.def"
#undef DA_RULE

const struct da_rule *const da_rules[] = {
#define DA_RULE(name) &da_rule_##name,
#include "analyze/rules.def"
#undef DA_RULE
};

const size_t da_rules_n = DA_ARRAY_SIZE(da_rules);

/* ---------------------------------------------------------------- --rules */

/* One "+pattern" or "-pattern" of the list; false at its end. */
static bool next_pattern(const char **list, struct da_arena *a, bool *ret_on, const char **ret)
{
	size_t n = strcspn(*list, ",");
	const char *s = *list;

	if (!*s)
		return false;
	*list += n + ((*list)[n] == ',');
	*ret_on = *s != '-';
	if (n && (*s == '-' || *s == '+')) {
		s++;
		n--;
	}
	*ret = da_strndup(a, s, n);
	return true;
}

bool da_rules_check(const char *list, struct da_arena *a, const char **ret_bad)
{
	const char *pattern;
	bool on;

	while (next_pattern(&list, a, &on, &pattern)) {
		bool met = false;

		for (size_t i = 0; i < da_rules_n && !met; i++)
			met = fnmatch(pattern, da_rules[i]->id, 0) == 0;
		if (!met) {
			*ret_bad = pattern;
			return false;
		}
	}
	return true;
}

/* A list that begins with '+', or a bare name, means: just these. */
static bool wanted(const char *list, struct da_arena *a, const char *rule)
{
	const char *pattern;
	bool on, want = !list || *list == '-';

	while (list && next_pattern(&list, a, &on, &pattern))
		if (fnmatch(pattern, rule, 0) == 0)
			want = on;
	return want;
}

/* ---------------------------------------------------------------- running */

static void run_rule(struct da_analysis *a, size_t i, const char *list)
{
	const struct da_rule *r = da_rules[i];
	const char *why = NULL;
	unsigned n;

	if (!wanted(list, a->dump->arena, r->id)) {
		da_doc_rule(a->doc, r->id, DA_OUTCOME_SKIPPED, 0, "left out by --rules");
		return;
	}
	if (!da_watch_item(a->dump->watch, DA_ITEM_RULE, i)) {
		da_doc_rule(a->doc, r->id, DA_OUTCOME_STOPPED, 0, "it failed on this dump");
		return;
	}
	if (da_stop(a->dump->watch))
		why = "there was no time left";
	else if (r->why_not)
		why = r->why_not(a);
	if (why) {
		da_doc_rule(a->doc, r->id, DA_OUTCOME_SKIPPED, 0, why);
		return;
	}
	n = r->run(a);
	da_doc_rule(a->doc, r->id, DA_OUTCOME_RAN, n, NULL);
}

static const struct {
	enum da_section section;
	void (*run)(struct da_analysis *a);
} sections[] = {
	{ DA_SECTION_process, da_section_process },
	{ DA_SECTION_exception, da_section_exception },
	{ DA_SECTION_cpu, da_section_cpu },
	{ DA_SECTION_threads, da_section_threads },
	{ DA_SECTION_stacks, da_section_stacks },
	{ DA_SECTION_locks, da_section_locks },
	{ DA_SECTION_runtime, da_section_runtime },
	{ DA_SECTION_threadpool, da_section_threadpool },
	{ DA_SECTION_exceptions, da_section_exceptions },
	{ DA_SECTION_memory_map, da_section_memory },
	{ DA_SECTION_modules, da_section_modules },
	{ DA_SECTION_handles, da_section_handles },
	{ DA_SECTION_environment, da_section_environment },
	{ DA_SECTION_completeness, da_section_completeness },
};

static void run_sections(struct da_analysis *a, bool environment)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(sections); i++) {
		if (sections[i].section == DA_SECTION_environment && !environment)
			continue;
		if (!da_watch_item(a->dump->watch, DA_ITEM_SECTION, sections[i].section)) {
			da_doc_completeness(a->doc, sections[i].section, DA_SKIPPED, 0, 0,
					    DA_UNIT_THREADS, "it could not be made from this dump");
			continue;
		}
		sections[i].run(a);
	}
	da_watch_idle(a->dump->watch);
}

/* ---------------------------------------------------------------- verdict and status */

/* What was found is no more than what could be looked at. */
static void little_seen(struct da_analysis *a, const char *states)
{
	size_t n = a->dump->proc.threads.n, barely = da_hang_barely_seen(a);
	const char *stacks = barely ? da_printf(a->dump->arena, "the stacks of %zu of its %zu threads", barely, n) : NULL;

	da_doc_verdict(a->doc, DA_VERDICT_UNKNOWN, 0, NULL,
		       "%s%s could not be looked at. In what is left no known problem was detected. The dump was made of a living "
		       "process with %zu %s: %s.", a->dump->origin.truncated ? "The dump is cut short: " : "What the process does is not "
		       "known: ", stacks ? stacks : "what lay in the memory that is lost", n, n == 1 ? "thread" : "threads", states);
}

/* Nobody is blocked for good as far as is known; how far that is decides between healthy and unknown. */
static void no_problem(struct da_analysis *a)
{
	size_t n = a->dump->proc.threads.n, unknown;
	const char *states = da_say_states(a, &unknown);
	bool told = unknown * UNKNOWN_SHARE <= n;
	size_t ownerless = da_graph_ownerless(a->dump, a->graph);

	if (!a->hangs && ownerless) /* they may be deadlocked: this dump does not tell */
		da_doc_verdict(a->doc, DA_VERDICT_UNKNOWN, 0, NULL,
			       "The process did not crash. %zu of its %zu threads %s for locks whose owners are not known; "
			       "whether that is a deadlock this dump does not tell.", ownerless, n,
			       ownerless == 1 ? "waits" : "wait");
	else if (a->hangs)
		da_doc_verdict(a->doc, DA_VERDICT_UNKNOWN, 0, NULL,
			       "The process did not crash, and no hang of the whole was found; see the findings. It has %zu "
			       "%s: %s.", n, n == 1 ? "thread" : "threads", states);
	else if (da_hang_little_seen(a))
		little_seen(a, states);
	else
		da_doc_verdict(a->doc, told ? DA_VERDICT_HEALTHY : DA_VERDICT_UNKNOWN,
			       !told ? 0 : da_hang_nobody_outside(a) ? 0.5 : 0.7, NULL,
			       "No known problem was detected%s. The dump was made of a living process with %zu %s: %s.%s",
			       a->noted ? ", but see the information: what is told there may go on by itself, or not" : "",
			       n, n == 1 ? "thread" : "threads", states,
			       a->dump->proc.runtimes.n ? " Tasks that no thread stands in were not looked at." : "");
}

static void no_crash(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;

	if (a->dump->minimal)
		da_doc_verdict(a->doc, DA_VERDICT_UNKNOWN, 0, NULL,
			       "Only the memory map, modules and thread ids of this dump could be read, as far as "
			       "they are in it; why it was made is unknown, since %s.", da_why_minimal(a->dump));
	else if (p->threads.n == 0)
		da_doc_verdict(a->doc, DA_VERDICT_UNKNOWN, 0, NULL,
			       "What the process was doing is unknown, because the dump holds no threads.");
	else
		no_problem(a);
}

/* The gravest finding leads; a crash whose cause no rule knows is still a crash. */
static void verdict(struct da_analysis *a)
{
	const struct da_exception *e = a->dump->proc.exception;

	if (a->hang && a->hang_confidence >= DA_HANG_SURE && (!a->leading || da_hang_was_ended(a)))
		da_doc_verdict(a->doc, DA_VERDICT_HANG, a->hang_confidence, a->hang, "%s%s", a->hang_text,
			       e ? da_printf(a->dump->arena, " The process was then ended by %s.", e->name) : "");
	else if (a->leading)
		da_doc_verdict(a->doc, DA_VERDICT_CRASH, a->leading_confidence, a->leading, "%s",
			       a->leading_text);
	else if (!e && a->hang)
		da_doc_verdict(a->doc, DA_VERDICT_HANG, a->hang_confidence, a->hang, "%s", a->hang_text);
	else if (e)
		da_doc_verdict(a->doc, DA_VERDICT_CRASH, 0.5, NULL,
			       "The process died of %s; why is unknown.", e->name);
	else
		no_crash(a);
	if (a->hang && a->hang_confidence >= DA_HANG_SURE && (!a->leading || da_hang_was_ended(a)))
		da_set_hang_signature(a);
	else if (a->leading_rule)
		da_set_signature(a, a->leading_rule);
	else if (e)
		da_set_signature(a, "crash.unknown");
	else if (a->hang)
		da_set_hang_signature(a);
}

/* Complete: nothing that belongs to the dump is missing but files of the machine it came from. */
static void status(struct da_analysis *a)
{
	struct da_dump *d = a->dump;
	bool partial = d->origin.truncated || da_stop(d->watch);

	for (size_t i = 0; i < da_ledger_count(d->ledger); i++) {
		enum da_note_kind kind = da_ledger_at(d->ledger, i)->kind;

		partial |= kind == DA_NOTE_CUT || kind == DA_NOTE_LIMIT || kind == DA_NOTE_LOST ||
			   kind == DA_NOTE_CORRUPT;
	}
	da_doc_status(a->doc, d->minimal ? DA_DOC_MINIMAL : partial ? DA_DOC_PARTIAL : DA_DOC_COMPLETE);
}

void da_analyze(struct da_dump *d, struct da_doc *doc, const struct da_analyze_options *o)
{
	struct da_analysis a = { .dump = d, .doc = doc };
	const struct da_process *p = &d->proc;

	/* What is a secret in arguments and environment is one wherever it turns up. */
	da_redact_learn_arguments(da_doc_redactor(doc), p->arguments.v, p->arguments.n);
	for (size_t i = 0; i < p->environment.n; i++)
		da_redact_learn(da_doc_redactor(doc), p->environment.v[i]);
	a.graph = da_graph_new(d);
	a.groups = da_groups_new(d, a.graph, d->arena);
	a.order = da_order_new(d);
	run_sections(&a, o->environment);
	for (size_t i = 0; i < da_rules_n; i++)
		run_rule(&a, i, o->rules);
	da_watch_idle(d->watch);
	verdict(&a);
	status(&a);
	da_doc_ledger(doc, d->ledger);
}
