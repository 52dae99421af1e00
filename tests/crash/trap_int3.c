/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGTRAP rule=crash.breakpoint instruction=int3 function=go */
/* ONLY x86_64 i686 */
__attribute__((noinline)) static int go(volatile int *p)
{
	__asm__ volatile("int3");
	return *p;
}

int main(void)
{
	volatile int p = 1;

	return go(&p);
}
