/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why the dump was made: the exception stream, with the registers at the fault. Those of the thread
 * list are of the moment when the dump was written, inside a filter or in the error reporting.
 */
#include "config.h"

#include <string.h>

#include "loader/minidump.h"
#include "loader/signals.h"

#define PARAMETERS 15
#define NESTED_MAX 32

/* Codes by which a writer says that nothing was wrong: the dump was asked for. */
enum {
	DUMP_REQUESTED = 0xffffffff,   /* Breakpad on Linux and macOS */
	SIMULATED = 0x0517a7ed,        /* Crashpad: DumpWithoutCrash */
	OTHER_PROCESS = 0xcca11ed,     /* Crashpad: asked for by another process */
	HANG = 0xcfffffff,             /* error reporting: the program did not answer */
};
enum { ACCESS_VIOLATION = 0xc0000005, IN_PAGE_ERROR = 0xc0000006, GUARD_PAGE = 0x80000001,
       STACK_OVERFLOW = 0xc00000fd };

struct record {
	uint32_t thread, code, flags, nparameters;
	uint64_t nested, address, parameters[PARAMETERS];
	uint32_t context_size, context_rva;
};

static bool read_record(struct md *m, unsigned nth, struct record *ret)
{
	struct da_bytes b = md_stream_bytes(m, MD_EXCEPTION, nth);
	struct da_cursor c = md_cursor(m, b);
	struct record r = { .thread = da_get_u32(&c) };

	da_skip(&c, 4);
	r.code = da_get_u32(&c);
	r.flags = da_get_u32(&c);
	r.nested = md_address(m, da_get_u64(&c));
	r.address = md_address(m, da_get_u64(&c));
	r.nparameters = da_get_u32(&c);
	r.nparameters = DA_MIN(r.nparameters, (uint32_t)PARAMETERS);
	da_skip(&c, 4);
	for (unsigned i = 0; i < PARAMETERS; i++)
		r.parameters[i] = md_address(m, da_get_u64(&c));
	r.context_size = da_get_u32(&c);
	r.context_rva = da_get_u32(&c);
	if (!da_ok(&c)) {
		if (md_find(m, MD_EXCEPTION, nth))
			da_note(m->d->ledger, DA_NOTE_CUT, "the exception", NULL,
				"the exception record is cut");
		return false;
	}
	*ret = r;
	return true;
}

static bool is_fault(const struct md *m, const struct record *r)
{
	if (r->code == 0 || r->code == DUMP_REQUESTED || r->code == SIMULATED ||
	    r->code == OTHER_PROCESS || r->code == HANG)
		return false;
	return m->d->proc.os != DA_OS_LINUX || da_loader_signal_kills((int32_t)r->code, false);
}

/* ---------------------------------------------------------------- the record as a model */

static void set_windows(struct md *m, struct da_exception *e, const struct record *r)
{
	bool access = r->code == ACCESS_VIOLATION || r->code == IN_PAGE_ERROR ||
		      r->code == GUARD_PAGE || r->code == STACK_OVERFLOW;

	e->code = r->code;
	e->name = da_exception_name(r->code);
	if (!e->name)
		e->name = da_printf(m->d->arena, "exception 0x%x", r->code);
	for (unsigned i = 0; i < r->nparameters; i++)
		da_vec_push(m->d->arena, &e->parameters, r->parameters[i]);
	e->address = r->address;
	e->has_address = true;
	if (!access || r->nparameters < 2)
		return;
	e->address = r->parameters[1];
	e->access = r->parameters[0] == 0   ? DA_ACCESS_READ
		    : r->parameters[0] == 1 ? DA_ACCESS_WRITE
		    : r->parameters[0] == 8 ? DA_ACCESS_EXECUTE : DA_ACCESS_UNKNOWN;
}

/* Code is the signal, flags si_code, address si_addr. */
static void set_linux(struct md *m, struct da_exception *e, const struct record *r)
{
	bool crashpad = md_find(m, MD_CRASHPAD_INFO, 0) != NULL;
	int32_t signo = (int32_t)r->code;

	e->is_signal = true;
	e->code = signo;
	e->name = da_loader_signal_name(m->d->arena, signo);
	/* Breakpad before 2019 left the code 0 for all: 0 from it is "not told". */
	e->has_info = r->flags != 0 || crashpad;
	e->subcode = (int32_t)r->flags;
	e->address = r->address;
	e->has_address = e->has_info && e->subcode > 0 && e->subcode != 0x80 &&
			 da_loader_signal_has_address(signo);
	/* Breakpad copies the word of siginfo that is an address, or the sender's pid and uid. */
	if (e->has_info && e->subcode <= 0 && m->word == 8 && md_find(m, MD_LINUX_DSO_DEBUG, 0)) {
		e->has_sender = true;
		e->sender_pid = (int32_t)r->address;
		e->sender_uid = (uint32_t)(r->address >> 32);
	}
	if (!e->has_info)
		e->has_address = da_loader_signal_has_address(signo);
}

static void set_macos(struct md *m, struct da_exception *e, const struct record *r)
{
	e->code = r->code;
	e->name = md_mach_name(r->code);
	if (!e->name)
		e->name = da_printf(m->d->arena, "Mach exception %u", r->code);
	e->address = r->address;
	e->has_address = true;
}

/* Records in the process that this one was raised on top of. */
static void read_nested(struct md *m, struct da_exception *e, uint64_t at)
{
	const struct da_memory *mem = &m->d->proc.mem;
	struct da_map seen = { 0 };

	while (at && e->nested.n < NESTED_MAX) {
		uint8_t raw[0x98];
		size_t n = m->word == 8 ? sizeof(raw) : 0x50;
		struct da_exception_record r = { 0 };
		struct da_cursor c;
		uint32_t count;
		bool is_new;

		da_map_put(m->d->arena, &seen, at, &is_new);
		if (!is_new || da_mem_read(mem, at, raw, n, NULL) != DA_OK)
			return;
		c = da_cursor(raw, n, false, m->word);
		r.code = da_get_u32(&c);
		r.name = da_exception_name(r.code);
		da_skip(&c, 4);
		at = da_get_word(&c);
		r.address = da_get_word(&c);
		count = da_get_u32(&c);
		if (m->word == 8)
			da_skip(&c, 4);
		if (r.code == 0 || count > PARAMETERS)
			return;
		for (uint32_t i = 0; i < count; i++)
			da_vec_push(m->d->arena, &r.parameters, da_get_word(&c));
		da_vec_push(m->d->arena, &e->nested, r);
	}
}

/*
 * Breakpad's record of what the C runtime complained about: expression, function, file (128 units of
 * UTF-16 each), line, kind. Only the debug runtime tells the texts.
 */
static void read_assertion(struct md *m, struct da_exception *e)
{
	enum { UNITS = 128, KIND_PARAMETER = 1, KIND_PURE_CALL = 2 };
	struct da_cursor c = md_cursor(m, md_stream_bytes(m, MD_ASSERTION, 0));
	const char *text[3];
	uint32_t line, kind;

	for (unsigned i = 0; i < DA_ARRAY_SIZE(text); i++) {
		const uint8_t *p = da_get_bytes(&c, 2 * UNITS);
		size_t n = 0;

		while (p && n < UNITS && (p[2 * n] || p[2 * n + 1]))
			n++;
		text[i] = n ? da_text_utf16(m->d->arena, p, n, false) : NULL;
	}
	line = da_get_u32(&c);
	kind = da_get_u32(&c);
	if (!da_ok(&c))
		return;
	e->assert_expression = text[0];
	e->assert_function = text[1];
	e->assert_file = text[2];
	e->assert_line = line;
	e->message_from = "Breakpad's record of the assertion";
	e->message = da_printf(m->d->arena, "%s%s%s%s%s", kind == KIND_PURE_CALL ? "pure virtual call"
			       : kind == KIND_PARAMETER ? "invalid parameter of a runtime function" : "assertion",
			       text[0] ? ": " : "", text[0] ? text[0] : "", text[1] ? " in " : "",
			       text[1] ? text[1] : "");
}

static void set_registers(struct md *m, const struct record *r, uint32_t thread)
{
	struct da_thread *t = &m->d->proc.threads.v[thread];
	const struct da_arch *arch = m->d->proc.arch;
	struct da_regs at_fault;

	if (!arch || !r->context_size)
		return;
	if (!md_read_context(m, r->context_rva, r->context_size, &at_fault)) {
		da_note(m->d->ledger, DA_NOTE_CORRUPT, "the exception", NULL,
			"the registers at the exception are damaged or cut; those of the moment of the "
			"dump are shown");
		return;
	}
	if (t->regs.valid && (t->regs.v[arch->pc] != at_fault.v[arch->pc] ||
			      t->regs.v[arch->sp] != at_fault.v[arch->sp]))
		t->dispatch_regs = da_memdup(m->d->arena, &t->regs, sizeof(t->regs));
	t->regs = at_fault;
}

void md_read_exception(struct md *m)
{
	struct da_process *p = &m->d->proc;
	struct record r;
	struct da_exception *e;
	bool found = false;

	/* lldb writes one for each thread, of which one may be a crash. */
	for (unsigned i = 0; !found && read_record(m, i, &r); i++)
		found = is_fault(m, &r);
	if (!found)
		return;
	e = da_new(m->d->arena, struct da_exception);
	*e = (struct da_exception){ .thread = md_thread_index(m, r.thread), .syscall = -1,
				    .blamed_frame = DA_NONE, .blamed_module = DA_NONE };
	if (p->os == DA_OS_LINUX)
		set_linux(m, e, &r);
	else if (p->os == DA_OS_MACOS)
		set_macos(m, e, &r);
	else
		set_windows(m, e, &r);
	if (p->os == DA_OS_WINDOWS) {
		read_nested(m, e, r.nested);
		read_assertion(m, e);
	}
	if (e->thread != DA_NONE)
		set_registers(m, &r, e->thread);
	else
		da_note(m->d->ledger, DA_NOTE_MISSING, "the exception", NULL,
			"the thread that raised the exception (id %u) is not in the dump", r.thread);
	p->exception = e;
}
