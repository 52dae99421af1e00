/* SPDX-License-Identifier: Apache-2.0 */
/* page SAMPLE FORMAT [full]: a sample document on stdout, for the tests of this folder. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "render/render.h"

#include "html/sample.h"

static bool to_stdout(void *ctx, const char *bytes, size_t n)
{
	return fwrite(bytes, 1, n, ctx) == n;
}

int main(int argc, char **argv)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	const struct da_renderer *r = argc > 2 ? da_renderer_find(argv[2]) : NULL;
	struct da_doc *d = argc > 2 ? sample_by_name(a, argv[1]) : NULL;
	struct da_render_options o = { .width = 0 };
	const char *mistake;

	if (!r || !d) {
		fputs("usage: page crash|hostile|large|parts|empty FORMAT [full] [color]\n", stderr);
		return 64;
	}
	for (int i = 3; i < argc; i++) {
		o.full |= !strcmp(argv[i], "full");
		o.color |= !strcmp(argv[i], "color");
	}
	if (da_doc_mistakes(d, &mistake)) {
		fprintf(stderr, "page: %s\n", mistake);
		return 70;
	}
	return da_render(r, d, &o, to_stdout, stdout) == DA_OK ? 0 : 70;
}
