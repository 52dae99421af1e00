/* SPDX-License-Identifier: Apache-2.0 */
/* Two bases, the one with the text second. */
/* WANT name=SIGABRT rule=crash.cpp-exception cpp_type=shop::broken cpp_what="bad order" function=go */
#include <stdexcept>

namespace shop {
struct base {
	virtual ~base() {}
	long pad[3] = { 1, 2, 3 };
};
struct broken : base, std::logic_error {
	broken() : std::logic_error("bad order") {}
};
}

__attribute__((noinline)) static void go(volatile int *p)
{
	if (*p)
		throw shop::broken();
}

int main()
{
	volatile int p = 1;

	go(&p);
}
