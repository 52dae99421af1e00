/* SPDX-License-Identifier: Apache-2.0 */
/* crash.access and crash.stack-overflow: a bad address, what it was, and what is to be said of it. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "analyze/crash.h"
#include "analyze/figures.h"

/* Null plus the offset of a field, where the pointer itself is not known. */
#define OBJECT_MAX 0x1000
/* A guard and what a function pushes: one that is larger is no frame by frame overflow. */
#define GUARD_MAX 0x10000

/* ---------------------------------------------------------------- crash.access */

struct access_words {
	const char *title, *advice, *refuted;
};

/* "read", with an article where the sentence needs one. */
static const char *access_noun(const struct da_exception *e)
{
	return e->access == DA_ACCESS_WRITE ? "write" : e->access == DA_ACCESS_READ ? "read" : "access";
}

/* Neither the signal nor the instruction tells where. */
static struct access_words without_address(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	const struct da_frame *top = e->thread != DA_NONE && a->dump->proc.threads.v[e->thread].frames.n
					     ? &a->dump->proc.threads.v[e->thread].frames.v[0] : NULL;
	const char *module = top ? da_module_name(a->dump, top) : NULL;
	struct access_words w = { "access to an invalid address", NULL,
				  "an instruction at the program counter that touches no memory" };

	if (da_crash_on_windows(a))
		w.advice = "The CPU refused the pointer itself and tells no address then: it was overwritten or never set.";
	else if (!e->has_info)
		w.advice = "The dump does not tell the address; a core written by the kernel does.";
	else if (!da_streq(e->subname, "SI_KERNEL"))
		w.advice = "The record of the signal does not tell the address.";
	else if (e->instruction || !module)
		w.advice = "The address is not canonical (no address at all), or a vector was not aligned: the CPU "
			   "does not report it then.";
	else
		w.advice = da_printf(a->dump->arena, "The address is not canonical (no address at all), so the CPU "
				     "does not report it. The instruction would tell: give dumpan the file of "
				     DA_SYM("%s") ".", module);
	return w;
}

static struct access_words jump_words(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	const struct da_range *r = da_mem_range(&a->dump->proc.mem, e->address);

	if (e->returning)
		return (struct access_words){ "a return to an address that is not code",
			"The return address on the stack was overwritten: an array in the function that returned, or in "
			"one that it called, was overrun. -fsanitize=address or -fstack-protector-all stop at it.",
			"code that was mapped at this address before (dlclose), which an intact stack would return to" };
	if (e->address == 0)
		return (struct access_words){ "call through a null function pointer",
			"A function pointer, callback or virtual table entry is null there.",
			"a caller whose call instruction names its target" };
	if (e->address < DA_NULL_PAGE)
		return (struct access_words){
			da_printf(a->dump->arena, "call to " DA_ADDR("0x%llx") ", which is no code",
				  (unsigned long long)e->address),
			"A small number was used as a function pointer: it was overwritten, or read from the wrong place.",
			"a caller whose call instruction names its target" };
	if (r && r->has_prot && !(r->prot & DA_PROT_X))
		return (struct access_words){ "a jump into data",
			"The memory is mapped, but no code: a function pointer or a return address was overwritten, or points "
			"to the wrong thing.",
			"a protection of this range that allows execution" };
	return (struct access_words){ "call or jump to an address that is not code",
		da_crash_by_system(a, "A function pointer or return address was overwritten, or the code was unloaded "
				      "(FreeLibrary).",
				   "A function pointer or return address was overwritten, or the code was unloaded "
				   "(dlclose)."),
		"memory at this address that may be executed" };
}

/* A fault inside memcpy and the like is told of the one who called it. */
static bool in_helper(const struct da_exception *e)
{
	return e->blamed_frame != DA_NONE && e->blamed_frame > 0 && !e->earlier;
}

static struct access_words null_words(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);

	return (struct access_words){
		da_printf(a->dump->arena, "%s through a null pointer", access_noun(e)),
		in_helper(e) ? "It passed a null pointer on: check what should have set it."
		: e->address == 0 || e->pointer != DA_POINTER_NULL
			? "A pointer is null there: check what should have set it."
			: "A pointer is null there: the offset from null is that of the field or element that was used. "
			  "Check what should have set it.",
		e->pointer == DA_POINTER_NULL ? "a base register of the instruction that is not 0"
					      : "an integer that was cast to a pointer and happens to be this small" };
}

/* The memory is there, and its protection refused. */
static struct access_words protected_words(struct da_analysis *a, const struct da_range *r)
{
	const struct da_exception *e = da_crash_of(a);
	bool readable = r && r->has_prot && (r->prot & DA_PROT_R), writable = r && (r->prot & DA_PROT_W);

	if (r && r->has_prot && r->prot == 0)
		return (struct access_words){ "access to memory that allows none",
			"It is a guard page, or memory that is reserved only: a buffer or an index ran out of its "
			"memory, or something was not committed yet.",
			"a protection of this range that allows it, set after the fault" };
	if (e->access == DA_ACCESS_WRITE && !writable)
		return (struct access_words){ "a write to read-only memory",
			"A string constant, constant data or a file mapped for reading was changed.",
			"a protection of this range that allows writing" };
	return (struct access_words){
		readable && writable ? "an access that the protection of its memory does not allow"
		: readable ? "a write to memory that is read-only, or a jump into it"
			   : "an access that the protection of its memory does not allow",
		"The memory is mapped, but not for this: constant data was changed, or its protection was set "
		"otherwise (mprotect, protection keys).",
		"a protection of this range that allows the access" };
}

static struct access_words address_words(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	const struct da_range *r = da_mem_range(&a->dump->proc.mem, e->address);

	if (e->pointer == DA_POINTER_STACK)
		return (struct access_words){ "the stack pointer is destroyed",
			"The stack pointer does not point to a stack: a frame pointer or saved context was overwritten, or "
			"a coroutine or longjmp switched to a stack that is gone.",
			"a stack that was mapped where the stack pointer points to" };
	if (e->pointer == DA_POINTER_NULL || (e->pointer == DA_POINTER_UNKNOWN && e->address < OBJECT_MAX))
		return null_words(a);
	if (e->address < DA_NULL_PAGE)
		return (struct access_words){ "a small number was used as a pointer",
			"It is an integer, an index or an error code where a pointer should be, or the address of a field "
			"of an object at null. Check what should have set it.",
			"a mapping at this address, which the system does not allow" };
	if (!da_arch_canonical(a->dump->proc.arch, e->address))
		return (struct access_words){ "access through a pointer that is no address",
			da_crash_by_system(a, "The pointer was overwritten or never set: text or a freed object in its "
					      "place is the usual cause. Page heap (gflags /p /enable PROGRAM /full) or "
					      "AddressSanitizer finds the writer.",
					   "The pointer was overwritten or never set: text or a freed object in its "
					   "place is the usual cause. AddressSanitizer or valgrind finds the writer."),
			"another register of the instruction that explains the address" };
	if (da_streq(e->subname, "SEGV_ACCERR"))
		return protected_words(a, r);
	return (struct access_words){ da_printf(a->dump->arena, "%s an invalid address",
						e->access == DA_ACCESS_WRITE ? "write to"
						: e->access == DA_ACCESS_READ ? "read from" : "access to"),
		da_crash_by_system(a, "The object was freed, unmapped or never there. Page heap (gflags /p /enable "
				      "PROGRAM /full) or AddressSanitizer on the same scenario shows who freed it.",
				   "The object was freed, unmapped or never there. AddressSanitizer or valgrind on the "
				   "same scenario shows who freed it."),
		"a mapping of this address at the time of the fault" };
}

static struct access_words access_words(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	const struct da_unloaded *gone;

	if (da_crash_cause_is(a, DA_CAUSE_BEYOND_FILE))
		return (struct access_words){ da_crash_by_system(a, "a page of a mapped file could not be read",
								 "access behind the end of a mapped file"),
			da_crash_by_system(a, "Windows could not read a page of a mapped file or image: the network share "
					      "or removable disk went away, or the disk failed. The third parameter of the "
					      "exception is the error's status.",
					   "A file was cut or replaced while it was mapped: was it copied over during the "
					   "run? Replace such files by rename."),
			da_crash_by_system(a, "a third parameter of the exception that is no error of a device",
					   "a file that still is as long as its mapping") };
	if (da_crash_cause_is(a, DA_CAUSE_HARDWARE_MEMORY))
		return (struct access_words){ "the memory itself failed",
			"This is a hardware error that the kernel reported: look at the machine's log (mcelog, "
			"rasdaemon, the service processor) and replace the memory.",
			"a log of the machine without a memory error at that time" };
	if (!e->has_address)
		return without_address(a);
	gone = da_unloaded_at(&a->dump->proc, e->address);
	if (gone)
		return (struct access_words){
			da_printf(a->dump->arena, "%s the unloaded " DA_SYM("%s"),
				  e->access == DA_ACCESS_EXECUTE ? "call into" : "use of", gone->name),
			"Something of that DLL was still in use (a callback, timer, thread, window procedure or "
			"object) when FreeLibrary let go of its last reference: find who unloads it, and what was "
			"left registered.",
			"a pointer to this address that was set after the DLL was unloaded" };
	return e->access == DA_ACCESS_EXECUTE ? jump_words(a) : address_words(a);
}

static unsigned run_access(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	struct access_words w;
	struct da_finding *f;

	if (!da_crash_cause_is(a, DA_CAUSE_ACCESS) && !da_crash_cause_is(a, DA_CAUSE_BEYOND_FILE) &&
	    !da_crash_cause_is(a, DA_CAUSE_HARDWARE_MEMORY))
		return 0;
	w = access_words(a);
	f = da_crash_begin(a, "crash.access", 0.95, da_printf(a->dump->arena, "%s%s", w.title, da_crash_in_function(a)));
	if (e->address_hidden)
		da_finding_description(f, "%s The address that it used is none: its bytes are text of the process, "
				       "and not shown.", da_crash_who_died(a));
	else if (e->has_address)
		da_finding_description(f, "%s It tried to %s " DA_ADDR("0x%llx") "%s%s%s.", da_crash_who_died(a),
				       e->access == DA_ACCESS_UNKNOWN ? "access"
				       : e->access == DA_ACCESS_READ ? "read"
				       : e->access == DA_ACCESS_WRITE ? "write to" : "run code at",
				       (unsigned long long)e->address, e->near ? ": " : "",
				       e->near ? e->near : "",
				       !e->address_derived ? ""
				       : da_crash_by_system(a, " (computed from the instruction and registers, since the "
							       "exception record does not tell)",
							    " (computed from the instruction and registers, since the "
							    "signal does not tell)"));
	else
		da_finding_description(f, "%s Which address it used is unknown, since neither the %s nor the "
				       "instruction tells.", da_crash_who_died(a),
				       da_crash_by_system(a, "exception record", "signal"));
	da_crash_advise(a, f, w.advice);
	da_finding_refuted_by(f, "%s", w.refuted);
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
	.why_not = da_crash_none, .run = run_access,
};

/* ---------------------------------------------------------------- crash.stack-overflow */

static const char *with_gaps(struct da_analysis *a, uint64_t n)
{
	char digits[24], text[32];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n), k = 0;

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			text[k++] = ' ';
		text[k++] = digits[i];
	}
	return da_strndup(a->dump->arena, text, k);
}

/* How the stack ran out: by recursion, by one frame that is too large, or by whatever it held. */
static const char *how_full(struct da_analysis *a, const struct da_thread *t)
{
	const struct da_exception *e = da_crash_of(a);
	bool least;
	uint64_t bytes = da_stack_bytes(t, &least);
	const char *kib = da_printf(a->dump->arena, "%s%s", least ? "at least " : "", with_gaps(a, bytes >> 10));

	if (e->cycle_count > 1)
		return da_printf(a->dump->arena, "Its stack of %s KiB is full: the same %s %s%s times.", kib,
				 e->cycle_len == 1 ? "frame repeats"
						   : da_printf(a->dump->arena, "%u frames repeat", e->cycle_len),
				 t->end == DA_END_LIMIT ? "at least " : "", with_gaps(a, e->cycle_count));
	if (e->below_stack > GUARD_MAX)
		return da_printf(a->dump->arena, "Its stack is %s KiB %s and was not full: one frame went %s KiB below "
				 "it, further than the stack may grow.", kib,
				 t->role == DA_ROLE_MAIN ? "so far" : "large", with_gaps(a, e->below_stack >> 10));
	return da_printf(a->dump->arena, "Its stack of %s KiB is full.", kib);
}

static unsigned run_stack_overflow(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	bool large = e->cycle_count <= 1 && e->below_stack > GUARD_MAX;
	struct da_finding *f;

	if (!da_crash_cause_is(a, DA_CAUSE_STACK_OVERFLOW) || e->thread == DA_NONE)
		return 0;
	f = da_crash_begin(a, "crash.stack-overflow", 0.95,
		  da_printf(a->dump->arena, "the stack overflowed%s", da_crash_in_function(a)));
	da_finding_description(f, "%s %s", da_crash_who_died(a), how_full(a, &a->dump->proc.threads.v[e->thread]));
	da_crash_advise(a, f, e->cycle_count > 1
				    ? "The recursion has no end for this input: add a limit of depth, or a loop."
			    : large ? "A local array or alloca there is larger than the whole stack may be: move it to the "
				      "heap, or raise the limit (ulimit -s, or the thread's attributes)."
			    : a->dump->proc.threads.v[e->thread].end != DA_END_COMPLETE
				    ? "Its stack could not be walked to its beginning, so whether calls repeat is "
				      "unknown: give the missing files with --symbols."
				    : "No recursion was found: a large local array or alloca is likely; move it to "
				      "the heap, or give the thread a larger stack.");
	da_finding_refuted_by(f, large ? "locals of that function that together are smaller than the limit of the stack"
			      : e->cycle_count > 1 ? "the same input ending well with a much larger stack (ulimit -s)"
						   : "a fault address that is neither in the guard page nor just below "
						     "the stack");
	return 1;
}

const struct da_rule da_rule_crash_stack_overflow = {
	.id = "crash.stack-overflow", .severity = "Error",
	.looks_for = "a stack that ran out: recursion without end, or too large locals",
	.page = "Needs the thread's stack bounds and the fault address. Fires when the address lies in the guard\n"
		"page or just below the stack and the stack pointer is there too. Says the repeating frames, how\n"
		"often they repeat, and the size of the stack.",
	.why_not = da_crash_none, .run = run_stack_overflow,
};

/* ---------------------------------------------------------------- crash.bit-flip */

static unsigned run_bit_flip(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
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
	.why_not = da_crash_none, .run = run_bit_flip,
};
