/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "unit/unit.h"

static char path[64];

static int temporary(const char *contents)
{
	int fd;

	strcpy(path, "/tmp/dumpan-t_file.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, contents, strlen(contents)), (ssize_t)strlen(contents));
	return fd;
}

START_TEST(maps_a_file_whole)
{
	struct da_arena *a = da_arena_new();
	struct da_bytes b = { 0 };
	int fd = temporary("contents");

	ck_assert_int_eq(da_map_file(a, path, 8, &b), DA_OK);
	ck_assert_uint_eq(b.n, 8);
	ck_assert_mem_eq(b.p, "contents", 8);
	ck_assert_int_eq(da_map_fd(a, fd, UINT64_MAX, &b), DA_OK);
	ck_assert_mem_eq(b.p, "contents", 8);
	unlink(path);
	ck_assert_mem_eq(b.p, "contents", 8);
	da_arena_free(a);
	ck_assert_int_eq(fcntl(fd, F_GETFD) >= 0, 1); /* stays the caller's */
	close(fd);
}
END_TEST

START_TEST(refuses_what_is_too_large)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_bytes b = { (const uint8_t *)"kept", 4 };
	int fd = temporary("contents");

	ck_assert_int_eq(da_map_fd(a, fd, 7, &b), DA_LIMIT);
	ck_assert_uint_eq(b.n, 4);
	unlink(path);
	close(fd);
}
END_TEST

START_TEST(empty_file)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_bytes b = { NULL, 9 };
	int fd = temporary("");

	ck_assert_int_eq(da_map_fd(a, fd, 7, &b), DA_OK);
	ck_assert_uint_eq(b.n, 0);
	ck_assert_ptr_nonnull(b.p);
	unlink(path);
	close(fd);
}
END_TEST

START_TEST(not_a_file)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_bytes b = { 0 };
	int fd = temporary("");

	ck_assert_int_eq(da_map_file(a, "/nonexistent/x", 7, &b), DA_IO);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(da_map_file(a, "/tmp", 7, &b), DA_UNSUPPORTED);
	ck_assert_int_eq(da_map_file(a, "/dev/null", 7, &b), DA_UNSUPPORTED);
	unlink(path);
	close(fd);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(da_map_file(a, path, 7, &b), DA_UNSUPPORTED); /* and does not hang */
	unlink(path);
}
END_TEST

UNIT_MAIN("file", maps_a_file_whole, refuses_what_is_too_large, empty_file, not_a_file)
