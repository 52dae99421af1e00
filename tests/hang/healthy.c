/* SPDX-License-Identifier: Apache-2.0 */
/* RUN pool pipeline queue contended */
/* AGAIN 3 */
/*
 * Programs that work: a pool that is given work, a pipeline of stages, producers and consumers with a full and an empty
 * queue, many threads that take one lock for a moment.
 */
#include "hang.h"

struct queue {
	pthread_mutex_t m;
	pthread_cond_t filled, emptied;
	int n;
};
static struct queue q[4];
static sem_t done;
static volatile unsigned long work;

static void compute(unsigned us)
{
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	do {
		work++;
		clock_gettime(CLOCK_MONOTONIC, &b);
	} while ((unsigned long)(b.tv_sec - a.tv_sec) * 1000000 + (unsigned long)(b.tv_nsec - a.tv_nsec) / 1000 < us);
}

static void put(struct queue *to)
{
	pthread_mutex_lock(&to->m);
	while (to->n >= 4)
		pthread_cond_wait(&to->emptied, &to->m);
	to->n++;
	pthread_cond_signal(&to->filled);
	pthread_mutex_unlock(&to->m);
}

static void take(struct queue *from)
{
	pthread_mutex_lock(&from->m);
	while (from->n == 0)
		pthread_cond_wait(&from->filled, &from->m);
	from->n--;
	pthread_cond_signal(&from->emptied);
	pthread_mutex_unlock(&from->m);
}

static void *consume(void *arg)
{
	for (;;) {
		take(arg);
		compute(200);
		sem_post(&done);
	}
	return arg;
}

static void *produce(void *arg)
{
	for (;;) {
		compute(100);
		put(arg);
		sem_wait(&done);
	}
	return arg;
}

static void *stage(void *arg)
{
	int i = (int)(long)arg;

	for (;;) {
		if (i > 0)
			take(&q[i - 1]);
		compute(100);
		if (i < 3)
			put(&q[i]);
		else
			nap(2);
	}
	return arg;
}

static void *contend(void *arg)
{
	for (;;) {
		pthread_mutex_lock(&q[0].m);
		compute(50);
		pthread_mutex_unlock(&q[0].m);
		nap(1 + (long)arg % 4);
	}
	return arg;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "pool";

	for (int i = 0; i < 4; i++) {
		pthread_mutex_init(&q[i].m, NULL);
		pthread_cond_init(&q[i].filled, NULL);
		pthread_cond_init(&q[i].emptied, NULL);
	}
	sem_init(&done, 0, 4);
	bystanders();
	if (strcmp(how, "contended") == 0)
		for (long i = 0; i < 8; i++)
			begin(contend, (void *)i);
	else if (strcmp(how, "pipeline") == 0)
		for (long i = 0; i < 4; i++)
			begin(stage, (void *)i);
	else {
		for (int i = 0; i < (how[0] == 'p' ? 8 : 3); i++)
			begin(consume, &q[0]);
		for (int i = 0; i < (how[0] == 'p' ? 1 : 3); i++)
			begin(produce, &q[0]);
	}
	tell("verdict kind=healthy|crash\n");
	ready();
}
