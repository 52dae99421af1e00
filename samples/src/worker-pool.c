/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A healthy pool that seems to hang: sixteen workers wait for jobs, one of four writers holds the
 * journal's lock while it sleeps, and the other three wait for it. Dumped alive, with gcore.
 */
#define _GNU_SOURCE

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 16
#define WRITERS 4

static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queue_filled = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t journal_lock = PTHREAD_MUTEX_INITIALIZER;
static int queued;

__attribute__((noinline)) static int take_job(void)
{
	int job;

	pthread_mutex_lock(&queue_lock);
	while (queued == 0)
		pthread_cond_wait(&queue_filled, &queue_lock);
	job = queued--;
	pthread_mutex_unlock(&queue_lock);
	return job;
}

static void *worker(void *arg)
{
	(void)arg;
	while (take_job() >= 0)
		;
	return NULL;
}

__attribute__((noinline)) static void wait_for_disk(void)
{
	struct timespec day = { 86400, 0 };

	nanosleep(&day, NULL);
}

__attribute__((noinline)) static void write_journal(void)
{
	pthread_mutex_lock(&journal_lock);
	wait_for_disk();
	pthread_mutex_unlock(&journal_lock);
}

static void *writer(void *arg)
{
	(void)arg;
	for (;;)
		write_journal();
	return NULL;
}

int main(void)
{
	pthread_t threads[WORKERS + WRITERS];
	pthread_attr_t attr;
	char name[16];

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 128 * 1024); /* gcore saves stacks whole */
	for (int i = 0; i < WORKERS + WRITERS; i++) {
		if (pthread_create(&threads[i], &attr, i < WORKERS ? worker : writer, NULL) != 0)
			return 1;
		snprintf(name, sizeof(name), i < WORKERS ? "worker-%d" : "writer-%d",
			 i < WORKERS ? i + 1 : i - WORKERS + 1);
		pthread_setname_np(threads[i], name);
	}
	puts("ready");
	fflush(stdout);
	pthread_join(threads[0], NULL);
	return 0;
}
