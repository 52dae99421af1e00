/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to report/: JSON as a stream. Commas are put by the writer; failure is sticky. Text must be
 * valid UTF-8. Numbers and strings come out in one way only, so that equal documents are equal bytes.
 */
#ifndef DA_REPORT_JSON_OUT_H
#define DA_REPORT_JSON_OUT_H

#include "report/report.h"

struct da_json {
	da_write_fn *write;
	void *ctx;
	bool failed;
	bool comma;  /* the next item needs one before it */
	size_t n;
	char buf[16384];
};

void da_json_init(struct da_json *j, da_write_fn *write, void *ctx);
enum da_status da_json_done(struct da_json *j);
void da_json_open(struct da_json *j, char bracket);
void da_json_close(struct da_json *j, char bracket);
void da_json_key(struct da_json *j, const char *key);
void da_json_string(struct da_json *j, const char *s);
void da_json_stringn(struct da_json *j, const char *s, size_t n);
void da_json_uint(struct da_json *j, uint64_t v);
void da_json_int(struct da_json *j, int64_t v);
void da_json_real(struct da_json *j, double d);
void da_json_bool(struct da_json *j, bool b);
void da_json_address(struct da_json *j, uint64_t v);
/* The next item starts a new line. */
void da_json_line(struct da_json *j);

/* "key": value; nothing at all when text is NULL. */
void da_json_text(struct da_json *j, const char *key, const char *text);
void da_json_count(struct da_json *j, const char *key, uint64_t v);
/* A sentence: its flat text under `key`, nothing when it is NULL. */
void da_json_flat(struct da_json *j, const char *key, const char *rich);
/* Has the sentence runs that are not plain text? */
bool da_rich_has_marks(const char *rich);
/* The list of its runs under `key`, when it has marks. */
void da_json_runs(struct da_json *j, const char *key, const char *rich);

#endif
