/* SPDX-License-Identifier: Apache-2.0 */
/* Deaths that the runtime of a language decided: C++ exceptions, std::terminate, panics, refused memory. */
#include "config.h"

#include <string.h>

#include "analyze/crash.h"
#include "analyze/figures.h"

/* Only classes have what(): of a thrown int or text its value is told. */
static const char *thrown_words(struct da_analysis *a)
{
	static const char *const texts[] = { "char const*", "char*", "char *", "const char *", "std::string" };
	const struct da_exception *e = da_crash_of(a);
	const char *says = "what() says";

	if (!e->cpp_what)
		return "";
	if (da_streq(e->cpp_type, "int") || da_streq(e->cpp_type, "unsigned int"))
		return da_printf(a->dump->arena, " Its value is " DA_SITE("%s") ".", e->cpp_what);
	for (size_t i = 0; i < DA_ARRAY_SIZE(texts); i++)
		if (da_streq(e->cpp_type, texts[i]))
			says = "Its text is";
	if (e->cpp_type && da_starts(e->cpp_type, "std::") && strstr(e->cpp_type, "basic_string<"))
		says = "Its text is";
	return da_printf(a->dump->arena, " %s: \"" DA_SITE("%s") "\".", says, e->cpp_what);
}

static unsigned run_cpp_exception(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	struct da_finding *f;

	if (!da_crash_cause_is(a, DA_CAUSE_CPP_EXCEPTION))
		return 0;
	f = da_crash_begin(a, "crash.cpp-exception", 0.9,
		  e->cpp_type ? da_printf(a->dump->arena, "a C++ exception of type " DA_SYM("%s") " was not caught%s",
					  e->cpp_type, da_crash_in_function(a))
			      : da_printf(a->dump->arena, "a C++ exception was not caught%s", da_crash_in_function(a)));
	da_finding_description(f, "%s %s%s%s.%s%s%s", da_crash_who_died(a),
			       da_crash_by_system(a, "No handler of the program took it", "std::terminate ended the process"),
			       e->reason ? ": " : "",
			       e->reason ? e->reason : "", thrown_words(a),
			       e->cpp_type ? "" : " Its type is unknown, because the exception object or the "
						  "name of its type is not in the dump.",
			       e->blamed_why ? "" : " Where it was thrown is unknown.");
	da_crash_advise(a, f, e->reason ? "Catch it inside the function that is noexcept (destructors are), or do not declare "
					"that function so: a handler further out is never reached."
				      : "Catch it where it can be handled, or at least at the top of the thread, and log it.");
	da_finding_refuted_by(f, da_crash_on_windows(a)
				      ? "a handler further out on the stack, when a debugger made the dump at the first chance"
			      : e->cpp_type ? "a handler of this exception that was running, and called std::terminate itself"
					     : "std::terminate called for another reason (a joinable std::thread destroyed)");
	return 1;
}

const struct da_rule da_rule_crash_cpp_exception = {
	.id = "crash.cpp-exception", .severity = "Error",
	.looks_for = "a C++ exception that nobody caught",
	.page = "Needs the exception object, found through __cxa_eh_globals or by its class word in memory. The\n"
		"name of the type lies in the program's file, so it needs that file when the dump lacks its\n"
		"read-only data. what() is read for the types of the standard library and those derived.",
	.why_not = da_crash_none, .run = run_cpp_exception,
};

static unsigned run_terminate(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	struct da_finding *f;

	if (!da_crash_cause_is(a, DA_CAUSE_TERMINATE))
		return 0;
	f = da_crash_begin(a, "crash.terminate", 0.9,
		  da_printf(a->dump->arena, "std::terminate was called%s", da_crash_in_function(a)));
	da_finding_description(f, "%s std::terminate ended the process%s%s%s.", da_crash_who_died(a), e->reason ? ": " : "",
			       e->reason ? e->reason : "",
			       e->reason ? "" : "; no exception that was not caught was found");
	da_crash_advise(a, f, e->reason && strstr(e->reason, "std::thread")
				    ? "Join or detach every std::thread before it is destroyed, also when an exception leaves "
				      "the block; std::jthread joins by itself."
			    : e->reason ? "Catch exceptions inside functions that are noexcept; destructors are."
					: "Usual reasons: a joinable std::thread was destroyed, throw; without an exception, or "
					  "an exception left a noexcept function.");
	da_finding_refuted_by(f, e->reason ? "an exception object in flight (__cxa_eh_globals) that nobody caught"
					   : "a frame of __cxa_throw above std::terminate");
	return 1;
}

const struct da_rule da_rule_crash_terminate = {
	.id = "crash.terminate", .severity = "Error",
	.looks_for = "std::terminate without an exception: a joinable thread destroyed, noexcept broken",
	.page = "Needs a frame of std::terminate, so a symbol of libstdc++ or libc++, and no exception that was thrown.\n"
		"The reason is told where a frame shows it: std::thread's destructor, or the unwinder.",
	.why_not = da_crash_none, .run = run_terminate,
};

static unsigned run_rust_panic(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	struct da_finding *f;

	if (!da_crash_cause_is(a, DA_CAUSE_PANIC))
		return 0;
	f = da_crash_begin(a, "crash.rust-panic", 0.9,
		  da_printf(a->dump->arena, "a Rust panic%s%s%s%s", e->reason ? " (" : "", e->reason ? e->reason : "",
			    e->reason ? ")" : "", da_crash_in_function(a)));
	da_finding_description(f, "%s A panic ended the process%s%s.%s", da_crash_who_died(a), e->reason ? ": " : "",
			       e->reason ? e->reason : "",
			       " Its message went to stderr and is not in the dump.");
	da_crash_advise(a, f, "The program's stderr holds the message, with file and line.");
	da_finding_refuted_by(f, "no message of a panic on stderr: the abort was called for directly");
	return 1;
}

const struct da_rule da_rule_crash_rust_panic = {
	.id = "crash.rust-panic", .severity = "Error",
	.looks_for = "a panic of Rust that ended the process",
	.page = "Needs frames of core::panicking or std::panicking, so symbols of the program. Which check failed is\n"
		"told by the function that was called for it (panic_bounds_check, unwrap_failed).",
	.why_not = da_crash_none, .run = run_rust_panic,
};

/* The heap whose limit refused the request, or is nearly reached: the collector needs room of its own below it. */
static const struct da_managed_heap *limited_heap(const struct da_analysis *a)
{
	for (size_t i = 0; i < a->dump->proc.runtimes.n; i++) {
		const struct da_managed_heap *h = &a->dump->proc.runtimes.v[i].heap;

		if (da_heap_limit_met(h) || (h->limit && h->has_used && h->used >= h->limit - h->limit / 8))
			return h;
	}
	return NULL;
}

static unsigned run_out_of_memory(struct da_analysis *a)
{
	const char *reason = da_crash_of(a)->cpp_type ? NULL : da_crash_of(a)->reason;
	bool script = reason && strstr(reason, "JavaScript"), managed = da_crash_of(a)->managed != NULL;
	const char *limits = da_say_limits(a);
	const struct da_managed_heap *limited = managed ? limited_heap(a) : NULL;
	struct da_finding *f;

	if (!da_crash_cause_is(a, DA_CAUSE_OUT_OF_MEMORY))
		return 0;
	f = da_crash_begin(a, "crash.out-of-memory", 0.85,
			   script ? reason : managed ? da_printf(a->dump->arena, DA_SYM("System.OutOfMemoryException")
								 " was not handled%s", da_crash_in_function(a))
						     : da_printf(a->dump->arena, "an allocation failed%s",
								 da_crash_in_function(a)));
	if (managed)
		da_finding_description(f, "%s The garbage collector could not give the memory that was asked for%s%s",
				       da_crash_who_died(a), *limits ? "." : ": the machine, the container or a limit of the heap "
				       "(DOTNET_GCHeapHardLimit) was reached, or one request was absurdly large.", limits);
	else if (reason)
		da_finding_description(f, "%s The process ran out of memory: %s.%s", da_crash_who_died(a), reason, limits);
	else
		da_finding_description(f, "%s An allocation was refused (" DA_SYM("%s") "): either memory or address "
				       "space ran out, or the size that was asked for is absurd.%s", da_crash_who_died(a),
				       da_crash_of(a)->cpp_type ? da_crash_of(a)->cpp_type : "std::bad_alloc", limits);
	da_memory_figures(a, f);
	if (script) /* which of the engine's functions asked says nothing */
		da_finding_recommendation(f, "Raise the limit (--max-old-space-size) if so much is to be expected; otherwise "
					  "take a heap snapshot before, to see what is kept.");
	else if (limited)
		da_crash_advise(a, f, da_printf(a->dump->arena, "Raise %s if so much memory is to be expected; otherwise find what "
						"keeps the objects (a dump with the heap shows it).", limited->limit_from));
	else
		da_crash_advise(a, f, da_crash_by_system(a,
				"Check the size that was asked for there; then the totals in the memory map, the page file, and "
				"limits of a job object or container.",
				"Check the size that was asked for there; then the limits of the process (ulimit -v, cgroup) "
				"against the totals in the memory map."));
	da_finding_refuted_by(f, managed ? "code of the program that throws OutOfMemoryException by itself"
				 : reason ? "a message on stderr that names another reason"
				   : "code of the program that throws std::bad_alloc by itself");
	return 1;
}

const struct da_rule da_rule_crash_out_of_memory = {
	.id = "crash.out-of-memory", .severity = "Error",
	.looks_for = "a death because memory was refused (std::bad_alloc, System.OutOfMemoryException)",
	.page = "Needs the exception object, of C++ or of .NET, or the message a script engine leaves. Processes that the "
		"kernel's OOM killer ends leave no dump.",
	.why_not = da_crash_none, .run = run_out_of_memory,
};

static unsigned run_pure_virtual(struct da_analysis *a)
{
	struct da_finding *f;

	if (!da_crash_cause_is(a, DA_CAUSE_PURE_VIRTUAL))
		return 0;
	f = da_crash_begin(a, "crash.pure-virtual", 0.95,
		  da_printf(a->dump->arena, "a pure virtual function was called%s", da_crash_in_function(a)));
	da_finding_description(f, "%s The object was still being constructed, already being destroyed, or freed.",
			       da_crash_who_died(a));
	da_crash_advise(a, f, "Look who else uses the object while its destructor runs, often another thread; do not "
			    "call virtual functions from constructors and destructors.");
	da_finding_refuted_by(f, "an object whose virtual table is that of a finished class");
	return 1;
}

const struct da_rule da_rule_crash_pure_virtual = {
	.id = "crash.pure-virtual", .severity = "Error",
	.looks_for = "a call of a pure virtual function (use during or after destruction)",
	.page = "Needs a frame of __cxa_pure_virtual or __cxa_deleted_virtual, so a symbol of libstdc++ or libc++.",
	.why_not = da_crash_none, .run = run_pure_virtual,
};
