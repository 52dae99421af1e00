/* SPDX-License-Identifier: Apache-2.0 */
/* Documents made by hand, for tests of the renderers. */
#ifndef DA_TESTS_SAMPLE_H
#define DA_TESTS_SAMPLE_H

struct da_arena;
struct da_doc;

/* A crash of an invented program with 41 threads: all kinds of blocks. */
struct da_doc *sample_crash(struct da_arena *a);
/* Every name wants to be markup. */
struct da_doc *sample_hostile(struct da_arena *a);
/* Hundreds of threads and thousands of frames: limits, sizes. */
struct da_doc *sample_large(struct da_arena *a);
/* Two dumps of one incident. */
struct da_doc *sample_parts(struct da_arena *a);
/* Nothing but a frame. */
struct da_doc *sample_empty(struct da_arena *a);

/* By name ("crash"), or NULL. */
struct da_doc *sample_by_name(struct da_arena *a, const char *name);

#endif
