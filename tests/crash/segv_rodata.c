/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGSEGV rule=crash.access access=write near="read-only" function=go title="write to read-only memory in go" unsaid="freed" */
static const int table[4] = { 1, 2, 3, 4 };

__attribute__((noinline)) static void go(volatile int *p)
{
	p[2] += 7;
}

int main(void)
{
	go((int *)table);
	return table[2];
}
