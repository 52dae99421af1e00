/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "symbol/undname.h"
#include "symbol/undname_node.h"

typedef struct da_und_node node;

#define TEXT_MAX 65536 /* back-references can double the text at each step */

struct da_und_list **da_und_append(struct da_arena *a, struct da_und_list **tail, node *n)
{
	*tail = da_new(a, struct da_und_list);
	(*tail)->node = n;
	return &(*tail)->next;
}

void da_und_prepend(struct da_arena *a, struct da_und_list **list, node *n)
{
	struct da_und_list *first = da_new(a, struct da_und_list);

	*first = (struct da_und_list){ *list, n };
	*list = first;
}

node *da_und_last(const node *q)
{
	const struct da_und_list *l = q->arguments;

	while (l->next)
		l = l->next;
	return l->node;
}

node *da_und_before_last(const node *q)
{
	node *before = NULL;

	for (const struct da_und_list *l = q->arguments; l->next; l = l->next)
		before = l->node;
	return before;
}

/* ---------------------------------------------------------------- small pieces */

static void write_node(struct da_str *s, const node *n, unsigned flags);
static void write_pre(struct da_str *s, const node *n, unsigned flags);
static void write_post(struct da_str *s, const node *n, unsigned flags);

static void add(struct da_str *s, const char *text)
{
	if (s->n < TEXT_MAX)
		da_str_add(s, text);
}

static void space(struct da_str *s)
{
	char c = s->n ? s->s[s->n - 1] : '\0';

	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '>' || c == '_')
		add(s, " ");
}

static bool one_qualifier(struct da_str *s, bool there, const char *text, bool before)
{
	if (!there)
		return before;
	if (before)
		add(s, " ");
	add(s, text);
	return true;
}

static void write_quals(struct da_str *s, unsigned q, bool before, bool after)
{
	size_t n = s->n;

	before = one_qualifier(s, q & DA_UND_CONST, "const", before);
	before = one_qualifier(s, q & DA_UND_VOLATILE, "volatile", before);
	one_qualifier(s, q & DA_UND_RESTRICT, "__restrict", before);
	if (after && s->n > n)
		add(s, " ");
}

static void write_list(struct da_str *s, const struct da_und_list *l, const char *separator, unsigned flags)
{
	for (; l && s->n < TEXT_MAX; l = l->next) {
		write_node(s, l->node, flags);
		if (l->next)
			add(s, separator);
	}
}

/* ---------------------------------------------------------------- names */

static void write_arguments(struct da_str *s, const node *n, unsigned flags)
{
	if (!n->is_template)
		return;
	add(s, "<");
	write_list(s, n->arguments, ", ", flags);
	add(s, ">");
}

static void write_initializer(struct da_str *s, const node *n, unsigned flags)
{
	add(s, n->negative ? "`dynamic atexit destructor for " : "`dynamic initializer for ");
	if (n->child) {
		add(s, "`");
		write_node(s, n->child, flags);
		add(s, "''");
	} else {
		add(s, "'");
		write_node(s, n->name, flags);
		add(s, "''");
	}
}

static void write_reference(struct da_str *s, const node *n, unsigned flags)
{
	if (n->noffsets)
		add(s, "{");
	else if (n->affinity == DA_UND_POINTER)
		add(s, "&");
	if (n->child) {
		write_node(s, n->child, flags);
		if (n->noffsets)
			add(s, ", ");
	}
	for (unsigned i = 0; i < n->noffsets; i++)
		da_str_addf(s, "%s%lld", i ? ", " : "", (long long)n->offsets[i]);
	if (n->noffsets)
		add(s, "}");
}

static void write_local_scope(struct da_str *s, const node *n, unsigned flags)
{
	add(s, "`");
	write_node(s, n->child, flags);
	da_str_addf(s, "'::`%lld'", (long long)n->number);
}

/* ---------------------------------------------------------------- functions and variables */

static void write_thunk(struct da_str *s, const node *f)
{
	long long o[4];

	for (unsigned i = 0; i < 4; i++)
		o[i] = (long long)f->offsets[i];
	if (f->class & DA_UND_ADJUST)
		da_str_addf(s, "`adjustor{%lld}'", o[0]);
	else if (f->class & DA_UND_VTORDISP_EX)
		da_str_addf(s, "`vtordispex{%lld, %lld, %lld, %lld}'", o[0], o[1], o[2], o[3]);
	else if (f->class & DA_UND_VTORDISP)
		da_str_addf(s, "`vtordisp{%lld, %lld}'", o[0], o[1]);
}

static void function_pre(struct da_str *s, const node *f, unsigned flags)
{
	if (f->class & (DA_UND_ADJUST | DA_UND_VTORDISP | DA_UND_THUNK))
		add(s, "[thunk]: ");
	if (!(flags & DA_UNDNAME_NO_ACCESS))
		add(s, f->class & DA_UND_PUBLIC ? "public: " : f->class & DA_UND_PROTECTED ? "protected: "
			: f->class & DA_UND_PRIVATE ? "private: " : "");
	if (!(flags & DA_UNDNAME_NO_MEMBER)) {
		if (!(f->class & DA_UND_GLOBAL) && (f->class & DA_UND_STATIC))
			add(s, "static ");
		if (f->class & DA_UND_VIRTUAL)
			add(s, "virtual ");
		if (f->class & DA_UND_EXTERN_C)
			add(s, "extern \"C\" ");
	}
	if (!(flags & DA_UNDNAME_NO_RETURN) && f->child) {
		write_pre(s, f->child, flags);
		add(s, " ");
	}
	if (!(flags & DA_UNDNAME_NO_CONVENTION) && f->text) {
		space(s);
		add(s, f->text);
	}
}

static void function_post(struct da_str *s, const node *f, unsigned flags)
{
	unsigned inner = flags & ~(unsigned)(DA_UNDNAME_NO_RETURN | DA_UNDNAME_NO_CONVENTION);

	write_thunk(s, f);
	if (!(f->class & DA_UND_NO_PARAMETERS)) {
		add(s, "(");
		if (f->arguments)
			write_list(s, f->arguments, ", ", inner);
		else if (!f->variadic)
			add(s, "void");
		if (f->variadic)
			add(s, f->arguments ? ", ..." : "...");
		add(s, ")");
	}
	if (f->quals & DA_UND_CONST)
		add(s, " const");
	if (f->quals & DA_UND_VOLATILE)
		add(s, " volatile");
	if (f->quals & DA_UND_RESTRICT)
		add(s, " __restrict");
	if (f->quals & DA_UND_UNALIGNED)
		add(s, " __unaligned");
	if (f->is_noexcept)
		add(s, " noexcept");
	add(s, f->affinity == DA_UND_REF ? " &" : f->affinity == DA_UND_RVALUE_REF ? " &&" : "");
	if (!(flags & DA_UNDNAME_NO_RETURN) && f->child)
		write_post(s, f->child, flags);
}

static void write_variable(struct da_str *s, const node *v, unsigned flags)
{
	static const char *const storage[] = { "private: static ", "protected: static ", "public: static " };

	if (v->number < 3 && !(flags & DA_UNDNAME_NO_ACCESS))
		add(s, storage[v->number]);
	if (!(flags & DA_UNDNAME_NO_VARIABLE)) {
		write_pre(s, v->child, flags);
		space(s);
	}
	write_node(s, v->name, flags);
	if (!(flags & DA_UNDNAME_NO_VARIABLE))
		write_post(s, v->child, flags);
}

/* ---------------------------------------------------------------- types around a name */

static void pointer_pre(struct da_str *s, const node *n, unsigned flags)
{
	bool function = n->child->kind == DA_UND_FUNCTION;
	unsigned inner = flags & ~(unsigned)DA_UNDNAME_NO_RETURN;

	if (!function) {
		write_pre(s, n->child, flags);
	} else if (n->child->child) { /* its convention stands inside the brackets */
		write_pre(s, n->child->child, inner);
		add(s, " ");
	}
	space(s);
	if (n->quals & DA_UND_UNALIGNED)
		add(s, "__unaligned ");
	if (function) {
		add(s, "(");
		if (!(flags & DA_UNDNAME_NO_CONVENTION) && n->child->text) {
			add(s, n->child->text);
			add(s, " ");
		}
	} else if (n->child->kind == DA_UND_ARRAY) {
		add(s, "(");
	}
	if (n->parent) {
		write_node(s, n->parent, flags);
		add(s, "::");
	}
	add(s, n->affinity == DA_UND_POINTER ? "*" : n->affinity == DA_UND_REF ? "&" : "&&");
	write_quals(s, n->quals, false, false);
}

static void write_pre(struct da_str *s, const node *n, unsigned flags)
{
	if (s->n >= TEXT_MAX)
		return;
	switch (n->kind) {
	case DA_UND_PRIMITIVE:
		if (n->text)
			add(s, n->text);
		else
			write_node(s, n->name, flags);
		write_quals(s, n->quals, true, false);
		break;
	case DA_UND_TAG:
		if (!(flags & DA_UNDNAME_NO_TAG)) {
			add(s, n->text);
			add(s, " ");
		}
		write_node(s, n->name, flags);
		write_quals(s, n->quals, true, false);
		break;
	case DA_UND_POINTER_TYPE:
		pointer_pre(s, n, flags);
		break;
	case DA_UND_ARRAY:
		write_pre(s, n->child, flags);
		write_quals(s, n->quals, true, false);
		break;
	case DA_UND_FUNCTION:
		function_pre(s, n, flags);
		break;
	default:
		write_node(s, n, flags);
	}
}

static void write_post(struct da_str *s, const node *n, unsigned flags)
{
	if (s->n >= TEXT_MAX)
		return;
	switch (n->kind) {
	case DA_UND_POINTER_TYPE:
		if (n->child->kind == DA_UND_FUNCTION || n->child->kind == DA_UND_ARRAY)
			add(s, ")");
		write_post(s, n->child, flags & ~(unsigned)DA_UNDNAME_NO_RETURN);
		break;
	case DA_UND_ARRAY:
		add(s, "[");
		write_list(s, n->arguments, "][", flags);
		add(s, "]");
		write_post(s, n->child, flags);
		break;
	case DA_UND_FUNCTION:
		function_post(s, n, flags);
		break;
	default:
		break;
	}
}

/* ---------------------------------------------------------------- all nodes */

static void write_integer(struct da_str *s, const node *n)
{
	da_str_addf(s, "%s%llu", n->negative ? "-" : "", (unsigned long long)n->magnitude);
}

static void write_table(struct da_str *s, const node *n, unsigned flags)
{
	write_quals(s, n->quals, false, true);
	write_node(s, n->name, flags);
	if (n->child) {
		add(s, "{for `");
		write_node(s, n->child, flags);
		add(s, "'}");
	}
}

static void write_structor(struct da_str *s, const node *n, unsigned flags)
{
	if (n->negative)
		add(s, "~");
	write_node(s, n->child, flags);
	write_arguments(s, n, flags);
}

static void write_function(struct da_str *s, const node *n, unsigned flags)
{
	function_pre(s, n, flags);
	if (n->name) {
		space(s);
		write_node(s, n->name, flags);
	}
	function_post(s, n, flags);
}

static void write_type(struct da_str *s, const node *n, unsigned flags)
{
	write_pre(s, n, flags);
	write_post(s, n, flags);
}

static void write_node(struct da_str *s, const node *n, unsigned flags)
{
	if (s->n >= TEXT_MAX)
		return;
	switch (n->kind) {
	case DA_UND_NAME: add(s, n->text); write_arguments(s, n, flags); break;
	case DA_UND_QUALIFIED: write_list(s, n->arguments, "::", flags); break;
	case DA_UND_LOCAL_SCOPE: write_local_scope(s, n, flags); break;
	case DA_UND_STRUCTOR: write_structor(s, n, flags); break;
	case DA_UND_CONVERSION:
		add(s, "operator");
		write_arguments(s, n, flags);
		add(s, " ");
		if (n->child)
			write_type(s, n->child, flags);
		break;
	case DA_UND_LITERAL_OPERATOR:
		add(s, "operator \"\"");
		write_node(s, n->child, flags);
		write_arguments(s, n, flags);
		break;
	case DA_UND_VCALL: da_str_addf(s, "`vcall'{%lld, {flat}}", (long long)n->number); break;
	case DA_UND_GUARD:
		add(s, n->text);
		if (n->number)
			da_str_addf(s, "{%lld}", (long long)n->number);
		break;
	case DA_UND_INITIALIZER: write_initializer(s, n, flags); break;
	case DA_UND_VARIABLE: write_variable(s, n, flags); break;
	case DA_UND_TABLE: write_table(s, n, flags); break;
	case DA_UND_DESCRIPTOR:
		write_type(s, n->child, flags);
		space(s);
		add(s, n->text);
		break;
	case DA_UND_INTEGER: write_integer(s, n); break;
	case DA_UND_REFERENCE: write_reference(s, n, flags); break;
	case DA_UND_FUNCTION: write_function(s, n, flags); break;
	case DA_UND_PRIMITIVE: case DA_UND_TAG: case DA_UND_POINTER_TYPE: case DA_UND_ARRAY:
		write_type(s, n, flags);
		break;
	}
}

bool da_und_same(struct da_arena *a, const node *x, const node *y)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 }, t DA_CLEANUP(da_str_done) = { 0 };

	(void)a;
	if (x == y)
		return true;
	write_node(&s, x, 0);
	write_node(&t, y, 0);
	return strcmp(da_str_get(&s), da_str_get(&t)) == 0;
}

char *da_und_write(struct da_arena *a, const node *n, unsigned flags)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	write_node(&s, n, flags);
	return s.n < TEXT_MAX ? da_strdup(a, da_str_get(&s)) : NULL;
}
