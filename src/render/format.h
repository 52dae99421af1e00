/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values for people: the same words in every form of output. Numbers are made without printf's
 * floating point, so that no locale changes them.
 */
#ifndef DA_RENDER_FORMAT_H
#define DA_RENDER_FORMAT_H

#include <stdint.h>

#include "base/status.h"

struct da_str;

/* "10 412": groups of three from 1000 on, parted by `gap` (a no-break space on the page). */
void da_format_count(struct da_str *s, uint64_t v, const char *gap);
/* Microseconds: "412 µs", "12.04 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
void da_format_duration(struct da_str *s, uint64_t us);
/* "0 %", "<1 %", "32 %"; `permille` is the share in tenths of a percent. */
void da_format_percent(struct da_str *s, double percent);
/* The word of a closed set as people write it: "no-unwind-info" becomes "no unwind info". */
void da_format_word(struct da_str *s, const char *word);
/* s, ready for the text between tags: < > & as entities. */
void da_format_escape(struct da_str *s, const char *text);
/* "1 thread", "2 threads"; the plural has an s. */
void da_format_number_of(struct da_str *s, uint64_t n, const char *noun, const char *gap);
/* At most max characters of text, then " …"; true when something was cut. */
bool da_format_clip(struct da_str *s, const char *text, size_t max);

#endif
