/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of fault, private to the room. da_fault_run() calls them in the order in which they stand
 * here; each adds facts to the exception and leaves alone what it cannot prove. A cause, once set, is
 * replaced only by a more specific one (an abort becomes an assertion, an access a stack overflow).
 */
#ifndef DA_FAULT_PARTS_H
#define DA_FAULT_PARTS_H

#include "fault/decode.h"
#include "fault/fault.h"

/* Signals whose number is the same on every CPU that is read in full. */
enum { DA_SIGQUIT = 3, DA_SIGILL = 4, DA_SIGTRAP = 5, DA_SIGABRT = 6, DA_SIGBUS = 7, DA_SIGFPE = 8,
       DA_SIGSEGV = 11, DA_SIGSYS = 31 };

/* si_code values that logic depends on; the rest are names only (words.c). */
enum { DA_SI_USER = 0, DA_SI_KERNEL = 0x80, DA_SI_QUEUE = -1, DA_SI_TKILL = -6,
       DA_SEGV_MAPERR = 1, DA_SEGV_ACCERR = 2, DA_SEGV_PKUERR = 4, DA_BUS_ADRALN = 1,
       DA_BUS_ADRERR = 2, DA_BUS_MCEERR_AR = 4, DA_BUS_MCEERR_AO = 5 };

struct da_fault {
	struct da_dump *d;
	struct da_symbols *s;   /* NULL: no symbols, only memory */
	struct da_process *p;
	struct da_exception *e;
	struct da_thread *t;    /* the thread that died, or NULL */
	struct da_regs regs;    /* of the code that failed: the thread's, or those a signal interrupted */
	uint64_t pc, sp;        /* of regs; valid if t is not NULL */
	uint32_t top;           /* the frame of that code: 0, or the one below a signal frame */
	struct da_insn insn;    /* valid if has_insn */
	uint64_t insn_pc;       /* where it is: pc, or just before it for what is passed when it traps */
	bool has_insn;          /* its code is known, executable, and decoded */
	bool executes_nothing;  /* pc itself lies where no code can be */
};

/* words.c: the name of a signal's code; NULL when it has none. */
const char *da_signal_code_name(int64_t signo, int32_t code);

/* outside.c: a signal that another process (or the terminal) sent. */
void da_fault_outside(struct da_fault *f);
/* access.c: the faulting instruction; read, write or execute; the address where it is missing. */
void da_fault_access(struct da_fault *f);
/* instruction.c: the instruction as text, and its operands' values. */
void da_fault_instruction(struct da_fault *f);
/* overflow.c: a stack that ran out. */
void da_fault_overflow(struct da_fault *f);
/* bitflip.c */
void da_fault_bitflip(struct da_fault *f);
/* abort.c: messages that were left in memory before abort(). */
void da_fault_abort(struct da_fault *f);
/* cxx.c: C++ exceptions that nobody caught. */
void da_fault_cxx(struct da_fault *f);
/* runtimes.c: Rust's panics, V8 without memory. */
void da_fault_runtimes(struct da_fault *f);
/* managed.c: what objects of a language runtime say of it. */
void da_fault_managed(struct da_fault *f);
/* managed.c: a death that only an unhandled managed exception shows. */
void da_fault_managed_death(struct da_dump *d);
/* handler.c: a fault whose handler was running when the process died. */
void da_fault_earlier(struct da_fault *f);
/* blame.c: the frame where a reader should begin. */
void da_fault_blame(struct da_fault *f);
/* annotate.c: registers and stack words. */
void da_fault_annotate(struct da_fault *f);

/* dispatch.c: an exception that a dump without an exception stream shows on a stack. */
void da_fault_dispatched(struct da_dump *d);
/* windows.c: an exception record of Windows. */
void da_fault_windows(struct da_fault *f);

/* Parts of the parts, which windows.c shares. */
void da_fault_decode(struct da_fault *f);           /* fault.c: the instruction at f->pc */
void da_fault_describe_address(struct da_fault *f); /* access.c: near, and whether to show it */
void da_fault_refused_by_cpu(struct da_fault *f);   /* access.c: the operand that is no address */
void da_fault_find_cycle(struct da_fault *f);       /* overflow.c: recursion in the folded frames */
void da_fault_cxx_object(struct da_fault *f);       /* cxx.c: the object that parameter 0 leads to */

/* fault.c: decode what stands at f->pc, and what follows from it. */
void da_fault_examine(struct da_fault *f);
/* A signal that an instruction can cause: SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS. */
bool da_fault_is_fault(int64_t signo);

/* frames.c: what a frame's function is called. */

/* The symbol without version and local suffixes is one of the names; "memcpy*" matches a prefix. */
bool da_frame_named(const struct da_frame *f, const char *const *names, size_t n);
/* The first frame at or after `from` whose function is one of the names, or DA_NONE. */
uint32_t da_frame_find(const struct da_thread *t, uint32_t from, uint32_t to,
		       const char *const *names, size_t n);
/* What the direct call before a return address calls: a symbol, or "name@plt"; NULL when unknown. */
const char *da_fault_callee(struct da_fault *f, uint64_t pc);
/* The name as a person reads it, or NULL. */
const char *da_frame_function(const struct da_frame *f);

/* near.c */

/* Does the dump's map name every mapping that the process had? */
bool da_fault_map_is_complete(const struct da_dump *d);
/* Can code run at the address? False only when the dump's map says that it cannot. */
bool da_fault_may_execute(const struct da_fault *f, uint64_t addr);
/* Is it a value of text, or of one byte eight times, that was taken for an address? */
bool da_fault_is_text(uint64_t addr);
bool da_fault_same_bytes(uint64_t addr);
/* Words for an address that the CPU refuses. */
const char *da_fault_impossible(struct da_dump *d, uint64_t addr);
/* The last range that starts at or below addr, or NULL; *ret_above the first that starts above it. */
const struct da_range *da_fault_around(const struct da_memory *m, uint64_t addr,
				       const struct da_range **ret_above);

#endif
