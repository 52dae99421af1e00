/* SPDX-License-Identifier: Apache-2.0 */
/* Condition variables: at rest, after many rounds, with a deadline, and a waiter that was let go but has no mutex yet. */
#include "truth.h"

static pthread_cond_t first = PTHREAD_COND_INITIALIZER, used = PTHREAD_COND_INITIALIZER, timed,
		      signalled = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, held = PTHREAD_MUTEX_INITIALIZER;
static int rounds, holder;

static void *wait_first(void *arg)
{
	pthread_mutex_lock(&mutex);
	tell("wait tid=%d kind=pthread-cond address=%p owner=- waiting=2 thread_state=waiting text=%p\n", own_tid(),
	     (void *)&first, (void *)&mutex);
	for (;;)
		pthread_cond_wait(&first, &mutex);
	return arg;
}

static void *wait_used(void *arg)
{
	pthread_mutex_lock(&mutex);
	tell("wait tid=%d kind=pthread-cond address=%p owner=-\n", own_tid(), (void *)&used);
	while (rounds < 1000)
		pthread_cond_wait(&used, &mutex);
	pthread_mutex_unlock(&mutex);
	return arg;
}

static void *wait_timed(void *arg)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 3600;
	pthread_mutex_lock(&mutex);
	tell("wait tid=%d kind=pthread-cond address=%p owner=- waiting=1 text=monotonic\n", own_tid(), (void *)&timed);
	for (;;)
		pthread_cond_timedwait(&timed, &mutex, &until);
	return arg;
}

/* It is told to go on while another thread holds the mutex: then that is what it waits for. */
static void *wait_signalled(void *arg)
{
	pthread_mutex_lock(&held);
	pthread_cond_wait(&signalled, &held);
	return arg;
}

static void *hold(void *arg)
{
	pthread_mutex_lock(&held);
	holder = own_tid();
	pthread_cond_signal(&signalled);
	for (;;)
		pause();
	return arg;
}

static int tid_of_signalled;
static void *tell_and_wait(void *arg)
{
	tid_of_signalled = own_tid();
	return wait_signalled(arg);
}

int main(void)
{
	pthread_condattr_t a;

	pthread_condattr_init(&a);
	pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
	pthread_cond_init(&timed, &a);
	begin(wait_first, NULL);
	begin(wait_first, NULL);
	begin(wait_timed, NULL);
	begin(tell_and_wait, NULL);
	until(&tid_of_signalled);
	nap(100);
	begin(hold, NULL);
	until(&holder);
	tell("wait tid=%d kind=pthread-mutex address=%p owner=%d state=held thread_state=blocked\n", tid_of_signalled,
	     (void *)&held, holder);
	for (int i = 0; i < 3; i++)
		begin(wait_used, NULL);
	for (int i = 0; i < 5; i++) {
		pthread_mutex_lock(&mutex);
		rounds++;
		pthread_cond_broadcast(&used);
		pthread_mutex_unlock(&mutex);
		nap(20);
	}
	ready();
}
