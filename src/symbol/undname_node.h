/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of an undecorated name, between undname.c that reads and undname_write.c that writes. */
#ifndef DA_SYMBOL_UNDNAME_NODE_H
#define DA_SYMBOL_UNDNAME_NODE_H

#include "base/base.h"

enum da_und_kind {
	DA_UND_NAME,             /* text, arguments if is_template */
	DA_UND_QUALIFIED,        /* arguments: the parts, outermost first */
	DA_UND_LOCAL_SCOPE,      /* child: the function; number */
	DA_UND_STRUCTOR,         /* child: the class; negative: a destructor */
	DA_UND_CONVERSION,       /* child: the target type */
	DA_UND_LITERAL_OPERATOR, /* child: the suffix */
	DA_UND_VCALL,            /* number */
	DA_UND_GUARD,            /* text, number */
	DA_UND_INITIALIZER,      /* child: a variable, or name; negative: a destructor */
	DA_UND_PRIMITIVE,        /* text, or name */
	DA_UND_TAG,              /* text: class, struct …; name */
	DA_UND_POINTER_TYPE,     /* child, affinity, parent: the class of a member pointer */
	DA_UND_ARRAY,            /* child, arguments: dimensions */
	DA_UND_FUNCTION,         /* child: the return type; arguments; text: calling convention; name */
	DA_UND_VARIABLE,         /* child: the type; number: storage; name */
	DA_UND_TABLE,            /* name, child: {for …}, quals */
	DA_UND_DESCRIPTOR,       /* child: a type; text */
	DA_UND_INTEGER,          /* magnitude, negative */
	DA_UND_REFERENCE,        /* child: a symbol; offsets: of a member pointer */
};

enum { DA_UND_CONST = 1, DA_UND_VOLATILE = 2, DA_UND_RESTRICT = 4, DA_UND_UNALIGNED = 8 };
enum da_und_affinity { DA_UND_NO_AFFINITY, DA_UND_POINTER, DA_UND_REF, DA_UND_RVALUE_REF };
enum { DA_UND_DROP, DA_UND_MANGLE, DA_UND_RESULT }; /* where qualifiers stand before a type */
enum {
	DA_UND_PRIVATE = 1, DA_UND_PROTECTED = 2, DA_UND_PUBLIC = 4, DA_UND_GLOBAL = 8, DA_UND_STATIC = 16,
	DA_UND_VIRTUAL = 32, DA_UND_EXTERN_C = 64, DA_UND_NO_PARAMETERS = 128, DA_UND_ADJUST = 256,
	DA_UND_VTORDISP = 512, DA_UND_VTORDISP_EX = 1024, DA_UND_THUNK = 2048,
};

struct da_und_list {
	struct da_und_list *next;
	struct da_und_node *node;
};

struct da_und_node {
	enum da_und_kind kind;
	enum da_und_affinity affinity;
	unsigned quals, class;
	const char *text;
	struct da_und_node *child, *parent, *name;
	struct da_und_list *arguments;
	bool is_template, negative, variadic, is_noexcept;
	int64_t number;
	uint64_t magnitude;
	int64_t offsets[4];
	unsigned noffsets;
};

struct da_und_list **da_und_append(struct da_arena *a, struct da_und_list **tail, struct da_und_node *n);
void da_und_prepend(struct da_arena *a, struct da_und_list **list, struct da_und_node *n);
/* Parts of a qualified name. */
struct da_und_node *da_und_last(const struct da_und_node *qualified);
struct da_und_node *da_und_before_last(const struct da_und_node *qualified);
/* Do two names read the same? */
bool da_und_same(struct da_arena *a, const struct da_und_node *x, const struct da_und_node *y);
/* NULL when the text would be longer than anybody reads. */
char *da_und_write(struct da_arena *a, const struct da_und_node *n, unsigned flags);

#endif
