/* SPDX-License-Identifier: Apache-2.0 */
/* Who has the mutex waits for a semaphore that only those behind the mutex would post: possible, and no more. */
#include "hang.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static sem_t s;
static int tid[3];

static void *owner(void *arg)
{
	pthread_mutex_lock(&m);
	tid[0] = own_tid();
	while (sem_wait(&s) != 0)
		;
	return arg;
}

static void *poster(void *arg)
{
	*(int *)arg = own_tid();
	pthread_mutex_lock(&m);
	sem_post(&s);
	return arg;
}

int main(void)
{
	bystanders();
	begin(owner, NULL);
	until(&tid[0]);
	begin(poster, &tid[1]);
	begin(poster, &tid[2]);
	until_all(tid, 3);
	tell("wait tid=%d kind=semaphore address=%p owner=- count=0\n", tid[0], (void *)&s);
	tell("wait tid=%d kind=pthread-mutex address=%p owner=%d\n", tid[1], (void *)&m, tid[0]);
	tell("wait tid=%d kind=pthread-mutex address=%p owner=%d\n", tid[2], (void *)&m, tid[0]);
	tell("finding rule=hang.deadlock severity=warning threads=%s title=^Possible_deadlock sure=no\n", ids(tid, 3));
	tell("verdict kind=hang|crash\n"); /* by a signal from outside, which is sure */
	ready();
}
