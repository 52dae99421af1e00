/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGQUIT near=- access=- */
#include <signal.h>
#include <unistd.h>

int main(void)
{
	pid_t me = getpid();

	signal(SIGQUIT, SIG_DFL); /* shells start what runs in the background with it ignored */
	if (fork() == 0) {
		usleep(50000);
		kill(me, SIGQUIT);
		_exit(0);
	}
	sleep(10);
	return 0;
}
