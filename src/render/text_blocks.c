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
	LOOK_AT = 1000,   /* rows that decide how wide columns are */
	MIN_FOLDED = 4,   /* so many idle rows become one line */
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
 * Columns that fit on a line stand in it; what does not follows on lines of its own, each value after
 * its title. So a row is complete, and narrow terminals lose nothing.
 */
struct table {
	enum da_col *cols;
	size_t *widths;
	size_t n, inline_n;
};

static void cell_text(struct da_page *p, enum da_col col, uint32_t row, struct da_str *s)
{
	struct da_cell cell;

	da_str_clear(s);
	if (da_cell_get(p->view->doc, col, row, &cell))
		da_view_cell(p->view, s, col, &cell);
}

static struct table measure(struct da_page *p, enum da_block block, const uint32_t *rows, size_t n)
{
	const struct da_block_def *def = &da_blocks[block];
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	DA_VEC(enum da_col) cols = { 0 };
	struct table t;
	size_t used = GAP;

	for (enum da_col col = def->first; col < def->end; col++)
		if (da_doc_column_drawn(p->view->doc, col))
			da_vec_push(p->arena, &cols, col);
	t = (struct table){ .cols = cols.v, .n = cols.n };
	t.widths = da_calloc(p->arena, t.n, sizeof(*t.widths));
	for (size_t i = 0; i < t.n; i++) {
		size_t width = da_text_width(da_cols[t.cols[i]].title);

		for (size_t r = 0; r < n && r < LOOK_AT && width < MAX_COLUMN; r++) {
			cell_text(p, t.cols[i], rows[r], &s);
			if (da_text_width(da_str_get(&s)) > width)
				width = da_text_width(da_str_get(&s));
		}
		t.widths[i] = width < MAX_COLUMN ? width : MAX_COLUMN;
	}
	while (t.inline_n < t.n && used + t.widths[t.inline_n] <= p->width)
		used += t.widths[t.inline_n++] + GAP;
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

static void head(struct da_page *p, const struct table *t)
{
	da_str_addc(&p->line, ' ');
	for (size_t i = 0; i < t->inline_n; i++) {
		da_str_addc(&p->line, ' ');
		da_str_add(&p->line, i ? " " : "");
		(right(t->cols[i]) ? da_pad_left : da_pad)(&p->line, da_cols[t->cols[i]].title,
							   t->widths[i]);
	}
	trim(&p->line);
	da_str_addc(&p->line, '\n');
	da_page_flush(p);
}

/* What found no place in the line: "title value, title value". */
static void rest(struct da_page *p, const struct table *t, uint32_t row, const bool *cut)
{
	struct da_str all DA_CLEANUP(da_str_done) = { 0 };
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	for (size_t i = 0; i < t->n; i++) {
		if (i < t->inline_n && !cut[i])
			continue;
		cell_text(p, t->cols[i], row, &s);
		if (!s.n)
			continue;
		da_str_add(&all, all.n ? "; " : "");
		da_str_addf(&all, "%s: %s", da_cols[t->cols[i]].title, s.s);
	}
	if (all.n)
		da_page_wrap(p, "      ", 6, all.s);
}

static void row_lines(struct da_page *p, const struct table *t, uint32_t row)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	bool *cut = da_calloc(p->arena, t->n, sizeof(*cut));

	da_str_addc(&p->line, ' ');
	for (size_t i = 0; i < t->inline_n; i++) {
		cell_text(p, t->cols[i], row, &s);
		da_str_add(&p->line, i ? "  " : " ");
		cut[i] = da_text_width(da_str_get(&s)) > t->widths[i];
		(right(t->cols[i]) ? da_pad_left : da_pad)(&p->line, da_str_get(&s), t->widths[i]);
	}
	trim(&p->line);
	da_str_addc(&p->line, '\n');
	da_page_flush(p);
	rest(p, t, row, cut);
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

static void folded(struct da_page *p, enum da_block block, const uint32_t *rows, size_t n,
		   const char *word)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	const char **ids = da_calloc(p->arena, n, sizeof(*ids));

	for (size_t i = 0; i < n; i++) {
		const char *id = da_view_id(p->view, block, rows[i]);

		ids[i] = id ? id : "";
	}
	da_format_count(&s, n, " ");
	da_str_addf(&s, " %s: ", word);
	da_view_ids(p->view, &s, ids, n, SIZE_MAX);
	da_page_wrap(p, "  ", 4, s.s);
}

static void table(struct da_page *p, enum da_block block)
{
	size_t n, left;
	const uint32_t *rows = da_view_rows(p->view, block, &n, &left);
	struct table t = measure(p, block, rows, n);
	DA_VEC(uint32_t) idle = { 0 };
	const char *word = NULL;

	for (size_t i = 0; i < n && da_view_id_col(block) != DA_COLS; i++)
		if (quiet(p, &t, rows[i])) {
			word = quiet(p, &t, rows[i]);
			da_vec_push(p->arena, &idle, rows[i]);
		}
	if (idle.n < MIN_FOLDED || p->view->full)
		idle.n = 0;
	if (idle.n < n)
		head(p, &t);
	for (size_t i = 0; i < n; i++)
		if (!idle.n || !quiet(p, &t, rows[i]))
			row_lines(p, &t, rows[i]);
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
