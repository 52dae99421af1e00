/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph: who waits for whom. A thread waits for at most one other (its surest wait that names an owner),
 * so the graph is a function: every thread leads to a head, which waits for nobody in the process, or
 * into a cycle. Native and managed waits are the same here. Private to analyze/.
 */
#ifndef DA_ANALYZE_GRAPH_H
#define DA_ANALYZE_GRAPH_H

#include "model/model.h"

struct da_edge {
	uint32_t to;     /* the thread that must act; DA_NONE: no edge */
	uint32_t wait;   /* index of waits */
	float confidence; /* of the wait and of the owner together */
};

struct da_cycle {
	DA_VEC(uint32_t) members; /* each waits for the next, the last for the first; the smallest first */
	uint32_t behind;          /* threads outside that lead into it */
	float confidence;         /* of its weakest edge */
};

struct da_graph {
	size_t n;                /* threads */
	struct da_edge *edge;    /* of each thread */
	uint32_t *cycle;         /* of each thread: the cycle that it is in, or leads to; or DA_NONE */
	bool *in_cycle;
	uint32_t *head;          /* of each thread: where it leads to, itself where it waits for nobody; DA_NONE: a cycle */
	uint32_t *behind;        /* of each head: threads that lead to it */
	uint32_t *direct;        /* of each thread: those that wait for it directly */
	uint32_t *primary;       /* of each thread: its primary wait, or DA_NONE */
	bool *told;              /* of each head: a finding tells already of it and of those behind it */
	/* Threads grouped by head: those behind h are followers[from[h]] up to followers[from[h + 1]]. */
	uint32_t *followers, *from;
	DA_VEC(struct da_cycle) cycles; /* largest first, then by first member */
};

/* Does a thread enter and leave it, one at a time? */
bool da_lock_excludes(enum da_lock_kind kind);
/* Held without an owner such a lock is in the hands of readers, who are counted and not named. */
bool da_has_readers(enum da_lock_kind kind);
#define DA_GRAPH_SURE 0.6f /* an edge below is a guess */

/* Is the owner that its lock's word names no more than a guess, and does that one not look like a holder: it rests? */
bool da_graph_is_doubtful(const struct da_dump *d, const struct da_graph *g, uint32_t thread);
/* Does it wait for a lock that one thread has at a time, where it is not known which? */
bool da_graph_is_ownerless(const struct da_dump *d, const struct da_graph *g, uint32_t thread);
/* How many do. */
size_t da_graph_ownerless(const struct da_dump *d, const struct da_graph *g);

/* One pass over waits and one over threads. */
struct da_graph *da_graph_new(const struct da_dump *d);

#endif
