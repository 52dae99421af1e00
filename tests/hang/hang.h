/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs of tests/hang/ say about themselves, for tests/e2e/hangs.sh, besides the lines of
 * ../wait/truth.h about single threads:
 *	finding rule=R severity=S threads=TID,TID… [title=REGEX] [sure=yes|no] [says=REGEX]
 *	                            there is this finding, about these threads and no others; - in place of the
 *	                            list: about whichever. In a regex _ stands for a space. sure=no: confidence below 0.6;
 *	                            says: in the description
 *	cycle members=TID,TID… behind=N    each of these waits for the next, the last for the first
 *	verdict kind=K|K            as the report has it; "crash" where a signal from outside may be what is sure
 * Every other finding of a hang that is more than a notification is wrong, and so is every other cycle.
 * "process N": this process, a child, is to be dumped.
 * "named finding": only with names of functions.
 * A first comment "RUN a b" runs the program once for each argument; "LIB" builds it a second time as NAME.so.
 */
#ifndef HANG_H
#define HANG_H

#include "../wait/truth.h"

#include <errno.h>
#include <poll.h>
#include <semaphore.h>

#define BYSTANDERS 40

static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queue_filled = PTHREAD_COND_INITIALIZER;
static int queued;

static void *pool_worker(void *arg)
{
	pthread_mutex_lock(&queue_lock);
	while (queued == 0)
		pthread_cond_wait(&queue_filled, &queue_lock);
	pthread_mutex_unlock(&queue_lock);
	return arg;
}

static void *sleeper(void *arg)
{
	for (;;)
		nap(1000000);
	return arg;
}

static void *poller(void *arg)
{
	int ends[2];
	struct pollfd p[2];

	if (pipe(ends) != 0)
		abort();
	p[0] = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	p[1] = p[0];
	for (;;)
		poll(p, 2, -1);
	return arg;
}

static void *reader(void *arg)
{
	int ends[2];
	char c;

	if (pipe(ends) != 0)
		abort();
	while (read(ends[0], &c, 1) < 0)
		;
	return arg;
}

/* Threads that have nothing to do with it. */
static inline void bystanders(void)
{
	static void *(*const all[])(void *) = { pool_worker, sleeper, poller, reader };
	pthread_attr_t a;
	pthread_t t;

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 64 << 10);
	for (int i = 0; i < BYSTANDERS; i++)
		if (pthread_create(&t, &a, all[i % 4], NULL) != 0)
			abort();
}

/* "1,2,3" of the ids of threads; in one of four places by turns. */
static inline const char *ids(const int *tid, int n)
{
	static char text[4][512];
	static int turn;
	char *to = text[turn++ % 4], *at = to;

	*to = '\0';
	for (int i = 0; i < n; i++)
		at += sprintf(at, "%s%d", i ? "," : "", tid[i]);
	return to;
}

/* Wait until all have said who they are. */
static inline void until_all(const int *tid, int n)
{
	for (int i = 0; i < n; i++)
		until(&tid[i]);
}

/* One thread that says that it owns something, and then n that want it: n + 1 ids, the owner's first. */
static inline void begin_crowd(void *(*owner)(void *), void *(*follower)(void *), int *tid, int n)
{
	begin(owner, NULL);
	until(&tid[0]);
	for (int i = 1; i <= n; i++)
		begin(follower, &tid[i]);
	until_all(tid, n + 1);
}

#endif
