/* SPDX-License-Identifier: Apache-2.0 */
/*
 * beside: what files of /proc, kept beside a Linux core, say that no core holds. Included by model.h.
 *
 * They were written at another moment than the dump, so what they say is told with the file's name, and never
 * replaces what the dump says of the same thing.
 */
#ifndef DA_MODEL_BESIDE_H
#define DA_MODEL_BESIDE_H

/* Numbers of /proc/PID/status (proc_pid_status(5)), sizes in bytes. */
enum da_status_number {
	DA_STATUS_THREADS, DA_STATUS_TRACER /* 0: nobody */, DA_STATUS_EUID, DA_STATUS_VIRTUAL, DA_STATUS_VIRTUAL_PEAK,
	DA_STATUS_RESIDENT, DA_STATUS_RESIDENT_PEAK, DA_STATUS_ANONYMOUS, DA_STATUS_SWAPPED, DA_STATUS_CAPABILITIES,
	DA_STATUS_NO_NEW_PRIVILEGES, DA_STATUS_SECCOMP, DA_STATUS_VOLUNTARY, DA_STATUS_INVOLUNTARY, DA_STATUS_NUMBERS,
};

struct da_kernel_status {
	const char *file;     /* its base name */
	const char *name;     /* of the thread, as the kernel has it: at most 15 bytes; or NULL */
	char state;           /* R S D T t Z X I, or 0 */
	uint32_t known;       /* bit n: v[n] */
	uint64_t v[DA_STATUS_NUMBERS];
	uint32_t pid;         /* Pid: of the thread, as who read the file saw it */
	DA_VEC(uint32_t) pids; /* NSpid: the same in each namespace of process ids, outermost first */
	const char *cpus;     /* "0-3": on which it may run, or NULL */
};

static inline bool da_status_has(const struct da_kernel_status *s, enum da_status_number n)
{
	return s && s->known >> n & 1;
}

/* What PID.stack says of one thread. */
struct da_kernel_stack {
	const char *file;
	const struct da_kernel_status *status; /* NULL: not told */
	DA_VEC(const char *) functions;        /* of the kernel, innermost first */
};

/* "sleeps", "waits for a device, and cannot be interrupted" of a state letter; NULL: not a known one. */
const char *da_kernel_state_words(char state);

#endif
