/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of a process: found, refused, missing. The file is this program itself, copied into folders;
 * the process is made by hand.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbol/private.h"
#include "unit.h"

#define BASE 0x7f1200000000ULL

int known_function(int x);

__attribute__((noinline)) int known_function(int x)
{
	return x * 3 + 1;
}

/* ---------------------------------------------------------------- names */

static void same(const char *raw, const char *wanted)
{
	struct da_arena *a = da_arena_new();

	ck_assert_str_eq(da_demangle(a, raw), wanted);
	da_arena_free(a);
}

START_TEST(reads_mangled_names)
{
	same("main", "main");
	same("f", "f"); /* "float" to a demangler that is asked without the prefix */
	same("_Z3addii", "add(int, int)");
	same("__Z3addii", "add(int, int)");
	same("_ZNK2ns1A1fEi", "ns::A::f(int) const");
	same("_ZN3foo3bar17h0123456789abcdefE", "foo::bar");
	same("_RNvCs1234_7mycrate3foo", "mycrate::foo");
	same("_Z3addii@plt", "add(int, int)@plt");
	same("puts@plt", "puts@plt");
	same("_Zqqqq", "_Zqqqq");
	same("_D8demangle4testFaZv", "demangle.test(char)");
	same("", "");
}
END_TEST

/* Each part repeats all before it: a few dozen bytes that stand for more text than there is memory. */
START_TEST(leaves_names_that_explode)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	struct da_arena *a = da_arena_new();
	char *deep = da_alloc(a, 4097);

	da_str_add(&s, "_Z1fSt4pairIiiE");
	for (int i = 0; i < 34; i++) {
		char last = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i];

		da_str_addf(&s, "S_IS%c_S%c_E", last, last);
	}
	ck_assert_str_eq(da_demangle(a, da_str_get(&s)), da_str_get(&s));
	memset(deep, 'P', 4090);
	memcpy(deep, "_Z1f", 4);
	ck_assert_ptr_nonnull(da_demangle(a, deep));
	da_arena_free(a);
}
END_TEST

START_TEST(tells_own_code_from_others)
{
	static const struct {
		const char *path;
		enum da_module_class class;
	} cases[] = {
		{ "/usr/lib/x86_64-linux-gnu/libc.so.6", DA_CLASS_SYSTEM },
		{ "/lib64/ld-linux-x86-64.so.2", DA_CLASS_SYSTEM },
		{ "/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30", DA_CLASS_RUNTIME },
		{ "/usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1/libcoreclr.so", DA_CLASS_RUNTIME },
		{ "/usr/lib/jvm/java-17/lib/server/libjvm.so", DA_CLASS_RUNTIME },
		{ "/usr/bin/node", DA_CLASS_RUNTIME },
		{ "/opt/app/bin/nodestar", DA_CLASS_OWN },
		{ "/usr/local/lib/libown.so", DA_CLASS_OWN },
		{ "/srv/app/server", DA_CLASS_OWN },
		{ "/home/u/lib/libc.so.old/mine.so", DA_CLASS_OWN },
		{ NULL, DA_CLASS_OWN },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_module m = { .path = cases[i].path,
				       .name = cases[i].path ? da_basename(cases[i].path) : NULL };

		ck_assert_msg(da_module_class_of(&m) == cases[i].class, "%s", cases[i].path);
	}
}
END_TEST

/* ---------------------------------------------------------------- a process of one module */

static char folder[] = "/tmp/dumpan-t_symbol.XXXXXX";
static const char *dirs[] = { folder };
static struct da_symbol_options options = { .dirs = dirs, .ndirs = 1, .no_local = true };

static char *in_folder(struct da_arena *a, const char *name)
{
	return da_printf(a, "%s/%s", folder, name);
}

/* `from` copied, with `n` bytes changed at `off` when n is not 0. */
static void copy_file(const char *to, struct da_bytes b, size_t off, size_t n)
{
	FILE *f = fopen(to, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(b.p, 1, off, f), off);
	for (size_t i = 0; i < n; i++)
		fputc(b.p[off + i] ^ 0xff, f);
	ck_assert_uint_eq(fwrite(b.p + off + n, 1, b.n - off - n, f), b.n - off - n);
	ck_assert_int_eq(fclose(f), 0);
}

struct process {
	struct da_dump *d;
	struct da_module *m;
	struct da_bytes file;
	struct da_image *im;
	const uint8_t *id;
	unsigned id_len;
};

static struct process begin(void)
{
	struct process p = { .d = da_dump_new(&da_limits_default, NULL) };
	const struct da_segment *seg;
	size_t n;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(da_map_file(p.d->arena, "/proc/self/exe", UINT32_MAX, &p.file), DA_OK);
	ck_assert_int_eq(da_image_open(p.d->arena, p.file, "self", NULL, &p.im), DA_OK);
	n = da_image_segments(p.im, &seg);
	p.id_len = da_image_build_id(p.im, &p.id);
	ck_assert_uint_gt(p.id_len, 2);
	p.d->proc.bits = 64;
	p.d->proc.mem.word = 8;
	p.m = da_vec_add(p.d->arena, &p.d->proc.modules);
	p.m->path = "/app/bin/server";
	p.m->name = "server";
	p.m->start = BASE;
	p.m->end = BASE + seg[n - 1].vaddr + seg[n - 1].memsz;
	return p;
}

static void know_id(struct process *p)
{
	memcpy(p->m->build_id, p->id, p->id_len);
	p->m->build_id_len = (uint8_t)p->id_len;
}

static void end(struct process *p)
{
	char command[128];

	da_dump_free(p->d);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
}

static uint64_t address_of(struct process *p, const char *name)
{
	struct da_elf_symbol sym;

	ck_assert_int_eq(da_image_symbol_named(p->im, name, &sym), DA_OK);
	return BASE + sym.start;
}

START_TEST(takes_the_file_with_the_build_id)
{
	struct process p = begin();
	struct da_symbols *s = da_symbols_new(p.d, &options);
	uint64_t pc = address_of(&p, "known_function"), at = 0, size = 0;
	const struct da_cfi_row *row;
	const struct da_place *place;
	uint8_t byte;

	know_id(&p);
	copy_file(in_folder(p.d->arena, "server"), p.file, 0, 0);
	da_symbols_find(s);
	ck_assert_int_eq(p.m->match, DA_MATCH_BUILD_ID);
	ck_assert(p.m->has_bias && p.m->bias == BASE);
	ck_assert_uint_eq(p.m->file_bytes, p.file.n);
	place = da_symbols_place(s, pc, false);
	ck_assert_uint_eq(place->ncalls, 1);
	ck_assert_str_eq(place->calls[0].function, "known_function");
	ck_assert_str_eq(place->raw, "known_function");
	ck_assert(place->start == pc && place->exact && place->module == 0);
	ck_assert_ptr_eq(da_symbols_place(s, pc, false), place);
	ck_assert_str_ne(da_symbols_place(s, pc, true)->raw ? da_symbols_place(s, pc, true)->raw : "",
			 "known_function");
	ck_assert_uint_eq(da_symbols_place(s, 0x1000, false)->module, DA_NONE);
	ck_assert_int_eq(da_symbols_named(s, 0, "known_function", &at, &size), DA_OK);
	ck_assert(at == pc && size > 0);
	ck_assert(da_symbols_in_function(s, pc) && !da_symbols_in_function(s, BASE + 1));
	ck_assert_int_eq(da_symbols_cfi(s, pc, &row, &at), DA_OK);
	ck_assert_uint_eq(at, BASE);
	ck_assert_uint_eq(da_symbols_module(s, "serv"), 0);
	ck_assert_uint_eq(da_symbols_module(s, "libc.so"), DA_NONE);
	/* its code stands in for what the dump lacks */
	ck_assert_int_eq(da_mem_u8(&p.d->proc.mem, pc, &byte), DA_OK);
	end(&p);
}
END_TEST

/* Breakpad's minidumps keep 16 bytes of a build-id; the file tells the rest, for its debug file. */
START_TEST(completes_a_short_build_id)
{
	struct process p = begin();
	struct da_symbols *s = da_symbols_new(p.d, &options);

	know_id(&p);
	p.m->build_id_len = 16;
	memset(p.m->build_id + 16, 0, sizeof(p.m->build_id) - 16);
	copy_file(in_folder(p.d->arena, "by-any-name"), p.file, 0, 0);
	da_symbols_find(s);
	ck_assert_int_eq(p.m->match, DA_MATCH_BUILD_ID);
	ck_assert_uint_eq(p.m->build_id_len, p.id_len);
	ck_assert_mem_eq(p.m->build_id, p.id, p.id_len);
	end(&p);
}
END_TEST

START_TEST(refuses_another_build)
{
	struct process p = begin();
	struct da_symbols *s = da_symbols_new(p.d, &options);

	know_id(&p);
	p.m->build_id[1] ^= 0xff;
	copy_file(in_folder(p.d->arena, "server"), p.file, 0, 0);
	da_symbols_find(s);
	da_symbols_run(s);
	ck_assert_int_eq(p.m->match, DA_MATCH_MISMATCH);
	ck_assert_uint_eq(da_symbols_place(s, BASE + 0x1000, false)->ncalls, 0);
	ck_assert_uint_eq(da_ledger_count(p.d->ledger), 1);
	ck_assert_int_eq(da_ledger_at(p.d->ledger, 0)->kind, DA_NOTE_MISMATCH);
	ck_assert_ptr_nonnull(strstr(da_ledger_at(p.d->ledger, 0)->text,
				     da_build_id_hex(p.d->arena, p.m)));
	ck_assert_uint_eq(p.d->missing_files.n, 1);
	ck_assert_str_eq(p.d->missing_files.v[0].name, "server");
	ck_assert_ptr_nonnull(p.m->missing_why);
	end(&p);
}
END_TEST

START_TEST(finds_files_by_every_layout)
{
	static const char *const layouts[] = { "flat/server",       "app/bin/server", "any/name/at-all",
					       "%s/executable", ".build-id/%.2s/%s" };

	for (size_t i = 0; i < DA_ARRAY_SIZE(layouts); i++) {
		struct process p = begin();
		struct da_symbols *s = da_symbols_new(p.d, &options);
		const char *id;
		char *path;

		know_id(&p);
		id = da_build_id_hex(p.d->arena, p.m);
		path = i == 3 ? da_printf(p.d->arena, "%s/%s/executable", folder, id) :
		       i == 4 ? da_printf(p.d->arena, "%s/.build-id/%.2s/%s", folder, id, id + 2) :
				in_folder(p.d->arena, layouts[i]);
		for (char *slash = strchr(path + sizeof(folder), '/'); slash; slash = strchr(slash + 1, '/')) {
			*slash = 0;
			mkdir(path, 0700);
			*slash = '/';
		}
		copy_file(path, p.file, 0, 0);
		da_symbols_find(s);
		ck_assert_msg(p.m->match == DA_MATCH_BUILD_ID, "%s", layouts[i]);
		end(&p);
	}
}
END_TEST

/* Without a build-id in the dump the bytes must prove it, and this machine's own file never counts. */
START_TEST(compares_contents_without_a_build_id)
{
	static const struct {
		bool dumped, change, local;
		enum da_match match;
	} cases[] = {
		{ true, false, false, DA_MATCH_CONTENTS },
		{ true, true, false, DA_MATCH_MISMATCH },
		{ false, false, false, DA_MATCH_MISMATCH },
		{ true, false, true, DA_MATCH_MISMATCH },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct process p = begin();
		struct da_symbol_options local = { .no_local = false };
		struct da_symbols *s = da_symbols_new(p.d, cases[i].local ? &local : &options);
		const char *path = in_folder(p.d->arena, "server");
		const struct da_segment *seg;
		struct da_range *r = da_vec_add(p.d->arena, &p.d->proc.mem.ranges);
		uint8_t *page = da_alloc(p.d->arena, 4096);
		size_t k = 0;

		while (da_image_segments(p.im, &seg) > k && !(seg[k].prot & DA_PROT_X))
			k++;
		memcpy(page, p.file.p + seg[k].off, 4096);
		p.d->proc.mem.file = (struct da_bytes){ page, 4096 };
		*r = (struct da_range){ .start = BASE + seg[k].vaddr, .end = BASE + seg[k].vaddr + 4096,
					.file_len = cases[i].dumped ? 4096 : 0, .prot = DA_PROT_R };
		if (cases[i].local)
			p.m->path = path;
		copy_file(path, p.file, seg[k].off + 100, cases[i].change ? 1 : 0);
		da_symbols_find(s);
		ck_assert_msg(p.m->match == cases[i].match, "case %zu: %s", i, da_match_name(p.m->match));
		end(&p);
	}
}
END_TEST

START_TEST(skips_what_is_in_quarantine)
{
	struct process p = begin();
	struct da_watch w = { .stage = 3, .kind = DA_ITEM_THREAD, .item = 7, .nquarantine = 1,
			      .quarantine = { { 3, DA_ITEM_MODULE, 0 } } };
	struct da_symbols *s = da_symbols_new(p.d, &options);

	know_id(&p);
	copy_file(in_folder(p.d->arena, "server"), p.file, 0, 0);
	p.d->watch = &w;
	da_symbols_find(s);
	ck_assert_int_eq(p.m->match, DA_MATCH_NONE);
	w.nquarantine = 0;
	da_symbols_find(s);
	ck_assert_int_eq(p.m->match, DA_MATCH_BUILD_ID);
	(void)da_symbols_place(s, BASE + 0x1000, false);
	/* a look-up in the middle of a thread gives the item back */
	ck_assert(w.kind == DA_ITEM_THREAD && w.item == 7);
	end(&p);
}
END_TEST

/* ---------------------------------------------------------------- paths of a hostile dump */

struct seen {
	bool outside, device;
};

static bool watch_paths(void *ctx, const char *path, bool local)
{
	struct seen *x = ctx;

	x->outside = x->outside || strstr(path, "/../");
	x->device = x->device || da_starts(path, "/dev/") || da_starts(path, "/proc/");
	return false;
}

START_TEST(stays_inside_the_folders)
{
	static const char *const hostile[] = { "/../../etc/shadow", "/a/../../etc/shadow", "/dev/zero",
					       "/proc/self/mem", "..", "/", "", "relative/../../x", "/x/.." };
	struct da_symbol_options o = { .dirs = dirs, .ndirs = 1, .sysroot = "/sysroot" };

	for (size_t i = 0; i < DA_ARRAY_SIZE(hostile); i++) {
		struct process p = begin();
		struct da_symbols *s = da_symbols_new(p.d, &o);
		struct seen x = { 0 };

		p.m->path = hostile[i];
		p.m->name = da_basename(hostile[i]);
		(void)da_paths_main(s, 0, watch_paths, &x);
		(void)da_paths_debug(s, 0, "../../etc/passwd", watch_paths, &x);
		ck_assert_msg(!x.outside && !x.device, "%s", hostile[i]);
		end(&p);
	}
}
END_TEST

/* The script must pack a file whatever its name, and run nothing that a name says. */
START_TEST(script_takes_names_as_names)
{
	struct process p = begin();
	struct da_symbol_options nowhere = { .no_local = true };
	struct da_symbols *s = da_symbols_new(p.d, &nowhere);
	const char *name = "it's $(touch x) `touch x`; touch x & \"q\" -rf *";
	const char *path = in_folder(p.d->arena, name), *script = in_folder(p.d->arena, "collect.sh");
	char *command = da_printf(p.d->arena,
				  "cd '%s' && sh collect.sh out.tar.gz >log 2>&1 && tar -tzf out.tar.gz >list "
				  "&& grep -Fq 'it'\\''s $(touch x)' list && [ ! -e x ]", folder);
	FILE *f;

	copy_file(path, p.file, 0, 0);
	know_id(&p);
	p.m->path = path;
	p.m->name = name;
	da_symbols_run(s); /* nothing was looked for, so it is missing */
	ck_assert_uint_eq(p.d->missing_files.n, 1);
	f = fopen(script, "w");
	fputs(da_symbols_collect_script(s), f);
	fclose(f);
	ck_assert_int_eq(system(command), 0);
	end(&p);
}
END_TEST

UNIT_MAIN("symbol", reads_mangled_names, leaves_names_that_explode, tells_own_code_from_others,
	  takes_the_file_with_the_build_id, completes_a_short_build_id, refuses_another_build, finds_files_by_every_layout,
	  compares_contents_without_a_build_id, skips_what_is_in_quarantine, stays_inside_the_folders,
	  script_takes_names_as_names)
