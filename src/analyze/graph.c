/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>

#include "analyze/graph.h"

/* How sure it is that this wait is one for that thread. */
static float surety(const struct da_process *p, const struct da_wait *w)
{
	float owner = w->lock < p->locks.n && p->locks.v[w->lock].owner == w->owner ? p->locks.v[w->lock].confidence : 1;

	return DA_MIN(w->confidence, owner);
}

/* The primary wait goes before others, then the surer one. */
static bool better(const struct da_process *p, const struct da_wait *w, const struct da_edge *e)
{
	const struct da_wait *old = &p->waits.v[e->wait];

	if (e->to == DA_NONE)
		return true;
	if (w->primary != old->primary)
		return w->primary;
	return surety(p, w) > e->confidence;
}

static void add_edges(const struct da_process *p, struct da_graph *g)
{
	for (size_t i = 0; i < g->n; i++)
		g->edge[i] = (struct da_edge){ .to = DA_NONE, .wait = DA_NONE };
	for (uint32_t i = 0; i < p->waits.n; i++) {
		const struct da_wait *w = &p->waits.v[i];

		if (w->thread < g->n && w->owner < g->n && better(p, w, &g->edge[w->thread]))
			g->edge[w->thread] = (struct da_edge){ w->owner, i, surety(p, w) };
	}
	for (size_t i = 0; i < g->n; i++)
		if (g->edge[i].to != DA_NONE)
			g->direct[g->edge[i].to]++;
}

static void add_cycle(struct da_arena *a, struct da_graph *g, uint32_t from)
{
	struct da_cycle *c = da_vec_add(a, &g->cycles);
	uint32_t first = from, at = from;

	do { /* the smallest member comes first */
		first = DA_MIN(first, at);
		at = g->edge[at].to;
	} while (at != from);
	*c = (struct da_cycle){ .confidence = 1 };
	at = first;
	do {
		da_vec_push(a, &c->members, at);
		g->in_cycle[at] = true;
		c->confidence = DA_MIN(c->confidence, g->edge[at].confidence);
		at = g->edge[at].to;
	} while (at != first);
}

static int by_size(const void *x, const void *y)
{
	const struct da_cycle *a = x, *b = y;

	if (a->members.n != b->members.n)
		return a->members.n > b->members.n ? -1 : 1;
	return a->members.v[0] < b->members.v[0] ? -1 : 1;
}

/* Walk each chain once: what was met on this walk is a cycle, what on an earlier one is known. */
static void find_cycles(struct da_arena *a, struct da_graph *g)
{
	uint32_t *walk = da_calloc(a, g->n, sizeof(*walk));

	for (uint32_t i = 0; i < g->n; i++) {
		uint32_t at = i;

		while (at != DA_NONE && !walk[at]) {
			walk[at] = i + 1;
			at = g->edge[at].to;
		}
		if (at != DA_NONE && walk[at] == i + 1)
			add_cycle(a, g, at);
	}
	if (g->cycles.n)
		qsort(g->cycles.v, g->cycles.n, sizeof(*g->cycles.v), by_size);
}

/* Heads and cycles of all, each chain followed to what is known and filled in on the way back. */
static void find_ends(struct da_arena *a, struct da_graph *g)
{
	uint32_t *path = da_calloc(a, g->n, sizeof(*path));
	bool *known = da_calloc(a, g->n, sizeof(*known));

	for (uint32_t i = 0; i < g->cycles.n; i++)
		for (size_t k = 0; k < g->cycles.v[i].members.n; k++) {
			g->cycle[g->cycles.v[i].members.v[k]] = i;
			known[g->cycles.v[i].members.v[k]] = true;
		}
	for (uint32_t i = 0; i < g->n; i++) {
		uint32_t at = i;
		size_t n = 0;

		while (!known[at] && g->edge[at].to != DA_NONE) {
			path[n++] = at;
			at = g->edge[at].to;
		}
		if (!known[at]) {
			g->head[at] = at;
			known[at] = true;
		}
		while (n--) {
			g->head[path[n]] = g->head[at];
			g->cycle[path[n]] = g->cycle[at];
			known[path[n]] = true;
			if (g->cycle[at] != DA_NONE)
				g->cycles.v[g->cycle[at]].behind++;
			else
				g->behind[g->head[at]]++;
		}
	}
}

static void group_followers(struct da_arena *a, struct da_graph *g)
{
	uint32_t *from = da_calloc(a, g->n + 2, sizeof(*from));

	for (uint32_t i = 0; i < g->n; i++)
		if (g->head[i] != DA_NONE && g->head[i] != i)
			from[g->head[i] + 2]++;
	for (size_t i = 2; i < g->n + 2; i++)
		from[i] += from[i - 1];
	g->followers = da_calloc(a, g->n, sizeof(*g->followers));
	for (uint32_t i = 0; i < g->n; i++)
		if (g->head[i] != DA_NONE && g->head[i] != i)
			g->followers[from[g->head[i] + 1]++] = i;
	g->from = from;
}

struct da_graph *da_graph_new(const struct da_dump *d)
{
	struct da_arena *a = d->arena;
	struct da_graph *g = da_new(a, struct da_graph);

	g->n = d->proc.threads.n;
	g->edge = da_calloc(a, g->n, sizeof(*g->edge));
	g->cycle = da_calloc(a, g->n, sizeof(*g->cycle));
	g->head = da_calloc(a, g->n, sizeof(*g->head));
	g->in_cycle = da_calloc(a, g->n, sizeof(*g->in_cycle));
	g->behind = da_calloc(a, g->n, sizeof(*g->behind));
	g->primary = da_calloc(a, g->n, sizeof(*g->primary));
	g->told = da_calloc(a, g->n, sizeof(*g->told));
	g->direct = da_calloc(a, g->n, sizeof(*g->direct));
	for (size_t i = 0; i < g->n; i++)
		g->cycle[i] = g->head[i] = g->primary[i] = DA_NONE;
	for (uint32_t i = 0; i < d->proc.waits.n; i++)
		if (d->proc.waits.v[i].primary && d->proc.waits.v[i].thread < g->n)
			g->primary[d->proc.waits.v[i].thread] = i;
	add_edges(&d->proc, g);
	find_cycles(a, g);
	find_ends(a, g);
	group_followers(a, g);
	return g;
}

/* Locks that a thread enters and leaves; semaphores and events are given by whoever pleases. */
bool da_lock_excludes(enum da_lock_kind kind)
{
	switch (kind) {
	case DA_LOCK_PTHREAD_MUTEX: case DA_LOCK_CRITICAL_SECTION: case DA_LOCK_SRW: case DA_LOCK_MONITOR:
	case DA_LOCK_CLR_LOCK: case DA_LOCK_MUTANT: case DA_LOCK_PTHREAD_RWLOCK: case DA_LOCK_RWLOCK_SLIM:
	case DA_LOCK_LOADER: case DA_LOCK_CLASS_INIT:
		return true;
	default: return false;
	}
}

bool da_has_readers(enum da_lock_kind kind)
{
	return kind == DA_LOCK_PTHREAD_RWLOCK || kind == DA_LOCK_RWLOCK_SLIM || kind == DA_LOCK_SRW;
}

/* A lock that is free, or just changes hands, has no owner for a moment; one whose owner is gone is another matter. */
static bool has_no_owner(const struct da_process *p, const struct da_wait *w)
{
	const struct da_lock *l = w->lock < p->locks.n ? &p->locks.v[w->lock] : NULL;

	return l && (l->state == DA_LOCK_FREE || l->state == DA_LOCK_CONTENDED || l->state == DA_LOCK_ORPHANED ||
		     (l->state == DA_LOCK_HELD && da_has_readers((enum da_lock_kind)l->kind)));
}

/* A guess that closes a circle is told as one, and who sleeps or runs may well have what others want. */
bool da_graph_is_doubtful(const struct da_dump *d, const struct da_graph *g, uint32_t thread)
{
	const struct da_edge *e = &g->edge[thread];
	const struct da_wait *its;

	if (e->to == DA_NONE || e->confidence >= DA_GRAPH_SURE || e->wait != g->primary[thread] || g->head[thread] == DA_NONE)
		return false;
	its = g->primary[e->to] != DA_NONE ? &d->proc.waits.v[g->primary[e->to]] : NULL;
	return its && its->owner == DA_NONE && its->kind != DA_WAIT_SLEEP && !its->woken;
}

bool da_graph_is_ownerless(const struct da_dump *d, const struct da_graph *g, uint32_t thread)
{
	const struct da_wait *w = g->primary[thread] != DA_NONE ? &d->proc.waits.v[g->primary[thread]] : NULL;

	if (!w || w->woken || w->parked || g->told[thread] || !da_lock_excludes((enum da_lock_kind)w->kind))
		return false;
	return (w->owner == DA_NONE || da_graph_is_doubtful(d, g, thread)) && !has_no_owner(&d->proc, w);
}

size_t da_graph_ownerless(const struct da_dump *d, const struct da_graph *g)
{
	size_t n = 0;

	for (uint32_t i = 0; i < g->n; i++)
		n += da_graph_is_ownerless(d, g, i);
	return n;
}
