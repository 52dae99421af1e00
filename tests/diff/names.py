#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes C++ whose decorated names cover the grammar: types, qualifiers, templates, operators, lambdas.

names.py > names.cc; clang --target=x86_64-pc-windows-msvc -c names.cc gives some 5,000 names.
"""
import itertools

BASE = ["void", "bool", "char", "signed char", "unsigned char", "short", "unsigned short", "int", "unsigned",
        "long", "unsigned long", "long long", "unsigned long long", "float", "double", "long double",
        "wchar_t", "char16_t", "char32_t", "Plain", "outer::Inner", "Choice", "Scoped", "Either",
        "Box<int>", "Box<Plain *>", "outer::Pair<int, Box<char>>", "outer::Inner::Deep"]
VALUES = BASE[1:]
out = []
say = out.append

say("""
namespace outer { struct Inner { struct Deep { int d; }; int i; }; template<class A, class B> struct Pair { A a; B b; }; }
struct Plain { int p; int method(int) const; static int count; }; enum Choice { one }; enum class Scoped : short { two };
union Either { int a; char b; }; template<class T> struct Box { T t; }; template<int N> struct Size {};
template<class... T> struct Many {}; template<bool B, char C, long long L> struct Values {};
int Plain::method(int) const { return 1; } int Plain::count;
""")
number = itertools.count()


def function(result, params, tail=""):
    body = "" if result == "void" else f"static char z[64]; return ({result})*({result} *)z;"
    if result.endswith(("&", "&&")):
        body = f"static char z[64]; return ({result})z;"
    say(f"{result} f{next(number)}({params}) {tail} {{ {body} }}")


for t in VALUES:
    for form in ("{} x", "const {} *x", "{} *const x", "volatile {} &x", "{} &&x", "{} **x", "const {} *const *x",
                 "{} (&x)[3]", "const {} (*x)[2][5]", "{} (*x)({})", "void (*x)({}, ...)", "{} *(*x)(const {} &)",
                 "{} Plain::*x", "{} (Plain::*x)({}) const", "{} *__restrict x", "{} (*(*x)({}))(int)"):
        function("void", form.replace("{}", t))
for t in BASE:
    for form in ("{} *", "const {} *", "{} *const *"):
        function(form.replace("{}", t), "")
    if t != "void":
        function(f"const {t} &", "int")
        function(f"{t} &&", "int, int")
for a, b in itertools.product(VALUES, VALUES):
    function("void", f"{a} a, {b} *b, {a} c, {b} *d, const {a} &e, const {a} &g")
for a in VALUES:
    say(f"template<class T> T g{next(number)}(T *p, Box<T> b) {{ return *p; }} "
        f"template {a} g{next(number) - 1}<{a}>({a} *, Box<{a}>);")
    for b in VALUES:
        n = next(number)
        say(f"template<class A, class B> int h{n}(A *, outer::Pair<A, B> *, Many<A, B, A> *) {{ return 0; }} "
            f"template int h{n}<{a}, {b}>({a} *, outer::Pair<{a}, {b}> *, Many<{a}, {b}, {a}> *);")
for a, b in itertools.product(VALUES, BASE):
    n = next(number)
    say(f"template<class A, class B> struct Deep{n} {{ template<class C> struct In {{ C c; B *f(A &&, const C *) const; }}; }};"
        f"template<class A, class B> template<class C> B *Deep{n}<A, B>::In<C>::f(A &&, const C *) const {{ return 0; }}"
        f"template struct Deep{n}<{a}, {b}>::In<{a} *>;")
for a, form in itertools.product(VALUES, ("{}", "const {} *", "{} &", "{} (*)(int)", "{} (&)[4]", "{} Plain::*", "Box<{}> &&")):
    n = next(number)
    say(f"template<class A, class B> void m{n}(Many<A, B, Many<B>> *) {{}}"
        f"template void m{n}<{a}, {form.replace('{}', a)}>(Many<{a}, {form.replace('{}', a)}, Many<{form.replace('{}', a)}>> *);")
for v in (0, 1, 2, 9, 10, 11, 255, 65536, -1, -10, -4096):
    n = next(number)
    say(f"template<int N> void n{n}(Size<N> *) {{}} template void n{n}<{v}>(Size<{v}> *); "
        f"void nv{n}(Values<{'true' if v % 2 else 'false'}, {ord('a') + v % 7}, {v}LL> *) {{}}")
n = next(number)
say(f"int target{n}; void called{n}() {{}} template<int *P, void (*F)(), int (Plain::*M)(int) const> void r{n}() {{}} "
    f"template void r{n}<&target{n}, &called{n}, &Plain::method>(); template<int &R> void rr{n}() {{}} "
    f"template void rr{n}<target{n}>();")

OPERATORS = ["=", "+", "-", "*", "/", "%", "^", "&", "|", "~", "!", "<", ">", "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=",
             "<<", ">>", "<<=", ">>=", "==", "!=", "<=", ">=", "&&", "||", "++", "--", ",", "->*", "->", "()", "[]"]
for access in ("public", "protected", "private"):
    for k, t in enumerate(VALUES[::4]):
        c = f"Class{next(number)}"
        say(f"namespace space{k} {{ class {c} {{ {access}: {c}(); {c}(const {c} &); explicit {c}({t} *); virtual ~{c}();")
        unary = ("~", "!", "->", "++", "--")
        for o in OPERATORS:
            say(f"{c} &operator{o}({'' if o in unary else 'const ' + c + ' &'});")
        say(f"operator {t} *() const; operator bool(); static void *operator new(unsigned long long); static void operator delete(void *);"
            f"void *operator new[](unsigned long long); void operator delete[](void *);"
            f"static {t} *shared(int); virtual {t} *over(const {t} &) volatile; void left() &; void right() &&; void both() const &;"
            f"static int counter; static const {t} *const table; template<class U> U made(U, {t} *); void quiet() noexcept;"
            f"struct Nested {{ enum Kind {{ k }}; Kind kind({c} *, Nested *); static {t} *stored; }}; }}; ")
        say(f"{c}::{c}() {{}} {c}::{c}(const {c} &) {{}} {c}::{c}({t} *) {{}} {c}::~{c}() {{}}")
        for o in OPERATORS:
            say(f"{c} &{c}::operator{o}({'' if o in unary else 'const ' + c + ' &'}) {{ return *this; }}")
        say(f"{c}::operator {t} *() const {{ return 0; }} {c}::operator bool() {{ return true; }} "
            f"void *{c}::operator new(unsigned long long) {{ return 0; }} void {c}::operator delete(void *) {{}}"
            f"void *{c}::operator new[](unsigned long long) {{ return 0; }} void {c}::operator delete[](void *) {{}}"
            f"{t} *{c}::shared(int) {{ return 0; }} {t} *{c}::over(const {t} &) volatile {{ return 0; }} void {c}::left() & {{}}"
            f"void {c}::right() && {{}} void {c}::both() const & {{}} int {c}::counter; const {t} *const {c}::table = 0;"
            f"void {c}::quiet() noexcept {{}} template<class U> U {c}::made(U u, {t} *) {{ return u; }}"
            f"template int {c}::made<int>(int, {t} *); template Box<{t}> {c}::made<Box<{t}>>(Box<{t}>, {t} *);"
            f"{c}::Nested::Kind {c}::Nested::kind({c} *, Nested *) {{ return k; }} {t} *{c}::Nested::stored;"
            f"struct Derived{c} : virtual {c} {{ Derived{c}() : {c}() {{}} ~Derived{c}(); {t} *over(const {t} &) volatile override; }};"
            if access == "public" else f"{c}::operator {t} *() const {{ return 0; }} int {c}::counter;")
        if access == "public":
            say(f"Derived{c}::~Derived{c}() {{}} {t} *Derived{c}::over(const {t} &) volatile {{ return 0; }}")
        say("}")
for k, t in enumerate(VALUES):
    n = next(number)
    say(f"{t} *v{n}; const {t} *cv{n}; {t} *const *vc{n}; {t} (*va{n})[4]; {t} (*vf{n})(int, {t} *); volatile int vi{n};"
        f"namespace {{ {t} *hidden{n}(int x) {{ static {t} *kept = v{n}; return kept + x; }} struct Local{n} {{ virtual int go(); }};"
        f"int Local{n}::go() {{ return 1; }} }} {t} *use{n}(int x) {{ Local{n} l; auto lambda = [&l](int y) {{ struct L {{ int q() {{ static int deep"
        f" = 3; return deep++; }} }} q; return q.q() + y + l.go(); }}; return hidden{n}(lambda(x)); }}"
        f"inline int in{n}() {{ static Plain once = {{ (int)sizeof({t}) }}; return once.p; }} int uses{n} = in{n}();")
say('const char *texts[] = { "plain text", "with \\"quotes\\" and \\\\", "", "a longer literal that the compiler cuts after some characters" };')
say('const wchar_t *wide[] = { L"wide text", L"", L"z" };')
say("int operator\"\" _unit(unsigned long long v) { return (int)v; } extern \"C\" int c_name(int x) { return x; }")
print("\n".join(out))
