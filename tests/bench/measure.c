/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure COMMAND…: runs it without its output and prints wall seconds, cpu seconds, peak RSS in KB, status.
 * measure --private COMMAND…: the peak of private memory in KB, of it and its children together (what they share
 * since a fork counts once), looked at every half millisecond.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static pid_t run(char **argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

/* Anonymous memory of a process and those that it made. */
static long private_kb(pid_t pid)
{
	char name[64], line[256];
	long total = 0, child;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(name, "r");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, "Pss_Anon:", 9) == 0)
			total = strtol(line + 9, NULL, 10);
	fclose(f);
	snprintf(name, sizeof(name), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	f = fopen(name, "r");
	while (f && fscanf(f, "%ld", &child) == 1)
		total += private_kb((pid_t)child);
	if (f)
		fclose(f);
	return total;
}

static int measure_private(char **argv)
{
	pid_t pid = run(argv);
	long peak = 0;
	int status;

	while (pid > 0 && waitpid(pid, &status, WNOHANG) == 0) {
		long kb = private_kb(pid);

		if (kb > peak)
			peak = kb;
		nanosleep(&(struct timespec){ .tv_nsec = 500000 }, NULL);
	}
	printf("%ld\n", peak);
	return pid < 0 ? 70 : 0;
}

int main(int argc, char **argv)
{
	double begin = now();
	struct rusage u;
	int status;
	pid_t pid;

	if (argc < 2)
		return 64;
	if (strcmp(argv[1], "--private") == 0)
		return argc > 2 ? measure_private(argv + 2) : 64;
	pid = run(argv + 1);
	/* ru_maxrss of a child counts the largest of it and of its own children that it waited for. */
	if (pid < 0 || wait4(pid, &status, 0, &u) != pid)
		return 70;
	printf("%.4f %.4f %ld %d\n", now() - begin, seconds(u.ru_utime) + seconds(u.ru_stime), u.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
