/* SPDX-License-Identifier: Apache-2.0 */
/* N threads in a circle: each holds a mutex and waits for that of the next, some frames deep; then a core. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static long n;
static pthread_mutex_t *mutexes;
static pthread_barrier_t all;

static __attribute__((noinline)) long descend(long i, int depth)
{
	volatile long kept = i;

	if (depth > 0)
		return descend(i, depth - 1) + kept;
	pthread_barrier_wait(&all);
	pthread_mutex_lock(&mutexes[(i + 1) % n]);
	return kept;
}

static void *run(void *arg)
{
	long i = (long)arg;

	pthread_mutex_lock(&mutexes[i]);
	return (void *)(descend(i, 20) + 1);
}

int main(int argc, char **argv)
{
	pthread_attr_t a;

	n = argc > 1 ? atol(argv[1]) : 1000;
	mutexes = calloc((size_t)n, sizeof(*mutexes));
	pthread_barrier_init(&all, NULL, (unsigned)n + 1);
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 32768);
	for (long i = 0; i < n; i++) {
		pthread_t t;

		if (pthread_create(&t, &a, run, (void *)i) != 0)
			return 1;
	}
	pthread_barrier_wait(&all);
	sleep(2);
	abort();
}
