/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/groups.h"

/* Groups with so many equal innermost functions read as variants of one. */
#define SIMILAR 5

const char *da_rank_name(enum da_rank rank)
{
	static const char *const names[] = { "faulting", "handling-exception", "deadlocked", "blocking", "blocked", "running",
					     "unknown", "waiting", "idle" };

	return (unsigned)rank < DA_ARRAY_SIZE(names) ? names[rank] : "unknown";
}

static uint64_t stack_hash(const struct da_thread *t)
{
	uint64_t h = da_hash(DA_HASH_SEED, &t->end, sizeof(t->end));

	for (size_t i = 0; i < t->frames.n; i++) {
		h = da_hash(h, &t->frames.v[i].pc, sizeof(uint64_t));
		h = da_hash(h, &t->frames.v[i].repeat, sizeof(uint32_t));
	}
	return h;
}

static bool same_stack(const struct da_thread *a, const struct da_thread *b)
{
	if (a->frames.n != b->frames.n || a->end != b->end)
		return false;
	for (size_t i = 0; i < a->frames.n; i++)
		if (a->frames.v[i].pc != b->frames.v[i].pc ||
		    a->frames.v[i].repeat != b->frames.v[i].repeat)
			return false;
	return true;
}

static enum da_rank rank_of(const struct da_dump *d, const struct da_graph *g, uint32_t thread)
{
	const struct da_thread *t = &d->proc.threads.v[thread];

	if (d->proc.exception && d->proc.exception->thread == thread)
		return DA_RANK_FAULTING;
	if (t->state != DA_STATE_FAULTED && g->in_cycle[thread])
		return DA_RANK_DEADLOCKED;
	if (t->state != DA_STATE_FAULTED && g->direct[thread])
		return DA_RANK_BLOCKING;
	switch ((enum da_state)t->state) {
	case DA_STATE_FAULTED: return DA_RANK_FAULTING;
	case DA_STATE_RUNNING: return DA_RANK_RUNNING;
	case DA_STATE_BLOCKED: return DA_RANK_BLOCKED;
	case DA_STATE_WAITING: case DA_STATE_SLEEPING: return DA_RANK_WAITING;
	case DA_STATE_IDLE: return DA_RANK_IDLE;
	case DA_STATE_UNKNOWN: case DA_STATE_SUSPENDED: case DA_STATE_EXITED: break;
	}
	return DA_RANK_UNKNOWN;
}

static int by_page_order(const void *x, const void *y)
{
	const struct da_group *a = x, *b = y;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->threads.n != b->threads.n)
		return a->threads.n > b->threads.n ? -1 : 1;
	return a->threads.v[0] < b->threads.v[0] ? -1 : 1;
}

/* Hash of the innermost named functions; 0 when there are too few to speak of. */
static uint64_t top_hash(const struct da_thread *t)
{
	uint64_t h = DA_HASH_SEED;
	unsigned n = 0;

	for (size_t i = 0; i < t->frames.n && n < SIMILAR; i++) {
		const struct da_place *p = t->frames.v[i].place;

		if (!p || !p->ncalls || !p->calls[0].function)
			return 0;
		h = da_hash(h, p->calls[0].function, strlen(p->calls[0].function) + 1);
		n++;
	}
	return n == SIMILAR ? h : 0;
}

static void find_similar(struct da_dump *d, struct da_groups *g, struct da_arena *a)
{
	struct da_map seen = { 0 };

	for (size_t i = 0; i < g->v.n; i++) {
		uint64_t h = g->v.v[i].dispatch ? 0 : top_hash(&d->proc.threads.v[g->v.v[i].threads.v[0]]), *first;
		bool is_new;

		g->v.v[i].similar_to = DA_NONE;
		if (!h)
			continue;
		first = da_map_put(a, &seen, h, &is_new);
		if (is_new)
			*first = i;
		else
			g->v.v[i].similar_to = (uint32_t)*first;
	}
}

/* Behind the stack of the exception: the same thread, inside the filter or the error reporting. */
static void add_dispatch(struct da_dump *d, struct da_groups *g, struct da_arena *a)
{
	const struct da_exception *e = d->proc.exception;
	struct da_group *group;

	if (!e || e->thread >= d->proc.threads.n || d->proc.threads.v[e->thread].dispatch_frames.n == 0)
		return;
	group = da_vec_add(a, &g->v);
	group->rank = DA_RANK_HANDLING;
	group->dispatch = true;
	da_vec_push(a, &group->threads, e->thread);
}

/* Threads without a single frame are no group. */
struct da_groups *da_groups_new(struct da_dump *d, const struct da_graph *graph, struct da_arena *a)
{
	struct da_groups *g = da_new(a, struct da_groups);
	struct da_map by_hash = { 0 };
	size_t n = d->proc.threads.n;

	g->of_thread = da_calloc(a, n, sizeof(*g->of_thread));
	for (uint32_t i = 0; i < n; i++) {
		const struct da_thread *t = &d->proc.threads.v[i];
		enum da_rank rank = rank_of(d, graph, i);
		uint64_t h = stack_hash(t) + rank;

		g->of_thread[i] = DA_NONE;
		if (t->frames.n == 0)
			continue;
		for (;; h++) { /* a chain of equal hashes: the group with an equal stack, or a new one */
			bool is_new;
			uint64_t *at = da_map_put(a, &by_hash, h, &is_new);
			struct da_group *group;

			if (is_new) {
				*at = g->v.n;
				da_vec_add(a, &g->v)->rank = rank;
			}
			group = &g->v.v[*at];
			if (!is_new && (group->rank != rank ||
					!same_stack(t, &d->proc.threads.v[group->threads.v[0]])))
				continue;
			da_vec_push(a, &group->threads, i);
			break;
		}
	}
	add_dispatch(d, g, a);
	if (g->v.n)
		qsort(g->v.v, g->v.n, sizeof(*g->v.v), by_page_order);
	g->dispatch = DA_NONE;
	for (uint32_t i = 0; i < g->v.n; i++) {
		if (g->v.v[i].dispatch)
			g->dispatch = i;
		for (size_t k = 0; !g->v.v[i].dispatch && k < g->v.v[i].threads.n; k++)
			g->of_thread[g->v.v[i].threads.v[k]] = i;
	}
	find_similar(d, g, a);
	return g;
}
