/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.abort function=go */
#include <stdlib.h>

__attribute__((noinline)) static void go(volatile int *p)
{
	if (*p)
		abort();
}

int main(void)
{
	volatile int p = 1;

	go(&p);
	return 0;
}
