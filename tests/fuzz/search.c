/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CoreCLR whose variables nothing tells, found by what they point to. The first byte chooses the version and system;
 * the rest is the memory of the process.
 */
#include "config.h"

#include "fuzz/fuzz.h"
#include "unit/clr_search.h"

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	uint8_t *seed, *all;

	if (i >= DA_ARRAY_SIZE(shapes))
		return NULL;
	all = make_all(&shapes[i]);
	*ret_n = 1 + LEN;
	seed = malloc(*ret_n);
	seed[0] = (uint8_t)i;
	memcpy(seed + 1, all, LEN);
	free(all);
	return seed;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n < 2)
		return 0;
	open_process(&shapes[p[0] % DA_ARRAY_SIZE(shapes)], p + 1, n - 1);
	if (da_clr_search(c)) {
		struct da_clr_checks checks = { 0 };

		if (!c->layout.global[DA_CLR_G_ThreadStore].known)
			abort();
		da_clr_check(c, &checks);
		(void)da_clr_threads_read(c);
	}
	close_process();
	return 0;
}
