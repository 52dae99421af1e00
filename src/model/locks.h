/* SPDX-License-Identifier: Apache-2.0 */
/*
 * locks: who holds what and who waits for whom, native and managed in one list, so that a deadlock
 * through both is a cycle like any other. Included by model.h. Each fact keeps how it is known.
 */
#ifndef DA_MODEL_LOCKS_H
#define DA_MODEL_LOCKS_H

/* Words of locks.kind and of waits.kind, in the order of blocks.def (lock_kind, then wait_kind). */
enum da_lock_kind {
	DA_LOCK_PTHREAD_MUTEX, DA_LOCK_PTHREAD_RWLOCK, DA_LOCK_PTHREAD_COND, DA_LOCK_PTHREAD_JOIN, DA_LOCK_PTHREAD_ONCE,
	DA_LOCK_SEMAPHORE, DA_LOCK_BARRIER, DA_LOCK_FUTEX, DA_LOCK_SPIN, DA_LOCK_STDIO, DA_LOCK_MALLOC_ARENA, DA_LOCK_LOADER,
	DA_LOCK_CRITICAL_SECTION, DA_LOCK_SRW, DA_LOCK_CONDITION_VARIABLE, DA_LOCK_MUTANT, DA_LOCK_EVENT,
	DA_LOCK_NT_SEMAPHORE, DA_LOCK_WAITABLE_TIMER, DA_LOCK_THREAD, DA_LOCK_PROCESS, DA_LOCK_ADDRESS,
	DA_LOCK_MONITOR, DA_LOCK_MONITOR_WAIT, DA_LOCK_CLR_LOCK, DA_LOCK_SEMAPHORE_SLIM, DA_LOCK_RWLOCK_SLIM,
	DA_LOCK_EVENT_SLIM, DA_LOCK_COUNTDOWN, DA_LOCK_CLR_BARRIER, DA_LOCK_LAZY, DA_LOCK_CLASS_INIT,
	DA_LOCK_ASSEMBLY_LOAD, DA_LOCK_TASK, DA_LOCK_UNKNOWN,
	/* only of waits */
	DA_WAIT_SLEEP, DA_WAIT_TIMER, DA_WAIT_POLL, DA_WAIT_SOCKET, DA_WAIT_PIPE, DA_WAIT_FILE, DA_WAIT_CHILD,
	DA_WAIT_SIGNAL, DA_WAIT_MESSAGE, DA_WAIT_IO_COMPLETION, DA_WAIT_ALPC, DA_WAIT_GC, DA_WAIT_DEBUGGER,
	DA_LOCK_KINDS,
};
const char *da_lock_kind_name(enum da_lock_kind kind);

enum da_lock_state { DA_LOCK_HELD, DA_LOCK_FREE, DA_LOCK_ORPHANED, DA_LOCK_CONTENDED, DA_LOCK_STATE_UNKNOWN };
const char *da_lock_state_name(enum da_lock_state state); /* NULL: unknown */

#define DA_LOCK_READERS 64 /* of one lock that are kept */

struct da_lock {
	uint64_t address;      /* 0: none */
	uint8_t kind, state;
	const char *name;      /* of a symbol or a handle, or NULL */
	const char *type;      /* of the object, for managed ones, or NULL */
	uint32_t owner;        /* thread, or DA_NONE: none, or unknown */
	uint32_t owner_tid;    /* 0 unknown; set with owner DA_NONE: a thread that is not in the dump */
	bool has_recursion, has_count, has_max, has_waiting;
	uint32_t recursion;    /* times the owner entered: 1 once */
	int64_t count, max;
	uint32_t waiting;      /* waiters by the lock's own count; those that are known stand in waits */
	DA_VEC(uint32_t) readers; /* threads that may hold it for reading, by what lies on their stacks; it stores none */
	bool unread;           /* its memory is not in the dump: what it would tell of its owner is unknown */
	bool no_recursion;     /* a thread that has it, for reading too, and asks again gets an error: it does not wait */
	bool any_unlocks;      /* its unlock does not ask who the owner is: another thread may give it back */
	const char *how;       /* rich: what tells the owner */
	float confidence;      /* of the owner, 0 to 1 */
};

/* A window that waits for somebody's answer. */
enum da_box { DA_BOX_NONE, DA_BOX_MESSAGE, DA_BOX_DIALOG };

/* Of several things: does one of them end the wait, or only all? */
enum da_wait_mode { DA_WAIT_ONE, DA_WAIT_ANY, DA_WAIT_ALL };
const char *da_wait_mode_name(enum da_wait_mode mode);

/* That a deadline is of: the time of day; since the machine began; CLOCK_BOOTTIME and others. */
#define DA_WAIT_COMPANY_US 20000
enum da_clock { DA_CLOCK_REALTIME, DA_CLOCK_MONOTONIC, DA_CLOCK_OTHER };

struct da_wait {
	uint32_t thread;
	uint32_t lock;         /* index of locks, or DA_NONE */
	uint64_t address;      /* 0: none */
	uint32_t owner;        /* the thread that must act, or DA_NONE */
	uint8_t kind;          /* enum da_lock_kind */
	bool primary;          /* the most specific one of its thread */
	bool parked;           /* so rests a thread that is to have no work: its lock holds nobody up, `owner` is none */
	bool woken;            /* what it waits for has come: its wake-up is on its way, or was lost */
	uint8_t mode;          /* enum da_wait_mode */
	bool has_timeout;
	uint64_t timeout_us;   /* as asked for */
	bool endless;          /* it asked for no limit: known, where others' may just not be in the dump */
	const char *call;      /* the system call that it is in, plain: "futex", "NtDelayExecution"; NULL: not known */
	bool has_fd;
	int32_t fd;            /* the file descriptor that the call names */
	const char *file;      /* rich: what a listing beside the dump says it is, or NULL */
	uint32_t pid;          /* the child that it waits for; 0: any, or not known */
	bool has_deadline;     /* it ends by itself, at a point in time; one too far away to come is none */
	uint8_t clock;         /* enum da_clock */
	uint64_t deadline_us;  /* as that clock counts */
	bool has_left;         /* what the clock showed when the dump was made is known */
	int64_t left_us;       /* from then to the deadline; below 0: it had passed */
	uint32_t company;      /* other threads whose deadlines by that clock lie within DA_WAIT_COMPANY_US of this one's */
	uint32_t frame;        /* of the thread, that shows it; or DA_NONE */
	const char *how;       /* rich: how we know */
	float confidence;      /* that this thread waits for this, 0 to 1 */
	const char *remote;    /* whom outside of the process it asked, plain: "PostgreSQL, by libpq"; NULL: nobody that is known */
	const char *peer;      /* rich: the address that a connection is being made to; NULL: not known */
	uint8_t box;           /* enum da_box */
	const char *text;      /* rich: of a message box; NULL: not known */
};

#endif
