/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of wait for Linux, private to the room. wait.c runs them in this order: which C library the threads belong
 * to (libc.c), what functions each stack is in and whose code made its system call (names.c, caller.c), which call that
 * is (calls.c), the object behind each futex (the recognisers of families.def), all other calls (call_wait.c), locks that
 * a thread holds without anybody waiting (held.c), whether the owner's own stack agrees (witness.c), states and roles
 * (state.c).
 */
#ifndef DA_WAIT_PARTS_H
#define DA_WAIT_PARTS_H

#include "wait/wait.h"

/* ---------------------------------------------------------------- system calls */

/* What the arguments of a system call mean, for one who waits in it. */
enum da_call_shape {
	DA_CALL_OTHER, DA_CALL_FUTEX, DA_CALL_FUTEX_WAITV, DA_CALL_FUTEX_WAIT, DA_CALL_READ, DA_CALL_WRITE, DA_CALL_RECEIVE,
	DA_CALL_SEND, DA_CALL_ACCEPT, DA_CALL_CONNECT, DA_CALL_SOCKETCALL, DA_CALL_IPC, DA_CALL_POLL, DA_CALL_PPOLL,
	DA_CALL_SELECT, DA_CALL_PSELECT, DA_CALL_EPOLL, DA_CALL_EPOLL2, DA_CALL_WAIT4, DA_CALL_WAITID, DA_CALL_SLEEP,
	DA_CALL_CLOCK_SLEEP, DA_CALL_SIGNAL, DA_CALL_SIGNAL_TIMED, DA_CALL_FLOCK, DA_CALL_FCNTL, DA_CALL_SYNC,
	DA_CALL_SYNC_ALL, DA_CALL_OPEN, DA_CALL_FILE, DA_CALL_PATH, DA_CALL_MESSAGE, DA_CALL_SEMAPHORE, DA_CALL_URING,
	DA_CALL_EVENTS, DA_CALL_VFORK, DA_CALL_RESTART, DA_CALL_EXIT,
};

struct da_call_row {
	const char *name;
	int16_t number[3]; /* x86_64, i386, aarch64 */
	uint8_t shape;     /* enum da_call_shape */
};

enum da_call_state {
	DA_IN_UNKNOWN, /* registers or code are missing */
	DA_IN_USER,    /* it ran its own code */
	DA_IN_CALL,    /* asleep in the kernel, or about to be */
	DA_CALL_ENDED, /* the kernel was done with the call */
};

struct da_syscall {
	uint8_t state;                 /* enum da_call_state */
	const struct da_call_row *row; /* NULL: a number that no table has */
	int64_t number;
	uint64_t arg[6];
	bool restarted;  /* it had been stopped before: the number was found elsewhere */
	bool by_register; /* aarch64: the register of the number alone says so */
	bool wide_time;  /* timespecs are of 64 bits each also on a 32-bit CPU */
	float confidence;
};

/* ---------------------------------------------------------------- what functions a stack is in */

/* Of families.def: what kind of thing a libc function waits for. */
enum da_family {
	DA_FAMILY_NONE,
#define DA_FAMILY_ROW(NAME, function) DA_FAMILY_##NAME,
#include "wait/families.def"
#undef DA_FAMILY_ROW
	DA_FAMILIES,
};

struct da_hint {
	uint8_t family;   /* enum da_family; NONE: no name says */
	uint32_t frame;   /* the frame of it, or the first one with a name; DA_NONE: no frame */
	const char *name; /* of the function, or NULL */
};

/* caller.c: whose code made the system call that a thread sleeps in. */
enum da_caller {
	DA_BY_LIBRARY, /* the C library's own: what it sleeps on may be one of its objects */
	DA_BY_PROGRAM, /* never one of them */
	DA_BY_UNNAMED, /* no name tells: what the memory looks like is all there is */
};

/* ---------------------------------------------------------------- threads */

/*
 * How sure each kind of evidence makes of an owner, or of what a thread waits for (wait.h says what the numbers mean).
 * The rules take 0.6 and more for true.
 */
#define DA_CERTAIN 0.98f /* its function and its form agree; or the kernel reads it too: lists of robust mutexes */
#define DA_SURE 0.95f    /* a witness that does not depend on the word */
#define DA_LIKELY 0.9f   /* such a witness, which something else than a lock that is held might explain as well */
#define DA_FIELD 0.85f   /* a field of the object that its function and its form both tell */
#define DA_FORM 0.75f    /* one of the two; or a stack, where the object stores nobody */
#define DA_WEAK 0.7f     /* one of the two, of which something is amiss */
#define DA_MAYBE 0.6f    /* more likely than not */
#define DA_SHAPE 0.55f   /* from what the memory looks like, where no name tells whose it is */
#define DA_GUESS 0.5f
#define DA_HARDLY 0.4f

/* A piece of memory that was looked up: reads of one object, and of one stack, follow each other. */
struct da_window {
	uint64_t start;
	size_t n, range; /* range: the next one is looked for from it on */
	const uint8_t *p;
};

struct da_asleep_thread {
	struct da_syscall call;
	struct da_hint hint;
	uint32_t families;   /* bit n: one of its frames is a function of enum da_family n */
	uint8_t caller;      /* enum da_caller */
	uint8_t locks_taken; /* enum da_locks_taken, once asked */
	bool locks_asked;
	uint64_t descriptor; /* struct pthread, 0: not found */
	uint64_t held;       /* head of its list of robust mutexes, 0: it is empty, or not there */
	uint32_t tid;        /* as the process itself knows it: of its own pid namespace */
	bool is_futex;
	uint64_t cond_mutex; /* what it will want again when the condition variable lets it go; 0 none */
	uint32_t primary;    /* index of its primary wait, or DA_NONE */
	struct da_window stack; /* memory.c: from its stack pointer on; once asked for */
	bool has_stack;
};

#define DA_WAIT_LEAVING (1u << 17)
#define DA_WAIT_GUARDS 32

enum da_libc { DA_LIBC_UNKNOWN, DA_LIBC_GLIBC, DA_LIBC_MUSL };
enum da_wait_cpu { DA_CPU_X64, DA_CPU_X86, DA_CPU_A64 };

/* Offsets in a thread's descriptor; see descriptors.def. 0: not known. */
struct da_descriptor {
	uint8_t libc, cpu;
	uint16_t tid, self, robust[2], joinstate, size[3];
};

/* mentions.c: places on stacks that hold an address. */
struct da_mention {
	uint32_t thread, offset; /* from the stack pointer: the first one of this thread */
	uint32_t before;         /* 1 + index of another thread's */
};
struct da_mentions {
	struct da_map newest; /* address to 1 + index */
	DA_VEC(struct da_mention) all;
	uint64_t lowest, highest; /* of the addresses that are wanted: most words of stacks lie outside */
};

struct da_waits {
	struct da_dump *d;
	struct da_symbols *s;
	struct da_process *p;
	const struct da_memory *m;
	struct da_window *window;     /* NULL: memory that looks different to each thread is read */
	enum da_wait_cpu cpu;
	unsigned word;                /* bytes of a pointer */
	const struct da_descriptor *layout; /* NULL: the C library is not known */
	bool ids_missing;             /* of some thread the id that it has for itself is not known */
	uint32_t first;               /* the thread that the process began with; DA_NONE: it has ended */
	uint32_t own_id;              /* of the process, as its memory has it */
	bool own_namespace;           /* ids in memory are those of another pid namespace than the dump's */
	struct da_asleep_thread *t;   /* one a thread */
	const struct da_call_row *by_number[512];
	struct da_idle_rows *idle_rows; /* state.c; made when asked for */
	const char **call_words;      /* of each row of syscalls.def, once made */
	struct da_map descriptors;    /* descriptor to thread */
	struct da_map families;       /* struct da_place to enum da_family */
	struct da_map made;           /* place in code to the addresses made before it */
	struct da_map effects;        /* function to what it does to locks */
	struct da_map callees;        /* return address to what was called there */
	struct da_map tids;           /* inner thread id to thread */
	struct da_map sleepers;       /* address to how many threads sleep on it */
	struct da_map musl_conds, musl_nodes; /* conditions that were looked at; node of a waiter to its condition */
	uint32_t guards_left;         /* of static variables whose initialisers may still be searched for */
	uint32_t leaving_left;        /* stacks that may still be searched for who was woken */
	struct da_mentions objects;   /* once.c, arena.c: words slept on, on stacks of their functions; made when asked for */
	bool has_objects;
	struct da_mentions readers;   /* witness.c: locks that somebody reads, on all stacks */
	struct da_mentions common;    /* witness.c: locks with an owner, on the stacks of a sample of the threads */
	uint32_t sample;              /* every so many threads */
	uint32_t *waiters;            /* of each lock, among the sample; those who wait for nothing more specific */
	uint32_t bodies_left;         /* functions of frames whose calls may still be read */
	uint32_t pointers_left;       /* locks to which pointers may still be searched for */
	uint32_t held_left;           /* entries of robust lists that may still be looked at */
	struct da_map locks;          /* address to index of proc.locks */
	uint32_t first_lock, first_wait; /* those before are of others */
};

/* wait.c: CPU, threads, and what a language runtime has told already. False: a CPU that is not read. */
bool da_wait_prepare(struct da_waits *w);
enum da_libc da_wait_libc(const struct da_waits *w);
/* libc.c: which C library, its descriptors, and the ids that the process itself uses. */
void da_wait_find_libc(struct da_waits *w);
/* single.c: the time of a thread that was always alone is its own. */
void da_wait_single(struct da_waits *w);
/* owner.c: which of those ids is the process's. */
void da_wait_own_ids(struct da_waits *w);
/* The thread with this id in memory, or DA_NONE. */
uint32_t da_wait_by_tid(const struct da_waits *w, uint32_t tid);
/* The thread of this descriptor, or DA_NONE. */
uint32_t da_wait_by_descriptor(const struct da_waits *w, uint64_t address);
/* Can it be the id of a thread? */
bool da_wait_is_tid(uint64_t tid);
/* Is it so large that few other numbers are? Ids of a container of its own may be smaller, as most numbers are. */
bool da_wait_is_telling(uint64_t tid);
/* May the process have had threads that the dump, or its memory, does not tell by the id that they knew? */
bool da_wait_threads_missing(const struct da_waits *w);

/* calls.c */
void da_wait_calls(struct da_waits *w);
/* The words "read (system call 0)". */
const char *da_call_words(const struct da_waits *w, const struct da_syscall *c);

/* names.c */
void da_wait_hints(struct da_waits *w);
/* Whose function it is. */
enum da_family da_wait_family_of(struct da_waits *w, const struct da_frame *f);
/* A libc function's name (n bytes) without what glibc puts around it; NULL: nothing is left. */
const char *da_wait_bare(const char *raw, size_t *ret_n);
/* caller.c; hints are known by then. is_static: the C library is no module of its own. */
enum da_caller da_wait_caller(const struct da_waits *w, uint32_t thread, bool is_static);

/* memory.c: numbers of the process; false: not in the dump. */
bool da_wait_u32(const struct da_waits *w, uint64_t addr, uint32_t *ret);
bool da_wait_word(const struct da_waits *w, uint64_t addr, uint64_t *ret);
/* n words of 32 bits. */
bool da_wait_words(const struct da_waits *w, uint64_t addr, uint32_t *ret, unsigned n);
#define DA_WAIT_AHEAD 8 /* so many threads or locks before */
/*
 * The memory at this address, perhaps in one piece with the thread's stack, of which the words so far behind it will be
 * read soon: of thousands of threads each one's is far from the last one's.
 */
struct da_window da_wait_expect(const struct da_waits *w, uint32_t thread, uint64_t addr, unsigned first, unsigned second);
/* The top of its stack, the first of its frames will be read soon. thread: or one that there is not. */
void da_wait_expect_stack(const struct da_waits *w, uint32_t thread);
void da_wait_expect_frames(const struct da_waits *w, uint32_t thread);
/* Microseconds of a timespec (nsec) or timeval (usec); false: none, not in the dump, or no time. */
bool da_wait_time(const struct da_waits *w, uint64_t addr, bool wide, bool nanoseconds, uint64_t *ret_us);
/*
 * The stack of a thread from its stack pointer on, as it lies, to its outermost frame if that is known: words in one
 * piece, at most `most` bytes; 0: not in the dump.
 */
size_t da_wait_stack(const struct da_waits *w, uint32_t thread, size_t most, const uint8_t **ret);
uint64_t da_wait_stack_word(const struct da_waits *w, const uint8_t *stack, size_t i);
/* Does it hold this word, within so many bytes? */
bool da_wait_on_stack(const struct da_waits *w, uint32_t thread, uint64_t value, size_t bytes);
bool da_wait_in_register(const struct da_waits *w, uint32_t thread, uint64_t value);
/* Is it the C library, or its threads of old? */
bool da_wait_is_libc(const struct da_module *m);
/* The module's base name that holds the address starts so. */
bool da_wait_in_module(const struct da_waits *w, uint64_t addr, const char *prefix);

/* mentions.c */
/* Which stacks, and how much of each from its top. */
struct da_stacks {
	uint32_t families; /* only of threads that are in functions of one of these; 0 all */
	uint32_t step;     /* of every thread, every second one, … */
	size_t bytes;
};
/* Say which addresses are wanted, all before the one search. */
void da_mentions_want(const struct da_waits *w, struct da_mentions *m, uint64_t address);
void da_mentions_find(const struct da_waits *w, struct da_mentions *m, const struct da_stacks *of);
/* Threads whose stacks hold it, the last one first; NULL: none, or no more. */
const struct da_mention *da_mentions_of(const struct da_mentions *m, uint64_t address);
const struct da_mention *da_mention_before(const struct da_mentions *m, const struct da_mention *at);
/* Words that threads sleep on, on the stacks of those that are in functions that run something for others or allocate. */
const struct da_mentions *da_wait_objects(struct da_waits *w);

/* ---------------------------------------------------------------- futexes */

enum { DA_FUTEX_WAIT = 0, DA_FUTEX_LOCK_PI = 6, DA_FUTEX_WAIT_BITSET = 9, DA_FUTEX_WAIT_REQUEUE_PI = 11,
       DA_FUTEX_LOCK_PI2 = 13, DA_FUTEX_PRIVATE = 0x80, DA_FUTEX_REALTIME = 0x100,
       DA_FUTEX_TID_MASK = 0x3fffffff, DA_FUTEX_OWNER_DIED = 0x40000000 };
#define DA_FUTEX_WAITERS UINT32_C(0x80000000)

/* What a recogniser is asked: a thread that sleeps on a word; and what it answers. */
struct da_futex {
	struct da_waits *w;
	uint32_t thread;
	struct da_hint hint;
	uint64_t address;
	uint32_t op, command, value; /* command: op without its flags */
	bool has_word;
	uint32_t word;               /* what is there now */
	uint64_t deadline;           /* address of the time limit, 0: there is none */
	bool wide_time;              /* of two words of 64 bits */
	bool has_timeout, absolute, endless;
	uint64_t timeout_us;         /* asked for; of absolute ones the clock's time */
	unsigned sleepers;           /* threads that sleep on this word */
};

struct da_found {
	uint8_t kind;          /* enum da_lock_kind */
	uint64_t base;         /* of the object */
	struct da_lock lock;   /* what is known of it; address and kind are filled in by the caller */
	uint32_t target;       /* of a wait that is no lock's: who must act, or DA_NONE */
	const char *how;       /* of the wait: rich, one clause */
	float confidence;      /* that the thread waits for this object */
};

/*
 * A recogniser: is the word part of such an object? named: the stack is in a function of this family, so that the
 * shape may be weaker evidence. False: not mine, *ret is untouched.
 */
typedef bool da_recogniser_fn(const struct da_futex *f, bool named, struct da_found *ret);

void da_wait_futexes(struct da_waits *w);
/* The names of variables to the locks that are some. */
void da_wait_name_locks(struct da_waits *w);
/* Does it sleep on a word in [from, to) that has changed since? */
bool da_wait_is_woken(const struct da_waits *w, uint32_t thread, uint64_t from, uint64_t to);
/* Threads that sleep on a word at this address. */
unsigned da_wait_sleepers(const struct da_waits *w, uint64_t address);

/* What a lock's word or owner field says of a thread id: thread, state and confidence by the rules of all locks. */
void da_wait_owner(const struct da_waits *w, struct da_lock *l, uint32_t tid, float confidence, bool shared);
/* What there is to say of an id that is that of no thread: begins with a comma, or "". */
const char *da_wait_owner_words(const struct da_waits *w, const struct da_lock *l, bool shared);
/* The lock at this address, made if it is new. */
struct da_lock *da_wait_lock(struct da_waits *w, uint64_t address, enum da_lock_kind kind, uint32_t *ret_index);
struct da_wait *da_wait_add(struct da_waits *w, uint32_t thread, enum da_lock_kind kind);

#define DA_FAMILY_ROW(NAME, function) da_recogniser_fn da_recognise_##function;
#include "wait/families.def"
#undef DA_FAMILY_ROW

/* musl.c: its own forms of the same objects. */
da_recogniser_fn da_recognise_musl_mutex, da_recognise_musl_rwlock, da_recognise_musl_cond, da_recognise_musl_barrier,
	da_recognise_musl_semaphore;

/* The mutex at the address, whoever waits for it. waiting: someone sleeps on it. False: no mutex stands there. */
bool da_wait_read_mutex(const struct da_waits *w, uint64_t address, bool waiting, struct da_lock *ret,
			const char **ret_kind);

/* Is it of a kind that never lets its own owner wait for it: recursive, or error-checking? */
bool da_wait_refuses_owner(const struct da_waits *w, uint64_t address);
/* Can this mutex be one that a waiter of a condition variable gave back? It still counts as a user of it. */
bool da_wait_is_cond_mutex(const struct da_waits *w, uint64_t address);

/* ---------------------------------------------------------------- the rest */

/* deadline.c: a wait until this time of a clock, in microseconds; "until 2026-11-27 21:50:19 UTC". */
const char *da_wait_deadline(const struct da_waits *w, struct da_wait *wait, enum da_clock clock, uint64_t us);
/* Of each wait that has one: how many other threads have one close to it. */
void da_wait_company(struct da_waits *w);

/* call_wait.c: waits in other system calls. */
void da_wait_call(struct da_waits *w, uint32_t thread);
/* remote.c: which of the waits are for another machine or process. */
void da_wait_remote(struct da_waits *w);
/* managed.c: what a managed wait and the native one beneath it tell of each other. */
void da_wait_managed(struct da_waits *w);
/* spin.c: a thread that turns. */
void da_wait_spin(struct da_waits *w, uint32_t thread);
/* held.c: is a list of robust mutexes there, and not empty? Asked when the descriptor is found, next to which it lies. */
void da_wait_note_held(struct da_waits *w, uint32_t thread);
/* Robust lists, the loader's locks. */
void da_wait_held(struct da_waits *w);
/* witness.c: do the stacks agree with what the words say? */
void da_wait_witness(struct da_waits *w);
/* witness_code.c: the function on the thread's stack whose code made this address, before the place where it is; NULL. */
const char *da_wait_made_in(struct da_waits *w, uint32_t thread, uint64_t address);
/* witness_pointer.c: the pointer by which a thread may have come to a lock, in words; NULL: none, or most threads have it. */
const char *da_wait_leads_to(const struct da_waits *w, uint32_t thread, uint32_t lock);
/*
 * witness_calls.c: did one of the functions that a thread is in take a lock, which it still has? PERHAPS: by code that stands
 * behind the place where it is.
 */
enum da_locks_taken { DA_TOOK_UNKNOWN, DA_TOOK_NONE, DA_TOOK_PERHAPS, DA_TOOK_LOCK };
enum da_locks_taken da_wait_locks_taken(struct da_waits *w, uint32_t thread);
/* state.c: is it a lock, or another thread, that such a wait is for? */
bool da_wait_blocks(enum da_lock_kind kind);
/* state.c: does it wait as threads without work do, by idle.def? */
bool da_wait_is_idle(struct da_waits *w, uint32_t thread);
/* state.c: states and roles of all threads. */
void da_wait_states(struct da_waits *w);

#endif
