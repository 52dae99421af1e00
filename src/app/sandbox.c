/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

#include "app/sandbox.h"

static void lower(int what, uint64_t to)
{
	struct rlimit l;

	if (getrlimit(what, &l) != 0)
		return;
	if (l.rlim_cur == RLIM_INFINITY || l.rlim_cur > to)
		l.rlim_cur = to;
	setrlimit(what, &l);
}

void da_limit_resources(uint64_t max_memory)
{
	lower(RLIMIT_CORE, 0); /* an analyser of dumps must not leave dumps */
#ifndef DA_SANITIZED
	if (!max_memory) {
		long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

		max_memory = pages > 0 && size > 0 ? (uint64_t)pages / 2 * (uint64_t)size : 0;
	}
	if (max_memory)
		lower(RLIMIT_DATA, max_memory);
#else
	(void)max_memory; /* the sanitizers reserve terabytes */
#endif
}

/* The leak sanitizer stops the threads by ptrace. */
#if defined(HAVE_SECCOMP) && !defined(DA_SANITIZED)
static const int forbidden[] = {
	SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen),
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(execve),
	SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
	SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(reboot),
};

void da_forbid_calls(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

	if (!ctx)
		return;
	for (unsigned i = 0; i < DA_ARRAY_SIZE(forbidden); i++)
		seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), forbidden[i], 0);
	seccomp_load(ctx); /* a kernel or container that refuses it is no reason to refuse the report */
	seccomp_release(ctx);
}
#else
void da_forbid_calls(void)
{
}
#endif
