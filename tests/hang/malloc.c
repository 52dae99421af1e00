/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread faults within malloc, where the end of the heap was taken away, and its handler sleeps: it has
 * the lock of the arena, for which three others wait.
 */
#include "hang.h"

#include <malloc.h>
#include <signal.h>
#include <sys/mman.h>

static int tid[4];

static void handler(int sig)
{
	(void)sig;
	tid[0] = own_tid();
	for (;;)
		nap(1000000);
}

static void *allocate(void *arg)
{
	volatile char *p = malloc(80000);

	*p = 1;
	return arg;
}

static void *follower(void *arg)
{
	volatile char *p;

	until(&tid[0]);
	*(int *)arg = own_tid();
	p = malloc(5000);
	*p = 1;
	return arg;
}


int main(void)
{
	struct sigaction a = { .sa_handler = handler };
	char *end;

	mallopt(M_ARENA_MAX, 1);
	sigaction(SIGSEGV, &a, NULL);
	bystanders();
	for (int i = 1; i < 4; i++)
		begin(follower, &tid[i]);
	end = sbrk(0);
	mprotect(end - 0x10000, 0x10000, PROT_NONE);
	begin(allocate, NULL);
	until_all(tid, 4);
	nap(50);
	for (int i = 1; i < 4; i++)
		tell("named tid=%d kind=malloc-arena owner=%d\n", tid[i], tid[0]);
	tell("named finding rule=hang.lock-owner-blocked severity=warning threads=%s title=^3_threads_wait_behind.*sleeps\n", ids(tid, 4));
	ready();
}
