/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGSEGV rule=crash.access access=execute near="null pointer" function=go */
static void (*volatile hook)(void);

__attribute__((noinline)) static int go(void)
{
	hook();
	return 1;
}

int main(void)
{
	return go();
}
