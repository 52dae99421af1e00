/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synth_md: writes minidumps field by field, for tests. It shares nothing with our reader: offsets and
 * numbers are taken from the format's description a second time.
 *
 * Bytes are put into the file as they come, so that their RVA is known at once; the lists (threads,
 * modules, memory …) are gathered and written by synth_md_build(). No function fails but by abort().
 *
 *	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
 *	synth_md_thread(s, &(struct synth_md_thread){ .tid = 7, .stack = bytes, .stack_size = 4096 });
 *	uint8_t *dump = synth_md_build(s, &n);   // free() it
 */
#ifndef DA_TESTS_SYNTH_MD_H
#define DA_TESTS_SYNTH_MD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SYNTH_MD_X86 = 0, SYNTH_MD_ARM = 5, SYNTH_MD_AMD64 = 9, SYNTH_MD_ARM64 = 12,
       SYNTH_MD_ARM64_OLD = 0x8003 };
enum { SYNTH_MD_WINDOWS = 2, SYNTH_MD_MACOS = 0x8101, SYNTH_MD_LINUX = 0x8201 };

struct synth_md;

/* Change before what it concerns is put in. */
struct synth_md_layout {
	uint64_t flags;         /* MINIDUMP_TYPE */
	uint32_t time;          /* of the dump */
	uint16_t version;       /* high word of the header's version */
	uint32_t build, major, minor;
	uint8_t processors, product;
	const char *csd;
	unsigned unused;        /* entries of type 0 in the directory */
	bool padded;            /* 4 bytes behind the counts of lists */
	bool memory64;          /* memory in Memory64List, bytes at the end */
	bool no_system_info;
	unsigned extra_count;   /* added to every count: lists that lie */
};

struct synth_md *synth_md_new(uint16_t cpu, uint32_t platform);
void synth_md_free(struct synth_md *s);
struct synth_md_layout *synth_md_layout(struct synth_md *s);

/* Bytes, zero when NULL; their RVA. */
uint32_t synth_md_put(struct synth_md *s, const void *bytes, size_t n);
/* A string of UTF-8 (valid) as UTF-16. */
uint32_t synth_md_string(struct synth_md *s, const char *text);
/* A stream of one's own, bytes put in now; one that lies about its place and size. */
void synth_md_stream(struct synth_md *s, uint32_t type, const void *bytes, size_t n);
void synth_md_stream_at(struct synth_md *s, uint32_t type, uint32_t rva, uint32_t size);
/* Little-endian numbers. */
void synth_md_set(void *at, unsigned size, uint64_t value);

struct synth_md_regs {
	uint64_t pc, sp, fp, first; /* first: rax, eax, x0, r0 */
	uint16_t segment;           /* cs of AMD64 */
};
/* A CONTEXT of the CPU: RVA and size. */
uint32_t synth_md_context(struct synth_md *s, const struct synth_md_regs *r, uint32_t *ret_size);

struct synth_md_thread {
	uint32_t tid, suspended, priority_class, priority;
	uint64_t teb, stack_start;
	const void *stack; /* its own copy in the file; NULL: only the range is told */
	uint32_t stack_size;
	struct synth_md_regs regs;
	const char *name;        /* ThreadNames */
	bool has_info;           /* ThreadInfoList: */
	uint64_t created, kernel, user, start; /* FILETIME, 100 ns, 100 ns, address */
	uint32_t info_flags;
};
void synth_md_thread(struct synth_md *s, const struct synth_md_thread *t);

struct synth_md_module {
	uint64_t base;
	uint32_t size, timestamp;
	const char *path;
	uint32_t version[2];     /* VS_FIXEDFILEINFO, if any is not 0 */
	const void *codeview;
	uint32_t codeview_size;
};
void synth_md_module(struct synth_md *s, const struct synth_md_module *m);
void synth_md_unloaded(struct synth_md *s, uint64_t base, uint32_t size, uint32_t timestamp, const char *name);
/* An RSDS record: its bytes live as long as s. */
const void *synth_md_rsds(struct synth_md *s, const uint8_t guid[16], uint32_t age, const char *pdb,
			  uint32_t *ret_size);

/* Saved memory; the same address again is a range again. */
void synth_md_memory(struct synth_md *s, uint64_t start, const void *bytes, uint32_t n);
/*
 * Memory64List only, behind all others: memory whose bytes are a hole at the end of the file, which
 * whoever writes it makes that much longer. Returns the bytes of all holes so far.
 */
uint64_t synth_md_hole(struct synth_md *s, uint64_t start, uint64_t n);
/* One entry of MemoryInfoList. */
void synth_md_region(struct synth_md *s, uint64_t start, uint64_t size, uint32_t state, uint32_t protect,
		     uint32_t type);

struct synth_md_exception {
	uint32_t tid, code, flags;
	uint64_t nested, address, parameters[15];
	uint32_t nparameters;
	const struct synth_md_regs *regs; /* NULL: no context */
};
void synth_md_exception(struct synth_md *s, const struct synth_md_exception *e);

/*
 * MiscInfo of this size (24 to 1364); 7 s of user and 3 s of kernel time; summer time of a zone that is
 * two hours ahead of UTC then.
 */
void synth_md_misc(struct synth_md *s, uint32_t size, uint32_t flags, uint32_t pid, uint32_t start,
		   uint32_t integrity, const char *writer);

struct synth_md_handle {
	uint64_t handle;
	const char *type, *name;
	uint32_t info_type; /* 0: none */
	const void *info;
	uint32_t info_size;
};
void synth_md_handle(struct synth_md *s, const struct synth_md_handle *h);

/* One operation of HandleOperationList: type 1 opened, 2 closed, 3 was no valid handle. */
void synth_md_handle_operation(struct synth_md *s, uint64_t handle, uint32_t pid, uint32_t tid, uint32_t type,
			       const uint64_t *trace, unsigned n);

/* One table of FunctionTable. Entries: start, end, unwind on AMD64; start, unwind on ARM64; RVAs. */
struct synth_md_table {
	uint64_t start, end, base;
	const uint32_t *words;
	unsigned nentries;
	unsigned padding;
	unsigned extra_entries; /* told, but not there */
};
void synth_md_function_table(struct synth_md *s, const struct synth_md_table *t);

/* SystemMemoryInfo: pages of 4 KiB; with flag 2 the first form of the counters, else the second. */
void synth_md_system_memory(struct synth_md *s, uint16_t flags, uint32_t physical, uint32_t available,
			    uint32_t committed, uint32_t limit);
/* ProcessVmCounters of revision 1 or 2. */
void synth_md_counters(struct synth_md *s, uint16_t revision, uint64_t resident, uint64_t private);
/* Token with one element: user S-1-5-18, or S-1-5-21-1-2-3-1001, and S-1-16-level among two groups. */
void synth_md_token(struct synth_md *s, uint32_t id, bool is_system, uint32_t level);

/*
 * PEB, process parameters, loader list and the TEBs of the threads so far, as saved memory at
 * SYNTH_MD_PEB and the threads' teb. Modules: those so far, and one that the module list lacks.
 */
#define SYNTH_MD_PEB 0x7ffd0000
struct synth_md_peb {
	uint32_t pid, last_error;
	const char *image, *command_line, *cwd;
	const char *environment; /* NAME=VALUE;NAME=VALUE */
	const char *extra_module;
	uint64_t extra_base;
	bool cyclic;             /* the loader's list never ends */
};
void synth_md_peb(struct synth_md *s, const struct synth_md_peb *p);

/*
 * Code that was made at run time at SYNTH_MD_JIT, with its table of functions, and a thread (tid 900)
 * that stands three such functions deep; kernel32 called the outermost. AMD64 and ARM64.
 */
#define SYNTH_MD_JIT 0x70000000
void synth_md_jit(struct synth_md *s);

/* A believable process: two threads, three modules, an access violation, handles, PEB. */
void synth_md_process(struct synth_md *s);

uint8_t *synth_md_build(struct synth_md *s, size_t *ret_n);

#endif
