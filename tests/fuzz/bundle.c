/* SPDX-License-Identifier: Apache-2.0 */
/* A single-file program: its list, and every entry. */
#include "config.h"

#include "fuzz/fuzz.h"
#include "image/bundle.h"
#include "synth/synth_cli.h"

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	static const unsigned versions[] = { 1, 2, 6 };

	return i < DA_ARRAY_SIZE(versions) ? synth_cli_bundle(versions[i], ret_n) : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct da_arena *a = da_arena_new();
	struct da_bytes file = { p, n }, out;
	struct da_bundle b;
	bool found;
	uint64_t header = da_bundle_find(file, &found);

	if (da_bundle_read(a, file, found ? header : n / 2, &b) == DA_OK)
		for (uint32_t i = 0; i < b.n; i++)
			(void)da_bundle_extract(a, file, &b.entries[i], 1 << 20, &out);
	da_arena_free(a);
	return 0;
}
