/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.abort message="buffer overflow detected" function=go */
/* FLAGS -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 */
#include <string.h>

static char to[8];

__attribute__((noinline)) static void go(const char *s)
{
	strcpy(to, s);
	__asm__ volatile("" : : "r"(to) : "memory");
}

int main(int argc, char **argv)
{
	char from[64];
	volatile int n = 40;

	memset(from, 'a', (size_t)n);
	from[n] = 0;
	go(from);
	return to[0];
}
