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

/* ---- a profiler that does nothing: every interface that is asked for is this one, every call succeeds */

typedef struct object {
	void *const *calls;
} object;

static int succeed(void)
{
	return 0;
}

static int query(object *self, const void *id, object **ret)
{
	(void)id;
	*ret = self;
	return 0;
}

static int count_one(void)
{
	return 1;
}

/* IUnknown, then more than ICorProfilerCallback11 has. */
static void *profiler_calls[160] = { (void *)query, (void *)count_one, (void *)count_one };
static object profiler = { profiler_calls };

static int create(object *self, void *outer, const void *id, object **ret)
{
	(void)self;
	(void)outer;
	(void)id;
	*ret = &profiler;
	return 0;
}

static void *const factory_calls[] = { (void *)query, (void *)count_one, (void *)count_one, (void *)create, (void *)succeed };

int DllGetClassObject(const void *class, const void *id, object **ret)
{
	static object factory = { factory_calls };

	(void)class;
	(void)id;
	for (unsigned i = 3; i < sizeof(profiler_calls) / sizeof(*profiler_calls); i++)
		profiler_calls[i] = (void *)succeed;
	*ret = &factory;
	return 0;
}
