/* SPDX-License-Identifier: Apache-2.0 */
/* Token: for whom the process ran, and at which integrity level where MiscInfo is too old to say it. */
#include "config.h"

#include <string.h>

#include "loader/minidump.h"

/* An element: sizes and ids, then offset and size of seven parts; places within a part count from it. */
enum { TOKEN_PARTS = 16, PART_USER = 1, PART_GROUPS = 2, GROUPS_MAX = 1024, TOKENS_MAX = 4096, SID_MAX = 15 };

struct sid {
	uint64_t authority;
	uint32_t sub[SID_MAX];
	unsigned n;
};

static bool read_sid(const struct da_cursor *blob, uint32_t off, struct sid *ret)
{
	struct da_cursor c = da_sub(blob, off, 8);
	struct sid s = { 0 };
	uint8_t revision = da_get_u8(&c);

	s.n = da_get_u8(&c);
	for (int i = 0; i < 6; i++)
		s.authority = s.authority << 8 | da_get_u8(&c);
	if (!da_ok(&c) || revision != 1 || s.n > SID_MAX)
		return false;
	c = da_sub(blob, (uint64_t)off + 8, 4 * (uint64_t)s.n);
	for (unsigned i = 0; i < s.n; i++)
		s.sub[i] = da_get_u32(&c);
	*ret = s;
	return da_ok(&c);
}

/* S-1-16-LEVEL among the groups of a token. */
static const char *level_of(const struct da_cursor *groups)
{
	struct da_cursor c = *groups;
	uint32_t n = da_get_u32(&c);
	struct sid sid;

	for (uint32_t i = 0; i < n && i < GROUPS_MAX && da_ok(&c); i++) {
		uint32_t off = da_get_u32(&c);

		da_skip(&c, 4);
		if (read_sid(groups, off, &sid) && sid.authority == 16 && sid.n == 1)
			return md_integrity_name(sid.sub[0]);
	}
	return NULL;
}

/* Accounts that every Windows has, by what follows S-1-5-. */
static const struct {
	uint32_t id;
	const char *name;
} accounts[] = { { 7, "Anonymous" }, { 18, "Local System" }, { 19, "Local Service" }, { 20, "Network Service" } };

static const char *user_of(struct md *m, const struct da_cursor *user)
{
	struct da_cursor c = *user;
	struct da_str text DA_CLEANUP(da_str_done) = { 0 };
	struct sid sid;

	if (!read_sid(user, da_get_u32(&c), &sid))
		return NULL;
	for (size_t i = 0; sid.authority == 5 && sid.n == 1 && i < DA_ARRAY_SIZE(accounts); i++)
		if (accounts[i].id == sid.sub[0])
			return accounts[i].name;
	da_str_addf(&text, "S-1-%llu", (unsigned long long)sid.authority);
	for (unsigned i = 0; i < sid.n; i++)
		da_str_addf(&text, "-%u", sid.sub[i]);
	return da_strdup(m->d->arena, da_str_get(&text));
}

/* A part of the token; empty when it is not wholly there. */
static struct da_cursor part(const struct da_cursor *token, unsigned i)
{
	struct da_cursor c = *token;
	uint32_t off, n;

	da_seek(&c, TOKEN_PARTS + 8 * i);
	off = da_get_u32(&c);
	n = da_get_u32(&c);
	return da_sub(token, da_ok(&c) ? off : 0, da_ok(&c) ? n : 0);
}

static void read_token(struct md *m, const struct da_cursor *token)
{
	struct da_process *p = &m->d->proc;
	struct da_cursor user = part(token, PART_USER), groups = part(token, PART_GROUPS);

	p->user = user_of(m, &user);
	if (!p->integrity)
		p->integrity = level_of(&groups);
}

/* The token of the process itself: its TokenId is the process's. */
void md_read_tokens(struct md *m)
{
	struct da_bytes b = md_stream_bytes(m, MD_TOKEN, 0);
	struct da_cursor c = md_cursor(m, b);
	uint32_t entries, at;

	if (!m->d->proc.has_pid)
		return;
	da_skip(&c, 4);
	entries = da_get_u32(&c);
	at = da_get_u32(&c);
	for (uint32_t i = 0; i < entries && i < TOKENS_MAX && da_ok(&c); i++) {
		struct da_cursor t = da_sub(&c, at, b.n - DA_MIN((size_t)at, b.n)), head = t;
		uint32_t size = da_get_u32(&head), id = da_get_u32(&head);

		if (!da_ok(&head) || size == 0 || at + size < at)
			return;
		if (id == m->d->proc.pid) {
			read_token(m, &t);
			return;
		}
		at += size;
	}
}
