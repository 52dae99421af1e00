/* SPDX-License-Identifier: Apache-2.0 */
/* One ELF file: identity, symbols, debug information, unwind rows, mini debug information. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "fuzz/fuzz.h"
#include "image/private.h"

/* The vdso is a small ELF file with dynamic symbols, notes and .eh_frame. */
static uint8_t *vdso_seed(size_t *ret_n)
{
	const uint8_t *p = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
	uint8_t *copy = p ? malloc(4096) : NULL;

	if (copy) {
		memcpy(copy, p, 4096); /* the rest may not be there */
		*ret_n = 4096;
	}
	return copy;
}

/* This program's own debug information and symbols' names, in a file that holds nothing else. */
static uint8_t *dwarf_seed(size_t *ret_n)
{
	static const char *const names[] = { ".debug_info", ".debug_abbrev", ".debug_str", ".debug_line",
					     ".debug_line_str", ".debug_ranges", ".debug_rnglists" };
	struct da_part parts[DA_ARRAY_SIZE(names)];
	struct da_arena *a = da_arena_new();
	struct da_bytes file, out = { 0 };
	struct da_image *im;
	uint8_t *copy = NULL;
	size_t n = 0;

	if (da_map_file(a, "/proc/self/exe", UINT32_MAX, &file) == DA_OK &&
	    da_image_open(a, file, "self", NULL, &im) == DA_OK) {
		for (size_t i = 0; i < DA_ARRAY_SIZE(names); i++) {
			struct da_section *s = da_image_section(im, names[i]);

			if (s)
				parts[n++] = (struct da_part){ .name = names[i], .type = SHT_PROGBITS,
							       .owner = im, .section = s };
		}
		out = da_image_build(a, im, parts, n);
	}
	if (n && out.n) {
		copy = malloc(out.n);
		memcpy(copy, out.p, out.n);
		*ret_n = out.n;
	}
	da_arena_free(a);
	return copy;
}

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	switch (i) {
	case 0:
		return vdso_seed(ret_n);
	case 1:
		return dwarf_seed(ret_n);
	default:
		return NULL;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct da_limits limits = fuzz_limits();
	struct da_arena *a = da_arena_new();
	struct da_image *im = NULL, *mini;
	uint8_t *copy = da_memdup(a, p, n); /* libelf wants aligned tables */
	const uint8_t *id;
	const char *name;
	uint32_t crc;
	unsigned len;

	if (da_image_open(a, (struct da_bytes){ copy, n }, "fuzz", NULL, &im) == DA_OK) {
		static const uint64_t addresses[] = { 0x1000, 0x9c0, 0x10123, 0x12345, 0x20000 };

		(void)da_image_build_id(im, &id);
		(void)da_image_debuglink(im, &name, &crc);
		(void)da_image_debugaltlink(im, &name, &id, &len);
		(void)da_image_debugdata(im, NULL, &mini);
		for (size_t i = 0; i < DA_ARRAY_SIZE(addresses); i++) {
			const struct da_cfi_row *row;
			struct da_dwarf_place place;
			struct da_elf_symbol sym;
			bool exact;

			(void)da_image_symbol(im, addresses[i], &sym, &exact);
			(void)da_image_cfi(im, addresses[i], &row);
			(void)da_image_place(im, a, addresses[i], &limits, &place);
		}
		(void)da_image_symbol_named(im, "__vdso_time", &(struct da_elf_symbol){ 0 });
	}
	da_arena_free(a);
	return 0;
}
