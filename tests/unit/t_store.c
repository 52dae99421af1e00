/* SPDX-License-Identifier: Apache-2.0 */
/* Symbol files of a minidump's module in the layouts of symbol stores, and x86 stacks by their frame data. */
#include "config.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/loader.h"
#include "symbol/symbol.h"
#include "synth/synth_md.h"
#include "synth/synth_pdb.h"
#include "synth/synth_pe.h"
#include "unwind/unwind.h"
#include "unit.h"

#define BASE 0x400000
#define TEXT (BASE + 0x1000)
#define STACK 0x120000
#define KEY "0403020106050807090A0B0C0D0E0F102A" /* of SYNTH_PDB_GUID, age 0x2a */

static char folder[64];

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/dumpan-store.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static int remove_one(const char *path, const struct stat *st DA_UNUSED, int flag DA_UNUSED,
		      struct FTW *ftw DA_UNUSED)
{
	return remove(path);
}

static void remove_folder(void)
{
	ck_assert_int_eq(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* Writes folder/PATH, and the folders on the way. */
static void write_file(const char *path, const void *p, size_t n)
{
	char full[512];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", folder, path);
	for (char *slash = full + strlen(folder) + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
		*slash = '\0';
		(void)mkdir(full, 0700);
	}
	f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(p, 1, n, f), n);
	fclose(f);
}

static void write_pdb(const char *path, uint32_t age)
{
	size_t n;
	uint8_t *p = synth_pdb(&(struct synth_pdb){ .functions = 4, .lines = 3, .machine = 0x14c, .age = age,
						     .block = 512 }, &n);

	write_file(path, p, n);
	free(p);
}

/* ---------------------------------------------------------------- a process of x86 */

static void put_call(uint8_t *text, uint32_t from, uint32_t to)
{
	text[from] = 0xe8;
	synth_md_set(text + from + 1, 4, to - (from + 5));
}

/* f0_0 called f0_1, that f0_2, where the thread stands. Frames have 8 bytes of locals and 4 of ebx. */
static struct da_dump *load(void)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_X86, SYNTH_MD_WINDOWS);
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);
	uint8_t text[256], stack[256] = { 0 };
	const char *message;
	uint32_t size;
	size_t n;
	uint8_t *p;
	const void *rsds = synth_md_rsds(s, (const uint8_t *)SYNTH_PDB_GUID, 0x2a, "c:\\build\\App.pdb", &size);

	memset(text, 0x90, sizeof(text));
	put_call(text, 30, 64);
	put_call(text, 64 + 30, 128);
	put_call(text, 64 + 40, 192);
	synth_md_set(stack + 12, 4, TEXT + 64 + 35);
	synth_md_set(stack + 16, 4, 7); /* the argument, and then 12 bytes of the frame */
	synth_md_set(stack + 28, 4, TEXT + 64 + 45); /* stale: it does not call f0_1 */
	synth_md_set(stack + 32, 4, TEXT + 35);
	synth_md_module(s, &(struct synth_md_module){ .base = BASE, .size = 0x10000, .path = "C:\\app\\app.exe",
						      .codeview = rsds, .codeview_size = size });
	synth_md_thread(s, &(struct synth_md_thread){
		.tid = 5, .stack = stack, .stack_start = STACK, .stack_size = sizeof(stack),
		.regs = { TEXT + 128 + 20, STACK, 0, 0, 0 } });
	synth_md_memory(s, TEXT, text, sizeof(text));
	p = synth_md_build(s, &n);
	synth_md_free(s);
	da_arena_on_free(d->arena, free, p);
	d->file = (struct da_bytes){ p, n };
	d->origin.file = "app.dmp";
	ck_assert_int_eq(da_load(d, &message), DA_OK);
	return d;
}

static const char *name_in(struct da_dump *d, const struct da_symbol_options *o)
{
	struct da_symbols *s = da_symbols_new(d, o);
	const struct da_place *p;

	da_symbols_find(s);
	p = da_symbols_place(s, TEXT + 130, false);
	return p->ncalls ? p->calls[0].function : NULL;
}

static const char *const dirs[] = { folder };
static const struct da_symbol_options named = { .dirs = dirs, .ndirs = 1, .no_local = true };

START_TEST(layouts_of_stores)
{
	static const char *const paths[] = {
		"App.pdb", "app.pdb", "App.pdb/" KEY "/App.pdb", "app.pdb/" KEY "/app.pdb",
		"app.pdb/0403020106050807090a0b0c0d0e0f102a/app.pdb", "Ap/App.pdb/" KEY "/App.pdb",
		"symbols/dll/app.pdb",
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(paths); i++) {
		struct da_dump *d = load();

		make_folder();
		write_pdb(paths[i], 0x2a);
		ck_assert_msg(da_streq(name_in(d, &named), "ns::f0_2"), "%s", paths[i]);
		da_dump_free(d);
		remove_folder();
	}
}
END_TEST

START_TEST(breakpad_layout)
{
	static const char text[] = "MODULE windows x86 " KEY " App.pdb\nFILE 1 x.c\nFUNC 1080 20 0 by_text()\n"
				   "1080 20 9 1\n";
	struct da_dump *d = load();

	make_folder();
	write_file("App.pdb/" KEY "/App.sym", text, sizeof(text) - 1);
	ck_assert_str_eq(name_in(d, &named), "by_text()");
	da_dump_free(d);
	remove_folder();
}
END_TEST

START_TEST(symbol_path_of_windows)
{
	struct da_symbol_options o = { .no_local = true };
	struct da_dump *d = load();

	make_folder();
	write_pdb("cache/App.pdb/" KEY "/App.pdb", 0x2a);
	o.nt_symbol_path = da_printf(d->arena, "C:\\old;srv*\\\\server\\share*%s/cache*https://example.org", folder);
	ck_assert_str_eq(name_in(d, &o), "ns::f0_2");
	da_dump_free(d);
	remove_folder();
}
END_TEST

static bool told(const struct da_dump *d, enum da_note_kind kind, const char *words)
{
	for (size_t i = 0; i < da_ledger_count(d->ledger); i++)
		if (da_ledger_at(d->ledger, i)->kind == kind && strstr(da_ledger_at(d->ledger, i)->text, words))
			return true;
	return false;
}

START_TEST(another_build_is_refused)
{
	struct da_dump *d = load();

	make_folder();
	write_pdb("App.pdb", 0x2b);
	ck_assert_ptr_null(name_in(d, &named));
	ck_assert(told(d, DA_NOTE_MISMATCH, "0403020106050807090A0B0C0D0E0F102B"));
	da_dump_free(d);
	remove_folder();
}
END_TEST

START_TEST(what_is_not_read_is_told)
{
	struct da_dump *d = load();

	make_folder();
	write_file("App.pdb/" KEY "/App.pd_", "MSCF\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	write_file("app.pdb", "Microsoft C/C++ MSF 7.00\r\n\x1a" "DS\0\0\0", 32);
	ck_assert_ptr_null(name_in(d, &named));
	ck_assert(told(d, DA_NOTE_UNSUPPORTED, "cabinet"));
	ck_assert(told(d, DA_NOTE_CORRUPT, "damaged"));
	da_dump_free(d);
	remove_folder();
}
END_TEST

/* By any name, folders deep, but only the same build. */
START_TEST(images_below_the_folder)
{
	static const struct {
		uint32_t timestamp;
		enum da_match match;
	} cases[] = { { SYNTH_PE_STAMP, DA_MATCH_TIMESTAMP_SIZE }, { SYNTH_PE_STAMP + 1, DA_MATCH_NONE } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = load();
		static struct synth_pe pe;

		d->proc.modules.v[0].timestamp = cases[i].timestamp;
		d->proc.modules.v[0].image_size = SYNTH_PE_MAPPED;
		synth_pe_init(&pe, SYNTH_PE_I386);
		synth_pe_finish(&pe);
		make_folder();
		write_file("pack/lib/net10.0/renamed.dll", pe.bytes, pe.n);
		da_symbols_find(da_symbols_new(d, &named));
		ck_assert_int_eq(d->proc.modules.v[0].match, cases[i].match);
		da_dump_free(d);
		remove_folder();
	}
}
END_TEST

START_TEST(stacks_by_frame_data)
{
	struct da_dump *d = load();
	struct da_thread *t = &d->proc.threads.v[0];
	struct da_symbols *s = da_symbols_new(d, &named);
	static const struct {
		uint32_t pc, sp;
		uint8_t trust;
	} want[] = { { TEXT + 128 + 20, STACK, DA_TRUST_CONTEXT },
		     { TEXT + 64 + 35, STACK + 16, DA_TRUST_CFI },
		     { TEXT + 35, STACK + 36, DA_TRUST_CFI } };

	make_folder();
	write_pdb("App.pdb", 0x2a);
	da_symbols_find(s);
	da_unwind_run(d, s, NULL);
	ck_assert_uint_ge(t->frames.n, 3);
	for (size_t i = 0; i < DA_ARRAY_SIZE(want); i++) {
		ck_assert_uint_eq(t->frames.v[i].pc, want[i].pc);
		ck_assert_uint_eq(t->frames.v[i].sp, want[i].sp);
		ck_assert_uint_eq(t->frames.v[i].trust, want[i].trust);
	}
	da_dump_free(d);
	remove_folder();
}
END_TEST

UNIT_MAIN("store", layouts_of_stores, breakpad_layout, symbol_path_of_windows, another_build_is_refused,
	  what_is_not_read_is_told, images_below_the_folder, stacks_by_frame_data)
