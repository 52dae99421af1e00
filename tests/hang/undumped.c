/* SPDX-License-Identifier: Apache-2.0 */
/* RUN chain alone */
/*
 * A mutex in memory that no dump holds (MADV_DONTDUMP, core(5)). Two threads are deadlocked, and only one half of that is in
 * the dump; or some wait for that mutex, and nobody behind them. Who has it is unknown, and said to be.
 */
#include "hang.h"

#include <sys/mman.h>

static pthread_mutex_t seen = PTHREAD_MUTEX_INITIALIZER, *unseen;
static int tid[4];

static void *refresh(void *arg)
{
	pthread_mutex_lock(unseen);
	tid[0] = own_tid();
	if (arg)
		poller(NULL);
	until(&tid[1]); /* the other one has what is asked for next */
	pthread_mutex_lock(&seen);
	return arg;
}

static void *save(void *arg)
{
	pthread_mutex_lock(&seen);
	tid[1] = own_tid();
	pthread_mutex_lock(unseen);
	return arg;
}

static void *ask(void *arg)
{
	*(int *)arg = own_tid();
	pthread_mutex_lock(unseen);
	return arg;
}

int main(int argc, char **argv)
{
	int alone = argc > 1 && argv[1][0] == 'a';
	int *others = tid + 1;

	unseen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (unseen == MAP_FAILED || madvise(unseen, 4096, MADV_DONTDUMP) != 0)
		return 1;
	pthread_mutex_init(unseen, NULL);
	bystanders();
	begin(refresh, alone ? unseen : NULL);
	until(&tid[0]);
	if (alone) {
		for (int i = 0; i < 3; i++)
			begin(ask, &others[i]);
		until_all(others, 3);
		nap(50);
		for (int i = 0; i < 3; i++)
			tell("named tid=%d kind=pthread-mutex address=%p owner=-\n", others[i], (void *)unseen);
		tell("named finding rule=hang.owner-unknown severity=information threads=%s title=^3_threads_wait\n", ids(others, 3));
	} else {
		begin(save, NULL);
		until(&tid[1]);
		nap(200);
		tell("wait tid=%d kind=pthread-mutex address=%p owner=%d\n", tid[0], (void *)&seen, tid[1]);
		tell("named tid=%d kind=pthread-mutex address=%p owner=-\n", tid[1], (void *)unseen);
		tell("finding rule=hang.lock-owner-blocked severity=warning threads=%s title=^1_thread_waits_behind says=its_memory_is_not_in_"
		     "the_dump\n", ids(tid, 2));
	}
	ready();
}
