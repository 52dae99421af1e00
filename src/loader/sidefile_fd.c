/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PID.fd beside a dump: what `ls -l /proc/PID/fd` printed while the process ran. proc(5): each entry is a
 * symbolic link from the number of a descriptor to a path or to a kind and an inode ("socket:[4711]", "pipe:[9]",
 * "anon_inode:[eventpoll]"). A line is read from its arrow: the number stands before it, the target after it, so
 * the columns of ls before them may be any.
 */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/rich.h"
#include "loader/sidefile.h"

#define ARROW " -> "

/* What stands before the number is a time or nothing: a blank, or the start of the line. */
static bool number_before(const char *line, const char *arrow, uint64_t *ret)
{
	const char *p = arrow;
	uint64_t n = 0;

	while (p > line && p[-1] >= '0' && p[-1] <= '9')
		p--;
	if (p == arrow || arrow - p > 9 || (p > line && p[-1] != ' '))
		return false;
	for (; p < arrow; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	*ret = n;
	return true;
}

static const char *type_of(const char *target)
{
	static const struct {
		const char *start, *type;
	} types[] = {
		{ "socket:", "socket" }, { "pipe:", "pipe" }, { "anon_inode:[eventpoll]", "epoll" },
		{ "anon_inode:[eventfd]", "eventfd" }, { "anon_inode:[timerfd]", "timerfd" },
		{ "anon_inode:inotify", "inotify" }, { "anon_inode:[io_uring]", "io_uring" },
		{ "anon_inode:[pidfd]", "process" }, { "anon_inode:", "anonymous inode" },
		{ "/memfd:", "memory file" }, { "/dev/", "device" }, { "/", "file" },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(types); i++)
		if (!strncmp(target, types[i].start, strlen(types[i].start)))
			return types[i].type;
	return "other";
}

static void read_line(struct da_dump *d, const char *line, size_t n)
{
	const char *arrow = memmem(line, n, ARROW, strlen(ARROW)), *target;
	struct da_handle h = { .count = 1 };
	size_t length;

	if (!arrow || !number_before(line, arrow, &h.handle))
		return;
	target = arrow + strlen(ARROW);
	length = (size_t)(line + n - target);
	if (length == 0 || length > PATH_MAX)
		return;
	h.name = da_text(d->arena, target, length);
	h.type = type_of(h.name);
	da_vec_push(d->arena, &d->proc.handles, h);
}

static int by_number(const void *x, const void *y)
{
	const struct da_handle *a = x, *b = y;

	return a->handle < b->handle ? -1 : a->handle > b->handle;
}

void da_read_descriptors(struct da_dump *d, struct da_bytes b, const char *name)
{
	struct da_bytes line;

	if (d->proc.handles.n > 0)
		return;
	while (d->proc.handles.n < d->limits->handles && da_beside_line(&b, &line))
		read_line(d, (const char *)line.p, line.n);
	if (d->proc.handles.n == 0)
		da_note(d->ledger, DA_NOTE_CORRUPT, "file descriptors",
			"Write it with: ls -l /proc/PID/fd > PID.fd",
			DA_PATH("%s") " has no line of a descriptor and its target (5 -> socket:[4711])", name);
	else
		qsort(d->proc.handles.v, d->proc.handles.n, sizeof(*d->proc.handles.v), by_number);
}
