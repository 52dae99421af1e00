/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a managed assembly or a portable PDB says, one fact a line, for comparison with another reader's:
 * da_metadata names FILE.dll… | time FILE.dll… | bundle PROGRAM… | lines <ANSWERS, which answers the questions of
 * another reader's: "file PATH" (a PDB, or an assembly that has one inside), "at METHOD IL …".
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/sha256.h"
#include "image/bundle.h"
#include "image/metadata.h"
#include "image/portable_pdb.h"

static const char *or_none(const char *s)
{
	return s ? s : "?";
}

static struct da_metadata *open_image(struct da_arena *a, struct da_bytes file, struct da_cli_image *im)
{
	struct da_sparse s = { 0 };
	struct da_metadata *m;

	if (da_cli_file_read(a, file, im) != DA_OK || !im->metadata)
		return NULL;
	s.bytes = (struct da_bytes){ file.p + im->metadata, im->metadata_size };
	return da_metadata_open(a, &s, &m) == DA_OK ? m : NULL;
}

static void print_params(struct da_metadata *m, bool method, uint32_t rid)
{
	unsigned n = da_metadata_generic_params(m, method, rid);

	for (unsigned i = 0; i < n; i++)
		printf("%s%s", i ? "," : "\t", or_none(da_metadata_generic_param(m, method, rid, i)));
	putchar('\n');
}

static void print_types(struct da_metadata *m)
{
	struct da_md_type t;

	for (uint32_t rid = 1; da_metadata_type(m, rid, &t) == DA_OK; rid++) {
		const char *name = or_none(da_metadata_type_name(m, rid));

		printf("type\t%u\t%s\t%x\t%u\t%u\t%u", rid, name, t.flags, t.fields, t.methods, t.enclosing);
		print_params(m, false, rid);
		if (!da_metadata_find_type(m, name))
			printf("lost\t%u\t%s\n", rid, name);
	}
	for (uint32_t rid = 1; rid <= da_metadata_rows(m, DA_MD_TYPE_REF); rid++)
		printf("ref\t%u\t%s\n", rid, or_none(da_metadata_type_ref_name(m, rid)));
}

static void print_members(struct da_metadata *m)
{
	struct da_md_method x;
	struct da_md_field f;

	for (uint32_t rid = 1; da_metadata_method(m, rid, &x) == DA_OK; rid++) {
		struct da_bytes b;
		bool extension = da_metadata_attribute(m, DA_MD_METHOD_DEF, rid,
						       "System.Runtime.CompilerServices.ExtensionAttribute", &b);

		printf("method\t%u\t%u\t%s\t%x\t%x\t%x\t%zu%s", rid, x.type, or_none(x.name), x.rva, x.impl_flags, x.flags,
		       x.signature.n, extension ? "\text" : "");
		print_params(m, true, rid);
	}
	for (uint32_t rid = 1; da_metadata_field(m, rid, &f) == DA_OK; rid++)
		printf("field\t%u\t%s\t%x\t%zu\n", rid, or_none(f.name), f.flags, f.signature.n);
}

static void print_uuid(const char *what, const uint8_t id[16])
{
	printf("%s\t", what);
	for (unsigned i = 0; i < 16; i++)
		printf("%02x%s", id[i], i == 3 || i == 5 || i == 7 || i == 9 ? "-" : "");
}

static int names(struct da_arena *a, struct da_bytes file)
{
	struct da_cli_image im;
	struct da_metadata *m = open_image(a, file, &im);
	const char *name, *version;
	uint8_t id[16];

	if (!m)
		return 1;
	if (da_metadata_mvid(m, id)) {
		print_uuid("mvid", id);
		putchar('\n');
	}
	if (da_metadata_assembly(m, &name, &version))
		printf("assembly\t%s\t%s\t%s\n", or_none(name), version, or_none(da_metadata_product_version(m)));
	if (im.has_pdb) {
		print_uuid("pdb", im.pdb_guid);
		printf("\t%08x\t%u\t%s\n", im.pdb_stamp, im.pdb_age, or_none(im.pdb_path));
	}
	printf("image\t%x\t%x\t%d\t%u\n", im.timestamp, im.image_size, im.ready_to_run != 0, im.embedded_size);
	print_types(m);
	print_members(m);
	return 0;
}

/* As sha256sum prints what is inside. */
static int bundle(struct da_arena *a, struct da_bytes file)
{
	struct da_bundle b;
	bool found;
	uint64_t header = da_bundle_find(file, &found);

	if (da_bundle_read(a, file, header, &b) != DA_OK)
		return 1;
	for (uint32_t i = 0; i < b.n; i++) {
		struct da_arena *scratch DA_CLEANUP(da_arena_freep) = da_arena_new();
		uint8_t hash[32];
		struct da_bytes bytes;

		if (da_bundle_extract(scratch, file, &b.entries[i], 1u << 30, &bytes) != DA_OK)
			return 1;
		da_sha256(bytes.p, bytes.n, hash);
		printf("%s  %s\n", da_hex(scratch, hash, sizeof(hash)), b.entries[i].path);
	}
	return 0;
}

static double ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int measure(struct da_arena *a, struct da_bytes file)
{
	double start = ms(), opened;
	struct da_cli_image im;
	struct da_metadata *m = open_image(a, file, &im);
	uint32_t n = m ? da_metadata_rows(m, DA_MD_METHOD_DEF) : 0, found = 0;
	struct da_md_method x;

	opened = ms();
	for (uint32_t i = 0; i < 1000 && n; i++) {
		uint32_t rid = (uint32_t)((uint64_t)i * 2654435761u % n) + 1;

		found += da_metadata_method(m, rid, &x) == DA_OK && da_metadata_type_name(m, x.type);
	}
	printf("open %.3f ms, %u names %.3f ms, %zu bytes\n", opened - start, found, ms() - opened, da_arena_bytes(a));
	start = ms();
	found = da_metadata_find_type(m, "System.Threading.Thread");
	printf("find_type %u %.3f ms, %zu bytes\n", found, ms() - start, da_arena_bytes(a));
	return 0;
}

static struct da_portable_pdb *open_pdb(struct da_arena *a, const char *path)
{
	struct da_portable_pdb *p;
	struct da_cli_image im;
	struct da_bytes file;

	if (da_map_file(a, path, UINT64_MAX, &file) != DA_OK)
		return NULL;
	if (da_cli_file_read(a, file, &im) == DA_OK) {
		struct da_bytes packed = { file.p + im.embedded_pdb, im.embedded_packed };

		if (!im.embedded_pdb || da_portable_pdb_unpack(a, packed, im.embedded_size, UINT64_MAX, &file) != DA_OK)
			return NULL;
	}
	return da_portable_pdb_open(a, file, &p) == DA_OK ? p : NULL;
}

static void print_pdb(struct da_portable_pdb *p)
{
	uint8_t id[16];
	uint32_t stamp;

	da_portable_pdb_id(p, id, &stamp);
	print_uuid("id", id);
	printf("\t%08x\n", stamp);
	for (uint32_t rid = 1; rid < 100000; rid++)
		if (da_portable_pdb_kickoff(p, rid))
			printf("kickoff\t%u\t%u\n", rid, da_portable_pdb_kickoff(p, rid));
}

static void print_line(struct da_portable_pdb *p, uint32_t rid, uint32_t il)
{
	const char *file;
	uint32_t line;
	bool approx;

	printf("at\t%u\t%u\t", rid, il);
	if (da_portable_pdb_line(p, rid, il, &file, &line, &approx) == DA_OK)
		printf("%s\t%u%s\n", file, line, approx ? "\tapprox" : "");
	else
		puts("none");
}

static int lines(void)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_portable_pdb *p = NULL;
	static char text[1 << 16];
	uint32_t rid, il;

	while (fgets(text, sizeof(text), stdin)) {
		text[strcspn(text, "\n")] = '\0';
		if (strncmp(text, "file\t", 5) == 0) {
			puts(text);
			p = open_pdb(a, text + 5);
			if (!p)
				return 1;
			print_pdb(p);
		} else if (p && sscanf(text, "at\t%u\t%u", &rid, &il) == 2) {
			print_line(p, rid, il);
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	int bad = argc < 3 ? 2 : 0;

	if (argc == 2 && strcmp(argv[1], "lines") == 0)
		return lines();
	for (int i = 2; i < argc; i++) {
		struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
		struct da_bytes file;

		if (da_map_file(a, argv[i], UINT64_MAX, &file) != DA_OK)
			return 2;
		printf("file\t%s\n", argv[i]);
		bad |= strcmp(argv[1], "names") == 0  ? names(a, file) :
		       strcmp(argv[1], "bundle") == 0 ? bundle(a, file) :
							measure(a, file);
	}
	return bad;
}
