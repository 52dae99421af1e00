/* SPDX-License-Identifier: Apache-2.0 */
/* hang.none: what was looked at when no rule found a hang, and what that does not tell. */
#include "config.h"

#include <stdarg.h>

#include "analyze/hang.h"

static const char *died(const struct da_analysis *a)
{
	if (a->dump->proc.exception)
		return "the process died";
	return a->dump->proc.threads.n ? NULL : "the dump holds no threads";
}

/* ---------------------------------------------------------------- what would look the same */

struct clauses {
	struct da_str s;
	size_t n;
};

static DA_PRINTF(2, 3) void or_if(struct clauses *c, const char *format, ...)
{
	va_list ap;

	da_str_add(&c->s, c->n++ ? ", or if " : " A hang would look the same if ");
	va_start(ap, format);
	da_str_vaddf(&c->s, format, ap);
	va_end(ap);
}

/* Threads outside of their idle places that run, or that wait for what comes from outside of the process. */
static const uint32_t *those(struct da_analysis *a, bool running, size_t *ret_n)
{
	uint32_t *list = da_calloc(a->dump->arena, a->graph->n, sizeof(*list));
	size_t n = 0;

	for (uint32_t i = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);
		enum da_state state = (enum da_state)a->dump->proc.threads.v[i].state;
		bool outside = state == DA_STATE_WAITING && w && w->kind > DA_LOCK_UNKNOWN && w->kind != DA_WAIT_SLEEP &&
			       !da_wait_gives_up(w);

		if (running ? state == DA_STATE_RUNNING : outside)
			list[n++] = i;
	}
	*ret_n = n;
	return list;
}

/* One or two by name; of more the table tells. */
static const char *subject(struct da_analysis *a, const uint32_t *list, size_t n, const char *one, const char *many)
{
	return n <= 2 ? da_printf(a->dump->arena, "%s, which %s,", da_say_threads(a, list, n), n == 1 ? one : many)
		      : da_printf(a->dump->arena, "the %zu threads that %s", n, many);
}

/* " in F", where all of them stand in one function; else "". */
static const char *together(struct da_analysis *a, const uint32_t *list, size_t n)
{
	const char *function = n ? da_standing_in(a, list[0]) : NULL;

	for (size_t i = 1; function && i < n; i++)
		if (!da_streq(function, da_standing_in(a, list[i])))
			function = NULL;
	return function ? da_printf(a->dump->arena, " in " DA_SYM("%s"), function) : "";
}

static const char *reservations(struct da_analysis *a, size_t unknown)
{
	struct clauses c = { 0 };
	const char *text, *where;
	const uint32_t *list;
	size_t n;

	list = those(a, true, &n);
	where = together(a, list, n);
	if (n)
		or_if(&c, "%s never %s", subject(a, list, n, da_printf(a->dump->arena, "runs%s", where),
						 da_printf(a->dump->arena, "run%s", where)), da_plural(n, "ends", "end"));
	list = da_hang_signalled(a, &n);
	if (n)
		or_if(&c, "%s never %s it", subject(a, list, n, "waits for a signal of another thread", "wait for a signal of another thread"),
		      da_plural(n, "gets", "get"));
	list = those(a, false, &n);
	if (n)
		or_if(&c, "nothing comes any more for %s", n <= 2 ? da_say_threads(a, list, n)
			  : da_printf(a->dump->arena, "the %zu threads that wait for something outside", n));
	if (unknown && unknown == a->graph->n)
		or_if(&c, "%s stuck", unknown == 1 ? "it is" : "they are");
	else if (unknown)
		or_if(&c, "%s of which it is not known what %s stuck", unknown == 1 ? "the one" : "those", unknown == 1 ? "it does is"
											      : "they do are");
	if (a->dump->proc.runtimes.n)
		or_if(&c, "requests wait in tasks that no thread works on, which were not looked at");
	text = c.n ? da_printf(a->dump->arena, "%s.", da_str_get(&c.s)) : "";
	da_str_done(&c.s);
	return text;
}

static unsigned run_none(struct da_analysis *a)
{
	size_t unknown, n = a->graph->n;
	const char *states = da_say_states(a, &unknown);
	struct da_finding *f;

	if (a->hangs || a->noted || da_graph_ownerless(a->dump, a->graph))
		return 0;
	f = da_finding_new(a->doc, "hang.none", DA_SEVERITY_NOTIFICATION, 0,
			   unknown * 10 > n || da_hang_nobody_outside(a) || da_hang_little_seen(a) ? 0.5 : 0.8);
	da_finding_title(f, "No hang was found");
	da_finding_description(f, "%zu %s looked at: %s. No threads %s for each other, and none %s behind one that waits "
			       "itself%s.%s%s%s", n, da_plural(n, "thread was", "threads were"),
			       unknown && unknown == n ? "what is going on there is not known" : states,
			       unknown ? "are known to wait" : "wait", unknown ? "is known to stand" : "stands",
			       a->taking_turns ? " for anything but work" : "",
			       a->taking_turns ? da_printf(a->dump->arena, " %u %s behind a worker that waits for work, as workers do that "
							   "take turns.", a->taking_turns, da_plural(a->taking_turns, "stands", "stand")) : "",
			       da_hang_nobody_outside(a) ? " But no thread runs, sleeps or waits for anything outside: only a signal handler or "
							   "another process could wake one." : "", reservations(a, unknown));
	da_finding_recommendation(f, "If the service hung then, make two dumps ten seconds apart the next time: threads that stand at the same "
				  "place in both, and are not idle, are the ones to look at.");
	da_finding_refuted_by(f, "a second dump in which the same threads stand at the same places while requests wait");
	return 1;
}

const struct da_rule da_rule_hang_none = {
	.id = "hang.none", .severity = "Notification",
	.looks_for = "a living process in which no rule found a hang",
	.page = "Says how many threads were looked at, in which states they are, of how many that is not known, and what\n"
		"would look the same if it were a hang.",
	.why_not = died, .run = run_none,
};
