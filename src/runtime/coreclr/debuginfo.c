/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "runtime/coreclr/debuginfo.h"

/* IL offsets are stored three too large, so that these fit. */
enum { BIAS = 3, PROLOG = -2 };
/* Formats up to 10: in place of the size, a mark that a second set of bounds follows. */
#define TWO_SETS UINT32_MAX

/* ---------------------------------------------------------------- numbers of three bits a half byte */

struct halves {
	struct da_cursor c;
	uint8_t byte;
	bool high; /* the upper half of `byte` comes next */
};

static uint8_t get_half(struct halves *h)
{
	h->high = !h->high;
	if (!h->high)
		return h->byte >> 4;
	h->byte = da_get_u8(&h->c);
	return h->byte & 15;
}

static uint32_t get_number(struct halves *h)
{
	uint64_t v = 0;

	for (unsigned n = 0; n < 11; n++) {
		uint8_t half = get_half(h);

		v = v << 3 | (half & 7);
		if (!da_ok(&h->c) || !(half & 8))
			break;
	}
	if (v > UINT32_MAX) {
		h->c.failed = true;
		h->c.p = h->c.end;
		return 0;
	}
	return da_ok(&h->c) ? (uint32_t)v : 0;
}

static struct halves halves(struct da_bytes b)
{
	return (struct halves){ .c = da_cursor(b.p, b.n, false, 8) };
}

/* ---------------------------------------------------------------- the header */

static void header_11(struct halves *h, struct clr_debug_header *x)
{
	uint32_t vars, patchpoint;

	x->bounds_size = get_number(h);
	if (x->bounds_size) {
		(void)get_number(h); /* variables */
		return;
	}
	x->bounds_size = get_number(h);
	vars = get_number(h);
	x->original_size = get_number(h);
	patchpoint = get_number(h);
	x->rich_size = get_number(h);
	(void)get_number(h); /* suspension points */
	x->original = x->bounds_size + vars;
	x->rich = x->original + x->original_size + patchpoint;
}

static void header_10(struct halves *h, struct clr_debug_header *x)
{
	x->bounds_size = get_number(h);
	if (x->bounds_size == TWO_SETS) {
		x->bounds_size = get_number(h);
		x->original_size = get_number(h);
		x->original = x->bounds_size;
	}
	(void)get_number(h);
}

enum da_status clr_debug_header(struct da_bytes bytes, unsigned format, struct clr_debug_header *ret)
{
	struct halves h = halves(bytes);
	struct clr_debug_header x = { 0 };

	(format >= 11 ? header_11 : header_10)(&h, &x);
	if (!da_ok(&h.c))
		return DA_CORRUPT;
	x.bounds = (uint32_t)da_pos(&h.c);
	x.original += x.bounds;
	x.rich += x.bounds;
	*ret = x;
	return DA_OK;
}

/* ---------------------------------------------------------------- bounds */

struct bits {
	struct da_cursor c;
	uint64_t have; /* bits not yet given out, the next lowest */
	unsigned n;
};

static uint32_t get_bits(struct bits *b, unsigned n)
{
	uint32_t v;

	while (b->n < n) {
		b->have |= (uint64_t)da_get_u8(&b->c) << b->n;
		b->n += 8;
	}
	v = (uint32_t)(b->have & ((UINT64_C(1) << n) - 1));
	b->have >>= n;
	b->n -= n;
	return v;
}

/* The search goes through the entries in order and remembers. */
struct search {
	uint32_t native, at;
	int32_t il;
	bool approx;
};

/* False: what follows lies behind the offset. */
static bool visit(struct search *s, uint32_t delta, uint32_t stored)
{
	int32_t il = stored > INT32_MAX ? INT32_MAX : (int32_t)stored - BIAS;

	if (delta > UINT32_MAX - s->at || s->at + delta > s->native)
		return false;
	s->at += delta;
	/* A prolog further on is that of a funclet. */
	s->approx = il < 0 && (il != PROLOG || s->at);
	if (il >= 0)
		s->il = il;
	return true;
}

static bool search_9(struct halves *h, uint32_t n, struct search *s)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t delta = get_number(h), il = get_number(h);

		(void)get_number(h); /* kind of place */
		if (!da_ok(&h->c))
			return false;
		if (!visit(s, delta, il))
			break;
	}
	return true;
}

static bool search_packed(struct halves *h, uint32_t n, unsigned kind_bits, struct search *s)
{
	uint64_t native_bits = (uint64_t)get_number(h) + 1, il_bits = (uint64_t)get_number(h) + 1;
	struct bits b = { .c = h->c };

	if (native_bits > 32 || il_bits > 32)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t delta, il;

		(void)get_bits(&b, kind_bits);
		delta = get_bits(&b, (unsigned)native_bits);
		il = get_bits(&b, (unsigned)il_bits);
		if (!da_ok(&b.c))
			return false;
		if (!visit(s, delta, il))
			break;
	}
	return true;
}

enum da_status clr_debug_il(struct da_bytes bounds, unsigned format, uint32_t native, int32_t *ret_il, bool *ret_approx)
{
	struct halves h = halves(bounds);
	struct search s = { .native = native, .approx = true };
	uint32_t n = get_number(&h);

	if (!da_ok(&h.c) || !n)
		return da_ok(&h.c) ? DA_NOT_FOUND : DA_CORRUPT;
	if (!(format >= 10 ? search_packed(&h, n, format >= 11 ? 3 : 2, &s) : search_9(&h, n, &s)))
		return DA_CORRUPT;
	*ret_il = s.il;
	*ret_approx = s.approx;
	return DA_OK;
}

/* ---------------------------------------------------------------- inlined calls */

struct node {
	uint64_t method;
	uint32_t child, sibling;
	uint32_t parent; /* DA_NONE: not known yet; of the root itself */
};

static uint64_t get_plain(struct halves *h, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 2 * bytes; i++)
		v |= (uint64_t)get_half(h) << 4 * i;
	return v;
}

/* Differences: the sign is the lowest bit. */
static uint32_t get_difference(struct halves *h, uint32_t *last)
{
	uint32_t v = get_number(h);

	*last = v & 1 ? *last - (v >> 1) : *last + (v >> 1);
	return *last;
}

static bool get_nodes(struct halves *h, unsigned word, struct node *v, uint32_t n)
{
	uint32_t il = (uint32_t)PROLOG, child = 0, sibling = 0;

	for (uint32_t i = 0; i < n && da_ok(&h->c); i++) {
		v[i].method = get_plain(h, word);
		(void)get_difference(h, &il); /* of the call in the method around it: release builds leave it to chance */
		v[i].child = get_difference(h, &child);
		v[i].sibling = get_difference(h, &sibling);
		v[i].parent = i ? DA_NONE : 0;
	}
	return da_ok(&h->c);
}

/* 0 ends a list. Every node may have one parent only, so that all lists together are no longer than the tree. */
static bool find_parents(struct node *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = v[i].child; k; k = v[k].sibling) {
			if (k >= n || v[k].parent != DA_NONE)
				return false;
			v[k].parent = i;
		}
	return true;
}

/* The last place at or before the offset that has IL: its node. DA_NONE: there is none. */
static uint32_t find_place(struct halves *h, uint32_t n, uint32_t native, int32_t *ret_il)
{
	uint32_t at = 0, node = 0, il = (uint32_t)PROLOG, found = DA_NONE;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t delta = get_number(h);

		(void)get_difference(h, &node);
		(void)get_difference(h, &il);
		(void)get_number(h); /* kind of place */
		if (!da_ok(&h->c))
			return DA_NONE;
		if (delta > UINT32_MAX - at || at + delta > native)
			break;
		at += delta;
		if ((int32_t)il < 0)
			continue;
		found = node;
		*ret_il = (int32_t)il;
	}
	return found;
}

static unsigned path_to(const struct node *v, uint32_t n, uint32_t k, int32_t il, struct clr_inline *ret, unsigned max)
{
	unsigned depth = 1;

	if (k >= n)
		return 0;
	for (uint32_t i = k; i; i = v[i].parent)
		if (v[i].parent == DA_NONE || ++depth > max)
			return 0;
	for (unsigned i = depth; i-- > 0; k = v[k].parent) {
		ret[i] = (struct clr_inline){ v[k].method, il };
		il = -1;
	}
	return depth;
}

unsigned clr_debug_inlines(struct da_bytes rich, unsigned word, uint32_t native, struct clr_inline *ret, unsigned max)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct halves h = halves(rich);
	uint32_t n = get_number(&h), places = get_number(&h), k;
	struct node *v;
	int32_t il = 0;

	if (!da_ok(&h.c) || !n || n > rich.n / word || !max)
		return 0;
	v = da_calloc(a, n, sizeof(*v));
	if (!get_nodes(&h, word, v, n) || !find_parents(v, n))
		return 0;
	k = find_place(&h, places, native, &il);
	return path_to(v, n, k, il, ret, max);
}
