/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock of malloc's arena, held by a thread that a fault stopped inside malloc: the end of the heap was taken away
 * under it, and its signal handler does not return.
 */
#include "truth.h"

#include <malloc.h>
#include <signal.h>
#include <sys/mman.h>

static int holder;
static volatile int go;

static void stay(int signal)
{
	(void)signal;
	holder = own_tid();
	for (;;)
		pause();
}

static void *fault(void *arg)
{
	while (!go)
		nap(1);
	return malloc(80000);
}

static void *want(void *arg)
{
	while (!holder)
		nap(1);
	tell("wait tid=%d kind=malloc-arena thread_state=blocked\n", own_tid());
	tell("named tid=%d kind=malloc-arena owner=%d\n", own_tid(), holder);
	return malloc(5000);
}

int main(void)
{
	char *end;

	mallopt(M_ARENA_MAX, 1);
	signal(SIGSEGV, stay);
	begin(fault, NULL);
	begin(want, NULL);
	begin(want, NULL);
	end = sbrk(0);
	mprotect(end - 0x10000, 0x10000, PROT_NONE);
	go = 1;
	nap(100);
	ready();
}
