/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>

#include "analyze/order.h"

#define DEPTH 64 /* of inner exceptions */

/* The one that was thrown, of which this one is a part. */
static uint32_t root_of(const struct da_process *p, uint32_t i)
{
	for (unsigned n = 0; n < DEPTH && p->exceptions.v[i].parent < p->exceptions.n; n++)
		i = p->exceptions.v[i].parent;
	return i;
}

static int by_exception(const void *x, const void *y, void *ctx)
{
	const struct da_process *p = ctx;
	uint32_t i = *(const uint32_t *)x, k = *(const uint32_t *)y, ri = root_of(p, i), rk = root_of(p, k);
	const struct da_managed_exception *a = &p->exceptions.v[ri], *b = &p->exceptions.v[rk];

	if (a->where != b->where)
		return a->where < b->where ? -1 : 1;
	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	if (ri != rk)
		return ri < rk ? -1 : 1;
	return i < k ? -1 : i > k;
}

static int by_lock(const void *x, const void *y, void *ctx)
{
	const struct da_process *p = ctx;
	uint32_t i = *(const uint32_t *)x, k = *(const uint32_t *)y;
	uint64_t a = p->locks.v[i].address - 1, b = p->locks.v[k].address - 1; /* 0 comes last */

	if (a != b)
		return a < b ? -1 : 1;
	return i < k ? -1 : i > k;
}

static void sort(struct da_arena *a, const struct da_process *p, size_t n,
		 int (*compare)(const void *, const void *, void *), uint32_t **ret_row, uint32_t **ret_at)
{
	uint32_t *row = da_calloc(a, n, sizeof(*row)), *at = da_calloc(a, n, sizeof(*at));

	for (uint32_t i = 0; i < n; i++)
		at[i] = i;
	if (n)
		qsort_r(at, n, sizeof(*at), compare, (void *)p);
	for (uint32_t i = 0; i < n; i++)
		row[at[i]] = i;
	*ret_row = row;
	*ret_at = at;
}

/* A counting sort: there are as many locks and waits as threads. */
static void group_waits(const struct da_dump *d, struct da_order *o)
{
	const struct da_process *p = &d->proc;
	uint32_t *from = da_calloc(d->arena, p->locks.n + 2, sizeof(*from));

	for (size_t i = 0; i < p->waits.n; i++)
		if (p->waits.v[i].lock < p->locks.n)
			from[p->waits.v[i].lock + 2]++;
	for (size_t i = 2; i < p->locks.n + 2; i++)
		from[i] += from[i - 1];
	o->waits_of = da_calloc(d->arena, p->waits.n, sizeof(*o->waits_of));
	for (uint32_t i = 0; i < p->waits.n; i++)
		if (p->waits.v[i].lock < p->locks.n)
			o->waits_of[from[p->waits.v[i].lock + 1]++] = i;
	o->waits_from = from;
}

struct da_order *da_order_new(const struct da_dump *d)
{
	const struct da_process *p = &d->proc;
	struct da_order *o = da_new(d->arena, struct da_order);
	uint32_t behind = (uint32_t)p->modules.n;

	sort(d->arena, p, p->exceptions.n, by_exception, &o->exception_row, &o->exception_at);
	sort(d->arena, p, p->locks.n, by_lock, &o->lock_row, &o->lock_at);
	group_waits(d, o);
	o->assembly_row = da_calloc(d->arena, p->assemblies.n, sizeof(*o->assembly_row));
	for (size_t i = 0; i < p->assemblies.n; i++)
		o->assembly_row[i] = p->assemblies.v[i].module != DA_NONE ? p->assemblies.v[i].module : behind++;
	return o;
}
