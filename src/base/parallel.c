/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/checked.h"
#include "base/parallel.h"
#include "base/status.h"

#define WORKERS_MAX 64

struct job {
	size_t n, slices;
	da_slice_fn *fn;
	void *ctx;
	atomic_size_t next;
};

static void *work(void *arg)
{
	struct job *j = arg;
	size_t slice;

	while ((slice = atomic_fetch_add(&j->next, 1)) < j->slices) {
		size_t share = j->n / j->slices, rest = j->n % j->slices;
		size_t begin = slice * share + DA_MIN(slice, rest);

		j->fn(j->ctx, slice, begin, begin + share + (slice < rest));
	}
	return NULL;
}

void da_parallel_for(unsigned workers, size_t n, size_t slices, da_slice_fn *fn, void *ctx)
{
	struct job j = { .n = n, .slices = slices, .fn = fn, .ctx = ctx };
	pthread_t threads[WORKERS_MAX];
	unsigned started = 0;

	atomic_init(&j.next, 0);
	if (workers > slices)
		workers = (unsigned)slices;
	/* A thread that cannot be started is no loss: those that run take its slices. */
	for (unsigned i = 1; i < workers && i < WORKERS_MAX; i++)
		if (pthread_create(&threads[started], NULL, work, &j) == 0)
			started++;
	work(&j);
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}
