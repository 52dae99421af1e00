/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "render/format.h"
#include "render/text.h"
#include "render/wrap.h"

enum { DEFAULT_WIDTH = 80, MIN_WIDTH = 40, MAX_WIDTH = 500, MAX_TEXT = 1200 };

/* ---------------------------------------------------------------- lines */

static const char *const styles[] = {
	[DA_STYLE_NONE] = "",          [DA_STYLE_BOLD] = "\033[1m",     [DA_STYLE_DIM] = "\033[2m",
	[DA_STYLE_ERROR] = "\033[1;31m", [DA_STYLE_WARNING] = "\033[1;33m", [DA_STYLE_GOOD] = "\033[1;32m",
};

void da_page_style(struct da_page *p, enum da_style style)
{
	if (p->color)
		da_str_add(&p->line, styles[style]);
}

void da_page_plain(struct da_page *p, enum da_style style)
{
	if (p->color && style != DA_STYLE_NONE)
		da_str_add(&p->line, "\033[0m");
}

void da_page_flush(struct da_page *p)
{
	da_out_take(p->out, &p->line);
}

void da_page_flush_styled(struct da_page *p, enum da_style style)
{
	const char *at = da_str_get(&p->line);

	while (p->color && style != DA_STYLE_NONE && *at) {
		const char *end = at;

		while (*end && *end != '\n')
			end++;
		da_out_put(p->out, styles[style]);
		da_out_add(p->out, at, (size_t)(end - at));
		da_out_put(p->out, "\033[0m\n");
		at = *end ? end + 1 : end;
	}
	da_out_put(p->out, at);
	da_str_clear(&p->line);
}

const char *da_page_clip(const struct da_page *p, struct da_str *s, const char *text)
{
	if (p->view->full || strlen(text) <= MAX_TEXT)
		return text;
	da_format_clip(s, text, MAX_TEXT);
	return da_str_get(s);
}

void da_page_wrap(struct da_page *p, const char *first, size_t indent, const char *text)
{
	struct da_str clipped DA_CLEANUP(da_str_done) = { 0 };

	da_wrap(&p->line, da_page_clip(p, &clipped, text), first, indent, p->width);
	da_page_flush(p);
}

/* Line feeds in a sentence begin a new line. */
void da_page_rich(struct da_page *p, const char *first, size_t indent, const char *rich)
{
	struct da_str flat DA_CLEANUP(da_str_done) = { 0 };
	char blanks[64];
	char *at, *end;

	if (!rich)
		return;
	snprintf(blanks, sizeof(blanks), "%*s", (int)(indent < 60 ? indent : 60), "");
	da_view_rich(p->view, &flat, rich);
	for (at = flat.s; at; at = end) {
		for (end = at; *end && *end != '\n'; end++)
			;
		end = *end ? (*end = 0, end + 1) : NULL;
		da_page_wrap(p, at == flat.s ? first : blanks, indent, at);
	}
}

void da_page_heading(struct da_page *p, enum da_style style, const char *fmt, ...)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	va_list ap;

	va_start(ap, fmt);
	da_str_vaddf(&s, fmt, ap);
	va_end(ap);
	for (char *c = s.s; c && *c && *c != '\t'; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 32);
	for (char *c = s.s; c && *c; c++)
		if (*c == '\t')
			*c = ' ';
	da_str_addc(&p->line, '\n');
	da_page_style(p, style);
	da_str_addn(&p->line, da_str_get(&s), da_wrap_fit(da_str_get(&s), p->width));
	da_page_plain(p, style);
	da_str_addc(&p->line, '\n');
	da_page_flush(p);
}

void da_page_left(struct da_page *p, size_t left)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	if (!left)
		return;
	da_format_count(&s, left, " ");
	da_str_addf(&s, " more %s left out here; --full shows all.", left == 1 ? "is" : "are");
	da_page_wrap(p, "  ", 2, s.s);
}

/* ---------------------------------------------------------------- head */

static enum da_style severity_style(enum da_severity s)
{
	return s == DA_SEVERITY_ERROR ? DA_STYLE_ERROR :
	       s == DA_SEVERITY_WARNING ? DA_STYLE_WARNING :
	       s == DA_SEVERITIES ? DA_STYLE_GOOD : DA_STYLE_BOLD;
}

static void subject(struct da_page *p)
{
	const char *subject = da_view_subject(p->view), *title = da_doc_get_title(p->view->doc);
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_str_addf(&s, "dumpan report%s%s", subject ? ": " : "", subject ? subject : "");
	if (title)
		da_str_addf(&s, " · %s", title);
	da_page_wrap(p, "", 2, s.s);
	if (da_doc_get_status(p->view->doc) != DA_DOC_COMPLETE) {
		da_str_clear(&s);
		da_str_addf(&s, "%s: see WHAT IS MISSING",
			    da_doc_status_name(da_doc_get_status(p->view->doc)));
		da_page_wrap(p, "", 2, s.s);
	}
	if (da_doc_level(p->view->doc) == DA_REDACT_NONE)
		da_page_wrap(p, "", 2,
			     "This report was made with --redact=none: secrets of the process may stand "
			     "in it. Do not pass it on.");
}

static void verdict(struct da_page *p)
{
	const struct da_verdict *v = da_doc_get_verdict(p->view->doc);
	const struct da_signature *sig = da_doc_get_signature(p->view->doc);
	enum da_style style = severity_style(da_view_verdict_severity(p->view));
	struct da_str clipped DA_CLEANUP(da_str_done) = { 0 };
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_str_addc(&p->line, '\n');
	da_page_style(p, style);
	da_str_add(&p->line, "VERDICT");
	da_page_plain(p, style);
	da_str_add(&p->line, "   ");
	if (v && v->text) {
		da_view_rich(p->view, &s, v->text);
		if (v->confidence > 0) /* "unknown" is not more or less sure */
			da_str_addf(&s, " (confidence %s)", da_confidence_name(v->confidence));
	} else {
		da_str_add(&s, "none was reached");
	}
	da_wrap_at(&p->line, da_page_clip(p, &clipped, da_str_get(&s)), 10, 10, p->width);
	da_page_flush(p);
	if (sig && sig->id) {
		da_str_clear(&s);
		da_str_addf(&s, "signature %s %s", sig->id, sig->hash);
		da_page_wrap(p, "          ", 10, s.s);
	}
}

static void counters(struct da_page *p)
{
	static const char *const words[][2] = { { "error", "errors" },
						{ "warning", "warnings" },
						{ "information", "information" },
						{ "notification", "notifications" } };

	da_str_add(&p->line, "\n ");
	for (unsigned s = 0; s < DA_SEVERITIES; s++) {
		size_t n = da_view_findings_of(p->view, (enum da_severity)s);
		enum da_style style = n ? severity_style((enum da_severity)s) : DA_STYLE_NONE;

		da_str_addc(&p->line, ' ');
		da_page_style(p, style);
		da_str_addf(&p->line, "%zu %s", n, words[s][n != 1]);
		da_page_plain(p, style);
		da_str_add(&p->line, s + 1 < DA_SEVERITIES ? "  " : "\n");
	}
	da_page_flush(p);
}

/* ---------------------------------------------------------------- findings */

static void evidence(struct da_page *p, const struct da_evidence_row *e)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	const char *joint = " (";

	da_str_add(&s, e->what ? e->what : "seen");
	if (e->text) {
		da_str_add(&s, ": ");
		da_view_rich(p->view, &s, e->text);
	}
	if (e->value) {
		da_str_add(&s, ": ");
		da_view_rich(p->view, &s, e->value);
	}
	if (e->thread) {
		da_str_addf(&s, "%s%s", joint, e->thread);
		joint = ", ";
	}
	if (e->has_frame) {
		da_str_addf(&s, "%sframe %" PRIu32, joint, e->frame);
		joint = ", ";
	}
	if (e->has_address) {
		da_str_addf(&s, "%s0x%" PRIx64, joint, e->address);
		joint = ", ";
	}
	if (*joint == ',')
		da_str_addc(&s, ')');
	da_page_wrap(p, "      - ", 8, s.s);
}

static void finding(struct da_page *p, const struct da_finding_row *f, char letter, size_t number)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	double share = f->nthreads > 1 ? da_view_share(p->view, f->nthreads) : -1;
	char first[32];

	snprintf(first, sizeof(first), "  %c%zu  ", letter, number);
	da_view_rich(p->view, &s, f->title);
	da_str_addf(&s, " (%s)", f->rule ? f->rule : "");
	da_page_wrap(p, first, 6, s.s);
	da_page_rich(p, "      ", 6, f->description);
	da_str_clear(&s);
	if (share >= 0) {
		da_format_percent(&s, share);
		da_str_addf(&s, " of threads (%zu). ", f->nthreads);
	}
	if (f->count > 1) {
		da_format_count(&s, f->count, " ");
		da_str_add(&s, " times. ");
	}
	da_str_addf(&s, "Confidence: %s.", da_confidence_name(f->confidence));
	da_page_wrap(p, "      ", 6, s.s);
	da_page_rich(p, "      What to do: ", 6, f->recommendation);
	if (f->nevidence)
		da_page_wrap(p, "      ", 6, "Evidence:");
	for (size_t i = 0; i < f->nevidence; i++)
		evidence(p, &f->evidence[i]);
	da_page_rich(p, "      Would be refuted by: ", 6, f->refuted_by);
}

static void findings(struct da_page *p)
{
	static const char *const heads[] = { "Errors", "Warnings", "Information", "Notifications" };

	for (unsigned s = 0; s < DA_SEVERITIES; s++) {
		size_t first, n = da_doc_findings_of(p->view->doc, (enum da_severity)s, &first);

		if (!n)
			continue;
		da_page_heading(p, severity_style((enum da_severity)s), "%s", heads[s]);
		for (size_t i = 0; i < n; i++)
			finding(p, da_doc_finding(p->view->doc, first + i), heads[s][0], i + 1);
	}
}

static void next(struct da_page *p)
{
	size_t n;
	const char *const *list = da_view_next(p->view, &n);
	char first[32];

	if (n)
		da_page_heading(p, DA_STYLE_BOLD, "What to do next");
	for (size_t i = 0; i < n; i++) {
		snprintf(first, sizeof(first), "  %zu. ", i + 1);
		da_page_rich(p, first, 5, list[i]);
	}
}

/* ---------------------------------------------------------------- the ends */

static void ledger(struct da_page *p)
{
	size_t n = da_doc_ledger_rows(p->view->doc);
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	if (!n && !da_doc_has_section(p->view->doc, DA_SECTION_completeness))
		return;
	da_page_heading(p, DA_STYLE_BOLD, "%s", da_sections[DA_SECTION_completeness].title);
	for (size_t i = 0; i < n; i++) {
		const struct da_ledger_row *row = da_doc_ledger_row(p->view->doc, i);

		da_str_clear(&s);
		da_view_rich(p->view, &s, row->where);
		da_str_add(&s, s.n ? ": " : "");
		da_view_rich(p->view, &s, row->text);
		if (row->count > 1) {
			da_str_add(&s, " (");
			da_format_count(&s, row->count, " ");
			da_str_add(&s, " times)");
		}
		da_page_wrap(p, "  ", 4, da_str_get(&s));
		da_page_rich(p, "    ", 4, row->remedy);
	}
	da_page_blocks(p, DA_SECTION_completeness);
}

static void rules(struct da_page *p)
{
	size_t n = da_doc_rule_rows(p->view->doc), ran = 0;
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	if (!n)
		return;
	for (size_t i = 0; i < n; i++)
		ran += da_streq(da_doc_rule_row(p->view->doc, i)->outcome, "ran");
	da_page_heading(p, DA_STYLE_BOLD, "%s\t(%zu of %zu)", da_sections[DA_SECTION_rules].title, ran,
			n);
	for (size_t i = 0; i < n; i++) {
		const struct da_rule_row *row = da_doc_rule_row(p->view->doc, i);

		if (!da_streq(row->outcome, "ran"))
			continue;
		da_str_addf(&s, "%s%s", s.n ? ", " : "", row->rule);
		if (row->findings)
			da_str_addf(&s, " (%u)", row->findings);
	}
	if (s.n)
		da_page_wrap(p, "  ", 2, s.s);
	for (size_t i = 0; i < n; i++) {
		const struct da_rule_row *row = da_doc_rule_row(p->view->doc, i);

		if (da_streq(row->outcome, "ran"))
			continue;
		da_str_clear(&s);
		da_str_addf(&s, "%s %s%s", row->rule, row->outcome, row->why ? ": " : "");
		da_view_rich(p->view, &s, row->why);
		da_page_wrap(p, "  ", 4, s.s);
	}
}

static void foot(struct da_page *p)
{
	const char *masked = da_view_masked(p->view);
	const char *version = da_doc_get_rules_version(p->view->doc);
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_str_addf(&s, "dumpan %s", da_doc_tool_version(p->view->doc));
	if (version)
		da_str_addf(&s, ", rules %s", version);
	da_str_addf(&s, ". Masked (level %s): %s.", da_redact_level_name(da_doc_level(p->view->doc)),
		    masked ? masked : "nothing");
	da_str_addc(&p->line, '\n');
	da_page_wrap(p, "", 0, s.s);
}

static void completeness(struct da_page *p, enum da_section section)
{
	const struct da_completeness *c = da_doc_get_completeness(p->view->doc, section);
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	if (!c || !c->state || da_streq(c->state, "complete"))
		return;
	da_str_add(&s, c->state);
	if (c->has_total) {
		da_str_add(&s, ", ");
		da_format_count(&s, c->covered, " ");
		da_str_add(&s, " of ");
		da_format_count(&s, c->total, " ");
		da_str_addf(&s, " %s", c->unit);
	}
	if (c->reason) {
		da_str_add(&s, ": ");
		da_view_rich(p->view, &s, c->reason);
	}
	da_page_wrap(p, "  ", 2, s.s);
}

static void section(struct da_page *p, enum da_section s)
{
	uint32_t rows = da_view_section_rows(p->view, s);

	if (!da_doc_has_section(p->view->doc, s))
		return;
	if (rows)
		da_page_heading(p, DA_STYLE_BOLD, "%s\t(%" PRIu32 ")", da_sections[s].title, rows);
	else
		da_page_heading(p, DA_STYLE_BOLD, "%s", da_sections[s].title);
	completeness(p, s);
	da_page_blocks(p, s);
}

/* "d1  segv-null, process id 45: Crash: read through a null pointer" */
static void dumps(struct da_page *p)
{
	for (size_t i = 0; i < p->view->nparts; i++) {
		const struct da_view *part = p->view->parts[i];
		const struct da_verdict *v = da_doc_get_verdict(part->doc);
		const char *id, *subject = da_view_subject(part), *rest;
		struct da_str s DA_CLEANUP(da_str_done) = { 0 };

		da_doc_get_part(p->view->doc, i, &id);
		da_str_addf(&s, "%s  %s", id, subject ? subject : "");
		if (v && v->text) {
			da_str_add(&s, ": ");
			da_view_rich(part, &s, da_view_first_sentence(part, v->text, &rest));
		}
		da_page_wrap(p, i ? "  " : "\n  ", 6, s.s);
	}
}

static void sections(struct da_page *p)
{
	subject(p);
	verdict(p);
	counters(p);
	dumps(p);
	findings(p);
	next(p);
	for (unsigned s = 0; s < DA_SECTIONS; s++)
		if (s != DA_SECTION_summary && s != DA_SECTION_completeness && s != DA_SECTION_rules)
			section(p, (enum da_section)s);
	ledger(p);
	rules(p);
}

static enum da_status run(const struct da_doc *doc, const struct da_render_options *o,
			  struct da_out *out)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_page p = { .arena = a, .out = out, .color = o->color };
	struct da_view *whole;

	p.width = !o->width ? DEFAULT_WIDTH : o->width < MIN_WIDTH ? MIN_WIDTH :
		  o->width > MAX_WIDTH ? MAX_WIDTH : o->width;
	whole = p.view = da_view_new(a, doc, "", o->full, " ");
	sections(&p);
	for (size_t i = 0; i < whole->nparts; i++) {
		const char *id;

		da_doc_get_part(doc, i, &id);
		p.view = whole->parts[i];
		da_page_heading(&p, DA_STYLE_BOLD, "==== Dump\t%s ====", id);
		sections(&p);
	}
	p.view = whole;
	foot(&p);
	da_str_done(&p.line);
	return DA_OK;
}

const struct da_renderer da_renderer_text = {
	.name = "text",
	.extension = "txt",
	.mime = "text/plain",
	.title = "for a terminal or a ticket",
	.run = run,
};
