/* SPDX-License-Identifier: Apache-2.0 */
/* raise is not abort. WANT name=SIGABRT rule=crash.raised title="process sent itself SIGABRT in go" function=go */
#include <signal.h>

__attribute__((noinline)) static void go(void)
{
	raise(SIGABRT);
	__asm__ volatile("");
}

int main(void)
{
	go();
	return 0;
}
