/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Call frame information: .eh_frame and .debug_frame, row by row (DWARF 5, 6.4.3).
 */
#include "config.h"

#include "unwind/step.h"

struct frame {
	struct da_walk *w;
	const struct da_cfi_row *row;
	struct da_expr expr;
};

/* A constant: what is not known needs no address. */
#define NOT_KNOWN "the unwind information needs a register whose value is not known"

static enum da_status unknown_register(struct da_walk *w)
{
	w->why = NOT_KNOWN;
	return DA_FAULT;
}

static enum da_status expression(struct frame *f, const struct da_cfi_rule *rule, uint64_t *ret)
{
	enum da_status st = da_expr_eval(&f->expr, rule->ops, rule->nops, ret);

	f->w->fault = st == DA_FAULT ? f->expr.fault : 0;
	if (st == DA_FAULT && !f->w->fault)
		f->w->why = NOT_KNOWN;
	else if (st != DA_OK && st != DA_FAULT)
		f->w->why = "the unwind information has an expression that cannot be computed";
	return st;
}

static enum da_status register_offset(const struct frame *f, const struct da_cfi_rule *rule, uint64_t *ret)
{
	const struct da_walk *w = f->w;
	int r = rule->reg >= 0 ? w->dump->proc.arch->from_dwarf((unsigned)rule->reg) : DA_REG_NONE;

	if (!da_reg_known(&w->regs, r))
		return unknown_register(f->w);
	*ret = w->regs.v[r] + (uint64_t)rule->offset;
	return DA_OK;
}

/*
 * aarch64 behind a frame record: sp is not known, but compilers let x29 point at the record, and the
 * row says how far below the CFA the record lies.
 */
static bool cfa_from_record(const struct frame *f, uint64_t *ret)
{
	const struct da_arch *arch = f->w->dump->proc.arch;
	const struct da_cfi_rule *fp = &f->row->reg[arch->fp], *lr = &f->row->reg[f->row->ra];

	if (arch->lr == DA_REG_NONE || fp->kind != DA_RULE_CFA_OFFSET ||
	    lr->kind != DA_RULE_CFA_OFFSET || lr->offset != fp->offset + arch->word ||
	    !da_reg_known(&f->w->regs, arch->fp))
		return false;
	*ret = f->w->regs.v[arch->fp] - (uint64_t)fp->offset;
	return true;
}

static bool uses_sp(const struct frame *f, const struct da_cfi_rule *rule)
{
	const struct da_arch *arch = f->w->dump->proc.arch;

	return rule->kind != DA_RULE_REG_OFFSET || rule->reg < 0 ||
	       arch->from_dwarf((unsigned)rule->reg) == arch->sp;
}

static enum da_status find_cfa(struct frame *f, uint64_t *ret)
{
	const struct da_cfi_rule *rule = &f->row->cfa;

	if (f->w->sp_guess && uses_sp(f, rule))
		return cfa_from_record(f, ret) ? DA_OK : unknown_register(f->w);
	switch (rule->kind) {
	case DA_RULE_REG_OFFSET:
		return register_offset(f, rule, ret);
	case DA_RULE_EXPR_VALUE:
	case DA_RULE_EXPR_AT: /* the CFA is the result itself, however the row spells it */
		return expression(f, rule, ret);
	default:
		f->w->why = "the unwind information does not say where the frame ends";
		return DA_CORRUPT;
	}
}

/* The caller's value of one column. DA_NOT_FOUND: it is lost. */
static enum da_status value(struct frame *f, const struct da_cfi_rule *rule, int r, uint64_t *ret)
{
	uint64_t cfa = f->expr.cfa, at;
	enum da_status st;

	switch (rule->kind) {
	case DA_RULE_SAME:
		if (!da_reg_known(&f->w->regs, r))
			return DA_NOT_FOUND;
		*ret = f->w->regs.v[r];
		return DA_OK;
	case DA_RULE_CFA_OFFSET:
		return da_unwind_word(f->w, cfa + (uint64_t)rule->offset, ret);
	case DA_RULE_CFA_VALUE:
		*ret = cfa + (uint64_t)rule->offset;
		return DA_OK;
	case DA_RULE_REG_OFFSET:
		return register_offset(f, rule, ret);
	case DA_RULE_EXPR_AT:
		st = expression(f, rule, &at);
		return st == DA_OK ? da_unwind_word(f->w, at, ret) : st;
	case DA_RULE_EXPR_VALUE:
		return expression(f, rule, ret);
	default:
		return DA_NOT_FOUND;
	}
}

static enum da_status outermost(struct da_walk *w, const char *why)
{
	w->end = DA_END_COMPLETE;
	w->why = why;
	return DA_PARTIAL;
}

static enum da_status return_address(struct frame *f, uint64_t *ret)
{
	struct da_walk *w = f->w;
	const struct da_arch *arch = w->dump->proc.arch;
	const struct da_cfi_rule *rule = &f->row->reg[f->row->ra];
	int column = arch->from_dwarf(f->row->ra);
	uint64_t mask = arch->word == 8 ? UINT64_MAX : UINT32_MAX;
	uint64_t pc;
	enum da_status st;

	if (rule->kind == DA_RULE_UNDEFINED)
		return outermost(w, "its unwind information says that nothing called it");
	if (rule->kind == DA_RULE_SAME && !w->exact_pc) {
		/* A link register that was not saved: the call made since then has overwritten it. */
		w->why = "the function did not keep its return address: it calls only what never returns";
		return DA_FAULT;
	}
	st = value(f, rule, column, &pc);
	if (st == DA_NOT_FOUND)
		return unknown_register(w);
	if (st != DA_OK)
		return st;
	pc = arch->strip(pc & mask, w->thread->pac_mask);
	if (pc == 0)
		return outermost(w, "its return address is 0");
	*ret = pc;
	return DA_OK;
}

/* All columns but the return address; what the row cannot give stays unknown. */
static void registers(struct frame *f, struct da_regs *ret)
{
	const struct da_arch *arch = f->w->dump->proc.arch;
	uint64_t mask = arch->word == 8 ? UINT64_MAX : UINT32_MAX;
	uint64_t v;

	da_unwind_keep(f->w, ret);
	for (unsigned i = 0; i < DA_CFI_REGS; i++) {
		int r = arch->from_dwarf(i);

		if (r == DA_REG_NONE || r == arch->pc || r == arch->sp)
			continue;
		if (f->row->reg[i].kind != DA_RULE_UNDEFINED &&
		    value(f, &f->row->reg[i], r, &v) == DA_OK)
			da_reg_set(ret, r, v & mask);
	}
	/* The caller's link register was overwritten by the call itself. */
	if (arch->lr != DA_REG_NONE && !f->row->signal_frame)
		da_reg_forget(ret, arch->lr);
}

/* By definition the CFA, but a signal frame restores it like any other. */
static enum da_status stack_pointer(struct frame *f, uint64_t *ret)
{
	const struct da_arch *arch = f->w->dump->proc.arch;

	for (unsigned i = 0; i < DA_CFI_REGS; i++) {
		const struct da_cfi_rule *rule = &f->row->reg[i];

		if (arch->from_dwarf(i) != arch->sp)
			continue;
		if (rule->kind == DA_RULE_UNDEFINED || rule->kind == DA_RULE_SAME)
			break;
		return value(f, rule, arch->sp, ret);
	}
	*ret = f->expr.cfa;
	return DA_OK;
}

/*
 * A return address into the kernel's trampoline is the trampoline's first byte: the row is that of pc
 * itself there, and that of the call before it anywhere else.
 */
static enum da_status find_row(struct da_walk *w, const struct da_cfi_row **ret)
{
	uint64_t bias;
	enum da_status st = da_symbols_cfi(w->symbols, da_unwind_lookup(w), ret, &bias);

	if (st == DA_OK || w->exact_pc)
		return st;
	if (da_symbols_cfi(w->symbols, da_unwind_pc(w), ret, &bias) == DA_OK && (*ret)->signal_frame)
		return DA_OK;
	return st;
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	struct frame f = { .w = w };
	uint64_t cfa, pc, sp;
	enum da_status st = find_row(w, &f.row);

	if (st != DA_OK)
		return st == DA_NOT_FOUND ? DA_NOT_FOUND : DA_CORRUPT;
	if (f.row->ra >= DA_CFI_REGS)
		return DA_CORRUPT;
	f.expr = (struct da_expr){ .arch = arch, .mem = &w->dump->proc.mem, .regs = &w->regs,
				   .max_ops = w->dump->limits->expression };
	if (f.row->reg[f.row->ra].kind == DA_RULE_UNDEFINED)
		return return_address(&f, &pc);
	if ((st = find_cfa(&f, &cfa)) != DA_OK)
		return st;
	f.expr.cfa = arch->word == 8 ? cfa : (uint32_t)cfa;
	f.expr.has_cfa = true;
	w->cfa = f.expr.cfa;
	if ((st = return_address(&f, &pc)) != DA_OK || (st = stack_pointer(&f, &sp)) != DA_OK)
		return st;
	/* Standing on a guess, the row proves itself by where it leads. */
	if (w->trust < DA_TRUST_CFI && !f.row->signal_frame && !da_unwind_is_return(w, pc)) {
		w->why = "the unwind information leads to an address that is not code";
		return DA_CORRUPT;
	}
	/* An entry point written in C has rows like any function, and above them what the kernel left. */
	if (!w->exact_pc && da_unwind_code(w, pc) == DA_CODE_NO && da_unwinder_entry.step(w, ret) == DA_PARTIAL)
		return DA_PARTIAL;
	registers(&f, ret);
	da_reg_set(ret, arch->pc, pc);
	da_reg_set(ret, arch->sp, sp);
	w->signal = f.row->signal_frame;
	return DA_OK;
}

const struct da_unwinder da_unwinder_cfi = { "cfi", DA_TRUST_CFI, step };
