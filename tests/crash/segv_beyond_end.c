/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGSEGV rule=crash.access access=write near="beyond the end of|at the end of" function=go */
#include <string.h>
#include <sys/mman.h>

__attribute__((noinline)) static void go(char *p, size_t n)
{
	memset(p, 'x', n);
	__asm__ volatile("" : : "r"(p) : "memory");
}

int main(void)
{
	char *p = mmap((void *)0x300000000000, 0x10000, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	go(p, 0x20000);
	return 0;
}
