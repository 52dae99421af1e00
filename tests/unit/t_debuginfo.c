/* SPDX-License-Identifier: Apache-2.0 */
/* Packed IL offsets, by bytes that runtimes of 9.0 to 11.0 wrote. */
#include "config.h"

#include <string.h>

#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/debuginfo.h"
#include "unit.h"

/* "native:il" at each entry, up to `last`. */
static void check(unsigned format, const uint8_t *bytes, size_t n, const int (*want)[2], size_t nwant)
{
	struct da_bytes b = { bytes, n }, bounds;
	struct clr_debug_header h;

	ck_assert_int_eq(clr_debug_header(b, format, &h), DA_OK);
	ck_assert_uint_le(h.bounds + h.bounds_size, n);
	bounds = (struct da_bytes){ bytes + h.bounds, h.bounds_size };
	for (size_t i = 0; i < nwant; i++) {
		int32_t il = 77;
		bool approx;

		ck_assert_int_eq(clr_debug_il(bounds, format, (uint32_t)want[i][0], &il, &approx), DA_OK);
		ck_assert_int_eq(il, want[i][1] & 0xffff);
		ck_assert_int_eq(approx, want[i][1] >> 16);
	}
}
#define CHECK(format, bytes, ...)                                                                \
	do {                                                                                     \
		static const int want[][2] = { __VA_ARGS__ };                                    \
		check(format, (const uint8_t *)(bytes), sizeof(bytes) - 1, want, DA_ARRAY_SIZE(want)); \
	} while (0)
#define NEAR 0x10000

START_TEST(ten)
{
	CHECK(10, "\x09\x59\x44\x03\x82\x90\x8e\xf9\x55\x00", { 0, 0 }, { 0x13, 0 }, { 0x14, 0 }, { 0x2c, 0 }, { 0x2d, 12 },
	      { 0x36, 12 }, { 0x37, NEAR | 12 }, { 0x400, NEAR | 12 });
	CHECK(10, "\x29\x0a\x45\x04\x82\x60\x1c\xc2\x65\x93\x02\x00", { 0x20, 0 }, { 0x21, 8 }, { 0x2d, 8 },
	      { 0x2e, NEAR | 15 });
	CHECK(10, "\x97\x00\x34\x03\x42\xe8\xe3\xbf\x0f", { 0xd, 0 }, { 0xe, 0 }, { 0x1d, 12 }, { 0x2c, NEAR | 12 });
}
END_TEST

START_TEST(eleven)
{
	CHECK(11, "\x19\x09\x35\x03\x82\x90\x8f\x34\x65\x2e\x00", { 0, 0 }, { 14, 0 }, { 24, 6 }, { 29, 6 },
	      { 30, NEAR | 11 });
	CHECK(11, "\x29\x0a\x45\x03\x02\x21\x3c\xe8\x28\xe7\x02\x00", { 52, 0 }, { 53, 5 }, { 66, 5 }, { 67, NEAR | 11 });
	CHECK(11, "\x49\x19\x65\x05\x02\x04\x12\x0e\x7a\x4f\xa2\x8c\xda\x00", { 66, 0 }, { 176, 0 }, { 177, 16 },
	      { 197, 32 }, { 224, NEAR | 32 });
	/* Of an image: behind the epilog stands what is rarely run, of earlier IL. */
	CHECK(11, "\x39\x29\x55\x03\x02\x42\xcb\x88\x5d\x01\xa0\x63\x00", { 11, 0 }, { 54, 0 }, { 55, NEAR | 8 }, { 61, NEAR | 8 },
	      { 62, 0 });
	/* Six sizes: a method with a point where it can be suspended. */
	CHECK(11, "\xa0\xb4\x04\x00\x03\x19\x56\x02\x04\xf2\x0e\xe2\x0b\xda\x00\x4c\x8c\x6a\x03\x4c\x8c\x1a\x05\xba\x00",
	      { 0, 0 }, { 94, 0 }, { 218, NEAR }, { 253, NEAR }, { 254, 32 }, { 362, 32 }, { 363, NEAR | 32 }, { 372, 32 },
	      { 407, NEAR | 32 }, { 430, NEAR | 32 });
}
END_TEST

/* Numbers of three bits a half byte: (0, prolog), (20, 0), (47, 12), (55, epilog), kind of place 2. */
START_TEST(nine)
{
	CHECK(9, "\x19\x00\x04\x21\x4a\x23\x3b\x79\x92\x00\x02", { 0, 0 }, { 19, 0 }, { 20, 0 }, { 46, 0 }, { 47, 12 }, { 54, 12 },
	      { 55, NEAR | 12 });
}
END_TEST

START_TEST(two_sets)
{
	/* The largest number in place of a size, then sizes 2, 7 and 0: the second set is of the IL as compiled. */
	static const uint8_t bytes[] = { 0xfb, 0xff, 0xff, 0xff, 0xff, 0x27, 0x07 };
	struct clr_debug_header h;

	ck_assert_int_eq(clr_debug_header((struct da_bytes){ bytes, sizeof(bytes) }, 10, &h), DA_OK);
	ck_assert_uint_eq(h.bounds, sizeof(bytes));
	ck_assert_uint_eq(h.bounds_size, 2);
	ck_assert_uint_eq(h.original, sizeof(bytes) + 2);
	ck_assert_uint_eq(h.original_size, 7);
}
END_TEST

/* Bytes of 10.0.12: Cook called Chop, that Stir, all in one; 4 places. */
START_TEST(inlined)
{
	static const uint8_t rich[] = { 0x43, 0xa0, 0x2b, 0xf4, 0x27, 0x5d, 0x7f, 0x00, 0x00, 0x22, 0x00, 0xb8, 0x42, 0x7f, 0xd2,
					0xf5, 0x07, 0x00, 0xa0, 0xae, 0x98, 0xab, 0xeb, 0x79, 0x02, 0x60, 0x2b, 0xf4, 0x27, 0x5d,
					0x7f, 0x00, 0x00, 0xfa, 0x88, 0x50, 0x50, 0x40, 0x92, 0x21, 0x20, 0x24, 0x20, 0x59, 0x95,
					0x20 };
	static const struct {
		uint32_t native;
		unsigned n;
		int32_t il;
	} wants[] = { { 4, 0, 0 }, { 5, 1, 0 }, { 13, 1, 0 }, { 14, 2, 0 }, { 18, 3, 0 }, { 30, 3, 0 }, { 31, 1, 4 }, { 900, 1, 4 } };
	static const uint64_t methods[] = { 0x7f5d27f42ba0, 0x7f5d27f42b80, 0x7f5d27f42b60 };
	struct da_bytes b = { rich, sizeof(rich) };
	struct clr_inline v[8];

	for (size_t i = 0; i < DA_ARRAY_SIZE(wants); i++) {
		unsigned n = clr_debug_inlines(b, 8, wants[i].native, v, DA_ARRAY_SIZE(v));

		ck_assert_uint_eq(n, wants[i].n);
		for (unsigned k = 0; k < n; k++) {
			ck_assert_uint_eq(v[k].method, methods[k]);
			ck_assert_int_eq(v[k].il, k + 1 == n ? wants[i].il : -1);
		}
	}
	ck_assert_uint_eq(clr_debug_inlines(b, 8, 30, v, 2), 0); /* deeper than there is room */
	for (b.n = 0; b.n + 1 < sizeof(rich); b.n++)
		ck_assert_uint_eq(clr_debug_inlines(b, 8, 900, v, DA_ARRAY_SIZE(v)), 0);
}
END_TEST

START_TEST(hostile)
{
	static const uint8_t ones[64] = { [0 ... 63] = 0xff }, many[] = { 0xff, 0x7f, 0x33, 0 };
	struct clr_debug_header h;
	struct clr_inline v[2];
	int32_t il;
	bool approx;

	for (unsigned format = 9; format <= 11; format++) {
		ck_assert_int_eq(clr_debug_header((struct da_bytes){ ones, sizeof(ones) }, format, &h), DA_CORRUPT);
		ck_assert_int_eq(clr_debug_header((struct da_bytes){ NULL, 0 }, format, &h), DA_CORRUPT);
		ck_assert_int_eq(clr_debug_il((struct da_bytes){ ones, sizeof(ones) }, format, 9, &il, &approx), DA_CORRUPT);
		ck_assert_int_eq(clr_debug_il((struct da_bytes){ many, sizeof(many) }, format, UINT32_MAX, &il, &approx),
				 DA_CORRUPT);
		ck_assert_int_eq(clr_debug_il((struct da_bytes){ many + 3, 1 }, format, 9, &il, &approx), DA_NOT_FOUND);
	}
	ck_assert_uint_eq(clr_debug_inlines((struct da_bytes){ ones, sizeof(ones) }, 8, 9, v, 2), 0);
}
END_TEST

/* ---------------------------------------------------------------- where it stands */

#define BASE 0x7f0000400000ULL
enum { HEADER = 0x100, MODULE = 0x200, INFO = 0x300, R2R = 0x400, SECTION = 0x500, BLOB = 0x600, SIZE = 0x800 };
static uint8_t memory[SIZE];
static struct da_dump *d;
static struct da_clr *clr;

static void put(size_t at, unsigned size, uint64_t v)
{
	for (unsigned i = 0; i < size; i++)
		memory[at + i] = (uint8_t)(v >> 8 * i);
}

static void start(unsigned format)
{
	memset(memory, 0, sizeof(memory));
	d = da_dump_new(&da_limits_default, NULL);
	clr = da_new(d->arena, struct da_clr);
	clr->dump = d;
	clr->arena = d->arena;
	clr->mem = &d->proc.mem;
	d->proc.mem.word = 8;
	d->proc.mem.file = (struct da_bytes){ memory, SIZE };
	da_vec_push(d->arena, &d->proc.mem.ranges, ((struct da_range){ .start = BASE, .end = BASE + SIZE, .file_len = SIZE }));
	for (size_t i = 0; i < DA_ARRAY_SIZE(clr->layout.off); i++)
		clr->layout.off[i] = DA_CLR_UNKNOWN;
	clr->layout.off[DA_CLR_RealCodeHeader_DebugInfo] = 8;
	clr->layout.off[DA_CLR_PatchpointInfo_LocalCount] = 16;
	clr->layout.size[DA_CLR_TYPE_PatchpointInfo] = 40;
	clr->layout.off[DA_CLR_Module_ReadyToRunInfo] = 16;
	clr->layout.off[DA_CLR_ReadyToRunInfo_ReadyToRunHeader] = 24;
	clr->layout.global[DA_CLR_G_DebugInfoFormat].known = true;
	clr->layout.global[DA_CLR_G_DebugInfoFormat].value = format;
}

static enum da_status ask(bool r2r, uint32_t index, uint32_t native, int32_t *ret)
{
	struct da_clr_code code = { .r2r = r2r, .start = BASE + 0x1000, .base = BASE, .header = BASE + HEADER,
				    .module = BASE + MODULE, .index = index };
	bool approx;

	return da_clr_il_offset(clr, &code, native, ret, &approx);
}

static const uint8_t ten_bytes[] = { 0x09, 0x59, 0x44, 0x03, 0x82, 0x90, 0x8e, 0xf9, 0x55, 0x00 };

/* A flag byte, then the state of a method that was replaced while it ran, then its inlined calls. */
START_TEST(jitted)
{
	for (unsigned flags = 0; flags < 4; flags++) {
		size_t at = BLOB;
		int32_t il = 77;

		start(10);
		put(HEADER + 8, 8, BASE + BLOB);
		put(at++, 1, flags);
		if (flags & CLR_DEBUG_PATCHPOINT) {
			put(at + 16, 4, 5);
			at += 40 + 4 * 5;
		}
		if (flags & CLR_DEBUG_RICH) {
			put(at, 4, 33);
			at += 4 + 33;
		}
		memcpy(memory + at, ten_bytes, sizeof(ten_bytes));
		ck_assert_int_eq(ask(false, 0, 0x30, &il), DA_OK);
		ck_assert_int_eq(il, 12);
		put(BLOB, 1, 0x80);
		ck_assert_int_eq(ask(false, 0, 0x30, &il), DA_CORRUPT);
		put(HEADER + 8, 8, 0);
		ck_assert_int_eq(ask(false, 0, 0x30, &il), DA_NOT_FOUND);
		put(HEADER + 8, 8, BASE + SIZE);
		ck_assert_int_eq(ask(false, 0, 0x30, &il), DA_FAULT);
		da_dump_free(d);
	}
}
END_TEST

/* Elements 3 and 5 of a sparse array; the second is the first again. */
START_TEST(compiled_ahead)
{
	static const uint8_t array[] = { 16 << 3, 1, 1 << 1, (15 << 2 | 3) << 1, 3 << 3, 0,
					 0x09, 0x59, 0x44, 0x03, 0x82, 0x90, 0x8e, 0xf9, 0x55, 0x00, 0, 0, 5 << 3, 13 << 1 };
	int32_t il = 77;

	start(10);
	put(MODULE + 16, 8, BASE + INFO);
	put(INFO + 24, 8, BASE + R2R);
	memcpy(memory + R2R, "RTR", 4);
	put(R2R + 4, 2, 16);
	put(R2R + 12, 4, 2);
	put(R2R + 16, 4, 102);
	put(R2R + 28, 4, 105);
	put(R2R + 32, 4, SECTION);
	memcpy(memory + SECTION, array, sizeof(array));
	ck_assert_int_eq(ask(true, 3, 0x30, &il), DA_OK);
	ck_assert_int_eq(il, 12);
	ck_assert_int_eq(ask(true, 5, 0x20, &il), DA_OK);
	ck_assert_int_eq(il, 0);
	for (uint32_t i = 0; i < 20; i++)
		ck_assert(i == 3 || i == 5 || ask(true, i, 0x30, &il) == DA_NOT_FOUND);
	/* The same place with the numbers of an earlier compiler. */
	put(R2R + 4, 2, 9);
	memcpy(memory + SECTION + 6, "\x19\x00\x04\x21\x4a\x23\x3b\x79\x92\x00\x02", 11);
	ck_assert_int_eq(ask(true, 3, 0x2f, &il), DA_OK);
	ck_assert_int_eq(il, 12);
	put(R2R + 28, 4, 106);
	ck_assert_int_eq(ask(true, 3, 0x30, &il), DA_NOT_FOUND);
	da_dump_free(d);
}
END_TEST

UNIT_MAIN("debuginfo", jitted, compiled_ahead, ten, eleven, nine, two_sets, inlined, hostile)
