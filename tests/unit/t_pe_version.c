/* SPDX-License-Identifier: Apache-2.0 */
/* Version resources of Windows images, in files and in memory. */
#include "config.h"

#include <string.h>

#include "image/pe.h"
#include "synth/synth_md.h"
#include "synth/synth_pe.h"
#include "unit.h"

#define BASE 0x7ff600000000ULL

static struct synth_pe pe;
static struct da_dump *d;
static struct da_module *m;

static bool set(const char *version, const char *product, const char *company)
{
	return da_streq(m->version, version) && da_streq(m->product_version, product) && da_streq(m->company, company);
}

/* The resource of an image, told by its file or by its memory. */
static void read_it(bool file, const char *listed)
{
	struct da_image *im;
	struct da_range *r;

	da_dump_free(d);
	d = da_dump_new(&da_limits_default, NULL);
	synth_pe_finish(&pe);
	r = da_vec_add(d->arena, &d->proc.mem.ranges);
	m = da_vec_add(d->arena, &d->proc.modules);
	*r = (struct da_range){ .start = BASE, .end = BASE + SYNTH_PE_MAPPED, .file_len = SYNTH_PE_MAPPED, .module = 0 };
	*m = (struct da_module){ .name = "shop.dll", .start = BASE, .end = r->end, .pe = true, .version = listed };
	d->proc.mem.word = 8;
	d->proc.mem.file = d->file = (struct da_bytes){ pe.bytes, pe.n };
	if (file)
		ck_assert_int_eq(da_image_open(d->arena, d->file, "shop.dll", NULL, &im), DA_OK);
	else
		ck_assert_int_eq(da_image_from_memory(d, 0, &im), DA_OK);
	da_pe_add_version(im, d->arena, m);
}

START_TEST(numbers_and_company)
{
	for (unsigned file = 0; file < 2; file++) {
		synth_pe_init(&pe, SYNTH_PE_AMD64);
		synth_pe_version(&pe, "Orchard Ltd. ");
		read_it(file, NULL);
		ck_assert_msg(set("4.3.2.1", "8.7.6.5", "Orchard Ltd."), "%s, %s, %s", m->version, m->product_version, m->company);
		/* What the list of modules says holds. */
		read_it(file, "9.9.9.9");
		ck_assert(set("9.9.9.9", NULL, "Orchard Ltd."));
	}
	da_dump_free(d);
	d = NULL;
}
END_TEST

START_TEST(none)
{
	synth_pe_init(&pe, SYNTH_PE_I386);
	read_it(true, NULL);
	ck_assert(set(NULL, NULL, NULL));
	da_pe_add_version(NULL, d->arena, m);
	da_dump_free(d);
	d = NULL;
}
END_TEST

/* Every byte of the tree in turn: other answers, but answers. */
START_TEST(damaged)
{
	uint32_t end;

	synth_pe_init(&pe, SYNTH_PE_AMD64);
	synth_pe_version(&pe, "Orchard Ltd.");
	end = pe.data;
	for (uint32_t at = SYNTH_PE_RDATA; at < end; at++)
		for (unsigned k = 0; k < 3; k++) {
			uint8_t kept = pe.bytes[at];

			pe.bytes[at] = (const uint8_t[]){ 0, 0x80, 0xff }[k];
			read_it(at % 2, NULL);
			ck_assert(!m->company || strlen(m->company) <= 3 * 256);
			pe.bytes[at] = kept;
		}
	/* A directory that is its own child. */
	synth_md_set(pe.bytes + SYNTH_PE_RDATA + 20, 4, 0x80000000);
	read_it(true, NULL);
	ck_assert(set(NULL, NULL, NULL));
	da_dump_free(d);
	d = NULL;
}
END_TEST

UNIT_MAIN("pe_version", numbers_and_company, none, damaged)
