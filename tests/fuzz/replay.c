/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of the fuzz targets without libFuzzer: see fuzz.h. */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/fuzz.h"

#define BATCH 500          /* inputs of one worker process */
#define INPUT_MAX (1 << 20)
#define SECONDS_MAX 1      /* of processor time, one input */
#define CHECK_MUTATIONS 400 /* in make check */

/* Shared with the worker, so that its parent knows what it died of. */
struct state {
	volatile uint64_t at;
	volatile bool done;
	volatile double slowest;
	volatile uint64_t slowest_at;
};

struct seeds {
	uint8_t **p;
	size_t *n;
	size_t count;
};

static struct state *state;

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=1024:detect_leaks=1";
}

static struct seeds all_seeds(void)
{
	struct seeds s = { 0 };

	for (unsigned i = 0;; i++) {
		size_t n;
		uint8_t *p = fuzz_seed(i, &n);

		if (!p)
			return s;
		s.p = realloc(s.p, (s.count + 1) * sizeof(*s.p));
		s.n = realloc(s.n, (s.count + 1) * sizeof(*s.n));
		s.p[s.count] = p;
		s.n[s.count++] = n;
	}
}

static void free_seeds(struct seeds *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->p[i]);
	free(s->p);
	free(s->n);
}

/* ---------------------------------------------------------------- mutation */

static uint64_t rng;

static uint64_t next(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

static size_t below(size_t n) { return n ? (size_t)(next() % n) : 0; }

/* Half of the time in the first pages, where headers, notes and tables are. */
static size_t somewhere(size_t n)
{
	size_t head = n < 8192 ? n : 8192;

	return next() & 1 ? below(head) : below(n);
}

static void put_number(uint8_t *p, size_t n)
{
	static const uint64_t numbers[] = {
		0, 1, 2, 3, 4, 7, 8, 16, 0x7f, 0x80, 0xff, 0x100, 0xfff, 0x1000, 0x7fff, 0x8000, 0xffff,
		0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffff,
		0x800000000000, 0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffffff0,
		0xffffffffffffffff,
	};
	unsigned size = 1u << below(4);
	size_t at = somewhere(n) & ~(size_t)(size - 1);
	uint64_t v = numbers[below(sizeof(numbers) / sizeof(numbers[0]))];

	if (at + size > n)
		return;
	if (next() % 4 == 0) { /* near what is there */
		uint64_t old = 0;

		memcpy(&old, p + at, size);
		v = old + next() % 9 - 4;
	}
	memcpy(p + at, &v, size);
}

static size_t mutate_once(uint8_t *p, size_t n, const struct seeds *s)
{
	size_t at, len, from;

	if (n < 16)
		return n;
	switch (below(8)) {
	case 0:
		at = somewhere(n);
		p[at] ^= (uint8_t)(1u << below(8));
		return n;
	case 1:
		p[somewhere(n)] = (uint8_t)next();
		return n;
	case 2:
	case 3:
	case 4:
		put_number(p, n);
		return n;
	case 5: /* copy a piece over another */
		len = 1 + below(64);
		at = somewhere(n);
		from = somewhere(n);
		if (at + len <= n && from + len <= n)
			memmove(p + at, p + from, len);
		return n;
	case 6: /* cut out a piece, or the end */
		at = somewhere(n);
		len = next() % 8 ? 1 + below(32) : n - at;
		if (at + len > n)
			len = n - at;
		memmove(p + at, p + at + len, n - at - len);
		return n - len;
	default: { /* a piece of another seed at the same place */
		size_t other = below(s->count);

		at = somewhere(n < s->n[other] ? n : s->n[other]);
		len = 1 + below(4096);
		if (at + len <= n && at + len <= s->n[other])
			memcpy(p + at, s->p[other] + at, len);
		return n;
	}
	}
}

/* Input number i, always the same one. The caller has INPUT_MAX bytes. */
static size_t make_input(const struct seeds *s, uint64_t seed, uint64_t i, uint8_t *p)
{
	size_t which, n, rounds;

	rng = (seed * 0x9e3779b97f4a7c15ULL) ^ (i * 0xbf58476d1ce4e5b9ULL) ^ 0x123456789abcdefULL;
	for (int k = 0; k < 8; k++)
		next();
	which = below(s->count);
	n = s->n[which] < INPUT_MAX ? s->n[which] : INPUT_MAX;
	memcpy(p, s->p[which], n);
	rounds = 1 + below(next() % 4 ? 4 : 32);
	for (size_t k = 0; k < rounds; k++)
		n = mutate_once(p, n, s);
	return n;
}

/* ---------------------------------------------------------------- running */

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run_one(const uint8_t *p, size_t n)
{
	/* An exact copy: a read beyond the end is seen by the sanitizer. */
	uint8_t *copy = malloc(n ? n : 1);
	struct itimerval limit = { .it_value = { .tv_sec = SECONDS_MAX } }, off = { 0 };
	double begin = cpu_seconds(), took;

	if (!copy)
		abort();
	memcpy(copy, p, n);
	setitimer(ITIMER_PROF, &limit, NULL);
	LLVMFuzzerTestOneInput(copy, n);
	setitimer(ITIMER_PROF, &off, NULL);
	took = cpu_seconds() - begin;
	if (took > state->slowest) {
		state->slowest = took;
		state->slowest_at = state->at;
	}
	free(copy);
}

static void save(const char *name, const uint8_t *p, size_t n)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, p, n) != (ssize_t)n)
		perror(name);
	if (fd >= 0)
		close(fd);
}

static void say_death(int status, uint64_t i)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
		printf("# input %llu took over %d s\n", (unsigned long long)i, SECONDS_MAX);
	else if (WIFSIGNALED(status))
		printf("# input %llu: %s\n", (unsigned long long)i, strsignal(WTERMSIG(status)));
	else
		printf("# input %llu, or one before it (leaks show at the end): exit status %d\n",
		       (unsigned long long)i, WEXITSTATUS(status));
}

/* fn(ctx, i) for i in [begin, end) in worker processes. Returns how many inputs killed theirs. */
static unsigned run_range(uint64_t begin, uint64_t end, void (*fn)(void *ctx, uint64_t i), void *ctx,
			  void (*dead)(void *ctx, uint64_t i))
{
	unsigned deaths = 0;

	while (begin < end && deaths < 20) {
		uint64_t stop = begin + BATCH < end ? begin + BATCH : end;
		int status;
		pid_t pid;

		fflush(stdout);
		state->done = false;
		state->at = begin;
		pid = fork();
		if (pid == 0) {
			for (uint64_t i = begin; i < stop; i++) {
				state->at = i;
				fn(ctx, i);
			}
			state->done = true;
			exit(0); /* leaks are looked for here */
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid) {
			perror("fork");
			return deaths + 1;
		}
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
			begin = stop;
			continue;
		}
		deaths++;
		say_death(status, state->at);
		dead(ctx, state->at);
		begin = state->done ? stop : state->at + 1;
	}
	return deaths;
}

struct work {
	struct seeds seeds;
	uint64_t seed;
	char **files;
	const char *name;
};

static void do_seed(void *ctx, uint64_t i)
{
	struct work *w = ctx;

	run_one(w->seeds.p[i], w->seeds.n[i]);
}

static void dead_seed(void *ctx, uint64_t i)
{
	struct work *w = ctx;
	char name[256];

	snprintf(name, sizeof(name), "%s-seed-%llu.bin", w->name, (unsigned long long)i);
	save(name, w->seeds.p[i], w->seeds.n[i]);
	printf("# kept as %s\n", name);
}

static uint8_t input[INPUT_MAX];

static void do_mutation(void *ctx, uint64_t i)
{
	struct work *w = ctx;

	run_one(input, make_input(&w->seeds, w->seed, i, input));
}

static void dead_mutation(void *ctx, uint64_t i)
{
	struct work *w = ctx;
	char name[256];

	snprintf(name, sizeof(name), "%s-%llu-%llu.bin", w->name, (unsigned long long)w->seed,
		 (unsigned long long)i);
	save(name, input, make_input(&w->seeds, w->seed, i, input));
	printf("# kept as %s\n", name);
}

static void do_file(void *ctx, uint64_t i)
{
	struct work *w = ctx;
	int fd = open(w->files[i], O_RDONLY);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) != 0) {
		perror(w->files[i]);
		exit(1);
	}
	p = st.st_size ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : (void *)"";
	close(fd);
	if (p == MAP_FAILED)
		exit(1);
	run_one(p, (size_t)st.st_size);
}

static void dead_file(void *ctx, uint64_t i)
{
	struct work *w = ctx;

	printf("# that is %s\n", w->files[i]);
}

static unsigned report(const char *what, uint64_t n, unsigned deaths, unsigned number)
{
	printf("%sok %u - %llu %s without a crash, a leak or %d s of processor time\n",
	       deaths ? "not " : "", number, (unsigned long long)n, what, SECONDS_MAX);
	printf("# the slowest took %.0f ms (input %llu)\n", state->slowest * 1000,
	       (unsigned long long)state->slowest_at);
	return deaths;
}

static int write_seeds(const struct seeds *s, const char *dir)
{
	char name[512];

	for (size_t i = 0; i < s->count; i++) {
		snprintf(name, sizeof(name), "%s/seed-%03zu", dir, i);
		save(name, s->p[i], s->n[i]);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct rlimit no_core = { 0, 0 };
	struct work w = { .seed = 1, .name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0] };
	unsigned bad = 0;

	setrlimit(RLIMIT_CORE, &no_core);
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (state == MAP_FAILED)
		return 70;
	w.seeds = all_seeds();
	if (argc > 2 && strcmp(argv[1], "--seeds") == 0) {
		write_seeds(&w.seeds, argv[2]);
	} else if (argc > 2 && strcmp(argv[1], "--mutate") == 0) {
		uint64_t n = strtoull(argv[2], NULL, 0);

		if (argc > 3)
			w.seed = strtoull(argv[3], NULL, 0);
		printf("1..1\n");
		bad = report("mutated inputs", n, run_range(0, n, do_mutation, &w, dead_mutation), 1);
	} else if (argc > 1) {
		w.files = argv + 1;
		printf("1..1\n");
		bad = report("files", (uint64_t)argc - 1,
			     run_range(0, (uint64_t)argc - 1, do_file, &w, dead_file), 1);
	} else {
		printf("1..2\n");
		bad = report("seeds", w.seeds.count, run_range(0, w.seeds.count, do_seed, &w, dead_seed), 1);
		bad += report("mutated inputs", CHECK_MUTATIONS,
			      run_range(0, CHECK_MUTATIONS, do_mutation, &w, dead_mutation), 2);
	}
	free_seeds(&w.seeds);
	return bad ? 1 : 0;
}
