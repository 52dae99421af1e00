/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and HMAC: the examples of FIPS 180-4's companion and of RFC 4231, and every way to cut the input. */
#include "config.h"

#include <string.h>

#include "base/base.h"
#include "unit.h"

static const char *digest(struct da_arena *a, const void *p, size_t n)
{
	uint8_t d[DA_SHA256_BYTES];

	da_sha256(p, n, d);
	return da_hex(a, d, sizeof(d));
}

static const char *hmac(struct da_arena *a, const void *key, size_t key_len, const char *text)
{
	uint8_t d[DA_SHA256_BYTES];

	da_hmac_sha256(key, key_len, text, strlen(text), d);
	return da_hex(a, d, sizeof(d));
}

START_TEST(known_digests)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	char *million = da_alloc(a, 1000000);

	ck_assert_str_eq(digest(a, "", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	ck_assert_str_eq(digest(a, "abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	ck_assert_str_eq(digest(a, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56),
			 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(million, 'a', 1000000);
	ck_assert_str_eq(digest(a, million, 1000000),
			 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

START_TEST(in_pieces_it_is_the_same)
{
	uint8_t bytes[200], whole[DA_SHA256_BYTES], pieces[DA_SHA256_BYTES];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		da_sha256(bytes, n, whole);
		for (size_t cut = 0; cut <= n; cut += 13) {
			struct da_sha256 s;

			da_sha256_init(&s);
			da_sha256_add(&s, bytes, cut);
			da_sha256_add(&s, bytes + cut, n - cut);
			da_sha256_end(&s, pieces);
			ck_assert_mem_eq(whole, pieces, sizeof(whole));
		}
	}
}
END_TEST

START_TEST(known_macs)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	uint8_t key[131];

	memset(key, 0x0b, 20);
	ck_assert_str_eq(hmac(a, key, 20, "Hi There"),
			 "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	ck_assert_str_eq(hmac(a, "Jefe", 4, "what do ya want for nothing?"),
			 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key)); /* longer than a block: the key is hashed first */
	ck_assert_str_eq(hmac(a, key, sizeof(key), "Test Using Larger Than Block-Size Key - Hash Key First"),
			 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
END_TEST

START_TEST(in_base64)
{
	char b[DA_SHA256_BASE64 + 1];

	da_sha256_base64("", 0, b);
	ck_assert_str_eq(b, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
	da_sha256_base64("abc", 3, b);
	ck_assert_str_eq(b, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}
END_TEST

UNIT_MAIN("sha256", known_digests, in_pieces_it_is_the_same, known_macs, in_base64)
