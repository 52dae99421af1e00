/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits in system calls that are no futex: the descriptor, the timeout, the child or the peer that its arguments name.
 * What a descriptor is, only the kernel knew; it is in no core, so only a listing beside it (proc.handles) tells.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "wait/parts.h"

#define POLLED 8 /* descriptors of poll that are told */
#define LOOKED 4096 /* of those that are looked at: programs leave some out by a negative number */

struct told {
	struct da_waits *w;
	const struct da_syscall *c;
	uint8_t kind;        /* enum da_lock_kind */
	const char *what;    /* rich: a clause */
	bool has_timeout;
	uint64_t timeout_us;
	bool descriptor;     /* its arguments name a file descriptor that no listing knows */
	bool has_fd;
	int32_t fd;
	const char *file;    /* rich: what the listing says, or NULL */
	uint32_t pid;        /* 0 none */
	bool absolute;       /* until then, of `clock` */
	uint8_t clock;       /* enum da_clock */
	const char *peer;    /* rich: whom it connects to, or NULL */
};

static int32_t number(const struct told *t, unsigned arg)
{
	return (int32_t)t->c->arg[arg];
}

static void timeout_ms(struct told *t, unsigned arg)
{
	t->has_timeout = number(t, arg) >= 0;
	t->timeout_us = t->has_timeout ? (uint64_t)number(t, arg) * 1000 : 0;
}

static void timeout_at(struct told *t, unsigned arg, bool nanoseconds)
{
	t->has_timeout = da_wait_time(t->w, t->c->arg[arg], t->c->wide_time, nanoseconds, &t->timeout_us);
}

static int by_number(const void *key, const void *element)
{
	uint64_t fd = *(const uint64_t *)key, number = ((const struct da_handle *)element)->handle;

	return fd < number ? -1 : fd > number;
}

/* What the listing beside the dump says of a descriptor, or NULL; it was made at another time. */
static const char *file_of(struct told *t, int32_t fd)
{
	const struct da_process *p = &t->w->d->proc;
	uint64_t key = (uint32_t)fd;
	const struct da_handle *h = NULL;

	if (fd >= 0 && p->handles.n > 0)
		h = bsearch(&key, p->handles.v, p->handles.n, sizeof(*h), by_number);
	t->descriptor |= !h;
	return h && h->name ? da_printf(t->w->d->arena, DA_PATH("%s") ", says %u.fd", h->name, p->pid) : NULL;
}

static const char *target(struct told *t, int32_t fd)
{
	const char *file = file_of(t, fd);

	return file ? da_printf(t->w->d->arena, " (%s)", file) : "";
}

/* The one descriptor that a call is about. */
static const char *one_target(struct told *t, int32_t fd)
{
	t->has_fd = true;
	t->fd = fd;
	t->file = file_of(t, fd);
	return t->file ? da_printf(t->w->d->arena, " (%s)", t->file) : "";
}

static const char *fd_words(struct told *t, const char *verb)
{
	return da_printf(t->w->d->arena, "%s file descriptor %d%s", verb, number(t, 0), one_target(t, number(t, 0)));
}

/* ---------------------------------------------------------------- sockets */

/* struct sockaddr of AF_INET, AF_INET6, AF_UNIX; whom it connects to is a name of the site. */
static const char *peer(struct told *t, uint64_t at)
{
	struct da_arena *a = t->w->d->arena;
	uint8_t b[28];
	char *path;

	if (da_mem_read(t->w->m, at, b, 2, NULL) != DA_OK)
		return NULL;
	if (b[0] == 2 && b[1] == 0 && da_mem_read(t->w->m, at, b, 8, NULL) == DA_OK)
		return da_printf(a, DA_SITE("%u.%u.%u.%u:%u"), b[4], b[5], b[6], b[7], b[2] * 256u + b[3]);
	if (b[0] == 10 && b[1] == 0 && da_mem_read(t->w->m, at, b, 24, NULL) == DA_OK) {
		struct da_str s DA_CLEANUP(da_str_done) = { 0 };

		for (unsigned i = 0; i < 8; i++)
			da_str_addf(&s, "%s%x", i ? ":" : "", b[8 + 2 * i] * 256u + b[9 + 2 * i]);
		return da_printf(a, DA_SITE("[%s]:%u"), da_str_get(&s), b[2] * 256u + b[3]);
	}
	if (b[0] == 1 && b[1] == 0 && da_mem_cstr(t->w->m, a, at + 2, 107, &path) <= DA_PARTIAL && *path)
		return da_printf(a, DA_PATH("%s"), path);
	return NULL;
}

static void of_connect(struct told *t, uint64_t address)
{
	const char *to = peer(t, address);

	t->kind = DA_WAIT_SOCKET;
	t->what = fd_words(t, "connects");
	t->peer = to;
	if (to)
		t->what = da_printf(t->w->d->arena, "%s to %s", t->what, to);
}

static void of_socketcall(struct told *t)
{
	static const char *const verbs[] = { [3] = "connects", [5] = "accepts on", [9] = "sends on", [10] = "receives from",
					     [11] = "sends on", [12] = "receives from", [16] = "sends on",
					     [17] = "receives from", [18] = "accepts on", [19] = "receives from",
					     [20] = "sends on" };
	uint32_t which = (uint32_t)t->c->arg[0], args[3];
	const char *to = NULL;

	t->kind = DA_WAIT_SOCKET;
	if (which >= DA_ARRAY_SIZE(verbs) || !verbs[which] || !da_wait_words(t->w, t->c->arg[1], args, 3)) {
		t->what = "a call on a socket";
		return;
	}
	if (which == 3)
		t->peer = to = peer(t, args[1]);
	t->what = da_printf(t->w->d->arena, "%s file descriptor %d%s%s%s", verbs[which], (int32_t)args[0],
			    one_target(t, (int32_t)args[0]), to ? " to " : "", to ? to : "");
}

/* ---------------------------------------------------------------- many descriptors */

static const char *polled(struct told *t)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	uint64_t at = t->c->arg[0], n = t->c->arg[1];
	unsigned told = 0;

	if (n == 0)
		return NULL;
	for (uint64_t i = 0; i < n && i < LOOKED && told < POLLED; i++) {
		uint32_t fd;

		if (!da_wait_u32(t->w, at + 8 * i, &fd))
			break;
		if ((int32_t)fd < 0) /* left out by the program */
			continue;
		da_str_addf(&s, "%s%u%s", told ? ", " : "", fd, target(t, (int32_t)fd));
		told++;
	}
	if (!told)
		return da_printf(t->w->d->arena, "waits for any of %llu file descriptors", (unsigned long long)n);
	return da_printf(t->w->d->arena, "waits for file descriptor%s %s%s", n > 1 ? "s" : "", da_str_get(&s),
			 told < n ? " and more" : "");
}

static const char *selected(struct told *t)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	int32_t n = number(t, 0);
	unsigned told = 0;

	for (unsigned set = 1; set <= 3; set++)
		for (int32_t i = 0; t->c->arg[set] && i < n && i < 1024 && told < POLLED; i++) {
			uint8_t byte;

			if (da_mem_u8(t->w->m, t->c->arg[set] + (uint64_t)i / 8, &byte) != DA_OK)
				break;
			if (byte >> i % 8 & 1)
				da_str_addf(&s, "%s%d%s", told++ ? ", " : "", i, target(t, i));
		}
	if (!told)
		return NULL;
	return da_printf(t->w->d->arena, "waits for file descriptor%s %s", told > 1 ? "s" : "", da_str_get(&s));
}

/* Of no descriptor: programs sleep so, and pause() of CPUs that have no such call. */
static void of_poll(struct told *t, const char *descriptors)
{
	t->kind = descriptors ? DA_WAIT_POLL : t->has_timeout ? DA_WAIT_SLEEP : DA_WAIT_SIGNAL;
	t->what = descriptors ? descriptors : t->has_timeout ? "sleeps" : "waits for a signal";
}

/* ---------------------------------------------------------------- processes, sleep, files */

static void of_child(struct told *t)
{
	struct da_arena *a = t->w->d->arena;
	int32_t pid = number(t, 0);

	t->kind = DA_WAIT_CHILD;
	if (t->c->row->shape == DA_CALL_WAITID) {
		t->pid = pid == 1 && number(t, 1) > 0 ? (uint32_t)number(t, 1) : 0;
		t->what = pid == 0 ? "waits for any child process"
			  : pid == 1 ? da_printf(a, "waits for child process %d", number(t, 1))
			  : pid == 2 ? da_printf(a, "waits for a child process of group %d", number(t, 1))
				     : da_printf(a, "waits for the process of file descriptor %d", number(t, 1));
	} else {
		t->pid = pid > 0 ? (uint32_t)pid : 0;
		t->what = pid > 0 ? da_printf(a, "waits for child process %d", pid)
			  : pid == -1 ? "waits for any child process"
			  : pid == 0 ? "waits for a child process of its own group"
				     : da_printf(a, "waits for a child process of group %lld", -(long long)pid);
	}
}

static void of_clock_sleep(struct told *t)
{
	int32_t clock = number(t, 0); /* CLOCK_REALTIME 0, CLOCK_MONOTONIC 1 */
	bool absolute = t->c->arg[1] & 1;

	t->kind = DA_WAIT_SLEEP;
	if (!absolute) {
		timeout_at(t, 2, true);
		t->what = "sleeps";
	} else if (da_wait_time(t->w, t->c->arg[2], t->c->wide_time, true, &t->timeout_us)) {
		t->absolute = true;
		t->clock = (uint8_t)(clock == 0 ? DA_CLOCK_REALTIME : clock == 1 ? DA_CLOCK_MONOTONIC : DA_CLOCK_OTHER);
		t->what = "sleeps";
	} else {
		t->what = "sleeps until a point in time";
	}
}

static void of_fcntl(struct told *t)
{
	enum { SETLKW = 7, SETLKW64 = 14, OFD_SETLKW = 38 };
	int32_t command = number(t, 1);

	t->kind = DA_WAIT_FILE;
	t->what = command == SETLKW || command == SETLKW64 || command == OFD_SETLKW
			  ? fd_words(t, "waits for a lock (fcntl) on a part of")
			  : fd_words(t, "fcntl on");
}

static void of_ipc(struct told *t)
{
	enum { SEMOP = 1, SEMTIMEDOP = 4, MSGSND = 11, MSGRCV = 12 };
	uint32_t which = (uint32_t)t->c->arg[0] & 0xffff;
	bool sem = which == SEMOP || which == SEMTIMEDOP;

	t->kind = sem ? DA_LOCK_SEMAPHORE : which == MSGSND || which == MSGRCV ? DA_WAIT_PIPE : DA_LOCK_UNKNOWN;
	t->what = da_printf(t->w->d->arena, "waits for System V %s %d", sem ? "semaphore set" : "message queue",
			    number(t, 1));
}

/* struct futex_waitv {u64 value, address; u32 flags, reserved}: Wine's and newer runtimes' wait for several. */
static void of_waitv(struct told *t)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	uint64_t n = DA_MIN(t->c->arg[1], 128), address;
	unsigned told = 0;

	t->kind = DA_LOCK_FUTEX;
	for (uint64_t i = 0; i < n && told < POLLED; i++) {
		if (da_mem_u64(t->w->m, t->c->arg[0] + 24 * i + 8, &address) != DA_OK)
			break;
		da_str_addf(&s, "%s" DA_ADDR("0x%" PRIx64), told++ ? ", " : " ", address);
	}
	t->what = da_printf(t->w->d->arena, "waits for any of %" PRIu64 " futexes%s%s", n, da_str_get(&s),
			    told < n ? " and more" : "");
}

static bool by_descriptor(struct told *t)
{
	static const struct {
		uint8_t shape, kind;
		const char *verb;
	} calls[] = {
		{ DA_CALL_READ, DA_WAIT_FILE, "reads from" }, { DA_CALL_WRITE, DA_WAIT_FILE, "writes to" },
		{ DA_CALL_RECEIVE, DA_WAIT_SOCKET, "receives from" }, { DA_CALL_SEND, DA_WAIT_SOCKET, "sends on" },
		{ DA_CALL_ACCEPT, DA_WAIT_SOCKET, "accepts connections on" },
		{ DA_CALL_FLOCK, DA_WAIT_FILE, "waits for a lock (flock) on" },
		{ DA_CALL_SYNC, DA_WAIT_FILE, "writes out (fsync)" }, { DA_CALL_FILE, DA_WAIT_FILE, "works on" },
		{ DA_CALL_URING, DA_WAIT_IO_COMPLETION, "waits for completions of io_uring" },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(calls); i++)
		if (calls[i].shape == t->c->row->shape) {
			t->kind = calls[i].kind;
			t->what = fd_words(t, calls[i].verb);
			return true;
		}
	return false;
}

static void by_shape(struct told *t)
{
	switch ((enum da_call_shape)t->c->row->shape) {
	case DA_CALL_CONNECT:
		of_connect(t, t->c->arg[1]);
		break;
	case DA_CALL_SOCKETCALL:
		of_socketcall(t);
		break;
	case DA_CALL_IPC:
		of_ipc(t);
		break;
	case DA_CALL_POLL:
		timeout_ms(t, 2);
		of_poll(t, polled(t));
		break;
	case DA_CALL_PPOLL:
		timeout_at(t, 2, true);
		of_poll(t, polled(t));
		break;
	case DA_CALL_SELECT:
	case DA_CALL_PSELECT:
		timeout_at(t, 4, t->c->row->shape == DA_CALL_PSELECT);
		of_poll(t, selected(t));
		break;
	case DA_CALL_EPOLL:
		t->kind = DA_WAIT_POLL;
		t->what = fd_words(t, "waits for events of epoll");
		t->descriptor = false; /* what it watches stands in no listing */
		timeout_ms(t, 3);
		break;
	case DA_CALL_EPOLL2:
		t->kind = DA_WAIT_POLL;
		t->what = fd_words(t, "waits for events of epoll");
		t->descriptor = false; /* what it watches stands in no listing */
		timeout_at(t, 3, true);
		break;
	case DA_CALL_WAIT4:
	case DA_CALL_WAITID:
		of_child(t);
		break;
	case DA_CALL_VFORK:
		t->kind = DA_WAIT_CHILD;
		t->what = "waits until the child of its vfork runs another program or ends";
		break;
	case DA_CALL_SLEEP:
		t->kind = DA_WAIT_SLEEP;
		t->what = "sleeps";
		timeout_at(t, 0, true);
		break;
	case DA_CALL_CLOCK_SLEEP:
		of_clock_sleep(t);
		break;
	case DA_CALL_SIGNAL:
		t->kind = DA_WAIT_SIGNAL;
		t->what = "waits for a signal";
		break;
	case DA_CALL_SIGNAL_TIMED:
		t->kind = DA_WAIT_SIGNAL;
		t->what = "waits for a signal";
		timeout_at(t, 2, true);
		break;
	case DA_CALL_FCNTL:
		of_fcntl(t);
		break;
	case DA_CALL_SYNC_ALL:
	case DA_CALL_OPEN:
	case DA_CALL_PATH:
		t->kind = DA_WAIT_FILE;
		t->what = t->c->row->shape == DA_CALL_OPEN ? "opens a file" : "works on files";
		break;
	case DA_CALL_MESSAGE:
		t->kind = DA_WAIT_PIPE;
		t->what = da_printf(t->w->d->arena, "waits for message queue %d", number(t, 0));
		break;
	case DA_CALL_SEMAPHORE:
		t->kind = DA_LOCK_SEMAPHORE;
		t->what = da_printf(t->w->d->arena, "waits for System V semaphore set %d", number(t, 0));
		break;
	case DA_CALL_FUTEX_WAITV:
		of_waitv(t);
		break;
	case DA_CALL_EVENTS:
		t->kind = DA_WAIT_IO_COMPLETION;
		t->what = "waits for asynchronous I/O";
		timeout_at(t, 4, true);
		break;
	default:
		break;
	}
}

/* What a call without a shape of its own waits for is not known; that it does is. */
static void add(struct told *t, uint32_t thread)
{
	struct da_waits *w = t->w;
	struct da_wait *wait = da_wait_add(w, thread, (enum da_lock_kind)t->kind);

	wait->confidence = t->c->confidence;
	wait->peer = t->peer;
	wait->mode = t->kind == DA_WAIT_POLL || t->kind == DA_LOCK_FUTEX ? DA_WAIT_ANY : DA_WAIT_ONE;
	wait->has_fd = t->has_fd;
	wait->fd = t->fd;
	wait->file = t->file;
	wait->pid = t->pid;
	wait->has_timeout = t->has_timeout;
	wait->timeout_us = t->has_timeout ? t->timeout_us : 0;
	wait->how = t->what ? da_printf(w->d->arena, "%s: %s", da_call_words(w, t->c), t->what)
			    : da_call_words(w, t->c);
	if (t->absolute)
		wait->how = da_printf(w->d->arena, "%s %s", wait->how,
				      da_wait_deadline(w, wait, (enum da_clock)t->clock, t->timeout_us));
	if (t->descriptor)
		da_note(w->d->ledger, DA_NOTE_MISSING, "waits", NULL,
			"which files, pipes and sockets the file descriptors are is in no core; ls -l /proc/PID/fd tells it, "
			"written to PID.fd beside the dump while the process lives");
}

void da_wait_call(struct da_waits *w, uint32_t thread)
{
	const struct da_syscall *c = &w->t[thread].call;
	struct told t = { .w = w, .c = c, .kind = DA_LOCK_UNKNOWN };

	if (c->state != DA_IN_CALL)
		return;
	if (c->row && c->row->shape == DA_CALL_EXIT)
		return;
	if (c->row && !by_descriptor(&t))
		by_shape(&t);
	add(&t, thread);
}
