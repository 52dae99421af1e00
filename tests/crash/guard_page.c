/* SPDX-License-Identifier: Apache-2.0 */
/* A wild write into another thread's guard is no stack overflow. */
/* WANT name=SIGSEGV rule=crash.access access=write function=go */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

__attribute__((noinline)) static void go(volatile char *p)
{
	*p = 1;
}

static void *start(void *arg)
{
	pause();
	return 0;
}

int main(void)
{
	pthread_t t;
	pthread_attr_t a;
	void *stack;
	size_t size;

	pthread_create(&t, 0, start, 0);
	usleep(50000);
	pthread_getattr_np(t, &a);
	pthread_attr_getstack(&a, &stack, &size);
	go((char *)stack - 100);
	return 0;
}
