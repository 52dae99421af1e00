/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stacks of managed code: a runtime made by hand tells where functions and their unwind data are. Unwind data
 * is as CoreCLR's compilers wrote it.
 */
#include "config.h"

#include <string.h>

#include "unit.h"
#include "unwind/unwind.h"

#define CODE 0x7e0000000000ULL
#define CODE_LEN 0x10000
#define STACK 0x7f0000000000ULL
#define STACK_LEN 0x400000
#define SP (STACK + 0x1000)
#define XDATA 0x8000 /* from CODE */
#define FUNCTION 0x1000
#define CALLER 0x2000
#define NATIVE 0x4000

static struct da_dump *d;
static struct da_thread *t;
static struct da_symbols *s;
static uint8_t *file;

/* ---------------------------------------------------------------- the runtime */

static struct {
	struct da_pe_function f; /* at FUNCTION */
	bool missing, stub;      /* its tables are not there; it is a stub */
	bool caller_ends;        /* CALLER is the outermost */
	uint64_t way_out, way_sp, way_fp; /* the managed caller of native code; 0: none */
} runtime;

static enum da_status function(void *ctx, uint64_t pc, struct da_guide_function *ret)
{
	uint64_t rva = pc - CODE;

	(void)ctx;
	if (rva >= NATIVE || rva < FUNCTION)
		return DA_NOT_FOUND;
	if (runtime.missing && rva < CALLER)
		return DA_FAULT;
	*ret = (struct da_guide_function){ .base = CODE, .clr = true, .kind = DA_FRAME_MANAGED };
	if (rva >= CALLER)
		ret->f = (struct da_pe_function){ CALLER, NATIVE, XDATA + 0x100 };
	else if (runtime.stub)
		ret->kind = DA_FRAME_STUB;
	else
		ret->f = runtime.f;
	return DA_OK;
}

static enum da_status transition(void *ctx, const struct da_thread *thread, const struct da_regs *at,
				 struct da_guide_caller *ret)
{
	struct da_guide_caller c = { .sp_guess = false };

	(void)ctx;
	(void)thread;
	if (!runtime.way_out || runtime.way_sp <= at->v[d->proc.arch->sp])
		return DA_NOT_FOUND;
	da_reg_set(&c.regs, d->proc.arch->pc, runtime.way_out);
	da_reg_set(&c.regs, d->proc.arch->sp, runtime.way_sp);
	da_reg_set(&c.regs, d->proc.arch->fp, runtime.way_fp);
	*ret = c;
	return DA_OK;
}

/* ---------------------------------------------------------------- the process */

static void range(uint64_t start, uint64_t off, uint64_t len, uint8_t prot)
{
	struct da_range *r = da_vec_add(d->arena, &d->proc.mem.ranges);

	*r = (struct da_range){ .start = start, .end = start + len, .file_off = off, .file_len = len, .prot = prot,
				.has_prot = true, .module = DA_NONE };
}

static uint8_t *at(uint64_t addr)
{
	return addr < STACK ? file + (addr - CODE) : file + CODE_LEN + (addr - STACK);
}

static void put(uint64_t addr, uint64_t v)
{
	memcpy(at(addr), &v, 8);
}

static void reg(const char *name, uint64_t v)
{
	da_reg_set(&t->regs, da_arch_reg(d->proc.arch, name), v);
}

static void setup(uint16_t machine)
{
	static const struct da_symbol_options options = { .no_local = true };
	/* The outermost: its return address is 0 (x64: one push; aarch64: {x29, lr} at sp, 16 bytes). */
	static const uint8_t x64_end[] = { 1, 1, 1, 0, 1, 0x50 };
	static const uint8_t a64_end[] = { 0x00, 8, 0, 8, 0x81, 0xe4, 0xe4, 0xe4 };

	d = da_dump_new(&da_limits_default, NULL);
	file = da_alloc(d->arena, CODE_LEN + STACK_LEN);
	memset(file, machine == 62 ? 0x90 : 0x1f, XDATA);
	d->proc.os = DA_OS_LINUX;
	d->proc.arch = da_arch_by_elf(machine, 2, false);
	d->proc.mem.word = 8;
	d->proc.mem.file = d->file = (struct da_bytes){ file, CODE_LEN + STACK_LEN };
	range(CODE, 0, CODE_LEN, DA_PROT_R | DA_PROT_X);
	range(STACK, CODE_LEN, STACK_LEN, DA_PROT_R | DA_PROT_W);
	t = da_vec_add(d->arena, &d->proc.threads);
	s = da_symbols_new(d, &options);
	da_symbols_find(s);
	memcpy(at(CODE + XDATA + 0x100), machine == 62 ? x64_end : a64_end,
	       machine == 62 ? sizeof(x64_end) : sizeof(a64_end));
	memset(&runtime, 0, sizeof(runtime));
	runtime.f = (struct da_pe_function){ FUNCTION, CALLER, XDATA };
}

static void done(void)
{
	da_dump_free(d);
}

static void walk(void)
{
	struct da_unwind_guide g = { .function = function, .transition = transition };

	da_unwind_run(d, s, &g);
}

static void frame(size_t i, uint64_t pc, uint64_t sp, enum da_trust trust, enum da_frame_kind kind)
{
	const struct da_frame *f = &t->frames.v[i];

	ck_assert_uint_lt(i, t->frames.n);
	ck_assert_msg(f->pc == pc, "frame %zu: pc %#lx, not %#lx", i, (unsigned long)f->pc, (unsigned long)pc);
	ck_assert_msg(f->sp == sp, "frame %zu: sp %#lx, not %#lx", i, (unsigned long)f->sp, (unsigned long)sp);
	ck_assert_str_eq(da_trust_name(f->trust), da_trust_name(trust));
	ck_assert_str_eq(da_frame_kind_name(f->kind), da_frame_kind_name(kind));
}

/* ---------------------------------------------------------------- x64 */

struct vector {
	const uint8_t xdata[32];
	uint32_t place;   /* of pc, from the function's beginning */
	uint64_t fp;      /* from SP; 0: rbp holds nothing */
	uint32_t size;    /* of the frame: the return address stands there */
};

static const struct vector x64[] = {
	{ { 0x19, 5, 2, 0, 5, 0x12, 1, 0x50 }, 0x40, 0, 24 },
	{ { 0x19, 5, 2, 0, 5, 0x12, 1, 0x50 }, 1, 0, 8 },  /* only rbp has been pushed */
	{ { 0x19, 5, 2, 0, 5, 0x12, 1, 0x50 }, 0, 0, 0 },  /* nothing yet */
	{ { 0x19, 14, 7, 0, 14, 0xa2, 10, 0x30, 9, 0xc0, 7, 0xd0, 5, 0xe0, 3, 0xf0, 1, 0x50 }, 0x40, 0, 88 + 48 },
	{ { 0x19, 8, 3, 0, 8, 1, 24, 0, 1, 0x50 }, 0x40, 0, 200 },
	/* rbp = rsp + 0x10 behind the prolog; rsp has moved since then (localloc) */
	{ { 0x19, 10, 3, 0x15, 10, 3, 5, 0x12, 1, 0x50 }, 0x40, 0x110, 0x100 + 24 },
	/* The frame pointer stands 0x200 above rsp: an operation of Unix alone. */
	{ { 0x19, 14, 6, 0xf5, 14, 0x0b, 0x20, 0, 0, 0, 8, 1, 0x44, 0, 1, 0x50 }, 0x40, 0x1200, 0x1000 + 0x228 },
	{ { 0x19, 14, 6, 0xf5, 14, 0x06, 0x20, 0, 0, 0, 8, 1, 0x44, 0, 1, 0x50 }, 0x40, 0x1200, 0x1000 + 0x228 },
};

START_TEST(data_of_x64)
{
	const struct vector *v = &x64[_i];

	setup(62);
	memcpy(at(CODE + XDATA), v->xdata, sizeof(v->xdata));
	reg("rip", CODE + FUNCTION + v->place);
	reg("rsp", SP);
	reg("rbp", v->fp ? SP + v->fp : 77);
	put(SP + v->size, CODE + CALLER + 0x20);
	put(SP + v->size - 8, 88); /* rbp, where it was pushed */
	put(SP + v->size + 16, 0);
	walk();
	ck_assert_uint_eq(t->frames.n, 2);
	frame(0, CODE + FUNCTION + v->place, SP, DA_TRUST_CONTEXT, DA_FRAME_MANAGED);
	frame(1, CODE + CALLER + 0x20, SP + v->size + 8, DA_TRUST_RUNTIME, DA_FRAME_MANAGED);
	ck_assert_str_eq(da_stack_end_name(t->end), "complete");
	done();
}
END_TEST

START_TEST(epilog_of_x64)
{
	setup(62);
	memcpy(at(CODE + XDATA), x64[0].xdata, sizeof(x64[0].xdata));
	memcpy(at(CODE + FUNCTION + 0x40), "\x48\x83\xc4\x10\x5d\xc3", 6); /* add rsp, 16; pop rbp; ret */
	reg("rip", CODE + FUNCTION + 0x44);
	reg("rsp", SP);
	put(SP, 88);
	put(SP + 8, CODE + CALLER + 0x20);
	put(SP + 24, 0);
	walk();
	ck_assert_uint_eq(t->frames.n, 2);
	frame(1, CODE + CALLER + 0x20, SP + 16, DA_TRUST_RUNTIME, DA_FRAME_MANAGED);
	done();
}
END_TEST

START_TEST(chain_without_data)
{
	setup(62);
	runtime.missing = true;
	reg("rip", CODE + FUNCTION + 0x40);
	reg("rsp", SP);
	reg("rbp", SP + 0x80);
	put(SP + 0x10, CODE + CALLER + 0x20); /* left over from a call that is done */
	put(SP + 0x80, SP + 0x100);
	put(SP + 0x88, CODE + FUNCTION + 0x50);
	put(SP + 0x100, 77);
	put(SP + 0x108, CODE + CALLER + 0x30);
	put(SP + 0x118, 0);
	walk();
	ck_assert_uint_eq(t->frames.n, 3);
	frame(1, CODE + FUNCTION + 0x50, SP + 0x90, DA_TRUST_FRAME_POINTER, DA_FRAME_MANAGED);
	frame(2, CODE + CALLER + 0x30, SP + 0x110, DA_TRUST_FRAME_POINTER, DA_FRAME_MANAGED);
	ck_assert_str_eq(da_stack_end_name(t->end), "complete");
	done();
}
END_TEST

/* A method without a frame of its own: what called it is known by the call, and by its frame. */
START_TEST(chain_through_a_method_without_frame)
{
	uint32_t rel = 0x9000 - (CALLER + 0x26);

	setup(62);
	runtime.missing = true;
	reg("rip", CODE + FUNCTION + 0x40);
	reg("rsp", SP);
	reg("rbp", SP + 0x10);
	memcpy(at(CODE + CALLER + 0x20), "\xff\x15", 2);
	memcpy(at(CODE + CALLER + 0x22), &rel, 4);
	put(CODE + 0x9000, CODE + FUNCTION + 0x20);
	put(SP, CODE + CALLER + 0x66); /* behind no call */
	put(SP + 8, CODE + CALLER + 0x26);
	put(SP + 0x10, SP + 0x40);
	put(SP + 0x18, CODE + CALLER + 0x60);
	put(SP + 0x28, 0);
	walk();
	ck_assert_uint_eq(t->frames.n, 3);
	frame(1, CODE + CALLER + 0x26, SP + 0x10, DA_TRUST_FRAME_POINTER, DA_FRAME_MANAGED);
	frame(2, CODE + CALLER + 0x60, SP + 0x20, DA_TRUST_RUNTIME, DA_FRAME_MANAGED);
	done();
}
END_TEST

START_TEST(out_of_native_code)
{
	setup(62);
	runtime.way_out = CODE + CALLER + 0x20;
	runtime.way_sp = SP + 0x100;
	runtime.way_fp = 1;
	reg("rip", CODE + NATIVE + 0x40);
	reg("rsp", SP);
	reg("rbp", SP + 0x20); /* would lead elsewhere */
	memcpy(at(CODE + NATIVE + 0x100), "\xff\xd0", 2);
	put(SP + 0x20, SP + 0x80);
	put(SP + 0x28, CODE + NATIVE + 0x102);
	put(SP + 0x108, 0);
	walk();
	ck_assert_uint_eq(t->frames.n, 2);
	frame(0, CODE + NATIVE + 0x40, SP, DA_TRUST_CONTEXT, DA_FRAME_DYNAMIC);
	frame(1, CODE + CALLER + 0x20, SP + 0x100, DA_TRUST_RUNTIME, DA_FRAME_MANAGED);
	done();
}
END_TEST

/* A word that leads to managed code, and no record of it: not to be guessed. */
START_TEST(left_over_on_the_stack)
{
	setup(62);
	reg("rip", CODE + NATIVE + 0x40);
	reg("rsp", SP);
	memcpy(at(CODE + NATIVE + 0x100), "\xff\xd0", 2);
	memcpy(at(CODE + CALLER + 0x20), "\xff\xd0", 2);
	put(SP + 0x10, CODE + NATIVE + 0x102);
	put(SP + 0x40, CODE + CALLER + 0x22);
	walk();
	ck_assert_uint_eq(t->frames.n, 2);
	frame(1, CODE + NATIVE + 0x102, SP + 0x18, DA_TRUST_SCAN, DA_FRAME_DYNAMIC);
	done();
}
END_TEST

START_TEST(in_a_stub)
{
	setup(62);
	runtime.stub = true;
	reg("rip", CODE + FUNCTION + 0x40);
	reg("rsp", SP);
	memcpy(at(CODE + CALLER + 0x20), "\xff\xd0", 2);
	put(SP, CODE + CALLER + 0x22);
	put(SP + 16, 0);
	walk();
	ck_assert_uint_eq(t->frames.n, 2);
	frame(0, CODE + FUNCTION + 0x40, SP, DA_TRUST_CONTEXT, DA_FRAME_STUB);
	frame(1, CODE + CALLER + 0x22, SP + 8, DA_TRUST_RUNTIME, DA_FRAME_MANAGED);
	done();
}
END_TEST

START_TEST(stack_that_is_not_saved)
{
	setup(62);
	memcpy(at(CODE + XDATA), "\x19\x08\x03\x00\x08\x11\x00\x00\x00\x10\x01\x50", 12); /* 256 MiB */
	reg("rip", CODE + FUNCTION + 0x40);
	reg("rsp", SP);
	put(SP, CODE + CALLER + 0x22);
	runtime.way_out = CODE + CALLER + 0x20;
	runtime.way_sp = SP + 0x100;
	walk();
	ck_assert_uint_eq(t->frames.n, 1);
	ck_assert_str_eq(da_stack_end_name(t->end), "missing-memory");
	done();
}
END_TEST

START_TEST(endless_recursion)
{
	unsigned n = 0x3f0000 / 32;

	setup(62);
	memcpy(at(CODE + XDATA), x64[0].xdata, sizeof(x64[0].xdata));
	reg("rip", CODE + FUNCTION + 0x40);
	reg("rsp", SP);
	for (unsigned i = 0; i < n; i++)
		put(SP + 32ULL * i + 24, CODE + FUNCTION + 0x60);
	put(SP + 32ULL * n - 8, CODE + CALLER + 0x20);
	put(SP + 32ULL * n + 8, 0);
	walk();
	ck_assert_uint_eq(t->frames.n, 3);
	ck_assert_uint_eq(t->frames.v[1].repeat, n - 1);
	ck_assert_str_eq(da_stack_end_name(t->end), "complete");
	done();
}
END_TEST

/* ---------------------------------------------------------------- ARM64 */

static const struct vector_a64 {
	const uint8_t xdata[20];
	uint32_t place, size; /* in instructions; of the frame */
	int fp;               /* x29 from sp; -1: it is the caller's */
	unsigned lr;          /* where lr lies, from sp; ~0: still in the register */
} a64[] = {
	{ { 0x10, 0, 0x30, 0x18, 0x4a, 0xe6, 0xe6, 0xe6, 0xe6, 0xc8, 0, 6, 0xe4, 0xe4, 0xe4, 0xe4 }, 7, 96, -1, 88 },
	{ { 0x10, 0, 0x30, 0x18, 0x4a, 0xe6, 0xe6, 0xe6, 0xe6, 0xc8, 0, 6, 0xe4, 0xe4, 0xe4, 0xe4 }, 3, 96, -1, ~0U },
	{ { 0x10, 0, 0x30, 0x18, 0x4a, 0xe6, 0xe6, 0xe6, 0xe6, 0xc8, 0, 6, 0xe4, 0xe4, 0xe4, 0xe4 }, 0, 0, -1, ~0U },
	{ { 0x20, 0, 0x90, 0x10, 0x16, 0, 0x40, 0, 0x19, 0, 0x40, 0, 0xe1, 0xc8, 4, 0x85, 0xe4, 0xe4, 0xe4, 0xe4 }, 10,
	  48, 0, 8 },
	{ { 0x20, 0, 0x90, 0x10, 0x16, 0, 0x40, 0, 0x19, 0, 0x40, 0, 0xe1, 0xc8, 4, 0x85, 0xe4, 0xe4, 0xe4, 0xe4 }, 24,
	  0, -1, ~0U }, /* the ret of an epilog */
	{ { 0x18, 0, 0x50, 0x10, 0x15, 0, 0x80, 0, 0xe2, 4, 0x44, 4, 0xe4, 0xe4, 0xe4, 0xe4 }, 12, 64, 32, 40 },
	{ { 0x38, 0, 0x50, 0x10, 0x35, 0, 0x40, 0, 0xe1, 0xd8, 4, 0x85, 0xe4, 0xe4, 0xe4, 0xe4 }, 12, 48, 0, 8 },
	{ { 0x37, 0, 0x50, 0x18, 0x33, 0, 0x40, 0, 0xe1, 0x40, 0xc0, 0x3d, 0x22, 0xe4, 0xe4, 0xe4, 0xe4, 0xe4, 0xe4, 0xe4 },
	  12, 0x3e0, 0, 8 },
};

START_TEST(data_of_arm64)
{
	const struct vector_a64 *v = &a64[_i];
	uint64_t caller = CODE + CALLER + 0x20;

	setup(183);
	memcpy(at(CODE + XDATA), v->xdata, sizeof(v->xdata));
	reg("pc", CODE + FUNCTION + 4 * v->place);
	reg("sp", SP);
	reg("x29", v->fp >= 0 ? SP + (unsigned)v->fp : SP + 0x2000);
	reg("x30", v->lr == ~0U ? caller : 77);
	if (v->lr != ~0U)
		put(SP + v->lr, caller);
	put(SP + v->size, 0);
	put(SP + v->size + 8, 0);
	walk();
	ck_assert_uint_eq(t->frames.n, 2);
	frame(1, caller, SP + v->size, DA_TRUST_RUNTIME, DA_FRAME_MANAGED);
	ck_assert_str_eq(da_stack_end_name(t->end), "complete");
	done();
}
END_TEST

START_TEST(records_without_data)
{
	setup(183);
	runtime.missing = true;
	reg("pc", CODE + FUNCTION + 0x40);
	reg("sp", SP);
	reg("x29", SP + 0x80);
	put(SP + 0x80, SP + 0x100);
	put(SP + 0x88, CODE + FUNCTION + 0x50);
	put(SP + 0x100, SP + 0x200);
	put(SP + 0x108, CODE + FUNCTION + 0x60);
	walk();
	ck_assert_uint_ge(t->frames.n, 3);
	frame(1, CODE + FUNCTION + 0x50, SP + 0x90, DA_TRUST_FRAME_POINTER, DA_FRAME_MANAGED);
	frame(2, CODE + FUNCTION + 0x60, SP + 0x110, DA_TRUST_FRAME_POINTER, DA_FRAME_MANAGED);
	done();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("unwind_guide");
	TCase *tc = tcase_create("unwind_guide");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, UNIT_SECONDS);
	tcase_add_loop_test(tc, data_of_x64, 0, DA_ARRAY_SIZE(x64));
	tcase_add_test(tc, epilog_of_x64);
	tcase_add_test(tc, chain_without_data);
	tcase_add_test(tc, chain_through_a_method_without_frame);
	tcase_add_test(tc, out_of_native_code);
	tcase_add_test(tc, left_over_on_the_stack);
	tcase_add_test(tc, in_a_stub);
	tcase_add_test(tc, stack_that_is_not_saved);
	tcase_add_test(tc, endless_recursion);
	tcase_add_loop_test(tc, data_of_arm64, 0, DA_ARRAY_SIZE(a64));
	tcase_add_test(tc, records_without_data);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
