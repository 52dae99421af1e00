/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report: the document. Rules and extract code fill it, renderers read it, JSON carries it.
 *
 * What a document can hold is listed once, in blocks.def. A block is one object or an array of rows;
 * its cells are values, kept as columns, so a report of 100,000 rows costs no tree of nodes. A cell
 * that is never set is unknown, and absent in JSON. Text enters through the setters below, and there
 * it is made valid, and redacted; what one holds in hand after that is safe to show in any form.
 *
 * Life: da_doc_new(), fill, da_doc_finish() once (sorts and merges findings, gives them ids, masks
 * what became known as a secret later), then only reading: da_doc_write_json(), and the renderers.
 * da_doc_read_json() gives a finished document. Everything belongs to the arena.
 *
 *	enum { … } DA_BLOCK_threads, DA_COL_threads_tid, DA_COL_frame_pc: made from blocks.def
 *
 *	da_doc_row(doc, DA_BLOCK_threads);
 *	da_set_ref(doc, DA_COL_threads_id, "t", i);
 *	da_set_uint(doc, DA_COL_threads_tid, t->tid);
 *	da_set_word(doc, DA_COL_threads_state, da_state_name(t->state));
 *	da_set_rich(doc, DA_COL_threads_activity, "waits for " DA_REF("lock%u") ", owned by …", n);
 *
 *	da_doc_row(doc, DA_BLOCK_stacks);
 *	da_add_ref(doc, DA_COL_stacks_threads, "t", i);          a cell that is a list
 *	da_sub_row(doc, DA_COL_stacks_frames);                   a cell that is a list of sub-rows
 *	da_set_address(doc, DA_COL_frame_pc, f->pc);             … sets in the sub-row made last
 *
 * A setter that does not fit its column (a word outside the closed set, a number for a text) leaves
 * the cell unset and counts as a mistake of the program, see da_doc_mistakes(). A document is for one
 * thread at a time.
 */
#ifndef DA_REPORT_REPORT_H
#define DA_REPORT_REPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/rich.h"

struct da_arena;
struct da_ledger;
struct da_str;
struct da_doc;
struct da_redactor;

/* ---------------------------------------------------------------- what blocks.def says */

enum da_section {
#define DA_SECTION(id, title) DA_SECTION_##id,
#include "report/blocks.def"
	DA_SECTIONS
};

/* Blocks, then the named sub-rows. */
enum da_block {
#define DA_BLOCK(id, section, shape, kind, title, order, limit) DA_BLOCK_##id,
#include "report/blocks.def"
	DA_BLOCKS,
	DA_SUB_FIRST = DA_BLOCKS - 1,
#define DA_SUB(id) DA_SUB_##id,
#include "report/blocks.def"
	DA_TABLES
};

/* DA_COL_threads_tid …; the columns of a block are neighbours, in order. */
enum da_col {
#define DA_COLUMN(block, key, title, type, shape, privacy, words, place) DA_COL_##block##_##key,
#include "report/blocks.def"
	DA_COLS
};

enum da_words {
	DA_WORDS_none,
#define DA_WORDS(set, ...) DA_WORDS_##set,
#include "report/blocks.def"
	DA_WORD_SETS
};

enum da_block_shape { DA_BLOCK_SHAPE_OBJECT, DA_BLOCK_SHAPE_ARRAY };

/* How a block is drawn. */
enum da_kind { DA_KIND_KEYS, DA_KIND_TABLE, DA_KIND_STACKS, DA_KIND_BARS, DA_KIND_TREE, DA_KIND_GRAPH,
	       DA_KIND_TEXT };

/*
 * Column types. The page knows RICH, ARGUMENT, HOST, MESSAGE and CONTENTS as text: they differ in what
 * redaction makes of them.
 */
enum da_type {
	DA_TYPE_TEXT,
	DA_TYPE_RICH,       /* a sentence (base/rich.h); the cell's text holds the marks */
	DA_TYPE_ARGUMENT,   /* of a command line: the next one may be the secret that this one announces */
	DA_TYPE_HOST,
	DA_TYPE_MESSAGE,
	DA_TYPE_CONTENTS,   /* of the process's memory: secret */
	DA_TYPE_SYMBOL,     /* function, type, module, file of the program: never masked but for what is
			       a secret beyond doubt */
	DA_TYPE_PATH,
	DA_TYPE_HEX,        /* text: build-ids, flags, handles */
	DA_TYPE_TIME,       /* text: RFC 3339, UTC */
	DA_TYPE_WORD,       /* text of a closed set */
	DA_TYPE_ADDRESS,    /* uint */
	DA_TYPE_BYTES,      /* uint */
	DA_TYPE_COUNT,      /* uint */
	DA_TYPE_DURATION,   /* uint, microseconds */
	DA_TYPE_NUMBER,     /* int: ids and codes, drawn without grouping */
	DA_TYPE_CODE,       /* int: drawn as hex from 0x10000 on, as codes of Windows are written */
	DA_TYPE_PERCENT,    /* real, 0 to 100 */
	DA_TYPE_CONFIDENCE, /* real, 0 to 1 */
	DA_TYPE_BOOL,
	DA_TYPE_THREAD,     /* references: text, "t14" */
	DA_TYPE_LOCK,
	DA_TYPE_MODULE,
	DA_TYPE_GROUP,
	DA_TYPE_CHAIN,
	DA_TYPE_EXCEPTION,
	DA_TYPE_REF,        /* to one of several kinds */
	DA_TYPES
};

/* One value, a list of values, or a list of a named sub-row. */
enum da_shape { DA_SHAPE_ONE, DA_SHAPE_LIST, DA_SHAPE_FRAME, DA_SHAPE_STEP, DA_SHAPE_PAIR,
		DA_SHAPE_COUNT };

enum da_privacy { DA_PRIVACY_PUBLIC, DA_PRIVACY_SITE, DA_PRIVACY_SECRET };

struct da_section_def {
	const char *id, *title;
};

struct da_block_def {
	const char *id, *title;
	const char *order;        /* of the rows, in words */
	enum da_section section;
	enum da_block_shape shape;
	enum da_kind kind;
	unsigned limit;           /* rows that a page shows without --full; 0: all */
	enum da_col first;        /* columns [first, end) */
	enum da_col end;
};

struct da_col_def {
	const char *key, *title;
	enum da_block block;
	enum da_type type;
	enum da_shape shape;
	enum da_privacy privacy;
	enum da_words words;
	bool page;                /* drawn in the block's table; else in JSON only */
};

extern const struct da_section_def da_sections[DA_SECTIONS];
extern const struct da_block_def da_blocks[DA_TABLES]; /* sub-rows included */
extern const struct da_col_def da_cols[DA_COLS];
extern const char *const *const da_words[DA_WORD_SETS]; /* each ends with NULL; da_words[0] is NULL */
const char *da_kind_name(enum da_kind kind);
/* The name that JSON and renderers know: "text", "address", … */
const char *da_type_name(enum da_type type);
const char *da_privacy_name(enum da_privacy privacy);
/* The sub-row of a shape, or DA_TABLES. */
enum da_block da_shape_sub(enum da_shape shape);
/* Do rows of the block unfold to those of another (*ret_of) that their column *ret_col names? */
bool da_block_detail(enum da_block block, enum da_col *ret_col, enum da_block *ret_of);
/* Index of the word in its set, or -1. */
int da_word_index(enum da_words set, const char *word);

/* ---------------------------------------------------------------- redaction */

enum da_redact_level { DA_REDACT_NONE, DA_REDACT_SECRETS, DA_REDACT_SITE, DA_REDACT_STRICT };

struct da_redact_options {
	enum da_redact_level level;
	const uint8_t *key; /* --redact-key: masks become HMACs with it; NULL: ordinals */
	size_t key_len;
};

bool da_redact_level_parse(const char *word, enum da_redact_level *ret);
/*
 * Compile the patterns: call it before a system call filter is set. A document makes its own redactor
 * when it is given none. One redactor serves all texts of a run, so that masks agree.
 */
struct da_redactor *da_redactor_new(struct da_arena *a, const struct da_redact_options *options);
enum da_redact_level da_redactor_level(const struct da_redactor *r);
/* What a text is, for da_redact_text. */
enum da_redact_class {
	DA_AS_TEXT,     /* a text for people, a log line, stderr */
	DA_AS_SYMBOL,
	DA_AS_PATH,
	DA_AS_HOST,
	DA_AS_ARGUMENT, /* one argument, on its own */
	DA_AS_MESSAGE,
	DA_AS_SITE,     /* another name of the site */
	DA_AS_SECRET,   /* contents of memory */
};
/* The text as it may be shown; the same pointer or memory of the redactor's arena. */
const char *da_redact_text(struct da_redactor *r, enum da_redact_class class, const char *text);
/* The same for a sentence with marks (base/rich.h). */
const char *da_redact_rich(struct da_redactor *r, const char *rich);
/*
 * Remember the secrets in text that is not going to be shown itself (environment, arguments), so that
 * they are masked wherever they turn up. A whole command line goes in by da_redact_learn_arguments.
 */
void da_redact_learn(struct da_redactor *r, const char *text);
void da_redact_learn_arguments(struct da_redactor *r, const char *const *args, size_t n);
/* Arguments of one command line, each with the sight of the one before it; ret has n places. */
void da_redact_arguments(struct da_redactor *r, const char *const *args, size_t n, const char **ret);
/* One variable of an environment. */
const char *da_redact_variable(struct da_redactor *r, const char *name, const char *value);
/* How many different values of a kind ("password") were masked; in order of the kind's name. */
size_t da_redact_kinds(const struct da_redactor *r);
const char *da_redact_kind(const struct da_redactor *r, size_t i, uint64_t *ret_count);
/* Is a mask of this kind one of a secret? Else it stands for a name of the site ("path", "user"). */
bool da_redact_kind_secret(const char *kind);

/* ---------------------------------------------------------------- filling: the whole */

enum da_verdict_kind { DA_VERDICT_CRASH, DA_VERDICT_HANG, DA_VERDICT_MEMORY, DA_VERDICT_HEALTHY,
		       DA_VERDICT_UNKNOWN };
enum da_doc_status { DA_DOC_COMPLETE, DA_DOC_PARTIAL, DA_DOC_MINIMAL };
enum da_completeness_state { DA_COMPLETE, DA_INCOMPLETE, DA_SAMPLED, DA_SKIPPED };
enum da_unit { DA_UNIT_OBJECTS, DA_UNIT_BYTES, DA_UNIT_THREADS, DA_UNIT_FRAMES };
enum da_outcome { DA_OUTCOME_RAN, DA_OUTCOME_SKIPPED, DA_OUTCOME_STOPPED };

struct da_finding;
struct da_evidence;

/* options NULL: the default level. */
struct da_doc *da_doc_new(struct da_arena *a, const struct da_redact_options *options);
struct da_doc *da_doc_new_with(struct da_arena *a, struct da_redactor *r);
struct da_redactor *da_doc_redactor(struct da_doc *doc);
/* A part ("d1") of the document, filled like one; finished with the whole. */
struct da_doc *da_doc_part(struct da_doc *doc, const char *id);
void da_doc_status(struct da_doc *doc, enum da_doc_status status);
void da_doc_title(struct da_doc *doc, const char *title);
void da_doc_rules_version(struct da_doc *doc, const char *version);
/* finding may be NULL; text is rich. The last call counts. */
void da_doc_verdict(struct da_doc *doc, enum da_verdict_kind kind, double confidence,
		    const struct da_finding *finding, const char *fmt, ...) DA_PRINTF(5, 6);
/* A verdict that stands on a part's finding: "d2:f1". */
void da_doc_verdict_ref(struct da_doc *doc, enum da_verdict_kind kind, double confidence,
			const char *finding, const char *rich);
/*
 * The bucket of this problem: id ("crash.access/libfoo.so!parse_header") and normalised frames, from
 * which the hash is made. Alternatives may be added after it.
 */
void da_doc_signature(struct da_doc *doc, const char *id, const char *const *frames, size_t n,
		      unsigned version);
void da_doc_signature_alternative(struct da_doc *doc, const char *id);
/* 16 hex digits of id and frames: one function can fail in several ways; ret has 17 places. */
void da_signature_hash(const char *id, const char *const *frames, size_t n, unsigned version, char *ret);
/* Copy the ledger's entries; it also gets what the document itself has to say. */
void da_doc_ledger(struct da_doc *doc, struct da_ledger *ledger);
/* One row of the table of rules; why is rich, or NULL. */
void da_doc_rule(struct da_doc *doc, const char *rule, enum da_outcome outcome, unsigned findings,
		 const char *why);
/* How much of a section there is; reason is rich, or NULL; total 0: covered and total are left out. */
void da_doc_completeness(struct da_doc *doc, enum da_section section,
			 enum da_completeness_state state, uint64_t covered, uint64_t total,
			 enum da_unit unit, const char *reason);
/* --timings: one stage. */
void da_doc_timing(struct da_doc *doc, const char *stage, uint64_t us, uint64_t rss_bytes);
/* The parts alone, for a verdict of the whole that names their findings; then da_doc_finish. */
void da_doc_finish_parts(struct da_doc *doc);
/* Sort, merge, number, mask again. Parts too. */
void da_doc_finish(struct da_doc *doc);
/* How often a setter was used wrongly, and the first time in words (NULL: never). For tests, -v. */
unsigned da_doc_mistakes(const struct da_doc *doc, const char **ret_first);

/* ---------------------------------------------------------------- filling: rows and cells */

/* A new row, which the setters then fill; of an object the one row there is. Its index, from 0. */
uint32_t da_doc_row(struct da_doc *doc, enum da_block block);
/* A new sub-row of the current row's cell. */
uint32_t da_sub_row(struct da_doc *doc, enum da_col col);

/* NULL text is unknown: nothing is set. Types in brackets. */
void da_set_text(struct da_doc *doc, enum da_col col, const char *text);   /* any kept as text */
void da_set_word(struct da_doc *doc, enum da_col col, const char *word);   /* [word] */
void da_set_uint(struct da_doc *doc, enum da_col col, uint64_t v);         /* [number bytes count duration] */
void da_set_int(struct da_doc *doc, enum da_col col, int64_t v);           /* [number] */
void da_set_real(struct da_doc *doc, enum da_col col, double v);           /* [percent confidence] */
void da_set_bool(struct da_doc *doc, enum da_col col, bool v);             /* [bool] */
void da_set_address(struct da_doc *doc, enum da_col col, uint64_t v);      /* [address; hex as text] */
/* "t", 2 is "t3"; index DA_NONE sets nothing. [thread lock module group chain exception ref] */
void da_set_ref(struct da_doc *doc, enum da_col col, const char *prefix, uint32_t index);
void da_set_rich(struct da_doc *doc, enum da_col col, const char *fmt, ...) DA_PRINTF(3, 4); /* [rich] */

/* One more item of a list. */
void da_add_address(struct da_doc *doc, enum da_col col, uint64_t v);
void da_add_ref(struct da_doc *doc, enum da_col col, const char *prefix, uint32_t index);
/* NULL adds nothing. [symbol] */
void da_add_text(struct da_doc *doc, enum da_col col, const char *text);
/* A whole command line at once. */
void da_add_arguments(struct da_doc *doc, enum da_col col, const char *const *args, size_t n);

/* ---------------------------------------------------------------- filling: findings */

enum da_severity { DA_SEVERITY_ERROR, DA_SEVERITY_WARNING, DA_SEVERITY_INFORMATION,
		   DA_SEVERITY_NOTIFICATION, DA_SEVERITIES };
const char *da_severity_name(enum da_severity severity);
enum da_next_kind { DA_NEXT_DUMP, DA_NEXT_FILE, DA_NEXT_SETTING, DA_NEXT_CHECK };

/*
 * All sentences are rich. The rule id must be known to last (a constant, or copied by the caller).
 * Objects, chains, merge keys and values of evidence are for the rules of waits and heaps: the locks
 * a finding is about, cycles and queues of waits, one problem in many threads, a field's content. The
 * schema has them from the beginning, so that reports keep their form when those rules come.
 */
struct da_finding *da_finding_new(struct da_doc *doc, const char *rule, enum da_severity severity,
				  unsigned weight, double confidence);
void da_finding_title(struct da_finding *f, const char *fmt, ...) DA_PRINTF(2, 3);
void da_finding_description(struct da_finding *f, const char *fmt, ...) DA_PRINTF(2, 3);
void da_finding_recommendation(struct da_finding *f, const char *fmt, ...) DA_PRINTF(2, 3);
void da_finding_refuted_by(struct da_finding *f, const char *fmt, ...) DA_PRINTF(2, 3);
void da_finding_thread(struct da_finding *f, uint32_t thread);           /* index of the thread */
void da_finding_object(struct da_finding *f, const char *prefix, uint32_t index);
void da_finding_chain(struct da_finding *f, uint32_t chain);
void da_finding_next(struct da_finding *f, enum da_next_kind kind, const char *fmt, ...) DA_PRINTF(3, 4);
/* Findings of one rule with one key become one row, the counts added up. */
void da_finding_merge(struct da_finding *f, const char *fmt, ...) DA_PRINTF(2, 3);
/* What it says so far: rule, severity, weight and confidence; the rest once the document is finished. */
const struct da_finding_row *da_finding_so_far(const struct da_finding *f);
/* One piece of evidence; `what` says what is shown: "owner field". The setters are optional. */
struct da_evidence *da_finding_evidence(struct da_finding *f, const char *what);
void da_evidence_thread(struct da_evidence *e, uint32_t thread);
void da_evidence_frame(struct da_evidence *e, uint32_t frame);
void da_evidence_address(struct da_evidence *e, uint64_t address);
void da_evidence_value(struct da_evidence *e, const char *fmt, ...) DA_PRINTF(2, 3);
void da_evidence_text(struct da_evidence *e, const char *fmt, ...) DA_PRINTF(2, 3);

/* ---------------------------------------------------------------- reading */

struct da_verdict {
	enum da_verdict_kind kind;
	const char *text;    /* rich; NULL: no verdict was given */
	double confidence;
	const char *finding; /* "f1", "d2:f1", or NULL */
};

struct da_signature {
	const char *id;      /* NULL: none */
	char hash[17];
	const char *const *frames;
	size_t nframes;
	const char *const *alternatives;
	size_t nalternatives;
	unsigned version;
};

struct da_evidence_row {
	const char *what;
	const char *thread;  /* "t15", or NULL */
	bool has_frame, has_address;
	uint32_t frame;
	uint64_t address;
	const char *value;   /* rich, or NULL */
	const char *text;    /* rich, or NULL */
};

struct da_next_row {
	enum da_next_kind kind;
	const char *text;    /* rich */
};

struct da_finding_row {
	const char *id, *rule;
	enum da_severity severity;
	unsigned weight;
	double confidence;
	const char *title, *description, *recommendation, *refuted_by; /* rich, or NULL */
	const char *const *threads, *const *objects, *const *chains;
	size_t nthreads, nobjects, nchains;
	uint64_t count;
	const struct da_evidence_row *evidence;
	size_t nevidence;
	const struct da_next_row *next;
	size_t nnext;
};

struct da_ledger_row {
	const char *kind;                  /* word */
	const char *where, *text, *remedy; /* rich; remedy may be NULL */
	uint64_t count;
};

struct da_rule_row {
	const char *rule;
	const char *outcome; /* word */
	const char *why;     /* rich, or NULL */
	unsigned findings;
};

struct da_completeness {
	const char *state;   /* word; NULL: nothing was said */
	const char *reason;  /* rich, or NULL */
	bool has_total;
	uint64_t covered, total;
	const char *unit;    /* word */
};

/* One cell, or one item of a list. */
struct da_cell {
	enum da_type type;
	enum da_shape shape;
	const char *text;   /* all types that are text; of RICH with its marks */
	uint64_t u;         /* address, bytes, count, duration */
	int64_t i;          /* number */
	double d;           /* percent, confidence */
	bool b;
	uint32_t first, n;  /* items of a list, or sub-rows */
};

const char *da_doc_tool_version(const struct da_doc *doc);
const char *da_doc_get_rules_version(const struct da_doc *doc);
const char *da_doc_get_title(const struct da_doc *doc); /* or NULL */
enum da_doc_status da_doc_get_status(const struct da_doc *doc);
const char *da_doc_status_name(enum da_doc_status status);
const struct da_verdict *da_doc_get_verdict(const struct da_doc *doc);
const char *da_verdict_kind_name(enum da_verdict_kind kind);
const char *da_next_kind_name(enum da_next_kind kind);
/* "high", "medium", "low". */
const char *da_confidence_name(double confidence);
const struct da_signature *da_doc_get_signature(const struct da_doc *doc);
/* Findings stand by severity; [*first, *first + n) are those of one. */
size_t da_doc_findings(const struct da_doc *doc);
const struct da_finding_row *da_doc_finding(const struct da_doc *doc, size_t i);
size_t da_doc_findings_of(const struct da_doc *doc, enum da_severity severity, size_t *ret_first);
size_t da_doc_ledger_rows(const struct da_doc *doc);
const struct da_ledger_row *da_doc_ledger_row(const struct da_doc *doc, size_t i);
size_t da_doc_rule_rows(const struct da_doc *doc);
const struct da_rule_row *da_doc_rule_row(const struct da_doc *doc, size_t i);
const struct da_completeness *da_doc_get_completeness(const struct da_doc *doc, enum da_section s);
enum da_redact_level da_doc_level(const struct da_doc *doc);
const char *da_redact_level_name(enum da_redact_level level);
size_t da_doc_masked(const struct da_doc *doc); /* kinds of masked values, and the i-th */
const char *da_doc_masked_kind(const struct da_doc *doc, size_t i, uint64_t *ret_count);
size_t da_doc_parts(const struct da_doc *doc);
const struct da_doc *da_doc_get_part(const struct da_doc *doc, size_t i, const char **ret_id);

/* Is there anything to show: rows, or a word on why not? */
bool da_doc_has_section(const struct da_doc *doc, enum da_section s);
uint32_t da_doc_rows(const struct da_doc *doc, enum da_block block);
/* Is the column to be drawn: for the page, and set in some row to more than "unknown"? */
bool da_doc_column_drawn(const struct da_doc *doc, enum da_col col);
/* False: the cell is unknown. */
bool da_cell_get(const struct da_doc *doc, enum da_col col, uint32_t row, struct da_cell *ret);
/* Item k < cell->n of a list. */
void da_cell_item(const struct da_doc *doc, enum da_col col, const struct da_cell *cell, uint32_t k,
		  struct da_cell *ret);
/* A cell of sub-row k < cell->n of the cell; sub is a column of the sub-row: DA_COL_frame_pc. */
bool da_cell_sub(const struct da_doc *doc, enum da_col col, const struct da_cell *cell, uint32_t k,
		 enum da_col sub, struct da_cell *ret);

/* ---------------------------------------------------------------- JSON */

/* Bytes go out in pieces; false from write ends it with DA_IO. */
typedef bool da_write_fn(void *ctx, const char *bytes, size_t n);

enum da_status da_doc_write_json(const struct da_doc *doc, da_write_fn *write, void *ctx);
/*
 * The short form, one line a dump: file, status, verdict, signature, findings (counts by severity),
 * top_rules (at most 5), process. Unknown keys are left out.
 */
enum da_status da_doc_write_lines(const struct da_doc *doc, da_write_fn *write, void *ctx);
/*
 * A document from its JSON. It comes out as it was written, unless options ask for a stricter level
 * than it has: then all its text goes through redaction again. Never looser. DA_CORRUPT: *ret_message
 * says in one clause what is wrong ("'findings' is missing").
 */
enum da_status da_doc_read_json(struct da_arena *a, const char *json, size_t n,
				const struct da_redact_options *options, struct da_doc **ret,
				const char **ret_message) DA_MUST_CHECK;
/* The JSON Schema of the form, made from blocks.def. */
enum da_status da_schema_write(da_write_fn *write, void *ctx);
/* The manual page dumpan-report.5, as man(7) source. */
enum da_status da_manual_write(da_write_fn *write, void *ctx);

#endif
