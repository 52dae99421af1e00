/* SPDX-License-Identifier: Apache-2.0 */
/* PDB files from a builder of their own, and Breakpad's text. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "image/symfile.h"
#include "synth/synth_pdb.h"
#include "unit.h"

static struct da_symfile *open_bytes(struct da_arena *a, const void *p, size_t n, enum da_status want)
{
	enum da_symfile_kind kind = DA_SYMFILE_KINDS;
	struct da_symfile *f = NULL;

	ck_assert_int_eq(da_symfile_open(a, (struct da_bytes){ p, n }, &da_limits_default, &f, &kind), want);
	return f;
}

static struct da_symfile *make(struct da_arena *a, const struct synth_pdb *o)
{
	size_t n;
	uint8_t *p = synth_pdb(o, &n);
	struct da_symfile *f = open_bytes(a, da_memdup(a, p, n), n, DA_OK);

	free(p);
	return f;
}

/* ---------------------------------------------------------------- PDB */

static const struct synth_pdb shapes[] = {
	{ .modules = 3, .functions = 40, .lines = 5, .age = 2 },
	{ .modules = 3, .functions = 40, .lines = 5, .age = 2, .scattered = true, .block = 512 },
	{ .modules = 1, .functions = 1, .lines = 15, .age = 2, .block = 4096, .scattered = true },
	{ .modules = 70, .functions = 9, .lines = 3, .age = 2, .block = 1024, .scattered = true },
};

START_TEST(identity_of_a_pdb)
{
	struct da_arena *a = da_arena_new();
	struct da_symfile *f = make(a, &shapes[0]);
	static const uint8_t guid[16] = { 4, 3, 2, 1, 6, 5, 8, 7, 9, 10, 11, 12, 13, 14, 15, 16 };

	ck_assert_int_eq(da_symfile_kind(f), DA_SYMFILE_PDB);
	ck_assert(memcmp(da_symfile_guid(f), guid, 16) == 0);
	ck_assert(da_symfile_has_age(f, 2) && !da_symfile_has_age(f, 3));
	ck_assert(da_symfile_is_full(f) && !da_symfile_is_managed(f));
	da_arena_free(a);
}
END_TEST

static void check_function(struct da_symfile *f, struct da_arena *a, const struct synth_pdb *o, uint32_t mod,
			   uint32_t k)
{
	uint32_t start = 0x1000 + 64 * (mod * o->functions + k);
	uint32_t row = o->lines - 1;
	struct da_dwarf_place place;
	struct da_elf_symbol sym;

	ck_assert_int_eq(da_symfile_place(f, a, start + 59, &place), DA_OK);
	ck_assert_uint_eq(place.n, 1);
	ck_assert_str_eq(place.calls[0].function, da_printf(a, "ns::f%u_%u", mod, k));
	ck_assert_str_eq(place.calls[0].file, da_printf(a, "c:\\src\\m%u.cpp", mod));
	ck_assert_uint_eq(place.calls[0].line, 10 + k + row);
	ck_assert_uint_eq(place.start, start);
	ck_assert_uint_eq(place.end, start + 60);
	ck_assert_int_eq(da_symfile_symbol(f, a, start + 7, &sym), DA_OK);
	ck_assert_str_eq(sym.name, da_printf(a, "?f%u_%u@ns@@YAXXZ", mod, k));
	ck_assert_uint_eq(sym.start, start);
	ck_assert_int_eq(da_symfile_named(f, a, sym.name, &sym), DA_OK);
	ck_assert_uint_eq(sym.start, start);
	/* Between two functions is none. */
	ck_assert_int_eq(da_symfile_place(f, a, start + 61, &place), DA_NOT_FOUND);
}

START_TEST(functions_lines_and_public_symbols)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(shapes); i++) {
		struct da_arena *a = da_arena_new();
		struct da_symfile *f = make(a, &shapes[i]);

		for (uint32_t mod = 0; mod < shapes[i].modules; mod++)
			for (uint32_t k = 0; k < shapes[i].functions; k++)
				check_function(f, a, &shapes[i], mod, k);
		ck_assert_int_eq(da_symfile_named(f, a, "?other@@YAXXZ", &(struct da_elf_symbol){ 0 }),
				 DA_NOT_FOUND);
		da_arena_free(a);
	}
}
END_TEST

START_TEST(inlined_calls)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(shapes); i++) {
		struct da_arena *a = da_arena_new();
		struct da_symfile *f = make(a, &shapes[i]);
		struct da_dwarf_place place;

		ck_assert_int_eq(da_symfile_place(f, a, 0x1000 + 15, &place), DA_OK);
		ck_assert_uint_eq(place.n, 1);
		ck_assert_int_eq(da_symfile_place(f, a, 0x1000 + 16, &place), DA_OK);
		ck_assert_uint_eq(place.n, 2);
		ck_assert_str_eq(place.calls[1].function, "ns::Small::tiny");
		ck_assert_str_eq(place.calls[1].file, "c:\\src\\tiny.h");
		ck_assert_uint_eq(place.calls[1].line, 102);
		ck_assert_int_eq(da_symfile_place(f, a, 0x1000 + 31, &place), DA_OK);
		ck_assert_uint_eq(place.n, 2);
		ck_assert_int_eq(da_symfile_place(f, a, 0x1000 + 32, &place), DA_OK);
		ck_assert_uint_eq(place.n, 1);
		da_arena_free(a);
	}
}
END_TEST

START_TEST(frame_data_of_x86)
{
	struct synth_pdb o = { .modules = 2, .functions = 3, .machine = 0x14c, .age = 1 };
	struct da_arena *a = da_arena_new();
	struct da_symfile *f = make(a, &o);
	struct da_frame_data d;

	ck_assert_int_eq(da_symfile_frame(f, a, 0x1000 + 64 * 4 + 30, &d), DA_OK);
	ck_assert_uint_eq(d.start, 0x1000 + 64 * 4);
	ck_assert_uint_eq(d.size, 60);
	ck_assert_uint_eq(d.locals, 8);
	ck_assert_uint_eq(d.params, 4);
	ck_assert_uint_eq(d.saved, 4);
	ck_assert_str_eq(d.program, "$T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =");
	ck_assert_int_eq(da_symfile_frame(f, a, 0x1000 + 61, &d), DA_NOT_FOUND);
	ck_assert_int_eq(da_symfile_frame(f, a, 0xfff, &d), DA_NOT_FOUND);
	da_arena_free(a);
}
END_TEST

START_TEST(stripped_pdb_has_public_symbols)
{
	struct synth_pdb o = { .modules = 2, .functions = 3, .stripped = true, .age = 1 };
	struct da_arena *a = da_arena_new();
	struct da_symfile *f = make(a, &o);
	struct da_dwarf_place place;
	struct da_elf_symbol sym;

	ck_assert(!da_symfile_is_full(f));
	ck_assert_int_eq(da_symfile_place(f, a, 0x1010, &place), DA_NOT_FOUND);
	ck_assert_int_eq(da_symfile_symbol(f, a, 0x1010, &sym), DA_OK);
	ck_assert_str_eq(sym.name, "?f0_0@ns@@YAXXZ");
	ck_assert_uint_eq(sym.size, 0);
	ck_assert_int_eq(da_symfile_symbol(f, a, 0x1000 + 64 * 6, &sym), DA_NOT_FOUND);
	ck_assert_int_eq(da_symfile_symbol(f, a, 0, &sym), DA_NOT_FOUND);
	da_arena_free(a);
}
END_TEST

START_TEST(cut_pdb_is_refused)
{
	struct da_arena *a = da_arena_new();
	size_t n;
	uint8_t *p = synth_pdb(&shapes[0], &n);

	for (size_t cut = 64; cut < n; cut += 1000)
		ck_assert_ptr_null(open_bytes(a, p, cut, DA_CORRUPT));
	free(p);
	da_arena_free(a);
}
END_TEST

START_TEST(other_kinds_are_recognised)
{
	static const struct {
		const char *bytes;
		size_t n;
		enum da_symfile_kind kind;
	} rows[] = {
		{ "Microsoft C/C++ program database 2.00\r\n\x1aJG\0\0", 44, DA_SYMFILE_PDB2 },
		{ "BSJB\1\0\1\0", 8, DA_SYMFILE_PORTABLE },
		{ "Microsoft MSFZ Container\r\n", 26, DA_SYMFILE_MSFZ },
		{ "MSCF\0\0\0\0", 8, DA_SYMFILE_CABINET },
	};
	struct da_arena *a = da_arena_new();

	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		enum da_symfile_kind kind = DA_SYMFILE_KINDS;
		struct da_symfile *f = NULL;

		ck_assert_int_eq(da_symfile_open(a, (struct da_bytes){ (const uint8_t *)rows[i].bytes, rows[i].n },
						 &da_limits_default, &f, &kind), DA_UNSUPPORTED);
		ck_assert_int_eq(kind, rows[i].kind);
		ck_assert_ptr_null(f);
	}
	open_bytes(a, "\x7f" "ELF", 4, DA_NOT_FOUND);
	open_bytes(a, "", 0, DA_NOT_FOUND);
	da_arena_free(a);
}
END_TEST

/* ---------------------------------------------------------------- Breakpad */

#define HEAD "MODULE Linux x86_64 0102030405060708090A0B0C0D0E0F100 prog\nFILE 0 a.cc\nFILE 7 dir/b c.h\n"

static struct da_symfile *sym(struct da_arena *a, const char *text)
{
	return open_bytes(a, text, strlen(text), DA_OK);
}

START_TEST(breakpad_functions)
{
	struct da_arena *a = da_arena_new();
	struct da_symfile *f = sym(a, HEAD "INLINE_ORIGIN 3 inner()\nINLINE_ORIGIN 4 outer(int, char)\n"
				      "FUNC m 2000 30 8 second(int)\r\n2000 30 5 7\r\n"
				      "FUNC 1000 40 0 first()\n"
				      "INLINE 0 12 7 4 1010 10 1030 4\nINLINE 1 42 0 3 1018 8\n"
				      "1000 10 10 0\n1010 8 90 7\n1018 8 77 0\n1020 20 11 0\n"
				      "PUBLIC 3000 0 pub\nPUBLIC m 1800 4 old\n");
	struct da_dwarf_place p;
	struct da_elf_symbol s;

	ck_assert_int_eq(da_symfile_kind(f), DA_SYMFILE_BREAKPAD);
	ck_assert(da_symfile_guid(f)[0] == 1 && da_symfile_guid(f)[15] == 0x10 && da_symfile_has_age(f, 0));
	ck_assert_int_eq(da_symfile_place(f, a, 0x1019, &p), DA_OK);
	ck_assert_uint_eq(p.n, 3);
	ck_assert_str_eq(p.calls[0].function, "first()");
	ck_assert_str_eq(p.calls[0].file, "dir/b c.h");
	ck_assert_uint_eq(p.calls[0].line, 12);
	ck_assert_str_eq(p.calls[1].function, "outer(int, char)");
	ck_assert_uint_eq(p.calls[1].line, 42);
	ck_assert_str_eq(p.calls[2].function, "inner()");
	ck_assert_str_eq(p.calls[2].file, "a.cc");
	ck_assert_uint_eq(p.calls[2].line, 77);
	ck_assert_int_eq(da_symfile_place(f, a, 0x1030, &p), DA_OK);
	ck_assert_uint_eq(p.n, 2);
	ck_assert_int_eq(da_symfile_place(f, a, 0x202f, &p), DA_OK);
	ck_assert_str_eq(p.calls[0].function, "second(int)");
	ck_assert_uint_eq(p.calls[0].line, 5);
	ck_assert_int_eq(da_symfile_place(f, a, 0x2030, &p), DA_NOT_FOUND);
	ck_assert_int_eq(da_symfile_symbol(f, a, 0x3010, &s), DA_OK);
	ck_assert_str_eq(s.name, "pub");
	ck_assert_int_eq(da_symfile_symbol(f, a, 0x1900, &s), DA_OK);
	ck_assert_str_eq(s.name, "old");
	ck_assert_int_eq(da_symfile_symbol(f, a, 0x2100, &s), DA_NOT_FOUND);
	ck_assert_int_eq(da_symfile_named(f, a, "first()", &s), DA_OK);
	ck_assert_uint_eq(s.start, 0x1000);
	ck_assert_int_eq(da_symfile_named(f, a, "first", &s), DA_NOT_FOUND);
	da_arena_free(a);
}
END_TEST

START_TEST(breakpad_old_inlines)
{
	struct da_arena *a = da_arena_new();
	struct da_symfile *f = sym(a, HEAD "INLINE_ORIGIN 1 7 in()\nFUNC 10 10 0 f\nINLINE 0 9 1 14 4\n10 10 3 0\n");
	struct da_dwarf_place p;

	ck_assert_int_eq(da_symfile_place(f, a, 0x15, &p), DA_OK);
	ck_assert_uint_eq(p.n, 2);
	ck_assert_ptr_null(p.calls[0].file);
	ck_assert_uint_eq(p.calls[0].line, 9);
	ck_assert_str_eq(p.calls[1].function, "in()");
	ck_assert_uint_eq(p.calls[1].line, 3);
	da_arena_free(a);
}
END_TEST

START_TEST(breakpad_rows)
{
	struct da_arena *a = da_arena_new();
	struct da_symfile *f = sym(a, HEAD "STACK CFI INIT 100 50 .cfa: $rsp 8 + .ra: .cfa -8 + ^\n"
				      "STACK CFI 101 .cfa: $rsp 16 + $rbp: .cfa 16 - ^\n"
				      "STACK CFI 104 .cfa: $rbp 16 +\n"
				      "STACK CFI INIT 200 10 .cfa: $rsp 8 +\n"
				      "STACK CFI INIT 300 10 .cfa: $rsp 8 + 16 @ .ra: .cfa ^\n");
	const struct da_cfi_row *row;

	ck_assert_int_eq(da_symfile_cfi(f, 0x102, &row), DA_OK);
	ck_assert_uint_eq(row->start, 0x101);
	ck_assert_uint_eq(row->end, 0x104);
	ck_assert_int_eq(row->cfa.kind, DA_RULE_REG_OFFSET);
	ck_assert_int_eq(row->cfa.reg, 7);
	ck_assert_int_eq(row->cfa.offset, 16);
	ck_assert_int_eq(row->reg[16].kind, DA_RULE_CFA_OFFSET);
	ck_assert_int_eq(row->reg[16].offset, -8);
	ck_assert_int_eq(row->reg[6].offset, -16);
	ck_assert_int_eq(row->reg[3].kind, DA_RULE_SAME);
	ck_assert_int_eq(row->reg[0].kind, DA_RULE_UNDEFINED);
	ck_assert_int_eq(da_symfile_cfi(f, 0x14f, &row), DA_OK);
	ck_assert_int_eq(row->cfa.reg, 6);
	ck_assert_uint_eq(row->end, 0x150);
	ck_assert_int_eq(da_symfile_cfi(f, 0x150, &row), DA_NOT_FOUND);
	/* Without a rule for the return address it does not say that nothing called the function. */
	ck_assert_int_eq(da_symfile_cfi(f, 0x200, &row), DA_UNSUPPORTED);
	ck_assert_int_eq(da_symfile_cfi(f, 0x300, &row), DA_OK);
	ck_assert_int_eq(row->cfa.kind, DA_RULE_EXPR_VALUE);
	da_arena_free(a);
}
END_TEST

START_TEST(breakpad_stack_win)
{
	struct da_arena *a = da_arena_new();
	struct da_symfile *f = sym(a, "MODULE windows x86 0102030405060708090A0B0C0D0E0F1012 a.pdb\n"
				      "STACK WIN 4 1000 40 3 1 8 4 10 0 1 $eip .raSearch ^ =\n"
				      "STACK WIN 4 1004 3c 0 1 8 c 20 0 1 $T0 $ebp =\n"
				      "STACK WIN 0 2000 10 0 0 4 8 c 0 0 1\n");
	struct da_frame_data d;

	ck_assert(da_symfile_has_age(f, 0x12));
	ck_assert_int_eq(da_symfile_frame(f, a, 0x1003, &d), DA_OK);
	ck_assert_str_eq(d.program, "$eip .raSearch ^ =");
	ck_assert_int_eq(da_symfile_frame(f, a, 0x1010, &d), DA_OK);
	ck_assert_str_eq(d.program, "$T0 $ebp =");
	ck_assert_uint_eq(d.locals, 0x20);
	ck_assert_uint_eq(d.saved, 12);
	ck_assert_int_eq(da_symfile_frame(f, a, 0x2001, &d), DA_OK);
	ck_assert_ptr_null(d.program);
	ck_assert(d.uses_bp);
	ck_assert_uint_eq(d.params, 4);
	da_arena_free(a);
}
END_TEST

UNIT_MAIN("symfile", identity_of_a_pdb, functions_lines_and_public_symbols, inlined_calls, frame_data_of_x86,
	  stripped_pdb_has_public_symbols, cut_pdb_is_refused, other_kinds_are_recognised, breakpad_functions,
	  breakpad_old_inlines, breakpad_rows, breakpad_stack_win)
