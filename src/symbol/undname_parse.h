/* SPDX-License-Identifier: Apache-2.0 */
/* What reads a decorated name piece by piece; shared by undname.c and undname_text.c. */
#ifndef DA_SYMBOL_UNDNAME_PARSE_H
#define DA_SYMBOL_UNDNAME_PARSE_H

#include <string.h>

#include "symbol/undname_node.h"

#define DA_UND_NODES 20000 /* a hostile name costs no more */

/* What digits refer to. */
struct da_und_backrefs {
	struct da_und_node *names[10], *types[10];
	unsigned nnames, ntypes;
};

struct da_und_parser {
	struct da_arena *a;
	const char *p;
	bool failed;
	unsigned depth, nodes;
	struct da_und_backrefs back;
};

static inline struct da_und_node *und_fail(struct da_und_parser *s)
{
	s->failed = true;
	return NULL;
}

static inline bool und_eat(struct da_und_parser *s, const char *text)
{
	size_t n = strlen(text);

	if (s->failed || strncmp(s->p, text, n) != 0)
		return false;
	s->p += n;
	return true;
}

static inline bool und_at(const struct da_und_parser *s, const char *text)
{
	return !s->failed && da_starts(s->p, text);
}

static inline bool und_at_digit(const struct da_und_parser *s)
{
	return !s->failed && *s->p >= '0' && *s->p <= '9';
}

static inline char und_next(struct da_und_parser *s)
{
	if (s->failed || !*s->p) {
		s->failed = true;
		return '\0';
	}
	return *s->p++;
}

static inline struct da_und_node *und_make(struct da_und_parser *s, enum da_und_kind kind)
{
	struct da_und_node *n;

	if (++s->nodes > DA_UND_NODES)
		s->failed = true;
	n = da_new(s->a, struct da_und_node);
	n->kind = kind;
	return n;
}

static inline struct da_und_node *und_text_node(struct da_und_parser *s, const char *text)
{
	struct da_und_node *n = und_make(s, DA_UND_NAME);

	n->text = text;
	return n;
}

/* <digit> is digit + 1; else hexadecimal with A to P, up to '@'. A '?' before it is a minus. */
static inline uint64_t und_number(struct da_und_parser *s, bool *ret_negative)
{
	uint64_t v = 0;

	*ret_negative = und_eat(s, "?");
	if (und_at_digit(s))
		return (uint64_t)(und_next(s) - '0') + 1;
	for (unsigned i = 0; i < 17; i++) {
		char c = und_next(s);

		if (c == '@')
			return v;
		if (c < 'A' || c > 'P')
			break;
		v = v << 4 | (uint64_t)(c - 'A');
	}
	s->failed = true;
	return 0;
}

/* undname_text.c: a string literal, behind its "??_C". */
struct da_und_node *da_und_string_literal(struct da_und_parser *s);

#endif
