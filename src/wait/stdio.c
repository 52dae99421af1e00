/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock of a FILE. glibc: {word, count, descriptor of the owner}, to which the FILE points; of an opened file it
 * follows it. musl: a word in the FILE that holds the owner's id.
 */
#include "config.h"

#include "wait/parts.h"

enum { MUSL_WAITERS = 0x40000000 };

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

static bool musl(const struct da_futex *f, bool named, struct da_found *ret)
{
	const struct da_waits *w = f->w;
	uint32_t tid = f->has_word ? f->word & ~(uint32_t)MUSL_WAITERS : 0;

	if (!named || !(f->value & MUSL_WAITERS) || !da_wait_is_tid(tid))
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_STDIO, .base = f->address, .target = DA_NONE, .confidence = 0.95f,
				  .how = "the word is the lock of a FILE" };
	ret->lock = (struct da_lock){ .owner = DA_NONE };
	da_wait_owner(w, &ret->lock, tid, 0.85f, false);
	ret->lock.how = da_printf(w->d->arena, "the lock of a FILE, whose word 0x%x names thread id %u", f->word, tid);
	return true;
}

bool da_recognise_stdio(const struct da_futex *f, bool named, struct da_found *ret)
{
	struct da_waits *w = f->w;
	uint64_t owner, file;
	uint32_t words[2], thread;
	const char *name = NULL;

	if (da_wait_libc(w) == DA_LIBC_MUSL)
		return musl(f, named, ret);
	if (f->command != DA_FUTEX_WAIT || f->value != 2 || f->address % w->word ||
	    !da_wait_words(w, f->address, words, 2) || !da_wait_word(w, f->address + 8, &owner))
		return false;
	thread = da_wait_by_descriptor(w, owner);
	if (words[0] == 0 || words[0] > 2 || words[1] == 0 || words[1] >= 1 << 20 || thread == DA_NONE)
		return false;
	file = file_of(w, f->address, &name);
	*ret = (struct da_found){ .kind = DA_LOCK_STDIO, .base = file ? file : f->address, .target = DA_NONE,
				  .confidence = named || file ? 0.98f : 0.85f,
				  .how = "the word is the lock of a FILE" };
	ret->lock = (struct da_lock){ .owner = thread, .owner_tid = w->t[thread].tid, .state = DA_LOCK_HELD, .name = name,
				      .has_recursion = true, .recursion = words[1],
				      .confidence = file ? 0.85f : 0.8f };
	ret->lock.how = da_printf(w->d->arena, "the lock of a FILE at " DA_ADDR("0x%llx") ": taken %u time%s by the thread "
				  "whose descriptor " DA_ADDR("0x%llx") " it points to", (unsigned long long)f->address,
				  words[1], words[1] == 1 ? "" : "s", (unsigned long long)owner);
	return true;
}
