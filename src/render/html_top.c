/* SPDX-License-Identifier: Apache-2.0 */
/* The head of the page: verdict, counters, facts; then the findings and what to do next. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "render/format.h"
#include "render/html.h"

enum { MAX_NEXT = 12 };

static const struct {
	const char *id, *one, *many;
} groups[DA_SEVERITIES] = {
	[DA_SEVERITY_ERROR] = { "errors", "Error", "Errors" },
	[DA_SEVERITY_WARNING] = { "warnings", "Warning", "Warnings" },
	[DA_SEVERITY_INFORMATION] = { "information", "Information", "Information" },
	[DA_SEVERITY_NOTIFICATION] = { "notifications", "Notification", "Notifications" },
};

static const char *severity_class(enum da_severity severity)
{
	return severity < DA_SEVERITIES ? da_severity_name(severity) : "good";
}

/* ---------------------------------------------------------------- verdict */

static void signature(struct da_html *h, xmlNodePtr box)
{
	const struct da_signature *s = da_doc_get_signature(h->view->doc);
	xmlNodePtr sig = da_html_add(h, box, "div", "sig"), span, a;

	if (s && s->id) {
		span = da_html_add(h, sig, "span", NULL);
		da_html_text(h, span, "Signature ");
		da_html_add_text(h, span, "code", NULL, s->id);
		da_html_text(h, sig, " ");
		da_html_add_text(h, sig, "code", NULL, s->hash);
		da_html_text(h, sig, " ");
	}
	if (!*h->view->prefix) {
		a = da_html_add_text(h, sig, "a", NULL, "Text for the ticket");
		da_html_attr(a, "href", "#ticket");
	}
}

static void confidence(struct da_html *h, xmlNodePtr box, const struct da_verdict *v)
{
	xmlNodePtr p;

	if (v->confidence <= 0) /* "unknown" is not more or less sure */
		return;
	p = da_html_add(h, box, "p", "conf");
	da_html_text(h, p, "Confidence ");
	da_html_add_text(h, p, "b", NULL, da_confidence_name(v->confidence));
	if (v->finding) {
		da_html_text(h, p, ". ");
		da_html_ref(h, p, v->finding, "The evidence");
	}
}

static void verdict(struct da_html *h)
{
	const struct da_verdict *v = da_doc_get_verdict(h->view->doc);
	xmlNodePtr box, h1;
	const char *first, *rest;
	char class[64];

	snprintf(class, sizeof(class), "verdict %s",
		 severity_class(da_view_verdict_severity(h->view)));
	box = da_html_new(h, "header", class);
	da_html_id(h, box, "verdict");
	h1 = da_html_add(h, box, *h->view->prefix ? "h3" : "h1", NULL);
	if (v && v->text) {
		first = da_view_first_sentence(h->view, v->text, &rest);
		da_html_rich(h, h1, first);
		if (*rest)
			da_html_rich(h, da_html_add(h, box, "p", NULL), rest);
		confidence(h, box, v);
	} else {
		da_html_text(h, h1, "No verdict was reached");
	}
	signature(h, box);
	da_html_put(h, box);
}

/* ---------------------------------------------------------------- counters and facts */

/* The first group of this severity: the document's own, or that of the first part which has one. */
static struct da_view *with_group(struct da_view *v, enum da_severity severity)
{
	size_t first;

	if (da_doc_findings_of(v->doc, severity, &first))
		return v;
	for (size_t i = 0; i < v->nparts; i++)
		if (da_view_findings_of(v->parts[i], severity))
			return with_group(v->parts[i], severity);
	return v;
}

static void counters(struct da_html *h)
{
	xmlNodePtr list = da_html_new(h, "ul", "tiles");
	struct da_view *whole = h->view;

	for (unsigned s = 0; s < DA_SEVERITIES; s++) {
		enum da_severity severity = (enum da_severity)s;
		size_t n = da_view_findings_of(whole, severity);
		xmlNodePtr li = da_html_add(h, list, "li", NULL), tile;
		char text[64];

		snprintf(text, sizeof(text), "tile %s", n ? da_severity_name(severity) : "zero");
		tile = da_html_add(h, li, n ? "a" : "span", text);
		if (n) {
			h->view = with_group(whole, severity);
			da_html_href(h, tile, groups[s].id);
			h->view = whole;
		}
		snprintf(text, sizeof(text), "%zu", n);
		da_html_add_text(h, tile, "b", NULL, text);
		da_html_textf(h, tile, " %s", n == 1 ? groups[s].one : groups[s].many);
	}
	da_html_put(h, list);
}

static void facts(struct da_html *h)
{
	bool any = false;

	for (unsigned b = 0; b < DA_BLOCKS; b++) {
		xmlNodePtr part;

		if (da_blocks[b].section != DA_SECTION_process ||
		    da_blocks[b].kind != DA_KIND_KEYS ||
		    !da_doc_rows(h->view->doc, (enum da_block)b))
			continue;
		if (!any)
			da_html_raw(h, "<div class=\"facts\">\n");
		any = true;
		part = da_html_new(h, "div", NULL);
		da_html_add_text(h, part, "h2", NULL, da_blocks[b].title);
		xmlAddChild(part, da_html_keys(h, (enum da_block)b, "keys"));
		da_html_put(h, part);
	}
	if (any)
		da_html_raw(h, "</div>\n");
	da_html_completeness(h, DA_SECTION_process);
}

static void warnings(struct da_html *h)
{
	if (da_doc_level(h->view->doc) == DA_REDACT_NONE && !*h->view->prefix) {
		xmlNodePtr p = da_html_new(h, "p", "warn-top error");

		da_html_text(h, p, "This report was made with --redact=none: secrets of the process may "
				   "stand in it. Do not pass it on.");
		da_html_put(h, p);
	}
}

static void status(struct da_html *h)
{
	enum da_doc_status s = da_doc_get_status(h->view->doc);
	xmlNodePtr p, a;

	if (s == DA_DOC_COMPLETE)
		return;
	p = da_html_new(h, "p", "note");
	da_html_add_text(h, p, "span", "tag warning", da_doc_status_name(s));
	da_html_text(h, p, s == DA_DOC_PARTIAL ? " Not all of the dump could be read. " :
						 " Only the frame of the dump could be read. ");
	a = da_html_add_text(h, p, "a", NULL, "What is missing");
	da_html_href(h, a, "completeness");
	da_html_put(h, p);
}

void da_html_top(struct da_html *h)
{
	warnings(h);
	verdict(h);
	status(h);
	counters(h);
	facts(h);
}

/* ---------------------------------------------------------------- findings */

static void tags(struct da_html *h, xmlNodePtr cell, const struct da_finding_row *f)
{
	double share = f->nthreads > 1 ? da_view_share(h->view, f->nthreads) : -1;
	xmlNodePtr box = da_html_add(h, cell, "div", "tags"), tag;

	if (share >= 0) {
		tag = da_html_add(h, box, "span", "tag");
		da_str_clear(&h->text);
		da_format_percent(&h->text, share);
		da_str_addf(&h->text, " of threads (%zu)", f->nthreads);
		da_html_text(h, tag, h->text.s);
	}
	if (f->count > 1) {
		tag = da_html_add(h, box, "span", "tag");
		da_str_clear(&h->text);
		da_format_count(&h->text, f->count, h->view->gap);
		da_str_add(&h->text, " times");
		da_html_text(h, tag, h->text.s);
	}
	da_html_add_text(h, box, "span", "tag", f->rule ? f->rule : "");
	tag = da_html_add(h, box, "span", "tag");
	da_html_textf(h, tag, "confidence %s", da_confidence_name(f->confidence));
}

static void evidence_places(struct da_html *h, xmlNodePtr li, const struct da_evidence_row *e)
{
	const char *joint = " (";

	if (e->thread) {
		da_html_text(h, li, joint);
		da_html_ref(h, li, e->thread, e->thread);
		joint = ", ";
	}
	if (e->has_frame) {
		da_html_textf(h, li, "%sframe %" PRIu32, joint, e->frame);
		joint = ", ";
	}
	if (e->has_address) {
		da_html_text(h, li, joint);
		da_str_clear(&h->text);
		da_str_addf(&h->text, "0x%" PRIx64, e->address);
		da_html_add_text(h, li, "code", NULL, h->text.s);
		joint = ", ";
	}
	if (joint[0] == ',')
		da_html_text(h, li, ")");
}

static void evidence(struct da_html *h, xmlNodePtr article, const struct da_finding_row *f)
{
	xmlNodePtr details, p, ul;

	if (!f->nevidence && !f->refuted_by)
		return;
	details = da_html_add(h, article, "details", NULL);
	da_html_add_text(h, details, "summary", NULL,
			 f->refuted_by && f->nevidence ? "Evidence, and what would refute it" :
			 f->nevidence ? "Evidence" : "What would refute it");
	if (f->nevidence) {
		ul = da_html_add(h, details, "ul", NULL);
		for (size_t i = 0; i < f->nevidence; i++) {
			const struct da_evidence_row *e = &f->evidence[i];
			xmlNodePtr li = da_html_add(h, ul, "li", NULL), span;

			da_html_add_text(h, li, "b", NULL, e->what ? e->what : "seen");
			span = da_html_add(h, li, "span", NULL);
			da_html_text(h, span, e->text || e->value ? ": " : "");
			da_html_rich(h, da_html_add(h, li, "span", NULL), e->text);
			if (e->value) {
				da_html_text(h, li, e->text ? ": " : "");
				da_html_rich(h, da_html_add(h, li, "code", NULL), e->value);
			}
			evidence_places(h, li, e);
		}
	}
	if (f->refuted_by) {
		p = da_html_add(h, details, "p", NULL);
		da_html_add_text(h, p, "b", NULL, "Refuted by");
		da_html_text(h, p, ": ");
		da_html_rich(h, da_html_add(h, p, "span", NULL), f->refuted_by);
	}
}

static void finding(struct da_html *h, const struct da_finding_row *f)
{
	xmlNodePtr article = da_html_new(h, "article", "finding"), two, cell;

	if (f->id)
		da_html_id(h, article, f->id);
	two = da_html_add(h, article, "div", "two");
	cell = da_html_add(h, two, "div", "cell");
	da_html_add_text(h, cell, "div", "cap", "Description");
	da_html_rich(h, da_html_add(h, cell, "h4", NULL), f->title);
	da_html_paragraphs(h, cell, f->description);
	tags(h, cell, f);
	cell = da_html_add(h, two, "div", "cell");
	da_html_add_text(h, cell, "div", "cap", "Recommendation");
	if (f->recommendation)
		da_html_paragraphs(h, cell, f->recommendation);
	else
		da_html_add_text(h, cell, "p", NULL, "None: nothing needs to be done.");
	evidence(h, article, f);
	da_html_put(h, article);
}

static void group(struct da_html *h, enum da_severity severity)
{
	size_t first, n = da_doc_findings_of(h->view->doc, severity, &first);
	char tag[96];
	xmlNodePtr h3;

	if (!n)
		return;
	snprintf(tag, sizeof(tag), "<div class=\"group %s\">\n", severity_class(severity));
	da_html_raw(h, tag);
	h3 = da_html_new(h, "h3", NULL);
	da_html_id(h, h3, groups[severity].id);
	da_html_text(h, h3, n == 1 ? groups[severity].one : groups[severity].many);
	da_html_put(h, h3);
	for (size_t i = 0; i < n; i++)
		finding(h, da_doc_finding(h->view->doc, first + i));
	da_html_raw(h, "</div>\n");
}

/* One row a dump: what it is and what was found in it. */
static void dumps(struct da_html *h)
{
	static const char *const heads[] = { "Dump", "Process", "Verdict", "#Errors", "#Warnings", NULL };
	struct da_view *whole = h->view;

	da_html_table(h, "Dumps", whole->nparts, heads);
	for (size_t i = 0; i < whole->nparts; i++) {
		const struct da_verdict *v = da_doc_get_verdict(whole->parts[i]->doc);
		const char *id, *subject = da_view_subject(whole->parts[i]), *rest;
		xmlNodePtr tr = da_html_new(h, "tr", NULL), td;

		da_doc_get_part(whole->doc, i, &id);
		td = da_html_add(h, tr, "td", "short");
		h->view = whole->parts[i];
		da_html_href(h, da_html_add_text(h, td, "a", NULL, id), "verdict");
		da_html_add_text(h, tr, "td", NULL, subject ? subject : "");
		td = da_html_add(h, tr, "td", "long");
		if (v && v->text)
			da_html_rich(h, td, da_view_first_sentence(h->view, v->text, &rest));
		for (unsigned s = DA_SEVERITY_ERROR; s <= DA_SEVERITY_WARNING; s++) {
			td = da_html_add(h, tr, "td", "num");
			da_html_textf(h, td, "%zu", da_view_findings_of(h->view, (enum da_severity)s));
		}
		h->view = whole;
		da_html_put(h, tr);
	}
	da_html_table_end(h);
}

static void next(struct da_html *h)
{
	size_t n, shown;
	const char *const *list = da_view_next(h->view, &n);
	xmlNodePtr ol;

	if (!n)
		return;
	shown = h->view->full || n <= MAX_NEXT ? n : MAX_NEXT;
	da_html_raw(h, "<section>\n");
	da_html_heading(h, "next", "What to do next", SIZE_MAX);
	ol = da_html_new(h, "ol", "todo");
	for (size_t i = 0; i < shown; i++) {
		xmlNodePtr li = da_html_add(h, ol, "li", NULL);

		da_html_rich(h, da_html_add(h, li, "span", NULL), list[i]);
	}
	da_html_put(h, ol);
	da_html_left(h, n - shown, n - shown == 1 ? "step is" : "steps are");
	da_html_raw(h, "</section>\n");
}

void da_html_summary(struct da_html *h)
{
	size_t n = da_doc_findings(h->view->doc);

	da_html_raw(h, "<section>\n");
	da_html_heading(h, "summary", da_sections[DA_SECTION_summary].title,
			n || !h->view->nparts ? n : SIZE_MAX);
	if (h->view->nparts)
		dumps(h);
	else if (!n)
		da_html_raw(h, "<p>Nothing was found.</p>\n");
	for (unsigned s = 0; s < DA_SEVERITIES; s++)
		group(h, (enum da_severity)s);
	da_html_raw(h, "</section>\n");
	next(h);
}
