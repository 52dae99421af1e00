/* SPDX-License-Identifier: Apache-2.0 */
/* figures: how much memory the process had, and what limits of it are known, as evidence. Private to analyze/. */
#ifndef DA_ANALYZE_FIGURES_H
#define DA_ANALYZE_FIGURES_H

#include "analyze/analyze.h"

/* "128.0 MiB" */
const char *da_say_size(struct da_analysis *a, uint64_t bytes);
/* One piece of evidence for each figure that the model holds; what is not known is left out. */
void da_memory_figures(struct da_analysis *a, struct da_finding *f);
/* Does what was refused not fit below the limit, beside the objects that are there? */
bool da_heap_limit_met(const struct da_managed_heap *h);
/* Sentences on what was reached, each with a blank in front: a limit of the heap, of mappings, of addresses; or "". */
const char *da_say_limits(struct da_analysis *a);
/*
 * How large the thread's stack is. A handler of a fault runs on a stack of its own, in which its stack pointer is then:
 * what the frames of the other one take up is known alone, and *ret_least is set.
 */
uint64_t da_stack_bytes(const struct da_thread *t, bool *ret_least);
/* The mapping that the stack pointer is in is not the thread's own stack: its outermost frame lies elsewhere. */
bool da_stack_is_elsewhere(const struct da_thread *t);
/* How much of its stack is in use, that of a handler aside; false: not known. */
bool da_stack_used(const struct da_process *p, const struct da_thread *t, uint64_t *ret);

#endif
