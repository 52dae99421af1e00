/* SPDX-License-Identifier: Apache-2.0 */
/* The innermost frames of a Windows thread: what functions they are, their registers, where their arguments stand. */
#include "config.h"

#include <string.h>

#include "unwind/unwind.h"
#include "wait/nt.h"

#define NEAR_LABEL 0x200 /* x86, exports only: so far behind one it may still be its function */
#define SLOTS 64         /* words of a frame in which its return address is looked for (x86) */

static const struct da_nt_row rows[] = {
#define DA_NT_NAME(name, kind, arg, what) { name, DA_NT_##kind, arg, what },
#include "wait/nt_names.def"
#undef DA_NT_NAME
};

const char *da_nt_bare(const char *raw, size_t *ret_n)
{
	size_t n;

	if (!raw)
		return NULL;
	if (raw[0] == '_' || raw[0] == '@')
		raw++;
	n = strcspn(raw, "@(");
	if (n == 0)
		return NULL;
	*ret_n = n;
	return raw;
}

const struct da_nt_row *da_nt_by_name(const char *bare, size_t n)
{
	char nt[64];

	if (n > 2 && n < sizeof(nt) && bare[0] == 'Z' && bare[1] == 'w') {
		memcpy(nt, bare, n);
		nt[0] = 'N';
		nt[1] = 't';
		bare = nt;
	}
	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		size_t len = strlen(rows[i].name);

		if (rows[i].name[len - 1] == '*' ? n >= len - 1 && memcmp(bare, rows[i].name, len - 1) == 0
						 : n == len && memcmp(bare, rows[i].name, n) == 0)
			return &rows[i];
	}
	return NULL;
}

/*
 * A label without a size names what stands behind it only as long as no other function begins between: exports are few,
 * and what is not exported follows them.
 */
static bool is_trusted(struct da_nt *n, const struct da_frame *f)
{
	const struct da_place *p = f->place;
	const struct da_pe *pe;
	struct da_pe_function fn;
	uint64_t base, pc = f->pc - !f->exact_pc;

	if (p->exact || (f->module != DA_NONE && n->w.p->modules.v[f->module].symbols >= DA_SYMS_PUBLIC))
		return true;
	if (n->w.cpu == DA_CPU_X86)
		return f->pc - p->start < NEAR_LABEL;
	pe = n->w.s ? da_symbols_pe(n->w.s, pc, &base) : NULL;
	if (!pe || da_pe_function(pe, n->w.m, base, (uint32_t)(pc - base), &fn) != DA_OK)
		return pc - p->start < 0x20; /* a stub of a system call is a leaf, or its table is absent */
	return base + fn.start == p->start;
}

static const struct da_nt_row *row_of(struct da_nt *n, const struct da_frame *f)
{
	const char *bare;
	uint64_t *known;
	size_t len;
	bool new;

	if (!f->place || !f->place->raw)
		return NULL;
	known = da_map_put(n->w.d->arena, &n->names, (uintptr_t)f->place, &new);
	if (new) {
		const struct da_nt_row *row;

		bare = da_nt_bare(f->place->raw, &len);
		row = bare ? da_nt_by_name(bare, len) : NULL;
		*known = row && is_trusted(n, f) ? (uint64_t)(row - rows) + 1 : 0;
	}
	return *known ? &rows[*known - 1] : NULL;
}

/* ---------------------------------------------------------------- registers and places of arguments */

static bool step(struct da_nt *n, struct da_walk *w, const struct da_frame *next)
{
	const struct da_arch *arch = n->w.p->arch;

	for (size_t i = 0; i < da_unwinders_n; i++) {
		struct da_regs caller = { .valid = 0 };

		w->cfa = w->fault = 0;
		w->signal = w->caller_exact_pc = w->caller_sp_guess = w->caller_has_args = false;
		w->why = NULL;
		if (da_unwinders[i]->step(w, &caller) != DA_OK || !da_reg_known(&caller, arch->pc) ||
		    !da_reg_known(&caller, arch->sp) || caller.v[arch->pc] != next->pc || caller.v[arch->sp] != next->sp)
			continue;
		w->regs = caller;
		w->exact_pc = w->signal || w->caller_exact_pc;
		w->sp_guess = w->caller_sp_guess;
		w->has_args = w->caller_has_args;
		w->args = w->caller_args;
		w->trust = (uint8_t)da_unwinders[i]->trust;
		w->depth++;
		return true;
	}
	return false;
}

/* x86: behind the address that the frame returns to, the outermost of the places that hold it. */
static uint64_t args_x86(const struct da_nt *n, const struct da_frame *f, const struct da_frame *next)
{
	uint64_t at = next->sp, word;

	for (unsigned i = 0; i < SLOTS && at >= f->sp + 4; i++) {
		at -= 4;
		if (da_wait_word(&n->w, at, &word) && word == next->pc)
			return at + 4;
	}
	return 0;
}

static uint64_t args_of(const struct da_nt *n, const struct da_frame *f, const struct da_frame *next)
{
	if (n->w.cpu == DA_CPU_X86)
		return args_x86(n, f, next);
	return n->w.cpu == DA_CPU_X64 ? next->sp : 0;
}

/* ---------------------------------------------------------------- what they tell */

static bool is_foreign(const struct da_nt *n, const struct da_frame *f)
{
	return f->kind == DA_FRAME_MANAGED ||
	       (f->module != DA_NONE && n->w.p->modules.v[f->module].class == DA_CLASS_OWN);
}

/* Says more than that it waits? */
static bool is_final(const struct da_nt_row *row)
{
	switch ((enum da_nt_kind)row->kind) {
	case DA_NT_ADDRESS_INSIDE:
	case DA_NT_WAIT_ONE:
	case DA_NT_WAIT_MANY:
	case DA_NT_STEP:
		return false;
	default:
		return row->kind > DA_NT_STUBS;
	}
}

/* More of the same further out: MessageBoxW is a dialog with a message loop. */
static bool goes_on(const struct da_nt_row *row)
{
	return row->kind == DA_NT_GET_MESSAGE || row->kind == DA_NT_WAIT_MESSAGE || row->kind == DA_NT_DIALOG;
}

static bool is_better(const struct da_nt_stack *s, const struct da_nt_row *row)
{
	const struct da_nt_row *have = s->api < s->n ? s->f[s->api].row : NULL;

	if (row->kind <= DA_NT_STUBS || row->kind == DA_NT_STEP)
		return false;
	if (row->kind == DA_NT_LOADER && (have || s->stub == s->n || s->f[s->stub].row->kind != DA_NT_SINGLE))
		return false; /* initialisers of DLLs wait by functions with a name */
	return !have || !is_final(have) || (goes_on(have) && (row->kind == DA_NT_BOX || row->kind == DA_NT_DIALOG));
}

/* Behind the function that tells what for, only its like count: its wrappers. */
static bool is_wrapper(const struct da_nt_stack *s, const struct da_nt_row *row)
{
	const struct da_nt_row *have = s->api < s->n ? s->f[s->api].row : NULL;

	return !have || !is_final(have) || goes_on(have) || row->kind == have->kind;
}

static void find_rows(struct da_nt *n)
{
	struct da_nt_stack *s = &n->s;
	const struct da_thread *t = &n->w.p->threads.v[s->thread];

	bool ntdll = true; /* up to here all is of the library that the call is of */

	s->stub = s->api = s->n;
	for (unsigned i = 0; i < s->n; i++) {
		const struct da_nt_row *row = row_of(n, &t->frames.v[i]);

		ntdll = ntdll && t->frames.v[i].module == t->frames.v[0].module;
		if (row && (!is_wrapper(s, row) || (row->kind == DA_NT_LOADER && !ntdll)))
			row = NULL;
		s->f[i].row = row;
		if (row && row->kind <= DA_NT_STUBS && i <= 2 && s->stub == s->n)
			s->stub = i;
		else if (row && is_better(s, row))
			s->api = i;
		if (is_foreign(n, &t->frames.v[i]))
			break;
	}
	s->by_number = s->stub == s->n && s->api == s->n && s->n && (s->f[0].row = da_nt_by_number(n, t)) != NULL;
	if (s->by_number)
		s->stub = 0;
}

void da_nt_stack_read(struct da_nt *n, uint32_t thread)
{
	struct da_nt_stack *s = &n->s;
	const struct da_thread *t = &n->w.p->threads.v[thread];
	struct da_walk w = { .dump = n->w.d, .symbols = n->w.s, .thread = t, .regs = t->regs, .exact_pc = true,
			     .trust = DA_TRUST_CONTEXT };
	bool walks = n->w.s != NULL;

	s->thread = thread;
	s->n = 0;
	for (size_t i = 0; i < t->frames.n && i < DA_NT_FRAMES; i++) {
		struct da_nt_frame *f = &s->f[s->n++];
		const struct da_frame *next = i + 1 < t->frames.n ? &t->frames.v[i + 1] : NULL;

		*f = (struct da_nt_frame){ .regs = w.regs };
		if (!next || t->frames.v[i].repeat > 1 || is_foreign(n, &t->frames.v[i]))
			break;
		f->args = args_of(n, &t->frames.v[i], next);
		walks = walks && step(n, &w, next);
		if (!walks) { /* the walk of then knew more ways: names still count, registers are not known */
			w.regs.valid = 0;
			da_reg_set(&w.regs, n->w.p->arch->pc, next->pc);
			da_reg_set(&w.regs, n->w.p->arch->sp, next->sp);
		}
	}
	find_rows(n);
}
