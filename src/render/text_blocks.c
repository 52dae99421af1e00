/* SPDX-License-Identifier: Apache-2.0 */
/* Facts and tables as lines. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/vec.h"
#include "render/format.h"
#include "render/text.h"
#include "render/wrap.h"

enum {
	GAP = 2,          /* blanks between columns */
	MAX_COLUMN = 32,  /* a column is not made wider than this for its longest cell */
	MAX_NAMELESS = 25, /* rows of a table to which nothing refers */
	MIN_FOLDED = 3,   /* so many rows that are alike become one line */
	KEY_WIDTH = 20,
};

/* ---------------------------------------------------------------- facts */

static void keys(struct da_page *p, enum da_block block)
{
	const struct da_block_def *def = &da_blocks[block];
	struct da_str key DA_CLEANUP(da_str_done) = { 0 };
	struct da_str value DA_CLEANUP(da_str_done) = { 0 };
	struct da_cell cell;

	for (enum da_col col = def->first; col < def->end; col++) {
		if (!da_cols[col].page || !da_cell_get(p->view->doc, col, 0, &cell))
			continue;
		da_str_clear(&key);
		da_str_clear(&value);
		da_str_add(&key, "  ");
		da_pad(&key, da_cols[col].title, KEY_WIDTH);
		da_view_cell(p->view, &value, col, &cell);
		da_page_wrap(p, key.s, KEY_WIDTH + 2, da_str_get(&value));
	}
}

static void text_block(struct da_page *p, enum da_block block)
{
	const struct da_block_def *def = &da_blocks[block];
	struct da_str value DA_CLEANUP(da_str_done) = { 0 };
	struct da_cell cell;

	for (uint32_t row = 0; row < da_doc_rows(p->view->doc, block); row++)
		for (enum da_col col = def->first; col < def->end; col++) {
			if (!da_cols[col].page || !da_cell_get(p->view->doc, col, row, &cell))
				continue;
			da_str_clear(&value);
			da_view_cell(p->view, &value, col, &cell);
			da_page_wrap(p, "  ", 2, da_str_get(&value));
		}
}

/* ---------------------------------------------------------------- tables */

/*
 * Columns that fit on a line stand in it; what does not, or is long, follows on lines of its own, each
 * value after its title. So a row is complete, and narrow terminals lose nothing.
 */
struct table {
	enum da_col *cols;
	size_t *widths; /* 0: not in the line */
	size_t n;
};

static void cell_text(struct da_page *p, enum da_col col, uint32_t row, struct da_str *s)
{
	struct da_cell cell;

	da_str_clear(s);
	if (da_cell_get(p->view->doc, col, row, &cell))
		da_view_cell(p->view, s, col, &cell);
}

/* The widest cell of a column, its title included; more than MAX_COLUMN: too wide. */
static size_t widest(struct da_page *p, enum da_col col, const uint32_t *rows, size_t n)
{
	size_t width = da_text_width(da_cols[col].title);
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	for (size_t r = 0; r < n && width <= MAX_COLUMN; r++) {
		cell_text(p, col, rows[r], &s);
		if (da_text_width(da_str_get(&s)) > width)
			width = da_text_width(da_str_get(&s));
	}
	return width;
}

static struct table measure(struct da_page *p, enum da_block block, const uint32_t *rows, size_t n)
{
	const struct da_block_def *def = &da_blocks[block];
	DA_VEC(enum da_col) cols = { 0 };
	struct table t;
	size_t used = GAP;

	for (enum da_col col = def->first; col < def->end; col++)
		if (da_doc_column_drawn(p->view->doc, col))
			da_vec_push(p->arena, &cols, col);
	t = (struct table){ .cols = cols.v, .n = cols.n };
	t.widths = da_calloc(p->arena, t.n, sizeof(*t.widths));
	for (size_t i = 0; i < t.n; i++) {
		size_t width = widest(p, t.cols[i], rows, n), left = p->width - used;

		if (width > MAX_COLUMN && i + 1 == t.n && left >= MAX_COLUMN)
			width = left; /* of the last one, what is longer follows */
		if (width > left || (width > MAX_COLUMN && i + 1 < t.n))
			continue;
		t.widths[i] = width;
		used += width + GAP;
		if (used + GAP >= p->width)
			break;
	}
	return t;
}

static bool right(enum da_col col)
{
	return da_cols[col].shape == DA_SHAPE_ONE && da_view_numeric(da_cols[col].type);
}

static void trim(struct da_str *s)
{
	while (s->n && s->s[s->n - 1] == ' ')
		s->s[--s->n] = 0;
}

static void put_cell(struct da_page *p, const struct table *t, size_t i, const char *text)
{
	da_str_add(&p->line, "  ");
	(right(t->cols[i]) ? da_pad_left : da_pad)(&p->line, text, t->widths[i]);
}

static void end_line(struct da_page *p)
{
	trim(&p->line);
	da_str_addc(&p->line, '\n');
	da_page_flush(p);
}

static void head(struct da_page *p, const struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->widths[i])
			put_cell(p, t, i, da_cols[t->cols[i]].title);
	end_line(p);
}

static void row_lines(struct da_page *p, const struct table *t, uint32_t row)
{
	struct da_str rest DA_CLEANUP(da_str_done) = { 0 };
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	bool cut;

	for (size_t i = 0; i < t->n; i++) {
		cell_text(p, t->cols[i], row, &s);
		cut = s.n && da_text_width(s.s) > t->widths[i];
		if (t->widths[i])
			put_cell(p, t, i, cut ? "" : da_str_get(&s));
		if (cut)
			da_str_addf(&rest, "%s%s: %s", rest.n ? "; " : "", da_cols[t->cols[i]].title,
				    s.s);
	}
	end_line(p);
	if (rest.n)
		da_page_wrap(p, "      ", 6, rest.s);
}

/* The word of a row that says it is idle, or NULL. */
static const char *quiet(struct da_page *p, const struct table *t, uint32_t row)
{
	struct da_cell cell;

	for (size_t i = 0; i < t->n; i++)
		if (da_cols[t->cols[i]].type == DA_TYPE_WORD &&
		    da_cell_get(p->view->doc, t->cols[i], row, &cell) &&
		    da_view_tone(cell.text) == DA_TONE_QUIET)
			return cell.text;
	return NULL;
}

/* "28 idle: t14-t41", "10 more like t3: t4-t13" */
static void folded(struct da_page *p, enum da_block block, const uint32_t *rows, size_t n,
		   const char *what)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	const char **ids = da_calloc(p->arena, n, sizeof(*ids));

	for (size_t i = 0; i < n; i++) {
		const char *id = da_view_row_name(p->view, block, rows[i]);

		ids[i] = id ? id : "";
	}
	da_format_count(&s, n, " ");
	da_str_addf(&s, " %s: ", what);
	da_view_ids(p->view, &s, ids, n, SIZE_MAX);
	da_page_wrap(p, what[0] == 'm' ? "      " : "  ", 6, s.s);
}

static void alike(struct da_page *p, enum da_block block, const uint32_t *rows, const size_t *leader,
		  size_t n, size_t first)
{
	const char *id = da_view_row_name(p->view, block, rows[first]);
	DA_VEC(uint32_t) same = { 0 };

	for (size_t i = first + 1; i < n; i++)
		if (leader[i] == first)
			da_vec_push(p->arena, &same, rows[i]);
	if (same.n)
		folded(p, block, same.v, same.n, da_printf(p->arena, "more like %s", id ? id : "it"));
}

static void table(struct da_page *p, enum da_block block)
{
	size_t n, left, *leader;
	const uint32_t *rows = da_view_rows(p->view, block, &n, &left);
	struct table t = measure(p, block, rows, n);
	DA_VEC(uint32_t) idle = { 0 };
	DA_VEC(uint32_t) busy = { 0 };
	bool has_ids = da_view_id_col(block) != DA_COLS, fold = has_ids && !p->view->full;
	const char *word = NULL;
	size_t shown = 0, last = 0; /* last: the rows before have been drawn, or are alike to one that has */

	for (size_t i = 0; i < n; i++) {
		const char *w = fold ? quiet(p, &t, rows[i]) : NULL;

		word = w ? w : word;
		if (w)
			da_vec_push(p->arena, &idle, rows[i]);
		else
			da_vec_push(p->arena, &busy, rows[i]);
	}
	leader = da_calloc(p->arena, busy.n, sizeof(*leader));
	da_view_alike(p->view, block, busy.v, busy.n, p->view->full ? SIZE_MAX : MIN_FOLDED, leader);
	if (busy.n)
		head(p, &t);
	for (size_t i = 0; i < busy.n; i++) {
		if (!has_ids && !p->view->full && shown >= MAX_NAMELESS && leader[i] >= last) {
			left++;
			continue;
		}
		if (leader[i] != i)
			continue;
		shown++;
		last = i + 1;
		row_lines(p, &t, busy.v[i]);
		alike(p, block, busy.v, leader, busy.n, i);
	}
	if (idle.n)
		folded(p, block, idle.v, idle.n, word);
	da_page_left(p, left);
}

void da_page_blocks(struct da_page *p, enum da_section section)
{
	bool first = true;

	for (unsigned b = 0; b < DA_BLOCKS; b++) {
		enum da_block block = (enum da_block)b;

		if (da_blocks[b].section != section || !da_doc_rows(p->view->doc, block))
			continue;
		if (!da_streq(da_blocks[b].title, da_sections[section].title)) {
			da_str_addf(&p->line, "%s  ", first ? "" : "\n");
			da_page_style(p, DA_STYLE_BOLD);
			da_str_add(&p->line, da_blocks[b].title);
			da_page_plain(p, DA_STYLE_BOLD);
			da_str_addc(&p->line, '\n');
			da_page_flush(p);
		}
		first = false;
		switch (da_blocks[b].kind) {
		case DA_KIND_KEYS: keys(p, block); break;
		case DA_KIND_STACKS: da_page_stacks(p, block); break;
		case DA_KIND_TREE: da_page_tree(p, block); break;
		case DA_KIND_GRAPH: da_page_graph(p, block); break;
		case DA_KIND_TEXT: text_block(p, block); break;
		case DA_KIND_TABLE:
		case DA_KIND_BARS: table(p, block); break;
		}
	}
}
