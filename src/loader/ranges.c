/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>

#include "loader/ranges.h"

/* ---------------------------------------------------------------- one list */

static int by_start(const void *a, const void *b)
{
	const struct da_range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->file_len != y->file_len) /* of two that begin together the one with bytes comes first */
		return x->file_len > y->file_len ? -1 : 1;
	return x->file_off < y->file_off ? -1 : x->file_off > y->file_off;
}

static bool sorted(const struct da_ranges *l)
{
	for (size_t i = 1; i < l->n; i++)
		if (by_start(&l->v[i - 1], &l->v[i]) > 0)
			return false;
	return true;
}

void da_range_cut_front(struct da_range *r, uint64_t start)
{
	uint64_t by = start - r->start;
	uint64_t in_file = DA_MIN(by, r->file_len);

	r->start = start;
	r->file_off += in_file;
	r->file_len -= in_file;
	r->name_off += by;
}

static void cut_back(struct da_range *r, uint64_t end)
{
	r->end = end;
	r->file_len = DA_MIN(r->file_len, end - r->start);
}

uint64_t da_ranges_settle(struct da_arena *a, struct da_ranges *list)
{
	struct da_ranges out = { 0 };
	uint64_t cuts = 0;

	if (!sorted(list))
		qsort(list->v, list->n, sizeof(*list->v), by_start);
	for (size_t i = 0; i < list->n; i++) {
		struct da_range r = list->v[i];
		struct da_range *last = out.n ? &out.v[out.n - 1] : NULL;

		if (last && r.start < last->end) {
			uint64_t saved_end = last->start + last->file_len;

			cuts++;
			if (r.file_len && r.start >= saved_end) {
				struct da_range rest = *last;

				last->end = r.start;
				if (rest.end > r.end) { /* what remains behind the saved piece */
					da_range_cut_front(&rest, r.end);
					da_vec_push(a, &out, r);
					da_vec_push(a, &out, rest);
					continue;
				}
			} else if (r.end <= last->end) {
				continue;
			} else {
				da_range_cut_front(&r, last->end);
			}
		}
		if (r.start < r.end)
			da_vec_push(a, &out, r);
	}
	*list = out;
	return cuts;
}

/* ---------------------------------------------------------------- two lists */

struct lay {
	struct da_arena *a;
	const struct da_ranges *over;
	size_t at; /* first of `over` that may still matter */
	bool describe;
	struct da_ranges out;
};

/* The parts of `over` in [from, to). */
static void fill(struct lay *l, uint64_t from, uint64_t to)
{
	for (; l->at < l->over->n && l->over->v[l->at].start < to; l->at++) {
		struct da_range r = l->over->v[l->at];

		if (r.end > from) {
			if (r.start < from)
				da_range_cut_front(&r, from);
			if (r.end > to)
				cut_back(&r, to);
			if (r.start < r.end)
				da_vec_push(l->a, &l->out, r);
		}
		if (l->over->v[l->at].end > to) /* goes on behind it */
			return;
	}
}

static void describe(struct da_range *r, const struct da_range *by)
{
	r->prot = by->prot;
	r->has_prot = by->has_prot;
	r->kind = by->kind;
	r->module = by->module;
	r->name = by->name;
	r->name_off = by->name_off + (r->start - by->start);
}

/* One range of the list, in pieces where what describes it changes. */
static void keep(struct lay *l, struct da_range r)
{
	while (l->describe && r.start < r.end) {
		struct da_range piece = r;
		const struct da_range *by;

		while (l->at < l->over->n && l->over->v[l->at].end <= r.start)
			l->at++;
		by = l->at < l->over->n ? &l->over->v[l->at] : NULL;
		if (!by || by->start >= r.end)
			break;
		cut_back(&piece, by->start > r.start ? by->start : DA_MIN(r.end, by->end));
		if (by->start <= r.start)
			describe(&piece, by);
		da_vec_push(l->a, &l->out, piece);
		if (piece.end == r.end)
			return;
		da_range_cut_front(&r, piece.end);
	}
	if (r.start < r.end)
		da_vec_push(l->a, &l->out, r);
}

void da_ranges_lay(struct da_arena *a, struct da_ranges *list, const struct da_ranges *over, bool describe)
{
	struct lay l = { .a = a, .over = over, .describe = describe };
	uint64_t from = 0;

	for (size_t i = 0; i < list->n; i++) {
		fill(&l, from, list->v[i].start);
		keep(&l, list->v[i]);
		from = list->v[i].end;
	}
	fill(&l, from, UINT64_MAX);
	*list = l.out;
}
