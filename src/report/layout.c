/* SPDX-License-Identifier: Apache-2.0 */
/* The tables that blocks.def describes. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "report/doc.h"

enum { PLACE_DATA, PLACE_PAGE };

const struct da_section_def da_sections[DA_SECTIONS] = {
#define DA_SECTION(id, title) { #id, title },
#include "report/blocks.def"
};

#define DA_WORDS(set, ...) static const char *const words_##set[] = { __VA_ARGS__, NULL };
#include "report/blocks.def"

const char *const *const da_words[DA_WORD_SETS] = {
#define DA_WORDS(set, ...) [DA_WORDS_##set] = words_##set,
#include "report/blocks.def"
};

/*
 * Where a block's columns begin and end: each block's first enumerator takes the number that its
 * first column would have, and the next one goes back by one.
 */
enum {
#define DA_BLOCK(id, section, shape, kind, title, order, limit) FIRST_##id, FIRST_BACK_##id = FIRST_##id - 1,
#define DA_SUB(id)                                              FIRST_##id, FIRST_BACK_##id = FIRST_##id - 1,
#define DA_COLUMN(block, key, title, type, shape, privacy, words, place) COUNT_##block##_##key,
#define DA_END(id) END_##id, END_BACK_##id = END_##id - 1,
#include "report/blocks.def"
};

const struct da_block_def da_blocks[DA_TABLES] = {
#define DA_BLOCK(id_, section_, shape_, kind_, title_, order_, limit_)                            \
	[DA_BLOCK_##id_] = { .id = #id_, .title = title_, .order = order_,                        \
			     .section = DA_SECTION_##section_,                                    \
			     .shape = DA_BLOCK_SHAPE_##shape_, .kind = DA_KIND_##kind_,           \
			     .limit = limit_, .first = (enum da_col)FIRST_##id_,                  \
			     .end = (enum da_col)END_##id_ },
#define DA_SUB(id_)                                                                               \
	[DA_SUB_##id_] = { .id = #id_, .title = #id_, .order = "", .section = DA_SECTIONS,        \
			   .shape = DA_BLOCK_SHAPE_ARRAY, .kind = DA_KIND_TABLE,                  \
			   .first = (enum da_col)FIRST_##id_, .end = (enum da_col)END_##id_ },
#include "report/blocks.def"
};

/* A column names its block or its sub-row by one name. */
enum {
#define DA_BLOCK(id, section, shape, kind, title, order, limit) OWNER_##id = DA_BLOCK_##id,
#define DA_SUB(id)                                              OWNER_##id = DA_SUB_##id,
#include "report/blocks.def"
};

const struct da_col_def da_cols[DA_COLS] = {
#define DA_COLUMN(block_, key_, title_, type_, shape_, privacy_, words_, place_)                  \
	[DA_COL_##block_##_##key_] = { .key = #key_, .title = title_,                             \
				       .block = (enum da_block)OWNER_##block_,                    \
				       .type = DA_TYPE_##type_, .shape = DA_SHAPE_##shape_,       \
				       .privacy = DA_PRIVACY_##privacy_,                          \
				       .words = DA_WORDS_##words_, .page = PLACE_##place_ },
#include "report/blocks.def"
};

bool da_block_detail(enum da_block block, enum da_col *ret_col, enum da_block *ret_of)
{
	static const struct {
		enum da_block block, of;
		enum da_col col;
	} details[] = {
#define DA_DETAIL(block, key, of) { DA_BLOCK_##block, DA_BLOCK_##of, DA_COL_##block##_##key },
#include "report/blocks.def"
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(details); i++)
		if (details[i].block == block) {
			*ret_col = details[i].col;
			*ret_of = details[i].of;
			return true;
		}
	return false;
}

static const char *const kinds[] = { "keys", "table", "stacks", "bars", "tree", "graph", "text" };
static const char *const privacies[] = { "public", "site", "secret" };

static const char *const types[DA_TYPES] = {
	[DA_TYPE_TEXT] = "text", [DA_TYPE_RICH] = "text", [DA_TYPE_ARGUMENT] = "text",
	[DA_TYPE_HOST] = "text", [DA_TYPE_MESSAGE] = "text", [DA_TYPE_CONTENTS] = "text",
	[DA_TYPE_SYMBOL] = "symbol", [DA_TYPE_PATH] = "path", [DA_TYPE_HEX] = "hex",
	[DA_TYPE_TIME] = "time", [DA_TYPE_WORD] = "word", [DA_TYPE_ADDRESS] = "address",
	[DA_TYPE_BYTES] = "bytes", [DA_TYPE_COUNT] = "count", [DA_TYPE_DURATION] = "duration",
	[DA_TYPE_NUMBER] = "number", [DA_TYPE_CODE] = "code", [DA_TYPE_PERCENT] = "percent",
	[DA_TYPE_CONFIDENCE] = "confidence", [DA_TYPE_BOOL] = "bool",
	[DA_TYPE_THREAD] = "thread", [DA_TYPE_LOCK] = "lock", [DA_TYPE_MODULE] = "module",
	[DA_TYPE_GROUP] = "group", [DA_TYPE_CHAIN] = "chain",
	[DA_TYPE_EXCEPTION] = "exception", [DA_TYPE_REF] = "ref",
};

const char *da_kind_name(enum da_kind kind)
{
	return kinds[kind];
}

const char *da_type_name(enum da_type type)
{
	return types[type];
}

const char *da_privacy_name(enum da_privacy privacy)
{
	return privacies[privacy];
}

enum da_block da_shape_sub(enum da_shape shape)
{
	static const enum da_block subs[] = {
		[DA_SHAPE_ONE] = DA_TABLES, [DA_SHAPE_LIST] = DA_TABLES,
		[DA_SHAPE_FRAME] = DA_SUB_frame, [DA_SHAPE_STEP] = DA_SUB_step,
		[DA_SHAPE_PAIR] = DA_SUB_pair, [DA_SHAPE_COUNT] = DA_SUB_count,
	};

	return subs[shape];
}

int da_word_index(enum da_words set, const char *word)
{
	const char *const *words = da_words[set];

	for (int i = 0; words && words[i]; i++)
		if (da_streq(words[i], word))
			return i;
	return -1;
}

/* ---------------------------------------------------------------- ids */

static size_t span_of(const char *s, size_t n, const char *set)
{
	size_t i = 0;

	while (i < n && s[i] && strchr(set, s[i]))
		i++;
	return i;
}

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

bool da_part_id_valid(const char *id, size_t n)
{
	return n >= 1 && n <= 8 && span_of(id, 1, LOWER) == 1 && span_of(id, n, LOWER DIGITS) == n;
}

bool da_id_valid(const char *id, size_t n)
{
	const char *colon = memchr(id, ':', n);
	size_t letters;

	if (colon) {
		if (!da_part_id_valid(id, (size_t)(colon - id)))
			return false;
		n -= (size_t)(colon + 1 - id);
		id = colon + 1;
	}
	letters = span_of(id, n, LOWER);
	return letters >= 1 && letters <= 12 && n > letters && n - letters <= 10 &&
	       span_of(id + letters, n - letters, DIGITS) == n - letters;
}

bool da_rule_id_valid(const char *id, size_t n)
{
	return n >= 1 && n <= 64 && span_of(id, n, LOWER DIGITS ".-_") == n;
}
