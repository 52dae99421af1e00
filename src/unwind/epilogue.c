/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x86 code without unwind information: what stands between pc and the ret says where the return
 * address lies, if it is only pops and additions to the stack pointer. True of the kernel's
 * __kernel_vsyscall, of stubs made at run time, of every function that is about to return.
 */
#include "config.h"

#include "unwind/step.h"

#define EPILOGUE 16 /* instructions that are followed to a ret */
#define AHEAD 256   /* bytes behind pc in which an epilogue is looked for */

static uint64_t cut(const struct da_walk *w, uint64_t v)
{
	return w->dump->proc.arch->word == 8 ? v : (uint32_t)v;
}

/* DWARF and encoding number the registers differently. */
static int pushed(const struct da_walk *w, unsigned encoded)
{
	static const uint8_t x64[] = { 0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15 };

	return w->dump->proc.arch->word == 8 ? x64[encoded & 15] : (int)(encoded & 7);
}

static bool pop(const struct da_walk *w, struct da_regs *r, int reg)
{
	const struct da_arch *arch = w->dump->proc.arch;
	uint64_t v;

	if (da_mem_word(&w->dump->proc.mem, r->v[arch->sp], &v) != DA_OK)
		return false;
	da_reg_set(r, arch->sp, cut(w, r->v[arch->sp] + arch->word));
	da_reg_set(r, reg, v);
	return true;
}

static uint32_t u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* One instruction of an epilogue: its length, 0 when it is none; *ret_done after a ret. */
static size_t epilogue(const struct da_walk *w, struct da_regs *r, const uint8_t *p, size_t n,
		       bool *ret_done)
{
	const struct da_arch *arch = w->dump->proc.arch;
	bool wide = arch->word == 8;
	size_t rex = wide && n && (p[0] & 0xf0) == 0x40 ? 1 : 0;
	unsigned b = rex && (p[0] & 1) ? 8 : 0;

	if (n < rex + 1)
		return 0;
	if (p[rex] >= 0x58 && p[rex] <= 0x5f) /* pop */
		return pop(w, r, pushed(w, (p[rex] & 7U) + b)) ? rex + 1 : 0;
	if (p[0] == 0xc9) { /* leave */
		if (!da_reg_known(r, arch->fp))
			return 0;
		da_reg_set(r, arch->sp, r->v[arch->fp]);
		return pop(w, r, arch->fp) ? 1 : 0;
	}
	if (p[0] == 0xc3 || (p[0] == 0xf3 && n > 1 && p[1] == 0xc3)) {
		*ret_done = pop(w, r, arch->pc);
		return *ret_done ? 1 : 0;
	}
	if (rex != wide || n < rex + 3 || p[rex + 1] != 0xc4)
		return 0;
	if (p[rex] == 0x83 && p[rex + 2] < 0x80) { /* add $imm8, %sp */
		da_reg_set(r, arch->sp, r->v[arch->sp] + p[rex + 2]);
		return rex + 3;
	}
	if (p[rex] == 0x81 && n >= rex + 6 && p[rex + 5] < 0x80) {
		da_reg_set(r, arch->sp, r->v[arch->sp] + u32(p + rex + 2));
		return rex + 6;
	}
	return 0;
}

/* Is pc before or amid push %rbp; mov %rsp, %rbp? *ret_pushed: the push is done. */
static bool in_prologue(const struct da_walk *w, const uint8_t *p, size_t n, bool *ret_pushed)
{
	size_t rex = w->dump->proc.arch->word == 8 ? 1 : 0;
	uint8_t before;

	if (n >= 5 && p[0] == 0xf3 && p[1] == 0x0f && p[2] == 0x1e) /* endbr */
		p += 4, n -= 4;
	*ret_pushed = false;
	if (n >= 1 && p[0] == 0x55)
		return true;
	*ret_pushed = true;
	if (n < rex + 2 || (rex && p[0] != 0x48) ||
	    !((p[rex] == 0x89 && p[rex + 1] == 0xe5) || (p[rex] == 0x8b && p[rex + 1] == 0xec)))
		return false;
	return da_mem_u8(&w->dump->proc.mem, da_unwind_pc(w) - 1, &before) == DA_OK && before == 0x55;
}

/* The next instructions are certain, so where code is missing at the caller, an address of code will do. */
static bool leads_to_code(const struct da_walk *w, uint64_t pc)
{
	return da_unwind_is_return(w, pc) ||
	       (da_unwind_code(w, pc) != DA_CODE_NO &&
		!da_mem_view(&w->dump->proc.mem, pc - 8, 8));
}

/* From code, straight to a ret. */
static bool run(const struct da_walk *w, const uint8_t *code, size_t n, struct da_regs *ret)
{
	struct da_regs r = w->regs;
	bool done = false;

	for (size_t at = 0, i = 0, len; i < EPILOGUE && !done; i++, at += len)
		if ((len = epilogue(w, &r, code + at, n - at, &done)) == 0)
			return false;
	if (!done)
		return false;
	*ret = r;
	return true;
}

static size_t code_at_pc(const struct da_walk *w, uint8_t *code, size_t n)
{
	if (w->dump->proc.arch->lr != DA_REG_NONE ||
	    da_unwind_code(w, da_unwind_pc(w)) == DA_CODE_NO)
		return 0;
	return da_mem_read_some(&w->dump->proc.mem, da_unwind_pc(w), code, n);
}

bool da_unwind_follow(const struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	uint8_t code[AHEAD];
	size_t n = code_at_pc(w, code, 64);
	struct da_regs r = w->regs;
	bool pushed_fp, found;

	if (w->exact_pc && in_prologue(w, code, n, &pushed_fp))
		found = (!pushed_fp || pop(w, &r, arch->fp)) && pop(w, &r, arch->pc);
	else
		found = n && run(w, code, n, &r);
	if (!found || !leads_to_code(w, r.v[arch->pc]))
		return false;
	*ret = r;
	return true;
}

bool da_unwind_epilogue_ahead(const struct da_walk *w, struct da_regs *ret)
{
	const struct da_place *place = da_symbols_place(w->symbols, da_unwind_pc(w), !w->exact_pc);
	uint64_t end = place->exact ? place->start + place->size : 0, pc = da_unwind_pc(w);
	uint8_t code[AHEAD];
	size_t n = code_at_pc(w, code, sizeof(code));
	struct da_regs r;

	if (end > pc && end - pc < n)
		n = (size_t)(end - pc);
	for (size_t at = 0; at < n; at++) {
		if (run(w, code + at, n - at, &r) &&
		    da_unwind_is_return(w, r.v[w->dump->proc.arch->pc])) {
			*ret = r;
			return true;
		}
	}
	return false;
}
