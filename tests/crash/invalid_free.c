/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.heap-corruption message="invalid pointer" function=go title="that malloc never gave" */
#include <stdlib.h>

static void (*volatile release)(void *) = free;

__attribute__((noinline)) static void go(char *p)
{
	release(p + 8);
	__asm__ volatile("");
}

int main(void)
{
	go(malloc(40));
	return 0;
}
