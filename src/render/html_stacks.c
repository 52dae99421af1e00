/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks whose rows are stacks: one fold a row, the grave ones open. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"
#include "render/format.h"
#include "render/html.h"

enum {
	FEW = 3,          /* so many stacks are all open */
	SHORT_FRAMES = 8, /* of a stack, once the page is full */
	LOOK_FOR_OWN = 400,
};

/* ---------------------------------------------------------------- frames */

static void repeat_mark(struct da_html *h, xmlNodePtr td, const struct da_frame_row *f)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	if (f->repeat < 2)
		return;
	da_str_add(&s, "×" DA_NBSP);
	da_format_count(&s, f->repeat, h->view->gap);
	da_html_text(h, td, " ");
	da_html_add_text(h, td, "span", "mark", s.s);
}

static void frame(struct da_html *h, enum da_col col, const struct da_cell *cell, uint32_t k)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	struct da_frame_row f;
	xmlNodePtr tr, td;

	da_view_frame(h->view, col, cell, k, &f);
	tr = da_html_new(h, "tr", f.own ? "own" : f.noise || f.hidden ? "noise" : NULL);
	td = da_html_add(h, tr, "td", NULL);
	da_html_textf(h, td, "%" PRIu64, f.has_index ? f.index : k);
	td = da_html_add(h, tr, "td", da_streq(f.trust, "scan") ? "fn doubt" : "fn");
	da_frame_name(&s, &f);
	if (f.function && f.has_offset && f.offset && !f.file)
		da_str_addf(&s, " +0x%" PRIx64, f.offset);
	da_html_text(h, td, da_str_get(&s));
	if (f.inlined) {
		da_html_text(h, td, " ");
		da_html_add_text(h, td, "span", "mark", "inlined");
	}
	if (f.hidden) {
		da_html_text(h, td, " ");
		da_html_add_text(h, td, "span", "mark", "kept out of stack traces");
	}
	repeat_mark(h, td, &f);
	da_str_clear(&s);
	da_frame_source(&s, &f);
	da_html_add_text(h, tr, "td", "src", da_str_get(&s));
	da_html_add_text(h, tr, "td", NULL, f.module ? f.module : "");
	da_html_add_text(h, tr, "td", "how", f.inlined ? "" : da_frame_how(&f));
	da_html_put(h, tr);
}

static void frames_left_out(struct da_html *h, uint32_t n)
{
	xmlNodePtr tr = da_html_new(h, "tr", "noise"), td;

	da_html_add(h, tr, "td", NULL);
	td = da_html_add(h, tr, "td", "fn");
	da_html_attr(td, "colspan", "4");
	da_str_clear(&h->text);
	da_str_add(&h->text, "… ");
	da_format_number_of(&h->text, n, "frame", h->view->gap);
	da_str_addf(&h->text, " %s left out here; --full shows all", n == 1 ? "is" : "are");
	da_html_text(h, td, h->text.s);
	da_html_put(h, tr);
}

static void frames(struct da_html *h, enum da_col col, const struct da_cell *cell)
{
	uint32_t head, tail;

	da_view_frames(h->view, cell->n, &head, &tail);
	if (!h->view->full && head + tail > h->frames_left) {
		head = head + tail < SHORT_FRAMES ? head : SHORT_FRAMES;
		tail = 0;
	}
	h->frames_left -= head + tail < h->frames_left ? head + tail : h->frames_left;
	da_html_scroll(h, "Frames", 0);
	da_html_raw(h, "<table class=\"frames\"><thead><tr><th scope=\"col\">#</th>"
		       "<th scope=\"col\">Function</th><th scope=\"col\">Source</th>"
		       "<th scope=\"col\">Module</th><th scope=\"col\">How it was found</th></tr></thead>"
		       "<tbody>\n");
	for (uint32_t k = 0; k < head; k++)
		frame(h, col, cell, k);
	if (head + tail < cell->n)
		frames_left_out(h, cell->n - head - tail);
	for (uint32_t k = cell->n - tail; k < cell->n; k++)
		frame(h, col, cell, k);
	da_html_table_end(h);
}

/* ---------------------------------------------------------------- one stack */

/* Own code nearest to the top, or the top frame: where the reader should look. */
static void where(struct da_html *h, xmlNodePtr summary, enum da_col col, const struct da_cell *cell)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	struct da_frame_row f, best;

	if (!cell->n)
		return;
	da_view_frame(h->view, col, cell, 0, &best);
	for (uint32_t k = 0; k < cell->n && k < LOOK_FOR_OWN; k++) {
		da_view_frame(h->view, col, cell, k, &f);
		if (f.own) {
			best = f;
			break;
		}
	}
	da_frame_name(&s, &best);
	da_html_add_text(h, summary, "code", NULL, s.s);
	da_str_clear(&s);
	da_frame_source(&s, &best);
	if (s.n)
		da_html_add_text(h, summary, "span", "who", s.s);
}

static void threads(struct da_html *h, xmlNodePtr summary, enum da_col col, const struct da_cell *cell)
{
	xmlNodePtr who = da_html_add(h, summary, "span", "who");
	double share = da_view_share(h->view, cell->n);

	da_html_cell(h, who, col, cell);
	who = da_html_add(h, summary, "span", "who");
	da_str_clear(&h->text);
	da_format_number_of(&h->text, cell->n, "thread", h->view->gap);
	if (share >= 0 && cell->n > 1) {
		da_str_add(&h->text, ", ");
		da_format_percent(&h->text, share);
	}
	da_html_text(h, who, h->text.s);
}

/* What of a row goes into the summary line; the rest stands above the frames. */
static bool on_summary(const struct da_col_def *def)
{
	if (def->shape == DA_SHAPE_LIST)
		return def->type == DA_TYPE_THREAD;
	if (def->shape != DA_SHAPE_ONE)
		return false;
	switch (def->type) {
	case DA_TYPE_WORD: return def->words != DA_WORDS_stack_end;
	case DA_TYPE_SYMBOL:
	case DA_TYPE_MESSAGE:
	case DA_TYPE_THREAD:
	case DA_TYPE_COUNT:
	case DA_TYPE_RICH: return true;
	default: return false;
	}
}

static void summary_cell(struct da_html *h, xmlNodePtr summary, enum da_col col,
			 const struct da_cell *cell)
{
	const struct da_col_def *def = &da_cols[col];
	xmlNodePtr span;

	if (cell->shape == DA_SHAPE_LIST) {
		threads(h, summary, col, cell);
		return;
	}
	span = da_html_add(h, summary, def->type == DA_TYPE_SYMBOL ? "code" : "span",
			   def->type == DA_TYPE_SYMBOL ? NULL : "who");
	if (def->type == DA_TYPE_COUNT)
		da_html_text(h, span, "×" DA_NBSP);
	if (def->type == DA_TYPE_THREAD && cell->text) {
		da_html_ids(h, span, &cell->text, 1);
		return;
	}
	da_html_cell(h, def->type == DA_TYPE_COUNT ? da_html_add(h, span, "b", NULL) : span, col, cell);
}

static void summary(struct da_html *h, enum da_block block, uint32_t row)
{
	const struct da_block_def *def = &da_blocks[block];
	xmlNodePtr summary_node = da_html_new(h, "summary", NULL);
	const char *id = da_view_id(h->view, block, row);
	struct da_cell cell;

	if (id)
		da_html_add_text(h, summary_node, "b", NULL, id);
	for (enum da_col col = def->first; col < def->end; col++)
		if (da_cols[col].page && on_summary(&da_cols[col]) && col != da_view_id_col(block) &&
		    da_cell_get(h->view->doc, col, row, &cell) && !da_view_unknown(col, &cell))
			summary_cell(h, summary_node, col, &cell);
	for (enum da_col col = def->first; col < def->end; col++)
		if (da_cols[col].shape == DA_SHAPE_FRAME &&
		    da_cell_get(h->view->doc, col, row, &cell))
			where(h, summary_node, col, &cell);
	da_html_put(h, summary_node);
}

/* Values that are neither on the summary line nor frames. */
static void others(struct da_html *h, enum da_block block, uint32_t row)
{
	const struct da_block_def *def = &da_blocks[block];
	struct da_cell cell;

	for (enum da_col col = def->first; col < def->end; col++) {
		xmlNodePtr p;

		if (!da_cols[col].page || on_summary(&da_cols[col]) ||
		    da_cols[col].shape == DA_SHAPE_FRAME || col == da_view_id_col(block) ||
		    da_cols[col].words == DA_WORDS_stack_end ||
		    !da_cell_get(h->view->doc, col, row, &cell))
			continue;
		p = da_html_new(h, "p", "note");
		da_html_textf(h, p, "%s: ", da_cols[col].title);
		da_html_cell(h, da_html_add(h, p, "span", NULL), col, &cell);
		da_html_put(h, p);
	}
}

static void body(struct da_html *h, enum da_block block, uint32_t row)
{
	const struct da_block_def *def = &da_blocks[block];
	struct da_cell cell;

	da_html_raw(h, "<div class=\"in\">\n");
	others(h, block, row);
	for (enum da_col col = def->first; col < def->end; col++)
		if (da_cols[col].shape == DA_SHAPE_FRAME && da_cols[col].page &&
		    da_cell_get(h->view->doc, col, row, &cell) && cell.n)
			frames(h, col, &cell);
	for (enum da_col col = def->first; col < def->end; col++)
		if (da_cols[col].words == DA_WORDS_stack_end &&
		    da_cell_get(h->view->doc, col, row, &cell) && da_view_end(cell.text)) {
			xmlNodePtr p = da_html_new(h, "p", "note");

			da_html_text(h, p, da_view_end(cell.text));
			da_html_put(h, p);
		}
	da_html_raw(h, "</div></details>\n");
}

static enum da_tone row_tone(struct da_html *h, enum da_block block, uint32_t row)
{
	const struct da_block_def *def = &da_blocks[block];
	struct da_cell cell;

	for (enum da_col col = def->first; col < def->end; col++)
		if (da_cols[col].type == DA_TYPE_WORD && da_cols[col].words != DA_WORDS_stack_end &&
		    da_cell_get(h->view->doc, col, row, &cell) &&
		    da_view_tone(cell.text) != DA_TONE_NONE)
			return da_view_tone(cell.text);
	return DA_TONE_NONE;
}

/* The opening tag, by hand: its content is written piece by piece. */
static void open_stack(struct da_html *h, const char *id, bool open)
{
	char safe[DA_HTML_ATTR];

	da_html_raw(h, "<details class=\"stack\"");
	if (id) {
		da_html_safe(id, safe);
		da_html_raw(h, " id=\"");
		da_html_raw(h, h->view->prefix);
		da_html_raw(h, safe);
		da_html_raw(h, "\"");
	}
	da_html_raw(h, open ? " open=\"open\">\n" : ">\n");
}

/* The threads of a row, where it has a list of them. */
static size_t threads_of(struct da_html *h, enum da_block block, uint32_t row)
{
	const struct da_block_def *def = &da_blocks[block];
	struct da_cell cell;

	for (enum da_col col = def->first; col < def->end; col++)
		if (da_cols[col].type == DA_TYPE_THREAD && da_cols[col].shape == DA_SHAPE_LIST &&
		    da_cell_get(h->view->doc, col, row, &cell))
			return cell.n;
	return 0;
}

/* "28 threads in 3 idle stacks" */
static void fold_quiet(struct da_html *h, size_t stacks, size_t threads_n)
{
	xmlNodePtr node = da_html_new(h, "summary", NULL);

	da_str_clear(&h->text);
	if (threads_n) {
		da_format_number_of(&h->text, threads_n, "thread", h->view->gap);
		da_str_add(&h->text, " in ");
	}
	da_format_number_of(&h->text, stacks, "idle stack", h->view->gap);
	da_html_text(h, node, h->text.s);
	da_html_raw(h, "<details class=\"fold\">");
	da_html_put(h, node);
}

static void one_stack(struct da_html *h, enum da_block block, uint32_t row, bool open)
{
	open_stack(h, da_view_id(h->view, block, row), open);
	summary(h, block, row);
	body(h, block, row);
}

void da_html_stacks(struct da_html *h, enum da_block block)
{
	size_t n, left, quiet = 0, quiet_threads = 0;
	const uint32_t *rows = da_view_rows(h->view, block, &n, &left);
	enum da_tone *tones = da_calloc(h->arena, n, sizeof(*tones));
	bool grave = false;

	for (size_t i = 0; i < n; i++) {
		tones[i] = row_tone(h, block, rows[i]);
		grave |= tones[i] == DA_TONE_ERROR;
		if (tones[i] == DA_TONE_QUIET) {
			quiet++;
			quiet_threads += threads_of(h, block, rows[i]);
		}
	}
	da_html_raw(h, "<div class=\"stacks\">\n");
	for (size_t i = 0; i < n; i++)
		if (tones[i] != DA_TONE_QUIET)
			one_stack(h, block, rows[i],
				  tones[i] == DA_TONE_ERROR || n <= FEW || (!grave && !i));
	if (quiet && quiet < n)
		fold_quiet(h, quiet, quiet_threads);
	for (size_t i = 0; i < n; i++)
		if (tones[i] == DA_TONE_QUIET)
			one_stack(h, block, rows[i], n <= FEW);
	if (quiet && quiet < n)
		da_html_raw(h, "</details>\n");
	da_html_raw(h, "</div>\n");
	da_html_left(h, left, left == 1 ? "stack is" : "stacks are");
}
