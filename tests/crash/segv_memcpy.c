/* SPDX-License-Identifier: Apache-2.0 */
/* A fault inside memcpy is its caller's. */
/* WANT name=SIGSEGV rule=crash.access access=read near="null pointer" function=go title=".ead through a null pointer in go" unsaid="field" */
#include <string.h>

static char to[4096];

__attribute__((noinline)) static void go(const char *from, size_t n)
{
	memcpy(to, from, n);
	__asm__ volatile("" : : "r"(to) : "memory");
}

int main(int argc, char **argv)
{
	go((char *)0 + (argc - 1), 3000);
	return to[5];
}
