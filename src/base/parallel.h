/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data-parallel loops over immutable input. [0, n) is cut into `slices` equal pieces; fn runs once a
 * slice, on up to `workers` threads, and writes only to what belongs to its slice. The slices do not
 * depend on the number of workers, so results merged in slice order are the same with one or sixteen.
 * All threads are joined on return, so a fork after it is safe. Never around libdw.
 */
#ifndef DA_BASE_PARALLEL_H
#define DA_BASE_PARALLEL_H

#include <stddef.h>

typedef void da_slice_fn(void *ctx, size_t slice, size_t begin, size_t end);

void da_parallel_for(unsigned workers, size_t n, size_t slices, da_slice_fn *fn, void *ctx);

#endif
