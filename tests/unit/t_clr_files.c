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

#include "unit/clr_files.h"
#include "unit/unit.h"

/* ---------------------------------------------------------------- files */

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

static void save_composite(uint8_t first, uint32_t stamp)
{
	size_t n;
	uint8_t *bytes = composite_file(first, stamp, false, &n);

	save("shop.r2r.dll", bytes, n);
	free(bytes);
}

static struct da_clr_module *setup(const char *path, size_t saved)
{
	make_process(path, saved);
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
