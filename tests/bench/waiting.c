/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waiting N: N threads that wait for about as many mutexes, then an abort: a tenth behind one thread that sleeps, the
 * rest in deadlocks of two and in chains of eight. Below each wait lie some frames.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CHAIN 8
#define DEPTH 12

struct waiter {
	pthread_mutex_t own, *wants;
	int holding;
};
static struct waiter *all;
static int n;

static void nap(void)
{
	struct timespec t = { 0, 1000000 };

	nanosleep(&t, NULL);
}

__attribute__((noinline)) static int down(struct waiter *w, int depth)
{
	volatile int here = depth;

	if (depth > 0)
		return down(w, depth - 1) + here;
	pthread_mutex_lock(w->wants);
	return here;
}

static void *wait_for_it(void *arg)
{
	struct waiter *w = arg;

	pthread_mutex_lock(&w->own);
	__atomic_store_n(&w->holding, 1, __ATOMIC_SEQ_CST);
	if (!w->wants)
		for (;;)
			pause();
	while (!__atomic_load_n(&((struct waiter *)w->wants)->holding, __ATOMIC_SEQ_CST))
		nap();
	down(w, DEPTH);
	return NULL;
}

/* Whose mutex thread i wants; NULL: it sleeps. */
static pthread_mutex_t *wanted(int i)
{
	int crowd = n / 10, k = i - crowd;

	if (i < crowd)
		return i ? &all[0].own : NULL;
	if (k < (n - crowd) / 2)
		return k + 1 < (n - crowd) / 2 || k % 2 ? &all[i + (k % 2 ? -1 : 1)].own : NULL;
	return k % CHAIN == 0 ? NULL : &all[i - 1].own;
}

int main(int argc, char **argv)
{
	struct timespec settle = { 2, 0 };
	pthread_attr_t a;
	pthread_t t;

	n = argc > 1 ? atoi(argv[1]) : 1000;
	all = calloc((size_t)n, sizeof(*all));
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 32 << 10);
	for (int i = 0; i < n; i++)
		pthread_mutex_init(&all[i].own, NULL);
	for (int i = 0; i < n; i++) {
		all[i].wants = wanted(i);
		if (pthread_create(&t, &a, wait_for_it, &all[i]) != 0)
			return 1;
	}
	nanosleep(&settle, NULL);
	abort();
}
