/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "image/private.h"

struct da_cfi {
	Dwarf_CFI *eh, *debug; /* .eh_frame, .debug_frame; NULL: none */
	struct da_map rows;    /* address to row; 0: there is none */
	struct da_map by_start; /* start of a row to row */
};

static void end_cfi(void *ptr)
{
	dwarf_cfi_end(ptr);
}

/* A file that holds only .debug_frame, where the section is compressed or the file has more in it. */
static Dwarf *debug_frame_alone(struct da_image *im, struct da_section *s)
{
	struct da_part part = { .name = ".debug_frame", .type = SHT_PROGBITS, .addr = s->addr,
				.owner = im, .section = s };

	return da_dwarf_open(im->arena, da_image_build(im->arena, im, &part, 1));
}

static struct da_cfi *open_cfi(struct da_image *im)
{
	struct da_cfi *c = da_new(im->arena, struct da_cfi);
	const struct da_section *eh = da_image_section(im, ".eh_frame");
	struct da_section *debug = da_image_section(im, ".debug_frame");
	Dwarf *dwarf;
	Elf *elf = NULL;

	if (im->from_memory || da_image_use_segments(im))
		da_image_memory_cfi(im);
	if (im->pe && da_image_section_raw(im, eh).n) {
		struct da_part part = { .name = ".eh_frame", .type = SHT_PROGBITS, .addr = eh->addr,
					.bytes = da_image_section_raw(im, eh) };

		im->cfi_elf = da_image_build(im->arena, im, &part, 1);
	}
	if (im->cfi_elf.n)
		elf = da_image_libelf(im->arena, im->cfi_elf);
	else if (da_image_section_raw(im, eh).n && !(eh->flags & SHF_COMPRESSED))
		elf = da_image_libelf(im->arena, im->bytes);
	if (elf)
		c->eh = dwarf_getcfi_elf(elf);
	if (c->eh)
		da_arena_on_free(im->arena, end_cfi, c->eh);
	if (!debug)
		debug = da_image_section(im, ".zdebug_frame");
	dwarf = debug ? debug_frame_alone(im, debug) : NULL;
	if (dwarf)
		c->debug = dwarf_getcfi(dwarf); /* belongs to the Dwarf */
	return c;
}

/* ---------------------------------------------------------------- rules */

static const struct da_op *copy_ops(struct da_arena *a, const Dwarf_Op *ops, size_t n)
{
	struct da_op *copy = da_calloc(a, n, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = (struct da_op){ ops[i].atom, ops[i].number, ops[i].number2, ops[i].offset };
	return copy;
}

/*
 * libdw gives the rule of a register as operations: none and no array: same value; none: undefined;
 * call_frame_cfa [plus_uconst n] [stack_value] for the two offset rules; regx r for a register; an
 * expression else, which also starts with call_frame_cfa.
 */
static struct da_cfi_rule register_rule(struct da_arena *a, const Dwarf_Op *ops, size_t n)
{
	struct da_cfi_rule r = { .kind = DA_RULE_UNDEFINED };
	bool value = n > 1 && ops[n - 1].atom == DW_OP_stack_value;
	size_t plain = n - value;

	if (n == 0) {
		r.kind = ops ? DA_RULE_UNDEFINED : DA_RULE_SAME;
	} else if (n == 1 && ops[0].atom == DW_OP_regx && ops[0].number < INT16_MAX) {
		r.kind = DA_RULE_REG_OFFSET;
		r.reg = (int16_t)ops[0].number;
	} else if (ops[0].atom == DW_OP_call_frame_cfa &&
		   (plain == 1 || (plain == 2 && ops[1].atom == DW_OP_plus_uconst))) {
		r.kind = value ? DA_RULE_CFA_VALUE : DA_RULE_CFA_OFFSET;
		r.offset = plain == 2 ? (int64_t)ops[1].number : 0;
	} else if (plain <= da_limits_default.expression) {
		r.kind = value ? DA_RULE_EXPR_VALUE : DA_RULE_EXPR_AT;
		r.ops = copy_ops(a, ops, plain);
		r.nops = (uint32_t)plain;
	}
	return r;
}

static bool cfa_rule(struct da_arena *a, Dwarf_Frame *frame, struct da_cfi_rule *ret)
{
	Dwarf_Op *ops;
	size_t n;

	if (dwarf_frame_cfa(frame, &ops, &n) != 0 || n == 0)
		return false;
	if (n == 1 && ops[0].atom == DW_OP_bregx && ops[0].number < INT16_MAX) {
		*ret = (struct da_cfi_rule){ .kind = DA_RULE_REG_OFFSET, .reg = (int16_t)ops[0].number,
					 .offset = (int64_t)ops[0].number2 };
		return true;
	}
	if (n > da_limits_default.expression)
		return false;
	*ret = (struct da_cfi_rule){ .kind = DA_RULE_EXPR_VALUE, .ops = copy_ops(a, ops, n),
				 .nops = (uint32_t)n };
	return true;
}

/*
 * The defaults of libdw for x86-64 take DWARF register 0 for %rbx; it is %rax, which no
 * call keeps, and %rbx, 3, which every call does, is left undefined.
 */
static void correct_defaults(const struct da_image *im, struct da_cfi_row *row)
{
	if (im->machine != EM_X86_64)
		return;
	if (row->reg[0].kind == DA_RULE_SAME)
		row->reg[0].kind = DA_RULE_UNDEFINED;
	if (row->reg[3].kind == DA_RULE_UNDEFINED)
		row->reg[3].kind = DA_RULE_SAME;
}

static struct da_cfi_row *make_row(struct da_image *im, Dwarf_Frame *frame)
{
	struct da_arena *a = im->arena;
	struct da_cfi_row *row = da_new(a, struct da_cfi_row);
	Dwarf_Addr start, end;
	bool signal;
	int ra = dwarf_frame_info(frame, &start, &end, &signal);

	if (ra < 0 || ra > UINT8_MAX || !cfa_rule(a, frame, &row->cfa))
		return NULL;
	row->start = start;
	row->end = end;
	row->signal_frame = signal;
	row->ra = (uint8_t)ra;
	for (int i = 0; i < DA_CFI_REGS; i++) {
		Dwarf_Op mem[3], *ops = mem;
		size_t n = 0;

		if (dwarf_frame_register(frame, i, mem, &ops, &n) != 0)
			return NULL;
		row->reg[i] = register_rule(a, ops, n);
	}
	correct_defaults(im, row);
	return row;
}

/* ---------------------------------------------------------------- look-up */

/* DA_NOT_FOUND: no entry covers the address; DA_CORRUPT: one does, and makes no sense. */
static enum da_status look_up(struct da_image *im, Dwarf_CFI *cfi, uint64_t addr,
			      struct da_cfi_row **ret)
{
	Dwarf_Frame *frame = NULL;
	Dwarf_Addr start;
	bool signal;
	uint64_t *known;
	enum da_status status = DA_OK;

	if (!cfi || dwarf_cfi_addrframe(cfi, addr, &frame) != 0)
		return DA_NOT_FOUND;
	if (dwarf_frame_info(frame, &start, NULL, &signal) < 0) {
		free(frame);
		return DA_CORRUPT;
	}
	known = da_map_put(im->arena, &im->cfi->by_start, start, NULL);
	if (!*known)
		*known = (uintptr_t)make_row(im, frame);
	*ret = (struct da_cfi_row *)(uintptr_t)*known;
	if (!*ret)
		status = DA_CORRUPT;
	free(frame);
	return status;
}

enum da_status da_image_cfi(struct da_image *im, uint64_t addr, const struct da_cfi_row **ret)
{
	struct da_cfi_row *row = NULL;
	enum da_status status;
	uint64_t *known;
	bool fresh;

	if (!im->cfi)
		im->cfi = open_cfi(im);
	known = da_map_put(im->arena, &im->cfi->rows, addr, &fresh);
	if (!fresh) {
		if (*known > 1)
			*ret = (const struct da_cfi_row *)(uintptr_t)*known;
		return *known > 1 ? DA_OK : *known ? DA_CORRUPT : DA_NOT_FOUND;
	}
	status = look_up(im, im->cfi->eh, addr, &row);
	if (status == DA_NOT_FOUND)
		status = look_up(im, im->cfi->debug, addr, &row);
	*known = status == DA_OK ? (uintptr_t)row : status == DA_CORRUPT;
	if (status == DA_OK)
		*ret = row;
	return status;
}
