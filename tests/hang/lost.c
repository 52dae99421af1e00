/* SPDX-License-Identifier: Apache-2.0 */
/* RUN alone holding */
/*
 * A wake-up that came before the wait: three threads wait on a condition variable that nobody signals. That is no
 * deadlock. "holding": one of them has another lock, for which two wait.
 */
#include "hang.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, other = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int tid[3], behind[2], holding;

static void *waiter(void *arg)
{
	int i = (int)(long)arg;

	if (i == 0 && holding)
		pthread_mutex_lock(&other);
	pthread_mutex_lock(&m);
	tid[i] = own_tid();
	for (;;)
		pthread_cond_wait(&c, &m);
	return arg;
}

static void *follower(void *arg)
{
	*(int *)arg = own_tid();
	pthread_mutex_lock(&other);
	return arg;
}

int main(int argc, char **argv)
{
	bystanders();
	holding = argc > 1 && argv[1][0] == 'h';
	pthread_cond_signal(&c);
	for (long i = 0; i < 3; i++)
		begin(waiter, (void *)i);
	until_all(tid, 3);
	for (int i = 0; i < 2 * holding; i++)
		begin(follower, &behind[i]);
	until_all(behind, 2 * holding);
	for (int i = 0; i < 3; i++)
		tell("wait tid=%d kind=pthread-cond address=%p owner=-\n", tid[i], (void *)&c);
	if (holding) {
		int all[] = { tid[0], behind[0], behind[1] };

		for (int i = 0; i < 2; i++)
			tell("wait tid=%d kind=pthread-mutex address=%p owner=%d\n", behind[i], (void *)&other, tid[0]);
		tell("finding rule=hang.lock-owner-blocked severity=warning threads=%s title=^2_threads_wait sure=yes\n",
		     ids(all, 3));
	} else {
		tell("verdict kind=healthy|crash\n");
	}
	ready();
}
