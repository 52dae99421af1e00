/* SPDX-License-Identifier: Apache-2.0 */
/* handles: by type and name, those without a name counted by their type; and what was done with them. */
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

static void table(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	const struct da_handle **order;
	struct da_doc *doc = a->doc;
	size_t k;

	if (p->handles.n == 0)
		return;
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

/* ---------------------------------------------------------------- operations */

#define OPERATIONS 5000 /* rows of the document */

/* The name of the handle, if it is still open. */
static const struct da_handle *still_open(const struct da_process *p, uint64_t handle)
{
	for (size_t i = 0; i < p->handles.n; i++)
		if (p->handles.v[i].handle == handle)
			return &p->handles.v[i];
	return NULL;
}

static void say(struct da_analysis *a, const struct da_handle_operation *o)
{
	static const char *const words[] = {
		[DA_HANDLE_OTHER] = "was used", [DA_HANDLE_OPEN] = "was opened", [DA_HANDLE_CLOSE] = "was closed",
		[DA_HANDLE_BAD_REFERENCE] = "was used, but was not a valid handle then",
	};
	const struct da_handle *h = o->act == DA_HANDLE_OPEN ? still_open(&a->dump->proc, o->handle) : NULL;

	da_set_rich(a->doc, DA_COL_handle_operations_what, "handle 0x%llx %s%s%s", (unsigned long long)o->handle,
		    words[o->act], h && h->type ? "; the one open now is of type " : "",
		    h && h->type ? h->type : "");
}

static void operation(struct da_analysis *a, const struct da_handle_operation *o)
{
	const struct da_process *p = &a->dump->proc;
	struct da_doc *doc = a->doc;
	uint32_t thread = DA_NONE, index = 0;

	for (uint32_t i = 0; i < p->threads.n && thread == DA_NONE; i++)
		if (p->threads.v[i].tid == o->tid)
			thread = i;
	da_doc_row(doc, DA_BLOCK_handle_operations);
	da_set_address(doc, DA_COL_handle_operations_handle, o->handle);
	da_set_word(doc, DA_COL_handle_operations_operation, da_handle_act_name((enum da_handle_act)o->act));
	say(a, o);
	if (p->has_pid && o->pid && o->pid != p->pid)
		da_set_uint(doc, DA_COL_handle_operations_pid, o->pid);
	if (thread != DA_NONE)
		da_set_ref(doc, DA_COL_handle_operations_thread, "t", thread);
	else if (o->tid)
		da_set_uint(doc, DA_COL_handle_operations_tid, o->tid);
	for (uint32_t i = 0; i < o->n; i++) {
		struct da_frame f = { .pc = o->pc[i], .place = o->place[i], .trust = DA_TRUST_NONE,
				      .module = da_module_at(p, o->pc[i] - 1), .repeat = 1, .block_len = 1 };

		f.kind = f.module != DA_NONE ? DA_FRAME_NATIVE : DA_FRAME_UNKNOWN;
		index = da_frame_rows(a, DA_COL_handle_operations_frames, &f, index);
	}
}

static void operations(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	size_t told = 0;

	for (unsigned good = 0; good < 2; good++)
		for (size_t i = 0; i < p->handle_operations.n && told < OPERATIONS; i++) {
			const struct da_handle_operation *o = &p->handle_operations.v[i];

			if ((o->act != DA_HANDLE_BAD_REFERENCE) != good)
				continue;
			operation(a, o);
			told++;
		}
	if (told < p->handle_operations.n)
		da_doc_completeness(a->doc, DA_SECTION_handles, DA_INCOMPLETE, told, p->handle_operations.n,
				    DA_UNIT_OBJECTS, "of what was done with handles, only a part is shown");
}

void da_section_handles(struct da_analysis *a)
{
	if (a->dump->proc.handles.n == 0 && a->dump->proc.handle_operations.n == 0) {
		none(a);
		return;
	}
	table(a);
	operations(a);
}
