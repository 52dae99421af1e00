/* SPDX-License-Identifier: Apache-2.0 */
/* dumpan render: a JSON report as HTML, text or Markdown; and what other commands share with it. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/message.h"
#include "app/output.h"

#define REPORT_MAX (UINT64_C(4) << 30)

bool da_is_report(const char *path)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_bytes b;
	size_t i = 0;

	if (da_streq(path, "-") || da_map_file(a, path, UINT64_MAX, &b) != DA_OK)
		return false;
	while (i < b.n && (b.p[i] == ' ' || b.p[i] == '\n' || b.p[i] == '\r' || b.p[i] == '\t'))
		i++;
	return i < b.n && b.p[i] == '{';
}

bool da_read_report(struct da_options *o, const char *path, struct da_doc **ret, int *ret_exit)
{
	struct da_redact_options ro = { .level = o->redact };
	const char *why = NULL;
	struct da_bytes b;
	enum da_status status = da_map_file(o->arena, path, REPORT_MAX, &b);

	if (status != DA_OK) {
		da_error("'%s' cannot be read: %s", path,
			 status == DA_IO ? strerror(errno) : "it is no regular file, or far too large");
		*ret_exit = status == DA_IO ? DA_EXIT_IO : DA_EXIT_NOTHING;
		return false;
	}
	status = da_doc_read_json(o->arena, (const char *)b.p, b.n, o->has_redact ? &ro : NULL, ret, &why);
	if (status == DA_OK || status == DA_PARTIAL)
		return true;
	da_error("'%s' is not a report of dumpan: %s", path, why ? why : da_status_name(status));
	*ret_exit = DA_EXIT_NOTHING;
	return false;
}

enum da_status da_render_output(struct da_options *o, const struct da_doc *doc, size_t i,
				struct da_output *out)
{
	struct da_render_options ro = { .full = o->full };
	struct da_bytes css;

	ro.color = o->color == DA_ALWAYS || (o->color == DA_AUTO && !out->path && isatty(STDOUT_FILENO));
	if (o->css && da_map_file(o->arena, o->css, 1 << 20, &css) == DA_OK) {
		ro.css = (const char *)css.p;
		ro.css_len = css.n;
	}
	return da_render(o->outputs.v[i].renderer, doc, &ro, da_output_write, out);
}

static int render_all(struct da_options *o, const struct da_doc *doc)
{
	int code = DA_EXIT_OK;

	for (size_t i = 0; i < o->outputs.n && code == DA_EXIT_OK; i++) {
		const char *path = o->outputs.v[i].path;
		struct da_output out;

		if (da_output_open(&out, o->arena, path, o->tmpdir) != DA_OK ||
		    da_render_output(o, doc, i, &out) != DA_OK || da_output_commit(&out) != DA_OK) {
			if (!da_output_unread(&out))
				da_error("%s cannot be written: %s", path ? path : "standard output",
					 strerror(errno));
			code = DA_EXIT_IO;
		}
		da_output_close(&out);
	}
	return code;
}

int da_command_render(struct da_options *o)
{
	struct da_doc *doc;
	int code;

	return da_read_report(o, o->files.v[0], &doc, &code) ? render_all(o, doc) : code;
}

int da_print_text(struct da_options *o, const char *text, size_t n)
{
	int code = DA_EXIT_OK;
	struct da_output out;

	if (da_output_open(&out, o->arena, o->output, o->tmpdir) != DA_OK ||
	    !da_output_write(&out, text, n) || da_output_commit(&out) != DA_OK) {
		if (!da_output_unread(&out))
			da_error("%s cannot be written: %s", o->output ? o->output : "standard output",
				 strerror(errno));
		code = DA_EXIT_IO;
	}
	da_output_close(&out);
	return code;
}
