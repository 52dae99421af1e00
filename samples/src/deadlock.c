/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bank that hangs: transfers lock the account they take from, then the one they give to. Two of them go in opposite
 * directions at the same moment, and from then on each holds what the other wants. More tellers come to the same
 * accounts and wait behind them; auditors, who wait for work, have no part in it. Dumped alive, with gcore.
 */
#define _GNU_SOURCE

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define AUDITORS 8

struct account {
	pthread_mutex_t lock;
	long balance;
};

struct order {
	struct account *from, *to;
	long amount;
	unsigned after; /* seconds */
};

static struct account savings = { PTHREAD_MUTEX_INITIALIZER, 900 }, current = { PTHREAD_MUTEX_INITIALIZER, 120 };
static pthread_mutex_t audit_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t audit_asked = PTHREAD_COND_INITIALIZER;
static int audits;

/* What makes the bad moment certain: it asks another office, with the first account locked. */
__attribute__((noinline)) static void ask_for_approval(void)
{
	sleep(1);
}

__attribute__((noinline)) static void transfer(const struct order *o)
{
	pthread_mutex_lock(&o->from->lock);
	ask_for_approval();
	pthread_mutex_lock(&o->to->lock);
	o->from->balance -= o->amount;
	o->to->balance += o->amount;
	pthread_mutex_unlock(&o->to->lock);
	pthread_mutex_unlock(&o->from->lock);
}

static void *teller(void *arg)
{
	const struct order *o = arg;

	sleep(o->after);
	transfer(o);
	return NULL;
}

static void *auditor(void *arg)
{
	pthread_mutex_lock(&audit_lock);
	while (audits == 0)
		pthread_cond_wait(&audit_asked, &audit_lock);
	pthread_mutex_unlock(&audit_lock);
	return arg;
}

int main(void)
{
	static const struct order orders[] = {
		{ &savings, &current, 50, 0 },
		{ &current, &savings, 20, 0 },
		{ &savings, &current, 10, 1 },
		{ &savings, &current, 15, 1 },
		{ &current, &savings, 5, 1 },
	};
	const size_t n = sizeof(orders) / sizeof(*orders);
	pthread_t threads[sizeof(orders) / sizeof(*orders)], other;
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 128 * 1024); /* gcore saves stacks whole */
	for (int i = 0; i < AUDITORS; i++)
		if (pthread_create(&other, &attr, auditor, NULL) != 0)
			return 1;
	for (size_t i = 0; i < n; i++)
		if (pthread_create(&threads[i], &attr, teller, (void *)&orders[i]) != 0)
			return 1;
	sleep(3);
	puts("ready");
	fflush(stdout);
	for (size_t i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
