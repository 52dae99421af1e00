/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks, trees and wait graphs as lines. */
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
	PLACE_COLUMN = 50, /* where source or module begins on a line of 80 */
	FRAME_INDENT = 9,
	MAX_TREE = 150,    /* lines of a tree, unless everything is asked for */
	MAX_INDENT = 24,
};

/* ---------------------------------------------------------------- frames */

/* "Ledger.cpp:88 ledgerd" */
static void place(struct da_str *s, const struct da_frame_row *f)
{
	da_frame_source(s, f);
	if (f->module)
		da_str_addf(s, "%s%s", s->n ? " " : "", f->module);
}

static void call(struct da_str *s, const struct da_frame_row *f)
{
	da_frame_name(s, f);
	if (f->function && f->has_offset && f->offset && !f->file)
		da_str_addf(s, " +0x%" PRIx64, f->offset);
	da_str_add(s, f->inlined ? " [inlined]" : "");
	if (f->repeat > 1) {
		da_str_add(s, " × ");
		da_format_count(s, f->repeat, " ");
	}
}

/* Place in its column, behind a longer name, or on the next line. */
static void name_and_place(struct da_page *p, const char *name, const char *where)
{
	size_t column = p->width * PLACE_COLUMN / 80, used = FRAME_INDENT + da_text_width(name) + 2;

	if (*where && used > column && used + da_text_width(where) > p->width) {
		da_wrap_at(&p->line, name, FRAME_INDENT, FRAME_INDENT, p->width);
		da_wrap(&p->line, where, "            ", 12, p->width);
	} else if (!*where || used > column) {
		if (*where)
			da_str_addf(&p->line, "%s  %s\n", name, where);
		else
			da_wrap_at(&p->line, name, FRAME_INDENT, FRAME_INDENT, p->width);
	} else {
		da_pad(&p->line, name, column - FRAME_INDENT);
		da_wrap_at(&p->line, where, column, column, p->width);
	}
}

static void frame(struct da_page *p, enum da_col col, const struct da_cell *cell, uint32_t k)
{
	struct da_str name DA_CLEANUP(da_str_done) = { 0 };
	struct da_str where DA_CLEANUP(da_str_done) = { 0 };
	struct da_str short_name DA_CLEANUP(da_str_done) = { 0 };
	struct da_str short_where DA_CLEANUP(da_str_done) = { 0 };
	struct da_frame_row f;
	enum da_style style;

	da_view_frame(p->view, col, cell, k, &f);
	call(&name, &f);
	place(&where, &f);
	style = f.own ? DA_STYLE_BOLD : f.noise ? DA_STYLE_DIM : DA_STYLE_NONE;
	da_str_addf(&p->line, "  %c%c%3" PRIu64 "  ", f.own ? '>' : ' ',
		    da_streq(f.trust, "scan") ? '?' : ' ', f.has_index ? f.index : k);
	name_and_place(p, da_page_clip(p, &short_name, da_str_get(&name)),
		       da_page_clip(p, &short_where, da_str_get(&where)));
	da_page_flush_styled(p, style);
}

/* What stack traces leave out is one line, however much it is; a single one says more by its name. */
static void frames_between(struct da_page *p, enum da_col col, const struct da_cell *cell, uint32_t k, uint32_t end)
{
	while (k < end) {
		uint32_t hidden = da_view_hidden(p->view, col, cell, k, end);

		if (hidden > 1) {
			da_str_add(&p->line, "      …  ");
			da_format_number_of(&p->line, hidden, "frame", " ");
			da_str_add(&p->line, " kept out of stack traces\n");
			da_page_flush_styled(p, DA_STYLE_DIM);
			k += hidden;
		} else {
			frame(p, col, cell, k++);
		}
	}
}

static void frames(struct da_page *p, enum da_col col, const struct da_cell *cell)
{
	uint32_t head, tail;

	da_view_frames(p->view, cell->n, &head, &tail);
	frames_between(p, col, cell, 0, head);
	if (head + tail < cell->n)
		da_page_left(p, cell->n - head - tail);
	frames_between(p, col, cell, cell->n - tail, cell->n);
}

/* ---------------------------------------------------------------- stacks */

/* One clause a cell: "t16-t26, 11 threads (27 %)", "idle", "similar to: g3". */
static void clause(struct da_page *p, struct da_str *s, enum da_col col, const struct da_cell *cell)
{
	const struct da_col_def *def = &da_cols[col];
	bool threads = def->type == DA_TYPE_THREAD && cell->shape == DA_SHAPE_LIST;
	struct da_str value DA_CLEANUP(da_str_done) = { 0 };

	if (threads && cell->n == 1) {
		struct da_cell item;
		struct da_run run = { .kind = DA_RUN_REF };

		da_cell_item(p->view->doc, col, cell, 0, &item);
		run.s = item.text ? item.text : "";
		run.n = strlen(run.s);
		da_view_ref(p->view, &value, &run, "");
	} else {
		da_view_cell(p->view, &value, col, cell);
	}
	da_str_add(s, s->n ? ", " : "");
	if (def->type != DA_TYPE_WORD && def->type != DA_TYPE_SYMBOL && !threads &&
	    def->type != DA_TYPE_MESSAGE)
		da_str_addf(s, "%s: ", def->title);
	da_str_add(s, da_str_get(&value));
	if (threads && cell->n > 1) {
		da_str_add(s, ", ");
		da_format_number_of(s, cell->n, "thread", " ");
		if (da_view_share(p->view, cell->n) >= 0) {
			da_str_add(s, " (");
			da_format_percent(s, da_view_share(p->view, cell->n));
			da_str_addc(s, ')');
		}
	}
}

static void describe(struct da_page *p, enum da_block block, uint32_t row, struct da_str *s)
{
	const struct da_block_def *def = &da_blocks[block];
	struct da_cell cell;

	for (enum da_col col = def->first; col < def->end; col++)
		if (da_cols[col].page && da_cols[col].shape != DA_SHAPE_FRAME &&
		    da_cols[col].words != DA_WORDS_stack_end && col != da_view_id_col(block) &&
		    da_cell_get(p->view->doc, col, row, &cell) && !da_view_unknown(col, &cell))
			clause(p, s, col, &cell);
}

static bool is_quiet(struct da_page *p, enum da_block block, uint32_t row)
{
	const struct da_block_def *def = &da_blocks[block];
	struct da_cell cell;

	for (enum da_col col = def->first; col < def->end; col++)
		if (da_cols[col].type == DA_TYPE_WORD && da_cell_get(p->view->doc, col, row, &cell) &&
		    da_view_tone(cell.text) == DA_TONE_QUIET)
			return true;
	return false;
}

static void stack(struct da_page *p, enum da_block block, uint32_t row)
{
	const struct da_block_def *def = &da_blocks[block];
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	struct da_str clipped DA_CLEANUP(da_str_done) = { 0 };
	const char *id = da_view_id(p->view, block, row);
	bool quiet = is_quiet(p, block, row) && !p->view->full;
	struct da_cell cell;

	describe(p, block, row, &s);
	if (!quiet)
		da_str_addc(&p->line, '\n');
	da_str_add(&p->line, "  ");
	da_page_style(p, quiet ? DA_STYLE_NONE : DA_STYLE_BOLD);
	da_str_add(&p->line, id ? id : "");
	da_page_plain(p, quiet ? DA_STYLE_NONE : DA_STYLE_BOLD);
	da_str_add(&p->line, "  ");
	da_wrap_at(&p->line, da_page_clip(p, &clipped, da_str_get(&s)), 4 + da_text_width(id ? id : ""),
		   6, p->width);
	da_page_flush(p);
	if (quiet)
		return;
	for (enum da_col col = def->first; col < def->end; col++)
		if (da_cols[col].page && da_cols[col].shape == DA_SHAPE_FRAME &&
		    da_cell_get(p->view->doc, col, row, &cell))
			frames(p, col, &cell);
	for (enum da_col col = def->first; col < def->end; col++)
		if (da_cols[col].words == DA_WORDS_stack_end &&
		    da_cell_get(p->view->doc, col, row, &cell) && da_view_end(cell.text))
			da_page_wrap(p, "        ", 8, da_view_end(cell.text));
}

void da_page_stacks(struct da_page *p, enum da_block block)
{
	size_t n, left, quiet = 0;
	const uint32_t *rows = da_view_rows(p->view, block, &n, &left);

	da_str_add(&p->line, "  > own code   ? found by scanning the stack, may be wrong\n");
	da_page_flush(p);
	for (size_t i = 0; i < n; i++) {
		if (is_quiet(p, block, rows[i]))
			quiet++;
		else
			stack(p, block, rows[i]);
	}
	if (quiet)
		da_str_addc(&p->line, '\n');
	for (size_t i = 0; i < n; i++)
		if (is_quiet(p, block, rows[i]))
			stack(p, block, rows[i]);
	da_page_left(p, left);
}

/* ---------------------------------------------------------------- trees */

struct node {
	struct da_view_node row;
	size_t children, indent;
};

/* Lines are set in only where the tree branches, so that long stacks do not walk off the page. */
static size_t read_nodes(struct da_page *p, enum da_block block, const uint32_t *rows, size_t n,
			 struct node *nodes)
{
	DA_VEC(size_t) open = { 0 };
	size_t *parent = da_calloc(p->arena, n, sizeof(*parent)), leaves = 0;

	for (size_t i = 0; i < n; i++) {
		nodes[i].row = da_view_node(p->view, block, rows[i]);
		while (open.n && nodes[open.v[open.n - 1]].row.depth >= nodes[i].row.depth)
			open.n--;
		parent[i] = open.n ? open.v[open.n - 1] : SIZE_MAX;
		if (open.n)
			nodes[parent[i]].children++;
		da_vec_push(p->arena, &open, i);
	}
	for (size_t i = 0; i < n; i++) {
		const struct node *up = parent[i] == SIZE_MAX ? NULL : &nodes[parent[i]];

		nodes[i].indent = up ? up->indent + (up->children > 1 ? 2 : 0) : 0;
		if (nodes[i].indent > MAX_INDENT)
			nodes[i].indent = MAX_INDENT;
		leaves += !nodes[i].children;
	}
	return leaves;
}

void da_page_tree(struct da_page *p, enum da_block block)
{
	size_t n, left;
	const uint32_t *rows = da_view_rows(p->view, block, &n, &left);
	struct node *nodes = da_calloc(p->arena, n, sizeof(*nodes));
	struct da_str label DA_CLEANUP(da_str_done) = { 0 };
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	if (read_nodes(p, block, rows, n, nodes) < 2) {
		da_page_wrap(p, "  ", 2, "One stack only: it stands above.");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (!p->view->full && i >= MAX_TREE) {
			left += n - i;
			break;
		}
		da_str_clear(&s);
		da_str_addf(&s, "%7" PRIu64 " %c ", nodes[i].row.weight, nodes[i].row.own ? '>' : ' ');
		for (size_t k = 0; k < nodes[i].indent; k++)
			da_str_addc(&s, ' ');
		da_str_clear(&label);
		da_wrap(&p->line, da_page_clip(p, &label, nodes[i].row.label), s.s, nodes[i].indent + 12, p->width);
		da_page_flush_styled(p, nodes[i].row.own ? DA_STYLE_BOLD : DA_STYLE_NONE);
	}
	da_page_left(p, left);
}

/* ---------------------------------------------------------------- wait graphs */

static void cycle(struct da_str *s, const char *const *members, size_t n, const char *const *locks,
		  size_t nlocks)
{
	for (size_t i = 0; i < n; i++) {
		da_str_add(s, i ? ", which" : members[0]);
		da_str_add(s, " waits for ");
		if (i < nlocks)
			da_str_addf(s, "%s, owned by ", locks[i]);
		da_str_add(s, members[(i + 1) % n]);
	}
}

void da_page_graph(struct da_page *p, enum da_block block)
{
	const struct da_block_def *def = &da_blocks[block];
	size_t nrows, left;
	const uint32_t *rows = da_view_rows(p->view, block, &nrows, &left);

	for (size_t r = 0; r < nrows; r++) {
		struct da_str s DA_CLEANUP(da_str_done) = { 0 };
		struct da_str rest DA_CLEANUP(da_str_done) = { 0 };
		const char *const *members = NULL, *const *locks = NULL;
		size_t n = 0, nlocks = 0;
		struct da_cell cell;

		for (enum da_col col = def->first; col < def->end; col++) {
			if (!da_cell_get(p->view->doc, col, rows[r], &cell))
				continue;
			if (cell.shape == DA_SHAPE_LIST && cell.type == DA_TYPE_REF) {
				members = da_view_items(p->view, col, &cell, &n);
			} else if (cell.shape == DA_SHAPE_LIST && cell.type == DA_TYPE_LOCK) {
				locks = da_view_items(p->view, col, &cell, &nlocks);
			} else {
				da_str_addf(&rest, ". %s: ", da_cols[col].title);
				da_view_cell(p->view, &rest, col, &cell);
			}
		}
		cycle(&s, members, n, locks, nlocks);
		da_str_addf(&s, "%s.", da_str_get(&rest));
		da_page_wrap(p, "  ", 4, s.s);
	}
	da_page_left(p, left);
}
