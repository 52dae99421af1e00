/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The faulting instruction as text, and the values of its operands.
 *
 * Text comes from capstone, but only of one instruction, only where our own decoder knows the form,
 * and only when both agree on its length: capstone 4 prints several newer instructions under an old
 * name (incssp as lfence, rdpid as rdseed). Everything else is shown by its bytes: code, not data.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#ifdef HAVE_CAPSTONE
#include <capstone.h>
#endif

#include "fault/parts.h"

/* ---------------------------------------------------------------- text */

static void add_bytes(struct da_str *s, const uint8_t *code, size_t n)
{
	for (size_t i = 0; i < n; i++)
		da_str_addf(s, "%s%02x", i ? " " : "", code[i]);
}

#ifdef HAVE_CAPSTONE
static const struct {
	const char *arch;
	cs_arch cs;
	cs_mode mode;
} engines[] = {
	{ "x86_64", CS_ARCH_X86, CS_MODE_64 },
	{ "x86", CS_ARCH_X86, CS_MODE_32 },
	{ "aarch64", CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN },
};

static bool engine(const struct da_arch *arch, csh *ret)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(engines); i++)
		if (da_streq(engines[i].arch, arch->name))
			return cs_open(engines[i].cs, engines[i].mode, ret) == CS_ERR_OK;
	return false;
}

/* rep, lock and the like stand before the mnemonic that a name of ours can be compared with. */
static bool same_name(const char *mnemonic, const char *name)
{
	const char *last = strrchr(mnemonic, ' ');

	return da_streq(last ? last + 1 : mnemonic, name);
}

static bool disassemble(struct da_str *s, const struct da_arch *arch, const struct da_insn *in,
			const uint8_t *code, uint64_t pc)
{
	csh h;
	cs_insn *insn = NULL;
	size_t n;
	bool ok;

	if (!engine(arch, &h))
		return false;
	n = cs_disasm(h, code, in->len, pc, 1, &insn);
	ok = n == 1 && insn->size == in->len && (!in->name || same_name(insn->mnemonic, in->name));
	if (ok) {
		da_text_add(s, insn->mnemonic, strnlen(insn->mnemonic, sizeof(insn->mnemonic)));
		if (insn->op_str[0]) {
			da_str_addc(s, ' ');
			da_text_add(s, insn->op_str, strnlen(insn->op_str, sizeof(insn->op_str)));
		}
	}
	if (n)
		cs_free(insn, n);
	cs_close(&h);
	return ok;
}
#else
static bool disassemble(struct da_str *s, const struct da_arch *arch, const struct da_insn *in,
			const uint8_t *code, uint64_t pc)
{
	return false;
}
#endif

static const char *text_of(struct da_fault *f)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	uint8_t code[16];

	if (da_mem_read(&f->p->mem, f->insn_pc, code, f->insn.len, NULL) != DA_OK)
		return NULL;
	if (f->insn.odd || !disassemble(&s, f->p->arch, &f->insn, code, f->insn_pc)) {
		if (f->insn.name)
			da_str_addf(&s, "%s ", f->insn.name);
		else
			da_str_add(&s, "could not be decoded ");
		da_str_add(&s, "(bytes ");
		add_bytes(&s, code, f->insn.len);
		da_str_addc(&s, ')');
	}
	return da_strdup(f->d->arena, da_str_get(&s));
}

/* ---------------------------------------------------------------- values */

#define NEARBY UINT64_C(0x10000)

static void separate(struct da_str *s)
{
	if (s->n)
		da_str_add(s, ", ");
}

/* The address that failed stands in the report anyway: what differs from it by a little need not hide. */
static bool add_relation(struct da_str *s, const struct da_fault *f, uint64_t value)
{
	uint64_t over = value - f->e->address, under = f->e->address - value;

	if (!f->e->has_address || (over >= NEARBY && under >= NEARBY))
		return false;
	da_str_add(s, "the failing address");
	if (over && over < NEARBY)
		da_str_addf(s, " + 0x%" PRIx64, over);
	else if (over)
		da_str_addf(s, " - 0x%" PRIx64, under);
	return true;
}

static void add_value(struct da_str *s, struct da_fault *f, uint64_t value)
{
	const char *meaning = NULL;

	if (!da_value_shown(f->d, f->s, value, &meaning)) {
		if (!add_relation(s, f, value))
			da_str_add(s, "no address of this process");
		return;
	}
	da_str_addf(s, DA_ADDR("0x%" PRIx64), value);
	if (meaning)
		da_str_addf(s, " (%s)", meaning);
}

static void add_registers(struct da_str *s, struct da_fault *f)
{
	for (unsigned i = 0; i < f->insn.nregs; i++) {
		int r = f->insn.reg[i];

		if (!da_reg_known(&f->regs, r) || r >= (int)f->p->arch->nregs)
			continue;
		separate(s);
		da_str_addf(s, "%s = ", f->p->arch->regs[r].name);
		add_value(s, f, f->regs.v[r]);
	}
}

static bool read_sized(const struct da_memory *m, uint64_t addr, uint32_t size, uint64_t *ret)
{
	uint8_t b[8] = { 0 };
	struct da_cursor c = da_cursor(b, sizeof(b), m->big_endian, 8);

	if (size > 8 || da_mem_read(m, addr, b, size, NULL) != DA_OK)
		return false;
	switch (size) {
	case 1: *ret = da_get_u8(&c); return true;
	case 2: *ret = da_get_u16(&c); return true;
	case 4: *ret = da_get_u32(&c); return true;
	case 8: *ret = da_get_u64(&c); return true;
	default: return false;
	}
}

static const char *division(struct da_fault *f)
{
	struct da_insn *in = &f->insn;
	uint64_t mask = in->operand == 8 ? UINT64_MAX : (1ULL << in->operand * 8) - 1;
	uint64_t smallest = (mask >> 1) + 1;

	if (!in->divisor_known && in->nmem && in->mem[0].known)
		in->divisor_known = read_sized(&f->p->mem, in->mem[0].addr, in->operand, &in->divisor);
	if (!in->divisor_known)
		return NULL;
	f->e->divisor_zero = in->divisor == 0;
	if (in->divisor == 0)
		return "the divisor is 0";
	if (in->divide_signed && in->divisor == mask && in->dividend_known &&
	    in->dividend_low == smallest && in->dividend_high == mask)
		return "the smallest integer divided by -1: the result does not fit";
	return "the divisor is not 0: the quotient does not fit";
}

static const char *operands_of(struct da_fault *f)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	switch (f->e->cause) {
	case DA_CAUSE_ARITHMETIC:
		if (f->insn.kind == DA_INSN_DIVIDE && division(f))
			da_str_add(&s, division(f));
		break;
	case DA_CAUSE_ACCESS: case DA_CAUSE_STACK_OVERFLOW: case DA_CAUSE_MISALIGNED:
	case DA_CAUSE_BEYOND_FILE: case DA_CAUSE_HARDWARE_MEMORY:
		add_registers(&s, f);
		break;
	default: break;
	}
	return s.n ? da_strdup(f->d->arena, s.s) : NULL;
}

static void refusal(struct da_fault *f)
{
	const struct da_range *r = da_mem_range(&f->p->mem, f->pc);

	if (f->executes_nothing || (r && (r->kind == DA_RANGE_STACK || r->kind == DA_RANGE_HEAP)) ||
	    da_thread_of_stack(f->p, f->pc) != DA_NONE)
		f->e->refused = DA_REFUSED_DATA;
	else if (f->has_insn && f->insn.kind == DA_INSN_UNDEFINED)
		f->e->refused = DA_REFUSED_TRAP;
	else if (f->has_insn && (f->insn.kind == DA_INSN_PRIVILEGED || f->insn.kind == DA_INSN_HALT))
		f->e->refused = DA_REFUSED_PRIVILEGED;
}

void da_fault_instruction(struct da_fault *f)
{
	if (f->e->cause == DA_CAUSE_ILLEGAL_INSTRUCTION)
		refusal(f);
	if (!f->has_insn)
		return;
	f->e->instruction = text_of(f);
	f->e->operands = operands_of(f);
}
