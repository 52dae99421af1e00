/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hang.*: threads that wait for each other, for a thread that does something else, or for one that is
 * gone. A finding explains a thread once: cycles first, then orphaned locks, then the heads of chains.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/hang.h"
#include "analyze/order.h"
#include "analyze/sections.h"

#define SURE 0.6      /* below, a finding says "possible" */
#define SIGNAL_MAX 1024 /* a semaphore that counts further is no lock: its count is work to do */
#define ACCEPT_DEPTH 24 /* frames from the system call to the class library's Accept */
#define GUESS 0.4     /* confidence where a step of the circle is a guess */
#define MOST 20       /* findings of one rule; the tables of locks and waits have all */

struct da_heads {
	DA_VEC(uint32_t) v;
};

const char *da_plural(size_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

/* "12 % of threads (5)" */
const char *da_say_share(struct da_analysis *a, size_t n)
{
	size_t all = a->dump->proc.threads.n;

	return da_printf(a->dump->arena, "%zu %% of all threads (%zu)", all ? (100 * n + all / 2) / all : 0, n);
}

static const struct da_lock *lock_of(struct da_analysis *a, const struct da_wait *w)
{
	return w->lock < a->dump->proc.locks.n ? &a->dump->proc.locks.v[w->lock] : NULL;
}

/* lock2 (monitor of Shop.Ledger), or "the end of that thread" */
const char *da_say_wait(struct da_analysis *a, const struct da_wait *w)
{
	if (da_is_join((enum da_lock_kind)w->kind) && w->owner != DA_NONE)
		return da_printf(a->dump->arena, "the end of %s", da_say_thread(a, w->owner));
	if (w->remote)
		return da_printf(a->dump->arena, "an answer of %s%s%s%s", w->remote, w->peer ? " (" : "", w->peer ? w->peer : "",
				 w->peer ? ")" : "");
	return lock_of(a, w) ? da_say_lock(a, w->lock) : da_say_kind((enum da_lock_kind)w->kind);
}

/* One edge: who waits, for what, who has it, and how both are known. */
static void edge_evidence(struct da_analysis *a, struct da_finding *f, uint32_t thread)
{
	const struct da_edge *e = &a->graph->edge[thread];
	const struct da_wait *w = &a->dump->proc.waits.v[e->wait];
	const struct da_lock *l = lock_of(a, w);
	struct da_evidence *ev = da_finding_evidence(f, "wait");
	const char *by = "";

	da_evidence_thread(ev, thread);
	if (w->frame != DA_NONE)
		da_evidence_frame(ev, w->frame);
	if (w->address)
		da_evidence_address(ev, w->address);
	if (!da_is_join((enum da_lock_kind)w->kind))
		by = da_printf(a->dump->arena, ", %s by %s", da_say_held((enum da_lock_kind)w->kind), da_say_thread(a, e->to));
	da_evidence_text(ev, "waits for %s%s: %s%s%s", da_say_wait(a, w), by, w->how ? w->how : "by its stack",
			 l && l->how ? "; owner: " : "", l && l->how ? l->how : "");
	if (w->lock != DA_NONE)
		da_finding_object(f, "lock", a->order->lock_row[w->lock]);
}

/* The first that is sure leads; every call counts as a hang. */
bool da_hang_lead(struct da_analysis *a, struct da_finding *f, const char *rule, double confidence, const char *text)
{
	a->hangs++;
	if (a->hang)
		return false;
	a->hang = f;
	a->hang_rule = rule;
	a->hang_text = text;
	a->hang_confidence = confidence;
	return true;
}

bool da_hang_was_ended(const struct da_analysis *a)
{
	const struct da_exception *e = a->dump->proc.exception;

	return e && (e->cause == DA_CAUSE_FROM_OUTSIDE || e->cause == DA_CAUSE_WATCHDOG || e->cause == DA_CAUSE_QUIT ||
		     e->cause == DA_CAUSE_UNKNOWN);
}

bool da_hang_crashed(const struct da_analysis *a)
{
	return a->dump->proc.exception && !da_hang_was_ended(a);
}

/* ---------------------------------------------------------------- cycles */

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

static const char *cycle_description(struct da_analysis *a, const struct da_cycle *c)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	for (size_t i = 0; i < c->members.n && i < DA_HANG_EVIDENCE; i++) {
		uint32_t t = c->members.v[i];
		const struct da_wait *w = &a->dump->proc.waits.v[a->graph->edge[t].wait];

		da_str_addf(&s, "%s waits for %s", da_say_thread(a, t), da_say_wait(a, w));
		if (!da_is_join((enum da_lock_kind)w->kind))
			da_str_addf(&s, ", which %s %s", da_say_thread(a, a->graph->edge[t].to),
				    da_streq(da_say_held((enum da_lock_kind)w->kind), "run") ? "runs" : "holds");
		da_str_add(&s, ". ");
	}
	return da_strdup(a->dump->arena, da_str_get(&s));
}

static void cycle_row(struct da_analysis *a, const struct da_cycle *c)
{
	struct da_doc *doc = a->doc;

	da_doc_row(doc, DA_BLOCK_wait_cycles);
	for (size_t i = 0; i < c->members.n; i++)
		da_add_ref(doc, DA_COL_wait_cycles_members, "t", c->members.v[i]);
	for (size_t i = 0; i < c->members.n; i++) {
		uint32_t lock = a->dump->proc.waits.v[a->graph->edge[c->members.v[i]].wait].lock;

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

/* What to do about a circle depends on what closes it: only locks have an order. */
static const char *cycle_advice(struct da_analysis *a, const struct da_cycle *c)
{
	bool constructor = false, task = false;

	for (size_t i = 0; i < c->members.n; i++) {
		enum da_lock_kind kind = (enum da_lock_kind)a->dump->proc.waits.v[a->graph->edge[c->members.v[i]].wait].kind;

		constructor |= kind == DA_LOCK_CLASS_INIT;
		task |= kind == DA_LOCK_TASK;
	}
	if (c->members.n == 1)
		return "Give the developers this stack: the lock is not recursive, and the function that takes it again must not "
		       "be called with it held.";
	if (constructor)
		return "Give the developers the stacks of these threads: a static constructor must not wait for another thread, "
		       "which may need the class. Restarting the service ends it until it happens again.";
	if (task)
		return "Give the developers the stacks of these threads: one waits for a task while it has what the task needs. "
		       "Restarting the service ends it until it happens again.";
	return "Give the developers the stacks of these threads: they take the same locks in different order. Restarting the "
	       "service ends it until it happens again.";
}

static void one_cycle(struct da_analysis *a, const struct da_cycle *c)
{
	struct da_arena *arena = a->dump->arena;
	bool sure = (double)c->confidence >= SURE, self = c->members.n == 1, leads;
	size_t all = c->members.n + c->behind;
	struct da_finding *f = da_finding_new(a->doc, "hang.deadlock", sure ? DA_SEVERITY_ERROR : DA_SEVERITY_WARNING,
					      (unsigned)all, (double)c->confidence);
	const char *more = c->behind ? da_printf(arena, "; %u more %s behind", c->behind,
						 da_plural(c->behind, "waits", "wait")) : "";

	if (self)
		da_finding_title(f, "%s: %s waits for a lock that it holds itself%s", sure ? "Deadlock" : "Possible deadlock",
				 da_say_thread(a, c->members.v[0]), more);
	else
		da_finding_title(f, "%s: %zu threads wait for each other%s", sure ? "Deadlock" : "Possible deadlock",
				 c->members.n, more);
	da_finding_description(f, "%s%sIt will not end by itself. %s %s.", cycle_description(a, c),
			       sure ? "" : "One of these steps is a guess: see the evidence. If it is right: ",
			       da_say_share(a, all), all == 1 ? "is held up by it" : "are held up by it");
	da_finding_recommendation(f, "%s", cycle_advice(a, c));
	da_finding_refuted_by(f, self ? "another owner of the lock than the evidence names"
				      : "an owner of one of these locks other than the evidence names, or a time limit after "
					"which one of the threads gives up");
	for (size_t i = 0; i < c->members.n; i++) {
		da_finding_thread(f, c->members.v[i]);
		if (i < DA_HANG_EVIDENCE)
			edge_evidence(a, f, c->members.v[i]);
	}
	leads = da_hang_lead(a, f, "hang.deadlock", (double)c->confidence,
	     self ? da_printf(arena, "%s: %s waits for a lock that it holds itself%s.", sure ? "Hang" : "Possible hang",
			      da_say_thread(a, c->members.v[0]), more)
		  : da_printf(arena, "%s: %zu threads are deadlocked (%s)%s.", sure ? "Hang" : "Possible hang", c->members.n,
			      say_members(a, c), more));
	for (size_t i = 0; leads && i < c->members.n; i++)
		da_vec_push(arena, &a->hang_threads, c->members.v[i]);
}

/* ---------------------------------------------------------------- heads of chains */

const struct da_wait *da_primary_wait(const struct da_analysis *a, uint32_t thread)
{
	uint32_t i = a->graph->primary[thread];

	return i != DA_NONE ? &a->dump->proc.waits.v[i] : NULL;
}

/*
 * Somebody waits for a lock of it: who only waits for its end, or that of its task (a main thread for its
 * workers), says nothing. What a dead thread held is no cause.
 */
static bool holds_something(struct da_analysis *a, uint32_t head)
{
	const struct da_graph *g = a->graph;

	if (da_hang_crashed(a) && a->dump->proc.exception->thread == head)
		return false;
	for (uint32_t i = g->from[head]; i < g->from[head + 1]; i++) {
		const struct da_edge *e = &g->edge[g->followers[i]];

		enum da_lock_kind kind = (enum da_lock_kind)a->dump->proc.waits.v[e->wait].kind;

		if (e->to == head && !da_is_join(kind) && kind != DA_LOCK_TASK)
			return true;
	}
	return false;
}

static int by_behind(const void *x, const void *y, void *ctx)
{
	const struct da_graph *g = ctx;
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	if (g->behind[a] != g->behind[b])
		return g->behind[a] > g->behind[b] ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* Threads that others stand behind by a lock, those with most first. */
static void find_heads(struct da_analysis *a, struct da_heads *ret)
{
	const struct da_graph *g = a->graph;

	*ret = (struct da_heads){ 0 };
	for (uint32_t i = 0; i < g->n; i++)
		if (g->head[i] == i && holds_something(a, i))
			da_vec_push(a->dump->arena, &ret->v, i);
	if (ret->v.n)
		qsort_r(ret->v.v, ret->v.n, sizeof(*ret->v.v), by_behind, (void *)g);
}

/*
 * Workers that take turns at waiting for work, one of them inside the lock (leader and followers): all stand in
 * one function, and the leader's own wait is for what comes next.
 */
static bool takes_turns(struct da_analysis *a, uint32_t head)
{
	static const char *const accepts[] = { "accept", "accept4", "__libc_accept", "__libc_accept4", "epoll_wait", "epoll_pwait" };
	const struct da_wait *w = da_primary_wait(a, head);
	const struct da_thread *t = &a->dump->proc.threads.v[head];
	const char *function = da_standing_in(a, head);
	bool next = t->state == DA_STATE_IDLE;

	switch (w ? (enum da_lock_kind)w->kind : DA_LOCK_UNKNOWN) {
	case DA_LOCK_SEMAPHORE: case DA_LOCK_SEMAPHORE_SLIM: case DA_LOCK_NT_SEMAPHORE: case DA_LOCK_PTHREAD_COND:
	case DA_LOCK_CONDITION_VARIABLE: case DA_LOCK_MONITOR_WAIT: case DA_WAIT_IO_COMPLETION: case DA_WAIT_POLL:
		next = true;
		break;
	default: break;
	}
	for (size_t i = 0; i < t->frames.n && i < ACCEPT_DEPTH && !next; i++) {
		const char *name = da_function_name(&t->frames.v[i]);

		next = name && (strstr(name, ".Accept") || strstr(name, "GetContext"));
		for (size_t k = 0; name && k < DA_ARRAY_SIZE(accepts); k++)
			next |= da_streq(name, accepts[k]);
	}
	for (uint32_t i = a->graph->from[head]; next && i < a->graph->from[head + 1]; i++)
		next = function && da_streq(function, da_standing_in(a, a->graph->followers[i]));
	return next;
}

/*
 * Is this a lock that threads take and give back, and that does not say who has it: a semaphore, or a
 * read-write lock in the hands of readers? NULL: no; else a clause that says so.
 */
static const char *keeps_no_owner(struct da_analysis *a, const struct da_wait *w)
{
	const struct da_lock *l = w && w->owner == DA_NONE && !w->woken ? lock_of(a, w) : NULL;

	if (!l || l->owner != DA_NONE)
		return NULL;
	switch ((enum da_lock_kind)l->kind) {
	case DA_LOCK_SEMAPHORE: case DA_LOCK_SEMAPHORE_SLIM: case DA_LOCK_NT_SEMAPHORE:
		return l->has_max && l->max > SIGNAL_MAX ? NULL : "a semaphore keeps no owner";
	case DA_LOCK_RWLOCK_SLIM: case DA_LOCK_PTHREAD_RWLOCK: case DA_LOCK_SRW:
		return l->state == DA_LOCK_HELD ? "readers have it, which it counts and does not name" : NULL;
	default: return NULL;
	}
}

/* The circle closes only if one of those behind has what the head waits for. */
static void one_possible(struct da_analysis *a, uint32_t head, const char *why)
{
	const struct da_graph *g = a->graph;
	const struct da_wait *w = da_primary_wait(a, head);
	struct da_arena *arena = a->dump->arena;
	uint32_t behind = g->behind[head], shown = 0;
	struct da_finding *f = da_finding_new(a->doc, "hang.deadlock", DA_SEVERITY_WARNING, behind + 1, GUESS);
	struct da_evidence *ev;

	da_finding_title(f, "Possible deadlock: %s waits for %s, and %u %s behind it", da_say_thread(a, head), da_say_wait(a, w),
			 behind, da_plural(behind, "thread waits", "threads wait"));
	da_finding_description(f, "Who has %s is not known: %s. If it is one of the %u %s behind %s, they wait for each other in a "
			       "circle, and it will not end by itself; if not, they wait for whoever has it. %s %s held up.",
			       da_say_wait(a, w), why, behind, da_plural(behind, "thread", "threads"), da_say_thread(a, head),
			       da_say_share(a, behind + 1), behind ? "are" : "is");
	da_finding_recommendation(f, "Ask the developers which of these threads takes %s before it waits: the stacks show where each "
				  "stands. Taking the locks in one order everywhere ends such circles.", da_say_wait(a, w));
	da_finding_refuted_by(f, "a thread outside of this chain that gives it back");
	ev = da_finding_evidence(f, "guessed step");
	da_evidence_thread(ev, head);
	if (w->address)
		da_evidence_address(ev, w->address);
	da_evidence_text(ev, "waits for %s: %s; who has it: %s", da_say_wait(a, w), w->how ? w->how : "by its stack", why);
	da_finding_object(f, "lock", a->order->lock_row[w->lock]);
	da_finding_thread(f, head);
	g->told[head] = true;
	for (uint32_t i = g->from[head]; i < g->from[head + 1]; i++) {
		da_finding_thread(f, g->followers[i]);
		if (shown++ < DA_HANG_EVIDENCE)
			edge_evidence(a, f, g->followers[i]);
	}
	if (da_hang_lead(a, f, "hang.deadlock", GUESS,
		 da_printf(arena, "Hang: %u %s behind %s, which waits for %s; possibly a deadlock.", behind,
			   da_plural(behind, "thread waits", "threads wait"), da_say_thread(a, head), da_say_wait(a, w))))
		da_vec_push(arena, &a->hang_threads, head);
}

static unsigned run_possible(struct da_analysis *a)
{
	struct da_heads heads;
	unsigned n = 0;

	find_heads(a, &heads);
	for (size_t i = 0; i < heads.v.n && n < MOST; i++) {
		const char *why = keeps_no_owner(a, da_primary_wait(a, heads.v.v[i]));

		if (!why || takes_turns(a, heads.v.v[i]))
			continue;
		one_possible(a, heads.v.v[i], why);
		n++;
	}
	return n;
}

/* A reader that also wants to write waits for itself, two of them for each other. */
static void one_upgrade(struct da_analysis *a, uint32_t lock, unsigned waiting)
{
	const struct da_process *p = &a->dump->proc;
	const struct da_lock *l = &p->locks.v[lock];
	struct da_arena *arena = a->dump->arena;
	const char *readers = da_printf(arena, "%u %s", (unsigned)l->count, da_plural((size_t)l->count, "reader has", "readers have"));
	const char *wait = da_printf(arena, "%u %s", waiting, da_plural(waiting, "thread waits", "threads wait"));
	struct da_finding *f = da_finding_new(a->doc, "hang.deadlock", DA_SEVERITY_WARNING, waiting, GUESS);
	struct da_evidence *ev = da_finding_evidence(f, "guessed step");

	da_finding_title(f, "Possible deadlock: %s for %s, which %s, and no thread runs", wait, da_say_lock(a, lock), readers);
	da_finding_description(f, "The lock counts its readers and does not name them. If they are among those that wait (a reader "
			       "that asks to write waits until all readers have gone, itself too), it will not end by itself. If "
			       "not, a thread that sleeps, or waits for something else, has the lock. %s %s held up.",
			       da_say_share(a, waiting), da_plural(waiting, "is", "are"));
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
	if (da_hang_lead(a, f, "hang.deadlock", GUESS,
			 da_printf(arena, "Possible hang: %s for %s, which %s, and no thread runs.", wait, da_say_lock(a, lock),
				   readers)))
		da_vec_push(arena, &a->hang_threads, p->waits.v[a->order->waits_of[a->order->waits_from[lock]]].thread);
}

/* None of those that wait is told of already: who holds another lock that is wanted is the head of a chain. */
static bool only_waits(const struct da_analysis *a, uint32_t lock)
{
	for (uint32_t i = a->order->waits_from[lock]; i < a->order->waits_from[lock + 1]; i++) {
		const struct da_wait *w = &a->dump->proc.waits.v[a->order->waits_of[i]];

		if (!w->primary || w->thread >= a->graph->n || a->graph->direct[w->thread] || (double)w->confidence < SURE)
			return false;
	}
	return true;
}

static unsigned run_upgrades(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	unsigned n = 0;

	for (size_t i = 0; i < p->threads.n; i++) /* who runs may be the reader */
		if (p->threads.v[i].state == DA_STATE_RUNNING || p->threads.v[i].state == DA_STATE_UNKNOWN)
			return 0;
	for (uint32_t i = 0; i < p->locks.n && n < MOST; i++) {
		const struct da_lock *l = &p->locks.v[i];
		uint32_t waiting = a->order->waits_from[i + 1] - a->order->waits_from[i];

		if (l->kind != DA_LOCK_PTHREAD_RWLOCK || l->state != DA_LOCK_HELD || l->owner != DA_NONE || !l->has_count ||
		    l->count < 1 || l->count > waiting || !only_waits(a, i))
			continue;
		one_upgrade(a, i, waiting);
		n++;
	}
	return n;
}

static unsigned run_deadlock(struct da_analysis *a)
{
	size_t n = DA_MIN(a->graph->cycles.n, (size_t)MOST);

	for (size_t i = 0; i < n; i++)
		one_cycle(a, &a->graph->cycles.v[i]);
	return (unsigned)n + run_possible(a) + (da_hang_crashed(a) ? 0 : run_upgrades(a));
}

const char *da_hang_no_waits(const struct da_analysis *a)
{
	return a->dump->proc.waits.n ? NULL : "no thread is known to wait for a lock or another thread";
}

const struct da_rule da_rule_hang_deadlock = {
	.id = "hang.deadlock", .severity = "Error",
	.looks_for = "threads that wait for each other in a circle, or one that waits for itself",
	.page = "Needs locks whose owner stands in memory: pthread mutexes and rwlocks, critical sections, monitors,\n"
		"System.Threading.Lock, joins. Native and managed ones make one graph. A circle that closes only by a\n"
		"guess (a semaphore keeps no owner, a read-write lock does not name its readers) is a Warning, and called\n"
		"possible.",
	.why_not = da_hang_no_waits, .run = run_deadlock,
};

/* ---------------------------------------------------------------- orphans */

static void one_orphan(struct da_analysis *a, uint32_t lock, uint32_t from, uint32_t to)
{
	const struct da_process *p = &a->dump->proc;
	const struct da_lock *l = &p->locks.v[lock];
	const struct da_wait *first = &p->waits.v[a->order->waits_of[from]];
	struct da_finding *f = da_finding_new(a->doc, "hang.lock-orphaned", DA_SEVERITY_ERROR, to - from, (double)l->confidence);
	struct da_evidence *ev;

	da_finding_title(f, "%u %s for a lock whose owner is gone", to - from, da_plural(to - from, "thread waits", "threads wait"));
	da_finding_description(f, "%s is owned by thread id %u, which is not in the dump: it ended without giving the lock back, "
			       "so nobody ever will. %s %s behind it.", da_say_wait(a, first), l->owner_tid, da_say_share(a, to - from),
			       to - from == 1 ? "stands" : "stand");
	da_finding_recommendation(f, "Find which thread can end, by an exception, pthread_exit or cancellation, while it holds this "
				  "lock; a lock that is released by scope (RAII, using, finally) cannot be lost so.");
	da_finding_refuted_by(f, "a thread with this id that the dump's writer left out, or memory at the lock that is no lock");
	ev = da_finding_evidence(f, "owner field");
	da_evidence_address(ev, l->address);
	da_evidence_text(ev, "%s", l->how ? l->how : "the lock's own word");
	for (uint32_t i = from; i < to; i++)
		da_finding_thread(f, p->waits.v[a->order->waits_of[i]].thread);
	da_finding_object(f, "lock", a->order->lock_row[lock]);
	if (da_hang_lead(a, f, "hang.lock-orphaned", (double)l->confidence,
	     da_printf(a->dump->arena, "Hang: %u %s for a lock whose owner, thread id %u, is gone.", to - from,
		       da_plural(to - from, "thread waits", "threads wait"), l->owner_tid)))
		da_vec_push(a->dump->arena, &a->hang_threads, first->thread);
}

static unsigned run_orphaned(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	unsigned n = 0;

	for (uint32_t i = 0; i < p->locks.n; i++) {
		uint32_t from = a->order->waits_from[i], to = a->order->waits_from[i + 1];

		if (p->locks.v[i].state != DA_LOCK_ORPHANED || from == to || (double)p->locks.v[i].confidence < SURE)
			continue;
		one_orphan(a, i, from, to);
		n++;
	}
	return n;
}

const struct da_rule da_rule_hang_lock_orphaned = {
	.id = "hang.lock-orphaned", .severity = "Error",
	.looks_for = "a lock that threads wait for and whose owner does not exist any more",
	.page = "Needs a lock that keeps its owner's thread id, and all threads of the process in the dump.",
	.why_not = da_hang_no_waits, .run = run_orphaned,
};

/* ---------------------------------------------------------------- owners that wait themselves */

/* " It asked for 30 s.": how much of it is left only the kernel knows. */
static const char *say_asked(struct da_analysis *a, uint32_t thread)
{
	const struct da_wait *w = da_primary_wait(a, thread);
	uint64_t ms = w ? w->timeout_us / 1000 : 0;

	if (!w || w->kind != DA_WAIT_SLEEP || !w->has_timeout)
		return "";
	if (ms % 1000 == 0 || ms >= 10000)
		return da_printf(a->dump->arena, " It asked to sleep for %llu s.", (unsigned long long)(ms / 1000));
	return da_printf(a->dump->arena, " It asked to sleep for %llu ms.", (unsigned long long)ms);
}

/* What the head of a chain does: "sleeps", "waits for a socket". NULL: it runs or is about to, or nothing is known. */
static const char *head_does(struct da_analysis *a, uint32_t head)
{
	const struct da_wait *w = da_primary_wait(a, head);
	const struct da_thread *t = &a->dump->proc.threads.v[head];

	if (w && w->woken)
		return NULL;
	if (w && w->kind == DA_WAIT_SLEEP)
		return "sleeps";
	if (w)
		return da_printf(a->dump->arena, "waits for %s", da_say_wait(a, w));
	switch ((enum da_state)t->state) {
	case DA_STATE_SLEEPING: return "sleeps";
	case DA_STATE_WAITING: return "waits for something outside";
	case DA_STATE_BLOCKED: return "is blocked itself";
	case DA_STATE_SUSPENDED: return "is suspended";
	case DA_STATE_IDLE: return "waits for work";
	default: return NULL;
	}
}

/* The edge of those behind it that is least sure. */
static float weakest(const struct da_graph *g, uint32_t head)
{
	float confidence = 1;

	for (uint32_t i = g->from[head]; i < g->from[head + 1]; i++)
		confidence = DA_MIN(confidence, g->edge[g->followers[i]].confidence);
	return confidence;
}

static bool one_head(struct da_analysis *a, uint32_t head, const char *does)
{
	const struct da_graph *g = a->graph;
	struct da_arena *arena = a->dump->arena;
	uint32_t behind = g->behind[head], shown = 0;
	const char *function = da_standing_in(a, head);
	bool grave = behind >= 3 && behind * DA_HANG_SHARE >= g->n;
	double confidence = DA_MIN(0.9, (double)weakest(g, head));
	struct da_finding *f;

	if (confidence < SURE) /* a guessed owner may close a circle, but is no reason to blame a thread */
		return false;
	f = da_finding_new(a->doc, "hang.lock-owner-blocked", grave ? DA_SEVERITY_ERROR : DA_SEVERITY_WARNING, behind + 1, confidence);
	da_finding_title(f, "%u %s behind %s, which %s", behind, da_plural(behind, "thread waits", "threads wait"),
			 da_say_thread(a, head), does);
	da_finding_description(f, "%s holds what %s %s for, and %s itself%s%s.%s %s %s held up.", da_say_thread(a, head),
			       behind == 1 ? "another thread" : da_printf(arena, "%u other threads", behind),
			       da_plural(behind, "waits", "wait"), does, function ? " in " : "",
			       function ? da_printf(arena, DA_SYM("%s"), function) : "", say_asked(a, head), da_say_share(a, behind),
			       da_plural(behind, "is", "are"));
	da_finding_recommendation(f, "Ask the developers why %s %s while it holds the lock: nothing slow belongs inside of one. A "
				  "second dump some seconds later shows whether it goes on.", da_say_thread(a, head), does);
	da_finding_refuted_by(f, "a second dump in which these threads have gone on");
	da_finding_next(f, DA_NEXT_DUMP, "Make two dumps ten seconds apart: they show whether these threads go on.");
	da_finding_thread(f, head);
	for (uint32_t i = g->from[head]; i < g->from[head + 1]; i++) {
		da_finding_thread(f, g->followers[i]);
		if (shown++ < DA_HANG_EVIDENCE)
			edge_evidence(a, f, g->followers[i]);
	}
	a->hangs += !grave;
	if (grave && da_hang_lead(a, f, "hang.lock-owner-blocked", confidence,
		     da_printf(arena, "Hang: %u %s behind %s, which %s%s%s.", behind,
			       da_plural(behind, "thread waits", "threads wait"), da_say_thread(a, head), does,
			       function ? " in " : "", function ? da_printf(arena, DA_SYM("%s"), function) : "")))
		da_vec_push(arena, &a->hang_threads, head);
	return true;
}

/* hang.loader-lock tells of it: all those behind it want the lock of the loader. */
static bool is_loaders(const struct da_analysis *a, uint32_t head)
{
	const struct da_graph *g = a->graph;

	if (!da_primary_wait(a, head))
		return false;
	for (uint32_t i = g->from[head]; i < g->from[head + 1]; i++) {
		const struct da_wait *w = &a->dump->proc.waits.v[g->edge[g->followers[i]].wait];

		if (w->owner == head && w->kind != DA_LOCK_LOADER)
			return false;
	}
	return true;
}

static unsigned run_owner_blocked(struct da_analysis *a)
{
	struct da_heads heads;
	unsigned n = 0;

	find_heads(a, &heads);
	for (size_t i = 0; i < heads.v.n && n < MOST; i++) {
		uint32_t head = heads.v.v[i];
		const char *does = keeps_no_owner(a, da_primary_wait(a, head)) ? NULL : head_does(a, head);

		n += does && !is_loaders(a, head) && !takes_turns(a, head) && one_head(a, head, does);
	}
	return n;
}

const struct da_rule da_rule_hang_lock_owner_blocked = {
	.id = "hang.lock-owner-blocked", .severity = "Warning or Error",
	.looks_for = "the owner of a lock that others wait for, while it waits or sleeps itself",
	.page = "Follows each chain of waits to the thread at its head. An Error where a fifth of all threads, and at\n"
		"least three, stand behind it. A head that runs is ordinary contention and no finding.",
	.why_not = da_hang_no_waits, .run = run_owner_blocked,
};

/* ---------------------------------------------------------------- sleepers that may hold a lock */

/* One whose lock is known for sure is hang.lock-owner-blocked's. */
static unsigned run_sleep(struct da_analysis *a)
{
	const struct da_graph *g = a->graph;
	struct da_heads heads;
	unsigned n = 0;

	find_heads(a, &heads);
	for (size_t i = 0; i < heads.v.n && n < MOST; i++) {
		uint32_t head = heads.v.v[i], shown = 0;
		const struct da_wait *w = da_primary_wait(a, head);
		struct da_finding *f;

		if (!w || w->kind != DA_WAIT_SLEEP || w->woken || (double)weakest(g, head) >= SURE || da_hang_crashed(a))
			continue;
		f = da_finding_new(a->doc, "hang.sleep", DA_SEVERITY_INFORMATION, g->behind[head] + 1, (double)weakest(g, head));
		da_finding_title(f, "%s sleeps, and %u %s for a lock that it may hold", da_say_thread(a, head), g->behind[head],
				 da_plural(g->behind[head], "thread waits", "threads wait"));
		da_finding_description(f, "That it holds this lock is a guess: see the evidence. If it is right, they go on when it has slept.%s",
				       say_asked(a, head));
		da_finding_recommendation(f, "Ask the developers whether it sleeps inside of the lock: nothing slow belongs there.");
		da_finding_refuted_by(f, "another owner of the lock");
		da_finding_thread(f, head);
		for (uint32_t k = g->from[head]; k < g->from[head + 1]; k++) {
			da_finding_thread(f, g->followers[k]);
			if (shown++ < DA_HANG_EVIDENCE)
				edge_evidence(a, f, g->followers[k]);
		}
		n++;
	}
	return n;
}

const struct da_rule da_rule_hang_sleep = {
	.id = "hang.sleep", .severity = "Information",
	.looks_for = "a thread that sleeps, and may hold a lock that others wait for",
	.page = "Where the lock itself names the sleeper as its owner, hang.lock-owner-blocked tells it, with the time that it\n"
		"asked for; here are those of which it is a guess.",
	.why_not = da_hang_no_waits, .run = run_sleep,
};

/* ---------------------------------------------------------------- the finalizer */

/* What runs finalizers, where that is managed code itself. */
static bool is_loop(const struct da_frame *f)
{
	return f->place && f->place->method && f->place->method->hidden;
}

/* Idle it stands in code of the runtime alone; in a finalizer managed frames are on its stack. */
static bool runs_managed_code(const struct da_thread *t)
{
	for (size_t i = 0; i < t->frames.n; i++)
		if (t->frames.v[i].kind == DA_FRAME_MANAGED && !is_loop(&t->frames.v[i]))
			return true;
	return false;
}

static bool is_managed_wait(const struct da_wait *w)
{
	return w->kind >= DA_LOCK_MONITOR && w->kind <= DA_LOCK_TASK;
}

static unsigned run_finalizer_blocked(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	unsigned n = 0;

	for (size_t i = 0; i < p->managed_threads.n; i++) {
		const struct da_managed_thread *m = &p->managed_threads.v[i];
		const struct da_wait *w = m->finalizer && m->thread != DA_NONE ? da_primary_wait(a, m->thread) : NULL;
		struct da_finding *f;

		if (!w || w->lock == DA_NONE || (w->owner == DA_NONE && !is_managed_wait(w)) ||
		    !runs_managed_code(&p->threads.v[m->thread]))
			continue;
		f = da_finding_new(a->doc, "hang.finalizer-blocked", DA_SEVERITY_ERROR, 2, (double)w->confidence);
		da_finding_title(f, "The finalizer of .NET waits for a lock");
		da_finding_description(f, "%s runs a finalizer that waits for %s%s%s. All objects with finalizers stay in memory "
				       "until it goes on.", da_say_thread(a, m->thread), da_say_wait(a, w),
				       w->owner != DA_NONE ? ", held by " : "",
				       w->owner != DA_NONE ? da_say_thread(a, w->owner) : "");
		da_finding_recommendation(f, "A finalizer must not wait: release what it needs another way (Dispose), and take no lock "
					  "in it.");
		da_finding_refuted_by(f, "a second dump in which the finalizer has gone on");
		da_finding_thread(f, m->thread);
		da_finding_object(f, "lock", a->order->lock_row[w->lock]);
		da_evidence_text(da_finding_evidence(f, "wait"), "%s", w->how ? w->how : "by its stack");
		if (da_hang_lead(a, f, "hang.finalizer-blocked", (double)w->confidence,
		     da_printf(a->dump->arena, "Hang: the finalizer of .NET, %s, waits for a lock.", da_say_thread(a, m->thread))))
			da_vec_push(a->dump->arena, &a->hang_threads, m->thread);
		n++;
	}
	return n;
}

static const char *no_finalizer(const struct da_analysis *a)
{
	for (size_t i = 0; i < a->dump->proc.managed_threads.n; i++)
		if (a->dump->proc.managed_threads.v[i].finalizer)
			return NULL;
	return "no managed runtime's finalizer thread is known";
}

const struct da_rule da_rule_hang_finalizer_blocked = {
	.id = "hang.finalizer-blocked", .severity = "Error",
	.looks_for = "a finalizer thread that waits for a lock",
	.page = "Needs the runtime's own word which thread runs finalizers, and what that thread waits for.",
	.why_not = no_finalizer, .run = run_finalizer_blocked,
};

/* ---------------------------------------------------------------- owners that are not known */

static unsigned run_owner_unknown(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	size_t n = da_graph_ownerless(a->dump, a->graph);
	struct da_finding *f;
	unsigned shown = 0;

	if (n == 0)
		return 0;
	f = da_finding_new(a->doc, "hang.owner-unknown", DA_SEVERITY_INFORMATION, (unsigned)n, 0.8);
	da_finding_title(f, "%zu %s for locks whose owners are not known", n, da_plural(n, "thread waits", "threads wait"));
	da_finding_description(f, "Each of these locks lets one thread in at a time, and who is in it does not stand in the dump. "
			       "Whether these threads wait for each other is therefore not known.");
	da_finding_recommendation(f, "%s", p->runtimes.n ? "Make a dump that holds the heap (dotnet-dump collect, or createdump "
							   "--withheap): the owners stand there."
							 : "Make a full dump: the owners stand in memory that this one lacks.");
	da_finding_next(f, DA_NEXT_DUMP, "Make a dump with the heap: it names the owners of these locks.");
	da_finding_refuted_by(f, "a second dump in which these threads have gone on");
	for (uint32_t i = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);
		struct da_evidence *ev;

		if (!da_graph_is_ownerless(a->dump, a->graph, i))
			continue;
		da_finding_thread(f, i);
		if (shown++ >= DA_HANG_EVIDENCE)
			continue;
		ev = da_finding_evidence(f, "wait");
		da_evidence_thread(ev, i);
		if (w->address)
			da_evidence_address(ev, w->address);
		da_evidence_text(ev, "waits for %s: %s", da_say_wait(a, w), w->how ? w->how : "by its stack");
	}
	return 1;
}

const struct da_rule da_rule_hang_owner_unknown = {
	.id = "hang.owner-unknown", .severity = "Information",
	.looks_for = "threads that wait for locks whose owners the dump does not tell",
	.page = "Small dumps hold the stacks, which name the locks, but not the memory that names their owners.",
	.why_not = da_hang_no_waits, .run = run_owner_unknown,
};

/* ---------------------------------------------------------------- nothing */

static const char *died(const struct da_analysis *a)
{
	if (a->dump->proc.exception)
		return "the process died";
	return a->dump->proc.threads.n ? NULL : "the dump holds no threads";
}

/* How many threads are in each state. */
static void count_states(const struct da_analysis *a, size_t ret[DA_STATE_EXITED + 1])
{
	for (size_t i = 0; i < a->dump->proc.threads.n; i++)
		if (a->dump->proc.threads.v[i].state <= DA_STATE_EXITED)
			ret[a->dump->proc.threads.v[i].state]++;
}

const char *da_say_states(struct da_analysis *a, size_t *ret_unknown)
{
	static const struct {
		enum da_state state;
		const char *words;
	} known[] = { { DA_STATE_RUNNING, "running" }, { DA_STATE_BLOCKED, "blocked by others of the process" },
		      { DA_STATE_WAITING, "waiting" }, { DA_STATE_SLEEPING, "sleeping" },
		      { DA_STATE_IDLE, "idle" }, { DA_STATE_SUSPENDED, "suspended" } };
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	size_t n[DA_STATE_EXITED + 1] = { 0 };

	count_states(a, n);
	for (size_t i = 0; i < DA_ARRAY_SIZE(known); i++)
		if (n[known[i].state])
			da_str_addf(&s, "%s%zu %s", s.n ? ", " : "", n[known[i].state], known[i].words);
	if (n[DA_STATE_UNKNOWN] && !s.n)
		da_str_add(&s, "what they wait for is not known");
	else if (n[DA_STATE_UNKNOWN])
		da_str_addf(&s, ", and of %zu it is not known", n[DA_STATE_UNKNOWN]);
	*ret_unknown = n[DA_STATE_UNKNOWN];
	return da_strdup(a->dump->arena, da_str_get(&s));
}

static unsigned run_none(struct da_analysis *a)
{
	size_t unknown;
	const char *states = da_say_states(a, &unknown);
	struct da_finding *f;

	if (a->hangs || da_graph_ownerless(a->dump, a->graph))
		return 0;
	f = da_finding_new(a->doc, "hang.none", DA_SEVERITY_NOTIFICATION, 0, unknown * 10 > a->graph->n ? 0.5 : 0.8);
	da_finding_title(f, "No hang was found");
	da_finding_description(f, "Looked at %zu %s: %s. %zu %s for a lock or another thread known; none of them closes a circle or "
			       "stands behind a thread that waits itself.%s", a->graph->n,
			       da_plural(a->graph->n, "thread", "threads"), states, a->dump->proc.waits.n,
			       da_plural(a->dump->proc.waits.n, "wait", "waits"),
			       a->dump->proc.runtimes.n ? " Tasks and requests that no thread stands in were not looked at." : "");
	da_finding_recommendation(f, "If the service hung when this dump was made, make two more, ten seconds apart: what does not "
				  "move between them is the question.");
	da_finding_refuted_by(f, "a second dump in which the same threads stand at the same places and requests wait");
	return 1;
}

const struct da_rule da_rule_hang_none = {
	.id = "hang.none", .severity = "Notification",
	.looks_for = "a living process in which no rule found a hang",
	.page = "Says how many threads were looked at, in which states they are, and of how many that is not known.",
	.why_not = died, .run = run_none,
};
