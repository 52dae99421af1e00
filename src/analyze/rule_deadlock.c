/* SPDX-License-Identifier: Apache-2.0 */
/* hang.deadlock: circles in the graph of waits, and those that close only by a guess. */
#include "config.h"

#include "analyze/hang.h"
#include "analyze/order.h"
#include "analyze/sections.h"

#define ENDS 0.7 /* how sure a hang is that a time limit, or another thread, may end */
#define RESTART " Restarting the service ends it until it happens again."

/* ---------------------------------------------------------------- circles */

static const struct da_wait *wait_in(const struct da_analysis *a, uint32_t thread)
{
	return &a->dump->proc.waits.v[a->graph->edge[thread].wait];
}

static const char *say_members(struct da_analysis *a, const struct da_cycle *c)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	size_t n = DA_MIN(c->members.n, (size_t)DA_HANG_EVIDENCE);

	for (size_t i = 0; i < n; i++)
		da_str_addf(&s, "%s%s", i == 0 ? "" : i + 1 == n && n == c->members.n ? " and " : ", ",
			    da_say_thread(a, c->members.v[i]));
	if (n < c->members.n)
		da_str_addf(&s, " and %zu more", c->members.n - n);
	return da_strdup(a->dump->arena, da_str_get(&s));
}

/* "t1 waits for lock2 (a mutex), which t3 holds, in f (lib.so), at f.c:12. " */
static const char *say_steps(struct da_analysis *a, const struct da_cycle *c)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	for (size_t i = 0; i < c->members.n && i < DA_HANG_EVIDENCE; i++) {
		uint32_t t = c->members.v[i];
		const struct da_frame *f = da_standing_frame(a, t);
		const struct da_wait *w = wait_in(a, t);

		da_str_addf(&s, "%s waits for %s", da_say_thread(a, t), da_say_wait(a, w));
		if (!da_is_join((enum da_lock_kind)w->kind))
			da_str_addf(&s, ", which %s %s", da_say_thread(a, a->graph->edge[t].to),
				    da_say_holds((enum da_lock_kind)w->kind));
		da_str_addf(&s, "%s%s. ", f ? ", in " : "", f ? da_say_frame(a, f) : "");
	}
	if (c->members.n > DA_HANG_EVIDENCE)
		da_str_addf(&s, "The circle goes on through %zu more. ", c->members.n - DA_HANG_EVIDENCE);
	return da_strdup(a->dump->arena, da_str_get(&s));
}

/* A member that gives up after a time limit; DA_NONE: none does. */
static uint32_t gives_up(const struct da_analysis *a, const struct da_cycle *c)
{
	for (size_t i = 0; i < c->members.n; i++)
		if (da_wait_gives_up(wait_in(a, c->members.v[i])))
			return c->members.v[i];
	return DA_NONE;
}

/* What the steps of a circle are. */
struct steps {
	bool joins, tasks, first_uses, locks;
};

static struct steps steps_of(const struct da_analysis *a, const struct da_cycle *c)
{
	struct steps s = { 0 };

	for (size_t i = 0; i < c->members.n; i++)
		switch ((enum da_lock_kind)wait_in(a, c->members.v[i])->kind) {
		case DA_LOCK_PTHREAD_JOIN: case DA_LOCK_THREAD: s.joins = true; break;
		case DA_LOCK_TASK: s.tasks = true; break;
		case DA_LOCK_PTHREAD_ONCE: case DA_LOCK_CLASS_INIT: case DA_LOCK_LAZY: s.first_uses = true; break;
		default: s.locks = true;
		}
	return s;
}

/* What the developers should change depends on what the steps are. */
static const char *advice(const struct da_analysis *a, const struct da_cycle *c)
{
	struct steps s = steps_of(a, c);

	if (c->members.n == 1)
		return s.joins ? "Give the developers this stack: a thread must not wait for its own end."
		       : s.tasks ? "Give the developers this stack: the task needs this very thread, which waits for it. Await it instead."
		       : s.first_uses ? "Give the developers this stack: the initialiser needs what it is about to initialise."
				      : "Give the developers this stack: the lock is not recursive, and the function that takes it again "
					"must not be called with it held.";
	if (s.first_uses && (s.joins || s.tasks || s.locks))
		return "Give the developers the stacks of these threads: an initialiser (a static constructor, a call made once) waits for "
		       "a thread that needs what it initialises. It must not wait for other threads.";
	if (s.first_uses)
		return "Give the developers the stacks of these threads: initialisers need each other, and two threads began with "
		       "different ones.";
	if (s.tasks)
		return s.locks ? "Give the developers the stacks of these threads: one waits for a task while it holds what the task needs. "
				 "Wait for no task inside of a lock."
			       : "Give the developers the stacks of these threads: tasks wait for each other by blocking. Await them instead.";
	if (s.joins && s.locks)
		return "Give the developers the stacks of these threads: who waits for the end of a thread must not hold a lock that the "
		       "thread needs to end.";
	if (s.joins)
		return "Give the developers the stacks of these threads: they wait for each other's end. One must end without the other.";
	return "Give the developers the stacks of these threads: they take the same locks in different order.";
}

/* A mutex that any thread may unlock, and which its owner asks for again: it may be waiting to be handed over. */
static bool may_be_given(const struct da_analysis *a, const struct da_cycle *c)
{
	const struct da_lock *l = c->members.n == 1 ? da_lock_of(a, wait_in(a, c->members.v[0])) : NULL;

	return l && l->any_unlocks;
}

static const char *say_end(struct da_analysis *a, const struct da_cycle *c, uint32_t limited)
{
	if (limited != DA_NONE)
		return da_printf(a->dump->arena, "It ends when %s gives up after its time limit, and may come again.",
				 da_say_thread(a, limited));
	return may_be_given(a, c) ? "It will not end unless another thread unlocks it, which this kind of mutex allows."
				  : "It will not end by itself.";
}

static const char *refutation(const struct da_cycle *c, bool limited)
{
	if (c->members.n == 1)
		return "another owner of the lock than the evidence names, or another thread that gives it back in this one's place";
	return limited ? "an owner of one of these locks other than the evidence names"
		       : "an owner of one of these locks other than the evidence names, or a time limit after which one of the "
			 "threads gives up";
}

static const char *cycle_verdict(struct da_analysis *a, const struct da_cycle *c, bool sure, uint32_t limited, const char *more)
{
	const char *hang = sure ? "Hang" : "Possible hang";

	if (c->members.n == 1)
		return da_printf(a->dump->arena, "%s: %s waits for %s%s%s.", hang, da_say_thread(a, c->members.v[0]),
				 da_is_join((enum da_lock_kind)wait_in(a, c->members.v[0])->kind) ? "its own end"
												  : "a lock that it holds itself",
				 may_be_given(a, c) ? ", unless another thread is to unlock it" : "", more);
	return da_printf(a->dump->arena, "%s: %zu threads are deadlocked (%s)%s%s.", hang, c->members.n, say_members(a, c),
			 limited != DA_NONE ? ", until one gives up" : "", more);
}

static void one_cycle(struct da_analysis *a, const struct da_cycle *c)
{
	struct da_arena *arena = a->dump->arena;
	bool sure = (double)c->confidence >= DA_HANG_SURE;
	uint32_t limited = gives_up(a, c);
	size_t all = c->members.n + c->behind;
	enum da_severity severity = sure && limited == DA_NONE ? DA_SEVERITY_ERROR : DA_SEVERITY_WARNING;
	bool ends = limited != DA_NONE || may_be_given(a, c);
	double confidence = ends ? DA_MIN((double)c->confidence, ENDS) : (double)c->confidence;
	struct da_finding *f = da_finding_new(a->doc, "hang.deadlock", severity, (unsigned)all, confidence);
	const char *more = c->behind ? da_printf(arena, "; %u more %s behind", c->behind, da_plural(c->behind, "waits", "wait")) : "";
	const char *deadlock = sure ? "Deadlock" : "Possible deadlock";

	if (c->members.n == 1)
		da_finding_title(f, "%s: %s waits for a lock that it holds itself%s", deadlock, da_say_thread(a, c->members.v[0]), more);
	else
		da_finding_title(f, "%s: %zu threads wait for each other%s%s", deadlock, c->members.n,
				 limited != DA_NONE ? ", until one gives up" : "", more);
	da_finding_description(f, "%s%s%s", say_steps(a, c),
			       sure ? "" : "One of these steps is a guess: see the evidence. If it is right: ", say_end(a, c, limited));
	da_finding_recommendation(f, "%s%s", advice(a, c), c->members.n > 1 && !ends ? RESTART : "");
	da_finding_refuted_by(f, "%s", refutation(c, limited != DA_NONE));
	for (size_t i = 0; i < c->members.n; i++)
		da_finding_thread(f, c->members.v[i]);
	da_hang_edges(a, f, c->members.v, c->members.n);
	if (da_hang_lead(a, f, cycle_verdict(a, c, sure, limited, more)))
		for (size_t i = 0; i < c->members.n; i++)
			da_vec_push(arena, &a->hang_threads, c->members.v[i]);
}

static void cycle_row(struct da_analysis *a, const struct da_cycle *c)
{
	struct da_doc *doc = a->doc;

	da_doc_row(doc, DA_BLOCK_wait_cycles);
	for (size_t i = 0; i < c->members.n; i++)
		da_add_ref(doc, DA_COL_wait_cycles_members, "t", c->members.v[i]);
	for (size_t i = 0; i < c->members.n; i++) {
		uint32_t lock = wait_in(a, c->members.v[i])->lock;

		if (lock != DA_NONE)
			da_add_ref(doc, DA_COL_wait_cycles_locks, "lock", a->order->lock_row[lock]);
	}
	da_set_uint(doc, DA_COL_wait_cycles_blocked_behind, c->behind);
	da_set_real(doc, DA_COL_wait_cycles_confidence, (double)c->confidence);
}

void da_wait_cycle_rows(struct da_analysis *a)
{
	for (size_t i = 0; i < a->graph->cycles.n; i++)
		cycle_row(a, &a->graph->cycles.v[i]);
}

/* ---------------------------------------------------------------- owners that no word names */

/* The circle closes only if one of those behind has what the head waits for. */
static void one_possible(struct da_analysis *a, uint32_t head, const char *why)
{
	const struct da_graph *g = a->graph;
	const struct da_wait *w = da_primary_wait(a, head);
	uint32_t behind = g->behind[head];
	struct da_finding *f = da_finding_new(a->doc, "hang.deadlock", DA_SEVERITY_WARNING, behind + 1, DA_HANG_GUESS);
	const char *threads = behind == 1 ? "thread waits" : "threads wait", *lock = da_say_wait(a, w);
	size_t n;
	const uint32_t *followers = da_hang_behind(a, head, &n);

	da_finding_title(f, "Possible deadlock: %s waits for %s, and %u %s behind it", da_say_thread(a, head), lock, behind, threads);
	da_finding_description(f, "Who has %s is not known: %s. If it is %s behind %s, they wait for each other in a circle, and it will "
			       "not end by itself; if not, they wait for whoever has it.",
			       lock, why, behind == 1 ? "the thread" : da_printf(a->dump->arena, "one of the %u threads", behind),
			       da_say_thread(a, head));
	da_finding_recommendation(f, "Ask the developers which of these threads takes %s before it waits: the stacks show where each "
				  "stands. Taking the locks in one order everywhere ends such circles.", lock);
	da_finding_refuted_by(f, "a thread outside of this chain that gives it back");
	da_hang_wait(a, f, head, w, "guessed step");
	da_finding_object(f, "lock", a->order->lock_row[w->lock]);
	da_finding_thread(f, head);
	g->told[head] = true;
	for (size_t i = 0; i < n; i++)
		da_finding_thread(f, followers[i]);
	da_hang_edges(a, f, followers, n);
	if (da_hang_lead(a, f, da_printf(a->dump->arena, "Possible hang: %u %s behind %s, which waits for %s; possibly a deadlock.",
					 behind, threads, da_say_thread(a, head), lock)))
		da_vec_push(a->dump->arena, &a->hang_threads, head);
}

static unsigned run_possible(struct da_analysis *a)
{
	struct da_heads heads;
	unsigned n = 0;

	da_hang_heads(a, &heads);
	for (size_t i = 0; i < heads.v.n && n < DA_HANG_MOST; i++) {
		const char *why = da_hang_keeps_no_owner(a, da_primary_wait(a, heads.v.v[i]));

		if (!why || da_hang_turns(a, heads.v.v[i]) != DA_TURNS_NO || da_hang_is_upgrade(a, heads.v.v[i]))
			continue;
		one_possible(a, heads.v.v[i], why);
		n++;
	}
	return n;
}

/* ---------------------------------------------------------------- readers that want to write */

/* A reader that also wants to write waits for itself, two of them for each other. */
static void one_upgrade(struct da_analysis *a, uint32_t lock, unsigned waiting)
{
	const struct da_process *p = &a->dump->proc;
	const struct da_lock *l = &p->locks.v[lock];
	struct da_arena *arena = a->dump->arena;
	const char *readers = da_printf(arena, "%u %s", (unsigned)l->count, da_plural((size_t)l->count, "reader has", "readers have"));
	const char *wait = da_printf(arena, "%u %s", waiting, da_plural(waiting, "thread waits", "threads wait"));
	struct da_finding *f = da_finding_new(a->doc, "hang.deadlock", DA_SEVERITY_WARNING, waiting, DA_HANG_GUESS);
	struct da_evidence *ev = da_finding_evidence(f, "guessed step");

	da_finding_title(f, "Possible deadlock: %s for %s, which %s, and no thread runs", wait, da_say_lock(a, lock), readers);
	da_finding_description(f, "The lock counts its readers and does not name them. If they are among those that wait (a reader "
			       "that asks to write waits until all readers have gone, itself too), it will not end by itself. If "
			       "not, a thread that sleeps, or waits for something else, has the lock.");
	da_finding_recommendation(f, "Ask the developers whether a function on these stacks asks to write while a caller reads. Give the "
				  "lock back first, or take it for writing from the start.");
	da_finding_refuted_by(f, "a reader among the other threads");
	da_evidence_address(ev, l->address);
	da_evidence_text(ev, "%s", l->how);
	da_finding_object(f, "lock", a->order->lock_row[lock]);
	for (uint32_t i = a->order->waits_from[lock]; i < a->order->waits_from[lock + 1]; i++) {
		da_finding_thread(f, p->waits.v[a->order->waits_of[i]].thread);
		a->graph->told[p->waits.v[a->order->waits_of[i]].thread] = true;
	}
	if (da_hang_lead(a, f, da_printf(arena, "Possible hang: %s for %s, which %s, and no thread runs.", wait, da_say_lock(a, lock),
					 readers)))
		da_vec_push(arena, &a->hang_threads, p->waits.v[a->order->waits_of[a->order->waits_from[lock]]].thread);
}

/* None of those that wait is told of already: who holds another lock that is wanted is the head of a chain. */
static bool only_waits(const struct da_analysis *a, uint32_t lock)
{
	for (uint32_t i = a->order->waits_from[lock]; i < a->order->waits_from[lock + 1]; i++) {
		const struct da_wait *w = &a->dump->proc.waits.v[a->order->waits_of[i]];

		if (!w->primary || w->thread >= a->graph->n || a->graph->direct[w->thread] || da_wait_gives_up(w) ||
		    (double)w->confidence < DA_HANG_SURE)
			return false;
	}
	return true;
}

/* Where a thread that does not wait for the lock may read (da_lock.readers), it goes on and gives it back. */
static unsigned run_upgrades(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	unsigned n = 0;

	for (size_t i = 0; i < p->threads.n; i++) /* who runs may be the reader */
		if (p->threads.v[i].state == DA_STATE_RUNNING || p->threads.v[i].state == DA_STATE_UNKNOWN)
			return 0;
	for (uint32_t i = 0; i < p->locks.n && n < DA_HANG_MOST; i++) {
		const struct da_lock *l = &p->locks.v[i];
		uint32_t waiting = a->order->waits_from[i + 1] - a->order->waits_from[i];

		if (l->kind != DA_LOCK_PTHREAD_RWLOCK || l->state != DA_LOCK_HELD || l->owner != DA_NONE || !l->has_count ||
		    l->count < 1 || l->count > waiting || !only_waits(a, i) || l->readers.n)
			continue;
		one_upgrade(a, i, waiting);
		n++;
	}
	return n;
}

static unsigned run_deadlock(struct da_analysis *a)
{
	size_t n = DA_MIN(a->graph->cycles.n, (size_t)DA_HANG_MOST);

	for (size_t i = 0; i < n; i++)
		one_cycle(a, &a->graph->cycles.v[i]);
	return (unsigned)n + run_possible(a) + (da_hang_crashed(a) ? 0 : run_upgrades(a));
}

const struct da_rule da_rule_hang_deadlock = {
	.id = "hang.deadlock", .severity = "Error",
	.looks_for = "threads that wait for each other in a circle, or one that waits for itself",
	.page = "Needs locks whose owner stands in memory: pthread mutexes and rwlocks, critical sections, monitors,\n"
		"System.Threading.Lock, joins. Native and managed ones make one graph. A circle that closes only by a\n"
		"guess (a semaphore keeps no owner, a read-write lock does not name its readers) is a Warning, and called\n"
		"possible; one that a time limit ends is a Warning too.",
	.why_not = da_hang_no_waits, .run = run_deadlock,
};
