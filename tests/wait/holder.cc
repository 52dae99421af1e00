/* SPDX-License-Identifier: Apache-2.0 */
/* FLAGS -rdynamic */
/*
 * Threads that rest while they hold a mutex, by a guard and by a function that locks for its caller; and one that rests
 * without, whose id a mutex that nobody gave back names.
 */
#include "truth.h"

#include <mutex>
#include <thread>

struct queue {
	std::mutex m;
	int n = 0, ends[2];
	int holder = 0;
};

__attribute__((noinline)) void await_byte(queue *q)
{
	char c;

	while (read(q->ends[0], &c, 1) < 0)
		;
}

__attribute__((noinline)) void nap_inside(queue *q)
{
	std::lock_guard<std::mutex> g(q->m);

	q->holder = own_tid();
	nap(1000000);
	q->n++;
}

__attribute__((noinline)) void lock_for(queue *q)
{
	q->m.lock();
}

__attribute__((noinline)) void read_inside(queue *q)
{
	lock_for(q);
	q->holder = own_tid();
	await_byte(q);
	q->m.unlock();
}

__attribute__((noinline)) void add(queue *q)
{
	std::lock_guard<std::mutex> g(q->m);

	q->n++;
}

__attribute__((noinline)) void serve(queue *q)
{
	for (;;) {
		add(q);
		q->holder = own_tid();
		await_byte(q);
	}
}

/* The program forgets where they are, so that only one stack leads to each. */
__attribute__((noinline)) static void start(void (*function)(queue *), bool forge, const char *words)
{
	queue *q = new queue;

	if (pipe(q->ends) != 0)
		abort();
	std::thread(function, q).detach();
	until(&q->holder);
#ifdef __GLIBC__
	if (forge) {
		q->m.lock();
		q->m.native_handle()->__data.__owner = q->holder;
	}
#endif
	std::thread([q, words] {
		tell("named tid=%d kind=pthread-mutex address=%p owner=%d lock_text=%s\n", own_tid(), (void *)&q->m, q->holder,
		     words);
		add(q);
	}).detach();
	nap(50);
}

int main()
{
#ifdef __GLIBC__ /* musl's normal mutexes store no owner */
	start(nap_inside, false, "holds.the.lock's.address$");
	start(read_inside, false, "holds.the.lock's.address$");
	start(serve, true, "none.of.its.functions.has.taken.a.lock");
#endif
	ready();
}
