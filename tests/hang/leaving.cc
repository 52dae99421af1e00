/* SPDX-License-Identifier: Apache-2.0 */
/* The main function returns; the destructor of a static object waits for a thread that waits for work. */
#include "hang.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int tid;
static pthread_t t;

static void *worker(void *arg)
{
	tid = own_tid();
	pthread_mutex_lock(&m);
	for (;;)
		pthread_cond_wait(&c, &m);
	return arg;
}

struct service {
	~service() { pthread_join(t, NULL); }
};

static void *say(void *arg)
{
	ready();
	return arg;
}

int main()
{
	static service s;

	bystanders();
	t = begin(worker, NULL);
	until(&tid);
	tell("wait tid=%d kind=pthread-join owner=%d\n", (int)getpid(), tid);
	tell("wait tid=%d kind=pthread-cond address=%p\n", tid, (void *)&c);
	tell("named finding rule=hang.exit-stuck severity=warning threads=%d title=inside_of_exit sure=yes\n", (int)getpid());
	begin(say, NULL);
	return 0;
}
