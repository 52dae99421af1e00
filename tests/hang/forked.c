/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that was forked while another thread of its parent held a mutex: the copy of it names a thread that never
 * was one of this process. The dump alone does not tell whether that is a copy's own or one that stayed behind.
 */
#include "hang.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int holder, tid[3];

static void *hold(void *arg)
{
	pthread_mutex_lock(&m);
	holder = own_tid();
	return sleeper(arg);
}

static void *want(void *arg)
{
	*(int *)arg = own_tid();
	pthread_mutex_lock(&m);
	return arg;
}

static void of_child(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < 3; i++)
		begin(want, &tid[i]);
	until_all(tid, 3);
	for (int i = 0; i < 3; i++)
		tell("wait tid=%d kind=pthread-mutex address=%p owner=- owner_tid=%d state=- lock_text=older.than.this.process\n",
		     tid[i], (void *)&m, holder);
	tell("finding rule=hang.owner-unknown severity=information threads=-\n");
	tell("verdict kind=unknown|crash\n");
	tell("process %d\n", (int)getpid());
	ready();
}

int main(void)
{
	pid_t child;

	begin(hold, NULL);
	until(&holder);
	child = fork();
	if (child == 0)
		of_child();
	waitpid(child, NULL, 0);
	return 0;
}
