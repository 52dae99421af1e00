/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hang.lock-owner-blocked: who holds what others wait for, and waits itself. One dump cannot tell slow from stuck: what
 * comes from outside, or after a time, may come at the next moment. So an Error needs a wait that only another thread
 * of the process can end, or a process that somebody ended.
 */
#include "config.h"

#include "analyze/hang.h"
#include "analyze/order.h"

#define SHORT_US 1000000   /* a wait that ends so soon is ordinary work */
#define LONG_US 60000000   /* who sleeps for so long inside of a lock does not mean to go on soon */
#define COMPANY 1          /* other threads whose deadlines lie beside its own */
#define POSSIBLE 0.7       /* how sure a hang is that may end by itself */

/* What the head of a chain does: "sleeps", "waits for a socket". NULL: it runs or is about to, or nothing is known. */
static const char *head_does(struct da_analysis *a, uint32_t head)
{
	const struct da_wait *w = da_primary_wait(a, head);
	const struct da_thread *t = &a->dump->proc.threads.v[head];

	if (w && (w->woken || w->kind == DA_WAIT_GC)) /* a collection that lasts is told by hang.gc-in-progress */
		return NULL;
	if (w && w->kind == DA_WAIT_SLEEP)
		return w->endless ? "sleeps without a limit" : "sleeps";
	if (w)
		return da_printf(a->dump->arena, "waits for %s", da_say_wait(a, w));
	switch ((enum da_state)t->state) {
	case DA_STATE_SLEEPING: return "sleeps";
	case DA_STATE_WAITING: return "waits for something outside";
	case DA_STATE_BLOCKED: return "is blocked itself";
	case DA_STATE_SUSPENDED: return "is suspended";
	default: return NULL; /* idle by its place alone, and yet it holds a lock: it is about to give it back */
	}
}

/* Does it wait for what no other thread of the process gives? */
static bool waits_outside(const struct da_analysis *a, uint32_t head)
{
	const struct da_wait *w = da_primary_wait(a, head);

	if (!w)
		return a->dump->proc.threads.v[head].state != DA_STATE_SUSPENDED;
	switch ((enum da_lock_kind)w->kind) {
	case DA_LOCK_TASK: /* what it is of may be an answer of another machine */
	case DA_LOCK_PROCESS: case DA_LOCK_WAITABLE_TIMER: case DA_LOCK_UNKNOWN: return true;
	default: return w->kind > DA_LOCK_UNKNOWN || da_wait_gives_up(w);
	}
}

static bool sleeps_by_choice(const struct da_wait *w)
{
	return w && w->kind == DA_WAIT_SLEEP && (w->has_timeout || w->endless);
}

static bool sleeps_long(const struct da_wait *w)
{
	return w && w->kind == DA_WAIT_SLEEP && (w->endless || (w->has_timeout && w->timeout_us >= LONG_US));
}

/* How long it sleeps is not known, but that others' times are over just when its is: threads that work in short steps. */
static bool sleeps_in_company(const struct da_wait *w)
{
	return w && w->kind == DA_WAIT_SLEEP && !w->has_timeout && w->company >= COMPANY;
}

static const char *say_company(struct da_analysis *a, const struct da_wait *w)
{
	return sleeps_in_company(w) ? da_printf(a->dump->arena, " Its sleep ends within %u ms of the %s of %u other %s, as where "
						"threads work in short steps.", DA_WAIT_COMPANY_US / 1000, da_plural(w->company, "wait", "waits"),
						w->company, da_plural(w->company, "thread", "threads")) : "";
}

enum gravity { ORDINARY, WORTH_KNOWING, POSSIBLY, GRAVE };

static enum gravity gravity_of(struct da_analysis *a, uint32_t head, enum da_turns turns)
{
	const struct da_graph *g = a->graph;
	const struct da_wait *w = da_primary_wait(a, head);
	bool many = (g->behind[head] >= 3 && g->behind[head] * DA_HANG_SHARE >= g->n) ||
		    (g->behind[head] >= 2 && w && w->kind == DA_WAIT_SLEEP && w->endless);

	if (turns == DA_TURNS_PERHAPS || sleeps_in_company(w) || (w && w->has_timeout && w->timeout_us < SHORT_US) ||
	    (w && w->has_deadline && w->has_left && w->left_us < SHORT_US))
		return WORTH_KNOWING;
	if (!many)
		return g->behind[head] == 1 && waits_outside(a, head) && !sleeps_by_choice(w) ? WORTH_KNOWING : ORDINARY;
	if (da_hang_was_ended(a) || !waits_outside(a, head) || sleeps_long(w))
		return GRAVE;
	return POSSIBLY;
}

static void advise(struct da_analysis *a, struct da_finding *f, uint32_t head, const char *does, enum da_turns turns)
{
	const char *who = da_say_thread(a, head), *make = da_hang_make(a);

	if (turns == DA_TURNS_PERHAPS) {
		da_finding_recommendation(f, "All of them stand in the same function: workers that take turns at waiting for work look "
					  "like this, and so does a queue whose signal was lost. Ask the developers which it is.");
	} else if (*da_say_unread(a, da_primary_wait(a, head))) {
		da_finding_recommendation(f, "%s %s: it tells who holds what %s waits for. If that is one of those behind it, they are "
					  "deadlocked.", make, da_hang_fuller_dump(a), who);
		da_finding_next(f, DA_NEXT_DUMP, "%s %s: it holds the memory of the lock that %s waits for, which names its owner.",
				make, da_hang_fuller_dump(a), who);
		return;
	} else {
		da_finding_recommendation(f, "Ask the developers why %s %s while it holds the lock: nothing slow belongs inside of one. "
					  "A second dump some seconds later shows whether it goes on.", who, does);
	}
	da_finding_next(f, DA_NEXT_DUMP, "%s two dumps ten seconds apart: they show whether these threads go on.", make);
}

static void lead(struct da_analysis *a, struct da_finding *f, uint32_t head, const char *does, enum gravity gravity)
{
	const struct da_frame *frame = da_standing_frame(a, head);
	uint32_t behind = a->graph->behind[head];
	const char *text = da_printf(a->dump->arena, "%s: %u %s behind %s, which %s%s%s.%s", gravity == GRAVE ? "Hang" : "Possible hang",
				     behind, da_plural(behind, "thread waits", "threads wait"), da_say_thread(a, head), does,
				     frame ? " in " : "", frame ? da_say_function(a, frame) : "",
				     gravity == GRAVE ? "" : " A second dump shows whether it goes on.");

	if (da_hang_lead(a, f, text))
		da_vec_push(a->dump->arena, &a->hang_threads, head);
}

static bool one_head(struct da_analysis *a, uint32_t head, const char *does, enum da_turns turns)
{
	static const enum da_severity severities[] = {
		[ORDINARY] = DA_SEVERITY_WARNING, [WORTH_KNOWING] = DA_SEVERITY_INFORMATION, [POSSIBLY] = DA_SEVERITY_WARNING,
		[GRAVE] = DA_SEVERITY_ERROR,
	};
	enum gravity gravity = gravity_of(a, head, turns);
	double confidence = DA_MIN(gravity == GRAVE ? 0.9 : POSSIBLE, (double)da_hang_weakest(a, head));
	const struct da_frame *frame = da_standing_frame(a, head);
	uint32_t behind = a->graph->behind[head];
	struct da_finding *f;
	size_t n;
	const uint32_t *followers = da_hang_behind(a, head, &n);

	if (confidence < DA_HANG_SURE) /* a guessed owner may close a circle, but is no reason to blame a thread */
		return false;
	f = da_finding_new(a->doc, "hang.lock-owner-blocked", severities[gravity], behind + 1, confidence);
	da_finding_title(f, "%u %s behind %s, which %s", behind, da_plural(behind, "thread waits", "threads wait"),
			 da_say_thread(a, head), does);
	da_finding_description(f, "%s holds what %s %s for, and itself %s%s%s.%s%s%s", da_say_thread(a, head),
			       behind == 1 ? "another thread" : da_printf(a->dump->arena, "%u other threads", behind),
			       da_plural(behind, "waits", "wait"), does, frame ? ", in " : "", frame ? da_say_frame(a, frame) : "",
			       da_say_asked(a, head), say_company(a, da_primary_wait(a, head)),
			       da_say_unread(a, da_primary_wait(a, head)));
	advise(a, f, head, does, turns);
	da_finding_refuted_by(f, "a second dump in which these threads have gone on");
	da_finding_thread(f, head);
	for (size_t i = 0; i < n; i++)
		da_finding_thread(f, followers[i]);
	da_hang_edges(a, f, followers, n);
	if (da_primary_wait(a, head))
		da_hang_wait(a, f, head, da_primary_wait(a, head), "wait of who is in front");
	a->graph->told[head] = true;
	if (gravity == GRAVE || gravity == POSSIBLY)
		lead(a, f, head, does, gravity);
	else if (gravity == WORTH_KNOWING && turns == DA_TURNS_NO)
		a->noted++;
	else
		a->hangs++;
	return true;
}

/* hang.loader-lock tells of it: all those behind it want the lock of the loader. */
static bool is_loaders(const struct da_analysis *a, uint32_t head)
{
	size_t n;
	const uint32_t *behind = da_hang_behind(a, head, &n);

	if (!da_primary_wait(a, head))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct da_wait *w = &a->dump->proc.waits.v[a->graph->edge[behind[i]].wait];

		if (w->owner == head && w->kind != DA_LOCK_LOADER)
			return false;
	}
	return true;
}

static unsigned run_owner_blocked(struct da_analysis *a)
{
	struct da_heads heads;
	unsigned n = 0;

	da_hang_heads(a, &heads);
	for (size_t i = 0; i < heads.v.n && n < DA_HANG_MOST; i++) {
		uint32_t head = heads.v.v[i];
		enum da_turns turns = da_hang_turns(a, head);
		const char *does = head_does(a, head);

		if (does && turns == DA_TURNS_SURELY)
			a->taking_turns += a->graph->behind[head];
		else if (does && (turns == DA_TURNS_PERHAPS || !da_hang_keeps_no_owner(a, da_primary_wait(a, head))) &&
			 !is_loaders(a, head))
			n += one_head(a, head, does, turns);
	}
	return n;
}

const struct da_rule da_rule_hang_lock_owner_blocked = {
	.id = "hang.lock-owner-blocked", .severity = "Information, Warning or Error",
	.looks_for = "the owner of a lock that others wait for, while it waits or sleeps itself",
	.page = "Follows each chain of waits to the thread at its head. An Error where a fifth of all threads, and at\n"
		"least three, stand behind it, and only another thread of the process can wake it, or somebody ended the\n"
		"process; where two stand behind a sleep that has no limit, too. Information where it goes on within a second\n"
		"(or, where its time is not known, other threads' deadlines lie beside its own, as in work of short steps),\n"
		"where one thread stands behind a wait for something outside, or where all stand in one function, as workers\n"
		"do that take turns. A head that runs is ordinary contention and no finding.",
	.why_not = da_hang_no_waits, .run = run_owner_blocked,
};
