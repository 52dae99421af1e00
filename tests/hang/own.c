/* SPDX-License-Identifier: Apache-2.0 */
/* RUN locks events */
/*
 * Locks of the program's own, in memory that looks like a mutex of the C library, and a counter of events that has come
 * to the id of a thread: nobody holds these, and nobody is gone.
 */
#include "hang.h"

#include <linux/futex.h>

static struct own {
	int word, flags, serial, users, kind, pad;
	long first, last;
} lock[3] = { { .serial = 3000001, .users = 3 }, { .serial = 12, .users = 1 }, { .users = 2 } };
static int events, id[6], thread;

static void wait_while(int *word, int value)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void *taker(void *arg)
{
	struct own *l = &lock[(int *)arg - id];

	*(int *)arg = own_tid();
	while (__atomic_exchange_n(&l->word, 2, __ATOMIC_ACQUIRE) != 0)
		wait_while(&l->word, 2);
	return arg;
}

static void *listener(void *arg)
{
	*(int *)arg = own_tid();
	for (;;)
		wait_while(&events, events);
	return arg;
}

static void *bystander(void *arg)
{
	thread = own_tid();
	return poller(arg);
}

int main(int argc, char **argv)
{
	int n = argc > 1 && argv[1][0] == 'l' ? 3 : 6;

	bystanders();
	begin(bystander, NULL);
	until(&thread);
	events = lock[2].serial = thread;
	for (int i = 0; i < 3; i++)
		lock[i].word = 2;
	for (int i = 0; i < n; i++)
		begin(n == 3 ? taker : listener, &id[i]);
	until_all(id, n);
	for (int i = 0; i < n; i++)
		tell(n == 3 ? "wait tid=%d kind=futex owner=- state=-\n" : "wait tid=%d kind=futex\n", id[i]);
	tell("verdict kind=healthy|crash\n");
	ready();
}
