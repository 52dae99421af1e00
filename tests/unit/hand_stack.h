/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process with one stack, made by hand. The functions of symbol/ that unwind/ asks are given here, from a
 * table of functions and rows; so it is included once in a program.
 */
#ifndef DA_TESTS_HAND_STACK_H
#define DA_TESTS_HAND_STACK_H

#include <check.h>
#include <string.h>

#include "unwind/step.h"

#define CODE 0x400000ULL
#define CODE_LEN 0x1000
#define STACK 0x7ff000000000ULL
#define STACK_LEN 0x400000
#define ALT 0x7ee000000000ULL
#define ALT_LEN 0x10000
#define STACK32 0xff000000ULL

/* ---------------------------------------------------------------- what symbol/ would say */

struct function {
	uint64_t start, end;
	const char *name; /* NULL: code that no table knows */
	const struct da_cfi_row *row;
};

static struct function functions[8];
static size_t nfunctions;

static inline const struct function *function_at(uint64_t pc)
{
	for (size_t i = 0; i < nfunctions; i++)
		if (pc >= functions[i].start && pc < functions[i].end)
			return &functions[i];
	return NULL;
}

const struct da_place *da_symbols_place(struct da_symbols *s, uint64_t pc, bool caller)
{
	static struct da_place places[8], none = { .module = DA_NONE };
	const struct function *f = function_at(pc - (caller ? 1 : 0));
	struct da_place *p = f ? &places[f - functions] : &none;

	(void)s;
	if (!f || !f->name)
		return &none;
	*p = (struct da_place){ .module = DA_NONE, .raw = f->name, .start = f->start,
				.size = f->end - f->start, .exact = true };
	return p;
}

enum da_status da_symbols_cfi(struct da_symbols *s, uint64_t pc, const struct da_cfi_row **ret,
			      uint64_t *ret_bias)
{
	const struct function *f = function_at(pc);

	(void)s;
	if (!f || !f->row)
		return DA_NOT_FOUND;
	*ret = f->row;
	*ret_bias = 0;
	return DA_OK;
}

const struct da_pe *da_symbols_pe(struct da_symbols *s, uint64_t pc, uint64_t *ret_base)
{
	(void)s;
	(void)pc;
	(void)ret_base;
	return NULL;
}

enum da_status da_symbols_frame(struct da_symbols *s, uint64_t pc, struct da_frame_data *ret, uint64_t *ret_base)
{
	(void)s;
	(void)pc;
	(void)ret;
	(void)ret_base;
	return DA_NOT_FOUND;
}

bool da_symbols_in_function(struct da_symbols *s, uint64_t pc)
{
	const struct function *f = function_at(pc);

	(void)s;
	return f && f->name;
}

/* ---------------------------------------------------------------- a process */

static struct da_dump *d;
static struct da_thread *t;
static uint8_t *file; /* code, stack, other stack */
static uint64_t stack;

static inline void range(uint64_t start, uint64_t off, uint64_t len, uint8_t prot)
{
	struct da_range *r = da_vec_add(d->arena, &d->proc.mem.ranges);

	*r = (struct da_range){ .start = start, .end = start + len, .file_off = off,
				.file_len = len, .prot = prot, .has_prot = true,
				.module = DA_NONE };
}

static inline void setup(const struct da_arch *arch)
{
	size_t n = CODE_LEN + STACK_LEN + ALT_LEN;

	d = da_dump_new(&da_limits_default, NULL);
	file = da_alloc(d->arena, n);
	memset(file, 0x90, CODE_LEN);
	d->proc.arch = arch;
	d->proc.mem.word = arch->word;
	d->proc.mem.file = d->file = (struct da_bytes){ file, n };
	stack = arch->word == 8 ? STACK : STACK32;
	range(CODE, 0, CODE_LEN, DA_PROT_R | DA_PROT_X);
	if (arch->word == 8)
		range(ALT, CODE_LEN + STACK_LEN, ALT_LEN, DA_PROT_R | DA_PROT_W);
	range(stack, CODE_LEN, STACK_LEN, DA_PROT_R | DA_PROT_W);
	t = da_vec_add(d->arena, &d->proc.threads);
	nfunctions = 0;
}

static inline void done(void)
{
	da_dump_free(d);
}

static inline const struct da_arch *x64(void) { return da_arch_by_elf(62, 2, false); }
static inline const struct da_arch *x86(void) { return da_arch_by_elf(3, 1, false); }
static inline const struct da_arch *a64(void) { return da_arch_by_elf(183, 2, false); }

static inline uint8_t *at(uint64_t addr)
{
	if (addr >= CODE && addr < CODE + CODE_LEN)
		return file + (addr - CODE);
	if (addr >= stack && addr < stack + STACK_LEN)
		return file + CODE_LEN + (addr - stack);
	ck_assert(addr >= ALT && addr < ALT + ALT_LEN);
	return file + CODE_LEN + STACK_LEN + (addr - ALT);
}

static inline void put(uint64_t addr, uint64_t v)
{
	memcpy(at(addr), &v, d->proc.mem.word); /* the tests' machine is little-endian, as are these */
}

#define BYTES(addr, text) memcpy(at(addr), text, sizeof(text) - 1)

/* call rel32 that ends at `ret`. */
static inline void call_to(uint64_t ret, uint64_t target)
{
	uint32_t rel = (uint32_t)(target - ret);

	*at(ret - 5) = 0xe8;
	memcpy(at(ret - 4), &rel, 4);
}

static inline void reg(const char *name, uint64_t v)
{
	da_reg_set(&t->regs, da_arch_reg(d->proc.arch, name), v);
}

static inline void add_function(uint64_t start, uint64_t end, const char *name, const struct da_cfi_row *row)
{
	functions[nfunctions++] = (struct function){ start, end, name, row };
}

static inline void walk(void)
{
	da_unwind_run(d, NULL, NULL);
}

#define FRAMES(count) ck_assert_uint_eq(t->frames.n, count)

static inline void frame(size_t i, uint64_t pc, uint64_t sp, enum da_trust trust)
{
	ck_assert_uint_lt(i, t->frames.n);
	ck_assert_msg(t->frames.v[i].pc == pc, "frame %zu: pc %#lx, not %#lx", i,
		      (unsigned long)t->frames.v[i].pc, (unsigned long)pc);
	ck_assert_msg(t->frames.v[i].sp == sp, "frame %zu: sp %#lx, not %#lx", i,
		      (unsigned long)t->frames.v[i].sp, (unsigned long)sp);
	ck_assert_str_eq(da_trust_name(t->frames.v[i].trust), da_trust_name(trust));
}

static inline void ended(enum da_stack_end end)
{
	ck_assert_str_eq(da_stack_end_name(t->end), da_stack_end_name(end));
	ck_assert_ptr_nonnull(t->end_why);
}

/* x86_64: CFA = rsp + size, return address below it, callee-saved registers untouched. */
static inline struct da_cfi_row row64(int64_t size)
{
	struct da_cfi_row r = { .ra = 16, .cfa = { DA_RULE_REG_OFFSET, 7, size, NULL, 0 } };

	r.reg[3].kind = r.reg[6].kind = DA_RULE_SAME;
	for (int i = 12; i < 16; i++)
		r.reg[i].kind = DA_RULE_SAME;
	r.reg[16] = (struct da_cfi_rule){ DA_RULE_CFA_OFFSET, 0, -8, NULL, 0 };
	return r;
}

/* aarch64: CFA = sp + size, {x29, x30} at its bottom. */
static inline struct da_cfi_row rowa64(int64_t size)
{
	struct da_cfi_row r = { .ra = 30, .cfa = { DA_RULE_REG_OFFSET, 31, size, NULL, 0 } };

	for (int i = 19; i < 31; i++)
		r.reg[i].kind = DA_RULE_SAME;
	if (size) {
		r.reg[29] = (struct da_cfi_rule){ DA_RULE_CFA_OFFSET, 0, -size, NULL, 0 };
		r.reg[30] = (struct da_cfi_rule){ DA_RULE_CFA_OFFSET, 0, -size + 8, NULL, 0 };
	}
	return r;
}

static const struct da_cfi_row row_end __attribute__((unused)) = { .ra = 16, .cfa = { DA_RULE_REG_OFFSET, 7, 8, NULL, 0 } };

#endif
