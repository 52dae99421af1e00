/* SPDX-License-Identifier: Apache-2.0 */
/* RUN few many */
/* Who has the mutex computes: with few behind it that is ordinary, and with many, worth knowing; one dump tells no more. */
#include "hang.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int tid[21];
static volatile unsigned long work;

static void *owner(void *arg)
{
	pthread_mutex_lock(&m);
	__atomic_store_n(&tid[0], own_tid(), __ATOMIC_SEQ_CST); /* a plain one is dropped before a loop that never ends */
	for (;;)
		work++;
	return arg;
}

static void *follower(void *arg)
{
	*(int *)arg = own_tid();
	pthread_mutex_lock(&m);
	return arg;
}

int main(int argc, char **argv)
{
	int n = argc > 1 && argv[1][0] == 'm' ? 20 : 3;

	bystanders();
	begin_crowd(owner, follower, tid, n);
	tell("none tid=%d\n", tid[0]);
	for (int i = 1; i <= n; i++)
		tell("wait tid=%d kind=pthread-mutex address=%p owner=%d\n", tid[i], (void *)&m, tid[0]);
	if (n == 20)
		tell("finding rule=hang.lock-owner-running severity=information threads=%s title=^20_threads_wait_behind sure=yes\n",
		     ids(tid, n + 1));
	tell("verdict kind=healthy|crash\n");
	ready();
}
