/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading is in two steps, since the text of a type lies on both sides of the name it declares and a
 * qualifier may come after what it qualifies: the decoration is parsed into nodes, then written.
 */
#include "config.h"

#include <string.h>

#include "symbol/undname.h"
#include "symbol/undname_parse.h"

#define DEPTH 96         /* nesting of types and names */

typedef struct da_und_node node; /* local shorthand: the file is about little else */

static node *parse_symbol(struct da_und_parser *s);
static node *parse_type(struct da_und_parser *s, int mode);
static node *parse_type_name(struct da_und_parser *s);
static node *parse_unqualified(struct da_und_parser *s, bool memorize_template);
static node *parse_function_type(struct da_und_parser *s, bool has_this);
static node *parse_declarator(struct da_und_parser *s);

/* ---------------------------------------------------------------- numbers */

static int64_t signed_number(struct da_und_parser *s)
{
	bool negative;
	uint64_t v = und_number(s, &negative);

	return negative ? -(int64_t)v : (int64_t)v;
}

/* ---------------------------------------------------------------- names */

static void memorize(struct da_und_parser *s, node *n)
{
	/* a name that was seen before is not counted again */
	for (unsigned i = 0; i < s->back.nnames; i++)
		if (da_und_same(s->a, s->back.names[i], n))
			return;
	if (s->back.nnames < 10)
		s->back.names[s->back.nnames++] = n;
}

static node *name_backref(struct da_und_parser *s)
{
	unsigned i = (unsigned)(und_next(s) - '0');

	return i < s->back.nnames ? s->back.names[i] : und_fail(s);
}

static node *simple_name(struct da_und_parser *s, bool keep)
{
	const char *end = strchr(s->p, '@');
	node *n;

	if (s->failed || !end || end == s->p)
		return und_fail(s);
	n = und_text_node(s, da_strndup(s->a, s->p, (size_t)(end - s->p)));
	s->p = end + 1;
	if (keep)
		memorize(s, n);
	return n;
}

static node *anonymous_namespace(struct da_und_parser *s)
{
	const char *end = strchr(s->p, '@');

	if (!end)
		return und_fail(s);
	memorize(s, und_text_node(s, da_strndup(s->a, s->p, (size_t)(end - s->p))));
	s->p = end + 1;
	return und_text_node(s, "`anonymous namespace'");
}

/* ?1? or ?BA@?: a scope inside a function. */
static bool at_local_scope(const struct da_und_parser *s)
{
	const char *p = s->p, *end;

	if (s->failed || *p != '?' || !(end = strchr(p + 1, '?')))
		return false;
	if (end == p + 2)
		return p[1] == '@' || (p[1] >= '0' && p[1] <= '9');
	if (end == p + 1 || end[-1] != '@' || p[1] < 'B' || p[1] > 'P')
		return false;
	for (p += 2; p < end - 1; p++)
		if (*p < 'A' || *p > 'P')
			return false;
	return true;
}

static node *local_scope(struct da_und_parser *s)
{
	node *n = und_make(s, DA_UND_LOCAL_SCOPE);
	bool negative;

	und_eat(s, "?");
	n->number = (int64_t)und_number(s, &negative);
	if (!und_eat(s, "?"))
		return und_fail(s);
	n->child = parse_symbol(s);
	return n;
}

static node *template_reference(struct da_und_parser *s)
{
	node *n = und_make(s, DA_UND_REFERENCE);
	unsigned offsets = 0;
	char how;

	und_eat(s, "$");
	how = und_next(s);
	if (how == 'E') {
		n->affinity = DA_UND_REF;
		n->child = parse_symbol(s);
		return n;
	}
	n->affinity = DA_UND_POINTER;
	if (how != 'F' && how != 'G' && und_at(s, "?")) {
		n->child = parse_symbol(s);
		if (!s->failed && n->child->name)
			memorize(s, da_und_last(n->child->name));
	}
	/* how a member pointer is stored, by the inheritance of its class */
	if (how == 'J' || how == 'G')
		offsets = 3;
	else if (how == 'I' || how == 'F')
		offsets = 2;
	else if (how == 'H')
		offsets = 1;
	for (unsigned i = 0; i < offsets && !s->failed; i++)
		n->offsets[n->noffsets++] = signed_number(s);
	return n;
}

static node *template_argument(struct da_und_parser *s)
{
	bool negative;
	node *n;

	if (und_eat(s, "$$Y"))
		return parse_type_name(s);
	if (und_eat(s, "$$B"))
		return parse_type(s, DA_UND_DROP);
	if (und_eat(s, "$$C"))
		return parse_type(s, DA_UND_MANGLE);
	if (und_at(s, "$1") || und_at(s, "$H") || und_at(s, "$I") || und_at(s, "$J") || und_at(s, "$E?") || und_at(s, "$F") ||
	    und_at(s, "$G"))
		return template_reference(s);
	if (und_eat(s, "$0")) {
		n = und_make(s, DA_UND_INTEGER);
		n->magnitude = und_number(s, &negative);
		n->negative = negative;
		return n;
	}
	return parse_type(s, DA_UND_DROP);
}

static void template_arguments(struct da_und_parser *s, node *name)
{
	struct da_und_list **tail = &name->arguments;

	name->is_template = true;
	while (!s->failed && !und_eat(s, "@")) {
		node *n;

		/* ends of parameter packs, and empty ones */
		if (und_eat(s, "$S") || und_eat(s, "$$V") || und_eat(s, "$$$V") || und_eat(s, "$$Z"))
			continue;
		n = template_argument(s);
		if (!s->failed)
			tail = da_und_append(s->a, tail, n);
	}
}

static node *template_name(struct da_und_parser *s, bool keep)
{
	struct da_und_backrefs outer = s->back;
	node *n;

	und_eat(s, "?$");
	s->back = (struct da_und_backrefs){ .nnames = 0 }; /* a template's arguments count for themselves */
	n = parse_unqualified(s, false);
	if (!s->failed) {
		node *copy = und_make(s, n->kind); /* the bare name may stand among the back-references */

		*copy = *n;
		n = copy;
		template_arguments(s, n);
	}
	s->back = outer;
	/* A constructor is named by the class around it: no type and no scope can be called so. */
	if (!s->failed && keep && n->kind == DA_UND_STRUCTOR)
		return und_fail(s);
	if (!s->failed && keep)
		memorize(s, n);
	return n;
}

static const char *const basic_operators[] = {
	['2'] = "operator new", ['3'] = "operator delete", ['4'] = "operator=", ['5'] = "operator>>",
	['6'] = "operator<<", ['7'] = "operator!", ['8'] = "operator==", ['9'] = "operator!=",
	['A'] = "operator[]", ['C'] = "operator->", ['D'] = "operator*", ['E'] = "operator++",
	['F'] = "operator--", ['G'] = "operator-", ['H'] = "operator+", ['I'] = "operator&",
	['J'] = "operator->*", ['K'] = "operator/", ['L'] = "operator%", ['M'] = "operator<",
	['N'] = "operator<=", ['O'] = "operator>", ['P'] = "operator>=", ['Q'] = "operator,",
	['R'] = "operator()", ['S'] = "operator~", ['T'] = "operator^", ['U'] = "operator|",
	['V'] = "operator&&", ['W'] = "operator||", ['X'] = "operator*=", ['Y'] = "operator+=",
	['Z'] = "operator-=",
};

static const char *const under_operators[] = {
	['0'] = "operator/=", ['1'] = "operator%=", ['2'] = "operator>>=", ['3'] = "operator<<=",
	['4'] = "operator&=", ['5'] = "operator|=", ['6'] = "operator^=", ['D'] = "`vbase dtor'",
	['E'] = "`vector deleting dtor'", ['F'] = "`default ctor closure'",
	['G'] = "`scalar deleting dtor'", ['H'] = "`vector ctor iterator'",
	['I'] = "`vector dtor iterator'", ['J'] = "`vector vbase ctor iterator'",
	['K'] = "`virtual displacement map'", ['L'] = "`eh vector ctor iterator'",
	['M'] = "`eh vector dtor iterator'", ['N'] = "`eh vector vbase ctor iterator'",
	['O'] = "`copy ctor closure'", ['T'] = "`local vftable ctor closure'",
	['U'] = "operator new[]", ['V'] = "operator delete[]",
};

static const char *const double_operators[] = {
	['A'] = "`managed vector ctor iterator'", ['B'] = "`managed vector dtor iterator'",
	['C'] = "`EH vector copy ctor iterator'", ['D'] = "`EH vector vbase copy ctor iterator'",
	['G'] = "`vector copy ctor iterator'", ['H'] = "`vector vbase copy constructor iterator'",
	['I'] = "`managed vector vbase copy constructor iterator'", ['L'] = "operator co_await",
	['M'] = "operator<=>",
};

static node *operator_of(struct da_und_parser *s, const char *const *table, size_t n)
{
	unsigned char c = (unsigned char)und_next(s);

	return !s->failed && c < n && table[c] ? und_text_node(s, table[c]) : und_fail(s);
}

static node *special_function(struct da_und_parser *s)
{
	node *n;

	und_eat(s, "?");
	if (und_eat(s, "__")) {
		if (!und_eat(s, "K"))
			return operator_of(s, double_operators, DA_ARRAY_SIZE(double_operators));
		n = und_make(s, DA_UND_LITERAL_OPERATOR);
		n->child = simple_name(s, false);
		return n;
	}
	if (und_eat(s, "_"))
		return operator_of(s, under_operators, DA_ARRAY_SIZE(under_operators));
	if (und_at(s, "0") || und_at(s, "1")) {
		n = und_make(s, DA_UND_STRUCTOR);
		n->negative = und_next(s) == '1'; /* a destructor */
		return n;
	}
	if (und_eat(s, "B"))
		return und_make(s, DA_UND_CONVERSION);
	return operator_of(s, basic_operators, DA_ARRAY_SIZE(basic_operators));
}

static node *parse_unqualified(struct da_und_parser *s, bool memorize_template)
{
	if (und_at_digit(s))
		return name_backref(s);
	if (und_at(s, "?$"))
		return template_name(s, memorize_template);
	if (und_at(s, "?"))
		return special_function(s);
	return simple_name(s, true);
}

static node *scope_piece(struct da_und_parser *s)
{
	if (und_at_digit(s))
		return name_backref(s);
	if (und_at(s, "?$"))
		return template_name(s, true);
	if (und_eat(s, "?A"))
		return anonymous_namespace(s);
	if (at_local_scope(s))
		return local_scope(s);
	return simple_name(s, true);
}

/* The scopes around a name, innermost first, up to '@'. */
static node *scope_chain(struct da_und_parser *s, node *leaf)
{
	node *q = und_make(s, DA_UND_QUALIFIED);

	q->arguments = NULL;
	da_und_prepend(s->a, &q->arguments, leaf);
	if (++s->depth > DEPTH)
		s->failed = true;
	while (!s->failed && !und_eat(s, "@")) {
		node *piece = scope_piece(s);

		if (!s->failed)
			da_und_prepend(s->a, &q->arguments, piece);
	}
	s->depth--;
	return q;
}

static node *parse_type_name(struct da_und_parser *s)
{
	node *leaf;

	if (und_at_digit(s))
		leaf = name_backref(s);
	else if (und_at(s, "?$"))
		leaf = template_name(s, true);
	else
		leaf = simple_name(s, true);
	return s->failed ? NULL : scope_chain(s, leaf);
}

static node *parse_symbol_name(struct da_und_parser *s)
{
	node *leaf = parse_unqualified(s, false), *q;

	if (s->failed)
		return NULL;
	q = scope_chain(s, leaf);
	if (!s->failed && leaf->kind == DA_UND_STRUCTOR) {
		leaf->child = da_und_before_last(q);
		if (!leaf->child)
			return und_fail(s);
	}
	return q;
}

/* ---------------------------------------------------------------- types */

static unsigned qualifiers(struct da_und_parser *s, bool *ret_member)
{
	char c = und_next(s);

	*ret_member = c >= 'Q' && c <= 'T';
	switch (c) {
	case 'A': case 'Q': return 0;
	case 'B': case 'R': return DA_UND_CONST;
	case 'C': case 'S': return DA_UND_VOLATILE;
	case 'D': case 'T': return DA_UND_CONST | DA_UND_VOLATILE;
	default: s->failed = true; return 0;
	}
}

static unsigned extended_qualifiers(struct da_und_parser *s)
{
	unsigned q = 0;

	for (;;) {
		if (und_eat(s, "E"))
			continue; /* a 64-bit pointer */
		if (und_eat(s, "I"))
			q |= DA_UND_RESTRICT;
		else if (und_eat(s, "F"))
			q |= DA_UND_UNALIGNED;
		else
			return q;
	}
}

static bool pointer_head(struct da_und_parser *s, node *n)
{
	n->affinity = DA_UND_POINTER;
	if (und_eat(s, "$$Q")) {
		n->affinity = DA_UND_RVALUE_REF;
		return true;
	}
	switch (und_next(s)) {
	case 'A': n->affinity = DA_UND_REF; return true;
	case 'P': return true;
	case 'Q': n->quals = DA_UND_CONST; return true;
	case 'R': n->quals = DA_UND_VOLATILE; return true;
	case 'S': n->quals = DA_UND_CONST | DA_UND_VOLATILE; return true;
	default: s->failed = true; return false;
	}
}

/* After P, Q, R or S: is it a pointer to a member? */
static bool at_member_pointer(const struct da_und_parser *s)
{
	const char *p = s->p;

	if (*p == '$' || *p == 'A')
		return false;
	p++;
	if (*p >= '0' && *p <= '9')
		return *p == '8';
	while (*p == 'E' || *p == 'I' || *p == 'F')
		p++;
	return *p >= 'Q' && *p <= 'T';
}

static node *pointer(struct da_und_parser *s)
{
	bool member = at_member_pointer(s), unused;
	node *n = und_make(s, DA_UND_POINTER_TYPE);

	pointer_head(s, n);
	if (!member && und_eat(s, "6")) {
		n->child = parse_function_type(s, false);
		return n;
	}
	n->quals |= extended_qualifiers(s);
	if (!member) {
		n->child = parse_type(s, DA_UND_MANGLE);
		return n;
	}
	if (und_eat(s, "8")) {
		n->parent = parse_type_name(s);
		n->child = parse_function_type(s, true);
	} else {
		unsigned q = qualifiers(s, &unused);

		n->parent = parse_type_name(s);
		n->child = parse_type(s, DA_UND_DROP);
		if (!s->failed)
			n->child->quals = q;
	}
	return n;
}

static node *array(struct da_und_parser *s)
{
	node *n = und_make(s, DA_UND_ARRAY);
	struct da_und_list **tail = &n->arguments;
	bool negative, member;
	uint64_t rank;

	und_eat(s, "Y");
	rank = und_number(s, &negative);
	if (negative || rank == 0 || rank > 16)
		return und_fail(s);
	for (uint64_t i = 0; i < rank && !s->failed; i++) {
		node *d = und_make(s, DA_UND_INTEGER);

		d->magnitude = und_number(s, &negative);
		if (negative)
			return und_fail(s);
		tail = da_und_append(s->a, tail, d);
	}
	if (und_eat(s, "$$C")) {
		n->quals = qualifiers(s, &member);
		if (member)
			return und_fail(s);
	}
	n->child = parse_type(s, DA_UND_DROP);
	return n;
}

static node *tag(struct da_und_parser *s)
{
	node *n = und_make(s, DA_UND_TAG);

	switch (und_next(s)) {
	case 'T': n->text = "union"; break;
	case 'U': n->text = "struct"; break;
	case 'V': n->text = "class"; break;
	case 'W':
		n->text = "enum";
		if (!und_eat(s, "4"))
			return und_fail(s);
		break;
	default: return und_fail(s);
	}
	n->name = parse_type_name(s);
	return n;
}

static node *custom(struct da_und_parser *s)
{
	node *n = und_make(s, DA_UND_PRIMITIVE);

	und_eat(s, "?");
	n->name = und_at_digit(s) ? name_backref(s) : und_at(s, "?$") ? template_name(s, true) : simple_name(s, true);
	if (!und_eat(s, "@"))
		return und_fail(s);
	return n;
}

static node *primitive(struct da_und_parser *s)
{
	static const char *const plain[] = {
		['X'] = "void", ['D'] = "char", ['C'] = "signed char", ['E'] = "unsigned char",
		['F'] = "short", ['G'] = "unsigned short", ['H'] = "int", ['I'] = "unsigned int",
		['J'] = "long", ['K'] = "unsigned long", ['M'] = "float", ['N'] = "double",
		['O'] = "long double",
	};
	static const char *const under[] = {
		['N'] = "bool", ['J'] = "__int64", ['K'] = "unsigned __int64", ['W'] = "wchar_t",
		['Q'] = "char8_t", ['S'] = "char16_t", ['U'] = "char32_t", ['P'] = "auto",
		['T'] = "decltype(auto)",
	};
	node *n = und_make(s, DA_UND_PRIMITIVE);
	unsigned char c;

	if (und_eat(s, "$$T")) {
		n->text = "std::nullptr_t";
		return n;
	}
	c = (unsigned char)und_next(s);
	if (c == '_') {
		c = (unsigned char)und_next(s);
		n->text = c < DA_ARRAY_SIZE(under) ? under[c] : NULL;
	} else {
		n->text = c < DA_ARRAY_SIZE(plain) ? plain[c] : NULL;
	}
	return n->text ? n : und_fail(s);
}

static node *type_itself(struct da_und_parser *s)
{
	if (strchr("TUVW", *s->p))
		return tag(s);
	if (und_at(s, "$$Q") || strchr("APQRS", *s->p))
		return pointer(s);
	if (und_at(s, "Y"))
		return array(s);
	if (und_eat(s, "$$A8@@"))
		return parse_function_type(s, true);
	if (und_eat(s, "$$A6"))
		return parse_function_type(s, false);
	if (und_at(s, "?"))
		return custom(s);
	return primitive(s);
}

static node *parse_type(struct da_und_parser *s, int mode)
{
	unsigned q = 0;
	bool member;
	node *n;

	if (mode == DA_UND_MANGLE || (mode == DA_UND_RESULT && und_eat(s, "?")))
		q = qualifiers(s, &member);
	if (s->failed || !*s->p || ++s->depth > DEPTH)
		return und_fail(s);
	n = type_itself(s);
	s->depth--;
	if (s->failed)
		return NULL;
	n->quals |= q;
	return n;
}

/* ---------------------------------------------------------------- functions */

static const char *convention(struct da_und_parser *s)
{
	switch (und_next(s)) {
	case 'A': case 'B': return "__cdecl";
	case 'C': case 'D': return "__pascal";
	case 'E': case 'F': return "__thiscall";
	case 'G': case 'H': return "__stdcall";
	case 'I': case 'J': return "__fastcall";
	case 'M': case 'N': return "__clrcall";
	case 'O': case 'P': return "__eabi";
	case 'Q': return "__vectorcall";
	case 'S': return "__attribute__((__swiftcall__)) ";
	case 'W': return "__attribute__((__swiftasynccall__)) ";
	default: s->failed = true; return NULL;
	}
}

static void parameters(struct da_und_parser *s, node *f)
{
	struct da_und_list **tail = &f->arguments;

	if (und_eat(s, "X"))
		return;
	while (!s->failed && *s->p && !und_at(s, "@") && !und_at(s, "Z")) {
		const char *start = s->p;
		node *n;

		if (und_at_digit(s)) {
			unsigned i = (unsigned)(und_next(s) - '0');

			n = i < s->back.ntypes ? s->back.types[i] : und_fail(s);
		} else {
			n = parse_type(s, DA_UND_DROP);
			/* types of one letter are not worth a back-reference */
			if (!s->failed && s->p - start > 1 && s->back.ntypes < 10)
				s->back.types[s->back.ntypes++] = n;
		}
		if (!s->failed)
			tail = da_und_append(s->a, tail, n);
	}
	if (und_eat(s, "@"))
		return;
	f->variadic = und_eat(s, "Z");
	if (!f->variadic)
		s->failed = true;
}

static node *parse_function_type(struct da_und_parser *s, bool has_this)
{
	node *f = und_make(s, DA_UND_FUNCTION);
	bool member;

	if (has_this) {
		f->quals = extended_qualifiers(s);
		if (und_eat(s, "G"))
			f->affinity = DA_UND_REF;
		else if (und_eat(s, "H"))
			f->affinity = DA_UND_RVALUE_REF;
		f->quals |= qualifiers(s, &member);
	}
	f->text = convention(s);
	if (!und_eat(s, "@")) /* constructors and destructors return nothing */
		f->child = parse_type(s, DA_UND_RESULT);
	parameters(s, f);
	if (und_eat(s, "_E"))
		f->is_noexcept = true;
	else if (!und_eat(s, "Z"))
		return und_fail(s);
	return f;
}

/* The letter before a function's type: access, static, virtual, thunk. */
static unsigned function_class(struct da_und_parser *s)
{
	static const unsigned letters[] = {
		['9'] = DA_UND_EXTERN_C | DA_UND_NO_PARAMETERS,
		['A'] = DA_UND_PRIVATE, ['B'] = DA_UND_PRIVATE,
		['C'] = DA_UND_PRIVATE | DA_UND_STATIC, ['D'] = DA_UND_PRIVATE | DA_UND_STATIC,
		['E'] = DA_UND_PRIVATE | DA_UND_VIRTUAL, ['F'] = DA_UND_PRIVATE | DA_UND_VIRTUAL,
		['G'] = DA_UND_PRIVATE | DA_UND_ADJUST, ['H'] = DA_UND_PRIVATE | DA_UND_ADJUST,
		['I'] = DA_UND_PROTECTED, ['J'] = DA_UND_PROTECTED,
		['K'] = DA_UND_PROTECTED | DA_UND_STATIC, ['L'] = DA_UND_PROTECTED | DA_UND_STATIC,
		['M'] = DA_UND_PROTECTED | DA_UND_VIRTUAL, ['N'] = DA_UND_PROTECTED | DA_UND_VIRTUAL,
		['O'] = DA_UND_PROTECTED | DA_UND_VIRTUAL | DA_UND_ADJUST,
		['P'] = DA_UND_PROTECTED | DA_UND_VIRTUAL | DA_UND_ADJUST,
		['Q'] = DA_UND_PUBLIC, ['R'] = DA_UND_PUBLIC,
		['S'] = DA_UND_PUBLIC | DA_UND_STATIC, ['T'] = DA_UND_PUBLIC | DA_UND_STATIC,
		['U'] = DA_UND_PUBLIC | DA_UND_VIRTUAL, ['V'] = DA_UND_PUBLIC | DA_UND_VIRTUAL,
		['W'] = DA_UND_PUBLIC | DA_UND_VIRTUAL | DA_UND_ADJUST,
		['X'] = DA_UND_PUBLIC | DA_UND_VIRTUAL | DA_UND_ADJUST,
		['Y'] = DA_UND_GLOBAL, ['Z'] = DA_UND_GLOBAL,
	};
	unsigned char c = (unsigned char)und_next(s);
	unsigned flags = DA_UND_VTORDISP | DA_UND_VIRTUAL;

	if (c != '$') {
		if (c >= DA_ARRAY_SIZE(letters) || !letters[c])
			s->failed = true;
		return s->failed ? 0 : letters[c];
	}
	if (und_eat(s, "R"))
		flags |= DA_UND_VTORDISP_EX;
	switch (und_next(s)) {
	case '0': case '1': return flags | DA_UND_PRIVATE;
	case '2': case '3': return flags | DA_UND_PROTECTED;
	case '4': case '5': return flags | DA_UND_PUBLIC;
	default: s->failed = true; return 0;
	}
}

static node *function_encoding(struct da_und_parser *s)
{
	unsigned extra = und_eat(s, "$$J0") ? DA_UND_EXTERN_C : 0, class = function_class(s) | extra;
	int64_t offsets[4] = { 0 };
	unsigned n = 0;
	node *f;

	if (class & DA_UND_ADJUST)
		offsets[n++] = signed_number(s);
	else if (class & DA_UND_VTORDISP)
		for (; n < (class & DA_UND_VTORDISP_EX ? 4u : 2u) && !s->failed; n++)
			offsets[n] = (int32_t)signed_number(s); /* negative ones are written in 32 bits */
	f = class & DA_UND_NO_PARAMETERS ? und_make(s, DA_UND_FUNCTION)
					 : parse_function_type(s, !(class & (DA_UND_GLOBAL | DA_UND_STATIC)));
	if (s->failed)
		return NULL;
	f->class = class;
	f->noffsets = n;
	memcpy(f->offsets, offsets, sizeof(offsets));
	return f;
}

/* ---------------------------------------------------------------- symbols */

static node *variable_encoding(struct da_und_parser *s)
{
	node *v = und_make(s, DA_UND_VARIABLE), *t;
	bool member;

	v->number = und_next(s) - '0'; /* 0 to 2 static members by access, 3 global, 4 local static */
	t = v->child = parse_type(s, DA_UND_DROP);
	if (s->failed)
		return NULL;
	if (t->kind != DA_UND_POINTER_TYPE) {
		t->quals = qualifiers(s, &member);
		return v;
	}
	t->quals |= extended_qualifiers(s);
	t->child->quals |= qualifiers(s, &member);
	if (t->parent)
		(void)parse_type_name(s);
	return v;
}

static node *parse_declarator(struct da_und_parser *s)
{
	node *name = parse_symbol_name(s), *symbol, *last;

	if (s->failed)
		return NULL;
	symbol = *s->p >= '0' && *s->p <= '4' ? variable_encoding(s) : function_encoding(s);
	if (s->failed)
		return NULL;
	symbol->name = name;
	last = da_und_last(name);
	if (last->kind == DA_UND_CONVERSION) {
		if (symbol->kind != DA_UND_FUNCTION)
			return und_fail(s);
		last->child = symbol->child; /* its return type is its name */
	}
	return symbol;
}

static node *special_table(struct da_und_parser *s, const char *text)
{
	node *n = und_make(s, DA_UND_TABLE);
	bool member;

	n->name = scope_chain(s, und_text_node(s, text));
	if (!und_eat(s, "6") && !und_eat(s, "7"))
		return und_fail(s);
	n->quals = qualifiers(s, &member);
	if (!und_eat(s, "@")) {
		n->child = parse_type_name(s);
		und_eat(s, "@");
	}
	return n;
}

/* A name with a fixed text as its last part, followed by "8". */
static node *rtti(struct da_und_parser *s, const char *text)
{
	node *n = und_make(s, DA_UND_TABLE);

	n->name = scope_chain(s, und_text_node(s, text));
	return und_eat(s, "8") ? n : und_fail(s);
}

static node *base_class_descriptor(struct da_und_parser *s)
{
	int64_t v[4] = { 0 };

	for (unsigned i = 0; i < 4 && !s->failed; i++)
		v[i] = signed_number(s);
	if (s->failed)
		return NULL;
	return rtti(s, da_printf(s->a, "`RTTI Base Class Descriptor at (%lld, %lld, %lld, %lld)'",
				 (long long)v[0], (long long)v[1], (long long)v[2], (long long)v[3]));
}

static node *type_descriptor(struct da_und_parser *s, const char *tail, const char *text)
{
	node *n = und_make(s, DA_UND_DESCRIPTOR);

	n->child = parse_type(s, DA_UND_RESULT);
	n->text = text;
	return und_eat(s, tail) && !*s->p ? n : und_fail(s);
}

static node *local_guard(struct da_und_parser *s, const char *text)
{
	node *n = und_make(s, DA_UND_TABLE), *leaf = und_make(s, DA_UND_GUARD);
	bool negative;

	leaf->text = text;
	n->name = scope_chain(s, leaf);
	if (!und_eat(s, "4IA") && !und_eat(s, "5"))
		return und_fail(s);
	if (!s->failed && *s->p)
		leaf->number = (int64_t)und_number(s, &negative);
	return n;
}

/* The function that runs before main for a global, or at its end. */
static node *initializer(struct da_und_parser *s, bool destructor)
{
	node *stub = und_make(s, DA_UND_INITIALIZER), *q = und_make(s, DA_UND_QUALIFIED), *symbol, *f;
	bool member = und_eat(s, "?");

	stub->negative = destructor;
	symbol = parse_declarator(s);
	if (s->failed)
		return NULL;
	if (symbol->kind == DA_UND_VARIABLE) {
		/* older compilers left out the first '?' and one '@' */
		if (!und_eat(s, "@") || (member && !und_eat(s, "@")))
			return und_fail(s);
		stub->child = symbol;
		f = function_encoding(s);
	} else {
		if (member)
			return und_fail(s);
		stub->name = symbol->name;
		f = symbol;
	}
	if (s->failed)
		return NULL;
	da_und_prepend(s->a, &q->arguments, stub);
	f->name = q;
	return f;
}

static node *vcall_thunk(struct da_und_parser *s)
{
	node *f = und_make(s, DA_UND_FUNCTION), *leaf = und_make(s, DA_UND_VCALL);
	bool negative;

	f->name = scope_chain(s, leaf);
	if (!und_eat(s, "$B"))
		return und_fail(s);
	leaf->number = (int64_t)und_number(s, &negative);
	if (!und_eat(s, "A"))
		return und_fail(s);
	f->class = DA_UND_NO_PARAMETERS | DA_UND_THUNK;
	f->text = convention(s);
	return f;
}

static node *parse_symbol(struct da_und_parser *s)
{
	node *n;

	if (!und_eat(s, "?") || ++s->depth > DEPTH)
		return und_fail(s);
	if (und_eat(s, "?_7"))
		n = special_table(s, "`vftable'");
	else if (und_eat(s, "?_8"))
		n = special_table(s, "`vbtable'");
	else if (und_eat(s, "?_S"))
		n = special_table(s, "`local vftable'");
	else if (und_eat(s, "?_R4"))
		n = special_table(s, "`RTTI Complete Object Locator'");
	else if (und_eat(s, "?_R0"))
		n = type_descriptor(s, "@8", "`RTTI Type Descriptor'");
	else if (und_eat(s, "?_R1"))
		n = base_class_descriptor(s);
	else if (und_eat(s, "?_R2"))
		n = rtti(s, "`RTTI Base Class Array'");
	else if (und_eat(s, "?_R3"))
		n = rtti(s, "`RTTI Class Hierarchy Descriptor'");
	else if (und_eat(s, "?_9"))
		n = vcall_thunk(s);
	else if (und_eat(s, "?_C"))
		n = da_und_string_literal(s);
	else if (und_eat(s, "?_B"))
		n = local_guard(s, "`local static guard'");
	else if (und_eat(s, "?__J"))
		n = local_guard(s, "`local static thread guard'");
	else if (und_eat(s, "?__E"))
		n = initializer(s, false);
	else if (und_eat(s, "?__F"))
		n = initializer(s, true);
	else
		n = parse_declarator(s);
	s->depth--;
	return n;
}

char *da_undecorate(struct da_arena *a, const char *name, unsigned flags)
{
	struct da_und_parser s = { .a = a, .p = name };
	node *n;

	if (da_starts(name, "??@")) { /* too long: the compiler put a hash in its place */
		const char *end = strchr(name + 3, '@');

		return end && !end[1] ? da_strdup(a, name) : NULL;
	}
	if (*name == '.') {
		s.p++;
		n = type_descriptor(&s, "", "`RTTI Type Descriptor Name'");
	} else {
		n = parse_symbol(&s);
	}
	return s.failed || *s.p ? NULL : da_und_write(a, n, flags);
}
