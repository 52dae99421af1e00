/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes for tables and signatures: 64-bit FNV-1a over bytes, then mixed. Not for secrets. */
#ifndef DA_BASE_HASH_H
#define DA_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define DA_HASH_SEED 0xcbf29ce484222325ULL

/* Continue h over n bytes; start with DA_HASH_SEED. */
uint64_t da_hash(uint64_t h, const void *p, size_t n);
/* Spread the bits of a key. */
uint64_t da_hash_mix(uint64_t x);

#endif
