/* SPDX-License-Identifier: Apache-2.0 */
/* Waits that are for no lock: time, messages, sockets, files and pipes, ports, calls of other processes. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "wait/nt.h"

#define TEXT_MAX 200 /* units of a message box's text that are told */

static const struct da_nt_row *row_at(const struct da_nt *n, unsigned frame)
{
	return frame < n->s.n ? n->s.f[frame].row : NULL;
}

/* ---------------------------------------------------------------- time */

/* Sleep(ms), SleepEx(ms, alertable), NtDelayExecution(alertable, time): the outermost is the program's own. */
static bool sleeps_for(struct da_nt *n, uint64_t *ret_us, bool *ret_endless)
{
	const struct da_nt_stack *s = &n->s;
	uint64_t ms;

	for (unsigned i = s->n; i-- > 0;)
		if (s->f[i].row && s->f[i].row->kind == DA_NT_SLEEP && s->f[i].row->arg == 0 &&
		    da_nt_best(n, i, 0, DA_NT_BY_STACK, &ms)) {
			*ret_us = (ms & UINT32_MAX) * 1000;
			*ret_endless = (uint32_t)ms == UINT32_MAX; /* INFINITE */
			return !*ret_endless;
		}
	return s->stub < s->n && da_nt_timeout(n, s->stub, 1, ret_us);
}

static bool wait_sleep(struct da_nt *n)
{
	struct da_wait *wait = da_nt_add(n, DA_WAIT_SLEEP, 0.98f, da_printf(n->w.d->arena, "%s: sleeps", da_nt_way(n)));
	uint64_t us;

	if (sleeps_for(n, &us, &wait->endless)) {
		wait->has_timeout = true;
		wait->timeout_us = us;
	}
	return true;
}

/* ---------------------------------------------------------------- files, sockets, ports */

static bool is_file(struct da_nt *n, uint64_t v, void *ctx)
{
	const struct da_handle *h = da_nt_handle(n, v);
	const char *type = ctx;

	if (v == 0 || v % 4 || v >= 0x1000000)
		return false;
	return n->w.p->handles.n == 0 || (h && (!h->type || da_streq(h->type, type)));
}

/* The only handle of the type in the frames up to this one. */
struct only {
	const char *type;
	uint64_t handle;
	bool many;
};

static bool is_another(struct da_nt *n, uint64_t v, void *ctx)
{
	struct only *o = ctx;

	if (n->w.p->handles.n == 0 || !is_file(n, v, (void *)o->type) || !da_nt_handle(n, v)->type)
		return false;
	o->many = o->many || (o->handle && o->handle != v);
	o->handle = v;
	return false; /* look at all */
}

static bool only_one(struct da_nt *n, unsigned last, const char *type, struct da_nt_value *ret)
{
	struct only o = { .type = type };
	struct da_nt_value v;

	da_nt_any(n, last, is_another, &o, &v);
	if (!o.handle || o.many)
		return false;
	*ret = (struct da_nt_value){ o.handle, DA_NT_BY_WORD, "the only such handle on its stack" };
	return true;
}

static const char *say_handle(struct da_nt *n, unsigned frame, unsigned arg, const char *type, const char *what,
			      const struct da_handle **ret)
{
	struct da_arena *a = n->w.d->arena;
	struct da_nt_value v;

	*ret = NULL;
	if (!da_nt_arg(n, frame, arg, is_file, (void *)type, &v) && !only_one(n, frame, type, &v))
		return what;
	if (n->w.p->handles.n == 0 && v.confidence < DA_NT_BY_REGISTER)
		return what;
	*ret = da_nt_handle(n, v.v);
	return da_printf(a, "%s%s%s (handle " DA_ADDR("0x%" PRIx64) ", by %s)", what, *ret && (*ret)->name ? " " : "",
			 *ret && (*ret)->name ? da_printf(a, DA_PATH("%s"), (*ret)->name) : "", v.v, v.from);
}

static bool wait_file(struct da_nt *n)
{
	const struct da_nt_row *row = row_at(n, n->s.stub);
	const struct da_handle *h = NULL;
	const char *what = row->arg < 0 ? row->what : say_handle(n, n->s.stub, 0, "File", "a file", &h);

	da_nt_add(n, da_nt_file_kind(h), 0.9f, row->arg < 0 ? da_printf(n->w.d->arena, "%s: %s", da_nt_way(n), what)
					       : da_printf(n->w.d->arena, "%s: %s %s", da_nt_way(n), row->what, what));
	return true;
}

static bool wait_socket(struct da_nt *n)
{
	const struct da_nt_stack *s = &n->s;
	const struct da_nt_row *row = s->f[s->api].row;
	unsigned last = s->api;
	const struct da_handle *h;
	const char *what = row->what;

	while (last + 1 < s->n && s->f[last + 1].row && s->f[last + 1].row->kind == DA_NT_SOCKET)
		last++;
	row = s->f[last].row;
	if (row->arg >= 0)
		what = da_printf(n->w.d->arena, "%s %s", row->what, say_handle(n, last, 0, "File", "a socket", &h));
	else
		what = row->what;
	da_nt_add(n, DA_WAIT_SOCKET, 0.95f, da_printf(n->w.d->arena, "%s: %s", da_nt_way(n), what));
	return true;
}

static bool wait_port(struct da_nt *n)
{
	const struct da_handle *h;

	if (row_at(n, n->s.stub)->kind == DA_NT_WORKER) {
		struct da_thread *t = &n->w.p->threads.v[n->s.thread];

		if (t->role == DA_ROLE_UNKNOWN)
			t->role = DA_ROLE_WORKER;
		da_nt_add(n, DA_WAIT_IO_COMPLETION, 0.97f,
			  da_printf(n->w.d->arena, "%s: a worker of a thread pool waits for work", da_nt_way(n)));
		return true;
	}
	da_nt_add(n, DA_WAIT_IO_COMPLETION, 0.97f,
		  da_printf(n->w.d->arena, "%s: waits for %s", da_nt_way(n),
			    say_handle(n, n->s.stub, 0, "IoCompletion", "an I/O completion port", &h)));
	return true;
}

/* ---------------------------------------------------------------- windows */

static bool is_text_unit(uint32_t c)
{
	return c >= 0x20 || c == '\n' || c == '\r' || c == '\t';
}

/* A text of this width that ends with its zero; *ctx: where it goes. */
struct text {
	bool wide;
	const char *text;
};

static bool is_text(struct da_nt *n, uint64_t at, void *ctx)
{
	struct text *t = ctx;
	uint8_t bytes[2 * TEXT_MAX];
	size_t have, units = 0, width = t->wide ? 2 : 1;

	if (at < DA_NULL_PAGE || (t->wide && at % 2))
		return false;
	have = da_mem_read_some(n->w.m, at, bytes, TEXT_MAX * width) / width;
	while (units < have) {
		uint32_t c = t->wide ? bytes[2 * units] | (uint32_t)bytes[2 * units + 1] << 8 : bytes[units];

		if (c == 0)
			break;
		if (!is_text_unit(c))
			return false;
		units++;
	}
	if (units == 0 || (units == have && have < TEXT_MAX))
		return false;
	t->text = t->wide ? da_text_utf16(n->w.d->arena, bytes, units, false) : da_text(n->w.d->arena, bytes, units);
	return true;
}

/* MessageBox…(window, text, title, …): the outermost such function, whose caller is the program. */
static bool wait_box(struct da_nt *n)
{
	struct da_arena *a = n->w.d->arena;
	const struct da_nt_stack *s = &n->s;
	const char *says = NULL;
	struct da_wait *wait;

	for (unsigned i = s->n; i-- > 0;) {
		const struct da_nt_row *row = s->f[i].row;
		struct text text = { .wide = row && row->what && *row->what == 'W' }, title = text;
		struct da_nt_value v[2];
		bool has_title;

		if (!row || row->kind != DA_NT_BOX || row->arg < 0)
			continue;
		if (da_nt_args(n, i, 1, v, 1) != 1 || v[0].confidence < DA_NT_BY_HOME || !is_text(n, v[0].v, &text))
			continue;
		has_title = da_nt_args(n, i, 2, v, 1) == 1 && v[0].confidence >= DA_NT_BY_HOME && is_text(n, v[0].v, &title);
		says = da_printf(a, DA_SITE("%s") "%s", text.text,
				 has_title ? da_printf(a, ", titled " DA_SITE("%s"), title.text) : "");
		break;
	}
	wait = da_nt_add(n, DA_WAIT_MESSAGE, 0.95f, da_printf(a, "%s: shows a message box and waits for an answer%s%s", da_nt_way(n),
							      says ? ": " : "", says ? says : ""));
	wait->box = DA_BOX_MESSAGE;
	wait->text = says;
	return true;
}

static bool wait_dialog(struct da_nt *n)
{
	da_nt_add(n, DA_WAIT_MESSAGE, 0.9f, da_printf(n->w.d->arena, "%s: shows a dialog and waits for a message to it",
						      da_nt_way(n)))->box = DA_BOX_DIALOG;
	return true;
}

/* ---------------------------------------------------------------- others */

static bool plain(struct da_nt *n, enum da_lock_kind kind, float confidence, const char *what)
{
	da_nt_add(n, kind, confidence, da_printf(n->w.d->arena, "%s: %s", da_nt_way(n), what));
	return true;
}

/*
 * Since Windows 8 a loader waits for the work of another one by an event; while it runs initialisers, that one holds the
 * loader lock.
 */
static bool wait_loader(struct da_nt *n)
{
	struct da_wait *wait = da_nt_add(n, DA_LOCK_LOADER, 0.85f, da_printf(n->w.d->arena, "%s: %s", da_nt_way(n),
									     n->s.f[n->s.api].row->what));
	uint32_t index;

	if (!n->loader_lock)
		return true;
	wait->owner = da_nt_section_lock(n, n->loader_lock, &index)->owner;
	wait->lock = index;
	wait->address = n->loader_lock;
	return true;
}

static bool wait_pipe(struct da_nt *n)
{
	const struct da_nt_row *row = n->s.f[n->s.api].row;
	const struct da_handle *h;

	if (row->arg < 0)
		return plain(n, DA_WAIT_PIPE, 0.95f, row->what);
	return plain(n, DA_WAIT_PIPE, 0.95f,
		     da_printf(n->w.d->arena, "%s %s", row->what, say_handle(n, n->s.api, 0, "File", "a named pipe", &h)));
}

static bool by_api(struct da_nt *n, const struct da_nt_row *row)
{
	switch ((enum da_nt_kind)row->kind) {
	case DA_NT_SLEEP: return wait_sleep(n);
	case DA_NT_SOCKET: return wait_socket(n);
	case DA_NT_BOX: return wait_box(n);
	case DA_NT_DIALOG: return wait_dialog(n);
	case DA_NT_GET_MESSAGE:
	case DA_NT_WAIT_MESSAGE: return plain(n, DA_WAIT_MESSAGE, 0.95f, row->what);
	case DA_NT_SEND_MESSAGE: return plain(n, DA_WAIT_MESSAGE, 0.9f, row->what);
	case DA_NT_RPC:
	case DA_NT_RPC_SERVER: return plain(n, DA_WAIT_ALPC, 0.9f, row->what);
	case DA_NT_COM: return plain(n, DA_WAIT_ALPC, 0.85f, row->what ? row->what : "waits in COM for a handle or a call");
	case DA_NT_PIPE: return wait_pipe(n);
	case DA_NT_CONSOLE: return plain(n, DA_WAIT_FILE, 0.95f, row->what);
	case DA_NT_POOL_WAIT: return plain(n, DA_LOCK_EVENT, 0.9f, row->what);
	case DA_NT_ONCE: return plain(n, DA_LOCK_ADDRESS, 0.9f, row->what);
	case DA_NT_LOADER: return wait_loader(n);
	default: return false;
	}
}

static bool by_stub(struct da_nt *n, const struct da_nt_row *row)
{
	switch ((enum da_nt_kind)row->kind) {
	case DA_NT_DELAY: return wait_sleep(n);
	case DA_NT_PORT:
	case DA_NT_WORKER: return wait_port(n);
	case DA_NT_READ:
	case DA_NT_WRITE:
	case DA_NT_CONTROL:
	case DA_NT_FILE: return wait_file(n);
	case DA_NT_ALPC: return plain(n, DA_WAIT_ALPC, 0.9f, "waits at an ALPC port for another process");
	case DA_NT_GET_MESSAGE:
	case DA_NT_WAIT_MESSAGE: return plain(n, DA_WAIT_MESSAGE, 0.95f, row->what);
	case DA_NT_SEND_MESSAGE: return plain(n, DA_WAIT_MESSAGE, 0.9f, row->what);
	case DA_NT_DEBUG: return plain(n, DA_WAIT_DEBUGGER, 0.95f, "waits for an event of the process that it debugs");
	case DA_NT_KEYED: return plain(n, DA_LOCK_UNKNOWN, 0.7f, "waits for a keyed event: a lock of its library");
	case DA_NT_ALERT: return plain(n, DA_LOCK_ADDRESS, 0.7f, "waits until another thread wakes it: a lock or a word");
	default: return false;
	}
}

bool da_nt_wait_call(struct da_nt *n)
{
	const struct da_nt_row *api = row_at(n, n->s.api), *stub = row_at(n, n->s.stub);

	if (api && by_api(n, api))
		return true;
	return stub && by_stub(n, stub);
}
