/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shop prices its orders in four threads. The last order is of a customer who was deleted meanwhile: the
 * look-up gives NULL, and an inlined function reads a field through it.
 */
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#define CUSTOMERS 10
#define ORDERS 12
#define WORKERS 4

struct customer {
	char name[24];
	int id;
	int discount; /* per cent */
};

struct order {
	int number, customer, cents;
};

static struct customer customers[CUSTOMERS];
static struct order orders[ORDERS];
static int taken;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;

__attribute__((noinline)) static struct customer *find_customer(int id)
{
	for (int i = 0; i < CUSTOMERS; i++)
		if (customers[i].id == id)
			return &customers[i];
	return NULL;
}

static inline int discount_of(const struct customer *c)
{
	return c->discount; /* the fault */
}

static inline int reduced(int cents, const struct customer *c)
{
	return cents - cents * discount_of(c) / 100;
}

__attribute__((noinline)) static int price_order(const struct order *o)
{
	const struct customer *c = find_customer(o->customer);

	return reduced(o->cents, c);
}

__attribute__((noinline)) static const struct order *take_order(void)
{
	const struct order *o;

	pthread_mutex_lock(&lock);
	while (taken == ORDERS)
		pthread_cond_wait(&more, &lock);
	o = &orders[taken++];
	pthread_mutex_unlock(&lock);
	return o;
}

static void *price_worker(void *arg)
{
	long *sum = arg;

	for (;;) {
		const struct order *o = take_order();

		if (o->number == ORDERS)
			usleep(300000); /* the last order comes late: the others wait by then */
		*sum += price_order(o);
	}
	return NULL;
}

int main(void)
{
	static long sums[WORKERS];
	pthread_t threads[WORKERS];
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	for (int i = 0; i < CUSTOMERS; i++) {
		snprintf(customers[i].name, sizeof(customers[i].name), "customer %d", i + 1);
		customers[i].id = i + 1;
		customers[i].discount = i;
	}
	for (int i = 0; i < ORDERS; i++)
		orders[i] = (struct order){ i + 1, i + 1 < ORDERS ? i % CUSTOMERS + 1 : 99, 1000 * i };
	for (int i = 0; i < WORKERS; i++)
		if (pthread_create(&threads[i], &attr, price_worker, &sums[i]) != 0)
			return 1;
	pthread_join(threads[0], NULL);
	return 0;
}
