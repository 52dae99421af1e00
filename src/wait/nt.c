/* SPDX-License-Identifier: Apache-2.0 */
/* Windows: what each thread waits for, by the functions on its stack. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "wait/nt.h"

/* Where a function of the kind has its limit in milliseconds; 0: none. */
static unsigned limit_at(const struct da_nt_row *row)
{
	switch ((enum da_nt_kind)row->kind) {
	case DA_NT_WAIT_ONE: return row->arg == 1 ? 2 : 1;
	case DA_NT_CONDITION: return da_starts(row->name, "Rtl") ? 0 : 2;
	case DA_NT_WAIT_MANY:
	case DA_NT_ADDRESS: return 3;
	default: return 0;
	}
}

/*
 * The limit that the program gave, by the outermost function of the kind; else that of the system call, where it is the
 * program's: the library wakes up now and then while it waits for a critical section.
 */
static bool limit(struct da_nt *n, uint64_t *ret_us)
{
	static const int8_t stub_at[DA_NT_STUBS + 1] = { [DA_NT_SINGLE] = 2, [DA_NT_MULTIPLE] = 4,
							 [DA_NT_SIGNAL_AND_WAIT] = 3, [DA_NT_PORT] = 4 };
	const struct da_nt_stack *s = &n->s;
	uint64_t ms;

	for (unsigned i = s->n; i-- > 0;) {
		unsigned at = s->f[i].row ? limit_at(s->f[i].row) : 0;

		if (!at || s->api == s->n || s->f[i].row->kind != s->f[s->api].row->kind ||
		    !da_nt_best(n, i, at, DA_NT_BY_STACK, &ms))
			continue;
		*ret_us = (ms & UINT32_MAX) * 1000;
		return (uint32_t)ms != UINT32_MAX;
	}
	if (s->stub == s->n || (s->api < s->n && s->f[s->api].row->kind == DA_NT_SECTION) || !stub_at[s->f[s->stub].row->kind])
		return false;
	return da_nt_timeout(n, s->stub, (unsigned)stub_at[s->f[s->stub].row->kind], ret_us);
}

/* Is one of the frames that tell it only a word of the stack that looks like one? */
static bool is_scanned(const struct da_nt *n)
{
	const struct da_thread *t = &n->w.p->threads.v[n->s.thread];
	unsigned last = n->s.api < n->s.n ? n->s.api : n->s.stub;

	for (unsigned i = 1; i < n->s.n && i <= last; i++)
		if (t->frames.v[i].trust == DA_TRUST_SCAN)
			return true;
	return false;
}

struct da_wait *da_nt_add(struct da_nt *n, enum da_lock_kind kind, float confidence, const char *how)
{
	uint32_t thread = n->s.thread;
	struct da_hint *h = &n->w.t[thread].hint;
	struct da_wait *wait;
	uint64_t us;

	h->frame = n->s.api < n->s.n ? n->s.api : n->s.stub < n->s.n ? n->s.stub : 0;
	wait = da_wait_add(&n->w, thread, kind);
	wait->confidence = DA_MIN(confidence, n->s.by_number ? 0.75f : is_scanned(n) ? 0.65f : 1.0f);
	wait->how = how;
	if (n->s.stub < n->s.n)
		wait->call = da_strndup(n->w.d->arena, n->s.f[n->s.stub].row->name, strcspn(n->s.f[n->s.stub].row->name, "*"));
	if (limit(n, &us)) {
		wait->has_timeout = true;
		wait->timeout_us = us;
	}
	return wait;
}

const char *da_nt_way(struct da_nt *n)
{
	const struct da_nt_stack *s = &n->s;
	const char *stub = s->stub < s->n ? s->f[s->stub].row->name : NULL;
	const char *api = NULL;

	for (unsigned i = s->n; i-- > 0 && !api;)
		if (s->f[i].row && s->api < s->n && s->f[i].row->kind == s->f[s->api].row->kind)
			api = s->f[i].row->name;
	if (stub && api)
		return da_printf(n->w.d->arena, "stands in " DA_SYM("%.*s") ", called by " DA_SYM("%.*s"),
				 (int)strcspn(stub, "*"), stub, (int)strcspn(api, "*"), api);
	if (n->s.by_number)
		return da_printf(n->w.d->arena, "stands in a system call whose number is that of " DA_SYM("%s") " in this build", stub);
	if (!stub && !api)
		return "no function on its stack has a name";
	return da_printf(n->w.d->arena, "stands in " DA_SYM("%.*s"), (int)strcspn(stub ? stub : api, "*"), stub ? stub : api);
}

/* ---------------------------------------------------------------- is it in a system call? */

/*
 * x64 and ARM64: the instruction before is the call; x86 calls its way into the kernel through a pointer, and only names
 * tell.
 */
static uint8_t state_of(struct da_nt *n, uint32_t thread)
{
	const struct da_thread *t = &n->w.p->threads.v[thread];
	uint8_t code[4];
	uint64_t pc;

	if (n->s.stub < n->s.n)
		return DA_IN_CALL;
	if (t->frames.n == 0 || !da_reg_known(&t->regs, n->w.p->arch->pc))
		return DA_IN_UNKNOWN;
	pc = t->regs.v[n->w.p->arch->pc];
	if (n->w.cpu == DA_CPU_X64 && da_mem_read(n->w.m, pc - 2, code, 2, NULL) == DA_OK)
		return code[0] == 0x0f && code[1] == 0x05 ? DA_IN_CALL : DA_IN_USER;
	if (n->w.cpu == DA_CPU_A64 && da_mem_read(n->w.m, pc - 4, code, 4, NULL) == DA_OK) /* svc #imm */
		return (code[0] & 0x1f) == 1 && code[3] == 0xd4 && (code[2] & 0xe0) == 0 ? DA_IN_CALL : DA_IN_USER;
	if (n->w.cpu == DA_CPU_X86) {
		uint32_t m = t->frames.v[0].module;

		if (m != DA_NONE && n->w.p->modules.v[m].class == DA_CLASS_OWN)
			return DA_IN_USER;
	}
	return DA_IN_UNKNOWN;
}

static bool dispatch(struct da_nt *n)
{
	const struct da_nt_stack *s = &n->s;
	const struct da_nt_row *api = s->api < s->n ? s->f[s->api].row : NULL;
	const struct da_nt_row *stub = s->stub < s->n ? s->f[s->stub].row : NULL;

	if (api && api->kind == DA_NT_SECTION)
		return da_nt_wait_section(n);
	if (api && da_nt_wait_address(n))
		return true;
	if (api && api->kind != DA_NT_WAIT_ONE && api->kind != DA_NT_WAIT_MANY)
		return da_nt_wait_call(n);
	if (api || stub->kind == DA_NT_SINGLE || stub->kind == DA_NT_MULTIPLE || stub->kind == DA_NT_SIGNAL_AND_WAIT)
		return da_nt_wait_handle(n);
	return da_nt_wait_call(n);
}

/* A dead thread's registers are those of its exception: it waits for nothing. */
static bool is_dead(const struct da_nt *n, uint32_t thread)
{
	return n->w.p->exception && n->w.p->exception->thread == thread && !n->w.p->exception->is_signal;
}

static void one(struct da_nt *n, uint32_t thread)
{
	struct da_waits *w = &n->w;

	w->t[thread].hint.frame = w->p->threads.v[thread].frames.n ? 0 : DA_NONE;
	if (is_dead(n, thread))
		return;
	if (w->p->threads.v[thread].suspended && w->p->threads.v[thread].state == DA_STATE_UNKNOWN)
		w->p->threads.v[thread].state = DA_STATE_SUSPENDED; /* whatever else it may wait for */
	da_mem_as(&w->p->mem, &w->p->threads.v[thread]);
	da_nt_stack_read(n, thread);
	w->t[thread].call.state = state_of(n, thread);
	if (n->s.stub < n->s.n || (w->t[thread].call.state != DA_IN_USER && n->s.api < n->s.n))
		dispatch(n);
	da_mem_as(&w->p->mem, NULL);
}

/* ---------------------------------------------------------------- the process */

static void index_threads(struct da_waits *w)
{
	for (uint32_t i = 0; i < w->p->threads.n; i++) {
		bool new;
		uint64_t *slot;

		w->t[i].tid = w->p->threads.v[i].tid;
		if (!w->t[i].tid)
			continue;
		slot = da_map_put(w->d->arena, &w->tids, w->t[i].tid, &new);
		if (new)
			*slot = i;
	}
}

/* Its threads enter below its own functions, or its ntdll tells its version. */
static bool is_wine(struct da_nt *n)
{
	uint32_t m = n->w.s ? da_symbols_module(n->w.s, "ntdll") : DA_NONE;
	uint64_t at, size;

	if (da_streq(n->w.d->origin.writer, "wine"))
		return true;
	return m != DA_NONE && da_symbols_named(n->w.s, m, "wine_get_version", &at, &size) == DA_OK;
}

void da_wait_windows(struct da_dump *d, struct da_symbols *s)
{
	struct da_nt n = { .w = { .d = d, .s = s, .p = &d->proc, .m = &d->proc.mem } };
	struct da_waits *w = &n.w;

	if (!da_wait_prepare(w))
		return;
	index_threads(w);
	n.wine = is_wine(&n);
	da_nt_index_handles(&n);
	da_nt_find_loader_lock(&n);
	for (uint32_t i = 0; i < w->p->threads.n && !da_stop(d->watch); i++)
		if (da_watch_item(d->watch, DA_ITEM_THREAD, i))
			one(&n, i);
	da_watch_idle(d->watch);
	da_nt_held_sections(&n);
	da_nt_held_handles(&n);
	da_wait_managed(w);
	da_wait_witness(w);
	da_nt_guess_srw(&n);
	for (size_t i = 0; i < n.any.n; i++)
		w->p->waits.v[n.any.v[i]].owner = DA_NONE;
	da_wait_remote(w);
	da_wait_states(w);
}
