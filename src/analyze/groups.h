/* SPDX-License-Identifier: Apache-2.0 */
/* Identical stacks, made once for sections and rules. Private to analyze/. */
#ifndef DA_ANALYZE_GROUPS_H
#define DA_ANALYZE_GROUPS_H

#include "analyze/analyze.h"
#include "analyze/graph.h"

enum da_rank { DA_RANK_FAULTING, DA_RANK_HANDLING, DA_RANK_DEADLOCKED, DA_RANK_BLOCKING, DA_RANK_BLOCKED,
	       DA_RANK_RUNNING, DA_RANK_UNKNOWN, DA_RANK_WAITING, DA_RANK_IDLE };
const char *da_rank_name(enum da_rank rank);

struct da_group {
	DA_VEC(uint32_t) threads; /* in order of the dump */
	enum da_rank rank;
	bool dispatch;            /* the stack of the one thread when the dump was made, after its exception */
	uint32_t similar_to;      /* index of an earlier group with the same top functions, or DA_NONE */
};

struct da_groups {
	DA_VEC(struct da_group) v; /* in the order of the page: rank, size, first thread */
	uint32_t *of_thread;       /* thread to group */
	uint32_t dispatch;         /* the group that is one of dispatch, or DA_NONE */
};

struct da_groups *da_groups_new(struct da_dump *d, const struct da_graph *graph, struct da_arena *a);

#endif
