/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "synth/synth.h"

struct block {
	struct block *next;
	_Alignas(16) unsigned char bytes[];
};

struct segment {
	uint64_t vaddr, filesz, memsz, offset;
	const void *bytes;
	uint32_t flags;
	bool claimed;
};

struct synth {
	unsigned bits;
	bool big_endian;
	uint16_t machine;
	struct synth_layout layout;
	struct block *blocks;
	unsigned char *notes;
	size_t nnotes, notes_cap;
	struct segment *segments;
	size_t nsegments, segments_cap;
	uint64_t notes_offset, end;
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

struct synth *synth_new(unsigned bits, bool big_endian, uint16_t machine)
{
	struct synth *s = must(calloc(1, sizeof(*s)));

	s->bits = bits;
	s->big_endian = big_endian;
	s->machine = machine;
	return s;
}

void synth_free(struct synth *s)
{
	for (struct block *b = s->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(s->notes);
	free(s->segments);
	free(s);
}

struct synth_layout *synth_layout(struct synth *s)
{
	return &s->layout;
}

void *synth_alloc(struct synth *s, size_t n)
{
	struct block *b = must(calloc(1, sizeof(*b) + n + 1));

	b->next = s->blocks;
	s->blocks = b;
	return b->bytes;
}

char *synth_printf(struct synth *s, const char *fmt, ...)
{
	char buf[512];
	va_list ap;
	char *copy;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	copy = synth_alloc(s, strlen(buf) + 1);
	memcpy(copy, buf, strlen(buf));
	return copy;
}

void synth_put(const struct synth *s, void *at, unsigned size, uint64_t value)
{
	unsigned char *p = at;

	for (unsigned i = 0; i < size; i++)
		p[s->big_endian ? size - 1 - i : i] = (unsigned char)(value >> 8 * i);
}

unsigned synth_word(const struct synth *s)
{
	return s->bits / 8;
}

uint16_t synth_machine(const struct synth *s)
{
	return s->machine;
}

bool synth_big_endian(const struct synth *s)
{
	return s->big_endian;
}

void synth_put_word(const struct synth *s, void *at, uint64_t value)
{
	synth_put(s, at, synth_word(s), value);
}

/* ---------------------------------------------------------------- notes */

static size_t pad(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

void synth_note(struct synth *s, const char *owner, uint32_t type, const void *desc, size_t n)
{
	size_t align = s->layout.wide_alignment ? 8 : 4;
	size_t name = strlen(owner) + 1, at_name, at_desc, end;
	unsigned char *p;

	at_name = s->nnotes + 12;
	at_desc = pad(at_name + name, align);
	end = pad(at_desc + n, align);
	if (end > s->notes_cap) {
		s->notes_cap = end * 2;
		s->notes = must(realloc(s->notes, s->notes_cap));
	}
	p = s->notes + s->nnotes;
	memset(p, 0, end - s->nnotes);
	synth_put(s, p, 4, name);
	synth_put(s, p + 4, 4, n);
	synth_put(s, p + 8, 4, type);
	memcpy(s->notes + at_name, owner, name);
	if (n)
		memcpy(s->notes + at_desc, desc, n);
	s->nnotes = end;
}

static void put_time(const struct synth *s, unsigned char *at, uint64_t us)
{
	synth_put_word(s, at, us / 1000000);
	synth_put_word(s, at + synth_word(s), us % 1000000);
}

/*
 * struct elf_prstatus (include/linux/elfcore.h): siginfo of three ints, cursig, two words of signal
 * sets, four ids, four times, the registers, and an int.
 */
void synth_note_prstatus(struct synth *s, const struct synth_thread *t)
{
	unsigned w = synth_word(s);
	size_t at_ids = 16 + 2 * (size_t)w, at_times = at_ids + 16, at_regs = at_times + 8 * (size_t)w;
	size_t n = pad(at_regs + t->nregs * w + 4, w);
	unsigned char *p = synth_alloc(s, n);

	synth_put(s, p, 4, (uint32_t)t->signal);
	synth_put(s, p + 12, 2, (uint16_t)t->signal);
	synth_put(s, p + at_ids, 4, t->tid);
	synth_put(s, p + at_ids + 4, 4, t->ppid);
	put_time(s, p + at_times, t->user_us);
	put_time(s, p + at_times + 2 * (size_t)w, t->kernel_us);
	for (size_t i = 0; i < t->nregs; i++)
		synth_put_word(s, p + at_regs + i * w, t->regs[i]);
	synth_note(s, "CORE", 1, p, n);
}

/* struct elf_prpsinfo; on i386 the user ids have 16 bits. */
void synth_note_prpsinfo(struct synth *s, const char *fname, const char *args, uint32_t pid, uint32_t ppid,
			 uint32_t uid, uint32_t gid)
{
	unsigned w = synth_word(s), id = s->machine == SYNTH_I386 ? 2 : 4;
	unsigned char buf[136] = { 0, 'R' };
	size_t at = 2 * (size_t)w;

	synth_put(s, buf + at, id, uid);
	synth_put(s, buf + at + id, id, gid);
	at += 2 * (size_t)id;
	synth_put(s, buf + at, 4, pid);
	synth_put(s, buf + at + 4, 4, ppid);
	at += 16;
	strncpy((char *)buf + at, fname, 15);
	strncpy((char *)buf + at + 16, args, 79);
	synth_note(s, "CORE", 3, buf, at + 96);
}

void synth_note_siginfo(struct synth *s, int signo, int code, bool by_pid, uint64_t a, uint32_t b)
{
	unsigned char buf[128] = { 0 };
	size_t at = s->bits == 64 ? 16 : 12;

	synth_put(s, buf, 4, (uint32_t)signo);
	synth_put(s, buf + 8, 4, (uint32_t)code);
	if (by_pid) {
		synth_put(s, buf + at, 4, a);
		synth_put(s, buf + at + 4, 4, b);
	} else {
		synth_put_word(s, buf + at, a);
	}
	synth_note(s, "CORE", 0x53494749, buf, sizeof(buf));
}

void synth_note_auxv(struct synth *s, const uint64_t (*pairs)[2], size_t n)
{
	unsigned w = synth_word(s);
	unsigned char *p = synth_alloc(s, (n + 1) * 2 * w);

	for (size_t i = 0; i < n; i++) {
		synth_put_word(s, p + 2 * i * w, pairs[i][0]);
		synth_put_word(s, p + (2 * i + 1) * w, pairs[i][1]);
	}
	synth_note(s, "CORE", 6, p, (n + 1) * 2 * w);
}

/* fs/binfmt_elf.c, fill_files_note: count, page size, triples (offset in pages), then the names. */
void synth_note_file(struct synth *s, const struct synth_file *files, size_t n)
{
	unsigned w = synth_word(s);
	size_t size = (2 + 3 * n) * w, at = size;
	unsigned char *p;

	for (size_t i = 0; i < n; i++)
		size += strlen(files[i].path) + 1;
	p = synth_alloc(s, size);
	synth_put_word(s, p, n);
	synth_put_word(s, p + w, 4096);
	for (size_t i = 0; i < n; i++) {
		unsigned char *row = p + (2 + 3 * i) * w;

		synth_put_word(s, row, files[i].start);
		synth_put_word(s, row + w, files[i].end);
		synth_put_word(s, row + 2 * (size_t)w, files[i].offset / 4096);
		memcpy(p + at, files[i].path, strlen(files[i].path) + 1);
		at += strlen(files[i].path) + 1;
	}
	synth_note(s, "CORE", 0x46494c45, p, size);
}

/* ---------------------------------------------------------------- segments and the file */

size_t synth_segment(struct synth *s, uint64_t vaddr, const void *bytes, uint64_t filesz, uint64_t memsz,
		     uint32_t flags)
{
	if (s->nsegments == s->segments_cap) {
		s->segments_cap = s->segments_cap ? s->segments_cap * 2 : 64;
		s->segments = must(realloc(s->segments, s->segments_cap * sizeof(*s->segments)));
	}
	s->segments[s->nsegments] = (struct segment){ .vaddr = vaddr, .filesz = filesz, .memsz = memsz,
						      .bytes = bytes, .flags = flags };
	return s->nsegments++;
}

static int by_address(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return x->vaddr < y->vaddr ? -1 : x->vaddr > y->vaddr;
}

void synth_sort(struct synth *s)
{
	qsort(s->segments, s->nsegments, sizeof(*s->segments), by_address);
}

void synth_segment_claim(struct synth *s, size_t i, uint64_t offset)
{
	s->segments[i].claimed = true;
	s->segments[i].offset = offset;
}

static uint64_t place(struct synth *s, struct segment *g, uint64_t at)
{
	uint64_t page = s->layout.page ? s->layout.page : 4096;

	if (g->claimed)
		return at;
	at = (at + page - 1) / page * page;
	g->offset = at;
	return at + g->filesz;
}

static size_t sizeof_ehdr(const struct synth *s) { return s->bits == 64 ? 64 : 52; }
static size_t sizeof_phdr(const struct synth *s) { return s->bits == 64 ? 56 : 32; }
static size_t sizeof_shdr(const struct synth *s) { return s->bits == 64 ? 64 : 40; }

static void lay_out(struct synth *s)
{
	uint64_t at;

	if (s->nsegments + 1 >= 0xffff)
		s->layout.xnum = true; /* as the kernel: e_phnum has 16 bits */
	at = sizeof_ehdr(s) + (s->nsegments + 1) * sizeof_phdr(s);
	if (!s->layout.notes_last) {
		s->notes_offset = at;
		at += s->nnotes;
	}
	for (size_t i = 0; i < s->nsegments; i++)
		at = place(s, &s->segments[s->layout.reversed ? s->nsegments - 1 - i : i], at);
	if (s->layout.notes_last) {
		at = pad(at, 8);
		s->notes_offset = at;
		at += s->nnotes;
	}
	if (s->layout.xnum)
		at = pad(at, 8) + sizeof_shdr(s);
	s->end = at;
}

static void put_ehdr(const struct synth *s, unsigned char *p)
{
	unsigned w = synth_word(s);
	size_t count = s->nsegments + 1;
	bool xnum = s->layout.xnum;

	memcpy(p, "\177ELF", 4);
	p[4] = s->bits == 64 ? 2 : 1;
	p[5] = s->big_endian ? 2 : 1;
	p[6] = 1;
	p[7] = s->layout.osabi;
	synth_put(s, p + 16, 2, s->layout.type ? s->layout.type : 4);
	synth_put(s, p + 18, 2, s->machine);
	synth_put(s, p + 20, 4, 1);
	p += 24 + w; /* no entry point */
	synth_put_word(s, p, sizeof_ehdr(s));
	synth_put_word(s, p + w, xnum ? s->end - sizeof_shdr(s) : 0);
	p += 2 * (size_t)w + 4;
	synth_put(s, p, 2, sizeof_ehdr(s));
	synth_put(s, p + 2, 2, sizeof_phdr(s));
	synth_put(s, p + 4, 2, xnum ? 0xffff : count);
	synth_put(s, p + 6, 2, xnum ? sizeof_shdr(s) : 0);
	synth_put(s, p + 8, 2, xnum ? 1 : 0);
}

static void put_phdr(const struct synth *s, unsigned char *p, uint32_t type, const struct segment *g,
		     uint64_t align)
{
	if (s->bits == 64) {
		synth_put(s, p, 4, type);
		synth_put(s, p + 4, 4, g->flags);
		synth_put(s, p + 8, 8, g->offset);
		synth_put(s, p + 16, 8, g->vaddr);
		synth_put(s, p + 32, 8, g->filesz);
		synth_put(s, p + 40, 8, g->memsz);
		synth_put(s, p + 48, 8, align);
	} else {
		synth_put(s, p, 4, type);
		synth_put(s, p + 4, 4, g->offset);
		synth_put(s, p + 8, 4, g->vaddr);
		synth_put(s, p + 16, 4, g->filesz);
		synth_put(s, p + 20, 4, g->memsz);
		synth_put(s, p + 24, 4, g->flags);
		synth_put(s, p + 28, 4, align);
	}
}

/* Everything before the first byte of data; the caller frees. */
static unsigned char *headers(struct synth *s, size_t *ret_n)
{
	struct segment notes = { .filesz = s->nnotes };
	size_t n = sizeof_ehdr(s) + (s->nsegments + 1) * sizeof_phdr(s), at;
	unsigned char *p;

	lay_out(s);
	notes.offset = s->notes_offset;
	p = must(calloc(1, n));
	put_ehdr(s, p);
	at = sizeof_ehdr(s);
	if (!s->layout.notes_last_header) {
		put_phdr(s, p + at, 4, &notes, s->layout.wide_alignment ? 8 : 4);
		at += sizeof_phdr(s);
	}
	for (size_t i = 0; i < s->nsegments; i++, at += sizeof_phdr(s))
		put_phdr(s, p + at, 1, &s->segments[i], 4096);
	if (s->layout.notes_last_header)
		put_phdr(s, p + at, 4, &notes, s->layout.wide_alignment ? 8 : 4);
	*ret_n = n;
	return p;
}

/* Section header 0, which holds what the ELF header's 16 bits cannot. */
static void put_shdr(const struct synth *s, unsigned char *p)
{
	synth_put(s, p + (s->bits == 64 ? 44 : 28), 4, s->nsegments + 1); /* sh_info */
}

static int emit(void *ctx, int (*put)(void *ctx, const void *p, size_t n, uint64_t at), struct synth *s)
{
	unsigned char shdr[64] = { 0 };
	size_t n;
	unsigned char *head = headers(s, &n);
	int r = put(ctx, head, n, 0);

	free(head);
	if (r == 0 && s->nnotes)
		r = put(ctx, s->notes, s->nnotes, s->notes_offset);
	for (size_t i = 0; i < s->nsegments && r == 0; i++) {
		const struct segment *g = &s->segments[i];

		if (g->bytes && !g->claimed)
			r = put(ctx, g->bytes, g->filesz, g->offset);
	}
	if (r == 0 && s->layout.xnum) {
		put_shdr(s, shdr);
		r = put(ctx, shdr, sizeof_shdr(s), s->end - sizeof_shdr(s));
	}
	return r;
}

static int to_memory(void *ctx, const void *p, size_t n, uint64_t at)
{
	memcpy((unsigned char *)ctx + at, p, n);
	return 0;
}

static int to_file(void *ctx, const void *p, size_t n, uint64_t at)
{
	const unsigned char *b = p;

	while (n) {
		ssize_t done = pwrite(*(int *)ctx, b, n, (off_t)at);

		if (done < 0)
			return -1;
		b += done;
		n -= (size_t)done;
		at += (uint64_t)done;
	}
	return 0;
}

uint8_t *synth_build(struct synth *s, size_t *ret_n)
{
	uint8_t *out;

	lay_out(s);
	out = must(calloc(1, s->end + 1));
	emit(out, to_memory, s);
	*ret_n = s->end;
	return out;
}

int synth_write(struct synth *s, int fd)
{
	lay_out(s);
	if (ftruncate(fd, (off_t)s->end) != 0)
		return -1;
	return emit(&fd, to_file, s);
}

uint64_t synth_notes_offset(const struct synth *s)
{
	return s->notes_offset;
}

uint64_t synth_segment_offset(const struct synth *s, size_t i)
{
	return s->segments[i].offset;
}
