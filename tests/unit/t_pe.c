/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows images made by hand: headers, exports, COFF symbols, and one step of unwinding from every
 * place of functions whose prologs are carried out here a second time.
 */
#include "config.h"

#include <string.h>

#include "image/private.h"
#include "loader/loader.h"
#include "synth/synth_md.h"
#include "synth/synth_pe.h"
#include "unit.h"
#include "unwind/step.h"

#define BASE 0x7ff600000000ULL
#define STACK 0x7fe000000000ULL
#define STACK_LEN 0x10000
#define TOP (STACK + 0x8000) /* sp before the call */
#define RETURN (BASE + 0x1f04) /* to where it returns */
enum { F = 0x1100 }; /* the function */

static struct synth_pe pe;
static uint8_t stack[STACK_LEN];
static struct da_dump *d;
static struct da_symbols *symbols;
static struct da_walk w;
static struct da_regs regs, caller;

/* ---------------------------------------------------------------- a process */

static void start(uint16_t machine)
{
	synth_pe_init(&pe, machine);
	memset(stack, 0, sizeof(stack));
	memset(&regs, 0, sizeof(regs));
	da_dump_free(d);
	d = NULL;
}

static void put(uint64_t addr, uint64_t v)
{
	ck_assert(addr >= STACK && addr < STACK + STACK_LEN);
	synth_md_set(stack + (addr - STACK), 8, v);
}

static uint64_t get(uint64_t addr)
{
	uint64_t v = 0;

	for (unsigned i = 8; i > 0; i--)
		v = v << 8 | stack[addr - STACK + i - 1];
	return v;
}

static void finish(void)
{
	da_dump_free(d);
	d = NULL;
}

/* One step from a place of the image. */
static enum da_status step_at(uint32_t rva, bool exact)
{
	static const struct da_symbol_options options = { .no_local = true };
	bool x64 = pe.machine == SYNTH_PE_AMD64;
	struct synth_md *s = synth_md_new(x64 ? SYNTH_MD_AMD64 : SYNTH_MD_ARM64, SYNTH_MD_WINDOWS);
	const char *message = "";
	uint8_t *dump;
	size_t n;

	da_dump_free(d);
	synth_pe_finish(&pe);
	synth_md_module(s, &(struct synth_md_module){ .base = BASE, .size = SYNTH_PE_MAPPED, .timestamp = SYNTH_PE_STAMP,
						      .path = "C:\\app\\shop.exe" });
	synth_md_memory(s, BASE, pe.bytes, SYNTH_PE_MAPPED);
	synth_md_memory(s, STACK, stack, STACK_LEN);
	synth_md_thread(s, &(struct synth_md_thread){ .tid = 7, .stack_start = STACK, .stack_size = STACK_LEN });
	dump = synth_md_build(s, &n);
	synth_md_free(s);
	d = da_dump_new(&da_limits_default, NULL);
	da_arena_on_free(d->arena, free, dump);
	d->file = (struct da_bytes){ dump, n };
	d->origin.file = "shop.dmp";
	d->origin.bytes = n;
	ck_assert(da_load(d, &message) <= DA_PARTIAL);
	symbols = da_symbols_new(d, &options);
	da_symbols_find(symbols);
	da_reg_set(&regs, d->proc.arch->pc, BASE + rva);
	w = (struct da_walk){ .dump = d, .symbols = symbols, .thread = &d->proc.threads.v[0], .regs = regs,
			      .exact_pc = exact, .trust = DA_TRUST_CONTEXT };
	memset(&caller, 0, sizeof(caller));
	return (x64 ? &da_unwinder_pe_x64 : &da_unwinder_pe_arm64)->step(&w, &caller);
}

/* ---------------------------------------------------------------- images */

static enum da_status open_image(struct da_arena *a, struct da_image **ret)
{
	synth_pe_finish(&pe);
	return da_image_open(a, (struct da_bytes){ pe.bytes, pe.n }, "shop.dll", NULL, ret);
}

START_TEST(headers)
{
	static const uint16_t machines[] = { SYNTH_PE_AMD64, SYNTH_PE_I386, SYNTH_PE_ARM64 };
	struct da_arena *a = da_arena_new();
	struct da_module m = { .pe = true, .timestamp = SYNTH_PE_STAMP, .image_size = SYNTH_PE_MAPPED };
	struct da_pe got;

	for (unsigned i = 0; i < DA_ARRAY_SIZE(machines); i++) {
		start(machines[i]);
		synth_pe_dir(&pe, 2, 0x2100, 0x80);
		synth_pe_dir(&pe, 6, 0x2200, 0xffffff);
		synth_pe_finish(&pe);
		ck_assert_int_eq(da_pe_read(a, (struct da_bytes){ pe.bytes, pe.n }, &got), DA_OK);
		ck_assert_uint_eq(got.machine, machines[i]);
		ck_assert_int_eq(got.is64, machines[i] != SYNTH_PE_I386);
		ck_assert_uint_eq(got.image_base, got.is64 ? 0x140000000 : 0x400000);
		ck_assert_uint_eq(got.image_size, SYNTH_PE_MAPPED);
		ck_assert_uint_eq(got.headers_size, 0x1000);
		ck_assert_uint_eq(got.dirs[DA_PE_RESOURCE].rva, 0x2100);
		ck_assert_uint_eq(got.dirs[DA_PE_RESOURCE].size, 0x80);
		ck_assert_uint_eq(got.dirs[DA_PE_DEBUG].size, SYNTH_PE_MAPPED - 0x2200);
		ck_assert_uint_eq(got.nsections, 3);
		ck_assert_str_eq(got.sections[0].name, ".text");
		ck_assert_uint_eq(got.sections[0].prot, DA_PROT_R | DA_PROT_X);
		ck_assert(da_pe_same(&got, &m));
		got.timestamp++;
		ck_assert(!da_pe_same(&got, &m));
	}
	ck_assert_int_eq(da_pe_read(a, (struct da_bytes){ pe.bytes, 60 }, &got), DA_NOT_FOUND);
	ck_assert_int_eq(da_pe_read(a, (struct da_bytes){ pe.bytes, 0x99 }, &got), DA_CORRUPT);
	pe.bytes[0x98] = 0x7; /* magic */
	ck_assert_int_eq(da_pe_read(a, (struct da_bytes){ pe.bytes, pe.n }, &got), DA_CORRUPT);
	pe.bytes[0x80] = 'N';
	ck_assert_int_eq(da_pe_read(a, (struct da_bytes){ pe.bytes, pe.n }, &got), DA_NOT_FOUND);
	da_arena_free(a);
}
END_TEST

static const struct synth_pe_export exports[] = {
	{ "OpenOrder", 0x1000, NULL }, { "CloseOrder", 0x1040, NULL }, { NULL, 0x1080, NULL },
	{ "Heap", 0, "NTDLL.RtlAllocateHeap" }, { "g_orders", 0x2f00, NULL },
};

static void named(struct da_image *im, const char *name, uint64_t rva, uint64_t size)
{
	struct da_elf_symbol s;
	bool exact;

	ck_assert_int_eq(da_image_symbol_named(im, name, &s), DA_OK);
	ck_assert_uint_eq(s.start, 0x140000000 + rva);
	ck_assert_uint_eq(s.size, size);
	if (size) {
		ck_assert_int_eq(da_image_symbol(im, s.start + size - 1, &s, &exact), DA_OK);
		ck_assert_str_eq(s.name, name);
		ck_assert(exact);
	}
}

START_TEST(exported_names)
{
	struct da_arena *a = da_arena_new();
	struct da_elf_symbol s;
	struct da_image *im;
	bool exact = true;

	start(SYNTH_PE_AMD64);
	synth_pe_exports(&pe, 7, exports, DA_ARRAY_SIZE(exports));
	synth_pe_function(&pe, 0x1000, 0x1030, synth_pe_data(&pe, (uint8_t[4]){ 1 }, 4));
	synth_pe_function(&pe, 0x1040, 0x1060, synth_pe_data(&pe, (uint8_t[4]){ 1 }, 4));
	ck_assert_int_eq(open_image(a, &im), DA_OK);
	named(im, "OpenOrder", 0x1000, 0x30);
	named(im, "CloseOrder", 0x1040, 0x20);
	named(im, "g_orders", 0x2f00, 0);
	ck_assert_int_eq(da_image_symbol_named(im, "Ordinal9", &s), DA_OK);
	ck_assert_uint_eq(s.start, 0x140001080);
	ck_assert_int_eq(da_image_symbol_named(im, "Heap", &s), DA_NOT_FOUND);
	/* Between two functions, and far behind the last: no name. */
	ck_assert(da_image_symbol(im, 0x140001035, &s, &exact) != DA_OK || !exact);
	da_arena_free(a);
}
END_TEST

START_TEST(names_of_a_function_in_pieces)
{
	struct da_arena *a = da_arena_new();
	struct da_image *im;
	uint8_t chained[16] = { 4 << 3 | 1 };

	start(SYNTH_PE_AMD64);
	synth_pe_exports(&pe, 1, exports, 1);
	synth_pe_function(&pe, 0x1000, 0x1030, synth_pe_data(&pe, (uint8_t[4]){ 1 }, 4));
	synth_pe_function(&pe, 0x1030, 0x1050, synth_pe_data(&pe, chained, sizeof(chained)));
	ck_assert_int_eq(open_image(a, &im), DA_OK);
	named(im, "OpenOrder", 0x1000, 0x50);
	da_arena_free(a);
}
END_TEST

START_TEST(coff_names)
{
	struct da_arena *a = da_arena_new();
	struct da_elf_symbol s;
	struct da_image *im;
	bool found = false;

	start(SYNTH_PE_I386);
	synth_pe_coff(&pe, "_main", 0);
	synth_pe_coff(&pe, "_take_order_then_wait@8", 0x20);
	synth_pe_coff(&pe, "eightchr", 0x40);
	synth_pe_section_name(&pe, 1, ".debug_info_long");
	ck_assert_int_eq(open_image(a, &im), DA_OK);
	ck_assert_int_eq(da_image_symbol_named(im, "main", &s), DA_OK);
	ck_assert_uint_eq(s.start, 0x401000);
	ck_assert_int_eq(da_image_symbol_named(im, "take_order_then_wait@8", &s), DA_OK);
	ck_assert_uint_eq(s.start, 0x401020);
	ck_assert_int_eq(da_image_symbol_named(im, "eightchr", &s), DA_OK);
	for (size_t i = 0; i < im->sections.n; i++)
		found |= !strcmp(im->sections.v[i].name, ".debug_info_long");
	ck_assert(found);
	da_arena_free(a);
}
END_TEST

START_TEST(table_search)
{
	struct da_pe_function f = { 0 };
	const struct da_pe *image;
	uint64_t base;

	start(SYNTH_PE_AMD64);
	for (uint32_t i = 0; i < 50; i++)
		synth_pe_function(&pe, 0x1000 + i * 16, 0x100c + i * 16, SYNTH_PE_RDATA);
	da_reg_set(&regs, 7, TOP);
	step_at(0x1000, true);
	image = da_symbols_pe(symbols, BASE + 0x1000, &base);
	ck_assert_ptr_nonnull(image);
	ck_assert_uint_eq(base, BASE);
	for (uint32_t rva = 0x1000; rva < 0x1320; rva++) {
		bool in = (rva & 15) < 12;

		ck_assert_int_eq(da_pe_function(image, &d->proc.mem, BASE, rva, &f), in ? DA_OK : DA_NOT_FOUND);
		if (in)
			ck_assert_uint_eq(f.start, rva & ~15U);
	}
	ck_assert_int_eq(da_pe_function(image, &d->proc.mem, BASE, 0xfff, &f), DA_NOT_FOUND);
	ck_assert_int_eq(da_pe_function(image, &d->proc.mem, BASE + 0x100000, 0x1000, &f), DA_FAULT);
	finish();
}
END_TEST

/* ---------------------------------------------------------------- x64 */

enum { RBX = 3, RSI = 4, RBP = 6, RSP = 7, R12 = 12, RIP = 16 };

static void add_x64(const uint8_t *xdata, size_t n, uint32_t length)
{
	synth_pe_function(&pe, F, F + length, synth_pe_data(&pe, xdata, n));
}

static void stands_at(uint64_t sp)
{
	da_reg_set(&regs, RSP, sp);
}

/* The caller is back where it called. */
static void returned(enum da_status st)
{
	ck_assert_msg(st == DA_OK, "%s: %s", da_status_name(st), w.why ? w.why : "-");
	ck_assert_uint_eq(caller.v[RIP], RETURN);
	ck_assert_uint_eq(caller.v[RSP], TOP);
	ck_assert_uint_eq(w.cfa, TOP);
	ck_assert(!w.signal);
}

static void saved(int reg, uint64_t value)
{
	ck_assert(da_reg_known(&caller, reg));
	ck_assert_uint_eq(caller.v[reg], value);
}

START_TEST(x64_pushes)
{
	/* push rbp; push r12; sub rsp, 0x28 */
	static const uint8_t xdata[] = { 1, 7, 3, 0, 7, 0x42, 3, 0xc0, 1, 0x50, 0, 0 };
	static const struct {
		uint32_t at;
		uint64_t sp;
	} places[] = { { 0, TOP - 8 }, { 1, TOP - 16 }, { 3, TOP - 24 }, { 7, TOP - 64 }, { 0x20, TOP - 64 } };

	for (unsigned i = 0; i < DA_ARRAY_SIZE(places); i++) {
		start(SYNTH_PE_AMD64);
		add_x64(xdata, sizeof(xdata), 0x40);
		put(TOP - 8, RETURN);
		put(TOP - 16, 111);
		put(TOP - 24, 222);
		da_reg_set(&regs, RBP, i < 1 ? 111 : 5);
		da_reg_set(&regs, R12, i < 2 ? 222 : 6);
		da_reg_set(&regs, RBX, 333);
		da_reg_set(&regs, 0, 1);
		stands_at(places[i].sp);
		returned(step_at(F + places[i].at, true));
		saved(RBP, 111);
		saved(R12, 222);
		saved(RBX, 333);
		ck_assert(!da_reg_known(&caller, 0)); /* rax: no call keeps it */
	}
	finish();
}
END_TEST

START_TEST(x64_large_frames)
{
	static const uint8_t two[] = { 1, 7, 2, 0, 7, 0x01, 0x10, 0x01 };          /* 0x110 * 8 */
	static const uint8_t three[] = { 1, 7, 3, 0, 7, 0x11, 0x00, 0x51, 0, 0, 0, 0 }; /* 0x5100 */

	start(SYNTH_PE_AMD64);
	add_x64(two, sizeof(two), 0x40);
	put(TOP - 8, RETURN);
	stands_at(TOP - 8 - 0x880);
	returned(step_at(F + 0x10, true));
	start(SYNTH_PE_AMD64);
	add_x64(three, sizeof(three), 0x40);
	put(TOP - 8, RETURN);
	stands_at(TOP - 8 - 0x5100);
	returned(step_at(F + 0x10, false));
	finish();
}
END_TEST

START_TEST(x64_frame_register)
{
	/*
	 * push rbp; sub rsp, 0x70; lea rbp, [rsp+0x20]; rbx, rsi and two vector registers saved by mov; then
	 * rsp goes anywhere
	 */
	static const uint8_t xdata[] = { 1, 0x30, 13, 0x25,
					 0x30, 0x99, 0x50, 0, 0, 0,   /* xmm9 far */
					 0x28, 0x68, 4, 0,            /* xmm6 at 0x40 */
					 0x20, 0x65, 0x30, 0, 0, 0,   /* rsi far, at 0x30 */
					 0x18, 0x34, 5, 0,            /* rbx at 0x28 */
					 0x10, 0x03, 0x0b, 0xd2, 1, 0x50, 0, 0 };

	for (unsigned i = 0; i < 2; i++) {
		start(SYNTH_PE_AMD64);
		add_x64(xdata, sizeof(xdata), 0x80);
		put(TOP - 8, RETURN);
		put(TOP - 16, 111);
		put(TOP - 16 - 0x70 + 0x28, 222);
		put(TOP - 16 - 0x70 + 0x30, 333);
		da_reg_set(&regs, RBP, TOP - 16 - 0x70 + 0x20);
		stands_at(i ? TOP - 0x2000 : TOP - 16 - 0x70);
		/* Behind the lea the saves are not done yet. */
		returned(step_at(i ? F + 0x40 : F + 0x10, true));
		saved(RBP, 111);
		if (i) {
			saved(RBX, 222);
			saved(RSI, 333);
		}
	}
	stands_at(TOP - 0x2000);
	da_reg_forget(&regs, RBP);
	ck_assert_int_eq(step_at(F + 0x40, true), DA_FAULT);
	finish();
}
END_TEST

/* The function at F pushes rbx; a piece of it at F + 0x400 has pushed rsi then. */
static void add_pieces(void)
{
	uint8_t first[] = { 1, 1, 1, 0, 1, 0x30, 0, 0 };
	uint8_t piece[20] = { 4 << 3 | 1, 0, 1, 0, 0, 0x60, 0, 0 };
	uint32_t unwind = synth_pe_data(&pe, first, sizeof(first));

	synth_md_set(piece + 8, 4, F);
	synth_md_set(piece + 12, 4, F + 0x40);
	synth_md_set(piece + 16, 4, unwind);
	synth_pe_function(&pe, F, F + 0x40, unwind);
	synth_pe_function(&pe, F + 0x400, F + 0x440, synth_pe_data(&pe, piece, sizeof(piece)));
	put(TOP - 8, RETURN);
	put(TOP - 16, 111);
	put(TOP - 24, 222);
}

START_TEST(x64_chained)
{
	start(SYNTH_PE_AMD64);
	add_pieces();
	stands_at(TOP - 24);
	returned(step_at(F + 0x400, true));
	saved(RBX, 111);
	saved(RSI, 222);
	/* A piece that leads to itself. */
	synth_md_set(pe.bytes + pe.data - 4, 4, pe.data - 20);
	ck_assert_int_eq(step_at(F + 0x400, true), DA_CORRUPT);
	finish();
}
END_TEST

START_TEST(x64_entry_for_another)
{
	start(SYNTH_PE_AMD64);
	add_pieces();
	synth_pe_function(&pe, F + 0x500, F + 0x540, SYNTH_PE_PDATA + 1);
	stands_at(TOP - 16);
	returned(step_at(F + 0x510, false));
	saved(RBX, 111);
	finish();
}
END_TEST

START_TEST(x64_machine_frame)
{
	for (uint8_t code = 0; code < 2; code++) {
		uint8_t xdata[] = { 1, 0, 2, 0, 0, 0x22, 0, (uint8_t)(code << 4 | 10) };
		uint64_t at = TOP - 0x100 + 8 * code;

		start(SYNTH_PE_AMD64);
		add_x64(xdata, sizeof(xdata), 0x40);
		put(at, RETURN);
		put(at + 24, TOP + 0x200);
		stands_at(TOP - 0x100 - 0x18);
		ck_assert_int_eq(step_at(F + 8, true), DA_OK);
		ck_assert(w.signal);
		ck_assert_uint_eq(caller.v[RIP], RETURN);
		ck_assert_uint_eq(caller.v[RSP], TOP + 0x200);
	}
	finish();
}
END_TEST

/* In an epilog of a function that pushed rbp and r12 and has 0x28 bytes, or rbp for a frame. */
static void epilog(const char *code, size_t n, uint64_t sp, uint8_t fpreg, bool is_one)
{
	uint8_t xdata[] = { 1, 7, 4, fpreg, 7, 3, 7, 0x42, 3, 0xc0, 1, 0x50 };
	uint8_t without[] = { 1, 7, 3, 0, 7, 0x42, 3, 0xc0, 1, 0x50, 0, 0 };
	enum da_status st;

	start(SYNTH_PE_AMD64);
	if (fpreg)
		add_x64(xdata, sizeof(xdata), 0x40);
	else
		add_x64(without, sizeof(without), 0x40);
	synth_pe_put(&pe, F + 0x20, code, n);
	put(TOP - 8, RETURN);
	put(TOP - 16, 111);
	put(TOP - 24, 222);
	da_reg_set(&regs, RBP, fpreg ? TOP - 24 - 0x28 : 111);
	da_reg_set(&regs, R12, 222);
	stands_at(sp);
	st = step_at(F + 0x20, true);
	if (is_one) {
		returned(st);
		saved(RBP, 111);
		saved(R12, 222);
	} else {
		ck_assert(st != DA_OK || caller.v[RSP] != TOP);
	}
	/* A return address never stands in one: all of the frame is there then. */
	if (is_one && !fpreg) {
		stands_at(TOP - 64);
		returned(step_at(F + 0x20, false));
	}
}
#define EPILOG(code, sp, fpreg, is_one) epilog((code), sizeof(code) - 1, (sp), (fpreg), (is_one))

START_TEST(x64_epilogs)
{
	EPILOG("\x48\x83\xc4\x28\x41\x5c\x5d\xc3", TOP - 64, 0, true);
	EPILOG("\x48\x81\xc4\x28\0\0\0\x41\x5c\x5d\xc3", TOP - 64, 0, true);
	EPILOG("\x41\x5c\x5d\xc3", TOP - 24, 0, true);
	EPILOG("\x5d\xc3", TOP - 16, 0, true);
	EPILOG("\xc3", TOP - 8, 0, true);
	EPILOG("\xf3\xc3", TOP - 8, 0, true);
	EPILOG("\x5d\xe9\0\x10\0\0", TOP - 16, 0, true);            /* to another function */
	EPILOG("\x5d\xeb\x60", TOP - 16, 0, true);
	EPILOG("\x5d\xe9\xda\xff\xff\xff", TOP - 16, 0, true);      /* to its own start */
	EPILOG("\xff\x25\0\0\0\0", TOP - 8, 0, true);
	EPILOG("\x48\xff\x25\0\0\0\0", TOP - 8, 0, true);
	EPILOG("\x5d\x48\xff\xe0", TOP - 16, 0, true);
	EPILOG("\x5d\x49\xff\xe2", TOP - 16, 0, true);
	EPILOG("\x48\x8d\x65\x28\x41\x5c\x5d\xc3", TOP - 0x400, 5, true);
	EPILOG("\x48\x8d\xa5\x28\0\0\0\x41\x5c\x5d\xc3", TOP - 0x400, 5, true);
	/* Jumps inside, other instructions. */
	EPILOG("\xeb\x10", TOP - 8, 0, false);
	EPILOG("\xff\xe0", TOP - 8, 0, false);
	EPILOG("\x90\xc3", TOP - 8, 0, false);
	/* By another register it is none, and the frame register tells all. */
	EPILOG("\x48\x8d\x63\x28\xc3", TOP - 0x400, 5, true);
	finish();
}
END_TEST

START_TEST(x64_jump_to_a_piece)
{
	/* jmp F + 0x400: the rare part of the same function; nothing was released. */
	start(SYNTH_PE_AMD64);
	add_pieces();
	synth_pe_put(&pe, F + 0x20, "\xe9\xdb\x03\0\0", 5);
	stands_at(TOP - 16);
	returned(step_at(F + 0x20, true));
	saved(RBX, 111);
	finish();
}
END_TEST

START_TEST(x64_version_2)
{
	/*
	 * Epilogs of 6 bytes: one that ends the function of 0x40 bytes, one that begins 0x20 before its end.
	 * push rbp; sub rsp, 0x20.
	 */
	static const uint8_t xdata[] = { 2, 5, 4, 0, 6, 0x16, 0x20, 0x06, 5, 0x32, 1, 0x50 };
	static const struct {
		uint32_t at;
		uint64_t sp;
	} places[] = {
		{ 0, TOP - 8 }, { 1, TOP - 16 }, { 5, TOP - 48 }, { 0x10, TOP - 48 },
		{ 0x20, TOP - 16 }, { 0x21, TOP - 8 }, /* pop rbp; jmp */
		{ 0x3a, TOP - 48 }, { 0x3e, TOP - 16 }, { 0x3f, TOP - 8 },
		{ 0x28, TOP - 48 },                    /* a jump that is none of an epilog */
	};

	for (unsigned i = 0; i < DA_ARRAY_SIZE(places); i++) {
		start(SYNTH_PE_AMD64);
		add_x64(xdata, sizeof(xdata), 0x40);
		synth_pe_put(&pe, F + 0x20, "\x5d\xe9\0\x10\0\0", 6);
		synth_pe_put(&pe, F + 0x28, "\xe9\0\x10\0\0", 5);
		synth_pe_put(&pe, F + 0x3a, "\x48\x83\xc4\x20\x5d\xc3", 6);
		put(TOP - 8, RETURN);
		put(TOP - 16, 111);
		da_reg_set(&regs, RBP, places[i].sp == TOP - 8 ? 111 : 5);
		stands_at(places[i].sp);
		returned(step_at(F + places[i].at, true));
		saved(RBP, 111);
	}
	finish();
}
END_TEST

START_TEST(x64_leaf_and_end)
{
	static const uint8_t xdata[] = { 1, 0, 0, 0 };

	start(SYNTH_PE_AMD64);
	add_x64(xdata, sizeof(xdata), 0x40);
	put(TOP - 8, RETURN);
	stands_at(TOP - 8);
	returned(step_at(F + 0x50, true));
	ck_assert_int_eq(step_at(F + 0x50, false), DA_NOT_FOUND);
	put(TOP - 8, 0);
	ck_assert_int_eq(step_at(F + 1, false), DA_PARTIAL);
	ck_assert_int_eq(w.end, DA_END_COMPLETE);
	stands_at(STACK + STACK_LEN);
	ck_assert_int_eq(step_at(F + 1, false), DA_FAULT);
	ck_assert_uint_eq(w.fault, STACK + STACK_LEN);
	finish();
}
END_TEST

START_TEST(x64_damaged)
{
	static const struct {
		uint8_t xdata[8];
	} bad[] = {
		{ { 3, 0, 0, 0 } },                   /* version */
		{ { 1, 4, 1, 0, 4, 0x01, 0, 0 } },    /* a code whose operand is cut */
		{ { 1, 4, 2, 0, 4, 0x21, 0, 0 } },    /* a size that is not known */
		{ { 1, 4, 1, 0, 4, 0x0b, 0, 0 } },    /* a code that is not known */
	};

	for (unsigned i = 0; i < DA_ARRAY_SIZE(bad); i++) {
		start(SYNTH_PE_AMD64);
		add_x64(bad[i].xdata, 8, 0x40);
		put(TOP - 8, RETURN);
		stands_at(TOP - 8);
		ck_assert_int_eq(step_at(F + 0x10, true), DA_CORRUPT);
		ck_assert_ptr_nonnull(w.why);
	}
	finish();
}
END_TEST

/* ---------------------------------------------------------------- ARM64 */

enum { FP = 29, LR = 30, SP = 31, PC = 32, VECTOR = 64 };
enum kind { SUB, STORE, SET_FP, SIGN, HOME };

/* An instruction of a prolog: stores a (and b, unless 0) at sp + off, after sp went down by `down`. */
struct op {
	uint8_t kind, a, b;
	uint16_t down, off;
};

static uint64_t *reg(unsigned n)
{
	return &regs.v[n];
}

static void carry_out(const struct op *o)
{
	*reg(SP) -= o->down;
	if (o->kind == STORE && o->a < VECTOR)
		put(*reg(SP) + o->off, *reg(o->a));
	if (o->kind == STORE && o->b)
		put(*reg(SP) + o->off + 8, *reg(o->b));
	if (o->kind == SET_FP)
		*reg(FP) = *reg(SP) + o->off;
	if (o->kind == SIGN)
		*reg(LR) |= 0xab5aULL << 48;
}

/* What the epilog does for it. */
static void take_back(const struct op *o)
{
	if (o->kind == STORE && o->a < VECTOR)
		*reg(o->a) = get(*reg(SP) + o->off);
	if (o->kind == STORE && o->b)
		*reg(o->b) = get(*reg(SP) + o->off + 8);
	*reg(SP) += o->down;
	if (o->kind == SIGN)
		*reg(LR) &= ~(0xffffULL << 48);
}

static bool in_epilogs(const struct op *o)
{
	return o->kind != SET_FP && o->kind != HOME;
}

static void before_the_call(void)
{
	memset(stack, 0xee, sizeof(stack));
	for (unsigned i = 0; i <= 28; i++)
		da_reg_set(&regs, (int)i, 1000 + i);
	da_reg_set(&regs, FP, TOP + 0x100);
	da_reg_set(&regs, LR, RETURN);
	da_reg_set(&regs, SP, TOP);
}

static void back_in_caller(enum da_status st, const char *what, unsigned place)
{
	ck_assert_msg(st == DA_OK, "%s, place %u: %s: %s", what, place, da_status_name(st), w.why ? w.why : "-");
	ck_assert_msg(caller.v[PC] == RETURN, "%s, place %u: pc %lx", what, place, (unsigned long)caller.v[PC]);
	ck_assert_msg(caller.v[SP] == TOP && w.cfa == TOP, "%s, place %u: sp %lx", what, place, (unsigned long)caller.v[SP]);
	for (unsigned i = 19; i <= 28; i++)
		ck_assert_msg(caller.v[i] == 1000 + i, "%s, place %u: x%u", what, place, i);
	ck_assert_uint_eq(caller.v[FP], TOP + 0x100);
	ck_assert(!da_reg_known(&caller, LR) && !w.signal);
}

/* Registers that the prolog saved have other values in the body. */
static void change_saved(const struct op *ops, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (ops[i].kind == STORE)
			for (unsigned k = 0; k < 2; k++) {
				unsigned r = k ? ops[i].b : ops[i].a;

				if (r && r < VECTOR && r != FP)
					*reg(r) = 0xdead0000 + r;
			}
}

enum { LENGTH = 64 };

/* The function at F, LENGTH instructions long, from every place of its prolog, its body and its epilog. */
static void every_place(const char *what, const struct op *ops, unsigned n, bool has_epilog, bool has_lr)
{
	unsigned nepilog = 1, at;

	for (unsigned k = 0; k <= n + 1; k++) {
		before_the_call();
		for (unsigned i = 0; i < k && i < n; i++)
			carry_out(&ops[i]);
		if (k > n)
			change_saved(ops, n);
		back_in_caller(step_at(F + 4 * k, true), what, k);
		if (k > n && has_lr)
			back_in_caller(step_at(F + 4 * k + 4, false), what, k);
	}
	for (unsigned i = 0; i < n; i++)
		nepilog += in_epilogs(&ops[i]);
	for (unsigned k = 0, left = n; has_epilog && k < nepilog; k++) {
		before_the_call();
		for (unsigned i = 0; i < n; i++)
			carry_out(&ops[i]);
		change_saved(ops, n);
		left = n;
		for (unsigned i = 0; i < k; i++) {
			while (!in_epilogs(&ops[left - 1]))
				left--;
			take_back(&ops[--left]);
		}
		at = LENGTH - nepilog + k;
		back_in_caller(step_at(F + 4 * at, true), what, at);
	}
}

static uint32_t packed(unsigned flag, unsigned regf, unsigned regi, unsigned homed, unsigned cr, unsigned frame)
{
	return flag | LENGTH << 2 | regf << 13 | regi << 16 | homed << 20 | cr << 21 | frame / 16 << 23;
}

START_TEST(arm64_packed)
{
	static const struct {
		const char *what;
		unsigned regf, regi, homed, cr, frame, n;
		struct op ops[20];
	} cases[] = {
		{ "frame record", 0, 0, 0, 3, 16, 2, { { STORE, FP, LR, 16, 0 }, { SET_FP, 0, 0, 0, 0 } } },
		{ "frame record and a pair", 0, 2, 0, 3, 0x30, 3,
		  { { STORE, 19, 20, 16, 0 }, { STORE, FP, LR, 32, 0 }, { SET_FP, 0, 0, 0, 0 } } },
		{ "middle frame", 0, 1, 0, 3, 0x310, 4,
		  { { STORE, 19, 0, 16, 0 }, { SUB, 0, 0, 0x300, 0 }, { STORE, FP, LR, 0, 0 }, { SET_FP, 0, 0, 0, 0 } } },
		{ "lr alone", 0, 0, 0, 1, 0x30, 2, { { STORE, LR, 0, 16, 0 }, { SUB, 0, 0, 32, 0 } } },
		{ "x19 and lr", 0, 1, 0, 1, 16, 2, { { SUB, 0, 0, 16, 0 }, { STORE, 19, LR, 0, 0 } } },
		{ "a pair and lr", 0, 2, 0, 1, 32, 2, { { STORE, 19, 20, 32, 0 }, { STORE, LR, 0, 0, 16 } } },
		{ "three and lr", 0, 3, 0, 1, 32, 2, { { STORE, 19, 20, 32, 0 }, { STORE, 21, LR, 0, 16 } } },
		{ "ten and lr, vectors", 7, 10, 0, 1, 0x1a0, 11,
		  { { STORE, 19, 20, 0xa0, 0 }, { STORE, 21, 22, 0, 16 }, { STORE, 23, 24, 0, 32 }, { STORE, 25, 26, 0, 48 },
		    { STORE, 27, 28, 0, 64 }, { STORE, LR, 0, 0, 80 }, { STORE, VECTOR, 0, 0, 0 }, { STORE, VECTOR, 0, 0, 0 },
		    { STORE, VECTOR, 0, 0, 0 }, { STORE, VECTOR, 0, 0, 0 }, { SUB, 0, 0, 0x100, 0 } } },
		{ "leaf, x19", 0, 1, 0, 0, 16, 1, { { STORE, 19, 0, 16, 0 } } },
		{ "leaf, five", 0, 5, 0, 0, 0x70, 4,
		  { { STORE, 19, 20, 48, 0 }, { STORE, 21, 22, 0, 16 }, { STORE, 23, 0, 0, 32 }, { SUB, 0, 0, 64, 0 } } },
		{ "leaf, three vectors", 2, 0, 0, 0, 32, 2, { { STORE, VECTOR, 0, 32, 0 }, { STORE, VECTOR, 0, 0, 0 } } },
		{ "leaf, locals", 0, 0, 0, 0, 0x1400, 2, { { SUB, 0, 0, 4080, 0 }, { SUB, 0, 0, 0x1400 - 4080, 0 } } },
		{ "leaf, homed", 0, 0, 1, 0, 64, 4, { { SUB, 0, 0, 64, 0 }, { HOME, 0, 0, 0, 0 }, { HOME, 0, 0, 0, 0 }, { HOME, 0, 0, 0, 0 } } },
		{ "vectors behind a frame record", 1, 0, 0, 3, 32, 3,
		  { { STORE, VECTOR, 0, 16, 0 }, { STORE, FP, LR, 16, 0 }, { SET_FP, 0, 0, 0, 0 } } },
		{ "all, signed", 3, 4, 1, 2, 0x1880, 13,
		  { { SIGN, 0, 0, 0, 0 }, { STORE, 19, 20, 128, 0 }, { STORE, 21, 22, 0, 16 }, { STORE, VECTOR, 0, 0, 0 },
		    { STORE, VECTOR, 0, 0, 0 }, { HOME, 0, 0, 0, 0 }, { HOME, 0, 0, 0, 0 }, { HOME, 0, 0, 0, 0 },
		    { HOME, 0, 0, 0, 0 }, { SUB, 0, 0, 4080, 0 }, { SUB, 0, 0, 0x1800 - 4080, 0 }, { STORE, FP, LR, 0, 0 },
		    { SET_FP, 0, 0, 0, 0 } } },
	};

	for (unsigned i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		start(SYNTH_PE_ARM64);
		synth_pe_function(&pe, F, 0, packed(1, cases[i].regf, cases[i].regi, cases[i].homed, cases[i].cr, cases[i].frame));
		every_place(cases[i].what, cases[i].ops, cases[i].n, true, cases[i].cr != 0);
		/* A piece without prolog and epilog: the whole frame is there from its first instruction. */
		start(SYNTH_PE_ARM64);
		synth_pe_function(&pe, F, 0, packed(2, cases[i].regf, cases[i].regi, cases[i].homed, cases[i].cr, cases[i].frame));
		before_the_call();
		for (unsigned k = 0; k < cases[i].n; k++)
			carry_out(&cases[i].ops[k]);
		back_in_caller(step_at(F, true), cases[i].what, 0);
		back_in_caller(step_at(F + 4 * (LENGTH - 1), true), cases[i].what, LENGTH - 1);
	}
	finish();
}
END_TEST

/* .xdata with one epilog at the end whose codes begin at `epilog`; 0xff: none. */
static void add_full(const uint8_t *codes, unsigned n, unsigned epilog, bool extended)
{
	uint8_t x[8 + 64] = { 0 };
	unsigned words = (n + 3) / 4, head = extended ? 8 : 4, e = epilog == 0xff ? 0 : 1;

	synth_md_set(x, 4, LENGTH | e << 21 | (extended ? 0 : (e ? epilog : 0) << 22 | words << 27));
	if (extended)
		synth_md_set(x + 4, 4, (e ? epilog : 0) | words << 16);
	memcpy(x + head, codes, n);
	synth_pe_function(&pe, F, 0, synth_pe_data(&pe, x, head + 4 * (size_t)words));
}

START_TEST(arm64_full)
{
	static const struct {
		const char *what;
		unsigned n, ncodes, epilog;
		bool lr;
		struct op ops[8];
		uint8_t codes[16];
	} cases[] = {
		{ "signed", 5, 8, 1, true,
		  { { SIGN, 0, 0, 0, 0 }, { STORE, FP, LR, 0x40, 0 }, { STORE, 19, 20, 0, 0x10 }, { STORE, 21, 0, 0, 0x20 },
		    { SET_FP, 0, 0, 0, 0 } },
		  { 0xe1, 0xd0, 0x84, 0xc8, 0x02, 0x87, 0xfc, 0xe4 } },
		{ "save_next", 4, 7, 0, false,
		  { { STORE, 19, 20, 0x30, 0 }, { STORE, 21, 22, 0, 0x10 }, { STORE, 23, 24, 0, 0x20 }, { SUB, 0, 0, 0x1000, 0 } },
		  { 0xc1, 0x00, 0xe6, 0xe6, 0xcc, 0x05, 0xe4 } },
		{ "save_next behind r19r20", 3, 3, 0, false,
		  { { STORE, 19, 20, 0x30, 0 }, { STORE, 21, 22, 0, 0x10 }, { SUB, 0, 0, 0x10, 0 } },
		  { 0x01, 0xe6, 0x26 } },
		{ "lrpair, r19r20, reg_x, alloc_l", 4, 10, 0, true,
		  { { STORE, 23, 0, 0x10, 0 }, { STORE, 19, 20, 0x20, 0 }, { STORE, 21, LR, 0, 0x10 }, { SUB, 0, 0, 0x40, 0 } },
		  { 0xe0, 0, 0, 4, 0xd6, 0x42, 0x24, 0xd4, 0x81, 0xe4 } },
		{ "add_fp, fplr", 3, 5, 2, true,
		  { { SUB, 0, 0, 0x20, 0 }, { STORE, FP, LR, 0, 0x10 }, { SET_FP, 0, 0, 0, 0x10 } },
		  { 0xe2, 0x02, 0x42, 0x02, 0xe4 } },
		{ "any register", 2, 7, 0, false,
		  { { STORE, 25, 26, 0x20, 0 }, { STORE, 27, 0, 0, 0x10 } },
		  { 0xe7, 0x1b, 0x02, 0xe7, 0x79, 0x01, 0xe4 } },
		{ "vectors", 4, 9, 0, false,
		  { { STORE, VECTOR, 0, 0x10, 0 }, { STORE, VECTOR, 0, 0x40, 0 }, { STORE, VECTOR, 0, 0, 0 }, { STORE, VECTOR, 0, 0, 0 } },
		  { 0xdc, 0x02, 0xd8, 0x42, 0xda, 0x07, 0xde, 0x01, 0xe4 } },
	};

	for (unsigned i = 0; i < DA_ARRAY_SIZE(cases); i++)
		for (unsigned extended = 0; extended < 2; extended++) {
			uint8_t codes[20];

			memset(codes, 0xe4, sizeof(codes));
			memcpy(codes, cases[i].codes, cases[i].ncodes);
			start(SYNTH_PE_ARM64);
			/* The long header is told by 0 in both fields, so it cannot begin an epilog at another code. */
			add_full(codes, (cases[i].ncodes + 4) & ~3U, cases[i].epilog, extended);
			every_place(cases[i].what, cases[i].ops, cases[i].n, true, cases[i].lr);
		}
	finish();
}
END_TEST

START_TEST(arm64_epilogs_in_the_middle)
{
	static const struct op ops[] = { { STORE, FP, LR, 16, 0 }, { SET_FP, 0, 0, 0, 0 } };
	static const struct {
		unsigned at, taken_back;
	} places[] = { { 7, 0 }, { 8, 0 }, { 9, 1 }, { 10, 0 }, { 17, 0 }, { 18, 0 }, { 19, 1 }, { 20, 0 } };

	for (unsigned i = 0; i < 2 * DA_ARRAY_SIZE(places); i++) {
		unsigned k = i / 2, head = i % 2 ? 8 : 4;
		uint8_t x[20] = { 0 };

		start(SYNTH_PE_ARM64);
		synth_md_set(x, 4, LENGTH | (i % 2 ? 0 : 2U << 22 | 1U << 27));
		if (i % 2)
			synth_md_set(x + 4, 4, 2 | 1 << 16);
		synth_md_set(x + head, 4, 8 | 1U << 22);
		synth_md_set(x + head + 4, 4, 18 | 1U << 22);
		memcpy(x + head + 8, "\xe1\x81\xe4\xe4", 4);
		synth_pe_function(&pe, F, 0, synth_pe_data(&pe, x, sizeof(x)));
		before_the_call();
		carry_out(&ops[0]);
		carry_out(&ops[1]);
		if (places[k].taken_back)
			take_back(&ops[0]);
		back_in_caller(step_at(F + 4 * places[k].at, true), "scopes", places[k].at);
	}
	finish();
}
END_TEST

START_TEST(arm64_moved_stack)
{
	static const uint8_t codes[] = { 0xe1, 0x81, 0xe4, 0xe4 };
	static const struct op record = { STORE, FP, LR, 16, 0 };

	start(SYNTH_PE_ARM64);
	add_full(codes, 4, 0xff, false);
	before_the_call();
	carry_out(&record);
	*reg(FP) = *reg(SP);
	*reg(SP) -= 0x800;
	back_in_caller(step_at(F + 0x40, false), "alloca", 16);
	da_reg_forget(&regs, FP);
	ck_assert_int_eq(step_at(F + 0x40, false), DA_FAULT);
	finish();
}
END_TEST

START_TEST(arm64_piece)
{
	/* end_c: a piece of a function that has no prolog of its own. */
	static const uint8_t codes[] = { 0xe5, 0x81, 0xe4, 0xe4 };
	static const struct op record = { STORE, FP, LR, 16, 0 };

	start(SYNTH_PE_ARM64);
	add_full(codes, 4, 0xff, false);
	before_the_call();
	carry_out(&record);
	back_in_caller(step_at(F, true), "piece", 0);
	finish();
}
END_TEST

START_TEST(arm64_frames_of_the_system)
{
	uint8_t context[0x390] = { 0 };

	start(SYNTH_PE_ARM64);
	add_full((const uint8_t[]){ 0x01, 0xe9, 0xe4, 0xe4 }, 4, 0xff, false);
	before_the_call();
	put(TOP, TOP + 0x300);
	put(TOP + 8, RETURN);
	*reg(SP) -= 16;
	ck_assert_int_eq(step_at(F + 8, true), DA_OK);
	ck_assert(w.signal && w.cfa == 0 && !da_reg_known(&caller, LR));
	ck_assert_uint_eq(caller.v[PC], RETURN);
	ck_assert_uint_eq(caller.v[SP], TOP + 0x300);

	start(SYNTH_PE_ARM64);
	add_full((const uint8_t[]){ 0xea, 0xe4, 0xe4, 0xe4 }, 4, 0xff, false);
	before_the_call();
	synth_md_set(context, 4, 0x400007);
	synth_md_set(context + 8, 8, 77);
	synth_md_set(context + 8 + 8 * LR, 8, 88);
	synth_md_set(context + 0x100, 8, TOP + 0x800);
	synth_md_set(context + 0x108, 8, RETURN);
	memcpy(stack + (TOP - STACK), context, sizeof(context));
	ck_assert_int_eq(step_at(F + 4, false), DA_OK);
	ck_assert(w.signal);
	ck_assert_uint_eq(caller.v[0], 77);
	ck_assert_uint_eq(caller.v[LR], 88);
	ck_assert_uint_eq(caller.v[SP], TOP + 0x800);
	ck_assert_uint_eq(caller.v[PC], RETURN);

	start(SYNTH_PE_ARM64);
	add_full((const uint8_t[]){ 0xec, 0x81, 0xe4, 0xe4 }, 4, 0xff, false);
	before_the_call();
	carry_out(&(const struct op){ STORE, FP, LR, 16, 0 });
	ck_assert_int_eq(step_at(F + 8, false), DA_OK);
	ck_assert(w.signal);
	ck_assert_uint_eq(caller.v[PC], RETURN);
	finish();
}
END_TEST

START_TEST(arm64_leaf_and_end)
{
	start(SYNTH_PE_ARM64);
	add_full((const uint8_t[]){ 0x81, 0xe4, 0xe4, 0xe4 }, 4, 0xff, false);
	before_the_call();
	back_in_caller(step_at(F + 4 * LENGTH, true), "leaf", LENGTH);
	ck_assert_int_eq(step_at(F + 4 * LENGTH + 4, false), DA_NOT_FOUND);
	*reg(LR) = 0;
	carry_out(&(const struct op){ STORE, FP, LR, 16, 0 });
	ck_assert_int_eq(step_at(F + 16, false), DA_PARTIAL);
	ck_assert_int_eq(w.end, DA_END_COMPLETE);
	*reg(SP) = STACK + STACK_LEN;
	ck_assert_int_eq(step_at(F + 16, false), DA_FAULT);
	ck_assert_uint_eq(w.fault, STACK + STACK_LEN);
	finish();
}
END_TEST

START_TEST(arm64_damaged)
{
	static const uint8_t bad[][4] = {
		{ 0xc8 | 2, 0xc0, 0xe4, 0xe4 },  /* x30 and what would follow it */
		{ 0xe3, 0xe3, 0xe3, 0xe0 },      /* cut */
		{ 0xe3, 0xe3, 0xe3, 0xe3 },      /* no end */
		{ 0xe8, 0xe4, 0xe4, 0xe4 },      /* a frame of the kernel */
		{ 0xe6, 0x01, 0xe4, 0xe4 },      /* continues nothing */
		{ 0xdf, 0x01, 0xe4, 0xe4 },      /* SVE */
		{ 0xe4, 0xe4, 0xe4, 0xe4 },      /* a caller that did not keep its return address */
	};

	for (unsigned i = 0; i < DA_ARRAY_SIZE(bad); i++) {
		start(SYNTH_PE_ARM64);
		add_full(bad[i], 4, 0xff, false);
		before_the_call();
		ck_assert_msg(step_at(F + 0x40, false) == DA_CORRUPT, "%u", i);
		ck_assert_ptr_nonnull(w.why);
	}
	start(SYNTH_PE_ARM64);
	synth_pe_function(&pe, F, 0, packed(1, 0, 11, 0, 3, 0x100));
	synth_pe_function(&pe, F + 0x100, 0, packed(1, 0, 4, 0, 0, 16));
	synth_pe_function(&pe, F + 0x200, 0, packed(3, 0, 0, 0, 3, 16));
	for (uint32_t k = 0; k < 3; k++)
		ck_assert_int_eq(step_at(F + 0x100 * k + 0x20, true), DA_CORRUPT);
	finish();
}
END_TEST

UNIT_MAIN("pe", headers, exported_names, names_of_a_function_in_pieces, coff_names, table_search, x64_pushes,
	  x64_large_frames, x64_frame_register, x64_chained, x64_entry_for_another, x64_machine_frame, x64_epilogs,
	  x64_jump_to_a_piece, x64_version_2, x64_leaf_and_end, x64_damaged, arm64_packed,
	  arm64_full, arm64_epilogs_in_the_middle, arm64_moved_stack, arm64_piece, arm64_frames_of_the_system,
	  arm64_leaf_and_end, arm64_damaged)
