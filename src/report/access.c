/* SPDX-License-Identifier: Apache-2.0 */
/* What renderers ask a finished document. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "report/doc.h"

const char *da_doc_tool_version(const struct da_doc *doc)
{
	return doc->tool_version;
}

const char *da_doc_get_rules_version(const struct da_doc *doc)
{
	return doc->rules_version;
}

const char *da_doc_get_title(const struct da_doc *doc)
{
	return doc->title;
}

enum da_doc_status da_doc_get_status(const struct da_doc *doc)
{
	return doc->status;
}

const char *da_doc_status_name(enum da_doc_status status)
{
	return da_words[DA_WORDS_status][status];
}

const struct da_verdict *da_doc_get_verdict(const struct da_doc *doc)
{
	return &doc->verdict;
}

const char *da_verdict_kind_name(enum da_verdict_kind kind)
{
	return da_words[DA_WORDS_verdict][kind];
}

const char *da_severity_name(enum da_severity severity)
{
	return da_words[DA_WORDS_severity][severity];
}

const char *da_next_kind_name(enum da_next_kind kind)
{
	return da_words[DA_WORDS_next][kind];
}

const char *da_confidence_name(double confidence)
{
	return confidence >= 0.9 ? "high" : confidence >= 0.6 ? "medium" : "low";
}

const struct da_signature *da_doc_get_signature(const struct da_doc *doc)
{
	return &doc->signature;
}

size_t da_doc_findings(const struct da_doc *doc)
{
	return doc->findings.n;
}

const struct da_finding_row *da_doc_finding(const struct da_doc *doc, size_t i)
{
	return &doc->findings.v[i]->row;
}

size_t da_doc_findings_of(const struct da_doc *doc, enum da_severity severity, size_t *ret_first)
{
	size_t first = 0, n = 0;

	while (first < doc->findings.n && doc->findings.v[first]->row.severity < severity)
		first++;
	while (first + n < doc->findings.n && doc->findings.v[first + n]->row.severity == severity)
		n++;
	if (ret_first)
		*ret_first = first;
	return n;
}

size_t da_doc_ledger_rows(const struct da_doc *doc)
{
	return doc->ledger.n;
}

const struct da_ledger_row *da_doc_ledger_row(const struct da_doc *doc, size_t i)
{
	return &doc->ledger.v[i];
}

size_t da_doc_rule_rows(const struct da_doc *doc)
{
	return doc->rules.n;
}

const struct da_rule_row *da_doc_rule_row(const struct da_doc *doc, size_t i)
{
	return &doc->rules.v[i];
}

const struct da_completeness *da_doc_get_completeness(const struct da_doc *doc, enum da_section s)
{
	return &doc->completeness[s];
}

enum da_redact_level da_doc_level(const struct da_doc *doc)
{
	return doc->whole->level;
}

const char *da_redact_level_name(enum da_redact_level level)
{
	return da_words[DA_WORDS_level][level];
}

size_t da_doc_masked(const struct da_doc *doc)
{
	return doc->whole->masked.n;
}

const char *da_doc_masked_kind(const struct da_doc *doc, size_t i, uint64_t *ret_count)
{
	*ret_count = doc->whole->masked.v[i].count;
	return doc->whole->masked.v[i].kind;
}

size_t da_doc_parts(const struct da_doc *doc)
{
	return doc->parts.n;
}

const struct da_doc *da_doc_get_part(const struct da_doc *doc, size_t i, const char **ret_id)
{
	if (ret_id)
		*ret_id = doc->parts.v[i].id;
	return doc->parts.v[i].doc;
}

bool da_doc_has_section(const struct da_doc *doc, enum da_section s)
{
	if (doc->completeness[s].state)
		return true;
	if ((s == DA_SECTION_completeness && doc->ledger.n) || (s == DA_SECTION_rules && doc->rules.n) ||
	    (s == DA_SECTION_summary && (doc->findings.n || doc->verdict.text)))
		return true;
	for (unsigned b = 0; b < DA_BLOCKS; b++)
		if (da_blocks[b].section == s && doc->tables[b].rows)
			return true;
	return false;
}

uint32_t da_doc_rows(const struct da_doc *doc, enum da_block block)
{
	return doc->tables[block].rows;
}

static const struct da_column *column(const struct da_table *t, enum da_col col)
{
	return t->cols ? &t->cols[col - da_blocks[da_cols[col].block].first] : NULL;
}

/* A column in which every word is "unknown" says nothing. */
static bool says_something(const struct da_doc *doc, enum da_col col, size_t rows)
{
	struct da_cell cell;

	if (da_cols[col].type != DA_TYPE_WORD || da_cols[col].shape != DA_SHAPE_ONE)
		return true;
	for (uint32_t row = 0; row < rows; row++)
		if (da_cell_get(doc, col, row, &cell) && !da_streq(cell.text, "unknown"))
			return true;
	return false;
}

bool da_doc_column_drawn(const struct da_doc *doc, enum da_col col)
{
	const struct da_column *c = column(&doc->tables[da_cols[col].block], col);

	/* A column has places only up to its last value. */
	return da_cols[col].page && c && c->n && says_something(doc, col, c->n);
}

static void fill(enum da_col col, enum da_shape shape, const union da_value *v, struct da_cell *ret)
{
	enum da_type type = da_cols[col].type;

	*ret = (struct da_cell){ .type = type, .shape = shape };
	if (shape != DA_SHAPE_ONE) {
		ret->first = v->span.first;
		ret->n = v->span.n;
	} else if (da_type_is_text(type)) {
		ret->text = v->s;
	} else if (type == DA_TYPE_BOOL) {
		ret->b = v->b;
	} else if (type == DA_TYPE_NUMBER || type == DA_TYPE_CODE) {
		ret->i = v->i;
	} else if (type == DA_TYPE_PERCENT || type == DA_TYPE_CONFIDENCE) {
		ret->d = v->d;
	} else {
		ret->u = v->u;
	}
}

bool da_cell_get(const struct da_doc *doc, enum da_col col, uint32_t row, struct da_cell *ret)
{
	const struct da_column *c = column(&doc->tables[da_cols[col].block], col);

	if (!c || row >= c->n || !c->set[row])
		return false;
	fill(col, da_cols[col].shape, &c->v[row], ret);
	return true;
}

void da_cell_item(const struct da_doc *doc, enum da_col col, const struct da_cell *cell, uint32_t k,
		  struct da_cell *ret)
{
	const struct da_column *c = column(&doc->tables[da_cols[col].block], col);

	fill(col, DA_SHAPE_ONE, &c->items.v[cell->first + k], ret);
}

bool da_cell_sub(const struct da_doc *doc, enum da_col col, const struct da_cell *cell, uint32_t k,
		 enum da_col sub, struct da_cell *ret)
{
	const struct da_column *c = column(&doc->tables[da_cols[col].block], col);
	uint32_t row = cell->first + k;

	c = column(c->sub, sub);
	if (!c || row >= c->n || !c->set[row])
		return false;
	fill(sub, da_cols[sub].shape, &c->v[row], ret);
	return true;
}

/* ---------------------------------------------------------------- every text */

static void each(da_text_fn *fn, void *ctx, const char **text, enum da_form form)
{
	if (*text)
		*text = fn(ctx, *text, form);
}

static void each_of_column(struct da_column *c, enum da_col col, da_text_fn *fn, void *ctx)
{
	const struct da_col_def *def = &da_cols[col];
	enum da_form form = def->type == DA_TYPE_RICH	? DA_FORM_RICH :
			    def->type == DA_TYPE_SYMBOL ? DA_FORM_SYMBOL :
							  DA_FORM_TEXT;

	if (!da_type_is_text(def->type) || da_type_is_ref(def->type) || def->type == DA_TYPE_WORD ||
	    def->type == DA_TYPE_HEX || def->type == DA_TYPE_TIME)
		return;
	if (def->shape == DA_SHAPE_LIST) {
		for (size_t i = 0; i < c->items.n; i++)
			each(fn, ctx, &c->items.v[i].s, form);
	} else if (def->shape == DA_SHAPE_ONE) {
		for (uint32_t i = 0; i < c->n; i++)
			if (c->set[i])
				each(fn, ctx, &c->v[i].s, form);
	}
}

static void each_of_table(struct da_table *t, enum da_block block, da_text_fn *fn, void *ctx)
{
	enum da_col first = da_blocks[block].first;

	if (!t->cols)
		return;
	for (unsigned i = 0; i < (unsigned)(da_blocks[block].end - first); i++) {
		struct da_column *c = &t->cols[i];

		if (c->sub)
			each_of_table(c->sub, da_shape_sub(da_cols[first + i].shape), fn, ctx);
		else
			each_of_column(c, first + i, fn, ctx);
	}
}

static void each_of_finding(struct da_finding *f, da_text_fn *fn, void *ctx)
{
	struct da_finding_row *row = &f->row;
	struct da_evidence_row *evidence = f->rows;

	each(fn, ctx, &row->title, DA_FORM_RICH);
	each(fn, ctx, &row->description, DA_FORM_RICH);
	each(fn, ctx, &row->recommendation, DA_FORM_RICH);
	each(fn, ctx, &row->refuted_by, DA_FORM_RICH);
	for (size_t i = 0; i < row->nevidence; i++) {
		each(fn, ctx, &evidence[i].what, DA_FORM_TEXT);
		each(fn, ctx, &evidence[i].value, DA_FORM_RICH);
		each(fn, ctx, &evidence[i].text, DA_FORM_RICH);
	}
	for (size_t i = 0; i < f->next.n; i++)
		each(fn, ctx, &f->next.v[i].text, DA_FORM_RICH);
}

void da_doc_each_text(struct da_doc *doc, da_text_fn *fn, void *ctx)
{
	const char **frames = doc->signature_frames;

	each(fn, ctx, &doc->title, DA_FORM_TEXT);
	each(fn, ctx, &doc->verdict.text, DA_FORM_RICH);
	each(fn, ctx, &doc->signature.id, DA_FORM_SYMBOL);
	for (size_t i = 0; i < doc->signature.nframes; i++)
		each(fn, ctx, &frames[i], DA_FORM_SYMBOL);
	for (size_t i = 0; i < doc->alternatives.n; i++)
		each(fn, ctx, &doc->alternatives.v[i], DA_FORM_SYMBOL);
	for (size_t i = 0; i < doc->findings.n; i++)
		each_of_finding(doc->findings.v[i], fn, ctx);
	for (size_t i = 0; i < doc->ledger.n; i++) {
		each(fn, ctx, &doc->ledger.v[i].where, DA_FORM_RICH);
		each(fn, ctx, &doc->ledger.v[i].text, DA_FORM_RICH);
		each(fn, ctx, &doc->ledger.v[i].remedy, DA_FORM_RICH);
	}
	for (size_t i = 0; i < doc->rules.n; i++)
		each(fn, ctx, &doc->rules.v[i].why, DA_FORM_RICH);
	for (unsigned s = 0; s < DA_SECTIONS; s++)
		each(fn, ctx, &doc->completeness[s].reason, DA_FORM_RICH);
	for (unsigned b = 0; b < DA_BLOCKS; b++)
		each_of_table(&doc->tables[b], b, fn, ctx);
}
