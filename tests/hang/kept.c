/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that had entered a recursive mutex twice waits for a condition variable, and so still has the mutex that those
 * who are to signal it want.
 */
#include "hang.h"

static pthread_mutex_t m;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int keeper, tid[3];

static void *keep(void *arg)
{
	pthread_mutex_lock(&m);
	pthread_mutex_lock(&m);
	keeper = own_tid();
	for (;;)
		pthread_cond_wait(&c, &m);
	return arg;
}

static void *want(void *arg)
{
	*(int *)arg = own_tid();
	pthread_mutex_lock(&m);
	pthread_cond_signal(&c);
	pthread_mutex_unlock(&m);
	return arg;
}

int main(void)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&m, &a);
	begin(keep, NULL);
	until(&keeper);
	for (int i = 0; i < 3; i++)
		begin(want, &tid[i]);
	until_all(tid, 3);
	for (int i = 0; i < 3; i++)
		tell("wait tid=%d kind=pthread-mutex address=%p owner=%d recursion=1\n", tid[i], (void *)&m, keeper);
	tell("wait tid=%d kind=pthread-cond address=%p\n", keeper, (void *)&c);
	tell("finding rule=hang.lock-owner-blocked severity=error threads=- sure=yes\n");
	tell("verdict kind=hang\n");
	ready();
}
