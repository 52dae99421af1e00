/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pthread_mutex_t of glibc; C11's mtx_t, std::mutex and their kin are the same object. The owner's id stands beside the
 * word (normal kinds) or in it (robust and priority-inheriting ones, since the kernel must know it).
 */
#include "config.h"

#include "wait/parts.h"

enum { RECURSIVE = 1, ERRORCHECK = 2, TYPE = 3, ROBUST = 0x10, INHERIT = 0x20, PROTECT = 0x40, SHARED = 0x80,
       KNOWN = 0x3ff };
#define CEILING_SHIFT 19
#define USERS_MAX (1u << 20)
#define INCONSISTENT 0x7fffffffu
#define NOT_RECOVERABLE 0x7ffffffeu

struct mutex {
	uint32_t word, count, owner, users, kind;
	uint64_t prev, next; /* robust list; 64-bit only */
};

static bool read_mutex(const struct da_waits *w, uint64_t at, struct mutex *m)
{
	uint32_t v[10];

	*m = (struct mutex){ 0 };
	if (at == 0 || at % w->word || !da_wait_words(w, at, v, w->word == 8 ? 10 : 5))
		return false;
	m->word = v[0];
	m->count = v[1];
	m->owner = v[2];
	m->users = v[w->word == 8 ? 3 : 4];
	m->kind = v[w->word == 8 ? 4 : 3];
	if (w->word == 8) {
		m->prev = v[6] | (uint64_t)v[7] << 32;
		m->next = v[8] | (uint64_t)v[9] << 32;
	}
	return true;
}

static bool has_owner_in_word(const struct mutex *m)
{
	return m->kind & (ROBUST | INHERIT);
}

/* Is the word one that a mutex of this kind can hold? */
static bool word_fits(const struct mutex *m)
{
	if (has_owner_in_word(m)) {
		uint32_t tid = m->word & DA_FUTEX_TID_MASK;

		return tid == 0 || da_wait_is_tid(tid);
	}
	if (m->kind & PROTECT)
		return (m->word & ((1u << CEILING_SHIFT) - 1)) <= 2 && m->word >> CEILING_SHIFT < 1 << 12;
	return m->word <= 2;
}

static bool fits(const struct da_waits *w, const struct mutex *m)
{
	bool dead = m->kind & ROBUST && (m->owner == INCONSISTENT || m->owner == NOT_RECOVERABLE);

	if (m->kind & ~(uint32_t)KNOWN || !word_fits(m) || m->users >= USERS_MAX)
		return false;
	if (m->owner && !da_wait_is_tid(m->owner) && !dead)
		return false;
	if (w->word == 8 && !(m->kind & ROBUST) && (m->prev || m->next))
		return false;
	/* Only those who may enter again count; robust and inheriting ones count the first time too. */
	if (m->count && !(m->kind & (ROBUST | INHERIT)) && (m->kind & TYPE) != RECURSIVE)
		return false;
	return !(m->kind & ROBUST && m->kind & PROTECT);
}

/* Things that chance would not bring together: the more of them, the surer. */
static unsigned witnesses(const struct da_waits *w, const struct mutex *m)
{
	uint32_t owner = has_owner_in_word(m) ? m->word & DA_FUTEX_TID_MASK : m->owner;
	unsigned n = 0;

	n += da_wait_is_telling(owner) && da_wait_by_tid(w, owner) != DA_NONE;
	n += owner != 0 && m->users > 0;
	n += has_owner_in_word(m) ? owner == m->owner : (m->word != 0) == (m->owner != 0);
	n += (m->kind & TYPE) == RECURSIVE && owner && m->count > 0;
	return n;
}

static const char *kind_words(const struct da_waits *w, const struct mutex *m)
{
	static const char *const types[] = { "normal", "recursive", "error-checking", "adaptive" };

	if (!(m->kind & (ROBUST | INHERIT | PROTECT | SHARED)))
		return types[m->kind & TYPE];
	return da_printf(w->d->arena, "%s%s%s%s%s", types[m->kind & TYPE], m->kind & ROBUST ? " robust" : "",
			 m->kind & INHERIT ? " priority-inheriting" : "", m->kind & PROTECT ? " priority-protected" : "",
			 m->kind & SHARED && !(m->kind & ROBUST) ? " process-shared" : "");
}

static void describe_dead(const struct da_waits *w, const struct mutex *m, struct da_lock *l, const char *kind)
{
	l->state = DA_LOCK_ORPHANED;
	l->confidence = DA_SURE;
	l->how = da_printf(w->d->arena, "%s mutex whose word 0x%x says that its owner died%s", kind, m->word,
			   m->owner == NOT_RECOVERABLE ? "; nobody can make it usable again" : "");
}

/* What each field says for itself of a mutex that is held; where they disagree something wrote over it. */
static float sureness(const struct mutex *m, uint32_t tid)
{
	if (m->users == 0 || ((m->kind & TYPE) == RECURSIVE && m->count == 0))
		return DA_GUESS;
	if (!has_owner_in_word(m))
		return DA_FIELD;
	return tid == m->owner ? DA_SURE : DA_SHAPE;
}

static const char *disagreement(const struct mutex *m, uint32_t tid)
{
	if (m->users == 0)
		return "; but it counts no user";
	if ((m->kind & TYPE) == RECURSIVE && m->count == 0)
		return "; but it counts no entry";
	return has_owner_in_word(m) && tid != m->owner ? "; but its owner field names another" : "";
}

/* glibc's unlock compares ids for all kinds but normal and adaptive ones (nptl/pthread_mutex_unlock.c). */
static bool unlock_asks_nobody(const struct mutex *m)
{
	uint32_t type = m->kind & TYPE;

	return !(m->kind & (ROBUST | INHERIT | PROTECT)) && type != RECURSIVE && type != ERRORCHECK;
}

static void describe(const struct da_waits *w, const struct mutex *m, struct da_lock *l, const char *kind)
{
	uint32_t tid = has_owner_in_word(m) ? m->word & DA_FUTEX_TID_MASK : m->owner;
	/* Of a robust one the kernel marks the death of its owner: without the mark it lives, in another process. */
	bool shared = m->kind & (SHARED | ROBUST);

	*l = (struct da_lock){ .owner = DA_NONE, .state = DA_LOCK_STATE_UNKNOWN };
	if (m->kind & ROBUST && (m->word & DA_FUTEX_OWNER_DIED || m->owner == NOT_RECOVERABLE)) {
		describe_dead(w, m, l, kind);
		return;
	}
	if (m->word == 0) {
		l->state = DA_LOCK_FREE;
		l->how = da_printf(w->d->arena, "%s mutex, free", kind);
		return;
	}
	if (tid == 0) {
		/* The owner is written after the word and cleared before it: somebody is between the two. */
		l->state = m->kind & PROTECT ? DA_LOCK_HELD : DA_LOCK_CONTENDED;
		l->how = da_printf(w->d->arena, "%s mutex, word 0x%x, whose owner field is 0: it was just being taken or "
				   "given back", kind, m->word);
		return;
	}
	da_wait_owner(w, l, tid, sureness(m, tid), shared);
	l->any_unlocks = unlock_asks_nobody(m);
	if ((m->kind & TYPE) == RECURSIVE) {
		l->has_recursion = true;
		l->recursion = has_owner_in_word(m) && m->count == 0 ? 1 : m->count;
	}
	l->how = da_printf(w->d->arena, "%s mutex (kind 0x%x): its word is 0x%x and %s names thread id %u%s%s", kind, m->kind,
			   m->word, has_owner_in_word(m) ? "it" : "its owner field", tid,
			   da_wait_owner_words(w, l, shared), disagreement(m, tid));
}

bool da_wait_read_mutex(const struct da_waits *w, uint64_t address, bool waiting, struct da_lock *ret,
			const char **ret_kind)
{
	struct mutex m;

	if (!read_mutex(w, address, &m) || !fits(w, &m) || (waiting && m.word == 0 && m.owner))
		return false;
	*ret_kind = kind_words(w, &m);
	describe(w, &m, ret, *ret_kind);
	return true;
}

bool da_wait_refuses_owner(const struct da_waits *w, uint64_t address)
{
	struct mutex m;

	return read_mutex(w, address, &m) && ((m.kind & TYPE) == RECURSIVE || (m.kind & TYPE) == ERRORCHECK);
}

bool da_wait_is_cond_mutex(const struct da_waits *w, uint64_t address)
{
	struct mutex m;

	return read_mutex(w, address, &m) && fits(w, &m) && m.users > 0;
}

/* What a mutex function asks the kernel: sleep while the word is 2, or the owner's id with the waiters' bit, or LOCK_PI. */
static bool operation_fits(const struct da_futex *f, const struct mutex *m)
{
	if (f->command == DA_FUTEX_LOCK_PI || f->command == DA_FUTEX_LOCK_PI2)
		return m->kind & INHERIT;
	if (f->command != DA_FUTEX_WAIT && f->command != DA_FUTEX_WAIT_BITSET)
		return false;
	if (m->kind & ROBUST)
		return f->value & DA_FUTEX_WAITERS;
	if (m->kind & PROTECT)
		return (f->value & ((1u << CEILING_SHIFT) - 1)) == 2;
	return f->value == 2;
}

bool da_recognise_mutex(const struct da_futex *f, bool named, struct da_found *ret)
{
	const struct da_waits *w = f->w;
	struct mutex m;
	unsigned n;

	if (da_wait_libc(w) == DA_LIBC_MUSL)
		return da_recognise_musl_mutex(f, named, ret);
	if (da_recognise_loader(f, named, ret))
		return true;
	if (!read_mutex(w, f->address, &m) || !fits(w, &m) || !operation_fits(f, &m))
		return false;
	n = witnesses(w, &m);
	if (!named && n < 2)
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_PTHREAD_MUTEX, .base = f->address, .target = DA_NONE };
	describe(w, &m, &ret->lock, kind_words(w, &m));
	ret->confidence = named ? DA_CERTAIN : n > 2 ? DA_LIKELY : DA_FORM;
	if (!named && ret->lock.confidence > DA_FORM && !has_owner_in_word(&m))
		ret->lock.confidence = DA_FORM;
	ret->how = named ? "the word of a mutex" : "what stands there has the form of a mutex";
	return true;
}
