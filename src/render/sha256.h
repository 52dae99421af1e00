/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 (FIPS 180-4) in base64, as a Content-Security-Policy wants it: a page names its one style
 * and its one script by hash, and a style given with --css is known at run time only. nettle has it
 * too but may be absent, and the policy must not depend on that.
 */
#ifndef DA_RENDER_SHA256_H
#define DA_RENDER_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { DA_SHA256_BYTES = 32, DA_SHA256_BASE64 = 44 };

void da_sha256(const void *p, size_t n, uint8_t ret[DA_SHA256_BYTES]);
/* The digest in base64 with its padding, terminated. */
void da_sha256_base64(const void *p, size_t n, char ret[DA_SHA256_BASE64 + 1]);

#endif
