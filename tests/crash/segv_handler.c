/* SPDX-License-Identifier: Apache-2.0 */
/* A handler that prints and raises again: the fault is below it. */
/* WANT name=SIGSEGV rule=crash.access access=read near="null [+] 0x20, or a small number" function=go */
#include <signal.h>
#include <unistd.h>

static void handler(int sig)
{
	static const char text[] = "crashed\n";

	(void)!write(2, text, sizeof(text) - 1);
	signal(sig, SIG_DFL);
	raise(sig);
}

__attribute__((noinline)) static int go(volatile int *p)
{
	return *p;
}

int main(void)
{
	int *volatile p = (int *)0x20; /* not known to the compiler */

	signal(SIGSEGV, handler);
	return go(p);
}
