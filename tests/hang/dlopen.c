/* SPDX-License-Identifier: Apache-2.0 */
/* LIB */
/* RUN join asleep */
/* FLAGS -ldl -rdynamic */
/*
 * The constructor of a library waits for a thread that loads one itself: the dynamic linker's lock and a join make a
 * circle. "asleep": the constructor waits for something else, and others want to load.
 */
#include "hang.h"

#include <dlfcn.h>

#ifdef LIB
extern void while_loading(void);

__attribute__((constructor)) static void construct(void)
{
	void (*f)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, "while_loading");

	if (f)
		f();
}
#else
static int tid[3], join;
static pthread_t t;

static void *load(void *arg)
{
	*(int *)arg = own_tid();
	dlopen("libresolv.so.2", RTLD_NOW);
	return arg;
}

__attribute__((visibility("default"))) void while_loading(void)
{
	tid[0] = own_tid();
	if (join)
		pthread_join(t, NULL);
	sleeper(NULL);
}

/* It begins when the constructor runs. */
static void *late(void *arg)
{
	until(&tid[0]);
	return load(arg);
}

static void *say(void *arg)
{
	until_all(tid, 3);
	for (int i = 1; i < 3; i++)
		tell("named tid=%d kind=loader owner=%d\n", tid[i], tid[0]);
	if (join) {
		tell("wait tid=%d kind=pthread-join owner=%d\n", tid[0], tid[1]);
		tell("named cycle members=%s behind=1\n", ids(tid, 2));
		tell("named finding rule=hang.deadlock severity=error threads=%s title=^Deadlock:_2_threads sure=yes\n",
		     ids(tid, 2));
	} else {
		tell("wait tid=%d kind=sleep\n", tid[0]);
		tell("named finding rule=hang.loader-lock severity=error threads=- title=while_it_holds_the_loader's_lock sure=yes\n");
	}
	tell("named verdict kind=hang\n");
	ready();
	return arg;
}

int main(int argc, char **argv)
{
	join = argc > 1 && argv[1][0] == 'j';
	bystanders();
	pthread_create(&t, NULL, late, &tid[1]);
	begin(late, &tid[2]);
	begin(say, NULL);
	dlopen("./dlopen.so", RTLD_NOW);
	return 0;
}
#endif
