/* SPDX-License-Identifier: Apache-2.0 */
/*
 * C++ exceptions that nobody caught.
 *
 * The runtime (libstdc++, libc++abi: same layout) puts a header before the thrown object that ends in
 * an _Unwind_Exception, whose first word is a class: "GNUCC++\0", or \1 in the last byte for an
 * exception thrown again by rethrow_exception, which only refers to the first one. Before it calls
 * std::terminate, the runtime enters the exception in the thread's list of caught ones, so the head of
 * __cxa_eh_globals, two words in thread-local storage, leads to the one that killed the process.
 *
 * An object of the heap is never claimed by its shape alone: functions of the runtime must stand on
 * the dead thread's stack, and the type must have a name.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "fault/parts.h"

#define GNU_CLASS UINT64_C(0x474e5543432b2b00)
#define CLANG_CLASS UINT64_C(0x434c4e47432b2b00)
/* Static thread-local storage that is looked at, on one side of the thread pointer. */
#define TLS_BYTES 0x4000
/* Stack that is looked at when thread-local storage was not found. */
#define STACK_BYTES 0x4000
#define NAME_MAX_BYTES 4096
#define WHAT_MAX_BYTES 4096
#define BASES_DEPTH 16
#define BASES_WIDE 16
#define BASES_ALL 200

struct thrown {
	uint64_t unwind; /* the _Unwind_Exception */
	uint64_t type;   /* std::type_info */
	uint64_t object;
};

static enum da_status word_at(const struct da_fault *f, uint64_t addr, uint64_t *ret)
{
	return da_mem_word(&f->p->mem, addr, ret);
}

static unsigned word(const struct da_fault *f)
{
	return f->p->mem.word;
}

/* ---------------------------------------------------------------- exception objects */

/* From the header's first field to the _Unwind_Exception, which is aligned to 16: psABI, unwind-cxx.h. */
static unsigned header_bytes(const struct da_fault *f)
{
	return word(f) == 8 ? 80 : 48;
}

static bool exception_class(const struct da_fault *f, uint64_t unwind, uint64_t *ret)
{
	return unwind % 16 == 0 && da_mem_u64(&f->p->mem, unwind, ret) == DA_OK &&
	       ((*ret & ~UINT64_C(1)) == GNU_CLASS || (*ret & ~UINT64_C(1)) == CLANG_CLASS);
}

static const char *type_name(struct da_fault *f, uint64_t type);

static bool is_exception(struct da_fault *f, uint64_t unwind, struct thrown *ret)
{
	uint64_t class, first;

	if (!exception_class(f, unwind, &class) ||
	    word_at(f, unwind - header_bytes(f), &first) != DA_OK || !first)
		return false;
	if (class & 1) { /* dependent: the first field is the object of the first exception */
		uint64_t primary = first - 32, primary_class;

		if (!exception_class(f, primary, &primary_class) || (primary_class & 1) ||
		    word_at(f, primary - header_bytes(f), &first) != DA_OK || !first)
			return false;
		*ret = (struct thrown){ primary, first, primary + 32 };
	} else {
		*ret = (struct thrown){ unwind, first, unwind + 32 };
	}
	return type_name(f, ret->type) != NULL;
}

/* __cxa_eh_globals: { header of the innermost caught exception, count of those in flight }. */
static bool by_globals(struct da_fault *f, struct thrown *ret)
{
	uint64_t tp = f->t->tp, start, end;
	bool above = da_streq(f->p->arch->name, "aarch64"); /* TLS lies above the thread pointer */

	if (!tp)
		return false;
	start = above ? tp : tp - DA_MIN(tp, (uint64_t)TLS_BYTES);
	end = above ? tp + TLS_BYTES : tp;
	start = da_round_up(start, word(f));
	/* from the thread pointer outwards: the program's and first libraries' variables are nearest */
	for (uint64_t i = 0; start + i + 2 * word(f) <= end; i += word(f)) {
		uint64_t at = above ? start + i : end - 2 * word(f) - i, header;
		uint32_t flying;

		if (word_at(f, at, &header) == DA_OK && header &&
		    da_mem_u32(&f->p->mem, at + word(f), &flying) == DA_OK && flying < 64 &&
		    is_exception(f, header + header_bytes(f), ret))
			return true;
	}
	return false;
}

/* The runtime's own frames hold the address: the stack between abort and the thrower names one only. */
static bool by_stack(struct da_fault *f, uint64_t top, struct thrown *ret)
{
	struct thrown found = { 0 }, x;
	uint64_t v;

	for (uint64_t at = da_round_up(f->sp, word(f)); at < top; at += word(f)) {
		if (word_at(f, at, &v) != DA_OK)
			return false;
		if (!is_exception(f, v, &x))
			continue;
		if (found.unwind && found.unwind != x.unwind)
			return false;
		found = x;
	}
	if (found.unwind)
		*ret = found;
	return found.unwind != 0;
}

/* ---------------------------------------------------------------- types */

/* Types whose name is read by address when the file with the names is missing. */
static const char *const known_types[] = {
	"St9exception", "St13runtime_error", "St11logic_error", "St12out_of_range", "St9bad_alloc",
	"St16invalid_argument", "St12length_error", "St12domain_error", "St11range_error",
	"St14overflow_error", "St15underflow_error", "St12system_error", "St8bad_cast", "St10bad_typeid",
	"St17bad_function_call", "St13bad_exception", "St20bad_array_new_length", "St12future_error",
	"St11regex_error", "St12bad_weak_ptr", "St18bad_variant_access", "St19bad_optional_access",
	"i", "j", "l", "m", "PKc", "Pc",
};

static const char *name_by_symbol(struct da_fault *f, uint64_t type)
{
	static const char *const modules[] = { "libstdc++.so.", "libc++abi.so.", "libc++.so." };

	for (size_t m = 0; f->s && m < DA_ARRAY_SIZE(modules); m++) {
		uint32_t module = da_symbols_module(f->s, modules[m]);

		if (module == DA_NONE || da_module_at(f->p, type) != module)
			continue;
		for (size_t i = 0; i < DA_ARRAY_SIZE(known_types); i++) {
			char symbol[64];
			uint64_t at;

			snprintf(symbol, sizeof(symbol), "_ZTI%s", known_types[i]);
			if (da_symbols_named(f->s, module, symbol, &at, NULL) == DA_OK && at == type)
				return known_types[i];
		}
	}
	return NULL;
}

/* Letters, digits and _ only, and what a mangled type can begin with. */
static bool is_type_name(const char *s)
{
	static const char begins[] = "NSKPRAFDZU0123456789abcdefghijklmnostvwxyz";
	size_t n = strlen(s);

	if (n == 0 || !strchr(begins, s[0]))
		return false;
	if (s[0] >= '1' && s[0] <= '9' && strtoul(s, NULL, 10) >= n)
		return false; /* a length that the name does not have */
	for (size_t i = 0; i < n; i++)
		if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'z') ||
		      (s[i] >= 'A' && s[i] <= 'Z') || s[i] == '_' || s[i] == '.' || s[i] == '$'))
			return false;
	return n > 1 || strchr("abcdefghijlmnostwxyvz", s[0]);
}

/* The mangled name of a std::type_info: { vptr, name }; a leading * marks one that is not unique. */
static const char *type_name(struct da_fault *f, uint64_t type)
{
	uint64_t name;
	char *s;

	if (type % word(f) || word_at(f, type + word(f), &name) != DA_OK)
		return NULL;
	if (da_mem_cstr(&f->p->mem, f->d->arena, name, NAME_MAX_BYTES, &s) == DA_OK) {
		if (*s == '*')
			s++;
		if (is_type_name(s))
			return s;
	}
	return name_by_symbol(f, type);
}

static const char *readable_type(struct da_fault *f, const char *mangled)
{
	static const char prefix[] = "typeinfo for ";
	const char *raw = da_printf(f->d->arena, "_ZTI%s", mangled);
	const char *text = da_demangle(f->d->arena, raw);

	return text && da_starts(text, prefix) ? text + sizeof(prefix) - 1 : mangled;
}

/* ---------------------------------------------------------------- what() */

/* Which of the ABI's classes of type_info this one is: that tells whether bases follow. */
enum shape { SHAPE_NONE, SHAPE_SINGLE, SHAPE_MULTIPLE };

static enum shape shape_by_symbol(struct da_fault *f, uint64_t vptr)
{
	static const struct {
		const char *vtable;
		enum shape shape;
	} classes[] = {
		{ "_ZTVN10__cxxabiv117__class_type_infoE", SHAPE_NONE },
		{ "_ZTVN10__cxxabiv120__si_class_type_infoE", SHAPE_SINGLE },
		{ "_ZTVN10__cxxabiv121__vmi_class_type_infoE", SHAPE_MULTIPLE },
	};
	uint32_t module = da_module_at(f->p, vptr);

	for (size_t i = 0; f->s && module != DA_NONE && i < DA_ARRAY_SIZE(classes); i++) {
		uint64_t at;

		/* a vptr points behind the table's first two words */
		if (da_symbols_named(f->s, module, classes[i].vtable, &at, NULL) == DA_OK &&
		    at + 2 * word(f) == vptr)
			return classes[i].shape;
	}
	return SHAPE_NONE;
}

/*
 * The offset of the std::exception of a known kind inside an object of this type: walks the bases.
 * *ret_base is the mangled name of the base that holds the text.
 */
static bool text_base(struct da_fault *f, uint64_t type, unsigned depth, unsigned *budget,
		      int64_t *ret_offset, const char **ret_base);

/* Several bases: { flags u32, count u32, { base, offset << 8 | flags } … } behind the name. */
static bool among_bases(struct da_fault *f, uint64_t type, unsigned depth, unsigned *budget,
			int64_t *ret_offset, const char **ret_base)
{
	uint64_t at = type + 2 * word(f) + 8, base, flags;
	uint32_t count;
	int64_t inner;

	if (da_mem_u32(&f->p->mem, at - 4, &count) != DA_OK)
		return false;
	for (uint32_t i = 0; i < DA_MIN(count, (uint32_t)BASES_WIDE); i++, at += 2 * word(f)) {
		if (word_at(f, at, &base) != DA_OK || word_at(f, at + word(f), &flags) != DA_OK)
			return false;
		if (flags & 1) /* virtual: its place is in the vtable */
			continue;
		if (!text_base(f, base, depth + 1, budget, &inner, ret_base))
			continue;
		*ret_offset = inner + ((word(f) == 8 ? (int64_t)flags : (int32_t)flags) >> 8);
		return true;
	}
	return false;
}

static bool text_base(struct da_fault *f, uint64_t type, unsigned depth, unsigned *budget,
		      int64_t *ret_offset, const char **ret_base)
{
	static const char *const holders[] = { "St13runtime_error", "St11logic_error" };
	const char *name;
	uint64_t vptr, base;

	if (depth == BASES_DEPTH || !*budget)
		return false;
	--*budget;
	name = type_name(f, type);
	if (!name || word_at(f, type, &vptr) != DA_OK)
		return false;
	for (size_t i = 0; i < DA_ARRAY_SIZE(holders); i++)
		if (da_streq(name, holders[i])) {
			*ret_offset = 0;
			*ret_base = holders[i];
			return true;
		}
	switch (shape_by_symbol(f, vptr)) {
	case SHAPE_SINGLE:
		return word_at(f, type + 2 * word(f), &base) == DA_OK &&
		       text_base(f, base, depth + 1, budget, ret_offset, ret_base);
	case SHAPE_MULTIPLE:
		return among_bases(f, type, depth, budget, ret_offset, ret_base);
	default:
		return false;
	}
}

/* n bytes of text, no control characters but line feeds and tabs. */
static const char *text_bytes(struct da_fault *f, uint64_t addr, uint64_t n)
{
	uint8_t *raw;

	if (n == 0 || n > WHAT_MAX_BYTES)
		return NULL;
	raw = da_alloc(f->d->arena, n);
	if (da_mem_read(&f->p->mem, addr, raw, n, NULL) != DA_OK)
		return NULL;
	for (uint64_t i = 0; i < n; i++)
		if (raw[i] == 0 || (raw[i] < 0x20 && raw[i] != '\n' && raw[i] != '\t' && raw[i] != '\r'))
			return NULL;
	return da_text(f->d->arena, raw, n);
}

/* The string of runtime_error and logic_error: { length, capacity, references } before the text. */
static const char *shared_string(struct da_fault *f, uint64_t field)
{
	uint64_t text, length, capacity;
	uint8_t end;

	if (word_at(f, field, &text) != DA_OK ||
	    word_at(f, text - 3 * (uint64_t)word(f), &length) != DA_OK ||
	    word_at(f, text - 2 * (uint64_t)word(f), &capacity) != DA_OK || length > capacity ||
	    length > WHAT_MAX_BYTES || da_mem_u8(&f->p->mem, text + length, &end) != DA_OK || end)
		return NULL;
	return text_bytes(f, text, length);
}

/* std::string since gcc 5: { text, length, 16 bytes for short ones }. */
static const char *new_string(struct da_fault *f, uint64_t at)
{
	uint64_t text, length;

	if (word_at(f, at, &text) != DA_OK || word_at(f, at + word(f), &length) != DA_OK ||
	    (text == at + 2 * word(f) && length > 15))
		return NULL;
	return text_bytes(f, text, length);
}

static const char *what_of_scalar(struct da_fault *f, const char *name, uint64_t object)
{
	uint64_t v;
	uint32_t u;
	char *s;

	if (da_streq(name, "PKc") || da_streq(name, "Pc")) {
		if (word_at(f, object, &v) == DA_OK &&
		    da_mem_cstr(&f->p->mem, f->d->arena, v, WHAT_MAX_BYTES, &s) == DA_OK)
			return s;
	} else if (da_streq(name, "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE")) {
		return new_string(f, object);
	} else if (da_streq(name, "i") && da_mem_u32(&f->p->mem, object, &u) == DA_OK) {
		return da_printf(f->d->arena, "%" PRId32, (int32_t)u);
	} else if (da_streq(name, "j") && da_mem_u32(&f->p->mem, object, &u) == DA_OK) {
		return da_printf(f->d->arena, "%" PRIu32, u);
	}
	return NULL;
}

static bool in_runtime(const struct da_fault *f, uint64_t addr)
{
	static const char *const runtimes[] = { "libstdc++.so", "libc++abi.so", "libc++.so", "libgcc_s.so" };
	uint32_t module = da_module_at(f->p, addr);

	for (size_t i = 0; module != DA_NONE && i < DA_ARRAY_SIZE(runtimes); i++)
		if (f->p->modules.v[module].name &&
		    da_starts(f->p->modules.v[module].name, runtimes[i]))
			return true;
	return false;
}

/*
 * The names of std's types are in libstdc++'s file. Without it: an object whose class has its one base
 * in the runtime, and which holds such a string in the place of runtime_error's and logic_error's.
 */
static const char *what_by_shape(struct da_fault *f, const struct thrown *x)
{
	uint64_t base, base_name, text;
	uint32_t references;

	/* The type_info itself may have been copied into the program; its name was not. */
	if (word_at(f, x->type + 2 * word(f), &base) != DA_OK ||
	    word_at(f, base + word(f), &base_name) != DA_OK || !in_runtime(f, base_name) ||
	    type_name(f, base) || word_at(f, x->object + word(f), &text) != DA_OK ||
	    da_mem_u32(&f->p->mem, text - word(f), &references) != DA_OK || references > 1000)
		return NULL;
	return shared_string(f, x->object + word(f));
}

static const char *what_of(struct da_fault *f, const struct thrown *x, const char *name)
{
	unsigned budget = BASES_ALL;
	const char *base, *text;
	int64_t offset;

	if (!text_base(f, x->type, 0, &budget, &offset, &base)) {
		text = what_of_scalar(f, name, x->object);
		return text ? text : what_by_shape(f, x);
	}
	return shared_string(f, x->object + (uint64_t)offset + word(f));
}

/* ---------------------------------------------------------------- the death */

static const char *const terminators[] = {
	"std::terminate", "_ZSt9terminatev", "__cxxabiv1::__terminate",
	"_ZN10__cxxabiv111__terminateEPFvvE", "__gnu_cxx::__verbose_terminate_handler",
	"_ZN9__gnu_cxx27__verbose_terminate_handlerEv", "__cxa_call_terminate",
	"__clang_call_terminate", "std::__terminate", "_ZSt11__terminatePFvvE",
	"demangling_terminate_handler", "_ZL28demangling_terminate_handlerv",
};
static const char *const throwers[] = {
	"__cxa_throw", "__cxa_rethrow", "std::rethrow_exception",
	"_ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE", "_Unwind_RaiseException",
	"_Unwind_Resume_or_Rethrow", "_Unwind_Resume", "__cxa_call_terminate", "__clang_call_terminate",
	"__gxx_personality_v0", "__cxa_call_unexpected",
};
static const char *const pure[] = { "__cxa_pure_virtual", "__cxa_deleted_virtual" };

static const char *const thread_ends[] = {
	"std::thread::~thread", "_ZNSt6threadD1Ev", "_ZNSt6threadD2Ev", "std::thread::operator=",
	"_ZNSt6threadaSEOS_", "_ZNSt3__16threadD1Ev", "std::__1::thread::~thread",
};
/* Only a handler of the unwinder that finds a function which must not throw calls std::terminate. */
static const char *const no_throw[] = {
	"__cxa_call_terminate", "__clang_call_terminate", "__gxx_personality*",
};

#define MACHINERY 24

static bool thread_dies(const struct da_fault *f)
{
	return da_frame_find(f->t, 0, MACHINERY, thread_ends, DA_ARRAY_SIZE(thread_ends)) != DA_NONE;
}

/* Why std::terminate was called, where frames tell. */
static void find_reason(struct da_fault *f)
{
	if (da_frame_find(f->t, 0, MACHINERY, no_throw, DA_ARRAY_SIZE(no_throw)) != DA_NONE)
		f->e->reason = "the exception was to leave a function that is declared noexcept, or a destructor";
	else if (f->e->cause == DA_CAUSE_TERMINATE && thread_dies(f))
		f->e->reason = "a std::thread was destroyed or assigned to while it was joinable";
}

static void claim(struct da_fault *f, const struct thrown *x)
{
	const char *name = type_name(f, x->type);

	f->e->cpp_type = readable_type(f, name);
	f->e->cpp_what = what_of(f, x, name);
	f->e->cause = da_streq(name, "St9bad_alloc") ? DA_CAUSE_OUT_OF_MEMORY : DA_CAUSE_CPP_EXCEPTION;
}

/*
 * libstdc++ without its file has no names. Then this is as sure: own code called __cxa_throw, and
 * everything between that call and abort lies in the C++ runtime.
 */
static uint32_t thrower_by_call(struct da_fault *f)
{
	static const char *const calls[] = { "__cxa_throw", "__cxa_rethrow",
					     "_ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE" };
	uint32_t i = 0, inside = 0;
	const char *name;

	for (; i < f->t->frames.n && i < MACHINERY; i++) {
		const struct da_frame *frame = &f->t->frames.v[i];
		bool runtime = in_runtime(f, frame->pc);

		if (frame->module >= f->p->modules.n)
			return DA_NONE;
		inside += runtime;
		if (!runtime && f->p->modules.v[frame->module].class == DA_CLASS_OWN)
			break;
		if (!runtime && inside)
			return DA_NONE; /* back in libc: a callback */
	}
	name = inside && i < f->t->frames.n ? da_fault_callee(f, f->t->frames.v[i].pc) : NULL;
	for (size_t k = 0; name && k < DA_ARRAY_SIZE(calls); k++)
		if (da_starts(name, calls[k]))
			return i - 1;
	return DA_NONE;
}

/* MinGW raises 0x20474343 with the _Unwind_Exception as its first parameter. */
void da_fault_cxx_object(struct da_fault *f)
{
	struct thrown x;

	if (f->e->parameters.n && is_exception(f, f->e->parameters.v[0], &x))
		claim(f, &x);
}

void da_fault_cxx(struct da_fault *f)
{
	struct da_exception *e = f->e;
	uint32_t terminate, thrower;
	struct thrown x;

	if (!f->t || e->code != DA_SIGABRT || e->cause != DA_CAUSE_ABORT || !f->p->arch)
		return;
	if (da_frame_find(f->t, 0, MACHINERY, pure, DA_ARRAY_SIZE(pure)) != DA_NONE) {
		e->cause = DA_CAUSE_PURE_VIRTUAL;
		return;
	}
	terminate = da_frame_find(f->t, 0, MACHINERY, terminators, DA_ARRAY_SIZE(terminators));
	thrower = da_frame_find(f->t, 0, MACHINERY, throwers, DA_ARRAY_SIZE(throwers));
	if (terminate == DA_NONE && thrower == DA_NONE)
		thrower = thrower_by_call(f);
	if (terminate == DA_NONE && thrower == DA_NONE)
		return;
	e->cause = thrower != DA_NONE ? DA_CAUSE_CPP_EXCEPTION : DA_CAUSE_TERMINATE;
	if (thrower == DA_NONE && thread_dies(f)) {
		; /* what the thread may have caught before is not why */
	} else if (by_globals(f, &x)) {
		claim(f, &x);
	} else if (thrower != DA_NONE) {
		uint64_t top = f->t->frames.v[thrower].cfa;

		if (!top && thrower + 1 < f->t->frames.n)
			top = f->t->frames.v[thrower + 1].sp;
		if (top > f->sp && by_stack(f, DA_MIN(top, f->sp + STACK_BYTES), &x))
			claim(f, &x);
	}
	find_reason(f);
}
