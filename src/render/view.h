/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all renderers ask of a document: which row an id names and whether the page shows it, cells and
 * sentences as flat text, frames, lists of ids with runs folded ("t16-t26"), what to do next.
 *
 * A block names things when its first column has the key "id", or is the group of a STACKS block: its
 * rows are what references point to.
 */
#ifndef DA_RENDER_VIEW_H
#define DA_RENDER_VIEW_H

#include <string.h>

#include "base/map.h"
#include "report/report.h"

struct da_view {
	const struct da_doc *doc;
	struct da_arena *arena;
	const char *prefix;    /* of anchors: "", or "d1-" in a part */
	const char *gap;       /* between groups of digits */
	bool full;
	uint32_t threads;      /* rows of the block that names threads */
	struct da_map ids;     /* hash of an id: row << 16 | block + 1 */
	struct da_map wanted;  /* hashes of ids that the verdict and the findings speak of */
	struct da_view **parts; /* of a document over several dumps: "d2:t3" is t3 there */
	size_t nparts;
};

struct da_view *da_view_new(struct da_arena *a, const struct da_doc *doc, const char *prefix, bool full,
			    const char *gap);

/* ---------------------------------------------------------------- things with ids */

/* The column that names the rows of this block, or DA_COLS. */
enum da_col da_view_id_col(enum da_block block);
/* The id of a row, or NULL. */
const char *da_view_id(const struct da_view *v, enum da_block block, uint32_t row);
/* The id of a row, or, where rows have none, of the thing that it says something of; or NULL. */
const char *da_view_row_name(const struct da_view *v, enum da_block block, uint32_t row);
bool da_view_find(const struct da_view *v, const char *id, size_t n, enum da_block *ret_block,
		  uint32_t *ret_row);
/*
 * Rows of a block that the page shows: the first of them up to the block's limit, and behind these the
 * ones that findings speak of. *ret_left is how many are left out.
 */
const uint32_t *da_view_rows(const struct da_view *v, enum da_block block, size_t *ret_n,
			     size_t *ret_left);
/* How many things a section is about: the rows of its first block, circles of a graph aside; 0: it is no list. */
uint32_t da_view_section_rows(const struct da_view *v, enum da_section section);
/*
 * Which of these rows are alike: equal in what the page shows of words, sentences and groups, so that ids, names, numbers
 * and locks of one row alone part them. ret[i] is the index of the first one like rows[i]; only groups of at least `least`
 * count. Blocks whose rows have neither ids nor are of things with ids have none.
 */
void da_view_alike(const struct da_view *v, enum da_block block, const uint32_t *rows, size_t n,
		   size_t least, size_t *ret);
/* Is the row that this id names among them (findings are always)? */
bool da_view_shown(const struct da_view *v, const char *id, size_t n);
/* The name of what an id names (a thread's, a module's), or NULL. */
const char *da_view_name(const struct da_view *v, const char *id, size_t n);

/* ---------------------------------------------------------------- values */

/* How much a word of a closed set should worry the reader. */
enum da_tone { DA_TONE_NONE, DA_TONE_QUIET, DA_TONE_GOOD, DA_TONE_WARNING, DA_TONE_ERROR };
enum da_tone da_view_tone(const char *word);
/* Is a column of this type right-aligned? */
bool da_view_numeric(enum da_type type);
bool da_view_is_ref(enum da_type type);
/* One value as flat text; the words set decides how a word is written. */
void da_view_value(const struct da_view *v, struct da_str *s, const struct da_cell *cell);
/* A cell, lists and sub-rows included, as flat text on one line. */
/* The word "unknown": not worth its place in a heading. */
static inline bool da_view_unknown(enum da_col col, const struct da_cell *cell)
{
	return da_cols[col].type == DA_TYPE_WORD && cell->text && strcmp(cell->text, "unknown") == 0;
}
void da_view_cell(const struct da_view *v, struct da_str *s, enum da_col col,
		  const struct da_cell *cell);
/* The number in a cell, for bars and sorting; false: it holds none. */
bool da_view_number(const struct da_cell *cell, double *ret);
/* A sentence as flat text, references by id and name; NULL adds nothing. */
void da_view_rich(const struct da_view *v, struct da_str *s, const char *rich);
/*
 * What a reference at run `run` of a sentence is called: a module by its name; a thread with its name
 * behind the id unless the sentence goes on with one (`rest`).
 */
void da_view_ref(const struct da_view *v, struct da_str *s, const struct da_run *run, const char *rest);
/* Cut a sentence behind its first full stop: *ret_rest is "" when there is only one. */
const char *da_view_first_sentence(const struct da_view *v, const char *rich, const char **ret_rest);

/* ---------------------------------------------------------------- lists of ids */

struct da_span {
	const char *first, *last; /* the same for a single one */
	size_t n;
};

/* The list cell's items. */
const char *const *da_view_items(const struct da_view *v, enum da_col col, const struct da_cell *cell,
				 size_t *ret_n);
/* The next run of neighbours from *pos; two in a row stay two. */
bool da_view_span(const char *const *ids, size_t n, size_t *pos, struct da_span *ret);
/* All of them, "t1, t16-t26"; at most max spans, then "and N more". */
void da_view_ids(const struct da_view *v, struct da_str *s, const char *const *ids, size_t n,
		 size_t max);

/* ---------------------------------------------------------------- frames */

struct da_frame_row {
	uint64_t index, repeat; /* repeat 1: once */
	const char *function, *module, *file, *module_id;
	const char *kind, *trust; /* words, or NULL */
	uint64_t pc, offset, module_offset, line;
	bool has_index, has_pc, has_offset, has_module_offset, has_line;
	bool own, noise, inlined; /* neither own nor noise: not known */
	bool hidden; /* its author, or the runtime that put it in between, keeps it out of stack traces */
};

void da_view_frame(const struct da_view *v, enum da_col col, const struct da_cell *cell, uint32_t k,
		   struct da_frame_row *ret);
/* Function, or module and offset, or address. */
void da_frame_name(struct da_str *s, const struct da_frame_row *f);
/* "file.c:12", by base name; nothing when it is not known. */
void da_frame_source(struct da_str *s, const struct da_frame_row *f);
/* How a frame was found, in words of people; "" when nothing is known. */
const char *da_frame_how(const struct da_frame_row *f);
/* How a walk ended, as a sentence; NULL for a complete one. */
const char *da_view_end(const char *word);
/* Which of n frames are drawn: the first *ret_head and the last *ret_tail. */
void da_view_frames(const struct da_view *v, uint32_t n, uint32_t *ret_head, uint32_t *ret_tail);
/* How many hidden frames stand together from the k-th on, before the end-th; 0 where all is asked for. */
uint32_t da_view_hidden(const struct da_view *v, enum da_col col, const struct da_cell *cell, uint32_t k, uint32_t end);

/* ---------------------------------------------------------------- the whole */

/* "ledgerd, process id 14220": the first cells of the facts, or NULL. */
const char *da_view_subject(const struct da_view *v);
/* What to do next: findings' and ledger's advice, each once, in order. */
const char *const *da_view_next(const struct da_view *v, size_t *ret_n);
/* "3 passwords, 1 token", or NULL when nothing was masked. */
const char *da_view_masked(const struct da_view *v);
/* Findings of a severity, those of all parts included. */
size_t da_view_findings_of(const struct da_view *v, enum da_severity severity);
/* Percent of all threads; negative when the number of threads is not known. */
double da_view_share(const struct da_view *v, size_t threads);
/* The severity that the page's verdict has: of its finding, else by its kind; DA_SEVERITIES: good. */
enum da_severity da_view_verdict_severity(const struct da_view *v);

/* ---------------------------------------------------------------- trees */

/*
 * A row of a tree, by the types of its columns: the number is the depth, the first two symbols are label and place, the
 * count is the weight, the bool says which nodes matter.
 */
struct da_view_node {
	int64_t depth;
	uint64_t weight;
	const char *label, *place; /* label is never NULL */
	bool own, noise;           /* noise: said not to matter; neither: nothing is said */
};
struct da_view_node da_view_node(const struct da_view *v, enum da_block block, uint32_t row);

#endif
