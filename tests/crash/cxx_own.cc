/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.cpp-exception cpp_type=shop::out_of_stock cpp_what=- function=go */
namespace shop {
struct out_of_stock {
	int item;
};
}

__attribute__((noinline)) static void go(volatile int *p)
{
	if (*p)
		throw shop::out_of_stock{ 7 };
}

int main()
{
	volatile int p = 1;

	go(&p);
}
