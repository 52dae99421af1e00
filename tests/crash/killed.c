/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGSEGV rule=crash.killed-from-outside near=- access=- */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	pid_t me = getpid();

	if (fork() == 0) {
		usleep(50000);
		kill(me, SIGSEGV);
		_exit(0);
	}
	for (;;)
		pause();
}
