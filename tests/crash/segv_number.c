/* SPDX-License-Identifier: Apache-2.0 */
/* An integer in a pointer is not null. WANT name=SIGSEGV rule=crash.access access=read title="small number was used as a pointer in go" near="first 64 KiB" unsaid="null pointer" function=go */

__attribute__((noinline)) static int go(int *p)
{
	return *p + 1;
}

int main(void)
{
	volatile long n = 0x1234;

	return go((int *)n);
}
