/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGBUS rule=crash.access access=read function=go */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

__attribute__((noinline)) static int go(volatile char *p)
{
	return p[0x1800];
}

int main(void)
{
	char name[] = "./shrunkXXXXXX";
	int fd = mkstemp(name);
	char *p;

	(void)!ftruncate(fd, 0x4000);
	p = mmap(0, 0x4000, PROT_READ, MAP_SHARED, fd, 0);
	(void)!ftruncate(fd, 100);
	unlink(name);
	return go(p);
}
