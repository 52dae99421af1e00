/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.*: why the process died. fault/ found out which kind of death it was (enum da_cause) and the
 * facts around it; here they become one finding each, in the words of people who did not write the
 * program.
 */
#include "config.h"

#include <string.h>

#include "analyze/words.h"

/* Addresses below this are a null pointer plus the offset of a field: no process maps them. */
#define NULL_PAGE 0x10000
/* Bit 29 of a code: defined by a program, not by the system. */
#define RAISED_BY_PROGRAM 0x20000000
/* idiv of the smallest integer by -1 is told as an overflow. */
enum { INT_DIVIDE_BY_ZERO = 0xc0000094, INT_OVERFLOW = 0xc0000095 };

static const struct da_exception *exception(const struct da_analysis *a)
{
	return a->dump->proc.exception;
}

static bool on_windows(const struct da_analysis *a)
{
	return a->dump->proc.os == DA_OS_WINDOWS;
}

/* Tools and words differ between systems. */
static const char *by_system(const struct da_analysis *a, const char *windows, const char *others)
{
	return on_windows(a) ? windows : others;
}

static const char *no_exception(const struct da_analysis *a)
{
	return exception(a) ? NULL : "the dump was made of a living process";
}

static bool cause_is(const struct da_analysis *a, enum da_cause cause)
{
	return exception(a)->cause == cause;
}

/* ---------------------------------------------------------------- what all have in common */

/* " in parse_header" or "": for titles, so without parameters. */
static const char *in_function(struct da_analysis *a)
{
	const struct da_frame *f = da_blamed_frame(a->dump, NULL);

	if (!f || !da_function_name(f) || f->module == DA_NONE ||
	    a->dump->proc.modules.v[f->module].class == DA_CLASS_SYSTEM)
		return ""; /* that it stood in libc says nothing */
	return da_printf(a->dump->arena, " in " DA_SYM("%s"),
			 da_without_parameters(a->dump->arena, da_function_name(f)));
}

/* "t1 "name" died of SIGSEGV (SEGV_MAPERR) in parse_header (libfoo.so), at parser.c:88." */
static const char *who_died(struct da_analysis *a)
{
	const struct da_exception *e = exception(a);
	const struct da_frame *f = da_blamed_frame(a->dump, NULL);

	return da_printf(a->dump->arena, "%s died of %s%s%s%s%s%s.",
			 e->thread != DA_NONE ? da_say_thread(a, e->thread) : "The process", e->name,
			 e->subname ? " (" : "", e->subname ? e->subname : "", e->subname ? ")" : "",
			 f ? " in " : "", f ? da_say_frame(a, f) : "");
}

static void blame_evidence(struct da_analysis *a, struct da_finding *f)
{
	const struct da_exception *e = exception(a);
	uint32_t index = 0;
	const struct da_frame *frame = da_blamed_frame(a->dump, &index);
	struct da_evidence *ev;

	if (!frame)
		return;
	ev = da_finding_evidence(f, "frame to look at");
	da_evidence_thread(ev, e->thread);
	da_evidence_frame(ev, index);
	da_evidence_address(ev, frame->pc);
	da_evidence_text(ev, "%s%s%s; the frame is known by %s", da_say_frame(a, frame),
			 e->blamed_why ? "; chosen as " : "", e->blamed_why ? e->blamed_why : "",
			 frame->trust == DA_TRUST_CONTEXT ? "the thread's registers"
			 : frame->trust == DA_TRUST_CFI ? "call frame information"
			 : frame->trust == DA_TRUST_FRAME_POINTER ? "the chain of frame pointers"
								  : "a scan of the stack, so it may be wrong");
}

static void signal_evidence(struct da_analysis *a, struct da_finding *f)
{
	const struct da_exception *e = exception(a);
	struct da_evidence *ev = da_finding_evidence(f, by_system(a, "exception", "signal"));

	da_evidence_thread(ev, e->thread);
	if (e->has_address && !e->address_hidden && !e->earlier)
		da_evidence_address(ev, e->address);
	if (e->has_info)
		da_evidence_text(ev, "%s, code %d%s%s%s", e->name, e->subcode, e->subname ? " (" : "",
				 e->subname ? e->subname : "", e->subname ? ")" : "");
	else if (on_windows(a))
		da_evidence_text(ev, "%s, code 0x%08x%s%s%s", e->name, (unsigned)e->code, e->subname ? " (" : "",
				 e->subname ? e->subname : "", e->subname ? ")" : "");
	else
		da_evidence_text(ev, "%s; the dump holds no more about it", e->name);
	if (e->earlier) {
		ev = da_finding_evidence(f, "signal frame");
		da_evidence_thread(ev, e->thread);
		if (e->earlier->has_address && !e->earlier->address_hidden)
			da_evidence_address(ev, e->earlier->address);
		da_evidence_text(ev, "a handler of %s%s%s%s was running, or had just returned, when the process "
				 "died", e->earlier->name, e->earlier->subname ? " (" : "",
				 e->earlier->subname ? e->earlier->subname : "",
				 e->earlier->subname ? ")" : "");
	}
	if (e->instruction) {
		ev = da_finding_evidence(f, "instruction");
		da_evidence_thread(ev, e->thread);
		if (!e->earlier)
			da_evidence_frame(ev, 0);
		da_evidence_text(ev, DA_SYM("%s") "%s%s", e->instruction, e->operands ? "; " : "",
				 e->operands ? e->operands : "");
	}
	if (e->message) {
		ev = da_finding_evidence(f, "message");
		da_evidence_text(ev, DA_SITE("%s") " (from %s)", e->message,
				 e->message_from ? e->message_from : "memory");
	}
}

/* How sure: facts of the kernel, less when the thread's stack is a guess or the signal's record is gone. */
static double confidence(struct da_analysis *a, double most)
{
	const struct da_exception *e = exception(a);
	const struct da_frame *f = da_blamed_frame(a->dump, NULL);

	/* Windows always keeps the whole record. */
	if (!e->has_info && !on_windows(a) && most > 0.8)
		most = 0.8;
	if (f && f->trust == DA_TRUST_SCAN && most > 0.6)
		most = 0.6;
	return most;
}

/* Titles are written to follow "Crash: "; on their own they begin with a capital. */
static const char *capital(struct da_analysis *a, const char *text)
{
	char *s = da_strdup(a->dump->arena, text);

	if (*s >= 'a' && *s <= 'z')
		*s = (char)(*s - 'a' + 'A');
	return s;
}

static struct da_finding *begin(struct da_analysis *a, const char *rule, double sure, const char *title)
{
	double c = confidence(a, sure);
	struct da_finding *f = da_finding_new(a->doc, rule, DA_SEVERITY_ERROR, 1, c);

	da_finding_title(f, "%s", capital(a, title));
	if (exception(a)->thread != DA_NONE)
		da_finding_thread(f, exception(a)->thread);
	signal_evidence(a, f);
	blame_evidence(a, f);
	if (!a->leading) {
		a->leading = f;
		a->leading_rule = rule;
		a->leading_text = da_printf(a->dump->arena, "Crash: %s.", title);
		a->leading_confidence = c;
	}
	return f;
}

static void where_to_look(struct da_analysis *a, struct da_finding *f, const char *advice)
{
	const struct da_frame *frame = da_blamed_frame(a->dump, NULL);
	const char *line = frame ? da_say_line(a, frame) : NULL;

	if (frame && da_function_name(frame))
		da_finding_recommendation(f, "Give the developers the stack of this thread. The place to look is "
					  "%s%s%s. %s", da_say_function(a, frame), line ? ", " : "",
					  line ? line : "", advice);
	else
		da_finding_recommendation(f, "Give the developers the stack of this thread. %s", advice);
}

/* ---------------------------------------------------------------- crash.access */

struct access_words {
	const char *title, *advice;
};

static struct access_words access_words(struct da_analysis *a)
{
	const struct da_exception *e = exception(a);
	bool write = e->access == DA_ACCESS_WRITE, execute = e->access == DA_ACCESS_EXECUTE;
	const struct da_unloaded *gone = e->has_address ? da_unloaded_at(&a->dump->proc, e->address) : NULL;

	if (cause_is(a, DA_CAUSE_BEYOND_FILE))
		return (struct access_words){ by_system(a, "a page of a mapped file could not be read",
							"access behind the end of a mapped file"),
			by_system(a, "Windows could not read a page of a mapped file or image: the network share or "
				     "removable disk went away, or the disk failed. The third parameter of the "
				     "exception is the error's status.",
				  "A file was cut or replaced while it was mapped: was it copied over during the "
				  "run? Replace such files by rename.") };
	if (cause_is(a, DA_CAUSE_HARDWARE_MEMORY))
		return (struct access_words){ "the memory itself failed",
			"This is a hardware error that the kernel reported: look at the machine's log (mcelog, "
			"rasdaemon, the service processor) and replace the memory." };
	if (!e->has_address)
		return (struct access_words){ "access to an invalid address",
			by_system(a, "The CPU refused the pointer itself and tells no address then: it was "
				     "overwritten or never set.",
				  "The dump does not tell the address; a core written by the kernel does.") };
	if (gone)
		return (struct access_words){
			da_printf(a->dump->arena, "%s " DA_SYM("%s") " after it was unloaded",
				  execute ? "call into" : "use of", gone->name),
			"Something of that DLL was still in use (a callback, timer, thread, window procedure or "
			"object) when FreeLibrary let go of its last reference: find who unloads it, and what was "
			"left registered." };
	if (execute && e->address < NULL_PAGE)
		return (struct access_words){ "call through a null function pointer",
			"A function pointer, callback or virtual table entry is null there." };
	if (execute)
		return (struct access_words){ "call or jump to an address that is not code",
			by_system(a, "A function pointer or return address was overwritten, or the code was "
				     "unloaded (FreeLibrary).",
				  "A function pointer or return address was overwritten, or the code was "
				  "unloaded (dlclose).") };
	if (e->address < NULL_PAGE)
		return (struct access_words){ write ? "write through a null pointer"
						    : "read through a null pointer",
			"A pointer is null there: the offset from null is that of the field that was used. "
			"Check what should have set it." };
	if (!da_arch_canonical(a->dump->proc.arch, e->address))
		return (struct access_words){ "access through a pointer that is no address",
			by_system(a, "The pointer was overwritten or never set: text or a freed object in its "
				     "place is the usual cause. Page heap (gflags /p /enable PROGRAM /full) or "
				     "AddressSanitizer finds the writer.",
				  "The pointer was overwritten or never set: text or a freed object in its "
				  "place is the usual cause. AddressSanitizer or valgrind finds the writer.") };
	if (da_streq(e->subname, "SEGV_ACCERR") && write)
		return (struct access_words){ "write to memory that may not be written",
			"A string constant or other read-only data was changed, or a buffer ran into a guard "
			"page." };
	return (struct access_words){ write ? "write to an invalid address" : "read from an invalid address",
		by_system(a, "The object was freed, unmapped or never there. Page heap (gflags /p /enable "
			     "PROGRAM /full) or AddressSanitizer on the same scenario shows who freed it.",
			  "The object was freed, unmapped or never there. AddressSanitizer or valgrind on the "
			  "same scenario shows who freed it.") };
}

static unsigned run_access(struct da_analysis *a)
{
	const struct da_exception *e = exception(a);
	struct access_words w;
	struct da_finding *f;

	if (!cause_is(a, DA_CAUSE_ACCESS) && !cause_is(a, DA_CAUSE_BEYOND_FILE) &&
	    !cause_is(a, DA_CAUSE_HARDWARE_MEMORY))
		return 0;
	w = access_words(a);
	f = begin(a, "crash.access", 0.95, da_printf(a->dump->arena, "%s%s", w.title, in_function(a)));
	if (e->address_hidden)
		da_finding_description(f, "%s The address that it used is none: its bytes are text of the process, "
				       "and not shown.", who_died(a));
	else if (e->has_address)
		da_finding_description(f, "%s It tried to %s " DA_ADDR("0x%llx") "%s%s%s.", who_died(a),
				       e->access == DA_ACCESS_UNKNOWN ? "access"
				       : e->access == DA_ACCESS_READ ? "read"
				       : e->access == DA_ACCESS_WRITE ? "write to" : "run code at",
				       (unsigned long long)e->address, e->near ? ": " : "",
				       e->near ? e->near : "",
				       e->address_derived ?
				       by_system(a, " (computed from the instruction and registers, since the "
						    "exception record does not tell)",
						 " (computed from the instruction and registers, since the signal "
						 "does not tell)") : "");
	else
		da_finding_description(f, "%s Which address it used is unknown, since neither the %s nor the "
				       "instruction tells.", who_died(a),
				       by_system(a, "exception record", "signal"));
	where_to_look(a, f, w.advice);
	da_finding_refuted_by(f, "a value of the registers at the instruction that makes this access valid");
	return 1;
}

const struct da_rule da_rule_crash_access = {
	.id = "crash.access", .severity = "Error",
	.looks_for = "a read, write or call through a bad address (SIGSEGV, SIGBUS)",
	.page = "Needs the signal record; the kind of access comes from the decoded instruction, so it needs\n"
		"the code at the fault, from the dump or the file. Says which address, what it is near (null,\n"
		"guard page, end of a module, freed mapping) and which function to look at, skipping memcpy,\n"
		"strlen and runtime helpers. Sure when the kernel gave the address; 0.8 at most without the\n"
		"signal record, 0.6 when the function was found by scanning the stack.",
	.why_not = no_exception, .run = run_access,
};

/* ---------------------------------------------------------------- crash.stack-overflow */

static unsigned run_stack_overflow(struct da_analysis *a)
{
	const struct da_exception *e = exception(a);
	const struct da_thread *t;
	struct da_finding *f;

	if (!cause_is(a, DA_CAUSE_STACK_OVERFLOW) || e->thread == DA_NONE)
		return 0;
	t = &a->dump->proc.threads.v[e->thread];
	f = begin(a, "crash.stack-overflow", 0.95,
		  da_printf(a->dump->arena, "the stack overflowed%s", in_function(a)));
	da_finding_description(f, "%s Its stack of %llu KiB is full%s.", who_died(a),
			       (unsigned long long)(t->stack_base - t->stack_limit) >> 10,
			       e->cycle_count > 1
				       ? da_printf(a->dump->arena, ": the same %s %u times",
						   e->cycle_len == 1 ? "frame repeats" :
						   da_printf(a->dump->arena, "%u frames repeat", e->cycle_len),
						   e->cycle_count)
				       : "");
	where_to_look(a, f, e->cycle_count > 1
				    ? "The recursion has no end for this input: add a limit of depth, or a loop."
		      : t->end != DA_END_COMPLETE
				    ? "Its stack could not be walked to its beginning, so whether calls repeat is "
				      "unknown: give the missing files with --symbols."
				    : "No recursion was found: a large local array or alloca is likely; move it to "
				      "the heap, or give the thread a larger stack.");
	da_finding_refuted_by(f, "a fault address that lies neither in the guard page nor just below the stack");
	return 1;
}

const struct da_rule da_rule_crash_stack_overflow = {
	.id = "crash.stack-overflow", .severity = "Error",
	.looks_for = "a stack that ran out: recursion without end, or too large locals",
	.page = "Needs the thread's stack bounds and the fault address. Fires when the address lies in the guard\n"
		"page or just below the stack and the stack pointer is there too. Says the repeating frames, how\n"
		"often they repeat, and the size of the stack.",
	.why_not = no_exception, .run = run_stack_overflow,
};

/* ---------------------------------------------------------------- aborts */

static const char *quoted_message(struct da_analysis *a)
{
	const struct da_exception *e = exception(a);

	return e->message ? da_printf(a->dump->arena, " It said: \"" DA_SITE("%s") "\".", e->message) : "";
}

static unsigned run_abort(struct da_analysis *a)
{
	static const struct {
		enum da_cause cause;
		const char *title, *advice, *windows;
	} kinds[] = {
		{ DA_CAUSE_ASSERT, "an assertion failed", "The condition of the assertion names what was wrong; "
							  "the frame below it shows with which values.", NULL },
		{ DA_CAUSE_STACK_SMASHED, "a buffer on the stack was overrun",
		  "The function that is named wrote past the end of a local array. Build it with "
		  "-fsanitize=address to see the write.",
		  "The function that is named wrote past the end of a local array, over the cookie that /GS put "
		  "there. Build it with /fsanitize=address to see the write." },
		{ DA_CAUSE_FORTIFY, "a buffer overflow was stopped",
		  "A checked function of libc (memcpy, strcpy, sprintf and the like) was given more than fits: "
		  "look at sizes in the frame that called it.",
		  "A bounds check that was built into the program failed: look at indices and sizes in the frame "
		  "that is named." },
		{ DA_CAUSE_FATAL_MESSAGE, "the program gave up with a fatal message",
		  "The message says what the library or runtime found.", NULL },
		{ DA_CAUSE_ABORT, "the program aborted itself",
		  "abort() was called on purpose: the frame that called it, and the program's log just before, "
		  "say why.",
		  "The program, or a check that was built into it, ended it on purpose (abort, fail fast): the "
		  "frame that called for it, and the program's log just before, say why." },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(kinds); i++) {
		struct da_finding *f;

		if (!cause_is(a, kinds[i].cause))
			continue;
		f = begin(a, "crash.abort", 0.95,
			  da_printf(a->dump->arena, "%s%s", kinds[i].title, in_function(a)));
		da_finding_description(f, "%s%s", who_died(a), quoted_message(a));
		where_to_look(a, f, on_windows(a) && kinds[i].windows ? kinds[i].windows : kinds[i].advice);
		da_finding_refuted_by(f, "%s", by_system(a, "a debugger or another process that raised the exception",
							 "a sender of the signal that is another process"));
		return 1;
	}
	return 0;
}

const struct da_rule da_rule_crash_abort = {
	.id = "crash.abort", .severity = "Error",
	.looks_for = "a process that ended itself: abort, assert, fortify, stack protector",
	.page = "Needs SIGABRT sent by the process itself. The text is read from where glibc keeps it\n"
		"(__abort_msg), so it needs no symbols; the function to blame is the first of own code below\n"
		"abort, assert and the checks of libc.",
	.why_not = no_exception, .run = run_abort,
};

static unsigned run_heap_corruption(struct da_analysis *a)
{
	struct da_finding *f;

	if (!cause_is(a, DA_CAUSE_HEAP_CORRUPTION))
		return 0;
	f = begin(a, "crash.heap-corruption", 0.9,
		  da_printf(a->dump->arena, "the heap is corrupt%s%s", *in_function(a) ? ", noticed" : "",
			    in_function(a)));
	da_finding_description(f, "%s %s own check failed.%s The function that noticed is often not the one that did "
			       "the damage.", who_died(a), by_system(a, "The heap manager's", "malloc's"),
			       quoted_message(a));
	where_to_look(a, f, by_system(a, "Run the same scenario with page heap (gflags /p /enable PROGRAM /full) or "
					 "AddressSanitizer: they stop at the wrong write or free.",
				      "Run the same scenario with AddressSanitizer, or valgrind, or MALLOC_CHECK_=3 "
				      "with libc_malloc_debug.so: they stop at the wrong write or free."));
	da_finding_next(f, DA_NEXT_CHECK, "%s", by_system(a,
			"Run it with page heap (gflags /p /enable PROGRAM /full): that shows who damages the heap.",
			"Run it under AddressSanitizer or valgrind: that shows who damages the heap."));
	da_finding_refuted_by(f, "an intact chunk at the address that was checked");
	return 1;
}

const struct da_rule da_rule_crash_heap_corruption = {
	.id = "crash.heap-corruption", .severity = "Error",
	.looks_for = "a damaged heap that malloc noticed: double free, overrun, invalid pointer",
	.page = "Needs the message of malloc (glibc 2.31 to 2.43 word it alike), read from __abort_msg. Says which\n"
		"check failed and who called malloc or free. Who did the damage is not in a dump.",
	.why_not = no_exception, .run = run_heap_corruption,
};

static unsigned run_cpp_exception(struct da_analysis *a)
{
	const struct da_exception *e = exception(a);
	struct da_finding *f;

	if (!cause_is(a, DA_CAUSE_CPP_EXCEPTION))
		return 0;
	f = begin(a, "crash.cpp-exception", 0.9,
		  e->cpp_type ? da_printf(a->dump->arena, "a C++ exception of type " DA_SYM("%s") " was not caught%s",
					  e->cpp_type, in_function(a))
			      : da_printf(a->dump->arena, "a C++ exception was not caught%s", in_function(a)));
	da_finding_description(f, "%s %s.%s%s%s", who_died(a),
			       by_system(a, "No handler of the program took it", "std::terminate ended the process"),
			       e->cpp_what ? da_printf(a->dump->arena, " what() says: \"" DA_SITE("%s") "\".",
						       e->cpp_what) : "",
			       e->cpp_type ? "" : " Its type is unknown, because the exception object or the "
						  "name of its type is not in the dump.",
			       e->blamed_why ? "" : " Where it was thrown is unknown.");
	where_to_look(a, f, "Catch it where it can be handled, or at least at the top of the thread, and log it.");
	da_finding_refuted_by(f, "%s", by_system(a, "a handler further out on the stack, when a debugger made the dump "
						    "at the first chance",
						 "std::terminate called for another reason (a joinable std::thread "
						 "destroyed)"));
	return 1;
}

const struct da_rule da_rule_crash_cpp_exception = {
	.id = "crash.cpp-exception", .severity = "Error",
	.looks_for = "a C++ exception that nobody caught",
	.page = "Needs the exception object, found through __cxa_eh_globals or by its class word in memory. The\n"
		"name of the type lies in the program's file, so it needs that file when the dump lacks its\n"
		"read-only data. what() is read for the types of the standard library and those derived.",
	.why_not = no_exception, .run = run_cpp_exception,
};

static unsigned run_out_of_memory(struct da_analysis *a)
{
	struct da_finding *f;

	if (!cause_is(a, DA_CAUSE_OUT_OF_MEMORY))
		return 0;
	f = begin(a, "crash.out-of-memory", 0.85,
		  da_printf(a->dump->arena, "an allocation failed%s", in_function(a)));
	da_finding_description(f, "%s An allocation was refused (" DA_SYM("%s") "): either memory or address space "
			       "ran out, or the size that was asked for is absurd.", who_died(a),
			       exception(a)->cpp_type ? exception(a)->cpp_type : "std::bad_alloc");
	where_to_look(a, f, by_system(a, "Check the size that was asked for there; then the totals in the memory map, "
					 "the page file, and limits of a job object or container.",
				      "Check the size that was asked for there; then the limits of the process "
				      "(ulimit -v, cgroup) against the totals in the memory map."));
	da_finding_refuted_by(f, "code of the program that throws std::bad_alloc by itself");
	return 1;
}

const struct da_rule da_rule_crash_out_of_memory = {
	.id = "crash.out-of-memory", .severity = "Error",
	.looks_for = "a death because memory was refused (std::bad_alloc)",
	.page = "Needs the C++ exception object. Processes that the kernel's OOM killer ends leave no dump.",
	.why_not = no_exception, .run = run_out_of_memory,
};

static unsigned run_pure_virtual(struct da_analysis *a)
{
	struct da_finding *f;

	if (!cause_is(a, DA_CAUSE_PURE_VIRTUAL))
		return 0;
	f = begin(a, "crash.pure-virtual", 0.95,
		  da_printf(a->dump->arena, "a pure virtual function was called%s", in_function(a)));
	da_finding_description(f, "%s The object was still being constructed, already being destroyed, or freed.",
			       who_died(a));
	where_to_look(a, f, "Look who else uses the object while its destructor runs, often another thread; do not "
			    "call virtual functions from constructors and destructors.");
	da_finding_refuted_by(f, "a class that has no such function yet");
	return 1;
}

const struct da_rule da_rule_crash_pure_virtual = {
	.id = "crash.pure-virtual", .severity = "Error",
	.looks_for = "a call of a pure virtual function (use during or after destruction)",
	.page = "Needs a frame of __cxa_pure_virtual or __cxa_deleted_virtual, so a symbol of libstdc++ or libc++.",
	.why_not = no_exception, .run = run_pure_virtual,
};

/* ---------------------------------------------------------------- one signal, one rule */

static unsigned run_plain(struct da_analysis *a, enum da_cause cause, const char *rule, const char *title,
			  const char *advice, const char *refuted)
{
	struct da_finding *f;

	if (!cause_is(a, cause))
		return 0;
	f = begin(a, rule, 0.95, da_printf(a->dump->arena, "%s%s", title, in_function(a)));
	da_finding_description(f, "%s%s%s%s", who_died(a),
			       exception(a)->instruction
				       ? da_printf(a->dump->arena, " The instruction is " DA_SYM("%s"),
						   exception(a)->instruction) : "",
			       exception(a)->instruction ? (exception(a)->operands ? ": " : ".") : "",
			       exception(a)->instruction && exception(a)->operands ? exception(a)->operands : "");
	where_to_look(a, f, advice);
	da_finding_refuted_by(f, "%s", refuted);
	return 1;
}

static unsigned run_illegal_instruction(struct da_analysis *a)
{
	return run_plain(a, DA_CAUSE_ILLEGAL_INSTRUCTION, "crash.illegal-instruction",
			 "an instruction that this CPU does not have",
			 "ud2 is put there by compilers for code that must not be reached, and by Rust and C++ "
			 "libraries to abort; other instructions mean code built for a newer CPU, or a jump into "
			 "data.", "the same instruction working on this CPU");
}

const struct da_rule da_rule_crash_illegal_instruction = {
	.id = "crash.illegal-instruction", .severity = "Error",
	.looks_for = "an instruction that the CPU refuses (SIGILL)",
	.page = "Needs the signal; with the code at hand it shows the instruction.",
	.why_not = no_exception, .run = run_illegal_instruction,
};

static unsigned run_arithmetic(struct da_analysis *a)
{
	const struct da_exception *e = exception(a);
	bool division = e->is_signal ? da_streq(e->subname, "FPE_INTDIV")
				     : e->code == INT_DIVIDE_BY_ZERO || e->code == INT_OVERFLOW;

	return run_plain(a, DA_CAUSE_ARITHMETIC, "crash.arithmetic",
			 division ? "an integer division that has no result" : "an arithmetic error",
			 division ? "The divisor is zero, or the smallest integer was divided by -1: check where it "
				    "comes from."
				  : by_system(a, "Floating-point traps were switched on (_controlfp), or an "
						 "operation was undefined.",
					      "Floating-point traps were switched on (feenableexcept), or an "
					      "operation was undefined."),
			 "a divisor in the registers that is neither 0 nor -1");
}

const struct da_rule da_rule_crash_arithmetic = {
	.id = "crash.arithmetic", .severity = "Error",
	.looks_for = "a division by zero or another arithmetic trap (SIGFPE)",
	.page = "Needs the signal; with the code at hand it shows the instruction and its operands.",
	.why_not = no_exception, .run = run_arithmetic,
};

static unsigned run_breakpoint(struct da_analysis *a)
{
	return run_plain(a, DA_CAUSE_BREAKPOINT, "crash.breakpoint", "a breakpoint without a debugger",
			 "int3 and brk are used by programs and runtimes to stop on a condition that must not "
			 "happen, as an assertion does.", "a debugger that was attached at that time");
}

const struct da_rule da_rule_crash_breakpoint = {
	.id = "crash.breakpoint", .severity = "Error",
	.looks_for = "a breakpoint instruction with no debugger attached (SIGTRAP)",
	.page = "Needs the signal. A dump that a debugger wrote at its own breakpoint is no crash.",
	.why_not = no_exception, .run = run_breakpoint,
};

static unsigned run_bad_system_call(struct da_analysis *a)
{
	const char *title = exception(a)->syscall >= 0
		? da_printf(a->dump->arena, "a system call (number %d) that a filter forbids",
			    exception(a)->syscall)
		: "a system call that a filter forbids";

	return run_plain(a, DA_CAUSE_BAD_SYSTEM_CALL, "crash.bad-system-call", title,
			 "A seccomp filter (container, systemd SystemCallFilter, sandbox) refuses it: allow the call "
			 "in the profile, or ask why the program needs it.", "a process without a seccomp filter");
}

const struct da_rule da_rule_crash_bad_system_call = {
	.id = "crash.bad-system-call", .severity = "Error",
	.looks_for = "a system call refused by a seccomp filter (SIGSYS)",
	.page = "Needs the signal record, which holds the number of the call.",
	.why_not = no_exception, .run = run_bad_system_call,
};

static unsigned run_misaligned(struct da_analysis *a)
{
	return run_plain(a, DA_CAUSE_MISALIGNED, "crash.misaligned", "an access that is not aligned",
			 "Data was cast to a type of stricter alignment, or vector code was given a pointer that is "
			 "not aligned: use memcpy, or unaligned loads.", "an aligned address in the signal record");
}

const struct da_rule da_rule_crash_misaligned = {
	.id = "crash.misaligned", .severity = "Error",
	.looks_for = "an access to an address that is not aligned (SIGBUS)",
	.page = "Needs the signal record (BUS_ADRALN).",
	.why_not = no_exception, .run = run_misaligned,
};

/* ---------------------------------------------------------------- exceptions that a program made up */

enum { CLR_EXCEPTION = 0xe0434352 };

static unsigned run_unhandled(struct da_analysis *a)
{
	const struct da_exception *e = exception(a);
	bool managed = e->code == CLR_EXCEPTION;
	struct da_finding *f;

	if (!cause_is(a, DA_CAUSE_UNKNOWN) || e->is_signal || !on_windows(a))
		return 0;
	f = begin(a, "crash.unhandled", 0.9,
		  managed ? "a .NET exception was not handled"
			  : da_printf(a->dump->arena, "exception 0x%08x was not handled%s", (unsigned)e->code,
				      in_function(a)));
	da_finding_description(f, "%s %s", who_died(a),
			       managed ? "Its type and message are in the managed heap, which is not read."
			       : (e->code & RAISED_BY_PROGRAM)
				       ? "The code is not one of Windows: the program or a library made it up and "
					 "raised it (RaiseException), so its meaning is theirs."
				       : "This is a status of Windows that no rule knows more about.");
	where_to_look(a, f, managed ? "The .NET stack and the application's log name the exception."
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
	.why_not = no_exception, .run = run_unhandled,
};

/* ---------------------------------------------------------------- from outside */

static const char *sender(struct da_analysis *a)
{
	const struct da_exception *e = exception(a);

	return e->has_sender ? da_printf(a->dump->arena, "process %d of user " DA_SITE("%u"), e->sender_pid,
					 e->sender_uid)
			     : "another process";
}

static unsigned run_watchdog(struct da_analysis *a)
{
	struct da_finding *f;

	if (!cause_is(a, DA_CAUSE_WATCHDOG))
		return 0;
	f = begin(a, "crash.watchdog", 0.85, "a supervisor ended the process because it did not answer");
	da_finding_description(f, "%s The signal was sent by %s: that is how systemd (WatchdogSec) and other "
			       "supervisors end a service that hangs. The process itself made no fault.",
			       who_died(a), sender(a));
	da_finding_recommendation(f, "Treat it as a hang: see which threads wait, and for what. The supervisor's log "
				  "names the time limit that was missed.");
	da_finding_refuted_by(f, "a log of the supervisor that shows another reason, such as an operator");
	return 1;
}

const struct da_rule da_rule_crash_watchdog = {
	.id = "crash.watchdog", .severity = "Error",
	.looks_for = "a hang that a supervisor ended with SIGABRT",
	.page = "Needs the signal record: SIGABRT from process 1 or from the parent process.",
	.why_not = no_exception, .run = run_watchdog,
};

static unsigned run_killed_from_outside(struct da_analysis *a)
{
	const struct da_exception *e = exception(a);
	struct da_finding *f;
	double c;

	if (!cause_is(a, DA_CAUSE_FROM_OUTSIDE) && !cause_is(a, DA_CAUSE_QUIT))
		return 0;
	c = confidence(a, 0.95);
	f = da_finding_new(a->doc, "crash.killed-from-outside", DA_SEVERITY_INFORMATION, 1, c);
	da_finding_title(f, "%s was sent by %s", e->name, sender(a));
	da_finding_description(f, "%s The signal came from outside: that is no fault of this code. Often it is how "
			       "somebody asks for a dump of a process that hangs.", who_died(a));
	da_finding_recommendation(f, "Ask who sent it and why; if the process did not answer, look at what its "
				  "threads wait for.");
	da_finding_refuted_by(f, "a sender's process id that is a thread of this process");
	signal_evidence(a, f);
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
	.why_not = no_exception, .run = run_killed_from_outside,
};

/* ---------------------------------------------------------------- beside the cause */

static unsigned run_bit_flip(struct da_analysis *a)
{
	const struct da_exception *e = exception(a);
	struct da_finding *f;

	if (!e->candidate)
		return 0;
	f = da_finding_new(a->doc, "crash.bit-flip", DA_SEVERITY_INFORMATION, 1, 0.3);
	da_finding_title(f, "The bad address is one bit away from a valid one");
	da_finding_description(f, DA_ADDR("0x%llx") " differs in a single bit from " DA_ADDR("0x%llx")
			       ", which is mapped. It may be chance.", (unsigned long long)e->address,
			       (unsigned long long)e->candidate);
	da_finding_recommendation(f, "If crashes of this machine have nothing in common, test its memory.");
	da_finding_refuted_by(f, "the same crash on another machine");
	return 1;
}

const struct da_rule da_rule_crash_bit_flip = {
	.id = "crash.bit-flip", .severity = "Information",
	.looks_for = "a bad address that one flipped bit would explain (memory fault)",
	.page = "Needs the fault address and the memory map. Never sure: one crash proves nothing.",
	.why_not = no_exception, .run = run_bit_flip,
};

/* Where a handler that only ended the process hid the first fault, the findings above are about that one. */
static unsigned run_earlier_exception(struct da_analysis *a)
{
	const struct da_exception *e = exception(a), *first = e->earlier;
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
	.why_not = no_exception, .run = run_earlier_exception,
};
