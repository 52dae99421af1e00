/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A composite image: a file with the compiled code of several assemblies, beside a process that may have loaded it.
 * The first byte says what of it is in the dump, and which system it is; then come the runtime's structures, then
 * the file.
 */
#include "config.h"

#include "fuzz/fuzz.h"
#include "unit/clr_files.h"

enum { IN_DUMP = 1, LOCAL = 2, TAKEN = 4, ARM64 = 8, WRITTEN = 16 }; /* taken: though nothing says that it is the process's */
enum { FROM = 0x1000, STRUCTURES = 0x2400, FILE_AT = 0x4000, FILE_MAX = 0x1000, HEAD = 1 + STRUCTURES };
static const uint8_t kinds[] = { 0, IN_DUMP, IN_DUMP | LOCAL | WRITTEN, TAKEN | WRITTEN, TAKEN | ARM64 };

/* The record of the whole has a table of where methods begin: three times the one of the file. */
static void put_table(void)
{
	uint64_t whole = BASE + 0x3200, buckets = BASE + 0x3300;

	put(whole + 0x80 + 16, buckets), put32(buckets, 1);
	for (unsigned i = 0; i < 3; i++)
		put(buckets + 64 + 8 * i, COMPOSITE + SYNTH_CLI_RVA);
}

static void process(unsigned kind, const char *folder)
{
	composite = true;
	functions = 1;
	local = kind & LOCAL;
	with_header = kind & IN_DUMP;
	snprintf(dir, sizeof(dir), "%s", folder);
	make_process("/srv/shop.dll", LEN - 0x8000);
	OFF(ReadyToRunInfo, EntryPointToMethodDescMap, 0x80), OFF(HashMap, Buckets, 16), OFF(Bucket, Keys, 0);
	c->layout.size[DA_CLR_TYPE_Bucket] = 64;
	c->arm64 = kind & ARM64;
}

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	uint8_t *seed, *bytes;
	size_t n;

	if (i >= DA_ARRAY_SIZE(kinds))
		return NULL;
	written = kinds[i] & WRITTEN;
	bytes = composite_file(0xd3, 0, false, &n);
	process(kinds[i], "");
	put_table();
	*ret_n = HEAD + n;
	seed = malloc(*ret_n);
	seed[0] = kinds[i];
	memcpy(seed + 1, at(BASE + FROM), STRUCTURES);
	memcpy(seed + HEAD, bytes, n);
	free(bytes);
	da_dump_free(d);
	return seed;
}

/* As its one section is loaded: where it lies in memory, not where in the file. */
static void map_file(const uint8_t *p, size_t n)
{
	uint8_t *to = at(BASE + FILE_AT);

	memset(to, 0, 0x3000);
	memcpy(to, p, DA_MIN(n, (size_t)SYNTH_CLI_OFF));
	if (n > SYNTH_CLI_OFF)
		memcpy(to + SYNTH_CLI_RVA, p + SYNTH_CLI_OFF, DA_MIN(n - SYNTH_CLI_OFF, (size_t)FILE_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct da_bytes bytes;
	struct da_clr_code code;
	uint64_t base, table;
	uint32_t count;

	if (n < HEAD)
		return 0;
	bytes = (struct da_bytes){ p + HEAD, n - HEAD };
	process(p[0], fuzz_file("shop.r2r.dll", bytes.p, bytes.n));
	memcpy(at(BASE + FROM), p + 1, STRUCTURES);
	if (p[0] & IN_DUMP)
		map_file(bytes.p, bytes.n);
	if (da_clr_modules_read(c) == DA_OK) {
		if (p[0] & TAKEN)
			da_clr_r2r_add(c, bytes, COMPOSITE);
		for (uint32_t rva = 0; rva < 0x2400; rva += 0x80) {
			(void)da_clr_r2r_functions(c, COMPOSITE + rva, &base, &table, &count);
			(void)da_clr_r2r_method(c, COMPOSITE + rva, &code);
		}
	}
	da_dump_free(d);
	return 0;
}
