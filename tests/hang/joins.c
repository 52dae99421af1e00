/* SPDX-License-Identifier: Apache-2.0 */
/* Three threads, each waits for the end of the next. */
#include "hang.h"

static pthread_t t[3];
static int tid[3], made;

static void *member(void *arg)
{
	int i = (int)(long)arg;

	until(&made);
	tid[i] = own_tid();
	pthread_join(t[(i + 1) % 3], NULL);
	return arg;
}

static void *say(void *arg)
{
	until_all(tid, 3);
	for (int i = 0; i < 3; i++)
		tell("wait tid=%d kind=pthread-join owner=%d\n", tid[i], tid[(i + 1) % 3]);
	tell("cycle members=%s behind=0\n", ids(tid, 3));
	tell("finding rule=hang.deadlock severity=error threads=%s title=^Deadlock:_3_threads sure=yes\n", ids(tid, 3));
	tell("verdict kind=hang\n");
	ready();
	return arg;
}

int main(void)
{
	bystanders();
	for (long i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, member, (void *)i);
	made = 1;
	until_all(tid, 3);
	begin(say, NULL);
	for (;;)
		pause();
}
