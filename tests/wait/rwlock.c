/* SPDX-License-Identifier: Apache-2.0 */
/* Read-write locks: held by a writer, by readers, and by a reader that wants to write too. */
#include "truth.h"

static pthread_rwlock_t written = PTHREAD_RWLOCK_INITIALIZER, read_by = PTHREAD_RWLOCK_INITIALIZER,
			upgraded = PTHREAD_RWLOCK_INITIALIZER, left = PTHREAD_RWLOCK_INITIALIZER;
static int owner, left_by, reads;

static void *hold(void *arg)
{
	pthread_rwlock_wrlock(&written);
	pthread_rwlock_rdlock(&read_by);
	owner = own_tid();
	for (;;)
		pause();
	return arg;
}

static void *hold_for_reading(void *arg)
{
	pthread_rwlock_rdlock(&read_by);
	reads = own_tid();
	for (;;)
		pause();
	return arg;
}

static void *read_it(void *arg)
{
	tell("wait tid=%d kind=pthread-rwlock address=%p owner=%d state=held thread_state=blocked\n", own_tid(), arg,
	     owner);
	pthread_rwlock_rdlock(arg);
	return arg;
}

static void *write_it(void *arg)
{
	tell("wait tid=%d kind=pthread-rwlock address=%p owner=%d state=held\n", own_tid(), arg, owner);
	pthread_rwlock_wrlock(arg);
	return arg;
}

static void *write_behind_readers(void *arg)
{
	tell("wait tid=%d kind=pthread-rwlock address=%p owner=- state=held count=2 lock_text=readers\n", own_tid(), arg);
	pthread_rwlock_wrlock(arg);
	return arg;
}

static void *upgrade(void *arg)
{
	pthread_rwlock_rdlock(arg);
	tell("wait tid=%d kind=pthread-rwlock address=%p owner=- state=held count=1\n", own_tid(), arg);
	pthread_rwlock_wrlock(arg);
	return arg;
}

static void *write_for_an_hour(void *arg)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 3600;
	tell("wait tid=%d kind=pthread-rwlock address=%p owner=%d\n", own_tid(), arg, owner);
	pthread_rwlock_timedwrlock(arg, &until);
	return arg;
}

static void *leave(void *arg)
{
	left_by = own_tid();
	pthread_rwlock_wrlock(&left);
	return arg;
}

static void *want_left(void *arg)
{
	tell("wait tid=%d kind=pthread-rwlock address=%p owner=- owner_tid=%d state=orphaned\n", own_tid(), arg, left_by);
	pthread_rwlock_rdlock(arg);
	return arg;
}

int main(void)
{
	begin(hold, NULL);
	begin(hold_for_reading, NULL);
	until(&owner);
	until(&reads);
	begin(read_it, &written);
	begin(write_it, &written);
	begin(write_for_an_hour, &written);
	begin(read_it, &written);
	begin(write_behind_readers, &read_by);
	begin(upgrade, &upgraded);
	pthread_join(begin(leave, NULL), NULL);
	begin(want_left, &left);
	ready();
}
