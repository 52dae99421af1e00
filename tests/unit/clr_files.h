/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process of CoreCLR with one assembly, made by hand as 10 lays it out on Linux, and the files that may belong to it:
 * the assembly's own, and a composite image with its compiled code. For t_clr_files and the fuzz target composite.
 */
#ifndef DA_TESTS_CLR_FILES_H
#define DA_TESTS_CLR_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/coreclr/r2r_file.h"
#include "runtime/coreclr/target.h"
#include "synth/synth_cli.h"

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
static char dir[64];        /* with the files */
static uint8_t *file;
static uint64_t module;
static uint64_t flat_at;    /* a mapping of the whole file, of which nothing was saved; 0 none */
static bool composite;      /* the process has shop.r2r.dll at COMPOSITE, and so has the folder */
static bool with_header;    /* its header is in the dump */
static bool written;        /* its section is one that the process writes */
static uint64_t functions;  /* in it, as the runtime has counted them; 0: its record is not there */
static size_t image_n;      /* of the file */
static uint32_t image_size; /* in memory */

static inline uint8_t *at(uint64_t addr) { return file + (addr - BASE); }
static inline void put(uint64_t addr, uint64_t v) { memcpy(at(addr), &v, 8); }
static inline void put32(uint64_t addr, uint32_t v) { memcpy(at(addr), &v, 4); }

/* ---------------------------------------------------------------- files */

/* An extra type makes it another build. */
static inline uint8_t *image(bool mapped, bool other, size_t *ret_n)
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

/* ---------------------------------------------------------------- the runtime */

#define OFF(t, f, n) (c->layout.off[DA_CLR_##t##_##f] = (n))

static inline void layout(void)
{
	da_clr_layout_init(&c->layout);
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

static inline void add_range(uint64_t start, uint64_t end, uint64_t saved, const char *name)
{
	*da_vec_add(d->arena, &d->proc.mem.ranges) =
		(struct da_range){ .start = start, .end = end, .file_off = start - BASE, .file_len = saved, .name = name,
				   .prot = DA_PROT_R, .has_prot = true, .module = DA_NONE };
}

/*
 * Its one function is that of methods 1 and 2; and of an instance of method 2, whose owner is
 * [other]C`1<valuetype[]>, with the arguments T[,3] and M*.
 */
static inline uint8_t *composite_file(uint8_t first, uint32_t stamp, bool mapped, size_t *ret_n)
{
	/* As it stands in files; only its first byte is in doubt. */
	uint8_t mvid[16] = { first, 0x0a, 0x3d, 0x47, 0xee, 0x4f, 0x0f, 0xa0, 0x0f, 0x67, 0xc0, 0x3e, 0xb1, 0xe2, 0xb3, 0x01 };
	static const uint8_t methods[] = { 2 << 3, 1, 2, 2, 2, 22, 0, 1, 0 }; /* two: left nodes, one with both; function 0 twice */
	static const uint8_t instances[] = { 0, 2, 4, 0x55, 1 << 1, /* one bucket, of one entry, which follows */
					     0x80, 0xc4, 2, 0x15, 0x3f, 2, 0x12, 8, 1, 0x1d, 0x11, 5, 2,
					     2, 0x14, 0x13, 0, 2, 1, 3, 1, 0, 0x0f, 0x1e, 0, 0 };
	struct synth_cli_image im = { .composite = true, .ready_to_run = true, .components = 1, .mvids = mvid, .stamp = stamp,
				      .mapped = mapped, .methods = methods, .nmethods = sizeof(methods),
				      .instances = instances, .ninstances = sizeof(instances), .written = written };
	struct synth_cli *s = synth_cli_new();
	uint8_t *md, *bytes;

	SYNTH_ROW(s, 35, 10, 0, 0, 0, 0, 0, synth_cli_string(s, "shop"), 0, 0);
	im.metadata = md = synth_cli_build(s, &(struct synth_cli_form){ 0 }, &im.n);
	bytes = synth_cli_image(&im, ret_n);
	free(md);
	synth_cli_free(s);
	return bytes;
}

/* The Module's ReadyToRunInfo leads to that of the whole, which tells where the header is. */
static inline void make_composite(void)
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

		if (n > 0x3000)
			abort();
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

static inline void make_domain(const char *path)
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
static inline void make_process(const char *path, size_t saved)
{
	size_t n;
	uint8_t *bytes = image(true, false, &n), *flat = image(false, false, &image_n);
	struct da_cli_image im;

	d = da_dump_new(&da_limits_default, NULL);
	if (n > LEN - 0x8000 || da_cli_file_read(d->arena, (struct da_bytes){ flat, image_n }, &im) != DA_OK)
		abort();
	image_size = im.image_size;
	file = da_alloc(d->arena, LEN);
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
}

#endif
