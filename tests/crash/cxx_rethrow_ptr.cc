/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.cpp-exception cpp_type=std::range_error cpp_what="kept" function=go */
#include <exception>
#include <stdexcept>

__attribute__((noinline)) static void go(std::exception_ptr e)
{
	std::rethrow_exception(e);
}

int main()
{
	std::exception_ptr e;

	try {
		throw std::range_error("kept");
	} catch (...) {
		e = std::current_exception();
	}
	go(e);
}
