/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGSEGV rule=crash.access access=execute near="segv_execute_data" function=go title="jump into data in go" unsaid="unloaded" */
static char data[64] = { 1 };
static void (*volatile hook)(void);

__attribute__((noinline)) static int go(void)
{
	hook();
	return 1;
}

int main(void)
{
	hook = (void (*)(void))data;
	return go();
}
