/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for a terminal or a ticket: lines of at most `width` columns. Private to text*.c.
 *
 * Nothing is told by colour alone: severities are words, own code has a ">" before it.
 */
#ifndef DA_RENDER_TEXT_H
#define DA_RENDER_TEXT_H

#include "base/str.h"
#include "render/out.h"
#include "render/render.h"
#include "render/view.h"

struct da_page {
	struct da_view *view;
	struct da_arena *arena;
	struct da_out *out;
	unsigned width;
	bool color;
	struct da_str line; /* what is being made; da_page_flush() writes it */
};

enum da_style { DA_STYLE_NONE, DA_STYLE_BOLD, DA_STYLE_DIM, DA_STYLE_ERROR, DA_STYLE_WARNING,
		DA_STYLE_GOOD };

void da_page_flush(struct da_page *p);
/* The same with each of its lines in a style. */
void da_page_flush_styled(struct da_page *p, enum da_style style);
/* The text, or its begin when it is very long and not all is asked for. */
const char *da_page_clip(const struct da_page *p, struct da_str *s, const char *text);
/* Lines of text (clipped), the first after `first`, the others after `indent` blanks. */
void da_page_wrap(struct da_page *p, const char *first, size_t indent, const char *text);
/* The same for a sentence; NULL writes nothing. */
void da_page_rich(struct da_page *p, const char *first, size_t indent, const char *rich);
/* A heading, an empty line before it. */
void da_page_heading(struct da_page *p, enum da_style style, const char *fmt, ...) DA_PRINTF(3, 4);
/* Start and end of a style in p->line. */
void da_page_style(struct da_page *p, enum da_style style);
void da_page_plain(struct da_page *p, enum da_style style);
/* "12 more rows are left out here; --full shows all." */
void da_page_left(struct da_page *p, size_t left);
/* All blocks of a section, under headings of their own titles but for the first. */
void da_page_blocks(struct da_page *p, enum da_section section);
/* text_stacks.c */
void da_page_stacks(struct da_page *p, enum da_block block);
void da_page_tree(struct da_page *p, enum da_block block);
void da_page_graph(struct da_page *p, enum da_block block);

#endif
