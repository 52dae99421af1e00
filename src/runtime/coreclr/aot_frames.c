/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of managed code in a program that was compiled ahead of time. */
#include "config.h"

#include <string.h>

#include "runtime/coreclr/aot.h"
#include "runtime/coreclr/aot_names.h"
#include "runtime/coreclr/modules.h"
#include "runtime/coreclr/names.h"

uint32_t da_aot_assembly(struct da_aot *t, const char *name)
{
	struct da_process *p = &t->clr.dump->proc;
	const struct da_module *m = &p->modules.v[t->clr.module];
	struct da_assembly *a;
	uint64_t *known;

	if (!name)
		return DA_NONE;
	known = da_map_put(t->clr.arena, &t->assemblies, da_hash(DA_HASH_SEED, name, strlen(name)), NULL);
	if (*known)
		return (uint32_t)*known - 1;
	a = da_vec_add(t->clr.arena, &p->assemblies);
	/* All of them are in the one file. */
	*a = (struct da_assembly){ .name = name, .path = m->path ? m->path : m->name, .runtime = t->clr.runtime,
				   .module = t->clr.module, .class = da_clr_assembly_class(name) };
	*known = p->assemblies.n;
	return (uint32_t)p->assemblies.n - 1;
}

/* ---------------------------------------------------------------- by symbols */

static bool symbol_exists(void *ctx, const char *symbol)
{
	struct da_aot *t = ctx;
	uint64_t at;

	return da_symbols_named(t->clr.symbols, t->clr.module, symbol, &at, NULL) == DA_OK;
}

/* Stack traces leave it out: the runtime's and the library's way from the throw to the handler, and thread starts. */
static bool is_hidden(const struct da_aot_name *n)
{
	static const char *const types[] = { "System.Runtime.EH", "System.RuntimeExceptionHelpers",
					     "System.Runtime.__Finalizer" };

	for (size_t i = 0; i < DA_ARRAY_SIZE(types); i++)
		if (da_streq(n->type, types[i]))
			return true;
	return da_streq(n->type, "<Module>");
}

static void fill(struct da_aot *t, struct da_place *p, const struct da_aot_name *n)
{
	struct da_arena *a = t->clr.arena;
	struct da_method *m = da_new(a, struct da_method);

	*m = (struct da_method){ .assembly = da_aot_assembly(t, n->assembly), .il_offset = -1, .hidden = is_hidden(n),
				 .raw = da_printf(a, "%s.%s", n->type, n->method) };
	p->method = m;
	p->calls[0].function = da_clr_friendly(a, n->type, n->method, n->arguments);
}

static const struct da_place *managed_place(struct da_aot *t, const struct da_place *old)
{
	struct da_arena *a = t->clr.arena;
	struct da_aot_name n;
	struct da_place *p;

	if (!old->raw || !old->ncalls || !old->exact ||
	    !da_aot_method_name(a, old->raw, old->calls[0].function, t->program, symbol_exists, t, &n))
		return NULL;
	p = da_memdup(a, old, sizeof(*old));
	p->calls = da_memdup(a, old->calls, old->ncalls * sizeof(*old->calls));
	fill(t, p, &n);
	return p;
}

static const struct da_place *renamed(struct da_aot *t, const struct da_place *old)
{
	uint64_t *slot;
	bool new;

	if (!old || old->module != t->clr.module || old->method)
		return NULL;
	slot = da_map_put(t->clr.arena, &t->places, (uintptr_t)old, &new);
	if (new)
		*slot = (uintptr_t)managed_place(t, old);
	return (const struct da_place *)(uintptr_t)*slot; /* NOLINT(performance-no-int-to-ptr) */
}

const struct da_place *da_aot_place(struct da_aot *t, uint64_t pc)
{
	return renamed(t, da_symbols_place(t->clr.symbols, pc, false));
}

static bool name_list(struct da_aot *t, struct da_frame *f, size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		const struct da_place *p = renamed(t, f[i].place);

		if (!p)
			continue;
		f[i].place = p;
		f[i].kind = DA_FRAME_MANAGED;
		any = true;
	}
	return any;
}

bool da_aot_name_frames(struct da_aot *t)
{
	struct da_process *p = &t->clr.dump->proc;
	bool any = false;

	for (size_t i = 0; i < p->threads.n && !da_stop(t->clr.dump->watch); i++) {
		struct da_thread *th = &p->threads.v[i];
		const struct da_place *entry = renamed(t, th->entry_place);

		any |= name_list(t, th->frames.v, th->frames.n);
		any |= name_list(t, th->dispatch_frames.v, th->dispatch_frames.n);
		if (entry)
			th->entry_place = entry;
	}
	/* What else is in the file is the runtime's native part. */
	if (any)
		p->modules.v[t->clr.module].class = DA_CLASS_RUNTIME;
	return any;
}

/* ---------------------------------------------------------------- by the runtime's own text */

/* Where the method begins in "Space.Type.Method"; a name that a compiler made begins with '<'. n: nowhere. */
static size_t last_point(const char *name, size_t n)
{
	size_t dot = n, depth = 0;

	for (size_t i = 0; i < n; i++) {
		depth += name[i] == '<';
		depth -= name[i] == '>' && depth;
		if (name[i] == '.' && !depth)
			dot = i;
	}
	return dot && dot < n && name[dot - 1] == '.' ? dot - 1 : dot; /* "Type..ctor" */
}

/* The text says no assembly: of the framework only that it is one of its own is told, by the namespace. */
static const char *assembly_of(const struct da_aot *t, const char *type)
{
	static const char *const roots[] = { "System.", "Internal.", "Microsoft." };

	for (size_t i = 0; i < DA_ARRAY_SIZE(roots); i++)
		if (da_starts(type, roots[i]))
			return "System.Private.CoreLib";
	return t->program;
}

void da_aot_name_place(struct da_aot *t, const char *text, struct da_place *ret)
{
	struct da_arena *a = t->clr.arena;
	size_t n = strcspn(text, "("), dot = last_point(text, n);
	struct da_aot_name name = { 0 };
	char *type;

	ret->raw = text;
	ret->calls = da_new(a, struct da_place_call);
	ret->ncalls = 1;
	if (dot == n) {
		ret->calls[0].function = text;
		return;
	}
	type = da_strndup(a, text, dot);
	for (char *p = type; (p = strstr(p, ".<")); p++)
		*p = '+'; /* nested */
	name.type = type;
	name.method = da_strndup(a, text + dot + 1, n - dot - 1);
	name.assembly = assembly_of(t, type);
	fill(t, ret, &name);
}
