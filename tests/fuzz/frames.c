/* SPDX-License-Identifier: Apache-2.0 */
/* A .sym file of Breakpad beside a minidump of x86: the stack by its records. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "loader/loader.h"
#include "symbol/symbol.h"
#include "synth/synth_md.h"
#include "unwind/unwind.h"

#define BASE 0x400000
#define STACK 0x120000
#define HEAD "MODULE windows x86 0102030405060708090A0B0C0D0E0F101 app.pdb\nFUNC 1000 40 8 f\nFUNC 1040 40 8 g\n"

static const char *const texts[] = {
	HEAD "STACK WIN 4 1000 40 0 0 8 4 8 0 1 $T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + = $ebx $T0 4 - ^ =\n"
	     "STACK WIN 4 1040 40 0 0 4 4 8 0 1 $T1 $ebp 4 + = $T0 $T1 16 - 16 @ 3 * 2 / 7 % = $eip $T1 ^ = $esp $T1 4 + =\n",
	HEAD "STACK WIN 4 1000 40 0 0 8 4 8 0 1 $T2 $esp .cbLocals + .cbSavedRegs + = $T0 .raSearchStart = $eip $T0 ^ = "
	     "$esp $T0 4 + = $L $T0 .cbSavedRegs - = $P $T0 4 + .cbParams + .cbCalleeParams - =\n"
	     "STACK WIN 0 1040 40 0 0 4 8 8 0 0 1\n",
};

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	if (i >= sizeof(texts) / sizeof(texts[0]))
		return NULL;
	*ret_n = strlen(texts[i]);
	return (uint8_t *)strdup(texts[i]);
}

/* Two functions that call each other, and a stack with return addresses at every fourth word. */
static uint8_t *dump(size_t *ret_n)
{
	static const uint8_t guid[16] = { 4, 3, 2, 1, 6, 5, 8, 7, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct synth_md *s = synth_md_new(SYNTH_MD_X86, SYNTH_MD_WINDOWS);
	uint8_t text[128], stack[1024];
	uint32_t size;
	const void *rsds = synth_md_rsds(s, guid, 1, "app.pdb", &size);
	uint8_t *p;

	memset(text, 0x90, sizeof(text));
	text[20] = text[84] = 0xe8;
	synth_md_set(text + 21, 4, 64 - 25);
	synth_md_set(text + 85, 4, (uint32_t)(0 - 89));
	for (unsigned i = 0; i < sizeof(stack) / 4; i++)
		synth_md_set(stack + 4 * i, 4, i % 4 == 3 ? BASE + 0x1000 + (i % 8 == 3 ? 25 : 89) : STACK + 4 * i + 24);
	synth_md_module(s, &(struct synth_md_module){ .base = BASE, .size = 0x10000, .path = "C:\\app.exe",
						      .codeview = rsds, .codeview_size = size });
	synth_md_thread(s, &(struct synth_md_thread){ .tid = 5, .stack = stack, .stack_start = STACK,
						      .stack_size = sizeof(stack),
						      .regs = { BASE + 0x1050, STACK, STACK + 16, 0, 0 } });
	synth_md_memory(s, BASE + 0x1000, text, sizeof(text));
	p = synth_md_build(s, ret_n);
	synth_md_free(s);
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct da_limits limits = fuzz_limits();
	const char *const dirs[] = { fuzz_file("app.sym", p, n) };
	const struct da_symbol_options o = { .dirs = dirs, .ndirs = 1, .no_local = true };
	struct da_dump *d = da_dump_new(&limits, NULL);
	const char *message;
	uint8_t *bytes = dump(&n);

	d->file = (struct da_bytes){ bytes, n };
	d->origin.file = "app.dmp";
	if (da_load(d, &message) == DA_OK) {
		struct da_symbols *s = da_symbols_new(d, &o);

		da_symbols_find(s);
		da_unwind_run(d, s, NULL);
		da_symbols_run(s);
	}
	da_arena_on_free(d->arena, free, bytes);
	da_dump_free(d);
	return 0;
}
