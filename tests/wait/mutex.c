/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of mutex: held by one thread, wanted by others; one whose owner ended; one taken twice. */
#include "truth.h"

#include <errno.h>

static struct kind {
	int type, robust, protocol, shared, again; /* again: how often it is taken once more */
	pthread_mutex_t m;
} kinds[] = {
	{ .type = PTHREAD_MUTEX_NORMAL },
	{ .type = PTHREAD_MUTEX_RECURSIVE, .again = 2 },
	{ .type = PTHREAD_MUTEX_ERRORCHECK },
#ifdef __GLIBC__ /* an enumerator there, so not to be asked for by its name */
	{ .type = PTHREAD_MUTEX_ADAPTIVE_NP },
#endif
	{ .robust = 1 },
	{ .type = PTHREAD_MUTEX_RECURSIVE, .robust = 1, .again = 1 },
	{ .protocol = PTHREAD_PRIO_INHERIT },
	{ .robust = 1, .protocol = PTHREAD_PRIO_INHERIT },
	{ .shared = 1 },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int owner;

static void *hold(void *arg)
{
	for (size_t i = 0; i < KINDS; i++) {
		struct kind *k = &kinds[i];
		pthread_mutexattr_t a;

		pthread_mutexattr_init(&a);
		pthread_mutexattr_settype(&a, k->type);
		pthread_mutexattr_setrobust(&a, k->robust);
		pthread_mutexattr_setprotocol(&a, k->protocol);
		pthread_mutexattr_setpshared(&a, k->shared);
		pthread_mutex_init(&k->m, &a);
		for (int n = 0; n <= k->again; n++)
			pthread_mutex_lock(&k->m);
	}
	tell("wait tid=%d kind=signal\n", own_tid());
	owner = own_tid();
	for (;;)
		pause();
	return arg;
}

/* Nobody wants it: the list of robust mutexes tells of it. */
static void *hold_robust(void *arg)
{
	static pthread_mutex_t m[2];
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	for (int i = 0; i < 2; i++) {
		pthread_mutex_init(&m[i], &a);
		pthread_mutex_lock(&m[i]);
		tell("lock address=%p owner=%d kind=pthread-mutex\n", (void *)&m[i], own_tid());
	}
	for (;;)
		pause();
	return arg;
}

static void *want(void *arg)
{
	struct kind *k = arg;

	tell("wait tid=%d kind=pthread-mutex address=%p owner=%d state=held", own_tid(), (void *)&k->m, owner);
	if (k->type == PTHREAD_MUTEX_RECURSIVE)
		tell(" recursion=%d", k->again + 1);
	tell("\n");
	pthread_mutex_lock(&k->m);
	return NULL;
}

static void *want_for_an_hour(void *arg)
{
	struct kind *k = arg;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 3600;
	tell("wait tid=%d kind=pthread-mutex address=%p owner=%d text=until.20[0-9-]+.[0-9:]+.UTC\n", own_tid(), (void *)&k->m,
	     owner);
	pthread_mutex_timedlock(&k->m, &until);
	return NULL;
}

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER, twice = PTHREAD_MUTEX_INITIALIZER;
static int left_by;

static void *leave(void *arg)
{
	left_by = own_tid();
	pthread_mutex_lock(&left);
	return arg;
}

static void *want_left(void *arg)
{
	tell("wait tid=%d kind=pthread-mutex address=%p owner=- owner_tid=%d state=orphaned\n", own_tid(), (void *)&left,
	     left_by);
	pthread_mutex_lock(&left);
	return arg;
}

static void *take_twice(void *arg)
{
	pthread_mutex_lock(&twice);
	tell("wait tid=%d kind=pthread-mutex address=%p owner=%d state=held\n", own_tid(), (void *)&twice, own_tid());
	pthread_mutex_lock(&twice);
	return arg;
}

int main(void)
{
	begin(hold, NULL);
	until(&owner);
	for (size_t i = 0; i < KINDS; i++)
		begin(want, &kinds[i]);
	begin(want, &kinds[0]);
	begin(want_for_an_hour, &kinds[0]);
	pthread_join(begin(leave, NULL), NULL);
	begin(want_left, NULL);
	begin(take_twice, NULL);
	nap(100);
	begin(hold_robust, NULL);
	tell("wait tid=%d kind=sleep\n", own_tid());
	ready();
}
