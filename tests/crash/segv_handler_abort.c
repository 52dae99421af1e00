/* SPDX-License-Identifier: Apache-2.0 */
/* A crash reporter that aborts: the fault is below it. WANT name=SIGABRT rule=crash.access access=write near="null [+] 0x20, or a small number" function=go title="its handler then aborted" says="got SIGSEGV .* its handler then aborted" */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void handler(int sig)
{
	static const char text[] = "crashed\n";

	(void)!write(2, text, sizeof(text) - 1);
	abort();
}

__attribute__((noinline)) static int go(volatile int *p)
{
	*p = 5;
	return *p;
}

int main(void)
{
	int *volatile p = (int *)0x20; /* not known to the compiler */

	signal(SIGSEGV, handler);
	return go(p);
}
