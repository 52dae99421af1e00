/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output that is never half. A form is written to a file without a name; when all is well the front
 * process copies it to standard output, or gives it its name in one step. On failure nothing is left.
 */
#ifndef DA_APP_OUTPUT_H
#define DA_APP_OUTPUT_H

#include "base/base.h"

struct da_output {
	const char *path; /* NULL: standard output */
	int fd;           /* the file without a name */
	char *temporary;  /* its name where the file system wants one, else NULL */
};

/* DA_IO with errno. Call before any fork: all processes share the descriptor. */
enum da_status da_output_open(struct da_output *o, struct da_arena *a, const char *path,
			      const char *tmpdir);
/* A da_write_fn over the descriptor; ctx is the output. */
bool da_output_write(void *ctx, const char *bytes, size_t n);
/* Forget what was written: a renderer died in the middle. */
enum da_status da_output_restart(struct da_output *o);
/* Publish; DA_IO with errno. */
enum da_status da_output_commit(struct da_output *o);
/* After it failed: did the reader of standard output just stop reading (`| head`)? Not worth a word. */
bool da_output_unread(const struct da_output *o);
/* Drop what was not committed. */
void da_output_close(struct da_output *o);

#endif
