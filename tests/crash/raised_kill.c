/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody called abort. WANT name=SIGSEGV rule=crash.raised title="process sent itself SIGSEGV in go" unsaid="on purpose" function=go */
#include <signal.h>
#include <unistd.h>

__attribute__((noinline)) static void go(void)
{
	kill(getpid(), SIGSEGV);
	pause();
}

int main(void)
{
	go();
	return 0;
}
