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

#endif
