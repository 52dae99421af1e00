/* SPDX-License-Identifier: Apache-2.0 */
/* runtime: language runtimes, how they were read, and the threads that they know. */
#include "config.h"

#include "analyze/sections.h"
#include "analyze/words.h"

static void runtime_row(struct da_analysis *a, uint32_t i)
{
	static const char *const gc[] = { NULL, "workstation", "server" };
	const struct da_runtime *r = &a->dump->proc.runtimes.v[i];
	struct da_doc *doc = a->doc;

	da_doc_row(doc, DA_BLOCK_runtimes);
	da_set_ref(doc, DA_COL_runtimes_id, "r", i);
	da_set_word(doc, DA_COL_runtimes_name, da_runtime_kind_name((enum da_runtime_kind)r->kind));
	da_set_text(doc, DA_COL_runtimes_version, r->version);
	da_set_word(doc, DA_COL_runtimes_flavor, da_flavor_name((enum da_flavor)r->flavor));
	da_set_ref(doc, DA_COL_runtimes_module, "m", r->module);
	da_set_word(doc, DA_COL_runtimes_reader, da_reader_name((enum da_reader)r->reader));
	da_set_bool(doc, DA_COL_runtimes_verified, r->verified);
	da_set_word(doc, DA_COL_runtimes_gc, r->gc < DA_ARRAY_SIZE(gc) ? gc[r->gc] : NULL);
	if (r->heaps)
		da_set_uint(doc, DA_COL_runtimes_heaps, r->heaps);
	if (r->heap.has_used)
		da_set_uint(doc, DA_COL_runtimes_heap_used_bytes, r->heap.used);
	if (r->heap.limit)
		da_set_uint(doc, DA_COL_runtimes_heap_limit_bytes, r->heap.limit);
	for (size_t k = 0; k < r->unread.n; k++)
		da_add_text(doc, DA_COL_runtimes_unread, r->unread.v[k]);
	if (r->reader_why)
		da_set_rich(doc, DA_COL_runtimes_why, "%s", r->reader_why);
}

static void thread_row(struct da_analysis *a, const struct da_managed_thread *t)
{
	struct da_doc *doc = a->doc;

	da_doc_row(doc, DA_BLOCK_managed_threads);
	da_set_ref(doc, DA_COL_managed_threads_thread, "t", t->thread);
	if (t->managed_id) /* 0 is none: it could not be read */
		da_set_uint(doc, DA_COL_managed_threads_managed_id, t->managed_id);
	da_set_address(doc, DA_COL_managed_threads_address, t->address);
	da_set_address(doc, DA_COL_managed_threads_state_flags, t->state);
	da_set_word(doc, DA_COL_managed_threads_gc_mode, da_gc_mode_name((enum da_gc_mode)t->gc_mode));
	da_set_bool(doc, DA_COL_managed_threads_background, t->background);
	da_set_bool(doc, DA_COL_managed_threads_threadpool, t->threadpool);
	da_set_bool(doc, DA_COL_managed_threads_finalizer, t->finalizer);
	da_set_bool(doc, DA_COL_managed_threads_dead, t->dead);
	if (t->has_lock_count)
		da_set_uint(doc, DA_COL_managed_threads_lock_count, t->lock_count);
	if (t->exception != DA_NONE)
		da_set_ref(doc, DA_COL_managed_threads_exception, "e", a->order->exception_row[t->exception]);
}

void da_section_runtime(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	bool unread = false;

	for (uint32_t i = 0; i < p->runtimes.n; i++) {
		runtime_row(a, i);
		unread |= p->runtimes.v[i].unread.n > 0;
	}
	for (size_t i = 0; i < p->managed_threads.n; i++)
		thread_row(a, &p->managed_threads.v[i]);
	if (unread)
		da_doc_completeness(a->doc, DA_SECTION_runtime, DA_INCOMPLETE, 0, 0, DA_UNIT_THREADS,
				    "some of the runtime's structures could not be read");
}
