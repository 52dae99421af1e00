/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hang.threadpool-starvation: work waits for a worker, and the workers wait themselves. Who blocks on tasks is told by
 * hang.sync-over-async, thread by thread; here is what that does to the pool.
 */
#include "config.h"

#include "analyze/hang.h"

#define QUEUED 2              /* items: one is an offer of Parallel.For to whoever comes free */
#define WORKERS_AN_ITEM 4     /* and one for so many workers, since one that waits runs no more than that soon */
#define TIMERS_A_WORKER 1000  /* so many are no timers that fire at the same moment */

static const struct da_runtime *with_pool(const struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;

	for (size_t i = 0; i < p->runtimes.n; i++)
		if (p->runtimes.v[i].threadpool)
			return &p->runtimes.v[i];
	return NULL;
}

const struct da_threadpool *da_pool_of(const struct da_analysis *a)
{
	const struct da_runtime *r = with_pool(a);

	return r ? r->threadpool : NULL;
}

bool da_is_pool_worker(const struct da_thread *t)
{
	return t->managed && t->managed->threadpool && !t->managed->dead;
}

/* It waits, and not for work; one that stops for a collection of garbage runs on in a moment. */
static bool is_blocked(const struct da_analysis *a, uint32_t i)
{
	const struct da_thread *t = &a->dump->proc.threads.v[i];

	return da_is_pool_worker(t) && da_primary_wait(a, i) && da_primary_wait(a, i)->kind != DA_WAIT_GC &&
	       (t->state == DA_STATE_BLOCKED || t->state == DA_STATE_WAITING || t->state == DA_STATE_SLEEPING);
}

/* Who waits, and whose wait does not end by itself in a moment. */
struct waiting {
	uint32_t all, lasting;
};

static struct waiting count_blocked(const struct da_analysis *a)
{
	struct waiting n = { 0 };

	for (uint32_t i = 0; i < a->graph->n; i++) {
		n.all += is_blocked(a, i);
		n.lasting += is_blocked(a, i) && da_hang_stays(a, i);
	}
	return n;
}

static uint64_t queued(const struct da_threadpool *t)
{
	return t->queued_global + t->queued_local;
}

/*
 * As many work as are wanted or may be: one that is there beyond the goal is given no work until it rises
 * (PortableThreadPool.WorkerThread.cs, MaybeAddWorkingWorker). A pool that is about to grow at once has fewer than its least.
 * One item is queued in any Parallel.For, as an offer to whoever comes free.
 */
static bool is_full(const struct da_analysis *a, const struct da_threadpool *t)
{
	return !with_pool(a)->suspended && t->active > 0 &&
	       (t->active >= t->goal || t->active >= t->max) && t->active >= t->min &&
	       queued(t) >= QUEUED && queued(t) * WORKERS_AN_ITEM >= t->active;
}

static bool most(uint32_t n, const struct da_threadpool *t)
{
	return n >= 2 && 2 * n > t->active;
}

bool da_pool_is_starved(const struct da_analysis *a)
{
	const struct da_threadpool *t = da_pool_of(a);

	return t && is_full(a, t) && most(count_blocked(a).lasting, t);
}

/* Many times more of them than a worker has: timers come faster than their callbacks end, however short these are. */
static bool is_storm(const struct da_threadpool *t)
{
	return t->types.n && da_streq(t->types.v[0].type, "System.Threading.TimerQueueTimer") &&
	       t->types.v[0].count >= (uint64_t)TIMERS_A_WORKER * t->workers;
}

/* ---------------------------------------------------------------- why they wait */

/* The thread that more than half of those that wait stand behind, or are; DA_NONE: no such one. */
static uint32_t cause_of(const struct da_analysis *a, uint32_t all)
{
	uint32_t *n = da_calloc(a->dump->arena, a->graph->n, sizeof(*n));

	for (uint32_t i = 0; i < a->graph->n; i++) {
		uint32_t head = is_blocked(a, i) ? a->graph->head[i] : DA_NONE;

		if (head != DA_NONE && a->graph->behind[head] && 2 * ++n[head] > all)
			return head;
	}
	return DA_NONE;
}

static bool is_task(const struct da_wait *w)
{
	return w->kind == DA_LOCK_TASK;
}

static bool is_sleep(const struct da_wait *w)
{
	return w->kind == DA_WAIT_SLEEP;
}

static bool is_lock(const struct da_wait *w)
{
	return da_lock_excludes((enum da_lock_kind)w->kind);
}

static bool is_any(const struct da_wait *w)
{
	(void)w;
	return true;
}

/* What helps, by what most workers wait in. */
static const char *advice(const struct da_analysis *a)
{
	static const struct {
		bool (*fits)(const struct da_wait *w);
		const char *text;
	} rows[] = {
		{ is_task, "Do not block on tasks in work items: await them instead of .Result and .Wait()." },
		{ is_sleep, "Do not sleep in work items: await Task.Delay, or give what has to wait a thread of its own." },
		{ is_lock, "Hold locks in work items for short, or take asynchronous ones (await SemaphoreSlim.WaitAsync)." },
		{ is_any, "Do not wait in work items: await asynchronous calls instead of synchronous ones, or give what has to "
			  "wait a thread of its own." },
	};
	uint32_t n[DA_ARRAY_SIZE(rows)] = { 0 };
	size_t best = 0;

	for (uint32_t i = 0; i < a->graph->n; i++)
		for (size_t k = 0; is_blocked(a, i) && k < DA_ARRAY_SIZE(rows); k++)
			if (rows[k].fits(da_primary_wait(a, i))) {
				n[k]++;
				break;
			}
	for (size_t k = 1; k < DA_ARRAY_SIZE(rows); k++)
		best = n[k] > n[best] ? k : best;
	return rows[best].text;
}

static const char *cause_does(struct da_analysis *a, uint32_t head)
{
	const struct da_wait *w = da_primary_wait(a, head);

	if (w && w->kind == DA_WAIT_SLEEP)
		return w->endless ? "sleeps without a limit" : "sleeps";
	return w ? da_printf(a->dump->arena, "waits for %s", da_say_wait(a, w)) : "does not go on";
}

/* ---------------------------------------------------------------- the finding */

static void evidence(struct da_finding *f, const struct da_threadpool *t)
{
	struct da_evidence *ev = da_finding_evidence(f, "thread pool");
	struct da_str part DA_CLEANUP(da_str_done) = { 0 };

	da_evidence_address(ev, t->address);
	da_evidence_text(ev, "%u workers, of which %u run work; it wants %u, may have %u and begins with %u (%s)", t->workers, t->active,
			 t->goal, t->max, t->min, t->how);
	if (t->typed && t->typed < queued(t))
		da_str_addf(&part, "of the first %llu, which alone were looked at, ", (unsigned long long)t->typed);
	for (size_t i = 0; i < t->types.n && i < 5; i++)
		da_evidence_text(da_finding_evidence(f, "queued work"), "%s%llu of " DA_SYM("%s"), da_str_get(&part),
				 (unsigned long long)t->types.v[i].count, t->types.v[i].type);
}

/* Who blocks on a task stands in hang.sync-over-async. Those that wait for another thread stand together. */
static void threads(struct da_analysis *a, struct da_finding *f)
{
	DA_VEC(uint32_t) behind = { 0 };
	unsigned shown = 0;

	for (uint32_t i = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);

		if (!is_blocked(a, i) || w->kind == DA_LOCK_TASK)
			continue;
		da_finding_thread(f, i);
		if (a->graph->edge[i].to != DA_NONE)
			da_vec_push(a->dump->arena, &behind, i);
		else if (shown++ < DA_HANG_EVIDENCE)
			da_hang_wait(a, f, i, w, "blocked worker");
	}
	da_hang_edges(a, f, behind.v, behind.n);
}

/* "at least 30 work items are queued" */
static const char *say_queue(const struct da_analysis *a, const struct da_threadpool *t)
{
	return da_printf(a->dump->arena, "%s%llu work %s queued", t->has_global && t->has_local ? "" : "at least ",
			 (unsigned long long)queued(t), da_plural((size_t)queued(t), "item is", "items are"));
}

static void next(struct da_analysis *a, struct da_finding *f, const struct da_threadpool *t)
{
	da_finding_next(f, DA_NEXT_DUMP, "%s two dumps ten seconds apart: they show whether these threads go on.", da_hang_make(a));
	da_finding_refuted_by(f, "a second dump in which the queue is empty or the workers have gone on");
	evidence(f, t);
	threads(a, f);
}

/* The finding of whom they stand behind leads: it is why. */
static bool leads(const struct da_analysis *a, uint32_t head)
{
	for (size_t i = 0; head != DA_NONE && a->hang && i < a->hang_threads.n; i++)
		if (a->hang_threads.v[i] == head)
			return true;
	return false;
}

static unsigned starved(struct da_analysis *a, const struct da_threadpool *t, uint32_t blocked)
{
	bool full = t->active >= t->max;
	uint32_t cause = cause_of(a, blocked);
	const char *who = cause == DA_NONE ? NULL : da_say_thread(a, cause), *does = who ? cause_does(a, cause) : NULL;
	const char *behind = who ? da_printf(a->dump->arena, ", most of them behind %s", who) : "";
	struct da_finding *f = da_finding_new(a->doc, "hang.threadpool-starvation", DA_SEVERITY_ERROR, blocked, 0.85);

	da_finding_title(f, "The thread pool of .NET is starved: %u of its %u workers wait%s, and %s", blocked, t->workers, behind,
			 say_queue(a, t));
	da_finding_description(f, "All workers that may work are busy, and most of them only wait. Queued work (requests, timers, continuations) begins "
			       "when one comes free%s.%s", full ? "; no worker can be added, since there are as many as may be"
			       : ", or when the pool adds one, which it does once or twice a second",
			       who ? da_printf(a->dump->arena, " The cause is %s, which %s: workers that are added come to wait behind it as well.",
					       who, does) : "");
	if (who)
		da_finding_recommendation(f, "Ask the developers why %s %s while others wait for it: that is to be changed, and more workers "
					  "do not help.", who, does);
	else
		da_finding_recommendation(f, "%s Until then %s gives room.", advice(a),
					  full ? "a higher ThreadPool.SetMaxThreads" : "ThreadPool.SetMinThreads");
	next(a, f, t);
	if (leads(a, cause))
		a->hangs++;
	else if (da_hang_lead(a, f, da_printf(a->dump->arena, "Hang: the thread pool of .NET is starved; %u of its %u workers wait%s%s%s, and "
					      "%s.", blocked, t->workers, behind, who ? ", which " : "", who ? does : "", say_queue(a, t))))
		for (uint32_t i = 0; i < a->graph->n; i++)
			if (is_blocked(a, i))
				da_vec_push(a->dump->arena, &a->hang_threads, i);
	return 1;
}

/* A backlog that drains, or one that grows: one dump does not tell them apart, but timers that come faster than they end. */
static unsigned backlog(struct da_analysis *a, const struct da_threadpool *t, struct waiting n)
{
	bool storm = is_storm(t);
	struct da_finding *f = da_finding_new(a->doc, "hang.threadpool-starvation", storm ? DA_SEVERITY_WARNING : DA_SEVERITY_INFORMATION,
					      n.all, storm ? 0.8 : 0.7);

	da_finding_title(f, "%s: %u of the %u workers of .NET's thread pool wait, and %s",
			 storm ? "Timers fire faster than their callbacks end" : "Work is queued behind short waits", n.all, t->workers,
			 say_queue(a, t));
	da_finding_description(f, "All workers that may work are busy. Of those that wait, %u do so for a moment only: with less than a second left, or for a "
			       "lock whose owner goes on. %s", n.all - n.lasting,
			       storm ? "A timer that fires while its callback still waits for a worker is queued once more."
				     : "A backlog that drains looks like this, and so does one that grows.");
	da_finding_recommendation(f, "%s", storm ? "Let such timers fire once, and start them again at the end of the callback; do not wait in "
						   "callbacks." : da_printf(a->dump->arena, "If requests are slow: %s", advice(a)));
	next(a, f, t);
	if (storm)
		a->hangs++;
	else
		a->noted++;
	return 1;
}

static unsigned run_starvation(struct da_analysis *a)
{
	const struct da_threadpool *t = da_pool_of(a);
	struct waiting n = count_blocked(a);

	if (da_hang_crashed(a) || !is_full(a, t) || !most(n.all, t))
		return 0;
	return most(n.lasting, t) ? starved(a, t, n.all) : backlog(a, t, n);
}

static const char *no_pool(const struct da_analysis *a)
{
	const struct da_threadpool *t = da_pool_of(a);

	if (!t)
		return a->dump->proc.runtimes.n ? "the thread pool of .NET could not be read, or was not used"
						: "no managed runtime is in this process";
	if (with_pool(a)->suspended)
		return "all threads were stopped for a garbage collection as the dump was made: who works does not show";
	return t->has_global || t->has_local ? NULL : "the queues of the thread pool are not in the dump";
}

const struct da_rule da_rule_hang_threadpool_starvation = {
	.id = "hang.threadpool-starvation", .severity = "Information, Warning or Error",
	.looks_for = "queued work of .NET's thread pool, while most of its workers wait",
	.page = "Needs the pool's own numbers and its queues (dumps with the heap). An Error where as many workers are busy as\n"
		"the pool wants or may have, one item and more is queued for each four of them, and more than\n"
		"half of them, at least two, wait for something else than work. Whoever stops for a garbage collection works.\n"
		"Waits that end within a second, or behind a thread that goes on, make it Information: a backlog that drains\n"
		"looks so. It is a Warning where a thousand timers a worker are queued. If most stand behind one thread, that\n"
		"one is named as the cause, and its own finding leads.",
	.why_not = no_pool, .run = run_starvation,
};
