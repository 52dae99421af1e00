/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runtimes that end the process by abort() or a trap after they wrote why to stderr, which no dump
 * holds. Their functions on the stack still tell: Rust's panics, V8 without memory.
 */
#include "config.h"

#include "fault/parts.h"

/* How far below the top such functions are looked for: a backtrace printer may stand above them. */
#define MACHINERY 48

static const struct known {
	const char *name;
	const char *reason;
} panics[] = {
	{ "core::panicking::panic_bounds_check*", "an index was out of bounds" },
	{ "core::panicking::panic_misaligned_pointer*", "a pointer was not aligned" },
	{ "core::panicking::panic_null_pointer*", "a null pointer was dereferenced" },
	{ "core::panicking::assert_failed*", "assert_eq or assert_ne failed" },
	{ "core::panicking::panic_const::panic_const_div_by_zero*", "an integer was divided by zero" },
	{ "core::panicking::panic_const::panic_const_rem_by_zero*", "an integer was divided by zero" },
	{ "core::panicking::panic_const::*", "an arithmetic operation overflowed" },
	{ "core::slice::index::*", "the range of a slice was out of bounds" },
	{ "core::str::slice_error_fail*", "the range of a string was out of bounds" },
	{ "core::option::unwrap_failed*", "unwrap() met None" },
	{ "core::option::expect_failed*", "expect() met None" },
	{ "core::result::unwrap_failed*", "unwrap() or expect() met an Err" },
	{ "core::cell::panic_already_borrowed*", "a RefCell was borrowed already" },
	{ "core::cell::panic_already_mutably_borrowed*", "a RefCell was borrowed mutably already" },
	{ "core::panicking::panic_in_cleanup*", "a destructor panicked during a panic" },
	{ "core::panicking::panic_cannot_unwind*", "a panic reached a function that must not unwind" },
	{ "core::panicking::panic_nounwind*", NULL },
};

static const char *const rust[] = {
	"core::panicking::*", "std::panicking::*", "rust_begin_unwind", "__rustc::rust_begin_unwind",
	"rust_panic", "__rustc::rust_panic", "__rust_start_panic", "std::rt::panic_fmt*",
};

static const struct known out_of_memory[] = {
	{ "alloc::alloc::handle_alloc_error*", "Rust's handle_alloc_error was called: an allocation was refused" },
	{ "alloc::raw_vec::handle_error*", "the buffer of a Vec or String could not grow" },
	{ "std::alloc::rust_oom*", "Rust's handle_alloc_error was called: an allocation was refused" },
	{ "node::OOMErrorHandler*", "the heap of JavaScript reached its limit" },
	{ "v8::internal::V8::FatalProcessOutOfMemory*", "the heap of JavaScript reached its limit" },
	{ "v8::Utils::ReportOOMFailure*", "the heap of JavaScript reached its limit" },
};

/* The innermost frame that one of them names. */
static const struct known *innermost(const struct da_fault *f, const struct known *v, size_t n)
{
	for (size_t i = f->top; i < f->t->frames.n && i < f->top + MACHINERY; i++)
		for (size_t k = 0; k < n; k++)
			if (da_frame_named(&f->t->frames.v[i], &v[k].name, 1))
				return &v[k];
	return NULL;
}

void da_fault_runtimes(struct da_fault *f)
{
	struct da_exception *e = f->e;
	const struct known *k;

	/* abort(), or the trap that std::process::abort and V8 compile to */
	if (!f->t || (e->cause != DA_CAUSE_ABORT && e->cause != DA_CAUSE_BREAKPOINT &&
		      !(e->cause == DA_CAUSE_ILLEGAL_INSTRUCTION && e->refused == DA_REFUSED_TRAP)))
		return;
	k = innermost(f, out_of_memory, DA_ARRAY_SIZE(out_of_memory));
	if (k) {
		e->cause = DA_CAUSE_OUT_OF_MEMORY;
		e->reason = k->reason;
		return;
	}
	k = innermost(f, panics, DA_ARRAY_SIZE(panics));
	if (!k && da_frame_find(f->t, f->top, f->top + MACHINERY, rust, DA_ARRAY_SIZE(rust)) == DA_NONE)
		return;
	e->cause = DA_CAUSE_PANIC;
	e->reason = k ? k->reason : NULL;
}
