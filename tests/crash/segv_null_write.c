/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGSEGV rule=crash.access access=write near="null pointer" function=go */
__attribute__((noinline)) static void go(volatile long *p)
{
	*p = 5;
}

int main(void)
{
	go(0);
	return 0;
}
