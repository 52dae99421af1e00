/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "synth/synth_exports.h"

enum { PHDRS = 64, DYNAMIC = 0xc0, HASH = 0x140, SYMBOL = 24, BUCKETS = 3 };

static void put(uint8_t *p, size_t at, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[at + i] = (uint8_t)(v >> 8 * i);
}

static void headers(uint8_t *p, size_t size)
{
	memcpy(p, "\177ELF\2\1\1", 7);
	put(p, 16, 3, 2), put(p, 18, 62, 2), put(p, 20, 1, 4);
	put(p, 32, PHDRS, 8), put(p, 52, 64, 2), put(p, 54, 56, 2), put(p, 56, 2, 2);
	put(p, PHDRS, 1, 4), put(p, PHDRS + 4, 7, 4), put(p, PHDRS + 32, size, 8), put(p, PHDRS + 40, size, 8);
	put(p, PHDRS + 56, 2, 4), put(p, PHDRS + 60, 6, 4);
	put(p, PHDRS + 72, DYNAMIC, 8), put(p, PHDRS + 96, 96, 8);
}

/* The hash of names that the GNU linkers write. */
static uint32_t hash(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

static void put_symbol(uint8_t *p, size_t at, const struct synth_export *e, size_t name)
{
	put(p, at, name, 4), put(p, at + 4, e->info, 1), put(p, at + 6, 1, 2);
	put(p, at + 8, e->value, 8), put(p, at + 16, e->size, 8);
}

size_t synth_exports(uint8_t *p, size_t size, const struct synth_export *e, unsigned n)
{
	/* A filter of one word, the buckets, a hash for each symbol but the first, which is none. */
	size_t buckets = HASH + 16 + 8, chain = buckets + 4 * BUCKETS;
	size_t symbols = (chain + 4 * (size_t)n + 7) & ~(size_t)7, strings = symbols + SYMBOL * ((size_t)n + 1), end = strings + 1;
	const uint64_t dynamic[][2] = { { 0x6ffffef5, HASH }, { 6, symbols }, { 5, strings }, { 11, SYMBOL } };
	size_t k = 0;

	if (strings >= size)
		abort();
	headers(p, size);
	for (unsigned i = 0; i < 4; i++)
		put(p, DYNAMIC + 16 * i, dynamic[i][0], 8), put(p, DYNAMIC + 16 * i + 8, dynamic[i][1], 8);
	put(p, HASH, BUCKETS, 4), put(p, HASH + 4, 1, 4), put(p, HASH + 8, 1, 4);
	for (unsigned b = 0; b < BUCKETS; b++) { /* symbols stand in the order of their buckets */
		size_t first = k;

		for (unsigned i = 0; i < n; i++) {
			if (hash(e[i].name) % BUCKETS != b)
				continue;
			if (end + strlen(e[i].name) >= size)
				abort();
			put(p, chain + 4 * k, hash(e[i].name) & ~1u, 4);
			put_symbol(p, symbols + SYMBOL * ++k, &e[i], end - strings);
			memcpy(p + end, e[i].name, strlen(e[i].name) + 1);
			end += strlen(e[i].name) + 1;
		}
		if (k > first) {
			put(p, buckets + 4 * b, first + 1, 4);
			p[chain + 4 * (k - 1)] |= 1;
		}
	}
	put(p, DYNAMIC + 64, 10, 8), put(p, DYNAMIC + 72, end - strings, 8);
	return end;
}
