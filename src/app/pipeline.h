/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipeline: from file names to a finished document, one stage after the other, on one screen
 * (pipeline.c). Commands differ in how far they let it go and in what they do at the end.
 */
#ifndef DA_APP_PIPELINE_H
#define DA_APP_PIPELINE_H

#include "app/options.h"
#include "app/output.h"
#include "app/stage.h"
#include "model/model.h"
#include "runtime/runtime.h"
#include "symbol/symbol.h"

/* One dump of the run. */
struct da_case {
	const char *path;
	struct da_dump *dump;
	struct da_symbols *symbols;
	struct da_runtimes *runtimes;
	enum da_status status; /* of unpacking and loading */
	const char *message;   /* one clause when it could not be opened */
};

struct da_job {
	struct da_options *o;
	struct da_arena *arena;
	struct da_shared *shared;
	struct da_runner runner;
	struct da_redactor *redactor;
	struct da_symbol_options symbol_options;
	struct da_case *cases;
	size_t ncases, at;     /* at: the case that stages work on now */
	struct da_doc *doc;
	int (*work)(struct da_job *r);
	struct da_output *outputs; /* as many as o->outputs */
	size_t noutputs;
	size_t rendering;      /* the output that the stage works on */
	struct da_timing_row {
		const char *stage;
		uint64_t us, rss;
	} timings[64];
	size_t ntimings;
};

enum da_depth { DA_DEPTH_LOADED, DA_DEPTH_MATCHED, DA_DEPTH_EXTRACTED };

/* Set up for the options; compiles patterns, reads the key and style. False: *ret_exit. */
bool da_job_init(struct da_job *r, struct da_options *o, struct da_arena *a, int *ret_exit);
/* What does not end with the arena: the dumps. Messages go out as they are from here on. */
void da_job_done(struct da_job *r);
/*
 * Run work(job) in the front's worker, within the limits and the filter of system calls; the exit code.
 * For commands that print something small: probe, symbols, signature.
 */
int da_job_run(struct da_options *o, struct da_arena *a, int (*work)(struct da_job *r));
/* The first lines of every worker: limits, and no network or programs from here on. */
void da_job_confine(const struct da_job *r);
/* Unpack and load all files, then go as deep as asked. */
void da_job_extract(struct da_job *r, enum da_depth depth);
/* Analyse what was extracted into r->doc, and finish it. False when nothing could be opened. */
bool da_job_analyze(struct da_job *r);
/* With --verbose: what was missing, odd or cut, from the ledgers. */
void da_job_tell(const struct da_job *r);
/* Say why nothing could be opened; the exit code for it. */
int da_job_complain(struct da_job *r);

#endif
