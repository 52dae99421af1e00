/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system call at the top of each stack, from the registers of the dump: which one, and whether the thread is
 * asleep in it.
 */
#include "config.h"

#include <string.h>

#include "wait/parts.h"

static const struct da_call_row rows[] = {
#define DA_SYSCALL_ROW(name, x64, x86, a64, shape) { #name, { x64, x86, a64 }, DA_CALL_##shape },
#include "wait/syscalls.def"
#undef DA_SYSCALL_ROW
};

/* What a call leaves as its result when a signal, a stop or the dump itself interrupts it. */
enum { ERESTARTSYS = 512, ERESTARTNOINTR = 513, ERESTARTNOHAND = 514, ERESTART_RESTARTBLOCK = 516, INTERRUPTED = 4 };

#define CODE 32  /* bytes before a system call in which its number is loaded */
#define SVC 0xd4000001u /* svc #0 */

static const struct da_call_row *by_number(const struct da_waits *w, int64_t number)
{
	return number >= 0 && number < (int64_t)DA_ARRAY_SIZE(w->by_number) ? w->by_number[number] : NULL;
}

static const struct da_call_row *by_name(const char *name)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++)
		if (da_streq(rows[i].name, name))
			return &rows[i];
	return NULL;
}

const char *da_call_words(const struct da_waits *w, const struct da_syscall *c)
{
	bool plain = c->row && !c->restarted && !c->by_register;

	if (plain && w->call_words[c->row - rows])
		return w->call_words[c->row - rows];
	if (plain)
		return w->call_words[c->row - rows] = da_printf(w->d->arena, "system call %s (%lld)", c->row->name,
								(long long)c->number);
	return c->row ? da_printf(w->d->arena, "system call %s (%lld%s%s)", c->row->name, (long long)c->number,
				  c->restarted ? ", begun again after a stop" : "",
				  c->by_register ? ", by register x8 alone, since the code is not in the dump" : "")
		      : da_printf(w->d->arena, "system call %lld, which has no name here", (long long)c->number);
}

static void set_number(const struct da_waits *w, struct da_syscall *c, int64_t number)
{
	c->number = number;
	c->row = by_number(w, number);
	c->wide_time = w->word == 8 || (c->row && da_ends(c->row->name, "_time64"));
}

/* ---------------------------------------------------------------- calls that a stop cut in two */

/* The calls that the kernel goes on with by restart_syscall: those with a relative timeout. */
static const char *const restartable[] = { "futex", "futex_time64", "poll", "nanosleep", "clock_nanosleep",
					   "clock_nanosleep_time64" };

static bool is_restartable(const struct da_waits *w, int64_t number)
{
	const struct da_call_row *row = by_number(w, number);

	for (size_t i = 0; row && i < DA_ARRAY_SIZE(restartable); i++)
		if (da_streq(row->name, restartable[i]))
			return true;
	return false;
}

/* mov $number, %eax, the last before `end`. */
static bool number_in_code(const struct da_waits *w, uint64_t end, bool restart, int64_t *ret)
{
	uint8_t code[CODE];

	if (end < CODE || da_mem_read(w->m, end - CODE, code, CODE, NULL) != DA_OK)
		return false;
	for (int i = CODE - 5; i >= 0; i--) {
		uint32_t number = code[i + 1] | (uint32_t)code[i + 2] << 8 | (uint32_t)code[i + 3] << 16 |
				  (uint32_t)code[i + 4] << 24;

		if (code[i] != 0xb8 || number >= 1024)
			continue;
		if (restart ? is_restartable(w, number) : by_number(w, number) != NULL) {
			*ret = number;
			return true;
		}
	}
	return false;
}

/*
 * glibc 2.41 and later make calls that can be cancelled in a function of their own, which gets the number as an argument
 * on the stack, right behind the address it returns to.
 */
static bool number_on_stack(const struct da_waits *w, uint64_t sp, int64_t *ret)
{
	static const unsigned places[] = { 0x28, 0x30, 0x38, 0x40, 0x10, 0x20 };

	for (size_t i = 0; i < DA_ARRAY_SIZE(places); i++) {
		uint64_t number, before;
		uint32_t module;

		if (!da_wait_word(w, sp + places[i], &number) || !da_wait_word(w, sp + places[i] - 8, &before) ||
		    number >= 1024 || !is_restartable(w, (int64_t)number))
			continue;
		module = da_module_at(w->p, before);
		if (module != DA_NONE) {
			*ret = (int64_t)number;
			return true;
		}
	}
	return false;
}

static bool number_by_name(const struct da_waits *w, const struct da_hint *h, int64_t *ret)
{
	const char *name = h->name;
	const struct da_call_row *row;

	if (h->family != DA_FAMILY_NONE)
		name = "futex";
	else if (name && strstr(name, "sleep"))
		name = da_streq(name, "nanosleep") && w->cpu == DA_CPU_X86 ? "nanosleep" : "clock_nanosleep";
	else if (!da_streq(name, "poll"))
		return false;
	row = by_name(name);
	if (!row || row->number[w->cpu] < 0)
		return false;
	*ret = row->number[w->cpu];
	return true;
}

static bool looks_like_futex(const struct da_waits *w, const struct da_syscall *c)
{
	uint32_t command = (uint32_t)c->arg[1] & 0x7f, word;

	return (c->arg[1] & UINT32_MAX & ~UINT64_C(0x1ff)) == 0 &&
	       (command == DA_FUTEX_WAIT || command == DA_FUTEX_WAIT_BITSET || command == DA_FUTEX_LOCK_PI ||
		command == DA_FUTEX_LOCK_PI2) && c->arg[0] % 4 == 0 && da_wait_u32(w, c->arg[0], &word);
}

static bool number_by_shape(const struct da_waits *w, const struct da_syscall *c, int64_t *ret)
{
	static const char *const names[] = { "clock_nanosleep", "futex", "poll" };
	uint64_t us;
	const struct da_call_row *row;
	size_t i;

	if (c->arg[0] < 12 && c->arg[1] == 0 && da_wait_time(w, c->arg[2], false, true, &us))
		i = 0;
	else if (looks_like_futex(w, c))
		i = 1;
	else if (c->arg[1] < 65536 && (int32_t)c->arg[2] > 0 && da_mem_range(w->m, c->arg[0]))
		i = 2;
	else
		return false;
	row = by_name(names[i]);
	if (!row || row->number[w->cpu] < 0)
		return false;
	*ret = row->number[w->cpu];
	return true;
}

static void recover(const struct da_waits *w, uint32_t thread, struct da_syscall *c)
{
	const struct da_thread *t = &w->p->threads.v[thread];
	const struct da_arch *arch = w->p->arch;
	uint64_t pc = t->regs.v[arch->pc];
	int64_t number;

	c->restarted = true;
	if (w->cpu != DA_CPU_A64 && (number_in_code(w, pc, true, &number) ||
				     (w->cpu == DA_CPU_X86 && t->frames.n > 1 &&
				      number_in_code(w, t->frames.v[1].pc, true, &number))))
		c->confidence = DA_SURE;
	else if (number_by_name(w, &w->t[thread].hint, &number))
		c->confidence = DA_LIKELY;
	else if (w->cpu == DA_CPU_X64 && da_reg_known(&t->regs, arch->sp) &&
		 number_on_stack(w, t->regs.v[arch->sp], &number))
		c->confidence = DA_LIKELY;
	else if (number_by_shape(w, c, &number))
		c->confidence = DA_WEAK;
	else
		return;
	set_number(w, c, number);
}

/* ---------------------------------------------------------------- by CPU */

static int64_t result_of(const struct da_waits *w, const struct da_regs *r, int reg)
{
	return w->word == 4 ? (int32_t)r->v[reg] : (int64_t)r->v[reg];
}

static bool interrupted(int64_t result)
{
	return result == -ERESTARTSYS || result == -ERESTARTNOINTR || result == -ERESTARTNOHAND ||
	       result == -ERESTART_RESTARTBLOCK || result == -INTERRUPTED;
}

/*
 * A write that found no more room, and was then interrupted by the dump, tells how much it had written. Only pipes and
 * sockets, which block, write less than asked.
 */
static bool cut_short(const struct da_syscall *c, int64_t result)
{
	bool writes = c->row && (da_streq(c->row->name, "write") || da_streq(c->row->name, "sendto"));

	return writes && result > 0 && c->arg[2] < INT32_MAX && (uint64_t)result < c->arg[2];
}

/* A dump that does not say in which call a thread is (minidumps): the instruction before tells that it is in one. */
static bool number_before(const struct da_waits *w, uint64_t pc, int64_t *ret)
{
	uint8_t code[2];

	return da_mem_read(w->m, pc - 2, code, 2, NULL) == DA_OK && code[0] == 0x0f && code[1] == 0x05 &&
	       number_in_code(w, pc, false, ret);
}

static void decode_x86(const struct da_waits *w, uint32_t thread, struct da_syscall *c)
{
	const struct da_regs *r = &w->p->threads.v[thread].regs;
	const struct da_arch *arch = w->p->arch;
	int ax = da_arch_reg(arch, w->cpu == DA_CPU_X64 ? "rax" : "eax");
	int64_t number;

	if (!da_reg_known(r, ax))
		return;
	if (!da_reg_known(r, arch->syscall)) {
		if (w->cpu != DA_CPU_X64 || !number_before(w, r->v[arch->pc], &number))
			return;
	} else {
		number = result_of(w, r, arch->syscall);
	}
	if (number < 0) {
		c->state = DA_IN_USER;
		return;
	}
	set_number(w, c, number);
	c->confidence = 1;
	if (interrupted(result_of(w, r, ax)) || (c->row && c->row->shape == DA_CALL_VFORK)) {
		c->state = DA_IN_CALL;
	} else if (cut_short(c, result_of(w, r, ax))) {
		c->state = DA_IN_CALL;
		c->confidence = DA_FORM;
	} else {
		c->state = DA_CALL_ENDED;
	}
}

/* A call in which threads are found asleep, by its arguments: what has a descriptor has a small one. */
static bool may_block(const struct da_syscall *c)
{
	switch (c->row ? c->row->shape : DA_CALL_OTHER) {
	case DA_CALL_OTHER:
	case DA_CALL_EXIT:
	case DA_CALL_FILE:
	case DA_CALL_PATH:
	case DA_CALL_OPEN:
	case DA_CALL_RESTART:
		return false;
	case DA_CALL_READ:
	case DA_CALL_WRITE:
	case DA_CALL_RECEIVE:
	case DA_CALL_SEND:
	case DA_CALL_ACCEPT:
	case DA_CALL_CONNECT:
	case DA_CALL_EPOLL:
	case DA_CALL_FLOCK:
	case DA_CALL_FCNTL:
		return c->arg[0] < 1 << 20;
	default:
		return true;
	}
}

/*
 * The code is not in the dump: x8 says it, and the futex's arguments, whose word still has the value. x8 may also be left
 * from the call before.
 */
static void without_code(const struct da_waits *w, uint64_t pc, struct da_syscall *c)
{
	uint32_t module = da_module_at(w->p, pc), word;

	if (c->row && c->row->shape == DA_CALL_FUTEX) {
		bool asleep = looks_like_futex(w, c) && da_wait_u32(w, c->arg[0], &word) &&
			      (word == (uint32_t)c->arg[2] || (c->arg[1] & 0x7f) == DA_FUTEX_LOCK_PI);

		c->state = asleep ? DA_IN_CALL : DA_IN_UNKNOWN;
		c->confidence = DA_FORM;
	} else if (may_block(c) && module != DA_NONE && da_wait_is_libc(&w->p->modules.v[module])) {
		c->state = DA_IN_CALL;
		c->confidence = DA_GUESS;
	}
	c->by_register = true;
}

/*
 * The kernel goes back to the svc before it looks for signals, so that pc points at it and x0 is the first argument
 * again; where the call is not to be repeated, x0 is its result and pc is behind. qemu-user stops behind it, x0 untouched.
 */
static void decode_a64(const struct da_waits *w, uint32_t thread, struct da_syscall *c)
{
	const struct da_regs *r = &w->p->threads.v[thread].regs;
	const struct da_arch *arch = w->p->arch;
	uint64_t pc = r->v[arch->pc];
	int64_t first = (int64_t)r->v[0];
	uint32_t at = 0, before = 0;
	bool has_at = da_wait_u32(w, pc, &at), has_before = da_wait_u32(w, pc - 4, &before);

	if (!da_reg_known(r, arch->syscall))
		return;
	set_number(w, c, (int64_t)(r->v[arch->syscall] & UINT32_MAX));
	c->confidence = 1;
	if (has_at && at == SVC) {
		c->state = DA_IN_CALL;
	} else if (has_before && before == SVC) {
		/* A result is a small number; an address in x0 is still the argument. */
		bool qemu = da_streq(w->d->origin.writer, "qemu");

		c->state = qemu || first == -INTERRUPTED || (first >= 0x10000 && da_mem_range(w->m, (uint64_t)first))
				   ? DA_IN_CALL : DA_CALL_ENDED;
		if (first < 0 && first > -4096)
			c->state = first == -INTERRUPTED ? DA_IN_CALL : DA_CALL_ENDED;
	} else if (!has_before) {
		without_code(w, pc, c);
	} else {
		c->state = DA_IN_USER;
	}
}

static void decode(struct da_waits *w, uint32_t thread)
{
	const struct da_thread *t = &w->p->threads.v[thread];
	const struct da_arch *arch = w->p->arch;
	struct da_syscall *c = &w->t[thread].call;
	const struct da_call_row *restart;

	if (!da_reg_known(&t->regs, arch->pc))
		return;
	for (unsigned i = 0; i < 6; i++)
		if (da_reg_known(&t->regs, arch->args[i]))
			c->arg[i] = t->regs.v[arch->args[i]];
	if (w->cpu == DA_CPU_A64)
		decode_a64(w, thread, c);
	else
		decode_x86(w, thread, c);
	restart = c->state == DA_IN_CALL ? c->row : NULL;
	if (restart && restart->shape == DA_CALL_RESTART)
		recover(w, thread, c);
}

void da_wait_calls(struct da_waits *w)
{
	w->call_words = da_calloc(w->d->arena, DA_ARRAY_SIZE(rows), sizeof(*w->call_words));
	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		int16_t number = rows[i].number[w->cpu];

		if (number >= 0 && number < (int)DA_ARRAY_SIZE(w->by_number))
			w->by_number[number] = &rows[i];
	}
	for (uint32_t i = 0; i < w->p->threads.n; i++)
		decode(w, i);
}
