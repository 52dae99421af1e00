/* SPDX-License-Identifier: Apache-2.0 */
/* abort() inside a handler: the exception was caught, and is not the cause. */
/* WANT name=SIGABRT rule=crash.abort cpp_type=- function=go */
#include <cstdlib>
#include <stdexcept>

__attribute__((noinline)) static void go(volatile int *p)
{
	try {
		if (*p)
			throw std::runtime_error("handled");
	} catch (std::exception &) {
		std::abort();
	}
}

int main()
{
	volatile int p = 1;

	go(&p);
}
