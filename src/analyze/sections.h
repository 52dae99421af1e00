/* SPDX-License-Identifier: Apache-2.0 */
/* The sections that lay facts out, one file each; da_analyze() runs them in order. Private. */
#ifndef DA_ANALYZE_SECTIONS_H
#define DA_ANALYZE_SECTIONS_H

#include "analyze/groups.h"
#include "analyze/order.h"

void da_section_process(struct da_analysis *a);
void da_section_exception(struct da_analysis *a);
void da_section_cpu(struct da_analysis *a);
void da_section_threads(struct da_analysis *a);
void da_section_stacks(struct da_analysis *a);
/* The cycles of a->graph, which rule_hang.c also judges. */
void da_wait_cycle_rows(struct da_analysis *a);
void da_section_locks(struct da_analysis *a);
void da_section_runtime(struct da_analysis *a);
void da_section_exceptions(struct da_analysis *a);
void da_section_memory(struct da_analysis *a);
void da_section_modules(struct da_analysis *a);
void da_section_threadpool(struct da_analysis *a);
void da_section_handles(struct da_analysis *a); /* Windows only */
void da_section_environment(struct da_analysis *a); /* only on request */
void da_section_completeness(struct da_analysis *a);

/* One frame of the model as one row, or several with inlined calls; returns the next index. */
uint32_t da_frame_rows(struct da_analysis *a, enum da_col list, const struct da_frame *f, uint32_t index);
/* The bucket of the problem: leading rule, blamed function, normalised frames. */
void da_set_signature(struct da_analysis *a, const char *rule);
/* The same of a hang: where each of a->hang_threads stands, in an order that does not depend on threads. */
void da_set_hang_signature(struct da_analysis *a);

#endif
