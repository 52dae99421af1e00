/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was said before abort().
 *
 * glibc keeps its last words for exactly this purpose: __abort_msg points at a mapping of its own with
 * { u32 size, text }. Assertions, fortify, the stack protector, malloc and its fatal errors all go
 * there; only the text tells them apart. GLib keeps __glib_assert_msg. Everything else goes to stderr
 * and is not in memory; then the functions on the stack still say what kind of death it was.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "fault/parts.h"

#define MESSAGE_MAX 16384

/* ---------------------------------------------------------------- kinds of text */

/* Beginnings of malloc's complaints, glibc 2.3 to 2.43. */
static const char *const malloc_texts[] = {
	"free(): ", "malloc(): ", "malloc_consolidate(): ", "realloc(): ", "calloc(): ",
	"munmap_chunk(): ", "mremap_chunk(): ", "memalign(): ", "double free or corruption",
	"corrupted size vs. prev_size", "corrupted double-linked list", "corrupted unsorted chunks",
	"invalid fastbin entry", "break adjusted to free malloc space", "tcache_thread_shutdown(): ",
	"chunk is not ", "arena memory corruption",
};

static const struct {
	const char *starts;
	uint8_t cause;
} texts[] = {
	{ "*** stack smashing detected ***", DA_CAUSE_STACK_SMASHED },
	{ "*** buffer overflow detected ***", DA_CAUSE_FORTIFY },
	{ "*** %n in writable segment", DA_CAUSE_FORTIFY },
	{ "*** invalid %N$ use detected ***", DA_CAUSE_FORTIFY },
	{ "*** longjmp causes uninitialized stack frame ***", DA_CAUSE_FORTIFY },
	{ "*** bit out of range 0 - FD_SETSIZE on fd_set ***", DA_CAUSE_FORTIFY },
	{ "*** Error in `", DA_CAUSE_HEAP_CORRUPTION },
	{ "*** glibc detected *** ", DA_CAUSE_HEAP_CORRUPTION },
};

static bool is_malloc_file(const char *file)
{
	return da_streq(file, "malloc.c") || da_streq(file, "arena.c") || da_streq(file, "hooks.c");
}

/* An assertion of malloc's own means that its data was overwritten. */
static void assertion(struct da_fault *f, const char *expression, const char *file, uint64_t line,
		      const char *function)
{
	f->e->cause = is_malloc_file(file) ? DA_CAUSE_HEAP_CORRUPTION : DA_CAUSE_ASSERT;
	f->e->assert_expression = expression;
	f->e->assert_file = file;
	f->e->assert_line = line <= UINT32_MAX ? (uint32_t)line : 0;
	f->e->assert_function = function;
}

/* The digits that end at `end`, behind a colon: *ret_start is the colon. */
static bool number_before(const char *text, const char *end, const char **ret_colon, uint64_t *ret)
{
	const char *p = end;

	while (p > text && p[-1] >= '0' && p[-1] <= '9')
		p--;
	if (p == end || p == text || p[-1] != ':' || end - p > 9)
		return false;
	*ret_colon = p - 1;
	*ret = strtoul(p, NULL, 10);
	return true;
}

/*
 * "PROG: FILE:LINE: FUNC: Assertion `EXPR' failed."; PROG and FUNC may be missing, and FUNC is a whole
 * C++ signature that holds colons: the line number in front of it is what can be found.
 */
static bool parse_assert(struct da_fault *f, const char *text)
{
	static const char mark[] = "Assertion `", tail[] = "' failed.";
	struct da_arena *a = f->d->arena;
	const char *at = strstr(text, mark), *end, *p, *colon = NULL, *file;
	uint64_t line = 0;
	size_t n = strlen(text);

	if (!at || n < sizeof(tail) - 1 || !da_streq(text + n - (sizeof(tail) - 1), tail))
		return false;
	end = text + n - (sizeof(tail) - 1);
	if (end < at + sizeof(mark) - 1)
		return false;
	for (p = strstr(text, ": "); p && p < at; p = strstr(p + 1, ": "))
		if (number_before(text, p, &colon, &line))
			break;
	if (!p || p >= at)
		return false;
	for (file = colon; file > text && !(file[-1] == ' ' && file - 1 > text && file[-2] == ':');)
		file--;
	p += 2;
	assertion(f, da_strndup(a, at + sizeof(mark) - 1, (size_t)(end - at) - (sizeof(mark) - 1)),
		  da_strndup(a, file, (size_t)(colon - file)), line,
		  at - p > 2 ? da_strndup(a, p, (size_t)(at - p) - 2) : NULL);
	return true;
}

/* glibc's own, since 2.41: "Fatal glibc error: FILE:LINE (FUNC): assertion failed: EXPR". */
static bool parse_glibc_assert(struct da_fault *f, const char *text)
{
	static const char head[] = "Fatal glibc error: ", mark[] = "): assertion failed: ";
	struct da_arena *a = f->d->arena;
	const char *at = strstr(text, mark), *open, *colon;
	uint64_t line;

	if (!da_starts(text, head) || !at)
		return false;
	text += sizeof(head) - 1;
	open = strstr(text, " (");
	if (!open || open > at || !number_before(text, open, &colon, &line))
		return false;
	assertion(f, da_strdup(a, at + sizeof(mark) - 1), da_strndup(a, text, (size_t)(colon - text)), line,
		  da_strndup(a, open + 2, (size_t)(at - open) - 2));
	return true;
}

static void classify(struct da_fault *f, const char *text)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(texts); i++)
		if (da_starts(text, texts[i].starts)) {
			f->e->cause = texts[i].cause;
			return;
		}
	for (size_t i = 0; i < DA_ARRAY_SIZE(malloc_texts); i++)
		if (da_starts(text, malloc_texts[i])) {
			f->e->cause = DA_CAUSE_HEAP_CORRUPTION;
			return;
		}
	if (!parse_assert(f, text) && !parse_glibc_assert(f, text))
		f->e->cause = DA_CAUSE_FATAL_MESSAGE;
}

/* ---------------------------------------------------------------- where it is */

/* A text of memory without its last line feed; NULL when there is none or it is not text. */
static const char *message_at(struct da_fault *f, uint64_t addr, size_t max)
{
	uint8_t *raw = da_alloc(f->d->arena, DA_MIN(max, (size_t)MESSAGE_MAX) + 1);
	size_t n = da_mem_read_some(&f->p->mem, addr, raw, DA_MIN(max, (size_t)MESSAGE_MAX));
	size_t len = strnlen((char *)raw, n);

	if (len == 0)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if (raw[i] < 0x20 && raw[i] != '\n' && raw[i] != '\t' && raw[i] != '\r')
			return NULL;
	while (len && (raw[len - 1] == '\n' || raw[len - 1] == ' '))
		len--;
	return len ? da_text(f->d->arena, raw, len) : NULL;
}

/* The block that __abort_msg points at: { u32 size of the mapping, text }. */
static const char *message_block(struct da_fault *f, uint64_t addr)
{
	uint32_t size;

	if (da_mem_u32(&f->p->mem, addr, &size) != DA_OK || size < 8 || size % 4096 != 0)
		return NULL;
	return message_at(f, addr + 4, size - 4);
}

static const char *by_symbol(struct da_fault *f)
{
	for (size_t i = 0; f->s && i < f->p->modules.n; i++) {
		const struct da_module *m = &f->p->modules.v[i];
		uint64_t at, block;
		const char *text;

		/* also libc-2.31.so of before 2.34; a static program has it in itself */
		if (!m->main && !(m->name && da_starts(m->name, "libc")))
			continue;
		if (da_symbols_named(f->s, (uint32_t)i, "__abort_msg", &at, NULL) != DA_OK ||
		    da_mem_word(&f->p->mem, at, &block) != DA_OK || !block)
			continue;
		text = message_block(f, block);
		if (text)
			return text;
	}
	return NULL;
}

/* Without symbols: the small private mapping whose first word is its own size, and then text. */
static const char *by_shape(struct da_fault *f)
{
	const char *found = NULL;

	for (size_t i = 0; i < f->p->mem.ranges.n && !da_stop(f->d->watch); i++) {
		const struct da_range *r = &f->p->mem.ranges.v[i];
		const char *text;
		uint32_t size;

		if (r->module != DA_NONE || r->name || (r->has_prot && r->prot != (DA_PROT_R | DA_PROT_W)))
			continue;
		/* Neighbouring anonymous mappings are one range: the block may be at either end. */
		for (unsigned end = 0; end < 2; end++) {
			uint64_t at = end ? r->end - 4096 : r->start;

			if (r->end - r->start < 4096 || (end && at == r->start) ||
			    da_mem_u32(&f->p->mem, at, &size) != DA_OK || size != 4096)
				continue;
			text = message_block(f, at);
			if (!text)
				continue;
			if (found)
				return NULL;
			found = text;
		}
	}
	return found;
}

/* ---------------------------------------------------------------- by functions on the stack */

#define NAMES(...) (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)

static const struct {
	const char *const *names;
	size_t n;
	uint8_t cause;
} functions[] = {
	{ NAMES("__stack_chk_fail", "__stack_chk_fail_local", "__stack_smash_handler"),
	  DA_CAUSE_STACK_SMASHED },
	{ NAMES("__chk_fail", "__fortify_fail"), DA_CAUSE_FORTIFY },
	{ NAMES("malloc_printerr", "malloc_printerr_tail"), DA_CAUSE_HEAP_CORRUPTION },
	{ NAMES("__assert_fail", "__assert_fail_base", "__assert_perror_fail", "__assert",
		"g_assertion_message*", "_ZSt21__glibcxx_assert_failPKciS0_S0_",
		"std::__glibcxx_assert_fail"),
	  DA_CAUSE_ASSERT },
};

/* How far below the top abort's own frames can reach. */
#define MACHINERY 16

static void by_functions(struct da_fault *f)
{
	uint32_t best = DA_NONE;

	for (size_t i = 0; i < DA_ARRAY_SIZE(functions); i++) {
		uint32_t at = da_frame_find(f->t, 0, MACHINERY, functions[i].names, functions[i].n);

		if (at < best) {
			best = at;
			f->e->cause = functions[i].cause;
		}
	}
}

static void glib_message(struct da_fault *f)
{
	static const char *const names[] = { "g_assertion_message*" };
	uint32_t m = f->s ? da_symbols_module(f->s, "libglib-2.0.so") : DA_NONE;
	uint64_t at, text;

	if (m == DA_NONE || da_frame_find(f->t, 0, MACHINERY, names, 1) == DA_NONE ||
	    da_symbols_named(f->s, m, "__glib_assert_msg", &at, NULL) != DA_OK ||
	    da_mem_word(&f->p->mem, at, &text) != DA_OK || !text)
		return;
	f->e->message = message_at(f, text, MESSAGE_MAX);
	f->e->message_from = f->e->message ? "__glib_assert_msg" : NULL;
}

static const char *const musl_heap[] = {
	"free", "__libc_free", "realloc", "__libc_realloc", "malloc", "__libc_malloc_impl", "calloc",
	"malloc_usable_size", "get_meta", "get_nominal_size", "alloc_slot", "__malloc_allzerop",
	"nontrivial_free", "free_group", "enframe", "get_slot_index", "aligned_alloc",
};

/* musl without symbols: own code called free or malloc, and musl stopped. */
static bool called_heap(struct da_fault *f)
{
	static const char *const calls[] = { "free@plt", "malloc@plt", "realloc@plt", "calloc@plt",
					     "aligned_alloc@plt" };

	for (size_t i = 1; i < f->t->frames.n && i < 5; i++) {
		const struct da_frame *frame = &f->t->frames.v[i];
		const char *name;

		if (frame->module == f->t->frames.v[0].module)
			continue;
		name = da_fault_callee(f, frame->pc);
		for (size_t k = 0; name && k < DA_ARRAY_SIZE(calls); k++)
			if (da_streq(name, calls[k]))
				return true;
		return false;
	}
	return false;
}

static bool is_musl(const struct da_fault *f, uint32_t module)
{
	const char *name = module < f->p->modules.n ? f->p->modules.v[module].name : NULL;

	return name && (da_starts(name, "ld-musl-") || da_starts(name, "libc.musl-"));
}

/*
 * musl stops itself by hlt (a_crash): the stack protector and the checks of its allocator. Other code
 * has hlt too, so the function must be one of these.
 */
static void musl_crash(struct da_fault *f)
{
	static const char *const smash[] = { "__stack_chk_fail" };
	const struct da_frame *top = f->t->frames.n ? &f->t->frames.v[0] : NULL;

	if (f->e->code != DA_SIGSEGV || !f->has_insn || f->insn.kind != DA_INSN_HALT || !top)
		return;
	if (da_frame_named(top, smash, DA_ARRAY_SIZE(smash)))
		f->e->cause = DA_CAUSE_STACK_SMASHED;
	else if (da_frame_named(top, musl_heap, DA_ARRAY_SIZE(musl_heap)) ||
		 (is_musl(f, top->module) && called_heap(f)))
		f->e->cause = DA_CAUSE_HEAP_CORRUPTION;
}

/*
 * Without siginfo (qemu-user) SIGABRT may have come from anybody. abort() and raise() stand on the
 * stack then, or the thread is just behind the system call with which they send it: tgkill of signal 6.
 */
static bool aborted_itself(const struct da_fault *f)
{
	static const char *const names[] = { "abort", "raise", "gsignal", "__pthread_kill*", "pthread_kill" };
	static const struct {
		const char *arch;
		uint64_t tgkill;
	} calls[] = { { "x86_64", 234 }, { "x86", 270 }, { "aarch64", 131 } };
	const struct da_arch *arch = f->p->arch;

	if (f->e->has_info)
		return true;
	if (da_frame_find(f->t, 0, 4, names, DA_ARRAY_SIZE(names)) != DA_NONE)
		return true;
	for (size_t i = 0; i < DA_ARRAY_SIZE(calls); i++)
		if (da_streq(calls[i].arch, arch->name) && da_reg_known(&f->regs, arch->syscall) &&
		    f->regs.v[arch->syscall] == calls[i].tgkill && da_reg_known(&f->regs, arch->args[2]) &&
		    f->regs.v[arch->args[2]] == DA_SIGABRT)
			return true;
	return false;
}

/*
 * kill(getpid(), SIGABRT) and raise(SIGABRT) are not abort(): what called for the signal is own code. Where
 * the frame behind the sending functions has no name, or is libc's, it was abort or is taken for it.
 */
static bool raised(const struct da_fault *f)
{
	static const char *const senders[] = { "raise", "__raise", "gsignal", "__GI_raise", "kill", "__kill",
					       "tgkill", "pthread_kill*", "__pthread_kill*", "syscall" };
	const struct da_frame *frame = f->t->frames.v;
	uint32_t first = 0, i;

	/* From 2.41 on the function of glibc that makes the call has no name without debug information. */
	if (f->t->frames.n > 1 && !da_frame_function(frame) && frame[0].module == frame[1].module)
		first = 1;
	for (i = first; i < 5 && i < f->t->frames.n; i++)
		if (!da_frame_named(&frame[i], senders, DA_ARRAY_SIZE(senders)))
			break;
	if (i == first || i >= f->t->frames.n)
		return false;
	frame = &f->t->frames.v[i];
	return da_frame_function(frame) && frame->module < f->p->modules.n && frame->trust > DA_TRUST_SCAN &&
	       f->p->modules.v[frame->module].class == DA_CLASS_OWN;
}

void da_fault_abort(struct da_fault *f)
{
	struct da_exception *e = f->e;

	if (!f->t || !e->is_signal)
		return;
	musl_crash(f);
	if (e->code != DA_SIGABRT || e->cause != DA_CAUSE_UNKNOWN)
		return;
	if (f->p->arch->full && aborted_itself(f))
		e->cause = e->has_sender && raised(f) ? DA_CAUSE_RAISED : DA_CAUSE_ABORT;
	e->message = by_symbol(f);
	if (e->message) {
		e->message_from = "__abort_msg";
	} else {
		e->message = by_shape(f);
		if (e->message)
			e->message_from = "a mapping of the shape of glibc's abort message";
	}
	if (e->message) {
		classify(f, e->message);
		return;
	}
	by_functions(f);
	glib_message(f);
}
