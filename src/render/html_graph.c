/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wait graphs: each row is a cycle, drawn as a ring of boxes and told in words below it. Members and
 * locks stand in order: member i waits for lock i, which member i + 1 owns.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"
#include "render/format.h"
#include "render/html.h"

enum {
	BOX_WIDTH = 170,
	BOX_HEIGHT = 40,
	COLUMN = 260,    /* from box to box */
	ROW = 110,
	SIDE = 26,       /* arrows up and down, where both stand in one column */
	MAX_DRAWN = 8,   /* members; a longer cycle is told in words only */
	LABEL = 22,      /* characters in a box */
};

struct cycle {
	const char *const *members, *const *locks;
	size_t n, nlocks;
};

/* ---------------------------------------------------------------- the ring */

struct place {
	int x, y; /* middle of the box */
};

/* Nodes go along the upper row and come back along the lower one. */
static struct place place_of(size_t i, size_t n)
{
	size_t columns = (n + 1) / 2;
	bool upper = i < columns;
	size_t column = upper ? i : columns - 1 - (i - columns);

	return (struct place){ .x = BOX_WIDTH / 2 + 5 + (int)column * COLUMN,
			       .y = BOX_HEIGHT / 2 + 5 + (upper ? 0 : ROW) };
}

static void number(xmlNodePtr node, const char *name, int v)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", v);
	da_html_attr(node, name, text);
}

static void box(struct da_html *h, struct place p, const char *id, bool lock)
{
	struct da_str label DA_CLEANUP(da_str_done) = { 0 };
	struct da_str cut DA_CLEANUP(da_str_done) = { 0 };
	struct da_run run = { .kind = DA_RUN_REF, .s = id, .n = strlen(id) };
	xmlNodePtr g = da_html_new(h, "g", NULL), rect, text;

	rect = da_html_add(h, g, "rect", NULL);
	number(rect, "x", p.x - BOX_WIDTH / 2);
	number(rect, "y", p.y - BOX_HEIGHT / 2);
	number(rect, "width", BOX_WIDTH);
	number(rect, "height", BOX_HEIGHT);
	number(rect, "rx", lock ? BOX_HEIGHT / 2 : 6);
	text = da_html_add(h, g, "text", NULL);
	number(text, "x", p.x);
	number(text, "y", p.y + 5);
	da_view_ref(h->view, &label, &run, "");
	da_format_clip(&cut, da_str_get(&label), LABEL);
	da_html_text(h, text, da_str_get(&cut));
	da_html_put(h, g);
}

/* The tip of an arrow that comes from (dx, dy): one of them is 0. */
static void tip(struct da_html *h, xmlNodePtr g, struct place at, int dx, int dy)
{
	xmlNodePtr polygon = da_html_add(h, g, "polygon", NULL);
	char points[96];

	snprintf(points, sizeof(points), "%d %d %d %d %d %d", at.x, at.y,
		 at.x + dx * 9 + (dx ? 0 : 5), at.y + dy * 9 + (dy ? 0 : 5),
		 at.x + dx * 9 - (dx ? 0 : 5), at.y + dy * 9 - (dy ? 0 : 5));
	da_html_attr(polygon, "points", points);
}

static void arrow(struct da_html *h, struct place from, struct place to, const char *word)
{
	xmlNodePtr g = da_html_new(h, "g", NULL), line = da_html_add(h, g, "line", NULL), text;
	bool down = to.y > from.y, across = from.y == to.y;
	int side = across ? 0 : down ? SIDE : -SIDE, right = to.x > from.x ? 1 : -1;
	struct place a = from, b = to;

	if (across) {
		a.x += right * BOX_WIDTH / 2;
		b.x -= right * BOX_WIDTH / 2;
	} else {
		a.x += side;
		b.x += side;
		a.y += down ? BOX_HEIGHT / 2 : -BOX_HEIGHT / 2;
		b.y -= down ? BOX_HEIGHT / 2 : -BOX_HEIGHT / 2;
	}
	number(line, "x1", a.x);
	number(line, "y1", a.y);
	number(line, "x2", b.x);
	number(line, "y2", b.y);
	tip(h, g, b, across ? -right : 0, across ? 0 : down ? -1 : 1);
	text = da_html_add(h, g, "text", "dim");
	number(text, "x", (a.x + b.x) / 2 + (across ? 0 : down ? 32 : -32));
	number(text, "y", (a.y + b.y) / 2 - (across ? 7 : -4));
	da_html_text(h, text, word);
	da_html_put(h, g);
}

static void ring(struct da_html *h, const struct cycle *c)
{
	bool with_locks = c->nlocks == c->n;
	size_t n = with_locks ? 2 * c->n : c->n;
	int width = (int)((n + 1) / 2 - 1) * COLUMN + BOX_WIDTH + 10 + SIDE;
	char head[200];

	if (c->n < 2 || c->n > MAX_DRAWN)
		return;
	snprintf(head, sizeof(head),
		 "<div class=\"ring\"><svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" "
		 "aria-label=\"Wait cycle. The text below says the same.\">\n",
		 width, ROW + BOX_HEIGHT + 10, width);
	da_html_raw(h, head);
	for (size_t i = 0; i < n; i++)
		arrow(h, place_of(i, n), place_of((i + 1) % n, n),
		      with_locks && i % 2 ? "owned by" : "waits for");
	for (size_t i = 0; i < n; i++)
		box(h, place_of(i, n), with_locks && i % 2 ? c->locks[i / 2] :
					c->members[with_locks ? i / 2 : i], with_locks && i % 2);
	da_html_raw(h, "</svg></div>\n");
}

/* ---------------------------------------------------------------- the words */

/* "t14 waits for lock2, owned by t15, which waits for lock1, owned by t14." */
static void words(struct da_html *h, xmlNodePtr p, const struct cycle *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const char *next = c->members[(i + 1) % c->n];

		if (!i)
			da_html_ref(h, p, c->members[0], c->members[0]);
		da_html_text(h, p, i ? ", which waits for " : " waits for ");
		if (i < c->nlocks) {
			da_html_ref(h, p, c->locks[i], c->locks[i]);
			da_html_text(h, p, ", owned by ");
		}
		da_html_ref(h, p, next, next);
	}
	da_html_text(h, p, ".");
}

static void row(struct da_html *h, enum da_block block, uint32_t r)
{
	const struct da_block_def *def = &da_blocks[block];
	xmlNodePtr chain = da_html_new(h, "div", "chain"), p = da_html_add(h, chain, "p", NULL);
	struct cycle c = { .n = 0 };
	struct da_cell cell;

	for (enum da_col col = def->first; col < def->end; col++) {
		xmlNodePtr note;

		if (!da_cols[col].page || !da_cell_get(h->view->doc, col, r, &cell))
			continue;
		if (cell.shape == DA_SHAPE_LIST && cell.type == DA_TYPE_REF) {
			c.members = da_view_items(h->view, col, &cell, &c.n);
			continue;
		}
		if (cell.shape == DA_SHAPE_LIST && cell.type == DA_TYPE_LOCK) {
			c.locks = da_view_items(h->view, col, &cell, &c.nlocks);
			continue;
		}
		note = da_html_add(h, chain, "p", "note");
		da_html_textf(h, note, "%s: ", da_cols[col].title);
		da_html_cell(h, da_html_add(h, note, "span", NULL), col, &cell);
	}
	words(h, p, &c);
	ring(h, &c);
	da_html_put(h, chain);
}

void da_html_graph(struct da_html *h, enum da_block block)
{
	size_t n, left;
	const uint32_t *rows = da_view_rows(h->view, block, &n, &left);

	for (size_t i = 0; i < n; i++)
		row(h, block, rows[i]);
	da_html_left(h, left, left == 1 ? "cycle is" : "cycles are");
}
