/* SPDX-License-Identifier: Apache-2.0 */
/* Rows and cells: filling. */
#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "report/doc.h"

bool da_type_is_ref(enum da_type type)
{
	return type >= DA_TYPE_THREAD;
}

bool da_type_is_text(enum da_type type)
{
	return type <= DA_TYPE_WORD || da_type_is_ref(type);
}

bool da_type_is_uint(enum da_type type)
{
	return type >= DA_TYPE_BYTES && type <= DA_TYPE_DURATION;
}

const char *da_col_name(struct da_doc *doc, enum da_col col)
{
	return da_printf(doc->arena, "%s.%s", da_blocks[da_cols[col].block].id, da_cols[col].key);
}

static void table_init(struct da_doc *doc, struct da_table *t, enum da_block block)
{
	if (!t->cols)
		t->cols = da_calloc(doc->arena, (size_t)(da_blocks[block].end - da_blocks[block].first),
				    sizeof(*t->cols));
}

uint32_t da_doc_row(struct da_doc *doc, enum da_block block)
{
	struct da_table *t = &doc->tables[block];

	table_init(doc, t, block);
	doc->sub = NULL;
	if (da_blocks[block].shape == DA_BLOCK_SHAPE_OBJECT && t->rows)
		return 0;
	return t->rows++;
}

/* The table that a setter of this column fills now, or NULL. */
static struct da_table *current(struct da_doc *doc, enum da_col col)
{
	enum da_block block = da_cols[col].block;

	if (block >= DA_BLOCKS) {
		if (doc->sub && doc->sub_block == block)
			return doc->sub;
	} else if (doc->tables[block].rows) {
		return &doc->tables[block];
	} else if (da_blocks[block].shape == DA_BLOCK_SHAPE_OBJECT) {
		da_doc_row(doc, block);
		return &doc->tables[block];
	}
	da_doc_mistake(doc, da_col_name(doc, col), "no row to set it in");
	return NULL;
}

static void column_grow(struct da_doc *doc, struct da_column *c, uint32_t rows)
{
	if (rows > c->cap) {
		uint32_t cap = rows < 8 ? 8 : rows + rows / 2;
		union da_value *v = da_calloc(doc->arena, cap, sizeof(*v));
		bool *set = da_calloc(doc->arena, cap, sizeof(*set));

		if (c->n) {
			memcpy(v, c->v, c->n * sizeof(*v));
			memcpy(set, c->set, c->n * sizeof(*set));
		}
		c->v = v;
		c->set = set;
		c->cap = cap;
	}
	if (rows > c->n)
		c->n = rows;
}

struct da_column *da_cell_column(struct da_doc *doc, enum da_col col)
{
	struct da_table *t = current(doc, col);

	if (!t)
		return NULL;
	return &t->cols[col - da_blocks[da_cols[col].block].first];
}

union da_value *da_cell_place(struct da_doc *doc, enum da_col col)
{
	struct da_table *t = current(doc, col);
	struct da_column *c;

	if (!t)
		return NULL;
	c = &t->cols[col - da_blocks[da_cols[col].block].first];
	column_grow(doc, c, t->rows);
	c->set[t->rows - 1] = true;
	return &c->v[t->rows - 1];
}

uint32_t da_sub_row(struct da_doc *doc, enum da_col col)
{
	enum da_block sub = da_shape_sub(da_cols[col].shape);
	struct da_column *c;
	union da_value *v;

	if (sub == DA_TABLES || da_cols[col].block >= DA_BLOCKS) {
		da_doc_mistake(doc, da_col_name(doc, col), "has no sub-rows");
		return 0;
	}
	v = da_cell_place(doc, col);
	if (!v)
		return 0;
	c = da_cell_column(doc, col);
	if (!c->sub) {
		c->sub = da_new(doc->arena, struct da_table);
		table_init(doc, c->sub, sub);
	}
	if (v->span.n == 0)
		v->span.first = c->sub->rows;
	doc->sub = c->sub;
	doc->sub_block = sub;
	c->sub->rows++;
	return v->span.n++;
}

union da_value *da_cell_add(struct da_doc *doc, enum da_col col)
{
	union da_value *v;
	struct da_column *c;

	if (da_cols[col].shape != DA_SHAPE_LIST) {
		da_doc_mistake(doc, da_col_name(doc, col), "is no list");
		return NULL;
	}
	v = da_cell_place(doc, col);
	if (!v)
		return NULL;
	c = da_cell_column(doc, col);
	if (v->span.n == 0)
		v->span.first = (uint32_t)c->items.n;
	v->span.n++;
	return da_vec_add(doc->arena, &c->items);
}

/* The place of a single value of one of these types. */
static union da_value *one(struct da_doc *doc, enum da_col col, bool fits)
{
	if (!fits || da_cols[col].shape != DA_SHAPE_ONE) {
		da_doc_mistake(doc, da_col_name(doc, col), "is of another type");
		return NULL;
	}
	return da_cell_place(doc, col);
}

/* The text of the column `name` in the current row: what a column `value` beside it is called. */
static const char *name_beside(struct da_doc *doc, enum da_col col)
{
	const struct da_block_def *b = &da_blocks[da_cols[col].block];
	enum da_col name = b->first;
	struct da_table *t;
	struct da_column *c;

	if (strcmp(da_cols[col].key, "value") != 0 || strcmp(da_cols[name].key, "name") != 0)
		return NULL;
	t = current(doc, col);
	c = t ? &t->cols[0] : NULL;
	return c && c->n == t->rows && c->set[t->rows - 1] ? c->v[t->rows - 1].s : NULL;
}

static enum da_redact_class class_of(const struct da_col_def *def)
{
	switch (def->type) {
	case DA_TYPE_ARGUMENT: return DA_AS_ARGUMENT;
	case DA_TYPE_HOST: return DA_AS_HOST;
	case DA_TYPE_MESSAGE: return DA_AS_MESSAGE;
	case DA_TYPE_CONTENTS: return DA_AS_SECRET;
	case DA_TYPE_PATH: return DA_AS_PATH;
	case DA_TYPE_TEXT: return def->privacy == DA_PRIVACY_PUBLIC ? DA_AS_TEXT : DA_AS_SITE;
	default: return DA_AS_SYMBOL;
	}
}

const char *da_cell_text(struct da_doc *doc, enum da_col col, const char *text)
{
	const struct da_col_def *def = &da_cols[col];
	enum da_redact_class class = class_of(def);
	const char *name;

	if (doc->keep_text)
		return da_doc_intern(doc, text);
	if (def->type == DA_TYPE_RICH)
		return da_doc_rich(doc, text);
	name = name_beside(doc, col);
	if (name)
		return da_doc_intern(doc, da_redact_variable(doc->redactor, name, text));
	if (class == DA_AS_TEXT && da_redactor_level(doc->redactor) == DA_REDACT_STRICT)
		class = DA_AS_SITE; /* strict keeps frames, types and counts: no other names */
	if (class == DA_AS_SECRET && strncmp(text, "string#", 7) == 0)
		return da_doc_intern(doc, text); /* masked before */
	text = da_doc_as(doc, class, text);
	if (class == DA_AS_SECRET && strncmp(text, "[string#", 8) == 0) /* the column's own form: string#1 */
		text = da_doc_intern(doc, da_strndup(doc->arena, text + 1, strlen(text) - 2));
	return text;
}

void da_set_text(struct da_doc *doc, enum da_col col, const char *text)
{
	enum da_type type = da_cols[col].type;
	union da_value *v;
	const char *shown;

	if (!text)
		return;
	if (!da_type_is_text(type) || type == DA_TYPE_WORD || da_cols[col].shape != DA_SHAPE_ONE) {
		da_doc_mistake(doc, da_col_name(doc, col), "is no text");
		return;
	}
	if (da_type_is_ref(type) && !da_id_valid(text, strlen(text))) {
		da_doc_mistake(doc, da_col_name(doc, col), "is no id");
		return;
	}
	shown = da_type_is_ref(type) ? da_doc_intern(doc, text) : da_cell_text(doc, col, text);
	v = da_cell_place(doc, col);
	if (v)
		v->s = shown;
}

void da_set_word(struct da_doc *doc, enum da_col col, const char *word)
{
	enum da_words set = da_cols[col].words;
	union da_value *v;
	int i;

	if (!word)
		return;
	i = da_word_index(set, word);
	if (i < 0) {
		da_doc_mistake(doc, da_col_name(doc, col),
			       da_printf(doc->arena, "'%s' is none of its words", word));
		return;
	}
	v = one(doc, col, da_cols[col].type == DA_TYPE_WORD);
	if (v)
		v->s = da_words[set][i];
}

/* Numbers that name somebody (user ids): gone at `strict`, for there is no mask for a number. */
bool da_cell_hidden(const struct da_doc *doc, enum da_col col)
{
	return da_cols[col].privacy != DA_PRIVACY_PUBLIC && !da_type_is_text(da_cols[col].type) &&
	       doc->level == DA_REDACT_STRICT;
}

static void too_large(struct da_doc *doc, enum da_col col)
{
	da_doc_note(doc, "limit", da_col_name(doc, col),
		    "a value above 9007199254740991 was left out");
}

void da_set_uint(struct da_doc *doc, enum da_col col, uint64_t n)
{
	enum da_type type = da_cols[col].type;
	union da_value *v;

	if (n > DA_INT_MAX) {
		too_large(doc, col);
		return;
	}
	if (da_cell_hidden(doc, col))
		return;
	v = one(doc, col, da_type_is_uint(type) || type == DA_TYPE_NUMBER || type == DA_TYPE_CODE);
	if (v)
		v->u = n;
}

void da_set_int(struct da_doc *doc, enum da_col col, int64_t n)
{
	union da_value *v;

	if (n > DA_INT_MAX || n < -DA_INT_MAX) {
		too_large(doc, col);
		return;
	}
	if (da_cell_hidden(doc, col))
		return;
	v = one(doc, col, da_cols[col].type == DA_TYPE_NUMBER || da_cols[col].type == DA_TYPE_CODE);
	if (v)
		v->i = n;
}

void da_set_real(struct da_doc *doc, enum da_col col, double d)
{
	enum da_type type = da_cols[col].type;
	union da_value *v;

	if (!isfinite(d))
		return;
	v = one(doc, col, type == DA_TYPE_PERCENT || type == DA_TYPE_CONFIDENCE);
	if (v)
		v->d = type == DA_TYPE_CONFIDENCE ? da_doc_confidence(d) : d == 0 ? 0 : d; /* no negative zero */
}

void da_set_bool(struct da_doc *doc, enum da_col col, bool b)
{
	union da_value *v = one(doc, col, da_cols[col].type == DA_TYPE_BOOL);

	if (v)
		v->b = b;
}

static const char *hex(struct da_doc *doc, uint64_t n)
{
	return da_doc_intern(doc, da_printf(doc->arena, "0x%" PRIx64, n));
}

void da_set_address(struct da_doc *doc, enum da_col col, uint64_t n)
{
	enum da_type type = da_cols[col].type;
	union da_value *v = one(doc, col, type == DA_TYPE_ADDRESS || type == DA_TYPE_HEX);

	if (!v)
		return;
	if (type == DA_TYPE_ADDRESS)
		v->u = n;
	else
		v->s = hex(doc, n);
}

static const char *ref(struct da_doc *doc, const char *prefix, uint32_t index)
{
	char id[32];

	snprintf(id, sizeof(id), "%s%" PRIu64, prefix, (uint64_t)index + 1);
	return da_doc_intern(doc, id);
}

void da_set_ref(struct da_doc *doc, enum da_col col, const char *prefix, uint32_t index)
{
	union da_value *v;

	if (index == DA_NONE)
		return;
	v = one(doc, col, da_type_is_ref(da_cols[col].type));
	if (v)
		v->s = ref(doc, prefix, index);
}

void da_set_rich(struct da_doc *doc, enum da_col col, const char *fmt, ...)
{
	va_list ap;
	char *rich;

	va_start(ap, fmt);
	rich = da_vprintf(doc->arena, fmt, ap);
	va_end(ap);
	if (da_cols[col].type == DA_TYPE_RICH)
		da_set_text(doc, col, rich);
	else
		da_doc_mistake(doc, da_col_name(doc, col), "is no sentence");
}

void da_add_address(struct da_doc *doc, enum da_col col, uint64_t n)
{
	enum da_type type = da_cols[col].type;
	union da_value *v;

	if (type != DA_TYPE_ADDRESS && type != DA_TYPE_HEX) {
		da_doc_mistake(doc, da_col_name(doc, col), "is no list of addresses");
		return;
	}
	v = da_cell_add(doc, col);
	if (!v)
		return;
	if (type == DA_TYPE_ADDRESS)
		v->u = n;
	else
		v->s = hex(doc, n);
}

void da_add_text(struct da_doc *doc, enum da_col col, const char *text)
{
	union da_value *v;

	if (!text)
		return;
	if (da_cols[col].type != DA_TYPE_SYMBOL || da_cols[col].shape != DA_SHAPE_LIST) {
		da_doc_mistake(doc, da_col_name(doc, col), "is no list of symbols");
		return;
	}
	v = da_cell_add(doc, col);
	if (v)
		v->s = da_cell_text(doc, col, text);
}

void da_add_ref(struct da_doc *doc, enum da_col col, const char *prefix, uint32_t index)
{
	union da_value *v;

	if (index == DA_NONE)
		return;
	if (!da_type_is_ref(da_cols[col].type)) {
		da_doc_mistake(doc, da_col_name(doc, col), "is no list of references");
		return;
	}
	v = da_cell_add(doc, col);
	if (v)
		v->s = ref(doc, prefix, index);
}

void da_add_arguments(struct da_doc *doc, enum da_col col, const char *const *args, size_t n)
{
	const char **shown = da_calloc(doc->arena, n, sizeof(*shown));

	if (da_cols[col].type != DA_TYPE_ARGUMENT) {
		da_doc_mistake(doc, da_col_name(doc, col), "is no command line");
		return;
	}
	da_redact_arguments(doc->redactor, args, n, shown);
	for (size_t i = 0; i < n; i++) {
		union da_value *v = da_cell_add(doc, col);

		if (v)
			v->s = da_doc_intern(doc, shown[i]);
	}
}
