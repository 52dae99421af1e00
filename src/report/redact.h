/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to report/: how redaction works inside.
 *
 * A text gives spans: places that hold a secret, each with the kind of its mask. They are found by
 * three means: names followed by a value (redact_names.c), shapes of tokens (redact_shapes.c), and
 * the exact texts of secrets that were seen before (redact_known.c). What was found is remembered in
 * memory only, and never written in any form from which it could be guessed.
 */
#ifndef DA_REPORT_REDACT_H
#define DA_REPORT_REDACT_H

#include "base/arena.h"
#include "base/checked.h"
#include "base/map.h"
#include "base/vec.h"
#include "report/report.h"

/* Is what was found worth looking for in other texts? Made-up values are; ordinary ones when it is sure. */
enum da_learn { DA_LEARN_NO, DA_LEARN_ODD, DA_LEARN_ANY };

struct da_span {
	size_t start, end;
	const char *kind; /* constant: "password" */
	enum da_learn learn;
	bool soft;        /* found by a name or by an ordinary word: names of functions are let alone */
	size_t from;      /* where what announces it starts: its name; else its own start */
	const struct da_known *as; /* a part of this secret, and masked as it; or NULL */
};

struct da_spans {
	struct da_arena *arena; /* scratch */
	DA_VEC(struct da_span) spans;
};

static inline void da_span_add(struct da_spans *s, size_t start, size_t end, const char *kind,
			       enum da_learn learn)
{
	if (end > start)
		da_vec_push(s->arena, &s->spans,
			    ((struct da_span){ .start = start, .end = end, .kind = kind, .learn = learn,
					       .from = start }));
}

/* A secret or a pseudonym, with its mask once it has one. */
struct da_known {
	const char *text;
	uint32_t len;
	bool word;         /* looks like a word: only whole words of a text are taken for it */
	bool site;         /* a name of the site, not a secret */
	bool search;       /* to be looked for in other texts */
	const char *kind;
	const char *mask;  /* NULL until used */
	uint32_t next;     /* in its bucket, index + 1 */
};

struct da_mask_kind {
	const char *kind;
	uint64_t count;
};

struct da_shapes;

struct da_redactor {
	struct da_arena *arena;
	enum da_redact_level level;
	const uint8_t *key;
	size_t key_len;
	struct da_shapes *shapes;
	DA_VEC(struct da_known) known;
	struct da_map exact;      /* hash of the text to index + 1 */
	struct da_map heads;      /* first four bytes to index + 1 of the last with them */
	uint64_t filter[1024];    /* bits of hashes of first four bytes */
	uint64_t epoch;           /* counts secrets to search for: a cached answer is of an epoch */
	size_t nsearch;
	DA_VEC(struct da_mask_kind) kinds;
	struct da_strings strings;
	struct da_map cache;      /* text and class to answer */
	DA_VEC(struct da_answer { const char *text; uint64_t epoch; }) answers;
};

/* How much a name promises that its value is a secret. */
enum da_name_strength { DA_NAME_NO, DA_NAME_WEAK, DA_NAME_STRONG };

static inline enum da_learn da_learn_by(enum da_name_strength strength)
{
	return strength == DA_NAME_STRONG ? DA_LEARN_ANY : DA_LEARN_ODD;
}

/* ---- redact_judge.c */
/* Judge a name ("DB_PASSWORD", "clientSecret"); *ret_kind is the kind of mask for its value. */
enum da_name_strength da_name_judge(const char *name, size_t n, const char **ret_kind);
/* The word in front of a name that stands alone ("api key", "public key") may raise or end its strength. */
enum da_name_strength da_name_before(const char *s, size_t n, enum da_name_strength strength);
/* PWD=/some/where: the shell's working directory, not a password. */
bool da_name_is_directory(const char *name, size_t n, const char *value);

/* ---- redact_names.c */
/* Names with values in running text. */
void da_names_scan(const char *text, size_t n, struct da_spans *ret);

/* ---- redact_args.c */
/* One argument of a command line, as a place in a text. */
struct da_token {
	size_t start, end;
};
/* Secrets that options of well-known tools announce ("mysql -pX", "curl -u name:X"). */
void da_tools_scan(const char *text, const struct da_token *tokens, size_t n, struct da_spans *ret);
/* The same in a text that may be a command line written as one. */
void da_tools_scan_text(const char *text, size_t n, struct da_spans *ret);
/* Secrets of a command line whose arguments are known one by one. */
void da_arguments_scan(const char *text, const struct da_token *tokens, size_t n, struct da_spans *ret);

/* ---- redact_value.c */
/* Where an unquoted or quoted value that starts at `at` ends; *ret_start is behind the quote. */
size_t da_value_end(const char *text, size_t n, size_t at, bool strong, size_t *ret_start);
/* Is it a value that is no secret whatever its name says: true, 3, ${VAR}, ***, [password#1]? */
bool da_value_benign(const char *v, size_t n, enum da_name_strength strength);
/* The same behind a name whose kind is known: the key, certificate or token may be in a file. */
bool da_value_benign_for(const char *kind, const char *v, size_t n, enum da_name_strength strength);
/* Does it look random, rather than like words, numbers or identifiers? */
bool da_value_random(const char *v, size_t n);
/* A path, or the name of a file. */
bool da_value_path(const char *v, size_t n);
/* A number, or a name as programs have them: may stand elsewhere and mean nothing. */
bool da_value_word(const char *v, size_t n);
/* Length of a mask like [password#1] that starts here, or 0. */
size_t da_mask_len(const char *s, size_t n);

/* ---- redact_shapes.c */
struct da_shapes *da_shapes_new(struct da_arena *a);
/* False: a pattern gave up, and nobody knows what is in the text. */
bool da_shapes_scan(struct da_shapes *s, const char *text, size_t n, bool site, struct da_spans *ret);

/* ---- redact_known.c */
struct da_known *da_known_put(struct da_redactor *r, const char *text, size_t n, const char *kind,
			      enum da_learn search, bool site);
void da_known_scan(struct da_redactor *r, const char *text, size_t n, bool symbol, struct da_spans *ret);
/* The mask of this text, made when it is the first time. */
const char *da_known_mask(struct da_redactor *r, const char *text, size_t n, const char *kind,
			  enum da_learn search, bool site);

/* ---- redact.c */
/* What names and shapes find in a text of this class; what is known already is another matter. */
void da_spans_scan(struct da_redactor *r, enum da_redact_class class, const char *text, size_t n,
		   struct da_spans *ret);
/* Sorted, overlapping ones made one, without what is masked already. */
void da_spans_settle(struct da_spans *s, const char *text, size_t n);
/* Remember what they hold. */
void da_spans_learn(struct da_redactor *r, const char *text, const struct da_spans *spans);
const char *da_span_mask(struct da_redactor *r, const char *text, const struct da_span *s);
/* Paths that every Linux has, and that say nothing about the site. */
bool da_path_of_system(const char *path);
/* Answers by text and class; a text must be interned in r->strings. DA_AS_RICH stands beside the classes. */
#define DA_AS_RICH 15
const char *da_redact_cached(struct da_redactor *r, const char *text, unsigned class, uint64_t *ret_key);
const char *da_redact_remember(struct da_redactor *r, uint64_t key, const char *answer);
/* Mask what is known by now; the same pointer when that changes nothing. */
const char *da_redact_again(struct da_redactor *r, const char *text, bool symbol);
const char *da_redact_rich_again(struct da_redactor *r, const char *rich);

#endif
