/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "synth/synth_exports.h"

enum { PHDRS = 64, DYNAMIC = 0xc0, HASH = 0x140, SYMBOL = 24 };

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

size_t synth_exports(uint8_t *p, size_t size, const struct synth_export *e, unsigned n)
{
	/* A filter of one word, one bucket, whose chain begins with symbol 1. */
	size_t chain = HASH + 16 + 8 + 4, symbols = (chain + 4 * (size_t)n + 7) & ~(size_t)7;
	size_t strings = symbols + SYMBOL * ((size_t)n + 1), end = strings + 1;
	const uint64_t dynamic[][2] = { { 0x6ffffef5, HASH }, { 6, symbols }, { 5, strings }, { 11, SYMBOL } };

	headers(p, size);
	for (unsigned i = 0; i < 4; i++)
		put(p, DYNAMIC + 16 * i, dynamic[i][0], 8), put(p, DYNAMIC + 16 * i + 8, dynamic[i][1], 8);
	put(p, HASH, 1, 4), put(p, HASH + 4, 1, 4), put(p, HASH + 8, 1, 4), put(p, HASH + 24, 1, 4);
	for (unsigned i = 0; i < n; i++) {
		size_t at = symbols + SYMBOL * (i + 1), length = strlen(e[i].name) + 1;

		if (end + length > size)
			abort();
		put(p, chain + 4 * (size_t)i, (hash(e[i].name) & ~1u) | (i + 1 == n), 4);
		put(p, at, end - strings, 4), put(p, at + 4, e[i].info, 1), put(p, at + 6, 1, 2);
		put(p, at + 8, e[i].value, 8), put(p, at + 16, e[i].size, 8);
		memcpy(p + end, e[i].name, length);
		end += length;
	}
	put(p, DYNAMIC + 64, 10, 8), put(p, DYNAMIC + 72, end - strings, 8);
	return end;
}
