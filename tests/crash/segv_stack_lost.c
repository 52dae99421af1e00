/* SPDX-License-Identifier: Apache-2.0 */
/* ONLY x86_64 */
/* WANT name=SIGSEGV rule=crash.access title="stack pointer is destroyed" unsaid="null pointer" */

int main(void)
{
	__asm__ volatile("mov $0x100, %esp; push %rax");
	return 0;
}
