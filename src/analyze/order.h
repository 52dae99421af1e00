/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order: where a thing of the model stands in the report, when that is not its index in the model: ids of
 * exceptions, locks and assemblies follow the rows of their tables. Private to analyze/.
 */
#ifndef DA_ANALYZE_ORDER_H
#define DA_ANALYZE_ORDER_H

#include "model/model.h"

struct da_order {
	/* Model index to row, and row to model index. */
	uint32_t *exception_row, *exception_at; /* unhandled first, then by thread; inner ones follow theirs */
	uint32_t *lock_row, *lock_at;           /* by address, those without one last */
	/* Indexes of waits grouped by lock: those of lock i are waits_of[waits_from[i]] up to waits_from[i + 1]. */
	uint32_t *waits_of, *waits_from;
	uint32_t *assembly_row;                 /* row of the modules' table: its file's, or one behind all files */
};

struct da_order *da_order_new(const struct da_dump *d);

#endif
