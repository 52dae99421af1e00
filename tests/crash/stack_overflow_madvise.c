/* SPDX-License-Identifier: Apache-2.0 */
/* As above, below a thread's stack. */
/* WANT name=SIGSEGV rule=crash.stack-overflow near="guard page below the stack" function=down */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

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
	char *p = mmap(0, 0x100000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_t a;
	pthread_t t;

	if (madvise(p + 0x10000, 0x1000, 102 /* MADV_GUARD_INSTALL */))
		exit(0);
	pthread_attr_init(&a);
	pthread_attr_setstack(&a, p + 0x11000, 0x80000);
	pthread_create(&t, &a, start, 0);
	pthread_join(t, 0);
	return 0;
}
