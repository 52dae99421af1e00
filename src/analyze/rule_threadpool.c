/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hang.threadpool-starvation: work waits for a worker, and the workers wait themselves. Who blocks on tasks is told by
 * hang.sync-over-async, thread by thread; here is what that does to the pool.
 */
#include "config.h"

#include "analyze/hang.h"

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

static uint32_t count_blocked(const struct da_analysis *a)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->graph->n; i++)
		n += is_blocked(a, i);
	return n;
}

bool da_pool_is_starved(const struct da_analysis *a)
{
	const struct da_threadpool *t = da_pool_of(a);
	uint32_t blocked = t ? count_blocked(a) : 0;

	/* all work, as many as are wanted or may be; a pool that is about to grow at once has fewer than its least */
	return t && !with_pool(a)->suspended && t->queued_global + t->queued_local > 0 &&
	       t->workers > 0 && t->active == t->workers &&
	       (t->active >= t->goal || t->active >= t->max) && t->active >= t->min && blocked >= 2 && 2 * blocked > t->active;
}

static void evidence(struct da_analysis *a, struct da_finding *f, const struct da_threadpool *t)
{
	struct da_evidence *ev = da_finding_evidence(f, "thread pool");

	da_evidence_address(ev, t->address);
	da_evidence_text(ev, "%u workers, of which %u run work; it wants %u, may have %u and begins with %u (%s)", t->workers, t->active,
			 t->goal, t->max, t->min, t->how);
	for (size_t i = 0; i < t->types.n && i < 5; i++)
		da_evidence_text(da_finding_evidence(f, "queued work"), "%llu of " DA_SYM("%s"),
				 (unsigned long long)t->types.v[i].count, t->types.v[i].type);
	(void)a;
}

/* Who blocks on a task stands in hang.sync-over-async. */
static void threads(struct da_analysis *a, struct da_finding *f)
{
	unsigned shown = 0;

	for (uint32_t i = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);

		if (!is_blocked(a, i) || w->kind == DA_LOCK_TASK)
			continue;
		da_finding_thread(f, i);
		if (shown++ < DA_HANG_EVIDENCE)
			da_hang_wait(a, f, i, w, "blocked worker");
	}
}

static unsigned run_starvation(struct da_analysis *a)
{
	const struct da_threadpool *t = da_pool_of(a);
	uint32_t blocked = count_blocked(a);
	bool full = t->active >= t->max, partial = !t->has_global || !t->has_local;
	unsigned long long queued = t->queued_global + t->queued_local;
	struct da_finding *f;

	if (!da_pool_is_starved(a) || da_hang_crashed(a))
		return 0;
	f = da_finding_new(a->doc, "hang.threadpool-starvation", DA_SEVERITY_ERROR, blocked, 0.85);
	da_finding_title(f, "The thread pool of .NET is starved: %u of its %u workers wait, and %s%llu work %s", blocked, t->workers,
			 partial ? "at least " : "", queued, da_plural((size_t)queued, "item is queued", "items are queued"));
	da_finding_description(f, "All workers are busy, and most of them only wait. Queued work (requests, timers, continuations) begins "
			       "when one comes free%s.", full ? "; no worker can be added, since there are as many as may be"
							      : ", or when the pool adds one, which it does once or twice a second");
	da_finding_recommendation(f, "Do not block in work items: await instead of .Result and .Wait(), asynchronous locks and calls instead of "
				  "synchronous ones. Until then %s gives room.",
				  full ? "a higher ThreadPool.SetMaxThreads" : "ThreadPool.SetMinThreads");
	da_finding_next(f, DA_NEXT_DUMP, "%s two dumps ten seconds apart: they show whether the queue shrinks.", da_hang_make(a));
	da_finding_refuted_by(f, "a second dump in which the queue is empty or the workers have gone on");
	evidence(a, f, t);
	threads(a, f);
	if (da_hang_lead(a, f, da_printf(a->dump->arena, "Hang: the thread pool of .NET is starved; %u of its %u workers wait, and "
					 "%s%llu work %s.", blocked, t->workers, partial ? "at least " : "", queued,
					 da_plural((size_t)queued, "item is queued", "items are queued"))))
		for (uint32_t i = 0; i < a->graph->n; i++)
			if (is_blocked(a, i))
				da_vec_push(a->dump->arena, &a->hang_threads, i);
	return 1;
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
	.id = "hang.threadpool-starvation", .severity = "Error",
	.looks_for = "queued work of .NET's thread pool, while most of its workers wait",
	.page = "Needs the pool's own numbers and its queues (dumps with the heap). An Error where work is queued, all workers\n"
		"are busy, there are as many as the pool wants or may have, and more than half of them, at least two, wait for\n"
		"something else than work. Whoever stops for a garbage collection works.",
	.why_not = no_pool, .run = run_starvation,
};
