/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/vec.h"
#include "render/format.h"
#include "render/view.h"

enum { MAX_WANTED = 4096 }; /* rows behind the limit that findings may bring onto the page */

static uint64_t id_key(const char *id, size_t n)
{
	return da_hash(DA_HASH_SEED, id, n);
}

static void want(struct da_view *v, const char *id)
{
	if (id && v->wanted.n < MAX_WANTED)
		*da_map_put(v->arena, &v->wanted, id_key(id, strlen(id)), NULL) = 1;
}

static void want_rich(struct da_view *v, const char *rich)
{
	struct da_run run;

	while (rich && da_rich_next(&rich, &run))
		if (run.kind == DA_RUN_REF)
			want(v, da_strndup(v->arena, run.s, run.n));
}

static void want_finding(struct da_view *v, const struct da_finding_row *f)
{
	want_rich(v, f->title);
	want_rich(v, f->description);
	for (size_t i = 0; i < f->nthreads; i++)
		want(v, f->threads[i]);
	for (size_t i = 0; i < f->nobjects; i++)
		want(v, f->objects[i]);
	for (size_t i = 0; i < f->nchains; i++)
		want(v, f->chains[i]);
	for (size_t i = 0; i < f->nevidence; i++) {
		want(v, f->evidence[i].thread);
		want_rich(v, f->evidence[i].text);
		want_rich(v, f->evidence[i].value);
	}
}

/* What is wanted of a thread includes its stack: all references in the row are wanted too. */
static void want_row(struct da_view *v, enum da_block block, uint32_t row)
{
	struct da_cell cell;

	for (enum da_col col = da_blocks[block].first; col < da_blocks[block].end; col++)
		if (da_cols[col].shape == DA_SHAPE_ONE && da_view_is_ref(da_cols[col].type) &&
		    da_cell_get(v->doc, col, row, &cell))
			want(v, cell.text);
}

static void index_block(struct da_view *v, enum da_block block)
{
	enum da_col col = da_view_id_col(block);
	uint32_t n = col == DA_COLS ? 0 : da_doc_rows(v->doc, block);
	struct da_cell cell;

	if (n && da_cols[col].type == DA_TYPE_THREAD)
		v->threads = n;
	for (uint32_t row = 0; row < n; row++) {
		uint64_t key;

		if (!da_cell_get(v->doc, col, row, &cell) || !cell.text)
			continue;
		key = id_key(cell.text, strlen(cell.text));
		*da_map_put(v->arena, &v->ids, key, NULL) = (uint64_t)row << 16 | ((unsigned)block + 1);
		if (da_map_get(&v->wanted, key))
			want_row(v, block, row);
	}
}

struct da_view *da_view_new(struct da_arena *a, const struct da_doc *doc, const char *prefix, bool full,
			    const char *gap)
{
	struct da_view *v = da_new(a, struct da_view);
	const struct da_verdict *verdict = da_doc_get_verdict(doc);

	*v = (struct da_view){ .doc = doc, .arena = a, .prefix = prefix, .gap = gap, .full = full };
	if (verdict)
		want_rich(v, verdict->text);
	for (size_t i = 0; i < da_doc_findings(doc); i++)
		want_finding(v, da_doc_finding(doc, i));
	for (unsigned b = 0; b < DA_BLOCKS; b++)
		index_block(v, (enum da_block)b);
	v->nparts = da_doc_parts(doc);
	v->parts = da_calloc(a, v->nparts, sizeof(*v->parts));
	for (size_t i = 0; i < v->nparts; i++) {
		const char *id;
		const struct da_doc *part = da_doc_get_part(doc, i, &id);

		v->parts[i] = da_view_new(a, part, da_printf(a, "%s%s-", prefix, id), full, gap);
	}
	return v;
}

enum da_col da_view_id_col(enum da_block block)
{
	enum da_col col = da_blocks[block].first;

	if (da_blocks[block].shape != DA_BLOCK_SHAPE_ARRAY || da_cols[col].shape != DA_SHAPE_ONE ||
	    !da_view_is_ref(da_cols[col].type))
		return DA_COLS;
	if (da_streq(da_cols[col].key, "id") ||
	    (da_blocks[block].kind == DA_KIND_STACKS && da_cols[col].type == DA_TYPE_GROUP))
		return col;
	return DA_COLS;
}

const char *da_view_id(const struct da_view *v, enum da_block block, uint32_t row)
{
	enum da_col col = da_view_id_col(block);
	struct da_cell cell;

	return col != DA_COLS && da_cell_get(v->doc, col, row, &cell) ? cell.text : NULL;
}

/* The view that an id of the form "d2:t3" belongs to; *id moves behind the colon. */
static const struct da_view *view_of(const struct da_view *v, const char **id, size_t *n)
{
	const char *colon = memchr(*id, ':', *n);

	for (size_t i = 0; colon && i < v->nparts; i++) {
		const char *name;
		size_t len = (size_t)(colon - *id);

		da_doc_get_part(v->doc, i, &name);
		if (strlen(name) == len && !memcmp(name, *id, len)) {
			*n -= len + 1;
			*id = colon + 1;
			return v->parts[i];
		}
	}
	return v;
}

bool da_view_find(const struct da_view *v, const char *id, size_t n, enum da_block *ret_block,
		  uint32_t *ret_row)
{
	const uint64_t *place = da_map_get(&v->ids, id_key(id, n));

	if (!place)
		return false;
	*ret_block = (enum da_block)((*place & 0xffff) - 1);
	*ret_row = (uint32_t)(*place >> 16);
	return true;
}

static bool row_shown(const struct da_view *v, enum da_block block, uint32_t row)
{
	unsigned limit = da_blocks[block].limit;
	const char *id;

	if (v->full || !limit || row < limit)
		return true;
	id = da_view_id(v, block, row);
	return id && da_map_get(&v->wanted, id_key(id, strlen(id)));
}

uint32_t da_view_section_rows(const struct da_view *v, enum da_section section)
{
	for (unsigned b = 0; b < DA_BLOCKS; b++) {
		const struct da_block_def *def = &da_blocks[b];
		uint32_t n = da_doc_rows(v->doc, (enum da_block)b);

		if (def->section == section && n && def->kind != DA_KIND_GRAPH)
			return def->shape == DA_BLOCK_SHAPE_ARRAY ? n : 0;
	}
	return 0;
}

const uint32_t *da_view_rows(const struct da_view *v, enum da_block block, size_t *ret_n,
			     size_t *ret_left)
{
	uint32_t n = da_doc_rows(v->doc, block);
	DA_VEC(uint32_t) rows = { 0 };

	for (uint32_t row = 0; row < n; row++)
		if (row_shown(v, block, row))
			da_vec_push(v->arena, &rows, row);
	*ret_n = rows.n;
	*ret_left = n - rows.n;
	return rows.v;
}

/* Rows without an id of their own that say something of a thing that has one: the first column. */
static bool of_one_thing(enum da_block block)
{
	enum da_col col = da_blocks[block].first;

	return da_blocks[block].shape == DA_BLOCK_SHAPE_ARRAY && da_cols[col].type == DA_TYPE_REF &&
	       da_cols[col].shape == DA_SHAPE_ONE;
}

const char *da_view_row_name(const struct da_view *v, enum da_block block, uint32_t row)
{
	struct da_cell cell;

	if (of_one_thing(block))
		return da_cell_get(v->doc, da_blocks[block].first, row, &cell) ? cell.text : NULL;
	return da_view_id(v, block, row);
}

/* What parts rows: columns that the reader sees. In how many rows a lock stands. */
struct part {
	bool drawn[DA_COLS];
	struct da_map locks;
};

static bool parts_rows(enum da_col col, enum da_col first)
{
	switch (da_cols[col].type) {
	case DA_TYPE_REF: return col != first;
	case DA_TYPE_WORD: case DA_TYPE_RICH: case DA_TYPE_GROUP: case DA_TYPE_EXCEPTION: case DA_TYPE_LOCK: return true;
	default: return false;
	}
}

static struct part *part_of(const struct da_view *v, enum da_block block, const uint32_t *rows, size_t n)
{
	struct part *p = da_new(v->arena, struct part);
	enum da_col first = da_blocks[block].first;
	struct da_cell cell;

	for (enum da_col col = first; col < da_blocks[block].end; col++) {
		p->drawn[col] = da_doc_column_drawn(v->doc, col) && parts_rows(col, first);
		for (size_t i = 0; da_cols[col].type == DA_TYPE_LOCK && da_cols[col].shape == DA_SHAPE_ONE && i < n; i++)
			if (da_cell_get(v->doc, col, rows[i], &cell) && cell.text)
				++*da_map_put(v->arena, &p->locks, id_key(cell.text, strlen(cell.text)), NULL);
	}
	return p;
}

/* A lock that one row alone speaks of, as each waits for its own task: to wait for one's own is alike. */
static bool is_own_lock(const struct part *p, const char *id, size_t n)
{
	const uint64_t *rows = n > 4 && !memcmp(id, "lock", 4) ? da_map_get(&p->locks, id_key(id, n)) : NULL;

	return rows && *rows == 1;
}

static uint64_t hash_rich(const struct part *p, uint64_t h, const char *rich)
{
	struct da_run run;

	while (da_rich_next(&rich, &run))
		if (run.kind != DA_RUN_REF || !is_own_lock(p, run.s, run.n))
			h = da_hash(h, run.s, run.n);
	return h;
}

static uint64_t likeness(const struct da_view *v, enum da_block block, uint32_t row, const struct part *p)
{
	uint64_t h = DA_HASH_SEED;
	struct da_cell cell;

	for (enum da_col col = da_blocks[block].first; col < da_blocks[block].end; col++) {
		bool has = da_cols[col].shape == DA_SHAPE_ONE && da_cell_get(v->doc, col, row, &cell) && cell.text;

		if (!p->drawn[col])
			continue;
		h = da_hash(h, &col, sizeof(col));
		if (has && da_cols[col].type == DA_TYPE_RICH)
			h = hash_rich(p, h, cell.text);
		else if (has && (da_cols[col].type != DA_TYPE_LOCK || !is_own_lock(p, cell.text, strlen(cell.text))))
			h = da_hash(h, cell.text, strlen(cell.text));
	}
	return h;
}

void da_view_alike(const struct da_view *v, enum da_block block, const uint32_t *rows, size_t n,
		   size_t least, size_t *ret)
{
	const struct da_block_def *def = &da_blocks[block];
	struct da_map counts = { 0 }, firsts = { 0 };
	const struct part *part = part_of(v, block, rows, n);
	bool grouped = false;

	for (enum da_col col = def->first; col < def->end; col++)
		grouped |= da_cols[col].type == DA_TYPE_GROUP && da_cols[col].shape == DA_SHAPE_ONE;
	grouped = grouped ? da_view_id_col(block) != DA_COLS : of_one_thing(block);
	for (size_t i = 0; grouped && i < n; i++)
		++*da_map_put(v->arena, &counts, likeness(v, block, rows[i], part), NULL);
	for (size_t i = 0; i < n; i++) {
		uint64_t key = grouped ? likeness(v, block, rows[i], part) : 0;
		bool fresh;
		uint64_t *first;

		ret[i] = i;
		if (!grouped || *da_map_get(&counts, key) < least)
			continue;
		first = da_map_put(v->arena, &firsts, key, &fresh);
		if (fresh)
			*first = i;
		ret[i] = (size_t)*first;
	}
}

static bool finding_exists(const struct da_view *v, const char *id, size_t n)
{
	for (size_t i = 0; i < da_doc_findings(v->doc); i++) {
		const char *have = da_doc_finding(v->doc, i)->id;

		if (have && strlen(have) == n && !memcmp(have, id, n))
			return true;
	}
	return false;
}

/* A block is drawn only when the page has a table for it, not as a tree's or a bar's line. */
static bool has_anchors(enum da_block block)
{
	return da_blocks[block].kind == DA_KIND_TABLE || da_blocks[block].kind == DA_KIND_STACKS ||
	       da_blocks[block].kind == DA_KIND_BARS;
}

bool da_view_shown(const struct da_view *v, const char *id, size_t n)
{
	enum da_block block;
	uint32_t row;

	v = view_of(v, &id, &n);
	if (da_view_find(v, id, n, &block, &row))
		return has_anchors(block) && row_shown(v, block, row);
	return finding_exists(v, id, n);
}

const char *da_view_name(const struct da_view *v, const char *id, size_t n)
{
	enum da_block block;
	struct da_cell cell;
	uint32_t row;

	v = view_of(v, &id, &n);
	if (!da_view_find(v, id, n, &block, &row))
		return NULL;
	for (enum da_col col = da_blocks[block].first; col < da_blocks[block].end; col++)
		if (da_streq(da_cols[col].key, "name"))
			return da_cell_get(v->doc, col, row, &cell) ? cell.text : NULL;
	return NULL;
}

/* ---------------------------------------------------------------- the whole */

const char *da_view_subject(const struct da_view *v)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	unsigned cells = 0;

	for (unsigned b = 0; b < DA_BLOCKS && !cells; b++) {
		const struct da_block_def *def = &da_blocks[b];
		struct da_cell cell;

		if (def->section != DA_SECTION_process || def->kind != DA_KIND_KEYS ||
		    !da_doc_rows(v->doc, (enum da_block)b))
			continue;
		for (enum da_col col = def->first; col < def->end && cells < 2; col++) {
			if (!da_cols[col].page || !da_cell_get(v->doc, col, 0, &cell))
				continue;
			if (cells++) {
				size_t at = s.n + 2;

				da_str_addf(&s, ", %s ", da_cols[col].title);
				if (s.s[at] >= 'A' && s.s[at] <= 'Z')
					s.s[at] |= 0x20;
			}
			da_view_value(v, &s, &cell);
		}
	}
	return cells ? da_strdup(v->arena, da_str_get(&s)) : NULL;
}

const char *const *da_view_next(const struct da_view *v, size_t *ret_n)
{
	DA_VEC(const char *) list = { 0 };
	struct da_strings seen = { 0 };
	size_t had;

	for (size_t i = 0; i < da_doc_findings(v->doc); i++) {
		const struct da_finding_row *f = da_doc_finding(v->doc, i);

		for (size_t k = 0; k < f->nnext; k++) {
			had = seen.n;
			da_intern(v->arena, &seen, f->next[k].text ? f->next[k].text : "");
			if (seen.n != had && f->next[k].text)
				da_vec_push(v->arena, &list, f->next[k].text);
		}
	}
	for (size_t i = 0; i < da_doc_ledger_rows(v->doc); i++) {
		const struct da_ledger_row *row = da_doc_ledger_row(v->doc, i);

		had = seen.n;
		if (row->remedy)
			da_intern(v->arena, &seen, row->remedy);
		if (seen.n != had)
			da_vec_push(v->arena, &list, row->remedy);
	}
	*ret_n = list.n;
	return list.v;
}

const char *da_view_masked(const struct da_view *v)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	uint64_t count;

	for (size_t i = 0; i < da_doc_masked(v->doc); i++) {
		const char *kind = da_doc_masked_kind(v->doc, i, &count);

		da_str_add(&s, s.n ? ", " : "");
		da_format_number_of(&s, count, kind, v->gap);
	}
	return s.n ? da_strdup(v->arena, s.s) : NULL;
}

size_t da_view_findings_of(const struct da_view *v, enum da_severity severity)
{
	size_t first, n = da_doc_findings_of(v->doc, severity, &first);

	for (size_t i = 0; i < v->nparts; i++)
		n += da_view_findings_of(v->parts[i], severity);
	return n;
}

double da_view_share(const struct da_view *v, size_t threads)
{
	return v->threads ? 100.0 * (double)threads / v->threads : -1;
}

enum da_severity da_view_verdict_severity(const struct da_view *v)
{
	static const enum da_severity by_kind[] = {
		[DA_VERDICT_CRASH] = DA_SEVERITY_ERROR,
		[DA_VERDICT_HANG] = DA_SEVERITY_ERROR,
		[DA_VERDICT_MEMORY] = DA_SEVERITY_WARNING,
		[DA_VERDICT_HEALTHY] = DA_SEVERITIES,
		[DA_VERDICT_UNKNOWN] = DA_SEVERITY_NOTIFICATION,
	};
	const struct da_verdict *verdict = da_doc_get_verdict(v->doc);
	const char *id = verdict ? verdict->finding : NULL;
	const struct da_view *in = v;
	size_t n = id ? strlen(id) : 0;

	if (!verdict)
		return DA_SEVERITY_NOTIFICATION;
	if (id)
		in = view_of(v, &id, &n);
	for (size_t i = 0; id && i < da_doc_findings(in->doc); i++)
		if (da_streq(da_doc_finding(in->doc, i)->id, id))
			return da_doc_finding(in->doc, i)->severity;
	return by_kind[verdict->kind];
}

struct da_view_node da_view_node(const struct da_view *v, enum da_block block, uint32_t row)
{
	const struct da_block_def *def = &da_blocks[block];
	struct da_view_node n = { .weight = 1 };
	struct da_cell cell;

	for (enum da_col col = def->first; col < def->end; col++) {
		if (!da_cell_get(v->doc, col, row, &cell))
			continue;
		if (cell.type == DA_TYPE_NUMBER)
			n.depth = cell.i;
		else if (cell.type == DA_TYPE_COUNT)
			n.weight = cell.u;
		else if (cell.type == DA_TYPE_BOOL)
			n.own = cell.b, n.noise = !cell.b;
		else if (cell.type == DA_TYPE_SYMBOL && !n.label)
			n.label = cell.text;
		else if (cell.type == DA_TYPE_SYMBOL)
			n.place = cell.text;
	}
	if (!n.label)
		n.label = n.place ? n.place : "unknown";
	return n;
}
