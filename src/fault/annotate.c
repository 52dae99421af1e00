/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of the dead thread and the words around its stack pointer, with what they mean. */
#include "config.h"

#include "fault/parts.h"

#define WORDS_BELOW 2
#define WORDS 10

static void judge(struct da_fault *f, struct da_annotated *a)
{
	a->shown = da_value_shown(f->d, f->s, a->value, &a->meaning);
}

static bool is_flags(const char *name)
{
	return da_ends(name, "flags") || da_streq(name, "cpsr") || da_streq(name, "pstate");
}

static void registers(struct da_fault *f)
{
	const struct da_arch *arch = f->p->arch;

	for (unsigned i = 0; i < arch->nregs; i++) {
		struct da_annotated *a;

		if (!arch->regs[i].shown || !da_reg_known(&f->regs, (int)i))
			continue;
		a = da_vec_add(f->d->arena, &f->e->registers);
		a->name = arch->regs[i].name;
		a->value = f->regs.v[i];
		if (is_flags(a->name)) /* bits, which no address is meant by, and no secret */
			a->shown = true;
		else
			judge(f, a);
	}
}

static void stack_words(struct da_fault *f)
{
	unsigned word = f->p->mem.word;
	uint64_t at = (f->sp & ~(uint64_t)(word - 1)) - WORDS_BELOW * (uint64_t)word;

	for (unsigned i = 0; i < WORDS; i++, at += word) {
		struct da_annotated *a;
		uint64_t v;

		if (da_mem_word(&f->p->mem, at, &v) != DA_OK)
			continue;
		a = da_vec_add(f->d->arena, &f->e->stack_words);
		a->address = at;
		a->value = v;
		judge(f, a);
	}
}

void da_fault_annotate(struct da_fault *f)
{
	if (!f->t)
		return;
	registers(f);
	stack_words(f);
}
