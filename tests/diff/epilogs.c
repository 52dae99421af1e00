/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epilogs FILE…: images of x64, or dumps that hold some. For each epilog that unwind codes of version 2
 * list, and for the instruction before it, the caller that the unwinder finds from there is compared with
 * what the instructions up to the return do to the registers; their words are those of capstone.
 *
 *	FILE: N functions, N epilogs, N instructions, N of them followed, N wrong
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#ifdef HAVE_CAPSTONE
#include <capstone/capstone.h>

#include "image/pe.h"
#include "loader/loader.h"
#include "symbol/symbol.h"
#include "unwind/step.h"

#define BASE UINT64_C(0x180000000)
#define STACK UINT64_C(0x7f0000000000)
enum { STACK_LEN = 1 << 20, SP = STACK_LEN / 4, CODES = 512, EPILOG = 6, RSP = 7, RIP = 16 };

static const x86_reg names[16] = { X86_REG_RAX, X86_REG_RDX, X86_REG_RCX, X86_REG_RBX, X86_REG_RSI, X86_REG_RDI,
				   X86_REG_RBP, X86_REG_RSP, X86_REG_R8,  X86_REG_R9,  X86_REG_R10, X86_REG_R11,
				   X86_REG_R12, X86_REG_R13, X86_REG_R14, X86_REG_R15 };
static const int kept[] = { 3, 4, 5, 6, 12, 13, 14, 15 }; /* and how UNWIND_INFO numbers all: */
static const uint8_t of_code[16] = { 0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15 };

static struct {
	unsigned functions, epilogs, instructions, followed, wrong;
} sum;

struct run {
	struct da_dump *d;
	struct da_symbols *s;
	struct da_thread thread; /* its stack: a different word in every slot */
	uint64_t base;
	csh cs;
	uint8_t *code; /* of the function at hand */
	size_t ncode;
	uint32_t start;
	uint8_t fpreg, fpoff;
};

static int number(x86_reg r)
{
	for (int i = 0; i < 16; i++)
		if (names[i] == r)
			return i;
	return -1;
}

static bool load(struct run *r, uint64_t at, uint64_t *ret)
{
	return da_mem_word(&r->d->proc.mem, at, ret) == DA_OK;
}

static bool effective(const struct da_regs *v, const x86_op_mem *m, uint64_t *ret)
{
	int base = number(m->base);

	if (base < 0 || m->index != X86_REG_INVALID)
		return false;
	*ret = v->v[base] + (uint64_t)m->disp;
	return true;
}

/* One instruction; false: it is none of those that an epilog may have. */
static bool does(struct run *r, const cs_insn *in, struct da_regs *v, bool *ret_left)
{
	const cs_x86 *x = &in->detail->x86;
	int to = x->op_count && x->operands[0].type == X86_OP_REG ? number(x->operands[0].reg) : -1;
	uint64_t at;

	switch (in->id) {
	case X86_INS_POP:
		at = v->v[RSP];
		v->v[RSP] += 8;
		return to >= 0 && load(r, at, &v->v[to]);
	case X86_INS_ADD:
		v->v[RSP] += (uint64_t)x->operands[1].imm;
		return to == RSP && x->operands[1].type == X86_OP_IMM;
	case X86_INS_LEA:
		return to == RSP && effective(v, &x->operands[1].mem, &v->v[RSP]);
	case X86_INS_NOP:
	case X86_INS_VZEROUPPER:
		return true;
	case X86_INS_RET:
	case X86_INS_JMP:
		*ret_left = true;
		at = v->v[RSP];
		v->v[RSP] += 8;
		return load(r, at, &v->v[RIP]);
	default:
		return false;
	}
}

/* The caller, by running the code from a place of the function on. */
static bool follow(struct run *r, uint32_t rva, struct da_regs *v)
{
	const uint8_t *p = r->code + (rva - r->start);
	size_t n = r->ncode - (rva - r->start);
	uint64_t addr = r->base + rva;
	cs_insn *in = cs_malloc(r->cs);
	bool left = false, ok = true;

	while (ok && !left)
		ok = cs_disasm_iter(r->cs, &p, &n, &addr, in) && does(r, in, v, &left);
	cs_free(in, 1);
	return ok;
}

static struct da_regs registers(struct run *r, uint32_t rva)
{
	struct da_regs v = { .valid = 0 };

	for (int i = 0; i < 16; i++)
		da_reg_set(&v, i, STACK + SP + 0x10000 + 0x100U * (unsigned)i);
	da_reg_set(&v, RSP, STACK + SP);
	da_reg_set(&v, RIP, r->base + rva);
	if (r->fpreg) /* as the prolog left it */
		da_reg_set(&v, of_code[r->fpreg], STACK + SP + 16U * r->fpoff);
	return v;
}

static void check(struct run *r, uint32_t rva)
{
	struct da_regs want = registers(r, rva), got = { .valid = 0 };
	struct da_walk w = { .dump = r->d, .symbols = r->s, .thread = &r->thread, .regs = want, .exact_pc = true };
	bool same;

	sum.instructions++;
	if (!follow(r, rva, &want))
		return;
	sum.followed++;
	same = da_unwinder_pe_x64.step(&w, &got) == DA_OK && got.v[RIP] == want.v[RIP] && got.v[RSP] == want.v[RSP];
	for (size_t i = 0; i < DA_ARRAY_SIZE(kept); i++)
		same = same && da_reg_known(&got, kept[i]) && got.v[kept[i]] == want.v[kept[i]];
	if (same)
		return;
	sum.wrong++;
	printf("# 0x%" PRIx64 " (function 0x%" PRIx32 "): pc %" PRIx64 " sp %" PRIx64 ", by its code %" PRIx64
	       " %" PRIx64 ": %s\n", r->base + rva, r->start, got.v[RIP], got.v[RSP], want.v[RIP], want.v[RSP],
	       w.why ? w.why : "");
}

/* Every instruction of [begin, end), and the one before. */
static void epilog(struct run *r, uint32_t begin, uint32_t end)
{
	const uint8_t *p = r->code;
	size_t n = r->ncode;
	uint64_t addr = r->base + r->start;
	cs_insn *in = cs_malloc(r->cs);

	sum.epilogs++;
	while (addr < r->base + end && cs_disasm_iter(r->cs, &p, &n, &addr, in))
		if (in->address >= r->base + begin || addr == r->base + begin)
			check(r, (uint32_t)(in->address - r->base));
	cs_free(in, 1);
}

/* A function whose unwind codes are of version 2: how long its epilogs are, then where. */
static void function(struct run *r, uint32_t start, uint32_t end, uint32_t unwind)
{
	const struct da_memory *mem = &r->d->proc.mem;
	uint8_t head[4], codes[CODES];

	if (unwind & 1 || end <= start || end - start > 1 << 20 ||
	    da_mem_read(mem, r->base + unwind, head, 4, NULL) != DA_OK || (head[0] & 7) != 2 ||
	    da_mem_read(mem, r->base + unwind + 4, codes, 2U * head[2], NULL) != DA_OK)
		return;
	r->start = start;
	r->ncode = end - start;
	r->code = da_alloc(r->d->arena, r->ncode);
	if (da_mem_read(mem, r->base + start, r->code, r->ncode, NULL) != DA_OK)
		return;
	r->fpreg = head[3] & 15;
	r->fpoff = head[3] >> 4;
	sum.functions++;
	for (unsigned k = 0; k < head[2] && (codes[2 * k + 1] & 15) == EPILOG; k++) {
		uint32_t length = codes[0], back = codes[2 * k] | (uint32_t)(codes[2 * k + 1] >> 4) << 8;

		if (k == 0)
			back = codes[1] >> 4 & 1 ? length : 0;
		if (back && back <= end - start)
			epilog(r, end - back, end - back + length);
	}
}

static void image(struct run *r, const struct da_module *m)
{
	const struct da_pe *pe = da_symbols_pe(r->s, m->start, &r->base);
	const struct da_memory *mem = &r->d->proc.mem;
	uint32_t w[3] = { 0 };

	if (!pe || pe->machine != DA_PE_AMD64)
		return;
	for (uint32_t i = 0; i < pe->dirs[DA_PE_EXCEPTION].size / 12; i++) {
		bool ok = true;

		for (unsigned k = 0; k < 3; k++)
			ok &= da_mem_u32(mem, r->base + pe->dirs[DA_PE_EXCEPTION].rva + 12 * i + 4 * k, &w[k]) == DA_OK;
		if (ok)
			function(r, w[0], w[1], w[2]);
	}
}

/* A file as the loader of Windows lays it out. */
static bool map(struct da_dump *d)
{
	struct da_bytes f = d->file;
	struct da_range *r;
	struct da_pe pe;
	uint8_t *image;

	if (da_pe_read(d->arena, f, &pe) != DA_OK)
		return false;
	image = da_calloc(d->arena, pe.image_size, 1);
	memcpy(image, f.p, DA_MIN(f.n, (size_t)pe.headers_size));
	for (unsigned i = 0; i < pe.nsections; i++) {
		const struct da_pe_section *s = &pe.sections[i];
		size_t n = DA_MIN(s->raw, s->size);

		if (da_fits(s->off, n, f.n) && da_fits(s->rva, n, pe.image_size))
			memcpy(image + s->rva, f.p + s->off, n);
	}
	d->proc.os = DA_OS_WINDOWS;
	d->proc.arch = da_arch_by_elf(62, 2, false);
	d->proc.mem.word = 8;
	d->proc.mem.file = d->file = (struct da_bytes){ image, pe.image_size };
	r = da_vec_add(d->arena, &d->proc.mem.ranges);
	*r = (struct da_range){ .start = BASE, .end = BASE + pe.image_size, .file_len = pe.image_size,
				.prot = DA_PROT_R | DA_PROT_X, .has_prot = true };
	*da_vec_add(d->arena, &d->proc.modules) = (struct da_module){
		.name = "image.dll", .path = "C:\\image.dll", .start = BASE, .end = BASE + pe.image_size, .pe = true };
	return true;
}

static int file(const char *path)
{
	static const struct da_unpack_options unpack = { .tmpdir = "/var/tmp", .max_expand = 1ULL << 40 };
	static const struct da_symbol_options options = { .no_local = true };
	struct run r = { .d = da_dump_new(&da_limits_default, NULL) };
	const char *message = "";
	uint8_t *stack = da_alloc(r.d->arena, STACK_LEN);

	memset(&sum, 0, sizeof(sum));
	for (uint64_t i = 0; i < STACK_LEN / 8; i++) {
		uint64_t word = UINT64_C(0x7700000000) + 16 * i;

		memcpy(stack + 8 * i, &word, 8);
	}
	if (da_unpack(r.d, path, &unpack, &message) > DA_PARTIAL ||
	    (!map(r.d) && da_load(r.d, &message) > DA_PARTIAL)) {
		printf("# %s: %s\n", path, message);
		return 1;
	}
	r.s = da_symbols_new(r.d, &options);
	da_symbols_find(r.s);
	r.thread.own = (struct da_own){ .start = STACK, .bytes = { stack, STACK_LEN } };
	da_mem_as(&r.d->proc.mem, &r.thread);
	cs_open(CS_ARCH_X86, CS_MODE_64, &r.cs);
	cs_option(r.cs, CS_OPT_DETAIL, CS_OPT_ON);
	for (size_t i = 0; i < r.d->proc.modules.n; i++)
		image(&r, &r.d->proc.modules.v[i]);
	cs_close(&r.cs);
	printf("%s: %u functions, %u epilogs, %u instructions, %u of them followed, %u wrong\n", path, sum.functions,
	       sum.epilogs, sum.instructions, sum.followed, sum.wrong);
	da_dump_free(r.d);
	return sum.wrong > 0;
}

int main(int argc, char **argv)
{
	int bad = 0;

	for (int i = 1; i < argc; i++)
		bad |= file(argv[i]);
	return bad;
}
#else
int main(void)
{
	puts("built without capstone");
	return 77;
}
#endif
