/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Composite images: the compiler puts the code of many assemblies into one file of its own, NAME.r2r.dll (a framework's
 * is framework-r2r.dll); their own images keep metadata and IL. Debuggers do not count it among the assemblies, so
 * createdump leaves out what of it the process did not write, most of its tables with it. Its file stands in, if
 * time stamp and size are those of the header in the dump; or else if its components are assemblies of the process
 * and the runtime's record of the code agrees. What lacks the record is only taken from where the user named.
 */
#include "config.h"

#include "image/pe.h"
#include "runtime/coreclr/modules.h"
#include "runtime/coreclr/r2r_file.h"

struct composite {
	struct da_clr *c;
	struct da_module *module;
	uint64_t info;              /* ReadyToRunInfo of the whole, 0: not in the dump */
	struct da_cli_image image;  /* base 0: not even its header is in the dump */
	struct da_bytes bytes;
};

static bool has_header(const struct composite *x)
{
	return x->image.base && x->image.image_size;
}

static bool try_file(void *ctx, struct da_bytes bytes, const char *path, bool local)
{
	struct composite *x = ctx;
	enum da_clr_r2r_same same = da_clr_r2r_compare_composite(x->c, bytes, x->module->start, x->info);
	struct da_cli_image file;

	(void)path;
	if (same == DA_CLR_R2R_OTHER || da_cli_file_read(x->c->arena, bytes, &file) != DA_OK)
		return false;
	if (has_header(x) ? file.timestamp != x->image.timestamp || file.image_size != x->image.image_size :
			    local && same != DA_CLR_R2R_SAME)
		return false;
	x->bytes = bytes;
	return true;
}

static void from_file(struct da_clr *c, struct da_module *module, uint64_t info)
{
	struct composite x = { .c = c, .module = module, .info = info };
	struct da_managed_wanted w = { .name = da_clr_base_name(module->path), .path = module->path };

	if (da_cli_image_read(c->mem, c->arena, module->start, module->end - module->start, &x.image) != DA_OK)
		x.image = (struct da_cli_image){ 0 };
	if (has_header(&x))
		w.store = da_printf(c->arena, "%s/%08X%x", w.name, x.image.timestamp, x.image.image_size);
	if (!da_symbols_managed(c->symbols, &w, try_file, &x))
		return;
	da_clr_lay_file(c, module->path, x.bytes, module->start);
	da_clr_r2r_add(c, x.bytes, module->start);
	if (module->pe) /* where images are PE, that file is found as every module's is */
		return;
	module->match = has_header(&x) ? DA_MATCH_TIMESTAMP_SIZE : DA_MATCH_CONTENTS;
	module->file_bytes = x.bytes.n;
}

/* The image of which the runtime says that it holds this assembly's code; and its record. */
static uint32_t owner(struct da_clr *c, uint64_t module, uint64_t *ret_info)
{
	uint64_t info, composite, header;

	if (DA_CLR_PTR(c, module, Module, ReadyToRunInfo, &info) != DA_OK || !info ||
	    !DA_CLR_HAS(c, ReadyToRunInfo, CompositeInfo) ||
	    DA_CLR_PTR(c, info, ReadyToRunInfo, CompositeInfo, &composite) != DA_OK || !composite || composite == info ||
	    DA_CLR_PTR(c, composite, ReadyToRunInfo, ReadyToRunHeader, &header) != DA_OK)
		return DA_NONE;
	*ret_info = composite;
	return da_module_at(&c->dump->proc, header);
}

void da_clr_composites_read(struct da_clr *c)
{
	struct da_process *p = &c->dump->proc;
	struct da_map known = { 0 };

	if (c->single_file) /* there it is part of the program */
		return;
	for (size_t i = 0; i < c->modules->v.n; i++) {
		uint64_t info = 0, module = c->modules->v.v[i].address;
		uint32_t at = module ? owner(c, module, &info) : DA_NONE;

		if (at != DA_NONE)
			*da_map_put(c->arena, &known, at, NULL) = info;
	}
	for (uint32_t i = 0; i < p->modules.n; i++) {
		const uint64_t *info = da_map_get(&known, i);

		if (p->modules.v[i].path && (info || da_ends(p->modules.v[i].path, "r2r.dll")))
			from_file(c, &p->modules.v[i], info ? *info : 0);
	}
}
