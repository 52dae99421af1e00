/* SPDX-License-Identifier: Apache-2.0 */
/* RUN normal recursive */
/* A thread ended while it held a mutex; three wait for it. */
#include "hang.h"

static pthread_mutex_t m;
static int gone, tid[3];

static void *leave(void *arg)
{
	pthread_mutex_lock(&m);
	gone = own_tid();
	return arg;
}

static void *want(void *arg)
{
	*(int *)arg = own_tid();
	pthread_mutex_lock(&m);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	if (argc > 1 && argv[1][0] == 'r')
		pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&m, &a);
	bystanders();
	pthread_join(begin(leave, NULL), NULL);
	for (int i = 0; i < 3; i++)
		begin(want, &tid[i]);
	until_all(tid, 3);
	for (int i = 0; i < 3; i++)
		tell("wait tid=%d kind=pthread-mutex address=%p owner=- owner_tid=%d state=orphaned\n", tid[i], (void *)&m, gone);
	tell("finding rule=hang.lock-orphaned severity=error threads=%s title=^3_threads_wait sure=yes\n", ids(tid, 3));
	tell("verdict kind=hang\n");
	ready();
}
