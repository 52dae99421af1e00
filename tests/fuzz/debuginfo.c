/* SPDX-License-Identifier: Apache-2.0 */
/* IL offsets: of packed bytes alone, and of a method whose header or image is the input. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/debuginfo.h"
#include "synth/synth_cli.h"

#define BASE 0x7f0000400000ULL

static const struct {
	const char *bytes;
	size_t n;
} seeds[] = {
	{ "\x19\x00\x04\x21\x4a\x23\x3b\x79\x92\x00\x02", 11 },
	{ "\x09\x59\x44\x03\x82\x90\x8e\xf9\x55\x00", 10 },
	{ "\xfb\xff\xff\xff\xff\x27\x07\x44\x03\x82\x90\x8e\xf9\x55\x00\x44\x03\x82\x90\x8e\xf9\x55\x00", 23 },
	{ "\x49\x19\x65\x05\x02\x04\x12\x0e\x7a\x4f\xa2\x8c\xda\x00", 14 },
	{ "\x43\xa0\x2b\xf4\x27\x5d\x7f\x00\x00\x22\x00\xb8\x42\x7f\xd2\xf5\x07\x00\xa0\xae\x98\xab\xeb\x79\x02\x60\x2b"
	  "\xf4\x27\x5d\x7f\x00\x00\xfa\x88\x50\x50\x40\x92\x21\x20\x24\x20\x59\x95\x20", 46 },
	{ "\xa0\xb4\x04\x00\x03\x19\x56\x02\x04\xf2\x0e\xe2\x0b\xda\x00\x4c\x8c\x6a\x03\x4c\x8c\x1a\x05\xba\x00", 25 },
};

/* An image with one section, the array of debug information: one block, whose element 0 is seed 3. */
static uint8_t *image_seed(size_t *ret_n)
{
	static const uint8_t rtr[] = { 'R', 'T', 'R', 0, 26, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0,
				       105, 0, 0, 0, 0, 4, 0, 0, 64, 0, 0, 0 };
	static const uint8_t array[] = { 16 << 3, 1, 0, 0 }; /* 16 elements, offsets of a byte; a single element, 0; no distance back */
	static const uint8_t info[] = { 0x80, 0, 0x40, 0, 0, 0x7f }, header[] = { 0, 2, 0x40, 0, 0, 0x7f };
	uint8_t *p = calloc(1, 0x500);

	memcpy(p + 0x40, info, sizeof(info)); /* of the module; then of that */
	memcpy(p + 0x80 + 0x48, header, sizeof(header));
	memcpy(p + 0x200, rtr, sizeof(rtr));
	memcpy(p + 0x400, array, sizeof(array));
	memcpy(p + 0x404, seeds[3].bytes, seeds[3].n);
	*ret_n = 0x500;
	return p;
}

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	uint8_t *p;

	if (i == DA_ARRAY_SIZE(seeds))
		return image_seed(ret_n);
	if (i > DA_ARRAY_SIZE(seeds))
		return NULL;
	/* A header (its first word leads behind it), flags, and the rest. */
	p = calloc(1, 9 + seeds[i].n);
	p[0] = 8;
	p[2] = 0x40;
	p[4] = 0;
	p[5] = 0x7f;
	memcpy(p + 9, seeds[i].bytes, seeds[i].n);
	*ret_n = 9 + seeds[i].n;
	return p;
}

static void ask_bytes(struct da_bytes b, unsigned format)
{
	struct clr_debug_header h;
	struct clr_inline v[16];
	int32_t il;
	bool approx;

	for (uint32_t native = 0; native < 300; native += 37)
		(void)clr_debug_inlines(b, format == 9 ? 4 : 8, native, v, DA_ARRAY_SIZE(v));
	if (clr_debug_header(b, format, &h) == DA_OK && h.bounds < b.n)
		b = (struct da_bytes){ b.p + h.bounds, b.n - h.bounds };
	for (uint32_t native = 0; native < 300; native += 37)
		if (clr_debug_il(b, format, native, &il, &approx) == DA_OK && il < 0)
			abort();
	(void)clr_debug_il(b, format, UINT32_MAX, &il, &approx);
}

static void lay_out(struct da_clr *c)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(c->layout.off); i++)
		c->layout.off[i] = DA_CLR_UNKNOWN;
	c->layout.off[DA_CLR_RealCodeHeader_DebugInfo] = 0;
	c->layout.off[DA_CLR_PatchpointInfo_LocalCount] = 8;
	c->layout.size[DA_CLR_TYPE_PatchpointInfo] = 32;
	c->layout.off[DA_CLR_Module_ReadyToRunInfo] = 0x40;
	c->layout.off[DA_CLR_ReadyToRunInfo_ReadyToRunHeader] = 0x48;
	c->layout.global[DA_CLR_G_DebugInfoFormat].known = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);
	struct da_clr *c = da_new(d->arena, struct da_clr);
	struct da_clr_code code = { .start = BASE, .base = BASE, .header = BASE, .module = BASE };
	struct clr_inline v[16];
	int32_t il;
	bool approx;

	c->dump = d;
	c->arena = d->arena;
	c->mem = &d->proc.mem;
	d->proc.mem.word = 8;
	d->proc.mem.file = (struct da_bytes){ p, n };
	da_vec_push(d->arena, &d->proc.mem.ranges, ((struct da_range){ .start = BASE, .end = BASE + n, .file_len = n }));
	lay_out(c);
	for (unsigned format = 9; format <= 11; format++) {
		ask_bytes((struct da_bytes){ p, n }, format);
		c->layout.global[DA_CLR_G_DebugInfoFormat].value = format;
		code.r2r = false;
		(void)da_clr_il_offset(c, &code, 20, &il, &approx);
		(void)da_clr_inlines(c, &code, 20, v, DA_ARRAY_SIZE(v));
		code.r2r = true;
		for (code.index = 0; code.index < 64; code.index += 9)
			(void)da_clr_il_offset(c, &code, 20, &il, &approx);
	}
	da_dump_free(d);
	return 0;
}
