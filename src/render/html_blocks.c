/* SPDX-License-Identifier: Apache-2.0 */
/* Sections of the page and the blocks that are facts, tables, bars or plain text. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"
#include "render/format.h"
#include "render/html.h"

enum {
	MAX_RAW = 8,    /* rows of addresses that stand open */
	TALL = 25,      /* a table of more rows scrolls in a window of its own */
	MIN_FOLDED = 5, /* so many rows that are idle, or alike, are put into a fold */
};

/* ---------------------------------------------------------------- tables */

/* The columns of a block that are drawn, and which one makes the bar. */
struct columns {
	enum da_col *v;
	size_t n;
	enum da_col weight; /* DA_COLS: none */
	double most;
};

static bool is_long(enum da_type type)
{
	switch (type) {
	case DA_TYPE_TEXT:
	case DA_TYPE_RICH:
	case DA_TYPE_ARGUMENT:
	case DA_TYPE_HOST:
	case DA_TYPE_MESSAGE:
	case DA_TYPE_CONTENTS:
	case DA_TYPE_SYMBOL:
	case DA_TYPE_PATH: return true;
	default: return false;
	}
}

static const char *cell_class(const struct da_col_def *def, const struct da_cell *cell)
{
	bool mono = def->type == DA_TYPE_SYMBOL || def->type == DA_TYPE_PATH ||
		    def->type == DA_TYPE_HEX || def->type == DA_TYPE_ADDRESS;
	size_t width;

	if (cell->shape != DA_SHAPE_ONE)
		return "long";
	if (da_view_numeric(def->type))
		return "num";
	width = cell->text ? strlen(cell->text) : 0;
	if (def->type == DA_TYPE_HEX && width > 20)
		return "hex mono";
	if (!is_long(def->type))
		return mono ? "short mono" : "short";
	if (width > 28)
		return mono ? "long mono" : "long";
	return mono ? "short mono" : "short";
}

/* The exact value where the cell shows a rounded one; the script sorts by it. */
static void exact(xmlNodePtr td, const struct da_cell *cell)
{
	char value[40];

	if (cell->shape != DA_SHAPE_ONE)
		return;
	if (cell->type == DA_TYPE_BYTES && cell->u >= 1024)
		snprintf(value, sizeof(value), "%" PRIu64 " bytes", cell->u);
	else if (cell->type == DA_TYPE_DURATION && cell->u >= 1000)
		snprintf(value, sizeof(value), "%" PRIu64 " us", cell->u);
	else
		return;
	da_html_attr(td, "title", value);
}

static void bar_cell(struct da_html *h, xmlNodePtr tr, const struct columns *c, uint32_t row)
{
	xmlNodePtr svg = da_html_add(h, da_html_add(h, tr, "td", "bar"), "svg", NULL);
	xmlNodePtr rect;
	struct da_cell cell;
	char width[24];
	double value = 0;

	if (da_cell_get(h->view->doc, c->weight, row, &cell))
		da_view_number(&cell, &value);
	value = c->most > 0 && value > 0 ? 1000 * value / c->most : 0;
	snprintf(width, sizeof(width), "%u", value > 1000 ? 1000 : (unsigned)(value + 0.5));
	da_html_attr(svg, "viewBox", "0 0 1000 10");
	da_html_attr(svg, "preserveAspectRatio", "none");
	da_html_attr(svg, "aria-hidden", "true");
	rect = da_html_add(h, svg, "rect", NULL);
	da_html_attr(rect, "width", width);
	da_html_attr(rect, "height", "10");
}

static void table_row(struct da_html *h, enum da_block block, const struct columns *c, uint32_t row)
{
	xmlNodePtr tr = da_html_new(h, "tr", NULL), td;
	const char *id = da_view_id(h->view, block, row);
	struct da_cell cell;

	if (id)
		da_html_id(h, tr, id);
	for (size_t i = 0; i < c->n; i++) {
		const struct da_col_def *def = &da_cols[c->v[i]];

		if (i == 1 && c->weight != DA_COLS)
			bar_cell(h, tr, c, row);
		if (!da_cell_get(h->view->doc, c->v[i], row, &cell)) {
			da_html_add(h, tr, "td", NULL);
			continue;
		}
		td = da_html_add(h, tr, "td", cell_class(def, &cell));
		exact(td, &cell);
		if (c->v[i] == da_view_id_col(block))
			da_html_add_text(h, td, "b", NULL, cell.text);
		else
			da_html_cell(h, td, c->v[i], &cell);
	}
	da_html_put(h, tr);
}

static void table_head(struct da_html *h, const char *label, size_t rows, const struct columns *c)
{
	xmlNodePtr tr = da_html_new(h, "tr", NULL);

	for (size_t i = 0; i < c->n; i++) {
		const struct da_col_def *def = &da_cols[c->v[i]];
		bool num = def->shape == DA_SHAPE_ONE && da_view_numeric(def->type);
		xmlNodePtr th;

		if (i == 1 && c->weight != DA_COLS)
			da_html_attr(da_html_add(h, tr, "td", NULL), "aria-hidden", "true");
		th = da_html_add_text(h, tr, "th", num ? "num" : NULL, def->title);
		da_html_attr(th, "scope", "col");
	}
	da_html_scroll(h, label, rows);
	da_html_raw(h, "<table class=\"data\"><thead>\n");
	da_html_put(h, tr);
	da_html_raw(h, "</thead><tbody>\n");
}

void da_html_scroll(struct da_html *h, const char *label, size_t rows)
{
	char safe[DA_HTML_ATTR];

	da_html_safe(label, safe);
	da_html_raw(h, rows > TALL ? "<div class=\"scroll tall\"" : "<div class=\"scroll\"");
	da_html_raw(h, " tabindex=\"0\" role=\"region\" aria-label=\"");
	da_html_raw(h, safe);
	da_html_raw(h, "\">");
}

void da_html_table(struct da_html *h, const char *label, size_t rows, const char *const *heads)
{
	xmlNodePtr tr = da_html_new(h, "tr", NULL), th;

	for (; *heads; heads++) {
		bool num = **heads == '#';

		th = da_html_add_text(h, tr, "th", num ? "num" : NULL, *heads + num);
		da_html_attr(th, "scope", "col");
	}
	da_html_scroll(h, label, rows);
	da_html_raw(h, "<table class=\"data\"><thead>\n");
	da_html_put(h, tr);
	da_html_raw(h, "</thead><tbody>\n");
}

void da_html_table_end(struct da_html *h)
{
	da_html_raw(h, "</tbody></table></div>\n");
}

void da_html_left(struct da_html *h, size_t left, const char *what)
{
	xmlNodePtr p;

	if (!left)
		return;
	p = da_html_new(h, "p", "note");
	da_str_clear(&h->text);
	da_format_count(&h->text, left, h->view->gap);
	da_str_addf(&h->text, " more %s left out here; ", what);
	da_html_text(h, p, h->text.s);
	da_html_add_text(h, p, "code", NULL, "--full");
	da_html_text(h, p, " shows all.");
	da_html_put(h, p);
}

/* The first WORD cell of a row that says it is idle, or NULL. */
static const char *quiet_word(struct da_html *h, const struct columns *c, uint32_t row)
{
	struct da_cell cell;

	for (size_t i = 0; i < c->n; i++)
		if (da_cols[c->v[i]].type == DA_TYPE_WORD &&
		    da_cell_get(h->view->doc, c->v[i], row, &cell) &&
		    da_view_tone(cell.text) == DA_TONE_QUIET)
			return cell.text;
	return NULL;
}

static void rows_of(struct da_html *h, enum da_block block, const struct columns *c,
		    const uint32_t *rows, size_t n)
{
	table_head(h, da_blocks[block].title, n, c);
	for (size_t i = 0; i < n; i++)
		table_row(h, block, c, rows[i]);
	da_html_table_end(h);
}

/* A fold with rows in it; the summary is in h->text. */
static void folded_rows(struct da_html *h, enum da_block block, const struct columns *c,
			const uint32_t *rows, size_t n)
{
	xmlNodePtr summary = da_html_new(h, "summary", NULL);

	da_html_text(h, summary, h->text.s);
	da_html_raw(h, "<details class=\"fold\">");
	da_html_put(h, summary);
	rows_of(h, block, c, rows, n);
	da_html_raw(h, "</details>\n");
}

static struct columns columns_of(struct da_html *h, enum da_block block)
{
	const struct da_block_def *def = &da_blocks[block];
	DA_VEC(enum da_col) list = { 0 };

	for (enum da_col col = def->first; col < def->end; col++)
		if (da_doc_column_drawn(h->view->doc, col))
			da_vec_push(h->arena, &list, col);
	return (struct columns){ .v = list.v, .n = list.n, .weight = DA_COLS };
}

struct row_list {
	DA_VEC(uint32_t) rows;
};

/* "10 more like t3": the rows whose leader is rows[first]. */
static void alike(struct da_html *h, enum da_block block, const struct columns *c, const uint32_t *rows,
		  const size_t *leader, size_t n, size_t first)
{
	const char *id = da_view_row_name(h->view, block, rows[first]);
	struct row_list same = { 0 };

	for (size_t i = first + 1; i < n; i++)
		if (leader[i] == first)
			da_vec_push(h->arena, &same.rows, rows[i]);
	if (!same.rows.n)
		return;
	da_str_clear(&h->text);
	da_format_count(&h->text, same.rows.n, h->view->gap);
	da_str_addf(&h->text, " more like %s", id ? id : "the one above");
	folded_rows(h, block, c, same.rows.v, same.rows.n);
}

/* Rows that are idle, and all but the first of rows that are alike, stand in folds behind the table. */
static void table(struct da_html *h, enum da_block block, struct columns *c)
{
	struct row_list busy = { 0 }, quiet = { 0 }, heads = { 0 };
	size_t n, left, *leader;
	const uint32_t *rows = da_view_rows(h->view, block, &n, &left);
	const char *word = NULL;

	for (size_t i = 0; i < n; i++) {
		const char *w = quiet_word(h, c, rows[i]);

		word = w ? w : word;
		da_vec_push(h->arena, w ? &quiet.rows : &busy.rows, rows[i]);
	}
	if (!busy.rows.n || quiet.rows.n < MIN_FOLDED) {
		quiet.rows.n = 0;
		busy.rows.n = 0;
		for (size_t i = 0; i < n; i++)
			da_vec_push(h->arena, &busy.rows, rows[i]);
	}
	leader = da_calloc(h->arena, busy.rows.n, sizeof(*leader));
	da_view_alike(h->view, block, busy.rows.v, busy.rows.n, MIN_FOLDED, leader);
	for (size_t i = 0; i < busy.rows.n; i++)
		if (leader[i] == i)
			da_vec_push(h->arena, &heads.rows, busy.rows.v[i]);
	rows_of(h, block, c, heads.rows.v, heads.rows.n);
	for (size_t i = 0; i < busy.rows.n && heads.rows.n < busy.rows.n; i++)
		if (leader[i] == i)
			alike(h, block, c, busy.rows.v, leader, busy.rows.n, i);
	if (quiet.rows.n) {
		da_str_clear(&h->text);
		da_format_count(&h->text, quiet.rows.n, h->view->gap);
		da_str_addf(&h->text, " more, %s", word);
		folded_rows(h, block, c, quiet.rows.v, quiet.rows.n);
	}
	da_html_left(h, left, left == 1 ? "row is" : "rows are");
}

/* A share of everything, else the first amount, measured against the largest. */
static void bars(struct da_html *h, enum da_block block)
{
	struct columns c = columns_of(h, block);
	struct da_cell cell;
	double value;

	for (size_t i = 1; i < c.n; i++) {
		enum da_type type = da_cols[c.v[i]].type;

		if (type == DA_TYPE_PERCENT) {
			c.weight = c.v[i];
			c.most = 100;
			break;
		}
		if (c.weight == DA_COLS && (type == DA_TYPE_BYTES || type == DA_TYPE_COUNT ||
					    type == DA_TYPE_DURATION))
			c.weight = c.v[i];
	}
	for (uint32_t row = 0; c.most < 100 && c.weight != DA_COLS && row < da_doc_rows(h->view->doc, block);
	     row++)
		if (da_cell_get(h->view->doc, c.weight, row, &cell) && da_view_number(&cell, &value) &&
		    value > c.most)
			c.most = value;
	table(h, block, &c);
}

/* ---------------------------------------------------------------- facts and text */

static bool is_wide(enum da_col col)
{
	const struct da_col_def *def = &da_cols[col];

	return def->shape != DA_SHAPE_ONE || def->type == DA_TYPE_RICH || def->type == DA_TYPE_MESSAGE;
}

static void key(struct da_html *h, xmlNodePtr dl, enum da_col col, bool wide)
{
	struct da_cell cell;
	xmlNodePtr div, dd;

	if (!da_cols[col].page || is_wide(col) != wide ||
	    !da_cell_get(h->view->doc, col, 0, &cell))
		return;
	div = da_html_add(h, dl, "div", wide ? "wide" : NULL);
	da_html_add_text(h, div, "dt", NULL, da_cols[col].title);
	dd = da_html_add(h, div, "dd", NULL);
	if (da_cols[col].type == DA_TYPE_SYMBOL || da_cols[col].type == DA_TYPE_PATH ||
	    da_cols[col].type == DA_TYPE_ARGUMENT || da_cols[col].type == DA_TYPE_ADDRESS ||
	    da_cols[col].type == DA_TYPE_HEX)
		dd = da_html_add(h, dd, "code", NULL);
	exact(dd, &cell);
	da_html_cell(h, dd, col, &cell);
}

xmlNodePtr da_html_keys(struct da_html *h, enum da_block block, const char *class)
{
	const struct da_block_def *def = &da_blocks[block];
	xmlNodePtr dl = da_html_new(h, "dl", class);

	for (enum da_col col = def->first; col < def->end; col++)
		key(h, dl, col, false);
	for (enum da_col col = def->first; col < def->end; col++)
		key(h, dl, col, true);
	return dl;
}

static void text_block(struct da_html *h, enum da_block block)
{
	struct columns c = columns_of(h, block);
	struct da_cell cell;

	for (uint32_t row = 0; row < da_doc_rows(h->view->doc, block); row++)
		for (size_t i = 0; i < c.n; i++)
			if (da_cell_get(h->view->doc, c.v[i], row, &cell)) {
				xmlNodePtr box = da_html_new(h, "div", "box");

				da_html_cell(h, da_html_add(h, box, "pre", NULL), c.v[i], &cell);
				da_html_put(h, box);
			}
}

/* ---------------------------------------------------------------- sections */

void da_html_heading(struct da_html *h, const char *id, const char *title, size_t count)
{
	xmlNodePtr h2 = da_html_new(h, "h2", NULL);

	da_html_id(h, h2, id);
	da_html_text(h, h2, title);
	if (count != SIZE_MAX) {
		xmlNodePtr sub = da_html_add(h, h2, "span", "sub");

		da_str_clear(&h->text);
		da_format_count(&h->text, count, h->view->gap);
		da_html_text(h, sub, h->text.s);
	}
	da_html_put(h, h2);
}

void da_html_completeness(struct da_html *h, enum da_section section)
{
	const struct da_completeness *c = da_doc_get_completeness(h->view->doc, section);
	xmlNodePtr p;

	if (!c || !c->state || da_streq(c->state, "complete"))
		return;
	p = da_html_new(h, "p", "note");
	da_html_add_text(h, p, "span", "tag warning", c->state);
	da_str_clear(&h->text);
	da_str_addc(&h->text, ' ');
	if (c->has_total) {
		da_format_count(&h->text, c->covered, h->view->gap);
		da_str_add(&h->text, " of ");
		da_format_count(&h->text, c->total, h->view->gap);
		da_str_addf(&h->text, " %s%s", c->unit, c->reason ? ": " : "");
	}
	da_html_text(h, p, h->text.s);
	if (c->reason)
		da_html_rich(h, da_html_add(h, p, "span", NULL), c->reason);
	da_html_put(h, p);
}

/*
 * Tables of many addresses to which nothing refers (registers, words of a stack, ranges) are looked
 * up, not read: they are folded.
 */
static bool is_raw(struct da_html *h, enum da_block block)
{
	const struct da_block_def *def = &da_blocks[block];
	bool address = da_cols[def->first].type == DA_TYPE_ADDRESS ||
		       (def->first + 1 < def->end && da_cols[def->first + 1].type == DA_TYPE_ADDRESS);

	return address && da_view_id_col(block) == DA_COLS &&
	       da_doc_rows(h->view->doc, block) > MAX_RAW;
}

static void whole_table(struct da_html *h, enum da_block block)
{
	struct columns c = columns_of(h, block);
	xmlNodePtr summary;

	if (!is_raw(h, block)) {
		table(h, block, &c);
		return;
	}
	summary = da_html_new(h, "summary", NULL);
	da_str_clear(&h->text);
	da_format_number_of(&h->text, da_doc_rows(h->view->doc, block), "row", h->view->gap);
	da_html_text(h, summary, h->text.s);
	da_html_raw(h, "<details class=\"fold\">");
	da_html_put(h, summary);
	table(h, block, &c);
	da_html_raw(h, "</details>\n");
}

static void draw(struct da_html *h, enum da_block block)
{

	switch (da_blocks[block].kind) {
	case DA_KIND_KEYS: da_html_put(h, da_html_keys(h, block, "keys")); break;
	case DA_KIND_BARS: bars(h, block); break;
	case DA_KIND_STACKS: da_html_stacks(h, block); break;
	case DA_KIND_TREE: da_html_tree(h, block); break;
	case DA_KIND_GRAPH: da_html_graph(h, block); break;
	case DA_KIND_TEXT: text_block(h, block); break;
	case DA_KIND_TABLE: whole_table(h, block); break;
	}
}

void da_html_blocks(struct da_html *h, enum da_section section)
{
	for (unsigned b = 0; b < DA_BLOCKS; b++) {
		if (da_blocks[b].section != section || !da_doc_rows(h->view->doc, (enum da_block)b))
			continue;
		if (!da_streq(da_blocks[b].title, da_sections[section].title)) {
			xmlNodePtr h3 = da_html_new(h, "h3", NULL);

			da_html_text(h, h3, da_blocks[b].title);
			da_html_put(h, h3);
		}
		draw(h, (enum da_block)b);
	}
}

void da_html_section(struct da_html *h, enum da_section section)
{
	size_t count = SIZE_MAX;

	for (unsigned b = DA_BLOCKS; b-- > 0;)
		if (da_blocks[b].section == section && da_doc_rows(h->view->doc, (enum da_block)b))
			count = da_blocks[b].shape == DA_BLOCK_SHAPE_ARRAY ?
					da_doc_rows(h->view->doc, (enum da_block)b) : SIZE_MAX;
	da_html_raw(h, "<section>\n");
	da_html_heading(h, da_sections[section].id, da_sections[section].title, count);
	da_html_completeness(h, section);
	da_html_blocks(h, section);
	da_html_raw(h, "</section>\n");
}
