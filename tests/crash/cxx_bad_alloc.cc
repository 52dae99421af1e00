/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.out-of-memory cpp_type=std::bad_alloc function=go */
#include <cstddef>
#include <new>

static char *kept;

__attribute__((noinline)) static void go(volatile size_t *n)
{
	kept = static_cast<char *>(::operator new(*n));
	__asm__ volatile("");
}

int main()
{
	volatile size_t n = ~static_cast<size_t>(0) >> 2;

	go(&n);
	return kept[0];
}
