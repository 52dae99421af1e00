/* SPDX-License-Identifier: Apache-2.0 */
/* The leaf that hits the guard is not in the recursion. WANT name=SIGSEGV rule=crash.stack-overflow title="stack overflowed in (first|second)" says="2 frames repeat (at least )?[0-9 ]+ times" function="first|second" */
#include <stddef.h>

static volatile int sink;

__attribute__((noinline)) static void leaf(int n)
{
	char big[3000];

	for (size_t i = 0; i < sizeof(big); i++)
		((volatile char *)big)[i] = (char)n;
	sink += big[n & 1023];
}

__attribute__((noinline)) static int second(int n);

__attribute__((noinline)) static int first(int n)
{
	leaf(n);
	return second(n + 1) + sink;
}

__attribute__((noinline)) static int second(int n)
{
	leaf(n);
	return first(n + 1) + sink;
}

int main(void)
{
	return first(1);
}
