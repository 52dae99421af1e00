/* SPDX-License-Identifier: Apache-2.0 */
/* The short form: a dump on a line, for many dumps at once. Keys and shapes are those of the whole form. */
#include "config.h"

#include "base/str.h"
#include "report/json_out.h"

#define TOP_RULES 5

static void text_of(struct da_json *j, const char *key, const struct da_doc *doc, enum da_col col)
{
	struct da_cell cell;

	if (da_doc_rows(doc, da_cols[col].block) && da_cell_get(doc, col, 0, &cell))
		da_json_text(j, key, cell.text);
}

static void write_verdict(struct da_json *j, const struct da_doc *doc)
{
	const struct da_verdict *v = da_doc_get_verdict(doc);

	if (!v->text)
		return;
	da_json_key(j, "verdict");
	da_json_open(j, '{');
	da_json_text(j, "kind", da_verdict_kind_name(v->kind));
	da_json_flat(j, "text", v->text);
	da_json_key(j, "confidence");
	da_json_real(j, v->confidence);
	da_json_close(j, '}');
}

static void write_signature(struct da_json *j, const struct da_doc *doc)
{
	const struct da_signature *s = da_doc_get_signature(doc);

	if (!s->id)
		return;
	da_json_key(j, "signature");
	da_json_open(j, '{');
	da_json_text(j, "id", s->id);
	da_json_text(j, "hash", s->hash);
	da_json_close(j, '}');
}

static void write_counts(struct da_json *j, const struct da_doc *doc)
{
	static const char *const names[DA_SEVERITIES] = { "error", "warning", "information", "notification" };

	da_json_key(j, "findings");
	da_json_open(j, '{');
	for (unsigned s = 0; s < DA_SEVERITIES; s++) {
		size_t first;

		da_json_count(j, names[s], da_doc_findings_of(doc, (enum da_severity)s, &first));
	}
	da_json_close(j, '}');
}

/* Findings stand by gravity, so the first rules are the ones to look at. */
static void write_top_rules(struct da_json *j, const struct da_doc *doc)
{
	const char *told[TOP_RULES];
	size_t n = 0;

	da_json_key(j, "top_rules");
	da_json_open(j, '[');
	for (size_t i = 0; i < da_doc_findings(doc) && n < TOP_RULES; i++) {
		const char *rule = da_doc_finding(doc, i)->rule;
		size_t k = 0;

		while (k < n && !da_streq(told[k], rule))
			k++;
		if (k < n)
			continue;
		told[n++] = rule;
		da_json_string(j, rule);
	}
	da_json_close(j, ']');
}

static void write_line(struct da_json *j, const struct da_doc *doc)
{
	da_json_open(j, '{');
	text_of(j, "file", doc, DA_COL_input_file);
	da_json_text(j, "status", da_doc_status_name(da_doc_get_status(doc)));
	write_verdict(j, doc);
	write_signature(j, doc);
	write_counts(j, doc);
	write_top_rules(j, doc);
	text_of(j, "process", doc, DA_COL_process_name);
	da_json_close(j, '}');
	j->comma = false;
	da_json_line(j);
}

enum da_status da_doc_write_lines(const struct da_doc *doc, da_write_fn *write, void *ctx)
{
	struct da_json j;

	da_json_init(&j, write, ctx);
	if (!da_doc_parts(doc))
		write_line(&j, doc);
	for (size_t i = 0; i < da_doc_parts(doc); i++) {
		const char *id;

		write_line(&j, da_doc_get_part(doc, i, &id));
	}
	return da_json_done(&j);
}
