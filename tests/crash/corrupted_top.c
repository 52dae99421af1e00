/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.heap-corruption message="corrupted top size" function=go title="heap is corrupt" */
#include <stdlib.h>
#include <string.h>

static void *(*volatile get)(size_t) = malloc;

__attribute__((noinline)) static void go(void)
{
	char *p = get(24);

	memset(p + 24, 0xff, 8);
	get(4096);
	__asm__ volatile("");
}

int main(void)
{
	go();
	return 0;
}
