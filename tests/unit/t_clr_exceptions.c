/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions of threads: chains, members, circles, stack traces that lie. */
#include "config.h"

#include "clr_objects.h"
#include "base/ledger.h"

enum { MESSAGE = 16, INNER = 32, TRACE = 48, REMOTE = 72, HRESULT = 108, EXTRA = 120 };

static uint64_t aggregate_mt, file_mt, http_mt;

static void exceptions_setup(unsigned major)
{
	setup(major);
	field(exception_mt, "_message", MESSAGE, T_CLASS);
	field(exception_mt, "_innerException", INNER, T_CLASS);
	field(exception_mt, "_stackTrace", TRACE, T_CLASS);
	field(exception_mt, "_remoteStackTraceString", REMOTE, T_CLASS);
	field(exception_mt, "_HResult", HRESULT, T_I4);
	aggregate_mt = new_type("System.AggregateException", exception_mt);
	field(aggregate_mt, "_innerExceptions", EXTRA, T_CLASS);
	file_mt = new_type("System.IO.FileNotFoundException", exception_mt);
	field(file_mt, "<FileName>k__BackingField", EXTRA, T_CLASS);
	http_mt = new_type("System.Net.Http.HttpRequestException", exception_mt);
	field(http_mt, "<StatusCode>k__BackingField", EXTRA, T_VALUE);
	field(http_mt, "<HttpRequestError>k__BackingField", EXTRA + 8, T_I4);
	OFF(Thread, ExceptionTracker, 0), OFF(Thread, LastThrownObject, 8);
	OFF(Thread, LastThrownObjectIsUnhandled, 16);
	OFF(ExceptionInfo, PreviousNestedInfo, 0), OFF(ExceptionInfo, ThrownObject, 8);
	OFF(StackTraceArrayHeader, Size, 0), OFF(StackTraceElement, Ip, 0);
	OFF(StackTraceElement, MethodDesc, 16), OFF(StackTraceElement, Flags, 24);
	c->layout.size[DA_CLR_TYPE_StackTraceArrayHeader] = 16;
	c->layout.size[DA_CLR_TYPE_StackTraceElement] = 32;
}

static uint64_t exception(uint64_t mt, const char *message, uint32_t hresult)
{
	uint64_t e = new_object(mt, 160);

	put(e + MESSAGE, message ? new_string(message) : 0);
	put32(e + HRESULT, hresult);
	return e;
}

static uint64_t handle(uint64_t object)
{
	uint64_t h = make(8);

	put(h, object);
	return h;
}

static void throws(uint64_t thread, uint64_t e, bool reference)
{
	uint64_t record = make(32);

	put(record + 8, reference ? e : handle(e));
	put(thread, record);
	put(thread + 8, handle(e));
	put32(thread + 16, 1);
}

static const struct da_managed_exception *got(size_t i)
{
	ck_assert_uint_lt(i, d->proc.exceptions.n);
	return &d->proc.exceptions.v[i];
}

static size_t notes(const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < da_ledger_count(d->ledger); i++)
		n += strstr(da_ledger_at(d->ledger, i)->text, text) != NULL;
	return n;
}

START_TEST(chain)
{
	uint64_t outer, inner;

	exceptions_setup(10);
	outer = exception(exception_mt, "outer", 0x80131500);
	inner = exception(file_mt, "inner", 0x80070002);
	put(outer + INNER, inner);
	put(inner + EXTRA, new_string("index.json"));
	put(inner + REMOTE, new_string("at Elsewhere()"));
	throws(new_thread(4, 44), outer, false);
	da_clr_exceptions(c);
	ck_assert_uint_eq(d->proc.exceptions.n, 2);
	ck_assert_uint_eq(d->proc.managed_threads.v[0].exception, 0);
	ck_assert_str_eq(got(0)->message, "outer");
	ck_assert_uint_eq(got(0)->where, DA_WHERE_UNHANDLED);
	ck_assert_str_eq(got(0)->hresult_name, "COR_E_EXCEPTION");
	ck_assert_uint_eq(got(0)->parent, DA_NONE);
	ck_assert_uint_eq(got(1)->parent, 0);
	ck_assert_str_eq(got(1)->type, "System.IO.FileNotFoundException");
	ck_assert_str_eq(got(1)->hresult_name, "COR_E_FILENOTFOUND");
	ck_assert_uint_eq(got(1)->fields.n, 1);
	ck_assert_str_eq(got(1)->fields.v[0].name, "file");
	ck_assert_str_eq(got(1)->fields.v[0].value, "index.json");
	ck_assert_str_eq(got(1)->remote_trace, "at Elsewhere()");
	done();
}
END_TEST

/* 11: the record holds the object, not a handle of it. */
START_TEST(reference)
{
	uint64_t e;

	exceptions_setup(11);
	e = exception(exception_mt, NULL, 1);
	throws(new_thread(4, 44), e, true);
	put(d->proc.managed_threads.v[0].address + 8, 0);
	da_clr_exceptions(c);
	ck_assert_uint_eq(got(0)->address, e);
	ck_assert_ptr_null(got(0)->message);
	ck_assert_ptr_nonnull(got(0)->message_why);
	ck_assert_ptr_null(got(0)->hresult_name);
	done();
}
END_TEST

/* Only the last one is known: a fatal error. In a catch block: not unhandled. */
START_TEST(last_thrown)
{
	uint64_t th, e;

	exceptions_setup(8);
	th = new_thread(4, 44);
	e = exception(exception_mt, "x", 1);
	put(th + 8, handle(e));
	da_clr_exceptions(c);
	ck_assert_uint_eq(got(0)->address, e);
	ck_assert_uint_eq(got(0)->where, DA_WHERE_THREAD);
	done();
}
END_TEST

START_TEST(circles)
{
	uint64_t a, b;

	exceptions_setup(10);
	a = exception(exception_mt, "a", 1);
	b = exception(exception_mt, "b", 1);
	put(a + INNER, b);
	put(b + INNER, a);
	throws(new_thread(4, 44), a, false);
	da_clr_exceptions(c);
	ck_assert_uint_eq(d->proc.exceptions.n, 2);
	ck_assert_uint_eq(notes("of itself"), 1);
	done();
}
END_TEST

/* The nested records of a thread whose chain of records is a circle. */
START_TEST(records_in_circles)
{
	uint64_t th, e;

	exceptions_setup(10);
	th = new_thread(4, 44);
	e = exception(exception_mt, "a", 1);
	throws(th, e, false);
	memcpy(&th, at(th), 8);
	put(th, th);
	da_clr_exceptions(c);
	ck_assert_uint_eq(d->proc.exceptions.n, 1);
	done();
}
END_TEST

START_TEST(members)
{
	uint64_t all, one, two, array;

	exceptions_setup(10);
	all = exception(aggregate_mt, "all", 1);
	one = exception(exception_mt, "one", 2);
	two = exception(exception_mt, "two", 3);
	array = new_array(objects_mt, 3, 8);
	put(array + 16, one);
	put(array + 24, two);
	put(array + 32, BASE + 8); /* no exception */
	put(all + EXTRA, array);
	put(all + INNER, one);
	throws(new_thread(4, 44), all, false);
	da_clr_exceptions(c);
	ck_assert_uint_eq(d->proc.exceptions.n, 3);
	ck_assert_str_eq(got(1)->message, "one");
	ck_assert_str_eq(got(2)->message, "two");
	ck_assert_uint_eq(got(1)->parent, 0);
	ck_assert_uint_eq(got(2)->parent, 0);
	ck_assert_uint_eq(notes("is not in the dump"), 1);
	ck_assert(!got(0)->more && !got(1)->more);
	done();
}
END_TEST

/* Small dumps have the first inner exception, but not the list of all. */
START_TEST(members_that_are_not_there)
{
	uint64_t all, one;

	exceptions_setup(10);
	all = exception(aggregate_mt, "all", 1);
	one = exception(exception_mt, "one", 2);
	put(all + EXTRA, BASE - 0x1000);
	put(all + INNER, one);
	throws(new_thread(4, 44), all, false);
	da_clr_exceptions(c);
	ck_assert_uint_eq(d->proc.exceptions.n, 2);
	ck_assert(got(0)->more && !got(1)->more);
	done();
}
END_TEST

/* An array that says it has four thousand million members. */
START_TEST(endless_members)
{
	uint64_t all, array;

	exceptions_setup(10);
	all = exception(aggregate_mt, "all", 1);
	array = new_array(objects_mt, 2, 8);
	put32(array + 8, 0xffffffff);
	put(array + 16, exception(exception_mt, "one", 2));
	put(all + EXTRA, array);
	throws(new_thread(4, 44), all, false);
	da_clr_exceptions(c);
	ck_assert_uint_eq(d->proc.exceptions.n, 2);
	done();
}
END_TEST

/* A long chain ends at the bound, and so does the recursion. */
START_TEST(deep)
{
	uint64_t outer, last;

	exceptions_setup(10);
	outer = last = exception(exception_mt, NULL, 1);
	for (int i = 0; i < 600; i++) {
		uint64_t e = exception(exception_mt, NULL, 1);

		put(last + INNER, e);
		last = e;
	}
	throws(new_thread(4, 44), outer, false);
	da_clr_exceptions(c);
	ck_assert_uint_gt(d->proc.exceptions.n, 100);
	ck_assert_uint_lt(d->proc.exceptions.n, 600);
	ck_assert_uint_eq(notes("not all inner exceptions"), 1);
	done();
}
END_TEST

static uint64_t trace(uint32_t frames, uint32_t count)
{
	uint64_t array = new_array(bytes_mt, 16 + 32 * frames, 1);

	put32(array + 16, count);
	for (uint32_t i = 0; i < frames; i++) {
		put(array + 32 + 32 * i, 0x1000 + i);
		put(array + 32 + 32 * i + 16, 0x2000 + i);
		put32(array + 32 + 32 * i + 24, 2);
		put32(array + 32 + 32 * i + 28, 0xdeadbeef); /* the upper half is garbage */
	}
	return array;
}

START_TEST(traces)
{
	uint64_t e, keep;

	exceptions_setup(10);
	e = exception(exception_mt, "x", 1);
	keep = new_array(objects_mt, 2, 8);
	put(keep + 16, trace(4, 3)); /* room for four, three in use */
	put(e + TRACE, keep);
	throws(new_thread(4, 44), e, false);
	da_clr_exceptions(c);
	ck_assert_uint_eq(got(0)->frames.n, 3);
	ck_assert_uint_eq(got(0)->frames.v[1].pc, 0x1001);
	ck_assert_str_eq(got(0)->frames.v[2].place->raw, "method 2002 at 1002");
	ck_assert_uint_eq(da_ledger_count(d->ledger), 0);
	done();
}
END_TEST

START_TEST(trace_that_lies)
{
	uint64_t e;

	exceptions_setup(8);
	e = exception(exception_mt, "x", 1);
	put(e + TRACE, trace(2, 0x7fffffff));
	throws(new_thread(4, 44), e, false);
	da_clr_exceptions(c);
	ck_assert_uint_eq(got(0)->frames.n, 2);
	ck_assert_uint_eq(notes("counts more frames"), 1);
	done();
}
END_TEST

START_TEST(trace_of_another_type)
{
	uint64_t e, self;

	exceptions_setup(10);
	e = exception(exception_mt, "x", 1);
	self = new_array(objects_mt, 1, 8);
	put(self + 16, self); /* an array whose first element is itself */
	put(e + TRACE, self);
	throws(new_thread(4, 44), e, false);
	da_clr_exceptions(c);
	ck_assert_uint_eq(got(0)->frames.n, 0);
	ck_assert_uint_eq(notes("stack trace"), 1);
	done();
}
END_TEST

START_TEST(messages)
{
	uint64_t e, text;

	exceptions_setup(8);
	text = new_string("a message that is wiped");
	memset(at(text + 12), 0xcc, 2 * 23);
	e = exception(exception_mt, NULL, 1);
	put(e + MESSAGE, text);
	throws(new_thread(4, 44), e, false);
	e = exception(exception_mt, NULL, 1);
	put(e + MESSAGE, BASE + LEN + 64); /* outside */
	throws(new_thread(5, 45), e, false);
	da_clr_exceptions(c);
	ck_assert_ptr_null(got(0)->message);
	ck_assert_ptr_nonnull(strstr(got(0)->message_why, "triage"));
	ck_assert_ptr_null(got(1)->message);
	ck_assert_ptr_nonnull(strstr(got(1)->message_why, "not in the dump"));
	done();
}
END_TEST

START_TEST(nullable_fields)
{
	uint64_t e;

	exceptions_setup(8);
	e = exception(http_mt, "x", 1);
	at(e + EXTRA)[0] = 1;
	put32(e + EXTRA + 4, 503);
	put32(e + EXTRA + 8, 2);
	throws(new_thread(4, 44), e, false);
	e = exception(http_mt, "x", 1);
	put32(e + EXTRA + 4, 503); /* has no value */
	throws(new_thread(5, 45), e, false);
	da_clr_exceptions(c);
	ck_assert_uint_eq(got(0)->fields.n, 2);
	ck_assert_str_eq(got(0)->fields.v[0].value, "503");
	ck_assert_str_eq(got(0)->fields.v[1].value, "2 (ConnectionError)");
	ck_assert_uint_eq(got(1)->fields.n, 0);
	done();
}
END_TEST

/* Of the program's own types, those that they derive from included, but nothing of System.* by its raw name. */
START_TEST(own_fields)
{
	static const char *const wanted[][2] = {
		{ "Machine", "web-02" }, { "_code", "-7" }, { "<>odd", "true" }, { "_list", "System.Object[]" },
		{ "Id", "03020100-0504-0706-0809-0a0b0c0d0e0f" }, { "Base", "100" },
	};
	uint64_t base, own, e;

	exceptions_setup(10);
	base = new_type("Shop.ShopException", file_mt);
	field(base, "<Base>k__BackingField", EXTRA + 8, T_I4);
	own = new_type("Shop.DeploymentException", base);
	field(own, "<Machine>k__BackingField", EXTRA - 8, T_CLASS);
	field(own, "_code", EXTRA + 12, T_I4);
	field(own, "<>odd", EXTRA + 16, T_BOOL);
	field(own, "_nothing", EXTRA + 24, T_CLASS);
	field(own, "_list", EXTRA + 32, T_CLASS);
	field(own, "<Id>k__BackingField", EXTRA - 40, T_VALUE);
	field(own, "_wild", 0xfffffff0, T_I4);
	e = exception(own, "x", 1);
	put(e + EXTRA, new_string("index.json"));
	put(e + EXTRA - 8, new_string("web-02"));
	put32(e + EXTRA + 8, 100);
	put32(e + EXTRA + 12, (uint32_t)-7);
	at(e + EXTRA + 16)[0] = 1;
	put(e + EXTRA + 32, new_array(objects_mt, 2, 8));
	put(e + EXTRA - 40, 0x0706050403020100);
	put(e + EXTRA - 32, 0x0f0e0d0c0b0a0908);
	throws(new_thread(4, 44), e, false);
	da_clr_exceptions(c);
	ck_assert_uint_eq(got(0)->fields.n, DA_ARRAY_SIZE(wanted) + 1);
	for (size_t i = 0; i < DA_ARRAY_SIZE(wanted); i++) {
		ck_assert_str_eq(got(0)->fields.v[i].name, wanted[i][0]);
		ck_assert_str_eq(got(0)->fields.v[i].value, wanted[i][1]);
		ck_assert(got(0)->fields.v[i].own);
	}
	ck_assert_str_eq(got(0)->fields.v[6].name, "file");
	ck_assert(!got(0)->fields.v[6].own);
	done();
}
END_TEST

UNIT_MAIN("clr_exceptions", chain, reference, last_thrown, circles, records_in_circles, members, members_that_are_not_there,
	  endless_members, deep,
	  traces, trace_that_lies, trace_of_another_type, messages, nullable_fields,
	  own_fields)
