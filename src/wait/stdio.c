/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock of a FILE. glibc: {word, count, descriptor of the owner}, to which the FILE points; of an opened file it
 * follows it. musl: a word in the FILE that holds the owner's id.
 */
#include "config.h"

#include <string.h>

#include "wait/parts.h"

enum { MUSL_WAITERS = 0x40000000 };

/* glibc 2.36 counts how often the owner has it, 2.41 how often it has taken it again. */
enum { COUNTS_ALL = 36, COUNTS_AGAIN = 41 };

/* The FILE of a lock: the one that it follows, or one of the three that libc has itself. */
static uint64_t file_of(const struct da_waits *w, uint64_t lock, const char **ret_name)
{
	static const struct {
		const char *symbol, *name;
	} own[] = { { "_IO_2_1_stdout_", "stdout" }, { "_IO_2_1_stderr_", "stderr" }, { "_IO_2_1_stdin_", "stdin" } };
	uint64_t pointer = w->word == 8 ? 0x88 : 0x48, behind = w->word == 8 ? 0xe0 : 0x98, at, size;
	uint32_t libc;

	if (da_wait_word(w, lock - behind + pointer, &at) && at == lock)
		return lock - behind;
	libc = w->s ? da_symbols_module(w->s, "libc.so.6") : DA_NONE;
	for (size_t i = 0; libc != DA_NONE && i < DA_ARRAY_SIZE(own); i++) {
		uint64_t file;

		if (da_symbols_named(w->s, libc, own[i].symbol, &file, &size) == DA_OK &&
		    da_wait_word(w, file + pointer, &at) && at == lock) {
			*ret_name = own[i].name;
			return file;
		}
	}
	return 0;
}

/* The 41 of "stable release version 2.41", which libc's file says of itself; 0: there is no file. */
static unsigned release_of_libc(const struct da_waits *w, uint32_t module)
{
	static const char words[] = " release version 2.";
	struct da_bytes file;
	const char *path;
	const uint8_t *at;
	unsigned release = 0;

	if (module == DA_NONE || !da_symbols_file(w->s, module, &file, &path))
		return 0;
	at = memmem(file.p, file.n, words, sizeof(words) - 1);
	for (size_t i = at ? (size_t)(at - file.p) + sizeof(words) - 1 : file.n; i < file.n && release < 100; i++) {
		if (file.p[i] < '0' || file.p[i] > '9')
			break;
		release = release * 10 + file.p[i] - '0';
	}
	return release;
}

/* How often the owner has it; 0: that depends on the version, which nothing tells. */
static uint32_t times_taken(const struct da_waits *w, uint32_t count)
{
	uint32_t libc;
	unsigned release;

	if (count == 0)
		return 1;
	libc = w->s ? da_symbols_module(w->s, "libc-2.") : DA_NONE; /* named by its version: to 2.33 */
	if (libc != DA_NONE)
		return count;
	release = w->s ? release_of_libc(w, da_symbols_module(w->s, "libc.so.6")) : 0;
	return release >= COUNTS_AGAIN ? count + 1 : release && release <= COUNTS_ALL ? count : 0;
}

static const char *times_words(const struct da_waits *w, uint32_t count, uint32_t times)
{
	if (times == 0)
		return da_printf(w->d->arena, "%u or %u times (its count is %u, which versions of the C library mean "
				 "differently)", count, count + 1, count);
	return times == 1 ? "once" : da_printf(w->d->arena, "%u times", times);
}

static bool musl(const struct da_futex *f, bool named, struct da_found *ret)
{
	const struct da_waits *w = f->w;
	uint32_t tid = f->has_word ? f->word & ~(uint32_t)MUSL_WAITERS : 0;

	if (!named || !(f->value & MUSL_WAITERS) || !da_wait_is_tid(tid))
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_STDIO, .base = f->address, .target = DA_NONE, .confidence = DA_SURE,
				  .how = "the word is the lock of a FILE" };
	ret->lock = (struct da_lock){ .owner = DA_NONE };
	da_wait_owner(w, &ret->lock, tid, DA_FIELD, false);
	ret->lock.how = da_printf(w->d->arena, "the lock of a FILE, whose word 0x%x names thread id %u%s", f->word, tid,
				  da_wait_owner_words(w, &ret->lock, false));
	return true;
}

bool da_recognise_stdio(const struct da_futex *f, bool named, struct da_found *ret)
{
	struct da_waits *w = f->w;
	uint64_t owner, file;
	uint32_t words[2], thread, times;
	const char *name = NULL;

	if (da_wait_libc(w) == DA_LIBC_MUSL)
		return musl(f, named, ret);
	if (f->command != DA_FUTEX_WAIT || f->value != 2 || f->address % w->word ||
	    !da_wait_words(w, f->address, words, 2) || !da_wait_word(w, f->address + 8, &owner))
		return false;
	thread = da_wait_by_descriptor(w, owner);
	if (words[0] == 0 || words[0] > 2 || words[1] >= 1 << 20 || thread == DA_NONE)
		return false;
	file = file_of(w, f->address, &name);
	*ret = (struct da_found){ .kind = DA_LOCK_STDIO, .base = file ? file : f->address, .target = DA_NONE,
				  .confidence = named || file ? DA_CERTAIN : DA_FIELD,
				  .how = "the word is the lock of a FILE" };
	times = times_taken(w, words[1]);
	ret->lock = (struct da_lock){ .owner = thread, .owner_tid = w->t[thread].tid, .state = DA_LOCK_HELD, .name = name,
				      .has_recursion = times != 0, .recursion = times,
				      .confidence = file ? DA_FIELD : DA_FORM };
	ret->lock.how = da_printf(w->d->arena, "the lock of a FILE at " DA_ADDR("0x%llx") ": taken %s by the thread whose "
				  "descriptor " DA_ADDR("0x%llx") " it points to", (unsigned long long)f->address,
				  times_words(w, words[1], times), (unsigned long long)owner);
	return true;
}
