/* SPDX-License-Identifier: Apache-2.0 */
/* The document as a whole: what stands in it beside rows and findings. */
#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/ledger.h"
#include "base/str.h"
#include "base/text.h"
#include "report/doc.h"
#include "report/redact.h"

/* ---------------------------------------------------------------- text */

static bool is_plain(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] >= 0x7f)
			return false;
	return true;
}

const char *da_doc_intern(struct da_doc *doc, const char *text)
{
	size_t n = strlen(text);

	if (!is_plain(text, n))
		text = da_text(doc->arena, text, n);
	return da_intern(doc->whole->arena, doc->strings, text);
}

static char letter_of(enum da_run_kind kind)
{
	static const char letters[] = { [DA_RUN_REF] = 'r',    [DA_RUN_ADDRESS] = 'a',
					[DA_RUN_SYMBOL] = 's', [DA_RUN_PATH] = 'p',
					[DA_RUN_SITE] = 'x',   [DA_RUN_SECRET] = 'k' };

	return letters[kind];
}

/* The sentence with valid text in and between its marks. */
static const char *rich_valid(struct da_doc *doc, const char *rich)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	const char *pos = rich;
	struct da_run run;
	bool plain = true;

	while (plain && da_rich_next(&pos, &run))
		plain = is_plain(run.s, run.n);
	if (plain)
		return rich;
	pos = rich;
	while (da_rich_next(&pos, &run)) {
		if (run.kind != DA_RUN_TEXT) {
			da_str_addc(&s, DA_RICH_OPEN);
			da_str_addc(&s, letter_of(run.kind));
		}
		da_text_add(&s, run.s, run.n);
		if (run.kind != DA_RUN_TEXT)
			da_str_addc(&s, DA_RICH_CLOSE);
	}
	return da_strdup(doc->arena, da_str_get(&s));
}

const char *da_doc_rich(struct da_doc *doc, const char *rich)
{
	if (!rich)
		return NULL;
	rich = rich_valid(doc, rich);
	if (!doc->keep_text)
		rich = da_redact_rich(doc->redactor, rich);
	return da_intern(doc->whole->arena, doc->strings, rich);
}

const char *da_doc_as(struct da_doc *doc, enum da_redact_class class, const char *text)
{
	if (!text)
		return NULL;
	if (!doc->keep_text)
		text = da_redact_text(doc->redactor, class, da_doc_intern(doc, text));
	return da_doc_intern(doc, text);
}

/* ---------------------------------------------------------------- notes */

void da_doc_mistake(struct da_doc *doc, const char *where, const char *what)
{
	struct da_doc *whole = doc->whole;

	if (!whole->mistakes++)
		whole->first_mistake = da_printf(whole->arena, "%s: %s", where, what);
}

unsigned da_doc_mistakes(const struct da_doc *doc, const char **ret_first)
{
	if (ret_first)
		*ret_first = doc->whole->first_mistake;
	return doc->whole->mistakes;
}

void da_doc_note(struct da_doc *doc, const char *kind, const char *where, const char *text)
{
	for (size_t i = 0; i < doc->ledger.n; i++) {
		struct da_ledger_row *row = &doc->ledger.v[i];

		if (da_streq(row->kind, kind) && da_streq(row->where, where) &&
		    da_streq(row->text, text)) {
			row->count++;
			return;
		}
	}
	da_vec_push(doc->arena, &doc->ledger,
		    ((struct da_ledger_row){ .kind = kind, .where = where, .text = text, .count = 1 }));
}

/* ---------------------------------------------------------------- making */

static struct da_doc *doc_new(struct da_arena *a, struct da_redactor *r, struct da_doc *whole)
{
	struct da_doc *doc = da_new(a, struct da_doc);

	doc->arena = a;
	doc->whole = whole ? whole : doc;
	doc->redactor = r;
	doc->level = r ? da_redactor_level(r) : DA_REDACT_NONE;
	doc->strings = whole ? whole->strings : da_new(a, struct da_strings);
	doc->from_json = whole && whole->from_json;
	doc->keep_text = whole && whole->keep_text;
	doc->tool_version = PACKAGE_VERSION;
	return doc;
}

struct da_doc *da_doc_new(struct da_arena *a, const struct da_redact_options *options)
{
	return doc_new(a, da_redactor_new(a, options), NULL);
}

struct da_doc *da_doc_new_with(struct da_arena *a, struct da_redactor *r)
{
	return doc_new(a, r, NULL);
}

struct da_redactor *da_doc_redactor(struct da_doc *doc)
{
	return doc->redactor;
}

struct da_doc *da_doc_part(struct da_doc *doc, const char *id)
{
	struct da_doc *part = doc_new(doc->arena, doc->redactor, doc);

	da_vec_push(doc->arena, &doc->parts,
		    ((struct da_part){ .id = da_doc_intern(doc, id), .doc = part }));
	return part;
}

void da_doc_push(struct da_doc *doc, struct da_strings_vec *vec, const char *s)
{
	da_vec_push(doc->arena, vec, s);
}

/* ---------------------------------------------------------------- filling */

void da_doc_status(struct da_doc *doc, enum da_doc_status status)
{
	doc->status = status;
}

void da_doc_title(struct da_doc *doc, const char *title)
{
	doc->title = da_doc_as(doc, DA_AS_TEXT, title);
}

void da_doc_rules_version(struct da_doc *doc, const char *version)
{
	doc->rules_version = da_doc_intern(doc, version);
}

double da_doc_confidence(double d)
{
	return d > 0 ? (d < 1 ? floor(1000 * d + 0.5) / 1000 : 1) : 0; /* 0 also for what is no number */
}

void da_doc_verdict_ref(struct da_doc *doc, enum da_verdict_kind kind, double confidence,
			const char *finding, const char *rich)
{
	doc->verdict = (struct da_verdict){
		.kind = kind,
		.text = da_doc_rich(doc, rich),
		.confidence = da_doc_confidence(confidence),
		.finding = finding ? da_doc_intern(doc, finding) : NULL,
	};
	doc->verdict_finding = NULL;
}

void da_doc_verdict(struct da_doc *doc, enum da_verdict_kind kind, double confidence,
		    const struct da_finding *finding, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	da_doc_verdict_ref(doc, kind, confidence, NULL, da_vprintf(doc->arena, fmt, ap));
	va_end(ap);
	doc->verdict_finding = finding;
}

void da_signature_hash(const char *id, const char *const *frames, size_t n, unsigned version, char *ret)
{
	uint64_t h = da_hash(DA_HASH_SEED, &(unsigned char){ (unsigned char)version }, 1);

	h = da_hash(h, id, strlen(id) + 1);
	for (size_t i = 0; i < n; i++)
		h = da_hash(h, frames[i], strlen(frames[i]) + 1);
	snprintf(ret, 17, "%016" PRIx64, h);
}

void da_doc_signature(struct da_doc *doc, const char *id, const char *const *frames, size_t n,
		      unsigned version)
{
	const char **copy = da_calloc(doc->arena, n, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = da_doc_as(doc, DA_AS_SYMBOL, frames[i]);
	doc->signature.id = da_doc_as(doc, DA_AS_SYMBOL, id);
	doc->signature_frames = copy;
	doc->signature.frames = copy;
	doc->signature.nframes = n;
	doc->signature.version = version;
}

void da_doc_signature_alternative(struct da_doc *doc, const char *id)
{
	da_doc_push(doc, &doc->alternatives, da_doc_as(doc, DA_AS_SYMBOL, id));
}

void da_doc_ledger(struct da_doc *doc, struct da_ledger *ledger)
{
	for (size_t i = 0; i < da_ledger_count(ledger); i++) {
		const struct da_entry *e = da_ledger_at(ledger, i);

		da_vec_push(doc->arena, &doc->ledger,
			    ((struct da_ledger_row){ .kind = da_note_kind_name(e->kind),
						     .where = da_doc_rich(doc, e->where),
						     .text = da_doc_rich(doc, e->text),
						     .remedy = da_doc_rich(doc, e->remedy),
						     .count = DA_MIN(e->count, DA_INT_MAX) }));
	}
	for (unsigned kind = 0; kind < DA_NOTE_KINDS; kind++) {
		uint64_t dropped = da_ledger_dropped(ledger, kind);

		if (dropped)
			da_doc_note(doc, da_note_kind_name(kind), "this list",
				    da_printf(doc->arena, "%" PRIu64 " more entries of this kind were left out",
					      dropped));
	}
}

void da_doc_rule(struct da_doc *doc, const char *rule, enum da_outcome outcome, unsigned findings,
		 const char *why)
{
	da_vec_push(doc->arena, &doc->rules,
		    ((struct da_rule_row){ .rule = da_doc_intern(doc, rule),
					   .outcome = da_words[DA_WORDS_outcome][outcome],
					   .why = da_doc_rich(doc, why),
					   .findings = findings }));
}

void da_doc_completeness(struct da_doc *doc, enum da_section section,
			 enum da_completeness_state state, uint64_t covered, uint64_t total,
			 enum da_unit unit, const char *reason)
{
	bool has_total = total != 0 && total <= DA_INT_MAX && covered <= total;

	doc->completeness[section] = (struct da_completeness){
		.state = da_words[DA_WORDS_completeness][state],
		.reason = da_doc_rich(doc, reason),
		.has_total = has_total,
		.covered = has_total ? covered : 0,
		.total = has_total ? total : 0,
		.unit = has_total ? da_words[DA_WORDS_unit][unit] : NULL,
	};
}

void da_doc_timing(struct da_doc *doc, const char *stage, uint64_t us, uint64_t rss_bytes)
{
	da_vec_push(doc->arena, &doc->timings,
		    ((struct da_timing){ .stage = da_doc_intern(doc, stage), .us = DA_MIN(us, DA_INT_MAX),
					 .rss_bytes = DA_MIN(rss_bytes, DA_INT_MAX) }));
}

/* ---------------------------------------------------------------- the end */

/* Secrets that became known after a text went in are masked in it now. */
static const char *mask_again(void *ctx, const char *text, enum da_form form)
{
	struct da_doc *doc = ctx;
	const char *masked = form == DA_FORM_RICH ?
				     da_redact_rich_again(doc->redactor, text) :
				     da_redact_again(doc->redactor, text, form == DA_FORM_SYMBOL);

	return masked == text ? text : da_intern(doc->whole->arena, doc->strings, masked);
}

static void finish(struct da_doc *doc)
{
	da_findings_finish(doc);
	if (doc->verdict_finding) {
		const struct da_finding *f = doc->verdict_finding;

		while (f->merged_into)
			f = f->merged_into;
		doc->verdict.finding = f->row.id;
	}
	doc->signature.alternatives = doc->alternatives.v;
	doc->signature.nalternatives = doc->alternatives.n;
	if (!doc->keep_text && doc->level != DA_REDACT_NONE)
		da_doc_each_text(doc, mask_again, doc);
	if (!doc->from_json && doc->signature.id) /* of the frames as they are shown: no trace of a secret */
		da_signature_hash(doc->signature.id, doc->signature.frames, doc->signature.nframes,
				  doc->signature.version, doc->signature.hash);
	doc->finished = true;
}

void da_doc_finish_parts(struct da_doc *doc)
{
	for (size_t i = 0; i < doc->parts.n; i++)
		if (!doc->parts.v[i].doc->finished)
			finish(doc->parts.v[i].doc);
}

void da_doc_finish(struct da_doc *doc)
{
	if (doc->finished)
		return;
	da_doc_finish_parts(doc);
	if (doc->mistakes) /* a fault of ours; the reader is told that something is not there */
		da_doc_note(doc, "lost", "this report",
			    da_doc_rich(doc, da_printf(doc->arena, "%u values were left out because they did not "
						       "fit their place; the first: %s",
						       doc->mistakes, doc->first_mistake)));
	finish(doc);
	if (doc->keep_text)
		return;
	for (size_t i = 0; i < da_redact_kinds(doc->redactor); i++) {
		uint64_t count;
		const char *kind = da_redact_kind(doc->redactor, i, &count);

		da_vec_push(doc->arena, &doc->masked, ((struct da_masked){ .kind = kind, .count = count }));
	}
}
