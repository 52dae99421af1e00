/* SPDX-License-Identifier: Apache-2.0 */
/* RUN 2 3 5 kinds */
/* Threads that take the same mutexes in a circle, of one kind or of all; two more stand behind. */
#include "hang.h"

static pthread_mutex_t m[5];
static int n, kinds, tid[5], behind[2], holding;

static void make(int i)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	if (kinds && i == 1)
		pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
	if (kinds && i == 2)
		pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	if (kinds && i == 3)
		pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
	if (kinds && i == 4)
		pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&m[i], &a);
}

static void *member(void *arg)
{
	int i = (int)(long)arg;

	pthread_mutex_lock(&m[i]);
	__atomic_fetch_add(&holding, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&holding, __ATOMIC_SEQ_CST) < n)
		nap(1);
	tid[i] = own_tid();
	pthread_mutex_lock(&m[(i + 1) % n]);
	return arg;
}

static void *follower(void *arg)
{
	int i = (int)(long)arg;

	behind[i] = own_tid();
	pthread_mutex_lock(&m[i]);
	return arg;
}

int main(int argc, char **argv)
{
	bystanders();
	kinds = argc > 1 && argv[1][0] == 'k';
	n = kinds ? 5 : argc > 1 ? atoi(argv[1]) : 2;
	for (int i = 0; i < n; i++)
		make(i);
	for (long i = 0; i < n; i++)
		begin(member, (void *)i);
	until_all(tid, n);
	for (long i = 0; i < 2; i++)
		begin(follower, (void *)i);
	until_all(behind, 2);
	for (int i = 0; i < n; i++)
		tell("wait tid=%d kind=pthread-mutex address=%p owner=%d state=held\n", tid[i], (void *)&m[(i + 1) % n],
		     tid[(i + 1) % n]);
	for (int i = 0; i < 2; i++)
		tell("wait tid=%d kind=pthread-mutex address=%p owner=%d\n", behind[i], (void *)&m[i], tid[i]);
	tell("cycle members=%s behind=2\n", ids(tid, n));
	tell("finding rule=hang.deadlock severity=error threads=%s title=^Deadlock:_%d_threads sure=yes\n", ids(tid, n), n);
	tell("verdict kind=hang\n");
	ready();
}
