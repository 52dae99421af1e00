/* SPDX-License-Identifier: Apache-2.0 */
/* hang.sync-over-async: threads that block on tasks, which need threads to finish. */
#include "config.h"

#include "analyze/hang.h"

struct blocked {
	size_t workers, busy, others; /* pool workers that block on tasks, that are not idle; threads besides */
};

static const struct da_wait *task_wait(const struct da_analysis *a, uint32_t thread)
{
	const struct da_wait *w = da_primary_wait(a, thread);

	return w && w->kind == DA_LOCK_TASK ? w : NULL;
}

/* What a program's main thread waits in as long as it serves: the host's, and the task of an asynchronous Main. */
static bool is_host(const char *name)
{
	static const char *const names[] = { "Microsoft.Extensions.Hosting.", "Microsoft.AspNetCore." };

	for (size_t i = 0; name && i < DA_ARRAY_SIZE(names); i++)
		if (da_starts(name, names[i]))
			return true;
	return name && (da_ends(name, ".Main") || da_ends(name, ".<Main>$") || da_ends(name, ".<Main>"));
}

static const char *task_type(const struct da_analysis *a, const struct da_wait *w)
{
	const struct da_lock *l = da_lock_of(a, w);

	return l ? l->type : NULL;
}

/* Does the main thread wait for what it serves, or for ever, by a Task.Delay? */
static bool serves(const struct da_analysis *a, uint32_t i)
{
	const struct da_thread *t = &a->dump->proc.threads.v[i];
	const struct da_wait *w = task_wait(a, i);
	const char *type = task_type(a, w);

	if (t->role != DA_ROLE_MAIN)
		return false;
	for (size_t k = 0; k < t->frames.n; k++)
		if (da_starts(da_function_name(&t->frames.v[k]) ? da_function_name(&t->frames.v[k]) : "", "Microsoft.Extensions.Hosting."))
			return true;
	return is_host(da_method_of_task(a->dump->arena, type)) || (type && da_ends(type, "+DelayPromise"));
}

/* The main thread of a service waits for the task that is the service. */
static bool counts(const struct da_analysis *a, uint32_t i)
{
	const struct da_thread *t = &a->dump->proc.threads.v[i];

	return task_wait(a, i) && t->role != DA_ROLE_MAIN;
}

static void count_blocked(const struct da_analysis *a, struct blocked *b)
{
	const struct da_process *p = &a->dump->proc;

	*b = (struct blocked){ 0 };
	for (uint32_t i = 0; i < p->threads.n; i++) {
		const struct da_thread *t = &p->threads.v[i];

		if (da_is_pool_worker(t) && t->state != DA_STATE_IDLE)
			b->busy++;
		if (counts(a, i))
			da_is_pool_worker(t) ? b->workers++ : b->others++;
	}
}

static void task_evidence(struct da_analysis *a, struct da_finding *f, uint32_t thread)
{
	const struct da_wait *w = task_wait(a, thread);
	struct da_arena *arena = a->dump->arena;
	const char *type = task_type(a, w);
	const char *method = da_method_of_task(arena, type), *function = da_standing_in(a, thread);
	struct da_evidence *ev = da_finding_evidence(f, "blocked on a task");

	da_evidence_thread(ev, thread);
	if (w->frame != DA_NONE)
		da_evidence_frame(ev, w->frame);
	if (w->address)
		da_evidence_address(ev, w->address);
	da_evidence_text(ev, "%s waits for %s", function ? da_printf(arena, DA_SYM("%s"), function) : "an unknown function",
			 method ? da_printf(arena, "the task of " DA_SYM("%s"), method)
			 : type ? da_printf(arena, "a " DA_SYM("%s"), type) : "a task");
}

/* It blocks for as long as the task takes, and no other finding tells of it. */
static bool is_worth_knowing(const struct da_analysis *a, uint32_t i)
{
	const struct da_wait *w = task_wait(a, i);
	uint32_t head = a->graph->head[i];

	return w && !da_wait_gives_up(w) && !w->woken && a->dump->proc.threads.v[i].state != DA_STATE_IDLE && !serves(a, i) &&
	       a->graph->cycle[i] == DA_NONE && (head == DA_NONE || !a->graph->told[head]);
}

/* One dump cannot tell a task that takes its time from one that never ends. */
static unsigned tell_of_few(struct da_analysis *a)
{
	struct da_arena *arena = a->dump->arena;
	uint32_t first = DA_NONE;
	unsigned n = 0;
	struct da_finding *f;
	const char *what;

	for (uint32_t i = 0; i < a->graph->n; i++)
		if (is_worth_knowing(a, i) && n++ == 0)
			first = i;
	if (n == 0)
		return 0;
	f = da_finding_new(a->doc, "hang.sync-over-async", DA_SEVERITY_INFORMATION, n, 0.8);
	what = da_say_wait(a, task_wait(a, first));
	if (n == 1)
		da_finding_title(f, "%s blocks on %s", da_say_thread(a, first), what);
	else
		da_finding_title(f, "%u threads block on tasks", n);
	da_finding_description(f, "%s without a limit until %s, by .Result, .Wait() or GetAwaiter().GetResult(). If that needs %s to "
			       "finish (a user interface, a context or a scheduler of one thread), or nobody completes it, this never ends.",
			       n == 1 ? da_printf(arena, "%s waits", da_say_thread(a, first)) : "They wait",
			       n == 1 ? "the task has ended" : "their tasks have ended", n == 1 ? "this very thread" : "these very threads");
	da_finding_recommendation(f, "Await tasks instead of blocking on them. If %s not go on, ask the developers what completes the %s.",
				  n == 1 ? "the thread does" : "the threads do", da_plural(n, "task", "tasks"));
	da_finding_refuted_by(f, "a second dump in which %s gone on", n == 1 ? "this thread has" : "these threads have");
	da_finding_next(f, DA_NEXT_DUMP, "%s two dumps ten seconds apart: they show whether these threads go on.", da_hang_make(a));
	for (uint32_t i = 0, shown = 0; i < a->graph->n; i++) {
		if (!is_worth_knowing(a, i))
			continue;
		da_finding_thread(f, i);
		if (shown++ < DA_HANG_EVIDENCE)
			task_evidence(a, f, i);
	}
	a->noted++;
	return 1;
}

static unsigned run_sync_over_async(struct da_analysis *a)
{
	struct da_arena *arena = a->dump->arena;
	struct blocked b;
	struct da_finding *f;
	unsigned shown = 0;
	bool stuck;
	size_t all;

	count_blocked(a, &b);
	all = b.workers + b.others;
	stuck = b.workers >= 2 && b.workers == b.busy;
	if (!stuck && b.workers < 2 && (all < 2 || all * DA_HANG_SHARE < a->graph->n))
		return da_hang_crashed(a) ? 0 : tell_of_few(a);
	f = da_finding_new(a->doc, "hang.sync-over-async", stuck ? DA_SEVERITY_ERROR : DA_SEVERITY_WARNING, (unsigned)all, 0.8);
	if (b.workers)
		da_finding_title(f, "%zu of %zu busy thread-pool workers block on tasks", b.workers, b.busy);
	else
		da_finding_title(f, "%zu threads block on tasks", all);
	da_finding_description(f, "%s by .Result, .Wait() or GetAwaiter().GetResult(). %s %s held up.",
			       b.workers ? "They wait for asynchronous work whose continuation needs a worker of the same pool,"
					 : "They wait for asynchronous work",
			       da_say_share(a, all), da_plural(all, "is", "are"));
	da_finding_recommendation(f, stuck ? "No worker is left to finish what the others wait for: the pool grows by one or two "
					     "threads a second at best, and queued work waits. Await the tasks instead of blocking "
					     "on them; until then ThreadPool.SetMinThreads gives room."
					   : "Await the tasks instead of blocking on them: each blocked thread is one less for others.");
	da_finding_refuted_by(f, "a second dump in which these threads have gone on");
	da_finding_next(f, DA_NEXT_DUMP, "%s two dumps ten seconds apart: they show whether these threads go on.", da_hang_make(a));
	for (uint32_t i = 0; i < a->graph->n; i++) {
		if (!counts(a, i))
			continue;
		da_finding_thread(f, i);
		if (shown++ < DA_HANG_EVIDENCE)
			task_evidence(a, f, i);
	}
	if (!stuck)
		a->hangs++;
	else if (da_hang_lead(a, f, da_printf(arena, "Hang: all %zu busy thread-pool workers block on tasks, which need workers to "
					"finish.", b.workers)))
		for (uint32_t i = 0; i < a->graph->n; i++)
			if (counts(a, i))
				da_vec_push(arena, &a->hang_threads, i);
	return 1;
}

const struct da_rule da_rule_hang_sync_over_async = {
	.id = "hang.sync-over-async", .severity = "Information, Warning or Error",
	.looks_for = "threads that block on tasks (.Result, .Wait())",
	.page = "Needs managed stacks, and the task in the frames of the call. An Error where every busy worker of the\n"
		"thread pool blocks so, and there are at least two; a Warning from two workers on, or where a fifth of\n"
		"all threads block so. The main thread, which waits for the service's own task, does not count. Fewer\n"
		"threads that block so without a time limit are Information; the main thread only where it waits neither\n"
		"for a host of .NET, nor for the task of Main, nor for a Task.Delay.",
	.why_not = da_hang_no_waits, .run = run_sync_over_async,
};
