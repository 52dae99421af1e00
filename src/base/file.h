/* SPDX-License-Identifier: Apache-2.0 */
/* Files as read-only mappings. A file that shrinks while mapped kills the stage, not the report. */
#ifndef DA_BASE_FILE_H
#define DA_BASE_FILE_H

#include "base/cursor.h"
#include "base/status.h"

struct da_arena;

/*
 * Map a regular file whole; unmapped when the arena ends. DA_IO (errno set), DA_UNSUPPORTED when it is
 * no regular file, DA_LIMIT when it is larger than max. An empty file gives n = 0.
 */
enum da_status da_map_file(struct da_arena *a, const char *path, uint64_t max, struct da_bytes *ret)
	DA_MUST_CHECK;
/* The same for an open descriptor, which stays open and the caller's. */
enum da_status da_map_fd(struct da_arena *a, int fd, uint64_t max, struct da_bytes *ret) DA_MUST_CHECK;

#endif
