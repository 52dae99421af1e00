/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGSEGV rule=crash.access access=execute title=".all to 0x1234, which is no code in go" near="first 64 KiB" unsaid="null" function=go */

__attribute__((noinline)) static int go(int (*f)(void))
{
	return f() + 1;
}

int main(void)
{
	volatile long n = 0x1234;

	return go((int (*)(void))n);
}
