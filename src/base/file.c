/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"

struct mapping {
	void *p;
	size_t n;
};

static void unmap(void *ptr)
{
	struct mapping *m = ptr;

	munmap(m->p, m->n);
}

enum da_status da_map_fd(struct da_arena *a, int fd, uint64_t max, struct da_bytes *ret)
{
	struct mapping *m;
	struct stat st;
	void *p;

	if (fstat(fd, &st) != 0)
		return DA_IO;
	if (!S_ISREG(st.st_mode))
		return DA_UNSUPPORTED;
	if ((uint64_t)st.st_size > max || (uint64_t)st.st_size > SIZE_MAX)
		return DA_LIMIT;
	if (st.st_size == 0) {
		*ret = (struct da_bytes){ (const uint8_t *)"", 0 };
		return DA_OK;
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return DA_IO;
	m = da_new(a, struct mapping);
	*m = (struct mapping){ p, (size_t)st.st_size };
	da_arena_on_free(a, unmap, m);
	*ret = (struct da_bytes){ p, m->n };
	return DA_OK;
}

enum da_status da_map_file(struct da_arena *a, const char *path, uint64_t max, struct da_bytes *ret)
{
	/* O_NONBLOCK: opening a FIFO that stands where a symbol file should be must not hang. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum da_status status;
	int error;

	if (fd < 0)
		return DA_IO;
	status = da_map_fd(a, fd, max, ret);
	error = errno;
	close(fd);
	errno = error;
	return status;
}
