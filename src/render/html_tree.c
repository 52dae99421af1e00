/* SPDX-License-Identifier: Apache-2.0 */
/* Trees: as nested folds, and as a flame graph of their weights. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"
#include "render/format.h"
#include "render/html.h"

enum {
	OPEN_LEVELS = 3,  /* branches that are open at first */
	MAX_LEVELS = 40,  /* browsers give up nesting at 512 elements */
	FLAME_WIDTH = 1200,
	FLAME_ROW = 18,
	FLAME_ROWS = 60,
	FLAME_NODES = 800,
	GLYPH_WIDTH = 7,   /* of the 11 px font, rounded up */
};

/* ---------------------------------------------------------------- nodes */

struct node {
	struct da_view_node row;
	size_t end; /* the first node behind its subtree */
};

struct tree {
	DA_VEC(struct node) nodes;
	size_t left;
};

static void find_ends(struct da_html *h, struct tree *t)
{
	DA_VEC(size_t) open = { 0 };

	for (size_t i = 0; i < t->nodes.n; i++) {
		while (open.n && t->nodes.v[open.v[open.n - 1]].row.depth >= t->nodes.v[i].row.depth)
			t->nodes.v[open.v[--open.n]].end = i;
		da_vec_push(h->arena, &open, i);
	}
	while (open.n)
		t->nodes.v[open.v[--open.n]].end = t->nodes.n;
}

static struct tree read_tree(struct da_html *h, enum da_block block)
{
	struct tree t = { .left = 0 };
	size_t n;
	const uint32_t *rows = da_view_rows(h->view, block, &n, &t.left);

	for (size_t i = 0; i < n; i++)
		da_vec_push(h->arena, &t.nodes, ((struct node){ .row = da_view_node(h->view, block, rows[i]) }));
	find_ends(h, &t);
	return t;
}

/* ---------------------------------------------------------------- nested folds */

static void line(struct da_html *h, xmlNodePtr parent, const struct node *n, bool counted)
{
	xmlNodePtr ln = da_html_add(h, parent, "span", "ln");
	xmlNodePtr ct = da_html_add(h, ln, "span", "ct");

	if (counted) {
		da_str_clear(&h->text);
		da_format_count(&h->text, n->row.weight, h->view->gap);
		da_html_text(h, ct, h->text.s);
	}
	da_html_add_text(h, ln, "span", n->row.own ? "own" : n->row.noise ? "dim" : NULL, n->row.label);
	if (n->row.place && n->row.place != n->row.label) {
		da_html_text(h, ln, "  ");
		da_html_add_text(h, ln, "span", "dim", n->row.place);
	}
}

/* The last node of the chain of only children from i on. */
static size_t chain_end(const struct tree *t, size_t i)
{
	while (i + 1 < t->nodes.v[i].end && t->nodes.v[i + 1].end == t->nodes.v[i].end &&
	       t->nodes.v[i + 1].row.weight == t->nodes.v[i].row.weight)
		i++;
	return i;
}

static void branches(struct da_html *h, const struct tree *t, size_t from, size_t to, unsigned level);

static void branch(struct da_html *h, const struct tree *t, size_t i, unsigned level)
{
	size_t last = chain_end(t, i), end = t->nodes.v[last].end;
	bool folds = last + 1 < end;
	xmlNodePtr node = da_html_new(h, folds ? "summary" : "div", NULL);

	for (size_t k = i; k <= last; k++)
		line(h, node, &t->nodes.v[k], k == i);
	da_html_raw(h, !folds ? "<li>" : level < OPEN_LEVELS ? "<li><details open=\"open\">" :
							     "<li><details>");
	da_html_put(h, node);
	if (folds) {
		branches(h, t, last + 1, end, level + 1);
		da_html_raw(h, "</details>");
	}
	da_html_raw(h, "</li>\n");
}

static void branches(struct da_html *h, const struct tree *t, size_t from, size_t to, unsigned level)
{
	if (level >= MAX_LEVELS) {
		da_html_raw(h, "<p class=\"note\">Deeper branches are left out here.</p>\n");
		return;
	}
	da_html_raw(h, level ? "<ul>\n" : "<ul class=\"tree\">\n");
	for (size_t i = from; i < to; i = t->nodes.v[i].end)
		branch(h, t, i, level);
	da_html_raw(h, "</ul>\n");
}

/* ---------------------------------------------------------------- flame graph */

struct flame {
	const struct tree *t;
	double per_unit;
	double *x;     /* of each node; negative: not drawn */
	unsigned *row;
	unsigned rows;
	size_t drawn;
};

static void attr_number(xmlNodePtr node, const char *name, double v)
{
	char text[32];
	/* Whole tenths by hand: printf would ask the locale for the point. */
	unsigned tenths = v > 0 ? (unsigned)(v * 10 + 0.5) : 0;

	snprintf(text, sizeof(text), "%u.%u", tenths / 10, tenths % 10);
	da_html_attr(node, name, text);
}

/* Roots side by side, children below their parent. */
static void place(struct flame *f, size_t from, size_t to, double x, unsigned row)
{
	for (size_t i = from; i < to; i = f->t->nodes.v[i].end) {
		double width = (double)f->t->nodes.v[i].row.weight * f->per_unit;

		if (width >= 1.5 && f->drawn < FLAME_NODES) {
			f->x[i] = x;
			f->row[i] = row;
			f->drawn++;
			if (row + 1 > f->rows)
				f->rows = row + 1;
			if (row + 1 < FLAME_ROWS)
				place(f, i + 1, f->t->nodes.v[i].end, x, row + 1);
		}
		x += width;
	}
}

static void flame_box(struct da_html *h, const struct flame *f, size_t i)
{
	const struct node *n = &f->t->nodes.v[i];
	double width = (double)n->row.weight * f->per_unit, y = f->row[i] * FLAME_ROW;
	xmlNodePtr g = da_html_new(h, "g", NULL), rect;
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_str_addf(&s, "%s · ", n->row.label);
	da_format_number_of(&s, n->row.weight, "thread", h->view->gap);
	da_html_add_text(h, g, "title", NULL, s.s);
	rect = da_html_add(h, g, "rect", n->row.own ? "own" : NULL);
	attr_number(rect, "x", f->x[i]);
	attr_number(rect, "y", y);
	attr_number(rect, "width", width);
	da_html_attr(rect, "height", "18");
	if (width > 5 * GLYPH_WIDTH) {
		xmlNodePtr text = da_html_add(h, g, "text", n->row.own ? "own" : NULL);

		attr_number(text, "x", f->x[i] + 4);
		attr_number(text, "y", y + 13);
		da_str_clear(&s);
		da_format_clip(&s, n->row.label, (size_t)(width - 8) / GLYPH_WIDTH - 2);
		da_html_text(h, text, da_str_get(&s));
	}
	da_html_put(h, g);
}

static void flame(struct da_html *h, const struct tree *t)
{
	struct flame f = { .t = t };
	double total = 0;
	char head[160];
	size_t leaves = 0;

	for (size_t i = 0; i < t->nodes.n; i++)
		leaves += t->nodes.v[i].end == i + 1;
	for (size_t i = 0; i < t->nodes.n; i = t->nodes.v[i].end)
		total += (double)t->nodes.v[i].row.weight;
	if (leaves < 2 || total <= 0) /* one stack: the graph would only repeat it */
		return;
	f.per_unit = FLAME_WIDTH / total;
	f.x = da_calloc(h->arena, t->nodes.n, sizeof(*f.x));
	f.row = da_calloc(h->arena, t->nodes.n, sizeof(*f.row));
	for (size_t i = 0; i < t->nodes.n; i++)
		f.x[i] = -1;
	place(&f, 0, t->nodes.n, 0, 0);
	snprintf(head, sizeof(head),
		 "<div class=\"flame\"><svg viewBox=\"0 0 %d %u\" role=\"img\" aria-label=\"Flame "
		 "graph. The tree below says the same.\">\n",
		 FLAME_WIDTH, f.rows * FLAME_ROW);
	da_html_raw(h, head);
	for (size_t i = 0; i < t->nodes.n; i++)
		if (f.x[i] >= 0)
			flame_box(h, &f, i);
	da_html_raw(h, "</svg></div>\n");
}

void da_html_tree(struct da_html *h, enum da_block block)
{
	struct tree t = read_tree(h, block);

	flame(h, &t);
	branches(h, &t, 0, t.nodes.n, 0);
	da_html_left(h, t.left, t.left == 1 ? "line is" : "lines are");
}
