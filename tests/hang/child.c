/* SPDX-License-Identifier: Apache-2.0 */
/* RUN alone holding */
/* A thread waits for a child; "holding": with a mutex, for which others wait. */
#include "hang.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int tid[3], holding;
static pid_t child;

static void *parent(void *arg)
{
	int status;

	if (holding)
		pthread_mutex_lock(&m);
	tid[0] = own_tid();
	waitpid(child, &status, 0);
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
	holding = argc > 1 && argv[1][0] == 'h';
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(1);
		close(2);
		sleeper(NULL);
	}
	bystanders();
	begin(parent, NULL);
	until(&tid[0]);
	for (int i = 1; i <= 2 * holding; i++)
		begin(follower, &tid[i]);
	until_all(tid, 1 + 2 * holding);
	tell("wait tid=%d kind=child owner=- text=%d\n", tid[0], (int)child);
	for (int i = 1; i <= 2 * holding; i++)
		tell("wait tid=%d kind=pthread-mutex address=%p owner=%d\n", tid[i], (void *)&m, tid[0]);
	tell("finding rule=hang.waiting-child severity=%s threads=%d\n", holding ? "warning" : "information", tid[0]);
	if (holding)
		tell("finding rule=hang.lock-owner-blocked severity=warning threads=%s title=^2_threads_wait_behind sure=yes\n",
		     ids(tid, 3));
	ready();
}
