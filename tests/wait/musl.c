/* SPDX-License-Identifier: Apache-2.0 */
/* CC musl-gcc */
/* The objects of musl: those that store their owner and those that store nobody. */
#include "truth.h"

#include <semaphore.h>

static pthread_mutex_t mutexes[4];
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t written = PTHREAD_RWLOCK_INITIALIZER, read_by = PTHREAD_RWLOCK_INITIALIZER;
static sem_t semaphore;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_t target;
static int owner, target_tid;

static void *hold(void *arg)
{
	static const int types[] = { PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK,
				     PTHREAD_MUTEX_NORMAL };

	for (int i = 0; i < 4; i++) {
		pthread_mutexattr_t a;

		pthread_mutexattr_init(&a);
		pthread_mutexattr_settype(&a, types[i]);
		pthread_mutexattr_setrobust(&a, i == 3);
		pthread_mutex_init(&mutexes[i], &a);
		pthread_mutex_lock(&mutexes[i]);
		if (types[i] == PTHREAD_MUTEX_RECURSIVE)
			pthread_mutex_lock(&mutexes[i]);
	}
	pthread_rwlock_wrlock(&written);
	pthread_rwlock_rdlock(&read_by);
	owner = own_tid();
	for (;;)
		pause();
	return arg;
}

static void *lock(void *arg)
{
	if (arg == &mutexes[0])
		tell("wait tid=%d kind=pthread-mutex address=%p owner=- state=held\n", own_tid(), arg);
	else
		tell("wait tid=%d kind=pthread-mutex address=%p owner=%d state=held recursion=%s\n", own_tid(), arg, owner,
		     arg == &mutexes[1] ? "2" : "-");
	pthread_mutex_lock(arg);
	return arg;
}

static pthread_mutex_t of_cond = PTHREAD_MUTEX_INITIALIZER;
static void *wait_cond(void *arg)
{
	pthread_mutex_lock(&of_cond);
	tell("wait tid=%d kind=pthread-cond address=%p owner=-\n", own_tid(), arg);
	pthread_cond_wait(arg, &of_cond);
	return arg;
}

static void *read_it(void *arg)
{
	tell("wait tid=%d kind=pthread-rwlock address=%p owner=-\n", own_tid(), arg);
	pthread_rwlock_rdlock(arg);
	return arg;
}

static void *write_it(void *arg)
{
	tell("named tid=%d kind=pthread-rwlock address=%p owner=- count=1\n", own_tid(), arg);
	pthread_rwlock_wrlock(arg);
	return arg;
}

static void *wait_semaphore(void *arg)
{
	tell("named tid=%d kind=semaphore address=%p owner=-\n", own_tid(), arg);
	sem_wait(arg);
	return arg;
}

static void *wait_barrier(void *arg)
{
	tell("wait tid=%d kind=barrier address=%p owner=- max=3\n", own_tid(), arg);
	pthread_barrier_wait(arg);
	return arg;
}

static void run_for_ever(void)
{
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
	tell("wait tid=%d kind=pthread-once address=%p\n", own_tid(), arg);
	pthread_once(arg, run_for_ever);
	return arg;
}

static void *live(void *arg)
{
	target_tid = own_tid();
	for (;;)
		pause();
	return arg;
}

static void *join_it(void *arg)
{
	tell("wait tid=%d kind=pthread-join address=0x%lx owner=%d\n", own_tid(), (unsigned long)target, target_tid);
	pthread_join(target, NULL);
	return arg;
}

int main(void)
{
	sem_init(&semaphore, 0, 0);
	pthread_barrier_init(&barrier, NULL, 3);
	begin(hold, NULL);
	until(&owner);
	for (int i = 0; i < 4; i++)
		begin(lock, &mutexes[i]);
	begin(wait_cond, &cond);
	begin(wait_cond, &cond);
	begin(read_it, &written);
	begin(write_it, &read_by);
	begin(wait_semaphore, &semaphore);
	begin(wait_barrier, &barrier);
	begin(wait_barrier, &barrier);
	begin(run_once, &once);
	begin(wait_once, &once);
	target = begin(live, NULL);
	until(&target_tid);
	begin(join_it, NULL);
	ready();
}
