/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A 32-bit program on 64-bit Windows, dumped by a 64-bit tool (Task Manager does that): the container
 * is one of AMD64, and each thread stands in the translation layer (wow64cpu). What people want to see
 * is the program: its registers lie behind slot 1 of the thread-local storage of the 64-bit TEB, its
 * 32-bit TEB two pages behind the 64-bit one. A thread that was stopped in 32-bit code itself has its
 * registers in the low halves of the 64-bit ones.
 */
#include "config.h"

#include "loader/minidump.h"

enum { TEB32 = 0x2000, TEB32_SELF = 0x18, TEB32_THREAD = 0x24, TEB64_SLOT_1 = 0x1488,
       CONTEXT_AT = 4, CONTEXT_BYTES = 0x2cc };

static bool has_teb32(const struct md *m, const struct da_thread *t)
{
	const struct da_memory *mem = &m->d->proc.mem;
	uint32_t self, thread;

	return t->teb && t->teb + TEB32 <= UINT32_MAX &&
	       da_mem_u32(mem, t->teb + TEB32 + TEB32_SELF, &self) == DA_OK && self == t->teb + TEB32 &&
	       da_mem_u32(mem, t->teb + TEB32 + TEB32_THREAD, &thread) == DA_OK && thread == t->tid;
}

bool md_wow64_registers(const struct md *m, const struct da_regs *wide, struct da_regs *ret)
{
	static const char *const pairs[][2] = {
		{ "rax", "eax" }, { "rcx", "ecx" }, { "rdx", "edx" }, { "rbx", "ebx" }, { "rsp", "esp" },
		{ "rbp", "ebp" }, { "rsi", "esi" }, { "rdi", "edi" }, { "rip", "eip" },
		{ "eflags", "eflags" },
	};
	const struct da_arch *from = m->container, *to = m->d->proc.arch;
	struct da_regs r = { 0 };

	if (!da_reg_known(wide, from->pc) || wide->v[from->pc] > UINT32_MAX)
		return false;
	for (size_t i = 0; i < DA_ARRAY_SIZE(pairs); i++)
		da_reg_set(&r, da_arch_reg(to, pairs[i][1]), (uint32_t)wide->v[da_arch_reg(from, pairs[i][0])]);
	*ret = r;
	return true;
}

/* The registers that the layer saved when the program last called the system. */
static bool saved_registers(struct md *m, const struct da_thread *t, struct da_regs *ret)
{
	const struct da_memory *mem = &m->d->proc.mem;
	uint8_t raw[CONTEXT_BYTES];
	uint64_t area;

	return t->teb && da_mem_u64(mem, t->teb + TEB64_SLOT_1, &area) == DA_OK && area &&
	       da_mem_read(mem, area + CONTEXT_AT, raw, sizeof(raw), NULL) == DA_OK &&
	       da_arch_read_context(m->d->proc.arch, (struct da_bytes){ raw, sizeof(raw) }, ret) == DA_OK;
}

/* 32-bit code has a segment of its own. */
static bool runs_32_bit_code(const struct md *m, const struct da_regs *wide)
{
	enum { CODE_32 = 0x23 };
	int cs = da_arch_reg(m->container, "cs");

	return da_reg_known(wide, cs) && wide->v[cs] == CODE_32 && wide->v[m->container->pc] <= UINT32_MAX;
}

/* Their 32-bit registers; how many threads have none. */
static size_t convert_threads(struct md *m)
{
	size_t lost = 0;

	for (size_t i = 0; i < m->d->proc.threads.n; i++) {
		struct da_thread *t = &m->d->proc.threads.v[i];
		struct da_regs wide = t->regs;
		bool own;

		t->regs = (struct da_regs){ 0 };
		own = runs_32_bit_code(m, &wide) && md_wow64_registers(m, &wide, &t->regs);
		if (!own && !saved_registers(m, t, &t->regs))
			lost++;
		/* of the 64-bit side: not those of the program */
		t->stack_base = t->stack_limit = 0;
		t->has_last_error = false;
		if (has_teb32(m, t))
			t->teb += TEB32;
	}
	return lost;
}

void md_read_wow64(struct md *m)
{
	struct da_process *p = &m->d->proc;
	const struct da_arch *x86 = da_arch_by_elf(3, 1, false);
	bool narrow = false, teb32 = false;
	size_t lost;

	if (p->os != DA_OS_WINDOWS || m->word != 8 || !x86 || !p->arch || p->arch->elf_machine != 62)
		return;
	for (size_t i = 0; i < p->threads.n; i++) {
		teb32 |= has_teb32(m, &p->threads.v[i]);
		narrow |= runs_32_bit_code(m, &p->threads.v[i].regs);
	}
	if (!narrow && !teb32)
		return;
	if (!teb32) /* what the 64-bit side knows of the process is the same */
		md_read_peb(m);
	m->wow64 = true;
	p->arch = x86;
	p->arch_name = x86->name;
	p->bits = 32;
	p->mem.word = m->word = 4;
	lost = convert_threads(m);
	if (lost)
		da_note(m->d->ledger, DA_NOTE_MISSING, "registers",
			"dump 32-bit programs with a 32-bit tool (procdump without -64, "
			"C:\\Windows\\SysWOW64\\taskmgr.exe)",
			"a 32-bit program was dumped by a 64-bit tool; the 32-bit registers of %zu threads are "
			"not in the dump", lost);
}
