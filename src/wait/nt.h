/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of wait for Windows, private to the room. nt.c goes through the threads: the names and registers of the
 * innermost frames (nt_stack.c), the values that the functions were called with (nt_args.c), and what they wait for:
 * critical sections (nt_section.c), SRW locks, condition variables and addresses (nt_address.c), handles (nt_handle.c),
 * messages, sockets, files, ports and the rest (nt_call.c). What the stacks say of owners, states and roles is common to
 * all systems: witness.c, state.c.
 *
 * A value of an argument is never certain: registers that a call may change are stale in Wine's dumps and right in those of
 * Windows. So all readings are tried, the surest first, and each must prove itself by what it leads to: a handle that the
 * handle stream knows, memory that has the form of the lock.
 */
#ifndef DA_WAIT_NT_H
#define DA_WAIT_NT_H

#include "wait/parts.h"

#define DA_NT_FRAMES 20 /* innermost ones that are looked at */

/* What a function of nt_names.def is. Those up to DA_NT_STUBS are system calls. */
enum da_nt_kind {
	DA_NT_NONE,
	DA_NT_SINGLE, DA_NT_MULTIPLE, DA_NT_SIGNAL_AND_WAIT, DA_NT_ALERT, DA_NT_KEYED, DA_NT_DELAY, DA_NT_PORT, DA_NT_WORKER,
	DA_NT_READ, DA_NT_WRITE, DA_NT_CONTROL, DA_NT_FILE, DA_NT_ALPC, DA_NT_GET_MESSAGE, DA_NT_SEND_MESSAGE,
	DA_NT_WAIT_MESSAGE, DA_NT_DEBUG, DA_NT_SUSPEND,
	DA_NT_STUBS = DA_NT_SUSPEND,
	/* Functions on the way to a system call: the argument of theirs that counts is in the row. */
	DA_NT_SECTION, DA_NT_SRW_EXCLUSIVE, DA_NT_SRW_SHARED, DA_NT_CONDITION, DA_NT_ADDRESS, DA_NT_ADDRESS_INSIDE,
	DA_NT_LOADER, DA_NT_WAIT_ONE, DA_NT_WAIT_MANY, DA_NT_SLEEP, DA_NT_SOCKET, DA_NT_BOX, DA_NT_DIALOG, DA_NT_RPC,
	DA_NT_RPC_SERVER, DA_NT_COM, DA_NT_PIPE, DA_NT_CONSOLE, DA_NT_POOL_WAIT, DA_NT_ONCE, DA_NT_STEP,
};

struct da_nt_row {
	const char *name;
	uint8_t kind;    /* enum da_nt_kind */
	int8_t arg;      /* the argument that names the object, or -1 */
	const char *what; /* of calls: a clause, or NULL */
};

struct da_nt_frame {
	struct da_regs regs;
	uint64_t args;               /* where its stack arguments begin (x64: its home space); 0 unknown */
	const struct da_nt_row *row; /* NULL: no name that matters */
	bool code_read;              /* the caller's code was read up to the call: what it loads for the first four */
	uint8_t code_known;          /* bit n: argument n */
	uint64_t code[4];
};

/* How much a source of an argument is worth, before what it leads to is looked at. */
#define DA_NT_BY_CODE 0.95f     /* the instruction before the call that loads it */
#define DA_NT_BY_STACK 0.9f     /* where the calling convention puts it in memory */
#define DA_NT_BY_REGISTER 0.85f /* its register, at a system call of Windows */
#define DA_NT_BY_HOME 0.8f      /* the place that x64 leaves for it: the function may have put something else there */
#define DA_NT_BY_KEPT 0.75f     /* a register that calls keep */
#define DA_NT_BY_WORD 0.7f      /* a word of its frame */

struct da_nt_value {
	uint64_t v;
	float confidence; /* DA_NT_BY_… */
	const char *from; /* rich clause: where it stood */
};

/* The thread at hand. */
struct da_nt_stack {
	uint32_t thread;
	unsigned n;
	struct da_nt_frame f[DA_NT_FRAMES];
	unsigned stub;  /* the frame that stands in a system call; n: none has a name */
	unsigned api;   /* the frame that tells what for; n: none */
	bool by_number; /* the stub has no name: the number of its system call told it */
};

struct da_nt {
	struct da_waits w;
	struct da_nt_stack s;
	struct da_map names;          /* struct da_place to its row + 1 */
	struct da_map handles;        /* handle to index of proc.handles */
	struct da_map handle_locks;   /* handle to index of proc.locks */
	struct da_map objects;        /* hash of a handle's name to index of proc.locks: one object, several handles */
	DA_VEC(uint32_t) any;         /* waits that another handle may end as well: whoever owns this one need not act */
	uint64_t loader_lock;         /* address of its critical section, 0 unknown */
	uint8_t *code;                /* of one function, scratch */
	bool wine;                    /* its own implementation of Windows runs this process */
};

/* Is this value the one? ctx: of the caller. */
typedef bool da_nt_proof(struct da_nt *n, uint64_t value, void *ctx);

/* ---------------------------------------------------------------- nt_stack.c */

/* Names, registers and argument places of the innermost frames of a thread. */
void da_nt_stack_read(struct da_nt *n, uint32_t thread);
/* The bare name of a function: no underscore in front and no @12 behind (x86), Nt for Zw; *ret_n bytes. */
const char *da_nt_bare(const char *raw, size_t *ret_n);
const struct da_nt_row *da_nt_by_name(const char *bare, size_t len);

/* nt_number.c: the system call at the top of a stack without names; NULL: not known. */
const struct da_nt_row *da_nt_by_number(const struct da_nt *n, const struct da_thread *t);

/* ---------------------------------------------------------------- nt_args.c */

/*
 * Values that argument `arg` of frame `frame` may have, the surest first, each once; up to max. Those of the registers of
 * the system call count only where `frame` is the stub.
 */
unsigned da_nt_args(struct da_nt *n, unsigned frame, unsigned arg, struct da_nt_value *ret, unsigned max);
/* The first of them that proves itself. */
bool da_nt_arg(struct da_nt *n, unsigned frame, unsigned arg, da_nt_proof *proof, void *ctx, struct da_nt_value *ret);
/* Any value in registers and on the stack of frames 0 to `last` that proves itself: the innermost first. */
bool da_nt_any(struct da_nt *n, unsigned last, da_nt_proof *proof, void *ctx, struct da_nt_value *ret);
/* The surest value, if its source is worth that much. */
bool da_nt_best(struct da_nt *n, unsigned frame, unsigned arg, float least, uint64_t *ret);
/* A LARGE_INTEGER: negative, in units of 100 ns, is a time from now. False: for ever, or a point in time. */
bool da_nt_timeout(struct da_nt *n, unsigned frame, unsigned arg, uint64_t *ret_us);

/* ---------------------------------------------------------------- the families; each adds the thread's waits */

struct da_nt_section {
	uint64_t address;
	int32_t lock_count, recursion;
	uint64_t owner;     /* thread id */
	bool linked;        /* its debug information points back to it */
	bool locked;
	uint32_t waiters;
	bool old_count;     /* LockCount counts entries: before Vista, and Wine */
};
/* Has the memory the form of a critical section? */
bool da_nt_read_section(struct da_nt *n, uint64_t address, struct da_nt_section *ret);
/* The lock of the section there, described if it is new. */
struct da_lock *da_nt_section_lock(struct da_nt *n, uint64_t address, uint32_t *ret_index);
bool da_nt_wait_section(struct da_nt *n);
/* Sections that are held and of which nobody is known to wait, by the list of their debug information. */
void da_nt_held_sections(struct da_nt *n);
void da_nt_find_loader_lock(struct da_nt *n);

bool da_nt_wait_address(struct da_nt *n);
/* Who may hold the SRW locks that threads wait for: they do not say. */
void da_nt_guess_srw(struct da_nt *n);

/* The thread of this id, or none that lives: the rules of all locks of Windows that keep an id. */
void da_nt_owner(struct da_nt *n, struct da_lock *l, uint32_t tid, float confidence);

void da_nt_index_handles(struct da_nt *n);
const struct da_handle *da_nt_handle(const struct da_nt *n, uint64_t handle);
/* Mutexes that a thread owns, or ended with, while nobody waits. */
void da_nt_held_handles(struct da_nt *n);
/* What a wait for a file is, by the name of its device. h may be NULL. */
enum da_lock_kind da_nt_file_kind(const struct da_handle *h);
bool da_nt_wait_handle(struct da_nt *n);

bool da_nt_wait_call(struct da_nt *n);

/* A wait of the thread at hand. frame: DA_NONE, or of the stack. */
struct da_wait *da_nt_add(struct da_nt *n, enum da_lock_kind kind, float confidence, const char *how);
/* "stands in NtWaitForSingleObject, called by WaitForSingleObjectEx": the names that the stack tells. */
const char *da_nt_way(struct da_nt *n);

void da_wait_windows(struct da_dump *d, struct da_symbols *s);

#endif
