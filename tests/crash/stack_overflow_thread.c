/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGSEGV rule=crash.stack-overflow near="guard page below the stack" function=down says="frame repeats|frames repeat" */
#include <pthread.h>

__attribute__((noinline)) static int down(volatile int *n)
{
	volatile char room[300] = { 0 };

	++*n;
	return down(n) + room[*n & 127];
}

static void *start(void *arg)
{
	volatile int n = 0;

	return (void *)(long)down(&n);
}

int main(void)
{
	pthread_t t;

	pthread_create(&t, 0, start, 0);
	pthread_join(t, 0);
	return 0;
}
