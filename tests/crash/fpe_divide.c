/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGFPE rule=crash.arithmetic function=go title="divided by zero in go" says="divisor is 0\." unsaid="smallest" */
/* ONLY x86_64 i686 */
__attribute__((noinline)) static int go(volatile int *a, volatile int *b)
{
	return *a / *b;
}

int main(void)
{
	volatile int a = 7, b = 0;

	return go(&a, &b);
}
