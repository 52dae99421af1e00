/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.cpp-exception cpp_type=int cpp_what=42 function=go says="Its value is 42\." unsaid="what.. says" */
__attribute__((noinline)) static void go(volatile int *p)
{
	if (*p)
		throw 42;
}

int main()
{
	volatile int p = 1;

	go(&p);
}
