/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets that were seen: their masks, and finding them again in other texts.
 *
 * A secret that is an ordinary word ("dragon") is taken for one only where it stands as a whole word,
 * else it would tear holes into names of functions; one that looks made up is found everywhere, and
 * also where a text ends in the middle of it (the kernel cuts names of threads after 15 bytes).
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/sha256.h"
#include "base/str.h"
#include "base/text.h"
#include "report/redact.h"

#define SEARCH_MIN 6  /* shorter ones stand everywhere by chance */
#define HEAD 4
#define CUT_MIN 8     /* of a secret that the end of a text cuts */
#define SEARCH_MAX 4096
#define KNOWN_MAX  20000

static uint32_t head_of(const char *s)
{
	uint32_t h;

	memcpy(&h, s, HEAD);
	return h;
}

static unsigned filter_bit(uint32_t head)
{
	return (unsigned)(da_hash_mix(head) & 0xffff);
}

static uint64_t key_of(const char *s, size_t n)
{
	return da_hash(DA_HASH_SEED, s, n);
}

static struct da_known *find(struct da_redactor *r, const char *text, size_t n, uint64_t *ret_key)
{
	uint64_t key = key_of(text, n);

	for (;; key++) {
		uint64_t *at = da_map_get(&r->exact, key);
		struct da_known *k = at ? &r->known.v[*at - 1] : NULL;

		*ret_key = key;
		if (!k || (k->len == n && memcmp(k->text, text, n) == 0))
			return k;
	}
}

/* Words that are secrets by their place only: to mask them elsewhere would say nothing and harm much. */
static bool common(const char *s, size_t n)
{
	static const char *const words[] = {
		"access", "account", "address", "admin", "administrator", "allowed", "api-key", "apikey",
		"authorization", "basic", "bearer", "certificate", "changed", "client", "config",
		"connection", "default", "denied", "disabled", "enabled", "expired", "failed", "generated",
		"global", "guest", "hidden", "incorrect", "integrated", "internal", "invalid", "localhost",
		"manager", "memory", "missing", "module", "native", "normal", "object", "oracle", "password",
		"postgres", "private", "process", "production", "provided", "public", "redacted", "release",
		"required", "secret", "server", "service", "session", "shared", "signal", "source", "static",
		"string", "system", "testing", "thread", "unknown", "username", "value", "version", "windows",
		"worker", "credential", "credentials", "passwd", "development", "staging",
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == n && strncasecmp(words[i], s, n) == 0)
			return true;
	return false;
}

static bool searchable(const char *text, size_t n, enum da_learn learn)
{
	if (learn == DA_LEARN_NO || n < SEARCH_MIN || n > SEARCH_MAX || common(text, n) ||
	    da_value_benign(text, n, DA_NAME_WEAK) || memmem(text, n, "://", 3))
		return false;
	return learn == DA_LEARN_ANY || !(da_value_word(text, n) || memchr(text, '(', n));
}

static void search_for(struct da_redactor *r, struct da_known *k, uint32_t index)
{
	uint32_t head = head_of(k->text);
	unsigned bit = filter_bit(head);
	uint64_t *at = da_map_put(r->arena, &r->heads, head, NULL);

	k->search = true;
	k->next = (uint32_t)*at;
	*at = index + 1;
	r->filter[bit / 64] |= 1ULL << bit % 64;
	r->nsearch++;
	r->epoch++;
}

struct da_known *da_known_put(struct da_redactor *r, const char *text, size_t n, const char *kind,
			      enum da_learn search, bool site)
{
	uint64_t key;
	struct da_known *k = find(r, text, n, &key);

	if (!k) {
		k = da_vec_add(r->arena, &r->known);
		k->text = da_intern(r->arena, &r->strings, da_strndup(r->arena, text, n));
		k->len = (uint32_t)n;
		k->kind = kind;
		k->site = site;
		k->word = da_value_word(text, n);
		*da_map_put(r->arena, &r->exact, key, NULL) = r->known.n;
	}
	if (!k->search && r->nsearch < KNOWN_MAX && (site ? search && n >= HEAD : searchable(text, n, search)))
		search_for(r, k, (uint32_t)(k - r->known.v));
	return k;
}

/* ---------------------------------------------------------------- masks */

static uint64_t count_one(struct da_redactor *r, const char *kind)
{
	for (size_t i = 0; i < r->kinds.n; i++)
		if (da_streq(r->kinds.v[i].kind, kind))
			return ++r->kinds.v[i].count;
	da_vec_push(r->arena, &r->kinds, ((struct da_mask_kind){ .kind = kind, .count = 1 }));
	return 1;
}

static const char *keyed(struct da_redactor *r, const struct da_known *k)
{
	uint8_t d[DA_SHA256_BYTES];

	da_hmac_sha256(r->key, r->key_len, k->text, k->len, d);
	return da_printf(r->arena, "[%s#%s]", k->kind, da_hex(r->arena, d, 6));
}

const char *da_known_mask(struct da_redactor *r, const char *text, size_t n, const char *kind,
			  enum da_learn search, bool site)
{
	struct da_known *k = da_known_put(r, text, n, kind, search, site);
	uint64_t ordinal;

	if (!k->mask) {
		ordinal = count_one(r, k->kind);
		k->mask = r->key_len ? keyed(r, k) :
				       da_printf(r->arena, "[%s#%" PRIu64 "]", k->kind, ordinal);
	}
	return k->mask;
}

/* ---------------------------------------------------------------- finding them again */

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool whole_word(const char *text, size_t n, size_t at, size_t len)
{
	if (at && (is_alnum(text[at - 1]) || text[at - 1] == '_'))
		return false;
	return at + len >= n || !(is_alnum(text[at + len]) || text[at + len] == '_');
}

/* How much of the text at `at` is this secret: all of it, a part that the end cuts, or 0. */
static size_t matches(const struct da_known *k, const char *text, size_t n, size_t at, bool symbol)
{
	size_t len = DA_MIN(k->len, n - at);

	if (len < k->len && (len < CUT_MIN || k->word || k->site))
		return 0;
	if (memcmp(k->text, text + at, len) != 0)
		return 0;
	if ((k->word || k->site) && (symbol || !whole_word(text, n, at, len)))
		return 0;
	return len;
}

/* A secret that was cut where it was first seen goes on here: what sticks to it belongs to it. */
static size_t sticking(const char *text, size_t n, size_t end)
{
	while (end < n && (is_alnum(text[end]) || text[end] == '+' || text[end] == '='))
		end++;
	return end;
}

void da_known_scan(struct da_redactor *r, const char *text, size_t n, bool symbol, struct da_spans *ret)
{
	if (!r->nsearch)
		return;
	for (size_t i = 0; i + HEAD <= n; i++) {
		uint32_t head = head_of(text + i);
		unsigned bit = filter_bit(head);
		const struct da_known *best = NULL;
		size_t best_len = 0;
		uint64_t *at;

		if (!(r->filter[bit / 64] >> bit % 64 & 1))
			continue;
		at = da_map_get(&r->heads, head);
		for (uint32_t k = at ? (uint32_t)*at : 0; k; k = r->known.v[k - 1].next) {
			size_t len = matches(&r->known.v[k - 1], text, n, i, symbol);

			if (len > best_len) {
				best_len = len;
				best = &r->known.v[k - 1];
			}
		}
		if (!best)
			continue;
		if (!best->word && !best->site)
			best_len = sticking(text, n, i + best_len) - i;
		da_vec_push(ret->arena, &ret->spans,
			    ((struct da_span){ .start = i, .end = i + best_len, .kind = best->kind,
					       .from = i, .soft = best->word || best->site,
					       .as = best_len <= best->len ? best : NULL }));
		i += best_len - 1;
	}
}
