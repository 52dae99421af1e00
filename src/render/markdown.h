/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report in at most 30 lines of Markdown, for a ticket. Names of the dump cannot become markup:
 * what Markdown or HTML would read as such is escaped.
 */
#ifndef DA_RENDER_MARKDOWN_H
#define DA_RENDER_MARKDOWN_H

#include "render/view.h"

struct da_str;

enum { DA_MARKDOWN_LINES = 30 };

void da_markdown(const struct da_view *v, struct da_str *out);
/* text with everything escaped that begins markup. */
void da_markdown_escape(struct da_str *s, const char *text);

#endif
