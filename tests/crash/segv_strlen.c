/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGSEGV rule=crash.access access=read near="null .*0x" function=go */
#include <string.h>

static size_t (*volatile length)(const char *) = strlen;

__attribute__((noinline)) static size_t go(const char *s)
{
	return length(s) + 1;
}

int main(void)
{
	return (int)go((const char *)8);
}
