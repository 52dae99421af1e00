/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sorted table of address ranges that may overlap, each with a number: which unit, which function.
 * Add all, sort once, then find.
 */
#ifndef DA_IMAGE_RANGES_H
#define DA_IMAGE_RANGES_H

#include "base/base.h"

struct da_range_item {
	uint64_t start, end;
	uint64_t max_end; /* largest end up to here, once sorted */
	uint32_t value;
};

struct da_ranges {
	struct da_range_item *v;
	size_t n, cap;
};

void da_ranges_add(struct da_arena *a, struct da_ranges *r, uint64_t start, uint64_t end,
		   uint32_t value);
void da_ranges_sort(struct da_ranges *r);
/* The smallest range that contains the address, or NULL. */
const struct da_range_item *da_ranges_find(const struct da_ranges *r, uint64_t addr);

#endif
