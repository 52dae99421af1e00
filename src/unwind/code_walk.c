/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x86 code without unwind information, of which every function of an Alpine musl is made: what stands
 * between pc and the ret says how far up the return address lies and which registers are popped on
 * the way. Compiled code has one depth of stack at each instruction, whichever way it came there, so
 * the first way to a ret is as good as any. Where it leads, a call of this function must have been.
 */
#include "config.h"

#include <string.h>

#include "unwind/step.h"

#define INSNS 4096  /* instructions of all ways together */
#define FORKS 32    /* conditional jumps that are gone back to when the way ahead ends in nothing */
#define TARGETS 512 /* places that were jumped to: loops are gone through once */
#define PUSHES 16   /* kept values: as many as there are registers */
#define REACH 65536 /* bytes that a jump may go where the function's end is not known */

/*
 * Registers as they would be, and what was pushed since: memory below the sp of the frame holds words
 * of calls that are over.
 */
struct way {
	struct da_regs r;
	uint64_t pc;
	struct {
		uint64_t at, v;
		bool known;
	} pushed[PUSHES];
	unsigned npushed;
};

struct coder {
	const struct da_walk *w;
	const struct da_arch *arch;
	uint64_t start, end;  /* of the function; 0: not known */
	struct way now;
	struct way forks[FORKS];
	unsigned nforks;
	uint64_t targets[TARGETS]; /* a hash table; 0: free */
	unsigned ntargets;
	bool straight;        /* nothing but pops and additions to sp so far */
};

enum step { ON, DONE, LOST };

static uint64_t cut(const struct coder *c, uint64_t v)
{
	return c->arch->word == 8 ? v : (uint32_t)v;
}

/* DWARF and encoding number the registers differently. */
static int reg_of(const struct coder *c, unsigned encoded)
{
	static const uint8_t x64[] = { 0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15 };

	return c->arch->word == 8 ? x64[encoded & 15] : (int)(encoded & 7);
}

static enum step move_sp(struct coder *c, int64_t by)
{
	struct da_regs *r = &c->now.r;

	da_reg_set(r, c->arch->sp, cut(c, r->v[c->arch->sp] + (uint64_t)by));
	return ON;
}

static enum step sp_from_fp(struct coder *c, int64_t offset)
{
	struct da_regs *r = &c->now.r;

	if (!da_reg_known(r, c->arch->fp))
		return LOST;
	da_reg_set(r, c->arch->sp, cut(c, r->v[c->arch->fp] + (uint64_t)offset));
	return ON;
}

static enum step push(struct coder *c, int reg)
{
	struct da_regs *r = &c->now.r;
	struct way *w = &c->now;

	move_sp(c, -(int64_t)c->arch->word);
	if (w->npushed == PUSHES)
		return LOST;
	w->pushed[w->npushed].at = r->v[c->arch->sp];
	w->pushed[w->npushed].known = da_reg_known(r, reg);
	w->pushed[w->npushed++].v = da_reg_known(r, reg) ? r->v[reg] : 0;
	return ON;
}

/* The word on top of the stack; false: nobody knows. */
static bool top(const struct coder *c, uint64_t *ret)
{
	uint64_t sp = c->now.r.v[c->arch->sp];

	if (sp >= da_unwind_sp(c->w))
		return da_mem_word(&c->w->dump->proc.mem, sp, ret) == DA_OK;
	for (unsigned i = c->now.npushed; i-- > 0;) {
		if (c->now.pushed[i].at == sp) {
			*ret = c->now.pushed[i].v;
			return c->now.pushed[i].known;
		}
	}
	return false;
}

static enum step pop(struct coder *c, int reg)
{
	struct da_regs *r = &c->now.r;
	uint64_t v;

	if (reg == c->arch->sp)
		return LOST;
	if (top(c, &v))
		da_reg_set(r, reg, v);
	else
		da_reg_forget(r, reg);
	return move_sp(c, c->arch->word);
}

static enum step finish(struct coder *c, int64_t arguments)
{
	pop(c, c->arch->pc);
	move_sp(c, arguments);
	return da_reg_known(&c->now.r, c->arch->pc) ? DONE : LOST;
}

static bool inside(const struct coder *c, uint64_t pc)
{
	uint64_t from = da_unwind_pc(c->w);

	if (c->start)
		return pc >= c->start && pc < c->end;
	return pc < from + REACH && pc + REACH > from;
}

/* The depth of the stack is the same whichever way one comes: to go on from there once is enough. */
static bool was_there(struct coder *c, uint64_t pc)
{
	size_t slot = da_hash_mix(pc) % TARGETS;

	while (c->targets[slot] && c->targets[slot] != pc)
		slot = (slot + 1) % TARGETS;
	if (c->targets[slot] || c->ntargets == TARGETS / 2)
		return true;
	c->targets[slot] = pc;
	c->ntargets++;
	return false;
}

static enum step jump(struct coder *c, uint64_t to, bool conditional)
{
	struct way there = c->now;

	c->straight = false;
	if (!conditional && c->start && !inside(c, to))
		return finish(c, 0); /* another function goes on in this one's place */
	if (!inside(c, to) || was_there(c, to))
		return conditional ? ON : LOST;
	there.pc = to;
	if (!conditional)
		c->now = there;
	else if (c->nforks < FORKS)
		c->forks[c->nforks++] = there;
	return ON;
}

/* Arithmetic on the stack pointer: 81 and 83. */
static enum step arithmetic(struct coder *c, const struct da_x86_insn *i)
{
	if (i->modrm >> 6 != 3 || reg_of(c, (i->modrm & 7) | (i->rex & 1) << 3) != c->arch->sp)
		return ON;
	switch (i->modrm >> 3 & 7) {
	case 0: return move_sp(c, i->immediate);
	case 5: return move_sp(c, -(int64_t)i->immediate);
	case 7: return ON; /* cmp */
	default: return LOST;
	}
}

/* lea and mov whose result is sp. */
static enum step load_sp(struct coder *c, const struct da_x86_insn *i)
{
	unsigned mod = i->modrm >> 6, rm = i->modrm & 7;
	unsigned to = (i->modrm >> 3 & 7) | (i->rex & 4) << 1;
	unsigned from = rm | (i->rex & 1) << 3;

	if (i->opcode == 0x89) { /* mov: the other way round */
		to = from;
		from = (i->modrm >> 3 & 7) | (i->rex & 4) << 1;
		if (mod != 3)
			return ON;
	}
	if (reg_of(c, to) != c->arch->sp)
		return ON;
	if (i->opcode != 0x8d)
		return mod == 3 && reg_of(c, from) == c->arch->fp ? sp_from_fp(c, 0) : LOST;
	if (mod != 1 && mod != 2)
		return LOST;
	if (rm == 4)
		return i->sib == 0x24 && !(i->rex & 3) ? move_sp(c, i->displacement) : LOST;
	return reg_of(c, from) == c->arch->fp ? sp_from_fp(c, i->displacement) : LOST;
}

static enum step group_ff(struct coder *c, const struct da_x86_insn *i)
{
	switch (i->modrm >> 3 & 7) {
	case 4: case 5: return LOST; /* jmp: a table, or another function */
	case 6: return move_sp(c, -(int64_t)c->arch->word);
	default: return ON;
	}
}

/* Instructions of the one-byte map that a stack or a way depends on. */
static enum step one_byte(struct coder *c, const struct da_x86_insn *i)
{
	uint8_t op = i->opcode;
	enum step s;

	if (op >= 0x50 && op <= 0x57)
		return push(c, reg_of(c, (op & 7U) | (i->rex & 1U) << 3));
	if (op >= 0x58 && op <= 0x5f)
		return pop(c, reg_of(c, (op & 7U) | (i->rex & 1U) << 3));
	if (op >= 0x70 && op <= 0x7f)
		return jump(c, cut(c, c->now.pc + (uint64_t)(int64_t)i->immediate), true);
	switch (op) {
	case 0x68: case 0x6a: case 0x9c: return move_sp(c, -(int64_t)c->arch->word);
	case 0x9d: return move_sp(c, c->arch->word);
	case 0x8f: return (i->modrm >> 6) == 3 ? LOST : move_sp(c, c->arch->word);
	case 0x81: case 0x83: return arithmetic(c, i);
	case 0x8d: case 0x89: case 0x8b: return load_sp(c, i);
	case 0xc3: return finish(c, 0);
	case 0xc2: return finish(c, (uint16_t)i->immediate);
	case 0xc9:
		s = sp_from_fp(c, 0);
		return s == ON ? pop(c, c->arch->fp) : s;
	case 0xe9: case 0xeb:
		return jump(c, cut(c, c->now.pc + (uint64_t)(int64_t)i->immediate), false);
	case 0xff: return group_ff(c, i);
	case 0xc8: case 0xcc: case 0xcf: case 0xf4: case 0x60: case 0x61:
		return LOST; /* enter, int3, iret, hlt, pusha */
	default: return ON;
	}
}

static bool is_plain(const struct da_x86_insn *i)
{
	uint8_t op = i->opcode;

	return i->map == 0 && ((op >= 0x58 && op <= 0x5f) || op == 0xc9 || op == 0xc3 ||
			       ((op == 0x83 || op == 0x81) && i->modrm == 0xc4));
}

static bool is_trap(const struct da_x86_insn *i)
{
	return (i->map == 0 && (i->opcode == 0xf4 || i->opcode == 0xcc)) ||
	       (i->map == 1 && i->opcode == 0x0b);
}

/* One instruction at c->now. */
static enum step insn(struct coder *c)
{
	const struct da_memory *mem = &c->w->dump->proc.mem;
	uint8_t code[16];
	size_t n = da_mem_read_some(mem, c->now.pc, code, sizeof(code));
	struct da_x86_insn i;
	bool first;

	if (!inside(c, c->now.pc) || !da_x86_decode(code, n, c->arch->word == 8, &i))
		return LOST;
	/* Where the thread died, of hlt or ud2 maybe (musl's way to give up), is no end of a way. */
	first = c->w->exact_pc && c->now.pc == da_unwind_pc(c->w);
	c->now.pc = cut(c, c->now.pc + i.length);
	if (!is_plain(&i))
		c->straight = false;
	if (first && is_trap(&i))
		return ON;
	if (i.map == 0)
		return one_byte(c, &i);
	if (i.map == 1 && i.opcode >= 0x80 && i.opcode <= 0x8f)
		return jump(c, cut(c, c->now.pc + (uint64_t)(int64_t)i.immediate), true);
	return is_trap(&i) ? LOST : ON;
}

/* What the rest of the function may have changed is not known of its caller. */
static void forget(const struct coder *c, struct da_regs *r)
{
	uint64_t keep = c->arch->callee_saved | 1ULL << c->arch->pc | 1ULL << c->arch->sp;

	if (c->arch->tp != DA_REG_NONE)
		keep |= 1ULL << c->arch->tp;
	r->valid &= keep;
}

/*
 * Where code is missing at the caller, any address of code will do: the way there is read, not guessed.
 * A call stands before it, so never the first byte of what is mapped.
 */
static bool leads_to_code(const struct da_walk *w, uint64_t pc)
{
	return da_unwind_is_return(w, pc) ||
	       (da_unwind_code(w, pc) != DA_CODE_NO && da_unwind_code(w, pc - 1) != DA_CODE_NO &&
		!da_mem_view(&w->dump->proc.mem, pc - 1, 1));
}

/* One way has come to a ret: is it one? */
static bool accept(struct coder *c)
{
	if (c->straight)
		return true;
	forget(c, &c->now.r);
	return leads_to_code(c->w, c->now.r.v[c->arch->pc]);
}

/* All ways until one ends in a ret; c->now.r is the caller. */
static bool run(struct coder *c)
{
	for (unsigned k = 0; k < INSNS; k++) {
		enum step s;

		if (c->w->work && !da_unwind_spend(&c->w->work->insns))
			return false;
		s = insn(c);
		if (s == ON)
			continue;
		if (s == DONE && accept(c))
			return true;
		if (!c->nforks)
			return false;
		c->now = c->forks[--c->nforks];
	}
	return false;
}

static bool begin(struct coder *c, const struct da_walk *w)
{
	const struct da_place *place = da_symbols_place(w->symbols, da_unwind_pc(w), !w->exact_pc);

	c->w = w;
	c->arch = w->dump->proc.arch;
	c->now.r = w->regs;
	c->now.pc = da_unwind_pc(w);
	c->now.npushed = 0;
	c->nforks = 0;
	c->ntargets = 0;
	memset(c->targets, 0, sizeof(c->targets));
	c->straight = true;
	c->start = place->exact && place->size ? place->start : 0;
	c->end = c->start + place->size;
	return c->arch->lr == DA_REG_NONE && da_unwind_code(w, c->now.pc) != DA_CODE_NO;
}

bool da_unwind_run_code(const struct da_walk *w, struct da_regs *ret)
{
	struct coder c;

	if (!begin(&c, w) || !run(&c))
		return false;
	*ret = c.now.r;
	return true;
}

/* pc before or amid push %rbp; mov %rsp, %rbp: the return address is on top, or next to it. */
static bool in_prologue(struct coder *c)
{
	const struct da_memory *mem = &c->w->dump->proc.mem;
	size_t rex = c->arch->word == 8 ? 1 : 0;
	uint8_t code[8] = { 0 }, before = 0;
	const uint8_t *p = code;

	(void)da_mem_read_some(mem, c->now.pc, code, sizeof(code));
	if (p[0] == 0xf3 && p[1] == 0x0f && p[2] == 0x1e) /* endbr */
		p += 4;
	if (p[0] == 0x55)
		return pop(c, c->arch->pc) == ON;
	return (!rex || p[0] == 0x48) &&
	       ((p[rex] == 0x89 && p[rex + 1] == 0xe5) || (p[rex] == 0x8b && p[rex + 1] == 0xec)) &&
	       da_mem_u8(mem, c->now.pc - 1, &before) == DA_OK && before == 0x55 &&
	       pop(c, c->arch->fp) == ON && pop(c, c->arch->pc) == ON;
}

static bool prologue(const struct da_walk *w, struct da_regs *ret)
{
	struct coder c;

	if (!w->exact_pc || !begin(&c, w) || !in_prologue(&c) ||
	    !da_reg_known(&c.now.r, c.arch->pc) || !leads_to_code(w, c.now.r.v[c.arch->pc]))
		return false;
	*ret = c.now.r;
	return true;
}

static bool walk(const struct da_walk *w, struct da_regs *ret)
{
	struct coder c;
	uint64_t pc;

	if (!begin(&c, w) || !run(&c))
		return false;
	pc = c.now.r.v[c.arch->pc];
	if (c.straight ? !leads_to_code(w, pc) : !da_unwind_is_called_from(w, pc))
		return false;
	*ret = c.now.r;
	return true;
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	if (!prologue(w, ret) && !walk(w, ret))
		return DA_NOT_FOUND;
	w->cfa = ret->v[w->dump->proc.arch->sp];
	return DA_OK;
}

const struct da_unwinder da_unwinder_code_walk = { "code", DA_TRUST_FRAME_POINTER, step };
