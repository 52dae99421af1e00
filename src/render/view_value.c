/* SPDX-License-Identifier: Apache-2.0 */
/* Values, sentences and lists of ids as flat text. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/text.h"
#include "render/format.h"
#include "render/view.h"

enum { MAX_SPANS = 24, MAX_STEPS = 64 }; /* of one cell, unless everything is asked for */

enum da_tone da_view_tone(const char *word)
{
	static const struct {
		const char *word;
		enum da_tone tone;
	} tones[] = {
		{ "faulting", DA_TONE_ERROR },    { "faulted", DA_TONE_ERROR },
		{ "deadlocked", DA_TONE_ERROR },  { "orphaned", DA_TONE_ERROR },
		{ "unhandled", DA_TONE_ERROR },   { "corrupt", DA_TONE_ERROR },
		{ "blocked", DA_TONE_WARNING },   { "blocking", DA_TONE_WARNING },
		{ "contended", DA_TONE_WARNING }, { "mismatch", DA_TONE_WARNING },
		{ "stopped", DA_TONE_WARNING },   { "suspended", DA_TONE_WARNING },
		{ "running", DA_TONE_GOOD },      { "idle", DA_TONE_QUIET },
	};

	for (size_t i = 0; word && i < DA_ARRAY_SIZE(tones); i++)
		if (!strcmp(tones[i].word, word))
			return tones[i].tone;
	return DA_TONE_NONE;
}

bool da_view_numeric(enum da_type type)
{
	switch (type) {
	case DA_TYPE_BYTES:
	case DA_TYPE_COUNT:
	case DA_TYPE_DURATION:
	case DA_TYPE_NUMBER:
	case DA_TYPE_PERCENT: return true;
	default: return false;
	}
}

bool da_view_is_ref(enum da_type type)
{
	switch (type) {
	case DA_TYPE_THREAD:
	case DA_TYPE_LOCK:
	case DA_TYPE_MODULE:
	case DA_TYPE_GROUP:
	case DA_TYPE_CHAIN:
	case DA_TYPE_EXCEPTION:
	case DA_TYPE_REF: return true;
	default: return false;
	}
}

void da_view_value(const struct da_view *v, struct da_str *s, const struct da_cell *cell)
{
	switch (cell->type) {
	case DA_TYPE_RICH: da_view_rich(v, s, cell->text); break;
	case DA_TYPE_WORD: da_format_word(s, cell->text ? cell->text : ""); break;
	case DA_TYPE_ADDRESS: da_str_addf(s, "0x%" PRIx64, cell->u); break;
	case DA_TYPE_BYTES: da_text_size(s, cell->u); break;
	case DA_TYPE_COUNT: da_format_count(s, cell->u, v->gap); break;
	case DA_TYPE_DURATION: da_format_duration(s, cell->u); break;
	case DA_TYPE_NUMBER: da_str_addf(s, "%" PRId64, cell->i); break;
	case DA_TYPE_CODE: da_str_addf(s, cell->i < 0x10000 ? "%" PRId64 : "0x%08" PRIx64, cell->i); break;
	case DA_TYPE_PERCENT: da_format_percent(s, cell->d); break;
	case DA_TYPE_CONFIDENCE: da_str_add(s, da_confidence_name(cell->d)); break;
	case DA_TYPE_BOOL: da_str_add(s, cell->b ? "yes" : "no"); break;
	default: da_str_add(s, cell->text ? cell->text : ""); break;
	}
}

bool da_view_number(const struct da_cell *cell, double *ret)
{
	if (cell->shape != DA_SHAPE_ONE)
		return false;
	switch (cell->type) {
	case DA_TYPE_BYTES:
	case DA_TYPE_COUNT:
	case DA_TYPE_DURATION: *ret = (double)cell->u; return true;
	case DA_TYPE_NUMBER: *ret = (double)cell->i; return true;
	case DA_TYPE_PERCENT:
	case DA_TYPE_CONFIDENCE: *ret = cell->d; return true;
	default: return false;
	}
}

/* The values of one sub-row, joined as its kind is read: "type.field", "name: value", "type × 3". */
static void sub_row(const struct da_view *v, struct da_str *s, enum da_col col,
		    const struct da_cell *cell, uint32_t k)
{
	static const char *const joints[] = { [DA_SHAPE_ONE] = " ",   [DA_SHAPE_LIST] = " ",
					      [DA_SHAPE_FRAME] = " ", [DA_SHAPE_STEP] = ".",
					      [DA_SHAPE_PAIR] = ": ", [DA_SHAPE_COUNT] = " × " };
	const struct da_block_def *sub = &da_blocks[da_shape_sub(cell->shape)];
	struct da_cell value;
	bool first = true;

	if (cell->shape == DA_SHAPE_FRAME) {
		struct da_frame_row f;

		da_view_frame(v, col, cell, k, &f);
		da_frame_name(s, &f);
		return;
	}
	for (enum da_col c = sub->first; c < sub->end; c++) {
		if (!da_cols[c].page || da_cols[c].type == DA_TYPE_ADDRESS ||
		    !da_cell_sub(v->doc, col, cell, k, c, &value))
			continue;
		da_str_add(s, first ? "" : joints[cell->shape]);
		da_view_value(v, s, &value);
		first = false;
	}
}

static void list(const struct da_view *v, struct da_str *s, enum da_col col,
		 const struct da_cell *cell)
{
	const char *joint = cell->type == DA_TYPE_ARGUMENT ? " " : ", ";
	struct da_cell item;

	if (da_view_is_ref(cell->type)) {
		size_t n;
		const char *const *ids = da_view_items(v, col, cell, &n);

		da_view_ids(v, s, ids, n, v->full ? SIZE_MAX : MAX_SPANS);
		return;
	}
	for (uint32_t k = 0; k < cell->n; k++) {
		da_cell_item(v->doc, col, cell, k, &item);
		da_str_add(s, k ? joint : "");
		da_view_value(v, s, &item);
	}
}

void da_view_cell(const struct da_view *v, struct da_str *s, enum da_col col,
		  const struct da_cell *cell)
{
	uint32_t n = cell->n;

	const char *name = NULL;

	/* A module is known by its name, except where the row says which id it has. */
	if (cell->shape == DA_SHAPE_ONE && cell->type == DA_TYPE_MODULE && cell->text &&
	    col != da_view_id_col(da_cols[col].block))
		name = da_view_name(v, cell->text, strlen(cell->text));
	if (name) {
		da_str_add(s, name);
		return;
	}
	switch (cell->shape) {
	case DA_SHAPE_ONE: da_view_value(v, s, cell); return;
	case DA_SHAPE_LIST: list(v, s, col, cell); return;
	default: break;
	}
	if (!v->full && n > MAX_STEPS)
		n = MAX_STEPS;
	for (uint32_t k = 0; k < n; k++) {
		da_str_add(s, !k ? "" : cell->shape == DA_SHAPE_STEP ? " → " : ", ");
		sub_row(v, s, col, cell, k);
	}
	if (n < cell->n)
		da_str_addf(s, " and %" PRIu32 " more", cell->n - n);
}

/* ---------------------------------------------------------------- sentences */

void da_view_ref(const struct da_view *v, struct da_str *s, const struct da_run *run, const char *rest)
{
	const char *name = da_view_name(v, run->s, run->n);
	enum da_block block;
	uint32_t row;
	enum da_type type;

	if (!name || !da_view_find(v, run->s, run->n, &block, &row)) {
		da_str_addn(s, run->s, run->n);
		return;
	}
	type = da_cols[da_view_id_col(block)].type;
	if (type == DA_TYPE_MODULE) {
		da_str_add(s, name);
		return;
	}
	da_str_addn(s, run->s, run->n);
	if (type == DA_TYPE_THREAD && !da_starts(rest, " \"") && !da_starts(rest, " ("))
		da_str_addf(s, " \"%s\"", name);
}

void da_view_rich(const struct da_view *v, struct da_str *s, const char *rich)
{
	struct da_run run;

	while (rich && da_rich_next(&rich, &run)) {
		if (run.kind == DA_RUN_REF)
			da_view_ref(v, s, &run, rich);
		else
			da_str_addn(s, run.s, run.n);
	}
}

const char *da_view_first_sentence(const struct da_view *v, const char *rich, const char **ret_rest)
{
	const char *at = rich;
	struct da_run run;

	*ret_rest = "";
	while (da_rich_next(&at, &run)) {
		for (size_t i = 0; run.kind == DA_RUN_TEXT && i + 1 < run.n; i++) {
			const char *stop = run.s + i;

			if (stop[0] == '.' && stop[1] == ' ') {
				*ret_rest = stop + 2;
				return da_strndup(v->arena, rich, (size_t)(stop - rich));
			}
		}
	}
	/* A heading has no full stop. */
	return da_ends(rich, ".") ? da_strndup(v->arena, rich, strlen(rich) - 1) : rich;
}

/* ---------------------------------------------------------------- lists of ids */

const char *const *da_view_items(const struct da_view *v, enum da_col col, const struct da_cell *cell,
				 size_t *ret_n)
{
	const char **ids = da_calloc(v->arena, cell->n, sizeof(*ids));
	struct da_cell item;

	for (uint32_t k = 0; k < cell->n; k++) {
		da_cell_item(v->doc, col, cell, k, &item);
		ids[k] = item.text ? item.text : "";
	}
	*ret_n = cell->n;
	return ids;
}

/* Does b follow a: "t16", "t17"? */
static bool neighbours(const char *a, const char *b)
{
	size_t n = strcspn(a, "0123456789");
	unsigned long x, y;
	char *end_a, *end_b;

	if (!a[n] || strncmp(a, b, n) || b[n] < '0' || b[n] > '9')
		return false;
	x = strtoul(a + n, &end_a, 10);
	y = strtoul(b + n, &end_b, 10);
	return !*end_a && !*end_b && y == x + 1;
}

bool da_view_span(const char *const *ids, size_t n, size_t *pos, struct da_span *ret)
{
	size_t at = *pos, end;

	if (at >= n)
		return false;
	for (end = at + 1; end < n && neighbours(ids[end - 1], ids[end]); end++)
		;
	if (end - at < 3)
		end = at + 1;
	*ret = (struct da_span){ .first = ids[at], .last = ids[end - 1], .n = end - at };
	*pos = end;
	return true;
}

void da_view_ids(const struct da_view *v, struct da_str *s, const char *const *ids, size_t n, size_t max)
{
	struct da_span span;
	size_t pos = 0, spans = 0;

	while (da_view_span(ids, n, &pos, &span)) {
		if (spans++ >= max) {
			da_str_add(s, " and ");
			da_format_count(s, n - pos + span.n, v->gap);
			da_str_add(s, " more");
			return;
		}
		da_str_addf(s, "%s%s", spans > 1 ? ", " : "", span.first);
		if (span.n > 1)
			da_str_addf(s, "-%s", span.last);
	}
}
