/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "unwind/fold.h"

/* The longest cycle must be seen that often before it shows: room for it beyond max. */
#define SLACK (DA_FOLD_CYCLE * (DA_FOLD_ROUNDS + 2))

void da_fold_reset(struct da_fold *f)
{
	f->frames.n = 0;
	f->skipped = 0;
	f->base = 0;
	f->len = 0;
	memset(f->same, 0, sizeof(f->same));
}

/* The same place in the code; where it stands on the stack may differ (alloca). */
static bool equal(const struct da_frame *a, const struct da_frame *b)
{
	return a->pc == b->pc && a->trust == b->trust && a->signal == b->signal &&
	       a->exact_pc == b->exact_pc;
}

static void begin_cycle(struct da_fold *f, uint32_t len)
{
	size_t all = (size_t)len * (DA_FOLD_ROUNDS + 1);

	f->start = f->frames.n - all;
	f->len = len;
	f->rounds = DA_FOLD_ROUNDS + 1;
	f->at = 0;
	f->frames.n = f->start + len;
}

static void end_cycle(struct da_fold *f)
{
	struct da_frame *first = &f->frames.v[f->start];

	first->repeat = f->rounds;
	first->block_len = f->len;
	f->skipped += (uint64_t)(f->rounds - 1) * f->len;
	f->base = f->start + f->len;
	for (uint32_t i = 0; i < f->at; i++)
		da_vec_push(f->arena, &f->frames, f->begun[i]);
	f->len = 0;
	f->at = 0;
	memset(f->same, 0, sizeof(f->same));
}

static void append(struct da_fold *f, const struct da_frame *frame)
{
	size_t n = f->frames.n;

	if (n >= f->max + SLACK) {
		f->skipped++;
		return;
	}
	da_vec_push(f->arena, &f->frames, *frame);
	for (uint32_t len = 1; len <= DA_FOLD_CYCLE && len <= n - f->base; len++) {
		if (!equal(frame, &f->frames.v[n - len])) {
			f->same[len] = 0;
		} else if (++f->same[len] >= len * DA_FOLD_ROUNDS) {
			begin_cycle(f, len);
			return;
		}
	}
}

void da_fold_push(struct da_fold *f, const struct da_frame *frame)
{
	if (f->len && equal(frame, &f->frames.v[f->start + f->at])) {
		f->begun[f->at++] = *frame;
		if (f->at == f->len) {
			f->rounds++;
			f->at = 0;
		}
		return;
	}
	if (f->len)
		end_cycle(f);
	append(f, frame);
}

/* Drop the frames from n on, and the whole of a block that n would cut in two. */
static void cut_off(struct da_fold *f, size_t n)
{
	for (size_t i = n > DA_FOLD_CYCLE ? n - DA_FOLD_CYCLE : 0; i < n; i++)
		if (f->frames.v[i].repeat > 1 && i + f->frames.v[i].block_len > n)
			n = i;
	f->skipped += f->frames.n - n;
	f->frames.n = n;
}

void da_fold_finish(struct da_fold *f, uint64_t *ret_cut)
{
	if (f->len)
		end_cycle(f);
	if (f->frames.n > f->max)
		cut_off(f, f->max);
	*ret_cut = f->skipped;
	for (size_t i = 0; i < f->frames.n; i++)
		if (f->frames.v[i].repeat > 1)
			*ret_cut -= (uint64_t)(f->frames.v[i].repeat - 1) *
				    f->frames.v[i].block_len;
}
