/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where threads begin. Assembly code of older and other C libraries has no unwind information that
 * would say so: a return address inside one of these functions is the end of the stack.
 */
#include "config.h"

#include <string.h>

#include "unwind/step.h"

#define AT_ENTRY 9
#define ENTRY_BYTES 64 /* _start is shorter on every CPU */

static const char *const entries[] = {
	"_start", "__start", "_dl_start_user", "clone", "__clone", "clone3", "__clone3",
	"thread_start", "_dlstart",
};

static bool by_name(const struct da_walk *w)
{
	const struct da_place *place = da_symbols_place(w->symbols, da_unwind_pc(w), true);

	if (!place->exact || !place->raw)
		return false;
	for (size_t i = 0; i < DA_ARRAY_SIZE(entries); i++) {
		size_t n = strlen(entries[i]);

		/* With or without the version: clone@@GLIBC_2.2.5 */
		if (!strncmp(place->raw, entries[i], n) &&
		    (place->raw[n] == '\0' || place->raw[n] == '@'))
			return true;
	}
	return false;
}

/* Behind the call of a new thread's function stands the system call that ends the thread. */
static bool ends_thread(const struct da_walk *w)
{
	static const struct {
		uint16_t machine;
		uint8_t n, bytes[9];
	} exits[] = {
		{ 62, 4, { 0xb0, 0x3c, 0x0f, 0x05 } },              /* mov $60, %al; syscall */
		{ 62, 7, { 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05 } },     /* mov $60, %eax; syscall */
		{ 3, 7, { 0xb8, 0x01, 0, 0, 0, 0xcd, 0x80 } },      /* mov $1, %eax; int $0x80 */
		{ 3, 5, { 0x31, 0xc0, 0x40, 0xcd, 0x80 } },         /* xor, inc; int $0x80 */
		{ 183, 8, { 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0, 0, 0xd4 } }, /* mov x8, #93; svc #0 */
	};
	uint8_t code[16];
	size_t n = da_mem_read_some(&w->dump->proc.mem, da_unwind_pc(w), code, sizeof(code));

	for (size_t i = 0; i < DA_ARRAY_SIZE(exits); i++)
		for (size_t at = 0; exits[i].machine == w->dump->proc.arch->elf_machine &&
				    at + exits[i].n <= n && at < 8; at++)
			if (!memcmp(code + at, exits[i].bytes, exits[i].n))
				return true;
	return false;
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	uint64_t entry, pc = da_unwind_pc(w);

	(void)ret;
	/* A thread that was stopped inside one of them may well have a caller: clone() has. */
	if (w->exact_pc)
		return DA_NOT_FOUND;
	if ((da_auxv(&w->dump->proc, AT_ENTRY, &entry) && pc > entry && pc - entry < ENTRY_BYTES) ||
	    by_name(w) || ends_thread(w)) {
		w->end = DA_END_COMPLETE;
		w->why = "the thread began here";
		return DA_PARTIAL;
	}
	return DA_NOT_FOUND;
}

const struct da_unwinder da_unwinder_entry = { "entry", DA_TRUST_CFI, step };
