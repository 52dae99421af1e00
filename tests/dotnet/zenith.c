/* SPDX-License-Identifier: Apache-2.0 */
/* The native library of check-dotnet's program. */
#include <pthread.h>
#include <unistd.h>

typedef int (*callback)(int n);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void zenith_wait(int n)
{
	while (n)
		pause();
}

int zenith_read(const int *p, int field)
{
	return p[field] + 1;
}

int zenith_call(callback c, int n)
{
	return c(n) + 1;
}

int zenith_locked(callback c, int n)
{
	int ret;

	pthread_mutex_lock(&mutex);
	ret = c(n);
	pthread_mutex_unlock(&mutex);
	return ret;
}

/* Called without leaving cooperative mode. */
int zenith_hold(int n)
{
	while (n)
		sleep(1000);
	return n;
}
