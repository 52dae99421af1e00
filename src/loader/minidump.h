/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to loader/: a minidump while it is being read. minidump.c reads header and directory and
 * leads; md_system.c what the system and the process were, md_threads.c threads and their registers,
 * md_modules.c modules, md_memory.c the memory map, md_linux.c the text files that writers for Linux
 * put in, md_peb.c what the Windows process itself kept in its PEB and TEBs, md_exception.c why the
 * dump was made, md_handles.c handles, md_functions.c functions that were made at run time, md_misc.c and
 * md_token.c counters and what the process was allowed, md_writer.c who wrote it and what it lacks.
 *
 * Offsets in the file are called RVA, as the format does. Every list is read through struct md_list,
 * which has counted what is really there.
 */
#ifndef DA_LOADER_MINIDUMP_H
#define DA_LOADER_MINIDUMP_H

#include "loader/loader.h"

/* Stream types that are read; the numbers are the format's and the writers' own. */
enum md_type {
	MD_UNUSED = 0, MD_THREAD_LIST = 3, MD_MODULE_LIST = 4, MD_MEMORY_LIST = 5, MD_EXCEPTION = 6,
	MD_SYSTEM_INFO = 7, MD_THREAD_EX_LIST = 8, MD_MEMORY64_LIST = 9, MD_COMMENT_A = 10,
	MD_COMMENT_W = 11, MD_HANDLE_DATA = 12, MD_FUNCTION_TABLE = 13, MD_UNLOADED_LIST = 14,
	MD_MISC_INFO = 15, MD_MEMORY_INFO_LIST = 16, MD_THREAD_INFO_LIST = 17,
	MD_HANDLE_OPERATIONS = 18, MD_TOKEN = 19, MD_JAVASCRIPT = 20, MD_SYSTEM_MEMORY_INFO = 21,
	MD_VM_COUNTERS = 22, MD_IPT_TRACE = 23, MD_THREAD_NAMES = 24,
	MD_WINE_MODULES = 0xfff0,
	MD_CRASHPAD_INFO = 0x43500001,
	MD_BREAKPAD_INFO = 0x47670001, MD_ASSERTION = 0x47670002,
	MD_LINUX_CPU_INFO = 0x47670003, MD_LINUX_STATUS = 0x47670004, MD_LINUX_RELEASE = 0x47670005,
	MD_LINUX_CMDLINE = 0x47670006, MD_LINUX_ENVIRON = 0x47670007, MD_LINUX_AUXV = 0x47670008,
	MD_LINUX_MAPS = 0x47670009, MD_LINUX_DSO_DEBUG = 0x4767000a, MD_LINUX_STAT = 0x4767000b,
	MD_LINUX_UPTIME = 0x4767000c, MD_LINUX_FD = 0x4767000d,
	MD_LLDB_GENERATED = 0x4c4c4442,
};

/* MINIDUMP_TYPE: what the caller of the writer asked for. */
enum {
	MD_WITH_DATA_SEGS = 0x1, MD_WITH_FULL_MEMORY = 0x2, MD_WITH_HANDLES = 0x4,
	MD_FILTER_MEMORY = 0x8, MD_WITH_PRIVATE_RW = 0x200, MD_WITH_CODE_SEGS = 0x2000,
	MD_FILTER_TRIAGE = 0x100000,
};

struct md_stream {
	uint32_t type, size, rva; /* as the directory says */
};

/* The stack and context of a thread, as the thread list says. */
struct md_thread {
	uint64_t stack_start;
	uint32_t stack_size, stack_rva;
	uint32_t context_size, context_rva;
	bool dumper; /* the thread that wrote the dump (Breakpad) */
};

struct md {
	struct da_dump *d;
	struct da_bytes f;
	uint8_t word;
	uint16_t cpu;           /* ProcessorArchitecture */
	const struct da_arch *container; /* of the contexts in the file */
	bool wow64;             /* a 32-bit process in a container of AMD64; proc.arch is x86 */
	uint32_t platform;
	uint32_t build;         /* BuildNumber of Windows */
	uint16_t version_build; /* high word of the header's version: not 0 from dbghelp */
	uint64_t flags;         /* MINIDUMP_TYPE */
	uint64_t needed;        /* bytes that the file should have, by all it refers to */
	uint64_t promised;      /* bytes of memory that the lists name */
	DA_VEC(struct md_stream) streams;
	uint64_t names;         /* bytes of text read so far */
	struct da_map strings;  /* RVA to text: handles name their types again and again */
	DA_VEC(struct md_thread) threads; /* beside proc.threads */
	struct da_map by_tid;
	DA_VEC(struct da_range) maps;     /* of /proc/PID/maps, sorted */
	bool has_memory_info, has_regions;
	const char *comment, *build_string, *writer_string;
};

/* ---- the file: minidump.c */

/* The nth stream of a type, or NULL. */
const struct md_stream *md_find(const struct md *m, uint32_t type, unsigned nth);
/* [rva, rva + size) as far as the file has it; what lies behind its end is counted as lost. */
struct da_bytes md_bytes(struct md *m, uint64_t rva, uint64_t size);
/* The same of the nth stream of a type; empty when there is none. */
struct da_bytes md_stream_bytes(struct md *m, uint32_t type, unsigned nth);
static inline struct da_cursor md_cursor(const struct md *m, struct da_bytes b)
{
	return da_cursor(b.p, b.n, false, m->word);
}
/* MINIDUMP_STRING, made valid; NULL: no string there. */
const char *md_string(struct md *m, uint64_t rva);
/* May n more bytes of names be read? Told once when not: lists of a damaged file name huge texts. */
bool md_more_text(struct md *m, size_t n);
/* What people call a stream: "ThreadList". */
const char *md_stream_name(struct md *m, uint32_t type);
/* Addresses of a 32-bit process, also where a writer sign-extended them. */
static inline uint64_t md_address(const struct md *m, uint64_t addr)
{
	return m->word == 4 ? addr & UINT32_MAX : addr;
}

/* A list of equal entries: those that are wholly in the file, at most `max`. */
struct md_list {
	struct da_bytes b;
	size_t head, entry;
	uint64_t n;
	uint8_t word;
};
/* Count of 4 bytes (or 8: wide), then entries; the padding that some writers put behind the count. */
bool md_read_list(struct md *m, uint32_t type, size_t entry, uint64_t max, struct md_list *ret);
/* Lists that tell the size of their header and entries, of at least `entry` bytes. */
bool md_read_table(struct md *m, uint32_t type, size_t count_at, bool wide, size_t entry, uint64_t max,
		   struct md_list *ret);
static inline struct da_cursor md_entry(const struct md_list *l, uint64_t i)
{
	return da_cursor(l->b.p + l->head + (size_t)i * l->entry, l->entry, false, l->word);
}

/* FILETIME (100 ns since 1601) as Unix microseconds; 0 for what cannot be a time. */
uint64_t md_filetime(uint64_t filetime);
/* The last part of a path of Windows or Unix. */
const char *md_basename(const char *path);

/* ---- the parts, in the order in which minidump.c calls them */

bool md_read_system(struct md *m, const char **ret_message);
void md_refine_version(struct md *m); /* by the version of ntdll */
void md_read_misc(struct md *m);
void md_read_tokens(struct md *m);
void md_read_threads(struct md *m);
void md_read_modules(struct md *m);
void md_read_linux(struct md *m);
void md_read_memory(struct md *m);
void md_read_wow64(struct md *m);
void md_read_peb(struct md *m);       /* needs the saved memory; may add modules */
void md_name_memory(struct md *m);    /* when all modules are known */
void md_settle_threads(struct md *m); /* where their stacks end, which is the main one */
void md_read_exception(struct md *m);
/* Threads that only wrote the dump. */
void md_mark_dumpers(struct md *m);
void md_read_handles(struct md *m);
void md_read_functions(struct md *m);
void md_name_writer(struct md *m);

struct md_modules {
	struct da_module *v;
	size_t n, cap;
};
/* Mandatory integrity levels: "high"; NULL: no level. */
const char *md_integrity_name(uint32_t level);
/* What images in memory say of themselves, where the module list does not. */
void md_identify_modules(struct md *m);
/* Modules that the module list lacked. */
void md_add_modules(struct md *m, const struct md_modules *more);

/* 32-bit registers of a thread that runs 32-bit code; false: it does not. */
bool md_wow64_registers(const struct md *m, const struct da_regs *wide, struct da_regs *ret);
/* A CONTEXT of the file; false: none that fits the CPU. */
bool md_read_context(struct md *m, uint32_t rva, uint32_t size, struct da_regs *ret);
/* The section table of an image in memory, 40 bytes each; 0: its headers are not in the dump. */
unsigned md_image_sections(struct md *m, uint64_t base, struct da_cursor *ret);
/* The address where it begins; 0: unknown. */
uint64_t md_image_entry(const struct md *m, uint64_t base);
/* Its CodeView record. */
bool md_image_codeview(struct md *m, uint64_t base, struct da_bytes *ret);
/* The index of the thread, or DA_NONE. */
uint32_t md_thread_index(const struct md *m, uint32_t tid);
/* "EXC_BAD_ACCESS", or NULL. */
const char *md_mach_name(uint32_t code);

#endif
