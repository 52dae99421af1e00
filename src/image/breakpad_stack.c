/* SPDX-License-Identifier: Apache-2.0 */
/* Breakpad's unwind records: STACK WIN for x86 of Windows, STACK CFI for all others. */
#include "config.h"

#include <dwarf.h>
#include <string.h>

#include "image/breakpad.h"

#define ROWS_MAX 65536 /* of one function */

/* ---------------------------------------------------------------- STACK WIN */

static enum da_status read_win(const struct breakpad *b, const struct bp_entry *e, struct da_arena *a,
			       bool data, struct da_frame_data *ret)
{
	struct da_frame_data f = { 0 };
	uint64_t next;
	struct bp_line l = bp_line(b, e->at, &next);
	bool program;

	f.start = bp_hex(&l);
	f.size = bp_hex(&l);
	f.prolog = bp_hex(&l);
	(void)bp_hex(&l); /* epilog */
	f.params = bp_hex(&l);
	f.saved = bp_hex(&l);
	f.locals = bp_hex(&l);
	(void)bp_hex(&l); /* the largest the stack gets */
	program = bp_hex(&l) != 0;
	if (l.failed)
		return DA_CORRUPT;
	if (program)
		f.program = bp_rest(&l, a);
	else
		f.uses_bp = bp_hex(&l) != 0;
	if (data && !f.program)
		return DA_NOT_FOUND;
	*ret = f;
	return DA_OK;
}

enum da_status bp_frame(struct da_symfile *f, struct da_arena *a, uint32_t rva, struct da_frame_data *ret)
{
	struct breakpad *b = breakpad_of(f);
	const struct bp_entry *e;

	bp_index(b);
	e = bp_find(&b->win_data, rva);
	if (e && read_win(b, e, a, true, ret) == DA_OK)
		return DA_OK;
	e = bp_find(&b->win_fpo, rva);
	return e ? read_win(b, e, a, false, ret) : DA_NOT_FOUND;
}

/* ---------------------------------------------------------------- STACK CFI: one rule */

#define OPS_MAX 32

struct expression {
	struct da_op ops[OPS_MAX];
	uint32_t n;
};

struct token {
	const uint8_t *p;
	size_t n;
};

static struct token next_token(struct bp_line *l)
{
	struct token t = { l->p, 0 };

	while (l->p < l->end && *l->p != ' ')
		l->p++;
	t.n = (size_t)(l->p - t.p);
	while (l->p < l->end && *l->p == ' ')
		l->p++;
	return t;
}

static bool is(struct token t, const char *word)
{
	return t.n == strlen(word) && memcmp(t.p, word, t.n) == 0;
}

/* The DWARF number of a register; x86's are written with a $. */
static int register_of(const struct da_arch *arch, struct token t)
{
	char name[16];
	int r;

	if (t.n && *t.p == '$') {
		t.p++;
		t.n--;
	}
	if (!t.n || t.n >= sizeof(name))
		return -1;
	memcpy(name, t.p, t.n);
	name[t.n] = '\0';
	r = da_arch_reg(arch, name);
	for (unsigned i = 0; r != DA_REG_NONE && i < DA_CFI_REGS; i++)
		if (arch->from_dwarf(i) == r)
			return (int)i;
	return -1;
}

static bool integer(struct token t, int64_t *ret)
{
	bool minus = t.n && *t.p == '-';
	int64_t v = 0;

	if (t.n == (size_t)minus || t.n > 12)
		return false;
	for (size_t i = minus; i < t.n; i++) {
		if (t.p[i] < '0' || t.p[i] > '9')
			return false;
		v = v * 10 + (t.p[i] - '0');
	}
	*ret = minus ? -v : v;
	return true;
}

static bool push(struct expression *x, struct da_op op)
{
	if (x->n == OPS_MAX)
		return false;
	op.offset = x->n;
	x->ops[x->n++] = op;
	return true;
}

static bool push_token(const struct da_arch *arch, struct expression *x, struct token t)
{
	static const struct {
		char c;
		uint8_t atom;
	} operators[] = { { '+', DW_OP_plus }, { '-', DW_OP_minus }, { '*', DW_OP_mul },
			  { '/', DW_OP_div }, { '%', DW_OP_mod }, { '^', DW_OP_deref } };
	int64_t v;
	int r;

	if (is(t, ".cfa"))
		return push(x, (struct da_op){ .atom = DW_OP_call_frame_cfa });
	if (is(t, "@")) /* align down */
		return push(x, (struct da_op){ .atom = DW_OP_neg }) &&
		       push(x, (struct da_op){ .atom = DW_OP_and });
	for (size_t i = 0; t.n == 1 && i < DA_ARRAY_SIZE(operators); i++)
		if (*t.p == (uint8_t)operators[i].c)
			return push(x, (struct da_op){ .atom = operators[i].atom });
	if (integer(t, &v))
		return push(x, (struct da_op){ .atom = DW_OP_consts, .number = (uint64_t)v });
	r = register_of(arch, t);
	return r >= 0 && push(x, (struct da_op){ .atom = DW_OP_bregx, .number = (uint64_t)r });
}

/* The forms that nearly all rules have need no machine. */
static void simplify(struct da_arena *a, struct expression *x, struct da_cfi_rule *ret)
{
	bool at = x->n && x->ops[x->n - 1].atom == DW_OP_deref;
	uint32_t n = x->n - at;
	bool offset = n == 3 && x->ops[1].atom == DW_OP_consts &&
		      (x->ops[2].atom == DW_OP_plus || x->ops[2].atom == DW_OP_minus);
	int64_t value = offset ? (int64_t)x->ops[1].number : 0;

	*ret = (struct da_cfi_rule){ 0 };
	if (offset && x->ops[2].atom == DW_OP_minus)
		value = -value;
	if ((offset || n == 1) && x->ops[0].atom == DW_OP_call_frame_cfa) {
		ret->kind = at ? DA_RULE_CFA_OFFSET : DA_RULE_CFA_VALUE;
		ret->offset = value;
	} else if ((offset || n == 1) && x->ops[0].atom == DW_OP_bregx && !at) {
		ret->kind = DA_RULE_REG_OFFSET;
		ret->reg = (int16_t)x->ops[0].number;
		ret->offset = value;
	} else {
		ret->kind = at ? DA_RULE_EXPR_AT : DA_RULE_EXPR_VALUE;
		ret->ops = da_memdup(a, x->ops, n * sizeof(*x->ops));
		ret->nops = n;
	}
}

/* ---------------------------------------------------------------- STACK CFI: rows */

static struct da_cfi_rule *rule_of(const struct da_arch *arch, struct da_cfi_row *row, struct token t)
{
	int r;

	t.n--; /* the colon */
	if (is(t, ".cfa"))
		return &row->cfa;
	if (is(t, ".ra"))
		return &row->reg[row->ra];
	r = register_of(arch, t);
	return r >= 0 ? &row->reg[r] : NULL;
}

static bool set_rule(struct breakpad *b, struct da_cfi_rule *rule, bool cfa, struct expression *x)
{
	struct da_cfi_rule new;

	if (!rule)
		return true; /* a register that we do not know */
	if (!x->n)
		return false;
	simplify(b->base.arena, x, &new);
	if (cfa && new.kind != DA_RULE_REG_OFFSET) {
		if (new.kind != DA_RULE_EXPR_VALUE)
			return false;
	}
	*rule = new;
	return true;
}

/* "REG: EXPRESSION REG: EXPRESSION …": what is not named stays as it was. */
static bool read_rules(struct breakpad *b, struct bp_line l, struct da_cfi_row *row)
{
	struct da_cfi_rule *rule = NULL;
	struct expression x = { .n = 0 };
	bool any = false;

	while (l.p < l.end) {
		struct token t = next_token(&l);

		if (t.n > 1 && t.p[t.n - 1] == ':') {
			if (any && !set_rule(b, rule, rule == &row->cfa, &x))
				return false;
			rule = rule_of(b->arch, row, t);
			x.n = 0;
			any = true;
		} else if (rule && !push_token(b->arch, &x, t)) {
			return false;
		}
	}
	return any && set_rule(b, rule, rule == &row->cfa, &x);
}

static void defaults(const struct breakpad *b, struct da_cfi_row *row)
{
	const struct da_arch *arch = b->arch;

	for (unsigned i = 0; i < DA_CFI_REGS; i++) {
		int r = arch->from_dwarf(i);

		if (r == DA_REG_NONE)
			continue;
		if (r == (arch->lr != DA_REG_NONE ? arch->lr : arch->pc))
			row->ra = (uint8_t)i;
		else if (arch->callee_saved >> r & 1)
			row->reg[i].kind = DA_RULE_SAME;
	}
	row->cfa.kind = DA_RULE_UNDEFINED;
}

/* The rows behind STACK CFI INIT, as far as the address. */
static enum da_status read_rows(struct breakpad *b, const struct bp_entry *e, uint32_t rva,
				struct da_cfi_row *row)
{
	uint64_t next;
	struct bp_line l = bp_line(b, e->at, &next);

	defaults(b, row);
	row->start = bp_hex(&l);
	row->end = row->start + bp_hex(&l);
	if (l.failed || !read_rules(b, l, row))
		return DA_UNSUPPORTED;
	for (unsigned i = 0; i < ROWS_MAX && next < b->base.bytes.n; i++) {
		uint32_t addr;

		l = bp_line(b, next, &next);
		if (!bp_word(&l, "STACK") || !bp_word(&l, "CFI") || bp_word(&l, "INIT"))
			break;
		addr = bp_hex(&l);
		if (l.failed)
			return DA_CORRUPT;
		if (addr > rva) {
			row->end = DA_MIN(row->end, (uint64_t)addr);
			break;
		}
		row->start = addr;
		if (!read_rules(b, l, row))
			return DA_UNSUPPORTED;
	}
	/* Without a rule for the return address nothing is known; it does not say that the stack ends. */
	return row->cfa.kind == DA_RULE_UNDEFINED || row->reg[row->ra].kind == DA_RULE_UNDEFINED ?
		       DA_UNSUPPORTED : DA_OK;
}

enum da_status bp_cfi(struct da_symfile *f, uint32_t rva, const struct da_cfi_row **ret)
{
	struct breakpad *b = breakpad_of(f);
	const struct bp_entry *e;
	struct da_cfi_row *row;
	enum da_status st;
	uint64_t *slot;
	bool fresh;

	if (!b->arch || !b->arch->full)
		return DA_NOT_FOUND;
	bp_index(b);
	e = bp_find(&b->cfi, rva);
	if (!e)
		return DA_NOT_FOUND;
	slot = da_map_put(f->arena, &b->rows, rva, &fresh);
	if (!fresh) {
		*ret = (const struct da_cfi_row *)(uintptr_t)*slot;
		return *slot ? DA_OK : DA_UNSUPPORTED;
	}
	row = da_new(f->arena, struct da_cfi_row);
	st = read_rows(b, e, rva, row);
	if (st != DA_OK)
		return st;
	*slot = (uintptr_t)row;
	*ret = row;
	return DA_OK;
}
