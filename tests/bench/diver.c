/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A full minidump of a process whose stacks are real, made without Windows: the modules (reef.c) are
 * mapped where their headers want to be, their code runs on a stack a thread and stops somewhere deep.
 *
 *	diver OUT THREADS MEGABYTES MODULE…    the dump; its stacks are in the thread list's own copies
 *	                                       too, the only place where Breakpad's tools look
 *	diver --sym MODULE <IN >OUT            Breakpad's dump_syms of the module turned into an ELF file,
 *	                                       with the id of the dump and addresses that are RVAs
 *	diver --id MODULE                      that id: GUID and age
 */
#define _GNU_SOURCE
#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "synth/synth_md.h"

#define MEGABYTE UINT64_C(0x100000)
#define STACKS UINT64_C(0x10000000)
#define HOLES UINT64_C(0x10000000000)
enum { MODULES = 16, DEPTH = 32, STACK = 0x10000, FIRST_TID = 1000 };

struct module {
	char name[64];
	uint8_t *file;
	size_t n;
	uint64_t base;
	uint32_t size, stamp;
	uint8_t guid[16];
	uint32_t age;
	uint8_t *mapped;
	uint32_t names; /* of exports */
};

static void fail(const char *what)
{
	perror(what);
	exit(74);
}

static uint64_t get(const uint8_t *at, unsigned size)
{
	uint64_t v = 0;

	memcpy(&v, at, size);
	return v;
}

static const uint8_t *header(const struct module *m)
{
	return m->file + get(m->file + 0x3c, 4);
}

/* An address in the file of what is mapped at an RVA. */
static const uint8_t *at_rva(const struct module *m, uint64_t rva)
{
	const uint8_t *h = header(m), *s = h + 24 + get(h + 20, 2);

	for (unsigned i = get(h + 6, 2); i-- > 0; s += 40)
		if (rva >= get(s + 12, 4) && rva - get(s + 12, 4) < get(s + 16, 4))
			return m->file + get(s + 20, 4) + (rva - get(s + 12, 4));
	fputs("a module without exports or build-id\n", stderr);
	exit(65);
}

static void read_module(struct module *m, const char *path)
{
	const char *name = strrchr(path, '/');
	const uint8_t *h, *debug;
	struct stat st;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fstat(fd, &st) != 0)
		fail(path);
	snprintf(m->name, sizeof(m->name), "%.63s", name ? name + 1 : path);
	m->n = (size_t)st.st_size;
	m->file = mmap(NULL, m->n, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (m->file == MAP_FAILED)
		fail(path);
	h = header(m);
	m->stamp = (uint32_t)get(h + 8, 4);
	m->base = get(h + 24 + 24, 8);
	m->size = (uint32_t)get(h + 24 + 56, 4);
	debug = at_rva(m, get(h + 24 + 112 + 8 * 6, 4));
	debug = m->file + get(debug + 24, 4); /* RSDS, GUID, age, name */
	memcpy(m->guid, debug + 4, 16);
	m->age = (uint32_t)get(debug + 20, 4);
}

static void print_id(const struct module *m)
{
	printf("%08" PRIX64 "%04" PRIX64 "%04" PRIX64, get(m->guid, 4), get(m->guid + 4, 2), get(m->guid + 6, 2));
	for (unsigned i = 8; i < 16; i++)
		printf("%02X", m->guid[i]);
	printf("%X", m->age);
}

/* ---- symbols */

/* A line whose first number is an address counted from the code; the number stands behind `skip` bytes. */
static void print_moved(const char *line, size_t skip, uint64_t by)
{
	char *end;
	uint64_t address = strtoull(line + skip, &end, 16);

	printf("%.*s%" PRIx64 "%s", (int)skip, line, address + by, end);
}

static void write_symbols(const struct module *m)
{
	static const char *const kinds[] = { "STACK CFI INIT ", "STACK CFI ", "FUNC m ", "FUNC ", "PUBLIC m ", "PUBLIC " };
	static char line[1 << 16];
	uint64_t by = get(header(m) + 24 + 20, 4); /* BaseOfCode, where the ELF file's first segment begins */

	while (fgets(line, sizeof(line), stdin)) {
		size_t i = 0;

		while (i < 6 && strncmp(line, kinds[i], strlen(kinds[i])) != 0)
			i++;
		if (strncmp(line, "MODULE ", 7) == 0) {
			fputs("MODULE windows x86_64 ", stdout);
			print_id(m);
			printf(" %.*s.pdb\n", (int)strcspn(m->name, "."), m->name);
		} else if (i < 6) {
			print_moved(line, strlen(kinds[i]), by);
		} else if (line[0] >= 'A' && line[0] <= 'Z') {
			/* FILE, INLINE_ORIGIN, INFO: the code's id is that of the ELF file */
			if (strncmp(line, "INFO", 4) != 0 && strncmp(line, "INLINE ", 7) != 0)
				fputs(line, stdout);
		} else {
			print_moved(line, 0, by);
		}
	}
}

/* ---- running */

struct dive {
	unsigned depth;
	uint64_t *next;
	void (*stop)(void);
	uint64_t pc, sp, fp;
};

#ifdef __x86_64__
static uint64_t diver_home __attribute__((used));
/* Runs a function of Windows on another stack, below a return address of zero, as the first of a thread. */
void diver_enter(uint64_t function, struct dive *d, uint64_t top);
/* What it calls at its deepest place: notes where its caller goes on and comes back from diver_enter(). */
void diver_stop(void);
__asm__(".text\n"
	"diver_enter:\n"
	"	push %rbx\n	push %rbp\n	push %r12\n	push %r13\n	push %r14\n	push %r15\n"
	"	mov %rsp, diver_home(%rip)\n"
	"	mov %rdx, %rsp\n"
	"	mov %rsi, %rcx\n"
	"	xor %ebp, %ebp\n"
	"	push $0\n"
	"	jmp *%rdi\n"
	"diver_stop:\n"
	"	mov (%rsp), %rax\n	mov %rax, 24(%rcx)\n"
	"	lea 8(%rsp), %rax\n	mov %rax, 32(%rcx)\n"
	"	mov %rbp, 40(%rcx)\n"
	"	mov diver_home(%rip), %rsp\n"
	"	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n	pop %rbp\n	pop %rbx\n"
	"	ret\n");
#endif

static void map_module(struct module *m)
{
	const uint8_t *h = header(m), *s = h + 24 + get(h + 20, 2);

	m->mapped = mmap((void *)(uintptr_t)m->base, m->size, PROT_READ | PROT_WRITE | PROT_EXEC,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (m->mapped == MAP_FAILED)
		fail(m->name);
	memcpy(m->mapped, m->file, get(h + 24 + 60, 4));
	for (unsigned i = get(h + 6, 2); i-- > 0; s += 40) {
		uint64_t in_memory = get(s + 8, 4), in_file = get(s + 16, 4);

		memcpy(m->mapped + get(s + 12, 4), m->file + get(s + 20, 4), in_memory < in_file ? in_memory : in_file);
	}
	m->names = (uint32_t)get(at_rva(m, get(h + 24 + 112, 4)) + 24, 4);
}

static uint64_t export_at(const struct module *m, uint32_t i)
{
	const uint8_t *dir = at_rva(m, get(header(m) + 24 + 112, 4));

	return m->base + get(at_rva(m, get(dir + 28, 4)) + 4 * (i % get(dir + 20, 4)), 4);
}

/* The same numbers everywhere. */
static uint32_t some(uint32_t below)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16) % below;
}

/* Returns the thread's stack, which is where the dump says that it is. */
static uint8_t *dive(const struct module *modules, unsigned n, uint64_t start, struct dive *d)
{
	uint8_t *stack = mmap((void *)(uintptr_t)start, STACK, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	uint64_t next[DEPTH];

	if (stack == MAP_FAILED)
		fail("a stack");
	*d = (struct dive){ .depth = 20 + some(10), .next = next };
	for (unsigned i = 0; i < DEPTH; i++) {
		const struct module *m = &modules[some(n)];

		next[i] = export_at(m, some(m->names));
	}
#ifdef __x86_64__
	d->stop = diver_stop;
	diver_enter(next[DEPTH - 1], d, start + STACK - 0x40);
#else
	fputs("the code is for x86-64\n", stderr);
	exit(77);
#endif
	return stack;
}

/* ---- writing */

static void put_module(struct synth_md *s, const struct module *m)
{
	char path[128], pdb[128];
	int stem = (int)strcspn(m->name, ".");
	uint32_t size;
	const void *record;

	snprintf(path, sizeof(path), "C:\\reef\\%.63s", m->name);
	snprintf(pdb, sizeof(pdb), "%.*s.pdb", stem < 63 ? stem : 63, m->name);
	record = synth_md_rsds(s, m->guid, m->age, pdb, &size);
	synth_md_module(s, &(struct synth_md_module){ .base = m->base, .size = m->size, .timestamp = m->stamp,
						      .path = path, .codeview = record, .codeview_size = size });
	synth_md_memory(s, m->base, m->mapped, m->size);
	synth_md_region(s, m->base, m->size, 0x1000, 0x20, 0x1000000);
}

static void put_thread(struct synth_md *s, const struct module *modules, unsigned n, unsigned i)
{
	uint64_t start = STACKS + i * MEGABYTE;
	struct dive d;
	uint8_t *stack = dive(modules, n, start, &d);
	uint32_t unused = (uint32_t)(d.sp - start), used = STACK - unused;

	synth_md_thread(s, &(struct synth_md_thread){
		.tid = FIRST_TID + i, .stack_start = d.sp, .stack = stack + unused, .stack_size = used,
		.regs = { .pc = d.pc, .sp = d.sp, .fp = d.fp, .segment = 0x33 } });
	synth_md_memory(s, start, stack, STACK);
	synth_md_region(s, start, STACK, 0x1000, 4, 0x20000);
}

static int write_dump(const char *path, struct synth_md *s, uint64_t holes)
{
	size_t n;
	uint8_t *dump = synth_md_build(s, &n);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, dump, n) != (ssize_t)n || ftruncate(fd, (off_t)(n + holes)) != 0)
		fail(path);
	close(fd);
	free(dump);
	return 0;
}

int main(int argc, char **argv)
{
	static struct module modules[MODULES];
	unsigned n = argc > 4 ? (unsigned)argc - 4 : 0;
	uint64_t holes = 0;
	struct synth_md *s;

	if (argc == 3 && (strcmp(argv[1], "--sym") == 0 || strcmp(argv[1], "--id") == 0)) {
		read_module(&modules[0], argv[2]);
		if (argv[1][2] == 's')
			write_symbols(&modules[0]);
		else
			print_id(&modules[0]);
		return 0;
	}
	if (n == 0 || n > MODULES) {
		fputs("diver OUT THREADS MEGABYTES MODULE… | diver --sym|--id MODULE\n", stderr);
		return 64;
	}
	s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	synth_md_layout(s)->flags = 0x61826;
	synth_md_layout(s)->memory64 = true;
	for (unsigned i = 0; i < n; i++) {
		read_module(&modules[i], argv[4 + i]);
		map_module(&modules[i]);
		put_module(s, &modules[i]);
	}
	for (unsigned i = 0; i < strtoul(argv[2], NULL, 10); i++)
		put_thread(s, modules, n, i);
	synth_md_misc(s, 1364, 0x3f7, 77, 1700000000 - 60, 0x3000, "dbgcore.amd64,10.0.20348.1");
	for (uint64_t i = 0; i < strtoul(argv[3], NULL, 10); i++) {
		holes = synth_md_hole(s, HOLES + MEGABYTE * i, MEGABYTE);
		synth_md_region(s, HOLES + MEGABYTE * i, MEGABYTE, 0x1000, 4, 0x20000);
	}
	write_dump(argv[1], s, holes);
	synth_md_free(s);
	return 0;
}
