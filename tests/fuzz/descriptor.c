/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CoreCLR's contract descriptor. The first byte says what the rest is: 0 the JSON text alone; else the
 * memory of a libcoreclr.so, at BASE, that is recognised, and whose threads are read.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "runtime/coreclr/target.h"
#include "synth/synth_exports.h"

#define BASE 0x7e0000000000ULL
enum { VARIABLES = 0x80, STORE = 0x100, THREADS = 0x200, TEXT = 0x400, SEED = 0x800, TEXT_SEEDS = 8 };

static void text(const uint8_t *p, size_t n)
{
	struct da_arena *a = da_arena_new();
	struct da_clr_layout *l = da_calloc(a, 1, sizeof(*l));
	uint64_t pointers[60];
	struct da_clr_source s = { .json = { p, n }, .pointers = pointers, .npointers = DA_ARRAY_SIZE(pointers) };
	struct da_clr_merged m;

	for (size_t i = 0; i < DA_ARRAY_SIZE(pointers); i++)
		pointers[i] = BASE + 8 * i;
	da_clr_layout_init(l);
	(void)da_clr_merge(a, l, &s, &m);
	da_arena_free(a);
}

static void memory(const uint8_t *p, size_t n)
{
	struct da_dump *d = fuzz_process(&(struct fuzz_process){ .module = "libcoreclr.so", .base = BASE, .threads = 4 }, p, n);
	struct da_symbol_options so = { .no_local = true };
	struct da_runtime_options o = { 0 };
	struct da_symbols *s = da_symbols_new(d, &so);
	struct da_clr *c;

	da_symbols_find(s);
	if (da_clr_open(d, s, 0, &o, &c) == DA_OK)
		(void)da_clr_threads_read(c);
	da_dump_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (!n)
		return 0;
	if (*p == 0)
		text(p + 1, n - 1);
	else
		memory(p + 1, n - 1);
	return 0;
}

static void put(uint8_t *p, size_t at, uint64_t v, size_t n)
{
	memcpy(p + at, &v, n);
}

/* A descriptor, three variables, a ThreadStore and three Threads. */
static uint8_t *memory_seed(size_t *ret_n)
{
	static const char json[] =
		"{\"version\":2,\"baseline\":\"empty\",\"types\":{\"ThreadStore\":{\"FirstThreadLink\":0,\"ThreadCount\":[8,\"uint32\"]},"
		"\"Thread\":{\"!\":64,\"State\":0,\"OSId\":8,\"Id\":16,\"LinkNext\":24,\"Frame\":32}},\"globals\":{"
		"\"ThreadStore\":[[1],\"pointer\"],\"FinalizerThread\":[[2],\"pointer\"],\"InlinedCallFrameIdentifier\":\"0x1\"},"
		"\"subDescriptors\":{\"GC\":[[3],\"pointer\"]},\"contracts\":{\"Thread\":\"c1\"}}";
	uint8_t *seed = calloc(1, SEED + 1), *p = seed + 1;

	if (!seed)
		return NULL;
	*seed = 1;
	put(p, 0, 0x0043414443434e44ULL, 8), put(p, 8, 1, 4), put(p, 12, sizeof(json) - 1, 4), put(p, 16, BASE + TEXT, 8);
	put(p, 24, 4, 4), put(p, 32, BASE + 48, 8);
	for (unsigned i = 1; i < 4; i++)
		put(p, 48 + 8 * i, BASE + VARIABLES + 8 * i, 8);
	put(p, VARIABLES + 8, BASE + STORE, 8), put(p, VARIABLES + 16, BASE + THREADS, 8), put(p, VARIABLES + 24, BASE, 8);
	put(p, STORE, BASE + THREADS, 8), put(p, STORE + 8, 3, 4);
	for (unsigned i = 0; i < 3; i++) {
		put(p, THREADS + 64 * i + 8, i + 1, 8), put(p, THREADS + 64 * i + 16, i + 1, 4);
		put(p, THREADS + 64 * i + 24, i == 2 ? 0 : BASE + THREADS + 64 * (i + 1), 8);
	}
	memcpy(p + TEXT, json, sizeof(json) - 1);
	*ret_n = SEED + 1;
	return seed;
}

/* An image of 8: one exported symbol, its table of 157 addresses, a ThreadStore, a Thread. */
static uint8_t *image_seed(size_t *ret_n)
{
	enum { TABLE = 0x800, DATA = 0x1000, THREAD = 0x2000, SIZE = 0x3000 };
	uint8_t *seed = calloc(1, SIZE + 1), *p = seed + 1;

	if (!seed)
		return NULL;
	*seed = 1;
	(void)synth_exports(p, SIZE, &(struct synth_export){ "g_dacTable", TABLE, 157 * 8, SYNTH_OBJECT }, 1);
	for (unsigned i = 0; i < 157; i++)
		put(p, TABLE + 8 * i, BASE + DATA + 16 * i, 8);
	put(p, DATA + 16 * 16, BASE + THREAD - 0x100, 8), put(p, DATA + 16 * 19, 1, 4);
	put(p, THREAD - 0x60, BASE + THREAD + 0xe8, 8), put(p, THREAD - 0x48, 1, 4), put(p, THREAD + 0x1a8, 1, 8);
	*ret_n = SIZE + 1;
	return seed;
}

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	uint8_t *seed;

	if (i < 2)
		return i ? image_seed(ret_n) : memory_seed(ret_n);
	i -= 2;
	if (i >= TEXT_SEEDS || i >= da_clr_files_n)
		return NULL;
	seed = malloc(da_clr_files[i].n + 1);
	if (!seed)
		return NULL;
	seed[0] = 0;
	memcpy(seed + 1, da_clr_files[i].bytes, da_clr_files[i].n);
	*ret_n = da_clr_files[i].n + 1;
	return seed;
}
