/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DUMP.crashreport.json: what createdump writes of a crash with DOTNET_EnableCrashReport=1 or --crashreport.
 *
 * All values are strings, numbers are hexadecimal with 0x. payload.threads[]: native_thread_id, is_managed,
 * crashed, of the thread that threw managed_exception_{type,object,hresult}; stack_frames[], of which managed
 * ones have method_name, token and il_offset. Protocol 1.0.0 of 6.0 to 11.0.
 */
#include "config.h"

#include <json-c/json.h>
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "loader/loader.h"

#define ENDING ".crashreport.json"
#define BYTES_MAX (UINT64_C(64) << 20)
#define DEPTH 16
#define NAME_MAX_BYTES 4096

/* ---------------------------------------------------------------- values */

static const char *get(const struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_string))
		return NULL;
	return json_object_get_string(v);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A hexadecimal number with 0x; anything else is none. */
static bool number(const struct json_object *o, const char *key, uint64_t *ret)
{
	const char *s = get(o, key);
	uint64_t v = 0;
	unsigned digits = 0;

	if (!s || s[0] != '0' || (s[1] | 0x20) != 'x')
		return false;
	for (s += 2; *s; s++, digits++) {
		if (hex_digit(*s) < 0 || digits == 16)
			return false;
		v = v << 4 | (unsigned)hex_digit(*s);
	}
	if (digits == 0)
		return false;
	*ret = v;
	return true;
}

static bool is_true(const struct json_object *o, const char *key)
{
	return da_streq(get(o, key), "true");
}

static const char *text(struct da_dump *d, const struct json_object *o, const char *key)
{
	const char *s = get(o, key);

	return s && *s ? da_text(d->arena, s, strnlen(s, NAME_MAX_BYTES)) : NULL;
}

static size_t items(const struct json_object *o, const char *key, struct json_object **ret)
{
	if (!json_object_object_get_ex(o, key, ret) || !json_object_is_type(*ret, json_type_array))
		return 0;
	return json_object_array_length(*ret);
}

/* ---------------------------------------------------------------- threads */

static void read_frame(struct da_dump *d, struct da_reported_thread *t, const struct json_object *o)
{
	struct da_reported_frame f = { .il_offset = -1 };
	uint64_t v;

	f.method = text(d, o, "method_name");
	if (!is_true(o, "is_managed") || !f.method || !number(o, "native_address", &f.pc))
		return;
	if (number(o, "token", &v) && v <= UINT32_MAX)
		f.token = (uint32_t)v;
	/* 0xfffffffd and up: prolog, epilog, no mapping. */
	if (number(o, "il_offset", &v) && v <= INT32_MAX)
		f.il_offset = (int32_t)v;
	da_vec_push(d->arena, &t->frames, f);
}

static uint32_t thread_index(const struct da_dump *d, uint64_t tid)
{
	for (size_t i = 0; i < d->proc.threads.n; i++)
		if (d->proc.threads.v[i].tid == tid)
			return (uint32_t)i;
	return DA_NONE;
}

/* False: no thread of this dump. */
static bool read_thread(struct da_dump *d, struct da_crash_report *r, const struct json_object *o)
{
	struct da_reported_thread t = { .managed = is_true(o, "is_managed"), .crashed = is_true(o, "crashed") };
	struct json_object *frames;
	uint64_t v;
	size_t n;

	if (!number(o, "native_thread_id", &v) || (t.thread = thread_index(d, v)) == DA_NONE)
		return false;
	t.exception_type = text(d, o, "managed_exception_type");
	number(o, "managed_exception_object", &t.exception);
	if (number(o, "managed_exception_hresult", &v) && v <= UINT32_MAX) {
		t.has_hresult = true;
		t.hresult = (uint32_t)v;
	}
	n = items(o, "stack_frames", &frames);
	for (size_t i = 0; i < DA_MIN(n, d->limits->frames); i++)
		read_frame(d, &t, json_object_array_get_idx(frames, i));
	da_vec_push(d->arena, &r->threads, t);
	return true;
}

/* ---------------------------------------------------------------- the file */

static void read_report(struct da_dump *d, const struct json_object *root, const char *file)
{
	struct da_crash_report *r = da_new(d->arena, struct da_crash_report);
	struct json_object *payload, *threads;
	size_t n, others = 0;

	if (!json_object_object_get_ex(root, "payload", &payload) || (n = items(payload, "threads", &threads)) == 0) {
		da_note(d->ledger, DA_NOTE_CORRUPT, "crash report", NULL, DA_PATH("%s") " lists no threads", file);
		return;
	}
	r->file = file;
	for (size_t i = 0; i < DA_MIN(n, d->limits->threads); i++)
		others += !read_thread(d, r, json_object_array_get_idx(threads, i));
	/* Threads come and go while a dump is made; but hardly one in two. */
	if (others > r->threads.n) {
		da_note(d->ledger, DA_NOTE_DISAGREE, "crash report", NULL,
			DA_PATH("%s") " is not used: %zu of its %zu threads are not in the dump", file, others, n);
		return;
	}
	d->crash_report = r;
}

static void parse(struct da_dump *d, struct da_bytes b, const char *file)
{
	struct json_tokener *tok = json_tokener_new_ex(DEPTH);
	struct json_object *root;

	if (!tok)
		return;
	root = json_tokener_parse_ex(tok, (const char *)b.p, (int)b.n);
	if (root && json_object_is_type(root, json_type_object))
		read_report(d, root, file);
	else
		da_note(d->ledger, DA_NOTE_CORRUPT, "crash report", NULL, DA_PATH("%s") " is no whole JSON text", file);
	json_object_put(root);
	json_tokener_free(tok);
}

static bool try_file(struct da_dump *d, const char *path, size_t n)
{
	char *name = da_printf(d->arena, "%.*s" ENDING, (int)n, path);
	const char *base = da_basename(name);
	struct da_bytes b;

	if (da_map_file(d->arena, name, BYTES_MAX, &b) != DA_OK)
		return false;
	if (b.n > 0 && b.n <= INT_MAX)
		parse(d, b, da_text(d->arena, base, strlen(base)));
	return true;
}

void da_load_crash_report(struct da_dump *d, const char *path)
{
	size_t n = strlen(path);

	if (n == 0 || n >= PATH_MAX || da_streq(path, "-"))
		return;
	/* core.77.zst: core.77.zst.crashreport.json, core.77.crashreport.json, core.crashreport.json. */
	for (unsigned i = 0; i < 3; i++) {
		if (try_file(d, path, n))
			return;
		while (n > 0 && path[n - 1] != '.' && path[n - 1] != '/')
			n--;
		if (n < 2 || path[n - 1] == '/' || path[n - 2] == '/')
			return;
		n--;
	}
}
