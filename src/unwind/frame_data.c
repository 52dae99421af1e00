/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows on x86: the frame data of a symbol file (FrameData and FPO of a PDB, STACK WIN of Breakpad).
 * A record's program is postfix: registers, $T0…, numbers, + - * / % @ (align down) ^ (memory) =
 * (assign), and words that stand for the sizes of the record. Its .raSearch is the place of the return
 * address as far as sizes tell; arguments that were pushed for a call are in none of them, so it is
 * looked for from there on (dbghelp does the same).
 */
#include "config.h"

#include <string.h>

#include "unwind/step.h"

enum { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI, EIP, TEMPORARIES, VARS = TEMPORARIES + 16 };

#define EM_386 3
#define TOKENS_MAX 512
#define STACK_MAX 32
#define ARGUMENT_WORDS 16 /* that may lie between the frame and esp where nothing tells how many */
#define MASK(r) (1ULL << (r))
#define KEPT (MASK(EBX) | MASK(EBP) | MASK(ESI) | MASK(EDI))

struct value {
	uint32_t v;
	int var;    /* what it was read from, or -1 */
	bool known;
	bool gone;  /* it was read from below the stack pointer: an epilog has taken it back already */
};

struct machine {
	struct da_walk *w;
	const struct da_frame_data *f;
	uint32_t var[VARS];
	uint64_t known, assigned; /* masks of var */
	uint64_t gone;            /* registers that already hold the caller's value */
	struct value stack[STACK_MAX];
	unsigned n;
	uint32_t esp, function;   /* function: where it begins, or 0 */
	bool searched, sure;      /* .raSearch was used; it stands exactly where the sizes say */
	uint32_t found;
	enum da_status status;
};

static void fail(struct machine *m, enum da_status status)
{
	if (m->status == DA_OK)
		m->status = status;
}

static void push(struct machine *m, struct value v)
{
	if (m->n == STACK_MAX)
		fail(m, DA_CORRUPT);
	else
		m->stack[m->n++] = v;
}

static struct value pop(struct machine *m)
{
	if (!m->n) {
		fail(m, DA_CORRUPT);
		return (struct value){ .var = -1 };
	}
	return m->stack[--m->n];
}

/* ---------------------------------------------------------------- the return address */

/* How well a word fits as the return address. */
enum fit {
	NONE,
	A_MODULE,    /* an address of a module whose code is not at hand */
	A_FUNCTION,  /* the same, inside a function that is known */
	OTHER_CALL,  /* behind a call of another function, which may have jumped here */
	POINTER,     /* behind a call by a pointer */
	OUR_CALL,    /* behind a call of the function at hand */
};

static enum fit fit(struct machine *m, uint32_t at)
{
	const struct da_process *p = &m->w->dump->proc;
	uint32_t module, v, offset;
	uint8_t op;

	if (da_mem_u32(&p->mem, at, &v) != DA_OK)
		return NONE;
	if (v < 8 || !da_mem_view(&p->mem, v - 8, 8)) {
		module = da_module_at(p, v);
		if (module == DA_NONE || v - p->modules.v[module].start < 4096 ||
		    da_unwind_code(m->w, v) == DA_CODE_NO)
			return NONE;
		return da_unwind_is_return(m->w, v) ? A_FUNCTION : A_MODULE;
	}
	if (!da_unwind_is_return(m->w, v))
		return NONE;
	if (!m->function || da_mem_u8(&p->mem, v - 5, &op) != DA_OK || op != 0xe8 ||
	    da_mem_u32(&p->mem, v - 4, &offset) != DA_OK)
		return POINTER;
	return v + offset == m->function ? OUR_CALL : OTHER_CALL;
}

struct candidate {
	uint32_t at;
	unsigned score;
};

/* A word where the sizes put it is worth two steps more than any other, and may be less well known. */
static void consider(struct machine *m, struct candidate *best, uint64_t at, bool expected)
{
	enum fit f = at <= UINT32_MAX ? fit(m, (uint32_t)at) : NONE;
	unsigned score = f == NONE || (f == A_MODULE && !expected) ? 0 : f + (expected ? 2 : 0);

	if (score > best->score)
		*best = (struct candidate){ (uint32_t)at, score };
}

/*
 * Are the arguments for the callee still on the stack? Not when it took them away, nor when they lie
 * in what counts as locals (clang, gcc): both places are as good.
 */
static bool search(struct machine *m, uint32_t *ret)
{
	uint64_t start = (uint64_t)m->esp + m->f->locals + m->f->saved;
	uint32_t args = m->w->has_args ? m->w->args : 0;
	uint32_t words = m->w->has_args ? DA_MIN(args / 4, 64U) : ARGUMENT_WORDS;
	struct candidate best = { 0, 0 };

	consider(m, &best, start, true);
	if (args && best.score < POINTER + 2)
		consider(m, &best, start + args, true);
	for (uint32_t i = 1; i <= words && best.score < POINTER + 2; i++)
		consider(m, &best, start + 4 * (uint64_t)i, false);
	m->sure = best.score && best.at == start;
	/* An epilog has given back a part of the frame. */
	for (uint64_t at = start; !best.score && m->w->exact_pc && at >= (uint64_t)m->esp + 4 && start - at < 4096;) {
		at -= 4;
		consider(m, &best, at, false);
	}
	*ret = best.at;
	return best.score;
}

static struct value ra_search(struct machine *m)
{
	if (!m->searched) {
		m->searched = true;
		if (!search(m, &m->found))
			fail(m, DA_NOT_FOUND);
	}
	return (struct value){ m->found, -1, true, false };
}

/* ---------------------------------------------------------------- the program */

static int variable(const char *t, size_t n)
{
	static const struct {
		const char *name;
		int var;
	} registers[] = { { "$eip", EIP }, { "$esp", ESP }, { "$ebp", EBP }, { "$ebx", EBX },
			  { "$esi", ESI }, { "$edi", EDI }, { "$eax", EAX }, { "$ecx", ECX },
			  { "$edx", EDX }, { "$L", TEMPORARIES + 10 }, { "$P", TEMPORARIES + 11 } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(registers); i++)
		if (n == strlen(registers[i].name) && memcmp(t, registers[i].name, n) == 0)
			return registers[i].var;
	if (n == 3 && t[0] == '$' && t[1] == 'T' && t[2] >= '0' && t[2] <= '9')
		return TEMPORARIES + t[2] - '0';
	return -1;
}

static bool size_word(const struct machine *m, const char *t, size_t n, uint32_t *ret)
{
	const struct {
		const char *name;
		uint32_t v;
	} words[] = { { ".cbLocals", m->f->locals }, { ".cbParams", m->f->params },
		      { ".cbSavedRegs", m->f->saved },
		      { ".cbCalleeParams", m->w->has_args ? m->w->args : 0 } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(words); i++) {
		if (n != strlen(words[i].name) || memcmp(t, words[i].name, n) != 0)
			continue;
		*ret = words[i].v;
		return true;
	}
	return false;
}

static bool number(const char *t, size_t n, uint32_t *ret)
{
	bool minus = n > 1 && *t == '-';
	uint64_t v = 0;

	if (n > 11)
		return false;
	for (size_t i = minus; i < n; i++) {
		if (t[i] < '0' || t[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(t[i] - '0');
	}
	*ret = minus ? 0 - (uint32_t)v : (uint32_t)v;
	return n > 0;
}

static void assign(struct machine *m)
{
	struct value v = pop(m), to = pop(m);
	uint64_t bit = to.var >= 0 ? MASK(to.var) : 0;

	if (!bit) {
		fail(m, DA_CORRUPT);
		return;
	}
	m->assigned |= bit;
	m->gone = v.gone ? m->gone | bit : m->gone & ~bit;
	m->known = v.known ? m->known | bit : m->known & ~bit;
	m->var[to.var] = v.v;
}

static void load(struct machine *m)
{
	struct value at = pop(m), v = { .var = -1 };

	if (at.known && da_mem_u32(&m->w->dump->proc.mem, at.v, &v.v) == DA_OK)
		v.known = true;
	else if (at.known && !m->w->fault)
		m->w->fault = at.v;
	v.gone = at.known && at.v < m->esp;
	push(m, v);
}

static void arithmetic(struct machine *m, char op)
{
	struct value b = pop(m), a = pop(m), r = { .var = -1, .known = a.known && b.known };

	switch (op) {
	case '+': r.v = a.v + b.v; break;
	case '-': r.v = a.v - b.v; break;
	case '*': r.v = a.v * b.v; break;
	case '@': r.v = a.v & (0 - b.v); break;
	default:
		if (!b.v)
			r.known = false;
		else
			r.v = op == '/' ? a.v / b.v : a.v % b.v;
	}
	push(m, r);
}

static void token(struct machine *m, const char *t, size_t n)
{
	uint32_t v;
	int var = variable(t, n);

	if (var >= 0)
		push(m, (struct value){ m->var[var], var, m->known >> var & 1, false });
	else if (n == 1 && *t == '=')
		assign(m);
	else if (n == 1 && *t == '^')
		load(m);
	else if (n == 1 && strchr("+-*/%@", *t))
		arithmetic(m, *t);
	else if (n >= 9 && memcmp(t, ".raSearch", 9) == 0)
		push(m, ra_search(m));
	else if (size_word(m, t, n, &v) || number(t, n, &v))
		push(m, (struct value){ v, -1, true, false });
	else
		fail(m, DA_UNSUPPORTED);
}

static void run(struct machine *m, const char *program)
{
	for (unsigned i = 0; *program && m->status == DA_OK; i++) {
		size_t n = strcspn(program, " ");

		if (i == TOKENS_MAX)
			fail(m, DA_LIMIT);
		else if (n)
			token(m, program, n);
		program += n + (program[n] == ' ');
	}
}

/* ---------------------------------------------------------------- a step */

/* FPO has no program; compilers pushed ebx, ebp, esi, edi in this order, as far as they used them. */
static const char *fpo_program(const struct da_frame_data *f)
{
	if (!f->uses_bp)
		return "$T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =";
	if (f->saved == 4)
		return "$T0 .raSearch = $eip $T0 ^ = $ebp $T0 .cbLocals - 4 - ^ = $esp $T0 4 + =";
	return "$T0 .raSearch = $eip $T0 ^ = $ebp $T0 .cbLocals - 8 - ^ = $esp $T0 4 + =";
}

/* Microsoft's one record for a function of ebp frames does not hold before ebp is set. */
static bool before_frame(const struct da_walk *w, const struct da_frame_data *f, uint64_t base)
{
	uint64_t start = base + f->start;

	return w->exact_pc && f->program && da_unwind_pc(w) - start < f->prolog &&
	       (strncmp(f->program, "$T0 $ebp", 8) == 0 || strncmp(f->program, "$T1 $ebp", 8) == 0) &&
	       da_unwind_function(w) == start;
}

static void start(struct machine *m)
{
	const struct da_regs *r = &m->w->regs;

	for (int i = EAX; i <= EIP; i++) {
		if (!da_reg_known(r, i))
			continue;
		m->var[i] = (uint32_t)r->v[i];
		m->known |= MASK(i);
	}
	m->esp = m->var[ESP];
	m->function = (uint32_t)da_unwind_function(m->w);
}

/* Registers that the program does not mention were not saved, unless the record counts more of them. */
static void give_registers(const struct machine *m, struct da_regs *ret)
{
	uint64_t set = m->assigned & KEPT;
	bool all = 4U * (unsigned)__builtin_popcountll(set) >= m->f->saved;

	da_unwind_keep(m->w, ret);
	for (int i = EBX; i <= EDI; i++) {
		if (!(KEPT >> i & 1))
			continue;
		if (set >> i & 1 && !(m->gone >> i & 1)) {
			if (m->known >> i & 1)
				da_reg_set(ret, i, m->var[i]);
		} else if ((set >> i & 1 ? m->w->exact_pc : all) && da_reg_known(&m->w->regs, i)) {
			da_reg_set(ret, i, m->w->regs.v[i]);
		}
	}
}

static bool may_return_to(const struct da_walk *w, uint32_t pc)
{
	const struct da_process *p = &w->dump->proc;

	return da_unwind_is_return(w, pc) ||
	       (pc > 8 && da_module_at(p, pc) != DA_NONE && da_unwind_code(w, pc) != DA_CODE_NO &&
		!da_mem_view(&p->mem, pc - 8, 8));
}

static enum da_status finish(struct machine *m, struct da_regs *ret)
{
	struct da_walk *w = m->w;
	uint32_t pc = m->var[EIP], sp = m->var[ESP];

	if (!(m->known >> EIP & 1) || !(m->known >> ESP & 1) || !(m->assigned >> EIP & 1))
		return w->fault ? DA_FAULT : DA_NOT_FOUND;
	w->fault = 0;
	if (!m->searched && !may_return_to(w, pc))
		return DA_NOT_FOUND;
	give_registers(m, ret);
	da_reg_set(ret, EIP, pc);
	da_reg_set(ret, ESP, sp);
	w->cfa = sp;
	w->caller_args = m->f->params;
	w->caller_has_args = true;
	return DA_OK;
}

/*
 * Inside an epilog the record does not hold, and the code itself tells: the search had to go on, or ebp
 * is the caller's again and its frame lies further out.
 */
static bool in_epilog(const struct machine *m, struct da_regs *ret)
{
	struct da_regs r;

	if (!m->w->exact_pc || (m->searched && m->sure) || !da_unwind_run_code(m->w, &r) ||
	    (!m->searched && (!(m->known >> ESP & 1) || r.v[ESP] >= m->var[ESP])))
		return false;
	*ret = r;
	m->w->fault = 0;
	m->w->cfa = r.v[ESP];
	m->w->caller_args = m->f->params;
	m->w->caller_has_args = true;
	return true;
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	struct machine m = { .w = w };
	struct da_frame_data f;
	uint64_t base;

	if (w->dump->proc.arch->elf_machine != EM_386 ||
	    da_symbols_frame(w->symbols, da_unwind_lookup(w), &f, &base) != DA_OK ||
	    (!f.program && f.has_frame) || before_frame(w, &f, base))
		return DA_NOT_FOUND;
	m.f = &f;
	start(&m);
	run(&m, f.program ? f.program : fpo_program(&f));
	if (m.status != DA_OK)
		return DA_NOT_FOUND;
	return in_epilog(&m, ret) ? DA_OK : finish(&m, ret);
}

const struct da_unwinder da_unwinder_frame_data = { "frame data", DA_TRUST_CFI, step };
