/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an address to the method, and the runtime's records on stacks: structures of CoreCLR made by hand, in
 * one piece of memory, as 10 has them on Linux where nothing else is said.
 */
#include "config.h"

#include "clr_code.h"
#include "unit.h"

#define CODE 0x7d0000000000ULL /* not in memory: only its maps are */

START_TEST(map_of_ranges)
{
	struct da_clr_code code;
	uint64_t s;

	setup(10);
	add_section(CODE + 0x1000, CODE + 0x2000, 4, 0, 0);
	s = add_section(CODE + 0x2000, CODE + 0x3000, 4, 0, 0);
	add_section(CODE + 0x8000, CODE + 0x9000, 4, 0, 0);
	ck_assert_int_eq(da_clr_code_at(c, CODE + 0x1800, &code), DA_OK);
	ck_assert(code.stub && code.base == CODE + 0x1000 && !code.has_function);
	ck_assert_int_eq(da_clr_code_at(c, CODE + 0x2fff, &code), DA_OK);
	ck_assert_int_eq(da_clr_code_at(c, CODE + 0x3000, &code), DA_NOT_FOUND);
	ck_assert_int_eq(da_clr_code_at(c, CODE + 0x40000000, &code), DA_NOT_FOUND);
	ck_assert_int_eq(da_clr_code_at(c, UINT64_MAX, &code), DA_NOT_FOUND);
	put(s + 64, 1); /* about to be freed */
	ck_assert_int_eq(da_clr_code_at(c, CODE + 0x1801, &code), DA_OK);
	ck_assert_int_eq(da_clr_code_at(c, CODE + 0x2001, &code), DA_NOT_FOUND);
	done();
}
END_TEST

START_TEST(list_of_ranges)
{
	struct da_clr_code code;
	uint64_t head, a, b;

	setup(6);
	c->layout.off[DA_CLR_RangeSection_R2RModule] = c->layout.off[DA_CLR_RangeSection_HeapList] = DA_CLR_UNKNOWN;
	OFF(RangeSection, Next, 24), OFF(RangeSection, Flags, 40), OFF(RangeSection, HeapOrModule, 48);
	head = make(8), a = make(64), b = make(64);
	global(DA_CLR_G_ExecutionManagerCodeRangeMapAddress, true, head);
	put(head, a), put(a, CODE + 0x9000), put(a + 8, CODE + 0xa000), put(a + 24, b);
	put(b, CODE + 0x1000), put(b + 8, CODE + 0x2000), put(b + 24, a); /* a circle */
	ck_assert_int_eq(da_clr_code_at(c, CODE + 0x1800, &code), DA_OK);
	ck_assert(code.stub);
	ck_assert_int_eq(da_clr_code_at(c, CODE + 0x5000, &code), DA_NOT_FOUND);
	put(b + 24, 0x10);
	ck_assert_int_eq(da_clr_code_at(c, CODE + 0x5001, &code), DA_NOT_FOUND);
	done();
}
END_TEST

/* ---------------------------------------------------------------- code heaps */

static void method_at(uint64_t rel, uint64_t h, uint32_t start, bool funclet)
{
	struct da_clr_code code = { .method = 0 };

	ck_assert_int_eq(da_clr_code_at(c, code_begin + rel, &code), DA_OK);
	ck_assert_msg(code.header == h && code.method == h + 1000 && code.start == code_begin + start,
		      "at %#lx: start %#lx", (unsigned long)rel, (unsigned long)(code.start - code_begin));
	ck_assert(code.has_function && code.funclet == funclet && !code.stub && !code.r2r);
	ck_assert_uint_eq(code.f.unwind, funclet ? 0x78 : 0x77);
}

START_TEST(nibble_map)
{
	static const unsigned majors[] = { 6, 9, 10, 11 };
	uint64_t a, b, far, last;
	struct da_clr_code code;

	setup(majors[_i]);
	if (c->major == 6) { /* the map is 8's; only the nibbles matter here */
		c->layout.off[DA_CLR_RangeSection_Next] = DA_CLR_UNKNOWN;
	}
	make_heap(0x20000);
	a = add_method(0x10, 0x40);
	b = add_method(0x64, 0x90);       /* ends in the same word */
	far = add_method(0x1f4, 0x8000);  /* words of its own */
	last = add_method(0x8210, 0x20);
	method_at(0x10, a, 0x10, false);
	method_at(0x47, a, 0x10, false);
	method_at(0x48, a, 0x10, true);
	method_at(0x64, b, 0x64, false);
	method_at(0x80, b, 0x64, false);
	method_at(0xf3, b, 0x64, true);
	method_at(0x1f4, far, 0x1f4, false);
	method_at(0x200, far, 0x1f4, false);
	method_at(0x4000, far, 0x1f4, false);
	method_at(0x81e0, far, 0x1f4, false);
	method_at(0x8210, last, 0x8210, false);
	ck_assert_int_eq(da_clr_code_at(c, code_begin + 8, &code), DA_OK); /* before all */
	ck_assert(code.stub && !code.method);
	if (c->major >= 10) { /* words of zeros end the search there */
		ck_assert_int_eq(da_clr_code_at(c, code_begin + 0x18000, &code), DA_OK);
		ck_assert(code.stub);
	}
	done();
}
END_TEST

START_TEST(jitted_code_that_is_damaged)
{
	struct da_clr_code code;
	uint64_t h, stub;

	setup(10);
	make_heap(0x1000);
	h = add_method(0x100, 0x40);
	stub = add_method(0x200, 0x40);
	(void)stub;
	put(code_begin + 0x200 - 8, 4); /* a kind of stub instead of a header */
	ck_assert_int_eq(da_clr_code_at(c, code_begin + 0x210, &code), DA_OK);
	ck_assert(code.stub);
	put32(h + 32, UINT32_MAX);
	ck_assert_int_eq(da_clr_code_at(c, code_begin + 0x110, &code), DA_OK);
	ck_assert(!code.has_function && code.method == h + 1000);
	put(code_begin + 0x100 - 8, 0x123456789);
	ck_assert_int_eq(da_clr_code_at(c, code_begin + 0x111, &code), DA_OK);
	ck_assert(!code.has_function && !code.method && code.start == code_begin + 0x100);
	put(heap + 40, 0x10); /* no map */
	ck_assert_int_eq(da_clr_code_at(c, code_begin + 0x112, &code), DA_FAULT);
	put(heap + 32, UINT64_MAX); /* no base */
	ck_assert_int_eq(da_clr_code_at(c, code_begin + 0x113, &code), DA_OK);
	ck_assert(code.stub);
	done();
}
END_TEST

/* ---------------------------------------------------------------- ReadyToRun */

static void compiled(uint32_t rva, uint64_t method, uint32_t index, bool funclet)
{
	struct da_clr_code code = { .method = 0 };

	ck_assert_int_eq(da_clr_code_at(c, image + rva, &code), DA_OK);
	ck_assert_msg(code.method == method, "at %#x: %#lx", rva, (unsigned long)code.method);
	ck_assert(code.r2r && code.has_function && code.funclet == funclet && !code.stub);
	ck_assert_uint_eq(code.index, index);
	ck_assert_uint_eq(code.base, image);
	ck_assert(rva >= code.f.start && rva < code.f.end);
	if (method)
		ck_assert_uint_eq(code.start, image + functions[index][0]);
}

START_TEST(ready_to_run)
{
	static const uint32_t sizes[] = { 2, 3, 97 };
	struct da_clr_code code;

	setup(10);
	make_image(sizes[_i]);
	hash(image + 0x1000, 0x500000000010);
	for (uint64_t i = 0; sizes[_i] > 2 && i < 6; i++) /* others that land in the same buckets */
		hash(image + 0x1000 + (i + 1) * 4 * sizes[_i], 0x500000001000);
	hash(image + 0x1100, 0x500000000020);
	compiled(0x1000, 0x500000000010, 0, false);
	compiled(0x1081, 0x500000000010, 0, true);
	compiled(0x11ff, 0x500000000020, 2, false);
	compiled(0x1200, 0x500000000020, 2, true);
	compiled(0x1810, 0x500000000010, 0, false); /* cold */
	ck_assert_int_eq(da_clr_code_at(c, image + 0x2010, &code), DA_OK);
	ck_assert(code.stub);
	ck_assert_int_eq(da_clr_code_at(c, image + 0x10, &code), DA_OK);
	ck_assert(code.stub);
	ck_assert_int_eq(da_clr_code_at(c, image + 0x1250, &code), DA_OK); /* between two functions */
	ck_assert(!code.has_function);
	done();
}
END_TEST

START_TEST(ready_to_run_without_methods)
{
	struct da_clr_code code;
	uint64_t module;

	setup(10);
	make_image(7);
	put(buckets, UINT64_MAX); /* too many */
	compiled(0x1310, 0, 4, false);
	done();
	setup(10);
	module = make(1024);
	add_section(CODE, CODE + 0x1000, 0, module, 0);
	ck_assert_int_eq(da_clr_code_at(c, CODE + 0x10, &code), DA_OK); /* it is managed: no more is known */
	ck_assert(code.r2r && !code.stub && !code.has_function);
	done();
}
END_TEST

/*
 * 900 functions of four bytes each, of which the dump lacks [342, 682) of the table: what stands before and behind is
 * found by number, and between them a method is known by its beginning alone.
 */
static void make_hole(void)
{
	enum { N = 900, TABLE = 0x400, HOLE = 342, HOLE_END = 682 };
	struct da_range *r, stack = d->proc.mem.ranges.v[1];
	uint64_t info, start;

	make_image(97);
	for (uint32_t i = 0; i < N; i++) {
		put32(image + TABLE + 12 * i, 0x3000 + 4 * i);
		put32(image + TABLE + 4 + 12 * i, 0x3004 + 4 * i);
	}
	memcpy(&info, at(module_of_image + 704), 8);
	put32(info + 88, N), put32(info + 104, 0); /* no rare parts */
	start = image + TABLE + 12 * HOLE_END;
	d->proc.mem.ranges.n = 1; /* they are sorted */
	range(start, start - BASE, BASE + CLR_LEN - start);
	da_vec_push(d->arena, &d->proc.mem.ranges, stack);
	r = &d->proc.mem.ranges.v[0];
	r->end = image + TABLE + 12 * HOLE;
	r->file_len = r->end - r->start;
}

static void held_by(uint32_t i, uint32_t method, bool numbered)
{
	struct da_clr_code code = { .method = 0 };

	ck_assert_int_eq(da_clr_code_at(c, image + 0x3001 + 4 * i, &code), DA_OK);
	ck_assert_msg(code.method == 0x500000000000u + 16 * method, "function %u: method %#lx", i, (unsigned long)code.method);
	ck_assert_uint_eq(code.start, image + 0x3000 + 4 * method);
	ck_assert(code.no_index == !numbered && code.has_function == numbered);
	if (numbered)
		ck_assert_uint_eq(code.index, method);
}

START_TEST(functions_that_are_missing)
{
	static const uint32_t methods[] = { 1, 300, 340, 500, 501, 682, 890 };
	struct da_clr_code code;

	for (unsigned whole = 0; whole < 2; whole++) {
		setup(10);
		make_hole();
		for (size_t i = 0; i < DA_ARRAY_SIZE(methods); i++)
			hash(image + 0x3000 + 4 * methods[i], 0x500000000000u + 16 * methods[i]);
		if (!whole)
			put32(buckets, 100000); /* most are not in the dump */
		ck_assert_int_eq(da_clr_code_at(c, image + 0x3000 + 4 * 600 + 2, &code), DA_OK);
		ck_assert(!code.has_function && code.method == (whole ? 0x500000000000u + 16 * 501 : 0));
		if (whole) {
			held_by(1, 1, true), held_by(299, 1, true), held_by(300, 300, true), held_by(340, 340, true);
			held_by(499, 340, false), held_by(500, 500, false), held_by(681, 501, false);
			held_by(682, 682, true), held_by(890, 890, true), held_by(899, 890, true);
		}
		done();
	}
}
END_TEST

/* ---------------------------------------------------------------- explicit frames */

static struct da_thread thread;

static void add_thread(uint64_t frame)
{
	struct da_clr_thread t = { .frame = frame, .tid = 7 };

	if (!c->threads)
		c->threads = da_new(d->arena, struct da_clr_threads);
	da_vec_push(d->arena, &c->threads->v, t);
	*da_map_put(d->arena, &c->threads->by_tid, 7, NULL) = 0;
	thread.tid = 7;
}

static enum da_status leave(uint64_t sp, struct da_guide_caller *ret)
{
	struct da_regs at = { .valid = 0 };

	c->frames = NULL; /* read anew: tests change them */
	da_reg_set(&at, d->proc.arch->sp, sp);
	da_reg_set(&at, d->proc.arch->pc, 0x1234);
	return da_clr_transition(c, &thread, &at, ret);
}

static void leads(uint64_t sp, uint64_t pc, uint64_t to_sp)
{
	struct da_guide_caller caller;

	ck_assert_int_eq(leave(sp, &caller), DA_OK);
	ck_assert_uint_eq(caller.regs.v[16], pc);
	ck_assert_uint_eq(caller.regs.v[7], to_sp);
}

START_TEST(inlined_calls)
{
	uint64_t pc, f = STACK + 0x1000;
	struct da_guide_caller caller;

	setup(10);
	make_heap(0x1000);
	add_method(0x100, 0x400);
	pc = code_begin + 0x120;
	call_site(f, f + 0x200, pc, f - 0x10);
	call_site(f + 0x200, f + 0x400, 0, f + 0x190);                  /* no call is under way */
	link_frame(f + 0x400, DA_CLR_FRAME_DebuggerU2MCatchHandlerFrame, f + 0x600);
	call_site(f + 0x600, f + 0x800, 0x6666, f + 0x590);             /* not to managed code */
	call_site(f + 0x800, UINT64_MAX, pc + 0x20, f + 0x7f0);
	add_thread(f);
	leads(f - 0x100, pc, f - 0x10);
	leads(f - 8, pc + 0x20, f + 0x7f0);  /* of a record below its own call site nothing can be had */
	leads(f + 8, pc + 0x20, f + 0x7f0);  /* what lies below sp is over */
	ck_assert_int_eq(leave(f + 0x808, &caller), DA_NOT_FOUND);
	put(f + 0x608, f);                   /* a circle */
	ck_assert_int_eq(leave(f + 8, &caller), DA_NOT_FOUND);
	thread.tid = 8;
	ck_assert_int_eq(leave(f - 0x100, &caller), DA_NOT_FOUND);
	done();
}
END_TEST

START_TEST(other_frames)
{
	uint64_t pc, f = STACK + 0x1000, tb = f + 0x300, context = f + 0x800;
	struct da_guide_caller caller;

	setup(10);
	make_heap(0x1000);
	add_method(0x100, 0x400);
	pc = code_begin + 0x120;
	add_thread(f);
	link_frame(f, DA_CLR_FRAME_PrestubMethodFrame, UINT64_MAX);
	put(f + 16, tb), put(tb + 48 + 32, 33), put(tb + 48 + 40, 44), put(tb + 96, pc);
	leads(f - 0x100, pc, tb + 104);
	ck_assert_int_eq(leave(f - 0x100, &caller), DA_OK);
	ck_assert(caller.regs.v[3] == 33 && caller.regs.v[6] == 44 && !caller.exact_pc);

	link_frame(f, DA_CLR_FRAME_RedirectedThreadFrame, UINT64_MAX);
	put(f + 16, context), put32(context + 0x30, 0x10000b), put(context + 0x98, f + 0x1000);
	put(context + 0xf8, pc), put(context + 0x90, 55);
	ck_assert_int_eq(leave(f - 0x100, &caller), DA_OK);
	ck_assert(caller.regs.v[16] == pc && caller.regs.v[7] == f + 0x1000 && caller.regs.v[3] == 55 && caller.exact_pc);

	link_frame(f, DA_CLR_FRAME_SoftwareExceptionFrame, UINT64_MAX);
	memcpy(at(f + 288), at(context), 0x200);
	ck_assert_int_eq(leave(f - 0x100, &caller), DA_OK);
	ck_assert(caller.regs.v[16] == pc && !caller.exact_pc);

	link_frame(f, DA_CLR_FRAME_HelperMethodFrame_1OBJ, UINT64_MAX);
	put(f + 0x68, f + 0x200), put(f + 0x200, f + 0x280), put(f + 0x208, 0x1234);
	put(f + 0x280, f + 0x400), put(f + 0x288, pc + 8);
	leads(f - 0x100, pc + 8, f + 0x290);
	put(f + 0x200, f + 0x200); /* a circle */
	ck_assert_int_eq(leave(f - 0x100, &caller), DA_NOT_FOUND);

	put(f, 0x7777); /* of no kind that is known */
	ck_assert_int_eq(leave(f - 0x100, &caller), DA_NOT_FOUND);
	done();
}
END_TEST

/* A fault in managed code, whose handler runs on another stack: its record knows all registers. */
START_TEST(interrupted_by_a_fault)
{
	uint64_t pc, other = BASE + 0x80000, f = STACK + 0x1000;
	struct da_guide_caller caller;
	struct da_regs at = { .valid = 0 };

	setup(10);
	make_heap(0x1000);
	add_method(0x100, 0x400);
	pc = code_begin + 0x100; /* its first instruction */
	link_frame(other, DA_CLR_FRAME_FaultingExceptionFrame, f);
	put32(other + 32 + 0x30, 0x10000b), put(other + 32 + 0x98, f + 0x100), put(other + 32 + 0xf8, pc);
	put(other + 32 + 0x90, 55);
	call_site(f, UINT64_MAX, pc + 0x30, f + 0x800);
	add_thread(other);
	ck_assert_int_eq(leave(other - 0x100, &caller), DA_OK); /* down to another stack */
	ck_assert(caller.regs.v[16] == pc && caller.regs.v[7] == f + 0x100 && caller.exact_pc);
	leads(f - 0x100, pc + 0x30, f + 0x800);

	da_reg_set(&at, 16, pc);
	da_reg_set(&at, 7, other + 0x700);
	ck_assert_int_eq(da_clr_interrupted(c, &thread, &at, &caller), DA_OK);
	ck_assert(caller.regs.v[7] == f + 0x100 && caller.regs.v[3] == 55 && caller.exact_pc);
	da_reg_set(&at, 16, pc + 1);
	ck_assert_int_eq(da_clr_interrupted(c, &thread, &at, &caller), DA_NOT_FOUND);
	da_reg_set(&at, 16, pc);
	da_reg_set(&at, 7, f + 0x200); /* further up than where it was interrupted */
	ck_assert_int_eq(da_clr_interrupted(c, &thread, &at, &caller), DA_NOT_FOUND);
	done();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("clr_code");
	TCase *tc = tcase_create("clr_code");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, UNIT_SECONDS);
	tcase_add_test(tc, map_of_ranges);
	tcase_add_test(tc, list_of_ranges);
	tcase_add_loop_test(tc, nibble_map, 0, 4);
	tcase_add_test(tc, jitted_code_that_is_damaged);
	tcase_add_loop_test(tc, ready_to_run, 0, 3);
	tcase_add_test(tc, ready_to_run_without_methods);
	tcase_add_test(tc, functions_that_are_missing);
	tcase_add_test(tc, inlined_calls);
	tcase_add_test(tc, other_frames);
	tcase_add_test(tc, interrupted_by_a_fault);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
