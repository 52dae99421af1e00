/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

int other(int x);
int other2(int x);

int other(int x)
{
	printf("%d\n", x);
	return x * 2;
}

static int only_here(int x)
{
	return other(x) + 1;
}

int other2(int x)
{
	return only_here(x) ^ 3;
}
