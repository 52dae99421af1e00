/* SPDX-License-Identifier: Apache-2.0 */
/* A handler that has only the stack that is full: the kernel cannot call it, and tells no address of that. */
/* WANT name=SIGSEGV subcode=SI_KERNEL rule=crash.stack-overflow access=write near="guard page below the stack" function=down says="frame repeats" */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static void handler(int signo)
{
	_exit(signo);
}

__attribute__((noinline)) static int down(int n)
{
	return down(n + 1) + 1;
}

static void *start(void *arg)
{
	return (void *)(long)down(0);
}

int main(void)
{
	pthread_t t;

	signal(SIGSEGV, handler);
	pthread_create(&t, 0, start, 0);
	pthread_join(t, 0);
	return 0;
}
