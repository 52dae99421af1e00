/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON Schema (draft 2020-12) of a report, made from blocks.def. What the schema says of a block
 * is exactly what the reader asks of it. Unknown keys are allowed: later versions may add some.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "report/doc.h"
#include "report/json_out.h"

#define ADDRESS "^0x(0|[1-9a-f][0-9a-f]{0,15})$"
#define ID      "^([a-z][a-z0-9]{0,7}:)?[a-z]{1,12}[0-9]{1,10}$"
#define RULE    "^[a-z0-9._-]{1,64}$"
#define PART    "^[a-z][a-z0-9]{0,7}$"

static void open_key(struct da_json *j, const char *key)
{
	da_json_key(j, key);
	da_json_open(j, '{');
}

static void close_object(struct da_json *j)
{
	da_json_close(j, '}');
}

static void ref(struct da_json *j, const char *key, const char *to)
{
	open_key(j, key);
	da_json_text(j, "$ref", to);
	close_object(j);
}

static void simple(struct da_json *j, const char *key, const char *type)
{
	open_key(j, key);
	da_json_text(j, "type", type);
	close_object(j);
}

static void pattern(struct da_json *j, const char *key, const char *regex)
{
	open_key(j, key);
	da_json_text(j, "type", "string");
	da_json_text(j, "pattern", regex);
	close_object(j);
}

static void words(struct da_json *j, const char *key, enum da_words set)
{
	if (key)
		open_key(j, key);
	da_json_key(j, "enum");
	da_json_open(j, '[');
	for (const char *const *w = da_words[set]; *w; w++)
		da_json_string(j, *w);
	da_json_close(j, ']');
	if (key)
		close_object(j);
}

static void range(struct da_json *j, const char *key, const char *type, int64_t least, int64_t most)
{
	if (key)
		open_key(j, key);
	da_json_text(j, "type", type);
	da_json_key(j, "minimum");
	da_json_int(j, least);
	da_json_key(j, "maximum");
	da_json_int(j, most);
	if (key)
		close_object(j);
}

static void list_of(struct da_json *j, const char *key, const char *to)
{
	open_key(j, key);
	da_json_text(j, "type", "array");
	ref(j, "items", to);
	close_object(j);
}

static void begin_object(struct da_json *j, const char *key)
{
	if (key)
		open_key(j, key);
	da_json_text(j, "type", "object");
	open_key(j, "properties");
}

/* Ends what begin_object began; `need` are the required keys, separated by blanks, or NULL. */
static void end_object(struct da_json *j, const char *key, const char *need)
{
	close_object(j);
	if (need) {
		da_json_key(j, "required");
		da_json_open(j, '[');
		while (*need) {
			size_t n = strcspn(need, " ");

			da_json_stringn(j, need, n);
			need += n + strspn(need + n, " ");
		}
		da_json_close(j, ']');
	}
	if (key)
		close_object(j);
}

/* ---------------------------------------------------------------- blocks */

static void value(struct da_json *j, enum da_col col)
{
	enum da_type type = da_cols[col].type;

	if (type == DA_TYPE_WORD) {
		words(j, NULL, da_cols[col].words);
	} else if (type == DA_TYPE_ADDRESS) {
		da_json_text(j, "type", "string");
		da_json_text(j, "pattern", ADDRESS);
	} else if (da_type_is_ref(type)) {
		da_json_text(j, "type", "string");
		da_json_text(j, "pattern", ID);
	} else if (type == DA_TYPE_BOOL) {
		da_json_text(j, "type", "boolean");
	} else if (type == DA_TYPE_NUMBER || type == DA_TYPE_CODE) {
		range(j, NULL, "integer", -DA_INT_MAX, DA_INT_MAX);
	} else if (da_type_is_uint(type)) {
		range(j, NULL, "integer", 0, DA_INT_MAX);
	} else if (type == DA_TYPE_PERCENT || type == DA_TYPE_CONFIDENCE) {
		da_json_text(j, "type", "number");
	} else {
		da_json_text(j, "type", "string");
	}
}

static void column(struct da_json *j, enum da_col col)
{
	enum da_shape shape = da_cols[col].shape;
	char to[64];

	open_key(j, da_cols[col].key);
	da_json_text(j, "title", da_cols[col].title);
	if (shape == DA_SHAPE_ONE) {
		value(j, col);
	} else {
		da_json_text(j, "type", "array");
		if (shape == DA_SHAPE_LIST) {
			open_key(j, "items");
			value(j, col);
			close_object(j);
		} else {
			snprintf(to, sizeof(to), "#/$defs/%s", da_blocks[da_shape_sub(shape)].id);
			ref(j, "items", to);
		}
	}
	close_object(j);
}

static void row(struct da_json *j, const char *key, enum da_block block)
{
	const struct da_block_def *b = &da_blocks[block];
	bool rich = false;

	begin_object(j, key);
	for (enum da_col col = b->first; col < b->end; col++) {
		column(j, col);
		rich = rich || da_cols[col].type == DA_TYPE_RICH;
	}
	if (rich) {
		begin_object(j, "runs");
		for (enum da_col col = b->first; col < b->end; col++)
			if (da_cols[col].type == DA_TYPE_RICH)
				ref(j, da_cols[col].key, "#/$defs/runs");
		end_object(j, "runs", NULL);
	}
	end_object(j, key, NULL);
}

static void data(struct da_json *j)
{
	begin_object(j, "data");
	for (enum da_block b = 0; b < DA_BLOCKS; b++) {
		da_json_line(j);
		if (da_blocks[b].shape == DA_BLOCK_SHAPE_OBJECT) {
			row(j, da_blocks[b].id, b);
			continue;
		}
		open_key(j, da_blocks[b].id);
		if (da_blocks[b].order[0])
			da_json_text(j, "description", da_blocks[b].order);
		da_json_text(j, "type", "array");
		row(j, "items", b);
		close_object(j);
	}
	end_object(j, "data", NULL);
}

/* ---------------------------------------------------------------- the parts around them */

static void def_run(struct da_json *j)
{
	open_key(j, "run");
	da_json_key(j, "oneOf");
	da_json_open(j, '[');
	da_json_open(j, '{');
	da_json_text(j, "type", "string");
	close_object(j);
	da_json_open(j, '{');
	begin_object(j, NULL);
	ref(j, "ref", "#/$defs/id");
	end_object(j, NULL, "ref");
	close_object(j);
	da_json_open(j, '{');
	begin_object(j, NULL);
	simple(j, "value", "string");
	open_key(j, "type");
	da_json_key(j, "enum");
	da_json_open(j, '[');
	da_json_string(j, "address");
	da_json_string(j, "symbol");
	da_json_string(j, "path");
	da_json_string(j, "text");
	da_json_close(j, ']');
	close_object(j);
	words(j, "privacy", DA_WORDS_privacy);
	end_object(j, NULL, "value type privacy");
	close_object(j);
	da_json_close(j, ']');
	close_object(j);
	list_of(j, "runs", "#/$defs/run");
}

static void def_finding(struct da_json *j)
{
	static const char *const texts[] = { "title", "description", "recommendation", "refuted_by" };

	begin_object(j, "finding");
	ref(j, "id", "#/$defs/id");
	pattern(j, "rule", RULE);
	words(j, "severity", DA_WORDS_severity);
	ref(j, "weight", "#/$defs/count_of");
	ref(j, "confidence", "#/$defs/confidence");
	for (size_t i = 0; i < DA_ARRAY_SIZE(texts); i++)
		simple(j, texts[i], "string");
	begin_object(j, "runs");
	for (size_t i = 0; i < DA_ARRAY_SIZE(texts); i++)
		ref(j, texts[i], "#/$defs/runs");
	end_object(j, "runs", NULL);
	list_of(j, "threads", "#/$defs/id");
	list_of(j, "objects", "#/$defs/id");
	list_of(j, "chains", "#/$defs/id");
	ref(j, "count", "#/$defs/count_of");
	list_of(j, "evidence", "#/$defs/evidence");
	list_of(j, "next", "#/$defs/next");
	end_object(j, "finding", "rule severity");

	begin_object(j, "evidence");
	simple(j, "what", "string");
	ref(j, "thread", "#/$defs/id");
	ref(j, "frame", "#/$defs/count_of");
	pattern(j, "address", ADDRESS);
	simple(j, "value", "string");
	ref(j, "value_runs", "#/$defs/runs");
	simple(j, "text", "string");
	ref(j, "runs", "#/$defs/runs");
	end_object(j, "evidence", NULL);

	begin_object(j, "next");
	words(j, "kind", DA_WORDS_next);
	simple(j, "text", "string");
	ref(j, "runs", "#/$defs/runs");
	end_object(j, "next", "text");
}

static void def_layout(struct da_json *j)
{
	begin_object(j, "completeness");
	words(j, "state", DA_WORDS_completeness);
	simple(j, "reason", "string");
	ref(j, "runs", "#/$defs/runs");
	ref(j, "covered", "#/$defs/count_of");
	ref(j, "total", "#/$defs/count_of");
	words(j, "unit", DA_WORDS_unit);
	end_object(j, "completeness", "state");

	begin_object(j, "section");
	simple(j, "section", "string");
	simple(j, "title", "string");
	ref(j, "completeness", "#/$defs/completeness");
	list_of(j, "blocks", "#/$defs/block");
	end_object(j, "section", "section");

	begin_object(j, "block");
	simple(j, "block", "string");
	simple(j, "title", "string");
	open_key(j, "kind");
	da_json_key(j, "enum");
	da_json_open(j, '[');
	for (unsigned k = DA_KIND_KEYS; k <= DA_KIND_TEXT; k++)
		da_json_string(j, da_kind_name(k));
	da_json_close(j, ']');
	close_object(j);
	ref(j, "limit", "#/$defs/count_of");
	list_of(j, "columns", "#/$defs/column");
	begin_object(j, "detail");
	simple(j, "block", "string");
	simple(j, "by", "string");
	end_object(j, "detail", "block by");
	end_object(j, "block", "block kind");

	begin_object(j, "column");
	simple(j, "key", "string");
	simple(j, "title", "string");
	simple(j, "type", "string");
	words(j, "privacy", DA_WORDS_privacy);
	simple(j, "list", "string");
	end_object(j, "column", "key type");
}

static void def_rest(struct da_json *j)
{
	static const char *const sentences[] = { "where", "text", "remedy" };

	begin_object(j, "entry");
	words(j, "kind", DA_WORDS_note);
	for (size_t i = 0; i < DA_ARRAY_SIZE(sentences); i++)
		simple(j, sentences[i], "string");
	begin_object(j, "runs");
	for (size_t i = 0; i < DA_ARRAY_SIZE(sentences); i++)
		ref(j, sentences[i], "#/$defs/runs");
	end_object(j, "runs", NULL);
	ref(j, "count", "#/$defs/count_of");
	end_object(j, "entry", "kind where text");

	begin_object(j, "rule");
	pattern(j, "rule", RULE);
	words(j, "outcome", DA_WORDS_outcome);
	simple(j, "why", "string");
	ref(j, "runs", "#/$defs/runs");
	ref(j, "findings", "#/$defs/count_of");
	end_object(j, "rule", "rule outcome");

	begin_object(j, "verdict");
	words(j, "kind", DA_WORDS_verdict);
	simple(j, "text", "string");
	ref(j, "runs", "#/$defs/runs");
	ref(j, "confidence", "#/$defs/confidence");
	ref(j, "finding", "#/$defs/id");
	end_object(j, "verdict", "kind text");

	begin_object(j, "signature");
	simple(j, "id", "string");
	pattern(j, "hash", "^[0-9a-f]{16}$");
	open_key(j, "frames");
	da_json_text(j, "type", "array");
	simple(j, "items", "string");
	close_object(j);
	range(j, "version", "integer", 0, 255);
	open_key(j, "alternatives");
	da_json_text(j, "type", "array");
	simple(j, "items", "string");
	close_object(j);
	end_object(j, "signature", "id hash");
}

/* What a report and each of its parts have. */
static void report_properties(struct da_json *j)
{
	words(j, "status", DA_WORDS_status);
	simple(j, "title", "string");
	ref(j, "verdict", "#/$defs/verdict");
	ref(j, "signature", "#/$defs/signature");
	list_of(j, "findings", "#/$defs/finding");
	ref(j, "data", "#/$defs/data");
	list_of(j, "layout", "#/$defs/section");
	list_of(j, "ledger", "#/$defs/entry");
	list_of(j, "rules", "#/$defs/rule");
}

static void defs(struct da_json *j)
{
	da_json_line(j);
	open_key(j, "$defs");
	pattern(j, "id", ID);
	range(j, "count_of", "integer", 0, DA_INT_MAX);
	range(j, "confidence", "number", 0, 1);
	def_run(j);
	for (enum da_block b = DA_BLOCKS; b < DA_TABLES; b++) {
		da_json_line(j);
		row(j, da_blocks[b].id, b);
	}
	da_json_line(j);
	data(j);
	da_json_line(j);
	def_finding(j);
	def_layout(j);
	def_rest(j);
	begin_object(j, "part");
	report_properties(j);
	end_object(j, "part", "status findings data layout");
	close_object(j);
}

enum da_status da_schema_write(da_write_fn *write, void *ctx)
{
	struct da_json j;

	da_json_init(&j, write, ctx);
	da_json_open(&j, '{');
	da_json_text(&j, "$schema", "https://json-schema.org/draft/2020-12/schema");
	da_json_text(&j, "title", "dumpan-report/1");
	begin_object(&j, NULL);
	open_key(&j, "schema");
	da_json_text(&j, "const", "dumpan-report/1");
	close_object(&j);
	begin_object(&j, "tool");
	simple(&j, "name", "string");
	simple(&j, "version", "string");
	simple(&j, "rules_version", "string");
	end_object(&j, "tool", NULL);
	report_properties(&j);
	begin_object(&j, "privacy");
	words(&j, "level", DA_WORDS_level);
	open_key(&j, "masked");
	da_json_text(&j, "type", "object");
	ref(&j, "additionalProperties", "#/$defs/count_of");
	close_object(&j);
	end_object(&j, "privacy", NULL);
	open_key(&j, "parts");
	da_json_text(&j, "type", "object");
	open_key(&j, "patternProperties");
	ref(&j, PART, "#/$defs/part");
	close_object(&j);
	da_json_key(&j, "additionalProperties");
	da_json_bool(&j, false);
	close_object(&j);
	open_key(&j, "timings");
	da_json_text(&j, "type", "array");
	begin_object(&j, "items");
	simple(&j, "stage", "string");
	ref(&j, "us", "#/$defs/count_of");
	ref(&j, "rss_bytes", "#/$defs/count_of");
	end_object(&j, "items", NULL);
	close_object(&j);
	end_object(&j, NULL, "schema tool status findings data layout");
	defs(&j);
	da_json_close(&j, '}');
	j.comma = false;
	da_json_line(&j);
	return da_json_done(&j);
}
