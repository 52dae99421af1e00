/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>

#include "image/ranges.h"

/* Real tables overlap a few deep; more is somebody's attempt to make look-ups slow. */
#define OVERLAP_MAX 4096

void da_ranges_add(struct da_arena *a, struct da_ranges *r, uint64_t start, uint64_t end,
		   uint32_t value)
{
	da_vec_push(a, r, ((struct da_range_item){ start, end, 0, value }));
}

static int compare(const void *a, const void *b)
{
	const struct da_range_item *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	return x->value < y->value ? -1 : x->value > y->value;
}

void da_ranges_sort(struct da_ranges *r)
{
	uint64_t end = 0;

	if (r->n)
		qsort(r->v, r->n, sizeof(*r->v), compare);
	for (size_t i = 0; i < r->n; i++) {
		end = DA_MAX(end, r->v[i].end);
		r->v[i].max_end = end;
	}
}

const struct da_range_item *da_ranges_find(const struct da_ranges *r, uint64_t addr)
{
	size_t lo = 0, hi = r->n, low;
	const struct da_range_item *best = NULL;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->v[mid].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	low = lo > OVERLAP_MAX ? lo - OVERLAP_MAX : 0;
	for (size_t i = lo; i-- > low && r->v[i].max_end > addr;) {
		const struct da_range_item *x = &r->v[i];

		if (x->end > addr && (!best || x->end - x->start < best->end - best->start))
			best = x;
	}
	return best;
}
