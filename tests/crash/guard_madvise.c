/* SPDX-License-Identifier: Apache-2.0 */
/* A guard inside a mapping, as glibc makes them since 2.42: nothing is mapped there, says the kernel. */
/* WANT name=SIGSEGV rule=crash.access access=write near="guard" function=go */
#include <stdlib.h>
#include <sys/mman.h>

__attribute__((noinline)) static void go(volatile char *p)
{
	*p = 1;
}

int main(void)
{
	char *p = mmap(0, 0x10000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (madvise(p + 0x4000, 0x1000, 102 /* MADV_GUARD_INSTALL */))
		exit(0);
	go(p + 0x4010);
	return 0;
}
