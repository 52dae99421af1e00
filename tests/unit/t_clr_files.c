/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that stand in for what a dump lacks of an assembly: which are taken, which are refused, and where
 * they are found; its portable PDB likewise. The runtime's structures are as 10 lays them out on Linux.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/coreclr/r2r_file.h"
#include "synth/synth_cli.h"
#include "unit.h"

#define BASE 0x7e0000000000ULL
#define LEN 0x10000
#define IMAGE (BASE + 0x8000)
#define COMPOSITE (BASE + 0x10000000)

static const uint8_t guid[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static struct da_dump *d;
static struct da_clr *c;
static struct da_symbol_options options;
static const char *dirs[1];
static bool local;          /* by the process's path, not by folders */
static char dir[] = "/tmp/clr-files-XXXXXX";
static uint8_t *file;
static uint64_t module;
static uint64_t flat_at;    /* a mapping of the whole file, of which nothing was saved; 0 none */
static bool composite;      /* the process has shop.r2r.dll at COMPOSITE, and so has the folder */
static bool with_header;    /* its header is in the dump */
static uint64_t functions;  /* in it, as the runtime has counted them; 0: its record is not there */
static size_t image_n;      /* of the file */
static uint32_t image_size; /* in memory */

static uint8_t *at(uint64_t addr) { return file + (addr - BASE); }
static void put(uint64_t addr, uint64_t v) { memcpy(at(addr), &v, 8); }
static void put32(uint64_t addr, uint32_t v) { memcpy(at(addr), &v, 4); }

/* ---------------------------------------------------------------- files */

/* An extra type makes it another build. */
static uint8_t *image(bool mapped, bool other, size_t *ret_n)
{
	struct synth_cli *s = synth_cli_new();
	struct synth_cli_image im = { .mapped = mapped, .pdb_guid = guid, .pdb_path = "C:\\build\\shop.pdb" };
	uint8_t *md, *bytes;

	if (other)
		SYNTH_ROW(s, 0, 0, synth_cli_string(s, "other.dll"), synth_cli_guid(s, guid), 0, 0);
	if (other)
		SYNTH_ROW(s, 2, 0, synth_cli_string(s, "<Module>"), 0, 0, 1, 1);
	else
		synth_cli_shop(s);
	md = synth_cli_build(s, &(struct synth_cli_form){ 0 }, &im.n);
	im.metadata = md;
	bytes = synth_cli_image(&im, ret_n);
	free(md);
	synth_cli_free(s);
	return bytes;
}

static void save(const char *name, const void *bytes, size_t n)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	for (char *p = path + strlen(dir) + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

static void save_image(const char *name, bool other)
{
	size_t n;
	uint8_t *bytes = image(false, other, &n);

	save(name, bytes, n);
	free(bytes);
}

static void save_pdb(const char *name, uint32_t stamp, uint8_t first)
{
	const uint32_t rows[64] = { [2] = 5, [6] = 5 };
	struct synth_cli *s = synth_cli_new();
	/* A GUID's text and its bytes have another order in the first three groups. */
	uint8_t id[20] = { first, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	size_t n;
	uint8_t *bytes;

	memcpy(id + 16, &stamp, 4);
	synth_cli_shop_pdb(s);
	bytes = synth_cli_build(s, &(struct synth_cli_form){ .pdb_id = id, .pdb_rows = rows }, &n);
	save(name, bytes, n);
	free(bytes);
	synth_cli_free(s);
}

/* ---------------------------------------------------------------- the runtime */

#define OFF(t, f, n) (c->layout.off[DA_CLR_##t##_##f] = (n))

static void layout(void)
{
	for (size_t i = 0; i < DA_CLR_FIELDS; i++)
		c->layout.off[i] = DA_CLR_UNKNOWN;
	for (size_t i = 0; i < DA_CLR_TYPES; i++)
		c->layout.size[i] = DA_CLR_UNKNOWN;
	OFF(AppDomain, DomainAssemblyList, 64), OFF(DomainAssembly, Assembly, 0);
	OFF(ArrayListBase, Count, 0), OFF(ArrayListBase, FirstBlock, 8);
	OFF(ArrayListBlock, Next, 0), OFF(ArrayListBlock, Size, 8), OFF(ArrayListBlock, ArrayStart, 16);
	OFF(Assembly, Module, 16), OFF(Module, Assembly, 248), OFF(Module, PEAssembly, 216);
	OFF(Module, TypeDefToMethodTableMap, 416), OFF(Module, MethodDefToDescMap, 448);
	OFF(PEAssembly, PEImage, 8), OFF(PEImage, Path, 0), OFF(PEImage, LoadedImageLayout, 128);
	OFF(PEImageLayout, Base, 8), OFF(PEImageLayout, Size, 16);
	OFF(ModuleLookupMap, Next, 0), OFF(ModuleLookupMap, TableData, 8), OFF(ModuleLookupMap, Count, 16);
	OFF(ModuleLookupMap, SupportedFlagsMask, 24);
}

static void add_range(uint64_t start, uint64_t end, uint64_t saved, const char *name)
{
	*da_vec_add(d->arena, &d->proc.mem.ranges) =
		(struct da_range){ .start = start, .end = end, .file_off = start - BASE, .file_len = saved, .name = name,
				   .prot = DA_PROT_R, .has_prot = true, .module = DA_NONE };
}

static uint8_t *composite_file(uint8_t first, uint32_t stamp, bool mapped, size_t *ret_n)
{
	/* As it stands in files; only its first byte is in doubt. */
	uint8_t mvid[16] = { first, 0x0a, 0x3d, 0x47, 0xee, 0x4f, 0x0f, 0xa0, 0x0f, 0x67, 0xc0, 0x3e, 0xb1, 0xe2, 0xb3, 0x01 };
	struct synth_cli_image im = { .composite = true, .ready_to_run = true, .components = 1, .mvids = mvid, .stamp = stamp,
				      .mapped = mapped };
	struct synth_cli *s = synth_cli_new();
	uint8_t *md, *bytes;

	SYNTH_ROW(s, 35, 10, 0, 0, 0, 0, 0, synth_cli_string(s, "shop"), 0, 0);
	im.metadata = md = synth_cli_build(s, &(struct synth_cli_form){ 0 }, &im.n);
	bytes = synth_cli_image(&im, ret_n);
	free(md);
	synth_cli_free(s);
	return bytes;
}

static void save_composite(uint8_t first, uint32_t stamp)
{
	size_t n;
	uint8_t *bytes = composite_file(first, stamp, false, &n);

	save("shop.r2r.dll", bytes, n);
	free(bytes);
}

/* The Module's ReadyToRunInfo leads to that of the whole, which tells where the header is. */
static void make_composite(void)
{
	uint64_t info = BASE + 0x3000, whole = BASE + 0x3200;
	struct da_module m = { .name = "shop.r2r.dll", .path = "/srv/shop.r2r.dll", .start = COMPOSITE, .end = COMPOSITE + 0x10000 };
	char path[512];

	snprintf(path, sizeof(path), "%s/shop.r2r.dll", dir);
	if (local)
		m.path = da_strdup(d->arena, path);
	*da_vec_add(d->arena, &d->proc.modules) = m;
	OFF(Module, ReadyToRunInfo, 704), OFF(ReadyToRunInfo, ReadyToRunHeader, 16), OFF(ReadyToRunInfo, CompositeInfo, 40);
	OFF(ReadyToRunInfo, NumRuntimeFunctions, 88);
	if (with_header) {
		size_t n;
		uint8_t *bytes = composite_file(0xd3, 0, true, &n);

		ck_assert_uint_le(n, 0x3000);
		memcpy(at(BASE + 0x4000), bytes, n);
		free(bytes);
		*da_vec_add(d->arena, &d->proc.mem.ranges) =
			(struct da_range){ .start = COMPOSITE, .end = COMPOSITE + 0x3000, .file_off = 0x4000, .file_len = 0x3000,
					   .prot = DA_PROT_R, .has_prot = true, .module = DA_NONE };
	}
	if (!functions)
		return;
	put(BASE + 0x2000 + 704, info), put(info + 40, whole);
	put(whole + 16, COMPOSITE + 0x2048), put(whole + 88, functions);
}

static void make_domain(const char *path)
{
	uint64_t ad = BASE + 0x1000, element = BASE + 0x1100, assembly = BASE + 0x1200, pe = BASE + 0x1300;
	uint64_t pe_image = BASE + 0x1400, text = BASE + 0x1600, loaded = BASE + 0x1500, variable = BASE + 0x1800;

	module = BASE + 0x2000;
	put(module + 248, assembly), put(module + 216, pe), put(assembly + 16, module), put(element, assembly);
	put(pe + 8, pe_image), put(pe_image + 128, loaded), put(loaded + 8, IMAGE), put32(loaded + 16, image_size);
	put32(pe_image, (uint32_t)(2 * strlen(path) + 2)), put(pe_image + 16, text);
	for (size_t i = 0; path[i]; i++)
		at(text)[2 * i] = (uint8_t)path[i];
	put32(module + 416 + 16, 6), put32(module + 448 + 16, 6); /* 5 types, 5 methods */
	put32(ad + 64, 1), put32(ad + 80, 4), put(ad + 88, element);
	put(variable, ad);
	c->layout.global[DA_CLR_G_AppDomain].known = c->layout.global[DA_CLR_G_AppDomain].address = true;
	c->layout.global[DA_CLR_G_AppDomain].value = variable;
}

/* saved: bytes of the image in the dump. */
static struct da_clr_module *setup(const char *path, size_t saved)
{
	size_t n;
	uint8_t *bytes = image(true, false, &n), *flat = image(false, false, &image_n);
	struct da_cli_image im;

	d = da_dump_new(&da_limits_default, NULL);
	ck_assert_int_eq(da_cli_file_read(d->arena, (struct da_bytes){ flat, image_n }, &im), DA_OK);
	image_size = im.image_size;
	file = da_alloc(d->arena, LEN);
	ck_assert_uint_le(n, LEN - 0x8000);
	memcpy(at(IMAGE), bytes, n);
	free(bytes);
	free(flat);
	d->proc.os = DA_OS_LINUX;
	d->proc.mem.word = 8;
	d->proc.mem.file = d->file = (struct da_bytes){ file, LEN };
	add_range(BASE, IMAGE, IMAGE - BASE, NULL);
	add_range(IMAGE, flat_at ? flat_at : BASE + LEN, saved, NULL);
	if (flat_at)
		add_range(flat_at, BASE + LEN, 0, "/srv/shop.dll");
	da_vec_add(d->arena, &d->proc.runtimes);
	c = da_new(d->arena, struct da_clr);
	c->dump = d;
	c->arena = d->arena;
	c->mem = &d->proc.mem;
	options = (struct da_symbol_options){ .no_local = !local, .dirs = dirs, .ndirs = !local };
	dirs[0] = dir;
	c->symbols = da_symbols_new(d, &options);
	layout();
	make_domain(path);
	if (composite)
		make_composite();
	ck_assert_int_eq(da_clr_modules_read(c), DA_OK);
	ck_assert_uint_eq(c->modules->v.n, 1);
	return &c->modules->v.v[0];
}

static void begin(void)
{
	strcpy(dir, "/tmp/clr-files-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void end(void)
{
	char command[600];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
	da_dump_free(d);
}

/* ---------------------------------------------------------------- tests */

static void check_found(const char *name, const char *path, size_t saved, bool other, bool found)
{
	struct da_clr_module *m;

	begin();
	save_image(name, other);
	m = setup(path, saved);
	ck_assert_msg((m->metadata != NULL) == found, "%s for %s: %s", name, path, found ? "not found" : "taken");
	if (found) {
		ck_assert_str_eq(d->proc.assemblies.v[0].version, "3.2.1.0");
		ck_assert_ptr_null(d->proc.assemblies.v[0].missing_why);
		ck_assert_uint_eq(m->file.n, image_n);
	} else {
		ck_assert_ptr_nonnull(d->proc.assemblies.v[0].missing_why);
	}
	ck_assert_str_eq(d->proc.assemblies.v[0].name, "shop");
	end();
}

START_TEST(assemblies_are_found)
{
	/* by time stamp and size: the first page is in the dump */
	check_found("shop.dll", "/srv/shop.dll", 0x1000, false, true);
	check_found("SHOP.DLL", "/srv/shop.dll", 0x1000, false, true);
	check_found("a/b/shop.dll", "/srv/shop.dll", 0x1000, false, true);
	check_found("srv/shop.dll", "/srv/shop.dll", 0x1000, false, true);
	check_found("shop.dll", "C:\\srv\\Shop.dll", 0x1000, false, true);
	/* by sizes and rows: nothing of it is */
	check_found("shop.dll", "/srv/shop.dll", 0, false, true);
	/* another name, another build */
	check_found("shop2.dll", "/srv/shop.dll", 0x1000, false, false);
	check_found("shop.dll", "/srv/shop.dll", 0, true, false);
}
END_TEST

/* What this machine has at the path of the process is no proof without an id; with one it is. */
START_TEST(local_files_need_proof)
{
	for (unsigned i = 0; i < 2; i++) {
		char path[512];
		struct da_clr_module *m;

		begin();
		local = true;
		save_image("shop.dll", false);
		snprintf(path, sizeof(path), "%s/shop.dll", dir);
		m = setup(path, i ? 0x1000 : 0);
		ck_assert_int_eq(m->metadata != NULL, i);
		local = false;
		end();
	}
}
END_TEST

START_TEST(pdbs_are_found)
{
	static const struct {
		const char *name;
		bool wrong;
	} files[] = {
		{ "shop.pdb", false },
		{ "x/y/Shop.PDB", false },
		{ "shop.pdb/04030201060508070910111213141516ffffffff/shop.pdb", false },
		{ "shop.pdb", true },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(files); i++) {
		struct da_clr_module *m;
		struct da_portable_pdb *pdb;
		const char *source;
		uint32_t line;
		bool approximate;

		begin();
		m = setup("/srv/shop.dll", LEN - 0x8000);
		ck_assert(m->image.has_pdb);
		save_pdb(files[i].name, m->image.pdb_stamp, files[i].wrong ? 77 : 1);
		pdb = da_clr_module_pdb(c, m);
		ck_assert_int_eq(pdb != NULL, !files[i].wrong);
		ck_assert_int_eq(d->proc.assemblies.v[0].has_lines, !files[i].wrong);
		if (pdb) {
			ck_assert_int_eq(da_portable_pdb_line(pdb, 2, 9, &source, &line, &approximate), DA_OK);
			ck_assert_str_eq(source, "/src/shop/orders.cs");
			ck_assert_uint_eq(line, 12);
		}
		ck_assert_ptr_eq(da_clr_module_pdb(c, m), pdb);
		end();
	}
}
END_TEST

/* A file's pages stand in where the dump knows of a mapping of it without them. */
START_TEST(pages_stand_in)
{
	struct da_range *r;
	uint8_t byte;

	begin();
	save_image("shop.dll", false);
	flat_at = IMAGE + 0x4000;
	setup("/srv/shop.dll", 0x1000);
	r = &d->proc.mem.ranges.v[2];
	ck_assert_int_eq(da_mem_u8(c->mem, r->start, &byte), DA_OK);
	ck_assert_uint_eq(byte, 'M');
	ck_assert_int_eq(da_mem_u8(c->mem, r->start + image_n - 1, &byte), DA_OK);
	flat_at = 0;
	end();
}
END_TEST

/* The code of several assemblies: its components are those of the process, and the runtime counted its functions. */
START_TEST(composite_images_are_found)
{
	static const struct {
		uint64_t functions;
		uint32_t stamp;
		uint8_t first;
		bool local, header, found;
	} cases[] = {
		/* by the components and the record of the runtime; by the components alone where the user named the folder */
		{ .functions = 1, .first = 0xd3, .found = true },
		{ .functions = 0, .first = 0xd3, .found = true },
		{ .functions = 7, .first = 0xd3 },
		{ .functions = 1, .first = 0xd4 },
		{ .functions = 0, .first = 0xd4 },
		{ .functions = 0, .first = 0xd3, .local = true },
		/* by its header */
		{ .functions = 0, .first = 0xd3, .local = true, .header = true, .found = true },
		{ .functions = 0, .first = 0xd3, .header = true, .stamp = 77 },
		{ .functions = 7, .first = 0xd3, .header = true },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		uint64_t base, table;
		uint32_t n;

		begin();
		composite = true;
		local = cases[i].local;
		with_header = cases[i].header;
		functions = cases[i].functions;
		save_composite(cases[i].first, cases[i].stamp);
		setup("/srv/shop.dll", LEN - 0x8000);
		ck_assert_msg(da_clr_r2r_functions(c, COMPOSITE + 0x100, &base, &table, &n) == cases[i].found, "case %zu", i);
		if (cases[i].found) {
			ck_assert_uint_eq(base, COMPOSITE);
			ck_assert_uint_eq(n, 1);
			ck_assert_uint_eq(d->proc.modules.v[0].match,
					  cases[i].header ? DA_MATCH_TIMESTAMP_SIZE : DA_MATCH_CONTENTS);
		}
		ck_assert_int_eq(d->proc.modules.v[0].file_bytes != 0, cases[i].found);
		composite = local = with_header = false;
		end();
	}
}
END_TEST

/* Damaged in each of its bytes in turn: no more is asked than that it ends. */
START_TEST(composite_images_that_are_damaged)
{
	size_t n;
	uint8_t *bytes = composite_file(0xd3, 0, false, &n), *copy;

	begin();
	setup("/srv/shop.dll", LEN - 0x8000);
	copy = da_alloc(d->arena, n);
	for (size_t i = 0; i < 3 * n; i++) {
		struct da_bytes damaged = { copy, i % 3 ? n : i / 3 };
		struct da_clr_code code;

		memcpy(copy, bytes, n);
		copy[i / 3] = i % 3 == 1 ? 0xff : (uint8_t)(copy[i / 3] + 1);
		(void)da_clr_r2r_compare_composite(c, damaged, COMPOSITE, 0);
		c->modules->r2r = NULL;
		da_clr_r2r_add(c, damaged, COMPOSITE);
		(void)da_clr_r2r_method(c, COMPOSITE + SYNTH_CLI_RVA, &code);
	}
	free(bytes);
	end();
}
END_TEST

UNIT_MAIN("clr_files", assemblies_are_found, local_files_need_proof, pdbs_are_found, pages_stand_in,
	  composite_images_are_found, composite_images_that_are_damaged)
