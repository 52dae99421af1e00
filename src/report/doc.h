/* SPDX-License-Identifier: Apache-2.0 */
/* Private to report/: what a document is made of. */
#ifndef DA_REPORT_DOC_H
#define DA_REPORT_DOC_H

#include "base/arena.h"
#include "base/map.h"
#include "base/checked.h"
#include "base/vec.h"
#include "report/report.h"

#define DA_INT_MAX 9007199254740991 /* 2^53 - 1: the largest integer that every JSON reader keeps */

union da_value {
	const char *s;
	uint64_t u;
	int64_t i;
	double d;
	bool b;
	struct {
		uint32_t first, n; /* of items, or of sub-rows */
	} span;
};

struct da_table;

/* One column: a value a row, up to the last row that has one. */
struct da_column {
	union da_value *v;
	bool *set;
	uint32_t n, cap;
	DA_VEC(union da_value) items; /* of lists */
	struct da_table *sub;         /* of lists of sub-rows */
};

struct da_table {
	uint32_t rows;
	struct da_column *cols; /* of the block, [0, end - first) */
};

struct da_strings_vec {
	const char **v;
	size_t n, cap;
};

struct da_evidence {
	struct da_doc *doc;
	struct da_evidence_row row;
};

struct da_finding {
	struct da_doc *doc;
	struct da_finding_row row;
	const char *merge; /* key, or NULL */
	size_t order;      /* of arrival */
	struct da_strings_vec threads, objects, chains;
	DA_VEC(struct da_evidence *) evidence;
	struct da_evidence_row *rows; /* of the evidence, once finished */
	DA_VEC(struct da_next_row) next;
	struct da_finding *merged_into;
};

struct da_part {
	const char *id;
	struct da_doc *doc;
};

struct da_timing {
	const char *stage;
	uint64_t us, rss_bytes;
};

struct da_masked {
	const char *kind;
	uint64_t count;
};

struct da_doc {
	struct da_arena *arena;
	struct da_doc *whole;           /* of a part; of the whole: itself */
	struct da_redactor *redactor;
	struct da_strings *strings;     /* interned; shared with the parts */
	bool from_json;                 /* it has its order, ids and hash already */
	bool keep_text;                 /* its text was redacted when it was written */
	bool finished;

	enum da_doc_status status;
	const char *title, *tool_version, *rules_version;
	struct da_verdict verdict;
	const struct da_finding *verdict_finding;
	struct da_signature signature;
	const char **signature_frames;  /* its frames, to be masked again */
	struct da_strings_vec alternatives;
	DA_VEC(struct da_finding *) findings;
	DA_VEC(struct da_ledger_row) ledger;
	DA_VEC(struct da_rule_row) rules;
	DA_VEC(struct da_timing) timings;
	struct da_completeness completeness[DA_SECTIONS];
	struct da_table tables[DA_BLOCKS];
	DA_VEC(struct da_part) parts;
	enum da_redact_level level;     /* that its text was redacted to */
	DA_VEC(struct da_masked) masked;

	struct da_table *sub;           /* the sub-row made last */
	enum da_block sub_block;
	unsigned mistakes;
	const char *first_mistake;
};

/* One copy of the text, made valid. */
const char *da_doc_intern(struct da_doc *doc, const char *text);
/* Text as the document may hold it; NULL stays NULL. */
const char *da_doc_rich(struct da_doc *doc, const char *rich);
const char *da_doc_as(struct da_doc *doc, enum da_redact_class class, const char *text);
void da_doc_mistake(struct da_doc *doc, const char *where, const char *what);
/* A note of the document itself; later equal ones are counted. */
void da_doc_note(struct da_doc *doc, const char *kind, const char *where, const char *text);
void da_doc_push(struct da_doc *doc, struct da_strings_vec *vec, const char *s);
/* "t14", "lock2", "d2:f1": what may stand in links. Of a part: "d1". Of a rule: "hang.deadlock". */
bool da_id_valid(const char *id, size_t n);
bool da_part_id_valid(const char *id, size_t n);
bool da_rule_id_valid(const char *id, size_t n);
/* A name of a thing, for mistakes and messages: "threads.tid". */
const char *da_col_name(struct da_doc *doc, enum da_col col);

/* Between 0 and 1, in thousandths: the model's floats of 0.9 and more stay so, and JSON stays short. */
double da_doc_confidence(double d);

/* Cells, for the setters and the reader. */
bool da_type_is_text(enum da_type type);
bool da_type_is_ref(enum da_type type);
bool da_type_is_uint(enum da_type type);
/* The column's place in the row that the setters fill now, marked as set; NULL: a mistake was noted. */
union da_value *da_cell_place(struct da_doc *doc, enum da_col col);
struct da_column *da_cell_column(struct da_doc *doc, enum da_col col);
/* A new item of a list. */
union da_value *da_cell_add(struct da_doc *doc, enum da_col col);
/* What redaction leaves of a text that is going to stand in this column of the current row. */
const char *da_cell_text(struct da_doc *doc, enum da_col col, const char *text);

bool da_cell_hidden(const struct da_doc *doc, enum da_col col);

/* Findings. */
void da_findings_finish(struct da_doc *doc);

/* Call fn on every text of the document; what it gives back takes its place. */
enum da_form { DA_FORM_TEXT, DA_FORM_SYMBOL, DA_FORM_RICH };
typedef const char *da_text_fn(void *ctx, const char *text, enum da_form form);
void da_doc_each_text(struct da_doc *doc, da_text_fn *fn, void *ctx);

#endif
