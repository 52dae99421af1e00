/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "unit/report_doc.h"
#include "unit/unit.h"

#define HEAD "{\"schema\":\"dumpan-report/1\",\"tool\":{\"name\":\"dumpan\"},\"status\":\"complete\","
#define TAIL "\"findings\":[],\"data\":{},\"layout\":[]}"

static const char *json_of(struct da_arena *a, const struct da_doc *doc)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	ck_assert_int_eq(da_doc_write_json(doc, into_str, &s), DA_OK);
	return da_strdup(a, da_str_get(&s));
}

static struct da_doc *read_with(struct da_arena *a, const char *json, const struct da_redact_options *o)
{
	struct da_doc *doc = NULL;
	const char *message = NULL;

	if (da_doc_read_json(a, json, strlen(json), o, &doc, &message) != DA_OK)
		ck_abort_msg("%s", message);
	return doc;
}

static const char *refusal(struct da_arena *a, const char *json, size_t n)
{
	struct da_doc *doc = NULL;
	const char *message = NULL;

	ck_assert_int_eq(da_doc_read_json(a, json, n, NULL, &doc, &message), DA_CORRUPT);
	ck_assert_ptr_null(doc);
	ck_assert_ptr_nonnull(message);
	return message;
}

START_TEST(comes_back_as_it_was)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();

	for (int level = DA_REDACT_NONE; level <= DA_REDACT_STRICT; level++) {
		struct da_redact_options o = { .level = (enum da_redact_level)level };
		struct da_doc *doc = da_doc_new(a, &o), *back;
		const char *one, *two;

		fill_doc(a, doc);
		fill_doc(a, da_doc_part(doc, "d1"));
		da_doc_timing(doc, "load", 1234, 5678);
		da_doc_finish(doc);
		one = json_of(a, doc);
		back = read_with(a, one, NULL);
		two = json_of(a, back);
		ck_assert_str_eq(one, two);
		ck_assert_str_eq(one, json_of(a, read_with(a, two, &o)));
		ck_assert_str_eq(da_doc_finding(back, 0)->description, da_doc_finding(doc, 0)->description);
		ck_assert_str_eq(da_doc_get_signature(back)->hash, da_doc_get_signature(doc)->hash);
	}
}
END_TEST

START_TEST(unfilled_document)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_doc *doc = da_doc_new(a, NULL);
	const char *one;

	da_doc_finish(doc);
	one = json_of(a, doc);
	ck_assert_str_eq(one, json_of(a, read_with(a, one, NULL)));
}
END_TEST

START_TEST(stricter_but_never_looser)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_redact_options site = { .level = DA_REDACT_SITE }, none = { .level = DA_REDACT_NONE };
	struct da_doc *doc = da_doc_new(a, NULL);
	const char *one, *two;

	fill_doc(a, doc);
	da_doc_finish(doc);
	one = json_of(a, doc);
	ck_assert_ptr_nonnull(strstr(one, "/srv/data/ledger.db"));
	two = json_of(a, read_with(a, one, &site));
	ck_assert_ptr_null(strstr(two, "/srv/data/ledger.db"));
	ck_assert_ptr_null(strstr(two, "db01"));
	ck_assert_ptr_nonnull(strstr(two, "Ledger::post"));
	ck_assert_ptr_nonnull(strstr(two, "\"level\":\"site\""));
	ck_assert_ptr_nonnull(strstr(two, "string#1"));
	ck_assert_ptr_null(strstr(two, "string#2"));
	ck_assert_str_eq(two, json_of(a, read_with(a, two, &none)));
	ck_assert_str_eq(two, json_of(a, read_with(a, two, &site)));
}
END_TEST

START_TEST(numbers)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_doc *doc = da_doc_new(a, NULL);
	const char *json;

	for (unsigned i = 0; i < 4; i++) {
		static const double values[] = { 0.1, 1.0 / 3, 100, 1e-9 };

		da_doc_row(doc, DA_BLOCK_cpu);
		da_set_real(doc, DA_COL_cpu_percent, values[i]);
		da_set_uint(doc, DA_COL_cpu_user_us, 9007199254740991);
	}
	da_doc_finish(doc);
	json = json_of(a, doc);
	ck_assert_ptr_nonnull(strstr(json, "\"percent\":0.1}"));
	ck_assert_ptr_nonnull(strstr(json, "\"percent\":0.3333333333333333}"));
	ck_assert_ptr_nonnull(strstr(json, "\"percent\":100}"));
	ck_assert_ptr_nonnull(strstr(json, "\"percent\":1e-09}"));
	ck_assert_ptr_nonnull(strstr(json, "9007199254740991"));
	ck_assert_str_eq(json, json_of(a, read_with(a, json, NULL)));
}
END_TEST

START_TEST(unknown_keys_are_passed_over)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_doc *doc = read_with(a, HEAD "\"new\":{\"a\":[1,2]}," TAIL, NULL);

	ck_assert_ptr_null(strstr(json_of(a, doc), "new"));
	read_with(a, HEAD "\"findings\":[],\"layout\":[{\"section\":\"new\"}],"
		     "\"data\":{\"new\":[{}],\"threads\":[{\"id\":\"t1\",\"mood\":\"x\"}]}}  \n", NULL);
}
END_TEST

START_TEST(refused)
{
	static const struct {
		const char *json, *why;
	} cases[] = {
		{ "", "at byte 0: it ends too early" },
		{ "[]", "it is no object" },
		{ "null ", "it is no object" },
		{ "{}", "'schema' is missing" },
		{ "{\"schema\":1}", "'schema' must be a string" },
		{ "{\"schema\":\"dumpan-report/2\"}",
		  "'dumpan-report/2' is not the form that this version reads" },
		{ "{\"schema\":\"dumpan-report/1\"}", "'tool' is missing" },
		{ HEAD "\"data\":{},\"layout\":[]}", "'findings' is missing" },
		{ HEAD "\"findings\":[],\"layout\":[]}", "'data' is missing" },
		{ HEAD "\"findings\":[],\"data\":{}}", "'layout' is missing" },
		{ HEAD "\"findings\":{},\"data\":{},\"layout\":[]}", "'findings' must be a array" },
		{ HEAD "\"findings\":[],\"layout\":[],\"data\":{\"threads\":{}}}", "threads: must be an array" },
		{ HEAD "\"findings\":[],\"layout\":[],\"data\":{\"threads\":[1]}}",
		  "threads: a row must be an object" },
		{ HEAD "\"findings\":[],\"layout\":[],\"data\":{\"threads\":[{\"tid\":\"7\"}]}}",
		  "threads.tid: must be a whole number" },
		{ HEAD "\"findings\":[],\"layout\":[],\"data\":{\"threads\":[{\"user_us\":-1}]}}",
		  "threads.user_us: is below 0" },
		{ HEAD "\"findings\":[],\"layout\":[],\"data\":{\"threads\":[{\"tid\":9007199254740992}]}}",
		  "threads.tid: a number is beyond 9007199254740991" },
		{ HEAD "\"findings\":[],\"layout\":[],\"data\":{\"threads\":[{\"tid\":99999999999999999999999}]}}",
		  "threads.tid: a number is beyond 9007199254740991" },
		{ HEAD "\"findings\":[],\"layout\":[],\"data\":{\"threads\":[{\"id\":\"t1\\\" x\"}]}}",
		  "threads.id: 't1\" x' is no id" },
		{ HEAD "\"findings\":[],\"layout\":[],\"data\":{\"threads\":[{\"state\":\"dancing\"}]}}",
		  "threads.state: 'dancing' is none of its words" },
		{ HEAD "\"findings\":[],\"layout\":[],\"data\":{\"threads\":[{\"stack_base\":\"0x00\"}]}}",
		  "threads.stack_base: '0x00' is no address" },
		{ HEAD "\"findings\":[],\"layout\":[],\"data\":{\"cpu\":[{\"percent\":NaN}]}}",
		  "at byte 125: a value is missing" },
		{ HEAD "\"findings\":[],\"layout\":[],\"data\":{\"stacks\":[{\"frames\":[{\"pc\":1}]}]}}",
		  "stacks.pc: must be a string" },
		{ HEAD "\"data\":{},\"layout\":[],\"findings\":[{\"rule\":\"a b\",\"severity\":\"error\"}]}",
		  "findings: a 'rule' is no id" },
		{ HEAD "\"data\":{},\"layout\":[],\"findings\":[{\"rule\":\"a.b\"}]}",
		  "findings: 'severity' is missing" },
		{ HEAD "\"verdict\":{\"confidence\":2}," TAIL, "verdict: 'confidence' must be between 0 and 1" },
		{ HEAD "\"verdict\":{\"text\":\"x\",\"runs\":[{\"ref\":\"x\"}]}," TAIL,
		  "verdict: 'x' is no id" },
		{ HEAD "\"parts\":{\"D 1\":{}}," TAIL, "'parts' is no list of reports by id" },
		{ HEAD "\"privacy\":{\"masked\":{\"<b>\":1}}," TAIL, "privacy: 'masked' must hold counts" },
	};
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++)
		ck_assert_str_eq(refusal(a, cases[i].json, strlen(cases[i].json)), cases[i].why);
	ck_assert_ptr_nonnull(refusal(a, HEAD TAIL "x", strlen(HEAD TAIL "x")));
	ck_assert_str_eq(refusal(a, "{\"a\":\"\xed\xa0\x80\"}", 9), "it is not valid UTF-8");
}
END_TEST

/* One grammar with every release of json-c: their own strict modes differ. */
START_TEST(what_is_json)
{
	static const char *const good[] = {
		"-0.5e+3", "1E-9", "0", "[ ]", "{ }", "[true,false,null]", "{\"\":{\"a\" : [\t\"b\"\r\n] }}",
		"\"\xc3\xa9 \xf0\x9f\x98\x80 \x7f\"", "\"\\u00e9\\ud800\\n\\/\\\\\"",
	};
	static const char *const bad[] = {
		"01",      "+1",	  ".5",	    "1.",     "1e",	 "-",	     "- 1",
		"0x10",    "NaN",	  "-Infinity", "nul",  "True",	 "'a'",	     "\"a\tb\"",
		"\"\\x\"", "\"\\u12g4\"", "\"\\",	    "[1,]",   "[,1]",	 "[1 2]",    "{\"a\":1,}",
		"{a:1}",   "{\"a\" 1}",	  "[1}",    "/**/1",  "1 // x",	 "[1]]",     "\"a",
	};
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();

	for (size_t i = 0; i < DA_ARRAY_SIZE(good); i++)
		read_with(a, da_printf(a, HEAD "\"x\":%s," TAIL, good[i]), NULL);
	for (size_t i = 0; i < DA_ARRAY_SIZE(bad); i++) {
		const char *json = da_printf(a, HEAD "\"x\":%s," TAIL, bad[i]);

		ck_assert_msg(!strncmp(refusal(a, json, strlen(json)), "at byte ", 8), "%s", bad[i]);
	}
	ck_assert_int_eq(strncmp(refusal(a, HEAD TAIL "\0", sizeof(HEAD TAIL)), "at byte ", 8), 0);
}
END_TEST

START_TEST(too_deep)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_str_add(&s, HEAD "\"x\":");
	for (unsigned i = 0; i < 100000; i++)
		da_str_addc(&s, '[');
	ck_assert_ptr_nonnull(refusal(a, s.s, s.n));
}
END_TEST

/* Each cut, and each byte changed, is refused or read; what is read can be written and read again. */
START_TEST(every_cut_and_many_changes)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_doc *doc = da_doc_new(a, NULL);
	char *json;
	size_t n;

	fill_doc(a, doc);
	da_doc_finish(doc);
	json = (char *)json_of(a, doc);
	n = strlen(json);
	for (size_t i = 0; i + 1 < n; i += 3) {
		struct da_arena *b DA_CLEANUP(da_arena_freep) = da_arena_new();
		struct da_redact_options site = { .level = DA_REDACT_SITE };
		struct da_doc *back;
		const char *message, *one;
		char saved = json[i];

		ck_assert_int_eq(da_doc_read_json(b, json, i, NULL, &back, &message), DA_CORRUPT);
		json[i] = "\"}{][,:0x\\t\001\377e-"[i % 15];
		if (da_doc_read_json(b, json, n, i % 2 ? NULL : &site, &back, &message) == DA_OK) {
			one = json_of(b, back);
			ck_assert_str_eq(one, json_of(b, read_with(b, one, NULL)));
		}
		json[i] = saved;
	}
}
END_TEST

static bool refuse(void *ctx, const char *bytes, size_t n)
{
	return false;
}

START_TEST(a_full_disk_is_told)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_doc *doc = da_doc_new(a, NULL);

	da_doc_finish(doc);
	ck_assert_int_eq(da_doc_write_json(doc, refuse, NULL), DA_IO);
	ck_assert_int_eq(da_schema_write(refuse, NULL), DA_IO);
	ck_assert_int_eq(da_manual_write(refuse, NULL), DA_IO);
}
END_TEST

START_TEST(schema_and_manual_know_every_column)
{
	struct da_str schema DA_CLEANUP(da_str_done) = { 0 }, manual DA_CLEANUP(da_str_done) = { 0 };
	char key[80];

	ck_assert_int_eq(da_schema_write(into_str, &schema), DA_OK);
	ck_assert_int_eq(da_manual_write(into_str, &manual), DA_OK);
	for (unsigned c = 0; c < DA_COLS; c++) {
		snprintf(key, sizeof(key), "\"%s\":{\"title\":", da_cols[c].key);
		ck_assert_msg(strstr(schema.s, key), "%s", key);
		snprintf(key, sizeof(key), ".B %s\n", da_cols[c].key);
		ck_assert_msg(strstr(manual.s, key), "%s", key);
	}
}
END_TEST

static void save(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

/* Needs python3 with jsonschema; without it there is nothing to ask. */
START_TEST(report_fits_schema)
{
	static const char *const script =
		"python3 -c 'import json,sys\n"
		"try:\n import jsonschema\n jsonschema.Draft202012Validator\n"
		"except Exception: sys.exit(77)\n"
		"s=json.load(open(\"t_json.schema.tmp\")); r=json.load(open(\"t_json.report.tmp\"))\n"
		"jsonschema.Draft202012Validator.check_schema(s)\n"
		"v=jsonschema.Draft202012Validator(s)\n"
		"v.validate(r)\n"
		"r[\"data\"][\"threads\"][0][\"state\"]=\"dancing\"\n"
		"assert not v.is_valid(r)\n"
		"' 2>t_json.error.tmp";
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_str schema DA_CLEANUP(da_str_done) = { 0 };
	struct da_doc *doc = da_doc_new(a, NULL);
	int rc;

	fill_doc(a, doc);
	fill_doc(a, da_doc_part(doc, "d1"));
	da_doc_timing(doc, "load", 1, 2);
	da_doc_finish(doc);
	ck_assert_int_eq(da_schema_write(into_str, &schema), DA_OK);
	save("t_json.schema.tmp", da_str_get(&schema));
	save("t_json.report.tmp", json_of(a, doc));
	rc = system(script);
	ck_assert_msg(rc == 0 || rc == 77 << 8 || rc == 127 << 8, "see t_json.error.tmp");
	remove("t_json.schema.tmp");
	remove("t_json.report.tmp");
	remove("t_json.error.tmp");
}
END_TEST

UNIT_MAIN("json", comes_back_as_it_was, unfilled_document, stricter_but_never_looser, numbers,
	  unknown_keys_are_passed_over, refused, what_is_json, too_deep, every_cut_and_many_changes,
	  a_full_disk_is_told, schema_and_manual_know_every_column, report_fits_schema)
