/* SPDX-License-Identifier: Apache-2.0 */
/* `findings` of a report that is read. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "report/json_in.h"

/* Take the sentence in, masked if the level asks for it. */
static bool sentence(struct da_in *in, json_object *o, const char *key, json_object *runs_of, const char **ret)
{
	const char *rich;

	if (!da_in_sentence(in, o, key, runs_of, &rich))
		return false;
	*ret = da_doc_rich(in->doc, rich);
	return true;
}

/* The same with the runs beside it under a key of their own. */
static bool sentence_with(struct da_in *in, json_object *o, const char *key, const char *runs_key,
			  const char **ret)
{
	json_object *flat, *runs;
	const char *rich;

	if (!da_in_get(in, o, key, json_type_string, &flat) ||
	    !da_in_get(in, o, runs_key, json_type_array, &runs) ||
	    !da_in_rich(in, flat, flat ? runs : NULL, &rich))
		return false;
	*ret = da_doc_rich(in->doc, rich);
	return true;
}

static bool ids(struct da_in *in, json_object *o, const char *key, struct da_strings_vec *ret)
{
	json_object *list;
	const char *id;

	if (!da_in_get(in, o, key, json_type_array, &list))
		return false;
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		if (!da_in_id_value(in, json_object_array_get_idx(list, i), &id))
			return false;
		da_doc_push(in->doc, ret, da_doc_intern(in->doc, id));
	}
	return true;
}

static bool evidence(struct da_in *in, struct da_finding *f, json_object *o)
{
	const char *what = NULL;
	json_object *thread, *address;
	struct da_evidence *e;
	uint64_t frame = DA_NONE;

	if (!json_object_is_type(o, json_type_object))
		return da_in_fail(in, "a piece of evidence must be an object");
	if (!da_in_text(in, o, "what", &what))
		return false;
	e = da_finding_evidence(f, what ? what : "");
	if (!da_in_get(in, o, "thread", json_type_string, &thread) ||
	    (thread && !da_in_id_value(in, thread, &e->row.thread)))
		return false;
	if (!da_in_count(in, o, "frame", &frame))
		return false;
	if (frame > DA_NONE)
		return da_in_fail(in, "'frame' is too large");
	da_evidence_frame(e, (uint32_t)frame);
	if (!da_in_get(in, o, "address", json_type_string, &address))
		return false;
	if (address) {
		if (!da_in_address_value(in, address, &e->row.address))
			return false;
		e->row.has_address = true;
	}
	return sentence_with(in, o, "value", "value_runs", &e->row.value) &&
	       sentence_with(in, o, "text", "runs", &e->row.text);
}

static bool next(struct da_in *in, struct da_finding *f, json_object *o)
{
	struct da_next_row *row;
	int kind = DA_NEXT_CHECK;

	if (!json_object_is_type(o, json_type_object))
		return da_in_fail(in, "an item of 'next' must be an object");
	if (!da_in_word(in, o, "kind", DA_WORDS_next, &kind))
		return false;
	row = da_vec_add(in->arena, &f->next);
	row->kind = (enum da_next_kind)kind;
	if (!sentence_with(in, o, "text", "runs", &row->text))
		return false;
	return row->text ? true : da_in_fail(in, "'text' is missing");
}

static bool lists(struct da_in *in, struct da_finding *f, json_object *o)
{
	json_object *list;

	if (!ids(in, o, "threads", &f->threads) || !ids(in, o, "objects", &f->objects) ||
	    !ids(in, o, "chains", &f->chains) || !da_in_get(in, o, "evidence", json_type_array, &list))
		return false;
	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		if (!evidence(in, f, json_object_array_get_idx(list, i)))
			return false;
	if (!da_in_get(in, o, "next", json_type_array, &list))
		return false;
	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		if (!next(in, f, json_object_array_get_idx(list, i)))
			return false;
	return true;
}

static bool finding(struct da_in *in, json_object *o)
{
	const char *rule = NULL;
	json_object *id, *runs;
	struct da_finding *f;
	uint64_t weight = 0;
	int severity = -1;

	if (!json_object_is_type(o, json_type_object))
		return da_in_fail(in, "a finding must be an object");
	if (!da_in_text(in, o, "rule", &rule) || !da_in_word(in, o, "severity", DA_WORDS_severity, &severity) ||
	    !da_in_count(in, o, "weight", &weight))
		return false;
	if (!rule || !da_rule_id_valid(rule, strlen(rule)))
		return da_in_fail(in, rule ? "a 'rule' is no id" : "'rule' is missing");
	if (severity < 0)
		return da_in_fail(in, "'severity' is missing");
	f = da_finding_new(in->doc, rule, (enum da_severity)severity, (unsigned)DA_MIN(weight, INT32_MAX), 0);
	if (!da_in_get(in, o, "id", json_type_string, &id) || (id && !da_in_id_value(in, id, &f->row.id)) ||
	    !da_in_fraction(in, o, "confidence", &f->row.confidence) ||
	    !da_in_count(in, o, "count", &f->row.count) || !da_in_get(in, o, "runs", json_type_object, &runs))
		return false;
	return sentence(in, o, "title", runs, &f->row.title) &&
	       sentence(in, o, "description", runs, &f->row.description) &&
	       sentence(in, o, "recommendation", runs, &f->row.recommendation) &&
	       sentence(in, o, "refuted_by", runs, &f->row.refuted_by) && lists(in, f, o);
}

bool da_in_findings(struct da_in *in, json_object *list)
{
	in->where = "findings";
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!finding(in, json_object_array_get_idx(list, i)))
			return false;
	in->where = NULL;
	return true;
}
