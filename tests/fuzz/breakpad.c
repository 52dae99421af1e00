/* SPDX-License-Identifier: Apache-2.0 */
/* One .sym file of Breakpad: names, lines, inlined calls, frame data and unwind rows of some addresses. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "image/symfile.h"

static const char *const texts[] = {
	"MODULE Linux x86_64 0102030405060708090A0B0C0D0E0F100 prog\nFILE 0 a.cc\nFILE 7 dir/b c.h\n"
	"INLINE_ORIGIN 3 inner()\nINLINE_ORIGIN 4 outer(int, char)\n"
	"FUNC 1000 40 0 first()\nINLINE 0 12 7 4 1010 10 1030 4\nINLINE 1 42 0 3 1018 8\n"
	"1000 10 10 0\n1010 8 90 7\n1018 8 77 0\n1020 20 11 0\n"
	"FUNC m 2000 30 8 second(int)\r\n2000 30 5 7\r\n"
	"PUBLIC 3000 0 pub\nPUBLIC m 1800 4 old\n"
	"STACK CFI INIT 1000 50 .cfa: $rsp 8 + .ra: .cfa -8 + ^\n"
	"STACK CFI 1001 .cfa: $rsp 16 + $rbp: .cfa 16 - ^\nSTACK CFI 1018 .cfa: $rbp 16 + 16 @ 3 * 2 / 7 %\n"
	"STACK CFI INIT 2000 10 .cfa: $rbp 16 + .ra: $rbp 8 + ^ $rbx: .cfa $rbx - ^ $zz: 1\n",
	"MODULE windows x86 0102030405060708090A0B0C0D0E0F1012 a.pdb\nFILE 1 c:\\x.c\nFUNC 1000 40 8 f\n1000 40 9 1\n"
	"STACK WIN 4 1000 40 3 1 8 4 10 0 1 $T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =\n"
	"STACK WIN 4 1004 3c 0 1 8 c 20 0 1 $T0 $ebp = $eip $T0 4 + ^ =\nSTACK WIN 0 2000 10 0 0 4 8 c 0 0 1\n",
	"MODULE mac arm64 0102030405060708090A0B0C0D0E0F100 m\nFUNC 10 10 0 f\nINLINE_ORIGIN 1 7 in()\n"
	"INLINE 0 9 1 14 4\n10 10 3 0\nSTACK CFI INIT 10 10 .cfa: sp 0 + .ra: x30\nSTACK CFI 14 .cfa: sp 16 + "
	".ra: .cfa -8 + ^ x29: .cfa -16 + ^\n",
};

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	if (i >= sizeof(texts) / sizeof(texts[0]))
		return NULL;
	*ret_n = strlen(texts[i]);
	return (uint8_t *)strdup(texts[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const uint32_t addresses[] = { 0, 0x12, 0x15, 0x1000, 0x1003, 0x1011, 0x1019, 0x1031, 0x1900, 0x2008,
					      0x3001, 0xffffffff };
	const struct da_limits limits = fuzz_limits();
	struct da_arena *a = da_arena_new();
	enum da_symfile_kind kind;
	struct da_symfile *f;

	if (da_symfile_open(a, (struct da_bytes){ p, n }, &limits, &f, &kind) == DA_OK) {
		struct da_elf_symbol sym;

		(void)da_symfile_is_full(f);
		for (size_t i = 0; i < DA_ARRAY_SIZE(addresses); i++) {
			const struct da_cfi_row *row;
			struct da_dwarf_place place;
			struct da_frame_data frame;

			(void)da_symfile_place(f, a, addresses[i], &place);
			(void)da_symfile_symbol(f, a, addresses[i], &sym);
			(void)da_symfile_frame(f, a, addresses[i], &frame);
			(void)da_symfile_cfi(f, addresses[i], &row);
		}
		(void)da_symfile_named(f, a, "second(int)", &sym);
	}
	da_arena_free(a);
	return 0;
}
