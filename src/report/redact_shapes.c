/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of tokens, by PCRE2: redact_patterns.def. */
#include "config.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "report/redact.h"

#define MATCH_LIMIT 2000000

enum class { SECRET, SITE };

static const struct pattern {
	const char *kind;
	enum class class;
	const char *needles;
	const char *regex;
} patterns[] = {
#define DA_PATTERN(id, kind, class, needles, regex) { kind, class, needles, regex },
#include "report/redact_patterns.def"
#undef DA_PATTERN
};

#define N DA_ARRAY_SIZE(patterns)

struct da_shapes {
	pcre2_code *code[N];
	pcre2_match_data *data;
	pcre2_match_context *context;
	DA_VEC(struct needle {
		const char *s;
		size_t n;
		unsigned pattern;
	}) needles;
	uint64_t heads[65536 / 64]; /* which two bytes begin some needle */
};

_Static_assert(N <= 64, "a word has a bit for each pattern");

static void shapes_free(void *ptr)
{
	struct da_shapes *s = ptr;

	for (size_t i = 0; i < N; i++)
		pcre2_code_free(s->code[i]);
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->context);
}

static unsigned pair_of(const char *s)
{
	return (unsigned)(unsigned char)s[0] << 8 | (unsigned char)s[1];
}

static void add_needles(struct da_arena *a, struct da_shapes *shapes, unsigned pattern)
{
	const char *s = patterns[pattern].needles;

	while (*s) {
		size_t n = strcspn(s, " ");

		da_vec_push(a, &shapes->needles, ((struct needle){ .s = s, .n = n, .pattern = pattern }));
		for (unsigned second = 0; second < 256; second++) { /* a needle of one byte: with any other */
			char pair[2] = { s[0], n > 1 ? s[1] : (char)second };
			unsigned at = pair_of(pair);

			shapes->heads[at / 64] |= 1ULL << at % 64;
		}
		s += n + strspn(s + n, " ");
	}
}

struct da_shapes *da_shapes_new(struct da_arena *a)
{
	struct da_shapes *s = da_new(a, struct da_shapes);

	for (size_t i = 0; i < N; i++) {
		int error;
		PCRE2_SIZE at;

		s->code[i] = pcre2_compile((PCRE2_SPTR)patterns[i].regex, PCRE2_ZERO_TERMINATED, 0, &error, &at,
					   NULL);
		if (s->code[i])
			pcre2_jit_compile(s->code[i], PCRE2_JIT_COMPLETE); /* refused by policy: goes without */
		add_needles(a, s, (unsigned)i);
	}
	s->data = pcre2_match_data_create(4, NULL);
	s->context = pcre2_match_context_create(NULL);
	if (!s->data || !s->context)
		da_out_of_memory(sizeof(*s));
	pcre2_set_match_limit(s->context, MATCH_LIMIT);
	da_arena_on_free(a, shapes_free, s);
	return s;
}

/* A bit for each pattern whose needle is in the text. (The byte behind the text is its NUL.) */
static uint64_t wanted(const struct da_shapes *s, const char *text, size_t n)
{
	uint64_t ret = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned at = pair_of(text + i);

		if (!(s->heads[at / 64] >> at % 64 & 1))
			continue;
		for (size_t k = 0; k < s->needles.n; k++) {
			const struct needle *needle = &s->needles.v[k];

			if (needle->s[0] == text[i] && needle->n <= n - i &&
			    memcmp(needle->s, text + i, needle->n) == 0)
				ret |= 1ULL << needle->pattern;
		}
	}
	return ret;
}

/* A key whose beginning the text does not hold: base64 and line breaks up to an END line. */
static void pem_tail(const char *text, size_t n, struct da_spans *ret)
{
	const char *end = memmem(text, n, "-----END ", 9), *from, *close;

	if (!end)
		return;
	for (from = end; from > text; from--) {
		char c = from[-1];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
		      c == '/' || c == '=' || c == '\\' || c == ' '))
			break;
	}
	if (end - from < 16)
		return;
	close = memmem(end + 9, n - (size_t)(end + 9 - text), "-----", 5);
	da_span_add(ret, (size_t)(from - text), close ? (size_t)(close - text) + 5 : n, "pem", DA_LEARN_NO);
}

/* The compiled code has a small stack; what does not fit there is matched without it. */
static int match(struct da_shapes *s, size_t i, const char *text, size_t n, size_t at)
{
	int rc = pcre2_match(s->code[i], (PCRE2_SPTR)text, n, at, 0, s->data, s->context);

	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(s->code[i], (PCRE2_SPTR)text, n, at, PCRE2_NO_JIT, s->data, s->context);
	return rc;
}

static bool run(struct da_shapes *s, size_t i, const char *text, size_t n, struct da_spans *ret)
{
	size_t at = 0;

	while (at < n) {
		int rc = match(s, i, text, n, at);
		const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(s->data);
		unsigned g = rc > 1 && ov[2] != PCRE2_UNSET ? 1 : 0;

		if (rc == PCRE2_ERROR_NOMATCH)
			return true;
		if (rc < 0)
			return false;
		if (!da_value_benign(text + ov[2 * g], ov[2 * g + 1] - ov[2 * g], DA_NAME_STRONG))
			da_span_add(ret, ov[2 * g], ov[2 * g + 1], patterns[i].kind, DA_LEARN_ANY);
		at = ov[1] > at ? ov[1] : at + 1;
	}
	return true;
}

bool da_shapes_scan(struct da_shapes *s, const char *text, size_t n, bool site, struct da_spans *ret)
{
	uint64_t bits = wanted(s, text, n);

	for (size_t i = 0; i < N && bits >> i; i++) {
		if (!(bits >> i & 1) || (patterns[i].class == SITE && !site))
			continue;
		if (!s->code[i] || !run(s, i, text, n, ret))
			return false;
	}
	pem_tail(text, n, ret);
	return true;
}
