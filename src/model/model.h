/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model: what a process was, as plain data. Loaders and extractors fill it once, in the order of
 * app/pipeline.c; after that it is read-only, and rules read nothing else.
 *
 * All memory belongs to dump->arena. All text is valid UTF-8 without control characters (base/text.h).
 * Unknown is NULL, 0 with its `has_` flag false, or DA_NONE, never an invented value. Tables are
 * vectors; an index into one is the thing's identity ("t3" in the report is threads.v[2]).
 */
#ifndef DA_MODEL_MODEL_H
#define DA_MODEL_MODEL_H

#include "arch/arch.h"
#include "base/base.h"

/* ---------------------------------------------------------------- memory */

enum da_prot { DA_PROT_R = 4, DA_PROT_W = 2, DA_PROT_X = 1 }; /* as ELF's p_flags: PF_R, PF_W, PF_X */

/* Words of memory_kinds.kind. */
enum da_range_kind {
	DA_RANGE_OTHER, DA_RANGE_IMAGE, DA_RANGE_HEAP, DA_RANGE_STACK, DA_RANGE_GC, DA_RANGE_CODE,
	DA_RANGE_MAPPED_FILE, DA_RANGE_ANONYMOUS, DA_RANGE_SHARED, DA_RANGE_RESERVED, DA_RANGE_KINDS,
};
const char *da_range_kind_name(enum da_range_kind kind);

/* Nobody maps memory below: Linux by vm.mmap_min_addr (65,536 by default), Windows in its first 64 KiB. */
#define DA_NULL_PAGE UINT64_C(0x10000)

enum da_sharing { DA_SHARING_UNKNOWN, DA_SHARING_PRIVATE, DA_SHARING_SHARED };

/*
 * One range of addresses [start, end) of the process. The first file_len bytes were saved and lie at
 * file_off of the dump; what lies behind was not saved: it is unknown, not zero. A range with
 * has_prot false is known by name only (NT_FILE of a mapping that the core left out).
 */
struct da_range {
	uint64_t start, end;
	uint64_t file_off, file_len;
	uint8_t prot;
	bool has_prot;
	uint8_t kind;      /* enum da_range_kind */
	uint8_t sharing;   /* enum da_sharing */
	uint32_t module;   /* index, or DA_NONE */
	const char *name;  /* mapped file or "[stack]", or NULL */
	uint64_t name_off; /* offset of the mapping in that file */
};

/*
 * Read-only bytes of a module's own file (text, rodata) standing in for pages that the dump lacks.
 * Only files whose identity was proved (build-id) get here.
 */
struct da_overlay {
	uint64_t start, end;
	const uint8_t *bytes;
	uint32_t module;
};

enum da_layer { DA_LAYER_NONE, DA_LAYER_DUMP, DA_LAYER_FILE };

/*
 * Bytes that one thread alone sees: a dump that holds several snapshots of one stack has other bytes
 * at the same addresses for each of its threads.
 */
struct da_own {
	uint64_t start;
	struct da_bytes bytes; /* n 0: none */
};

struct da_memory {
	DA_VEC(struct da_range) ranges;     /* sorted, not overlapping */
	DA_VEC(struct da_overlay) overlays; /* sorted, not overlapping */
	struct da_bytes file;               /* the dump, mapped */
	struct da_own own;                  /* of the thread at hand; read before all others */
	uint8_t word;
	bool big_endian;
};

struct da_thread;
/* Reads see the memory as this thread did; NULL: as all do. */
void da_mem_as(struct da_memory *m, const struct da_thread *t);

/* The range that holds the address, saved or not; or NULL. */
const struct da_range *da_mem_range(const struct da_memory *m, uint64_t addr);
/*
 * Copy n bytes. DA_FAULT unless all of them are known: never zero-filled. Reads across ranges and
 * layers; *ret_layer (may be NULL) is the weakest layer used.
 */
enum da_status da_mem_read(const struct da_memory *m, uint64_t addr, void *buf, size_t n,
			   enum da_layer *ret_layer);
/* As many as are known without a gap, up to n; 0 when the first is not. */
size_t da_mem_read_some(const struct da_memory *m, uint64_t addr, void *buf, size_t n);
/* n bytes in place without a copy, or NULL (not known, or not contiguous in the file). */
const uint8_t *da_mem_view(const struct da_memory *m, uint64_t addr, size_t n);
/* The longest view that starts at addr, *ret_n bytes; NULL when addr is not known. */
const uint8_t *da_mem_view_some(const struct da_memory *m, uint64_t addr, size_t *ret_n);
/* The same, of walks whose addresses lie near each other: *near is the range that was found last, 0 at first. */
const uint8_t *da_mem_view_near(const struct da_memory *m, uint64_t addr, size_t *near, size_t *ret_n);
enum da_status da_mem_u8(const struct da_memory *m, uint64_t addr, uint8_t *ret);
enum da_status da_mem_u16(const struct da_memory *m, uint64_t addr, uint16_t *ret);
enum da_status da_mem_u32(const struct da_memory *m, uint64_t addr, uint32_t *ret);
enum da_status da_mem_u64(const struct da_memory *m, uint64_t addr, uint64_t *ret);
/* A pointer of the process. */
enum da_status da_mem_word(const struct da_memory *m, uint64_t addr, uint64_t *ret);
/* A NUL-terminated string of at most max bytes, made valid. DA_PARTIAL: it ran past max or the dump. */
enum da_status da_mem_cstr(const struct da_memory *m, struct da_arena *a, uint64_t addr, size_t max,
			   char **ret);
/* Put in one file-backed stand-in; overlaps are cut away. */
void da_mem_overlay(struct da_memory *m, struct da_arena *a, uint64_t start, uint64_t end,
		    const uint8_t *bytes, uint32_t module);

/* ---------------------------------------------------------------- modules */

enum da_symbols_kind { DA_SYMS_NONE, DA_SYMS_DYNAMIC, DA_SYMS_PUBLIC, DA_SYMS_FULL }; /* modules.symbols */
enum da_match { DA_MATCH_NONE, DA_MATCH_BUILD_ID, DA_MATCH_PDB_ID, DA_MATCH_DEBUGLINK_CRC,
		DA_MATCH_TIMESTAMP_SIZE, DA_MATCH_CONTENTS, DA_MATCH_MEMORY, DA_MATCH_MISMATCH };
enum da_module_class { DA_CLASS_OWN, DA_CLASS_SYSTEM, DA_CLASS_RUNTIME };
const char *da_symbols_kind_name(enum da_symbols_kind kind);
const char *da_match_name(enum da_match match);
const char *da_module_class_name(enum da_module_class class);

/* How we know of a module; several may agree. */
enum { DA_FROM_LINK_MAP = 1, DA_FROM_FILE_NOTE = 2, DA_FROM_HEADER = 4, DA_FROM_AUXV = 8,
       DA_FROM_MODULE_LIST = 16, DA_FROM_LOADER_LIST = 32 };

struct da_module {
	const char *name;  /* base name */
	const char *path;  /* as the process knew it, without " (deleted)" */
	uint64_t start, end;
	uint64_t bias;     /* address = address in the file + bias; valid if has_bias */
	bool has_bias;
	bool main, interpreter, vdso, deleted;
	uint8_t from;      /* DA_FROM_… */
	uint8_t class;     /* enum da_module_class */
	uint8_t symbols;   /* enum da_symbols_kind: the best that was found */
	uint8_t match;     /* enum da_match: of the file with code and dynamic symbols */
	uint8_t build_id[32];
	uint8_t build_id_len; /* 0: unknown */
	uint64_t dynamic;  /* address of the dynamic section, or 0 */
	uint64_t file_bytes; /* size of the file that was found, or 0 */
	const char *version;       /* of the file */
	const char *product_version, *company; /* from a PE version resource, or NULL */
	uint8_t pdb_id[16];        /* GUID in the byte order of its text form; valid if has_pdb_id */
	bool has_pdb_id, pe;       /* pe: a Windows image; else ELF */
	uint32_t pdb_age;
	const char *pdb_name;      /* base name of the PDB that the image names */
	uint32_t timestamp, image_size; /* of the PE header; valid if pe */
	const char *symbol_file; /* base name of the file with the best symbols, or NULL */
	/* What would bring more names, for missing_files: NULL when nothing is missing. */
	const char *missing_why;
};

/* A module that was unloaded before the dump: its addresses may still be called. */
struct da_unloaded {
	const char *name;
	uint64_t start, end;
	uint32_t timestamp;
};

/* ---------------------------------------------------------------- threads and frames */

/* How a frame was found; a larger one is surer. Words of frame.trust. */
enum da_trust { DA_TRUST_NONE, DA_TRUST_SCAN, DA_TRUST_FRAME_POINTER, DA_TRUST_CFI, DA_TRUST_RUNTIME,
		DA_TRUST_CONTEXT };
const char *da_trust_name(enum da_trust trust);

/* Why a walk ended. Words of stacks.end. */
enum da_stack_end { DA_END_COMPLETE, DA_END_CYCLE, DA_END_MISSING_MEMORY, DA_END_LIMIT,
		    DA_END_NO_UNWIND_INFO, DA_END_CORRUPT };
const char *da_stack_end_name(enum da_stack_end end);

enum da_frame_kind { DA_FRAME_UNKNOWN, DA_FRAME_NATIVE, DA_FRAME_MANAGED, DA_FRAME_STUB,
		     DA_FRAME_DYNAMIC, DA_FRAME_RUNTIME };
const char *da_frame_kind_name(enum da_frame_kind kind);
struct da_frame;
/*
 * What is told of a frame: of managed ones whether the method was made at run time. `kind` itself stays MANAGED
 * for them, for it says how they are walked.
 */
enum da_frame_kind da_frame_told_kind(const struct da_frame *f);

/* One function at an address: the outermost first is [0]; inlined calls follow, innermost last. */
struct da_place_call {
	const char *function; /* as a person writes it: demangled */
	const char *file;     /* as the compiler wrote it, or NULL */
	uint32_t line;        /* 0: unknown */
};

/* What is known of one code address. Shared by all frames there; owned by the dump's arena. */
struct da_place {
	uint32_t module;      /* or DA_NONE */
	const char *raw;      /* the symbol as the table spells it, or NULL */
	uint64_t start, size; /* of the function; size 0: unknown */
	struct da_place_call *calls;
	unsigned ncalls;      /* 0: no function is known; > 1: inlined calls */
	bool exact;           /* the address is inside the symbol's own size */
	const struct da_method *method; /* of managed code; else NULL */
};

#include "model/locks.h"

struct da_frame {
	uint64_t pc;     /* of a caller: the return address */
	uint64_t sp;
	uint64_t cfa;    /* the caller's sp, where known; else 0 */
	const struct da_place *place; /* NULL until symbols ran */
	uint32_t module; /* or DA_NONE */
	uint32_t repeat; /* > 1: this frame and the block_len - 1 after it stand for that many rounds */
	uint32_t block_len;
	uint8_t trust;   /* enum da_trust */
	uint8_t kind;    /* enum da_frame_kind */
	bool exact_pc;   /* pc is the instruction itself: top, or interrupted by a signal */
	bool signal;     /* the kernel's signal frame: the frame after it was interrupted */
};

#include "model/managed.h"
#include "model/beside.h"

/* Words of threads.state and threads.role. */
enum da_state { DA_STATE_UNKNOWN, DA_STATE_RUNNING, DA_STATE_BLOCKED, DA_STATE_WAITING, DA_STATE_IDLE,
		DA_STATE_SLEEPING, DA_STATE_SUSPENDED, DA_STATE_FAULTED, DA_STATE_EXITED };
const char *da_state_name(enum da_state state);
enum da_role { DA_ROLE_UNKNOWN, DA_ROLE_MAIN, DA_ROLE_USER,
	       DA_ROLE_DEBUGGER /* in the process only to dump or debug it */, DA_ROLE_WORKER, DA_ROLE_IO, DA_ROLE_TIMER,
	       DA_ROLE_GATE, DA_ROLE_WAIT, DA_ROLE_FINALIZER, DA_ROLE_GC, DA_ROLE_TIERED_COMPILER, DA_ROLE_SIGNAL,
	       DA_ROLE_EVENT_PIPE, DA_ROLE_EVENT_LOOP, DA_ROLE_RPC, DA_ROLE_KESTREL, DA_ROLE_LOADER };
const char *da_role_name(enum da_role role);

struct da_thread {
	uint32_t tid;
	const char *name;     /* or NULL */
	struct da_regs regs;  /* at the moment of the dump */
	bool has_times;
	uint64_t user_us, kernel_us; /* own, not those of its children */
	bool times_with_ended; /* and of threads that have ended, if any did: how much is its own is unknown */
	int32_t signal;       /* cursig of the note, 0 none */
	uint64_t tp;          /* thread pointer, 0 unknown */
	uint64_t pac_mask;    /* bits of pointer authentication in code addresses; 0: default */
	uint64_t stack_base, stack_limit; /* [limit, base): 0 unknown */
	struct da_own own;                /* where its stack differs from what the memory map holds */
	DA_VEC(struct da_frame) frames;   /* innermost first */
	uint8_t end;          /* enum da_stack_end */
	const char *end_why;  /* one clause for people, rich, or NULL */
	uint64_t skipped_frames; /* frames beyond the limit or folded away */
	uint8_t state, role;
	const struct da_managed_thread *managed; /* NULL: none */
	const struct da_kernel_stack *in_kernel; /* of PID.stack beside a Linux core; NULL: none */
	/* Windows */
	uint64_t teb;             /* 0 unknown */
	uint64_t entry;           /* start address, 0 unknown */
	const struct da_place *entry_place; /* what begins there; NULL until symbols ran */
	uint64_t created;         /* Unix time in microseconds, 0 unknown */
	bool has_priority, has_last_error;
	int32_t priority;
	uint32_t last_error;
	uint32_t suspended;       /* suspend count beyond the dump writer's own */
	/*
	 * Of the thread that raised the exception: its registers and stack at the moment of the dump,
	 * inside the filter or the error reporting. regs and frames above are those of the exception.
	 */
	struct da_regs *dispatch_regs; /* NULL: the same */
	DA_VEC(struct da_frame) dispatch_frames;
	uint8_t dispatch_end;
	const char *dispatch_why;
};

/* ---------------------------------------------------------------- why it died */

enum da_access { DA_ACCESS_UNKNOWN, DA_ACCESS_READ, DA_ACCESS_WRITE, DA_ACCESS_EXECUTE };
const char *da_access_name(enum da_access access);

/* What the base register of the failed operand held. */
enum da_pointer { DA_POINTER_UNKNOWN, DA_POINTER_NULL, DA_POINTER_SMALL /* below 64 KiB */,
		  DA_POINTER_STACK /* the stack pointer, which does not point to a stack */ };
/* Why the CPU did not execute an instruction. */
enum da_refused { DA_REFUSED_UNKNOWN, DA_REFUSED_TRAP /* ud2, udf: made to be illegal */,
		  DA_REFUSED_PRIVILEGED, DA_REFUSED_DATA /* pc is not in code */ };

/* A register or stack word of the dead thread with what it means. */
struct da_annotated {
	const char *name;    /* of a register; else NULL */
	uint64_t address;    /* of a stack word; else 0 */
	uint64_t value;
	bool shown;          /* an address of the memory map, or below 65,536: not part of a secret */
	const char *meaning; /* rich, or NULL */
};

struct da_exception_record {
	uint32_t code;
	const char *name; /* EXCEPTION_…, or NULL */
	uint64_t address;
	DA_VEC(uint64_t) parameters;
};

/* A signal or an exception record, in one shape. Facts that fault/ adds are marked F. */
struct da_exception {
	uint32_t thread;      /* index, or DA_NONE */
	bool is_signal;       /* else a Windows exception record */
	int64_t code;         /* signal number or exception code */
	const char *name;     /* "SIGSEGV", EXCEPTION_… */
	bool has_info;        /* a siginfo exists: subcode and the following are known */
	int32_t subcode;      /* si_code */
	const char *subname;  /* "SEGV_MAPERR" */
	bool has_address;
	uint64_t address;     /* si_addr; F: corrected where the kernel hides it (non-canonical) */
	bool address_derived; /* F: computed from the instruction, not taken from the dump */
	bool address_hidden;  /* F: made of text of the process, as part of a secret can be: not to be shown */
	bool has_sender;
	int32_t sender_pid;
	uint32_t sender_uid;
	int32_t syscall;      /* SIGSYS: the call's number, else -1 */
	DA_VEC(uint64_t) parameters; /* of an exception record */
	DA_VEC(struct da_exception_record) nested; /* records that it was raised on top of */
	uint8_t access;       /* F: enum da_access */
	const char *near;     /* F: what the address is near, rich */
	const char *instruction; /* F: text of the faulting instruction, or NULL */
	const char *operands; /* F: values of its operands, rich, or NULL */
	const char *message;  /* F: abort, assert, malloc text as found in memory (privacy: site) */
	const char *message_from; /* F: where it was found: "__abort_msg", "a frame's arguments" */
	const char *cpp_type, *cpp_what; /* F */
	const struct da_managed_exception *managed; /* F: of exceptions: what was thrown; or NULL */
	uint8_t cause;        /* F: enum da_cause */
	uint32_t blamed_frame;  /* F: index in the thread's frames, or DA_NONE */
	uint32_t blamed_module; /* F: index or DA_NONE */
	const char *blamed_why; /* F: rich */
	uint64_t candidate;     /* F: the address with one bit flipped that would be valid, 0 none */
	DA_VEC(struct da_annotated) registers, stack_words; /* F */
	const char *assert_expression, *assert_file, *assert_function; /* F: parts of an assertion's text */
	uint32_t assert_line;
	uint32_t cycle_len, cycle_count; /* F: recursion of a stack overflow, in frames; 0 none */
	uint64_t below_stack; /* F: of a stack overflow: bytes from the stack's lowest page down to sp */
	uint8_t pointer;      /* F: enum da_pointer */
	uint8_t refused;      /* F: enum da_refused, of DA_CAUSE_ILLEGAL_INSTRUCTION */
	bool returning;       /* F: the instruction is a return: where it went was taken from the stack */
	bool divisor_zero;    /* F */
	const char *reason;   /* F: why it ended itself, where frames tell: a sentence without its full stop */
	/*
	 * F: the fault whose handler was running when the thread died, from the signal frame on its stack;
	 * or NULL. Where the handler raised the signal again or aborted, its facts are also the ones above.
	 */
	struct da_exception *earlier;
};

/* What kind of death it was, as far as facts tell; rules turn it into findings. */
enum da_cause {
	DA_CAUSE_UNKNOWN, DA_CAUSE_ACCESS, DA_CAUSE_STACK_OVERFLOW, DA_CAUSE_ABORT, DA_CAUSE_ASSERT,
	DA_CAUSE_HEAP_CORRUPTION, DA_CAUSE_STACK_SMASHED, DA_CAUSE_FORTIFY, DA_CAUSE_CPP_EXCEPTION,
	DA_CAUSE_PURE_VIRTUAL, DA_CAUSE_ILLEGAL_INSTRUCTION, DA_CAUSE_ARITHMETIC, DA_CAUSE_BREAKPOINT,
	DA_CAUSE_BAD_SYSTEM_CALL, DA_CAUSE_MISALIGNED, DA_CAUSE_OUT_OF_MEMORY, DA_CAUSE_FROM_OUTSIDE,
	DA_CAUSE_WATCHDOG, DA_CAUSE_BEYOND_FILE, DA_CAUSE_HARDWARE_MEMORY, DA_CAUSE_FATAL_MESSAGE,
	DA_CAUSE_QUIT, /* asked for by a signal that just means "die with a core": SIGQUIT */
	DA_CAUSE_RAISED, /* it sent the signal to itself by kill or raise, which is not abort() */
	DA_CAUSE_LIMIT,  /* the kernel enforced a limit: SIGXCPU, SIGXFSZ */
	DA_CAUSE_TERMINATE, /* std::terminate, and no exception that was not caught */
	DA_CAUSE_PANIC,  /* of Rust */
	DA_CAUSE_CLR_EXCEPTION, DA_CAUSE_CLR_FAIL_FAST,
	DA_CAUSE_CLR_INTERNAL, /* the runtime itself gave up: ExecutionEngineException */
};

/* ---------------------------------------------------------------- the process and its dump */

enum da_os { DA_OS_UNKNOWN, DA_OS_LINUX, DA_OS_WINDOWS, DA_OS_MACOS, DA_OS_FREEBSD, DA_OS_NETBSD,
	     DA_OS_OTHER };
const char *da_os_name(enum da_os os);
/* A signal of Linux by its number on a CPU (its name; NULL: any but mips and sparc), or NULL. */
const char *da_signal_name(const char *arch_name, int64_t signo);

struct da_pair {
	uint64_t key, value;
};

/* A handle of a Windows process, from the handle stream; a file descriptor of a Linux one, from PID.fd beside the dump. */
struct da_handle {
	uint64_t handle;
	const char *type, *name; /* or NULL */
	uint32_t access, count;
	/* of mutants, events, semaphores: what the object information says */
	bool has_state, has_owner;
	bool abandoned; /* a mutant whose owner ended with it */
	int64_t state, limit;
	uint32_t owner_pid, owner_tid;
	uint32_t target_pid, target_tid; /* of threads (both) and processes: whose it is; 0 unknown */
};

/* What was done with a handle and by whom: Windows keeps this where handles are traced. */
enum da_handle_act { DA_HANDLE_OTHER, DA_HANDLE_OPEN, DA_HANDLE_CLOSE, DA_HANDLE_BAD_REFERENCE };
const char *da_handle_act_name(enum da_handle_act act);

struct da_handle_operation {
	uint64_t handle;
	uint32_t pid, tid;
	uint8_t act;   /* enum da_handle_act */
	uint32_t n;    /* return addresses, innermost first */
	uint64_t *pc;
	const struct da_place **place; /* of each; NULL until symbols ran */
};

/*
 * Functions that belong to no image: the process told the system of them when it made their code
 * (RtlAddFunctionTable and its like). x64 and ARM64.
 */
struct da_runtime_function {
	uint64_t base;   /* what start and unwind count from */
	uint64_t start;  /* address */
	uint32_t length; /* 0 on ARM64: the unwind data tells it */
	uint32_t unwind; /* as in an exception directory */
};
struct da_runtime_table {
	uint64_t start, end; /* of the code that a table is for */
};

/* Memory of the whole machine, in bytes; 0 unknown. */
struct da_system_memory {
	uint64_t physical, available, committed, commit_limit, commit_peak, file_cache;
};

struct da_process {
	const struct da_arch *arch; /* NULL: a CPU whose registers we do not know */
	const char *arch_name;      /* word of process.arch */
	uint8_t bits;
	enum da_os os;
	struct da_memory mem;
	DA_VEC(struct da_thread) threads;
	DA_VEC(struct da_module) modules; /* sorted by start */
	struct da_exception *exception;   /* NULL: no signal, or one that only made the dump */
	const char *name;
	bool has_pid, has_ppid, has_uid, has_gid;
	uint32_t pid, ppid, uid, gid;
	const char *executable;           /* full path, or NULL */
	DA_VEC(const char *) arguments;   /* as passed, from memory; else cut from the note */
	bool arguments_cut;
	DA_VEC(const char *) environment; /* NAME=VALUE; kept, not shown */
	DA_VEC(struct da_pair) auxv;
	DA_VEC(struct da_unloaded) unloaded; /* sorted by start */
	DA_VEC(struct da_handle) handles;
	DA_VEC(struct da_runtime) runtimes;
	DA_VEC(struct da_assembly) assemblies;
	DA_VEC(struct da_managed_thread) managed_threads; /* by managed id */
	DA_VEC(struct da_managed_exception) exceptions;   /* of objects: an inner one follows its parent */
	DA_VEC(struct da_lock) locks;
	DA_VEC(struct da_wait) waits;
	DA_VEC(struct da_handle_operation) handle_operations;
	DA_VEC(struct da_runtime_function) functions; /* sorted by start */
	DA_VEC(struct da_runtime_table) function_tables; /* sorted by start */
	const char *cwd, *host, *service, *product, *product_version; /* or NULL */
	const char *os_version;           /* "Windows Server 2022, 20348.2340", or NULL */
	const char *integrity;            /* "high", or NULL */
	const char *priority_class;       /* Windows: "normal", or NULL */
	const char *user;                 /* Windows: "Local System", or a SID; or NULL */
	const char *time_zone;            /* "Romance Standard Time, UTC+01:00", or NULL */
	const char *kernel;               /* uname's words, or NULL */
	const struct da_kernel_status *kernel_status; /* of PID.status beside a Linux core; NULL: none */
	uint64_t resident_bytes;          /* working set, 0 unknown */
	uint64_t peak_resident_bytes, private_bytes, peak_private_bytes; /* 0 unknown */
	bool has_times;
	uint64_t user_us, kernel_us;      /* of the whole process, ended threads included */
	struct da_system_memory system;
	uint32_t cpus;                    /* 0 unknown */
	uint64_t start_time, dump_time;   /* Unix time in microseconds, 0 unknown */
	uint64_t peb;                     /* 0 unknown */
	bool debugged;                    /* Windows: PEB.BeingDebugged is set */
	bool has_session;
	uint32_t session;                 /* Windows: of the terminal services, 0 that of services */
};


/* words of input.writer, by what the bytes prove */
struct da_origin {
	const char *file;        /* base name of the dump */
	const char *folder;      /* where it lies, with the last slash, or ""; NULL: standard input */
	uint64_t bytes;          /* size as read (unpacked) */
	uint64_t compressed_bytes; /* 0: not compressed */
	const char *compression; /* "zstd" … or NULL */
	const char *format;      /* "elf-core" */
	const char *writer;      /* "kernel", "gcore", "createdump", "qemu", "unknown" */
	const char *writer_why;  /* rich: what proves it */
	const char *comment;     /* the writer's own words (ProcDump's trigger), or NULL */
	const char *dump_type;   /* "mini", "heap", "triage", "full", "unknown" */
	bool mini_or_triage;     /* dump_type is one of these; the runtime's objects may tell which */
	bool truncated;
	bool has_missing_bytes;
	uint64_t missing_bytes;
	uint64_t lost_start, lost_end; /* the first memory that the file lacks; equal: not known */
};

/* A kind of memory that this dump never held. */
struct da_missing_kind {
	uint8_t kind;     /* enum da_range_kind */
	const char *why;  /* "coredump_filter bit 2 (private file mappings)" */
};

/* One file that would bring more: names, lines, or the way through a stack. */
struct da_missing_file {
	uint32_t module;      /* DA_NONE only where managed */
	bool managed;         /* an assembly, or the portable PDB of one; debug: the assembly itself is known */
	const char *name, *path;
	const char *build_id; /* hex, or NULL */
	const char *pdb_id;   /* GUID and age as symbol stores write them, when this is a PDB; else NULL */
	const char *store;    /* Windows: its path in a symbol store, or NULL */
	uint64_t bytes;       /* 0 unknown */
	bool debug;           /* the file itself is at hand: its separate debug information is missing */
	const char *why;      /* "names of its functions, and what called them" */
	unsigned frames;      /* that lack something because of it: the order */
};

struct da_dump {
	struct da_arena *arena;
	struct da_ledger *ledger;
	struct da_watch *watch;         /* may be NULL */
	const struct da_limits *limits;
	struct da_strings strings;      /* interned */
	struct da_bytes file;
	struct da_origin origin;
	struct da_process proc;
	struct da_crash_report *crash_report; /* beside the dump; or NULL */
	DA_VEC(struct da_missing_kind) missing_kinds;
	DA_VEC(struct da_missing_file) missing_files;
	bool minimal;                   /* container and notes only: unknown CPU or system */
};

struct da_dump *da_dump_new(const struct da_limits *limits, struct da_watch *watch);
void da_dump_free(struct da_dump *d);

/* The module that holds the address, or DA_NONE. Modules must be sorted. */
uint32_t da_module_at(const struct da_process *p, uint64_t addr);
/* The unloaded module that the address belonged to, when nothing is mapped there now; or NULL. */
const struct da_unloaded *da_unloaded_at(const struct da_process *p, uint64_t addr);
/*
 * The function made at run time that contains the address, or NULL; on ARM64 the last that begins before
 * it: its unwind data tells whether it reaches that far.
 */
const struct da_runtime_function *da_runtime_function_at(const struct da_process *p, uint64_t addr);
/* Is it code of which a run-time table tells? What has no entry there is a leaf function. */
bool da_in_runtime_table(const struct da_process *p, uint64_t addr);
/*
 * Is it code of a language's library that was compiled into the program (libstdc++'s templates, Rust's
 * std, _start), and nothing of the program's inlined into it? NULL is not.
 */
bool da_place_is_library(const struct da_place *p);
/* The same of one of its calls, by name, and of a source file, by where compilers keep their own. */
bool da_call_is_library(const struct da_place *p, unsigned call);
bool da_file_is_library(const char *file);
/* The thread whose stack holds the address, or DA_NONE. */
uint32_t da_thread_of_stack(const struct da_process *p, uint64_t addr);
/* The value of an environment variable, or NULL. Names are those of the system: Windows takes no account of case. */
const char *da_environment(const struct da_process *p, const char *name);
/* AT_… of the auxiliary vector. */
bool da_auxv(const struct da_process *p, uint64_t key, uint64_t *ret);
/* "EXCEPTION_ACCESS_VIOLATION" of an exception code; NULL: not a known one. */
const char *da_exception_name(uint32_t code);
/* "ERROR_FILE_NOT_FOUND" of GetLastError; NULL: not one of the common ones. */
const char *da_win32_error_name(uint32_t code);
/* build-id as lower-case hex; NULL when unknown. */
char *da_build_id_hex(struct da_arena *a, const struct da_module *m);
/* The PDB's GUID as 32 upper-case digits, as symbol stores write it; NULL when unknown. */
char *da_pdb_id_hex(struct da_arena *a, const struct da_module *m);

#endif
