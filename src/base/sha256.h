/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 (FIPS 180-4) and HMAC with it (RFC 2104): of a whole dump (--hash), of secrets under the
 * user's key (--redact-key), and in base64 as a Content-Security-Policy wants it, by which a page
 * names its one style and its one script. Of our own, because none of the three may depend on which
 * libraries a build found.
 */
#ifndef DA_BASE_SHA256_H
#define DA_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { DA_SHA256_BYTES = 32, DA_SHA256_BLOCK = 64, DA_SHA256_BASE64 = 44 };

struct da_sha256 {
	uint32_t h[8];
	uint64_t bytes;                /* so far */
	uint8_t rest[DA_SHA256_BLOCK]; /* the last bytes % 64 of them */
};

void da_sha256_init(struct da_sha256 *s);
void da_sha256_add(struct da_sha256 *s, const void *p, size_t n);
/* Ends it; init before the next use. */
void da_sha256_end(struct da_sha256 *s, uint8_t ret[DA_SHA256_BYTES]);

void da_sha256(const void *p, size_t n, uint8_t ret[DA_SHA256_BYTES]);
void da_hmac_sha256(const void *key, size_t key_len, const void *p, size_t n,
		    uint8_t ret[DA_SHA256_BYTES]);
/* The digest in base64 with its padding, terminated. */
void da_sha256_base64(const void *p, size_t n, char ret[DA_SHA256_BASE64 + 1]);

#endif
