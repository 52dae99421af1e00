/* SPDX-License-Identifier: Apache-2.0 */
/* Managed images, as files, mapped and flat, and metadata alone, whole and with a hole. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "image/metadata.h"
#include "synth/synth_cli.h"

#define BASE 0x7f0000400000ULL
enum { ROWS = 300 };

static uint8_t *shop(const struct synth_cli_form *form, size_t *ret_n)
{
	struct synth_cli *s = synth_cli_new();
	uint8_t *bytes;

	synth_cli_shop(s);
	if (form->uncompressed)
		for (uint32_t i = 5; i; i--)
			SYNTH_ROW(s, 5, i);
	bytes = synth_cli_build(s, form, ret_n);
	synth_cli_free(s);
	return bytes;
}

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	static const struct synth_cli_form forms[] = { { 0 }, { .uncompressed = true }, { .wide = true, .extra = true } };
	static const uint8_t guid[16] = { 1, 2, 3 };
	struct synth_cli_image im = { .pdb_guid = guid, .pdb_path = "/_/shop.pdb", .embedded = guid, .embedded_n = 16,
				      .embedded_size = 100, .ready_to_run = true };
	uint8_t *bytes, *image;

	if (i >= 8)
		return NULL;
	bytes = shop(&forms[i % 3], &im.n);
	if (i < 3) {
		*ret_n = im.n;
		return bytes;
	}
	im.metadata = bytes;
	im.mapped = i & 1;
	im.composite = i == 7;
	im.pe32 = i & 2;
	image = synth_cli_image(&im, ret_n);
	free(bytes);
	return image;
}

static void ask_types(struct da_metadata *m)
{
	struct da_bytes b;
	struct da_md_type t;

	for (uint32_t rid = 0; rid < ROWS; rid++) {
		const char *name = da_metadata_type_name(m, rid);

		(void)da_metadata_type(m, rid, &t);
		(void)da_metadata_type_ref_name(m, rid);
		(void)da_metadata_generic_param(m, false, rid, da_metadata_generic_params(m, false, rid) - 1);
		(void)da_metadata_attribute(m, DA_MD_TYPE_DEF, rid, "System.Object", &b);
		if (name && da_metadata_find_type(m, name) > rid)
			abort(); /* of several with one name it is the first */
	}
	(void)da_metadata_find_type(m, "Shop.Orders`1");
}

static void ask(struct da_arena *a, const struct da_sparse *s)
{
	struct da_metadata *m;
	struct da_md_method x;
	struct da_md_field f;
	const char *name, *version;
	struct da_bytes b;
	uint8_t id[16];

	if (da_metadata_open(a, s, &m) != DA_OK)
		return;
	ask_types(m);
	for (uint32_t rid = 0; rid < ROWS; rid++) {
		(void)da_metadata_method(m, rid, &x);
		(void)da_metadata_field(m, rid, &f);
		(void)da_metadata_generic_param(m, true, rid, 1);
		(void)da_metadata_member(m, DA_MD_METHOD_DEF, rid);
		(void)da_metadata_attribute(m, DA_MD_METHOD_DEF, rid, "System.Object", &b);
	}
	(void)da_metadata_mvid(m, id);
	(void)da_metadata_assembly(m, &name, &version);
	(void)da_metadata_product_version(m);
}

static void ask_image(struct da_arena *a, const struct da_memory *mem, size_t n)
{
	struct da_cli_image im;
	struct da_sparse s;

	if (da_cli_image_read(mem, a, BASE, n, &im) == DA_OK && im.metadata &&
	    da_sparse_read(mem, a, im.metadata, im.metadata_size, &s) == DA_OK)
		ask(a, &s);
	if (da_cli_file_read(a, mem->file, &im) == DA_OK && im.metadata) {
		s = (struct da_sparse){ .bytes = { mem->file.p + im.metadata, im.metadata_size } };
		ask(a, &s);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct da_arena *a = da_arena_new();
	struct da_memory mem = { .word = 8, .file = { p, n } };
	const struct da_sparse_piece pieces[] = { { 0, n / 2 }, { n / 2 + n / 16, n } };
	struct da_sparse s = { .bytes = { p, n } };

	da_vec_push(a, &mem.ranges, ((struct da_range){ .start = BASE, .end = BASE + n, .file_len = n }));
	ask_image(a, &mem, n);
	ask(a, &s);
	s.known = pieces;
	s.n = 2;
	ask(a, &s);
	da_arena_free(a);
	return 0;
}
