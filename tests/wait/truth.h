/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs of tests/wait/ say about themselves, for tests/e2e/waits.sh: one line a thread, then "ready".
 *	wait tid=N kind=K address=0xN owner=N     thread N waits, with kind and address as the report writes them
 * Further keys (state, recursion, count, max, timeout, text) are compared with the lock's or the wait's.
 * "named" instead of "wait": only the names of libc's functions tell it.
 * "none tid=N" is a thread that waits for nothing; "lock address=0xN owner=N" a lock nobody waits for.
 * gone=yes: a call that a stop ends; the thread may have ended with it.
 * A value of - means that the report must not have it.
 */
#ifndef TRUTH_H
#define TRUTH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline int own_tid(void)
{
	return (int)syscall(SYS_gettid);
}

/* By write(2), so that no lock of stdio's takes part. */
__attribute__((format(printf, 1, 2))) static inline void tell(const char *format, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (write(1, line, (size_t)n) != n)
		_exit(1);
}

static inline void nap(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) != 0)
		;
}

/* Begin a thread and give it time to block. */
static inline pthread_t begin(void *(*function)(void *), void *arg)
{
	pthread_t t;

	if (pthread_create(&t, NULL, function, arg) != 0)
		abort();
	nap(30);
	return t;
}

/* Wait until another thread has said that it holds what it is to hold. */
static inline void until(const int *set)
{
	while (__atomic_load_n(set, __ATOMIC_SEQ_CST) == 0)
		nap(1);
}

/* All is told: whoever dumps the process may. */
static inline void ready(void)
{
	nap(300);
	tell("ready\n");
	nap(100000);
	_exit(0);
}

#endif
