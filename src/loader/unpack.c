/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/loader.h"

#define DA_UNPACKER(name) extern const struct da_unpacker da_unpacker_##name;
#include "loader/unpackers.def"
#undef DA_UNPACKER

const struct da_unpacker *const da_unpackers[] = {
#define DA_UNPACKER(name) &da_unpacker_##name,
#include "loader/unpackers.def"
#undef DA_UNPACKER
};

const size_t da_unpackers_n = DA_ARRAY_SIZE(da_unpackers);

/* Runs of zeros of at least this size become holes: a core is mostly untouched stacks. */
#define HOLE 4096

struct da_sink {
	int fd;
	uint64_t size, max;
	const struct da_unpack_options *o;
};

static bool is_zero(const uint8_t *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static enum da_status write_at(struct da_sink *s, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t k = pwrite(s->fd, p, n, (off_t)s->size);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return DA_IO;
		p += k;
		n -= (size_t)k;
		s->size += (uint64_t)k;
	}
	return DA_OK;
}

enum da_status da_sink_write(struct da_sink *s, const void *p, size_t n)
{
	const uint8_t *b = p;

	if (n > s->max - s->size)
		return DA_LIMIT;
	while (n) {
		size_t block = DA_MIN(n, HOLE - (size_t)(s->size % HOLE));
		enum da_status status = DA_OK;

		if (is_zero(b, block))
			s->size += block;
		else
			status = write_at(s, b, block);
		if (status != DA_OK)
			return status;
		b += block;
		n -= block;
	}
	if (s->o->progress)
		s->o->progress(s->o->ctx, s->size);
	return DA_OK;
}

static int temporary_file(const char *dir)
{
	char path[PATH_MAX];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	/* A file system without O_TMPFILE (overlayfs of older kernels, NFS): unlink at once. */
	if ((size_t)snprintf(path, sizeof(path), "%s/dumpan-XXXXXX", dir) >= sizeof(path))
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static enum da_status sink_open(struct da_sink *s, const struct da_unpack_options *o,
				const char **ret_message)
{
	*s = (struct da_sink){ .fd = temporary_file(o->tmpdir), .max = o->max_expand, .o = o };
	if (s->fd >= 0)
		return DA_OK;
	*ret_message = "no temporary file could be made for unpacking (set TMPDIR)";
	return DA_IO;
}

/* Give the file its full length (the last hole has no bytes) and map it. */
static enum da_status sink_map(struct da_dump *d, struct da_sink *s, const char **ret_message)
{
	enum da_status status = DA_IO;

	if (ftruncate(s->fd, (off_t)s->size) == 0)
		status = da_map_fd(d->arena, s->fd, UINT64_MAX, &d->file);
	if (status != DA_OK)
		*ret_message = strerror(errno);
	return status;
}

static enum da_status unpack_with(struct da_dump *d, const struct da_unpacker *u,
				  const struct da_unpack_options *o, const char **ret_message)
{
	struct da_bytes packed = d->file;
	struct da_sink sink;
	const char *why = NULL;
	enum da_status status, mapped;

	d->origin.compression = u->name;
	d->origin.compressed_bytes = packed.n;
	if (!u->run) {
		*ret_message = da_printf(d->arena, "it is compressed with %s, which this dumpan was "
					 "built without (%s brings it)", u->name, u->package);
		return DA_UNSUPPORTED;
	}
	status = sink_open(&sink, o, ret_message);
	if (status != DA_OK)
		return status;
	status = u->run(packed, &sink, &why);
	if (status == DA_IO) {
		*ret_message = da_printf(d->arena, "unpacking to %s failed: %s", o->tmpdir,
					 strerror(errno));
	} else if (status == DA_LIMIT && sink.size == 0) {
		*ret_message = "is larger, unpacked, than --max-expand allows";
	} else if (status == DA_LIMIT) {
		da_note(d->ledger, DA_NOTE_LIMIT, "unpacking",
			"give a larger --max-expand", "stopped after %llu bytes",
			(unsigned long long)sink.size);
		d->origin.truncated = true;
	} else if (status == DA_PARTIAL && sink.size == 0) {
		*ret_message = da_printf(d->arena, "is compressed with %s, but nothing of it can be unpacked: %s. Copy "
					 "the file again; if it was made as a difference to another file, that one "
					 "is needed to unpack it", u->name, why ? why : "it is damaged");
		status = DA_CORRUPT;
	} else if (status == DA_PARTIAL) {
		da_note(d->ledger, DA_NOTE_CUT, "unpacking", "copy the whole file again",
			"the %s stream ends after %llu unpacked bytes: %s", u->name,
			(unsigned long long)sink.size, why ? why : "damaged");
		d->origin.truncated = true;
	} else if (status != DA_OK) {
		*ret_message = da_printf(d->arena, "it looks like %s, but it cannot be unpacked: %s",
					 u->name, why ? why : da_status_name(status));
	}
	if (status == DA_OK || status == DA_PARTIAL || (status == DA_LIMIT && sink.size)) {
		mapped = sink_map(d, &sink, ret_message);
		status = mapped != DA_OK ? mapped : status == DA_OK ? DA_OK : DA_PARTIAL;
	}
	close(sink.fd);
	return status;
}

/* Standard input is kept as a file: memory maps need one, and a core comes with holes worth keeping. */
static enum da_status read_stdin(struct da_dump *d, const struct da_unpack_options *o,
				 const char **ret_message)
{
	uint8_t *buffer = da_alloc(d->arena, 1 << 16);
	struct da_sink sink;
	enum da_status status = da_map_fd(d->arena, STDIN_FILENO, UINT64_MAX, &d->file);

	if (status == DA_OK) /* "< core": already a file */
		return DA_OK;
	status = sink_open(&sink, o, ret_message);
	while (status == DA_OK) {
		ssize_t n = read(STDIN_FILENO, buffer, 1 << 16);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*ret_message = strerror(errno);
			status = DA_IO;
		}
		if (n <= 0)
			break;
		status = da_sink_write(&sink, buffer, (size_t)n);
		if (status != DA_OK)
			*ret_message = status == DA_LIMIT ? "more than --max-expand allows"
							  : strerror(errno);
	}
	if (status == DA_OK)
		status = sink_map(d, &sink, ret_message);
	if (sink.fd >= 0)
		close(sink.fd);
	return status;
}

static enum da_status map_input(struct da_dump *d, const char *path,
				const struct da_unpack_options *o, const char **ret_message)
{
	enum da_status status;
	struct stat st;

	if (da_streq(path, "-")) {
		d->origin.file = "-";
		return read_stdin(d, o, ret_message);
	}
	d->origin.file = da_text(d->arena, da_basename(path), strlen(da_basename(path)));
	d->origin.folder = da_strndup(d->arena, path, (size_t)(da_basename(path) - path));
	status = da_map_file(d->arena, path, UINT64_MAX, &d->file);
	if (status == DA_OK)
		return DA_OK;
	*ret_message = strerror(errno);
	if (status == DA_UNSUPPORTED && stat(path, &st) == 0) {
		*ret_message = S_ISDIR(st.st_mode) ? "it is a directory, not a file; name the dump in it"
						   : "it is not a regular file; pipe it in and name '-'";
	}
	return status;
}

enum da_status da_unpack(struct da_dump *d, const char *path, const struct da_unpack_options *o,
			 const char **ret_message)
{
	enum da_status status = map_input(d, path, o, ret_message);

	if (status != DA_OK)
		return status;
	for (size_t i = 0; i < da_unpackers_n && status == DA_OK; i++)
		if (da_unpackers[i]->match(d->file.p, d->file.n)) {
			status = unpack_with(d, da_unpackers[i], o, ret_message);
			break;
		}
	d->origin.bytes = d->file.n;
	return status;
}
