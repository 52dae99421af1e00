/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parser of nested lists calls itself once a level, in a thread with a small stack. A text of a
 * hundred thousand opening brackets takes it beyond the guard page.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static long parse_list(const char **p, int depth);

__attribute__((noinline)) static long parse_value(const char **p, int depth)
{
	volatile char token[96]; /* a buffer as parsers have */

	token[0] = **p;
	if (token[0] == '[')
		return parse_list(p, depth + 1) + token[0];
	++*p;
	return depth;
}

__attribute__((noinline)) static long parse_list(const char **p, int depth)
{
	long sum = 0;

	++*p;
	while (**p && **p != ']')
		sum += parse_value(p, depth);
	if (**p)
		++*p;
	return sum;
}

static void *parse_thread(void *arg)
{
	const char *p = arg;
	static long result;

	result = parse_value(&p, 0);
	return &result;
}

int main(void)
{
	static char text[100001];
	pthread_attr_t attr;
	pthread_t thread;

	memset(text, '[', sizeof(text) - 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	if (pthread_create(&thread, &attr, parse_thread, text) != 0)
		return EXIT_FAILURE;
	pthread_join(thread, NULL);
	return EXIT_SUCCESS;
}
