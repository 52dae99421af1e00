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
const char *da_wait_bare(const struct da_frame *f, size_t *ret_n)
{
	const char *s = f->place ? f->place->raw : NULL;
	const char *dot;

	if (!s || !f->place->exact)
		return NULL;
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

enum da_family da_wait_family(const char *bare, size_t n)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(names); i++) {
		size_t len = strlen(names[i].name);

		if (len && names[i].name[len - 1] == '*' ? n >= len - 1 && memcmp(bare, names[i].name, len - 1) == 0
							 : n == len && memcmp(bare, names[i].name, n) == 0)
			return (enum da_family)names[i].family;
	}
	return DA_FAMILY_NONE;
}

static enum da_family family_of(struct da_waits *w, const struct da_frame *f)
{
	const char *bare;
	uint64_t *known;
	size_t n;
	bool new;

	if (!f->place)
		return DA_FAMILY_NONE;
	known = da_map_put(w->d->arena, &w->families, (uintptr_t)f->place, &new);
	if (new) {
		bare = da_wait_bare(f, &n);
		*known = bare ? da_wait_family(bare, n) : DA_FAMILY_NONE;
	}
	return (enum da_family)*known;
}

static bool has_libc(const struct da_process *p)
{
	for (size_t i = 0; i < p->modules.n; i++)
		if (p->modules.v[i].name && (da_starts(p->modules.v[i].name, "libc.") ||
					     da_starts(p->modules.v[i].name, "libc-") ||
					     da_starts(p->modules.v[i].name, "ld-musl")))
			return true;
	return false;
}

/* What all of libc's waits go through says nothing of what for. */
static bool is_helper(const struct da_frame *f)
{
	static const char *const helpers[] = { "lll_", "futex_", "syscall", "internal_syscall", "timedwait", "wait" };
	size_t n;
	const char *bare = da_wait_bare(f, &n);

	for (size_t i = 0; bare && i < DA_ARRAY_SIZE(helpers); i++)
		if (da_starts(bare, helpers[i]))
			return f->place->raw[0] == '_';
	return false;
}

/* Behind a frame of the program's own nothing says what the call above is for; a static program's are all its own. */
static void hint_of(struct da_waits *w, uint32_t thread, bool is_static)
{
	const struct da_thread *t = &w->p->threads.v[thread];
	struct da_hint *h = &w->t[thread].hint;

	h->frame = t->frames.n ? 0 : DA_NONE;
	for (uint32_t i = 0; i < t->frames.n && i < DEPTH; i++) {
		const struct da_frame *f = &t->frames.v[i];
		enum da_family family = family_of(w, f);

		if (family) {
			*h = (struct da_hint){ (uint8_t)family, i, f->place->ncalls ? f->place->calls[0].function
										: f->place->raw };
			return;
		}
		if (f->signal)
			return;
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

		hint_of(w, i, is_static);
		for (size_t k = 0; k < t->frames.n && k < ALL; k++)
			w->t[i].families |= UINT32_C(1) << family_of(w, &t->frames.v[k]);
	}
}
