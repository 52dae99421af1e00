/* SPDX-License-Identifier: Apache-2.0 */
/*
 * da_il DUMP [DIR…]: for each line "ADDRESS 0|1" (1: a caller's return address) of standard input one line
 * "ADDRESS IL exact|approx jit|r2r [LINE FILE]" or "ADDRESS STATUS". DIRs are searched as --symbols does.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/loader.h"
#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/r2r_file.h"

static struct da_clr *open_runtime(struct da_dump *d, struct da_symbols *s)
{
	struct da_runtime_options o = { .ignore_own = getenv("DUMPAN_CLR_IGNORE") != NULL };
	void *state;

	for (uint32_t i = 0; i < d->proc.modules.n; i++)
		if (da_runtime_coreclr.open(d, s, i, &o, &state) == DA_OK)
			return state;
	return NULL;
}

static void answer(struct da_clr *c, uint64_t ip, bool caller)
{
	struct da_clr_code code;
	const struct da_place *p;
	enum da_status st = da_clr_code_at(c, ip - caller, &code);
	bool approx = false;
	int32_t il = 0;

	if ((st != DA_OK || !code.method) && da_clr_r2r_method(c, ip - caller, &code))
		st = DA_OK;
	if (st == DA_OK)
		st = da_clr_il_offset(c, &code, (uint32_t)(ip - caller - code.start), &il, &approx);
	printf("0x%" PRIx64, ip);
	if (st != DA_OK) {
		printf(" %s\n", da_status_name(st));
		return;
	}
	printf(" %d %s %s", il, approx ? "approx" : "exact", code.r2r ? "r2r" : "jit");
	p = da_clr_place(c, ip, caller);
	if (p && p->ncalls && p->calls[0].file)
		printf(" %u %s", p->calls[0].line, p->calls[0].file);
	putchar('\n');
}

int main(int argc, char **argv)
{
	struct da_unpack_options unpack = { .tmpdir = "/var/tmp", .max_expand = 1ULL << 40 };
	struct da_symbol_options options = { .no_local = true };
	struct da_symbols *symbols;
	const char *message = "";
	struct da_clr *c;
	struct da_dump *d;
	uint64_t ip;
	int caller;

	if (argc < 2)
		return 64;
	options.dirs = (const char *const *)argv + 2;
	options.ndirs = (size_t)argc - 2;
	d = da_dump_new(&da_limits_default, NULL);
	if (da_unpack(d, argv[1], &unpack, &message) > DA_PARTIAL || da_load(d, &message) > DA_PARTIAL)
		return 2;
	symbols = da_symbols_new(d, &options);
	da_symbols_find(symbols);
	c = open_runtime(d, symbols);
	if (!c)
		return 1;
	while (scanf("%" SCNi64 " %d", (int64_t *)&ip, &caller) == 2)
		answer(c, ip, caller);
	da_dump_free(d);
	return 0;
}
