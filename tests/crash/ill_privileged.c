/* SPDX-License-Identifier: Apache-2.0 */
/* ONLY x86_64 */
/* WANT name=SIGSEGV rule=crash.illegal-instruction title="privileged instruction in go" unsaid="does not have" function=go */

__attribute__((noinline)) static void go(void)
{
	__asm__ volatile("cli");
}

int main(void)
{
	go();
	return 0;
}
