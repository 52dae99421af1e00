/* SPDX-License-Identifier: Apache-2.0 */
/* What the model says of a runtime. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "runtime/coreclr/target.h"

static const char *version_text(struct da_clr *c)
{
	if (!c->major)
		return NULL;
	if (!c->has_patch)
		return da_printf(c->arena, "%u.%u", c->major, c->minor);
	return da_printf(c->arena, "%u.%u.%u", c->major, c->minor, c->patch);
}

static bool same_folder(const char *a, const char *b)
{
	const char *x = a ? strrchr(a, '/') : NULL, *y = b ? strrchr(b, '/') : NULL;

	if (!x)
		x = a ? strrchr(a, '\\') : NULL;
	if (!y)
		y = b ? strrchr(b, '\\') : NULL;
	return x && y && x - a == y - b && strncasecmp(a, b, (size_t)(x - a)) == 0;
}

static uint8_t flavor(const struct da_clr *c)
{
	const struct da_module *m = &c->dump->proc.modules.v[c->module];
	const char *exe = c->dump->proc.executable;

	if (c->single_file)
		return DA_FLAVOR_SINGLE_FILE;
	if (m->path && strcasestr(m->path, "Microsoft.NETCore.App"))
		return DA_FLAVOR_FRAMEWORK_DEPENDENT;
	for (size_t i = 0; !exe && i < c->dump->proc.modules.n; i++)
		if (c->dump->proc.modules.v[i].main)
			exe = c->dump->proc.modules.v[i].path;
	return same_folder(m->path, exe) ? DA_FLAVOR_SELF_CONTAINED : DA_FLAVOR_UNKNOWN;
}

void da_clr_describe_gc(struct da_clr *c, struct da_runtime *r)
{
	const char *ids = c->layout.global[DA_CLR_G_GCIdentifiers].text;
	uint64_t at;
	uint32_t v;

	if (da_clr_global(c, DA_CLR_G_HeapType, &at) == DA_OK && da_mem_u32(c->mem, at, &v) == DA_OK && v >= 1 && v <= 2)
		r->gc = v == 2 ? DA_GC_SERVER : DA_GC_WORKSTATION;
	else if (ids)
		r->gc = strstr(ids, "server") ? DA_GC_SERVER : strstr(ids, "workstation") ? DA_GC_WORKSTATION : DA_GC_UNKNOWN;
	if (r->gc == DA_GC_WORKSTATION)
		r->heaps = 1;
	else if (r->gc == DA_GC_SERVER && da_clr_global(c, DA_CLR_G_NumHeaps, &at) == DA_OK &&
		 da_mem_u32(c->mem, at, &v) == DA_OK && v <= 65536)
		r->heaps = v;
	if (da_clr_global(c, DA_CLR_G_StructureInvalidCount, &at) == DA_OK && da_mem_u32(c->mem, at, &v) == DA_OK && v)
		r->suspended = true;
}

static const char *agreement(struct da_clr *c, const struct da_clr_choice *h)
{
	if (!h->checks.passed && !h->checks.failed)
		return "nothing that could confirm it is in the dump";
	if (h->checks.failed)
		return da_printf(c->arena, "%u checks of it hold, %u do not: %s", h->checks.passed, h->checks.failed,
				 h->checks.failure);
	return da_printf(c->arena, "%u checks of it hold", h->checks.passed);
}

static const char *why(struct da_clr *c, const struct da_clr_found *f, const struct da_clr_choice *h)
{
	struct da_arena *a = c->arena;

	if (f->in_dump)
		return da_printf(a, "The runtime's own contract descriptor is in the dump (%u types); %s", f->merged.types,
				 agreement(c, h));
	if (f->own)
		return da_printf(a, "The image is that of .NET %s by its identity, whose layout is known; %s",
				 f->own->version, agreement(c, h));
	if (h->searched)
		return da_printf(a, "This build of the runtime (%s) is in no table, and its table of addresses was not found. "
				 "The layout of other builds of .NET %u was taken; its variables were found by what they "
				 "point to; %s", f->id ? f->id : "its identity is not in the dump", h->major, agreement(c, h));
	if (!f->table.address)
		return da_printf(a, "This build of the runtime (%s) is in no table, and its table of addresses was not found",
				 f->id ? f->id : "its identity is not in the dump");
	return da_printf(a, "This build of the runtime (%s) is in no table. The layout of other builds of .NET %u was "
			 "taken, with its table of %u addresses, found by %s (%u in the nearest known build); %s",
			 f->id ? f->id : "its identity is not in the dump", h->major, f->table.count, f->table.how,
			 h->column.count, agreement(c, h));
}

/* createdump without the debugging library that belongs to the runtime. */
static void judge_writer(struct da_clr *c, const struct da_clr_found *f, struct da_runtime *r)
{
	bool saved = false, doublemapped = false, dropped;

	if (!c->single_file || !f->createdump || f->page_base)
		return;
	for (size_t i = 0; i < c->mem->ranges.n; i++) {
		const struct da_range *g = &c->mem->ranges.v[i];

		if (g->name && strstr(g->name, "doublemapper")) {
			doublemapped = true;
			saved = saved || ((g->prot & DA_PROT_W) && g->file_len);
		}
	}
	/* The program's file brings what createdump of later versions leaves out. */
	if ((saved || !doublemapped) && c->dump->proc.modules.v[c->module].file_bytes)
		return;
	dropped = doublemapped && !saved;
	r->lacks = dropped
			   ? "The program holds the runtime in its own file, and createdump found no debugging library that "
			     "belongs to it. It left out compiled code, metadata and, as createdump of .NET 8 does, the "
			     "runtime's loader heaps: names of methods and types, and statistics of the managed heap, "
			     "cannot come from the dump alone"
			   : "The program holds the runtime in its own file, and createdump found no debugging library that "
			     "belongs to it. It left out compiled code and the metadata of assemblies: names of methods and "
			     "types need the program's file";
	r->remedy = dropped ? "Make the dump with \"createdump -u PID\" (a full dump), with createdump of .NET 9 or later, or "
			      "with \"dotnet-dump collect --type Full\"; and give the folder of the program's own file with "
			      "--symbols"
			    : "Give the folder of the program's own file with --symbols; or make the dump with \"createdump -u "
			      "PID\" (a full dump) or \"dotnet-dump collect --type Full\"";
}

/* Nothing could be read: what would bring it. */
static void judge_dump(struct da_clr *c, const struct da_clr_found *f, const struct da_clr_choice *h, struct da_runtime *r)
{
	if (r->lacks || h->checks.passed || h->checks.failed)
		return;
	if (f->table.address || f->in_dump || f->own) {
		r->lacks = "The dump does not hold the memory of the runtime's own variables";
		r->remedy = "Make the dump with \"dotnet-dump collect\" (type Heap or Full), or with createdump of the "
			    "program's own runtime";
		return;
	}
	r->remedy = da_printf(c->arena, "Bring %s of exactly this build, and give its folder with --symbols: it says where "
			      "its variables are", c->dump->proc.modules.v[c->module].name);
}

void da_clr_describe(struct da_clr *c, const struct da_clr_found *f, const struct da_clr_choice *h)
{
	struct da_runtime *r = da_vec_add(c->arena, &c->dump->proc.runtimes);

	c->runtime = (uint32_t)(c->dump->proc.runtimes.n - 1);
	r->kind = DA_RUNTIME_CORECLR;
	r->module = c->module;
	r->flavor = flavor(c);
	r->version = version_text(c);
	r->suspended_by = r->profiler_module = DA_NONE;
	r->verified = h->verified && !h->checks.failed;
	r->reader = f->in_dump ? DA_READER_DESCRIPTOR : f->own ? DA_READER_TABLE
		    : (f->table.address || h->searched) && !h->checks.failed && h->checks.passed
			    ? DA_READER_TABLE_NEAREST : DA_READER_NONE;
	r->reader_why = why(c, f, h);
	da_clr_describe_gc(c, r);
	judge_writer(c, f, r);
	judge_dump(c, f, h, r);
	if (r->reader == DA_READER_NONE) {
		r->verified = false;
		da_clr_unread(c, "threads");
		da_clr_unread(c, "stacks");
		da_clr_unread(c, "names");
	}
}
