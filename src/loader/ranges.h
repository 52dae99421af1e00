/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to loader/: lists of memory ranges on their way into a memory map: sorted, without overlaps,
 * one laid over the other.
 */
#ifndef DA_LOADER_RANGES_H
#define DA_LOADER_RANGES_H

#include "model/model.h"

/* A list that grows; the same shape as da_memory.ranges. */
struct da_ranges {
	struct da_range *v;
	size_t n, cap;
};

/*
 * Sort, and cut away what overlaps: saved bytes win over a range that saved none there; else the one
 * that begins first keeps its place. Returns the number of cuts. Both lists have the same members.
 */
uint64_t da_ranges_settle(struct da_arena *a, struct da_ranges *list);
/*
 * Lay `over` on `list` (both settled): ranges of `over` fill the gaps of `list`; with `describe` they
 * also give protection, kind, name and module to the parts of `list` that they cover, which are split
 * where those change. The bytes of `list` stay.
 */
void da_ranges_lay(struct da_arena *a, struct da_ranges *list, const struct da_ranges *over, bool describe);
/* Let the range begin further up. */
void da_range_cut_front(struct da_range *r, uint64_t start);

#endif
