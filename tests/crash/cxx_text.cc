/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.cpp-exception cpp_type="char const*" cpp_what="it went wrong" function=go says="Its text is: .it went wrong" */
__attribute__((noinline)) static void go(volatile int *p)
{
	if (*p)
		throw "it went wrong";
}

int main()
{
	volatile int p = 1;

	go(&p);
}
