/* SPDX-License-Identifier: Apache-2.0 */
/* The page as a whole: frame, contents, order of the sections, foot. */
#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "render/format.h"
#include "render/html.h"
#include "render/markdown.h"
#include "base/sha256.h"
#include "render/templates.h"

/* Rows of frames that are drawn in full: about 1 MB of the page. */
enum { FRAMES_OF_PAGE = 5000, MAX_TITLE = 120 };

/* ---------------------------------------------------------------- contents */

/* Is there something of this section on the page, apart from the head? */
static bool drawn(const struct da_view *v, enum da_section s)
{
	switch (s) {
	case DA_SECTION_summary:
	case DA_SECTION_process: return false;
	case DA_SECTION_completeness: /* said also when nothing is missing, but once */
		return !v->nparts || da_doc_has_section(v->doc, s);
	case DA_SECTION_rules: return da_doc_rule_rows(v->doc) > 0;
	default: return da_doc_has_section(v->doc, s);
	}
}

/* SIZE_MAX: it is no list, or empty. */
static size_t rows_of(const struct da_view *v, enum da_section s)
{
	size_t n = s == DA_SECTION_rules ? da_doc_rule_rows(v->doc) :
		   s == DA_SECTION_completeness ? da_doc_ledger_rows(v->doc) : da_view_section_rows(v, s);

	return n ? n : SIZE_MAX;
}

static void entry(struct da_html *h, xmlNodePtr ol, const char *id, const char *title, size_t n)
{
	xmlNodePtr a = da_html_add(h, da_html_add(h, ol, "li", NULL), "a", NULL);

	da_html_href(h, a, id);
	da_html_text(h, a, title);
	if (n != SIZE_MAX) {
		da_html_text(h, a, " ");
		da_str_clear(&h->text);
		da_format_count(&h->text, n, h->view->gap);
		da_html_add_text(h, a, "span", "n", h->text.s);
	}
}

static void entries(struct da_html *h, xmlNodePtr ol)
{
	size_t n = da_doc_findings(h->view->doc);

	entry(h, ol, "summary", da_sections[DA_SECTION_summary].title,
	      n || !h->view->nparts ? n : SIZE_MAX);
	da_view_next(h->view, &n);
	if (n)
		entry(h, ol, "next", "What to do next", SIZE_MAX);
	for (unsigned s = 0; s < DA_SECTIONS; s++)
		if (drawn(h->view, (enum da_section)s))
			entry(h, ol, da_sections[s].id, da_sections[s].title,
			      rows_of(h->view, (enum da_section)s));
}

static void contents(struct da_html *h)
{
	xmlNodePtr ol = da_html_new(h, "ol", NULL);
	struct da_view *v = h->view;

	entry(h, ol, "verdict", "Verdict", SIZE_MAX);
	entries(h, ol);
	for (size_t i = 0; i < v->nparts; i++) {
		const char *id, *subject = da_view_subject(v->parts[i]);

		da_doc_get_part(v->doc, i, &id);
		h->view = v->parts[i];
		entry(h, ol, "verdict", da_printf(h->arena, "Dump %s: %s", id, subject ? subject : ""),
		      da_doc_findings(h->view->doc));
		h->view = v;
	}
	entry(h, ol, "ticket", "Text for the ticket", SIZE_MAX);
	da_html_raw(h, "<a class=\"skip\" href=\"#summary\">Skip to the analysis summary</a>\n"
		       "<div class=\"frame\">\n<nav aria-label=\"Contents\"><p>Contents</p>\n");
	da_html_put(h, ol);
	da_html_raw(h, "</nav>\n<main>\n");
}

/* ---------------------------------------------------------------- ledger and rules */

static void ledger(struct da_html *h)
{
	static const char *const heads[] = { "What", "Where", "What would bring it back", "#Times",
					     NULL };
	size_t n = da_doc_ledger_rows(h->view->doc);

	da_html_raw(h, "<section>\n");
	da_html_heading(h, da_sections[DA_SECTION_completeness].id,
			da_sections[DA_SECTION_completeness].title,
			rows_of(h->view, DA_SECTION_completeness));
	da_html_completeness(h, DA_SECTION_completeness);
	if (rows_of(h->view, DA_SECTION_completeness) == SIZE_MAX)
		da_html_raw(h, "<p>Nothing is known to be missing.</p>\n");
	if (n) {
		da_html_table(h, da_sections[DA_SECTION_completeness].title, n, heads);
		for (size_t i = 0; i < n; i++) {
			const struct da_ledger_row *row = da_doc_ledger_row(h->view->doc, i);
			xmlNodePtr tr = da_html_new(h, "tr", NULL), td;

			td = da_html_add(h, tr, "td", "long");
			da_html_add_text(h, td, "span", "tag", row->kind ? row->kind : "");
			da_html_text(h, td, " ");
			da_html_rich(h, da_html_add(h, td, "span", NULL), row->text);
			da_html_rich(h, da_html_add(h, tr, "td", NULL), row->where);
			da_html_rich(h, da_html_add(h, tr, "td", "long"), row->remedy);
			td = da_html_add(h, tr, "td", "num");
			da_str_clear(&h->text);
			da_format_count(&h->text, row->count, h->view->gap);
			da_html_text(h, td, h->text.s);
			da_html_put(h, tr);
		}
		da_html_table_end(h);
	}
	da_html_blocks(h, DA_SECTION_completeness);
	da_html_raw(h, "</section>\n");
}

static void rules(struct da_html *h)
{
	static const char *const heads[] = { "Rule", "Outcome", "Why", "#Findings", NULL };
	size_t n = da_doc_rule_rows(h->view->doc);

	da_html_raw(h, "<section>\n");
	da_html_heading(h, da_sections[DA_SECTION_rules].id, da_sections[DA_SECTION_rules].title, n);
	da_html_table(h, da_sections[DA_SECTION_rules].title, n, heads);
	for (size_t i = 0; i < n; i++) {
		const struct da_rule_row *row = da_doc_rule_row(h->view->doc, i);
		xmlNodePtr tr = da_html_new(h, "tr", NULL), td;
		bool stopped = da_view_tone(row->outcome) == DA_TONE_WARNING;

		da_html_add_text(h, tr, "td", "short mono", row->rule);
		td = da_html_add(h, tr, "td", "short");
		da_html_add_text(h, td, "span", stopped ? "tag warning" : NULL, row->outcome);
		da_html_rich(h, da_html_add(h, tr, "td", "long"), row->why);
		td = da_html_add(h, tr, "td", "num");
		da_html_textf(h, td, "%u", row->findings);
		da_html_put(h, tr);
	}
	da_html_table_end(h);
	da_html_raw(h, "</section>\n");
}

/* ---------------------------------------------------------------- order of the page */

static void sections(struct da_html *h)
{
	da_html_top(h);
	da_html_summary(h);
	for (unsigned s = 0; s < DA_SECTIONS; s++) {
		if (!drawn(h->view, (enum da_section)s))
			continue;
		if (s == DA_SECTION_completeness)
			ledger(h);
		else if (s == DA_SECTION_rules)
			rules(h);
		else
			da_html_section(h, (enum da_section)s);
	}
}

static void crumb(struct da_html *h)
{
	const char *title = da_doc_get_title(h->view->doc), *subject = da_view_subject(h->view);
	xmlNodePtr p = da_html_new(h, "p", "crumb");

	da_str_clear(&h->text);
	da_str_add(&h->text, "dumpan report");
	if (subject)
		da_str_addf(&h->text, " · %s", subject);
	if (title)
		da_str_addf(&h->text, " · %s", title);
	da_html_text(h, p, h->text.s);
	da_html_put(h, p);
}

static void ticket(struct da_html *h)
{
	struct da_str text DA_CLEANUP(da_str_done) = { 0 };
	xmlNodePtr box;

	da_markdown(h->view, &text);
	da_html_raw(h, "<section>\n");
	da_html_heading(h, "ticket", "Text for the ticket", SIZE_MAX);
	box = da_html_new(h, "div", "box");
	da_html_whole_text(h, da_html_add(h, box, "pre", "copy"), da_str_get(&text));
	da_html_put(h, box);
	da_html_raw(h, "</section>\n");
}

static void foot(struct da_html *h)
{
	const struct da_doc *doc = h->view->doc;
	const char *masked = da_view_masked(h->view), *title = da_doc_get_title(doc);
	const char *rules_version = da_doc_get_rules_version(doc);
	xmlNodePtr footer = da_html_new(h, "footer", NULL), p;

	p = da_html_add(h, footer, "p", NULL);
	da_str_clear(&h->text);
	da_str_addf(&h->text, "dumpan %s", da_doc_tool_version(doc));
	if (rules_version)
		da_str_addf(&h->text, ", rules %s", rules_version);
	if (title)
		da_str_addf(&h->text, ". %s", title);
	da_html_text(h, p, h->text.s);
	p = da_html_add(h, footer, "p", NULL);
	da_html_textf(h, p, "Masked in this report (level %s): %s.",
		      da_redact_level_name(da_doc_level(doc)), masked ? masked : "nothing");
	da_html_put(h, footer);
}

static void part(struct da_html *h, size_t i)
{
	struct da_view *whole = h->view;
	const char *id, *subject;
	xmlNodePtr h2;

	da_doc_get_part(whole->doc, i, &id);
	h->view = whole->parts[i];
	subject = da_view_subject(h->view);
	h2 = da_html_new(h, "h2", "part");
	da_str_clear(&h->text);
	da_str_addf(&h->text, "Dump %s%s%s", id, subject ? ": " : "", subject ? subject : "");
	da_html_text(h, h2, h->text.s);
	da_html_put(h, h2);
	sections(h);
	h->view = whole;
}

static void body(struct da_html *h)
{
	contents(h);
	crumb(h);
	sections(h);
	for (size_t i = 0; i < h->view->nparts; i++)
		part(h, i);
	ticket(h);
	foot(h);
	da_html_raw(h, "</main>\n</div>");
}

/* ---------------------------------------------------------------- the frame */

static int to_out(void *ctx, const char *bytes, int n)
{
	da_out_add(ctx, bytes, (size_t)n);
	return n;
}

static int nothing(void *ctx DA_UNUSED)
{
	return 0;
}

/* A style or script as it stands in its element. */
struct inset {
	struct da_str text;
	char hash[DA_SHA256_BASE64 + 1];
};

/*
 * The browser hashes what its parser made of the bytes, so a style of the user goes in as that: line
 * ends as LF, no NUL, valid UTF-8. It must not close its element either.
 */
static void inset(struct inset *s, const char *bytes, size_t n)
{
	uint32_t c;

	for (size_t i = 0; i < n;) {
		unsigned len = da_utf8_next(bytes + i, n - i, &c);

		if (bytes[i] == '\r')
			da_str_add(&s->text, i + 1 < n && bytes[i + 1] == '\n' ? "" : "\n");
		else if (!len || !bytes[i])
			da_str_addc(&s->text, '?');
		else
			da_str_addn(&s->text, bytes + i, len);
		if (bytes[i] == '<' && i + 1 < n && bytes[i + 1] == '/')
			da_str_addc(&s->text, '\\');
		i += len ? len : 1;
	}
	da_sha256_base64(da_str_get(&s->text), s->text.n, s->hash);
}

static void title(struct da_str *s, const struct da_view *v)
{
	const struct da_verdict *verdict = da_doc_get_verdict(v->doc);
	struct da_str text DA_CLEANUP(da_str_done) = { 0 };
	struct da_str cut DA_CLEANUP(da_str_done) = { 0 };
	const char *rest, *subject = da_view_subject(v);

	if (verdict && verdict->text) {
		da_view_rich(v, &text, da_view_first_sentence(v, verdict->text, &rest));
		da_format_clip(&cut, da_str_get(&text), MAX_TITLE);
	}
	if (subject) {
		da_str_add(&cut, cut.n ? " · " : "");
		da_format_clip(&cut, subject, MAX_TITLE);
	}
	da_format_escape(s, cut.n ? cut.s : "dumpan report");
}

/* The frame with its slots filled; the body is drawn where its slot stands. */
static void page(struct da_html *h, const struct da_render_options *o)
{
	struct inset style = { 0 }, script = { 0 };
	struct da_str name DA_CLEANUP(da_str_done) = { 0 };
	const char *at = (const char *)da_template_page_html;
	const char *end = at + da_template_page_html_size, *open;

	inset(&style, o->css ? o->css : (const char *)da_template_report_css,
	      o->css ? o->css_len : da_template_report_css_size);
	inset(&script, (const char *)da_template_report_js, da_template_report_js_size);
	title(&name, h->view);
	while ((open = memmem(at, (size_t)(end - at), "{{", 2))) {
		const char *slot = open + 2, *close = memmem(slot, (size_t)(end - slot), "}}", 2);

		xmlOutputBufferWrite(h->out, (int)(open - at), at);
		if (!close)
			break;
		at = close + 2;
		if (!strncmp(slot, "body}", 5))
			body(h);
		else if (!strncmp(slot, "title}", 6))
			da_html_raw(h, da_str_get(&name));
		else if (!strncmp(slot, "style}", 6))
			da_html_raw(h, da_str_get(&style.text));
		else if (!strncmp(slot, "script}", 7))
			da_html_raw(h, da_str_get(&script.text));
		else if (!strncmp(slot, "style-hash}", 11))
			da_html_raw(h, style.hash);
		else if (!strncmp(slot, "script-hash}", 12))
			da_html_raw(h, script.hash);
	}
	xmlOutputBufferWrite(h->out, (int)(end - at), at);
	da_str_done(&style.text);
	da_str_done(&script.text);
}

static enum da_status run(const struct da_doc *doc, const struct da_render_options *o,
			  struct da_out *out)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_html h = { .arena = a, .frames_left = FRAMES_OF_PAGE };
	bool failed;

	h.view = da_view_new(a, doc, "", o->full, DA_NBSP);
	h.xml = htmlNewDocNoDtD(NULL, NULL);
	h.out = xmlOutputBufferCreateIO(to_out, nothing, out, NULL);
	if (!h.xml || !h.out)
		da_out_of_memory(0);
	page(&h, o);
	failed = h.out->error != 0;
	if (xmlOutputBufferClose(h.out) < 0)
		failed = true;
	xmlFreeDoc(h.xml);
	da_str_done(&h.text);
	return failed ? DA_NOMEM : DA_OK;
}

const struct da_renderer da_renderer_html = {
	.name = "html",
	.extension = "html",
	.mime = "text/html",
	.title = "one page, readable without network and scripts",
	.run = run,
};
