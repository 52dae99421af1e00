/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.abort message="Assertion .n == 3 && .*three.* failed" function=go */
#undef NDEBUG
#include <assert.h>

__attribute__((noinline)) static void go(volatile int *p)
{
	int n = *p;

	assert(n == 3 && "three");
}

int main(void)
{
	volatile int p = 1;

	go(&p);
	return 0;
}
