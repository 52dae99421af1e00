// SPDX-License-Identifier: Apache-2.0
// Dies with secrets in its exception message (or assertion), besides those of arguments and environment.
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <sys/prctl.h>

int main(int argc, char **argv)
{
	const char *how = getenv("DIE"), *message = getenv("MESSAGE");

	(void)argc;
	(void)argv;
	prctl(PR_SET_NAME, getenv("THREAD") ? getenv("THREAD") : "secrets");
	if (how && !strcmp(how, "throw"))
		throw std::runtime_error(message ? message : "no message");
	abort();
}
