/* SPDX-License-Identifier: Apache-2.0 */
/* stacks: each different stack once; and all stacks merged into a tree of calls. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/sections.h"
#include "analyze/words.h"

#define TREE_NODES 20000
#define TREE_DEPTH 512

/* ---------------------------------------------------------------- frames as rows */

static void method_cells(struct da_doc *doc, const struct da_method *m)
{
	if (m->token)
		da_set_address(doc, DA_COL_frame_method_token, m->token);
	if (m->il_offset >= 0)
		da_set_uint(doc, DA_COL_frame_il_offset, (uint32_t)m->il_offset);
	if (m->hidden)
		da_set_bool(doc, DA_COL_frame_hidden, true);
}

static void frame_row(struct da_analysis *a, enum da_col list, const struct da_frame *f, uint32_t index,
		      const struct da_place_call *call, bool inlined)
{
	const struct da_process *p = &a->dump->proc;
	const struct da_unloaded *gone = f->module == DA_NONE ? da_unloaded_at(p, f->pc) : NULL;
	const struct da_assembly *managed = da_assembly_of(a->dump, f);
	struct da_doc *doc = a->doc;

	da_sub_row(doc, list);
	da_set_uint(doc, DA_COL_frame_index, index);
	da_set_address(doc, DA_COL_frame_pc, f->pc);
	if (!inlined && f->sp)
		da_set_address(doc, DA_COL_frame_sp, f->sp);
	if (managed) {
		da_set_ref(doc, DA_COL_frame_module, "m", a->order->assembly_row[managed - p->assemblies.v]);
		da_set_text(doc, DA_COL_frame_module_name, da_module_name(a->dump, f));
	} else if (f->module != DA_NONE) {
		const struct da_module *m = &p->modules.v[f->module];

		da_set_ref(doc, DA_COL_frame_module, "m", f->module);
		da_set_text(doc, DA_COL_frame_module_name, m->name);
		if (!inlined)
			da_set_address(doc, DA_COL_frame_module_offset, f->pc - m->start);
	} else if (gone) {
		da_set_text(doc, DA_COL_frame_module_name, da_printf(a->dump->arena, "%s (unloaded)", gone->name));
		da_set_address(doc, DA_COL_frame_module_offset, f->pc - gone->start);
	}
	if (call) {
		da_set_text(doc, DA_COL_frame_function, call->function);
		da_set_text(doc, DA_COL_frame_file, call->file);
		if (call->line)
			da_set_uint(doc, DA_COL_frame_line, call->line);
	}
	if (call && !inlined)
		da_set_address(doc, DA_COL_frame_offset, f->pc - f->place->start);
	if (call && !inlined && f->place->method)
		method_cells(doc, f->place->method);
	da_set_word(doc, DA_COL_frame_kind, da_frame_kind_name(da_frame_told_kind(f)));
	da_set_bool(doc, DA_COL_frame_own,
		    da_is_own(a->dump, f) &&
			    !(call && da_call_is_library(f->place, (unsigned)(call - f->place->calls))));
	if (inlined)
		da_set_bool(doc, DA_COL_frame_inlined, true);
	da_set_word(doc, DA_COL_frame_trust, da_trust_name((enum da_trust)f->trust));
	if (f->repeat > 1 && !inlined)
		da_set_uint(doc, DA_COL_frame_repeat, f->repeat);
}

uint32_t da_frame_rows(struct da_analysis *a, enum da_col list, const struct da_frame *f, uint32_t index)
{
	const struct da_place *p = f->place;

	if (!p || p->ncalls == 0) {
		frame_row(a, list, f, index, NULL, false);
		return index + 1;
	}
	for (unsigned i = p->ncalls; i-- > 0;)
		frame_row(a, list, f, index++, &p->calls[i], i > 0);
	return index;
}

/* ---------------------------------------------------------------- groups */

static void group_row(struct da_analysis *a, uint32_t i)
{
	const struct da_group *g = &a->groups->v.v[i];
	const struct da_thread *t = &a->dump->proc.threads.v[g->threads.v[0]];
	const struct da_frame *frames = g->dispatch ? t->dispatch_frames.v : t->frames.v;
	size_t n = g->dispatch ? t->dispatch_frames.n : t->frames.n;
	struct da_doc *doc = a->doc;
	uint32_t index = 0, block = 0, rounds = 0;

	da_doc_row(doc, DA_BLOCK_stacks);
	da_set_ref(doc, DA_COL_stacks_group, "g", i);
	for (size_t k = 0; k < g->threads.n; k++)
		da_add_ref(doc, DA_COL_stacks_threads, "t", g->threads.v[k]);
	da_set_word(doc, DA_COL_stacks_rank, da_rank_name(g->rank));
	da_set_ref(doc, DA_COL_stacks_similar_to, "g", g->similar_to);
	da_set_word(doc, DA_COL_stacks_end,
		    da_stack_end_name((enum da_stack_end)(g->dispatch ? t->dispatch_end : t->end)));
	for (size_t k = 0; k < n; k++) {
		struct da_frame f = frames[k];

		/* every frame of a block that repeats says so, not the first alone */
		if (f.repeat > 1) {
			block = f.block_len;
			rounds = f.repeat;
		} else if (block) {
			f.repeat = rounds;
		}
		block -= block > 0;
		index = da_frame_rows(a, DA_COL_stacks_frames, &f, index);
	}
}

/* ---------------------------------------------------------------- the tree */

struct node {
	uint32_t first, last, next; /* children and sibling, as index + 1; 0: none */
	uint32_t threads;
	const char *function;       /* interned or NULL */
	uint32_t module;
	const struct da_assembly *assembly; /* of managed code; then module is DA_NONE */
};

struct tree {
	DA_VEC(struct node) v;
	bool full;
};

static uint32_t child_of(struct da_analysis *a, struct tree *t, uint32_t parent, const char *function,
			 const struct da_frame *f)
{
	const struct da_assembly *assembly = da_assembly_of(a->dump, f);
	uint32_t module = assembly ? DA_NONE : f->module;
	uint32_t i;

	for (i = t->v.v[parent].first; i; i = t->v.v[i - 1].next)
		if (t->v.v[i - 1].module == module && t->v.v[i - 1].assembly == assembly &&
		    da_streq(t->v.v[i - 1].function, function))
			return i - 1;
	if (t->v.n >= TREE_NODES) {
		t->full = true;
		return DA_NONE;
	}
	*da_vec_add(a->dump->arena, &t->v) = (struct node){
		.function = function, .module = module, .assembly = assembly,
	};
	i = (uint32_t)t->v.n;
	if (t->v.v[parent].last)
		t->v.v[t->v.v[parent].last - 1].next = i;
	else
		t->v.v[parent].first = i;
	t->v.v[parent].last = i;
	return i - 1;
}

static void add_stack(struct da_analysis *a, struct tree *t, const struct da_thread *thread)
{
	uint32_t at = 0, depth = 0;

	for (size_t i = thread->frames.n; i-- > 0 && depth < TREE_DEPTH;) {
		const struct da_frame *f = &thread->frames.v[i];
		unsigned n = f->place ? f->place->ncalls : 0;

		for (unsigned k = 0; k < DA_MAX(n, 1u); k++, depth++) {
			at = child_of(a, t, at, n ? f->place->calls[k].function : NULL, f);
			if (at == DA_NONE)
				return;
			t->v.v[at].threads++;
		}
	}
}

static int by_threads(const void *x, const void *y, void *ctx)
{
	const struct tree *t = ctx;
	uint32_t i = *(const uint32_t *)x, k = *(const uint32_t *)y;
	const struct node *a = &t->v.v[i], *b = &t->v.v[k];

	if (a->threads != b->threads)
		return a->threads > b->threads ? -1 : 1;
	return i < k ? -1 : i > k; /* the order in which stacks were added: that of the dump */
}

static void tree_rows(struct da_analysis *a, struct tree *t, uint32_t parent, uint32_t depth)
{
	DA_VEC(uint32_t) children = { 0 };

	for (uint32_t i = t->v.v[parent].first; i; i = t->v.v[i - 1].next)
		da_vec_push(a->dump->arena, &children, i - 1);
	if (children.n)
		qsort_r(children.v, children.n, sizeof(*children.v), by_threads, t);
	for (size_t i = 0; i < children.n; i++) {
		const struct node *n = &t->v.v[children.v[i]];

		da_doc_row(a->doc, DA_BLOCK_call_tree);
		da_set_uint(a->doc, DA_COL_call_tree_depth, depth);
		da_set_text(a->doc, DA_COL_call_tree_function, n->function);
		if (n->module != DA_NONE) {
			const struct da_module *m = &a->dump->proc.modules.v[n->module];

			da_set_text(a->doc, DA_COL_call_tree_module_name, m->name);
			da_set_bool(a->doc, DA_COL_call_tree_own, m->class == DA_CLASS_OWN);
		} else if (n->assembly) {
			da_set_text(a->doc, DA_COL_call_tree_module_name, da_assembly_file(a->dump->arena, n->assembly));
			da_set_bool(a->doc, DA_COL_call_tree_own, n->assembly->class == DA_CLASS_OWN);
		}
		da_set_uint(a->doc, DA_COL_call_tree_threads, n->threads);
		tree_rows(a, t, children.v[i], depth + 1); /* at most TREE_DEPTH deep */
	}
}

static void call_tree(struct da_analysis *a)
{
	struct tree *t = da_new(a->dump->arena, struct tree);

	(void)da_vec_add(a->dump->arena, &t->v);
	for (size_t i = 0; i < a->dump->proc.threads.n; i++)
		add_stack(a, t, &a->dump->proc.threads.v[i]);
	tree_rows(a, t, 0, 0);
	if (t->full)
		da_note(a->dump->ledger, DA_NOTE_LIMIT, "call tree", "the stacks above have all frames",
			"it was ended at %d places", TREE_NODES);
}

/* ---------------------------------------------------------------- the section */

static void completeness(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	size_t whole = 0;

	for (size_t i = 0; i < p->threads.n; i++)
		whole += p->threads.v[i].frames.n && p->threads.v[i].end == DA_END_COMPLETE;
	if (p->threads.n == 0)
		da_doc_completeness(a->doc, DA_SECTION_stacks, DA_SKIPPED, 0, 0, DA_UNIT_THREADS,
				    "the dump holds no threads");
	else if (a->dump->minimal)
		da_doc_completeness(a->doc, DA_SECTION_stacks, DA_SKIPPED, 0, 0, DA_UNIT_THREADS,
				    da_why_minimal(a->dump));
	else
		da_doc_completeness(a->doc, DA_SECTION_stacks, whole == p->threads.n ? DA_COMPLETE
										     : DA_INCOMPLETE,
				    whole, p->threads.n, DA_UNIT_THREADS,
				    whole == p->threads.n ? NULL : "some stacks end early");
}

void da_section_stacks(struct da_analysis *a)
{
	for (uint32_t i = 0; i < a->groups->v.n; i++)
		group_row(a, i);
	if (a->dump->proc.threads.n > 1)
		call_tree(a);
	completeness(a);
}
