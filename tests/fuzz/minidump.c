/* SPDX-License-Identifier: Apache-2.0 */
/* A minidump, to the model; with functions made at run time, to the stacks. */
#include "config.h"

#include "fuzz/fuzz.h"
#include "loader/loader.h"
#include "symbol/symbol.h"
#include "unwind/unwind.h"

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	return fuzz_minidump_seed(i, ret_n);
}

static void walk(struct da_dump *d)
{
	static const struct da_symbol_options options = { .no_local = true };
	struct da_symbols *s;

	if (!d->proc.functions.n || d->proc.threads.n > 8)
		return;
	s = da_symbols_new(d, &options);
	da_symbols_find(s);
	da_unwind_run(d, s, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct da_limits limits = fuzz_limits();
	struct da_dump *d = da_dump_new(&limits, NULL);
	const char *message;
	enum da_status status;

	d->file = (struct da_bytes){ p, n };
	d->origin.file = "core";
	d->origin.bytes = n;
	status = da_load(d, &message);
	if (status == DA_OK || status == DA_PARTIAL)
		walk(d);
	da_dump_free(d);
	return 0;
}
