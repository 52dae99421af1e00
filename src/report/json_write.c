/* SPDX-License-Identifier: Apache-2.0 */
/* The document as JSON. The order of keys is the order of these functions' lines, and fixed. */
#include "config.h"

#include "base/str.h"
#include "report/doc.h"
#include "report/json_out.h"

/* ---------------------------------------------------------------- findings */

static void write_strings(struct da_json *j, const char *key, const char *const *list, size_t n)
{
	if (!n)
		return;
	da_json_key(j, key);
	da_json_open(j, '[');
	for (size_t i = 0; i < n; i++)
		da_json_string(j, list[i]);
	da_json_close(j, ']');
}

static void write_evidence(struct da_json *j, const struct da_evidence_row *e)
{
	da_json_open(j, '{');
	da_json_text(j, "what", e->what);
	da_json_text(j, "thread", e->thread);
	if (e->has_frame)
		da_json_count(j, "frame", e->frame);
	if (e->has_address) {
		da_json_key(j, "address");
		da_json_address(j, e->address);
	}
	da_json_flat(j, "value", e->value);
	da_json_runs(j, "value_runs", e->value);
	da_json_flat(j, "text", e->text);
	da_json_runs(j, "runs", e->text);
	da_json_close(j, '}');
}

static void write_next(struct da_json *j, const struct da_next_row *n)
{
	da_json_open(j, '{');
	da_json_text(j, "kind", da_next_kind_name(n->kind));
	da_json_flat(j, "text", n->text);
	da_json_runs(j, "runs", n->text);
	da_json_close(j, '}');
}

static void write_finding_runs(struct da_json *j, const struct da_finding_row *f)
{
	if (!da_rich_has_marks(f->title) && !da_rich_has_marks(f->description) &&
	    !da_rich_has_marks(f->recommendation) && !da_rich_has_marks(f->refuted_by))
		return;
	da_json_key(j, "runs");
	da_json_open(j, '{');
	da_json_runs(j, "title", f->title);
	da_json_runs(j, "description", f->description);
	da_json_runs(j, "recommendation", f->recommendation);
	da_json_runs(j, "refuted_by", f->refuted_by);
	da_json_close(j, '}');
}

static void write_finding(struct da_json *j, const struct da_finding_row *f)
{
	da_json_open(j, '{');
	da_json_text(j, "id", f->id);
	da_json_text(j, "rule", f->rule);
	da_json_text(j, "severity", da_severity_name(f->severity));
	da_json_count(j, "weight", f->weight);
	da_json_key(j, "confidence");
	da_json_real(j, f->confidence);
	da_json_flat(j, "title", f->title);
	da_json_flat(j, "description", f->description);
	da_json_flat(j, "recommendation", f->recommendation);
	write_finding_runs(j, f);
	write_strings(j, "threads", f->threads, f->nthreads);
	write_strings(j, "objects", f->objects, f->nobjects);
	write_strings(j, "chains", f->chains, f->nchains);
	da_json_count(j, "count", f->count);
	if (f->nevidence) {
		da_json_key(j, "evidence");
		da_json_open(j, '[');
		for (size_t i = 0; i < f->nevidence; i++)
			write_evidence(j, &f->evidence[i]);
		da_json_close(j, ']');
	}
	da_json_flat(j, "refuted_by", f->refuted_by);
	if (f->nnext) {
		da_json_key(j, "next");
		da_json_open(j, '[');
		for (size_t i = 0; i < f->nnext; i++)
			write_next(j, &f->next[i]);
		da_json_close(j, ']');
	}
	da_json_close(j, '}');
}

/* ---------------------------------------------------------------- rows */

struct row {
	const struct da_doc *doc;
	enum da_col parent;          /* of a sub-row: the column that it stands in */
	const struct da_cell *cell;
	uint32_t row;
};

static bool get(const struct row *r, enum da_col col, struct da_cell *ret)
{
	if (r->cell)
		return da_cell_sub(r->doc, r->parent, r->cell, r->row, col, ret);
	return da_cell_get(r->doc, col, r->row, ret);
}

static void write_value(struct da_json *j, const struct da_cell *c)
{
	if (c->type == DA_TYPE_ADDRESS)
		da_json_address(j, c->u);
	else if (da_type_is_text(c->type))
		da_json_string(j, c->text);
	else if (c->type == DA_TYPE_BOOL)
		da_json_bool(j, c->b);
	else if (c->type == DA_TYPE_NUMBER || c->type == DA_TYPE_CODE)
		da_json_int(j, c->i);
	else if (c->type == DA_TYPE_PERCENT || c->type == DA_TYPE_CONFIDENCE)
		da_json_real(j, c->d);
	else
		da_json_uint(j, c->u);
}

static void write_row(struct da_json *j, const struct row *r, enum da_block block);

static void write_cell(struct da_json *j, const struct row *r, enum da_col col, const struct da_cell *c)
{
	struct da_cell item;

	if (c->shape == DA_SHAPE_ONE && c->type == DA_TYPE_RICH) {
		da_json_flat(j, da_cols[col].key, c->text);
		return;
	}
	da_json_key(j, da_cols[col].key);
	if (c->shape == DA_SHAPE_ONE) {
		write_value(j, c);
		return;
	}
	da_json_open(j, '[');
	for (uint32_t k = 0; k < c->n; k++) {
		if (c->shape == DA_SHAPE_LIST) {
			da_cell_item(r->doc, col, c, k, &item);
			write_value(j, &item);
		} else {
			struct row sub = { .doc = r->doc, .parent = col, .cell = c, .row = k };

			write_row(j, &sub, da_shape_sub(c->shape));
		}
	}
	da_json_close(j, ']');
}

static void write_row(struct da_json *j, const struct row *r, enum da_block block)
{
	const struct da_block_def *b = &da_blocks[block];
	struct da_cell c;
	bool runs = false;

	da_json_open(j, '{');
	for (enum da_col col = b->first; col < b->end; col++) {
		if (!get(r, col, &c))
			continue;
		write_cell(j, r, col, &c);
		runs = runs || (c.type == DA_TYPE_RICH && da_rich_has_marks(c.text));
	}
	if (runs) {
		da_json_key(j, "runs");
		da_json_open(j, '{');
		for (enum da_col col = b->first; col < b->end; col++)
			if (da_cols[col].type == DA_TYPE_RICH && get(r, col, &c))
				da_json_runs(j, da_cols[col].key, c.text);
		da_json_close(j, '}');
	}
	da_json_close(j, '}');
}

static void write_data(struct da_json *j, const struct da_doc *doc)
{
	da_json_key(j, "data");
	da_json_open(j, '{');
	for (enum da_block b = 0; b < DA_BLOCKS; b++) {
		uint32_t rows = da_doc_rows(doc, b);
		struct row r = { .doc = doc };

		if (!rows)
			continue;
		da_json_line(j);
		da_json_key(j, da_blocks[b].id);
		if (da_blocks[b].shape == DA_BLOCK_SHAPE_OBJECT) {
			write_row(j, &r, b);
			continue;
		}
		da_json_open(j, '[');
		for (r.row = 0; r.row < rows; r.row++) {
			da_json_line(j);
			write_row(j, &r, b);
		}
		da_json_close(j, ']');
	}
	da_json_close(j, '}');
}

/* ---------------------------------------------------------------- layout */

static void write_column(struct da_json *j, enum da_col col)
{
	const struct da_col_def *c = &da_cols[col];
	enum da_block sub = da_shape_sub(c->shape);

	da_json_open(j, '{');
	da_json_text(j, "key", c->key);
	da_json_text(j, "title", c->title);
	da_json_text(j, "type", da_type_name(c->type));
	da_json_text(j, "privacy", da_privacy_name(c->privacy));
	if (c->shape != DA_SHAPE_ONE)
		da_json_text(j, "list", sub == DA_TABLES ? "value" : da_blocks[sub].id);
	da_json_close(j, '}');
}

static void write_block_layout(struct da_json *j, const struct da_doc *doc, enum da_block block)
{
	const struct da_block_def *b = &da_blocks[block];
	enum da_block of;
	enum da_col by;

	da_json_open(j, '{');
	da_json_text(j, "block", b->id);
	da_json_text(j, "title", b->title);
	da_json_text(j, "kind", da_kind_name(b->kind));
	if (b->limit)
		da_json_count(j, "limit", b->limit);
	da_json_key(j, "columns");
	da_json_open(j, '[');
	for (enum da_col col = b->first; col < b->end; col++)
		if (da_doc_column_drawn(doc, col))
			write_column(j, col);
	da_json_close(j, ']');
	if (da_block_detail(block, &by, &of)) {
		da_json_key(j, "detail");
		da_json_open(j, '{');
		da_json_text(j, "block", da_blocks[of].id);
		da_json_text(j, "by", da_cols[by].key);
		da_json_close(j, '}');
	}
	da_json_close(j, '}');
}

static void write_completeness(struct da_json *j, const struct da_completeness *c)
{
	if (!c->state)
		return;
	da_json_key(j, "completeness");
	da_json_open(j, '{');
	da_json_text(j, "state", c->state);
	da_json_flat(j, "reason", c->reason);
	da_json_runs(j, "runs", c->reason);
	if (c->has_total) {
		da_json_count(j, "covered", c->covered);
		da_json_count(j, "total", c->total);
		da_json_text(j, "unit", c->unit);
	}
	da_json_close(j, '}');
}

static void write_layout(struct da_json *j, const struct da_doc *doc)
{
	da_json_key(j, "layout");
	da_json_open(j, '[');
	for (enum da_section s = 0; s < DA_SECTIONS; s++) {
		if (!da_doc_has_section(doc, s))
			continue;
		da_json_line(j);
		da_json_open(j, '{');
		da_json_text(j, "section", da_sections[s].id);
		da_json_text(j, "title", da_sections[s].title);
		write_completeness(j, da_doc_get_completeness(doc, s));
		da_json_key(j, "blocks");
		da_json_open(j, '[');
		for (enum da_block b = 0; b < DA_BLOCKS; b++)
			if (da_blocks[b].section == s && da_doc_rows(doc, b))
				write_block_layout(j, doc, b);
		da_json_close(j, ']');
		da_json_close(j, '}');
	}
	da_json_close(j, ']');
}

/* ---------------------------------------------------------------- the whole */

static void write_verdict(struct da_json *j, const struct da_doc *doc)
{
	const struct da_verdict *v = da_doc_get_verdict(doc);

	if (!v->text)
		return;
	da_json_line(j);
	da_json_key(j, "verdict");
	da_json_open(j, '{');
	da_json_text(j, "kind", da_verdict_kind_name(v->kind));
	da_json_flat(j, "text", v->text);
	da_json_runs(j, "runs", v->text);
	da_json_key(j, "confidence");
	da_json_real(j, v->confidence);
	da_json_text(j, "finding", v->finding);
	da_json_close(j, '}');
}

static void write_signature(struct da_json *j, const struct da_doc *doc)
{
	const struct da_signature *s = da_doc_get_signature(doc);

	if (!s->id)
		return;
	da_json_line(j);
	da_json_key(j, "signature");
	da_json_open(j, '{');
	da_json_text(j, "id", s->id);
	da_json_text(j, "hash", s->hash);
	write_strings(j, "frames", s->frames, s->nframes);
	da_json_count(j, "version", s->version);
	write_strings(j, "alternatives", s->alternatives, s->nalternatives);
	da_json_close(j, '}');
}

static void write_findings(struct da_json *j, const struct da_doc *doc)
{
	da_json_line(j);
	da_json_key(j, "findings");
	da_json_open(j, '[');
	for (size_t i = 0; i < da_doc_findings(doc); i++) {
		da_json_line(j);
		write_finding(j, da_doc_finding(doc, i));
	}
	da_json_close(j, ']');
}

static void write_ledger(struct da_json *j, const struct da_doc *doc)
{
	if (!da_doc_ledger_rows(doc))
		return;
	da_json_line(j);
	da_json_key(j, "ledger");
	da_json_open(j, '[');
	for (size_t i = 0; i < da_doc_ledger_rows(doc); i++) {
		const struct da_ledger_row *e = da_doc_ledger_row(doc, i);

		da_json_line(j);
		da_json_open(j, '{');
		da_json_text(j, "kind", e->kind);
		da_json_flat(j, "where", e->where);
		da_json_flat(j, "text", e->text);
		da_json_flat(j, "remedy", e->remedy);
		if (da_rich_has_marks(e->where) || da_rich_has_marks(e->text) ||
		    da_rich_has_marks(e->remedy)) {
			da_json_key(j, "runs");
			da_json_open(j, '{');
			da_json_runs(j, "where", e->where);
			da_json_runs(j, "text", e->text);
			da_json_runs(j, "remedy", e->remedy);
			da_json_close(j, '}');
		}
		da_json_count(j, "count", e->count);
		da_json_close(j, '}');
	}
	da_json_close(j, ']');
}

static void write_rules(struct da_json *j, const struct da_doc *doc)
{
	if (!da_doc_rule_rows(doc))
		return;
	da_json_line(j);
	da_json_key(j, "rules");
	da_json_open(j, '[');
	for (size_t i = 0; i < da_doc_rule_rows(doc); i++) {
		const struct da_rule_row *r = da_doc_rule_row(doc, i);

		da_json_line(j);
		da_json_open(j, '{');
		da_json_text(j, "rule", r->rule);
		da_json_text(j, "outcome", r->outcome);
		da_json_flat(j, "why", r->why);
		da_json_runs(j, "runs", r->why);
		da_json_count(j, "findings", r->findings);
		da_json_close(j, '}');
	}
	da_json_close(j, ']');
}

static void write_privacy(struct da_json *j, const struct da_doc *doc)
{
	da_json_line(j);
	da_json_key(j, "privacy");
	da_json_open(j, '{');
	da_json_text(j, "level", da_redact_level_name(da_doc_level(doc)));
	da_json_key(j, "masked");
	da_json_open(j, '{');
	for (size_t i = 0; i < da_doc_masked(doc); i++) {
		uint64_t count;
		const char *kind = da_doc_masked_kind(doc, i, &count);

		da_json_count(j, kind, count);
	}
	da_json_close(j, '}');
	da_json_close(j, '}');
}

static void write_timings(struct da_json *j, const struct da_doc *doc)
{
	if (!doc->timings.n)
		return;
	da_json_line(j);
	da_json_key(j, "timings");
	da_json_open(j, '[');
	for (size_t i = 0; i < doc->timings.n; i++) {
		da_json_open(j, '{');
		da_json_text(j, "stage", doc->timings.v[i].stage);
		da_json_count(j, "us", doc->timings.v[i].us);
		da_json_count(j, "rss_bytes", doc->timings.v[i].rss_bytes);
		da_json_close(j, '}');
	}
	da_json_close(j, ']');
}

static void write_report(struct da_json *j, const struct da_doc *doc)
{
	da_json_text(j, "status", da_doc_status_name(da_doc_get_status(doc)));
	da_json_text(j, "title", da_doc_get_title(doc));
	write_verdict(j, doc);
	write_signature(j, doc);
	write_findings(j, doc);
	da_json_line(j);
	write_data(j, doc);
	da_json_line(j);
	write_layout(j, doc);
	write_ledger(j, doc);
	write_rules(j, doc);
}

static void write_parts(struct da_json *j, const struct da_doc *doc)
{
	if (!da_doc_parts(doc))
		return;
	da_json_line(j);
	da_json_key(j, "parts");
	da_json_open(j, '{');
	for (size_t i = 0; i < da_doc_parts(doc); i++) {
		const char *id;
		const struct da_doc *part = da_doc_get_part(doc, i, &id);

		da_json_line(j);
		da_json_key(j, id);
		da_json_open(j, '{');
		write_report(j, part);
		da_json_close(j, '}');
	}
	da_json_close(j, '}');
}

enum da_status da_doc_write_json(const struct da_doc *doc, da_write_fn *write, void *ctx)
{
	struct da_json j;

	da_json_init(&j, write, ctx);
	da_json_open(&j, '{');
	da_json_text(&j, "schema", "dumpan-report/1");
	da_json_key(&j, "tool");
	da_json_open(&j, '{');
	da_json_text(&j, "name", "dumpan");
	da_json_text(&j, "version", da_doc_tool_version(doc));
	da_json_text(&j, "rules_version", da_doc_get_rules_version(doc));
	da_json_close(&j, '}');
	write_report(&j, doc);
	write_privacy(&j, doc);
	write_parts(&j, doc);
	write_timings(&j, doc);
	da_json_close(&j, '}');
	j.comma = false;
	da_json_line(&j);
	return da_json_done(&j);
}
