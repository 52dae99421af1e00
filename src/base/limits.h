/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds on loops over foreign data, by name; the list is limits.def. */
#ifndef DA_BASE_LIMITS_H
#define DA_BASE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

struct da_limits {
#define DA_LIMIT_ROW(name, value, unit, what) uint64_t name;
#include "base/limits.def"
#undef DA_LIMIT_ROW
};

extern const struct da_limits da_limits_default;

/* The same as a table, for `dumpan limits` and the manual. */
struct da_limit_row {
	const char *name, *unit, *what;
	uint64_t value;
};

extern const struct da_limit_row da_limit_rows[];
extern const size_t da_limit_rows_n;

#endif
