/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals that somebody sent. kill(), sigqueue() and tgkill() leave the sender's pid and uid, as seen
 * from the dead process's pid namespace; 0 is a sender outside of it. abort() and raise() send to
 * themselves.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fault/parts.h"

/*
 * systemd ends a service that missed its WatchdogSec by SIGABRT. The manager is pid 1, or a user's own,
 * which is then the parent; it tells the service by WATCHDOG_USEC (sd_watchdog_enabled(3)).
 */
static bool is_watchdog(const struct da_fault *f)
{
	const char *usec = da_environment(f->p, "WATCHDOG_USEC");

	if (f->e->code != DA_SIGABRT)
		return false;
	if (f->e->sender_pid == 1 && f->p->pid != 1)
		return true;
	return usec && f->p->has_ppid && f->e->sender_pid > 0 &&
	       (uint32_t)f->e->sender_pid == f->p->ppid;
}

void da_fault_outside(struct da_fault *f)
{
	struct da_exception *e = f->e;

	if (!e->is_signal)
		return;
	if (e->has_sender && f->p->has_pid && e->sender_pid != (int32_t)f->p->pid) {
		e->cause = is_watchdog(f) ? DA_CAUSE_WATCHDOG
			   : e->code == DA_SIGQUIT ? DA_CAUSE_QUIT : DA_CAUSE_FROM_OUTSIDE;
		return;
	}
	/* Ctrl-\ comes from the terminal: SI_KERNEL. Without siginfo SIGQUIT says the same. */
	if (e->code == DA_SIGQUIT && !e->has_sender)
		e->cause = DA_CAUSE_QUIT;
}
