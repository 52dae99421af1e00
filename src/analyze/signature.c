/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signature: what makes two crashes the same problem. The leading rule, the function to blame, and
 * up to eight frames of own code by module and function, without offsets, parameters and versions, so
 * that a rebuilt program falls into the same bucket. Where no name is known the offset stands in, with
 * the beginning of the module's id: nothing less tells two places apart. Last comes what it died of.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/sections.h"
#include "analyze/words.h"

#define FRAMES 8
#define ID_DIGITS 8
#define SIGNATURE_VERSION 1

/* libfoo.so.1.2.3 is libfoo.so; foo-1.2 stays. */
static char *without_version(struct da_arena *a, const char *module)
{
	const char *so = strstr(module, ".so.");

	return da_strndup(a, module, so ? (size_t)(so - module) + 3 : strlen(module));
}

/* What tells one build from another, or "". */
static const char *build_of(struct da_analysis *a, const struct da_module *m)
{
	struct da_arena *arena = a->dump->arena;
	const char *id = m->build_id_len ? da_build_id_hex(arena, m) : m->has_pdb_id ? da_pdb_id_hex(arena, m) : NULL;

	return id ? da_printf(arena, "@%.*s", ID_DIGITS, id) :
	       m->pe ? da_printf(arena, "@%08x", m->timestamp) : "";
}

/* NULL: nothing is known of the place. */
static const char *normalised(struct da_analysis *a, const struct da_frame *f)
{
	const char *module = da_module_name(a->dump, f), *name = da_function_name(f);
	struct da_arena *arena = a->dump->arena;

	if (!module && !name)
		return NULL;
	module = module ? without_version(arena, module) : "?";
	if (name)
		return da_printf(arena, "%s!%s", module, da_without_parameters(arena, name));
	return da_printf(arena, "%s+0x%llx%s", module,
			 (unsigned long long)(f->pc - a->dump->proc.modules.v[f->module].start),
			 build_of(a, &a->dump->proc.modules.v[f->module]));
}

/* Of an exception that nobody handled: own code in its stack trace, which async void leaves on no stack. */
static size_t thrown_frames(struct da_analysis *a, const struct da_exception *e, const char **ret)
{
	const struct da_managed_exception *x = e && e->cause == DA_CAUSE_CLR_EXCEPTION ? e->managed : NULL;
	const char *one;
	size_t n = 0;

	for (size_t i = 0; x && i < x->frames.n && n < FRAMES; i++)
		if (da_is_own(a->dump, &x->frames.v[i]) && (one = normalised(a, &x->frames.v[i])) != NULL)
			ret[n++] = one;
	return n;
}

void da_set_signature(struct da_analysis *a, const char *rule)
{
	const char *frames[FRAMES + 2], *one;
	const struct da_exception *e = a->dump->proc.exception;
	const struct da_frame *blamed;
	const struct da_thread *t;
	uint32_t first = 0;
	size_t n, thrown;

	blamed = da_blamed_frame(a->dump, &first);
	thrown = n = thrown_frames(a, e, frames);
	if (!blamed && !thrown)
		return;
	t = blamed ? &a->dump->proc.threads.v[e->thread] : NULL;
	for (size_t i = first; !thrown && i < t->frames.n && n < FRAMES; i++)
		if ((i == first || (da_is_own(a->dump, &t->frames.v[i]) && t->frames.v[i].trust > DA_TRUST_SCAN)) &&
		    (one = normalised(a, &t->frames.v[i])) != NULL)
			frames[n++] = one;
	if (n == 0)
		return;
	one = frames[0];
	frames[n++] = da_printf(a->dump->arena, "died of %s", e->name ? e->name : "?");
	if (thrown && e->managed->type)
		frames[n++] = da_printf(a->dump->arena, "of type %s", e->managed->type);
	else if (e->cpp_type)
		frames[n++] = da_printf(a->dump->arena, "of type %s", e->cpp_type);
	da_doc_signature(a->doc, da_printf(a->dump->arena, "%s/%s", rule, one), frames, n, SIGNATURE_VERSION);
}

/* Where a hung thread stands. */
static const char *standing(struct da_analysis *a, uint32_t thread)
{
	const struct da_frame *f = da_standing_frame_above(a, thread, DA_TRUST_SCAN);

	return f ? normalised(a, f) : NULL;
}

static int by_name(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

void da_set_hang_signature(struct da_analysis *a)
{
	const char *frames[FRAMES], *one;
	size_t n = 0;

	for (size_t i = 0; i < a->hang_threads.n && n < FRAMES; i++)
		if ((one = standing(a, a->hang_threads.v[i])) != NULL)
			frames[n++] = one;
	if (n == 0)
		return;
	qsort(frames, n, sizeof(*frames), by_name);
	da_doc_signature(a->doc, da_printf(a->dump->arena, "%s/%s", a->hang_rule, frames[0]), frames, n, SIGNATURE_VERSION);
}
