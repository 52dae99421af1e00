/* SPDX-License-Identifier: Apache-2.0 */
/* Cores and minidumps through everything: see pipeline.c. */
#include "config.h"

#include "fuzz/fuzz.h"

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	return fuzz_dump_seed(i, ret_n);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct da_limits limits = fuzz_limits();

	(void)fuzz_pipeline(p, n, &limits);
	return 0;
}
