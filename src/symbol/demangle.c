/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names by libiberty, and Microsoft's by undname.c. A name goes to a demangler only by its prefix: the C++ one reads any text
 * ("f" is float to it). A short mangled name can stand for gigabytes of text, as each part may repeat
 * all before it, so the output is taken in pieces and the demangler is left when it is enough.
 */
#include "config.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/private.h"
#include "symbol/undname.h"

#define RAW_MAX 4096
#define TEXT_MAX 16384

struct output {
	struct da_str s;
	jmp_buf enough;
};

/*
 * The deciphering of Rust's punycode holds memory while it prints, one character a piece; leaving from
 * a longer piece of ASCII ("::" is in every path) loses none.
 */
static void take(const char *piece, size_t n, void *ctx)
{
	struct output *o = ctx;

	if (o->s.n < TEXT_MAX)
		da_str_addn(&o->s, piece, n);
	else if (n > 1 && (unsigned char)piece[0] < 0x80)
		longjmp(o->enough, 1);
}

/* Rust's older names are C++ names that end in 17h, 16 hex digits and E. */
static bool legacy_rust(const char *raw)
{
	size_t n = strlen(raw);

	return da_starts(raw, "_ZN") && n > 23 && raw[n - 1] == 'E' &&
	       strncmp(raw + n - 20, "17h", 3) == 0 && strspn(raw + n - 17, "0123456789abcdef") == 16;
}

static int run(const char *raw, struct output *o)
{
	if (setjmp(o->enough))
		return 0;
	if (da_starts(raw, "_R") || legacy_rust(raw))
		return rust_demangle_callback(raw, 0, take, o);
	return cplus_demangle_v3_callback(raw, DMGL_PARAMS | DMGL_ANSI, take, o);
}

static const char *demangle_d(struct da_arena *a, const char *raw)
{
	char *s = strlen(raw) <= 1024 ? dlang_demangle(raw, 0) : NULL;
	const char *copy = s && strlen(s) < TEXT_MAX ? da_text(a, s, strlen(s)) : raw;

	free(s);
	return copy;
}

static const char *demangle(struct da_arena *a, const char *raw)
{
	struct output *o;
	const char *text = raw;

	if (da_starts(raw, "__Z") || da_starts(raw, "__R"))
		raw++;
	if (da_starts(raw, "_D") && raw[2] >= '0' && raw[2] <= '9')
		return demangle_d(a, text);
	if (!da_starts(raw, "_Z") && !da_starts(raw, "_R"))
		return text;
	o = da_xmalloc(sizeof(*o));
	memset(&o->s, 0, sizeof(o->s));
	if (run(raw, o) && o->s.n && o->s.n < TEXT_MAX)
		text = da_text(a, o->s.s, o->s.n);
	da_str_done(&o->s);
	free(o);
	return text;
}

const char *da_demangle(struct da_arena *a, const char *raw)
{
	const char *at, *name, *text;

	if (!raw || strnlen(raw, RAW_MAX) == RAW_MAX)
		return raw;
	if (*raw == '?' || da_starts(raw, ".?A")) {
		text = da_undecorate(a, raw, DA_UNDNAME_STACK);
		return text ? text : raw;
	}
	at = strchr(raw, '@'); /* name@plt, name@VERSION: no mangled name has an @ */
	if (!at || at == raw)
		return demangle(a, raw);
	name = da_strndup(a, raw, (size_t)(at - raw));
	text = demangle(a, name);
	return text == name ? raw : da_printf(a, "%s%s", text, at);
}
