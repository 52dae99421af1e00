/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "runtime/coreclr/aot_names.h"

enum { LONGEST = 4096, DEPTH = 16, ARGUMENTS = 32 };

struct text {
	const char *p;
	size_t n;
};

static struct text from(struct text t, size_t skip)
{
	return skip < t.n ? (struct text){ t.p + skip, t.n - skip } : (struct text){ t.p + t.n, 0 };
}

static bool begins(struct text t, const char *word)
{
	size_t n = strlen(word);

	return t.n >= n && memcmp(t.p, word, n) == 0;
}

static bool is(struct text t, const char *word)
{
	return t.n == strlen(word) && begins(t, word);
}

static size_t run(struct text t, size_t at)
{
	size_t n = 0;

	while (at + n < t.n && t.p[at + n] == '_')
		n++;
	return n;
}

static size_t digits(struct text t)
{
	size_t n = 0;

	while (n < t.n && isdigit((unsigned char)t.p[n]))
		n++;
	return n;
}

/* The index of the '>' that closes the '<' at t[at], or the end. */
static size_t closing(struct text t, size_t at)
{
	size_t depth = 0;

	for (size_t i = at; i < t.n; i++) {
		depth += t.p[i] == '<';
		if (t.p[i] == '>' && --depth == 0)
			return i;
	}
	return t.n;
}

/* Where `word` stands in t, outside of brackets; t.n: nowhere. */
static size_t find(struct text t, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= t.n; i++) {
		if (t.p[i] == '<') {
			i = closing(t, i);
			continue;
		}
		if (memcmp(t.p + i, word, n) == 0)
			return i;
	}
	return t.n;
}

/* ---------------------------------------------------------------- names that compilers make */

/* What the source's compiler made of a method's name, sanitized: "_Place_d__5", "_Place_b__0_1", "_Place_g__Do_0_1". */
struct made {
	struct text owner, rest; /* "Place"; behind the kind: "5", "0_1", "Do_0_1" */
	char kind;
};

static bool read_made(struct text t, const char *kinds, struct made *ret)
{
	for (size_t i = 1; i + 5 <= t.n && t.p[0] == '_'; i++) {
		if (t.p[i] == '<' || (t.p[i] == '_' && t.p[i + 1] == '_'))
			return false;
		if (t.p[i] != '_' || i == 1 || !strchr(kinds, t.p[i + 1]) || t.p[i + 2] != '_' || t.p[i + 3] != '_')
			continue;
		*ret = (struct made){ { t.p + 1, i - 1 }, from(t, i + 4), t.p[i + 1] };
		return true;
	}
	return false;
}

/* The state machine of an asynchronous lambda or local function, "<<Place>b__4_0>d": how long its name is, or 0. */
static size_t nested_machine(struct text t, struct made *ret)
{
	if (!begins(t, "__") || !read_made(from(t, 1), "bg", ret))
		return 0;
	for (size_t i = (size_t)(ret->rest.p - t.p) + 1; i + 2 <= t.n && t.p[i] != '<'; i++)
		if (begins(from(t, i), "_d") && isdigit((unsigned char)t.p[i - 1]) &&
		    (i + 2 == t.n || t.p[i + 2] == '_' || t.p[i + 2] == '<')) {
			ret->rest.n = (size_t)(t.p + i - ret->rest.p);
			return i + 2;
		}
	return 0;
}

/* A type that a compiler made, at the beginning of t: how long its name is; 0: none begins here. */
static size_t made_type(struct text t)
{
	static const char closure[] = "__c", display[] = "__c__DisplayClass", of_generic[] = "__c__";
	struct made m;
	size_t n;

	if (begins(t, display)) {
		n = sizeof(display) - 1;
		n += digits(from(t, n));
		if (n < t.n && t.p[n] == '_' && digits(from(t, n + 1)))
			n += 1 + digits(from(t, n + 1));
		return n;
	}
	n = sizeof(of_generic) - 1;
	if (begins(t, of_generic) && digits(from(t, n)))
		return n + digits(from(t, n));
	n = sizeof(closure) - 1;
	if (begins(t, closure) && (t.n == n || t.p[n] == '_' || t.p[n] == '<'))
		return n;
	if (read_made(t, "d", &m) && digits(m.rest))
		return (size_t)(m.rest.p - t.p) + digits(m.rest);
	return nested_machine(t, &m);
}

static void write_made_type(struct da_str *out, struct text t)
{
	struct made m;

	if (read_made(t, "d", &m))
		da_str_addf(out, "<%.*s>d__%.*s", (int)m.owner.n, m.owner.p, (int)m.rest.n, m.rest.p);
	else if (nested_machine(t, &m))
		da_str_addf(out, "<<%.*s>%c__%.*s>d", (int)m.owner.n, m.owner.p, m.kind, (int)m.rest.n, m.rest.p);
	else
		da_str_addf(out, "<>%.*s", (int)t.n - 2, t.p + 2);
}

/* ---------------------------------------------------------------- assemblies */

/* Where namespaces of the framework begin. */
static const char *const roots[] = { "System_", "Internal_", "Microsoft_", "Interop", "Windows_" };

static bool begins_root(struct text t)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(roots); i++)
		if (begins(t, roots[i]))
			return true;
	return false;
}

/* A type of the framework: its assembly ends before the namespace. 0: it does not. */
static size_t framework_assembly(struct text t)
{
	if (!begins(t, "S_P_") && !begins(t, "System_") && !begins(t, "Microsoft_"))
		return 0;
	for (size_t i = begins(t, "S_P_") ? 4 : 1; i + 1 < t.n && t.p[i] != '<'; i++)
		if (t.p[i] == '_' && begins_root(from(t, i + 1)))
			return i + 1;
	return 0;
}

/* "Shop_Core_Shop_Orders": an assembly whose first word begins the namespace too. */
static size_t doubled_assembly(struct text t)
{
	size_t word = 0;

	while (word < t.n && t.p[word] != '_' && t.p[word] != '<')
		word++;
	if (word == 0 || word >= t.n || t.p[word] != '_')
		return 0;
	for (size_t i = word; i + 1 + word < t.n && t.p[i] != '<'; i++)
		if (t.p[i] == '_' && memcmp(t.p + i + 1, t.p, word + 1) == 0)
			return i + 1;
	return 0;
}

static size_t program_assembly(struct text t, const char *program)
{
	size_t n = program ? strlen(program) : 0;

	if (n == 0 || t.n <= n + 1 || t.p[n] != '_')
		return 0;
	for (size_t i = 0; i < n; i++)
		if (t.p[i] != (isalnum((unsigned char)program[i]) ? program[i] : '_'))
			return 0;
	return n + 1;
}

static const char *dotted(struct da_arena *a, const char *before, struct text t)
{
	char *s = da_printf(a, "%s%.*s", before, (int)t.n, t.p);

	for (char *p = s + strlen(before); *p; p++)
		if (*p == '_')
			*p = '.';
	return s;
}

/* How much of t is the assembly; *ret: what it is called. */
static size_t read_assembly(struct da_arena *a, struct text t, const char *program, const char **ret)
{
	size_t n = program_assembly(t, program);

	if (n) {
		*ret = program;
		return n;
	}
	n = framework_assembly(t);
	if (!n)
		n = doubled_assembly(t);
	if (n && begins(t, "S_P_"))
		*ret = dotted(a, "System.Private.", (struct text){ t.p + 4, n - 5 });
	else if (n)
		*ret = dotted(a, "", (struct text){ t.p, n - 1 });
	return n;
}

/* ---------------------------------------------------------------- types */

/* Types that have no assembly in their name, and the words of metadata for them. */
static const struct {
	const char *word, *name;
} plain[] = {
	{ "Object", "System.Object" }, { "String", "System.String" }, { "Bool", "System.Boolean" },
	{ "Char", "System.Char" },     { "Int8", "System.SByte" },    { "UInt8", "System.Byte" },
	{ "Int16", "System.Int16" },   { "UInt16", "System.UInt16" }, { "Int32", "System.Int32" },
	{ "UInt32", "System.UInt32" }, { "Int64", "System.Int64" },   { "UInt64", "System.UInt64" },
	{ "IntPtr", "System.IntPtr" }, { "UIntPtr", "System.UIntPtr" }, { "Single", "System.Single" },
	{ "Double", "System.Double" }, { "Void", "System.Void" },     { "System___Canon", "System.__Canon" },
};

struct writer {
	struct da_arena *a;
	struct da_str *out;
	const char *program, *assembly; /* of the outermost type */
};

static const char *plain_name(struct text t)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(plain); i++)
		if (is(t, plain[i].word))
			return plain[i].name;
	return NULL;
}

/* "List_1", "Outer_1_Inner": the number of a generic's parameters. */
static size_t arity(struct text t)
{
	size_t n = digits(t);

	return n && n <= 2 && (n == t.n || t.p[n] == '_') ? n : 0;
}

/* Behind the assembly: namespaces and nested types, without arguments. */
static void write_dotted(struct writer *w, struct text t)
{
	for (size_t i = 0; i < t.n; i++) {
		struct text rest = from(t, i + 1);
		size_t n;

		if (t.p[i] != '_' || i == 0) {
			da_str_addc(w->out, t.p[i]);
			continue;
		}
		n = arity(rest);
		if (n) {
			da_str_addc(w->out, '`');
			da_str_addn(w->out, rest.p, n);
			i += n;
			if (i + 1 < t.n && !made_type(from(t, i + 2))) { /* a nested type */
				da_str_addc(w->out, '+');
				i++;
			}
			continue;
		}
		n = made_type(rest);
		if (n) {
			da_str_addc(w->out, '+');
			write_made_type(w->out, (struct text){ rest.p, n });
			i += n;
			continue;
		}
		da_str_addc(w->out, '.');
		n = run(t, i) - 1; /* "Runtime___Finalizer": the name begins with two */
		da_str_addn(w->out, t.p + i + 1, n);
		i += n;
	}
}

static void write_type(struct writer *w, struct text t, unsigned depth);

static bool begins_type(struct text t, const char *program)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(plain); i++)
		if (begins(t, plain[i].word))
			return true;
	return begins_root(t) || begins(t, "S_P_") || begins(t, "__") || begins(t, "<Boxed>") ||
	       program_assembly(t, program);
}

/* "Int32__System___Canon": where the first argument ends. */
static size_t argument_end(const struct writer *w, struct text t)
{
	for (size_t i = 1; i + 2 < t.n; i++) {
		if (t.p[i] == '<')
			i = closing(t, i);
		else if (run(t, i) == 2 && begins_type(from(t, i + 2), w->program))
			return i;
	}
	return t.n;
}

static void write_arguments(struct writer *w, struct text t, unsigned depth)
{
	for (unsigned i = 0; t.n && i < ARGUMENTS; i++) {
		size_t n = argument_end(w, t);

		if (i)
			da_str_add(w->out, ", ");
		write_type(w, (struct text){ t.p, n }, depth + 1);
		t = from(t, n + 2);
	}
}

/* "__Array<T>" and the like. */
static bool write_shape(struct writer *w, struct text t, unsigned depth)
{
	static const struct {
		const char *begin, *mark;
	} shapes[] = { { "__Array<", "[]" }, { "__Pointer<", "*" }, { "__ByRef<", "&" } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(shapes); i++) {
		size_t n = strlen(shapes[i].begin), end = closing(t, n - 1);

		if (!begins(t, shapes[i].begin) || end + 1 != t.n)
			continue;
		write_type(w, (struct text){ t.p + n, end - n }, depth + 1);
		da_str_add(w->out, shapes[i].mark);
		return true;
	}
	return false;
}

static void write_type(struct writer *w, struct text t, unsigned depth)
{
	const char *assembly = NULL;
	size_t name;

	if (depth > DEPTH || w->out->n > LONGEST) {
		da_str_add(w->out, "?");
		return;
	}
	if (begins(t, "<Boxed>"))
		t = from(t, 7);
	else if (begins(t, "Boxed_"))
		t = from(t, 6);
	if (write_shape(w, t, depth))
		return;
	if (plain_name(t)) {
		da_str_add(w->out, plain_name(t));
		if (depth == 0)
			w->assembly = "System.Private.CoreLib";
		return;
	}
	t = from(t, read_assembly(w->a, t, w->program, &assembly));
	if (depth == 0)
		w->assembly = assembly;
	while (t.n) { /* "Outer_1<Int32>_Inner": a nested type behind the arguments of the outer one */
		size_t end;

		name = 0;
		while (name < t.n && t.p[name] != '<')
			name++;
		write_dotted(w, (struct text){ t.p, name });
		if (name == t.n)
			return;
		end = closing(t, name);
		da_str_addc(w->out, '<');
		write_arguments(w, (struct text){ t.p + name + 1, end - name - 1 }, depth);
		da_str_addc(w->out, '>');
		t = from(t, end + 1);
	}
}

bool da_aot_type_name(struct da_arena *a, const char *mangled, const char *program, struct da_aot_name *ret)
{
	struct da_str out DA_CLEANUP(da_str_done) = { 0 };
	struct writer w = { a, &out, program, NULL };
	size_t n = strnlen(mangled, LONGEST);

	if (n == 0 || n == LONGEST)
		return false;
	write_type(&w, (struct text){ mangled, n }, 0);
	*ret = (struct da_aot_name){ .assembly = w.assembly, .type = da_text(a, da_str_get(&out), out.n) };
	return out.n != 0;
}

bool da_aot_type_is(const char *mangled, const char *name)
{
	size_t n = strlen(name), have = strnlen(mangled, LONGEST);
	const char *known = plain_name((struct text){ mangled, have }), *end;

	/* The plain ones, then what ends so and begins with an assembly. */
	if (known || have < n + 2)
		return known && strcmp(known, name) == 0;
	end = mangled + (have - n);
	if (end[-1] != '_')
		return false;
	for (size_t i = 0; i < n; i++)
		if (end[i] != (isalnum((unsigned char)name[i]) ? name[i] : '_'))
			return false;
	return framework_assembly((struct text){ mangled, have }) == (size_t)(end - mangled);
}

/* ---------------------------------------------------------------- methods */

/* The "__" between type and method, from the left; t.n: there is none. */
static size_t separator(struct text t)
{
	for (size_t i = 0; i < t.n; i++) {
		struct text body = from(t, i + 2);
		struct made m;
		size_t n;

		if (t.p[i] == '<') {
			i = closing(t, i);
			continue;
		}
		n = run(t, i);
		if (n < 2 || i == 0) {
			i += n ? n - 1 : 0;
			continue;
		}
		if (made_type(from(t, i + 1))) {
			i += made_type(from(t, i + 1));
			continue;
		}
		if (n != 3 || begins(body, "_ctor") || begins(body, "_cctor") || begins(body, "_Main__") ||
		    read_made(body, "bg", &m))
			return i;
		i += n - 1; /* a type whose name begins with two */
	}
	return t.n;
}

/* The method's name as metadata has it. */
static const char *method_of(struct da_arena *a, struct text t)
{
	struct made m;

	if (is(t, "_ctor") || is(t, "_cctor"))
		return da_printf(a, ".%.*s", (int)t.n - 1, t.p + 1);
	if (is(t, "_Main__"))
		return "<Main>$";
	if (begins_root(t) && find(t, "__") == t.n) /* an explicit implementation of an interface */
		return dotted(a, "", t);
	if (!read_made(t, "bg", &m))
		return da_strndup(a, t.p, t.n);
	if (m.kind == 'g') { /* "<Place>g__Do|0_1" */
		size_t bar = m.rest.n;

		while (bar && (isdigit((unsigned char)m.rest.p[bar - 1]) || m.rest.p[bar - 1] == '_'))
			bar--;
		if (bar && bar < m.rest.n)
			return da_printf(a, "<%.*s>g__%.*s|%.*s", (int)m.owner.n, m.owner.p, (int)bar, m.rest.p,
					 (int)(m.rest.n - bar - 1), m.rest.p + bar + 1);
	}
	return da_printf(a, "<%.*s>%c__%.*s", (int)m.owner.n, m.owner.p, m.kind, (int)m.rest.n, m.rest.p);
}

/* Without the number of an overload. */
static struct text without_number(struct da_arena *a, struct text symbol, struct text method, da_aot_exists *exists,
				  void *ctx)
{
	size_t n = method.n;

	while (n && isdigit((unsigned char)method.p[n - 1]))
		n--;
	if (n < 2 || n == method.n || method.p[n - 1] != '_' || !exists ||
	    !exists(ctx, da_strndup(a, symbol.p, symbol.n - (method.n - n + 1))))
		return method;
	return (struct text){ method.p, n - 1 };
}

/* Debug information has the name itself; arguments of a generic method stand behind it in mangled form. */
static bool read_described(struct da_arena *a, struct text t, const char *program, struct da_aot_name *ret)
{
	size_t at = find(t, "::"), end;
	struct text method = from(t, at + 2);

	if (at == 0 || at == t.n || method.n == 0 ||
	    !da_aot_type_name(a, da_strndup(a, t.p, at), program, ret))
		return false;
	end = method.n;
	for (size_t i = 1; i < method.n && method.p[0] != '<'; i++)
		if (method.p[i] == '<' || method.p[i] == '(') {
			end = i;
			break;
		}
	ret->method = da_text(a, method.p, end);
	return true;
}

static const char *read_arguments(struct da_arena *a, struct text t, const char *program)
{
	struct da_str out DA_CLEANUP(da_str_done) = { 0 };
	struct writer w = { a, &out, program, NULL };

	write_arguments(&w, t, 0);
	return da_text(a, da_str_get(&out), out.n);
}

/* Does the symbol begin like one of managed code: with an assembly, or with a type that needs none? */
static bool is_managed(struct da_arena *a, struct text t, const char *program)
{
	const char *assembly;
	size_t n = 0;

	while (n < t.n && t.p[n] != '_' && t.p[n] != '<' && t.p[n] != ':')
		n++;
	return plain_name((struct text){ t.p, n }) || begins(t, "__Array<") ||
	       read_assembly(a, t, program, &assembly) != 0;
}

static bool read_symbol(struct da_arena *a, struct text t, const char *program, da_aot_exists *exists, void *ctx,
			struct da_aot_name *ret)
{
	static const char module[] = "__Module___"; /* methods of no type: <Module> */
	size_t at = find(t, module), brackets;
	struct text whole = t, method;

	if (at < t.n && at > 0) {
		*ret = (struct da_aot_name){ .type = "<Module>", .assembly = dotted(a, "", (struct text){ t.p, at }) };
		ret->method = da_strndup(a, t.p + at + sizeof(module) - 1, t.n - at - (sizeof(module) - 1));
		return *ret->method != 0;
	}
	at = separator(t);
	if (at == t.n || at == 0 || !is_managed(a, t, program) ||
	    !da_aot_type_name(a, da_strndup(a, t.p, at), program, ret))
		return false;
	method = from(t, at + 2);
	for (brackets = 0; brackets < method.n && method.p[brackets] != '<'; brackets++)
		;
	if (brackets < method.n) {
		size_t end = closing(method, brackets);

		ret->arguments = read_arguments(a, (struct text){ method.p + brackets + 1, end - brackets - 1 }, program);
		method.n = brackets;
		whole.n = (size_t)(method.p + brackets - whole.p);
	} else {
		method = without_number(a, whole, method, exists, ctx);
	}
	if (method.n == 0)
		return false;
	ret->method = method_of(a, method);
	return true;
}

bool da_aot_method_name(struct da_arena *a, const char *symbol, const char *described, const char *program,
			da_aot_exists *exists, void *ctx, struct da_aot_name *ret)
{
	struct text t = { symbol, strnlen(symbol, LONGEST) };
	struct text d = { described, described ? strnlen(described, LONGEST) : 0 };
	struct da_aot_name r = { 0 };
	size_t boxed;

	if (t.n == LONGEST || d.n == LONGEST || begins(t, "_Z"))
		return false;
	if (begins(t, "<Boxed>") && (boxed = find(from(t, 7), "__<unbox>")) < t.n - 7)
		t = from(t, 7 + boxed + 9);
	else if (begins(t, "unbox_"))
		t = from(t, 6);
	if (!(d.n && is_managed(a, d, program) && read_described(a, d, program, &r)) &&
	    !read_symbol(a, t, program, exists, ctx, &r))
		return false;
	*ret = r;
	return true;
}
