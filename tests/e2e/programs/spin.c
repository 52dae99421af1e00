/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Argument "together": two threads that never stop, in one function. "holding": one that has a mutex, and four behind it.
 * Says "ready" when each has used eleven seconds.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static volatile unsigned long steps;
static volatile int started;

static void *match(void *arg)
{
	if (arg)
		pthread_mutex_lock(&m);
	started = 1;
	for (;;)
		steps++;
	return arg;
}

static void *follow(void *arg)
{
	pthread_mutex_lock(&m);
	return arg;
}

int main(int argc, char **argv)
{
	int holding = argc > 1 && strcmp(argv[1], "holding") == 0;
	struct timespec used = { 0 };
	pthread_t loop[2], t;
	clockid_t clock;

	for (int i = 0; i < (holding ? 1 : 2); i++)
		if (pthread_create(&loop[i], NULL, match, holding ? &m : NULL) != 0)
			return 1;
	while (!started)
		usleep(10000);
	for (int i = 0; holding && i < 4; i++)
		if (pthread_create(&t, NULL, follow, NULL) != 0)
			return 1;
	for (int i = 0; i < (holding ? 1 : 2); i++) {
		pthread_getcpuclockid(loop[i], &clock);
		while (clock_gettime(clock, &used) == 0 && used.tv_sec < 11)
			usleep(100000);
	}
	if (write(1, "ready\n", 6) != 6)
		return 1;
	for (;;)
		pause();
}
