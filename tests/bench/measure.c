/* SPDX-License-Identifier: Apache-2.0 */
/* measure COMMAND…: runs it without its output and prints wall seconds, cpu seconds, peak RSS in KB, status. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	double begin = now();
	struct rusage u;
	int status, null;
	pid_t pid;

	if (argc < 2)
		return 64;
	pid = fork();
	if (pid == 0) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	/* ru_maxrss of a child counts the largest of it and of its own children that it waited for. */
	if (pid < 0 || wait4(pid, &status, 0, &u) != pid)
		return 70;
	printf("%.4f %.4f %ld %d\n", now() - begin, seconds(u.ru_utime) + seconds(u.ru_stime), u.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
