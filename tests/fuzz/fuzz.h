/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fuzz target is one file t.c with the two functions below. It is linked twice: with libFuzzer
 * (--enable-fuzzing) as fuzz/libfuzzer_t, and always with replay.c as fuzz/fuzz_t, which needs nothing:
 *
 *	fuzz_t                      replay the seeds, and some mutations of them (make check; TAP)
 *	fuzz_t --mutate N [SEED]    N mutations, always the same ones for the same SEED
 *	fuzz_t --seeds DIR          write the seeds, for libFuzzer
 *	fuzz_t FILE…                replay files
 *
 * Each input may take a second of processor time. Seeds are made by the builder of test cores.
 */
#ifndef DA_TESTS_FUZZ_H
#define DA_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
/* Seed i, malloc'ed; NULL behind the last. */
uint8_t *fuzz_seed(unsigned i, size_t *ret_n);

/* Limits far below the defaults: a slow input is a finding then. */
struct da_limits fuzz_limits(void);
/* Cores of all shapes, for targets that read cores: seed i, or NULL. */
uint8_t *fuzz_core_seed(unsigned i, size_t *ret_n);
/* Minidumps of all CPUs and systems. */
uint8_t *fuzz_minidump_seed(unsigned i, size_t *ret_n);
/* Both, one after the other. */
uint8_t *fuzz_dump_seed(unsigned i, size_t *ret_n);

/*
 * A process of Linux on x86_64 (of 32 bits where narrow) whose memory is the input: at the base of its only
 * module, and, where it is not 0, once more at `again`. Threads have the ids 0, 1, …, and no registers.
 */
struct fuzz_process {
	const char *module;
	uint64_t base, again;
	size_t image; /* how much of the input the module is; 0: all */
	unsigned threads;
	bool narrow;
};
struct da_dump;
struct da_dump *fuzz_process(const struct fuzz_process *f, const uint8_t *p, size_t n);

/* The input as a file of this name, alone in a folder that goes when the process ends: the folder. */
const char *fuzz_file(const char *name, const uint8_t *p, size_t n);

/* pipeline.c: the model of a dump that is loaded, from its memory alone. */
void fuzz_extract(struct da_dump *d);
/* pipeline.c: a dump to every form of the report. Returns the bytes that came out. */
size_t fuzz_pipeline(const uint8_t *p, size_t n, const struct da_limits *limits);

#endif
