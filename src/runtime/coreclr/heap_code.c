/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jitted code: a map of nibbles says where methods begin, one for 32 bytes, eight a word, the first in the
 * highest bits. A value of n > 0 is a beginning at 4 * (n - 1) of the 32 bytes. From 10 on a word whose lowest
 * nibble is above 8 is an offset instead: all of its 256 bytes belong to the method that begins there. Before,
 * the way back over a long method leads through words of zeros.
 */
#include "config.h"

#include "runtime/coreclr/code.h"

enum { BUCKET = 32, BUCKET_BITS = 5, WORD_BUCKETS = 8, BLOCK = 64 };
#define WORDS_MAX (UINT32_C(1) << 18) /* 64 MiB of code in one method */
#define FUNCTIONS_MAX 65536
#define STUB_LAST 15                  /* StubCodeBlockLast of all versions */

/* ---------------------------------------------------------------- where it begins */

struct nibbles {
	const struct da_clr *c;
	uint64_t base, map; /* of the code; of the words */
	bool offsets;       /* words can be offsets */
	uint64_t start;     /* found */
};

static bool is_offset(const struct nibbles *m, uint32_t word)
{
	return m->offsets && (word & 15) > 8;
}

static void by_offset(struct nibbles *m, uint32_t word)
{
	m->start = m->base + (word & ~15U) + 4 * ((word & 15) - 9);
}

/* The last beginning among the buckets [0, n) of a word. */
static bool last_of(struct nibbles *m, uint64_t index, uint32_t word, unsigned n)
{
	for (unsigned k = n; k-- > 0;) {
		uint32_t nibble = word >> (28 - 4 * k) & 15;

		if (!nibble)
			continue;
		m->start = m->base + (index * WORD_BUCKETS + k) * BUCKET + 4 * (nibble - 1);
		return true;
	}
	return false;
}

/* 10 and later: the word before says it, or nothing begins there. */
static enum da_status previous(struct nibbles *m, uint64_t index)
{
	uint32_t word;

	if (!index)
		return DA_NOT_FOUND;
	if (da_mem_u32(m->c->mem, m->map + 4 * (index - 1), &word) != DA_OK)
		return DA_FAULT;
	if (is_offset(m, word))
		by_offset(m, word);
	else if (!last_of(m, index - 1, word, WORD_BUCKETS))
		return DA_NOT_FOUND;
	return DA_OK;
}

/* Before 10: words of zeros are no end. */
static enum da_status back(struct nibbles *m, uint64_t index)
{
	uint8_t bytes[4 * BLOCK];
	uint32_t n;

	for (uint32_t done = 0; index && done < WORDS_MAX; done += n) {
		n = (uint32_t)DA_MIN(index, (uint64_t)BLOCK);
		index -= n;
		if (da_mem_read(m->c->mem, m->map + 4 * index, bytes, 4 * (size_t)n, NULL) != DA_OK)
			return DA_FAULT;
		for (uint32_t k = n; k-- > 0;) {
			struct da_cursor c = da_cursor(bytes + 4 * (size_t)k, 4, false, 8);

			if (last_of(m, index + k, da_get_u32(&c), WORD_BUCKETS))
				return DA_OK;
		}
	}
	return DA_NOT_FOUND;
}

static enum da_status find_start(struct nibbles *m, uint64_t pc)
{
	uint64_t bucket = (pc - m->base) >> BUCKET_BITS, index = bucket / WORD_BUCKETS;
	unsigned k = bucket % WORD_BUCKETS, place = 1 + ((pc - m->base) % BUCKET) / 4;
	uint32_t word, nibble;

	if (pc < m->base)
		return DA_NOT_FOUND;
	if (da_mem_u32(m->c->mem, m->map + 4 * index, &word) != DA_OK)
		return DA_FAULT;
	if (is_offset(m, word)) {
		by_offset(m, word);
		return DA_OK;
	}
	nibble = word >> (28 - 4 * k) & 15;
	if (nibble && nibble <= place) {
		m->start = m->base + bucket * BUCKET + 4 * (nibble - 1);
		return DA_OK;
	}
	if (last_of(m, index, word, k))
		return DA_OK;
	return m->offsets ? previous(m, index) : back(m, index);
}

static enum da_status method_start(struct da_clr *c, const struct clr_section *s, uint64_t pc, uint64_t *ret)
{
	struct nibbles m = { .c = c, .offsets = c->major >= 10 };
	enum da_status st;

	if (DA_CLR_PTR(c, s->heap, CodeHeapListNode, MapBase, &m.base) != DA_OK ||
	    DA_CLR_PTR(c, s->heap, CodeHeapListNode, HeaderMap, &m.map) != DA_OK)
		return DA_FAULT;
	st = find_start(&m, pc);
	if (st == DA_OK && (m.start > pc || m.start < s->begin))
		return DA_NOT_FOUND;
	if (st == DA_OK)
		*ret = m.start;
	return st;
}

/* ---------------------------------------------------------------- what it is */

/* Entries that were reserved and not used are zero, so they are not sorted. */
static void find_function(struct da_clr *c, uint64_t pc, struct da_clr_code *code)
{
	uint64_t n, rva = pc - code->base;
	struct da_pe_function f;

	if (c->mem->word == 4 || !DA_CLR_HAS(c, RealCodeHeader, UnwindInfos) ||
	    DA_CLR_U32(c, code->header, RealCodeHeader, NumUnwindInfos, &n) != DA_OK || n > FUNCTIONS_MAX)
		return;
	code->table = code->header + (uint64_t)DA_CLR_OFF(c, RealCodeHeader, UnwindInfos);
	for (uint64_t i = 0; i < n; i++) {
		if (da_pe_entry(clr_machine(c), c->mem, code->base, code->table + i * clr_entry_size(c), &f) != DA_OK)
			continue; /* of ARM64 the end stands with the code, which may be missing */
		if (!clr_holds(&f, rva) || !(f.start || i == 0))
			continue;
		code->f = f;
		code->has_function = true;
		code->funclet = i > 0;
		return;
	}
}

enum da_status clr_heap_code(struct da_clr *c, const struct clr_section *s, uint64_t pc, struct da_clr_code *ret)
{
	uint64_t last = STUB_LAST, header;
	enum da_status st = method_start(c, s, pc, &ret->start);

	if (st == DA_NOT_FOUND) { /* between methods: what the heap itself needs to jump on */
		ret->stub = true;
		return DA_OK;
	}
	if (st != DA_OK)
		return st;
	if (da_mem_word(c->mem, ret->start - c->mem->word, &header) != DA_OK) { /* pages of code are often not in the dump */
		ret->header = clr_find_header(c, ret->start - ret->base);
		if (ret->header)
			(void)DA_CLR_PTR(c, ret->header, RealCodeHeader, MethodDesc, &ret->method);
		return DA_OK;
	}
	da_clr_global(c, DA_CLR_G_StubCodeBlockLast, &last);
	if (header <= last) {
		ret->stub = true;
		return DA_OK;
	}
	/* x86 before 10, which has no funclets: not a pointer to the header but its last word, the MethodDesc. */
	if (c->mem->word == 4 && !DA_CLR_HAS(c, RealCodeHeader, NumUnwindInfos) &&
	    DA_CLR_HAS(c, RealCodeHeader, MethodDesc))
		header = ret->start - c->mem->word - (uint64_t)DA_CLR_OFF(c, RealCodeHeader, MethodDesc);
	ret->header = header;
	if (DA_CLR_PTR(c, header, RealCodeHeader, MethodDesc, &ret->method) != DA_OK)
		return DA_OK;
	find_function(c, pc, ret);
	return DA_OK;
}
