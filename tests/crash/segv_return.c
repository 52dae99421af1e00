/* SPDX-License-Identifier: Apache-2.0 */
/* ONLY x86_64 */
/* WANT name=SIGSEGV rule=crash.access title="return to an address that is not code" says="return address on the stack was overwritten" */

__attribute__((noinline)) static void go(unsigned long v)
{
	__asm__ volatile("push %0; ret" : : "r"(v));
}

int main(void)
{
	volatile unsigned long v = 0x6161616161616161;

	go(v);
	return 0;
}
