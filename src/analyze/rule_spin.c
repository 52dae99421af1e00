/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hang.spin: threads that run and do not stop, those that do it in one function together; and who waits behind the locks
 * that they hold.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/hang.h"
#include "analyze/order.h"

/* Of the time that all threads had; a loop of a minute outweighs what was before. */
#define SPIN_PERCENT 60
#define SPIN_US UINT64_C(10000000)
#define LOOP_BYTES 256 /* so near to each other threads are in one loop, also where its code has no name */

/* Where a thread is that runs. */
struct spot {
	uint32_t thread;
	const struct da_frame *frame; /* NULL: its registers are not known */
	const char *function;         /* "": without a name */
	uint64_t pc, caller;
};

/* Threads at one spot. */
struct spin {
	const struct spot *v;
	uint32_t n;
	uint64_t us;
	bool mixed;      /* how much of the time is their own is unknown */
	bool spins;      /* each stands in a function that does nothing but spin */
	bool loop;       /* all are in one loop, and in nothing that it calls */
	uint32_t behind; /* threads that wait for locks of theirs */
};

/* Own code, even where it has no name: what has one further out is just how the thread began. */
static struct spot spot_of(const struct da_analysis *a, uint32_t thread)
{
	const struct da_thread *t = &a->dump->proc.threads.v[thread];
	struct spot s = { .thread = thread, .frame = da_standing_frame(a, thread), .function = "" };

	for (size_t i = 0; (!s.frame || !da_is_own(a->dump, s.frame)) && i < t->frames.n; i++)
		if (da_is_own(a->dump, &t->frames.v[i]))
			s.frame = &t->frames.v[i];
	if (!s.frame && t->frames.n)
		s.frame = &t->frames.v[0];
	if (!s.frame)
		return s;
	if (da_function_name(s.frame))
		s.function = da_function_name(s.frame);
	s.pc = s.frame->pc;
	if (s.frame + 1 < t->frames.v + t->frames.n)
		s.caller = s.frame[1].pc;
	return s;
}

static int by_spot(const void *x, const void *y)
{
	const struct spot *a = x, *b = y;
	int order = strcmp(a->function, b->function);

	if (order)
		return order;
	if (!*a->function && a->caller != b->caller)
		return a->caller < b->caller ? -1 : 1;
	if (!*a->function && a->pc != b->pc)
		return a->pc < b->pc ? -1 : 1;
	return a->thread < b->thread ? -1 : 1;
}

/* Of two that are neighbours in that order. */
static bool same_spot(const struct spot *a, const struct spot *b)
{
	if (!a->frame || !b->frame || strcmp(a->function, b->function) != 0)
		return false;
	return *a->function ? a->frame->module == b->frame->module
			    : a->caller == b->caller && b->pc - a->pc < LOOP_BYTES;
}

/* Not one of whom a circle or a chain tells already, nor where it is a guess that the lock is its own. */
static uint32_t behind_of(const struct da_analysis *a, uint32_t thread)
{
	const struct da_graph *g = a->graph;

	return g->head[thread] == thread && !g->told[thread] && (double)da_hang_weakest(a, thread) >= DA_HANG_SURE
	       ? g->behind[thread] : 0;
}

static struct spin spin_of(const struct da_analysis *a, const struct spot *v, uint32_t n)
{
	struct spin s = { .v = v, .n = n, .spins = true, .loop = true };
	uint64_t first = v[0].pc, last = v[0].pc;

	for (uint32_t i = 0; i < n; i++) {
		const struct da_thread *t = &a->dump->proc.threads.v[v[i].thread];
		const struct da_wait *w = da_primary_wait(a, v[i].thread);

		s.us += t->user_us;
		s.mixed |= t->times_with_ended;
		s.spins &= w && w->kind == DA_LOCK_SPIN;
		s.behind += behind_of(a, v[i].thread);
		s.loop &= v[i].frame == t->frames.v;
		first = DA_MIN(first, v[i].pc);
		last = DA_MAX(last, v[i].pc);
	}
	s.loop &= last - first < LOOP_BYTES;
	return s;
}

/* Those that ran for long enough, and the one place where most of the time went. */
static bool find_spin(struct da_analysis *a, uint64_t *ret_total, struct spin *ret)
{
	const struct da_process *p = &a->dump->proc;
	struct spot *v = da_calloc(a->dump->arena, p->threads.n, sizeof(*v));
	struct spin most = { 0 };
	uint64_t total = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->threads.n; i++) {
		const struct da_thread *t = &p->threads.v[i];

		if (!t->has_times)
			continue;
		total += t->user_us;
		if (t->state == DA_STATE_RUNNING && t->user_us >= SPIN_US)
			v[n++] = spot_of(a, i);
	}
	if (n)
		qsort(v, n, sizeof(*v), by_spot);
	for (uint32_t i = 0, to; i < n; i = to) {
		struct spin s;

		for (to = i + 1; to < n && same_spot(&v[to - 1], &v[to]); to++)
			;
		s = spin_of(a, v + i, to - i);
		if (s.us > most.us)
			most = s;
	}
	*ret_total = total;
	*ret = most;
	return most.n && most.us / SPIN_PERCENT >= total / 100;
}

static const char *say_threads(struct da_analysis *a, const struct spin *s)
{
	uint32_t *list = da_calloc(a->dump->arena, s->n, sizeof(*list));

	for (uint32_t i = 0; i < s->n; i++)
		list[i] = s->v[i].thread;
	return da_say_threads(a, list, s->n);
}

/* " t3 "indexer" holds lock1 (…), and 4 threads wait behind it." of each that holds one; else "". */
static const char *say_held(struct da_analysis *a, const struct spin *s)
{
	struct da_str text DA_CLEANUP(da_str_done) = { 0 };

	for (uint32_t i = 0, told = 0; i < s->n && told < DA_HANG_NAMED; i++) {
		uint32_t n = behind_of(a, s->v[i].thread);

		if (n == 0)
			continue;
		told++;
		da_str_addf(&text, " %s holds %s, and %u %s behind it.", da_say_thread(a, s->v[i].thread),
			    da_hang_locks(a, s->v[i].thread), n, da_plural(n, "thread waits", "threads wait"));
	}
	return da_strdup(a->dump->arena, da_str_get(&text));
}

static void add_threads(struct da_analysis *a, struct da_finding *f, const struct spin *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		da_finding_thread(f, s->v[i].thread);
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t thread = s->v[i].thread;
		size_t n;
		const uint32_t *followers = da_hang_behind(a, thread, &n);

		if (!behind_of(a, thread))
			continue;
		for (size_t k = 0; k < n; k++)
			da_finding_thread(f, followers[k]);
		da_hang_edges(a, f, followers, n);
		a->graph->told[thread] = true;
	}
}

/*
 * Long work is no fault: somebody must have ended it, or its own functions say that it spins. Several that compute in one
 * function are parallel work, unless they are in one small loop.
 */
static bool is_grave(const struct da_analysis *a, const struct spin *s)
{
	return s->spins || (da_hang_was_ended(a) && !s->mixed && (s->n == 1 || s->loop));
}

static void lead(struct da_analysis *a, struct da_finding *f, const struct spin *s, const char *who, unsigned percent)
{
	const char *text = da_printf(a->dump->arena, "Possible hang: %u %s behind %s, which used %u %% of the CPU time and %s still "
				     "running.", s->behind, da_plural(s->behind, "thread waits", "threads wait"), who, percent,
				     da_plural(s->n, "was", "were"));

	if (da_hang_lead(a, f, text))
		for (uint32_t i = 0; i < s->n; i++)
			da_vec_push(a->dump->arena, &a->hang_threads, s->v[i].thread);
}

static void tell(struct da_analysis *a, const struct spin *s, unsigned percent)
{
	bool grave = is_grave(a, s), one = s->n == 1;
	const char *who = say_threads(a, s), *where = s->v[0].frame ? da_say_frame(a, s->v[0].frame) : NULL;
	const char *function = s->v[0].frame ? da_say_function(a, s->v[0].frame) : NULL;
	const char *held = say_held(a, s), *again = da_hang_second_dump(a);
	struct da_finding *f = da_finding_new(a->doc, "hang.spin", grave ? DA_SEVERITY_WARNING : DA_SEVERITY_INFORMATION,
					      s->n + s->behind, s->behind && grave ? 0.7 : 0.6);

	if (s->mixed)
		da_finding_title(f, "%s %s running; %s and threads that have ended, if any, used %u %% of the CPU time", who,
				 da_plural(s->n, "is", "are"), one ? "it" : "they", percent);
	else
		da_finding_title(f, "%s %s used %u %% of the CPU time and %s running%s%s", who, da_plural(s->n, "has", "have"), percent,
				 one ? "is" : "are", !one && function ? " in " : "", !one && function ? function : "");
	da_finding_description(f, "%s waiting when the dump was made%s%s.%s A loop that does not end looks like this; so does long "
			       "work.", one ? "It was not" : "None of them was", where ? one ? ", but in " : ": all were in " : "",
			       where ? where : "", held);
	da_finding_recommendation(f, "%s: if %s in the same %s, give the developers the stacks of both dumps.%s", again,
				  one ? "it stands" : "they stand", one ? "function" : "function together",
				  s->behind ? " Ask them also why the lock is held for so long." : "");
	da_finding_next(f, DA_NEXT_DUMP, "%s, to see whether %s still there.", again, one ? "it is" : "they are");
	da_finding_refuted_by(f, "a second dump in which %s something else", one ? "it does" : "they do");
	add_threads(a, f, s);
	if (grave && s->behind >= 3 && s->behind * DA_HANG_SHARE >= a->graph->n)
		lead(a, f, s, who, percent);
	else if (grave)
		a->hangs++;
	else if (s->behind)
		a->noted++;
}

static unsigned run_spin(struct da_analysis *a)
{
	struct spin s;
	uint64_t total;

	if (da_hang_crashed(a) || !find_spin(a, &total, &s))
		return 0;
	tell(a, &s, total / 100 ? (unsigned)DA_MIN(s.us / (total / 100), UINT64_C(100)) : 100);
	return 1;
}

static const char *no_times(const struct da_analysis *a)
{
	for (size_t i = 0; i < a->dump->proc.threads.n; i++)
		if (a->dump->proc.threads.v[i].has_times)
			return NULL;
	return "the dump holds no CPU times";
}

const struct da_rule da_rule_hang_spin = {
	.id = "hang.spin", .severity = "Information or Warning",
	.looks_for = "threads that run in one function, and have used most of the CPU time",
	.page = "Needs CPU times: cores of the kernel and dumps of Windows with thread information have them. Ten seconds of\n"
		"each thread and 60 % of the time of all, in user mode; threads in one function count together. Names the\n"
		"locks that they hold and how many threads wait behind these. A Warning where somebody ended the process (of\n"
		"several threads, where all are in one small loop), or they stand in a function that spins; else Information,\n"
		"for long work looks the same. A core of the kernel adds the time of ended threads to that of the first thread:\n"
		"that alone is no Warning, unless the C library says that there never was a second thread\n"
		"(__libc_single_threaded, glibc 2.32 and later).",
	.why_not = no_times, .run = run_spin,
};
