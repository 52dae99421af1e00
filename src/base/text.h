/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text from outside becomes valid UTF-8 here, once, where it enters the model; after that nobody
 * checks again. Bytes that are not UTF-8 become U+FFFD, control characters and those that change the
 * direction of text become visible escapes (\n, \x1b, \u202e): libxml2 and json-c pass or drop what
 * is not valid, and a hostile thread name must not repaint somebody's terminal.
 *
 * A consequence that rich.h relies on: text in the model never holds a byte below 0x20.
 */
#ifndef DA_BASE_TEXT_H
#define DA_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct da_arena;
struct da_str;

/* n bytes of any kind; stops at n, not at NUL (a NUL becomes \0). */
char *da_text(struct da_arena *a, const void *bytes, size_t n);
/* The same up to the first NUL or n. */
char *da_text_cstr(struct da_arena *a, const void *bytes, size_t n);
/* n units of UTF-16 in the given byte order. */
char *da_text_utf16(struct da_arena *a, const void *units, size_t n, bool big_endian);
void da_text_add(struct da_str *s, const void *bytes, size_t n);

/* "512 bytes", "150.0 MiB": one decimal, powers of 1024. */
void da_text_size(struct da_str *s, uint64_t bytes);
/* Bytes as hexadecimal digits, as they lie. */
char *da_hex(struct da_arena *a, const void *bytes, size_t n);
char *da_hex_upper(struct da_arena *a, const void *bytes, size_t n);

/* Is it UTF-8 without surrogates, overlong forms or values above U+10FFFF? */
bool da_utf8_valid(const char *s, size_t n);
/* Decode one character at s (n bytes left): its length 1..4, or 0 when it is not valid. */
unsigned da_utf8_next(const char *s, size_t n, uint32_t *ret);
void da_utf8_add(struct da_str *s, uint32_t c);
/* Columns that the text takes in a terminal (wide characters count two, combining ones none). */
size_t da_text_width(const char *s);

#endif
