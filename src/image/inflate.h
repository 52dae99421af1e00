/* SPDX-License-Identifier: Apache-2.0 */
/* inflate: raw deflate data, without the header and the checksum of zlib, as .NET packs files in files. */
#ifndef DA_IMAGE_INFLATE_H
#define DA_IMAGE_INFLATE_H

#include "base/base.h"

/* Exactly `size` bytes must come out. DA_LIMIT: more than max, or than such data can expand to; DA_CORRUPT. */
enum da_status da_inflate_raw(struct da_arena *a, struct da_bytes packed, uint64_t size, uint64_t max,
			      struct da_bytes *ret);

#endif
