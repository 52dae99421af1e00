/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stages that survive. A stage runs foreign code on foreign bytes and may abort, loop or eat memory,
 * so each is a checkpoint by fork: the child runs the stage and carries on with all that follows; the
 * parent waits, holding the state from before. If the child dies, the parent knows from the watch what
 * was being worked on, puts that in quarantine and runs the stage again without it, at most
 * DA_QUARANTINE_MAX times; after that, or when nothing in particular was being worked on, it goes on
 * without the stage. There is no wire format: results are the child's memory, and files.
 *
 * A process costs a millisecond or two, as much as many a stage. Stages that follow a checkpoint by less
 * than DA_LIGHT_US share its process; when it dies in one of them, all are run again from the checkpoint,
 * and from then on each in a process of its own, so that the rules above hold as if it had always been so.
 *
 *	front ── fork ─► worker: da_stage() ── fork ─► child: stage, next da_stage() ── fork ─► …
 *	  │ deadlines, signals       │ waits, has the state before
 *
 * The front process holds no dump. It sets watch->stop at a stage's soft deadline and on SIGTERM, and
 * kills the worker at the hard one. Call da_stage() only while no other thread runs.
 */
#ifndef DA_APP_STAGE_H
#define DA_APP_STAGE_H

#define DA_LIGHT_US 4000

#include <sys/types.h>

#include "base/base.h"

/* Shared by all processes of a run. */
struct da_shared {
	struct da_watch watch;
	volatile pid_t worker;          /* the process that works now */
	volatile uint64_t stage_began;  /* monotonic, ns */
	volatile uint32_t stage_limit_ms; /* soft; 0: none */
	volatile uint32_t terminate;    /* SIGTERM or the whole run's soft deadline: do not go on long */
	volatile uint32_t overran;      /* some stage was stopped at a deadline */
	volatile int32_t starved;       /* process id of the last one that had no memory left */
	volatile uint32_t finished;     /* the last process came to its end; exit_code is valid */
	volatile int32_t exit_code;
	char stage_name[32];
	/* results for --status, written by the last stage */
	uint32_t errors, warnings;
	char status[16], signature[24];
};

struct da_stage {
	const char *name;  /* one or two words for progress and the ledger: "symbols" */
	const char *loses; /* what the report lacks without it: "names of functions" */
	void (*run)(void *ctx);
	/* In the process that goes on without the stage; may be NULL. why: one clause. */
	void (*lost)(void *ctx, const char *why);
	unsigned percent;  /* share of --max-time before the soft deadline */
};

struct da_runner {
	struct da_shared *shared;
	bool isolate;
	uint64_t max_time_ms;
	uint32_t next_stage; /* running number, for the watch */
	uint64_t checkpoint; /* when this process began, ns; 0: none to go back to */
	bool careful;        /* no more sharing of processes */
	/* Called in the process that goes on after a death or a soft stop. */
	void (*note)(void *ctx, const struct da_stage *s, const char *why, const char *remedy);
	const char *(*item_name)(void *ctx, enum da_item kind, uint64_t item);
	void (*timing)(void *ctx, const struct da_stage *s, uint64_t us, uint64_t rss_bytes); /* or NULL */
};

void da_stage(struct da_runner *r, const struct da_stage *s, void *ctx);

/*
 * Run work(ctx) in a worker and watch over it until it ends. Returns its exit code, or -1 when it died
 * without one. Without isolation work runs here.
 */
int da_front(struct da_runner *r, int (*work)(void *ctx), void *ctx,
	     void (*progress)(void *ctx, const struct da_shared *s, bool last));

struct da_shared *da_shared_new(void);
uint64_t da_now_ns(void);

#endif
