/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a thread gave to Environment.FailFast.
 *
 * From 9 on FailFast is a managed method that pins its text for a call into the runtime: the frame holds both the
 * String and the address of its first character. No other String stands so in it. Up to 8 the method is native code
 * of the runtime, which protects text, exception and source from the collector in one GCFrame on its own stack:
 * the record names the Thread, and three references of which the first is a String. That such a record is
 * there tells that FailFast was called, also where the dump lacks the text.
 *
 * Sources: src/coreclr/vm/classnames.h and comutilnative.cpp (GenericFailFast), frames.h (GCFrame),
 * System.Private.CoreLib/src/System/Environment.CoreCLR.cs of dotnet/runtime.
 */
#include "config.h"

#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/locks.h"

#define FAIL_FAST   "System.Environment.FailFast"
#define TEXT_MAX    4096u
#define FRAME_WORDS 256u  /* of the managed method */
#define STACK_WORDS 8192u /* from the stack pointer to the caller of the native one */
#define PROTECTED   3u

static bool is_string(struct da_clr *c, uint64_t object)
{
	const struct da_clr_mt *mt = object && object % c->mem->word == 0 ? da_clr_mt(c, da_clr_object_mt(c, object)) : NULL;

	return mt && mt->is_string;
}

static bool is_gone(struct da_clr *c, uint64_t object)
{
	uint64_t mt;

	return object && object % c->mem->word == 0 && da_mem_word(c->mem, object, &mt) == DA_FAULT;
}

static bool is_string_or_gone(struct da_clr *c, uint64_t object)
{
	return is_string(c, object) || is_gone(c, object);
}

static bool holds(const struct da_clr *c, uint64_t lo, uint64_t hi, uint64_t value)
{
	uint64_t v;

	for (; lo < hi; lo += c->mem->word)
		if (da_mem_word(c->mem, lo, &v) == DA_OK && v == value)
			return true;
	return false;
}

/* The one String whose text is pinned in these words; 0: none, or several. */
static uint64_t pinned(struct da_clr *c, uint64_t lo, uint64_t hi)
{
	uint64_t found = 0, v;

	if (!DA_CLR_HAS(c, String, m_FirstChar) || hi <= lo || hi - lo > (uint64_t)FRAME_WORDS * c->mem->word)
		return 0;
	for (uint64_t at = lo; at < hi; at += c->mem->word) {
		if (da_mem_word(c->mem, at, &v) != DA_OK || v == found || !is_string(c, v) ||
		    !holds(c, lo, hi, v + (uint64_t)DA_CLR_OFF(c, String, m_FirstChar)))
			continue;
		if (found)
			return 0;
		found = v;
	}
	return found;
}

/* The text that a GCFrame at this place protects first; 0: it is no such one. */
static uint64_t protected_text(struct da_clr *c, uint64_t record, uint64_t frame, uint64_t base)
{
	uint64_t thread, refs, n, v[PROTECTED];

	if (DA_CLR_PTR(c, frame, GCFrame, Thread, &thread) != DA_OK || thread != record ||
	    DA_CLR_PTR(c, frame, GCFrame, ObjRefs, &refs) != DA_OK || refs <= frame || refs >= base ||
	    DA_CLR_U32(c, frame, GCFrame, NumObjRefs, &n) != DA_OK || n != PROTECTED)
		return 0;
	for (unsigned i = 0; i < PROTECTED; i++)
		if (da_mem_word(c->mem, refs + (uint64_t)i * c->mem->word, &v[i]) != DA_OK)
			return 0;
	/* Small dumps have the record, and the objects not. */
	return is_string_or_gone(c, v[0]) && (!v[1] || da_clr_object_is(c, v[1], "System.Exception") || is_gone(c, v[1])) &&
			       (!v[2] || is_string_or_gone(c, v[2]))
		       ? v[0] : 0;
}

static uint64_t native_call(struct da_clr *c, const struct da_clr_thread *t, const struct da_thread *th)
{
	uint64_t at = th->frames.n ? th->frames.v[0].sp & ~(uint64_t)(c->mem->word - 1) : 0, end = 0, text = 0;

	for (size_t i = 0; i < th->frames.n && !end; i++)
		end = th->frames.v[i].kind == DA_FRAME_MANAGED ? th->frames.v[i].sp : 0;
	for (uint64_t n = 0; at < end && n < STACK_WORDS && !text; at += c->mem->word, n++)
		text = protected_text(c, t->address, at, end);
	return text;
}

void da_clr_fail_fast(struct da_clr *c)
{
	struct da_process *p = &c->dump->proc;

	for (size_t i = 0; c->threads && i < c->threads->v.n && !da_stop(c->dump->watch); i++) {
		const struct da_clr_thread *t = &c->threads->v.v[i];
		struct da_managed_thread *m;
		const struct da_thread *th;
		uint64_t text = 0;
		uint32_t frame;

		if (t->model >= p->managed_threads.n || p->managed_threads.v[t->model].thread == DA_NONE)
			continue;
		m = &p->managed_threads.v[t->model];
		th = &p->threads.v[m->thread];
		frame = da_clr_frame_of(c, m->thread, FAIL_FAST);
		if (frame != DA_NONE)
			text = pinned(c, th->frames.v[frame].sp, da_clr_frame_end(th, frame));
		else if (c->major <= 8 && m->exception < p->exceptions.n &&
			 da_streq(p->exceptions.v[m->exception].type, "System.ExecutionEngineException"))
			text = native_call(c, t, th);
		if (!text)
			continue;
		m->fail_fast = da_clr_string(c, text, TEXT_MAX);
		m->fail_fast_from = frame != DA_NONE ? "the String that its frame has pinned"
						     : "the String that the runtime's code of FailFast protects";
	}
}
