/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header of a jitted method, where the page of its code is not in the dump: the word before the code leads
 * to it, and createdump, called for a single-file program without the runtime's debugging library, keeps only
 * pages of code that a stack led it to. The heaps with headers are in such dumps (of createdump 9 and later),
 * so the header is searched by what it says of its method: where that begins, and which it is.
 */
#include "config.h"

#include <stdlib.h>

#include "runtime/coreclr/code.h"

/* The runtime's heaps are mapped in small pieces; the objects' heap, which need not be searched, is in large ones. */
enum { PIECE_MAX = 32 << 20, BYTES_MAX = 256 << 20, FOUND_MAX = 1 << 22, FUNCTIONS_MAX = 255, LENGTH_MAX = 64 << 20 };

struct candidate {
	uint64_t header;
	uint32_t start; /* of the method, from the base of its range of code */
};

struct clr_headers {
	DA_VEC(struct candidate) v; /* by start */
};

static int by_start(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->header < y->header ? -1 : x->header > y->header;
}

/* Where the parts of a header stand. */
struct shape {
	size_t method, count, functions, size;
	bool has_end; /* x64: an entry has the end too, so that what is no header seldom looks like one */
};

static uint32_t word(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* s->size bytes are there. Most places are told apart by the first word that is looked at. */
static bool looks_like_header(const struct shape *s, const uint8_t *p, uint32_t *ret_start)
{
	uint32_t n = word(p + s->count), start, end;

	if (!n || n > FUNCTIONS_MAX)
		return false;
	start = word(p + s->functions);
	end = word(p + s->functions + 4);
	if (!start || (s->has_end && (end <= start || end - start > LENGTH_MAX)))
		return false;
	*ret_start = start;
	return !(p[s->method] & 7) && word(p + s->method + 4) >> 16 == 0 && word(p + s->method);
}

static void scan(const struct da_clr *c, struct clr_headers *h)
{
	const struct shape shape = { (size_t)DA_CLR_OFF(c, RealCodeHeader, MethodDesc),
				     (size_t)DA_CLR_OFF(c, RealCodeHeader, NumUnwindInfos),
				     (size_t)DA_CLR_OFF(c, RealCodeHeader, UnwindInfos),
				     (size_t)DA_CLR_OFF(c, RealCodeHeader, UnwindInfos) + 8, clr_machine(c) == DA_PE_AMD64 };
	uint64_t bytes = 0;

	for (size_t i = 0; i < c->mem->ranges.n && bytes < BYTES_MAX; i++) {
		const struct da_range *r = &c->mem->ranges.v[i];
		size_t n = 0;
		const uint8_t *p;
		uint32_t start;

		if (!(r->prot & DA_PROT_W) || !r->file_len || r->file_len > PIECE_MAX)
			continue;
		p = da_mem_view_some(c->mem, r->start, &n);
		if (!p)
			continue;
		n = (size_t)DA_MIN(n, BYTES_MAX - bytes);
		bytes += n;
		for (size_t at = 0; at + shape.size <= n && h->v.n < FOUND_MAX; at += 8)
			if (looks_like_header(&shape, p + at, &start))
				da_vec_push(c->arena, &h->v, ((struct candidate){ r->start + at, start }));
	}
	if (h->v.n)
		qsort(h->v.v, h->v.n, sizeof(*h->v.v), by_start);
}

static size_t first_of(const struct clr_headers *h, uint32_t start)
{
	size_t low = 0, high = h->v.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (h->v.v[mid].start < start)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* What it says must lead to a method that has a module; and no other header may say so too. */
uint64_t clr_find_header(struct da_clr *c, uint64_t start)
{
	const struct da_clr_method *m;
	uint64_t found = 0, desc;
	struct clr_headers *h;

	if (!c->modules || start > UINT32_MAX || !DA_CLR_HAS(c, RealCodeHeader, UnwindInfos) ||
	    !DA_CLR_HAS(c, RealCodeHeader, NumUnwindInfos) || !DA_CLR_HAS(c, RealCodeHeader, MethodDesc) ||
	    DA_CLR_OFF(c, RealCodeHeader, NumUnwindInfos) + 4 > DA_CLR_OFF(c, RealCodeHeader, UnwindInfos) ||
	    DA_CLR_OFF(c, RealCodeHeader, MethodDesc) > DA_CLR_OFF(c, RealCodeHeader, NumUnwindInfos))
		return 0;
	if (!c->code->headers) {
		c->code->headers = da_new(c->arena, struct clr_headers);
		scan(c, c->code->headers);
	}
	h = c->code->headers;
	for (size_t i = first_of(h, (uint32_t)start); i < h->v.n && h->v.v[i].start == start; i++) {
		if (DA_CLR_PTR(c, h->v.v[i].header, RealCodeHeader, MethodDesc, &desc) != DA_OK || !desc)
			continue;
		m = da_clr_method(c, desc);
		if (!m || !m->name)
			continue;
		if (found)
			return 0;
		found = h->v.v[i].header;
	}
	return found;
}
