/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/coreclr/target.h"

enum column {
	COL_OS, COL_ARCH, COL_VERSION, COL_FILE_NAME, COL_ID, COL_TABLE, COL_TABLE_COUNT, COL_INFO, COL_DESCRIPTOR, COL_JSON,
	COL_JSON_BYTES, COL_JSON_NAME, COL_POINTERS, COL_POINTER_RVAS, COL_TEXT, COL_N
};

struct da_bytes da_clr_file(const char *name)
{
	size_t lo = 0, hi = da_clr_files_n;

	while (lo < hi) {
		size_t m = lo + (hi - lo) / 2;
		int order = strcmp(da_clr_files[m].name, name);

		if (order == 0)
			return (struct da_bytes){ da_clr_files[m].bytes, da_clr_files[m].n };
		if (order < 0)
			lo = m + 1;
		else
			hi = m;
	}
	return (struct da_bytes){ NULL, 0 };
}

static const char *text(char *const *cell, enum column c)
{
	return strcmp(cell[c], "-") == 0 ? NULL : cell[c];
}

static uint32_t number(char *const *cell, enum column c, int base)
{
	return (uint32_t)strtoul(cell[c], NULL, base);
}

static void add_row(struct da_arena *a, struct da_clr_builds *b, char *line)
{
	char *cell[COL_N], *save = line;
	unsigned n = 0;

	while (n < COL_N && save)
		cell[n++] = strsep(&save, "\t");
	if (n < COL_N)
		return;
	*da_vec_add(a, &b->v) = (struct da_clr_build){
		.os = cell[COL_OS], .arch = cell[COL_ARCH],
		.version = cell[COL_VERSION], .file = cell[COL_FILE_NAME], .id = cell[COL_ID],
		.dactable = number(cell, COL_TABLE, 16), .dactable_count = number(cell, COL_TABLE_COUNT, 10),
		.runtime_info = number(cell, COL_INFO, 16), .descriptor = number(cell, COL_DESCRIPTOR, 16),
		.json = number(cell, COL_JSON, 16), .json_size = number(cell, COL_JSON_BYTES, 10),
		.pointers = number(cell, COL_POINTERS, 16), .json_name = text(cell, COL_JSON_NAME),
		.pointer_rvas = text(cell, COL_POINTER_RVAS), .version_text = text(cell, COL_TEXT),
	};
}

const struct da_clr_builds *da_clr_builds(struct da_arena *a)
{
	struct da_bytes file = da_clr_file("builds.tsv");
	struct da_clr_builds *b = da_calloc(a, 1, sizeof(*b));
	char *rest = da_strndup(a, (const char *)file.p, file.n), *line;

	strsep(&rest, "\n"); /* names of the columns */
	while ((line = strsep(&rest, "\n")))
		add_row(a, b, line);
	return b;
}

const char *da_clr_identity(struct da_arena *a, const struct da_module *m)
{
	if (m->pe) /* as symbol stores spell it */
		return m->timestamp ? da_printf(a, "%08X%x", m->timestamp, m->image_size) : NULL;
	return da_build_id_hex(a, m);
}

const struct da_clr_build *da_clr_build_of(const struct da_clr_builds *b, const char *id, bool gc, uint32_t rva)
{
	for (size_t i = 0; id && i < b->v.n; i++) {
		const struct da_clr_build *r = &b->v.v[i];

		if (strcmp(r->id, id) == 0 && (strchr(r->file, '#') != NULL) == gc &&
		    (!gc || r->descriptor == rva))
			return r;
	}
	return NULL;
}
