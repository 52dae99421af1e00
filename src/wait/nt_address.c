/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SRW locks, condition variables and WaitOnAddress: one word each, which stores no owner. Windows: bits 0 held, 1 somebody
 * waits, 2 waking, 3 several readers; with bit 1 the rest is the address of a wait block on a waiting thread's stack, else
 * the number of readers. Wine: owners in the upper 16 bits of 32, 0xffff (or bit 0, since 9) for a writer.
 */
#include "config.h"

#include <inttypes.h>

#include "wait/nt.h"

#define OWNERS_MAX 0x1000 /* Wine: readers, and writers that wait */
#define STACK_WORDS 2048 /* of each stack that are looked at for the address of a lock */

/* ---------------------------------------------------------------- SRW locks */

enum srw { SRW_UNKNOWN, SRW_FREE, SRW_EXCLUSIVE, SRW_SHARED, SRW_HELD };

static enum srw srw_state(struct da_nt *n, uint64_t at, uint64_t *ret_word, uint32_t *ret_readers)
{
	uint64_t v, block;

	*ret_readers = 0;
	if (at % n->w.word || !da_wait_word(&n->w, at, &v))
		return SRW_UNKNOWN;
	*ret_word = v;
	block = v & ~UINT64_C(0xf);
	if (v == 0)
		return SRW_FREE;
	if ((v & 2) && block && da_thread_of_stack(n->w.p, block) != DA_NONE)
		return v & 1 ? SRW_HELD : SRW_FREE;
	if (v <= UINT32_MAX && v >> 16 == 0xffff)
		return SRW_EXCLUSIVE;
	if (v == 1)
		return SRW_EXCLUSIVE;
	if (n->wine && v <= UINT32_MAX && v >> 16 && v >> 16 < OWNERS_MAX && (v & 0xffff) < OWNERS_MAX)
		return SRW_HELD;
	if (!n->wine && (v & 3) == 1 && v >> 4 < 0x100000) {
		*ret_readers = (uint32_t)(v >> 4);
		return SRW_SHARED;
	}
	return SRW_UNKNOWN;
}

static bool is_srw(struct da_nt *n, uint64_t v, void *ctx)
{
	uint64_t word;
	uint32_t readers;
	enum srw state = v ? srw_state(n, v, &word, &readers) : SRW_UNKNOWN;

	(void)ctx;
	return state != SRW_UNKNOWN && state != SRW_FREE;
}

static bool is_readable(struct da_nt *n, uint64_t v, void *ctx)
{
	uint8_t byte;

	(void)ctx;
	return v >= DA_NULL_PAGE && da_mem_u8(n->w.m, v, &byte) == DA_OK;
}

static void describe_srw(struct da_nt *n, struct da_lock *l)
{
	static const char *const words[] = {
		[SRW_UNKNOWN] = "who holds it is unknown: no reading of its word fits",
		[SRW_FREE] = "its word says that it was just released",
		[SRW_EXCLUSIVE] = "its word says that a writer holds it; it stores no owner",
		[SRW_SHARED] = "its word says that readers hold it; it stores no owner",
		[SRW_HELD] = "its word says that it is held; it stores no owner" };
	uint64_t word = 0;
	uint32_t readers;
	enum srw state = srw_state(n, l->address, &word, &readers);

	if (!da_wait_word(&n->w, l->address, &word)) {
		l->how = "its memory is not in the dump: whether it is held is unknown; it stores no owner";
		return;
	}
	l->state = state == SRW_UNKNOWN ? DA_LOCK_STATE_UNKNOWN : state == SRW_FREE ? DA_LOCK_CONTENDED : DA_LOCK_HELD;
	if (state == SRW_SHARED && readers) {
		l->has_count = true;
		l->count = readers;
	}
	l->how = da_printf(n->w.d->arena, "%s%s", words[state],
			   state == SRW_UNKNOWN ? "" : da_printf(n->w.d->arena, " (0x%" PRIx64 ")", word));
}

static void wait_at(struct da_nt *n, enum da_lock_kind kind, uint64_t address, float confidence, const char *how)
{
	struct da_wait *wait = da_nt_add(n, kind, confidence, how);
	struct da_lock *l;
	uint32_t index;

	if (!address)
		return;
	l = da_wait_lock(&n->w, address, kind, &index);
	wait->lock = index;
	wait->address = address;
	if (l->how)
		return;
	if (kind == DA_LOCK_SRW)
		describe_srw(n, l);
	else
		l->how = kind == DA_LOCK_CONDITION_VARIABLE ? "a condition variable, which has no owner"
							    : "a word in memory; who is to change it is known only to the program";
}

/* ---------------------------------------------------------------- which word */

static bool is_same_family(uint8_t a, uint8_t b)
{
	return a == b || (a == DA_NT_ADDRESS && b == DA_NT_ADDRESS_INSIDE);
}

/* Of a word that can have any value, only what stands where an argument stands; a lock's form is a proof of its own. */
static bool try_at(struct da_nt *n, unsigned frame, da_nt_proof *proof, struct da_nt_value *ret)
{
	struct da_nt_value v[16];
	unsigned all = da_nt_args(n, frame, 0, v, DA_ARRAY_SIZE(v));
	uint8_t byte;

	for (unsigned i = 0; i < all && v[i].confidence >= (proof == is_srw ? DA_NT_BY_KEPT : DA_NT_BY_REGISTER); i++) {
		bool there = v[i].v >= DA_NULL_PAGE && da_mem_u8(n->w.m, v[i].v, &byte) == DA_OK;

		if (there ? proof(n, v[i].v, NULL)
			  : v[i].confidence >= DA_NT_BY_STACK && v[i].v >= DA_NULL_PAGE && v[i].v % 4 == 0 &&
				    da_arch_canonical(n->w.p->arch, v[i].v)) {
			*ret = v[i];
			if (!there)
				ret->confidence = DA_NT_BY_WORD;
			return true;
		}
	}
	return false;
}

/*
 * From the functions of the family, outermost first: that one's caller is the program, which passes the address itself.
 * In the system call of Windows it is the first argument.
 */
static bool find(struct da_nt *n, da_nt_proof *proof, struct da_nt_value *ret)
{
	const struct da_nt_stack *s = &n->s;
	unsigned last = s->api;

	while (last + 1 < s->n && s->f[last + 1].row && is_same_family(s->f[s->api].row->kind, s->f[last + 1].row->kind))
		last++;
	for (unsigned i = last + 1; i-- > s->api;)
		if (try_at(n, i, proof, ret))
			return true;
	if (n->wine || s->stub == s->n || s->f[s->stub].row->kind != DA_NT_ALERT)
		return false;
	return try_at(n, s->stub, proof, ret);
}

static void with_address(struct da_nt *n, enum da_lock_kind kind, da_nt_proof *proof, const char *what)
{
	struct da_nt_value v;
	const char *way = da_nt_way(n);

	if (find(n, proof, &v))
		wait_at(n, kind, v.v, DA_MIN(v.confidence + 0.1f, 0.97f),
			da_printf(n->w.d->arena, "%s; the %s is at " DA_ADDR("0x%" PRIx64) " by %s", way, what, v.v, v.from));
	else
		wait_at(n, kind, 0, 0.85f, da_printf(n->w.d->arena, "%s; which %s it is could not be told", way, what));
}

bool da_nt_wait_address(struct da_nt *n)
{
	switch ((enum da_nt_kind)n->s.f[n->s.api].row->kind) {
	case DA_NT_SRW_EXCLUSIVE:
	case DA_NT_SRW_SHARED:
		with_address(n, DA_LOCK_SRW, is_srw, "SRW lock");
		return true;
	case DA_NT_CONDITION:
		with_address(n, DA_LOCK_CONDITION_VARIABLE, is_readable, "condition variable");
		return true;
	case DA_NT_ADDRESS:
	case DA_NT_ADDRESS_INSIDE:
		with_address(n, DA_LOCK_ADDRESS, is_readable, "word");
		return true;
	default:
		return false;
	}
}

/* ---------------------------------------------------------------- whose it may be */

static bool waits_for(const struct da_nt *n, uint32_t thread, uint32_t lock)
{
	for (size_t i = n->w.first_wait; i < n->w.p->waits.n; i++)
		if (n->w.p->waits.v[i].thread == thread && n->w.p->waits.v[i].lock == lock)
			return true;
	return false;
}

static bool mentions(const struct da_nt *n, uint32_t thread, uint64_t address, uint64_t *budget)
{
	const struct da_thread *t = &n->w.p->threads.v[thread];
	uint64_t mask = n->w.word == 8 ? UINT64_C(0xf0f8) : 0xe8, sp, word;

	for (unsigned r = 0; r < n->w.p->arch->nregs; r++)
		if (mask >> r & 1 && da_reg_known(&t->regs, (int)r) && t->regs.v[r] == address)
			return true;
	if (!da_reg_known(&t->regs, n->w.p->arch->sp))
		return false;
	sp = t->regs.v[n->w.p->arch->sp];
	for (unsigned i = 0; i < STACK_WORDS && *budget; i++, --*budget) {
		if (!da_wait_word(&n->w, sp + (uint64_t)i * n->w.word, &word))
			break;
		if (word == address)
			return true;
	}
	return false;
}

/* One thread alone that has its address and does not wait for it: a guess, and told as one. */
static void guess(struct da_nt *n, uint32_t lock, uint64_t *budget)
{
	struct da_lock *l = &n->w.p->locks.v[lock];
	uint32_t who = DA_NONE;

	for (uint32_t i = 0; i < n->w.p->threads.n; i++) {
		if (waits_for(n, i, lock) || !mentions(n, i, l->address, budget))
			continue;
		if (who != DA_NONE)
			return;
		who = i;
	}
	if (who == DA_NONE || !*budget)
		return;
	l->owner = who;
	l->owner_tid = n->w.p->threads.v[who].tid;
	l->confidence = 0.5f;
	for (size_t i = n->w.first_wait; i < n->w.p->waits.n; i++)
		if (n->w.p->waits.v[i].lock == lock)
			n->w.p->waits.v[i].owner = who;
	l->how = da_printf(n->w.d->arena, "%s; a guess: thread id %u is the only one that has its address on its stack and does not "
			   "wait for it", l->how, l->owner_tid);
}

#define BUDGET (1u << 22) /* words of stacks, for all locks together */

void da_nt_guess_srw(struct da_nt *n)
{
	uint64_t left = BUDGET;

	for (uint32_t i = n->w.first_lock; i < n->w.p->locks.n && left && !da_stop(n->w.d->watch); i++) {
		const struct da_lock *l = &n->w.p->locks.v[i];

		if (l->kind != DA_LOCK_SRW || l->state != DA_LOCK_HELD || l->owner != DA_NONE || l->has_count)
			continue;
		guess(n, i, &left);
	}
}
