/* SPDX-License-Identifier: Apache-2.0 */
/* Deaths that .NET decided: an exception that nobody handled, FailFast, an error inside the runtime. */
#include "config.h"

#include <string.h>

#include "analyze/crash.h"
#include "analyze/order.h"

#define LEAF_DEPTH 32 /* of inner exceptions that are followed */
#define LEAVES 3
#define CHAIN 8 /* exceptions of the chain that the description names */

static bool is_own(struct da_analysis *a, const struct da_frame *f)
{
	const struct da_assembly *m = da_assembly_of(a->dump, f);

	return m && m->class == DA_CLASS_OWN;
}

/* Where it was thrown: the first frame of own code in its own stack trace, else its first; or NULL. */
static const struct da_frame *thrown_at(struct da_analysis *a, const struct da_managed_exception *x)
{
	for (size_t i = 0; i < x->frames.n; i++)
		if (is_own(a, &x->frames.v[i]))
			return &x->frames.v[i];
	return x->frames.n ? &x->frames.v[0] : NULL;
}

static uint32_t index_of(struct da_analysis *a, const struct da_managed_exception *x)
{
	return (uint32_t)(x - a->dump->proc.exceptions.v);
}

/* The inner ones, in the order of the model: an inner one follows its parent. */
static const struct da_managed_exception *inner_of(struct da_analysis *a, const struct da_managed_exception *x, size_t *at)
{
	const struct da_process *p = &a->dump->proc;

	for (; *at < p->exceptions.n; (*at)++)
		if (p->exceptions.v[*at].parent == index_of(a, x))
			return &p->exceptions.v[(*at)++];
	return NULL;
}

/* Where metadata is missing, what stands for the name is the address of the type. */
static bool has_type(const struct da_managed_exception *x)
{
	return x->type && !da_starts(x->type, "unknown type");
}

/* e1 System.InvalidOperationException: "the text" */
static const char *say_exception(struct da_analysis *a, const struct da_managed_exception *x)
{
	struct da_arena *arena = a->dump->arena;
	const char *id = da_printf(arena, DA_REF("e%u") " " DA_SYM("%s"), a->order->exception_row[index_of(a, x)] + 1,
				   has_type(x) ? x->type : "an exception whose type is not in the dump");

	if (x->message)
		return da_printf(arena, "%s: \"" DA_SITE("%s") "\"", id, x->message);
	return x->message_why ? da_printf(arena, "%s (%s)", id, x->message_why) : id;
}

static const char *say_fields(struct da_analysis *a, const struct da_managed_exception *x)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	for (size_t i = 0; i < x->fields.n; i++)
		if (!x->fields.v[i].own) /* those stand with the exception, masked by their names */
			da_str_addf(&s, "%s%s " DA_SITE("%s"), s.n ? ", " : "; ", x->fields.v[i].name,
				    x->fields.v[i].value);
	return da_strdup(a->dump->arena, da_str_get(&s));
}

/* One level of the chain is one piece of evidence. */
static void chain_evidence(struct da_analysis *a, struct da_finding *f, const struct da_managed_exception *x,
			   unsigned depth, unsigned *left)
{
	const struct da_frame *at = thrown_at(a, x);
	struct da_evidence *ev = da_finding_evidence(f, depth ? "inner exception" : "exception object");
	size_t from = 0;
	const struct da_managed_exception *inner;

	da_evidence_address(ev, x->address);
	da_evidence_text(ev, "%s%s%s%s%s%s%s", say_exception(a, x), x->has_hresult ? ", HResult " : "",
			 x->has_hresult ? da_printf(a->dump->arena, "0x%08x", x->hresult) : "",
			 x->hresult_name ? " " : "", x->hresult_name ? x->hresult_name : "", say_fields(a, x),
			 at ? da_printf(a->dump->arena, "; thrown in %s", da_say_frame(a, at)) : "");
	while (*left && (inner = inner_of(a, x, &from)) != NULL) {
		--*left;
		chain_evidence(a, f, inner, depth + 1, left);
	}
}

/* The innermost one of the first branch: what went wrong at first. */
static const struct da_managed_exception *root_cause(struct da_analysis *a, const struct da_managed_exception *x)
{
	for (unsigned n = 0; n < 64; n++) {
		size_t from = 0;
		const struct da_managed_exception *inner = inner_of(a, x, &from);

		if (!inner)
			break;
		x = inner;
	}
	return x;
}

/* The innermost ones of all branches: an AggregateException has several. At most `most` are told. */
static void add_leaves(struct da_analysis *a, struct da_str *s, const struct da_managed_exception *x, unsigned depth,
		       unsigned *told, unsigned most)
{
	const struct da_managed_exception *inner;
	size_t from = 0;
	bool leaf = true;

	while (depth < LEAF_DEPTH && (inner = inner_of(a, x, &from)) != NULL) {
		leaf = false;
		add_leaves(a, s, inner, depth + 1, told, most);
	}
	if (!leaf || depth == 0 || (*told)++ >= most)
		return;
	da_str_addf(s, "%s%s", *told > 1 ? ", and to " : " It goes back to ", say_exception(a, x));
}

static const char *in_method(struct da_analysis *a, const struct da_managed_exception *x)
{
	const struct da_frame *at = thrown_at(a, x);

	return at && da_function_name(at) ? da_printf(a->dump->arena, " in " DA_SYM("%s"), da_function_name(at)) : "";
}

/* The last name of a type: "FileNotFoundException". */
static const char *short_type(const char *type)
{
	const char *dot = type ? strrchr(type, '.') : NULL;

	return dot ? dot + 1 : type;
}

static const char *advice_for(const struct da_managed_exception *x)
{
	static const struct {
		const char *type, *advice;
	} known[] = {
		{ "System.NullReferenceException", "Something that was used there is null: which one, the line and the "
		  "arguments of the caller tell." },
		{ "System.AccessViolationException", "It cannot be caught: find the P/Invoke, unsafe code or Marshal call there that "
		  "reads or writes where it must not." },
		{ "System.IO.FileNotFoundException", "Look whether the file is there and the account of the service may read it." },
		{ "System.IO.DirectoryNotFoundException", "Look whether the folder is there and the account of the service may enter it." },
		{ "System.UnauthorizedAccessException", "Look which account the service runs as, and what it may do with that file." },
		{ "System.Net.Sockets.SocketException", "Look at the other end and at what lies between: name, port, firewall, limits." },
		{ "System.Net.Http.HttpRequestException", "Look at the server that was asked, and at proxies and certificates on the way." },
		{ "System.TypeLoadException", "Two assemblies of the program do not fit together: compare their versions with a fresh installation." },
		{ "System.MissingMethodException", "Two assemblies of the program do not fit together: compare their versions with a fresh installation." },
		{ "System.IO.FileLoadException", "An assembly could not be loaded: compare the installation with a fresh one." },
		{ "System.BadImageFormatException", "A file is no assembly for this processor: compare the installation with a fresh one." },
		{ "System.TypeInitializationException", "A static constructor failed once and for all: its inner exception says why." },
		{ "System.DllNotFoundException", "A native library is missing, or one that it needs: ldd and LD_LIBRARY_PATH, or PATH, tell which." },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(known); i++)
		if (da_streq(x->type, known[i].type))
			return known[i].advice;
	return "An unhandled exception always ends the process: handle it where something can be done about it, and log it "
	       "at the top of the thread or task.";
}

static unsigned run_clr_exception(struct da_analysis *a)
{
	const struct da_managed_exception *x = da_crash_of(a)->managed;
	struct da_arena *arena = a->dump->arena;
	struct da_str leaves DA_CLEANUP(da_str_done) = { 0 };
	const struct da_managed_exception *root;
	struct da_finding *f;
	unsigned left = CHAIN, told = 0;

	if (!da_crash_cause_is(a, DA_CAUSE_CLR_EXCEPTION))
		return 0;
	if (!x) {
		f = da_crash_begin(a, "crash.clr-exception", 0.8, "a .NET exception was not handled");
		da_finding_description(f, "%s Its type and message are unknown, because the exception object could not be "
				       "read.", da_crash_who_died(a));
		da_crash_advise(a, f, "The application's log, or stderr, names the exception.");
		da_finding_refuted_by(f, "a handler further out on the stack, when a debugger made the dump at the first chance");
		return 1;
	}
	root = root_cause(a, x);
	f = da_crash_begin(a, "crash.clr-exception", x->where == DA_WHERE_UNHANDLED ? 0.95 : 0.85,
			   da_printf(arena, "%s was not handled%s",
				     has_type(x) ? da_printf(arena, DA_SYM("%s"), x->type) : "a .NET exception",
				     in_method(a, x)));
	add_leaves(a, &leaves, x, 0, &told, LEAVES);
	if (told > LEAVES)
		da_str_addf(&leaves, ", and to %u more", told - LEAVES);
	da_finding_description(f, "%s nobody handled %s, and .NET ended the process.%s%s%s",
			       da_printf(arena, "On %s", x->thread != DA_NONE ? da_say_thread(a, x->thread) : "a thread"),
			       say_exception(a, x), da_str_get(&leaves), told ? "." : "",
			       x->more ? " The list of its inner exceptions is not in the dump, or not all of it: there may be others." : "");
	chain_evidence(a, f, x, 0, &left);
	da_finding_object(f, "e", a->order->exception_row[index_of(a, x)]);
	da_finding_recommendation(f, "Give the developers the exception with its stack trace%s. %s",
				  told > 1 ? ", most of all the innermost ones"
				  : root != x ? da_printf(arena, ", most of all the innermost one (" DA_SYM("%s") ")",
							  short_type(root->type)) : "", told > 1 ? "" : advice_for(root));
	da_finding_refuted_by(f, "a handler of this exception further out on the stack, when a debugger made the dump at the "
			      "first chance");
	return 1;
}

const struct da_rule da_rule_crash_clr_exception = {
	.id = "crash.clr-exception", .severity = "Error",
	.looks_for = "a .NET exception that nobody handled",
	.page = "Needs the exception object of the thread that died: type, message, HResult, stack trace and all inner\n"
		"exceptions are read from the managed heap. A dump made by createdump, whatever its type, has them.",
	.why_not = da_crash_none, .run = run_clr_exception,
};

static unsigned run_fail_fast(struct da_analysis *a)
{
	const struct da_exception *e = da_crash_of(a);
	bool inside = e->cause == DA_CAUSE_CLR_INTERNAL;
	const struct da_managed_exception *x = e->managed;
	struct da_finding *f;
	unsigned left = CHAIN;
	size_t from = 0;

	if (!inside && !da_crash_cause_is(a, DA_CAUSE_CLR_FAIL_FAST))
		return 0;
	/* FailFast up to .NET 10 wraps what it is given in an ExecutionEngineException made in advance. */
	if (x && da_streq(x->type, "System.ExecutionEngineException"))
		x = inner_of(a, x, &from);
	f = da_crash_begin(a, "crash.fail-fast", 0.95,
			   inside ? da_printf(a->dump->arena, ".NET ended the process because of an error inside itself%s",
					      da_crash_in_function(a))
				  : da_printf(a->dump->arena, "Environment.FailFast was called%s", da_crash_in_function(a)));
	da_finding_description(f, "%s %s%s%s%s%s", da_crash_who_died(a),
			       inside ? "The runtime met a state with which it cannot go on: memory of the process was damaged "
					"(most often by native code or unsafe C#), or a fault happened in managed code that is no "
					"exception."
				      : "The program itself asked for the end of the process.",
			       da_crash_quoted(a), x ? " It gave the exception " : "", x ? say_exception(a, x) : "", x ? "." : "");
	if (x)
		chain_evidence(a, f, x, 0, &left);
	if (inside)
		da_crash_advise(a, f, "Look at P/Invoke, unsafe code and native libraries that run before it; stderr or the "
				"event log holds the runtime's own message.");
	else
		da_crash_advise(a, f, e->message ? "What it said there is why it did not want to go on."
					      : "The message that was given to FailFast was not found in the dump (small types lack "
						"it); it is on stderr, or in the event log.");
	da_finding_refuted_by(f, inside ? "a message on stderr that names an exception of the program"
				      : "a stack of this thread without Environment.FailFast");
	return 1;
}

const struct da_rule da_rule_crash_fail_fast = {
	.id = "crash.fail-fast", .severity = "Error",
	.looks_for = "Environment.FailFast, or an error inside the .NET runtime",
	.page = "Needs the frame of Environment.FailFast on the stack of the thread that died, or the runtime's\n"
		"ExecutionEngineException as its current exception.",
	.why_not = da_crash_none, .run = run_fail_fast,
};
