/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flips bytes of real dumps and draws the whole report of each, in one process and under the sanitizers
 * where they are on:
 *
 *	sweep RUNS SEED DUMP…   RUNS in all, spread over the dumps; the same ones for the same SEED
 *	sweep DUMP…             a few, seed 1
 *	sweep                   a few of the sample of .NET (make check; TAP)
 *
 * Most of a dump is read by nobody. So a first run finds the pages that are read, and changes fall into those
 * alone: a bit, a byte, a word that becomes another number, or a word of another place. A run may take SECONDS
 * of processor time. What dies is told by its dump and number; `sweep --write N SEED DUMP > FILE` makes it again.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "loader/loader.h"
#include "model/model.h"

enum { BATCH = 50, FEW = 40, DEATHS = 20, PLACES = 24, PAGE = 4096 };
#define SECONDS 10

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=4096:detect_leaks=1:allow_user_segv_handler=1";
}

/* Shared with the worker, so that its parent knows what it died of. */
struct state {
	volatile uint64_t at;
	volatile bool done;
	volatile double slowest;
	volatile uint64_t slowest_at;
	volatile uint64_t reports; /* that had something in them */
};

static struct state *state;

/* One dump: its bytes, private and writable, and the pages of it that a report reads. */
struct subject {
	const char *path;
	uint8_t *p;
	size_t n;
	uint32_t *pages, npages;
	struct da_dump *keeper; /* the arena that holds the mapping of the file */
};

/* ---------------------------------------------------------------- which pages are read */

static struct subject *watched;
static uint8_t *seen;

static void on_fault(int signo, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr - (uintptr_t)watched->p;

	(void)context;
	if (at >= watched->n) {
		signal(signo, SIG_DFL);
		return;
	}
	seen[at / PAGE] = 1;
	mprotect(watched->p + at / PAGE * PAGE, PAGE, PROT_READ | PROT_WRITE);
}

static void find_pages(struct subject *s)
{
	struct sigaction mine = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER }, old;
	size_t n = (s->n + PAGE - 1) / PAGE;
	const struct da_limits limits = da_limits_default;

	watched = s;
	seen = calloc(n, 1);
	s->pages = calloc(n, sizeof(*s->pages));
	if (!seen || !s->pages)
		abort();
	mprotect(s->p, s->n, PROT_NONE);
	sigaction(SIGSEGV, &mine, &old);
	(void)fuzz_pipeline(s->p, s->n, &limits);
	sigaction(SIGSEGV, &old, NULL);
	mprotect(s->p, s->n, PROT_READ | PROT_WRITE);
	for (size_t i = 0; i < n; i++)
		if (seen[i])
			s->pages[s->npages++] = (uint32_t)i;
	free(seen);
}

static bool open_subject(struct subject *s, const char *path)
{
	const char *tmpdir = getenv("TMPDIR");
	const struct da_unpack_options o = { .tmpdir = tmpdir ? tmpdir : "/tmp", .max_expand = da_limits_default.expand };
	const char *message = "";
	enum da_status status;

	s->path = path;
	s->keeper = da_dump_new(&da_limits_default, NULL);
	status = da_unpack(s->keeper, path, &o, &message);
	if (status != DA_OK || s->keeper->file.n == 0) {
		printf("# %s %s\n", path, message);
		return false;
	}
	s->n = s->keeper->file.n;
	s->p = mmap(NULL, s->n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (s->p == MAP_FAILED)
		return false;
	memcpy(s->p, s->keeper->file.p, s->n);
	find_pages(s);
	printf("# %s: %zu KiB, %u pages of %zu are read\n", path, s->n / 1024, s->npages, (s->n + PAGE - 1) / PAGE);
	return s->npages > 0;
}

/* ---------------------------------------------------------------- changes */

static uint64_t rng;

static uint64_t next(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

static size_t below(size_t n) { return n ? (size_t)(next() % n) : 0; }

static size_t somewhere(const struct subject *s)
{
	size_t at = (size_t)s->pages[below(s->npages)] * PAGE + (below(PAGE) & ~(size_t)7);

	return at + 8 <= s->n ? at : 0;
}

struct change {
	size_t at;
	uint8_t was[8];
};

static void change(const struct subject *s, struct change *c)
{
	static const uint64_t numbers[] = { 0, 1, 2, 8, 0x7f, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
					    0x7fffffffffff, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff };
	uint64_t v;

	c->at = somewhere(s);
	memcpy(c->was, s->p + c->at, sizeof(c->was));
	memcpy(&v, c->was, sizeof(v));
	switch (below(6)) {
	case 0:
		v ^= 1ULL << below(64);
		break;
	case 1:
		v ^= (next() & 0xff) << 8 * below(8);
		break;
	case 2:
		v = numbers[below(sizeof(numbers) / sizeof(numbers[0]))];
		break;
	case 3: /* half of the word */
		v = (v & 0xffffffff00000000) | (uint32_t)numbers[below(10)];
		break;
	case 4: /* near: another entry, an end that is a beginning */
		v += 8 * (next() % 33) - 128;
		break;
	default: /* a pointer to something else, or to itself: cycles */
		memcpy(&v, s->p + somewhere(s), sizeof(v));
	}
	memcpy(s->p + c->at, &v, sizeof(v));
}

static unsigned change_all(const struct subject *s, uint64_t seed, uint64_t i, struct change *c)
{
	unsigned n;

	rng = (seed * 0x9e3779b97f4a7c15ULL) ^ (i * 0xbf58476d1ce4e5b9ULL) ^ 0x123456789abcdefULL;
	for (int k = 0; k < 8; k++)
		next();
	n = 1 + (unsigned)below(next() % 4 ? 6 : PLACES);
	for (unsigned k = 0; k < n; k++)
		change(s, &c[k]);
	return n;
}

static void undo(const struct subject *s, const struct change *c, unsigned n)
{
	while (n-- > 0)
		memcpy(s->p + c[n].at, c[n].was, sizeof(c[n].was));
}

/* ---------------------------------------------------------------- runs */

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run_one(const struct subject *s, uint64_t seed, uint64_t i)
{
	const struct da_limits limits = da_limits_default;
	struct itimerval limit = { .it_value = { .tv_sec = SECONDS } }, off = { 0 };
	struct change c[PLACES];
	unsigned n = change_all(s, seed, i, c);
	double begin = cpu_seconds(), took;

	setitimer(ITIMER_PROF, &limit, NULL);
	state->reports += fuzz_pipeline(s->p, s->n, &limits) > 0;
	setitimer(ITIMER_PROF, &off, NULL);
	took = cpu_seconds() - begin;
	if (took > state->slowest) {
		state->slowest = took;
		state->slowest_at = i;
	}
	undo(s, c, n);
}

static void say_death(int status, uint64_t i)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
		printf("# run %llu took over %d s\n", (unsigned long long)i, SECONDS);
	else if (WIFSIGNALED(status))
		printf("# run %llu: %s\n", (unsigned long long)i, strsignal(WTERMSIG(status)));
	else
		printf("# run %llu, or one before it (leaks show at the end): exit status %d\n", (unsigned long long)i,
		       WEXITSTATUS(status));
}

/* Runs of one dump, in worker processes. Returns how many died. */
static unsigned sweep(const struct subject *s, uint64_t seed, uint64_t runs)
{
	unsigned deaths = 0;

	for (uint64_t i = 0; i < runs && deaths < DEATHS;) {
		uint64_t stop = i + BATCH < runs ? i + BATCH : runs;
		int status;
		pid_t pid;

		fflush(stdout);
		state->done = false;
		state->at = i;
		pid = fork();
		if (pid == 0) {
			for (; i < stop; i++) {
				state->at = i;
				run_one(s, seed, i);
			}
			state->done = true;
			exit(0); /* leaks are looked for here */
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			return deaths + 1;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
			i = stop;
			continue;
		}
		deaths++;
		say_death(status, state->at);
		i = state->done ? stop : state->at + 1;
	}
	return deaths;
}

/* The dump of one run, to standard output. */
static int write_one(const char *number, const char *seed, const char *path)
{
	struct subject s = { 0 };
	struct change c[PLACES];
	int out = dup(1);

	dup2(2, 1); /* for what open_subject says */
	if (!open_subject(&s, path))
		return 1;
	(void)change_all(&s, strtoull(seed, NULL, 0), strtoull(number, NULL, 0), c);
	for (size_t at = 0; at < s.n;) {
		ssize_t n = write(out, s.p + at, s.n - at);

		if (n <= 0)
			return 1;
		at += (size_t)n;
	}
	return 0;
}

static unsigned sweep_file(const char *path, uint64_t seed, uint64_t runs, unsigned number)
{
	struct subject s = { 0 };
	unsigned deaths = 1;

	state->slowest = 0;
	state->reports = 0;
	if (open_subject(&s, path)) {
		deaths = sweep(&s, seed, runs);
		munmap(s.p, s.n);
	}
	free(s.pages);
	da_dump_free(s.keeper);
	printf("%sok %u - %llu runs over %s without a crash, a leak or %d s of processor time\n", deaths ? "not " : "",
	       number, (unsigned long long)runs, strrchr(path, '/') ? strrchr(path, '/') + 1 : path, SECONDS);
	printf("# %llu reports; the slowest took %.0f ms (run %llu)\n", (unsigned long long)state->reports,
	       state->slowest * 1000, (unsigned long long)state->slowest_at);
	fflush(stdout);
	return deaths;
}

int main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir");
	char sample[4096];
	char *none[] = { sample };
	uint64_t runs = FEW, seed = 1;
	unsigned bad = 0;
	int first = 1;

	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (state == MAP_FAILED || setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 }) != 0)
		return 70;
	if (argc == 5 && strcmp(argv[1], "--write") == 0)
		return write_one(argv[2], argv[3], argv[4]);
	if (argc > 3 && strspn(argv[1], "0123456789") == strlen(argv[1])) {
		runs = strtoull(argv[1], NULL, 0) / (unsigned)(argc - 3);
		seed = strtoull(argv[2], NULL, 0);
		first = 3;
	}
	snprintf(sample, sizeof(sample), "%s/samples/deploy-runner.core.zst", top ? top : ".");
	if (first == argc) {
		argv = none;
		first = 0;
		argc = 1;
	}
	printf("1..%d\n", argc - first);
	for (int i = first; i < argc; i++)
		bad += sweep_file(argv[i], seed, runs, (unsigned)(i - first + 1));
	return bad ? 1 : 0;
}
