/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "base/checked.h"
#include "base/sha256.h"

/* FIPS 180-4, 4.2.2: the first 32 bits of the fractions of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static void block(uint32_t h[8], const uint8_t *p)
{
	uint32_t w[64], s[8];
	unsigned i;

	for (i = 0; i < 16; i++)
		w[i] = (uint32_t)p[i * 4] << 24 | (uint32_t)p[i * 4 + 1] << 16 |
		       (uint32_t)p[i * 4 + 2] << 8 | p[i * 4 + 3];
	for (; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(s, h, sizeof(s));
	for (i = 0; i < 64; i++) {
		uint32_t t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
			      ((s[4] & s[5]) ^ (~s[4] & s[6])) + round_constants[i] + w[i];
		uint32_t t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
			      ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof(*s));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		h[i] += s[i];
}

void da_sha256_init(struct da_sha256 *s)
{
	*s = (struct da_sha256){ .h = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } };
}

void da_sha256_add(struct da_sha256 *s, const void *data, size_t n)
{
	size_t kept = s->bytes % DA_SHA256_BLOCK;
	const uint8_t *p = data;

	s->bytes += n;
	if (kept) {
		size_t take = DA_MIN(n, DA_SHA256_BLOCK - kept);

		memcpy(s->rest + kept, p, take);
		if (kept + take < DA_SHA256_BLOCK)
			return;
		block(s->h, s->rest);
		p += take;
		n -= take;
	}
	for (; n >= DA_SHA256_BLOCK; n -= DA_SHA256_BLOCK, p += DA_SHA256_BLOCK)
		block(s->h, p);
	if (n)
		memcpy(s->rest, p, n);
}

void da_sha256_end(struct da_sha256 *s, uint8_t ret[DA_SHA256_BYTES])
{
	static const uint8_t padding[DA_SHA256_BLOCK] = { 0x80 };
	uint64_t bits = s->bytes * 8;
	uint8_t length[8];
	unsigned i;

	da_sha256_add(s, padding, 1 + (119 - s->bytes % DA_SHA256_BLOCK) % DA_SHA256_BLOCK);
	for (i = 0; i < 8; i++)
		length[i] = (uint8_t)(bits >> (56 - 8 * i));
	da_sha256_add(s, length, sizeof(length));
	for (i = 0; i < DA_SHA256_BYTES; i++)
		ret[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

void da_sha256(const void *p, size_t n, uint8_t ret[DA_SHA256_BYTES])
{
	struct da_sha256 s;

	da_sha256_init(&s);
	da_sha256_add(&s, p, n);
	da_sha256_end(&s, ret);
}

void da_hmac_sha256(const void *key, size_t key_len, const void *p, size_t n,
		    uint8_t ret[DA_SHA256_BYTES])
{
	uint8_t inner[DA_SHA256_BLOCK] = { 0 }, outer[DA_SHA256_BLOCK], digest[DA_SHA256_BYTES];
	struct da_sha256 s;

	if (key_len > sizeof(inner))
		da_sha256(key, key_len, inner);
	else if (key_len)
		memcpy(inner, key, key_len);
	for (size_t i = 0; i < sizeof(inner); i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	da_sha256_init(&s);
	da_sha256_add(&s, inner, sizeof(inner));
	da_sha256_add(&s, p, n);
	da_sha256_end(&s, digest);
	da_sha256_init(&s);
	da_sha256_add(&s, outer, sizeof(outer));
	da_sha256_add(&s, digest, sizeof(digest));
	da_sha256_end(&s, ret);
}

void da_sha256_base64(const void *p, size_t n, char ret[DA_SHA256_BASE64 + 1])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t d[DA_SHA256_BYTES + 1] = { 0 }; /* one zero byte: 33 is a multiple of three */
	unsigned i, o = 0;

	da_sha256(p, n, d);
	for (i = 0; i < DA_SHA256_BYTES; i += 3) {
		uint32_t v = (uint32_t)d[i] << 16 | (uint32_t)d[i + 1] << 8 | d[i + 2];

		ret[o++] = digits[v >> 18];
		ret[o++] = digits[v >> 12 & 63];
		ret[o++] = digits[v >> 6 & 63];
		ret[o++] = digits[v & 63];
	}
	ret[DA_SHA256_BASE64 - 1] = '=';
	ret[DA_SHA256_BASE64] = 0;
}
