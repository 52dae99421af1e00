/* SPDX-License-Identifier: Apache-2.0 */
/* RUN few many pipe */
/* Who has the mutex sleeps, or reads from a pipe: a problem of its few waiters, or of the whole. */
#include "hang.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int tid[21];
static char how;

static void *owner(void *arg)
{
	pthread_mutex_lock(&m);
	tid[0] = own_tid();
	if (how == 'p')
		reader(arg);
	sleeper(arg);
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
	int n;

	how = argc > 1 ? argv[1][0] : 'f';
	n = how == 'm' ? 20 : 3;
	bystanders();
	begin_crowd(owner, follower, tid, n);
	for (int i = 1; i <= n; i++)
		tell("wait tid=%d kind=pthread-mutex address=%p owner=%d\n", tid[i], (void *)&m, tid[0]);
	tell("finding rule=hang.lock-owner-blocked severity=%s threads=%s title=^%d_threads_wait_behind.*%s sure=yes\n",
	     how == 'm' ? "error" : "warning", ids(tid, n + 1), n, how == 'p' ? "waits_for_a_file,_pipe" : "sleeps");
	if (how == 'm')
		tell("verdict kind=hang\n");
	ready();
}
