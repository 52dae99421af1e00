/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synth: writes ELF cores field by field, for tests. It shares nothing with our readers: offsets and
 * numbers here are taken from the ELF specification and the kernel's structures a second time, so that
 * a misunderstanding shows as a difference.
 *
 * Memory of a synth is its own (malloc, given back by synth_free); no function fails but by abort().
 *
 *	struct synth *s = synth_new(64, false, 62);
 *	synth_note_prstatus(s, &(struct synth_thread){ .tid = 7, .regs = regs, .nregs = 27 });
 *	synth_segment(s, 0x10000, bytes, 4096, 8192, 6);
 *	uint8_t *core = synth_build(s, &n);     // in memory; free() it
 *	synth_write(s, fd);                     // to a file; holes stay holes
 */
#ifndef DA_TESTS_SYNTH_H
#define DA_TESTS_SYNTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SYNTH_X86_64 = 62, SYNTH_I386 = 3, SYNTH_AARCH64 = 183, SYNTH_PPC64 = 21, SYNTH_S390X = 22,
       SYNTH_SPARC64 = 43 };
enum { SYNTH_R = 4, SYNTH_W = 2, SYNTH_X = 1 };

struct synth;

/* How the file is put together; change it before synth_build. All false or 0 is what the kernel does. */
struct synth_layout {
	bool notes_last;        /* data first, then the note segment, as gdb's gcore */
	bool notes_last_header; /* and its program header last too */
	bool xnum;              /* e_phnum 0xffff, the count in section header 0 (PN_XNUM) */
	bool reversed;          /* segments' bytes in reverse order in the file */
	bool wide_alignment;    /* notes padded to 8 (p_align 8) */
	uint64_t page;          /* alignment of segments in the file; 0: 4096, 1: none */
	uint16_t type;          /* e_type; 0: ET_CORE (4) */
	uint8_t osabi;
};

struct synth *synth_new(unsigned bits, bool big_endian, uint16_t machine);
void synth_free(struct synth *s);
struct synth_layout *synth_layout(struct synth *s);

/* ---- numbers in the core's byte order */
void synth_put(const struct synth *s, void *at, unsigned size, uint64_t value);
void synth_put_word(const struct synth *s, void *at, uint64_t value);
unsigned synth_word(const struct synth *s); /* 4 or 8 */
uint16_t synth_machine(const struct synth *s);
bool synth_big_endian(const struct synth *s);

/* ---- notes, in the order of the calls */
void synth_note(struct synth *s, const char *owner, uint32_t type, const void *desc, size_t n);

struct synth_thread {
	uint32_t tid, ppid;
	int signal;
	uint64_t user_us, kernel_us;
	const uint64_t *regs; /* in the order of the kernel's elf_gregset_t */
	size_t nregs;
};
void synth_note_prstatus(struct synth *s, const struct synth_thread *t);
void synth_note_prpsinfo(struct synth *s, const char *fname, const char *args, uint32_t pid, uint32_t ppid,
			 uint32_t uid, uint32_t gid);
/* a, b: si_addr and nothing, or si_pid and si_uid when by_pid */
void synth_note_siginfo(struct synth *s, int signo, int code, bool by_pid, uint64_t a, uint32_t b);
/* n pairs, then AT_NULL */
void synth_note_auxv(struct synth *s, const uint64_t (*pairs)[2], size_t n);

struct synth_file {
	uint64_t start, end, offset; /* offset in bytes */
	const char *path;
};
void synth_note_file(struct synth *s, const struct synth_file *files, size_t n);

/* ---- memory. bytes NULL: a hole of zeroes; kept, not copied, until synth_free */
size_t synth_segment(struct synth *s, uint64_t vaddr, const void *bytes, uint64_t filesz, uint64_t memsz,
		     uint32_t flags);
/* Put the segments made so far in order of address, as the kernel and gdb do. */
void synth_sort(struct synth *s);
/* Say that segment i lies at this place in the file (overlaps and lies included); nothing is written. */
void synth_segment_claim(struct synth *s, size_t i, uint64_t offset);
/* n zeroed bytes that live as long as the synth. */
void *synth_alloc(struct synth *s, size_t n);
char *synth_printf(struct synth *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- an ELF image as it lies in memory: one file, header, build-id, dynamic symbols, code */
struct synth_symbol {
	const char *name;
	uint64_t value, size; /* value in the file's own addresses */
};
struct synth_image {
	const char *soname;        /* or NULL */
	const uint8_t *build_id;   /* or NULL */
	size_t build_id_len;
	const struct synth_symbol *symbols;
	size_t nsymbols;
	uint64_t base;             /* where it is loaded: DT_… addresses are absolute, as glibc makes them */
	uint64_t debug;            /* DT_DEBUG of a main program, or 0 */
	size_t code;               /* bytes of code: functions of 64 that call each other (x86, aarch64) */
	bool cfi;                  /* .eh_frame for all of it, as a function with a frame pointer has */
};
/*
 * Made, and put into the core as three segments: header and tables (R), code (R X), dynamic section
 * (RW). Code begins at base + 0x2000. Returns the end address. *ret_dynamic (may be NULL) is where
 * the dynamic section lies.
 */
uint64_t synth_image(struct synth *s, const struct synth_image *image, uint64_t *ret_dynamic);
#define SYNTH_CODE 0x2000

/* r_debug and the list of link_map at vaddr; entry 0 is the main program. Returns its end. */
struct synth_link {
	uint64_t base, dynamic;
	const char *name;
};
uint64_t synth_link_map(struct synth *s, uint64_t vaddr, const struct synth_link *links, size_t n,
			bool cyclic);

/*
 * A stack [limit, base) of frames kept by frame pointer: return address pcs[i + 1] for the function at
 * pcs[i]. Puts the segment in, and gives sp and fp of the innermost frame.
 */
void synth_stack(struct synth *s, uint64_t limit, uint64_t base, const uint64_t *pcs, size_t n,
		 uint64_t *ret_sp, uint64_t *ret_fp);

/* ---- a whole believable process (x86_64 or any that frame pointers serve) */
struct synth_process {
	unsigned threads, frames; /* at least one each */
	unsigned modules;         /* libraries beside the main program */
	uint64_t extra_segments;  /* anonymous mappings of one page, not saved */
	uint64_t sparse;          /* one reserved mapping of so many bytes, saved as a hole */
	int signal;               /* of the first thread; 0 none */
	bool unsorted;            /* segments in no order */
	bool cfi;                 /* modules have .eh_frame (64 bits only) */
	bool huge_file;           /* the file note names one more mapping, of 128 TB */
};
void synth_process(struct synth *s, const struct synth_process *p);

/* ---- the file */
uint8_t *synth_build(struct synth *s, size_t *ret_n);
int synth_write(struct synth *s, int fd); /* 0, or -1 and errno */
/* Where the note segment and segment i begin in the file that was built. */
uint64_t synth_notes_offset(const struct synth *s);
uint64_t synth_segment_offset(const struct synth *s, size_t i);

#endif
