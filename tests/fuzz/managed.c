/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managed code: the input is the memory in which CoreCLR keeps its ranges of code, a code heap, a ReadyToRun image
 * and explicit frames, and a stack. Threads stand at many places of both; each is walked, by the layout of 6, 9, 10 or 11,
 * which the first byte chooses.
 */
#include "config.h"

#include "fuzz/fuzz.h"
#include "symbol/symbol.h"
#include "unwind/unwind.h"

#define CLR_LEN 0x18000
#include "unit/clr_code.h"

enum { THREADS = 16, METHODS = 6, METHOD = 0x180, RECORDS = STACK_LEN / 0x400 };

static const uint8_t xdata[][20] = {
	{ 0x19, 5, 2, 0, 5, 0x12, 1, 0x50 },
	{ 0x19, 14, 7, 0, 14, 0xa2, 10, 0x30, 9, 0xc0, 7, 0xd0, 5, 0xe0, 3, 0xf0, 1, 0x50 },
	{ 0x19, 10, 3, 0x15, 10, 3, 5, 0x12, 1, 0x50 },
	{ 0x19, 14, 6, 0xf5, 14, 0x0b, 0x20, 0, 0, 0, 8, 1, 0x44, 0, 1, 0x50 },
	{ 0x21, 0, 0, 0, 0x10, 0, 0, 0, 0x20, 0, 0, 0, 0x30, 0, 0, 0 },
};

static void make_methods(void)
{
	make_heap(0x1000);
	for (uint32_t i = 0; i < METHODS; i++) {
		uint32_t rel = 0x20 + i * METHOD + 4 * i, data = 0x900 + 0x20 * i;
		uint64_t h = add_method(rel, METHOD - 0x20);

		memcpy(at(code_begin + data), xdata[i % DA_ARRAY_SIZE(xdata)], sizeof(xdata[0]));
		put32(h + 44, data);
		put32(h + 56, data);
	}
}

static void make_frames(void)
{
	for (unsigned i = 0; i < RECORDS; i++) {
		uint64_t f = STACK + 0x400 * i + 0x200, context = f + 0x80;

		call_site(f, i + 1 < RECORDS ? f + 0x400 : UINT64_MAX, code_begin + 0x40 + 8 * i, f - 0x40);
		put(f, 1 + i % (DA_CLR_FRAMES - 1));
		put(f + 16, context);
		put32(context + 0x30, 0x10000b);
		put(context + 0x98, f + 0x100), put(context + 0xf8, code_begin + 0x60 + 4 * i);
		put(f + 0x68, f + 0x180), put(f + 0x180, f + 0x1a0), put(f + 0x188, code_begin + 0x80);
	}
}

/* 6 and 7: a list, whose head stands where the map's first level does otherwise. */
static void list_layout(void)
{
	OFF(RangeSection, Next, 24), OFF(RangeSection, HeapOrModule, 48);
}

static unsigned major_of(uint8_t byte)
{
	static const unsigned majors[] = { 10, 9, 11, 6 };

	return majors[byte % DA_ARRAY_SIZE(majors)];
}

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	uint8_t *input;

	if (i >= 4)
		return NULL;
	setup(major_of((uint8_t)i));
	make_methods();
	make_image(i % 2 ? 3 : 97);
	hash(image + 0x1000, 0x500000000010);
	hash(image + 0x1100, 0x500000000020);
	for (unsigned k = 0; k < STACK_LEN / 8; k++)
		put(STACK + 8ULL * k, k % 3 ? STACK + 8ULL * k + 64 : code_begin + 0x20 + (k * 52U) % 0x900);
	make_frames();
	*ret_n = 1 + CLR_LEN + STACK_LEN;
	input = malloc(*ret_n);
	input[0] = (uint8_t)i;
	memcpy(input + 1, file, CLR_LEN + STACK_LEN);
	done();
	return input;
}

/* Where the pieces of a seed stand: the same for all, whatever the input says. */
static void add_threads(void)
{
	c->threads = da_new(d->arena, struct da_clr_threads);
	for (uint32_t i = 0; i < THREADS; i++) {
		struct da_thread *t = da_vec_add(d->arena, &d->proc.threads);
		struct da_clr_thread clr = { .frame = STACK + 0x200 + 0x400 * (i % 4), .tid = i };

		da_vec_push(d->arena, &c->threads->v, clr);
		*da_map_put(d->arena, &c->threads->by_tid, i, NULL) = i;
		t->tid = i;
		for (int r = 0; r < 40; r++)
			da_reg_set(&t->regs, r, STACK + 0x80 + 8U * (unsigned)r);
		da_reg_set(&t->regs, d->proc.arch->pc,
			   i % 4 == 3 ? 0x1234 : i % 4 == 2 ? image + 0x1000 + 0x44 * i : code_begin + 0x20 + 0x2c * i);
		da_reg_set(&t->regs, d->proc.arch->sp, STACK + 0x40 * i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct da_symbol_options options = { .no_local = true };
	struct da_limits limits = fuzz_limits();
	struct da_unwind_guide g = { .function = da_clr_function, .transition = da_clr_transition,
				     .interrupted = da_clr_interrupted };
	struct da_symbols *s;
	struct da_clr_code code;

	if (n < 2)
		return 0;
	setup(major_of(p[0]));
	make_methods(); /* for the addresses */
	make_image(p[0] % 2 ? 3 : 97);
	memset(file, 0, CLR_LEN + STACK_LEN);
	memcpy(file, p + 1, DA_MIN(n - 1, (size_t)(CLR_LEN + STACK_LEN)));
	if (c->major == 6)
		list_layout();
	limits.code_ranges = 64;
	limits.runtime_frames = 256;
	d->limits = &limits;
	g.ctx = c;
	add_threads();
	s = da_symbols_new(d, &options);
	da_symbols_find(s);
	da_unwind_run(d, s, &g);
	for (unsigned i = 0; i < 256; i++) {
		(void)da_clr_code_at(c, code_begin + 16 * i, &code);
		(void)da_clr_code_at(c, image + 64 * i, &code);
	}
	done();
	return 0;
}
