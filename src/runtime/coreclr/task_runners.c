/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which thread runs a task: who waits for the task waits for that thread.
 *
 * The delegate of a task (Task.Run, Parallel, ContinueWith) is called by Task.ExecuteWithThreadLocal, which
 * keeps the task that it runs, and no other one, in its frame or in registers that what it calls has saved. A task
 * whose delegate has begun and has not ended stands so on one stack. Tasks of async methods have no delegate and
 * run nowhere while they wait.
 *
 * Source: src/libraries/System.Private.CoreLib/src/System/Threading/Tasks/Task.cs of dotnet/runtime.
 */
#include "config.h"

#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/slim.h"

#define RUNS_A_TASK "System.Threading.Tasks.Task.ExecuteWithThreadLocal"
/* Words of the frames of one call. */
#define CALL_WORDS 256u
/* Task.m_stateFlags: its delegate was called; it has ended, or waits for its children only. */
#define DELEGATE_INVOKED 0x20000u
#define DELEGATE_ENDED	 0x1e00000u
/* In the map of runners: on more than one stack. */
#define AMBIGUOUS UINT64_MAX

static bool is_running(struct da_clr *c, uint64_t object)
{
	uint32_t flags;

	return object % c->mem->word == 0 && object && (!da_clr_heap_known(c) || da_clr_in_heap(c, object)) &&
	       da_clr_object_is(c, object, "System.Threading.Tasks.Task") &&
	       da_clr_object_u32(c, object, "m_stateFlags", &flags) == DA_OK && (flags & DELEGATE_INVOKED) &&
	       !(flags & DELEGATE_ENDED);
}

/* The frame of that call, and the one that it called, which saves its registers. */
static void note_call(struct da_clr_lock_table *t, uint32_t thread, uint32_t frame)
{
	struct da_clr *c = t->c;
	const struct da_thread *th = &c->dump->proc.threads.v[thread];
	uint64_t at = th->frames.v[frame ? frame - 1 : frame].sp, end = da_clr_frame_end(th, frame), v;

	for (uint64_t n = 0; at < end && n < CALL_WORDS; at += c->mem->word, n++) {
		uint64_t *runner;

		if (da_mem_word(c->mem, at, &v) != DA_OK || !is_running(c, v))
			continue;
		runner = da_map_put(c->arena, &t->task_runners, v, NULL);
		*runner = !*runner || *runner == (uint64_t)thread + 1 ? (uint64_t)thread + 1 : AMBIGUOUS;
	}
}

static void note_runners(struct da_clr_lock_table *t)
{
	const struct da_process *p = &t->c->dump->proc;

	for (uint32_t i = 0; i < p->threads.n && !da_stop(t->c->dump->watch); i++)
		for (uint32_t k = 0; k < p->threads.v[i].frames.n; k++) {
			const char *m = da_clr_frame_method(&p->threads.v[i].frames.v[k]);

			if (m && da_starts(m, RUNS_A_TASK))
				note_call(t, i, k);
		}
}

uint32_t da_clr_task_runner(struct da_clr_lock_table *t, uint64_t task)
{
	const uint64_t *runner;

	if (!t->has_task_runners)
		note_runners(t);
	t->has_task_runners = true;
	runner = da_map_get(&t->task_runners, task);
	return runner && *runner != AMBIGUOUS ? (uint32_t)(*runner - 1) : DA_NONE;
}
