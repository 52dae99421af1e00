/* SPDX-License-Identifier: Apache-2.0 */
/* Deaths made by hand: a memory map, one thread, a signal; and what must be said of them. */
#include "config.h"

#include <string.h>

#include "fault_process.h"

START_TEST(null_read)
{
	struct da_dump *d = process(11, 1);
	struct da_exception *e;

	CODE_IS("\x48\x8b\x40\x18");
	set(d, RAX, 0);
	at_address(d, 0x18);
	e = run(d);
	ck_assert_int_eq(e->cause, DA_CAUSE_ACCESS);
	ck_assert_int_eq(e->access, DA_ACCESS_READ);
	ck_assert_str_eq(e->subname, "SEGV_MAPERR");
	ck_assert_str_eq(plain(d, e->near), "null pointer + 0x18");
	ck_assert_str_eq(plain(d, e->operands), "rax = 0x0");
	ck_assert_int_eq(d->proc.threads.v[0].state, DA_STATE_FAULTED);
	da_dump_free(d);
}
END_TEST

START_TEST(write_to_read_only)
{
	struct da_dump *d = process(11, 2);
	struct da_exception *e;

	CODE_IS("\xc7\x00\x01\x00\x00\x00");
	set(d, RAX, RODATA + 4);
	at_address(d, RODATA + 4);
	e = run(d);
	ck_assert_int_eq(e->access, DA_ACCESS_WRITE);
	ck_assert_str_eq(plain(d, e->near), "prog + 0x10f004, read-only");
	da_dump_free(d);
}
END_TEST

START_TEST(jump_to_data_and_to_nowhere)
{
	struct da_dump *d = process(11, 2);
	struct da_exception *e;

	set(d, RIP, DATA);
	at_address(d, DATA);
	e = run(d);
	ck_assert_int_eq(e->access, DA_ACCESS_EXECUTE);
	ck_assert_ptr_null(e->instruction); /* data is not shown as code */
	da_dump_free(d);

	d = process(11, 1);
	set(d, RIP, 0x1234567000);
	at_address(d, 0x1234567000);
	e = run(d);
	ck_assert_int_eq(e->access, DA_ACCESS_EXECUTE);
	ck_assert_str_eq(plain(d, e->near), "in no mapping");
	da_dump_free(d);
}
END_TEST

START_TEST(non_canonical)
{
	struct da_dump *d = process(11, 0x80);
	struct da_exception *e;

	CODE_IS("\x48\x89\x10");
	set(d, RAX, 0x6867666564636261);
	set(d, RDX, 0x1122334455667788);
	e = run(d);
	ck_assert(e->has_address && e->address_derived);
	ck_assert_uint_eq(e->address, 0x6867666564636261);
	ck_assert_int_eq(e->access, DA_ACCESS_WRITE);
	ck_assert_str_eq(plain(d, e->near), "no possible address (non-canonical), its bytes are text");
	ck_assert(e->address_hidden);
	ck_assert_ptr_null(strstr(plain(d, e->operands), "6867")); /* text of the process is not shown */
	for (size_t i = 0; i < e->registers.n; i++)
		if (e->registers.v[i].value > 0x7fffffffffff)
			ck_assert(!e->registers.v[i].shown);
	da_dump_free(d);
}
END_TEST

/* What the operand's base register held decides what may be said of null. */
START_TEST(pointers_that_are_null_or_numbers)
{
	static const struct {
		char code[8];
		uint64_t rax, rdx, rsp, addr;
		int pointer;
		const char *near;
	} t[] = {
		{ "\x48\x8b\x40\x18", 0, 0, STACK + 0x8000, 0x18, DA_POINTER_NULL, "null pointer + 0x18" },
		{ "\x48\x8b\x80\x34\x12\x00\x00", 0, 0, STACK + 0x8000, 0x1234, DA_POINTER_NULL,
		  "null pointer + 0x1234" },
		{ "\x48\x8b\x80\x00\x00\x40\x00", 0, 0, STACK + 0x8000, 0x400000, DA_POINTER_NULL,
		  "null pointer + 0x400000" },
		{ "\x48\x8b\x00", 0x1234, 0, STACK + 0x8000, 0x1234, DA_POINTER_SMALL,
		  "in the first 64 KiB, where systems map nothing" },
		{ "\x48\x8b\x00", 0x20, 0, STACK + 0x8000, 0x20, DA_POINTER_SMALL, "null + 0x20, or a small number" },
		/* [rax + rdx]: either may be the pointer */
		{ "\x48\x8b\x04\x10", 5, 0, STACK + 0x8000, 5, DA_POINTER_UNKNOWN, "null pointer + 0x5" },
		{ "\x48\x8b\x04\x10", 0, 0x300000000000, STACK + 0x8000, 0x300000000000, DA_POINTER_UNKNOWN,
		  "in no mapping" },
		{ "\x50", 0, 0, 0x108, 0x100, DA_POINTER_STACK, "in the first 64 KiB, where systems map nothing" },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(t); i++) {
		struct da_dump *d = process(11, 1);
		struct da_exception *e;

		code(t[i].code, 7);
		set(d, RAX, t[i].rax);
		set(d, RDX, t[i].rdx);
		set(d, RSP, t[i].rsp);
		at_address(d, t[i].addr);
		e = run(d);
		ck_assert_msg(e->pointer == t[i].pointer, "row %zu: %u", i, e->pointer);
		ck_assert_str_eq(plain(d, e->near), t[i].near);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(returns_to_nowhere)
{
	struct da_dump *d = process(11, 0x80);
	struct da_exception *e;

	CODE_IS("\xc3"); /* ret to an address that the CPU refuses: it stays at the ret */
	put64(0x10000 + 0x8000, 0x6161616161616161);
	e = run(d);
	ck_assert(e->returning);
	ck_assert_int_eq(e->access, DA_ACCESS_EXECUTE);
	ck_assert_uint_eq(e->address, 0x6161616161616161);
	da_dump_free(d);

	d = process(11, 1); /* to one that is not mapped: it has gone there */
	set(d, RIP, 0x300000000000);
	at_address(d, 0x300000000000);
	put64(0x10000 + 0x7ff8, 0x300000000000);
	put64(0x10000 + 0x8000, 0x6161616161616161);
	ck_assert(run(d)->returning);
	da_dump_free(d);

	d = process(11, 1); /* by a call, which left its return address */
	set(d, RIP, 0x300000000000);
	at_address(d, 0x300000000000);
	code("\x90\x90\x90\x90\x90\x90\xff\xd0", 8);
	put64(0x10000 + 0x8000, CODE + 8);
	ck_assert(!run(d)->returning);
	da_dump_free(d);
}
END_TEST

START_TEST(refused_instructions)
{
	static const struct {
		int signo, code;
		const char *bytes;
		uint64_t pc;
		int refused;
	} t[] = {
		{ 4, 2, "\x0f\x0b", CODE, DA_REFUSED_TRAP },
		{ 11, 0x80, "\xf4", CODE, DA_REFUSED_PRIVILEGED },
		{ 11, 0x80, "\xfa", CODE, DA_REFUSED_PRIVILEGED },
		{ 4, 2, "\x0f\x0b", DATA, DA_REFUSED_DATA },
		{ 4, 2, "\x90", CODE, DA_REFUSED_UNKNOWN },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(t); i++) {
		struct da_dump *d = process(t[i].signo, t[i].code);
		struct da_exception *e;

		code(t[i].bytes, strlen(t[i].bytes));
		set(d, RIP, t[i].pc);
		e = run(d);
		ck_assert_int_eq(e->cause, DA_CAUSE_ILLEGAL_INSTRUCTION);
		ck_assert_msg(e->refused == t[i].refused, "row %zu: %u", i, e->refused);
		da_dump_free(d);
	}
}
END_TEST

static void add_frame(struct da_dump *d, uint64_t pc, const char *function, uint32_t repeat, uint32_t block)
{
	struct da_frame *f = da_vec_add(d->arena, &d->proc.threads.v[0].frames);
	struct da_place *p = da_new(d->arena, struct da_place);

	p->raw = function;
	p->calls = da_new(d->arena, struct da_place_call);
	p->calls->function = function;
	p->ncalls = 1;
	*f = (struct da_frame){ .pc = pc, .sp = STACK, .repeat = repeat, .block_len = block, .module = 0,
				.trust = DA_TRUST_CFI, .place = p };
}

START_TEST(signals_to_itself)
{
	static const struct {
		int signo, code, cause;
		const char *frames[3];
	} t[] = {
		{ 11, 0, DA_CAUSE_RAISED, { "kill", "go", "main" } },
		{ 3, -6, DA_CAUSE_RAISED, { "raise", "go", "main" } },
		{ 6, -6, DA_CAUSE_RAISED, { "raise", "go", "main" } },
		{ 6, -6, DA_CAUSE_ABORT, { "abort", "go", "main" } },
		{ 6, -6, DA_CAUSE_PANIC, { "abort", "core::panicking::panic_bounds_check", "main" } },
		{ 6, -6, DA_CAUSE_OUT_OF_MEMORY, { "abort", "node::OOMErrorHandler(char const*, bool)", "main" } },
		{ 6, -6, DA_CAUSE_TERMINATE, { "abort", "std::terminate()", "main" } },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(t); i++) {
		struct da_dump *d = process(t[i].signo, t[i].code);
		struct da_exception *e = d->proc.exception;

		e->has_sender = true;
		e->sender_pid = 77;
		for (size_t k = 0; k < 3; k++)
			add_frame(d, CODE + 0x10 * k, t[i].frames[k], 1, 1);
		run(d);
		ck_assert_msg(e->cause == t[i].cause, "row %zu: %u", i, e->cause);
		da_dump_free(d);
	}

	struct da_dump *d = process(24, 0x80); /* SIGXCPU by the kernel */

	ck_assert_int_eq(run(d)->cause, DA_CAUSE_LIMIT);
	da_dump_free(d);
}
END_TEST

START_TEST(a_recursion_is_blamed_not_its_leaf)
{
	struct da_dump *d = process(11, 2);
	struct da_exception *e;

	CODE_IS("\x55");
	set(d, RSP, STACK);
	at_address(d, STACK - 8);
	add_frame(d, CODE, "leaf", 1, 1);
	add_frame(d, CODE + 0x10, "malloc", 4000, 2);
	add_frame(d, CODE + 0x20, "walk", 1, 1);
	add_frame(d, CODE + 0x30, "main", 1, 1);
	e = run(d);
	ck_assert_int_eq(e->cause, DA_CAUSE_STACK_OVERFLOW);
	ck_assert_uint_eq(e->blamed_frame, 2);
	ck_assert_uint_eq(e->below_stack, 0);
	da_dump_free(d);
}
END_TEST

START_TEST(hidden_addresses)
{
	static const struct {
		uint64_t addr;
		int code;
		bool hidden;
	} t[] = {
		{ 0x0067666564636261, 0x80, true }, /* seven letters: refused by CPUs with 48-bit addresses */
		{ 0x4141414141414141, 0x80, false }, /* a pattern, no secret */
		{ 0xdead000000000100, 0x80, false },
		{ 0x0000666564636261, 1, true }, /* six letters, from the kernel */
		{ 0x00007f0064636261, 1, false },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(t); i++) {
		struct da_dump *d = process(11, t[i].code);
		struct da_exception *e;

		CODE_IS("\x48\x8b\x10");
		set(d, RAX, t[i].addr);
		if (t[i].code == 1)
			at_address(d, t[i].addr);
		e = run(d);
		ck_assert_msg(e->has_address && e->address == t[i].addr, "row %zu", i);
		ck_assert_msg(e->address_hidden == t[i].hidden, "row %zu", i);
		ck_assert_int_eq(e->access, DA_ACCESS_READ);
		da_dump_free(d);
	}
}
END_TEST

/* struct rt_sigframe of x86_64 at STACK + 0x4000: what CODE did to RODATA, registers of process(). */
static void signal_frame(bool info)
{
	size_t at = 0x10000 + 0x4000, context = at + 40;

	put64(context + 13 * 8, RODATA + 4);      /* rax */
	put64(context + 15 * 8, STACK + 0x8000);  /* rsp */
	put64(context + 16 * 8, CODE);            /* rip */
	put64(context + 19 * 8, 7);               /* err: user, write, present */
	put64(context + 20 * 8, 14);              /* trapno: page fault */
	put64(context + 22 * 8, RODATA + 4);      /* cr2 */
	if (info) {
		put64(at + 0x130, 11);
		put64(at + 0x138, 2);
		put64(at + 0x140, RODATA + 4);
	}
}

START_TEST(faults_below_a_handler)
{
	/* with and without SA_SIGINFO, on the stack and left below it */
	for (int way = 0; way < 4; way++) {
		struct da_dump *d = process(way & 2 ? 11 : 6, -6);
		struct da_exception *e = d->proc.exception;
		struct da_thread *t = &d->proc.threads.v[0];

		e->has_sender = true;
		e->sender_pid = 77;
		CODE_IS("\xc7\x00\x01\x00\x00\x00"); /* mov dword [rax], 1 */
		signal_frame(way & 1);
		if (!(way & 2)) {
			static const struct da_frame frames[] = {
				{ .pc = CODE + 0x100, .sp = STACK + 0x3000, .trust = DA_TRUST_CONTEXT },
				{ .pc = CODE + 0x200, .sp = STACK + 0x4000, .trust = DA_TRUST_CFI,
				  .signal = true },
				{ .pc = CODE, .sp = STACK + 0x8000, .trust = DA_TRUST_CFI },
			};

			set(d, RIP, CODE + 0x100);
			set(d, RSP, STACK + 0x3000);
			for (size_t i = 0; i < DA_ARRAY_SIZE(frames); i++)
				da_vec_push(d->arena, &t->frames, frames[i]);
			for (size_t i = 0; i < t->frames.n; i++)
				t->frames.v[i].repeat = t->frames.v[i].block_len = 1;
		}
		run(d);
		ck_assert_ptr_nonnull(e->earlier);
		ck_assert_str_eq(e->earlier->name, "SIGSEGV");
		ck_assert(e->earlier->has_info == (way & 1));
		ck_assert_int_eq(e->cause, DA_CAUSE_ACCESS);
		ck_assert_int_eq(e->access, DA_ACCESS_WRITE);
		ck_assert_uint_eq(e->address, RODATA + 4);
		ck_assert_uint_eq(e->blamed_frame, way & 2 ? DA_NONE : 2);
		da_dump_free(d);
	}
}
END_TEST

/* The dump has siginfo of the fault, and registers of a handler that waits for createdump (system call 61). */
START_TEST(handler_waits_for_the_writer)
{
	for (int way = 0; way < 3; way++) {
		static const struct da_frame frames[] = {
			{ .pc = CODE + 0x100, .sp = STACK + 0x3000, .trust = DA_TRUST_CONTEXT },
			{ .pc = CODE + 0x200, .sp = STACK + 0x4000, .trust = DA_TRUST_CFI, .signal = true },
			{ .pc = CODE, .sp = STACK + 0x8000, .trust = DA_TRUST_CFI },
		};
		struct da_dump *d = process(11, 2);
		struct da_exception *e = d->proc.exception;
		struct da_thread *t = &d->proc.threads.v[0];

		CODE_IS("\xc7\x00\x01\x00\x00\x00"); /* mov dword [rax], 1 */
		at_address(d, RODATA + 4);
		signal_frame(true);
		set(d, RIP, CODE + 0x100);
		set(d, RSP, STACK + 0x3000);
		if (way == 0)
			d->origin.writer = "createdump";
		else
			set(d, ORIG_RAX, way == 1 ? 61 : UINT64_MAX); /* the last: the handler failed, too */
		for (size_t i = 0; i < DA_ARRAY_SIZE(frames); i++)
			da_vec_push(d->arena, &t->frames, frames[i]);
		for (size_t i = 0; i < t->frames.n; i++)
			t->frames.v[i].repeat = t->frames.v[i].block_len = 1;
		run(d);
		ck_assert(!!e->earlier == (way == 2));
		ck_assert(way == 2 || e->blamed_frame == 2);
		if (way < 2)
			ck_assert_int_eq(e->access, DA_ACCESS_WRITE);
		da_dump_free(d);
	}
}
END_TEST

/* Trap number and cr2 are those of some earlier time: the instruction does not explain them. */
START_TEST(a_stale_trap_is_no_fault)
{
	struct da_dump *d = process(6, -6);
	struct da_exception *e = d->proc.exception;
	struct da_frame *f;

	e->has_sender = true;
	e->sender_pid = 77;
	CODE_IS("\x90\x90\x90");
	signal_frame(false);
	f = da_vec_add(d->arena, &d->proc.threads.v[0].frames);
	*f = (struct da_frame){ .pc = CODE + 0x200, .sp = STACK + 0x4000, .signal = true };
	f = da_vec_add(d->arena, &d->proc.threads.v[0].frames);
	*f = (struct da_frame){ .pc = CODE, .sp = STACK + 0x8000 };
	run(d);
	ck_assert_ptr_null(e->earlier);
	ck_assert_int_eq(e->cause, DA_CAUSE_ABORT);
	da_dump_free(d);
}
END_TEST

START_TEST(privileged_has_no_address)
{
	struct da_dump *d = process(11, 0x80);
	struct da_exception *e;

	CODE_IS("\xf4");
	e = run(d);
	ck_assert_int_eq(e->cause, DA_CAUSE_ILLEGAL_INSTRUCTION);
	ck_assert(!e->has_address);
	da_dump_free(d);
}
END_TEST

START_TEST(misaligned_vector)
{
	struct da_dump *d = process(11, 0x80);
	struct da_exception *e;

	CODE_IS("\x0f\x28\x00"); /* movaps xmm0, [rax] */
	set(d, RAX, DATA + 8);
	e = run(d);
	ck_assert_int_eq(e->cause, DA_CAUSE_MISALIGNED);
	ck_assert_uint_eq(e->address, DATA + 8);
	da_dump_free(d);
}
END_TEST

START_TEST(without_siginfo_the_map_tells)
{
	struct da_dump *d = process(11, 0);
	struct da_exception *e = d->proc.exception;

	e->has_info = false;
	CODE_IS("\x48\x8b\x10"); /* mov rdx, [rax] */
	set(d, RAX, 0x8);
	run(d);
	ck_assert(e->has_address && e->address_derived);
	ck_assert_uint_eq(e->address, 8);
	da_dump_free(d);

	d = process(11, 0);
	e = d->proc.exception;
	e->has_info = false;
	CODE_IS("\x48\x8b\x10");
	set(d, RAX, DATA); /* readable: that is not what failed */
	run(d);
	ck_assert(!e->has_address);
	da_dump_free(d);
}
END_TEST

START_TEST(arithmetic)
{
	struct da_dump *d = process(8, 1);
	struct da_exception *e;

	CODE_IS("\xf7\xf9");
	set(d, RCX, 0);
	at_address(d, CODE);
	e = run(d);
	ck_assert_int_eq(e->cause, DA_CAUSE_ARITHMETIC);
	ck_assert_str_eq(plain(d, e->operands), "the divisor is 0");
	ck_assert(e->divisor_zero);
	ck_assert_str_eq(e->subname, "FPE_INTDIV");
	ck_assert_ptr_null(e->near);
	da_dump_free(d);

	d = process(8, 1);
	CODE_IS("\xf7\xf9");
	set(d, RCX, 0xffffffff);
	set(d, RAX, 0x80000000);
	set(d, RDX, 0xffffffff);
	e = run(d);
	ck_assert_str_eq(plain(d, e->operands),
			 "the smallest integer divided by -1: the result does not fit");
	da_dump_free(d);
}
END_TEST

START_TEST(passed_instructions)
{
	struct da_dump *d = process(5, 0x80);
	struct da_exception *e;

	CODE_IS("\xcc\x90");
	set(d, RIP, CODE + 1);
	e = run(d);
	ck_assert_int_eq(e->cause, DA_CAUSE_BREAKPOINT);
	ck_assert_ptr_nonnull(e->instruction);
	ck_assert_ptr_nonnull(strstr(e->instruction, "int3"));
	da_dump_free(d);

	d = process(31, 1);
	CODE_IS("\x0f\x05\x90");
	set(d, RIP, CODE + 2);
	e = run(d);
	ck_assert_int_eq(e->cause, DA_CAUSE_BAD_SYSTEM_CALL);
	ck_assert_ptr_nonnull(strstr(e->instruction, "syscall"));
	da_dump_free(d);
}
END_TEST

static struct da_exception *abort_with(struct da_dump **ret, const char *text)
{
	struct da_dump *d = process(6, -6);

	d->proc.exception->has_sender = true;
	d->proc.exception->sender_pid = 77;
	memcpy(file + 0x4000, "\x00\x10\x00\x00", 4);
	memcpy(file + 0x4004, text, strlen(text));
	*ret = d;
	return run(d);
}

START_TEST(abort_messages)
{
	static const struct {
		const char *text;
		int cause;
	} t[] = {
		{ "*** stack smashing detected ***: terminated\n", DA_CAUSE_STACK_SMASHED },
		{ "*** buffer overflow detected ***: terminated\n", DA_CAUSE_FORTIFY },
		{ "*** %n in writable segments detected ***\n", DA_CAUSE_FORTIFY },
		{ "free(): invalid next size (fast)\n", DA_CAUSE_HEAP_CORRUPTION },
		{ "double free or corruption (!prev)\n", DA_CAUSE_HEAP_CORRUPTION },
		{ "munmap_chunk(): invalid pointer\n", DA_CAUSE_HEAP_CORRUPTION },
		{ "corrupted size vs. prev_size while consolidating\n", DA_CAUSE_HEAP_CORRUPTION },
		{ "*** Error in `./a': free(): invalid pointer: 0x01 ***\n", DA_CAUSE_HEAP_CORRUPTION },
		{ "p: malloc.c:2379: sysmalloc: Assertion `(old_top == initial_top (av))' failed.\n",
		  DA_CAUSE_HEAP_CORRUPTION },
		{ "Fatal glibc error: malloc.c:2599 (sysmalloc): assertion failed: x == y\n",
		  DA_CAUSE_HEAP_CORRUPTION },
		{ "p: a.c:1: f: Assertion `x' failed.\n", DA_CAUSE_ASSERT },
		{ "The futex facility returned an unexpected error code.\n", DA_CAUSE_FATAL_MESSAGE },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(t); i++) {
		struct da_dump *d;
		struct da_exception *e = abort_with(&d, t[i].text);

		ck_assert_msg(e->cause == t[i].cause, "%s: %d", t[i].text, e->cause);
		ck_assert_uint_eq(strlen(e->message), strlen(t[i].text) - 1);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(assertions_are_taken_apart)
{
	static const struct {
		const char *text, *expression, *file, *function;
		unsigned line;
	} t[] = {
		{ "p: a.c:17: go: Assertion `n > 0' failed.\n", "n > 0", "a.c", "go", 17 },
		{ "p: dir/x y.cc:9: void ns::f(std::map<int, A::B>): Assertion `a::b && \"c: 1: d\"' failed.\n",
		  "a::b && \"c: 1: d\"", "dir/x y.cc", "void ns::f(std::map<int, A::B>)", 9 },
		{ "a.c:3: Assertion `x' failed.\n", "x", "a.c", NULL, 3 },
		{ "Fatal glibc error: tpp.c:83 (__pthread_tpp_change_priority): assertion failed: new == -1\n",
		  "new == -1", "tpp.c", "__pthread_tpp_change_priority", 83 },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(t); i++) {
		struct da_dump *d;
		struct da_exception *e = abort_with(&d, t[i].text);

		ck_assert_int_eq(e->cause, DA_CAUSE_ASSERT);
		ck_assert_str_eq(e->assert_expression, t[i].expression);
		ck_assert_str_eq(e->assert_file, t[i].file);
		ck_assert_uint_eq(e->assert_line, t[i].line);
		if (t[i].function)
			ck_assert_str_eq(e->assert_function, t[i].function);
		else
			ck_assert_ptr_null(e->assert_function);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(signals_from_outside)
{
	struct da_dump *d = process(11, 0);
	struct da_exception *e = d->proc.exception;

	e->has_sender = true;
	e->sender_pid = 5;
	CODE_IS("\x48\x8b\x00");
	run(d);
	ck_assert_int_eq(e->cause, DA_CAUSE_FROM_OUTSIDE);
	ck_assert_ptr_null(e->instruction);
	ck_assert_uint_eq(e->blamed_frame, DA_NONE);
	ck_assert_int_eq(d->proc.threads.v[0].state, DA_STATE_UNKNOWN);
	da_dump_free(d);

	d = process(6, 0);
	e = d->proc.exception;
	e->has_sender = true;
	e->sender_pid = 1;
	run(d);
	ck_assert_int_eq(e->cause, DA_CAUSE_WATCHDOG);
	da_dump_free(d);

	d = process(6, 0); /* a parent alone is no supervisor */
	e = d->proc.exception;
	e->has_sender = true;
	e->sender_pid = 40;
	d->proc.has_ppid = true;
	d->proc.ppid = 40;
	run(d);
	ck_assert_int_eq(e->cause, DA_CAUSE_FROM_OUTSIDE);
	e->cause = DA_CAUSE_UNKNOWN;
	da_vec_push(d->arena, &d->proc.environment, "WATCHDOG_USEC=30000000");
	run(d);
	ck_assert_int_eq(e->cause, DA_CAUSE_WATCHDOG);
	da_dump_free(d);

	d = process(3, 0x80);
	ck_assert_int_eq(run(d)->cause, DA_CAUSE_QUIT);
	da_dump_free(d);
}
END_TEST

START_TEST(bus_errors)
{
	struct da_dump *d = process(7, 2);
	struct da_exception *e;

	CODE_IS("\x8a\x00");
	set(d, RAX, DATA + 0x800);
	at_address(d, DATA + 0x800);
	e = run(d);
	ck_assert_int_eq(e->cause, DA_CAUSE_BEYOND_FILE);
	da_dump_free(d);

	d = process(7, 4);
	CODE_IS("\x8a\x00");
	set(d, RAX, DATA + 0x800);
	at_address(d, DATA + 0x800);
	ck_assert_int_eq(run(d)->cause, DA_CAUSE_HARDWARE_MEMORY);
	da_dump_free(d);
}
END_TEST

START_TEST(bit_flips)
{
	struct da_dump *d = process(11, 1);
	struct da_exception *e;

	CODE_IS("\x8a\x00");
	set(d, RAX, (DATA + 0x10) ^ (1ULL << 44));
	at_address(d, (DATA + 0x10) ^ (1ULL << 44));
	e = run(d);
	ck_assert_uint_eq(e->candidate, DATA + 0x10);
	da_dump_free(d);

	d = process(11, 1); /* a low bit is an index or an offset */
	CODE_IS("\x8a\x00");
	set(d, RAX, DATA ^ (1ULL << 20));
	at_address(d, DATA ^ (1ULL << 20));
	ck_assert_uint_eq(run(d)->candidate, 0);
	da_dump_free(d);
}
END_TEST

START_TEST(near_addresses)
{
	static const struct {
		uint64_t addr;
		const char *words;
	} t[] = {
		{ 0, "null pointer" },
		{ 0xffff, "null pointer + 0xffff" },
		{ (uint64_t)-8, "null pointer - 0x8" },
		{ 0xffff888000000000, "an address of the kernel" },
		{ 0x5a5a5a5a5a5a5a5a, "no possible address (non-canonical), the same byte repeated" },
		{ CODE + 4, "prog + 0x4, code, read-only" },
		{ STACK + 16, "stack of t1" },
		{ GUARD + 16, "guard page below the stack of t1" },
		{ MESSAGE + 4, "anonymous memory" },
		{ STACK_END, "in no mapping, at the end of the stack of t1" },
		{ STACK_END + 0x20, "in no mapping, 0x20 beyond the end of the stack of t1" },
		{ MESSAGE - 0x10, "in no mapping, 0x10 before the start of a mapping" },
		{ 0x300000000000, "in no mapping" },
	};
	struct da_dump *d = process(11, 1);

	for (size_t i = 0; i < DA_ARRAY_SIZE(t); i++)
		ck_assert_str_eq(plain(d, da_near(d, NULL, t[i].addr)), t[i].words);
	da_dump_free(d);
}
END_TEST

START_TEST(values_shown)
{
	struct da_dump *d = process(11, 1);
	const char *meaning = "x";

	ck_assert(da_value_shown(d, NULL, 0xffff, &meaning));
	ck_assert_ptr_null(meaning);
	ck_assert(!da_value_shown(d, NULL, 0x10000, NULL));
	ck_assert(!da_value_shown(d, NULL, 0x7061737377307264, NULL));
	ck_assert(da_value_shown(d, NULL, DATA, &meaning));
	ck_assert_str_eq(plain(d, meaning), "prog + 0xff000");
	da_dump_free(d);
}
END_TEST

static struct da_dump *windows(uint32_t code)
{
	struct da_dump *d = process((int)code, 0);
	struct da_exception *e = d->proc.exception;

	d->proc.os = DA_OS_WINDOWS;
	e->is_signal = e->has_info = false;
	e->code = code;
	return d;
}

static void parameter(struct da_dump *d, uint64_t v)
{
	da_vec_push(d->arena, &d->proc.exception->parameters, v);
}

START_TEST(windows_codes)
{
	static const struct {
		uint32_t code;
		uint64_t first;
		int cause;
		const char *subname;
	} t[] = {
		{ 0xc0000005, 0, DA_CAUSE_ACCESS, NULL },
		{ 0xc00000fd, 1, DA_CAUSE_STACK_OVERFLOW, NULL },
		{ 0xc0000094, 0, DA_CAUSE_ARITHMETIC, NULL },
		{ 0xc0000374, 0, DA_CAUSE_HEAP_CORRUPTION, NULL },
		{ 0xc0000409, 2, DA_CAUSE_STACK_SMASHED, "FAST_FAIL_STACK_COOKIE_CHECK_FAILURE" },
		{ 0xc0000409, 7, DA_CAUSE_ABORT, "FAST_FAIL_FATAL_APP_EXIT" },
		{ 0xc0000409, 999, DA_CAUSE_ABORT, NULL },
		{ 0xe0434352, 0, DA_CAUSE_UNKNOWN, NULL },
		{ 0xe0000042, 0, DA_CAUSE_UNKNOWN, NULL },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(t); i++) {
		struct da_dump *d = windows(t[i].code);
		struct da_exception *e;

		parameter(d, t[i].first);
		e = run(d);
		ck_assert_msg(e->cause == t[i].cause, "row %zu: %u", i, e->cause);
		if (t[i].subname)
			ck_assert_str_eq(e->subname, t[i].subname);
		else
			ck_assert_ptr_null(e->subname);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(windows_hides_impossible_addresses)
{
	struct da_dump *d = windows(0xc0000005);
	struct da_exception *e;

	CODE_IS("\x48\x89\x10");
	set(d, RAX, 0x4141414141414141);
	at_address(d, UINT64_MAX);
	d->proc.exception->access = DA_ACCESS_READ; /* what the record says then */
	e = run(d);
	ck_assert_uint_eq(e->address, 0x4141414141414141);
	ck_assert(e->address_derived && !e->address_hidden);
	ck_assert_int_eq(e->access, DA_ACCESS_WRITE);
	da_dump_free(d);
}
END_TEST

/* throw shop::broken("bad order") as the MSVC ABI lays it out, at RODATA (types) and DATA (object). */
START_TEST(windows_cpp_exceptions)
{
	struct da_dump *d = windows(0xe06d7363);
	struct da_exception *e;
	const uint32_t base = CODE;
	uint8_t *ro = file + 0x2000;
	static const struct {
		uint32_t at, name;
		const char *text;
	} types[] = { { 0x40, 0x100, ".?AVbroken@shop@@" }, { 0x80, 0x140, ".?AVexception@std@@" } };

#define PUT32(p, v) memcpy(p, &(uint32_t){ (v) }, 4)
	PUT32(ro + 12, RODATA + 0x20 - base); /* ThrowInfo: the array of types */
	PUT32(ro + 0x20, 2);
	for (size_t i = 0; i < DA_ARRAY_SIZE(types); i++) {
		PUT32(ro + 0x24 + 4 * i, RODATA + types[i].at - base);
		PUT32(ro + types[i].at + 4, RODATA + types[i].name - base);
		strcpy((char *)ro + types[i].name + 16, types[i].text);
	}
#undef PUT32
	put64(0x1000 + 8, DATA + 0x40);
	strcpy((char *)file + 0x1040, "bad order");
	parameter(d, 0x19930520);
	parameter(d, DATA);
	parameter(d, RODATA);
	parameter(d, base);
	e = run(d);
	ck_assert_int_eq(e->cause, DA_CAUSE_CPP_EXCEPTION);
	ck_assert_str_eq(e->cpp_type, "shop::broken");
	ck_assert_str_eq(e->cpp_what, "bad order");
	ck_assert_ptr_null(e->instruction);
	da_dump_free(d);
}
END_TEST

START_TEST(a_map_with_holes_proves_nothing)
{
	struct da_dump *d = process(11, 0);

	d->origin.format = "elf-core";
	d->origin.writer = "gcore";
	ck_assert_str_eq(da_near(d, NULL, 0x300000000000), "in no mapping that the dump lists");
	/* without siginfo, code and operand in memory that is not listed: neither is claimed to be bad */
	d->proc.exception->has_info = false;
	set(d, RIP, 0x300000000000);
	run(d);
	ck_assert(!d->proc.exception->has_address);
	ck_assert_int_eq(d->proc.exception->access, DA_ACCESS_UNKNOWN);
	da_dump_free(d);
}
END_TEST

START_TEST(no_exception_no_facts)
{
	struct da_dump *d = process(11, 1);

	d->proc.exception = NULL;
	da_fault_run(d, NULL);
	ck_assert_int_eq(d->proc.threads.v[0].state, DA_STATE_UNKNOWN);
	da_dump_free(d);

	d = process(11, 1);
	d->proc.exception->thread = DA_NONE;
	at_address(d, 0x18);
	ck_assert_ptr_null(run(d)->instruction);
	da_dump_free(d);
}
END_TEST

UNIT_MAIN("fault", null_read, write_to_read_only, jump_to_data_and_to_nowhere, non_canonical,
	  pointers_that_are_null_or_numbers, returns_to_nowhere, refused_instructions, signals_to_itself,
	  a_recursion_is_blamed_not_its_leaf, hidden_addresses, faults_below_a_handler, a_stale_trap_is_no_fault, handler_waits_for_the_writer, privileged_has_no_address, misaligned_vector, without_siginfo_the_map_tells,
	  arithmetic, passed_instructions, abort_messages, assertions_are_taken_apart,
	  signals_from_outside, bus_errors, bit_flips, near_addresses, values_shown,
	  windows_codes, windows_hides_impossible_addresses, windows_cpp_exceptions,
	  a_map_with_holes_proves_nothing, no_exception_no_facts)
