/* SPDX-License-Identifier: Apache-2.0 */
/* FLAGS -rdynamic */
/* RUN once guard */
/*
 * Things that are done once: a function that asks for itself to have been done, and a static variable whose initialiser
 * wants a lock that its own thread has; others wait for the end of each.
 */
#include "hang.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int tid[3];

extern "C" void again(void)
{
	pthread_once(&once, again);
}

static void *by_once(void *arg)
{
	*(int *)arg = own_tid();
	pthread_once(&once, again);
	return arg;
}

struct setting {
	setting() { pthread_mutex_lock(&m); }
};

__attribute__((noinline)) setting &get(void)
{
	static setting s;

	return s;
}

static void *by_guard(void *arg)
{
	if (arg == &tid[0])
		pthread_mutex_lock(&m);
	*(int *)arg = own_tid();
	get();
	return arg;
}

int main(int argc, char **argv)
{
	bool guard = argc > 1 && argv[1][0] == 'g';

	bystanders();
	for (int i = 0; i < 3; i++)
		begin(guard ? by_guard : by_once, &tid[i]);
	until_all(tid, 3);
	for (int i = guard; i < 3; i++)
		tell("named tid=%d kind=%s owner=%d\n", tid[i], guard ? "futex" : "pthread-once", tid[0]);
	if (guard)
		tell("wait tid=%d kind=pthread-mutex address=%p owner=%d\n", tid[0], (void *)&m, tid[0]);
	tell("named finding rule=hang.deadlock severity=error threads=%d sure=yes\n", tid[0]);
	tell("named cycle members=%d behind=2\n", tid[0]);
	tell("%sverdict kind=hang\n", guard ? "" : "named ");
	ready();
}
