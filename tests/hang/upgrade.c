/* SPDX-License-Identifier: Apache-2.0 */
/* RUN one two */
/*
 * Readers of a read-write lock that want to write as well wait for themselves, or for each other. The lock counts its
 * readers and does not name them, so a report may say no more than "possible".
 */
#include "hang.h"

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static int n, reading, tid[2];

static void *upgrade(void *arg)
{
	pthread_rwlock_rdlock(&rw);
	__atomic_fetch_add(&reading, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&reading, __ATOMIC_SEQ_CST) < n)
		nap(1);
	*(int *)arg = own_tid();
	pthread_rwlock_wrlock(&rw);
	return arg;
}

int main(int argc, char **argv)
{
	bystanders();
	n = argc > 1 && argv[1][0] == 't' ? 2 : 1;
	for (int i = 0; i < n; i++)
		begin(upgrade, &tid[i]);
	until_all(tid, n);
	for (int i = 0; i < n; i++)
		tell("wait tid=%d kind=pthread-rwlock address=%p owner=- state=held\n", tid[i], (void *)&rw);
	tell("finding rule=hang.deadlock severity=warning threads=%s title=^Possible_deadlock sure=no\n", ids(tid, n));
	ready();
}
