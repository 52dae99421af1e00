/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/arena.h"
#include "base/str.h"
#include "render/out.h"
#include "render/render.h"

#define DA_RENDERER(name) extern const struct da_renderer da_renderer_##name;
#include "render/renderers.def"
#undef DA_RENDERER

const struct da_renderer *const da_renderers[] = {
#define DA_RENDERER(name) &da_renderer_##name,
#include "render/renderers.def"
#undef DA_RENDERER
};
const size_t da_renderers_n = DA_ARRAY_SIZE(da_renderers);

const struct da_renderer *da_renderer_find(const char *name)
{
	for (size_t i = 0; i < da_renderers_n; i++)
		if (da_streq(da_renderers[i]->name, name))
			return da_renderers[i];
	return NULL;
}

enum da_status da_render(const struct da_renderer *r, const struct da_doc *doc,
			 const struct da_render_options *options, da_write_fn *write, void *ctx)
{
	static const struct da_render_options defaults;
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_out *out = da_new(a, struct da_out);
	enum da_status status;

	out->write = write;
	out->ctx = ctx;
	status = r->run(doc, options ? options : &defaults, out);
	da_out_flush(out);
	return out->failed ? DA_IO : status;
}
