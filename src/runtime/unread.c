/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runtimes that are recognised and not read: the .NET Framework and Mono. The report says which one it
 * is, and what can read it.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "runtime/runtime.h"

struct known {
	const char *name;    /* base name, or its beginning */
	bool begins;
	const char *symbol;  /* it must export this, where the name alone says little; or NULL */
	uint8_t kind;        /* enum da_runtime_kind */
	const char *remedy;
};

#define FRAMEWORK "Open the dump in WinDbg or DebugDiag, with SOS and the debugging library (mscordacwks.dll) of this " \
		  "version of the .NET Framework"
#define MONO "Open the dump in a debugger with Mono's own scripts (mono_backtrace, mono_pmip), or take the stack traces " \
	     "that Mono prints when it dies"

static const struct known known[] = {
	{ "clr.dll", false, NULL, DA_RUNTIME_NETFX, FRAMEWORK },
	{ "mscorwks.dll", false, NULL, DA_RUNTIME_NETFX, FRAMEWORK },
	{ "mscorsvr.dll", false, NULL, DA_RUNTIME_NETFX, FRAMEWORK },
	{ "libmonosgen-", true, NULL, DA_RUNTIME_MONO, MONO },
	{ "libmonoboehm-", true, NULL, DA_RUNTIME_MONO, MONO },
	{ "libmono-", true, NULL, DA_RUNTIME_MONO, MONO },
	{ "libmonobdwgc-", true, NULL, DA_RUNTIME_MONO, MONO },
	{ "mono-2.0-", true, NULL, DA_RUNTIME_MONO, MONO },
	{ "mono-sgen", true, NULL, DA_RUNTIME_MONO, MONO },
	{ "mono-boehm", true, NULL, DA_RUNTIME_MONO, MONO },
	{ "mono.dll", false, NULL, DA_RUNTIME_MONO, MONO },
	{ "mono", false, "mono_jit_init", DA_RUNTIME_MONO, MONO },
	/* .NET on Mono, as for phones: another runtime of the same name. */
	{ "libcoreclr.so", false, "mono_jit_init", DA_RUNTIME_MONO, MONO },
	{ "coreclr.dll", false, "mono_jit_init", DA_RUNTIME_MONO, MONO },
};

static bool is(const struct known *k, const struct da_module *m, struct da_symbols *s, uint32_t module)
{
	uint64_t at, size;

	if (k->begins ? strncasecmp(m->name, k->name, strlen(k->name)) != 0 : strcasecmp(m->name, k->name) != 0)
		return false;
	return !k->symbol || da_symbols_named(s, module, k->symbol, &at, &size) == DA_OK;
}

static enum da_status open_unread(struct da_dump *d, struct da_symbols *s, uint32_t module,
				  const struct da_runtime_options *o DA_UNUSED, void **ret)
{
	static const char *const unread[] = { "threads", "stacks", "names", "objects" };
	const struct da_module *m = &d->proc.modules.v[module];
	struct da_runtime *r;

	for (size_t i = 0; m->name && i < DA_ARRAY_SIZE(known); i++) {
		if (!is(&known[i], m, s, module))
			continue;
		r = da_vec_add(d->arena, &d->proc.runtimes);
		*r = (struct da_runtime){ .kind = known[i].kind, .reader = DA_READER_NONE, .module = module,
					  .suspended_by = DA_NONE, .profiler_module = DA_NONE, .version = m->version,
					  .reader_why = known[i].kind == DA_RUNTIME_NETFX
							? "The structures of the .NET Framework are not read"
							: "The structures of Mono are not read",
					  .remedy = known[i].remedy };
		for (size_t k = 0; k < DA_ARRAY_SIZE(unread); k++)
			da_vec_push(d->arena, &r->unread, unread[k]);
		*ret = r;
		return DA_OK;
	}
	return DA_NOT_FOUND;
}

const struct da_runtime_ops da_runtime_unread = {
	.name = "unread",
	.open = open_unread,
};
