/* SPDX-License-Identifier: Apache-2.0 */
/* Elements and texts of the page. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "render/format.h"
#include "render/html.h"

enum {
	MAX_TEXT = 1200, /* characters of one text; a name can be 64 KiB */
	MAX_SPANS = 24,  /* runs of ids in one place */
};

static xmlNodePtr made(xmlNodePtr node)
{
	if (!node)
		da_out_of_memory(sizeof(*node));
	return node;
}

xmlNodePtr da_html_new(struct da_html *h, const char *name, const char *class)
{
	xmlNodePtr node = made(xmlNewDocNode(h->xml, NULL, (const xmlChar *)name, NULL));

	if (class)
		da_html_attr(node, "class", class);
	return node;
}

xmlNodePtr da_html_add(struct da_html *h, xmlNodePtr parent, const char *name, const char *class)
{
	return xmlAddChild(parent, da_html_new(h, name, class));
}

xmlNodePtr da_html_add_text(struct da_html *h, xmlNodePtr parent, const char *name, const char *class,
			    const char *text)
{
	xmlNodePtr node = da_html_add(h, parent, name, class);

	da_html_text(h, node, text);
	return node;
}

void da_html_safe(const char *text, char ret[DA_HTML_ATTR])
{
	size_t n = 0;

	for (; *text && n + 1 < DA_HTML_ATTR; text++) {
		char c = *text;
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			  strchr(" #._-", c);

		ret[n++] = ok ? c : '-';
	}
	ret[n] = 0;
}

void da_html_attr(xmlNodePtr node, const char *name, const char *value)
{
	char safe[DA_HTML_ATTR];

	da_html_safe(value, safe);
	if (!xmlNewProp(node, (const xmlChar *)name, (const xmlChar *)safe))
		da_out_of_memory(sizeof(safe));
}

/* "#d1-t12" as an attribute; ids that do not fit one are not linked. */
static bool anchor(struct da_html *h, xmlNodePtr node, const char *name, const char *sign, const char *id)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_str_addf(&s, "%s%s%s", sign, h->view->prefix, id);
	if (s.n >= DA_HTML_ATTR)
		return false;
	da_html_attr(node, name, s.s);
	return true;
}

void da_html_id(struct da_html *h, xmlNodePtr node, const char *id)
{
	anchor(h, node, "id", "", id);
}

void da_html_href(struct da_html *h, xmlNodePtr node, const char *id)
{
	anchor(h, node, "href", "#", id);
}

void da_html_whole_text(struct da_html *h, xmlNodePtr parent, const char *text)
{
	if (*text)
		xmlAddChild(parent, made(xmlNewDocText(h->xml, (const xmlChar *)text)));
}

void da_html_text(struct da_html *h, xmlNodePtr parent, const char *text)
{
	struct da_str clipped DA_CLEANUP(da_str_done) = { 0 };

	if (!h->view->full && strlen(text) > MAX_TEXT && da_format_clip(&clipped, text, MAX_TEXT))
		text = clipped.s;
	da_html_whole_text(h, parent, text);
}

void da_html_textf(struct da_html *h, xmlNodePtr parent, const char *fmt, ...)
{
	va_list ap;

	da_str_clear(&h->text);
	va_start(ap, fmt);
	da_str_vaddf(&h->text, fmt, ap);
	va_end(ap);
	da_html_text(h, parent, da_str_get(&h->text));
}

void da_html_ref(struct da_html *h, xmlNodePtr parent, const char *id, const char *label)
{
	bool shown = strlen(id) < DA_HTML_ATTR / 2 && da_view_shown(h->view, id, strlen(id));
	xmlNodePtr a = da_html_add_text(h, parent, shown ? "a" : "span", NULL, label);

	if (shown)
		da_html_href(h, a, id);
}

static void flush_plain(struct da_html *h, xmlNodePtr parent, struct da_str *plain)
{
	da_html_text(h, parent, da_str_get(plain));
	da_str_clear(plain);
}

void da_html_rich(struct da_html *h, xmlNodePtr parent, const char *rich)
{
	struct da_str plain DA_CLEANUP(da_str_done) = { 0 };
	struct da_str word DA_CLEANUP(da_str_done) = { 0 };
	struct da_run run;

	while (rich && da_rich_next(&rich, &run)) {
		if (run.kind == DA_RUN_TEXT || run.kind == DA_RUN_SITE) {
			da_str_addn(&plain, run.s, run.n);
			continue;
		}
		flush_plain(h, parent, &plain);
		da_str_clear(&word);
		if (run.kind == DA_RUN_REF) {
			char *id = da_strndup(h->arena, run.s, run.n);

			da_view_ref(h->view, &word, &run, rich);
			da_html_ref(h, parent, id, da_str_get(&word));
			continue;
		}
		da_str_addn(&word, run.s, run.n);
		da_html_add_text(h, parent, "code", NULL, da_str_get(&word));
	}
	flush_plain(h, parent, &plain);
}

void da_html_paragraphs(struct da_html *h, xmlNodePtr parent, const char *rich)
{
	while (rich && *rich) {
		size_t n = strcspn(rich, "\n");

		if (n)
			da_html_rich(h, da_html_add(h, parent, "p", NULL),
				     da_strndup(h->arena, rich, n));
		rich += n + (rich[n] == '\n');
	}
}

void da_html_ids(struct da_html *h, xmlNodePtr parent, const char *const *ids, size_t n)
{
	struct da_span span;
	size_t pos = 0, spans = 0;

	while (da_view_span(ids, n, &pos, &span)) {
		if (!h->view->full && spans >= MAX_SPANS) {
			da_str_clear(&h->text);
			da_str_add(&h->text, " and ");
			da_format_count(&h->text, n - pos + span.n, h->view->gap);
			da_str_add(&h->text, " more");
			da_html_text(h, parent, h->text.s);
			return;
		}
		if (spans++)
			da_html_text(h, parent, ", ");
		if (n == 1) { /* alone, a thread stands with its name */
			struct da_run run = { .kind = DA_RUN_REF, .s = ids[0], .n = strlen(ids[0]) };

			da_str_clear(&h->text);
			da_view_ref(h->view, &h->text, &run, "");
			da_html_ref(h, parent, ids[0], da_strdup(h->arena, da_str_get(&h->text)));
			return;
		}
		da_html_ref(h, parent, span.first, span.first);
		if (span.n > 1) {
			da_html_text(h, parent, "-");
			da_html_ref(h, parent, span.last, span.last);
		}
	}
}

static void ref_cell(struct da_html *h, xmlNodePtr parent, const struct da_cell *cell)
{
	const char *name = NULL;

	if (cell->type == DA_TYPE_MODULE)
		name = da_view_name(h->view, cell->text, strlen(cell->text));
	da_html_ref(h, parent, cell->text, name ? name : cell->text);
}

static void word_cell(struct da_html *h, xmlNodePtr parent, const struct da_cell *cell)
{
	static const char *const classes[] = { [DA_TONE_NONE] = NULL, [DA_TONE_QUIET] = "tag",
					       [DA_TONE_GOOD] = "tag good",
					       [DA_TONE_WARNING] = "tag warning",
					       [DA_TONE_ERROR] = "tag error" };
	enum da_tone tone = da_view_tone(cell->text);

	da_str_clear(&h->text);
	da_format_word(&h->text, cell->text);
	if (classes[tone])
		da_html_add_text(h, parent, "span", classes[tone], da_str_get(&h->text));
	else
		da_html_text(h, parent, da_str_get(&h->text));
}

void da_html_cell(struct da_html *h, xmlNodePtr parent, enum da_col col, const struct da_cell *cell)
{
	struct da_str flat DA_CLEANUP(da_str_done) = { 0 };

	if (cell->shape == DA_SHAPE_LIST && da_view_is_ref(cell->type)) {
		size_t n;
		const char *const *ids = da_view_items(h->view, col, cell, &n);

		da_html_ids(h, parent, ids, n);
		return;
	}
	if (cell->shape == DA_SHAPE_ONE && cell->text) {
		if (da_view_is_ref(cell->type)) {
			ref_cell(h, parent, cell);
			return;
		}
		if (cell->type == DA_TYPE_RICH) {
			da_html_rich(h, parent, cell->text);
			return;
		}
		if (cell->type == DA_TYPE_WORD) {
			word_cell(h, parent, cell);
			return;
		}
	}
	da_view_cell(h->view, &flat, col, cell);
	da_html_text(h, parent, da_str_get(&flat));
}

void da_html_put(struct da_html *h, xmlNodePtr node)
{
	htmlNodeDumpFormatOutput(h->out, h->xml, node, NULL, 0);
	xmlOutputBufferWriteString(h->out, "\n");
	xmlFreeNode(node);
}

void da_html_raw(struct da_html *h, const char *markup)
{
	xmlOutputBufferWriteString(h->out, markup);
}
