/* SPDX-License-Identifier: Apache-2.0 */
/* Undecorates the names on standard input, in the form of llvm-undname; names that fail are left out. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "symbol/undname.h"

int main(void)
{
	static char line[1 << 16];

	while (fgets(line, sizeof(line), stdin)) {
		struct da_arena *a = da_arena_new();
		char *text;

		line[strcspn(line, "\n")] = '\0';
		text = da_undecorate(a, line, DA_UNDNAME_FULL);
		printf("%s\n%s%s\n", line, text ? text : "", text ? "\n" : "");
		da_arena_free(a);
	}
	return 0;
}
