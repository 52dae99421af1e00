/* SPDX-License-Identifier: Apache-2.0 */
/* threadpool: workers of .NET's pool, and what waits for one. */
#include "config.h"

#include "analyze/hang.h"
#include "analyze/sections.h"

void da_section_threadpool(struct da_analysis *a)
{
	const struct da_threadpool *t = da_pool_of(a);
	struct da_doc *doc = a->doc;

	if (!t)
		return;
	da_doc_row(doc, DA_BLOCK_threadpool);
	da_set_uint(doc, DA_COL_threadpool_min, t->min);
	da_set_uint(doc, DA_COL_threadpool_max, t->max);
	da_set_uint(doc, DA_COL_threadpool_active, t->active);
	da_set_uint(doc, DA_COL_threadpool_workers, t->workers);
	da_set_uint(doc, DA_COL_threadpool_idle, t->workers - t->active);
	if (t->has_io) {
		da_set_uint(doc, DA_COL_threadpool_io_min, t->io_min);
		da_set_uint(doc, DA_COL_threadpool_io_max, t->io_max);
	}
	if (t->has_global && t->has_local)
		da_set_uint(doc, DA_COL_threadpool_queued, t->queued_global + t->queued_local);
	if (t->has_global)
		da_set_uint(doc, DA_COL_threadpool_queued_global, t->queued_global);
	if (t->has_local)
		da_set_uint(doc, DA_COL_threadpool_queued_local, t->queued_local);
	if (t->has_cpu)
		da_set_real(doc, DA_COL_threadpool_cpu_percent, t->cpu_percent);
	da_set_uint(doc, DA_COL_threadpool_goal, t->goal);
	if (t->has_adjustment)
		da_set_uint(doc, DA_COL_threadpool_blocking_adjustment, t->blocking_adjustment);
	if (t->has_global || t->has_local)
		da_set_bool(doc, DA_COL_threadpool_starved, da_pool_is_starved(a));
	for (size_t i = 0; i < t->types.n; i++) {
		da_doc_row(doc, DA_BLOCK_threadpool_queue);
		da_set_text(doc, DA_COL_threadpool_queue_type, t->types.v[i].type);
		da_set_uint(doc, DA_COL_threadpool_queue_count, t->types.v[i].count);
	}
}
