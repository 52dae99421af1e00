/* SPDX-License-Identifier: Apache-2.0 */
/* Redaction of sentences: found in the flat text, masked in the runs. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "report/redact.h"

struct piece {
	enum da_run_kind kind;
	size_t start, end;
};

struct sentence {
	struct da_arena *arena;
	char *text; /* flat */
	size_t n;
	DA_VEC(struct piece) pieces;
};

static void flatten(struct sentence *s, const char *rich)
{
	struct da_str flat DA_CLEANUP(da_str_done) = { 0 };
	struct da_run run;

	while (da_rich_next(&rich, &run)) {
		da_vec_push(s->arena, &s->pieces,
			    ((struct piece){ .kind = run.kind, .start = flat.n, .end = flat.n + run.n }));
		da_str_addn(&flat, run.s, run.n);
	}
	s->text = da_strdup(s->arena, da_str_get(&flat));
	s->n = flat.n;
}

static const struct piece *piece_at(const struct sentence *s, size_t at)
{
	for (size_t i = 0; i < s->pieces.n; i++)
		if (at >= s->pieces.v[i].start && at < s->pieces.v[i].end)
			return &s->pieces.v[i];
	return NULL;
}

/* References and addresses are ours; a symbol is masked only for what is a secret beyond doubt. */
static bool spared(const struct sentence *s, const struct da_span *span)
{
	const struct piece *p = piece_at(s, span->start);

	if (!p)
		return false;
	if (p->kind == DA_RUN_REF || p->kind == DA_RUN_ADDRESS)
		return true;
	return p->kind == DA_RUN_SYMBOL && span->soft && span->from >= p->start;
}

static void spare(const struct sentence *s, struct da_spans *spans)
{
	size_t kept = 0;

	for (size_t i = 0; i < spans->spans.n; i++)
		if (!spared(s, &spans->spans.v[i]))
			spans->spans.v[kept++] = spans->spans.v[i];
	spans->spans.n = kept;
}

/* Runs that are masked as a whole. */
static void whole_runs(struct da_redactor *r, const struct sentence *s, struct da_spans *ret)
{
	for (size_t i = 0; i < s->pieces.n; i++) {
		const struct piece *p = &s->pieces.v[i];
		bool site = p->kind == DA_RUN_SITE ||
			    (p->kind == DA_RUN_PATH && !da_path_of_system(s->text + p->start));
		struct da_known *k;

		if (p->end == p->start || da_mask_len(s->text + p->start, p->end - p->start) == p->end - p->start)
			continue;
		if (site && r->level >= DA_REDACT_SITE) {
			k = da_known_put(r, s->text + p->start, p->end - p->start,
					 p->kind == DA_RUN_PATH ? "path" : "name", DA_LEARN_ANY,
					 true);
			da_span_add(ret, p->start, p->end, k->kind, DA_LEARN_NO);
		} else if (p->kind == DA_RUN_SECRET) {
			da_span_add(ret, p->start, p->end, "string", DA_LEARN_NO);
		}
	}
}

static char letter_of(enum da_run_kind kind)
{
	static const char letters[] = { [DA_RUN_REF] = 'r',    [DA_RUN_ADDRESS] = 'a',
					[DA_RUN_SYMBOL] = 's', [DA_RUN_PATH] = 'p',
					[DA_RUN_SITE] = 'x',   [DA_RUN_SECRET] = 'k' };

	return letters[kind];
}

/* The sentence again, each span's mask in the run where the span starts. */
static const char *rebuild(struct da_redactor *r, const struct sentence *s, const struct da_spans *spans)
{
	struct da_str out DA_CLEANUP(da_str_done) = { 0 };
	size_t at = 0, k = 0;

	for (size_t i = 0; i < s->pieces.n; i++) {
		const struct piece *p = &s->pieces.v[i];
		size_t begin = out.n;

		if (p->kind != DA_RUN_TEXT)
			da_str_addf(&out, "%c%c", DA_RICH_OPEN, letter_of(p->kind));
		at = DA_MAX(at, p->start);
		while (at < p->end) {
			const struct da_span *span = k < spans->spans.n ? &spans->spans.v[k] : NULL;
			size_t stop = span ? DA_MIN(span->start, p->end) : p->end;

			da_str_addn(&out, s->text + at, stop - at);
			at = stop;
			if (span && at == span->start && at < p->end) {
				da_str_add(&out, da_span_mask(r, s->text, span));
				at = span->end;
				k++;
			}
		}
		if (p->kind != DA_RUN_TEXT && out.n == begin + 2 && p->end > p->start) {
			out.n = begin; /* all of it went into the mask before */
			out.s[begin] = '\0';
		} else if (p->kind != DA_RUN_TEXT) {
			da_str_addc(&out, DA_RICH_CLOSE);
		}
	}
	return da_strdup(r->arena, da_str_get(&out));
}

static const char *redact_sentence(struct da_redactor *r, const char *rich, bool known_only)
{
	struct da_arena *scratch DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_spans spans = { .arena = scratch };
	struct sentence s = { .arena = scratch };

	flatten(&s, rich);
	if (!known_only) {
		da_spans_scan(r, DA_AS_TEXT, s.text, s.n, &spans);
		whole_runs(r, &s, &spans);
		spare(&s, &spans);
		da_spans_learn(r, s.text, &spans);
	}
	da_known_scan(r, s.text, s.n, false, &spans);
	spare(&s, &spans);
	da_spans_settle(&spans, s.text, s.n);
	return spans.spans.n ? rebuild(r, &s, &spans) : rich;
}

const char *da_redact_rich(struct da_redactor *r, const char *rich)
{
	const char *answer;
	uint64_t key;

	if (!rich || r->level == DA_REDACT_NONE)
		return rich;
	rich = da_intern(r->arena, &r->strings, rich);
	answer = da_redact_cached(r, rich, DA_AS_RICH, &key);
	return answer ? answer : da_redact_remember(r, key, redact_sentence(r, rich, false));
}

const char *da_redact_rich_again(struct da_redactor *r, const char *rich)
{
	return r->nsearch ? redact_sentence(r, rich, true) : rich;
}
