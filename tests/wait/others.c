/* SPDX-License-Identifier: Apache-2.0 */
/* Semaphores, barriers, joins, once, C11's forms, own futexes, spinning. */
#include "truth.h"

#include <linux/futex.h>
#include <semaphore.h>
#include <threads.h>

static sem_t semaphore, timed;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_t target;
static int runner, target_tid, c11_owner;
static mtx_t c11, c11_of_cond;
static cnd_t c11_cond;
static unsigned word = 7, again = 9;

static void *wait_semaphore(void *arg)
{
	tell("wait tid=%d kind=semaphore address=%p owner=- waiting=2 thread_state=waiting\n", own_tid(), arg);
	sem_wait(arg);
	return arg;
}

static void *wait_timed(void *arg)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 3600;
	tell("wait tid=%d kind=semaphore address=%p owner=- waiting=1\n", own_tid(), arg);
	sem_timedwait(arg, &until);
	return arg;
}

static void *wait_barrier(void *arg)
{
	tell("wait tid=%d kind=barrier address=%p owner=- count=2 max=3\n", own_tid(), arg);
	pthread_barrier_wait(arg);
	return arg;
}

static void run_for_ever(void)
{
	runner = own_tid();
	for (;;)
		pause();
}

static void *run_once(void *arg)
{
	pthread_once(arg, run_for_ever);
	return arg;
}

static void *wait_once(void *arg)
{
	/* Without the names of libc nothing tells it from another word that is 1. */
	tell("named tid=%d kind=pthread-once address=%p owner=%d thread_state=blocked\n", own_tid(), arg, runner);
	pthread_once(arg, run_for_ever);
	return arg;
}

static void *live(void *arg)
{
	target_tid = own_tid();
	tell("wait tid=%d kind=signal thread_state=idle\n", own_tid());
	for (;;)
		pause();
	return arg;
}

static void *join_it(void *arg)
{
	tell("wait tid=%d kind=pthread-join address=0x%lx owner=%d thread_state=blocked\n", own_tid(),
	     (unsigned long)target, target_tid);
	pthread_join(target, NULL);
	return arg;
}

static void *hold_c11(void *arg)
{
	mtx_lock(&c11);
	c11_owner = own_tid();
	for (;;)
		pause();
	return arg;
}

static void *lock_c11(void *arg)
{
	tell("wait tid=%d kind=pthread-mutex address=%p owner=%d state=held\n", own_tid(), (void *)&c11, c11_owner);
	mtx_lock(&c11);
	return arg;
}

static void *wait_c11(void *arg)
{
	mtx_lock(&c11_of_cond);
	tell("wait tid=%d kind=pthread-cond address=%p owner=- waiting=1\n", own_tid(), (void *)&c11_cond);
	cnd_wait(&c11_cond, &c11_of_cond);
	return arg;
}

static void *wait_word(void *arg)
{
	tell("wait tid=%d kind=futex address=%p owner=- thread_state=waiting\n", own_tid(), (void *)&word);
	syscall(SYS_futex, &word, FUTEX_WAIT, 7, NULL, NULL, 0);
	return arg;
}

/* A relative timeout: after a stop the kernel goes on with it by restart_syscall. */
static void *wait_an_hour(void *arg)
{
	struct timespec t = { 3600, 5000 };

	tell("wait tid=%d kind=futex address=%p owner=- timeout=3600000005\n", own_tid(), (void *)&again);
	syscall(SYS_futex, &again, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 9, &t, NULL, 0);
	return arg;
}

static pthread_spinlock_t spin;
static void *turn(void *arg)
{
#if !defined(__x86_64__) /* elsewhere the argument is on the stack, or has left its register */
	tell("none tid=%d\n", own_tid());
#else
	tell("named tid=%d kind=spin address=%p owner=- thread_state=running\n", own_tid(), (void *)&spin);
#endif
	pthread_spin_lock(&spin);
	return arg;
}

int main(void)
{
	sem_init(&semaphore, 0, 0);
	sem_init(&timed, 0, 0);
	pthread_barrier_init(&barrier, NULL, 3);
	mtx_init(&c11, mtx_plain);
	mtx_init(&c11_of_cond, mtx_recursive);
	cnd_init(&c11_cond);
	begin(wait_semaphore, &semaphore);
	begin(wait_semaphore, &semaphore);
	begin(wait_timed, &timed);
	begin(wait_barrier, &barrier);
	begin(wait_barrier, &barrier);
	begin(run_once, &once);
	until(&runner);
	begin(wait_once, &once);
	target = begin(live, NULL);
	until(&target_tid);
	begin(join_it, NULL);
	begin(hold_c11, NULL);
	until(&c11_owner);
	begin(lock_c11, NULL);
	begin(wait_c11, NULL);
	begin(wait_word, NULL);
	begin(wait_an_hour, NULL);
	pthread_spin_init(&spin, 0);
	pthread_spin_lock(&spin);
	begin(turn, NULL);
	ready();
}
