/* SPDX-License-Identifier: Apache-2.0 */
/* One frame larger than the whole stack. WANT name=SIGSEGV rule=crash.stack-overflow function=go says="not full: one frame went" unsaid="is full" */
#include <string.h>

__attribute__((noinline)) static int go(volatile int *n)
{
	char room[32 << 20];

	memset(room, *n, sizeof(room));
	__asm__ volatile("" : : "r"(room) : "memory");
	return room[*n];
}

int main(void)
{
	volatile int n = 5;

	return go(&n);
}
