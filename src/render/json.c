/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON forms belong to report/; here they only become forms of output like the others. */
#include "config.h"

#include "render/out.h"
#include "render/render.h"

static bool take(void *ctx, const char *bytes, size_t n)
{
	struct da_out *out = ctx;

	da_out_add(out, bytes, n);
	return !out->failed;
}

static enum da_status whole(const struct da_doc *doc, const struct da_render_options *o DA_UNUSED,
			    struct da_out *out)
{
	return da_doc_write_json(doc, take, out);
}

const struct da_renderer da_renderer_json = {
	.name = "json",
	.extension = "json",
	.mime = "application/json",
	.title = "everything, for other programs and for `dumpan render`",
	.run = whole,
};

static enum da_status lines(const struct da_doc *doc, const struct da_render_options *o DA_UNUSED,
			    struct da_out *out)
{
	return da_doc_write_lines(doc, take, out);
}

const struct da_renderer da_renderer_ndjson = {
	.name = "ndjson",
	.extension = "ndjson",
	.mime = "application/x-ndjson",
	.title = "a line of JSON a dump: status, verdict, signature, counts of findings",
	.run = lines,
};

