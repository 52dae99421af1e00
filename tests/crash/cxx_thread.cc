/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.terminate title="std::terminate was called in go" says="std::thread was destroyed" cpp_type=- function=go */
#include <thread>
#include <unistd.h>

static void wait_long()
{
	for (;;)
		pause();
}

struct holder {
	std::thread t;
	__attribute__((noinline)) ~holder() { }
};

__attribute__((noinline)) static void go()
{
	std::thread t(wait_long);
	__asm__ volatile("");
}

int main()
{
	go();
}
