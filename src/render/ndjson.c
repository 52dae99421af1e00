/* SPDX-License-Identifier: Apache-2.0 */
/* One line of JSON a dump, which report/ writes as it does the whole form. */
#include "config.h"

#include "render/out.h"
#include "render/render.h"

static bool take(void *ctx, const char *bytes, size_t n)
{
	struct da_out *out = ctx;

	da_out_add(out, bytes, n);
	return !out->failed;
}

static enum da_status run(const struct da_doc *doc, const struct da_render_options *o DA_UNUSED,
			  struct da_out *out)
{
	return da_doc_write_lines(doc, take, out);
}

const struct da_renderer da_renderer_ndjson = {
	.name = "ndjson",
	.extension = "ndjson",
	.mime = "application/x-ndjson",
	.title = "a line of JSON a dump: status, verdict, signature, counts of findings",
	.run = run,
};
