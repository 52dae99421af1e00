/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The closed sets of words that the model's enums stand for, which the JSON form and the page use as they
 * are, and the names of signals.
 */
#include "config.h"

#include "model/model.h"

#define WORDS(function, type, ...)                                                       \
	const char *function(type value)                                                 \
	{                                                                                \
		static const char *const words[] = { __VA_ARGS__ };                      \
		return (size_t)value < DA_ARRAY_SIZE(words) ? words[value] : "unknown";  \
	}

WORDS(da_range_kind_name, enum da_range_kind, "other", "image", "heap", "stack", "gc", "code",
      "mapped-file", "anonymous", "shared", "reserved")
WORDS(da_symbols_kind_name, enum da_symbols_kind, "none", "dynamic", "public", "full")
WORDS(da_match_name, enum da_match, "none", "build-id", "pdb-id", "debuglink-crc", "timestamp-size",
      "contents", "memory", "mismatch")
WORDS(da_module_class_name, enum da_module_class, "own", "system", "runtime")
WORDS(da_trust_name, enum da_trust, "none", "scan", "frame-pointer", "cfi", "runtime", "context")
WORDS(da_stack_end_name, enum da_stack_end, "complete", "cycle", "missing-memory", "limit",
      "no-unwind-info", "corrupt")
WORDS(da_frame_kind_name, enum da_frame_kind, "unknown", "native", "managed", "stub", "dynamic",
      "runtime")
WORDS(da_state_name, enum da_state, "unknown", "running", "blocked", "waiting", "idle", "sleeping",
      "suspended", "faulted", "exited")
WORDS(da_role_name, enum da_role, "unknown", "main", "user", "debugger", "worker", "io",
      "timer", "gate", "wait", "finalizer", "gc", "tiered-compiler", "signal", "event-pipe", "event-loop",
      "rpc", "kestrel", "loader")
WORDS(da_runtime_kind_name, enum da_runtime_kind, "coreclr", "netfx", "native-aot", "mono")
WORDS(da_reader_name, enum da_reader, "descriptor", "table", "table-nearest", "none")
WORDS(da_flavor_name, enum da_flavor, NULL, "framework-dependent", "self-contained", "single-file", "native-aot")
WORDS(da_gc_mode_name, enum da_gc_mode, NULL, "cooperative", "preemptive")
WORDS(da_where_name, enum da_where, "unhandled", "thread", "heap")
WORDS(da_wait_mode_name, enum da_wait_mode, "one", "any", "all")
WORDS(da_lock_state_name, enum da_lock_state, "held", "free", "orphaned", "contended", NULL)
WORDS(da_lock_kind_name, enum da_lock_kind, "pthread-mutex", "pthread-rwlock", "pthread-cond", "pthread-join",
      "pthread-once", "semaphore", "barrier", "futex", "spin", "stdio", "malloc-arena", "loader",
      "critical-section", "srw", "condition-variable", "mutant", "event", "nt-semaphore", "waitable-timer",
      "thread", "process", "address", "monitor", "monitor-wait", "clr-lock", "semaphore-slim", "rwlock-slim",
      "event-slim", "countdown", "clr-barrier", "lazy", "class-init", "assembly-load", "task", "unknown",
      "sleep", "timer", "poll", "socket", "pipe", "file", "child", "signal", "message", "io-completion",
      "alpc", "gc", "debugger")
WORDS(da_access_name, enum da_access, "unknown", "read", "write", "execute")
WORDS(da_handle_act_name, enum da_handle_act, "other", "open", "close", "bad-reference")
WORDS(da_os_name, enum da_os, "other", "linux", "windows", "macos", "freebsd", "netbsd", "other")

/* ---------------------------------------------------------------- signals of Linux */

/* Numbers that all CPUs share but those with a history of their own (signal(7), "Signal numbering"). */
static const char *const generic[] = {
	[1] = "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE",
	"SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT",
	"SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
	"SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
};
static const char *const mips[] = {
	[1] = "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGEMT", "SIGFPE",
	"SIGKILL", "SIGBUS", "SIGSEGV", "SIGSYS", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGUSR1",
	"SIGUSR2", "SIGCHLD", "SIGPWR", "SIGWINCH", "SIGURG", "SIGIO", "SIGSTOP", "SIGTSTP",
	"SIGCONT", "SIGTTIN", "SIGTTOU", "SIGVTALRM", "SIGPROF", "SIGXCPU", "SIGXFSZ",
};
static const char *const sparc[] = {
	[1] = "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGEMT", "SIGFPE",
	"SIGKILL", "SIGBUS", "SIGSEGV", "SIGSYS", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGURG",
	"SIGSTOP", "SIGTSTP", "SIGCONT", "SIGCHLD", "SIGTTIN", "SIGTTOU", "SIGIO", "SIGXCPU",
	"SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGLOST", "SIGUSR1", "SIGUSR2",
};

const char *da_signal_name(const char *arch_name, int64_t signo)
{
	const char *const *names = generic;

	if (arch_name && da_starts(arch_name, "mips"))
		names = mips;
	else if (arch_name && (da_starts(arch_name, "sparc") || da_starts(arch_name, "alpha")))
		names = sparc;
	return signo > 0 && signo < 32 ? names[signo] : NULL;
}

/* proc_pid_status(5), "State". */
const char *da_kernel_state_words(char state)
{
	static const struct {
		char state;
		const char *words;
	} states[] = {
		{ 'R', "runs" }, { 'S', "sleeps" }, { 'D', "waits in the kernel for a device, a disk or a file server" },
		{ 'T', "was stopped by a signal" }, { 't', "was stopped by its tracer" }, { 'Z', "has ended" },
		{ 'X', "has ended" }, { 'I', "is idle in the kernel" },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(states); i++)
		if (states[i].state == state)
			return states[i].words;
	return NULL;
}
