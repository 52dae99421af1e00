/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame where a reader should begin: the first that is own code and not part of how processes die.
 * A fault inside memcpy is its caller's; abort, assertions, the throwing of exceptions, and helpers
 * of runtimes are passed over. Nothing is blamed for a signal from outside.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "fault/parts.h"

/*
 * Modules of the system are never blamed before own code. Static programs hold libc's functions too,
 * so these go by name. A last * matches any ending.
 */
static const char *const helpers[] = {
	/* death */
	"abort", "raise", "gsignal", "pthread_kill", "__pthread_kill*", "tgkill", "kill", "sigqueue",
	"__libc_message*", "__libc_fatal", "__fortify_fail*", "__chk_fail", "__stack_chk_fail*",
	"__assert", "__assert_fail*", "__assert_perror_fail", "__libc_assert_fail", "malloc_printerr*",
	"a_crash", "__syscall_cp*", "__ubsan_*", "__sanitizer*", "__asan_*", "__interceptor_*",
	/* malloc */
	"malloc", "free", "calloc", "realloc", "reallocarray", "cfree", "posix_memalign",
	"aligned_alloc", "memalign", "__libc_malloc*", "__libc_free*", "__libc_calloc*",
	"__libc_realloc*", "_int_malloc*", "_int_free*", "_int_realloc*", "_int_memalign*", "sysmalloc*",
	"tcache_*", "unlink_chunk*", "munmap_chunk", "mremap_chunk", "systrim*", "malloc_consolidate",
	"get_meta", "nontrivial_free", "_mid_memalign*", "operator new*", "operator delete*",
	"_Znwm*", "_Znam*", "_Znwj*", "_Znaj*", "_ZdlPv*", "_ZdaPv*",
	/* C++ */
	"std::terminate", "_ZSt9terminatev", "__cxxabiv1::*", "_ZN10__cxxabiv1*",
	"__gnu_cxx::__verbose_terminate_handler", "_ZN9__gnu_cxx27__verbose*", "__cxa_*",
	"__gxx_personality*", "_Unwind_*", "__clang_call_terminate", "std::rethrow_exception",
	"_ZSt17rethrow_exception*", "std::__throw_*", "_ZSt16__throw_*", "_ZSt17__throw_*", "_ZSt18__throw_*",
	"_ZSt19__throw_*", "_ZSt20__throw_*", "_ZSt21__throw_*", "_ZSt24__throw_*", "_ZSt25__throw_*",
	"_ZSt28__throw_*", "std::__glibcxx_assert_fail",
	"_ZSt21__glibcxx_assert*", "std::__replacement_assert", "_ZSt20__replacement_assert*",
	"std::__terminate", "_ZSt11__terminate*",
	/* GLib, Qt, Rust, Go, logging */
	"g_assertion_message*", "g_assert_warning", "g_log", "g_logv", "g_log_structured*",
	"g_log_default_handler", "g_return_if_fail_warning", "rust_panic*", "__rust_*",
	"rust_begin_unwind", "runtime.throw*", "runtime.fatal*", "runtime.raise*",
	"runtime.dieFromSignal*", "runtime.crash*", "runtime.gopanic*", "runtime.sigpanic*",
	"runtime.panic*", "runtime.sighandler*", "runtime.sigtramp*", "runtime.memmove*",
	"std::panicking::*", "core::panicking::*", "std::sys::*", "std::process::abort*", "core::intrinsics::abort*",
	"panic_abort::*", "node::Abort*", "node::OOMErrorHandler*", "node::OnFatalError*", "node::DumpBacktrace*",
	"node::Assert*", "v8::base::OS::Abort*", "v8::Utils::Report*", "v8::internal::V8::FatalProcess*", "V8_Fatal*",
	"google::LogMessage*", "qt_assert*", "QMessageLogger::*",
	/* how a thread begins and ends */
	"__libc_start_main*", "__libc_start_call_main*", "_start", "start_thread", "clone", "__clone*",
	"clone3", "__restore_rt", "__kernel_rt_sigreturn", "__kernel_sigreturn",
	"RtlUserThreadStart*", "_RtlUserThreadStart*", "BaseThreadInitThunk*", "call_thread_func*",
	"mainCRTStartup", "wmainCRTStartup", "WinMainCRTStartup", "wWinMainCRTStartup", "__tmainCRTStartup",
	"__scrt_common_main*", "invoke_main", "_threadstart*", "thread_start<*",
	/* how exceptions of Windows are raised and handled */
	"RaiseException*", "RtlRaiseException*", "RtlRaiseStatus*", "KiUserExceptionDispatcher*",
	"_CxxThrowException*", "RaiseFailFastException*", "RtlFailFast*", "__fastfail", "__report_gsfailure*",
	"__report_rangecheckfailure*", "_invoke_watson*", "_invalid_parameter*", "__acrt_call_reportfault*",
	"RtlReportFatalFailure*", "RtlReportCriticalFailure*", "RtlpHeapHandleError*", "RtlpLogHeapFailure*",
	"DebugBreak", "DbgBreakPoint", "_purecall", "UnhandledExceptionFilter*", "RtlDispatchException*",
};

/* Functions of libc that fail for their caller; variants are __NAME_CPU, checked ones __NAME_chk. */
static const char *const of_libc[] = {
	"memcpy", "memmove", "memset", "memcmp", "memcmpeq", "memchr", "memrchr", "rawmemchr", "memmem",
	"mempcpy", "memccpy", "bcopy", "bzero", "bcmp", "strlen", "strnlen", "strcpy", "strncpy", "stpcpy",
	"stpncpy", "strcat", "strncat", "strlcpy", "strlcat", "strcmp", "strncmp", "strcasecmp",
	"strncasecmp", "strcoll", "strchr", "strrchr", "strchrnul", "strstr", "strcasestr", "strdup",
	"strndup", "strtok", "strtok_r", "strspn", "strcspn", "strpbrk", "strsep", "strtol", "strtoul",
	"strtoll", "strtoull", "strtod", "strtof", "strtold", "strxfrm", "atoi", "atol", "atof", "wcslen",
	"wcsnlen", "wcscpy", "wcsncpy", "wcscat", "wcscmp", "wcschr", "wcsrchr", "wmemset", "wmemcpy",
	"wmemmove", "wmemcmp", "wmemchr", "printf", "vprintf", "fprintf", "vfprintf", "sprintf",
	"vsprintf", "snprintf", "vsnprintf", "asprintf", "vasprintf", "dprintf", "vdprintf", "puts",
	"fputs", "putc", "fputc", "fwrite", "fread", "fgets", "fclose", "fflush", "fseek", "ftell",
	"qsort", "qsort_r", "bsearch", "longjmp", "siglongjmp",
};

static bool matches(const char *s, const char *pattern)
{
	const char *star = strchr(pattern, '*');
	size_t n = strcspn(s, "@(");

	if (!star)
		return strlen(pattern) == n && strncmp(s, pattern, n) == 0;
	return strncmp(s, pattern, (size_t)(star - pattern)) == 0;
}

static bool is_libc_name(const char *s)
{
	bool reserved = s[0] == '_' && s[1] == '_';

	if (da_starts(s, "__GI_"))
		s += 5;
	while (reserved && *s == '_')
		s++;
	for (size_t i = 0; i < DA_ARRAY_SIZE(of_libc); i++) {
		size_t n = strlen(of_libc[i]);

		if (strncmp(s, of_libc[i], n) == 0 &&
		    (strchr("@.(", s[n]) || (reserved && s[n] == '_')))
			return true;
	}
	return false;
}

static bool is_helper_name(const char *s)
{
	/* __malloc and malloc are one function with two names */
	if (s && s[0] == '_' && s[1] == '_' && s[2] != '_' && is_helper_name(s + 2))
		return true;
	if (!s)
		return false;
	for (size_t i = 0; i < DA_ARRAY_SIZE(helpers); i++)
		if (matches(s, helpers[i]))
			return true;
	return is_libc_name(s);
}

/* Static programs hold libc itself, whose functions have reserved names: __getppid, __GI_raise. */
static bool is_static(const struct da_process *p)
{
	for (size_t i = 0; i < p->modules.n; i++) {
		const char *name = p->modules.v[i].name;

		if (p->modules.v[i].interpreter || (name && (da_starts(name, "libc.so") ||
							     da_starts(name, "ld-"))))
			return false;
	}
	return true;
}

/* The function itself is a helper; what was inlined into own code is own code's. */
static bool is_helper(const struct da_fault *fault, const struct da_frame *f)
{
	const struct da_place *p = f->place;

	if (f->signal || !p)
		return f->signal;
	if (p->raw && da_starts(p->raw, "__") && is_static(fault->p))
		return true;
	return da_place_is_library(p) || is_helper_name(p->raw) ||
	       (p->ncalls && is_helper_name(p->calls[0].function));
}

/* What Windows' own runtime raises exceptions and fails fast with. */
static bool raises(const struct da_module *m)
{
	static const char *const names[] = { "kernelbase", "kernel32", "ntdll", "ucrtbase", "vcruntime",
					     "msvcrt", "msvcp", "libstdc++-6", "libgcc_s_" };

	for (size_t i = 0; m->name && i < DA_ARRAY_SIZE(names); i++)
		if (strncasecmp(m->name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static bool is_own(const struct da_fault *f, const struct da_frame *frame)
{
	const struct da_method *m = frame->place ? frame->place->method : NULL;

	if (m && m->assembly < f->p->assemblies.n)
		return f->p->assemblies.v[m->assembly].class == DA_CLASS_OWN;
	return frame->module != DA_NONE && frame->module < f->p->modules.n &&
	       f->p->modules.v[frame->module].class == DA_CLASS_OWN;
}

/*
 * createdump joins pages of a library that lie side by side under the protection of the first: the dump's word on
 * what can be executed yields to a function that is known there.
 */
static bool has_code(const struct da_fault *f, const struct da_frame *frame)
{
	if (frame->trust > DA_TRUST_SCAN && frame->place && (frame->place->raw || frame->place->method))
		return true;
	return da_fault_may_execute(f, frame->pc);
}

/* Code of a module, or managed code, which is made anywhere. */
static bool in_module(const struct da_fault *f, const struct da_frame *frame)
{
	if (frame->place && frame->place->method)
		return true;
	return frame->module < f->p->modules.n && !f->p->modules.v[frame->module].vdso;
}

static uint32_t first(const struct da_fault *f, bool own_only)
{
	bool scanned = false; /* what lies below a guess is one */

	for (size_t i = f->top; i < f->t->frames.n; i++) {
		const struct da_frame *frame = &f->t->frames.v[i];

		scanned = scanned || frame->trust <= DA_TRUST_SCAN;
		if (is_helper(f, frame) || !has_code(f, frame) || !in_module(f, frame))
			continue;
		if (!f->e->is_signal && frame->module < f->p->modules.n && raises(&f->p->modules.v[frame->module]) &&
		    (own_only || f->e->cause == DA_CAUSE_CPP_EXCEPTION ||
		     f->e->cause == DA_CAUSE_UNKNOWN || f->e->cause == DA_CAUSE_ABORT || f->e->cause == DA_CAUSE_OUT_OF_MEMORY))
			continue;
		if (is_own(f, frame))
			return (uint32_t)i;
		/* a scan that ends in a library is no evidence against it */
		if (!own_only && !scanned)
			return (uint32_t)i;
	}
	return DA_NONE;
}

/*
 * A function of the recursion: the leaf that happened to hit the guard is not in it. Own code first, then
 * what is no helper.
 */
static uint32_t of_cycle(const struct da_fault *f)
{
	for (size_t i = 0; f->e->cycle_count > 1 && i < f->t->frames.n; i++) {
		const struct da_frame *block = &f->t->frames.v[i];
		uint32_t best = DA_NONE;

		if (block->repeat != f->e->cycle_count || block->block_len != f->e->cycle_len ||
		    i + block->block_len > f->t->frames.n)
			continue;
		for (uint32_t k = 0; k < block->block_len; k++) {
			bool helper = is_helper(f, &block[k]);

			if (!helper && is_own(f, &block[k]))
				return (uint32_t)i + k;
			if (!helper && best == DA_NONE)
				best = (uint32_t)i + k;
		}
		return best == DA_NONE ? (uint32_t)i : best;
	}
	return DA_NONE;
}

/* Without template arguments and parameters, which can fill pages. */
static const char *short_name(struct da_fault *f, const char *function)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	unsigned depth = 0;

	if (function[0] == '<' || strlen(function) < 40)
		return function;
	for (const char *p = function; *p && (depth || *p != '('); p++) {
		if (!depth && strncmp(p, "operator", 8) == 0) { /* < and ( may be part of its name */
			da_str_addn(&s, p, p[8] ? 9 + strcspn(p + 9, "(") : 8);
			break;
		}
		if (*p == '<')
			depth++;
		else if (*p == '>' && depth)
			depth--;
		else if (!depth)
			da_str_addc(&s, *p);
	}
	return depth || !s.n ? function : da_strdup(f->d->arena, s.s);
}

static bool ended_itself(const struct da_exception *e)
{
	return e->cause == DA_CAUSE_ABORT || e->cause == DA_CAUSE_RAISED;
}

/* Completes "chosen as …". */
static const char *why(struct da_fault *f, uint32_t at, bool own)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	const struct da_frame *frames = f->t->frames.v;
	bool cycle = f->e->cause == DA_CAUSE_STACK_OVERFLOW && f->e->cycle_count > 1;
	const char *above = at > f->top ? da_frame_function(&frames[at - 1]) : NULL;

	if (cycle)
		da_str_addf(&s, "a function%s of the recursion", own ? " of own code" : "");
	else if (at == f->top && ended_itself(f->e))
		da_str_add(&s, "the function that was running");
	else if (at == f->top)
		da_str_add(&s, "the function of the failing instruction");
	else if (at == f->top + 1 && f->executes_nothing)
		da_str_add(&s, "the function that went to an address without code");
	else if (f->e->cause == DA_CAUSE_STACK_SMASHED)
		da_str_add(&s, "the function whose stack frame was found damaged when it returned");
	else if (above)
		da_str_addf(&s, "the first function%s below " DA_SYM("%s"), own ? " of own code" : "",
			    short_name(f, above));
	else
		da_str_addf(&s, "the first function%s", own ? " of own code" : " outside of libc's helpers");
	return da_strdup(f->d->arena, da_str_get(&s));
}

void da_fault_blame(struct da_fault *f)
{
	struct da_exception *e = f->e;
	uint32_t at = DA_NONE;
	bool own = true;

	if (!f->t || e->cause == DA_CAUSE_FROM_OUTSIDE || e->cause == DA_CAUSE_WATCHDOG ||
	    e->cause == DA_CAUSE_QUIT || e->cause == DA_CAUSE_LIMIT ||
	    (e->cause == DA_CAUSE_UNKNOWN && e->is_signal) || e->blamed_frame != DA_NONE)
		return;
	if (e->cause == DA_CAUSE_STACK_OVERFLOW) {
		at = of_cycle(f);
		own = at != DA_NONE && is_own(f, &f->t->frames.v[at]);
	}
	if (at == DA_NONE)
		at = first(f, true);
	/* Of an exception that was thrown elsewhere (async void) the stack shows only how the runtime ended. */
	if (at == DA_NONE && !e->managed) {
		own = false;
		at = first(f, false);
	}
	if (at == DA_NONE)
		return;
	e->blamed_frame = at;
	e->blamed_module = f->t->frames.v[at].module;
	e->blamed_why = why(f, at, own);
}
