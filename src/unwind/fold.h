/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold: a list of frames in which endless recursion takes no room. A cycle of at most DA_FOLD_CYCLE
 * frames that has come DA_FOLD_ROUNDS times and once more is kept once; further rounds are counted.
 */
#ifndef DA_UNWIND_FOLD_H
#define DA_UNWIND_FOLD_H

#include "model/model.h"

#define DA_FOLD_CYCLE 64
#define DA_FOLD_ROUNDS 50

struct da_fold {
	struct da_arena *arena;  /* for the list while it grows */
	uint64_t max;            /* frames kept */
	DA_VEC(struct da_frame) frames;
	uint64_t skipped;        /* frames folded away or beyond max */
	size_t base;             /* frames before it take no part in cycles: folded already */
	uint32_t same[DA_FOLD_CYCLE + 1]; /* [n]: frames in a row that equal the one n before them */
	/* While a cycle goes on: */
	size_t start;            /* of the block that is kept */
	uint32_t len;            /* its frames; 0: no cycle */
	uint32_t rounds, at;     /* whole rounds; frames of the one that has begun */
	struct da_frame begun[DA_FOLD_CYCLE];
};

/* Empty it, for the next thread. */
void da_fold_reset(struct da_fold *f);
void da_fold_push(struct da_fold *f, const struct da_frame *frame);
/* No more frames: f->frames is the list, at most f->max long. *ret_cut: frames beyond max. */
void da_fold_finish(struct da_fold *f, uint64_t *ret_cut);

#endif
