/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGSEGV rule=crash.stack-overflow function="even|odd" says="2 frames repeat" */
static int odd(volatile int *n);

__attribute__((noinline)) static int even(volatile int *n)
{
	volatile char room[200] = { 0 };

	++*n;
	return odd(n) + room[*n & 127];
}

__attribute__((noinline)) static int odd(volatile int *n)
{
	++*n;
	return even(n) + 1;
}

int main(void)
{
	volatile int n = 0;

	return even(&n);
}
