/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: filling, merging, order. */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "report/doc.h"

struct da_finding *da_finding_new(struct da_doc *doc, const char *rule, enum da_severity severity,
				  unsigned weight, double confidence)
{
	struct da_finding *f = da_new(doc->arena, struct da_finding);

	f->doc = doc;
	f->order = doc->findings.n;
	f->row.rule = da_doc_intern(doc, rule);
	f->row.severity = severity;
	f->row.weight = weight;
	f->row.confidence = da_doc_confidence(confidence);
	f->row.count = 1;
	da_vec_push(doc->arena, &doc->findings, f);
	return f;
}

#define DA_RICH_SETTER(name, owner, doc_of, place)                              \
	void name(struct owner *x, const char *fmt, ...)                        \
	{                                                                       \
		va_list ap;                                                     \
                                                                                \
		va_start(ap, fmt);                                              \
		place = da_doc_rich(doc_of, da_vprintf((doc_of)->arena, fmt, ap)); \
		va_end(ap);                                                     \
	}

DA_RICH_SETTER(da_finding_title, da_finding, x->doc, x->row.title)
DA_RICH_SETTER(da_finding_description, da_finding, x->doc, x->row.description)
DA_RICH_SETTER(da_finding_recommendation, da_finding, x->doc, x->row.recommendation)
DA_RICH_SETTER(da_finding_refuted_by, da_finding, x->doc, x->row.refuted_by)
DA_RICH_SETTER(da_evidence_value, da_evidence, x->doc, x->row.value)
DA_RICH_SETTER(da_evidence_text, da_evidence, x->doc, x->row.text)

static void add_id(struct da_finding *f, struct da_strings_vec *to, const char *prefix, uint32_t index)
{
	const char *id;

	if (index == DA_NONE)
		return;
	id = da_doc_intern(f->doc, da_printf(f->doc->arena, "%s%llu", prefix, index + 1ULL));
	for (size_t i = 0; i < to->n; i++)
		if (to->v[i] == id)
			return;
	da_doc_push(f->doc, to, id);
}

void da_finding_thread(struct da_finding *f, uint32_t thread)
{
	add_id(f, &f->threads, "t", thread);
}

void da_finding_object(struct da_finding *f, const char *prefix, uint32_t index)
{
	add_id(f, &f->objects, prefix, index);
}

void da_finding_chain(struct da_finding *f, uint32_t chain)
{
	add_id(f, &f->chains, "c", chain);
}

void da_finding_next(struct da_finding *f, enum da_next_kind kind, const char *fmt, ...)
{
	struct da_next_row *row;
	va_list ap;

	va_start(ap, fmt);
	row = da_vec_add(f->doc->arena, &f->next);
	row->kind = kind;
	row->text = da_doc_rich(f->doc, da_vprintf(f->doc->arena, fmt, ap));
	va_end(ap);
}

const struct da_finding_row *da_finding_so_far(const struct da_finding *f)
{
	return &f->row;
}

void da_finding_merge(struct da_finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	f->merge = da_vprintf(f->doc->arena, fmt, ap);
	va_end(ap);
}

struct da_evidence *da_finding_evidence(struct da_finding *f, const char *what)
{
	struct da_evidence *e = da_new(f->doc->arena, struct da_evidence);

	e->doc = f->doc;
	e->row.what = da_doc_as(f->doc, DA_AS_TEXT, what);
	da_vec_push(f->doc->arena, &f->evidence, e);
	return e;
}

void da_evidence_thread(struct da_evidence *e, uint32_t thread)
{
	if (thread != DA_NONE)
		e->row.thread = da_doc_intern(e->doc, da_printf(e->doc->arena, "t%llu", thread + 1ULL));
}

void da_evidence_frame(struct da_evidence *e, uint32_t frame)
{
	e->row.has_frame = frame != DA_NONE;
	e->row.frame = frame;
}

void da_evidence_address(struct da_evidence *e, uint64_t address)
{
	e->row.has_address = true;
	e->row.address = address;
}

/* ---------------------------------------------------------------- merging and order */

static void merge_ids(struct da_finding *into, struct da_strings_vec *to, const struct da_strings_vec *from)
{
	for (size_t i = 0; i < from->n; i++) {
		size_t k = 0;

		while (k < to->n && to->v[k] != from->v[i])
			k++;
		if (k == to->n)
			da_doc_push(into->doc, to, from->v[i]);
	}
}

static void merge(struct da_finding *into, struct da_finding *f)
{
	into->row.count = DA_MIN(into->row.count + f->row.count, DA_INT_MAX);
	into->row.weight = DA_MAX(into->row.weight, f->row.weight);
	into->row.severity = DA_MIN(into->row.severity, f->row.severity);
	into->row.confidence = DA_MAX(into->row.confidence, f->row.confidence);
	merge_ids(into, &into->threads, &f->threads);
	merge_ids(into, &into->objects, &f->objects);
	merge_ids(into, &into->chains, &f->chains);
	for (size_t i = 0; i < f->evidence.n; i++)
		da_vec_push(into->doc->arena, &into->evidence, f->evidence.v[i]);
	f->merged_into = into;
}

/* Same rule, same key: one finding. The key goes through a table, for a rule may find thousands. */
static void merge_all(struct da_doc *doc)
{
	struct da_strings keys = { 0 };
	struct da_map first = { 0 };
	size_t kept = 0;

	for (size_t i = 0; i < doc->findings.n; i++) {
		struct da_finding *f = doc->findings.v[i];
		const char *key;
		uint64_t *at;
		bool new_key;

		if (f->merge) {
			key = da_intern(doc->arena, &keys,
					da_printf(doc->arena, "%s\n%s", f->row.rule, f->merge));
			at = da_map_put(doc->arena, &first, (uint64_t)(uintptr_t)key, &new_key);
			if (!new_key) {
				merge(doc->findings.v[*at], f);
				continue;
			}
			*at = kept;
		}
		doc->findings.v[kept++] = f;
	}
	doc->findings.n = kept;
}

/* "t14" as 14: an index of the order, not of the text. */
static unsigned long first_thread(const struct da_finding *f)
{
	return f->threads.n ? strtoul(f->threads.v[0] + 1, NULL, 10) : ULONG_MAX;
}

static int by_severity(const void *x, const void *y)
{
	const struct da_finding *a = *(struct da_finding *const *)x, *b = *(struct da_finding *const *)y;

	if (a->row.severity != b->row.severity)
		return a->row.severity < b->row.severity ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static int by_gravity(const void *x, const void *y)
{
	const struct da_finding *a = *(struct da_finding *const *)x, *b = *(struct da_finding *const *)y;
	unsigned long ta, tb;

	if (a->row.severity != b->row.severity)
		return a->row.severity < b->row.severity ? -1 : 1;
	if (a->row.weight != b->row.weight)
		return a->row.weight > b->row.weight ? -1 : 1;
	ta = first_thread(a);
	tb = first_thread(b);
	if (ta != tb)
		return ta < tb ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static void settle(struct da_finding *f, size_t i)
{
	struct da_evidence_row *rows = da_calloc(f->doc->arena, f->evidence.n, sizeof(*rows));

	if (!f->row.id)
		f->row.id = da_doc_intern(f->doc, da_printf(f->doc->arena, "f%zu", i + 1));
	f->row.threads = f->threads.v;
	f->row.nthreads = f->threads.n;
	f->row.objects = f->objects.v;
	f->row.nobjects = f->objects.n;
	f->row.chains = f->chains.v;
	f->row.nchains = f->chains.n;
	for (size_t k = 0; k < f->evidence.n; k++)
		rows[k] = f->evidence.v[k]->row;
	f->rows = rows;
	f->row.evidence = rows;
	f->row.nevidence = f->evidence.n;
	f->row.next = f->next.v;
	f->row.nnext = f->next.n;
}

void da_findings_finish(struct da_doc *doc)
{
	if (!doc->from_json)
		merge_all(doc);
	if (doc->findings.n) /* a report that was read has its order; only the severities must be right */
		qsort(doc->findings.v, doc->findings.n, sizeof(struct da_finding *),
		      doc->from_json ? by_severity : by_gravity);
	for (size_t i = 0; i < doc->findings.n; i++)
		settle(doc->findings.v[i], i);
}
