/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document from its JSON. The file may be anybody's: it is checked to be UTF-8 (json-c lets surrogates
 * and overlong forms through) and JSON before json-c sees it, its depth and size are bounded, and each
 * value must be of the type, range and set of words that blocks.def gives its column. Keys that are
 * not known are passed over: a later version of dumpan may have written them.
 */
#include "config.h"

#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "report/json_in.h"
#include "report/redact.h"

#define DEPTH 64
#define BYTES_MAX (1UL << 30)
#define PARTS_MAX 1000

static bool read_verdict(struct da_in *in, json_object *report)
{
	int kind = DA_VERDICT_UNKNOWN;
	json_object *o, *flat, *runs, *finding;
	const char *rich, *id = NULL;
	double confidence = 0;

	if (!da_in_get(in, report, "verdict", json_type_object, &o) || !o)
		return !in->message;
	in->where = "verdict";
	if (!da_in_word(in, o, "kind", DA_WORDS_verdict, &kind) ||
	    !da_in_get(in, o, "text", json_type_string, &flat) ||
	    !da_in_get(in, o, "runs", json_type_array, &runs) ||
	    !da_in_rich(in, flat, flat ? runs : NULL, &rich) ||
	    !da_in_fraction(in, o, "confidence", &confidence) ||
	    !da_in_get(in, o, "finding", json_type_string, &finding) ||
	    (finding && !da_in_id_value(in, finding, &id)))
		return false;
	da_doc_verdict_ref(in->doc, (enum da_verdict_kind)kind, confidence, id, rich);
	in->where = NULL;
	return true;
}

static bool read_strings(struct da_in *in, json_object *o, const char *key, struct da_strings_vec *ret)
{
	json_object *list;
	const char *text;

	if (!da_in_get(in, o, key, json_type_array, &list))
		return false;
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		if (!da_in_text_value(in, json_object_array_get_idx(list, i), &text))
			return false;
		da_doc_push(in->doc, ret, text);
	}
	return true;
}

static bool read_signature(struct da_in *in, json_object *report)
{
	struct da_strings_vec frames = { 0 }, alternatives = { 0 };
	const char *id = NULL, *hash = NULL;
	uint64_t version = 1;
	json_object *o;

	if (!da_in_get(in, report, "signature", json_type_object, &o) || !o)
		return !in->message;
	in->where = "signature";
	if (!da_in_text(in, o, "id", &id) || !da_in_text(in, o, "hash", &hash) ||
	    !da_in_count(in, o, "version", &version) || !read_strings(in, o, "frames", &frames) ||
	    !read_strings(in, o, "alternatives", &alternatives))
		return false;
	if (!id || !hash || strlen(hash) != 16 || strspn(hash, "0123456789abcdef") != 16 || version > 255)
		return da_in_fail(in, "'id' and a 'hash' of 16 hex digits are needed");
	da_doc_signature(in->doc, id, frames.v, frames.n, (unsigned)version);
	memcpy(in->doc->signature.hash, hash, 17);
	for (size_t i = 0; i < alternatives.n; i++)
		da_doc_signature_alternative(in->doc, alternatives.v[i]);
	in->where = NULL;
	return true;
}

static bool read_completeness(struct da_in *in, json_object *o, struct da_completeness *ret)
{
	json_object *reason, *runs;
	const char *rich;
	int state = -1, unit = -1;

	if (!da_in_word(in, o, "state", DA_WORDS_completeness, &state) ||
	    !da_in_word(in, o, "unit", DA_WORDS_unit, &unit) ||
	    !da_in_get(in, o, "reason", json_type_string, &reason) ||
	    !da_in_get(in, o, "runs", json_type_array, &runs) ||
	    !da_in_rich(in, reason, reason ? runs : NULL, &rich) ||
	    !da_in_count(in, o, "covered", &ret->covered) || !da_in_count(in, o, "total", &ret->total))
		return false;
	if (state < 0)
		return da_in_fail(in, "'state' is missing");
	ret->state = da_words[DA_WORDS_completeness][state];
	ret->reason = da_doc_rich(in->doc, rich);
	ret->has_total = ret->total && unit >= 0 && ret->covered <= ret->total;
	if (ret->has_total)
		ret->unit = da_words[DA_WORDS_unit][unit];
	return true;
}

/* The layout is made anew from blocks.def; what it alone holds is how complete each section is. */
static bool read_layout(struct da_in *in, json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *o = json_object_array_get_idx(list, i), *c;
		const char *id = NULL;

		in->where = "layout";
		if (!json_object_is_type(o, json_type_object))
			return da_in_fail(in, "a section must be an object");
		if (!da_in_text(in, o, "section", &id) ||
		    !da_in_get(in, o, "completeness", json_type_object, &c))
			return false;
		for (unsigned s = 0; id && c && s < DA_SECTIONS; s++)
			if (da_streq(da_sections[s].id, id) &&
			    !read_completeness(in, c, &in->doc->completeness[s]))
				return false;
	}
	in->where = NULL;
	return true;
}

static bool read_ledger(struct da_in *in, json_object *report)
{
	json_object *list, *runs;

	if (!da_in_get(in, report, "ledger", json_type_array, &list))
		return false;
	in->where = "ledger";
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);
		struct da_ledger_row row = { .count = 1 };
		const char *where, *text, *remedy;
		int kind = -1;

		if (!json_object_is_type(o, json_type_object))
			return da_in_fail(in, "an entry must be an object");
		if (!da_in_word(in, o, "kind", DA_WORDS_note, &kind) ||
		    !da_in_get(in, o, "runs", json_type_object, &runs) ||
		    !da_in_sentence(in, o, "where", runs, &where) ||
		    !da_in_sentence(in, o, "text", runs, &text) ||
		    !da_in_sentence(in, o, "remedy", runs, &remedy) ||
		    !da_in_count(in, o, "count", &row.count))
			return false;
		if (kind < 0 || !text || !where)
			return da_in_fail(in, "'kind', 'where' and 'text' are needed");
		row.kind = da_words[DA_WORDS_note][kind];
		row.where = da_doc_rich(in->doc, where);
		row.text = da_doc_rich(in->doc, text);
		row.remedy = da_doc_rich(in->doc, remedy);
		da_vec_push(in->arena, &in->doc->ledger, row);
	}
	in->where = NULL;
	return true;
}

static bool read_rules(struct da_in *in, json_object *report)
{
	json_object *list;

	if (!da_in_get(in, report, "rules", json_type_array, &list))
		return false;
	in->where = "rules";
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json_object *o = json_object_array_get_idx(list, i), *why, *runs;
		const char *rule = NULL, *rich;
		uint64_t findings = 0;
		int outcome = -1;

		if (!json_object_is_type(o, json_type_object))
			return da_in_fail(in, "a rule must be an object");
		if (!da_in_text(in, o, "rule", &rule) ||
		    !da_in_word(in, o, "outcome", DA_WORDS_outcome, &outcome) ||
		    !da_in_get(in, o, "why", json_type_string, &why) ||
		    !da_in_get(in, o, "runs", json_type_array, &runs) ||
		    !da_in_rich(in, why, why ? runs : NULL, &rich) ||
		    !da_in_count(in, o, "findings", &findings))
			return false;
		if (!rule || !da_rule_id_valid(rule, strlen(rule)) || outcome < 0)
			return da_in_fail(in, "'rule' and 'outcome' are needed");
		da_doc_rule(in->doc, rule, (enum da_outcome)outcome, (unsigned)DA_MIN(findings, INT32_MAX), rich);
	}
	in->where = NULL;
	return true;
}

static bool read_report(struct da_in *in, json_object *o)
{
	json_object *findings, *data, *layout, *status;
	const char *title = NULL;
	int word = 0;

	in->where = NULL;
	if (!da_in_need(in, o, "status", json_type_string, &status) ||
	    !da_in_need(in, o, "findings", json_type_array, &findings) ||
	    !da_in_need(in, o, "data", json_type_object, &data) ||
	    !da_in_need(in, o, "layout", json_type_array, &layout) ||
	    !da_in_word(in, o, "status", DA_WORDS_status, &word) || !da_in_text(in, o, "title", &title))
		return false;
	da_doc_status(in->doc, (enum da_doc_status)word);
	da_doc_title(in->doc, title);
	return read_verdict(in, o) && read_signature(in, o) && da_in_findings(in, findings) &&
	       da_in_data(in, data) && read_layout(in, layout) && read_ledger(in, o) && read_rules(in, o);
}

static bool read_parts(struct da_in *in, json_object *o)
{
	struct da_doc *whole = in->doc;
	json_object *parts;
	size_t n = 0;

	if (!da_in_get(in, o, "parts", json_type_object, &parts))
		return false;
	if (!parts)
		return true;
	json_object_object_foreach(parts, id, part) {
		if (!da_part_id_valid(id, strlen(id)) || !json_object_is_type(part, json_type_object) ||
		    ++n > PARTS_MAX)
			return da_in_fail(in, "'parts' is no list of reports by id");
		in->doc = da_doc_part(whole, id);
		if (!read_report(in, part))
			return false;
	}
	in->doc = whole;
	return true;
}

static bool read_timings(struct da_in *in, json_object *o)
{
	json_object *list;

	if (!da_in_get(in, o, "timings", json_type_array, &list))
		return false;
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json_object *row = json_object_array_get_idx(list, i);
		const char *stage = NULL;
		uint64_t us = 0, rss = 0;

		if (!json_object_is_type(row, json_type_object))
			return da_in_fail(in, "'timings' must hold objects");
		if (!da_in_text(in, row, "stage", &stage) || !da_in_count(in, row, "us", &us) ||
		    !da_in_count(in, row, "rss_bytes", &rss))
			return false;
		da_doc_timing(in->doc, stage ? stage : "", us, rss);
	}
	return true;
}

/* A kind of mask: it becomes a key of the JSON, and a word of the page. */
static bool kind_valid(const char *s)
{
	return *s && strlen(s) <= 20 && strspn(s, "abcdefghijklmnopqrstuvwxyz-") == strlen(s);
}

/* Level and counts of the report as it is; a stricter level goes on counting from there. */
static bool read_privacy(struct da_in *in, json_object *o, const struct da_redact_options *options)
{
	json_object *privacy, *masked = NULL;
	struct da_doc *doc = in->doc;
	int level = DA_REDACT_NONE;

	if (!da_in_get(in, o, "privacy", json_type_object, &privacy))
		return false;
	in->where = "privacy";
	if (privacy && (!da_in_word(in, privacy, "level", DA_WORDS_level, &level) ||
			!da_in_get(in, privacy, "masked", json_type_object, &masked)))
		return false;
	doc->keep_text = !options || (int)options->level <= level;
	if (!doc->keep_text)
		doc->redactor = da_redactor_new(in->arena, options);
	doc->level = doc->keep_text ? (enum da_redact_level)level : options->level;
	if (masked) {
		json_object_object_foreach(masked, kind, count) {
			int64_t n;

			if (!kind_valid(kind) || !da_in_int_value(in, count, &n) || n < 0)
				return da_in_fail(in, "'masked' must hold counts");
			if (doc->keep_text)
				da_vec_push(in->arena, &doc->masked,
					    ((struct da_masked){ .kind = da_strdup(in->arena, kind),
								 .count = (uint64_t)n }));
			else
				da_vec_push(in->arena, &doc->redactor->kinds,
					    ((struct da_mask_kind){ .kind = da_strdup(in->arena, kind),
								    .count = (uint64_t)n }));
		}
	}
	in->where = NULL;
	return true;
}

static bool read_tool(struct da_in *in, json_object *o)
{
	const char *schema = NULL, *version = NULL, *rules = NULL;
	json_object *tool;

	if (!da_in_text(in, o, "schema", &schema))
		return false;
	if (!schema)
		return da_in_fail(in, "'schema' is missing");
	if (strcmp(schema, "dumpan-report/1") != 0)
		return da_in_fail(in, da_printf(in->arena, "'%.60s' is not the form that this version reads",
						schema));
	if (!da_in_need(in, o, "tool", json_type_object, &tool) || !da_in_text(in, tool, "version", &version) ||
	    !da_in_text(in, tool, "rules_version", &rules))
		return false;
	in->doc->tool_version = version;
	in->doc->rules_version = rules;
	return true;
}

static bool read_whole(struct da_in *in, json_object *o, const struct da_redact_options *options)
{
	if (!json_object_is_type(o, json_type_object))
		return da_in_fail(in, "it is no object");
	if (!read_tool(in, o) || !read_privacy(in, o, options) || !read_report(in, o) || !read_parts(in, o) ||
	    !read_timings(in, o))
		return false;
	da_doc_finish(in->doc);
	return true;
}

static json_object *parse(struct da_in *in, const char *json, size_t n)
{
	struct json_tokener *tok;
	json_object *o;
	enum json_tokener_error error;

	if (n > BYTES_MAX) {
		da_in_fail(in, "it is larger than 1 GiB");
		return NULL;
	}
	if (!da_utf8_valid(json, n)) {
		da_in_fail(in, "it is not valid UTF-8");
		return NULL;
	}
	if (!da_in_check(in, json, n, DEPTH))
		return NULL;
	tok = json_tokener_new_ex(DEPTH);
	if (!tok)
		da_out_of_memory(0);
	o = json_tokener_parse_ex(tok, json, (int)n);
	error = json_tokener_get_error(tok);
	/* A number that ends the text: json-c waits for more of it. */
	if (error != json_tokener_success && error != json_tokener_continue)
		da_in_fail(in, json_tokener_error_desc(error));
	json_tokener_free(tok);
	if (!o)
		da_in_fail(in, "it is no object");
	return o;
}

enum da_status da_doc_read_json(struct da_arena *a, const char *json, size_t n,
				const struct da_redact_options *options, struct da_doc **ret,
				const char **ret_message)
{
	struct da_in in = { .arena = a };
	json_object *o = parse(&in, json, n);
	bool ok = false;

	if (o) {
		in.doc = da_doc_new_with(a, NULL);
		in.doc->from_json = true;
		ok = read_whole(&in, o, options);
		json_object_put(o);
	}
	if (!ok) {
		*ret_message = in.message;
		return DA_CORRUPT;
	}
	*ret = in.doc;
	return DA_OK;
}
