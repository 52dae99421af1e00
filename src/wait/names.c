/* SPDX-License-Identifier: Apache-2.0 */
/* Which function of a library a thread sleeps in, by the names that its frames have. */
#include "config.h"

#include <string.h>

#include "wait/parts.h"

#define ALL 256  /* frames of which it is noted what family they are of */
#define DEPTH 16 /* frames between a system call and the function that people know */

static const struct name {
	const char *name;
	uint8_t family;
} names[] = {
#define DA_NAME_ROW(name, family) { name, DA_FAMILY_##family },
#include "wait/names.def"
#undef DA_NAME_ROW
};

/* glibc: __GI___pthread_mutex_lock, ___pthread_mutex_lock; pthread_cond_wait@@GLIBC_2.3.2; name.part.0 */
const char *da_wait_bare(const char *s, size_t *ret_n)
{
	const char *dot;

	while (*s == '_')
		s++;
	if (da_starts(s, "GI_"))
		for (s += 3; *s == '_'; s++)
			;
	*ret_n = strcspn(s, "@");
	dot = memchr(s, '.', *ret_n);
	if (dot && dot != s)
		*ret_n = (size_t)(dot - s);
	return *ret_n ? s : NULL;
}

static const char *bare_of_frame(const struct da_frame *f, size_t *ret_n)
{
	return f->place && f->place->raw && f->place->exact ? da_wait_bare(f->place->raw, ret_n) : NULL;
}

static enum da_family family_of_name(const char *bare, size_t n)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(names); i++) {
		size_t len = strlen(names[i].name);

		if (len && names[i].name[len - 1] == '*' ? n >= len - 1 && memcmp(bare, names[i].name, len - 1) == 0
							 : n == len && memcmp(bare, names[i].name, n) == 0)
			return (enum da_family)names[i].family;
	}
	return DA_FAMILY_NONE;
}

enum da_family da_wait_family_of(struct da_waits *w, const struct da_frame *f)
{
	const char *bare;
	uint64_t *known;
	size_t n;
	bool new;

	if (!f->place)
		return DA_FAMILY_NONE;
	known = da_map_put(w->d->arena, &w->families, (uintptr_t)f->place, &new);
	if (new) {
		bare = bare_of_frame(f, &n);
		*known = bare ? family_of_name(bare, n) : DA_FAMILY_NONE;
	}
	return (enum da_family)*known;
}

/* ---------------------------------------------------------------- by what the caller calls */

/* Where the call before a return address leads: call rel32, call *disp32(%rip) or *disp32, bl. */
static bool call_target(const struct da_waits *w, uint64_t pc, uint64_t *ret)
{
	uint8_t c[6];
	uint32_t word;

	if (w->cpu == DA_CPU_A64) {
		if (!da_wait_u32(w, pc - 4, &word) || word >> 26 != 0x25)
			return false;
		*ret = pc - 4 + (uint64_t)((int64_t)(int32_t)(word << 6) >> 4);
		return true;
	}
	if (pc < 6 || da_mem_read(w->m, pc - 6, c, 6, NULL) != DA_OK)
		return false;
	word = c[2] | (uint32_t)c[3] << 8 | (uint32_t)c[4] << 16 | (uint32_t)c[5] << 24;
	if (c[1] == 0xe8)
		*ret = pc + (uint64_t)(int64_t)(int32_t)word;
	else if (c[0] == 0xff && c[1] == 0x15)
		return da_wait_word(w, w->word == 8 ? pc + (uint64_t)(int64_t)(int32_t)word : word, ret);
	else
		return false;
	if (w->word == 4)
		*ret &= UINT32_MAX;
	return true;
}

struct callee {
	uint8_t family;
	const char *name;
};

/*
 * A static helper of libc, which the exported function jumped to, has no name in a stripped library; the caller's
 * instruction tells which function it called.
 */
static const struct callee *callee_of(struct da_waits *w, uint64_t pc)
{
	bool new;
	uint64_t *slot = da_map_put(w->d->arena, &w->callees, pc, &new), target;
	struct callee *c;
	const char *bare;
	size_t n;

	if (!new)
		return (const struct callee *)(uintptr_t)*slot;
	c = da_new(w->d->arena, struct callee);
	*slot = (uintptr_t)c;
	if (w->s && call_target(w, pc, &target)) {
		const struct da_place *place = da_symbols_place(w->s, target, false);

		bare = place->raw && (place->exact || place->start == target) ? da_wait_bare(place->raw, &n) : NULL;
		if (bare) {
			c->family = (uint8_t)family_of_name(bare, n);
			c->name = da_strndup(w->d->arena, bare, n);
		}
	}
	return c;
}

/* The frame calls into a library of the system: the frame above is of another module. */
static const struct callee *callee_at(struct da_waits *w, const struct da_thread *t, uint32_t i)
{
	const struct da_frame *f = &t->frames.v[i];
	uint32_t above = i ? t->frames.v[i - 1].module : DA_NONE;

	if (i == 0 || f->exact_pc || above == f->module || above == DA_NONE ||
	    w->p->modules.v[above].class != DA_CLASS_SYSTEM)
		return NULL;
	return callee_of(w, f->pc);
}

static bool has_libc(const struct da_process *p)
{
	for (size_t i = 0; i < p->modules.n; i++)
		if (da_wait_is_libc(&p->modules.v[i]))
			return true;
	return false;
}

/* What all of libc's waits go through says nothing of what for. */
static bool is_helper(const struct da_frame *f)
{
	static const char *const helpers[] = { "lll_", "futex_", "syscall", "internal_syscall", "timedwait", "wait" };
	size_t n;
	const char *bare = bare_of_frame(f, &n);

	for (size_t i = 0; bare && i < DA_ARRAY_SIZE(helpers); i++)
		if (da_starts(bare, helpers[i]))
			return f->place->raw[0] == '_';
	return false;
}

/*
 * As the manual has it: pthread_mutex_lock, not ___pthread_mutex_lock; malloc, not __libc_malloc; sem_wait, not
 * __new_sem_wait. Those of C++ have no other name than theirs.
 */
static const char *known_name(struct da_waits *w, const struct da_frame *f)
{
	static const char *const fronts[] = { "libc_", "new_", "old_" };
	const char *name = f->place->ncalls ? f->place->calls[0].function : f->place->raw, *bare;
	size_t n;

	bare = bare_of_frame(f, &n);
	if (!bare || da_starts(bare, "cxa_") || da_starts(bare, "Z") || da_starts(bare, "IO_") ||
	    da_starts(bare, "int_"))
		return name;
	for (size_t i = 0; i < DA_ARRAY_SIZE(fronts); i++)
		if (da_starts(bare, fronts[i])) {
			bare += strlen(fronts[i]);
			n -= strlen(fronts[i]);
		}
	return da_strndup(w->d->arena, bare, n);
}

/* Behind a frame of the program's own nothing says what the call above is for; a static program's are all its own. */
static void hint_of(struct da_waits *w, uint32_t thread, bool is_static)
{
	const struct da_thread *t = &w->p->threads.v[thread];
	struct da_hint *h = &w->t[thread].hint;

	h->frame = t->frames.n ? 0 : DA_NONE;
	for (uint32_t i = 0; i < t->frames.n && i < DEPTH; i++) {
		const struct da_frame *f = &t->frames.v[i];
		enum da_family family = da_wait_family_of(w, f);
		const struct callee *called;

		if (family) {
			*h = (struct da_hint){ (uint8_t)family, i, known_name(w, f) };
			return;
		}
		if (f->signal)
			return;
		called = callee_at(w, t, i);
		if (called && called->family) {
			*h = (struct da_hint){ called->family, i - 1, called->name };
			return;
		}
		if (f->place && f->place->ncalls && f->place->exact && !h->name && !is_helper(f)) {
			h->frame = i;
			h->name = f->place->calls[0].function;
		}
		if (!is_static && f->module != DA_NONE && f->place && f->place->ncalls &&
		    w->p->modules.v[f->module].class == DA_CLASS_OWN)
			return;
	}
}

void da_wait_hints(struct da_waits *w)
{
	bool is_static = !has_libc(w->p);

	for (uint32_t i = 0; i < w->p->threads.n; i++) {
		const struct da_thread *t = &w->p->threads.v[i];

		da_wait_expect_frames(w, i + DA_WAIT_AHEAD);
		hint_of(w, i, is_static);
		w->t[i].caller = (uint8_t)da_wait_caller(w, i, is_static);
		for (uint32_t k = 0; k < t->frames.n && k < ALL; k++) {
			const struct callee *called = callee_at(w, t, k);

			w->t[i].families |= UINT32_C(1) << da_wait_family_of(w, &t->frames.v[k]);
			if (called)
				w->t[i].families |= UINT32_C(1) << called->family;
		}
	}
}
