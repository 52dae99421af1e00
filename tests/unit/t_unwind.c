/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks made by hand (hand_stack.h); real programs are walked by the shell tests. */
#include "config.h"

#include <dwarf.h>
#include <string.h>

#include "hand_stack.h"
#include "unit.h"
#include "unwind/fold.h"
#include "unwind/step.h"

/* ---------------------------------------------------------------- tests */

START_TEST(cfi_to_the_end)
{
	struct da_cfi_row small = row64(16), saves = row64(32);

	setup(x64());
	saves.reg[6] = (struct da_cfi_rule){ DA_RULE_CFA_OFFSET, 0, -16, NULL, 0 }; /* rbp */
	add_function(CODE + 0x100, CODE + 0x200, "leaf", &small);
	add_function(CODE + 0x200, CODE + 0x300, "middle", &saves);
	add_function(CODE + 0x300, CODE + 0x400, "_start", &row_end);
	reg("rip", CODE + 0x110);
	reg("rsp", STACK + 0x1000);
	reg("rbp", 77);
	put(STACK + 0x1008, CODE + 0x300); /* the call is middle's last instruction */
	put(STACK + 0x1020, 88);
	put(STACK + 0x1028, CODE + 0x320);
	walk();
	FRAMES(3);
	frame(0, CODE + 0x110, STACK + 0x1000, DA_TRUST_CONTEXT);
	frame(1, CODE + 0x300, STACK + 0x1010, DA_TRUST_CFI);
	frame(2, CODE + 0x320, STACK + 0x1030, DA_TRUST_CFI);
	ck_assert(t->frames.v[0].exact_pc && !t->frames.v[1].exact_pc);
	ck_assert_uint_eq(t->frames.v[0].cfa, STACK + 0x1010);
	ended(DA_END_COMPLETE);
	done();
}
END_TEST

START_TEST(cfi_without_memory)
{
	struct da_cfi_row far = row64(0x10000000);

	setup(x64());
	add_function(CODE + 0x100, CODE + 0x200, "f", &far);
	reg("rip", CODE + 0x110);
	reg("rsp", STACK + 0x1000);
	call_to(CODE + 0x300, CODE + 0x100);
	put(STACK + 0x1000, CODE + 0x300); /* not to be taken for a frame: the CFA is known */
	walk();
	FRAMES(1);
	ended(DA_END_MISSING_MEMORY);
	ck_assert_ptr_nonnull(strstr(t->end_why, "0x7ff010000ff8"));
	done();
}
END_TEST

START_TEST(jump_to_null)
{
	struct da_cfi_row row = row64(16);

	setup(x64());
	add_function(CODE + 0x100, CODE + 0x200, "caller", &row);
	BYTES(CODE + 0x110, "\xff\xd0");
	reg("rip", 0);
	reg("rsp", STACK + 0x1000);
	put(STACK + 0x1000, CODE + 0x112);
	put(STACK + 0x1010, 0); /* caller's return address: the outermost */
	walk();
	FRAMES(2);
	frame(1, CODE + 0x112, STACK + 0x1008, DA_TRUST_FRAME_POINTER);
	ended(DA_END_COMPLETE);
	done();
}
END_TEST

START_TEST(overwritten_return_address)
{
	struct da_cfi_row row = row64(16);

	setup(x64());
	add_function(CODE + 0x100, CODE + 0x200, "f", &row);
	reg("rip", CODE + 0x110);
	reg("rsp", STACK + 0x1000);
	put(STACK + 0x1008, 0x4141414141414141);
	walk();
	FRAMES(2); /* the garbage is shown: it is the evidence */
	frame(1, 0x4141414141414141, STACK + 0x1010, DA_TRUST_CFI);
	ended(DA_END_CORRUPT);
	done();
}
END_TEST

START_TEST(frame_pointers_of_code_made_at_run_time)
{
	setup(x64());
	BYTES(CODE + 0x100, "\x55\x48\x8d\x6c\x24\x10"); /* as .NET makes it */
	reg("rip", CODE + 0x110);
	reg("rsp", STACK + 0x1000);
	reg("rbp", STACK + 0x1020);
	call_to(CODE + 0x300, CODE + 0x100);
	put(STACK + 0x1008, CODE + 0x300); /* stale: below the frame */
	BYTES(CODE + 0x210, "\xff\xd0");
	put(STACK + 0x1020, STACK + 0x1040);
	put(STACK + 0x1028, CODE + 0x212);
	put(STACK + 0x1040, 0);
	put(STACK + 0x1048, 0);
	walk();
	FRAMES(2);
	frame(1, CODE + 0x212, STACK + 0x1030, DA_TRUST_FRAME_POINTER);
	ended(DA_END_NO_UNWIND_INFO);
	done();
}
END_TEST

START_TEST(prologue_and_epilogue_without_tables)
{
	static const struct {
		const char *code;
		size_t len, skip; /* pc stands that far into it */
		unsigned words;   /* below the return address */
	} cases[] = {
		{ "\xf3\x0f\x1e\xfa\x55\x48\x89\xe5", 8, 0, 0 },
		{ "\x55\x48\x89\xe5", 4, 0, 0 },
		{ "\x55\x48\x89\xe5", 4, 1, 1 },
		{ "\x48\x83\xc4\x18\x5b\x41\x5c\x5d\xc3", 9, 0, 6 },
		{ "\x48\x83\xc4\x18\x5b\x41\x5c\x5d\xc3", 9, 4, 3 },
		{ "\x48\x81\xc4\x00\x01\x00\x00\xc3", 8, 0, 32 },
		{ "\xf3\xc3", 2, 0, 0 },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		uint64_t sp = STACK + 0x1000;

		setup(x64());
		memcpy(at(CODE + 0x100), cases[i].code, cases[i].len);
		call_to(CODE + 0x300, CODE + 0x100);
		reg("rip", CODE + 0x100 + cases[i].skip);
		reg("rsp", sp);
		put(sp + 8 * cases[i].words, CODE + 0x300);
		walk();
		ck_assert_msg(t->frames.n == 2, "case %zu", i);
		frame(1, CODE + 0x300, sp + 8 * cases[i].words + 8, DA_TRUST_FRAME_POINTER);
		done();
	}
}
END_TEST

/* Behind the call of a thread's function its system call exit stands, whatever libc it is. */
START_TEST(where_threads_begin)
{
	setup(x64());
	BYTES(CODE + 0x100, "\xc3");
	BYTES(CODE + 0x2fd, "\x41\xff\xd1\x89\xc7\x31\xc0\xb0\x3c\x0f\x05"); /* musl's clone */
	reg("rip", CODE + 0x100);
	reg("rsp", STACK + 0x1000);
	put(STACK + 0x1000, CODE + 0x300);
	call_to(CODE + 0x400, CODE + 0x280);
	put(STACK + 0x1010, CODE + 0x400); /* what lies above is no stack */
	walk();
	FRAMES(2);
	ended(DA_END_COMPLETE);
	done();
}
END_TEST

/* What gcc -O2 makes, with no table at all: the way to ret is found across jumps. */
START_TEST(code_without_tables)
{
	setup(x64());
	BYTES(CODE + 0x100,
	      "\x41\x54\x55\x53"             /* push %r12; push %rbp; push %rbx */
	      "\x48\x83\xec\x20"             /* sub $32, %rsp */
	      "\x48\x85\xff\x74\x10"         /* test %rdi, %rdi; je 0x11d */
	      "\xff\x17\x89\xc3"             /* call *(%rdi); mov %eax, %ebx */
	      "\x48\x83\xc4\x20"             /* add $32, %rsp */
	      "\x5b\x5d\x41\x5c\xc3"         /* pop…; ret */
	      "\x90\x90\x90"
	      "\xe8\0\0\0\0\x0f\x0b");       /* 0x11d: call of what never returns; ud2 */
	call_to(CODE + 0x300, CODE + 0x100);
	reg("rip", CODE + 0x10f);
	reg("rsp", STACK + 0x1000);
	call_to(CODE + 0x400, CODE + 0x300);
	put(STACK + 0x1008, CODE + 0x400); /* dead slot */
	put(STACK + 0x1020, 0xb);          /* rbx, rbp, r12 */
	put(STACK + 0x1028, STACK + 0x2000);
	put(STACK + 0x1030, 0xc);
	put(STACK + 0x1038, CODE + 0x300);
	walk();
	ck_assert_uint_ge(t->frames.n, 2);
	frame(1, CODE + 0x300, STACK + 0x1040, DA_TRUST_FRAME_POINTER);

	/* from where only an error's way goes on, the way before the fork is taken */
	t->regs.v[da_arch_reg(d->proc.arch, "rip")] = CODE + 0x108;
	walk();
	ck_assert_uint_ge(t->frames.n, 2);
	frame(1, CODE + 0x300, STACK + 0x1040, DA_TRUST_FRAME_POINTER);
	done();
}
END_TEST

START_TEST(kernel_vsyscall)
{
	setup(x86());
	BYTES(CODE + 0x100, "\x51\x52\x55\x89\xcd\x0f\x05\xcd\x80\x5d\x5a\x59\xc3");
	call_to(CODE + 0x300, CODE + 0x100);
	reg("eip", CODE + 0x109);
	reg("esp", STACK32 + 0x1000);
	put(STACK32 + 0x1000, 0x55);
	put(STACK32 + 0x1004, 0x52);
	put(STACK32 + 0x1008, 0x51);
	put(STACK32 + 0x100c, CODE + 0x300);
	walk();
	FRAMES(2);
	frame(1, CODE + 0x300, STACK32 + 0x1010, DA_TRUST_FRAME_POINTER);
	done();
}
END_TEST

/* Functions of a table without unwind information: from here on scan is all there is. */
START_TEST(scan_wants_calls)
{
	setup(x64());
	add_function(CODE + 0x100, CODE + 0x200, "f", NULL);
	add_function(CODE + 0x300, CODE + 0x400, "g", NULL);
	add_function(CODE + 0x400, CODE + 0x500, "_start", NULL);
	memset(at(CODE + 0x100), 0xcc, 0x20);
	call_to(CODE + 0x360, CODE + 0x300); /* a call of g: over long ago */
	call_to(CODE + 0x380, CODE + 0x100); /* the call of f */
	call_to(CODE + 0x420, CODE + 0x300);
	reg("rip", CODE + 0x110);
	reg("rsp", STACK + 0x1000);
	put(STACK + 0x1000, CODE + 0x340); /* code, but behind no call */
	put(STACK + 0x1008, CODE + 0x300); /* a function pointer */
	put(STACK + 0x1010, CODE + 0x360); /* doubtful */
	put(STACK + 0x1018, CODE + 0x380);
	put(STACK + 0x1040, CODE + 0x420);
	walk();
	FRAMES(3);
	frame(1, CODE + 0x380, STACK + 0x1020, DA_TRUST_SCAN);
	frame(2, CODE + 0x420, STACK + 0x1048, DA_TRUST_SCAN);
	ended(DA_END_COMPLETE); /* by the name of _start */
	done();
}
END_TEST

START_TEST(scan_without_code_bytes)
{
	setup(x64());
	d->proc.mem.ranges.v[0].file_len = 0;
	add_function(CODE + 0x300, CODE + 0x400, "g", NULL);
	reg("rip", CODE + 0x110);
	reg("rsp", STACK + 0x1000);
	put(STACK + 0x1000, CODE + 0x800); /* in no function: not to be believed */
	put(STACK + 0x1008, CODE + 0x300); /* the function itself: a pointer to it */
	put(STACK + 0x1010, CODE + 0x310);
	walk();
	FRAMES(2);
	frame(1, CODE + 0x310, STACK + 0x1018, DA_TRUST_SCAN);
	ended(DA_END_NO_UNWIND_INFO);
	done();
}
END_TEST

/* The handler runs on another stack, above or below: the walk goes back to the first. */
START_TEST(signal_frame_x86_64)
{
	struct da_cfi_row row = row64(16);
	uint64_t sp = ALT + 0x8000, uc = sp + 16, old = STACK + 0x2000;

	setup(x64());
	add_function(CODE + 0x100, CODE + 0x200, "handler", &row);
	add_function(CODE + 0x300, CODE + 0x400, "interrupted", &row);
	BYTES(CODE + 0x200, "\x48\xc7\xc0\x0f\0\0\0\x0f\x05");
	reg("rip", CODE + 0x110);
	reg("rsp", sp);
	put(sp + 8, CODE + 0x200);
	put(uc + 40 + 15 * 8, old);
	put(uc + 40 + 16 * 8, CODE + 0x300); /* interrupted at its first instruction */
	put(uc + 40 + 18 * 8, 0x33); /* cs */
	put(old + 8, 0);
	walk();
	FRAMES(3);
	frame(1, CODE + 0x200, uc, DA_TRUST_CFI);
	frame(2, CODE + 0x300, old, DA_TRUST_CFI);
	ck_assert(t->frames.v[1].signal);
	ck_assert(t->frames.v[2].exact_pc);
	ended(DA_END_COMPLETE);
	done();
}
END_TEST

START_TEST(signal_frames_i386)
{
	for (int rt = 0; rt < 2; rt++) {
		uint64_t sp = STACK32 + 0x1000, sc = sp + (rt ? 12 + 128 + 20 : 4);

		setup(x86());
		if (rt)
			BYTES(CODE + 0x200, "\xb8\xad\0\0\0\xcd\x80");
		else
			BYTES(CODE + 0x200, "\x58\xb8\x77\0\0\0\xcd\x80");
		reg("eip", CODE + 0x200); /* just back from the handler */
		reg("esp", sp);
		put(sc + 60, 0x23); /* cs */
		put(sc + 28, STACK32 + 0x3000);
		put(sc + 56, CODE + 0x300);
		walk();
		ck_assert_uint_ge(t->frames.n, 2);
		frame(1, CODE + 0x300, STACK32 + 0x3000, DA_TRUST_CFI);
		ck_assert(t->frames.v[0].signal && t->frames.v[1].exact_pc);
		done();
	}
}
END_TEST

START_TEST(signal_frame_aarch64)
{
	uint64_t sp = STACK + 0x1000, mc = sp + 128 + 0xb0;
	struct da_cfi_row leaf = rowa64(0), frame16 = rowa64(16);

	setup(a64());
	add_function(CODE + 0x300, CODE + 0x400, "leaf", &leaf);
	add_function(CODE + 0x400, CODE + 0x500, "caller", &frame16);
	BYTES(CODE + 0x200, "\x68\x11\x80\xd2\x01\0\0\xd4");
	reg("pc", CODE + 0x200);
	reg("sp", sp);
	put(mc + 8 + 30 * 8, 0x006c000000000000 | (CODE + 0x410)); /* x30, signed */
	put(mc + 0x100, STACK + 0x3000);
	put(mc + 0x108, CODE + 0x310);
	walk();
	FRAMES(3);
	frame(1, CODE + 0x310, STACK + 0x3000, DA_TRUST_CFI);
	frame(2, CODE + 0x410, STACK + 0x3000, DA_TRUST_CFI); /* a leaf has no frame */
	ended(DA_END_COMPLETE); /* the record there holds 0 */
	done();
}
END_TEST

/* qemu-user's core: the vdso is mapped, and none of its bytes is there. */
START_TEST(signal_frame_of_unsaved_vdso)
{
	uint64_t sp = STACK + 0x1000, context = sp + 128 + 0xb0, vdso = CODE + 0x10000;
	struct da_cfi_row frame16 = rowa64(16);

	for (int magic = 0; magic < 2; magic++) {
		setup(a64());
		add_function(CODE + 0x300, CODE + 0x400, "handler", &frame16);
		add_function(CODE + 0x400, CODE + 0x500, "interrupted", &frame16);
		da_vec_add(d->arena, &d->proc.mem.ranges);
		for (size_t i = d->proc.mem.ranges.n - 1; i > 1; i--)
			d->proc.mem.ranges.v[i] = d->proc.mem.ranges.v[i - 1];
		d->proc.mem.ranges.v[1] = (struct da_range){ .start = vdso, .end = vdso + 0x1000,
							     .prot = DA_PROT_R | DA_PROT_X,
							     .has_prot = true, .module = DA_NONE };
		da_vec_push(d->arena, &d->proc.modules,
			    ((struct da_module){ .name = "linux-vdso.so.1", .start = vdso,
						 .end = vdso + 0x1000, .vdso = true }));
		reg("pc", CODE + 0x310);
		reg("sp", sp - 16);
		put(sp - 8, vdso + 0x4ec);
		put(context + 0x100, STACK + 0x3000);
		put(context + 0x108, CODE + 0x410);
		put(context + 0x120, magic ? 0x46508001 : 0);
		walk();
		frame(1, vdso + 0x4ec, sp, DA_TRUST_CFI);
		ck_assert(t->frames.v[1].signal == magic);
		if (magic)
			frame(2, CODE + 0x410, STACK + 0x3000, DA_TRUST_CFI);
		else
			FRAMES(2);
		done();
	}
}
END_TEST

/* Two signal frames that lead to each other. */
START_TEST(cycle_of_stacks)
{
	setup(x64());
	BYTES(CODE + 0x200, "\x48\xc7\xc0\x0f\0\0\0\x0f\x05");
	reg("rip", CODE + 0x200);
	reg("rsp", STACK + 0x1000);
	put(STACK + 0x1000 + 40 + 15 * 8, ALT + 0x1000);
	put(STACK + 0x1000 + 40 + 16 * 8, CODE + 0x200);
	put(STACK + 0x1000 + 40 + 18 * 8, 0x33);
	put(ALT + 0x1000 + 40 + 15 * 8, STACK + 0x1000);
	put(ALT + 0x1000 + 40 + 16 * 8, CODE + 0x200);
	put(ALT + 0x1000 + 40 + 18 * 8, 0x33);
	walk();
	ck_assert_uint_le(t->frames.n, 4);
	ended(DA_END_CYCLE);
	done();
}
END_TEST

START_TEST(frame_records)
{
	struct da_cfi_row row = rowa64(0x40), end = rowa64(0x20);

	setup(a64());
	end.reg[30].kind = DA_RULE_UNDEFINED;
	/* jit: no table; f: CFA by sp, which a record does not give */
	add_function(CODE + 0x300, CODE + 0x400, "f", &row);
	add_function(CODE + 0x400, CODE + 0x500, "_start", &end);
	BYTES(CODE + 0x30c, "\x00\x00\x00\x94");
	BYTES(CODE + 0x40c, "\x00\x00\x00\x94");
	reg("pc", CODE + 0x110);
	reg("sp", STACK + 0x1000);
	reg("x29", STACK + 0x1010);
	reg("x30", CODE + 0x120); /* stale */
	put(STACK + 0x1010, STACK + 0x1080);
	put(STACK + 0x1018, CODE + 0x310);
	put(STACK + 0x1080, STACK + 0x10c0);
	put(STACK + 0x1088, 0x00aa000000000000 | (CODE + 0x410));
	t->pac_mask = 0x00ffULL << 48;
	walk();
	FRAMES(3);
	frame(1, CODE + 0x310, STACK + 0x1020, DA_TRUST_FRAME_POINTER);
	frame(2, CODE + 0x410, STACK + 0x10c0, DA_TRUST_CFI);
	ended(DA_END_COMPLETE);
	done();
}
END_TEST

START_TEST(leaf_of_aarch64_without_tables)
{
	setup(a64());
	BYTES(CODE + 0x0fc, "\xc0\x03\x5f\xd6"); /* ret: what was before is over */
	BYTES(CODE + 0x100, "\x00\x00\x80\xd2\x00\x00\x80\xd2");
	BYTES(CODE + 0x30c, "\x00\x00\x00\x94");
	reg("pc", CODE + 0x108);
	reg("sp", STACK + 0x1000);
	reg("x30", CODE + 0x310);
	reg("x29", 0);
	walk();
	FRAMES(2);
	frame(1, CODE + 0x310, STACK + 0x1000, DA_TRUST_FRAME_POINTER);
	done();
}
END_TEST

/* ---- folding */

static void recursion(unsigned rounds, unsigned cycle)
{
	uint64_t sp = STACK + 0x1000;

	for (unsigned i = 0; i < rounds * cycle; i++, sp += 16)
		put(sp + 8, CODE + 0x210 + i % cycle);
	put(sp + 8, CODE + 0x320);
	put(sp + 24, 0);
}

START_TEST(endless_recursion)
{
	static const unsigned cycles[] = { 1, 2, 3, 64 };
	struct da_cfi_row row = row64(16);

	for (size_t i = 0; i < DA_ARRAY_SIZE(cycles); i++) {
		unsigned cycle = cycles[i], rounds = 150000 / cycle;

		setup(x64());
		add_function(CODE + 0x100, CODE + 0x180, "top", &row);
		add_function(CODE + 0x200, CODE + 0x300, "f", &row);
		add_function(CODE + 0x300, CODE + 0x400, "main", &row);
		reg("rip", CODE + 0x110);
		reg("rsp", STACK + 0x1000);
		recursion(rounds, cycle);
		walk();
		FRAMES(cycle + 2);
		frame(0, CODE + 0x110, STACK + 0x1000, DA_TRUST_CONTEXT);
		frame(1, CODE + 0x210, STACK + 0x1010, DA_TRUST_CFI);
		ck_assert_uint_eq(t->frames.v[1].repeat, rounds);
		ck_assert_uint_eq(t->frames.v[1].block_len, cycle);
		ck_assert_uint_eq(t->frames.v[cycle + 1].repeat, 1);
		frame(cycle + 1, CODE + 0x320, STACK + 0x1010 + 16ULL * rounds * cycle,
		      DA_TRUST_CFI);
		ck_assert_uint_eq(t->skipped_frames, (uint64_t)(rounds - 1) * cycle);
		ended(DA_END_COMPLETE);
		done();
	}
}
END_TEST

START_TEST(recursion_of_fifty_stays)
{
	struct da_cfi_row row = row64(16);

	setup(x64());
	add_function(CODE + 0x100, CODE + 0x400, "f", &row);
	reg("rip", CODE + 0x110);
	reg("rsp", STACK + 0x1000);
	recursion(50, 1);
	walk();
	FRAMES(52);
	ck_assert_uint_eq(t->skipped_frames, 0);
	done();
}
END_TEST

START_TEST(deep_and_irregular)
{
	struct da_cfi_row row = row64(16);
	uint64_t sp = STACK + 0x1000, seed = 1;

	setup(x64());
	add_function(CODE + 0x100, CODE + 0x1000, "f", &row);
	reg("rip", CODE + 0x110);
	reg("rsp", STACK + 0x1000);
	for (unsigned i = 0; i < 100000; i++, sp += 16) {
		seed = da_hash_mix(seed + i);
		put(sp + 8, CODE + 0x200 + seed % 0xc00);
	}
	walk();
	FRAMES(d->limits->frames);
	ck_assert_uint_eq(t->skipped_frames, 100001 - d->limits->frames);
	ended(DA_END_LIMIT);
	done();
}
END_TEST

START_TEST(fold_keeps_what_is_between)
{
	struct da_arena *a = da_arena_new();
	struct da_fold f = { .arena = a, .max = 4096 };
	uint64_t cut;
	size_t n = 0;

	/* 10 others, 60 × (a b c), a b, 5 others, 80 × d, 1 other */
	struct da_frame x = { .repeat = 1, .block_len = 1 };
#define PUSH(value) (x.pc = (value), da_fold_push(&f, &x), n++)
	for (int i = 0; i < 10; i++)
		PUSH(100 + i);
	for (int i = 0; i < 182; i++)
		PUSH(1 + i % 3);
	for (int i = 0; i < 5; i++)
		PUSH(200 + i);
	for (int i = 0; i < 80; i++)
		PUSH(7);
	PUSH(300);
	da_fold_finish(&f, &cut);
	ck_assert_uint_eq(f.frames.n, 10 + 3 + 2 + 5 + 1 + 1);
	ck_assert_uint_eq(f.frames.v[10].repeat, 60);
	ck_assert_uint_eq(f.frames.v[10].block_len, 3);
	ck_assert_uint_eq(f.frames.v[13].pc, 1);
	ck_assert_uint_eq(f.frames.v[14].pc, 2);
	ck_assert_uint_eq(f.frames.v[20].repeat, 80);
	ck_assert_uint_eq(f.frames.v[21].pc, 300);
	ck_assert_uint_eq(f.skipped + f.frames.n, n);
	ck_assert_uint_eq(cut, 0);

	/* a limit in the middle of a block leaves the whole block out */
	f.max = 12;
	f.skipped = 0;
	da_fold_reset(&f);
	n = 0;
	for (int i = 0; i < 10; i++)
		PUSH(100 + i);
	for (int i = 0; i < 180; i++)
		PUSH(1 + i % 3);
	da_fold_finish(&f, &cut);
	ck_assert_uint_eq(f.frames.n, 10);
	ck_assert_uint_eq(f.skipped, 180);
	ck_assert_uint_eq(cut, 180);
	da_arena_free(a);
}
END_TEST

/* ---- bounds */

START_TEST(stopped)
{
	static struct da_watch watch = { .stop = 1 };

	setup(x64());
	d->watch = &watch;
	reg("rip", CODE + 0x110);
	reg("rsp", STACK + 0x1000);
	da_unwind_run(d, NULL, NULL);
	FRAMES(0);
	ended(DA_END_LIMIT);
	done();
}
END_TEST

START_TEST(other_processors)
{
	setup(da_arch_by_elf(243, 2, false));
	reg("pc", CODE + 0x110);
	reg("sp", STACK + 0x1000);
	da_unwind_run(d, NULL, NULL);
	FRAMES(1);
	frame(0, CODE + 0x110, STACK + 0x1000, DA_TRUST_CONTEXT);
	ended(DA_END_NO_UNWIND_INFO);
	t->regs.valid = 0;
	walk();
	FRAMES(0);
	ended(DA_END_NO_UNWIND_INFO);
	done();
}
END_TEST

/* Anything at all in memory, registers and rows: it ends. */
START_TEST(noise)
{
	uint64_t seed = 42;

	for (int round = 0; round < 60; round++) {
		const struct da_arch *arch = round % 3 == 0 ? x64() : round % 3 == 1 ? x86() : a64();
		struct da_cfi_row rows[4];

		setup(arch);
		for (uint64_t i = 0; i < 0x8000; i += arch->word) {
			uint64_t pick = da_hash_mix(seed += i);

			put(stack + i, pick % 3 == 0 ? CODE + pick % CODE_LEN :
				       pick % 3 == 1 ? stack + pick % STACK_LEN : pick);
		}
		for (uint64_t i = 0; i < CODE_LEN; i += 8) {
			uint64_t v = da_hash_mix(seed += i);

			memcpy(at(CODE + i), &v, 8);
		}
		for (int k = 0; k < 4; k++) {
			for (size_t i = 0; i < sizeof(rows[k]); i += 1)
				((uint8_t *)&rows[k])[i] = (uint8_t)da_hash_mix(seed++);
			for (int i = 0; i < DA_CFI_REGS; i++) {
				rows[k].reg[i].kind %= DA_RULE_EXPR_AT;
				rows[k].reg[i].offset %= 64;
			}
			rows[k].signal_frame = seed & 1;
			rows[k].cfa.kind = DA_RULE_REG_OFFSET;
			rows[k].cfa.reg = (int16_t)arch->sp;
			rows[k].cfa.offset = (int64_t)(seed % 128);
			add_function(CODE + 0x400 * (uint64_t)k, CODE + 0x400 * (uint64_t)k + 0x380,
				     k & 1 ? "f" : NULL, &rows[k]);
		}
		for (unsigned r = 0; r < arch->nregs; r++)
			da_reg_set(&t->regs, (int)r, da_hash_mix(seed++));
		da_reg_set(&t->regs, arch->sp, stack + 0x100);
		da_reg_set(&t->regs, arch->pc, CODE + seed % CODE_LEN);
		walk();
		ck_assert_uint_ge(t->frames.n, 1);
		ck_assert_ptr_nonnull(t->end_why);
		done();
	}
}
END_TEST

/* ---- expressions */

static enum da_status eval(const struct da_op *ops, uint32_t n, uint64_t *ret)
{
	struct da_expr e = { .arch = d->proc.arch, .mem = &d->proc.mem, .regs = &t->regs,
			     .max_ops = 4096, .has_cfa = true, .cfa = STACK + 0x100 };

	return da_expr_eval(&e, ops, n, ret);
}

#define N(v) { DW_OP_consts, (uint64_t)(v), 0, 0 }
#define OP(op) { DW_OP_##op, 0, 0, 0 }

START_TEST(expression_results)
{
	static const struct {
		struct da_op ops[5];
		uint32_t n;
		uint64_t result;
	} cases[] = {
		{ { { DW_OP_lit7, 0, 0, 0 } }, 1, 7 },
		{ { { DW_OP_call_frame_cfa, 0, 0, 0 } }, 1, STACK + 0x100 },
		{ { { DW_OP_plus_uconst, 8, 0, 0 } }, 1, STACK + 0x108 }, /* the CFA is there first */
		{ { { DW_OP_breg7, (uint64_t)-16, 0, 0 } }, 1, STACK - 16 },
		{ { { DW_OP_bregx, 7, 8, 0 } }, 1, STACK + 8 },
		{ { N(STACK), OP(deref) }, 2, 0x1122334455667788 },
		{ { N(STACK), { DW_OP_deref_size, 2, 0, 0 } }, 2, 0x7788 },
		{ { N(7), N(-2), OP(div) }, 3, (uint64_t)-3 },
		{ { N(INT64_MIN), N(-1), OP(div) }, 3, (uint64_t)INT64_MIN },
		{ { N(7), N(4), OP(mod) }, 3, 3 },
		{ { N(7), N(4), OP(minus) }, 3, 3 },
		{ { N(7), N(4), OP(mul) }, 3, 28 },
		{ { N(6), N(3), OP(and) }, 3, 2 },
		{ { N(6), N(3), OP(or) }, 3, 7 },
		{ { N(6), N(3), OP(xor) }, 3, 5 },
		{ { N(6), OP(not) }, 2, ~6ULL },
		{ { N(6), OP(neg) }, 2, (uint64_t)-6 },
		{ { N(-6), OP(abs) }, 2, 6 },
		{ { N(-16), N(2), OP(shra) }, 3, (uint64_t)-4 },
		{ { N(-1), N(63), OP(shr) }, 3, 1 },
		{ { N(1), N(64), OP(shl) }, 3, 0 },
		{ { N(-1), N(1000), OP(shra) }, 3, (uint64_t)-1 },
		{ { N(1), N(2), OP(swap), OP(minus) }, 4, 1 },
		{ { N(1), N(2), OP(over) }, 3, 1 },
		{ { N(1), N(2), { DW_OP_pick, 1, 0, 0 } }, 3, 1 },
		{ { N(1), N(2), N(3), OP(rot) }, 4, 2 },
		{ { N(1), N(2), OP(drop) }, 3, 1 },
		{ { N(-1), N(1), OP(lt) }, 3, 1 },
		{ { N(1), N(1), OP(ge) }, 3, 1 },
		{ { N(1), N(2), OP(eq) }, 3, 0 },
		{ { N(5), OP(stack_value), N(6) }, 3, 5 },
		/* what the linker writes for PLT entries: ((rip & 15) >= 11) << 3, + rsp + 8 */
		{ { { DW_OP_breg16, 0, 0, 0 }, { DW_OP_lit15, 0, 0, 0 }, OP(and),
		    { DW_OP_lit11, 0, 0, 0 }, OP(ge) }, 5, 1 },
		/* bra over the next one */
		{ { { DW_OP_lit5, 0, 0, 0 }, { DW_OP_lit1, 0, 0, 1 }, { DW_OP_bra, 1, 0, 2 },
		    { DW_OP_lit6, 0, 0, 5 }, { DW_OP_nop, 0, 0, 6 } }, 5, 5 },
		{ { { DW_OP_lit5, 0, 0, 0 }, { DW_OP_skip, 1, 0, 1 }, { DW_OP_lit6, 0, 0, 4 } }, 3, 5 },
	};

	setup(x64());
	reg("rsp", STACK);
	reg("rip", CODE + 0x0f);
	put(STACK, 0x1122334455667788);
	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		uint64_t v = 0;

		ck_assert_msg(eval(cases[i].ops, cases[i].n, &v) == DA_OK, "case %zu", i);
		ck_assert_msg(v == cases[i].result, "case %zu: %#lx", i, (unsigned long)v);
	}
	done();
}
END_TEST

START_TEST(expressions_of_32_bits)
{
	const struct da_op wraps[] = { N(-1), N(2), OP(plus) };
	const struct da_op shifts[] = { N(0x80000000), N(31), OP(shra) };
	uint64_t v;

	setup(x86());
	ck_assert_int_eq(eval(wraps, 3, &v), DA_OK);
	ck_assert_uint_eq(v, 1);
	ck_assert_int_eq(eval(shifts, 3, &v), DA_OK);
	ck_assert_uint_eq(v, UINT32_MAX);
	done();
}
END_TEST

START_TEST(bad_expressions)
{
	static const struct {
		struct da_op ops[4];
		uint32_t n;
		enum da_status status;
	} cases[] = {
		{ { OP(drop) }, 1, DA_CORRUPT },               /* the CFA was all there was */
		{ { OP(drop), OP(drop) }, 2, DA_CORRUPT },
		{ { N(1), N(0), OP(div) }, 3, DA_CORRUPT },
		{ { N(1), N(0), OP(mod) }, 3, DA_CORRUPT },
		{ { N(8), OP(deref) }, 2, DA_FAULT },
		{ { { DW_OP_deref_size, 3, 0, 0 } }, 1, DA_CORRUPT },
		{ { { DW_OP_breg0, 0, 0, 0 } }, 1, DA_FAULT }, /* rax is not known */
		{ { { DW_OP_bregx, UINT64_MAX, 0, 0 } }, 1, DA_FAULT },
		{ { OP(push_object_address) }, 1, DA_UNSUPPORTED },
		{ { { DW_OP_skip, (uint64_t)-3, 0, 0 } }, 1, DA_LIMIT }, /* for ever */
		{ { { DW_OP_dup, 0, 0, 0 }, { DW_OP_skip, (uint64_t)-4, 0, 1 } }, 2, DA_LIMIT },
		{ { { DW_OP_skip, 1000, 0, 0 } }, 1, DA_CORRUPT },
		{ { { DW_OP_skip, 1, 0, 0 }, { DW_OP_const2u, 0, 0, 3 } }, 2, DA_OK },
	};
	uint64_t v;

	setup(x64());
	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++)
		ck_assert_msg(eval(cases[i].ops, cases[i].n, &v) == cases[i].status, "case %zu", i);
	done();
}
END_TEST

UNIT_MAIN("unwind", cfi_to_the_end, cfi_without_memory, jump_to_null, overwritten_return_address,
	  frame_pointers_of_code_made_at_run_time, prologue_and_epilogue_without_tables,
	  where_threads_begin,
	  code_without_tables, kernel_vsyscall, scan_wants_calls, scan_without_code_bytes, signal_frame_x86_64,
	  signal_frames_i386, signal_frame_aarch64, signal_frame_of_unsaved_vdso, cycle_of_stacks, frame_records,
	  leaf_of_aarch64_without_tables, endless_recursion, recursion_of_fifty_stays,
	  deep_and_irregular, fold_keeps_what_is_between, stopped, other_processors, noise,
	  expression_results, expressions_of_32_bits, bad_expressions)
