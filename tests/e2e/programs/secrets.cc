// SPDX-License-Identifier: Apache-2.0
// Dies with secrets in its exception message (or assertion), besides those of arguments and environment.
#include <assert.h>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *how = getenv("DIE"), *message = getenv("MESSAGE");

	(void)argc;
	(void)argv;
	prctl(PR_SET_NAME, getenv("THREAD") ? getenv("THREAD") : "secrets");
	if (getenv("FILE")) { // a mapped file whose name is telling
		int fd = open(getenv("FILE"), O_RDWR | O_CREAT, 0600);

		if (fd >= 0 && ftruncate(fd, 4096) == 0)
			mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	}
#ifdef __GLIBC__
	if (how && !strcmp(how, "assert"))
		__assert_fail(message ? message : "no message", "secrets.cc", 1, "main");
#endif
	if (how && !strcmp(how, "throw"))
		throw std::runtime_error(message ? message : "no message");
	abort();
}
