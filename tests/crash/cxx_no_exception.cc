/* SPDX-License-Identifier: Apache-2.0 */
/* A thread object that still runs is destroyed: no exception. WANT name=SIGABRT cpp_type=- cpp_what=- rule=crash.terminate */
#include <thread>
#include <unistd.h>

int main()
{
	std::thread t([] { pause(); });
	usleep(20000);
}
