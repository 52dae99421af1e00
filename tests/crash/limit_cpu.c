/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGXCPU rule=crash.limit title="limit of CPU time" unsaid="abort" */
#include <sys/resource.h>

int main(void)
{
	struct rlimit l = { 1, 2 };

	setrlimit(RLIMIT_CPU, &l);
	for (;;)
		__asm__ volatile("");
}
