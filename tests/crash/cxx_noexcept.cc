/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.cpp-exception cpp_type=std::runtime_error cpp_what="through noexcept" function=thrower says="declared noexcept.*do not declare" */
#include <stdexcept>

__attribute__((noinline)) static void thrower(volatile int *p)
{
	if (*p)
		throw std::runtime_error("through noexcept");
}

__attribute__((noinline)) static void go(volatile int *p) noexcept
{
	thrower(p);
}

int main()
{
	volatile int p = 1;

	try {
		go(&p);
	} catch (...) {
	}
}
