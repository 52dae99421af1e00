/* SPDX-License-Identifier: Apache-2.0 */
/* RUN normal adaptive */
/* A thread takes a mutex again that it holds. */
#include "hang.h"

static pthread_mutex_t m;
static int tid, behind[2];

static void *twice(void *arg)
{
	pthread_mutex_lock(&m);
	tid = own_tid();
	pthread_mutex_lock(&m);
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
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
#ifdef __GLIBC__ /* an enumerator, no macro */
	if (argc > 1 && argv[1][0] == 'a')
		pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
	pthread_mutex_init(&m, &a);
	bystanders();
	begin(twice, NULL);
	until(&tid);
	begin(follower, &behind[0]);
	begin(follower, &behind[1]);
	until_all(behind, 2);
	tell("wait tid=%d kind=pthread-mutex address=%p owner=%d state=held\n", tid, (void *)&m, tid);
	for (int i = 0; i < 2; i++)
		tell("wait tid=%d kind=pthread-mutex address=%p owner=%d\n", behind[i], (void *)&m, tid);
	tell("cycle members=%d behind=2\n", tid);
	tell("finding rule=hang.deadlock severity=error threads=%d title=^Deadlock:.*holds_itself sure=yes "
	     "says=unless_another_thread_unlocks_it\n", tid);
	tell("verdict kind=hang\n");
	ready();
}
