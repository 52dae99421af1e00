/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page, piece by piece. Private to the html_*.c files.
 *
 * libxml2 writes it, by rules under which 2.9 and 2.15 give the same bytes: small trees, each dumped
 * and freed; data of the document in text nodes only, one node for one text; attributes hold only
 * what is made here, from [A-Za-z0-9 #._-]; no empty <li>; format 0, line feeds are text.
 *
 * Elements that hold many others (a section, a table of all rows) are opened and closed by
 * da_html_raw() with constant markup around trees that are written one by one, so memory stays flat.
 */
#ifndef DA_RENDER_HTML_H
#define DA_RENDER_HTML_H

#include <libxml/HTMLtree.h>

#include "base/str.h"
#include "render/out.h"
#include "render/render.h"
#include "render/view.h"

#define DA_NBSP "\302\240"

struct da_html {
	struct da_view *view;  /* of the document or of the part that is being drawn */
	struct da_arena *arena;
	xmlOutputBufferPtr out;
	xmlDocPtr xml;
	struct da_str text;    /* scratch of da_html_textf and others that do not call each other */
	unsigned frames_left;  /* rows of frames that the page still takes in full */
};

/* ---------------------------------------------------------------- html_node.c */

/* A new element, not yet in a tree; class may be NULL. */
xmlNodePtr da_html_new(struct da_html *h, const char *name, const char *class);
xmlNodePtr da_html_add(struct da_html *h, xmlNodePtr parent, const char *name, const char *class);
/* The same with a text in it. */
xmlNodePtr da_html_add_text(struct da_html *h, xmlNodePtr parent, const char *name, const char *class,
			    const char *text);
/* What an attribute may hold: characters outside the allowed set become "-". */
enum { DA_HTML_ATTR = 256 };
void da_html_safe(const char *text, char ret[DA_HTML_ATTR]);
void da_html_attr(xmlNodePtr node, const char *name, const char *value);
/* id="…" with the prefix of the part. */
void da_html_id(struct da_html *h, xmlNodePtr node, const char *id);
/* href="#…" to such an id, whatever it is. */
void da_html_href(struct da_html *h, xmlNodePtr node, const char *id);
/* Data: clipped unless the whole is asked for. Never twice in a row in one parent. */
void da_html_text(struct da_html *h, xmlNodePtr parent, const char *text);
void da_html_whole_text(struct da_html *h, xmlNodePtr parent, const char *text); /* never clipped */
void da_html_textf(struct da_html *h, xmlNodePtr parent, const char *fmt, ...) DA_PRINTF(3, 4);
/* A reference: a link where its target is on the page, else text. */
void da_html_ref(struct da_html *h, xmlNodePtr parent, const char *id, const char *label);
/* A sentence. */
void da_html_rich(struct da_html *h, xmlNodePtr parent, const char *rich);
/* A sentence, or several in lines of their own ("\n" between them); NULL adds nothing. */
void da_html_paragraphs(struct da_html *h, xmlNodePtr parent, const char *rich);
/* Ids with neighbours folded, each a link: "t1, t16-t26". */
void da_html_ids(struct da_html *h, xmlNodePtr parent, const char *const *ids, size_t n);
/* A cell with its links. */
void da_html_cell(struct da_html *h, xmlNodePtr parent, enum da_col col, const struct da_cell *cell);
/* Write a tree, a line feed behind it, and free it. */
void da_html_put(struct da_html *h, xmlNodePtr node);
/* Constant markup. */
void da_html_raw(struct da_html *h, const char *markup);

/* ---------------------------------------------------------------- html_top.c */

/* Verdict, counters and facts. */
void da_html_top(struct da_html *h);
/* Findings and what to do next. */
void da_html_summary(struct da_html *h);

/* ---------------------------------------------------------------- html_blocks.c */

/* <section> of a section with its heading and blocks. */
void da_html_section(struct da_html *h, enum da_section section);
/* Its blocks alone. */
void da_html_blocks(struct da_html *h, enum da_section section);
/* How much of a section there is, as a note; nothing when nothing was said or all is there. */
void da_html_completeness(struct da_html *h, enum da_section section);
/* "<h2>" with an id and a count (SIZE_MAX: none). */
void da_html_heading(struct da_html *h, const char *id, const char *title, size_t count);
/* The facts of an object; `class` of the list. */
xmlNodePtr da_html_keys(struct da_html *h, enum da_block block, const char *class);
/* "12 more rows are left out" */
void da_html_left(struct da_html *h, size_t left, const char *what);
/*
 * <div> that scrolls by itself, so that the page never does sideways, and is not made endless by a
 * table of many rows; left open.
 */
void da_html_scroll(struct da_html *h, const char *label, size_t rows);
/* A table of our own rows: heads end with NULL, "#" leads a right-aligned one. */
void da_html_table(struct da_html *h, const char *label, size_t rows, const char *const *heads);
void da_html_table_end(struct da_html *h);

/* ---------------------------------------------------------------- html_stacks.c, html_tree.c, html_graph.c */

void da_html_stacks(struct da_html *h, enum da_block block);
void da_html_tree(struct da_html *h, enum da_block block);
void da_html_graph(struct da_html *h, enum da_block block);

#endif
