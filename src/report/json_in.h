/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to report/: reading JSON that somebody else may have written. Every getter checks the type
 * and the range; the first thing that is wrong is put into words, and all later calls fail.
 */
#ifndef DA_REPORT_JSON_IN_H
#define DA_REPORT_JSON_IN_H

#include <json-c/json.h>

#include "report/doc.h"

struct da_in {
	struct da_arena *arena;
	struct da_doc *doc;   /* being filled */
	const char *where;    /* what is being read, for the message */
	const char *message;  /* NULL: nothing was wrong */
};

/*
 * Whether the n bytes are one JSON text by RFC 8259, nested no deeper than depth values (json_check.c).
 * json-c's own strict mode cannot be used for that: 0.16 lets raw control characters and numbers
 * beyond 64 bits through, 0.18 (Debian 13) refuses every string that is not ASCII.
 */
bool da_in_check(struct da_in *in, const char *json, size_t n, unsigned depth);
/* "<where>: <what>"; the first counts. Gives false. */
bool da_in_fail(struct da_in *in, const char *what);
/* A member of an object; *ret NULL when absent. False: of another type. */
bool da_in_get(struct da_in *in, json_object *o, const char *key, json_type type, json_object **ret);
/* The same, but it must be there. */
bool da_in_need(struct da_in *in, json_object *o, const char *key, json_type type, json_object **ret);
/* Text, made valid; *ret untouched when absent. */
bool da_in_text(struct da_in *in, json_object *o, const char *key, const char **ret);
bool da_in_word(struct da_in *in, json_object *o, const char *key, enum da_words set, int *ret);
bool da_in_count(struct da_in *in, json_object *o, const char *key, uint64_t *ret);
bool da_in_fraction(struct da_in *in, json_object *o, const char *key, double *ret);
/* A value of its own. */
bool da_in_int_value(struct da_in *in, json_object *o, int64_t *ret);
bool da_in_real_value(struct da_in *in, json_object *o, double *ret);
bool da_in_address_value(struct da_in *in, json_object *o, uint64_t *ret);
bool da_in_text_value(struct da_in *in, json_object *o, const char **ret);
bool da_in_id_value(struct da_in *in, json_object *o, const char **ret);
/*
 * A sentence: from the list `runs` (may be NULL) when it is there, else from its flat text. NULL when
 * both are absent. As it stands: not redacted.
 */
bool da_in_rich(struct da_in *in, json_object *flat, json_object *runs, const char **ret);
/* The sentence under `key` of o, its runs under `key` of the object `runs_of`. */
bool da_in_sentence(struct da_in *in, json_object *o, const char *key, json_object *runs_of,
		    const char **ret);

/* json_read_data.c, json_read_findings.c: parts of one report. */
bool da_in_data(struct da_in *in, json_object *data);
bool da_in_findings(struct da_in *in, json_object *list);

#endif
