/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "runtime/coreclr/coreclr.h"

/*
 * The program's file is the host of .NET, the same for every program of a release: an apphost, which loads
 * libhostfxr, or a single-file host with the runtime in it. Nobody's own code is in it.
 */
static void mark_host(struct da_clr *c)
{
	struct da_process *p = &c->dump->proc;
	bool hosted = p->modules.v[c->module].main;

	for (size_t i = 0; i < p->modules.n; i++)
		hosted |= p->modules.v[i].name && (da_starts(p->modules.v[i].name, "libhostfxr.") ||
						   da_starts(p->modules.v[i].name, "hostfxr."));
	for (size_t i = 0; hosted && i < p->modules.n; i++)
		if (p->modules.v[i].main)
			p->modules.v[i].class = DA_CLASS_RUNTIME;
}

static enum da_status open_coreclr(struct da_dump *d, struct da_symbols *s, uint32_t module,
				   const struct da_runtime_options *o, void **ret)
{
	struct da_clr *c;
	enum da_status st = da_clr_open(d, s, module, o, &c);

	if (st != DA_OK)
		return st;
	(void)da_clr_threads_read(c);
	(void)da_clr_modules_read(c);
	da_clr_complete_version(c);
	mark_host(c);
	da_clr_profiler(c);
	*ret = c;
	return DA_OK;
}

static const struct da_place *place(void *state, uint64_t pc, bool caller)
{
	return da_clr_place(state, pc, caller);
}

/* Names before roles, which go by them; exceptions and locks need neither. */
static void objects(void *state)
{
	da_clr_thread_names(state);
	da_clr_threadpool(state);
	da_clr_exceptions(state);
	da_clr_fail_fast(state);
	da_clr_monitors(state);
	da_clr_roles(state);
	da_clr_helper_threads(state);
	da_clr_heap_limit(state);
}

const struct da_runtime_ops da_runtime_coreclr = {
	.name = "coreclr",
	.open = open_coreclr,
	.function = da_clr_function,
	.transition = da_clr_transition,
	.place = place,
	.objects = objects,
	.interrupted = da_clr_interrupted,
};
