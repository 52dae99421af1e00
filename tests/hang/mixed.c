/* SPDX-License-Identifier: Apache-2.0 */
/* A circle through a mutex, a read-write lock that is held for writing, and the end of a thread. */
#include "hang.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_t ends;
static int tid[3], read_behind, got_m, got_rw;

/* It has the mutex and wants to write. */
static void *first(void *arg)
{
	pthread_mutex_lock(&m);
	got_m = 1;
	until(&got_rw);
	tid[0] = own_tid();
	pthread_rwlock_wrlock(&rw);
	return arg;
}

/* It writes, and waits for the end of the third. */
static void *second(void *arg)
{
	pthread_rwlock_wrlock(&rw);
	got_rw = 1;
	until(&tid[2]);
	tid[1] = own_tid();
	pthread_join(ends, NULL);
	return arg;
}

static void *third(void *arg)
{
	until(&got_m);
	tid[2] = own_tid();
	pthread_mutex_lock(&m);
	return arg;
}

static void *want_to_read(void *arg)
{
	read_behind = own_tid();
	pthread_rwlock_rdlock(&rw);
	return arg;
}

int main(void)
{
	bystanders();
	begin(first, NULL);
	pthread_create(&ends, NULL, third, NULL);
	begin(second, NULL);
	until_all(tid, 3);
	begin(want_to_read, NULL);
	until(&read_behind);
	tell("wait tid=%d kind=pthread-rwlock address=%p owner=%d state=held\n", tid[0], (void *)&rw, tid[1]);
	tell("wait tid=%d kind=pthread-join owner=%d\n", tid[1], tid[2]);
	tell("wait tid=%d kind=pthread-mutex address=%p owner=%d state=held\n", tid[2], (void *)&m, tid[0]);
	tell("wait tid=%d kind=pthread-rwlock address=%p owner=%d\n", read_behind, (void *)&rw, tid[1]);
	tell("cycle members=%s behind=1\n", ids(tid, 3));
	tell("finding rule=hang.deadlock severity=error threads=%s title=^Deadlock:_3_threads sure=yes\n", ids(tid, 3));
	tell("verdict kind=hang\n");
	ready();
}
