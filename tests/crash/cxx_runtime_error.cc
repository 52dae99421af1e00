/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.cpp-exception cpp_type=std::runtime_error cpp_what="the disk is full" function=go */
#include <stdexcept>

__attribute__((noinline)) static void go(volatile int *p)
{
	if (*p)
		throw std::runtime_error("the disk is full");
}

int main()
{
	volatile int p = 1;

	go(&p);
}
