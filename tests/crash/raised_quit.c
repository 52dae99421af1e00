/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGQUIT rule=crash.raised title="process sent itself SIGQUIT in go" function=go */
#include <signal.h>

__attribute__((noinline)) static void go(void)
{
	raise(SIGQUIT);
	__asm__ volatile("");
}

int main(void)
{
	go();
	return 0;
}
