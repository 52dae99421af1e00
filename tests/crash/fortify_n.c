/* SPDX-License-Identifier: Apache-2.0 */
/* FLAGS -O2 -D_FORTIFY_SOURCE=2 */
/* WANT name=SIGABRT rule=crash.abort title="format string with %n" unsaid="memcpy" function=go */
#include <stdio.h>
#include <string.h>

__attribute__((noinline)) static void go(const char *s)
{
	char format[16];
	int n;

	strncpy(format, s, sizeof(format));
	printf(format, &n);
}

int main(int argc, char **argv)
{
	go(argc > 5 ? argv[1] : "x%n");
	return 0;
}
