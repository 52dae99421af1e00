/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks CORE [DIR…]: the stacks of a core as lines, for tests that compare them with others'.
 *
 *	thread TID END WHY
 *	INDEX PC SP TRUST REPEAT/BLOCK FUNCTION MODULE
 *
 * With -r language runtimes tell of their code, as in a report, and the kind of frame stands behind it. DIRs are searched for files as --symbols does; with -n this machine's own files are not. With -c the
 * caller's stack pointer, where it is known for sure, stands behind each frame.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "loader/loader.h"
#include "runtime/runtime.h"
#include "symbol/symbol.h"
#include "unwind/unwind.h"

static const char *plain(struct da_str *s, const char *rich)
{
	da_str_clear(s);
	if (rich)
		da_rich_plain(s, rich);
	return da_str_get(s);
}

static bool with_cfa, with_runtime;

static void print_frame(const struct da_dump *d, struct da_symbols *s, const struct da_frame *f, size_t i)
{
	const struct da_place *p = da_symbols_place(s, f->pc, !f->exact_pc);
	const char *module = f->module == DA_NONE ? NULL : d->proc.modules.v[f->module].name;

	printf("%zu 0x%" PRIx64 " 0x%" PRIx64 " %s%s %u/%u %s %s", i, f->pc, f->sp,
	       da_trust_name(f->trust), f->signal ? "+signal" : "", f->repeat, f->block_len,
	       p->raw ? p->raw : "?", module ? module : "?");
	if (with_cfa)
		printf(" 0x%" PRIx64, f->cfa);
	if (with_runtime)
		printf(" %s", da_frame_kind_name(f->kind) ? da_frame_kind_name(f->kind) : "unknown");
	putchar('\n');
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	struct da_unpack_options unpack = { .tmpdir = "/var/tmp", .max_expand = 1ULL << 40 };
	struct da_symbol_options options = { 0 };
	struct da_str s = { 0 };
	const struct da_unwind_guide *guide = NULL;
	struct da_symbols *symbols;
	struct da_dump *d;
	const char *message = "";
	double before;

	for (; argc > 1 && argv[1][0] == '-'; argv++, argc--) {
		options.no_local |= !strcmp(argv[1], "-n");
		with_cfa |= !strcmp(argv[1], "-c");
		with_runtime |= !strcmp(argv[1], "-r");
	}
	if (argc < 2)
		return 64;
	options.dirs = (const char *const *)argv + 2;
	options.ndirs = (size_t)argc - 2;
	d = da_dump_new(&da_limits_default, NULL);
	if (da_unpack(d, argv[1], &unpack, &message) > DA_PARTIAL || da_load(d, &message) > DA_PARTIAL) {
		fprintf(stderr, "stacks: %s: %s\n", argv[1], message);
		da_dump_free(d);
		return 2;
	}
	symbols = da_symbols_new(d, &options);
	da_symbols_find(symbols);
	if (with_runtime) {
		struct da_runtime_options o = { .ignore_own = getenv("DUMPAN_CLR_IGNORE") != NULL };

		guide = da_runtimes_guide(da_runtimes_open(d, symbols, &o));
	}
	before = now();
	da_unwind_run(d, symbols, guide);
	fprintf(stderr, "%zu threads, %.1f ms\n", d->proc.threads.n, now() - before);
	for (size_t i = 0; i < d->proc.threads.n; i++) {
		const struct da_thread *t = &d->proc.threads.v[i];

		printf("thread %u %s: %s\n", t->tid, da_stack_end_name(t->end),
		       plain(&s, t->end_why));
		for (size_t k = 0; k < t->frames.n; k++)
			print_frame(d, symbols, &t->frames.v[k], k);
	}
	da_str_done(&s);
	da_dump_free(d);
	return 0;
}
