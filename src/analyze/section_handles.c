/* SPDX-License-Identifier: Apache-2.0 */
/* handles: by type and name; those without a name are counted by their type. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/sections.h"

static int by_text(const char *a, const char *b)
{
	if (!a || !b)
		return a ? -1 : b != NULL; /* what has no name comes last */
	return strcmp(a, b);
}

static int by_type(const void *x, const void *y)
{
	const struct da_handle *a = *(const struct da_handle *const *)x;
	const struct da_handle *b = *(const struct da_handle *const *)y;
	int order = by_text(a->type, b->type);

	if (order == 0)
		order = by_text(a->name, b->name);
	return order ? order : a->handle < b->handle ? -1 : a->handle > b->handle;
}

static bool alike(const struct da_handle *a, const struct da_handle *b)
{
	return da_streq(a->type, b->type) && da_streq(a->name, b->name);
}

static void none(struct da_analysis *a)
{
	if (a->dump->proc.os == DA_OS_WINDOWS)
		da_doc_completeness(a->doc, DA_SECTION_handles, DA_SKIPPED, 0, 0, DA_UNIT_OBJECTS,
				    "the dump holds no handles; one made with MiniDumpWithHandleData "
				    "(procdump -ma, Task Manager) does");
}

void da_section_handles(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	const struct da_handle **order;
	struct da_doc *doc = a->doc;
	size_t k;

	if (p->handles.n == 0) {
		none(a);
		return;
	}
	order = da_calloc(a->dump->arena, p->handles.n, sizeof(*order));
	for (size_t i = 0; i < p->handles.n; i++)
		order[i] = &p->handles.v[i];
	qsort(order, p->handles.n, sizeof(*order), by_type);
	for (size_t i = 0; i < p->handles.n; i = k) {
		for (k = i + 1; k < p->handles.n && alike(order[i], order[k]); k++)
			;
		da_doc_row(doc, DA_BLOCK_handles);
		if (k == i + 1)
			da_set_address(doc, DA_COL_handles_handle, order[i]->handle);
		da_set_text(doc, DA_COL_handles_type, order[i]->type);
		da_set_text(doc, DA_COL_handles_name, order[i]->name);
		da_set_uint(doc, DA_COL_handles_count, k - i);
	}
}
