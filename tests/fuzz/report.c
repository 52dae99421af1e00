/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report that somebody else wrote, as `dumpan render` reads it; what is read must come back as it
 * was. Its beginning, taken as a text, goes through redaction in each of its ways.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "fuzz/fuzz.h"
#include "unit/report_doc.h"

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	static const char *const texts[] = {
		"Server=a;Password=b c;X=\"y\" token: eyJhbGciOi.x.y Bearer a1b2c3d4 https://a:b1@c/?sig=d",
		"mysql -u a -pb5 --password c {\\\"secret\\\":\\\"d\\\"} -----BEGIN X KEY-----\\nabc AKIAABCDEFGHIJKLMNOP",
	};
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_redact_options o = { .level = (enum da_redact_level)(i / 2) };
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	struct da_doc *doc;
	uint8_t *p;

	if (i >= 2 * 4 + DA_ARRAY_SIZE(texts))
		return NULL;
	if (i >= 2 * 4) {
		da_str_add(&s, texts[i - 2 * 4]);
	} else {
		doc = da_doc_new(a, &o);
		fill_doc(a, doc);
		if (i % 2)
			fill_doc(a, da_doc_part(doc, "d1"));
		da_doc_finish(doc);
		if (da_doc_write_json(doc, into_str, &s) != DA_OK)
			abort();
	}
	p = malloc(s.n);
	if (!p)
		abort();
	memcpy(p, s.s, s.n);
	*ret_n = s.n;
	return p;
}

static void read_back(const uint8_t *p, size_t n, const struct da_redact_options *o)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_str one DA_CLEANUP(da_str_done) = { 0 }, two DA_CLEANUP(da_str_done) = { 0 };
	struct da_doc *doc;
	const char *message;

	if (da_doc_read_json(a, (const char *)p, n, o, &doc, &message) != DA_OK)
		return;
	if (da_doc_write_json(doc, into_str, &one) != DA_OK ||
	    da_doc_read_json(a, one.s, one.n, NULL, &doc, &message) != DA_OK ||
	    da_doc_write_json(doc, into_str, &two) != DA_OK || strcmp(one.s, two.s) != 0)
		abort();
}

static void valid(const char *text)
{
	if (!da_utf8_valid(text, strlen(text)))
		abort();
}

static void redact(const uint8_t *p, size_t n, enum da_redact_level level)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_redactor *r = da_redactor_new(a, &(struct da_redact_options){ .level = level });
	const char *text, *args[3], *shown[3];

	n = n < 2048 ? n : 2048;
	text = da_text(a, p, n);
	for (int class = DA_AS_TEXT; class <= DA_AS_SECRET; class++)
		valid(da_redact_text(r, (enum da_redact_class)class, text));
	for (unsigned i = 0; i < 3; i++)
		args[i] = da_text(a, p + n * i / 4, n / 4);
	da_redact_arguments(r, args, 3, shown);
	da_redact_learn(r, text);
	da_redact_learn_arguments(r, args, 3);
	da_redact_variable(r, args[0], args[1]);
	da_redact_rich(r, da_printf(a, "%s" DA_SYM("%s") DA_PATH("%s") "%s", args[0], args[1], args[2], text));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct da_redact_options site = { .level = DA_REDACT_SITE };

	read_back(p, n, NULL);
	read_back(p, n, &site);
	redact(p, n, DA_REDACT_SECRETS);
	redact(p, n, DA_REDACT_STRICT);
	return 0;
}
