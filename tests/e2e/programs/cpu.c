/* SPDX-License-Identifier: Apache-2.0 */
/* Computes for a while, in a thread that then ends or (argument "alone") without any thread, and dies of SIGABRT. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static volatile double sum;

static void *compute(void *arg)
{
	struct timespec now;

	do {
		for (int i = 0; i < 100000; i++)
			sum += i;
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	} while (now.tv_sec == 0 && now.tv_nsec < 200000000);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t t;

	(void)argv;
	if (argc > 1)
		compute(0);
	else if (pthread_create(&t, 0, compute, 0) == 0)
		pthread_join(t, 0);
	abort();
}
