/* SPDX-License-Identifier: Apache-2.0 */
/* Redaction: from a text to what may be shown of it. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"
#include "report/redact.h"

/* Which names a class of text stands for; at `site` and above such a text is masked as a whole. */
static const char *const site_kinds[] = {
	[DA_AS_TEXT] = NULL,   [DA_AS_SYMBOL] = NULL,         [DA_AS_PATH] = "path",
	[DA_AS_HOST] = "host", [DA_AS_ARGUMENT] = "argument", [DA_AS_MESSAGE] = "message",
	[DA_AS_SITE] = "name", [DA_AS_SECRET] = "string",
};

bool da_redact_kind_secret(const char *kind)
{
	for (unsigned i = 0; i < DA_ARRAY_SIZE(site_kinds); i++)
		if (i != DA_AS_SECRET && da_streq(site_kinds[i], kind))
			return false;
	return !da_streq(kind, "user") && !da_streq(kind, "unchecked");
}

bool da_redact_level_parse(const char *word, enum da_redact_level *ret)
{
	int i = da_word_index(DA_WORDS_level, word);

	if (i < 0)
		return false;
	*ret = (enum da_redact_level)i;
	return true;
}

struct da_redactor *da_redactor_new(struct da_arena *a, const struct da_redact_options *options)
{
	struct da_redactor *r = da_new(a, struct da_redactor);

	r->arena = a;
	r->level = options ? options->level : DA_REDACT_SECRETS;
	if (options && options->key_len) {
		r->key = da_memdup(a, options->key, options->key_len);
		r->key_len = options->key_len;
	}
	r->shapes = da_shapes_new(a);
	return r;
}

enum da_redact_level da_redactor_level(const struct da_redactor *r)
{
	return r->level;
}

/* ---------------------------------------------------------------- spans */

static int by_start(const void *x, const void *y)
{
	const struct da_span *a = x, *b = y;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->end > b->end ? -1 : a->end < b->end;
}

/* A mask that lies inside a span, or is cut by it, stays as it is. */
static bool is_masked(const char *text, size_t n, const struct da_span *s)
{
	for (size_t i = s->start > 48 ? s->start - 48 : 0; i < s->end && i < n; i++) {
		size_t len = text[i] == '[' ? da_mask_len(text + i, n - i) : 0;

		if (len && i <= s->start && i + len >= s->end)
			return true;
	}
	return false;
}

/* Sorted, overlapping ones made one, without what is masked already. */
void da_spans_settle(struct da_spans *s, const char *text, size_t n)
{
	size_t kept = 0;

	if (s->spans.n > 1)
		qsort(s->spans.v, s->spans.n, sizeof(*s->spans.v), by_start);
	for (size_t i = 0; i < s->spans.n; i++) {
		struct da_span *span = &s->spans.v[i], *last = kept ? &s->spans.v[kept - 1] : NULL;

		if (is_masked(text, n, span))
			continue;
		if (last && span->start < last->end) {
			if (span->end > last->end) {
				last->end = span->end;
				last->as = NULL;
			}
			continue;
		}
		s->spans.v[kept++] = *span;
	}
	s->spans.n = kept;
}

void da_spans_learn(struct da_redactor *r, const char *text, const struct da_spans *spans)
{
	for (size_t i = 0; i < spans->spans.n; i++) {
		const struct da_span *s = &spans->spans.v[i];

		if (!s->as)
			da_known_put(r, text + s->start, s->end - s->start, s->kind, s->learn, false);
	}
}

const char *da_span_mask(struct da_redactor *r, const char *text, const struct da_span *s)
{
	if (s->as)
		return da_known_mask(r, s->as->text, s->as->len, s->kind, DA_LEARN_NO, s->as->site);
	return da_known_mask(r, text + s->start, s->end - s->start, s->kind, DA_LEARN_NO, false);
}

void da_spans_scan(struct da_redactor *r, enum da_redact_class class, const char *text, size_t n,
		 struct da_spans *ret)
{
	if (!da_shapes_scan(r->shapes, text, n, r->level >= DA_REDACT_SITE && class != DA_AS_SYMBOL, ret))
		da_span_add(ret, 0, n, "unchecked", DA_LEARN_NO);
	if (class != DA_AS_SYMBOL) {
		da_names_scan(text, n, ret);
		da_tools_scan_text(text, n, ret);
	}
}

static const char *apply(struct da_redactor *r, const char *text, size_t n, struct da_spans *spans)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	size_t at = 0;

	da_spans_settle(spans, text, n);
	if (!spans->spans.n)
		return text;
	for (size_t i = 0; i < spans->spans.n; i++) {
		const struct da_span *span = &spans->spans.v[i];

		da_str_addn(&s, text + at, span->start - at);
		da_str_add(&s, da_span_mask(r, text, span));
		at = span->end;
	}
	da_str_addn(&s, text + at, n - at);
	return da_strdup(r->arena, da_str_get(&s));
}

/* ---------------------------------------------------------------- the cache */

const char *da_redact_cached(struct da_redactor *r, const char *text, unsigned class, uint64_t *ret_key)
{
	uint64_t *at;

	*ret_key = (uint64_t)(uintptr_t)text << 4 | class;
	at = da_map_get(&r->cache, *ret_key);
	return at && r->answers.v[*at].epoch == r->epoch ? r->answers.v[*at].text : NULL;
}

const char *da_redact_remember(struct da_redactor *r, uint64_t key, const char *answer)
{
	bool fresh;
	uint64_t *at = da_map_put(r->arena, &r->cache, key, &fresh);

	if (fresh) {
		*at = r->answers.n;
		da_vec_add(r->arena, &r->answers);
	}
	r->answers.v[*at] = (struct da_answer){ .text = answer, .epoch = r->epoch };
	return answer;
}

/* ---------------------------------------------------------------- plain text */

/* Whoever has a home there has a name that says who it is. */
static void learn_user(struct da_redactor *r, const char *path)
{
	static const char *const homes[] = { "/home/", "/Users/", ":\\Users\\", "/var/home/" };

	for (size_t i = 0; i < DA_ARRAY_SIZE(homes); i++) {
		const char *at = strstr(path, homes[i]);
		size_t n = at ? strcspn(at + strlen(homes[i]), "/\\") : 0;

		if (n >= 3)
			da_known_put(r, at + strlen(homes[i]), n, "user", DA_LEARN_ANY, true);
	}
}

/* Contents of memory: masked whole, after a look for secrets in them that may stand elsewhere too. */
static const char *contents(struct da_redactor *r, const char *text, size_t n)
{
	struct da_arena *scratch DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_spans spans = { .arena = scratch };

	da_spans_scan(r, DA_AS_TEXT, text, n, &spans);
	da_spans_learn(r, text, &spans);
	return da_known_mask(r, text, n, "string", DA_LEARN_NO, false);
}

/* Paths that every Linux has, and that say nothing about the site. */
bool da_path_of_system(const char *path)
{
	return da_starts(path, "/proc/") || da_starts(path, "/sys/") || da_starts(path, "/dev/") ||
	       path[0] == '[';
}

/* Names are looked for in other texts; a message only when it is too long to stand there by chance. */
static enum da_learn site_learn(enum da_redact_class class, size_t n)
{
	if (class == DA_AS_ARGUMENT || (class == DA_AS_MESSAGE && n < 16))
		return DA_LEARN_NO;
	return DA_LEARN_ANY;
}

static const char *redact_plain(struct da_redactor *r, enum da_redact_class class, const char *text)
{
	struct da_arena *scratch DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_spans spans = { .arena = scratch };
	size_t n = strlen(text);
	const char *site = site_kinds[class];

	if (n == 0 || da_mask_len(text, n) == n)
		return text;
	if (class == DA_AS_SECRET)
		return contents(r, text, n);
	da_spans_scan(r, class, text, n, &spans);
	da_spans_learn(r, text, &spans);
	if (r->level >= DA_REDACT_SITE && site && !(class == DA_AS_PATH && da_path_of_system(text))) {
		if (class == DA_AS_PATH)
			learn_user(r, text);
		return da_known_mask(r, text, n, site, site_learn(class, n), true);
	}
	da_known_scan(r, text, n, class == DA_AS_SYMBOL, &spans);
	return apply(r, text, n, &spans);
}

const char *da_redact_text(struct da_redactor *r, enum da_redact_class class, const char *text)
{
	const char *answer;
	uint64_t key;

	if (!text || r->level == DA_REDACT_NONE)
		return text;
	text = da_intern(r->arena, &r->strings, text);
	answer = da_redact_cached(r, text, class, &key);
	if (answer)
		return answer;
	answer = redact_plain(r, class, text); /* may learn: the epoch is that of its end */
	return da_redact_remember(r, key, answer);
}

const char *da_redact_again(struct da_redactor *r, const char *text, bool symbol)
{
	struct da_arena *scratch DA_CLEANUP(da_arena_freep) = NULL;
	struct da_spans spans = { 0 };

	if (!r->nsearch)
		return text;
	scratch = da_arena_new();
	spans.arena = scratch;
	da_known_scan(r, text, strlen(text), symbol, &spans);
	return apply(r, text, strlen(text), &spans);
}

void da_redact_learn(struct da_redactor *r, const char *text)
{
	struct da_arena *scratch DA_CLEANUP(da_arena_freep) = NULL;
	struct da_spans spans = { 0 };
	const char *eq = strchr(text, '='), *kind;
	enum da_name_strength strength;

	if (r->level == DA_REDACT_NONE)
		return;
	scratch = da_arena_new();
	spans.arena = scratch;
	da_spans_scan(r, DA_AS_TEXT, text, strlen(text), &spans);
	if (eq) { /* NAME=VALUE of an environment: blanks belong to the value */
		strength = da_name_judge(text, (size_t)(eq - text), &kind);
		if (strength != DA_NAME_NO && !da_name_is_directory(text, (size_t)(eq - text), eq + 1) &&
		    !da_value_benign_for(kind, eq + 1, strlen(eq + 1), strength))
			da_span_add(&spans, (size_t)(eq + 1 - text), strlen(text), kind,
				    da_learn_by(strength));
	}
	da_spans_learn(r, text, &spans);
}

const char *da_redact_variable(struct da_redactor *r, const char *name, const char *value)
{
	enum da_name_strength strength;
	const char *kind;
	size_t n = strlen(value);

	if (r->level == DA_REDACT_NONE)
		return value;
	strength = da_name_judge(name, strlen(name), &kind);
	if (strength != DA_NAME_NO && !da_name_is_directory(name, strlen(name), value) &&
	    !da_value_benign_for(kind, value, n, strength))
		return da_known_mask(r, value, n, kind, da_learn_by(strength), false);
	return da_redact_text(r, DA_AS_SITE, value);
}

/* ---------------------------------------------------------------- command lines */

/* One text of all arguments, and where each of them lies. */
static char *join(struct da_arena *a, const char *const *args, size_t n, struct da_token *ret)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (i)
			da_str_addc(&s, ' ');
		ret[i].start = s.n;
		da_str_add(&s, args[i]);
		ret[i].end = s.n;
	}
	return da_strdup(a, da_str_get(&s));
}

/* The spans of one argument, in its own coordinates. */
static void spans_within(const struct da_spans *all, const struct da_token *t, struct da_spans *ret)
{
	for (size_t i = 0; i < all->spans.n; i++) {
		const struct da_span *s = &all->spans.v[i];

		if (s->start >= t->start && s->end <= t->end)
			da_span_add(ret, s->start - t->start, s->end - t->start, s->kind, s->learn);
	}
}

void da_redact_arguments(struct da_redactor *r, const char *const *args, size_t n, const char **ret)
{
	struct da_arena *scratch DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_token *tokens = da_calloc(scratch, n, sizeof(*tokens));
	struct da_spans all = { .arena = scratch };
	const char *text = join(scratch, args, n, tokens);

	if (r->level != DA_REDACT_NONE)
		da_arguments_scan(text, tokens, n, &all);
	da_spans_learn(r, text, &all);
	for (size_t i = 0; i < n; i++) {
		struct da_spans mine = { .arena = scratch };

		spans_within(&all, &tokens[i], &mine);
		if (!mine.spans.n) {
			ret[i] = da_redact_text(r, DA_AS_ARGUMENT, args[i]);
			continue;
		}
		if (r->level == DA_REDACT_NONE) {
			ret[i] = args[i];
		} else if (r->level >= DA_REDACT_SITE && mine.spans.v[0].end - mine.spans.v[0].start !=
								  strlen(args[i])) {
			ret[i] = da_known_mask(r, args[i], strlen(args[i]), "argument", DA_LEARN_NO, true);
		} else {
			da_spans_scan(r, DA_AS_ARGUMENT, args[i], strlen(args[i]), &mine);
			da_known_scan(r, args[i], strlen(args[i]), false, &mine);
			ret[i] = apply(r, args[i], strlen(args[i]), &mine);
		}
	}
}

void da_redact_learn_arguments(struct da_redactor *r, const char *const *args, size_t n)
{
	struct da_arena *scratch DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_token *tokens = da_calloc(scratch, n, sizeof(*tokens));
	struct da_spans all = { .arena = scratch };
	const char *text = join(scratch, args, n, tokens);

	if (r->level == DA_REDACT_NONE)
		return;
	da_arguments_scan(text, tokens, n, &all);
	da_spans_learn(r, text, &all);
	for (size_t i = 0; i < n; i++)
		da_redact_learn(r, args[i]);
}

/* ---------------------------------------------------------------- what was masked */

static int by_kind(const void *x, const void *y)
{
	return strcmp(((const struct da_mask_kind *)x)->kind, ((const struct da_mask_kind *)y)->kind);
}

size_t da_redact_kinds(const struct da_redactor *r)
{
	if (r->kinds.n)
		qsort(r->kinds.v, r->kinds.n, sizeof(*r->kinds.v), by_kind);
	return r->kinds.n;
}

const char *da_redact_kind(const struct da_redactor *r, size_t i, uint64_t *ret_count)
{
	*ret_count = r->kinds.v[i].count;
	return r->kinds.v[i].kind;
}
