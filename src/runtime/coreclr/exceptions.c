/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions: what each thread is throwing or has thrown last, with all that hangs below it.
 *
 * A Thread keeps a chain of records of the exceptions that are being handled on its stack (a catch block
 * that throws again nests), and a handle of the one that was thrown last; both are cleared when the last
 * catch block ends. A record holds a handle of the exception (to 10) or the exception itself (11): what the
 * word leads to is tried, since an exception can be told by its type.
 */
#include "config.h"

#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/exceptions.h"

/* More text of one exception than a person reads; in characters. */
#define MESSAGE_MAX 8192
#define REMOTE_MAX 16384
/* How deep exceptions hang in one another: recursion ends there. */
#define DEPTH_MAX 200

/* One thread's exceptions as they are put into the model. */
struct job {
	struct da_clr *c;
	struct da_map seen;  /* objects of this thread that stand in the model: to index + 1 */
	uint32_t thread;     /* or DA_NONE */
	uint8_t where;
	uint64_t left;       /* how many more are taken */
};

/* ---------------------------------------------------------------- what an exception is */

bool da_clr_is_exception(struct da_clr *c, uint64_t object)
{
	uint64_t mt, base;

	if (da_clr_global_ptr(c, DA_CLR_G_ExceptionMethodTable, &base) != DA_OK || !base)
		return false;
	mt = da_clr_object_mt(c, object);
	return mt && (mt == base || da_clr_derives_from(c, mt, base));
}

/* The exception that this word is, or is a handle of; 0: neither. */
static uint64_t exception_at(struct da_clr *c, uint64_t word)
{
	uint64_t target;

	if (!word)
		return 0;
	target = da_clr_handle(c, word);
	if (da_clr_is_exception(c, target))
		return target;
	return da_clr_is_exception(c, word) ? word : 0;
}

/* ---------------------------------------------------------------- the stack trace */

/* The array of bytes with the elements: _stackTrace, or the first element of an array of objects. */
static uint64_t trace_array(struct da_clr *c, uint64_t array, uint32_t *ret_n, uint64_t *ret_first)
{
	for (int i = 0; i < 2; i++) {
		uint64_t mt = da_clr_object_mt(c, array);
		const struct da_clr_mt *m = mt ? da_clr_mt(c, mt) : NULL;

		if (!m || da_clr_array(c, array, ret_n, ret_first) != DA_OK || *ret_n == 0)
			return 0;
		if (m->component_size == 1)
			return array;
		/* 10, and late 9: behind the bytes stand objects that must live as long as the methods. */
		if (m->component_size != c->mem->word || da_mem_word(c->mem, *ret_first, &array) != DA_OK)
			return 0;
	}
	return 0;
}

static bool add_frame(struct da_clr *c, struct da_managed_exception *e, uint64_t element)
{
	uint64_t ip, method;
	struct da_frame *f;

	if (DA_CLR_PTR(c, element, StackTraceElement, Ip, &ip) != DA_OK ||
	    DA_CLR_PTR(c, element, StackTraceElement, MethodDesc, &method) != DA_OK)
		return false;
	f = da_vec_add(c->arena, &e->frames);
	/* The runtime has moved addresses of callers back into the call: they are used as they are. */
	*f = (struct da_frame){ .pc = ip, .module = DA_NONE, .trust = DA_TRUST_RUNTIME, .kind = DA_FRAME_MANAGED,
				.exact_pc = true };
	f->place = da_clr_method_place(c, method, ip, false);
	if (f->place)
		f->module = f->place->module;
	return true;
}

static void read_trace(struct da_clr *c, struct da_managed_exception *e)
{
	uint64_t array, first, count, header = (uint64_t)DA_CLR_SIZE(c, StackTraceArrayHeader);
	uint64_t size = (uint64_t)DA_CLR_SIZE(c, StackTraceElement);
	uint32_t bytes;

	if (DA_CLR_SIZE(c, StackTraceArrayHeader) <= 0 || DA_CLR_SIZE(c, StackTraceElement) <= 0 ||
	    da_clr_field_ptr(c, e->address, "_stackTrace", DA_CLR_Exception__stackTrace, &array) != DA_OK || !array)
		return;
	if (!trace_array(c, array, &bytes, &first) || bytes < header ||
	    DA_CLR_U32(c, first, StackTraceArrayHeader, Size, &count) != DA_OK) {
		da_note(c->dump->ledger, DA_NOTE_MISSING, "exceptions", NULL,
			"the stack trace of the exception at " DA_ADDR("0x%llx") " is not in the dump",
			(unsigned long long)e->address);
		return;
	}
	if (count > (bytes - header) / size) {
		da_note(c->dump->ledger, DA_NOTE_CORRUPT, "exceptions", NULL,
			"the stack trace of the exception at " DA_ADDR("0x%llx") " counts more frames than its array has",
			(unsigned long long)e->address);
		count = (bytes - header) / size;
	}
	for (uint64_t i = 0; i < DA_MIN(count, da_limits_default.frames); i++)
		if (!add_frame(c, e, first + header + i * size))
			break;
	if (e->frames.n < count)
		da_note(c->dump->ledger, DA_NOTE_MISSING, "exceptions", NULL,
			"of the stack trace of the exception at " DA_ADDR("0x%llx") " %zu of %llu frames were read",
			(unsigned long long)e->address, e->frames.n, (unsigned long long)count);
}

/* ---------------------------------------------------------------- one exception */

/*
 * createdump overwrites texts of exceptions in dumps of type triage alone, but not all: a text that can be
 * read says nothing (that of a NullReferenceException stays).
 */
static void tell_dump_type(struct da_clr *c)
{
	if (c->dump->origin.mini_or_triage)
		c->dump->origin.dump_type = "triage";
}

static void read_message(struct da_clr *c, struct da_managed_exception *e)
{
	uint64_t text;
	bool wiped;

	if (da_clr_field_ptr(c, e->address, "_message", DA_CLR_Exception__message, &text) != DA_OK) {
		e->message_why = "the exception's fields could not be read";
		return;
	}
	if (!text) {
		e->message_why = "none is stored: the program makes it from other fields when it is asked for";
		return;
	}
	e->message = da_clr_string(c, text, MESSAGE_MAX);
	wiped = da_clr_string_wiped(c, text);
	if (wiped)
		tell_dump_type(c);
	if (e->message)
		return;
	e->message_why = wiped ? "overwritten by the program that wrote the dump (type triage)"
						      : "its text is not in the dump";
}

static void read_exception(struct da_clr *c, struct da_managed_exception *e)
{
	uint64_t mt = da_clr_object_mt(c, e->address), text;
	uint32_t hresult;

	e->type = da_clr_type_name(c, mt);
	if (!e->type)
		e->type = da_printf(c->arena, DA_UNKNOWN_TYPE "0x%llx)", (unsigned long long)mt);
	read_message(c, e);
	if (da_clr_field_u32(c, e->address, "_HResult", DA_CLR_Exception__HResult, &hresult) == DA_OK) {
		e->has_hresult = true;
		e->hresult = hresult;
		e->hresult_name = da_hresult_name(hresult);
	}
	read_trace(c, e);
	if (da_clr_field_ptr(c, e->address, "_remoteStackTraceString", DA_CLR_Exception__remoteStackTraceString,
			     &text) == DA_OK)
		e->remote_trace = da_clr_string(c, text, REMOTE_MAX);
	da_clr_exception_fields(c, e);
}

/* ---------------------------------------------------------------- what hangs below it */

static bool is_ancestor(const struct da_process *p, uint32_t index, uint64_t object)
{
	for (; index != DA_NONE; index = p->exceptions.v[index].parent)
		if (p->exceptions.v[index].address == object)
			return true;
	return false;
}

static uint32_t add(struct job *j, uint64_t object, uint32_t parent, unsigned depth);

static void add_below(struct job *j, uint64_t object, uint32_t parent, unsigned depth)
{
	struct da_dump *d = j->c->dump;

	if (!object)
		return;
	if (is_ancestor(&d->proc, parent, object))
		da_note(d->ledger, DA_NOTE_CORRUPT, "exceptions", NULL,
			"the exception at " DA_ADDR("0x%llx") " is an inner exception of itself", (unsigned long long)object);
	else if (da_clr_is_exception(j->c, object))
		add(j, object, parent, depth + 1);
	else
		da_note(d->ledger, DA_NOTE_MISSING, "exceptions", NULL,
			"the inner exception at " DA_ADDR("0x%llx") " is not in the dump", (unsigned long long)object);
}

/* False: the list of them could not be read, or not all of it. */
static bool add_members(struct job *j, uint64_t array, uint32_t parent, unsigned depth)
{
	uint64_t first, object;
	uint32_t n;

	if (da_clr_array(j->c, array, &n, &first) != DA_OK)
		return false;
	for (uint32_t i = 0; i < n && j->left > 0; i++) {
		if (da_mem_word(j->c->mem, first + (uint64_t)i * j->c->mem->word, &object) != DA_OK)
			return false;
		add_below(j, object, parent, depth);
	}
	return true;
}

/* Fields with an array of exceptions: AggregateException's, ReflectionTypeLoadException's. */
static const char *const member_fields[] = { "_innerExceptions", "<LoaderExceptions>k__BackingField" };

/* Adds the exception and all below it: its index; DA_NONE: it stands there already, or a bound was reached. */
static uint32_t add(struct job *j, uint64_t object, uint32_t parent, unsigned depth)
{
	struct da_clr *c = j->c;
	struct da_process *p = &c->dump->proc;
	struct da_managed_exception e = { .address = object, .runtime = c->runtime, .parent = parent,
					  .thread = j->thread, .where = j->where };
	uint32_t index = (uint32_t)p->exceptions.n;
	bool new, listed = false, whole = true;
	uint64_t inner;

	if (j->left == 0 || depth > DEPTH_MAX) {
		da_note(c->dump->ledger, DA_NOTE_LIMIT, "exceptions", NULL,
			"not all inner exceptions of a thread's exception were followed");
		return DA_NONE;
	}
	*da_map_put(c->arena, &j->seen, object, &new) = (uint64_t)index + 1;
	if (!new)
		return DA_NONE;
	j->left--;
	read_exception(c, &e);
	da_vec_push(c->arena, &p->exceptions, e);
	for (size_t i = 0; i < DA_ARRAY_SIZE(member_fields); i++)
		if (da_clr_object_ptr(c, object, member_fields[i], &inner) == DA_OK) {
			listed = true;
			whole &= inner == 0 || add_members(j, inner, index, depth);
		}
	p->exceptions.v[index].more = !whole || (!listed && da_streq(e.type, "System.AggregateException"));
	if (da_clr_field_ptr(c, object, "_innerException", DA_CLR_Exception__innerException, &inner) == DA_OK)
		add_below(j, inner, index, depth);
	return index;
}

/* ---------------------------------------------------------------- those of a thread */

#define SIGABRT_NUMBER 6
#define CLR_EXCEPTION 0xe0434352 /* what the runtime raises a managed exception with on Windows */

/* Did the thread die the way the runtime ends a process for an exception that nobody handled? */
static bool died_of_it(const struct da_process *p, uint32_t thread)
{
	const struct da_exception *e = p->exception;

	if (!e || thread == DA_NONE || e->thread != thread)
		return false;
	if (!e->is_signal)
		return (uint32_t)e->code == CLR_EXCEPTION;
	/* By abort(), not by somebody's kill. */
	return e->code == SIGABRT_NUMBER && !(e->has_sender && p->has_pid && e->sender_pid > 0 &&
					      (uint32_t)e->sender_pid != p->pid);
}

static bool is_unhandled(struct da_clr *c, const struct da_clr_thread *t)
{
	const struct da_process *p = &c->dump->proc;
	uint64_t flag;

	/* Set on Windows alone. */
	if (DA_CLR_U32(c, t->address, Thread, LastThrownObjectIsUnhandled, &flag) == DA_OK && flag != 0)
		return true;
	return died_of_it(p, p->managed_threads.v[t->model].thread);
}

/* The exception of each record, the innermost first: false: there are no more. */
static bool next_record(struct da_clr *c, uint64_t *record, uint64_t *ret_object)
{
	uint64_t word;

	if (!*record || DA_CLR_PTR(c, *record, ExceptionInfo, ThrownObject, &word) != DA_OK)
		return false;
	*ret_object = exception_at(c, word);
	if (DA_CLR_PTR(c, *record, ExceptionInfo, PreviousNestedInfo, record) != DA_OK)
		*record = 0;
	return true;
}

static void take(struct job *j, uint64_t object, uint32_t *index)
{
	uint32_t found = object ? add(j, object, DA_NONE, 0) : DA_NONE;

	if (*index == DA_NONE)
		*index = found;
	if (found != DA_NONE)
		j->where = DA_WHERE_THREAD;
}

/*
 * The thread's own exception, then those that it handles around it. What was thrown last is the innermost of
 * the records, but for fatal errors: those have no record of their own, or (FailFast up to 10) give the
 * exception of the record as the inner one of an ExecutionEngineException made in advance. The same without
 * an inner one (an access violation, 8 to 10) tells less than the record does.
 */
static void read_thread(struct da_clr *c, const struct da_clr_thread *t)
{
	struct da_process *p = &c->dump->proc;
	struct job j = { .c = c, .thread = p->managed_threads.v[t->model].thread, .left = da_limits_default.exceptions,
			 .where = is_unhandled(c, t) ? DA_WHERE_UNHANDLED : DA_WHERE_THREAD };
	uint64_t record = 0, word = 0, last = 0, inner = 0, object;
	uint32_t index = DA_NONE;

	if (DA_CLR_PTR(c, t->address, Thread, LastThrownObject, &word) == DA_OK)
		last = exception_at(c, word);
	DA_CLR_PTR(c, t->address, Thread, ExceptionTracker, &record);
	if (last && (!record || (da_clr_field_ptr(c, last, "_innerException", DA_CLR_Exception__innerException,
						  &inner) == DA_OK && inner)))
		take(&j, last, &index);
	for (unsigned n = 0; n < da_limits_default.exceptions && next_record(c, &record, &object); n++)
		take(&j, object, &index);
	take(&j, last, &index);
	p->managed_threads.v[t->model].exception = index;
	if (index == DA_NONE && word)
		da_note(c->dump->ledger, DA_NOTE_MISSING, "exceptions", NULL, "a thread's exception is not in the dump");
}

/*
 * The crash report names an exception that no thread's record leads to: that of an access violation, for
 * which 8 to 10 record a preallocated one.
 */
static void read_reported(struct da_clr *c)
{
	struct da_process *p = &c->dump->proc;
	const struct da_crash_report *r = c->dump->crash_report;

	for (size_t i = 0; r && i < r->threads.n; i++) {
		const struct da_reported_thread *t = &r->threads.v[i];
		struct job j = { .c = c, .thread = t->thread, .where = DA_WHERE_UNHANDLED,
				 .left = da_limits_default.exceptions };
		bool known = false;

		for (size_t k = 0; k < p->exceptions.n && !known; k++)
			known = p->exceptions.v[k].address == t->exception;
		if (t->crashed && !known && da_clr_is_exception(c, t->exception))
			add(&j, t->exception, DA_NONE, 0);
	}
}

void da_clr_exceptions(struct da_clr *c)
{
	if (!c->threads)
		return;
	for (size_t i = 0; i < c->threads->v.n && !da_stop(c->dump->watch); i++)
		if (c->threads->v.v[i].model < c->dump->proc.managed_threads.n)
			read_thread(c, &c->threads->v.v[i]);
	read_reported(c);
}
