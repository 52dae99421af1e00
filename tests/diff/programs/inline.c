/* SPDX-License-Identifier: Apache-2.0 */
/* Inlined calls three deep, a cold part, and (gcc) a function inside a function. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int other2(int x);

static inline __attribute__((always_inline)) int deep3(int a)
{
	return a * 7 + puts("x");
}

static inline __attribute__((always_inline)) int deep2(int a)
{
	int r = 0;

	for (int i = 0; i < a; i++) {
		if (i & 1)
			r += deep3(i);
		else
			r -= deep3(r);
	}
	return r;
}

static __attribute__((noinline)) int outer(int a)
{
	if (__builtin_expect(a == 1234567, 0)) {
		fprintf(stderr, "cold %d\n", a);
		abort();
	}
	return deep2(a) + deep3(a);
}

int main(int argc, char **argv)
{
	char b[32];

	strncpy(b, argv[0], sizeof(b) - 1);
	return outer(argc) + outer(b[0]) + other2(argc);
}
