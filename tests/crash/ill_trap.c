/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGILL rule=crash.illegal-instruction instruction="ud2|udf|brk" function=go title="trap that the compiler put there" unsaid="newer CPU" */
/* ONLY x86_64 i686 */
__attribute__((noinline)) static int go(volatile int *p)
{
	if (*p)
		__builtin_trap();
	return 0;
}

int main(void)
{
	volatile int p = 1;

	return go(&p);
}
