/* SPDX-License-Identifier: Apache-2.0 */
/* A minidump, to the model. */
#include "config.h"

#include "fuzz/fuzz.h"
#include "loader/loader.h"

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	return fuzz_minidump_seed(i, ret_n);
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
	(void)status;
	da_dump_free(d);
	return 0;
}
