/* SPDX-License-Identifier: Apache-2.0 */
/* As most crash reporters do it. */
/* WANT name=SIGSEGV rule=crash.access access=write near="null [+] 0x20, or a small number" function=go */
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static char room[65536];

static void handler(int sig, siginfo_t *info, void *context)
{
	static const char text[] = "crashed\n";

	(void)!write(2, text, sizeof(text) - 1);
	signal(sig, SIG_DFL);
	syscall(SYS_tgkill, getpid(), getpid(), sig);
}

__attribute__((noinline)) static int go(volatile int *p)
{
	*p = 5;
	return *p;
}

int main(void)
{
	stack_t s = { .ss_sp = room, .ss_size = sizeof(room) };
	struct sigaction a = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	int *volatile p = (int *)0x20; /* not known to the compiler */

	sigaltstack(&s, 0);
	sigaction(SIGSEGV, &a, 0);
	return go(p);
}
