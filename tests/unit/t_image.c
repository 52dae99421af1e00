/* SPDX-License-Identifier: Apache-2.0 */
/* ELF files: this program's own, one rebuilt from a core's memory, and broken ones. */
#include "config.h"

#include <dwarf.h>
#include <elf.h>
#include <string.h>

#include "image/private.h"
#include "loader/loader.h"
#include "synth/synth.h"
#include "synth/synth_exports.h"
#include "unit.h"

#define BASE 0x7f1200000000ULL

int known_function(int x);

__attribute__((noinline)) int known_function(int x)
{
	return x * 3 + 1;
}

static struct da_image *own(struct da_arena *a)
{
	struct da_image *im = NULL;
	struct da_bytes b;

	ck_assert_int_eq(da_map_file(a, "/proc/self/exe", UINT32_MAX, &b), DA_OK);
	ck_assert_int_eq(da_image_open(a, b, "self", NULL, &im), DA_OK);
	return im;
}

START_TEST(finds_symbols_of_a_file)
{
	struct da_arena *a = da_arena_new();
	struct da_image *im = own(a);
	struct da_elf_symbol sym, again;
	bool exact = false;

	ck_assert_int_eq(da_image_symbol_named(im, "known_function", &sym), DA_OK);
	ck_assert_uint_gt(sym.size, 0);
	ck_assert_int_eq(da_image_symbol(im, sym.start + sym.size - 1, &again, &exact), DA_OK);
	ck_assert_str_eq(again.name, "known_function");
	ck_assert(exact);
	ck_assert_int_eq(da_image_symbol_named(im, "no_such_function", &sym), DA_NOT_FOUND);
	ck_assert_int_eq(da_image_symbol(im, 0, &again, &exact), DA_NOT_FOUND);
	ck_assert(da_image_has_symtab(im));
	da_arena_free(a);
}
END_TEST

char known_variable[24];

START_TEST(finds_variables)
{
	struct da_arena *a = da_arena_new();
	struct da_image *im = own(a);
	struct da_elf_symbol sym, again;

	known_variable[0] = 1;
	ck_assert_int_eq(da_image_symbol_named(im, "known_variable", &sym), DA_OK);
	ck_assert_int_eq(da_image_object(im, sym.start + sym.size - 1, &again), DA_OK);
	ck_assert_str_eq(again.name, "known_variable");
	ck_assert_uint_eq(again.start, sym.start);
	if (da_image_object(im, sym.start + sym.size, &again) == DA_OK)
		ck_assert_str_ne(again.name, "known_variable");
	ck_assert_int_eq(da_image_object(im, 0, &again), DA_NOT_FOUND);
	da_arena_free(a);
}
END_TEST

START_TEST(names_the_linkage_table)
{
	struct da_arena *a = da_arena_new();
	struct da_image *im = own(a);
	const struct da_section *plt;
	struct da_elf_symbol sym;
	bool exact, any = false;

	plt = da_image_section(im, ".plt.sec");
	if (!plt)
		plt = da_image_section(im, ".plt");
	ck_assert_ptr_nonnull(plt);
	for (uint64_t off = 0; off < plt->size; off += 16)
		if (da_image_symbol(im, plt->addr + off, &sym, &exact) == DA_OK)
			any = any || strcmp(sym.name, "fork@plt") == 0;
#if defined(__x86_64__) || defined(__aarch64__)
	ck_assert(any);
#endif
	da_arena_free(a);
}
END_TEST

START_TEST(finds_function_and_line)
{
	struct da_arena *a = da_arena_new();
	struct da_image *im = own(a);
	struct da_dwarf_place place;
	struct da_elf_symbol sym;

	ck_assert_int_eq(da_image_symbol_named(im, "known_function", &sym), DA_OK);
	if (!da_image_has_dwarf(im)) {
		da_arena_free(a);
		return;
	}
	ck_assert_int_eq(da_image_place(im, a, sym.start, &da_limits_default, &place), DA_OK);
	ck_assert_uint_eq(place.n, 1);
	ck_assert_str_eq(place.calls[0].function, "known_function");
	ck_assert(da_ends(place.calls[0].file, "t_image.c"));
	ck_assert_uint_gt(place.calls[0].line, 10);
	ck_assert_uint_eq(place.start, sym.start);
	ck_assert_int_eq(da_image_place(im, a, 1, &da_limits_default, &place), DA_NOT_FOUND);
	da_arena_free(a);
}
END_TEST

START_TEST(gives_unwind_rows)
{
	struct da_arena *a = da_arena_new();
	struct da_image *im = own(a);
	const struct da_cfi_row *row, *again;
	struct da_elf_symbol sym;

	ck_assert_int_eq(da_image_symbol_named(im, "known_function", &sym), DA_OK);
	ck_assert_int_eq(da_image_cfi(im, sym.start, &row), DA_OK);
	ck_assert_int_eq(da_image_cfi(im, sym.start, &again), DA_OK);
	ck_assert_ptr_eq(row, again);
	ck_assert_int_eq(da_image_cfi(im, 1, &row), DA_NOT_FOUND);
	ck_assert(again->start <= sym.start && again->end > sym.start && !again->signal_frame);
#ifdef __x86_64__
	ck_assert_int_eq(again->ra, 16);
	ck_assert_int_eq(again->cfa.kind, DA_RULE_REG_OFFSET);
	ck_assert_int_eq(again->cfa.reg, 7);
	ck_assert_int_eq(again->cfa.offset, 8);
	ck_assert_int_eq(again->reg[16].kind, DA_RULE_CFA_OFFSET);
	ck_assert_int_eq(again->reg[16].offset, -8);
	ck_assert_int_eq(again->reg[7].kind, DA_RULE_CFA_VALUE); /* by the ABI: rsp is the CFA */
	ck_assert_int_eq(again->reg[3].kind, DA_RULE_SAME);
#endif
	da_arena_free(a);
}
END_TEST

/* sstrip takes the section headers away: program headers lead to the same. */
START_TEST(reads_files_without_sections)
{
	struct da_arena *a = da_arena_new();
	struct da_image *whole = own(a), *im = NULL;
	struct da_bytes b = da_image_bytes(whole);
	uint8_t *copy = da_memdup(a, b.p, b.n);
	const struct da_cfi_row *row, *wanted;
	struct da_elf_symbol sym;

	if (!whole->is64)
		return;
	memset(copy + offsetof(Elf64_Ehdr, e_shoff), 0, 8);
	copy[offsetof(Elf64_Ehdr, e_shnum)] = copy[offsetof(Elf64_Ehdr, e_shnum) + 1] = 0;
	ck_assert_int_eq(da_image_open(a, (struct da_bytes){ copy, b.n }, "bare", NULL, &im), DA_OK);
	ck_assert(da_image_has_symbols(whole) && !da_image_has_symtab(im));
	ck_assert_int_eq(da_image_symbol_named(whole, "known_function", &sym), DA_OK);
	ck_assert_int_eq(da_image_cfi(whole, sym.start, &wanted), DA_OK);
	ck_assert_int_eq(da_image_cfi(im, sym.start, &row), DA_OK);
	ck_assert(row->start == wanted->start && row->end == wanted->end);
	ck_assert(row->cfa.reg == wanted->cfa.reg && row->cfa.offset == wanted->cfa.offset);
	ck_assert_int_eq(da_image_symbol_named(im, "known_function", &sym), DA_NOT_FOUND);
	da_arena_free(a);
}
END_TEST

/* ---------------------------------------------------------------- from memory */

static const uint8_t id[20] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 };

static struct da_dump *core_with_image(struct synth *s, uint8_t **ret_core)
{
	static const struct synth_symbol symbols[] = { { "first", SYNTH_CODE, 0x20 },
						       { "second", SYNTH_CODE + 0x20, 0x30 } };
	struct synth_image image = { .soname = "libsynth.so.1", .build_id = id, .build_id_len = sizeof(id),
				     .symbols = symbols, .nsymbols = 2, .base = BASE, .code = 0x1000 };
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);
	struct da_module *m;
	const char *message;
	uint64_t regs[27] = { 0 }, dynamic, end;
	size_t n;

	synth_note_prstatus(s, &(struct synth_thread){ .tid = 1, .regs = regs, .nregs = 27 });
	end = synth_image(s, &image, &dynamic);
	*ret_core = synth_build(s, &n);
	d->file = (struct da_bytes){ *ret_core, n };
	ck_assert(da_load(d, &message) <= DA_PARTIAL);
	d->proc.modules.n = 0;
	m = da_vec_add(d->arena, &d->proc.modules);
	m->name = "libsynth.so.1";
	m->start = BASE;
	m->end = end;
	m->dynamic = dynamic;
	return d;
}

START_TEST(rebuilds_a_module_from_memory)
{
	struct synth *s = synth_new(64, false, SYNTH_X86_64);
	uint8_t *core;
	struct da_dump *d = core_with_image(s, &core);
	struct da_image *im = NULL;
	struct da_elf_symbol sym;
	const uint8_t *have;
	bool exact;

	ck_assert_int_eq(da_image_from_memory(d, 0, &im), DA_OK);
	ck_assert_uint_eq(da_image_build_id(im, &have), sizeof(id));
	ck_assert_mem_eq(have, id, sizeof(id));
	ck_assert_int_eq(da_image_symbol(im, SYNTH_CODE + 0x25, &sym, &exact), DA_OK);
	ck_assert_str_eq(sym.name, "second");
	ck_assert_int_eq(da_image_symbol_named(im, "first", &sym), DA_OK);
	ck_assert_uint_eq(sym.start, SYNTH_CODE);
	ck_assert(da_image_has_symbols(im) && !da_image_has_symtab(im));
	da_dump_free(d);
	free(core);
	synth_free(s);
}
END_TEST

/* Most libraries have no other table than the one that does not count them. The last symbol's bucket may be any. */
START_TEST(counts_symbols_by_the_hash_table)
{
	enum { SIZE = 0x1000 };
	static const char *const names[] = { "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta" };
	struct synth_export e[DA_ARRAY_SIZE(names)];

	for (unsigned n = 1; n <= DA_ARRAY_SIZE(names); n++) {
		struct da_dump *d = da_dump_new(&da_limits_default, NULL);
		uint8_t *bytes = da_alloc(d->arena, SIZE);
		struct da_image *im;

		e[n - 1] = (struct synth_export){ names[n - 1], 0x800 + 16 * n, 16, SYNTH_FUNCTION };
		(void)synth_exports(bytes, SIZE, e, n);
		d->proc.mem = (struct da_memory){ .file = { bytes, SIZE }, .word = 8 };
		*da_vec_add(d->arena, &d->proc.mem.ranges) =
			(struct da_range){ .start = BASE, .end = BASE + SIZE, .file_len = SIZE, .module = DA_NONE };
		*da_vec_add(d->arena, &d->proc.modules) = (struct da_module){ .start = BASE, .end = BASE + SIZE };
		ck_assert_int_eq(da_image_from_memory(d, 0, &im), DA_OK);
		for (unsigned i = 0; i < n; i++) {
			struct da_elf_symbol sym;
			bool exact;

			ck_assert_msg(da_image_symbol(im, e[i].value + 4, &sym, &exact) == DA_OK, "%s of %u", names[i], n);
			ck_assert_str_eq(sym.name, names[i]);
		}
		da_dump_free(d);
	}
}
END_TEST

/* Every byte of header and tables flipped in turn: any answer, no crash, no endless loop. */
START_TEST(survives_any_byte_in_memory)
{
	struct synth *s = synth_new(64, false, SYNTH_X86_64);
	uint8_t *core, *at;
	struct da_dump *d = core_with_image(s, &core);
	const struct da_module *m = &d->proc.modules.v[0];

	for (uint64_t addr = m->start; addr < m->end; addr++) {
		struct da_image *im = NULL;
		struct da_elf_symbol sym;
		const struct da_cfi_row *row;
		bool exact;

		at = (uint8_t *)da_mem_view(&d->proc.mem, addr, 1);
		if (!at || (addr - m->start >= SYNTH_CODE && addr - m->start < SYNTH_CODE + 0x1000))
			continue;
		*at ^= 0xff;
		if (da_image_from_memory(d, 0, &im) == DA_OK) {
			(void)da_image_symbol(im, SYNTH_CODE + 0x25, &sym, &exact);
			(void)da_image_cfi(im, SYNTH_CODE + 0x25, &row);
		}
		*at ^= 0xff;
	}
	da_dump_free(d);
	free(core);
	synth_free(s);
}
END_TEST

/* ---------------------------------------------------------------- notes and broken files */

START_TEST(reads_notes_to_their_end)
{
	uint8_t b[64] = { 4, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 'X', 'Y', 'Z', 0, 9, 9, 9, 0,
			  4, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0, 0xab, 0xcd };
	unsigned len = 0;
	const uint8_t *p = da_note_build_id((struct da_bytes){ b, 40 }, false, &len);

	ck_assert_ptr_eq(p, b + 36);
	ck_assert_uint_eq(len, 2);
	for (size_t n = 0; n < 38; n++)
		ck_assert_ptr_null(da_note_build_id((struct da_bytes){ b, n }, false, &len));
	b[24] = 0xff; /* a description that leaves the notes */
	b[27] = 0xff;
	ck_assert_ptr_null(da_note_build_id((struct da_bytes){ b, 40 }, false, &len));
}
END_TEST

static void ask_everything(struct da_bytes b)
{
	struct da_arena *a = da_arena_new();
	struct da_image *im = NULL, *mini;
	const uint8_t *p;
	const char *name;
	uint32_t crc;
	unsigned len;

	if (da_image_open(a, b, "broken", NULL, &im) == DA_OK) {
		struct da_elf_symbol sym;
		const struct da_cfi_row *row;
		struct da_dwarf_place place;
		bool exact;

		(void)da_image_build_id(im, &p);
		(void)da_image_debuglink(im, &name, &crc);
		(void)da_image_debugaltlink(im, &name, &p, &len);
		(void)da_image_debugdata(im, NULL, &mini);
		(void)da_image_split_id(im, 1);
		if (da_image_symbol_named(im, "main", &sym) != DA_OK)
			sym.start = 0x1234;
		(void)da_image_symbol(im, sym.start + 1, &sym, &exact);
		(void)da_image_cfi(im, sym.start + 1, &row);
		(void)da_image_place(im, a, sym.start + 1, &da_limits_default, &place);
	}
	da_arena_free(a);
}

/* The file cut short: its tables of sections lie at the end. */
START_TEST(survives_cut_files)
{
	struct da_arena *a = da_arena_new();
	struct da_bytes b = da_image_bytes(own(a));

	for (size_t n = 0; n <= 4096; n += n < 300 ? 1 : 97)
		ask_everything((struct da_bytes){ b.p, n });
	for (size_t n = b.n; n > b.n / 2; n -= b.n / 29)
		ask_everything((struct da_bytes){ b.p, n });
	da_arena_free(a);
}
END_TEST

/* Bytes of the file's header, its program headers and its section headers changed one by one. */
START_TEST(survives_changed_headers)
{
	struct da_arena *a = da_arena_new();
	struct da_image *im = own(a);
	struct da_bytes b = da_image_bytes(im);
	uint8_t *copy = da_memdup(a, b.p, b.n);
	size_t sections = (size_t)im->shoff, n = b.n - sections;

	for (size_t i = 0; i < 512; i += 3) {
		copy[i] ^= 0x55;
		ask_everything((struct da_bytes){ copy, b.n });
		copy[i] ^= 0x55;
	}
	for (size_t i = 0; i < n; i += n / 300 + 1) {
		copy[sections + i] ^= 0x81;
		ask_everything((struct da_bytes){ copy, b.n });
		copy[sections + i] ^= 0x81;
	}
	da_arena_free(a);
}
END_TEST

UNIT_MAIN("image", finds_symbols_of_a_file, finds_variables, names_the_linkage_table, finds_function_and_line,
	  gives_unwind_rows, reads_files_without_sections, rebuilds_a_module_from_memory, counts_symbols_by_the_hash_table,
	  survives_any_byte_in_memory, reads_notes_to_their_end, survives_cut_files, survives_changed_headers)
