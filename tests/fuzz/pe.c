/* SPDX-License-Identifier: Apache-2.0 */
/* One Windows image, as a file and as memory: headers, exports, COFF symbols, functions. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "image/image.h"
#include "image/pe.h"
#include "synth/synth_pe.h"

#define BASE 0x7ff600000000ULL

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	static const uint16_t machines[] = { SYNTH_PE_AMD64, SYNTH_PE_I386, SYNTH_PE_ARM64 };
	static const struct synth_pe_export exports[] = {
		{ "OpenOrder", 0x1000, NULL }, { "CloseOrder", 0x1040, NULL }, { NULL, 0x1080, NULL },
		{ "Heap", 0, "NTDLL.RtlAllocateHeap" }, { "g_orders", 0x2f00, NULL },
	};
	const uint8_t chained[16] = { 4 << 3 | 1 };
	struct synth_pe p;
	uint8_t *copy;

	if (i >= DA_ARRAY_SIZE(machines))
		return NULL;
	synth_pe_init(&p, machines[i]);
	synth_pe_exports(&p, 7, exports, DA_ARRAY_SIZE(exports));
	if (i != 1)
		for (uint32_t k = 0; k < 20; k++)
			synth_pe_function(&p, 0x1000 + 0x20 * k, 0x1020 + 0x20 * k,
					  synth_pe_data(&p, chained, sizeof(chained)));
	synth_pe_version(&p, "Orchard Ltd.");
	synth_pe_coff(&p, "_main", 0x10);
	synth_pe_coff(&p, "take_order_then_wait", 0x80);
	synth_pe_section_name(&p, 1, ".debug_information");
	synth_pe_finish(&p);
	copy = malloc(p.n);
	memcpy(copy, p.bytes, p.n);
	*ret_n = p.n;
	return copy;
}

static void look_up(struct da_image *im)
{
	const struct da_pe *pe = da_image_pe(im);
	struct da_elf_symbol sym;
	bool exact;

	for (uint32_t rva = 0x1000; pe && rva < 0x1300; rva += 0x38)
		(void)da_image_symbol(im, pe->image_base + rva, &sym, &exact);
	(void)da_image_symbol_named(im, "OpenOrder", &sym);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct da_limits limits = fuzz_limits();
	struct da_dump *d = da_dump_new(&limits, NULL);
	struct da_range *r = da_vec_add(d->arena, &d->proc.mem.ranges);
	struct da_module *m = da_vec_add(d->arena, &d->proc.modules);
	struct da_image *im;
	struct da_pe_function f;

	*r = (struct da_range){ .start = BASE, .end = BASE + n, .file_len = n, .prot = DA_PROT_R, .module = 0 };
	*m = (struct da_module){ .name = "shop.dll", .start = BASE, .end = BASE + n, .pe = true };
	d->proc.mem.word = 8;
	d->proc.mem.file = d->file = (struct da_bytes){ p, n };
	if (da_image_open(d->arena, d->file, "fuzz", d->ledger, &im) == DA_OK) {
		look_up(im);
		da_pe_add_version(im, d->arena, m);
	}
	m->company = m->version = NULL;
	if (da_image_from_memory(d, 0, &im) == DA_OK) {
		const struct da_pe *pe = da_image_pe(im);

		look_up(im);
		da_pe_add_version(im, d->arena, m);
		for (uint32_t rva = 0xff0; pe && rva < 0x1300; rva += 0x11)
			(void)da_pe_function(pe, &d->proc.mem, BASE, rva, &f);
	}
	da_dump_free(d);
	return 0;
}
