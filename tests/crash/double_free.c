/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.heap-corruption message="double free" function=go title=".emory was freed twice in go" unsaid="heap is corrupt" */
#include <stdlib.h>

static void (*volatile release)(void *) = free;

__attribute__((noinline)) static void go(void *p)
{
	release(p);
	release(p);
	__asm__ volatile("");
}

int main(void)
{
	go(malloc(40));
	return 0;
}
