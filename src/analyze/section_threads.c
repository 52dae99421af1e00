/* SPDX-License-Identifier: Apache-2.0 */
/* threads and cpu: one row a thread; the ten that used most CPU time. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/figures.h"
#include "analyze/sections.h"
#include "analyze/words.h"

#define TOP 10

/* Where every process and thread begins, by libc: what a person calls the entry point comes after. */
static bool is_start(const char *name)
{
	static const char *const starts[] = { "_start", "start_thread", "clone", "clone3", "__clone",
					      "__clone3", "thread_start", "__thread_start", "start",
					      "_start_c", "__GI___clone", "__GI___clone3",
					      "RtlUserThreadStart", "_RtlUserThreadStart",
					      "__RtlUserThreadStart", "BaseThreadInitThunk",
					      "mainCRTStartup", "wmainCRTStartup", "WinMainCRTStartup",
					      "wWinMainCRTStartup", "__tmainCRTStartup",
					      "__scrt_common_main", "__scrt_common_main_seh",
					      "invoke_main" };

	if (da_starts(name, "__libc_start_"))
		return true;
	for (size_t i = 0; i < DA_ARRAY_SIZE(starts); i++)
		if (da_streq(name, starts[i]))
			return true;
	return false;
}

/*
 * Only of a walk that reached the end: else the outermost frame is just where we stopped. A frame of
 * libc without a name may be one of the functions above (only debug information names them).
 */
static const char *entry_point(struct da_analysis *a, const struct da_thread *t)
{
	if (t->end != DA_END_COMPLETE)
		return NULL;
	for (size_t i = t->frames.n; i-- > 0;) {
		const struct da_frame *f = &t->frames.v[i];
		const char *name = f->place && f->place->ncalls ? f->place->calls[0].function : NULL;
		bool system = f->module != DA_NONE &&
			      a->dump->proc.modules.v[f->module].class == DA_CLASS_SYSTEM;

		if (name ? !is_start(name) : !system)
			return f->trust > DA_TRUST_SCAN ? name : NULL;
	}
	return NULL;
}

/* The start address that Windows remembers, as a place of a module. */
static const char *start_address(struct da_analysis *a, const struct da_thread *t)
{
	const struct da_process *p = &a->dump->proc;
	const struct da_place *place = t->entry_place;
	uint32_t m = t->entry ? da_module_at(p, t->entry) : DA_NONE;

	if (m == DA_NONE)
		return NULL;
	if (place && place->ncalls && place->start == t->entry)
		return place->calls[0].function;
	return da_printf(a->dump->arena, "%s+0x%llx", p->modules.v[m].name,
			 (unsigned long long)(t->entry - p->modules.v[m].start));
}

static const char *begin_of(struct da_analysis *a, const struct da_thread *t)
{
	const char *start = start_address(a, t), *name = entry_point(a, t);

	/* The main thread begins in the C runtime, others where the program said. */
	if (start && !is_start(start) && t->role != DA_ROLE_MAIN)
		return start;
	return name ? name : start;
}

/* "5 ERROR_ACCESS_DENIED"; nothing where there was no error. */
static const char *last_error(struct da_analysis *a, const struct da_thread *t)
{
	const char *name = da_win32_error_name(t->last_error);

	if (!t->has_last_error || t->last_error == 0)
		return NULL;
	/* HRESULTs and NTSTATUS values are written in hex by everybody. */
	return da_printf(a->dump->arena, t->last_error > 0xffff ? "0x%x%s%s" : "%u%s%s", t->last_error,
			 name ? " " : "", name ? name : "");
}

/* What a core of the kernel adds to the times of the first thread; NULL: they are its own. */
static const char *times_include(const struct da_thread *t)
{
	return t->times_with_ended ? "time of threads that have ended, if any" : NULL;
}

static void managed_cells(struct da_analysis *a, const struct da_managed_thread *m)
{
	static const char *const apartments[] = { NULL, "STA", "MTA" };
	struct da_doc *doc = a->doc;

	if (m->managed_id)
		da_set_uint(doc, DA_COL_threads_managed_id, m->managed_id);
	da_set_word(doc, DA_COL_threads_gc_mode, da_gc_mode_name((enum da_gc_mode)m->gc_mode));
	if (m->has_lock_count)
		da_set_uint(doc, DA_COL_threads_lock_count, m->lock_count);
	if (m->apartment < DA_ARRAY_SIZE(apartments))
		da_set_text(doc, DA_COL_threads_apartment, apartments[m->apartment]);
	if (m->exception != DA_NONE)
		da_set_ref(doc, DA_COL_threads_exception, "e", a->order->exception_row[m->exception]);
}

static void wait_cells(struct da_analysis *a, const struct da_wait *w)
{
	struct da_doc *doc = a->doc;

	da_set_word(doc, DA_COL_threads_wait_kind, da_lock_kind_name((enum da_lock_kind)w->kind));
	if (w->address)
		da_set_address(doc, DA_COL_threads_wait_address, w->address);
	if (w->lock != DA_NONE)
		da_set_ref(doc, DA_COL_threads_wait_lock, "lock", a->order->lock_row[w->lock]);
	da_set_ref(doc, DA_COL_threads_wait_owner, "t", w->owner);
	if (w->has_timeout)
		da_set_uint(doc, DA_COL_threads_wait_timeout_us, w->timeout_us);
	da_set_word(doc, DA_COL_threads_wait_mode, da_wait_mode_name((enum da_wait_mode)w->mode));
	da_set_text(doc, DA_COL_threads_wait_call, w->call);
	if (w->has_fd)
		da_set_int(doc, DA_COL_threads_wait_fd, w->fd);
	if (w->pid)
		da_set_uint(doc, DA_COL_threads_wait_pid, w->pid);
	if (w->how)
		da_set_rich(doc, DA_COL_threads_wait_why, "%s", w->how);
}

/* PID.stack, of another moment than the dump. */
static void kernel_cells(struct da_analysis *a, const struct da_kernel_stack *k)
{
	if (k->status && k->status->state)
		da_set_text(a->doc, DA_COL_threads_kernel_state, da_kernel_state_words(k->status->state));
	for (size_t i = 0; i < k->functions.n; i++)
		da_add_text(a->doc, DA_COL_threads_kernel_stack, k->functions.v[i]);
}

/* What the lock's memory says of its owner is no more than a guess. */
static bool is_guess(const struct da_analysis *a, const struct da_wait *w)
{
	const struct da_lock *l = &a->dump->proc.locks.v[w->lock];

	return l->owner == w->owner && l->confidence < 0.6f;
}

/* "waits for lock2 (monitor of Shop.Ledger), which t4 "writer" holds" */
static const char *waiting(struct da_analysis *a, const struct da_wait *w)
{
	struct da_arena *arena = a->dump->arena;
	const char *verb = w->confidence < 0.6f ? "seems to wait for" : "waits for";
	const char *owner = w->owner != DA_NONE ? da_say_thread(a, w->owner) : NULL;
	const char *what = da_say_wait(a, w);

	if (w->kind == DA_WAIT_SLEEP)
		return w->endless ? "sleeps without a limit" : "sleeps";
	if (!owner || da_is_join((enum da_lock_kind)w->kind))
		return da_printf(arena, "%s %s", verb, what);
	if (w->lock != DA_NONE)
		return da_printf(arena, "%s %s, %s%s by %s", verb, what, is_guess(a, w) ? "perhaps " : "",
				 da_say_held((enum da_lock_kind)w->kind), owner);
	return da_printf(arena, "%s %s, which needs %s", verb, what, owner);
}

static void activity(struct da_analysis *a, const struct da_thread *t, uint32_t index, const struct da_wait *w)
{
	const struct da_exception *e = a->dump->proc.exception && a->dump->proc.exception->thread == index
				       ? a->dump->proc.exception : NULL;
	const char *function = da_standing_in(a, index), *signal = "";

	if (e && da_sent_from_outside(e))
		signal = da_printf(a->dump->arena, "received %s from outside%s", e->name, w ? "; " : function ? " " : "");
	if (e && !*signal)
		da_set_rich(a->doc, DA_COL_threads_activity, "died of %s%s", e->name,
			    function ? da_printf(a->dump->arena, " in " DA_SYM("%s"), function) : "");
	else if (w)
		da_set_rich(a->doc, DA_COL_threads_activity, "%s%s%s", signal, waiting(a, w),
			    function ? da_printf(a->dump->arena, " in " DA_SYM("%s"), function) : "");
	else if (function)
		da_set_rich(a->doc, DA_COL_threads_activity, "%sin " DA_SYM("%s"), signal, function);
	else if (*signal)
		da_set_rich(a->doc, DA_COL_threads_activity, "%s", signal);
	else if (t->frames.n == 0)
		da_set_rich(a->doc, DA_COL_threads_activity, "unknown, since its registers are not in the "
			    "dump");
}

void da_section_threads(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	struct da_doc *doc = a->doc;
	const struct da_wait **waits = da_calloc(a->dump->arena, p->threads.n, sizeof(const struct da_wait *));

	for (size_t i = 0; i < p->waits.n; i++)
		if (p->waits.v[i].primary && p->waits.v[i].thread < p->threads.n)
			waits[p->waits.v[i].thread] = &p->waits.v[i];
	for (uint32_t i = 0; i < p->threads.n; i++) {
		const struct da_thread *t = &p->threads.v[i];
		uint64_t used;

		da_doc_row(doc, DA_BLOCK_threads);
		da_set_ref(doc, DA_COL_threads_id, "t", i);
		da_set_uint(doc, DA_COL_threads_tid, t->tid);
		da_set_uint(doc, DA_COL_threads_index, i + 1);
		da_set_text(doc, DA_COL_threads_name, da_thread_name(t));
		da_set_word(doc, DA_COL_threads_role, da_role_name((enum da_role)t->role));
		da_set_word(doc, DA_COL_threads_state, da_state_name((enum da_state)t->state));
		activity(a, t, i, waits[i]);
		if (t->has_times) {
			da_set_uint(doc, DA_COL_threads_user_us, t->user_us);
			da_set_uint(doc, DA_COL_threads_kernel_us, t->kernel_us);
			if (t->user_us + t->kernel_us)
				da_set_text(doc, DA_COL_threads_includes, times_include(t));
		}
		da_set_text(doc, DA_COL_threads_created, da_say_time(a, t->created));
		if (t->has_priority)
			da_set_int(doc, DA_COL_threads_priority, t->priority);
		da_set_text(doc, DA_COL_threads_entry, begin_of(a, t));
		da_set_text(doc, DA_COL_threads_last_error, last_error(a, t));
		if (t->managed)
			managed_cells(a, t->managed);
		if (waits[i])
			wait_cells(a, waits[i]);
		if (t->in_kernel)
			kernel_cells(a, t->in_kernel);
		da_set_ref(doc, DA_COL_threads_stack_group, "g", a->groups->of_thread[i]);
		if (t->stack_base && !da_stack_is_elsewhere(t)) {
			da_set_address(doc, DA_COL_threads_stack_base, t->stack_base);
			da_set_address(doc, DA_COL_threads_stack_limit, t->stack_limit);
		}
		if (da_stack_used(p, t, &used))
			da_set_uint(doc, DA_COL_threads_stack_used, used);
	}
	if (p->threads.n == 0)
		da_doc_completeness(doc, DA_SECTION_threads, DA_SKIPPED, 0, 0, DA_UNIT_THREADS,
				    "the dump holds no threads");
}

/* ---------------------------------------------------------------- cpu */

struct share {
	uint32_t thread;
	uint64_t us;
};

static int by_time(const void *x, const void *y)
{
	const struct share *a = x, *b = y;

	if (a->us != b->us)
		return a->us > b->us ? -1 : 1;
	return a->thread < b->thread ? -1 : 1;
}

void da_section_cpu(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	struct share *shares = da_calloc(a->dump->arena, p->threads.n, sizeof(*shares));
	bool by_kernel = da_streq(a->dump->origin.writer, "kernel") ||
			 da_streq(a->dump->origin.writer, "systemd-coredump");
	uint64_t total = 0;
	size_t n = 0;

	for (uint32_t i = 0; i < p->threads.n; i++) {
		const struct da_thread *t = &p->threads.v[i];

		if (!t->has_times)
			continue;
		shares[n++] = (struct share){ i, t->user_us + t->kernel_us };
		total += t->user_us + t->kernel_us;
	}
	if (n == 0) {
		da_doc_completeness(a->doc, DA_SECTION_cpu, DA_SKIPPED, 0, 0, DA_UNIT_THREADS,
				    by_kernel ? "all CPU times in the dump are 0: the process ran for less than the "
						"kernel counts"
				    : p->os == DA_OS_WINDOWS
				    ? "the dump holds no CPU times; one made with MiniDumpWithThreadInfo (procdump "
				      "-ma, Task Manager) has them"
				    : "the dump holds no CPU times; a core written by the kernel (ulimit -c, "
				      "systemd-coredump) has them, one of gcore or createdump has not");
		return;
	}
	if (n)
		qsort(shares, n, sizeof(*shares), by_time);
	for (size_t i = 0; i < n && i < TOP && shares[i].us; i++) {
		const struct da_thread *t = &p->threads.v[shares[i].thread];

		da_doc_row(a->doc, DA_BLOCK_cpu);
		da_set_ref(a->doc, DA_COL_cpu_thread, "t", shares[i].thread);
		da_set_uint(a->doc, DA_COL_cpu_user_us, t->user_us);
		da_set_uint(a->doc, DA_COL_cpu_kernel_us, t->kernel_us);
		da_set_real(a->doc, DA_COL_cpu_percent, 100.0 * (double)shares[i].us / (double)total);
		da_set_text(a->doc, DA_COL_cpu_includes, times_include(t));
		da_set_text(a->doc, DA_COL_cpu_entry, begin_of(a, t));
		da_set_text(a->doc, DA_COL_cpu_function, da_standing_in(a, shares[i].thread));
	}
	if (total == 0)
		da_doc_completeness(a->doc, DA_SECTION_cpu, DA_COMPLETE, n, n, DA_UNIT_THREADS,
				    "no thread had used a measurable time");
}
