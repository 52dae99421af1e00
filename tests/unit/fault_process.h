/* SPDX-License-Identifier: Apache-2.0 */
/* A death made by hand, for t_fault.c and t_fault_stack.c: a memory map, one thread, a signal. */
#ifndef FAULT_PROCESS_H
#define FAULT_PROCESS_H

#include <string.h>

#include "fault/fault.h"
#include "unit.h"

#define CODE 0x401000u
#define DATA 0x500000u
#define RODATA 0x510000u
#define STACK 0x7ffff0000000u
#define STACK_END 0x7ffff0010000u
#define GUARD 0x7fffefff0000u
#define MESSAGE 0x7f0000000000u

enum { RAX = 0, RDX = 1, RCX = 2, RSP = 7, RIP = 16, ORIG_RAX = 18 };

static uint8_t file[0x40000];

static inline void add_range(struct da_dump *d, uint64_t start, uint64_t end, unsigned prot, uint64_t off,
		      uint64_t len, uint32_t module)
{
	struct da_range *r = da_vec_add(d->arena, &d->proc.mem.ranges);

	*r = (struct da_range){ .start = start, .end = end, .file_off = off, .file_len = len,
				.prot = (uint8_t)prot, .has_prot = true, .module = module,
				.kind = module == DA_NONE ? DA_RANGE_ANONYMOUS : DA_RANGE_IMAGE };
	if (prot == 0)
		r->kind = DA_RANGE_RESERVED;
}

/* A program of one module and one thread that stands at CODE. */
static inline struct da_dump *process(int signo, int code)
{
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);
	struct da_process *p = &d->proc;
	struct da_thread *t = da_vec_add(d->arena, &p->threads);
	struct da_module *m = da_vec_add(d->arena, &p->modules);
	struct da_exception *e = da_new(d->arena, struct da_exception);

	memset(file, 0, sizeof(file));
	p->arch = da_arch_by_elf(62, 2, false);
	p->arch_name = p->arch->name;
	p->bits = 64;
	p->os = DA_OS_LINUX;
	p->has_pid = true;
	p->pid = 77;
	p->mem.file = (struct da_bytes){ file, sizeof(file) };
	*m = (struct da_module){ .name = "prog", .start = CODE, .end = RODATA + 0x1000, .main = true };
	add_range(d, CODE, CODE + 0x1000, DA_PROT_R | DA_PROT_X, 0, 0x1000, 0);
	add_range(d, DATA, DATA + 0x1000, DA_PROT_R | DA_PROT_W, 0x1000, 0x1000, 0);
	add_range(d, RODATA, RODATA + 0x1000, DA_PROT_R, 0x2000, 0x1000, 0);
	add_range(d, MESSAGE, MESSAGE + 0x1000, DA_PROT_R | DA_PROT_W, 0x4000, 0x1000, DA_NONE);
	add_range(d, GUARD, STACK, 0, 0, 0, DA_NONE);
	add_range(d, STACK, STACK_END, DA_PROT_R | DA_PROT_W, 0x10000, 0x10000, DA_NONE);
	t->tid = 77;
	t->stack_limit = STACK;
	t->stack_base = STACK_END;
	da_reg_set(&t->regs, RIP, CODE);
	da_reg_set(&t->regs, RSP, STACK + 0x8000);
	*e = (struct da_exception){ .thread = 0, .is_signal = true, .code = signo, .name = "SIG",
				    .has_info = true, .subcode = code, .syscall = -1 };
	p->exception = e;
	return d;
}

static inline void at_address(struct da_dump *d, uint64_t addr)
{
	d->proc.exception->has_address = true;
	d->proc.exception->address = addr;
}

static inline void set(struct da_dump *d, int reg, uint64_t value)
{
	da_reg_set(&d->proc.threads.v[0].regs, reg, value);
}

static inline void code(const char *bytes, size_t n)
{
	memcpy(file, bytes, n);
}
#define CODE_IS(s) code(s, sizeof(s) - 1)

static inline void put64(size_t off, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		file[off + (size_t)i] = (uint8_t)(v >> 8 * i);
}

static inline const char *plain(struct da_dump *d, const char *rich)
{
	struct da_str s = { 0 };
	char *copy;

	if (!rich)
		return "(none)";
	da_rich_plain(&s, rich);
	copy = da_strdup(d->arena, da_str_get(&s));
	da_str_done(&s);
	return copy;
}

static inline struct da_exception *run(struct da_dump *d)
{
	da_fault_run(d, NULL);
	return d->proc.exception;
}

#endif
