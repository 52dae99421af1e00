/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exception records of Windows: which kind of death a code is, what its parameters say, and the object
 * of a C++ throw. Parameters are those of EXCEPTION_RECORD; what each code puts there is documented
 * with RaiseException, winnt.h and the C++ runtime's ehdata.h.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "fault/parts.h"

#define MSVC_THROW 0xe06d7363u
#define GNU_THROW 0x20474343u
#define FAST_FAIL 0xc0000409u
#define ACCESS_VIOLATION 0xc0000005u
/* Bit 29 of a code: defined by a program, not by the system. */
#define RAISED_BY_PROGRAM 0x20000000u
#define TEXT_MAX 4096
#define TYPES_MAX 64

static const struct {
	uint32_t code;
	uint8_t cause;
} causes[] = {
	{ 0x80000001, DA_CAUSE_ACCESS },       /* guard page */
	{ 0x80000002, DA_CAUSE_MISALIGNED },
	{ 0x80000003, DA_CAUSE_BREAKPOINT },   { 0x80000004, DA_CAUSE_BREAKPOINT },
	{ ACCESS_VIOLATION, DA_CAUSE_ACCESS }, { 0xc0000006, DA_CAUSE_BEYOND_FILE },
	{ 0xc000000d, DA_CAUSE_ABORT },        /* invalid parameter */
	{ 0xc0000017, DA_CAUSE_OUT_OF_MEMORY },
	{ 0xc000001d, DA_CAUSE_ILLEGAL_INSTRUCTION },
	{ 0xc000008d, DA_CAUSE_ARITHMETIC },   { 0xc000008e, DA_CAUSE_ARITHMETIC },
	{ 0xc000008f, DA_CAUSE_ARITHMETIC },   { 0xc0000090, DA_CAUSE_ARITHMETIC },
	{ 0xc0000091, DA_CAUSE_ARITHMETIC },   { 0xc0000092, DA_CAUSE_ARITHMETIC },
	{ 0xc0000093, DA_CAUSE_ARITHMETIC },   { 0xc0000094, DA_CAUSE_ARITHMETIC },
	{ 0xc0000095, DA_CAUSE_ARITHMETIC },
	{ 0xc0000096, DA_CAUSE_ILLEGAL_INSTRUCTION }, /* privileged */
	{ 0xc00000fd, DA_CAUSE_STACK_OVERFLOW },
	{ 0xc0000374, DA_CAUSE_HEAP_CORRUPTION },
	{ FAST_FAIL, DA_CAUSE_ABORT },
	{ 0xc0000417, DA_CAUSE_ABORT },        /* invalid parameter of the C runtime */
	{ 0xc0000420, DA_CAUSE_ASSERT },
	{ 0xc0000602, DA_CAUSE_ABORT },        /* RaiseFailFastException */
	{ 0xe0000008, DA_CAUSE_OUT_OF_MEMORY }, /* Chromium */
	{ MSVC_THROW, DA_CAUSE_CPP_EXCEPTION }, { GNU_THROW, DA_CAUSE_CPP_EXCEPTION },
};

/* FAST_FAIL_… of winnt.h, for 0xC0000409. */
static const struct {
	uint8_t code, cause;
	const char *name;
} fast_fails[] = {
	{ 0, DA_CAUSE_STACK_SMASHED, "FAST_FAIL_LEGACY_GS_VIOLATION" },
	{ 1, DA_CAUSE_ABORT, "FAST_FAIL_VTGUARD_CHECK_FAILURE" },
	{ 2, DA_CAUSE_STACK_SMASHED, "FAST_FAIL_STACK_COOKIE_CHECK_FAILURE" },
	{ 3, DA_CAUSE_ABORT, "FAST_FAIL_CORRUPT_LIST_ENTRY" },
	{ 4, DA_CAUSE_ABORT, "FAST_FAIL_INCORRECT_STACK" },
	{ 5, DA_CAUSE_ABORT, "FAST_FAIL_INVALID_ARG" },
	{ 6, DA_CAUSE_ABORT, "FAST_FAIL_GS_COOKIE_INIT" },
	{ 7, DA_CAUSE_ABORT, "FAST_FAIL_FATAL_APP_EXIT" },
	{ 8, DA_CAUSE_FORTIFY, "FAST_FAIL_RANGE_CHECK_FAILURE" },
	{ 10, DA_CAUSE_ABORT, "FAST_FAIL_GUARD_ICALL_CHECK_FAILURE" },
	{ 11, DA_CAUSE_ABORT, "FAST_FAIL_GUARD_WRITE_CHECK_FAILURE" },
	{ 12, DA_CAUSE_ABORT, "FAST_FAIL_INVALID_FIBER_SWITCH" },
	{ 13, DA_CAUSE_ABORT, "FAST_FAIL_INVALID_SET_OF_CONTEXT" },
	{ 14, DA_CAUSE_ABORT, "FAST_FAIL_INVALID_REFERENCE_COUNT" },
	{ 18, DA_CAUSE_ABORT, "FAST_FAIL_INVALID_JUMP_BUFFER" },
	{ 21, DA_CAUSE_ABORT, "FAST_FAIL_INVALID_EXCEPTION_CHAIN" },
	{ 23, DA_CAUSE_ABORT, "FAST_FAIL_INVALID_CALL_IN_DLL_CALLOUT" },
	{ 25, DA_CAUSE_ABORT, "FAST_FAIL_DLOAD_PROTECTION_FAILURE" },
	{ 28, DA_CAUSE_FORTIFY, "FAST_FAIL_INVALID_BUFFER_ACCESS" },
	{ 36, DA_CAUSE_ABORT, "FAST_FAIL_INVALID_LOCK_STATE" },
	{ 38, DA_CAUSE_ABORT, "FAST_FAIL_INVALID_LONGJUMP_TARGET" },
	{ 39, DA_CAUSE_ABORT, "FAST_FAIL_INVALID_DISPATCH_CONTEXT" },
	{ 40, DA_CAUSE_ABORT, "FAST_FAIL_INVALID_THREAD" },
	{ 50, DA_CAUSE_HEAP_CORRUPTION, "FAST_FAIL_HEAP_METADATA_CORRUPTION" },
	{ 57, DA_CAUSE_ABORT, "FAST_FAIL_CONTROL_INVALID_RETURN_ADDRESS" },
};

static bool parameter(const struct da_fault *f, unsigned i, uint64_t *ret)
{
	if (i >= f->e->parameters.n)
		return false;
	*ret = f->e->parameters.v[i];
	return true;
}

static void fast_fail(struct da_fault *f)
{
	uint64_t code;

	if (!parameter(f, 0, &code))
		return;
	for (size_t i = 0; i < DA_ARRAY_SIZE(fast_fails); i++)
		if (fast_fails[i].code == code) {
			f->e->cause = fast_fails[i].cause;
			f->e->subname = fast_fails[i].name;
		}
}

/* ---------------------------------------------------------------- C++ objects of the MSVC ABI */

/* ThrowInfo and what hangs off it: 32-bit pointers, on 64-bit CPUs relative to the image. */
struct throw_info {
	uint64_t object, types, image;
	uint32_t count;
};

static bool relative(const struct da_fault *f, const struct throw_info *t, uint64_t at, uint64_t *ret)
{
	uint32_t v;

	if (da_mem_u32(&f->p->mem, at, &v) != DA_OK || !v)
		return false;
	*ret = t->image + v;
	return true;
}

static bool read_throw_info(const struct da_fault *f, struct throw_info *t)
{
	uint64_t magic, info, array;

	*t = (struct throw_info){ 0 };
	if (!parameter(f, 0, &magic) || magic < 0x19930520 || magic > 0x19930522 ||
	    !parameter(f, 1, &t->object) || !parameter(f, 2, &info) || !info || !t->object)
		return false;
	if (f->p->mem.word == 8 && !parameter(f, 3, &t->image))
		return false;
	/* attributes, destructor, forward handler, then the array of types */
	if (!relative(f, t, info + 12, &array) || da_mem_u32(&f->p->mem, array, &t->count) != DA_OK)
		return false;
	t->types = array + 4;
	t->count = DA_MIN(t->count, (uint32_t)TYPES_MAX);
	return t->count != 0;
}

/* The i-th type that can catch it: its mangled name (".?AVfoo@@") and where it lies in the object. */
static char *catchable(struct da_fault *f, const struct throw_info *t, uint32_t i, uint32_t *ret_offset)
{
	uint64_t type, descriptor;
	char *name;

	if (!relative(f, t, t->types + 4 * (uint64_t)i, &type) ||
	    !relative(f, t, type + 4, &descriptor) ||
	    da_mem_u32(&f->p->mem, type + 8, ret_offset) != DA_OK ||
	    da_mem_cstr(&f->p->mem, f->d->arena, descriptor + 2 * (uint64_t)f->p->mem.word, TEXT_MAX,
			&name) != DA_OK ||
	    name[0] != '.')
		return NULL;
	return name;
}

/* ".?AVbroken@shop@@" is shop::broken; templates and others are left as they are. */
static const char *readable(struct da_fault *f, const char *name)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	const char *parts[16];
	size_t lengths[16], n = 0;

	if (da_streq(name, ".H"))
		return "int";
	if (da_streq(name, ".PEAD") || da_streq(name, ".PAD"))
		return "char *";
	if (da_streq(name, ".PEBD") || da_streq(name, ".PBD"))
		return "char const*";
	if ((!da_starts(name, ".?AV") && !da_starts(name, ".?AU")) || strchr(name + 4, '?') ||
	    !da_ends(name, "@@"))
		return name;
	for (const char *p = name + 4; *p && *p != '@' && n < DA_ARRAY_SIZE(parts);) {
		parts[n] = p;
		lengths[n] = strcspn(p, "@");
		p += lengths[n] + 1;
		n++;
	}
	while (n--) {
		da_str_addn(&s, parts[n], lengths[n]);
		if (n)
			da_str_add(&s, "::");
	}
	return s.n ? da_strdup(f->d->arena, s.s) : name;
}

/* std::exception: vptr, then { char *text; bool owned }. */
static const char *what_of(struct da_fault *f, const struct throw_info *t)
{
	for (uint32_t i = 0; i < t->count; i++) {
		uint32_t offset;
		const char *name = catchable(f, t, i, &offset);
		uint64_t text;
		char *s;

		if (!name)
			return NULL;
		if (da_streq(name, ".?AVexception@std@@") &&
		    da_mem_word(&f->p->mem, t->object + offset + f->p->mem.word, &text) == DA_OK && text &&
		    da_mem_cstr(&f->p->mem, f->d->arena, text, TEXT_MAX, &s) == DA_OK && *s)
			return s;
		if ((da_streq(name, ".PEBD") || da_streq(name, ".PBD")) &&
		    da_mem_word(&f->p->mem, t->object, &text) == DA_OK &&
		    da_mem_cstr(&f->p->mem, f->d->arena, text, TEXT_MAX, &s) == DA_OK)
			return s;
	}
	return NULL;
}

static void msvc_throw(struct da_fault *f)
{
	struct throw_info t;
	uint32_t offset;
	const char *name;

	if (!read_throw_info(f, &t))
		return;
	name = catchable(f, &t, 0, &offset);
	if (!name)
		return;
	f->e->cpp_type = readable(f, name);
	f->e->cpp_what = what_of(f, &t);
	if (da_streq(name, ".?AVbad_alloc@std@@"))
		f->e->cause = DA_CAUSE_OUT_OF_MEMORY;
}

/* ---------------------------------------------------------------- */

/* The record's address is the instruction's own, except of accesses, where the loader put theirs. */
static bool is_access(uint32_t code)
{
	return code == ACCESS_VIOLATION || code == 0xc0000006 || code == 0x80000001 || code == 0xc00000fd;
}

/* Windows says all ones where the CPU refused the address itself. */
static void access_address(struct da_fault *f)
{
	struct da_exception *e = f->e;

	if (e->code == (int64_t)ACCESS_VIOLATION && f->p->mem.word == 8 && e->has_address &&
	    e->address == UINT64_MAX) {
		e->has_address = false;
		e->access = DA_ACCESS_UNKNOWN;
		da_fault_refused_by_cpu(f);
	}
}

/* Stacks of Windows are reserved whole; the guard page moves down inside them until it meets the end. */
static void overflow(struct da_fault *f)
{
	if (f->e->has_address && da_thread_of_stack(f->p, f->e->address) == f->e->thread)
		f->e->near = da_printf(f->d->arena, "guard page of the stack of " DA_REF("t%u"),
				       f->e->thread + 1);
	da_fault_find_cycle(f);
}

void da_fault_windows(struct da_fault *f)
{
	struct da_exception *e = f->e;
	uint32_t code = (uint32_t)e->code;

	for (size_t i = 0; i < DA_ARRAY_SIZE(causes); i++)
		if (causes[i].code == code)
			e->cause = causes[i].cause;
	if (code == FAST_FAIL)
		fast_fail(f);
	else if (code == MSVC_THROW)
		msvc_throw(f);
	else if (code == GNU_THROW)
		da_fault_cxx_object(f);
	if (!f->t)
		return;
	da_fault_decode(f);
	if (is_access(code)) {
		access_address(f);
		da_fault_describe_address(f);
		if (e->cause == DA_CAUSE_STACK_OVERFLOW)
			overflow(f);
	}
	/* Software raises in RaiseException, whose code says nothing. */
	if (!(code & RAISED_BY_PROGRAM) && e->cause != DA_CAUSE_UNKNOWN)
		da_fault_instruction(f);
}
