/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.*: why the process died. fault/ found out which kind of death it was (enum da_cause) and the
 * facts around it; here they become one finding each, in the words of people who did not write the
 * program.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "analyze/crash.h"

/* Bit 29 of a code: defined by a program, not by the system. */
#define RAISED_BY_PROGRAM 0x20000000
/* idiv of the smallest integer by -1 is told as an overflow. */
enum { INT_DIVIDE_BY_ZERO = 0xc0000094, INT_OVERFLOW = 0xc0000095 };

/* ---------------------------------------------------------------- aborts */

/* glibc's checks of its callers, by how their messages begin. */
static const struct checked {
	const char *starts, *title, *advice, *refuted;
} checked[] = {
	{ "*** %n in writable segment", "a format string with %n was refused",
	  "%n in a format that lies in writable memory is how format strings are attacked: make the format a "
	  "constant, and never pass text from outside as the format.", "a format without %n in that call" },
	{ "*** invalid %N$ use", "a format string with a gap in its %N$ was refused",
	  "A format that numbers its arguments (%2$s) must use all of them: correct the format or its translation.",
	  "a format in that call whose numbers have no gap" },
	{ "*** longjmp causes uninitialized stack frame", "longjmp to a function that had returned",
	  "The jmp_buf was filled by a function that is no longer running, or on another stack: jump only to "
	  "callers.", "a caller of that frame that filled the jmp_buf" },
	{ "*** bit out of range 0 - FD_SETSIZE", "a file descriptor too large for select()",
	  "FD_SET takes descriptors below 1024 only: use poll or epoll, and see whether descriptors leak.",
	  "a descriptor below 1024 in that call" },
};

struct abort_words {
	const char *title, *advice, *refuted;
};

static struct abort_words abort_words(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);

	switch (e->cause) {
	case DA_CAUSE_ASSERT:
		return (struct abort_words){ "an assertion failed",
			"The condition of the assertion names what was wrong; the frame below it shows with which values.",
			"variables in that frame with which the condition holds" };
	case DA_CAUSE_STACK_SMASHED:
		return (struct abort_words){ "a buffer on the stack was overrun",
			da_crash_by_system(a, "The function that is named wrote past the end of a local array, over the "
					      "cookie that /GS put there. Build it with /fsanitize=address to see the write.",
					   "The function that is named wrote past the end of a local array, or one that it "
					   "called did. Build it with -fsanitize=address to see the write."),
			"a guard word in that frame that is equal to the thread's" };
	case DA_CAUSE_FORTIFY:
		for (size_t i = 0; e->message && i < DA_ARRAY_SIZE(checked); i++)
			if (da_starts(e->message, checked[i].starts))
				return (struct abort_words){ checked[i].title, checked[i].advice, checked[i].refuted };
		return (struct abort_words){ "a buffer overflow was stopped",
			da_crash_by_system(a, "A bounds check that was built into the program failed: look at indices and "
					      "sizes in the frame that is named.",
					   "A checked function of libc (memcpy, strcpy, sprintf and the like) was given more "
					   "than fits: look at sizes in the frame that called it."),
			"a buffer in that frame that is at least as large as what was to be written" };
	case DA_CAUSE_FATAL_MESSAGE:
		return (struct abort_words){ "the program gave up with a fatal message",
			"The message says what the library or runtime found.",
			"a later reason in the log of the process: the message is the last one that libc kept" };
	default:
		if (da_crash_on_windows(a))
			return (struct abort_words){ "the program aborted itself",
				"The program, or a check that was built into it, ended it on purpose (abort, fail fast): "
				"the frame that called for it, and the program's log just before, say why.",
				"a debugger or another process that raised the exception" };
		if (!e->has_sender && da_crash_nowhere(a))
			return (struct abort_words){ "the process was ended by SIGABRT",
				da_streq(a->dump->origin.writer, "createdump")
					? "Who sent it is not in the dump. The runtime of .NET ends a process like this after an "
					  "exception that nobody handled; the program's log just before says why."
					: "Who sent it is not in the dump. The program's log just before says more.",
				"a log of the sender, when another process sent the signal" };
		return (struct abort_words){ "the program aborted itself",
			"It sent SIGABRT to itself, as abort() does: the frame that called for it, and the program's log "
			"just before, say why.",
			e->has_sender ? "a signal that the program sent on behalf of another (a handler or a supervising "
					"thread): then no frame of this stack calls abort or raise"
				      : "a sender of the signal that is another process: this dump does not name it" };
	}
}

/* Only one frame, or only names of libc: that it called abort is all that is known. */
static double sure_of_abort(struct da_analysis *a)
{
	return da_crash_telling_frame(a) ? 0.95 : da_crash_of(a)->has_sender ? 0.6 : 0.5;
}

static unsigned run_abort(struct da_analysis *a)
{
	struct abort_words w;
	struct da_finding *f;

	switch (da_crash_of(a)->cause) {
	case DA_CAUSE_ASSERT: case DA_CAUSE_STACK_SMASHED: case DA_CAUSE_FORTIFY:
	case DA_CAUSE_FATAL_MESSAGE: case DA_CAUSE_ABORT:
		break;
	default: return 0;
	}
	w = abort_words(a);
	f = da_crash_begin(a, "crash.abort", da_crash_of(a)->message ? 0.95 : sure_of_abort(a),
		  da_printf(a->dump->arena, "%s%s", w.title, da_crash_in_function(a)));
	da_finding_description(f, "%s%s%s", da_crash_who_died(a), da_crash_quoted(a),
			       !da_crash_nowhere(a) || da_crash_of(a)->message
				       ? "" : " Which code called for it is unknown: no frame of the program's own code "
					      "is known.");
	da_crash_advise(a, f, w.advice);
	da_finding_refuted_by(f, "%s", w.refuted);
	return 1;
}

const struct da_rule da_rule_crash_abort = {
	.id = "crash.abort", .severity = "Error",
	.looks_for = "a process that ended itself: abort, assert, fortify, stack protector",
	.page = "Needs SIGABRT sent by the process itself. The text is read from where glibc keeps it\n"
		"(__abort_msg), so it needs no symbols; the function to blame is the first of own code below\n"
		"abort, assert and the checks of libc.",
	.why_not = da_crash_none, .run = run_abort,
};

/* "raise(SIGSEGV)" and the like: no instruction failed. */
static unsigned run_raised(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	struct da_finding *f;

	if (!da_crash_cause_is(a, DA_CAUSE_RAISED))
		return 0;
	f = da_crash_begin(a, "crash.raised", da_crash_telling_frame(a) ? 0.95 : 0.8,
		  da_printf(a->dump->arena, "the process sent itself %s%s", e->name, da_crash_in_function(a)));
	da_finding_description(f, "%s The signal came from the process itself, by kill, raise or the like: no instruction "
			       "failed, and abort() was not called.", da_crash_who_died(a));
	da_crash_advise(a, f, "Find what sends the signal: a handler that passes a caught signal on, a script's kill $$, or "
			    "a library that ends the process this way.");
	da_finding_refuted_by(f, "another process with the same id in another pid namespace (a container) as the sender");
	return 1;
}

const struct da_rule da_rule_crash_raised = {
	.id = "crash.raised", .severity = "Error",
	.looks_for = "a deadly signal that the process sent to itself (kill, raise)",
	.page = "Needs the signal record with its sender, which is the process itself. abort() is another rule.",
	.why_not = da_crash_none, .run = run_raised,
};

static unsigned run_limit(struct da_analysis *a)
{
	bool cpu = da_streq(da_crash_of(a)->name, "SIGXCPU");
	struct da_finding *f;

	if (!da_crash_cause_is(a, DA_CAUSE_LIMIT))
		return 0;
	f = da_crash_begin(a, "crash.limit", 0.95, cpu ? "the limit of CPU time was reached"
					      : "a file grew beyond the limit of its size");
	da_finding_description(f, "%s The kernel ended the process because it passed its %s.", da_crash_who_died(a),
			       cpu ? "limit of CPU time (ulimit -t, RLIMIT_CPU)"
				   : "limit of file sizes (ulimit -f, RLIMIT_FSIZE)");
	da_finding_recommendation(f, cpu ? "If so much work is to be expected, raise the limit; otherwise see what the "
					   "threads with the most CPU time do."
					 : "If so large a file is to be expected, raise the limit; otherwise see what writes.");
	da_finding_refuted_by(f, cpu ? "CPU times of the threads that together are below the limit"
				     : "no file open for writing that is as large as the limit");
	return 1;
}

const struct da_rule da_rule_crash_limit = {
	.id = "crash.limit", .severity = "Error",
	.looks_for = "a limit of CPU time or file size that the kernel enforced (SIGXCPU, SIGXFSZ)",
	.page = "Needs the signal record: these signals, sent by the kernel.",
	.why_not = da_crash_none, .run = run_limit,
};

/* What malloc and free complained of. "double free or corruption" can be either, so it says both. */
static const struct {
	const char *part, *title, *refuted;
	bool damage; /* the heap itself is damaged; else a call was wrong */
} heap_texts[] = {
	{ "double free detected", "memory was freed twice", "a tcache key that a buffer of the program wrote there by chance", false },
	{ "double free or corruption (fasttop)", "memory was freed twice",
	  "a chunk that was overwritten after it had been freed once", false },
	{ "double free or corruption", "memory was freed twice, or the heap is corrupt",
	  "a chunk in use, with whole neighbours, at the address that was freed", true },
	{ "realloc(): invalid pointer", "a pointer that malloc never gave (or that was moved) was handed to realloc",
	  "a whole chunk at the address that was handed over", false },
	{ "invalid pointer", "a pointer that malloc never gave (or that was moved) was freed",
	  "a whole chunk at the address that was freed", false },
};

static unsigned run_heap_corruption(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	const char *title = "the heap is corrupt", *refuted = "whole chunks before and at the address that was checked";
	bool damage = true;
	struct da_finding *f;

	if (!da_crash_cause_is(a, DA_CAUSE_HEAP_CORRUPTION))
		return 0;
	for (size_t i = 0; e->message && i < DA_ARRAY_SIZE(heap_texts); i++)
		if (strstr(e->message, heap_texts[i].part)) {
			title = heap_texts[i].title;
			refuted = heap_texts[i].refuted;
			damage = heap_texts[i].damage;
			break;
		}
	f = da_crash_begin(a, "crash.heap-corruption", 0.9,
		  da_printf(a->dump->arena, "%s%s%s", title, *da_crash_in_function(a) && damage ? ", noticed" : "",
			    da_crash_in_function(a)));
	da_finding_description(f, "%s %s%s %s", da_crash_who_died(a),
			       da_crash_by_system(a, "The heap manager's own check failed.", "malloc's own check failed."),
			       da_crash_quoted(a),
			       damage ? "The function that noticed is often not the one that did the damage."
				      : "Which code freed it before, or gave the pointer, is not in the dump.");
	da_crash_advise(a, f, da_crash_by_system(a,
			"Run the same scenario with page heap (gflags /p /enable PROGRAM /full) or AddressSanitizer: they "
			"stop at the wrong write or free.",
			"Run the same scenario with AddressSanitizer, or valgrind, or MALLOC_CHECK_=3 with "
			"libc_malloc_debug.so: they stop at the wrong write or free."));
	da_finding_next(f, DA_NEXT_CHECK, "%s", da_crash_by_system(a,
			"Run it with page heap (gflags /p /enable PROGRAM /full): that shows who damages the heap.",
			damage ? "Run it under AddressSanitizer or valgrind: that shows who damages the heap."
			       : "Run it under AddressSanitizer or valgrind: that shows who freed it first."));
	da_finding_refuted_by(f, "%s", refuted);
	return 1;
}

const struct da_rule da_rule_crash_heap_corruption = {
	.id = "crash.heap-corruption", .severity = "Error",
	.looks_for = "a damaged heap that malloc noticed: double free, overrun, invalid pointer",
	.page = "Needs the message of malloc (glibc 2.31 to 2.43 word it alike), read from __abort_msg. Says which\n"
		"check failed and who called malloc or free. Who did the damage is not in a dump.",
	.why_not = da_crash_none, .run = run_heap_corruption,
};

/* ---------------------------------------------------------------- one signal, one rule */

static unsigned run_plain(struct da_analysis *a, enum da_cause cause, const char *rule, const char *title,
			  const char *advice, const char *refuted)
{
	struct da_finding *f;

	if (!da_crash_cause_is(a, cause))
		return 0;
	f = da_crash_begin(a, rule, 0.95, da_printf(a->dump->arena, "%s%s", title, da_crash_in_function(a)));
	da_finding_description(f, "%s%s%s%s", da_crash_who_died(a),
			       da_crash_of(a)->instruction
				       ? da_printf(a->dump->arena, " The instruction is " DA_SYM("%s"),
						   da_crash_of(a)->instruction) : "",
			       da_crash_of(a)->instruction ? (da_crash_of(a)->operands ? ": " : ".") : "",
			       da_crash_of(a)->instruction && da_crash_of(a)->operands
				       ? da_printf(a->dump->arena, "%s.", da_crash_of(a)->operands) : "");
	da_crash_advise(a, f, advice);
	da_finding_refuted_by(f, "%s", refuted);
	return 1;
}

static unsigned run_illegal_instruction(struct da_analysis *a)
{
	static const char rule[] = "crash.illegal-instruction";
	const enum da_cause cause = DA_CAUSE_ILLEGAL_INSTRUCTION;

	switch (da_crash_of(a)->refused) {
	case DA_REFUSED_TRAP:
		return run_plain(a, cause, rule, "a trap that the compiler put there",
				 "The instruction is made to stop the program: __builtin_trap, code that must not be reached "
				 "(also a function that ends without return), a failed check of -fsanitize-trap, or the abort "
				 "of a library.", "code at this address that the file of the module has otherwise");
	case DA_REFUSED_PRIVILEGED:
		return run_plain(a, cause, rule, "a privileged instruction",
				 "Only the kernel may execute it: it was compiled in on purpose (inline assembler, a check that "
				 "stops the program), or code jumped into data or the middle of an instruction.",
				 "code at this address that the file of the module has otherwise");
	case DA_REFUSED_DATA:
		return run_plain(a, cause, rule, "a jump into data",
				 "The program counter is not in code: a function pointer or a return address was overwritten.",
				 "code that the program had made at this address by itself (a just-in-time compiler)");
	default:
		return run_plain(a, cause, rule, "an instruction that this CPU does not have",
				 "It is code that was built for a newer CPU (-march), or a jump into data or the middle of an "
				 "instruction.", "a CPU of the same model that executes this instruction");
	}
}

const struct da_rule da_rule_crash_illegal_instruction = {
	.id = "crash.illegal-instruction", .severity = "Error",
	.looks_for = "an instruction that the CPU refuses (SIGILL)",
	.page = "Needs the signal; with the code at hand it shows the instruction.",
	.why_not = da_crash_none, .run = run_illegal_instruction,
};

static unsigned run_arithmetic(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	bool division = e->is_signal ? da_streq(e->subname, "FPE_INTDIV")
				     : e->code == INT_DIVIDE_BY_ZERO || e->code == INT_OVERFLOW;
	bool zero = e->divisor_zero || (!e->is_signal && e->code == INT_DIVIDE_BY_ZERO);

	if (zero)
		return run_plain(a, DA_CAUSE_ARITHMETIC, "crash.arithmetic", "an integer was divided by zero",
				 "Check where the divisor comes from.",
				 "a divisor in the registers or memory of that instruction that is not 0");
	return run_plain(a, DA_CAUSE_ARITHMETIC, "crash.arithmetic",
			 division ? "an integer division that has no result" : "an arithmetic error",
			 division ? "The divisor is zero, or the quotient does not fit (the smallest integer divided by -1): "
				    "check where the operands come from."
				  : da_crash_by_system(a, "Floating-point traps were switched on (_controlfp), or an "
							  "operation was undefined.",
						       "Floating-point traps were switched on (feenableexcept), or an "
						       "operation was undefined."),
			 division ? "operands of that division whose quotient fits"
				  : "a control word of the floating-point unit that masks all exceptions");
}

const struct da_rule da_rule_crash_arithmetic = {
	.id = "crash.arithmetic", .severity = "Error",
	.looks_for = "a division by zero or another arithmetic trap (SIGFPE)",
	.page = "Needs the signal; with the code at hand it shows the instruction and its operands.",
	.why_not = da_crash_none, .run = run_arithmetic,
};

/*
 * Debuggers break in at DbgBreakPoint, and stop new processes at a breakpoint of the loader: both are
 * code of ntdll, which a program reaches only through its own call (DebugBreak of old systems).
 */
static bool debugger_broke_in(const struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	const struct da_exception *e = da_crash_of(a);
	const struct da_thread *t = e->thread < p->threads.n ? &p->threads.v[e->thread] : NULL;
	const char *module = t && t->frames.n ? da_module_name(a->dump, &t->frames.v[0]) : NULL;

	if (!module || strcasecmp(module, "ntdll.dll") != 0)
		return false;
	for (size_t i = 0; i < t->frames.n; i++)
		if (da_is_own(a->dump, &t->frames.v[i]))
			return false;
	return true;
}

static unsigned run_debugger(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	struct da_finding *f = da_finding_new(a->doc, "crash.breakpoint", DA_SEVERITY_INFORMATION, 1, 0.7);

	da_finding_title(f, "A debugger stopped the process");
	da_finding_description(f, "%s stands at a breakpoint of ntdll.dll, as when a debugger attaches, breaks in or has just "
			       "started the process: that is no fault of this code, but how the dump was made.",
			       da_say_thread(a, e->thread));
	da_finding_recommendation(f, "If the process did not answer, look at what its other threads wait for.");
	da_finding_refuted_by(f, "a program that calls DebugBreak by itself");
	da_crash_signal_evidence(a, f);
	da_finding_thread(f, e->thread);
	if (!a->leading) {
		a->leading = f;
		a->leading_rule = "crash.breakpoint";
		a->leading_text = "A debugger stopped the process at a breakpoint of ntdll.dll: it did not crash.";
		a->leading_confidence = 0.7;
	}
	return 1;
}

static unsigned run_breakpoint(struct da_analysis *a)
{
	if (da_crash_cause_is(a, DA_CAUSE_BREAKPOINT) && da_crash_on_windows(a) && debugger_broke_in(a))
		return run_debugger(a);
	return run_plain(a, DA_CAUSE_BREAKPOINT, "crash.breakpoint", "a breakpoint without a debugger",
			 "int3 and brk are used by programs and runtimes to stop on a condition that must not "
			 "happen, as an assertion does.", "a debugger or tracer that had put the breakpoint there");
}

const struct da_rule da_rule_crash_breakpoint = {
	.id = "crash.breakpoint", .severity = "Error",
	.looks_for = "a breakpoint instruction with no debugger attached (SIGTRAP)",
	.page = "Needs the signal. A dump that a debugger wrote at its own breakpoint is no crash.",
	.why_not = da_crash_none, .run = run_breakpoint,
};

static unsigned run_bad_system_call(struct da_analysis *a)
{
	const char *title = da_crash_of(a)->syscall >= 0
		? da_printf(a->dump->arena, "a system call (number %d) that a filter forbids",
			    da_crash_of(a)->syscall)
		: "a system call that a filter forbids";

	return run_plain(a, DA_CAUSE_BAD_SYSTEM_CALL, "crash.bad-system-call", title,
			 "A seccomp filter (container, systemd SystemCallFilter, sandbox) refuses it: allow the call "
			 "in the profile, or ask why the program needs it.", "no seccomp filter in the process (Seccomp: 0 in /proc/PID/status)");
}

const struct da_rule da_rule_crash_bad_system_call = {
	.id = "crash.bad-system-call", .severity = "Error",
	.looks_for = "a system call refused by a seccomp filter (SIGSYS)",
	.page = "Needs the signal record, which holds the number of the call.",
	.why_not = da_crash_none, .run = run_bad_system_call,
};

static unsigned run_misaligned(struct da_analysis *a)
{
	return run_plain(a, DA_CAUSE_MISALIGNED, "crash.misaligned", "an access that is not aligned",
			 "Data was cast to a type of stricter alignment, or vector code was given a pointer that is "
			 "not aligned: use memcpy, or unaligned loads.", "an address in the signal record that is a multiple of the access's size");
}

const struct da_rule da_rule_crash_misaligned = {
	.id = "crash.misaligned", .severity = "Error",
	.looks_for = "an access to an address that is not aligned (SIGBUS)",
	.page = "Needs the signal record (BUS_ADRALN).",
	.why_not = da_crash_none, .run = run_misaligned,
};

/* ---------------------------------------------------------------- exceptions that a program made up */

enum { CLR_EXCEPTION = 0xe0434352 };

static unsigned run_unhandled(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	bool managed = e->code == CLR_EXCEPTION;
	struct da_finding *f;

	if (!da_crash_cause_is(a, DA_CAUSE_UNKNOWN) || e->is_signal || !da_crash_on_windows(a))
		return 0;
	f = da_crash_begin(a, "crash.unhandled", 0.9,
		  managed ? "a .NET exception was not handled"
			  : da_printf(a->dump->arena, "exception 0x%08x was not handled%s", (unsigned)e->code,
				      da_crash_in_function(a)));
	da_finding_description(f, "%s %s", da_crash_who_died(a),
			       managed ? "Its type and message are in the managed heap, which is not read."
			       : (e->code & RAISED_BY_PROGRAM)
				       ? "The code is not one of Windows: the program or a library made it up and "
					 "raised it (RaiseException), so its meaning is theirs."
				       : "This is a status of Windows that no rule knows more about.");
	da_crash_advise(a, f, managed ? "The .NET stack and the application's log name the exception."
				    : "The source that raises this code says what it means.");
	da_finding_refuted_by(f, "a handler further out on the stack, when a debugger made the dump at the first "
			      "chance");
	return 1;
}

const struct da_rule da_rule_crash_unhandled = {
	.id = "crash.unhandled", .severity = "Error",
	.looks_for = "a Windows exception of another kind that nobody handled",
	.page = "Needs the exception record of a Windows dump whose code none of the other rules knows: codes that\n"
		"programs made up, and rare ones of the system. Says the code, who raised it, and its parameters.",
	.why_not = da_crash_none, .run = run_unhandled,
};

/* ---------------------------------------------------------------- from outside */

static const char *sender(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);

	return e->has_sender ? da_printf(a->dump->arena, "process %d of user " DA_SITE("%u"), e->sender_pid,
					 e->sender_uid)
			     : "another process";
}

static unsigned run_watchdog(struct da_analysis *a)
{
	struct da_finding *f;

	if (!da_crash_cause_is(a, DA_CAUSE_WATCHDOG))
		return 0;
	f = da_crash_begin(a, "crash.watchdog", 0.85, "a supervisor ended the process because it did not answer");
	da_finding_description(f, "%s The signal was sent by %s: that is how systemd (WatchdogSec) and other "
			       "supervisors end a service that hangs. The process itself made no fault.",
			       da_crash_who_died(a), sender(a));
	da_finding_recommendation(f, "Treat it as a hang: see which threads wait, and for what. The supervisor's log "
				  "names the time limit that was missed.");
	da_finding_refuted_by(f, "a log of the supervisor that shows another reason, such as an operator");
	return 1;
}

const struct da_rule da_rule_crash_watchdog = {
	.id = "crash.watchdog", .severity = "Error",
	.looks_for = "a hang that a supervisor ended with SIGABRT",
	.page = "Needs the signal record: SIGABRT from process 1 or from the parent process.",
	.why_not = da_crash_none, .run = run_watchdog,
};

static unsigned run_killed_from_outside(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	struct da_finding *f;
	double c;

	if (!da_crash_cause_is(a, DA_CAUSE_FROM_OUTSIDE) && !da_crash_cause_is(a, DA_CAUSE_QUIT))
		return 0;
	c = da_crash_confidence(a, 0.95);
	f = da_finding_new(a->doc, "crash.killed-from-outside", DA_SEVERITY_INFORMATION, 1, c);
	da_finding_title(f, "%s was sent by %s", e->name, sender(a));
	da_finding_description(f, "%s The signal came from outside: that is no fault of this code. Often it is how "
			       "somebody asks for a dump of a process that hangs.", da_crash_who_died(a));
	da_finding_recommendation(f, "Ask who sent it and why; if the process did not answer, look at what its "
				  "threads wait for.");
	da_finding_refuted_by(f, "a sender in the signal record that is this process itself");
	da_crash_signal_evidence(a, f);
	if (e->thread != DA_NONE)
		da_finding_thread(f, e->thread);
	if (!a->leading) {
		a->leading = f;
		a->leading_rule = "crash.killed-from-outside";
		a->leading_text = da_printf(a->dump->arena, "The process was ended from outside: %s was sent by %s.",
					    e->name, sender(a));
		a->leading_confidence = c;
	}
	return 1;
}

const struct da_rule da_rule_crash_killed_from_outside = {
	.id = "crash.killed-from-outside", .severity = "Information",
	.looks_for = "a deadly signal that another process sent",
	.page = "Needs the signal record with its sender. Says the sender's process and user id.",
	.why_not = da_crash_none, .run = run_killed_from_outside,
};

/* ---------------------------------------------------------------- beside the cause */

/* Where a handler that only ended the process hid the first fault, the findings above are about that one. */
static unsigned run_earlier_exception(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a), *first = e->earlier;
	const struct da_thread *t;
	struct da_evidence *ev;
	struct da_finding *f;

	if (!first || first->blamed_frame == e->blamed_frame || e->thread == DA_NONE)
		return 0;
	t = &a->dump->proc.threads.v[e->thread];
	f = da_finding_new(a->doc, "crash.earlier-exception", DA_SEVERITY_WARNING, 1, 0.9);
	da_finding_title(f, "The thread was already handling %s", first->name);
	da_finding_description(f, "%s had failed before%s%s, with %s%s%s%s; it died while the handler ran.",
			       da_say_thread(a, e->thread), first->blamed_frame < t->frames.n ? " in " : "",
			       first->blamed_frame < t->frames.n
				       ? da_say_frame(a, &t->frames.v[first->blamed_frame]) : "",
			       first->name, first->subname ? " (" : "", first->subname ? first->subname : "",
			       first->subname ? ")" : "");
	da_finding_recommendation(f, "Look at the frames below the signal frame first; then at what the handler "
				  "does that is not allowed there (malloc, locks, logging).");
	da_finding_refuted_by(f, "a handler that treats this signal as ordinary, as runtimes do for null checks");
	da_finding_thread(f, e->thread);
	ev = da_finding_evidence(f, "first fault");
	da_evidence_thread(ev, e->thread);
	if (first->blamed_frame < t->frames.n)
		da_evidence_frame(ev, first->blamed_frame);
	if (first->has_address && !first->address_hidden)
		da_evidence_address(ev, first->address);
	da_evidence_text(ev, "%s%s", first->near ? "the address is " : "from the signal frame",
			 first->near ? first->near : "");
	return 1;
}

const struct da_rule da_rule_crash_earlier_exception = {
	.id = "crash.earlier-exception", .severity = "Warning",
	.looks_for = "a crash inside a signal handler, with the first fault below it",
	.page = "Needs a signal frame on the stack of the dead thread that holds the record of a fault, or on x86 the\n"
		"CPU's trap number with an instruction that explains it. Handlers of other signals do not count.",
	.why_not = da_crash_none, .run = run_earlier_exception,
};
