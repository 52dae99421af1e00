/* SPDX-License-Identifier: Apache-2.0 */
/* One PDB file: names, lines, inlined calls and frame data of some addresses. */
#include "config.h"

#include "fuzz/fuzz.h"
#include "image/symfile.h"
#include "synth/synth_pdb.h"

static const struct synth_pdb shapes[] = {
	{ .modules = 2, .functions = 3, .lines = 3, .age = 1, .block = 512 },
	{ .modules = 2, .functions = 3, .lines = 3, .age = 1, .block = 512, .scattered = true, .machine = 0x14c },
	{ .modules = 1, .functions = 8, .age = 1, .block = 512, .stripped = true },
	{ .modules = 9, .functions = 2, .lines = 14, .age = 3, .block = 1024, .scattered = true },
	{ .modules = 1, .functions = 2, .lines = 2, .age = 3, .block = 512, .no_contributions = true },
};

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	return i < sizeof(shapes) / sizeof(shapes[0]) ? synth_pdb(&shapes[i], ret_n) : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const uint32_t addresses[] = { 0, 0x1000, 0x1010, 0x1012, 0x103f, 0x1041, 0x1080, 0x1090, 0x10d1,
					      0x1150, 0x2000, 0xffffffff };
	const struct da_limits limits = fuzz_limits();
	struct da_arena *a = da_arena_new();
	enum da_symfile_kind kind;
	struct da_symfile *f;

	if (da_symfile_open(a, (struct da_bytes){ p, n }, &limits, &f, &kind) == DA_OK) {
		struct da_elf_symbol sym;

		(void)da_symfile_is_full(f);
		(void)da_symfile_is_managed(f);
		for (size_t i = 0; i < DA_ARRAY_SIZE(addresses); i++) {
			struct da_dwarf_place place;
			struct da_frame_data frame;

			(void)da_symfile_place(f, a, addresses[i], &place);
			(void)da_symfile_symbol(f, a, addresses[i], &sym);
			(void)da_symfile_frame(f, a, addresses[i], &frame);
		}
		(void)da_symfile_named(f, a, "?f0_1@ns@@YAXXZ", &sym);
		(void)da_symfile_named(f, a, "?f0_7@ns@@YAXXZ", &sym);
	}
	da_arena_free(a);
	return 0;
}
