/* SPDX-License-Identifier: Apache-2.0 */
/* A portable PDB, and the same taken for a packed one. */
#include "config.h"

#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "image/portable_pdb.h"
#include "synth/synth_cli.h"

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	static const uint8_t id[20] = { 1, 2, 3 };
	const uint32_t rows[64] = { [2] = 5, [6] = i == 1 ? 70000 : 5 };
	struct synth_cli *s;
	uint8_t *bytes, *packed;

	if (i >= 3)
		return NULL;
	s = synth_cli_new();
	synth_cli_shop_pdb(s);
	bytes = synth_cli_build(s, &(struct synth_cli_form){ .pdb_id = id, .pdb_rows = rows }, ret_n);
	synth_cli_free(s);
	if (i < 2)
		return bytes;
	packed = synth_cli_deflate(bytes, *ret_n, ret_n);
	free(bytes);
	return packed;
}

static void ask(struct da_arena *a, struct da_bytes bytes)
{
	struct da_portable_pdb *p;
	const char *file;
	uint32_t line, stamp;
	uint8_t id[16];
	bool approx;

	if (da_portable_pdb_open(a, bytes, &p) != DA_OK)
		return;
	da_portable_pdb_id(p, id, &stamp);
	for (uint32_t method = 0; method < 40; method++) {
		for (uint32_t il = 0; il < 40; il += 3)
			(void)da_portable_pdb_line(p, method, il, &file, &line, &approx);
		(void)da_portable_pdb_line(p, method, UINT32_MAX, &file, &line, &approx);
		(void)da_portable_pdb_kickoff(p, method);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct da_arena *a = da_arena_new();
	struct da_bytes out;

	ask(a, (struct da_bytes){ p, n });
	if (da_portable_pdb_unpack(a, (struct da_bytes){ p, n }, 976, 1 << 20, &out) == DA_OK)
		ask(a, out);
	da_arena_free(a);
	return 0;
}
