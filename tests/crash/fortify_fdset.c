/* SPDX-License-Identifier: Apache-2.0 */
/* FLAGS -O2 -D_FORTIFY_SOURCE=2 */
/* WANT name=SIGABRT rule=crash.abort title="buffer overflow was stopped|too large for select" */
#include <sys/select.h>

__attribute__((noinline)) static void go(int fd)
{
	fd_set s;

	FD_ZERO(&s);
	FD_SET(fd, &s);
}

int main(void)
{
	volatile int fd = 2000;

	go(fd);
	return 0;
}
