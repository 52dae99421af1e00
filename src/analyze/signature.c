/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signature: what makes two crashes the same problem. The leading rule, the function to blame, and
 * up to eight frames of own code by module and function, without offsets, parameters and versions, so
 * that a rebuilt program falls into the same bucket.
 */
#include "config.h"

#include <string.h>

#include "analyze/sections.h"
#include "analyze/words.h"

#define FRAMES 8
#define SIGNATURE_VERSION 1

/* libfoo.so.1.2.3 is libfoo.so; foo-1.2 stays. */
static char *without_version(struct da_arena *a, const char *module)
{
	const char *so = strstr(module, ".so.");

	return da_strndup(a, module, so ? (size_t)(so - module) + 3 : strlen(module));
}

static const char *normalised(struct da_analysis *a, const struct da_frame *f)
{
	const char *module = da_module_name(a->dump, f), *name = da_function_name(f);

	return da_printf(a->dump->arena, "%s!%s",
			 module ? without_version(a->dump->arena, module) : "?",
			 name ? da_without_parameters(a->dump->arena, name) : "?");
}

void da_set_signature(struct da_analysis *a, const char *rule)
{
	const char *frames[FRAMES];
	const struct da_frame *blamed;
	const struct da_thread *t;
	uint32_t first = 0;
	size_t n = 0;

	blamed = da_blamed_frame(a->dump, &first);
	if (!blamed)
		return;
	t = &a->dump->proc.threads.v[a->dump->proc.exception->thread];
	frames[n++] = normalised(a, blamed);
	for (size_t i = first + 1; i < t->frames.n && n < FRAMES; i++)
		if (da_is_own(a->dump, &t->frames.v[i]) && t->frames.v[i].trust > DA_TRUST_SCAN)
			frames[n++] = normalised(a, &t->frames.v[i]);
	da_doc_signature(a->doc, da_printf(a->dump->arena, "%s/%s", rule, frames[0]), frames, n,
			 SIGNATURE_VERSION);
}
