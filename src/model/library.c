/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code of a language's library that was compiled into the program: templates of namespace std, Rust's
 * crates core, alloc and std, and the first instructions of a program. Nobody of the program wrote it.
 */
#include "config.h"

#include <string.h>

#include "model/model.h"

static const char *const cxx_symbols[] = {
	"_ZSt", "_ZNSt", "_ZNKSt", "_ZNSs", "_ZNKSs", "_ZNSa", "_ZN9__gnu_cxx", "_ZNK9__gnu_cxx",
};

/* Readable beginnings; those with < are of Rust alone: an implementation for a type of a library. */
static const char *const cxx_names[] = { "std::", "__gnu_cxx::" };
static const char *const rust_names[] = {
	"core::", "alloc::", "std::", "__rustc::", "rustc_", "rust_begin_unwind", "__rust_", "<alloc::",
	"<core::", "<std::", "<&", "<[", "<T ", "<F ", "<I ", "<str ", "<usize ", "<u8 ", "<u32 ", "<u64 ",
	"<i32 ", "<i64 ", "<char ",
};
static const char *const plain[] = { "_start", "__libc_start_main", "__libc_start_call_main",
				     "rust_begin_unwind", "rust_panic" };

static bool begins(const char *s, const char *const *with, size_t n)
{
	for (size_t i = 0; s && i < n; i++)
		if (da_starts(s, with[i]))
			return true;
	return false;
}

/* v0 names begin with _R; legacy ones end in 17h, a hash of 16 digits, and E. */
static bool is_rust(const char *raw)
{
	const char *at = NULL;

	if (da_starts(raw, "_R"))
		return true;
	if (!da_starts(raw, "_ZN"))
		return false;
	for (const char *p = strstr(raw, "17h"); p; p = strstr(p + 1, "17h"))
		at = p + 3;
	return at && strspn(at, "0123456789abcdef") == 16 && at[16] == 'E';
}

bool da_call_is_library(const struct da_place *p, unsigned call)
{
	const char *function = p->calls[call].function;

	return p->raw && is_rust(p->raw) ? begins(function, rust_names, DA_ARRAY_SIZE(rust_names))
					 : begins(function, cxx_names, DA_ARRAY_SIZE(cxx_names));
}

bool da_file_is_library(const char *file)
{
	return file && (da_starts(file, "/usr/include/") || da_starts(file, "/usr/lib/") ||
			da_starts(file, "/rustc/") || strstr(file, "/include/c++/") ||
			strstr(file, "/lib/rustlib/src/"));
}

/* A lambda that was inlined into std::__invoke_impl is somebody's, as its file tells. */
static bool holds_own_call(const struct da_place *p)
{
	for (unsigned i = 1; i < p->ncalls; i++)
		if (p->calls[i].function && p->calls[i].file && !da_file_is_library(p->calls[i].file) &&
		    !da_call_is_library(p, i))
			return true;
	return false;
}

bool da_place_is_library(const struct da_place *p)
{
	if (!p || !p->raw)
		return false;
	for (size_t i = 0; i < DA_ARRAY_SIZE(plain); i++)
		if (da_streq(p->raw, plain[i]))
			return true;
	if (is_rust(p->raw))
		return p->ncalls && da_call_is_library(p, 0) && !holds_own_call(p);
	return begins(p->raw, cxx_symbols, DA_ARRAY_SIZE(cxx_symbols)) && !holds_own_call(p);
}
