/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KiUserExceptionDispatcher, which Windows' kernel lets a thread run when it raised an exception: it
 * passes on a CONTEXT, the registers at the exception, and an EXCEPTION_RECORD. On x64 both lie at its
 * stack pointer; on x86 pointers to them do (the record's first), as they were its arguments and are
 * those of the function that it calls. That the two agree on the address proves them.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "unwind/step.h"

#define PARAMETERS 15
#define CONTEXT_MAX 0x4d0
#define X64_RECORD 0x4f0  /* behind the CONTEXT and the room for its extension's header */
#define X86_SLOTS 8

/* winnt.h: the words before the parameters. */
static bool read_record(const struct da_process *p, struct da_arena *a, uint64_t at, struct da_exception_record *ret)
{
	uint8_t raw[0x98];
	unsigned word = p->mem.word;
	struct da_exception_record r = { 0 };
	struct da_cursor c;
	uint32_t n;

	if (da_mem_read(&p->mem, at, raw, word == 8 ? sizeof(raw) : 0x50, NULL) != DA_OK)
		return false;
	c = da_cursor(raw, word == 8 ? sizeof(raw) : 0x50, false, (uint8_t)word);
	r.code = da_get_u32(&c);
	da_skip(&c, 4 + word);
	r.address = da_get_word(&c);
	n = da_get_u32(&c);
	if (r.code == 0 || n > PARAMETERS)
		return false;
	if (word == 8)
		da_skip(&c, 4);
	for (uint32_t i = 0; i < n; i++)
		da_vec_push(a, &r.parameters, da_get_word(&c));
	r.name = da_exception_name(r.code);
	*ret = r;
	return true;
}

static bool read_pair(const struct da_process *p, struct da_arena *a, uint64_t context, uint64_t record,
		      struct da_regs *ret_regs, struct da_exception_record *ret)
{
	uint8_t raw[CONTEXT_MAX];
	size_t n = da_mem_read_some(&p->mem, context, raw, sizeof(raw));
	struct da_exception_record r;
	struct da_regs regs;

	if (da_arch_read_context(p->arch, (struct da_bytes){ raw, n }, &regs) != DA_OK ||
	    !read_record(p, a, record, &r) || r.address != regs.v[p->arch->pc])
		return false;
	*ret_regs = regs;
	*ret = r;
	return true;
}

bool da_unwind_dispatched(const struct da_process *p, struct da_arena *a, uint64_t sp, struct da_regs *ret_regs,
			  struct da_exception_record *ret)
{
	if (!p->arch || !p->arch->context_cpu)
		return false;
	if (p->mem.word == 8)
		return read_pair(p, a, sp, sp + X64_RECORD, ret_regs, ret);
	for (unsigned i = 0; i < X86_SLOTS; i++) {
		uint64_t record, context;

		if (da_mem_word(&p->mem, sp + 4 * i, &record) != DA_OK ||
		    da_mem_word(&p->mem, sp + 4 * i + 4, &context) != DA_OK)
			return false;
		if (record > sp && context > sp && read_pair(p, a, context, record, ret_regs, ret))
			return true;
	}
	return false;
}

static bool is_dispatcher(const struct da_walk *w, uint32_t module)
{
	const struct da_place *place;

	if (module == DA_NONE || !w->dump->proc.modules.v[module].name ||
	    strcasecmp(w->dump->proc.modules.v[module].name, "ntdll.dll") != 0)
		return false;
	place = da_symbols_place(w->symbols, da_unwind_pc(w), !w->exact_pc);
	return place->raw && da_starts(place->raw, "KiUserExceptionDispatcher");
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	struct da_exception_record r;

	if (w->dump->proc.os != DA_OS_WINDOWS || w->exact_pc ||
	    !is_dispatcher(w, da_module_at(&w->dump->proc, da_unwind_lookup(w))) ||
	    !da_unwind_dispatched(&w->dump->proc, w->dump->arena, da_unwind_sp(w), ret, &r))
		return DA_NOT_FOUND;
	w->signal = true;
	return DA_OK;
}

const struct da_unwinder da_unwinder_dispatcher = { "exception dispatcher", DA_TRUST_CFI, step };
