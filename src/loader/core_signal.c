/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signal that the process died of, if it died. The kernel writes one SIGINFO, behind the dying
 * thread's PRSTATUS, which comes first. gcore writes one for each thread, that of its own SIGSTOP, and
 * of a process that stood in gdb at a crash the real one. qemu-user marks only the dying thread.
 */
#include "config.h"

#include <elf.h>

#include "loader/elfcore.h"
#include "loader/signals.h"

/* Numbers of Linux on all CPUs but mips and sparc, whose cores get a minimal report. */
enum { S_HUP = 1, S_QUIT = 3, S_TRAP = 5, S_ABRT = 6, S_CHLD = 17, S_CONT = 18, S_STOP = 19,
       S_TSTP = 20, S_WINCH = 28, S_SYS = 31, S_ILL = 4, S_BUS = 7, S_FPE = 8, S_SEGV = 11 };

const char *da_loader_signal_name(struct da_arena *a, int32_t n)
{
	const char *name = da_signal_name(NULL, n);

	if (name)
		return name;
	return da_printf(a, n >= 34 ? "SIGRTMIN+%d" : "signal %d", n >= 34 ? n - 34 : n);
}

bool da_loader_signal_kills(int32_t signo, bool by_debugger)
{
	switch (signo) {
	case 0: case S_CHLD: case S_CONT: case S_STOP: case S_TSTP: case S_WINCH:
		return false;
	case S_TRAP: /* a debugger's own breakpoint or step */
		return !by_debugger;
	default:
		return signo > 0 && signo <= 64;
	}
}

bool da_loader_signal_has_address(int32_t signo)
{
	return signo == S_SEGV || signo == S_BUS || signo == S_ILL || signo == S_FPE || signo == S_TRAP;
}

/* Codes that say "sent", by kill, sigqueue, tgkill, a timer, a message queue. */
static bool is_sent(int32_t code)
{
	return code <= 0;
}

static void read_details(struct core *c, struct da_exception *e, const struct core_siginfo *s)
{
	struct da_cursor u = da_cursor(s->bytes.p, s->bytes.n, c->big_endian, c->word);
	size_t at = c->word == 8 ? 16 : 12;

	e->has_info = true;
	e->subcode = s->code;
	da_seek(&u, at);
	if (is_sent(s->code)) {
		bool timer = s->code == -2; /* SI_TIMER: a timer's id and overrun stand there */
		int32_t pid = (int32_t)da_get_u32(&u);
		uint32_t uid = da_get_u32(&u);

		/*
		 * createdump leaves the sender 0 when it knows none; from the kernel 0 means a process
		 * outside of this one's pid namespace.
		 */
		if (pid == 0 && !da_streq(c->d->origin.writer, "kernel") &&
		    !da_streq(c->d->origin.writer, "systemd-coredump"))
			return;
		if (da_ok(&u) && !timer && s->code != -5 && s->code != -60) {
			e->has_sender = true;
			e->sender_pid = pid;
			e->sender_uid = uid;
		}
	} else if (s->signo == S_SYS) {
		e->address = core_address(c, da_get_word(&u));
		e->has_address = da_ok(&u);
		e->syscall = (int32_t)da_get_u32(&u);
	} else if (da_loader_signal_has_address(s->signo)) {
		e->address = core_address(c, da_get_word(&u));
		/* The kernel fills 0 where it does not tell (SI_KERNEL: non-canonical, int3). */
		e->has_address = da_ok(&u) && s->code != 0x80;
	}
}

static struct da_exception *new_exception(struct core *c, uint32_t thread, int32_t signo)
{
	struct da_exception *e = da_new(c->d->arena, struct da_exception);

	*e = (struct da_exception){ .thread = thread, .is_signal = true, .code = signo,
				    .name = da_loader_signal_name(c->d->arena, signo), .syscall = -1,
				    .blamed_frame = DA_NONE, .blamed_module = DA_NONE };
	c->d->proc.exception = e;
	return e;
}

void core_find_signal(struct core *c)
{
	struct da_process *p = &c->d->proc;
	bool by_debugger = da_streq(c->d->origin.writer, "gcore");

	if (c->other_os || p->threads.n == 0)
		return;
	for (size_t i = 0; i < c->siginfos.n; i++) {
		const struct core_siginfo *s = &c->siginfos.v[i];

		if (!da_loader_signal_kills(s->signo, by_debugger))
			continue;
		read_details(c, new_exception(c, s->thread, s->signo), s);
		return;
	}
	for (size_t i = 0; i < p->threads.n; i++)
		if (da_loader_signal_kills(p->threads.v[i].signal, by_debugger)) {
			new_exception(c, (uint32_t)i, p->threads.v[i].signal);
			return;
		}
}
