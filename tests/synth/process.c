/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "synth/synth.h"

#define PAGE 4096

/* ---------------------------------------------------------------- an ELF image in memory */

/* Places in the first page and the second: program headers, note, symbols; strings behind them. */
enum { AT_NOTE = 0x200, AT_SYMBOLS = 0x280, AT_CFI_TABLE = 0x1800, AT_CFI = 0x1840 };

struct maker {
	struct synth *s;
	const struct synth_image *image;
	unsigned char *tables; /* SYNTH_CODE bytes */
	size_t at_hash, at_strings, strings;
	uint64_t dynamic; /* offset */
	size_t code;
};

static size_t sym_size(const struct synth *s) { return synth_word(s) == 8 ? 24 : 16; }

static void put_symbol(struct maker *m, size_t i, const struct synth_symbol *sym)
{
	struct synth *s = m->s;
	unsigned char *p = m->tables + AT_SYMBOLS + i * sym_size(s);

	synth_put(s, p, 4, m->strings);
	if (synth_word(s) == 8) {
		p[4] = 0x12; /* global function */
		synth_put(s, p + 6, 2, 1);
		synth_put(s, p + 8, 8, sym->value);
		synth_put(s, p + 16, 8, sym->size);
	} else {
		synth_put(s, p + 4, 4, sym->value);
		synth_put(s, p + 8, 4, sym->size);
		p[12] = 0x12;
		synth_put(s, p + 14, 2, 1);
	}
	strcpy((char *)m->tables + m->at_strings + m->strings, sym->name);
	m->strings += strlen(sym->name) + 1;
}

/* One bucket that chains all: enough to say how many symbols there are. */
static void put_hash(struct maker *m, size_t n)
{
	unsigned char *p = m->tables + m->at_hash;

	synth_put(m->s, p, 4, 1);
	synth_put(m->s, p + 4, 4, n);
	synth_put(m->s, p + 8, 4, n > 1 ? 1 : 0);
	for (size_t i = 0; i < n; i++)
		synth_put(m->s, p + 12 + 4 * i, 4, i && i + 1 < n ? i + 1 : 0);
}

static void put_phdr(struct synth *s, unsigned char *p, uint32_t type, uint32_t flags, uint64_t at,
		     uint64_t n)
{
	bool wide = synth_word(s) == 8;

	synth_put(s, p, 4, type);
	synth_put(s, p + (wide ? 4 : 24), 4, flags);
	synth_put_word(s, p + (wide ? 8 : 4), at);
	synth_put_word(s, p + (wide ? 16 : 8), at);
	synth_put_word(s, p + (wide ? 24 : 12), at);
	synth_put_word(s, p + (wide ? 32 : 16), n);
	synth_put_word(s, p + (wide ? 40 : 20), n);
	synth_put_word(s, p + (wide ? 48 : 28), type == 1 ? PAGE : 4);
}

static void put_headers(struct maker *m, uint16_t machine, bool big_endian)
{
	struct synth *s = m->s;
	unsigned w = synth_word(s);
	size_t ehdr = w == 8 ? 64 : 52, phdr = w == 8 ? 56 : 32;
	unsigned char *p = m->tables, *ph = p + ehdr;
	size_t count = 4 + (m->image->build_id ? 1 : 0) + (m->image->cfi ? 1 : 0);

	memcpy(p, "\177ELF", 4);
	p[4] = w == 8 ? 2 : 1;
	p[5] = big_endian ? 2 : 1;
	p[6] = 1;
	synth_put(s, p + 16, 2, 3); /* ET_DYN */
	synth_put(s, p + 18, 2, machine);
	synth_put(s, p + 20, 4, 1);
	synth_put_word(s, p + 24, SYNTH_CODE);
	synth_put_word(s, p + 24 + w, ehdr);
	synth_put(s, p + 28 + 3 * (size_t)w, 2, ehdr);
	synth_put(s, p + 30 + 3 * (size_t)w, 2, phdr);
	synth_put(s, p + 32 + 3 * (size_t)w, 2, count);
	put_phdr(s, ph, 1, SYNTH_R, 0, SYNTH_CODE);
	put_phdr(s, ph + phdr, 1, SYNTH_R | SYNTH_X, SYNTH_CODE, m->code);
	put_phdr(s, ph + 2 * phdr, 1, SYNTH_R | SYNTH_W, m->dynamic, PAGE);
	put_phdr(s, ph + 3 * phdr, 2, SYNTH_R | SYNTH_W, m->dynamic, 9 * 2 * (size_t)w);
	if (m->image->build_id)
		put_phdr(s, ph + 4 * phdr, 4, SYNTH_R, AT_NOTE, 16 + m->image->build_id_len);
	if (m->image->cfi)
		put_phdr(s, ph + (count - 1) * phdr, 0x6474e550, SYNTH_R, AT_CFI_TABLE, 20);
}

/*
 * .eh_frame_hdr with a table of one, and .eh_frame with a CIE ("zR", pc-relative) and an FDE: the frame
 * pointer's old value lies at CFA - 16, the return address at CFA - 8.
 */
static void put_cfi(struct maker *m)
{
	bool arm = synth_machine(m->s) == SYNTH_AARCH64;
	const unsigned char cie[] = {
		1, 'z', 'R', 0, 1, 0x78, arm ? 30 : 16, 1, 0x1b, /* version to pointer encoding */
		0x0c, arm ? 29 : 6, 16,                          /* def_cfa fp, 16 */
		0x80 | (arm ? 29 : 6), 2,                        /* offset fp, 2 * 8 */
		0x80 | (arm ? 30 : 16), 1,                       /* offset ra, 1 * 8 */
	};
	unsigned char *p = m->tables + AT_CFI, *t = m->tables + AT_CFI_TABLE;
	size_t fde = 8 + sizeof(cie);

	if (!m->image->cfi)
		return;
	synth_put(m->s, p, 4, 4 + sizeof(cie));
	memcpy(p + 8, cie, sizeof(cie));
	synth_put(m->s, p + fde, 4, 4 + 4 + 4 + 1);
	synth_put(m->s, p + fde + 4, 4, fde + 4);
	synth_put(m->s, p + fde + 8, 4, (uint64_t)SYNTH_CODE - (AT_CFI + fde + 8));
	synth_put(m->s, p + fde + 12, 4, m->code);
	memcpy(t, "\1\x1b\3\x3b", 4);
	synth_put(m->s, t + 4, 4, AT_CFI - (AT_CFI_TABLE + 4));
	synth_put(m->s, t + 8, 4, 1);
	synth_put(m->s, t + 12, 4, SYNTH_CODE - AT_CFI_TABLE);
	synth_put(m->s, t + 16, 4, AT_CFI + fde - AT_CFI_TABLE);
}

static void put_build_id(struct maker *m)
{
	unsigned char *p = m->tables + AT_NOTE;

	if (!m->image->build_id)
		return;
	synth_put(m->s, p, 4, 4);
	synth_put(m->s, p + 4, 4, m->image->build_id_len);
	synth_put(m->s, p + 8, 4, 3);
	memcpy(p + 12, "GNU", 4);
	memcpy(p + 16, m->image->build_id, m->image->build_id_len);
}

static unsigned char *dynamic_section(struct maker *m, uint64_t soname)
{
	const struct synth_image *g = m->image;
	struct synth *s = m->s;
	unsigned w = synth_word(s);
	const uint64_t rows[][2] = {
		{ 4, g->base + m->at_hash },      /* DT_HASH */
		{ 5, g->base + m->at_strings },   /* DT_STRTAB */
		{ 6, g->base + AT_SYMBOLS },      /* DT_SYMTAB */
		{ 10, m->strings },               /* DT_STRSZ */
		{ 11, sym_size(s) },              /* DT_SYMENT */
		{ g->debug ? 21 : 0x6ffffef5 + 1, g->debug }, /* DT_DEBUG, or one that nobody knows */
		{ g->soname ? 14 : 0x6ffffef5 + 2, soname },  /* DT_SONAME */
		{ 0, 0 },
	};
	unsigned char *p = synth_alloc(s, PAGE);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		synth_put_word(s, p + 2 * i * w, rows[i][0]);
		synth_put_word(s, p + (2 * i + 1) * w, rows[i][1]);
	}
	return p;
}

/*
 * Functions of 64 bytes. Each calls the one before it (the first the eighth), from three places: the
 * return addresses lie at 16, 32 and 48. What is between them does nothing.
 */
static void fill_code(const struct maker *m, unsigned char *code)
{
	bool arm = synth_machine(m->s) == SYNTH_AARCH64;

	for (size_t i = 0; i < m->code; i += arm ? 4 : 1)
		arm ? synth_put(m->s, code + i, 4, 0xd503201f) : synth_put(m->s, code + i, 1, 0x90);
	for (size_t f = 0; f + 64 <= m->code; f += 64) {
		if (!arm) /* push rbp; mov rbp, rsp */
			memcpy(code + f, synth_word(m->s) == 8 ? "\x55\x48\x89\xe5" : "\x55\x89\xe5\x90", 4);
		for (size_t at = 16; at <= 48; at += 16) {
			int64_t to = (int64_t)(f % 512 ? f - 64 : f + 448);

			if (arm) {
				int64_t words = (to - (int64_t)(f + at - 4)) / 4;

				synth_put(m->s, code + f + at - 4, 4, 0x94000000 | (words & 0x3ffffff));
			} else {
				code[f + at - 5] = 0xe8;
				synth_put(m->s, code + f + at - 4, 4, (uint64_t)(to - (int64_t)(f + at)));
			}
		}
	}
}

uint64_t synth_image(struct synth *s, const struct synth_image *image, uint64_t *ret_dynamic)
{
	struct maker m = { .s = s, .image = image, .strings = 1 };
	uint64_t soname = 0;
	unsigned char *code;
	size_t n = image->nsymbols + 1;

	m.code = (image->code + PAGE) / PAGE * PAGE;
	m.dynamic = SYNTH_CODE + m.code;
	m.at_hash = AT_SYMBOLS + n * sym_size(s);
	m.at_strings = m.at_hash + 12 + 4 * n;
	m.tables = synth_alloc(s, SYNTH_CODE);
	put_headers(&m, synth_machine(s), synth_big_endian(s));
	put_build_id(&m);
	put_cfi(&m);
	for (size_t i = 0; i < image->nsymbols; i++)
		put_symbol(&m, i + 1, &image->symbols[i]);
	put_hash(&m, n);
	if (image->soname) {
		soname = m.strings;
		strcpy((char *)m.tables + m.at_strings + m.strings, image->soname);
		m.strings += strlen(image->soname) + 1;
	}
	code = synth_alloc(s, m.code);
	fill_code(&m, code);
	synth_segment(s, image->base, m.tables, SYNTH_CODE, SYNTH_CODE, SYNTH_R);
	synth_segment(s, image->base + SYNTH_CODE, code, m.code, m.code, SYNTH_R | SYNTH_X);
	synth_segment(s, image->base + m.dynamic, dynamic_section(&m, soname), PAGE, PAGE,
		      SYNTH_R | SYNTH_W);
	if (ret_dynamic)
		*ret_dynamic = image->base + m.dynamic;
	return image->base + m.dynamic + PAGE;
}

/* ---------------------------------------------------------------- the dynamic linker's list */

/* r_debug: version, first map, three more words. link_map: base, name, dynamic, next, previous. */
uint64_t synth_link_map(struct synth *s, uint64_t vaddr, const struct synth_link *links, size_t n,
			bool cyclic)
{
	unsigned w = synth_word(s);
	size_t head = 5 * (size_t)w, entry = 5 * (size_t)w, names = head + n * entry, size = names;
	unsigned char *p;

	for (size_t i = 0; i < n; i++)
		size += strlen(links[i].name) + 1;
	size = (size + PAGE) / PAGE * PAGE;
	p = synth_alloc(s, size);
	synth_put(s, p, 4, 1);
	synth_put_word(s, p + w, n ? vaddr + head : 0);
	for (size_t i = 0; i < n; i++) {
		unsigned char *e = p + head + i * entry;
		uint64_t at = vaddr + head + i * entry;

		synth_put_word(s, e, links[i].base);
		synth_put_word(s, e + w, vaddr + names);
		synth_put_word(s, e + 2 * (size_t)w, links[i].dynamic);
		synth_put_word(s, e + 3 * (size_t)w,
			       i + 1 < n ? at + entry : cyclic ? vaddr + head : 0);
		synth_put_word(s, e + 4 * (size_t)w, i ? at - entry : 0);
		memcpy(p + names, links[i].name, strlen(links[i].name) + 1);
		names += strlen(links[i].name) + 1;
	}
	synth_segment(s, vaddr, p, size, size, SYNTH_R | SYNTH_W);
	return vaddr + size;
}

/* ---------------------------------------------------------------- stacks and the whole */

void synth_stack(struct synth *s, uint64_t limit, uint64_t base, const uint64_t *pcs, size_t n,
		 uint64_t *ret_sp, uint64_t *ret_fp)
{
	unsigned w = synth_word(s);
	size_t size = (size_t)(base - limit), frame = 4 * (size_t)w;
	unsigned char *p = synth_alloc(s, size);
	uint64_t fp = base - 2 * (size_t)w;

	/* The outermost record is zeroes. Each one lies 4 words below: two locals, old fp, return. */
	for (size_t i = n; i-- > 1;) {
		uint64_t older = fp;

		fp -= frame;
		synth_put_word(s, p + (fp - limit), older);
		synth_put_word(s, p + (fp - limit) + w, pcs[i]);
	}
	*ret_fp = fp;
	*ret_sp = fp - 2 * (size_t)w;
	synth_segment(s, limit, p, size, size, SYNTH_R | SYNTH_W);
}

struct plan {
	uint64_t code[64]; /* where functions of the main program lie */
	struct synth_link *links;
	struct synth_file *files;
	size_t nfiles;
};

static void add_module(struct synth *s, struct plan *plan, unsigned i, uint64_t base, const char *path,
		       uint64_t debug, bool cfi)
{
	struct synth_symbol symbols[8];
	uint8_t *id = synth_alloc(s, 20);
	uint64_t end;

	for (size_t k = 0; k < 20; k++)
		id[k] = (uint8_t)(i * 7 + k * 13 + (i >> 8));
	for (size_t k = 0; k < 8; k++)
		symbols[k] = (struct synth_symbol){ synth_printf(s, "m%u_f%zu", i, k), SYNTH_CODE + k * 64, 64 };
	end = synth_image(s, &(struct synth_image){ .soname = i ? strrchr(path, '/') + 1 : NULL,
						     .build_id = id, .build_id_len = 20, .symbols = symbols,
						     .nsymbols = 8, .base = base, .debug = debug, .code = 512, .cfi = cfi },
			  &plan->links[i].dynamic);
	plan->links[i].base = base;
	plan->links[i].name = i ? path : "";
	plan->files[plan->nfiles++] = (struct synth_file){ base, end, 0, path };
}

/* Register numbers of instruction pointer, stack and frame pointer in elf_gregset_t, and their count. */
static void fill_regs(const struct synth *s, uint64_t *regs, size_t *ret_n, uint64_t pc, uint64_t sp,
		      uint64_t fp)
{
	switch (synth_machine(s)) {
	case SYNTH_X86_64: *ret_n = 27, regs[16] = pc, regs[19] = sp, regs[4] = fp; return;
	case SYNTH_I386: *ret_n = 17, regs[12] = pc, regs[15] = sp, regs[5] = fp; return;
	case SYNTH_AARCH64: *ret_n = 34, regs[32] = pc, regs[31] = sp, regs[29] = fp; return;
	default: *ret_n = 27; return; /* not known by us either: just numbers */
	}
}

static void add_thread(struct synth *s, const struct synth_process *p, const struct plan *plan, unsigned i,
		       uint64_t stacks)
{
	uint64_t regs[48] = { 0 }, pcs[512], sp, fp, limit = stacks + (uint64_t)i * 0x10000;
	size_t nregs, n = p->frames < 512 ? p->frames : 512;

	for (size_t k = 0; k < n; k++) /* behind a call in function k */
		pcs[k] = plan->code[k % 8] + 16 + 16 * (i % 3);
	synth_stack(s, limit, limit + 0x8000, pcs, n, &sp, &fp);
	fill_regs(s, regs, &nregs, pcs[0], sp, fp);
	synth_note_prstatus(s, &(struct synth_thread){ .tid = 1000 + i, .ppid = 1, .regs = regs, .nregs = nregs,
						       .signal = i ? 0 : p->signal, .user_us = 1000 * i });
}

void synth_process(struct synth *s, const struct synth_process *p)
{
	bool wide = synth_word(s) == 8;
	uint64_t program = wide ? 0x555555554000 : 0x08048000, libraries = wide ? 0x7f0000000000 : 0x40000000;
	uint64_t stacks = wide ? 0x7e0000000000 : 0x60000000, list = wide ? 0x7d0000000000 : 0x30000000;
	struct plan plan = { .links = synth_alloc(s, (p->modules + 1) * sizeof(*plan.links)),
			     .files = synth_alloc(s, (p->modules + 2) * sizeof(*plan.files)) };

	for (size_t k = 0; k < 64; k++)
		plan.code[k] = program + SYNTH_CODE + k * 64;
	add_thread(s, p, &plan, 0, stacks); /* the kernel writes the dying thread first, the others last */
	synth_note_prpsinfo(s, "synth", "/opt/demo/synth --serve", 1000, 1, 1000, 1000);
	if (p->signal)
		synth_note_siginfo(s, p->signal, 1, false, 0x10, 0);
	add_module(s, &plan, 0, program, "/opt/demo/synth", list, p->cfi);
	for (unsigned i = 1; i <= p->modules; i++)
		add_module(s, &plan, i, libraries + (uint64_t)i * 0x10000,
			   synth_printf(s, "/opt/demo/lib/lib%u.so", i), 0, p->cfi);
	synth_link_map(s, list, plan.links, p->modules + 1, false);
	synth_note_auxv(s, (const uint64_t[][2]){ { 3, program + (wide ? 64 : 52) }, { 4, wide ? 56 : 32 },
						  { 5, p->cfi ? 6 : 5 }, { 6, PAGE }, { 9, program + SYNTH_CODE + 63 * 64 } }, 5);
	if (p->huge_file)
		plan.files[plan.nfiles++] = (struct synth_file){ 0x10000, 0x7fffffff0000, 0, "/dev/zero" };
	synth_note_file(s, plan.files, plan.nfiles);
	for (unsigned i = 1; i < p->threads; i++)
		add_thread(s, p, &plan, i, stacks);
	for (uint64_t i = 0; i < p->extra_segments; i++)
		synth_segment(s, 0x100000000000 + i * 2 * PAGE, NULL, 0, PAGE, SYNTH_R | SYNTH_W);
	if (p->sparse)
		synth_segment(s, 0x200000000000, NULL, p->sparse, p->sparse, SYNTH_R | SYNTH_W);
	if (!p->unsorted)
		synth_sort(s);
}
