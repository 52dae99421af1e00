/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "report/json_out.h"

void da_json_init(struct da_json *j, da_write_fn *write, void *ctx)
{
	j->write = write;
	j->ctx = ctx;
	j->failed = false;
	j->comma = false;
	j->n = 0;
}

static void flush(struct da_json *j)
{
	if (!j->failed && j->n && !j->write(j->ctx, j->buf, j->n))
		j->failed = true;
	j->n = 0;
}

static void put(struct da_json *j, const char *s, size_t n)
{
	if (n > sizeof(j->buf) - j->n)
		flush(j);
	if (n > sizeof(j->buf)) {
		if (!j->failed && !j->write(j->ctx, s, n))
			j->failed = true;
		return;
	}
	if (n)
		memcpy(j->buf + j->n, s, n);
	j->n += n;
}

enum da_status da_json_done(struct da_json *j)
{
	flush(j);
	return j->failed ? DA_IO : DA_OK;
}

static void item(struct da_json *j)
{
	if (j->comma)
		put(j, ",", 1);
	j->comma = true;
}

void da_json_open(struct da_json *j, char bracket)
{
	item(j);
	put(j, &bracket, 1);
	j->comma = false;
}

void da_json_close(struct da_json *j, char bracket)
{
	put(j, &bracket, 1);
	j->comma = true;
}

void da_json_line(struct da_json *j)
{
	if (j->comma)
		put(j, ",", 1);
	put(j, "\n", 1);
	j->comma = false;
}

void da_json_stringn(struct da_json *j, const char *s, size_t n)
{
	size_t from = 0;

	item(j);
	put(j, "\"", 1);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		char escape[8];

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		put(j, s + from, i - from);
		from = i + 1;
		if (c == '"' || c == '\\')
			snprintf(escape, sizeof(escape), "\\%c", c);
		else
			snprintf(escape, sizeof(escape), "\\u%04x", c);
		put(j, escape, strlen(escape));
	}
	put(j, s + from, n - from);
	put(j, "\"", 1);
}

void da_json_string(struct da_json *j, const char *s)
{
	da_json_stringn(j, s, strlen(s));
}

void da_json_key(struct da_json *j, const char *key)
{
	da_json_string(j, key);
	put(j, ":", 1);
	j->comma = false;
}

void da_json_uint(struct da_json *j, uint64_t v)
{
	char b[24];

	item(j);
	put(j, b, (size_t)snprintf(b, sizeof(b), "%" PRIu64, v));
}

void da_json_int(struct da_json *j, int64_t v)
{
	char b[24];

	item(j);
	put(j, b, (size_t)snprintf(b, sizeof(b), "%" PRId64, v));
}

/* The shortest of three forms that reads back as the same number; never a NaN, JSON has none. */
void da_json_real(struct da_json *j, double d)
{
	char b[40];

	item(j);
	if (!isfinite(d)) {
		put(j, "null", 4);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(b, sizeof(b), "%.*g", digits, d);
		if (strtod(b, NULL) == d)
			break;
	}
	put(j, b, strlen(b));
}

void da_json_bool(struct da_json *j, bool b)
{
	item(j);
	put(j, b ? "true" : "false", b ? 4 : 5);
}

void da_json_address(struct da_json *j, uint64_t v)
{
	char b[24];

	item(j);
	put(j, b, (size_t)snprintf(b, sizeof(b), "\"0x%" PRIx64 "\"", v));
}

void da_json_text(struct da_json *j, const char *key, const char *text)
{
	if (!text)
		return;
	da_json_key(j, key);
	da_json_string(j, text);
}

void da_json_count(struct da_json *j, const char *key, uint64_t v)
{
	da_json_key(j, key);
	da_json_uint(j, v);
}

/* ---------------------------------------------------------------- sentences */

bool da_rich_has_marks(const char *rich)
{
	return rich && strchr(rich, DA_RICH_OPEN);
}

void da_json_flat(struct da_json *j, const char *key, const char *rich)
{
	struct da_str flat DA_CLEANUP(da_str_done) = { 0 };

	if (!rich)
		return;
	da_json_key(j, key);
	if (!da_rich_has_marks(rich)) {
		da_json_string(j, rich);
		return;
	}
	da_rich_plain(&flat, rich);
	da_json_string(j, da_str_get(&flat));
}

void da_json_runs(struct da_json *j, const char *key, const char *rich)
{
	static const struct {
		const char *type, *privacy;
	} kinds[] = {
		[DA_RUN_ADDRESS] = { "address", "public" }, [DA_RUN_SYMBOL] = { "symbol", "public" },
		[DA_RUN_PATH] = { "path", "site" },	    [DA_RUN_SITE] = { "text", "site" },
		[DA_RUN_SECRET] = { "text", "secret" },
	};
	struct da_run run;

	if (!da_rich_has_marks(rich))
		return;
	da_json_key(j, key);
	da_json_open(j, '[');
	while (da_rich_next(&rich, &run)) {
		if (run.kind == DA_RUN_TEXT) {
			da_json_stringn(j, run.s, run.n);
			continue;
		}
		da_json_open(j, '{');
		da_json_key(j, run.kind == DA_RUN_REF ? "ref" : "value");
		da_json_stringn(j, run.s, run.n);
		if (run.kind != DA_RUN_REF) {
			da_json_text(j, "type", kinds[run.kind].type);
			da_json_text(j, "privacy", kinds[run.kind].privacy);
		}
		da_json_close(j, '}');
	}
	da_json_close(j, ']');
}
