/* SPDX-License-Identifier: Apache-2.0 */
/*
 * victim CASE: dies in a way that is hard on unwinders. Before that it prints which functions stand
 * on its stack, innermost first, one a line: what a reader of its core must find, in this order.
 * A "?" stands for an address in no function, "others:" is the same for the other threads. Without
 * CASE it prints the names of all but "waiting", which lives on.
 */
#define _GNU_SOURCE
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KEEP __attribute__((noinline, noclone, used))
#define CASE(n) static KEEP int n(volatile int x)

static volatile int sink;
static int *volatile null;
static void say(const char *functions)
{
	for (const char *p = functions; *p; p++)
		putchar(*p == ' ' ? '\n' : *p);
	putchar('\n');
	fflush(stdout);
}

/* ---- a plain chain */

CASE(chain3) { sink = *null + x; return sink; }
CASE(chain2) { int r = chain3(x + 1); return r + sink; }
CASE(chain1) { int r = chain2(x + 1); return r * 3 + sink; }
static KEEP int chain(void) { say("chain3 chain2 chain1 chain main"); return chain1(1) + sink; }

/* ---- many arguments, saved registers, alloca */

static KEEP long wide3(long a, long b, long c, long e, long f, long g, long h, long i)
{
	return *null + a + b + c + e + f + g + h + i;
}
static KEEP long wide2(int n)
{
	volatile char *p = alloca((size_t)n * 16 + 32);
	long r;

	p[0] = 1;
	r = wide3(1, 2, 3, 4, 5, 6, n, p[0]);
	return r + p[0];
}
static KEEP long wide1(int n)
{
	long a = sink, b = sink + 1, c = sink + 2, e = sink + 3, f = sink + 4;
	long r = wide2(n + 7);

	return r + a * b + c * e + f;
}
static KEEP int wide(void) { say("wide3 wide2 wide1 wide main"); return (int)wide1(5) + sink; }

/* ---- a large frame */

CASE(large2) { sink = *null; return x; }
static KEEP int large1(int x)
{
	volatile char buf[70000];

	memset((void *)buf, x, sizeof(buf));
	return large2(x) + buf[x];
}
static KEEP int large(void) { say("large2 large1 large main"); return large1(1) + sink; }

/* ---- calls of nothing */

typedef int fn(int);
static fn *volatile bad;

CASE(jump1) { int r = bad(x); return r + sink; }
static KEEP int null_call(void) { bad = NULL; say("? jump1 null_call main"); return jump1(1) + sink; }
static KEEP int wild_call(void)
{
	bad = (fn *)(uintptr_t)0x7654320;
	say("? jump1 wild_call main");
	return jump1(1) + sink;
}
static KEEP int data_call(void)
{
	static char data[64];

	bad = (fn *)(uintptr_t)data;
	say("? jump1 data_call main");
	return jump1(1) + sink;
}

/* ---- code made at run time, with and without a frame pointer */

static KEEP int jit_run(const unsigned char *code, size_t n)
{
	unsigned char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int (*f)(void *);

	memcpy(p, code, n);
	__builtin___clear_cache((char *)p, (char *)p + n);
	memcpy(&f, &p, sizeof(f));
	return f((void *)(uintptr_t)&chain3) + sink;
}

#ifdef __x86_64__
static KEEP int jit_frame(void)
{
	static const unsigned char code[] = { 0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x40,
					      0xff, 0xd7, 0xc9, 0xc3 };

	say("chain3 ? jit_run jit_frame main");
	return jit_run(code, sizeof(code)) + sink;
}
static KEEP int jit_bare(void)
{
	static const unsigned char code[] = { 0x48, 0x83, 0xec, 0x48, 0xff, 0xd7, 0x48, 0x83, 0xc4,
					      0x48, 0xc3 };

	say("chain3 ? jit_run jit_bare main");
	return jit_run(code, sizeof(code)) + sink;
}
static KEEP int jit_leaf(void)
{
	static const unsigned char code[] = { 0x31, 0xc0, 0x8b, 0x00, 0x58, 0xc3 };

	say("? jit_run jit_leaf main");
	return jit_run(code, sizeof(code)) + sink;
}

/* Without unwind information; and stopped between push and mov, with it. */
__asm__(".text\n.type bare_exit,@function\nbare_exit: push %rbp\n mov %rsp,%rbp\n push %rbx\n ud2\n"
	".size bare_exit,.-bare_exit\n"
	".type cfi_push,@function\ncfi_push: .cfi_startproc\n push %rbp\n .cfi_def_cfa_offset 16\n"
	" .cfi_offset 6,-16\n ud2\n mov %rsp,%rbp\n .cfi_def_cfa_register 6\n pop %rbp\n"
	" .cfi_def_cfa 7,8\n ret\n .cfi_endproc\n.size cfi_push,.-cfi_push\n");
int bare_exit(int), cfi_push(int);
static KEEP int bare(void) { say("bare_exit bare main"); return bare_exit(1) + sink; }
static KEEP int pushed(void) { say("cfi_push pushed main"); return cfi_push(1) + sink; }
#endif

/* ---- signals */

static void on_signal(int n)
{
	sink = n;
	abort();
}
static KEEP int handled(void)
{
	static char stack[65536];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };

	sigaltstack(&alt, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	say("abort on_signal <signal> chain3 chain2 chain1 handled main");
	return chain1(1) + sink;
}

/* ---- recursion until the stack is over */

static KEEP int over_b(int n);
static KEEP int over_a(int n)
{
	volatile char pad[64];

	pad[0] = (char)n;
	return over_b(n + 1) + pad[0];
}
static KEEP int over_b(int n)
{
	volatile char pad[32];

	pad[0] = (char)n;
	return n < 0 ? 0 : over_a(n + 1) + pad[0];
}
static KEEP int overflow(void) { say("over_a over_b overflow main"); return over_a(1) + sink; }

/* ---- library code calls back */

static int by_value(const void *a, const void *b)
{
	return *null + *(const int *)a - *(const int *)b;
}
static KEEP int sorted(void)
{
	static int v[] = { 5, 3, 8, 1 };

	say("by_value sorted main");
	qsort(v, 4, sizeof(v[0]), by_value);
	return v[0];
}

/* ---- abort and assertion: functions that never return */

static KEEP void __attribute__((noreturn)) dies(int x)
{
	sink = x;
	abort();
}
static KEEP int aborted(void) { say("abort dies aborted main"); dies(1); }

/* ---- threads */

static pthread_barrier_t barrier;
CASE(thread3) { pthread_barrier_wait(&barrier); for (;;) pause(); return x; }
CASE(thread2) { int r = thread3(x); return r + sink; }
static void *thread1(void *arg) { return (void *)(intptr_t)(thread2((int)(intptr_t)arg) + sink); }
static KEEP int threads(void)
{
	pthread_t t;

	say("chain3 chain2 chain1 threads main");
	say("others:thread3,thread2,thread1");
	pthread_barrier_init(&barrier, NULL, 9);
	for (intptr_t i = 0; i < 8; i++)
		pthread_create(&t, NULL, thread1, (void *)i);
	pthread_barrier_wait(&barrier);
	usleep(100000);
	return chain1(1) + sink;
}

/* For gcore: nobody dies. */
static KEEP int waiting(void)
{
	pthread_t t;

	say("pause waiting main");
	say("others:thread3,thread2,thread1");
	pthread_barrier_init(&barrier, NULL, 4);
	for (intptr_t i = 0; i < 3; i++)
		pthread_create(&t, NULL, thread1, (void *)i);
	pthread_barrier_wait(&barrier);
	say("ready");
	for (;;)
		pause();
	return sink;
}

static const struct {
	const char *name;
	int (*run)(void);
} cases[] = {
	{ "waiting", waiting },
	{ "chain", chain }, { "wide", wide }, { "large", large }, { "null_call", null_call },
	{ "wild_call", wild_call }, { "data_call", data_call },
#ifdef __x86_64__
	{ "jit_frame", jit_frame }, { "jit_bare", jit_bare }, { "jit_leaf", jit_leaf },
	{ "bare", bare }, { "pushed", pushed },
#endif
	{ "handled", handled }, { "overflow", overflow }, { "sorted", sorted },
	{ "aborted", aborted }, { "threads", threads },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc < 2 && i)
			puts(cases[i].name);
		else if (argc < 2)
			continue;
		else if (!strcmp(argv[1], cases[i].name))
			return cases[i].run() + sink;
	}
	return argc < 2 ? 0 : 64;
}
