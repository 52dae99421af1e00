/* SPDX-License-Identifier: Apache-2.0 */
/* Thrown while another is being handled: the new one kills. */
/* WANT name=SIGABRT rule=crash.cpp-exception cpp_type=std::length_error cpp_what="second" function=go */
#include <stdexcept>

__attribute__((noinline)) static void go(volatile int *p)
{
	try {
		if (*p)
			throw std::runtime_error("first");
	} catch (std::exception &) {
		throw std::length_error("second");
	}
}

int main()
{
	volatile int p = 1;

	go(&p);
}
