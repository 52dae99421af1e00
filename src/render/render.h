/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render: a finished document becomes bytes. A renderer walks the document once and never sees a
 * dump; it knows sections, kinds of blocks and types of columns, never a block by name, so a new block
 * needs no change here. Same document, same options: same bytes.
 *
 * To add a form of output: src/render/NAME.c with a struct da_renderer, one line in renderers.def,
 * one line in local.mk, one test in tests/unit/t_render.c.
 */
#ifndef DA_RENDER_RENDER_H
#define DA_RENDER_RENDER_H

#include <stddef.h>

#include "base/status.h"
#include "report/report.h"

struct da_out; /* render/out.h */

struct da_render_options {
	unsigned width;  /* columns of text output; 0: 80 */
	bool color;      /* text output: ANSI colours */
	bool full;       /* no limits of rows and frames */
	const char *css; /* --css: a style in place of our own; NULL: ours. Valid UTF-8 */
	size_t css_len;
};

struct da_renderer {
	const char *name;      /* word of --format */
	const char *extension; /* of a file, without the dot */
	const char *mime;
	const char *title;     /* for `dumpan formats` */
	/* What cannot be written is kept in out; only other failures are returned. */
	enum da_status (*run)(const struct da_doc *doc, const struct da_render_options *o,
			      struct da_out *out);
};

extern const struct da_renderer *const da_renderers[];
extern const size_t da_renderers_n;

/* By name, or NULL. */
const struct da_renderer *da_renderer_find(const char *name);
/*
 * Write the document through write() in pieces. options NULL: defaults. DA_IO when write() refused
 * (what was written by then is not a whole page), DA_NOMEM when a library had no memory.
 */
enum da_status da_render(const struct da_renderer *r, const struct da_doc *doc,
			 const struct da_render_options *options, da_write_fn *write, void *ctx)
	DA_MUST_CHECK;

#endif
