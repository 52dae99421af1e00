/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.abort message="stack smashing detected" function=go */
/* FLAGS -fstack-protector-all */
__attribute__((noinline)) static void go(volatile int n)
{
	volatile char room[16];

	for (int i = 0; i < n; i++)
		room[i] = 'a';
}

int main(void)
{
	go(40);
	return 0;
}
