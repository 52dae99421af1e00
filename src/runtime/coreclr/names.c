/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <ctype.h>
#include <string.h>

#include "runtime/coreclr/names.h"

enum { SEGMENTS = 32, DEPTH = 16, LONGEST = 4096, TUPLE = 7 };

static const struct {
	const char *name, *word;
} primitives[] = {
	{ "System.Boolean", "bool" }, { "System.Byte", "byte" },	{ "System.Char", "char" },
	{ "System.Decimal", "decimal" }, { "System.Double", "double" }, { "System.Int16", "short" },
	{ "System.Int32", "int" },	{ "System.Int64", "long" },	{ "System.IntPtr", "nint" },
	{ "System.Object", "object" },	{ "System.SByte", "sbyte" },	{ "System.Single", "float" },
	{ "System.String", "string" },	{ "System.UInt16", "ushort" },	{ "System.UInt32", "uint" },
	{ "System.UInt64", "ulong" },	{ "System.UIntPtr", "nuint" },	{ "System.Void", "void" },
	{ "System.__Canon", "__Canon" },
};

struct text {
	const char *p;
	size_t n;
};

/* One level of nesting: "Dictionary`2" with its arguments between the brackets. */
struct segment {
	struct text name, args;
	bool has_args;
};

/* ---------------------------------------------------------------- reading */

static bool is(struct text t, const char *word)
{
	return t.n == strlen(word) && memcmp(t.p, word, t.n) == 0;
}

static bool begins(struct text t, const char *word)
{
	return t.n >= strlen(word) && memcmp(t.p, word, strlen(word)) == 0;
}

static struct text from(struct text t, size_t skip)
{
	return skip <= t.n ? (struct text){ t.p + skip, t.n - skip } : (struct text){ t.p + t.n, 0 };
}

/* Where the bracket at t[at] is closed: the index of '>', or the end. */
static size_t closing(struct text t, size_t at)
{
	size_t depth = 0;

	for (size_t i = at; i < t.n; i++) {
		if (t.p[i] == '<')
			depth++;
		else if (t.p[i] == '>' && --depth == 0)
			return i;
	}
	return t.n;
}

static void cut_arity(struct text *t)
{
	size_t n = t->n;

	while (n && isdigit((unsigned char)t->p[n - 1]))
		n--;
	if (n && n < t->n && t->p[n - 1] == '`')
		t->n = n - 1;
}

/* Compilers begin a name with '<'; behind a name it opens arguments. Returns what was read. */
static size_t read_segment(struct text t, struct segment *ret)
{
	size_t i = 0;

	*ret = (struct segment){ .name = { t.p, 0 } };
	while (i < t.n) {
		if (t.p[i] == '<' && (i == 0 || t.p[i - 1] == '.')) {
			i = DA_MIN(closing(t, i) + 1, t.n);
			continue;
		}
		if (memchr("<>+[],*&", t.p[i], 8))
			break;
		i++;
	}
	ret->name.n = i;
	cut_arity(&ret->name);
	if (i < t.n && t.p[i] == '<') {
		size_t end = closing(t, i);

		ret->has_args = true;
		ret->args = (struct text){ t.p + i + 1, end - i - 1 };
		i = DA_MIN(end + 1, t.n);
	}
	return i;
}

/* Returns how many; *ret_rest: "[]" and what else stands behind. */
static unsigned read_type(struct text t, struct segment *ret, struct text *ret_rest)
{
	unsigned n = 0;

	do {
		size_t used = read_segment(t, &ret[n]);

		n++;
		t = from(t, used);
		if (!t.n || t.p[0] != '+' || n == SEGMENTS)
			break;
		t = from(t, 1);
	} while (true);
	*ret_rest = t;
	return n;
}

/* The end of the first argument of a list: the comma outside of brackets. */
static size_t argument_end(struct text t)
{
	int depth = 0;

	for (size_t i = 0; i < t.n; i++) {
		char c = t.p[i];

		depth += c == '<' || c == '[' ? 1 : c == '>' || c == ']' ? -1 : 0;
		if (c == ',' && depth <= 0)
			return i;
	}
	return t.n;
}

static unsigned count_arguments(struct text t)
{
	unsigned n = 0;

	while (t.n && n <= TUPLE) {
		n++;
		t = from(t, argument_end(t) + 1);
	}
	return n;
}

/* ---------------------------------------------------------------- types */

static void add(struct da_str *out, struct text t)
{
	if (out->n < LONGEST)
		da_str_addn(out, t.p, DA_MIN(t.n, LONGEST - out->n));
}

static void write_argument(struct da_str *out, struct text t, unsigned depth);

static void write_list(struct da_str *out, struct text t, unsigned depth)
{
	bool more = false;

	while (t.n && out->n < LONGEST) {
		size_t end = argument_end(t);
		struct text one = { t.p, end };

		while (one.n && one.p[0] == ' ')
			one = from(one, 1);
		if (more)
			da_str_add(out, ", ");
		more = true;
		write_argument(out, one, depth);
		t = from(t, end + 1);
	}
}

static void write_brackets(struct da_str *out, const struct segment *s, unsigned depth)
{
	if (!s->has_args || !s->args.n)
		return;
	da_str_addc(out, '<');
	write_list(out, s->args, depth + 1);
	da_str_addc(out, '>');
}

static bool write_special(struct da_str *out, const struct segment *s, unsigned depth)
{
	unsigned n = s->has_args ? count_arguments(s->args) : 0;

	for (size_t i = 0; !n && i < DA_ARRAY_SIZE(primitives); i++)
		if (is(s->name, primitives[i].name)) {
			da_str_add(out, primitives[i].word);
			return true;
		}
	if (n == 1 && is(s->name, "System.Nullable")) {
		write_list(out, s->args, depth + 1);
		da_str_addc(out, '?');
		return true;
	}
	if (n > 1 && n <= TUPLE && is(s->name, "System.ValueTuple")) {
		da_str_addc(out, '(');
		write_list(out, s->args, depth + 1);
		da_str_addc(out, ')');
		return true;
	}
	return false;
}

static void write_argument(struct da_str *out, struct text t, unsigned depth)
{
	struct segment s[SEGMENTS];
	struct text rest;
	unsigned n;

	if (depth > DEPTH) {
		da_str_add(out, "...");
		return;
	}
	n = read_type(t, s, &rest);
	if (n != 1 || !write_special(out, &s[0], depth))
		for (unsigned i = 0; i < n; i++) {
			if (i)
				da_str_addc(out, '.');
			add(out, s[i].name);
			write_brackets(out, &s[i], depth);
		}
	add(out, rest);
}

/* ---------------------------------------------------------------- compilers' names */

/* "<owner>kind__rest": the parts; false: not such a name. */
struct made {
	struct text owner, rest;
	char kind;
};

static bool split_made(struct text t, struct made *ret)
{
	size_t end;

	if (!t.n || t.p[0] != '<')
		return false;
	end = closing(t, 0);
	if (end + 1 >= t.n)
		return false;
	ret->owner = (struct text){ t.p + 1, end - 1 };
	ret->kind = t.p[end + 1];
	ret->rest = from(t, end + 2);
	if (begins(ret->rest, "__"))
		ret->rest = from(ret->rest, 2);
	return true;
}

struct name {
	struct da_str *out;
	unsigned marks;
	bool local, closure, resumable;
	unsigned long line;     /* of an F# closure, 0 none */
};

/* "name@12-3": F#. *ret_line may be 0: "main@". */
static bool split_fsharp(struct text t, struct text *ret, unsigned long *ret_line)
{
	const char *at = memchr(t.p, '@', t.n);
	unsigned long line = 0;
	size_t i;

	if (!at || at == t.p)
		return false;
	for (i = (size_t)(at - t.p) + 1; i < t.n && isdigit((unsigned char)t.p[i]) && line < 100000000; i++)
		line = line * 10 + (unsigned)(t.p[i] - '0');
	for (; i < t.n; i++)
		if (!isalnum((unsigned char)t.p[i]) && t.p[i] != '-')
			return false;
	*ret = (struct text){ t.p, (size_t)(at - t.p) };
	*ret_line = line;
	return true;
}

/* The number of the lambda in its method: behind the last '_' ("3_1", or "1" in a display class). */
static void write_ordinal(struct da_str *out, struct text rest)
{
	size_t i = rest.n;
	struct text last;

	while (i && isdigit((unsigned char)rest.p[i - 1]))
		i--;
	last = from(rest, i);
	if (last.n && !(last.n == 1 && last.p[0] == '0')) {
		da_str_addc(out, '_');
		add(out, last);
	}
}

static void write_fsharp(struct name *x, struct text name, unsigned long line)
{
	if (is(name, "clo"))
		da_str_add(x->out, "lambda");
	else
		add(x->out, name);
	x->closure = x->closure || line;
	x->line = line ? line : x->line;
}

/* A type's name has no points: compilers write '-' for those of an interface's method. */
static void write_dotted(struct da_str *out, struct text t)
{
	for (size_t i = 0; i < t.n && out->n < LONGEST; i++)
		da_str_addc(out, t.p[i] == '-' ? '.' : t.p[i]);
}

/* The name of a method, owner first. of_type: it was part of a type's name. */
static void write_method(struct name *x, struct text t, bool of_type, unsigned depth)
{
	struct made m;
	struct text f;
	unsigned long line;
	const char *bar;

	if (is(t, "<Main>$")) {
		da_str_add(x->out, "Main");
	} else if (is(t, "<Main>")) { /* calls the async Main and waits */
		da_str_add(x->out, "Main (entry point)");
	} else if (depth < DEPTH && split_made(t, &m) && m.owner.n && m.kind == 'b' && m.rest.n) {
		write_method(x, m.owner, of_type, depth + 1);
		da_str_add(x->out, ".lambda");
		write_ordinal(x->out, m.rest);
	} else if (depth < DEPTH && split_made(t, &m) && m.owner.n && m.kind == 'g' &&
		   (bar = memchr(m.rest.p, '|', m.rest.n)) != NULL && bar > m.rest.p) {
		write_method(x, m.owner, of_type, depth + 1);
		da_str_addc(x->out, '.');
		add(x->out, (struct text){ m.rest.p, (size_t)(bar - m.rest.p) });
		x->local = true;
	} else if (begins(t, "_Lambda$__") && t.n > 10) { /* Visual Basic: "_Lambda$__3-0" */
		da_str_add(x->out, "lambda_");
		for (size_t i = 10; i < t.n && x->out->n < LONGEST; i++)
			da_str_addc(x->out, t.p[i] == '-' ? '_' : t.p[i]);
	} else if (t.p[0] != '<' && split_fsharp(t, &f, &line)) {
		write_fsharp(x, f, line);
	} else if (of_type) {
		write_dotted(x->out, t);
	} else {
		add(x->out, t);
	}
}

/* "<PlaceAsync>d__5", "<<Run>b__0_1>d", "VB$StateMachine_3_Foo": the method it was made from. */
static bool machine_of(struct text t, struct text *ret)
{
	static const char vb[] = "VB$StateMachine_";
	struct made m;

	if (split_made(t, &m) && m.owner.n && m.kind == 'd' &&
	    (!m.rest.n || isdigit((unsigned char)m.rest.p[0]))) {
		*ret = m.owner;
		return true;
	}
	if (!begins(t, vb))
		return false;
	t = from(t, sizeof(vb) - 1);
	while (t.n && isdigit((unsigned char)t.p[0]))
		t = from(t, 1);
	if (t.n < 2 || t.p[0] != '_')
		return false;
	*ret = from(t, 1);
	return true;
}

/* Objects that keep what a lambda captured have no name in the source. */
static bool is_closure(struct text t)
{
	return is(t, "<>c") || begins(t, "<>c__DisplayClass") || begins(t, "_Closure$__");
}

/* A type that only its file sees: "<Orders>F0A…__Line", with 64 digits. */
static struct text without_file(struct text t)
{
	enum { DIGITS = 64 };
	struct made m;
	size_t i = 0;

	if (!split_made(t, &m) || m.kind != 'F')
		return t;
	while (i < m.rest.n && isxdigit((unsigned char)m.rest.p[i]))
		i++;
	if (i != DIGITS || !begins(from(m.rest, i), "__") || m.rest.n == i + 2)
		return t;
	return from(m.rest, i + 2);
}

/* ---------------------------------------------------------------- the whole */

static void point(struct da_str *out)
{
	if (out->n && out->s[out->n - 1] != '.')
		da_str_addc(out, '.');
}

/* Where a compiler's name begins, behind the namespace; or the end. */
static size_t made_at(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] == '<' && (i == 0 || t.p[i - 1] == '.'))
			return i;
	return t.n;
}

static void write_outer(struct name *x, const struct segment *s, unsigned i)
{
	struct text name = s->name, f;
	unsigned long line;

	if (i && name.p[0] != '<' && split_fsharp(name, &f, &line) && line) {
		write_fsharp(x, f, line);
	} else {
		size_t space = made_at(name);

		add(x->out, (struct text){ name.p, space });
		add(x->out, without_file(from(name, space)));
	}
	write_brackets(x->out, s, 0);
}

/*
 * The types around the method. Returns true where the last one tells the method's own name, which then
 * stands in *ret_owner with the arguments of *ret_args.
 */
static bool write_owner(struct name *x, struct text type, struct text *ret_owner, struct segment *ret_args)
{
	struct segment s[SEGMENTS];
	struct text rest, owner;
	unsigned n = type.n ? read_type(type, s, &rest) : 0;

	for (unsigned i = 0; i < n; i++) {
		bool last = i + 1 == n;

		if (last && machine_of(s[i].name, &owner)) {
			*ret_owner = owner;
			if (s[i].has_args)
				*ret_args = s[i];
			return true;
		}
		if (is_closure(s[i].name) && i) {
			if (s[i].has_args)
				*ret_args = s[i];
			continue;
		}
		if (!s[i].name.n)
			continue;
		if (x->out->n)
			da_str_addc(x->out, '.');
		write_outer(x, &s[i], i);
	}
	if (n)
		add(x->out, rest);
	return false;
}

/* What a closure or a state machine is called by: no more than the function itself. */
static bool is_entry(struct text method)
{
	return is(method, "MoveNext") || is(method, "Invoke") || is(method, "GenerateNext") ||
	       is(method, "System.Collections.IEnumerator.MoveNext");
}

static void write_marks(const struct name *x)
{
	bool async = x->marks & DA_CLR_MARK_ASYNC, iterator = x->marks & DA_CLR_MARK_ITERATOR;
	const char *words[8];
	unsigned n = 0;

	if (x->local)
		words[n++] = "local";
	if (async || iterator)
		words[n++] = async && iterator ? "async iterator" : async ? "async" : "iterator";
	if (x->marks & DA_CLR_MARK_THUNK)
		words[n++] = "thunk";
	if (x->marks & DA_CLR_MARK_DYNAMIC)
		words[n++] = "dynamic";
	if (x->marks & DA_CLR_MARK_STUB)
		words[n++] = "stub";
	if (x->closure)
		words[n++] = x->resumable ? "state machine" : "closure";
	for (unsigned i = 0; i < n; i++)
		da_str_addf(x->out, "%s%s", i ? ", " : " (", words[i]);
	if (x->line)
		da_str_addf(x->out, ", line %lu", x->line);
	if (n)
		da_str_addc(x->out, ')');
}

static void write_all(struct name *x, struct text type, struct text method, struct text arguments)
{
	struct segment of_type = { 0 }, of_method = { .args = arguments, .has_args = arguments.n > 0 };
	struct text owner;
	bool machine = write_owner(x, type, &owner, &of_type);

	if (machine) {
		point(x->out);
		write_method(x, owner, true, 0);
		write_brackets(x->out, &of_type, 0);
		if (is_entry(method))
			return;
	} else if (x->closure && is_entry(method)) { /* the type's name was the function's */
		x->resumable = !is(method, "Invoke");
		return;
	}
	if (!method.n)
		return;
	if (x->out->n)
		da_str_addc(x->out, '.');
	write_method(x, method, false, 0);
	if (!machine)
		write_brackets(x->out, &of_type, 0);
	write_brackets(x->out, &of_method, 0);
}

const char *da_clr_friendly_marked(struct da_arena *a, const char *type, const char *method, const char *arguments,
				   unsigned marks)
{
	struct da_str out DA_CLEANUP(da_str_done) = { 0 };
	struct name x = { .out = &out, .marks = marks };
	struct text t = { type ? type : "", type ? strlen(type) : 0 };
	struct text m = { method ? method : "", method ? strlen(method) : 0 };
	struct text g = { arguments ? arguments : "", arguments ? strlen(arguments) : 0 };

	write_all(&x, t, m, g);
	if (!out.n) {
		add(&out, t);
		add(&out, m);
	}
	if (!out.n)
		da_str_add(&out, "(unnamed)");
	if (out.n >= LONGEST)
		da_str_add(&out, "...");
	write_marks(&x);
	return da_text(a, da_str_get(&out), out.n);
}

const char *da_clr_friendly(struct da_arena *a, const char *type, const char *method, const char *arguments)
{
	return da_clr_friendly_marked(a, type, method, arguments, 0);
}

const char *da_clr_friendly_type(struct da_arena *a, const char *type)
{
	struct da_str out DA_CLEANUP(da_str_done) = { 0 };

	write_argument(&out, (struct text){ type, strlen(type) }, 0);
	if (!out.n)
		da_str_add(&out, "(unnamed)");
	return da_text(a, da_str_get(&out), out.n);
}
