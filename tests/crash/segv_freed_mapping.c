/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGSEGV rule=crash.access access=read near="in no mapping" function=go */
#include <sys/mman.h>

__attribute__((noinline)) static int go(volatile int *p)
{
	return *p;
}

int main(void)
{
	char *p = mmap((void *)0x300000000000, 1 << 20, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	munmap(p, 1 << 20);
	return go((int *)(p + 4096));
}
