/* SPDX-License-Identifier: Apache-2.0 */
/* The threads of a program compiled ahead of time: the runtime's list, and their managed objects. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/coreclr/aot.h"

enum { ENTRIES = 1024, GLOBALS = 64, NAME_BYTES = 64, STATICS_BYTES = 1 << 16, ROOTS = 64, ID_MAX = 1 << 24 };

/* Thread._threadState: System.Threading.ThreadState, and a bit of the library's own. */
enum { STATE_BACKGROUND = 0x4, STATE_POOL = 0x1000 };

/* ---------------------------------------------------------------- the layout */

/* What the table behind the header calls a field, and what fields.def does. */
static const struct {
	const char *type, *field;
	enum da_clr_field known;
} header_fields[] = {
	{ "ThreadStore", "m_ThreadList", DA_CLR_ThreadStore_FirstThreadLink },
	{ "ThreadBuffer", "m_pNext", DA_CLR_Thread_LinkNext }, /* 8 */
	{ "ThreadBuffer", "m_threadId", DA_CLR_Thread_OSId },
	{ "ThreadBuffer", "m_pExInfoStackHead", DA_CLR_Thread_ExceptionTracker },
	{ "RuntimeThreadLocals", "m_pNext", DA_CLR_Thread_LinkNext },
	{ "RuntimeThreadLocals", "m_threadId", DA_CLR_Thread_OSId },
	{ "RuntimeThreadLocals", "m_pExInfoStackHead", DA_CLR_Thread_ExceptionTracker },
	{ "ExInfo", "m_pPrevExInfo", DA_CLR_ExceptionInfo_PreviousNestedInfo },
	{ "ExInfo", "m_exception", DA_CLR_ExceptionInfo_ThrownObject },
};

/* Is this the text at the address? Unreadable counts as no. */
static bool text_is(const struct da_clr *c, uint64_t at, const char *text)
{
	char buffer[NAME_BYTES];
	size_t n = strlen(text) + 1;

	return n <= sizeof(buffer) && da_mem_read(c->mem, at, buffer, n, NULL) == DA_OK &&
	       memcmp(buffer, text, n) == 0;
}

static void header_types(struct da_clr *c, uint64_t at)
{
	for (unsigned i = 0; i < ENTRIES; i++, at += 3 * (uint64_t)c->mem->word) {
		uint64_t type, field;
		uint32_t offset;

		if (da_mem_word(c->mem, at, &type) != DA_OK || !type ||
		    da_mem_word(c->mem, at + c->mem->word, &field) != DA_OK ||
		    da_mem_u32(c->mem, at + 2 * (uint64_t)c->mem->word, &offset) != DA_OK || offset > INT32_MAX)
			return;
		for (size_t k = 0; k < DA_ARRAY_SIZE(header_fields); k++)
			if (text_is(c, type, header_fields[k].type) && text_is(c, field, header_fields[k].field))
				c->layout.off[header_fields[k].known] = (int32_t)offset;
	}
}

/*
 * Of the list {name, address} the entry with this name, or, where the names are not in the dump, the one that stands
 * at this place in the runtimes of 8 to 10: the address of what holds the value; 0: there is none.
 */
static uint64_t header_global(struct da_clr *c, uint64_t at, const char *name, unsigned place)
{
	uint64_t second = 0, word = c->mem->word;

	for (unsigned i = 0; i < GLOBALS; i++, at += 2 * word) {
		uint64_t text, value;

		if (da_mem_word(c->mem, at, &text) != DA_OK || !text || da_mem_word(c->mem, at + word, &value) != DA_OK)
			break;
		if (text_is(c, text, name))
			return at + word;
		if (i == place && value)
			second = at + word;
	}
	return second;
}

static void set_variable(struct da_clr *c, enum da_clr_global g, uint64_t address)
{
	if (!address)
		return;
	c->layout.global[g].known = c->layout.global[g].address = true;
	c->layout.global[g].value = address;
}

static void header_globals(struct da_clr *c, uint64_t at)
{
	enum { INSTANCE = 1, COLLECTOR = 2, FREE_OBJECT = 3 };
	uint64_t instance = header_global(c, at, "g_pTheRuntimeInstance", INSTANCE), first;

	/* The RuntimeInstance's first word is the address of the ThreadStore. */
	if (instance && da_mem_word(c->mem, instance, &first) == DA_OK)
		set_variable(c, DA_CLR_G_ThreadStore, first);
	set_variable(c, DA_CLR_G_GcDacVars, header_global(c, at, "g_gcDacGlobals", COLLECTOR));
	if ((first = header_global(c, at, "g_pFreeObjectEEType", FREE_OBJECT)) != 0 &&
	    da_mem_word(c->mem, first, &first) == DA_OK)
		set_variable(c, DA_CLR_G_FreeObjectMethodTable, first);
}

static void read_header(struct da_clr *c, uint64_t header)
{
	uint64_t types, globals;

	if (da_mem_word(c->mem, header + 16, &types) != DA_OK ||
	    da_mem_word(c->mem, header + 16 + c->mem->word, &globals) != DA_OK)
		return;
	header_types(c, types);
	header_globals(c, globals);
}

/* A sub-descriptor, of managed types or of the collector. */
static void merge_part(struct da_clr *c, uint64_t variable)
{
	struct da_clr_source s;
	struct da_clr_merged m;
	enum da_status st;
	uint64_t at;

	if (da_mem_word(c->mem, variable, &at) != DA_OK || !at)
		return;
	st = da_clr_descriptor_at(c, at, &s);
	if (st == DA_PARTIAL)
		s.json = da_aot_text_of_size(c, s.size, false);
	if ((st == DA_OK || st == DA_PARTIAL) && s.json.n)
		(void)da_clr_merge(c->arena, &c->layout, &s, &m);
}

static bool choose_layout(struct da_clr *c, const struct da_aot_found *f, unsigned major, bool *ret_verified)
{
	struct da_clr_merged m;

	da_clr_layout_init(&c->layout);
	if (f->described && f->source.json.n && da_clr_merge(c->arena, &c->layout, &f->source, &m) == DA_OK)
		for (unsigned i = 0; i < m.nsub; i++)
			merge_part(c, m.sub_pointer[i]);
	if (f->header)
		read_header(c, f->header);
	/* Flags of this runtime's own, which are not CoreCLR's. */
	c->layout.off[DA_CLR_Thread_State] = DA_CLR_UNKNOWN;
	if (da_clr_overlay(c->arena, &c->layout, da_printf(c->arena, "aot-%u", major), ret_verified) != DA_OK)
		return false;
	da_clr_gc_vars(c, &c->layout);
	*ret_verified = *ret_verified && !c->windows && !c->arm64;
	return true;
}

/* ---------------------------------------------------------------- the managed object of each */

struct statics {
	uint64_t base, mt;   /* the object with the thread's statics */
	uint32_t words;
};

/* Of several modules each has its own; the program's is a static one. */
static bool statics_of(struct da_clr *c, uint64_t th, struct statics *ret)
{
	uint64_t root, base, size;

	if (DA_CLR_PTR(c, th, Thread, InlinedThreadStatics, &root) != DA_OK || !root ||
	    DA_CLR_PTR(c, root, InlinedThreadStaticRoot, Base, &base) != DA_OK)
		return false;
	ret->base = base;
	ret->mt = da_clr_object_mt(c, base);
	if (!ret->mt || DA_CLR_U32(c, ret->mt, MethodTable, BaseSize, &size) != DA_OK || size > STATICS_BYTES)
		return false;
	ret->words = (uint32_t)(size / c->mem->word) - 1; /* without the header's */
	return true;
}

static uint64_t word_of(struct da_clr *c, const struct statics *s, uint32_t i)
{
	uint64_t v;

	return da_mem_word(c->mem, s->base + (uint64_t)i * c->mem->word, &v) == DA_OK ? v : 0;
}

/* The id that a ManagedThreadId holds; 0: it is none. */
static uint32_t id_of(struct da_clr *c, uint64_t object)
{
	uint64_t id;

	if (!object || !da_clr_object_mt(c, object) ||
	    DA_CLR_U32(c, object, ManagedThreadId, _managedThreadId, &id) != DA_OK || id == 0 || id > ID_MAX)
		return 0;
	return (uint32_t)id;
}

/* Which words of the statics are the Thread and the ManagedThreadId: the one leads to the other. */
static bool find_pair(struct da_clr *c, const struct statics *s, uint32_t *ret_thread, uint32_t *ret_id)
{
	bool found = false;

	for (uint32_t i = 1; i < s->words; i++) {
		uint64_t v = word_of(c, s, i), inner;

		if (!v || !da_clr_object_mt(c, v) ||
		    DA_CLR_PTR(c, v, ManagedThread, _managedThreadId, &inner) != DA_OK || !id_of(c, inner))
			continue;
		for (uint32_t k = 1; k < s->words; k++) {
			if (k == i || word_of(c, s, k) != inner)
				continue;
			if (found)
				return false; /* two such pairs: neither is sure */
			found = true;
			*ret_thread = i;
			*ret_id = k;
		}
	}
	return found;
}

/* The pair that most threads agree on; those without a Thread (the finalizer's) have the id all the same. */
struct slots {
	uint64_t mt, thread_mt, id_mt;
	uint32_t thread, id;
	unsigned agree, differ;
};

static struct slots learn(struct da_clr *c, const struct da_clr_list *list)
{
	struct slots r = { .agree = 0 };

	for (size_t i = 0; i < list->v.n; i++) {
		struct statics s;
		uint32_t thread, id;

		if (!statics_of(c, list->v.v[i], &s) || !find_pair(c, &s, &thread, &id))
			continue;
		if (!r.agree)
			r = (struct slots){ s.mt, da_clr_object_mt(c, word_of(c, &s, thread)),
					    da_clr_object_mt(c, word_of(c, &s, id)), thread, id, 0, 0 };
		if (s.mt == r.mt && thread == r.thread && id == r.id &&
		    da_clr_object_mt(c, word_of(c, &s, thread)) == r.thread_mt)
			r.agree++;
		else
			r.differ++;
	}
	return r;
}

/* Does the symbol, where there is one, say the same? */
static bool symbols_agree(struct da_clr *c, const struct slots *s)
{
	uint64_t known = da_clr_corelib_type(c, "System.Threading.Thread");

	return !known || known == s->thread_mt;
}

static void expose(struct da_clr *c, const struct slots *s, struct da_clr_thread *th, struct da_managed_thread *m)
{
	struct statics st;
	uint64_t object, state;

	if (!statics_of(c, th->address, &st) || st.mt != s->mt)
		return;
	object = word_of(c, &st, s->id);
	if (da_clr_object_mt(c, object) == s->id_mt)
		m->managed_id = id_of(c, object);
	object = word_of(c, &st, s->thread);
	if (!object || da_clr_object_mt(c, object) != s->thread_mt)
		return;
	th->exposed = object;
	if (DA_CLR_U32(c, object, ManagedThread, _threadState, &state) == DA_OK) {
		m->background = state & STATE_BACKGROUND;
		m->threadpool = state & STATE_POOL;
	}
}

/* ---------------------------------------------------------------- the model */

static uint32_t thread_index(const struct da_process *p, uint32_t tid)
{
	for (size_t i = 0; i < p->threads.n; i++)
		if (p->threads.v[i].tid == tid)
			return (uint32_t)i;
	return DA_NONE;
}

static void add_thread(struct da_clr *c, uint64_t address)
{
	struct da_process *p = &c->dump->proc;
	struct da_managed_thread m = { .address = address, .runtime = c->runtime, .exception = DA_NONE };
	uint64_t tid = 0;

	(void)DA_CLR_PTR(c, address, Thread, OSId, &tid);
	m.tid = (uint32_t)tid;
	m.thread = m.tid ? thread_index(p, m.tid) : DA_NONE;
	*da_vec_add(c->arena, &c->threads->v) = (struct da_clr_thread){ .address = address, .tid = m.tid,
									.model = (uint32_t)p->managed_threads.n };
	if (m.thread != DA_NONE)
		*da_map_put(c->arena, &c->threads->by_tid, m.tid, NULL) = c->threads->v.n - 1;
	da_vec_push(c->arena, &p->managed_threads, m);
}

/* Ids are those of living threads: no two are equal. */
static bool ids_differ(struct da_clr *c)
{
	const struct da_process *p = &c->dump->proc;
	struct da_map seen = { 0 };

	for (size_t i = 0; i < c->threads->v.n; i++) {
		uint32_t id = p->managed_threads.v[c->threads->v.v[i].model].managed_id;
		bool new = true;

		if (id)
			(void)da_map_put(c->arena, &seen, id, &new);
		if (!new)
			return false;
	}
	return true;
}

static void forget_ids(struct da_clr *c)
{
	for (size_t i = 0; i < c->threads->v.n; i++) {
		c->dump->proc.managed_threads.v[c->threads->v.v[i].model].managed_id = 0;
		c->threads->v.v[i].exposed = 0;
	}
}

static void read_objects(struct da_clr *c, const struct da_clr_list *list)
{
	struct slots s = learn(c, list);

	if (s.agree > s.differ && symbols_agree(c, &s))
		for (size_t i = 0; i < c->threads->v.n; i++)
			expose(c, &s, &c->threads->v.v[i],
			       &c->dump->proc.managed_threads.v[c->threads->v.v[i].model]);
	else
		s.agree = 0;
	if (!s.agree || !ids_differ(c)) {
		forget_ids(c);
		da_clr_unread(c, "threads");
	}
}

enum da_status da_aot_threads(struct da_aot *t, const struct da_aot_found *f, unsigned major, bool *ret_verified)
{
	struct da_clr *c = &t->clr;
	struct da_process *p = &c->dump->proc;
	struct da_clr_list list;
	enum da_status st;

	if (!choose_layout(c, f, major, ret_verified))
		return DA_NOT_FOUND;
	c->major = major;
	st = da_clr_thread_list(c, c->arena, &list);
	if (st != DA_OK && st != DA_PARTIAL)
		return st;
	if (st == DA_PARTIAL)
		da_clr_unread(c, "threads");
	c->threads = da_calloc(c->arena, 1, sizeof(*c->threads));
	for (size_t i = 0; i < list.v.n; i++)
		add_thread(c, list.v.v[i]);
	read_objects(c, &list);
	for (size_t i = 0; i < p->managed_threads.n; i++) /* all: the vector may have moved */
		if (p->managed_threads.v[i].thread != DA_NONE)
			p->threads.v[p->managed_threads.v[i].thread].managed = &p->managed_threads.v[i];
	return DA_OK;
}
