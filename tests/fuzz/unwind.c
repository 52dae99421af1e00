/* SPDX-License-Identifier: Apache-2.0 */
/* An ELF core, its modules from memory, and all stacks, with names. */
#include "config.h"

#include "fuzz/fuzz.h"
#include "loader/loader.h"
#include "symbol/symbol.h"
#include "unwind/unwind.h"

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	return fuzz_core_seed(i, ret_n);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct da_symbol_options options = { .no_local = true };
	const struct da_limits limits = fuzz_limits();
	struct da_dump *d = da_dump_new(&limits, NULL);
	enum da_status status;
	const char *message;

	d->file = (struct da_bytes){ p, n };
	d->origin.file = "core";
	d->origin.bytes = n;
	status = da_load(d, &message);
	if ((status == DA_OK || status == DA_PARTIAL) && !d->minimal) {
		struct da_symbols *s = da_symbols_new(d, &options);

		da_symbols_find(s);
		da_unwind_run(d, s, NULL);
		da_symbols_run(s);
	}
	da_dump_free(d);
	return 0;
}
