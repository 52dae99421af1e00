/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.cpp-exception cpp_type=std::out_of_range cpp_what="first" function=go */
#include <stdexcept>

__attribute__((noinline)) static void go(volatile int *p)
{
	try {
		if (*p)
			throw std::out_of_range("first");
	} catch (std::exception &) {
		++*p;
		throw;
	}
}

int main()
{
	volatile int p = 1;

	go(&p);
}
