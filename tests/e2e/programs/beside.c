/* SPDX-License-Identifier: Apache-2.0 */
/* Three threads that sleep, read from a pipe, and wait for a lock; "ready" once they do. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static int ends[2];

static void *reader(void *arg)
{
	char c;

	prctl(PR_SET_NAME, "tape-reader");
	while (read(ends[0], &c, 1) < 0)
		;
	return arg;
}

static void *sleeper(void *arg)
{
	prctl(PR_SET_NAME, "night-shift");
	for (;;)
		sleep(1000);
	return arg;
}

int main(void)
{
	pthread_t t;
	/* mapped and shared: no core has it */
	if (mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ||
	    mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED || pipe(ends) != 0)
		return 1;
	pthread_create(&t, NULL, reader, NULL);
	pthread_create(&t, NULL, sleeper, NULL);
	usleep(200000);
	printf("ready\n");
	fflush(stdout);
	pthread_join(t, NULL);
	return 0;
}
