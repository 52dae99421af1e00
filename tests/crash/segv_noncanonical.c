/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGSEGV rule=crash.access access=read near="non-canonical" function=go */
/* ONLY x86_64 */
__attribute__((noinline)) static int go(volatile int *p)
{
	return p[1];
}

int main(void)
{
	return go((int *)0x4242424242424242);
}
