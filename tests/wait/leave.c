/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Condition variables that their waiters do not leave. One who was woken stays in a handler of a signal: who signals next
 * must begin a new group, and waits for it where groups count who is in them (glibc 2.25 to 2.40), and the one after
 * that waits for the lock inside. And one that is ended while threads wait. What returns says nothing.
 */
#include "truth.h"

#include <signal.h>

static pthread_cond_t pinned = PTHREAD_COND_INITIALIZER, ended = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int handled, waiter, waiting;

struct act {
	int tid, returned;
	int (*does)(pthread_cond_t *);
	pthread_cond_t *to;
	const char *text;
};

static void handler(int sig)
{
	(void)sig;
	handled = 1;
	for (;;)
		pause();
}

static void *wait_pinned(void *arg)
{
	pthread_mutex_lock(&mutex);
	waiter = own_tid();
	pthread_cond_wait(&pinned, &mutex);
	return arg;
}

/* Until a thread that has the mutex waits: only then it is free. */
static void until_waits(int *tid)
{
	until(tid);
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
}

static void *wait_again(void *arg)
{
	pthread_mutex_lock(&mutex);
	waiting = own_tid();
	for (;;)
		pthread_cond_wait(arg, &mutex);
	return arg;
}

static void *act(void *arg)
{
	struct act *a = arg;

	a->tid = own_tid();
	a->does(a->to);
	a->returned = 1;
	return arg;
}

static void say(struct act *a)
{
	nap(200);
	if (!a->returned)
		tell("wait tid=%d kind=pthread-cond address=%p text=%s thread_state=waiting\n", a->tid, (void *)a->to, a->text);
}

int main(void)
{
	struct act woken = { .does = pthread_cond_signal, .to = &pinned };
	struct act next = { .does = pthread_cond_signal, .to = &pinned, .text = "have.not.left" };
	struct act after = { .does = pthread_cond_broadcast, .to = &pinned, .text = "lock.inside" };
	struct act end = { .does = pthread_cond_destroy, .to = &ended, .text = "to.be.ended" };
	pthread_t t;

	signal(SIGUSR1, handler);
	t = begin(wait_pinned, NULL);
	until_waits(&waiter);
	pthread_kill(t, SIGUSR1);
	until(&handled);
	tell("wait tid=%d kind=signal\n", waiter);
	begin(act, &woken);
	begin(wait_again, &pinned);
	until_waits(&waiting);
	tell("wait tid=%d kind=pthread-cond address=%p owner=-\n", waiting, (void *)&pinned);
	begin(act, &next);
	say(&next);
	begin(act, &after);
	say(&after);
	for (int i = 0; i < 2; i++) {
		waiting = 0;
		begin(wait_again, &ended);
		until_waits(&waiting);
		tell("wait tid=%d kind=pthread-cond address=%p owner=-\n", waiting, (void *)&ended);
	}
	begin(act, &end);
	say(&end);
	ready();
}
