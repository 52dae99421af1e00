/* SPDX-License-Identifier: Apache-2.0 */
/* Locks inside the C library: of a FILE, of malloc's arena, of the dynamic linker. */
#include "truth.h"

#include <dlfcn.h>
#include <malloc.h>
#include <signal.h>

static FILE *out;
static int file_owner;

static void *hold_file(void *arg)
{
	flockfile(out);
	flockfile(out);
	file_owner = own_tid();
	for (;;)
		pause();
	return arg;
}

static void *write_file(void *arg)
{
	tell("wait tid=%d kind=stdio address=%p owner=%d thread_state=blocked\n", own_tid(), (void *)out, file_owner);
	/* What its count means, the version of glibc tells, and that its file. */
	tell("named tid=%d kind=stdio recursion=2\n", own_tid());
	fputs("x", out);
	return arg;
}

static void *write_stdout(void *arg)
{
	tell("wait tid=%d kind=stdio owner=%d\n", own_tid(), file_owner);
	putchar('x');
	return arg;
}

static void *hold_stdout(void *arg)
{
	flockfile(stdout);
	file_owner = own_tid();
	for (;;)
		pause();
	return arg;
}

/* dl_iterate_phdr calls back with a lock of the linker held. */
static int loader_owner;
struct dl_phdr_info;
int dl_iterate_phdr(int (*)(struct dl_phdr_info *, size_t, void *), void *);
static int hold_linker(struct dl_phdr_info *i, size_t n, void *arg)
{
	loader_owner = own_tid();
	for (;;)
		pause();
	return 0;
}

static void *hold_loader(void *arg)
{
	dl_iterate_phdr(hold_linker, NULL);
	return arg;
}

static int nothing(struct dl_phdr_info *i, size_t n, void *arg)
{
	return 0;
}

static void *want_loader(void *arg)
{
	tell("wait tid=%d kind=loader owner=%d thread_state=blocked\n", own_tid(), loader_owner);
	dl_iterate_phdr(nothing, NULL);
	return arg;
}

int main(void)
{
	out = fopen("/dev/null", "w");
	begin(hold_file, NULL);
	until(&file_owner);
	begin(write_file, NULL);
	nap(100);
	file_owner = 0;
	begin(hold_stdout, NULL);
	until(&file_owner);
	begin(write_stdout, NULL);
	begin(hold_loader, NULL);
	until(&loader_owner);
	begin(want_loader, NULL);
	ready();
}
