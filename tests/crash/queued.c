/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.killed-from-outside message=- */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	pid_t me = getpid();

	if (fork() == 0) {
		union sigval v = { 0 };

		usleep(50000);
		sigqueue(me, SIGABRT, v);
		_exit(0);
	}
	for (;;)
		pause();
}
