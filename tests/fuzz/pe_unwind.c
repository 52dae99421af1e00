/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unwind codes of x64 and ARM64: the input is an image as it lies in memory, and a stack. Threads stand
 * at many places of its functions.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "symbol/symbol.h"
#include "synth/synth_pe.h"
#include "unwind/unwind.h"

#define BASE 0x7ff600000000ULL
#define STACK 0x7fe000000000ULL
enum { STACK_LEN = 0x1000, THREADS = 24, FUNCTION = 0x40 };

static const struct {
	uint16_t machine;
	uint8_t n, xdata[40];
} functions[] = {
	{ SYNTH_PE_AMD64, 12, { 1, 7, 3, 0, 7, 0x42, 3, 0xc0, 1, 0x50, 0, 0 } },
	{ SYNTH_PE_AMD64, 12, { 1, 7, 3, 0, 7, 0x11, 0, 1, 0, 0, 0, 0 } },
	{ SYNTH_PE_AMD64, 30, { 1, 0x30, 13, 0x25, 0x30, 0x99, 0x50, 0, 0, 0, 0x28, 0x68, 4, 0, 0x20, 0x65, 0x30, 0, 0, 0,
				0x18, 0x34, 5, 0, 0x10, 0x03, 0x0b, 0xd2, 1, 0x50 } },
	{ SYNTH_PE_AMD64, 8, { 1, 0, 2, 0, 0, 0x22, 0, 0x1a } },
	{ SYNTH_PE_AMD64, 12, { 2, 5, 4, 0, 6, 0x16, 0x20, 0x06, 5, 0x32, 1, 0x50 } },
	{ SYNTH_PE_AMD64, 20, { 0x21, 0, 1, 0, 0, 0x60, 0, 0, 0, 0x10, 0, 0, 0x40, 0x10, 0, 0, 0, 0x20, 0, 0 } },
	{ SYNTH_PE_ARM64, 12, { 16, 0, 0x60, 0x10, 0xe1, 0xd0, 0x84, 0xc8, 0x02, 0x87, 0xfc, 0xe4 } },
	{ SYNTH_PE_ARM64, 16, { 16, 0, 0, 0, 2, 0, 1, 0, 8, 0, 0x40, 0, 0xe1, 0x81, 0xe4, 0xe4 } },
	{ SYNTH_PE_ARM64, 12, { 16, 0, 0x20, 0x10, 0xc1, 0, 0xe6, 0xe6, 0xcc, 5, 0xe4, 0xe4 } },
	{ SYNTH_PE_ARM64, 8, { 16, 0, 0x20, 8, 1, 0xe9, 0xe4, 0xe4 } },
	{ SYNTH_PE_ARM64, 8, { 16, 0, 0x20, 8, 0xea, 0xe4, 0xe4, 0xe4 } },
	{ SYNTH_PE_ARM64, 16, { 16, 0, 0x20, 0x18, 0xe7, 0x1b, 2, 0xe7, 0x79, 1, 0xe0, 0, 0, 1, 0x42, 0xe4 } },
};
static const uint32_t packed[] = { 0x00e20041, 0x01234041, 0x02c86041, 0x01700041, 0x00e20042 };

static void add_functions(struct synth_pe *p, uint16_t machine)
{
	uint32_t at = SYNTH_PE_TEXT;

	for (size_t i = 0; i < DA_ARRAY_SIZE(functions); i++) {
		if (functions[i].machine != machine)
			continue;
		synth_pe_put(p, at + 0x30, "\x48\x83\xc4\x28\x41\x5c\x5d\xc3", 8);
		synth_pe_function(p, at, at + FUNCTION, synth_pe_data(p, functions[i].xdata, functions[i].n));
		at += FUNCTION;
	}
	for (size_t i = 0; machine == SYNTH_PE_ARM64 && i < DA_ARRAY_SIZE(packed); i++, at += FUNCTION)
		synth_pe_function(p, at, 0, packed[i]);
}

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	static const uint16_t machines[] = { SYNTH_PE_AMD64, SYNTH_PE_ARM64 };
	struct synth_pe p;
	uint8_t *input;

	if (i >= DA_ARRAY_SIZE(machines))
		return NULL;
	synth_pe_init(&p, machines[i]);
	add_functions(&p, machines[i]);
	synth_pe_finish(&p);
	input = malloc(SYNTH_PE_MAPPED + STACK_LEN);
	memcpy(input, p.bytes, SYNTH_PE_MAPPED);
	for (unsigned k = 0; k < STACK_LEN / 8; k++) {
		uint64_t word = k % 3 ? STACK + 8ULL * k + 64 : BASE + SYNTH_PE_TEXT + (k * 52U) % 0x280;

		memcpy(input + SYNTH_PE_MAPPED + 8 * (size_t)k, &word, 8);
	}
	*ret_n = SYNTH_PE_MAPPED + STACK_LEN;
	return input;
}

static void add_range(struct da_dump *d, uint64_t start, uint64_t off, uint64_t n, uint8_t prot)
{
	struct da_range *r = da_vec_add(d->arena, &d->proc.mem.ranges);

	*r = (struct da_range){ .start = start, .end = start + n, .file_off = off, .file_len = n, .prot = prot,
				.has_prot = true, .module = prot & DA_PROT_X ? 0 : DA_NONE };
}

static void add_threads(struct da_dump *d)
{
	for (uint32_t i = 0; i < THREADS; i++) {
		struct da_thread *t = da_vec_add(d->arena, &d->proc.threads);

		t->tid = i;
		for (int r = 0; r < 40; r++)
			da_reg_set(&t->regs, r, STACK + 0x80 + 8U * (unsigned)r);
		da_reg_set(&t->regs, d->proc.arch->pc, BASE + SYNTH_PE_TEXT + 28ULL * i);
		da_reg_set(&t->regs, d->proc.arch->sp, STACK + 0x40);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct da_symbol_options options = { .no_local = true };
	const struct da_limits limits = fuzz_limits();
	struct da_dump *d;
	struct da_module *m;
	struct da_symbols *s;

	if (n <= SYNTH_PE_MAPPED)
		return 0;
	d = da_dump_new(&limits, NULL);
	d->proc.os = DA_OS_WINDOWS;
	/* By the machine of the headers, so that mutations of it are seen, too. */
	d->proc.arch = da_arch_by_elf(p[0x85] == SYNTH_PE_ARM64 >> 8 ? 183 : 62, 2, false);
	d->proc.mem.word = 8;
	d->proc.mem.file = d->file = (struct da_bytes){ p, n };
	add_range(d, STACK, SYNTH_PE_MAPPED, n - SYNTH_PE_MAPPED, DA_PROT_R | DA_PROT_W);
	add_range(d, BASE, 0, SYNTH_PE_MAPPED, DA_PROT_R | DA_PROT_X);
	m = da_vec_add(d->arena, &d->proc.modules);
	*m = (struct da_module){ .name = "shop.dll", .path = "C:\\app\\shop.dll", .start = BASE,
				 .end = BASE + SYNTH_PE_MAPPED, .pe = true };
	add_threads(d);
	s = da_symbols_new(d, &options);
	da_symbols_find(s);
	da_unwind_run(d, s, NULL);
	da_symbols_run(s);
	da_dump_free(d);
	return 0;
}
