/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/output.h"

static char *folder_of(struct da_arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return da_strdup(a, ".");
	return slash == path ? da_strdup(a, "/") : da_strndup(a, path, (size_t)(slash - path));
}

/*
 * Something other than a regular file (a device, a pipe) is written to as it is. /dev/stdout and its like
 * are links that end at a regular file when output goes to one: renaming would replace the link itself.
 */
static bool is_special(const char *path)
{
	struct stat st;

	if (da_starts(path, "/dev/") || da_starts(path, "/proc/"))
		return true;
	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* Where the name leads, through links, so that a link stays one; the name itself when it is new. */
static const char *real_path(struct da_arena *a, const char *path)
{
	char *real = is_special(path) ? NULL : realpath(path, NULL);
	const char *copy = real ? da_strdup(a, real) : path;

	free(real);
	return copy;
}

static int named_file(struct da_output *o, struct da_arena *a, const char *folder)
{
	int fd;

	o->temporary = da_printf(a, "%s/.dumpan-XXXXXX", folder);
	fd = mkostemp(o->temporary, O_CLOEXEC);
	if (fd < 0) {
		o->temporary = NULL;
		return fd;
	}
	if (!o->path || is_special(o->path)) {
		unlink(o->temporary);
		o->temporary = NULL;
	}
	return fd;
}

enum da_status da_output_open(struct da_output *o, struct da_arena *a, const char *path,
			      const char *tmpdir)
{
	bool special = !path || is_special(path);
	const char *folder;
	struct stat st;

	if (path)
		path = real_path(a, path);
	folder = special ? tmpdir : folder_of(a, path);
	*o = (struct da_output){ .path = path, .fd = -1 };
	if (path && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return DA_IO;
	}
	if (special)
		o->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (o->fd < 0)
		o->fd = named_file(o, a, folder);
	return o->fd < 0 ? DA_IO : DA_OK;
}

static bool write_all(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t k = write(fd, bytes, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		bytes += k;
		n -= (size_t)k;
	}
	return true;
}

bool da_output_write(void *ctx, const char *bytes, size_t n)
{
	struct da_output *o = ctx;

	return write_all(o->fd, bytes, n);
}

enum da_status da_output_restart(struct da_output *o)
{
	return ftruncate(o->fd, 0) == 0 && lseek(o->fd, 0, SEEK_SET) == 0 ? DA_OK : DA_IO;
}

static enum da_status copy_to(struct da_output *o, int fd)
{
	char buffer[1 << 16];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(o->fd, buffer, sizeof(buffer), at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || !write_all(fd, buffer, (size_t)n))
			return DA_IO;
		at += n;
	}
	return DA_OK;
}

/* The permissions that a plain open() would have given. */
static void set_mode(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	(void)!fchmod(fd, 0666 & ~mask);
}

enum da_status da_output_commit(struct da_output *o)
{
	enum da_status status;
	int fd;

	if (!o->path)
		return copy_to(o, STDOUT_FILENO);
	if (o->temporary) {
		set_mode(o->fd);
		if (rename(o->temporary, o->path) != 0)
			return DA_IO;
		o->temporary = NULL;
		return DA_OK;
	}
	fd = open(o->path, O_WRONLY | O_CLOEXEC | O_TRUNC);
	if (fd < 0)
		return DA_IO;
	status = copy_to(o, fd);
	if (close(fd) != 0)
		status = DA_IO;
	return status;
}

bool da_output_unread(const struct da_output *o)
{
	return !o->path && errno == EPIPE;
}

void da_output_close(struct da_output *o)
{
	int error = errno;

	if (o->temporary)
		unlink(o->temporary);
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
	o->temporary = NULL;
	errno = error;
}
