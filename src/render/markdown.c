/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "render/format.h"
#include "render/markdown.h"
#include "render/out.h"
#include "render/render.h"

enum {
	MAX_NAME = 160,     /* characters of one name */
	MAX_SENTENCE = 400, /* and of one sentence */
	MAX_FINDINGS = 5,
	MAX_FRAMES = 7,
	LOOK_FOR_OWN = 400,
	MAX_NEXT = 4,
};

/* ---------------------------------------------------------------- escaping */

/*
 * Every ASCII sign that can begin markup gets a backslash, which CommonMark takes away again; < and &
 * become entities, since there are tickets that show HTML before they read Markdown.
 */
void da_markdown_escape(struct da_str *s, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p == '<')
			da_str_add(s, "&lt;");
		else if (*p == '&')
			da_str_add(s, "&amp;");
		else if ((unsigned char)*p < 0x20)
			da_str_addc(s, ' ');
		else if (strchr("\\`*_{}[]|~>", *p) ||
			 (strchr("#+-!=", *p) && (p == text || p[1] == '[')))
			da_str_addf(s, "\\%c", *p);
		else
			da_str_addc(s, *p);
	}
}

/*
 * A name as code, in which nothing is markup, mention or link: fenced by more backticks than it holds
 * in a row.
 */
static void as_code(struct da_str *s, const char *text, size_t n)
{
	struct da_str clipped DA_CLEANUP(da_str_done) = { 0 };
	struct da_str name DA_CLEANUP(da_str_done) = { 0 };
	size_t run = 0, longest = 0;
	bool pad;

	da_str_addn(&name, text, n);
	da_format_clip(&clipped, da_str_get(&name), MAX_NAME);
	if (!clipped.n)
		return;
	for (char *p = clipped.s; *p; p++) {
		if ((unsigned char)*p < 0x20)
			*p = ' ';
		run = *p == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	pad = clipped.s[0] == '`' || clipped.s[clipped.n - 1] == '`' || clipped.s[0] == ' ';
	for (size_t i = 0; i <= longest; i++)
		da_str_addc(s, '`');
	da_str_addf(s, "%s%s%s", pad ? " " : "", clipped.s, pad ? " " : "");
	for (size_t i = 0; i <= longest; i++)
		da_str_addc(s, '`');
}

static void plain(struct da_str *s, const char *text, size_t n)
{
	struct da_str part DA_CLEANUP(da_str_done) = { 0 };
	struct da_str clipped DA_CLEANUP(da_str_done) = { 0 };

	da_str_addn(&part, text, n);
	da_format_clip(&clipped, da_str_get(&part), MAX_SENTENCE);
	da_markdown_escape(s, da_str_get(&clipped));
}

/*
 * Code keeps its signs as they are, which is right where Markdown is read and wrong where a ticket
 * shows the text as HTML. A template's <int> does no harm there; what looks like an element does, and
 * is escaped instead.
 */
static void code(struct da_str *s, const char *text, size_t n)
{
	static const char *const signs[] = { "</", "<!", "<?", "=", "<script", "<style", "<img", "<svg",
					     "<iframe", "<object", "<embed", "<link", "<meta", "<a " };
	struct da_str name DA_CLEANUP(da_str_done) = { 0 };

	da_str_addn(&name, text, n);
	for (size_t i = 0; memchr(text, '<', n) && i < DA_ARRAY_SIZE(signs); i++)
		if (strcasestr(da_str_get(&name), signs[i])) {
			plain(s, text, n);
			return;
		}
	as_code(s, text, n);
}

static void sentence(const struct da_view *v, struct da_str *s, const char *rich)
{
	struct da_str ref DA_CLEANUP(da_str_done) = { 0 };
	struct da_run run;

	while (rich && da_rich_next(&rich, &run)) {
		if (run.kind == DA_RUN_TEXT) {
			plain(s, run.s, run.n);
		} else if (run.kind == DA_RUN_REF) {
			da_str_clear(&ref);
			da_view_ref(v, &ref, &run, rich);
			plain(s, da_str_get(&ref), ref.n);
		} else {
			code(s, run.s, run.n);
		}
	}
}

/* ---------------------------------------------------------------- parts of the text */

static void head(const struct da_view *v, struct da_str *out)
{
	const struct da_verdict *verdict = da_doc_get_verdict(v->doc);
	const struct da_signature *signature = da_doc_get_signature(v->doc);
	const char *subject = da_view_subject(v), *rest = "", *first;

	if (verdict && verdict->text) {
		first = da_view_first_sentence(v, verdict->text, &rest);
		da_str_add(out, "**");
		sentence(v, out, first);
		da_str_add(out, "**");
		if (verdict->confidence > 0)
			da_str_addf(out, " (confidence %s)", da_confidence_name(verdict->confidence));
		da_str_addc(out, '\n');
		if (*rest) {
			sentence(v, out, rest);
			da_str_addc(out, '\n');
		}
	} else {
		da_str_add(out, "**No verdict was reached**\n");
	}
	if (subject || (signature && signature->id))
		da_str_addc(out, '\n');
	if (subject) {
		plain(out, subject, strlen(subject));
		da_str_addf(out, ", report %s", da_doc_status_name(da_doc_get_status(v->doc)));
		da_str_addc(out, '\n');
	}
	if (signature && signature->id) {
		da_str_add(out, "Signature ");
		code(out, signature->id, strlen(signature->id));
		da_str_addf(out, " %s\n", signature->hash);
	}
}

static void findings(const struct da_view *v, struct da_str *out)
{
	size_t n = da_doc_findings(v->doc), told = 0;

	for (size_t i = 0; i < n && told < MAX_FINDINGS; i++) {
		const struct da_finding_row *f = da_doc_finding(v->doc, i);

		if (f->severity > DA_SEVERITY_WARNING && told)
			break;
		da_str_addf(out, "%s- **%s** ", told++ ? "" : "\n",
			    da_severity_name(f->severity));
		sentence(v, out, f->title);
		da_str_add(out, " (");
		code(out, f->rule ? f->rule : "", f->rule ? strlen(f->rule) : 0);
		da_str_add(out, ")\n");
		if (told == 1 && f->description) { /* the first one in full: what happened, to whom */
			da_str_add(out, "  ");
			sentence(v, out, f->description);
			da_str_addc(out, '\n');
		}
	}
	if (told && told < n)
		da_str_addf(out, "- and %zu more in the report\n", n - told);
}

/* The gravest stack: the first one, blocks of stacks are ordered so. */
static bool first_stack(const struct da_view *v, enum da_block *ret_block, enum da_col *ret_frames)
{
	for (unsigned b = 0; b < DA_BLOCKS; b++) {
		if (da_blocks[b].kind != DA_KIND_STACKS || !da_doc_rows(v->doc, (enum da_block)b))
			continue;
		for (enum da_col col = da_blocks[b].first; col < da_blocks[b].end; col++)
			if (da_cols[col].shape == DA_SHAPE_FRAME) {
				*ret_block = (enum da_block)b;
				*ret_frames = col;
				return true;
			}
	}
	return false;
}

static void frame(const struct da_view *v, struct da_str *out, enum da_col col,
		  const struct da_cell *cell, uint32_t k)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	struct da_frame_row f;

	da_view_frame(v, col, cell, k, &f);
	da_frame_name(&s, &f);
	da_str_addf(out, "- %" PRIu64 ": %s", f.has_index ? f.index : k, f.own ? "**" : "");
	code(out, da_str_get(&s), s.n);
	da_str_add(out, f.own ? "** " : " ");
	da_str_clear(&s);
	da_frame_source(&s, &f);
	if (!s.n && f.module)
		da_str_add(&s, f.module);
	code(out, da_str_get(&s), s.n);
	if (f.repeat > 1)
		da_str_addf(out, " × %" PRIu64, f.repeat);
	da_str_addc(out, '\n');
}

/* Where to begin below the top frame, so that own code is among the few: 1 when it is near. */
static uint32_t from_frame(const struct da_view *v, enum da_col col, const struct da_cell *cell)
{
	struct da_frame_row f;

	for (uint32_t k = 0; k < cell->n && k < LOOK_FOR_OWN; k++) {
		da_view_frame(v, col, cell, k, &f);
		if (f.own)
			return k + 3 > MAX_FRAMES ? k - 1 : 1;
	}
	return 1;
}

static void stack(const struct da_view *v, struct da_str *out)
{
	struct da_cell cell;
	enum da_block block;
	enum da_col col;
	const char *id;
	uint32_t from;

	if (!first_stack(v, &block, &col) || !da_cell_get(v->doc, col, 0, &cell) || !cell.n)
		return;
	id = da_view_id(v, block, 0);
	from = from_frame(v, col, &cell);
	da_str_addf(out, "\nStack %s\n", id ? id : "");
	frame(v, out, col, &cell, 0);
	for (uint32_t k = from; k < cell.n && k < from + MAX_FRAMES - 1; k++)
		frame(v, out, col, &cell, k);
}

static void next(const struct da_view *v, struct da_str *out)
{
	size_t n;
	const char *const *list = da_view_next(v, &n);

	for (size_t i = 0; i < n && i < MAX_NEXT; i++) {
		da_str_add(out, i ? "- " : "\nWhat to do next\n- ");
		sentence(v, out, list[i]);
		da_str_addc(out, '\n');
	}
}

static void parts(const struct da_view *v, struct da_str *out)
{
	for (size_t i = 0; i < v->nparts && i < MAX_FRAMES; i++) {
		const struct da_verdict *verdict = da_doc_get_verdict(v->parts[i]->doc);
		const char *id, *subject = da_view_subject(v->parts[i]), *rest;

		da_doc_get_part(v->doc, i, &id);
		da_str_addf(out, "%s- %s ", i ? "" : "\n", id);
		if (subject)
			plain(out, subject, strlen(subject));
		if (verdict && verdict->text) {
			da_str_add(out, ": ");
			sentence(v->parts[i], out,
				 da_view_first_sentence(v, verdict->text, &rest));
		}
		da_str_addc(out, '\n');
	}
}

void da_markdown(const struct da_view *v, struct da_str *out)
{
	head(v, out);
	findings(v, out);
	if (v->nparts)
		parts(v, out);
	else
		stack(v, out);
	next(v, out);
	da_str_addf(out, "\ndumpan %s\n", da_doc_tool_version(v->doc));
}

static enum da_status run(const struct da_doc *doc, const struct da_render_options *o DA_UNUSED,
			  struct da_out *out)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_markdown(da_view_new(a, doc, "", false, " "), &s);
	da_out_take(out, &s);
	return DA_OK;
}

const struct da_renderer da_renderer_markdown = {
	.name = "markdown",
	.extension = "md",
	.mime = "text/markdown",
	.title = "at most 30 lines for a ticket",
	.run = run,
};
