/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a terminal: paragraphs broken at blanks, columns padded, by the width that characters
 * take on the screen (wide ones count two).
 */
#ifndef DA_RENDER_WRAP_H
#define DA_RENDER_WRAP_H

#include <stddef.h>

#include "base/status.h"

struct da_str;

/*
 * Add `first` and then text as lines of at most `width` columns, the second and later ones after
 * `indent` blanks. A word that fits on no line is broken. Ends with a line feed.
 */
void da_wrap(struct da_str *out, const char *text, const char *first, size_t indent, size_t width);
/* The same on a line whose first `column` columns are taken already. */
void da_wrap_at(struct da_str *out, const char *text, size_t column, size_t indent, size_t width);
/* text, then blanks up to `width` columns; a longer text is cut, its last column is "…". */
void da_pad(struct da_str *out, const char *text, size_t width);
/* The same with blanks first. */
void da_pad_left(struct da_str *out, const char *text, size_t width);
/* The bytes of text that fill at most `width` columns. */
size_t da_wrap_fit(const char *text, size_t width);

#endif
