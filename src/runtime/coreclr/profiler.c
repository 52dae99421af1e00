/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a profiler run in the process? It rewrites code, and its callbacks run on every thread, so it belongs to what
 * can be slow or stand still. Told by the runtime's own block of profilers (11 describes it; a profiler that was
 * attached later stands there too), by the variables that ask for one at the start and the library that they name,
 * or by a library that is nothing else.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "runtime/coreclr/coreclr.h"

static const struct {
	const char *file, *whose;
} known[] = {
#define DA_PROFILER_ROW(file, whose) { file, whose },
#include "runtime/coreclr/profilers.def"
#undef DA_PROFILER_ROW
};

/*
 * The runtime's word: 1 one is there, 0 none, -1 not told. 10 describes of its block only the mask of events, which is
 * not 0 where there is no profiler (seen in all dumps of 10.0), so that it tells nothing.
 */
static int by_block(struct da_clr *c, const char **ret_how)
{
	uint64_t block, main_one, count;

	if (da_clr_global(c, DA_CLR_G_ProfilerControlBlock, &block) != DA_OK || !block ||
	    DA_CLR_PTR(c, block, ProfControlBlock, MainProfilerProfInterface, &main_one) != DA_OK ||
	    DA_CLR_U32(c, block, ProfControlBlock, NotificationProfilerCount, &count) != DA_OK || count > 64)
		return -1;
	*ret_how = da_printf(c->arena, "the runtime's block of profilers at " DA_ADDR("0x%llx") " holds one",
			     (unsigned long long)block);
	return main_one != 0 || count != 0;
}

static const char *variable(const struct da_clr *c, const char *name)
{
	size_t n = strlen(name);
	const struct da_process *p = &c->dump->proc;

	for (size_t i = 0; i < p->environment.n; i++)
		if (strncasecmp(p->environment.v[i], name, n) == 0 && p->environment.v[i][n] == '=')
			return p->environment.v[i] + n + 1;
	return NULL;
}

static const char *file_name(const char *path)
{
	const char *back = strrchr(path, '\\'); /* paths of Windows, in any dump */

	return da_basename(back ? back + 1 : path);
}

/* The module of the path that CORECLR_PROFILER_PATH… names; its own process may have changed these since its start. */
static uint32_t by_environment(const struct da_clr *c)
{
	static const char *const paths[] = { "CORECLR_PROFILER_PATH", "CORECLR_PROFILER_PATH_64", "CORECLR_PROFILER_PATH_32",
					     "CORECLR_PROFILER_PATH_ARM64", "CORECLR_PROFILER_PATH_ARM32" };
	const char *enabled = variable(c, "CORECLR_ENABLE_PROFILING");
	const struct da_process *p = &c->dump->proc;

	for (size_t i = 0; da_streq(enabled, "1") && i < DA_ARRAY_SIZE(paths); i++) {
		const char *path = variable(c, paths[i]);

		for (uint32_t m = 0; path && *path && m < p->modules.n; m++)
			if (p->modules.v[m].name && strcasecmp(p->modules.v[m].name, file_name(path)) == 0)
				return m;
	}
	return DA_NONE;
}

static uint32_t by_name(const struct da_clr *c, const char **ret_whose)
{
	const struct da_process *p = &c->dump->proc;

	for (uint32_t m = 0; m < p->modules.n; m++)
		for (size_t i = 0; p->modules.v[m].name && i < DA_ARRAY_SIZE(known); i++)
			if (strncasecmp(p->modules.v[m].name, known[i].file, strlen(known[i].file)) == 0) {
				*ret_whose = known[i].whose;
				return m;
			}
	return DA_NONE;
}

void da_clr_profiler(struct da_clr *c)
{
	struct da_runtime *r = da_clr_model(c);
	const char *whose = NULL, *how = NULL;
	int block = by_block(c, &how);
	uint32_t named = by_name(c, &whose), asked = by_environment(c);

	if (block == 0)
		return;
	if (block > 0) {
		r->profiler = how;
		r->profiler_confidence = 0.95f;
	} else if (asked != DA_NONE) {
		r->profiler = "CORECLR_ENABLE_PROFILING is 1, and the library that CORECLR_PROFILER_PATH names is loaded";
		r->profiler_confidence = 0.9f;
	} else if (named != DA_NONE) {
		r->profiler = da_printf(c->arena, "the library of %s's profiler is loaded", whose);
		r->profiler_confidence = 0.8f;
	}
	if (r->profiler)
		r->profiler_module = asked != DA_NONE ? asked : named;
}
