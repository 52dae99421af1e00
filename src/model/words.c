/* SPDX-License-Identifier: Apache-2.0 */
/* The closed sets of words that the model's enums stand for; report-json and page use the same. */
#include "config.h"

#include "model/model.h"

#define WORDS(function, type, ...)                                                       \
	const char *function(type value)                                                 \
	{                                                                                \
		static const char *const words[] = { __VA_ARGS__ };                      \
		return (size_t)value < DA_ARRAY_SIZE(words) ? words[value] : "unknown";  \
	}

WORDS(da_range_kind_name, enum da_range_kind, "other", "image", "heap", "stack", "gc", "code",
      "mapped-file", "anonymous", "shared", "reserved")
WORDS(da_symbols_kind_name, enum da_symbols_kind, "none", "dynamic", "public", "full")
WORDS(da_match_name, enum da_match, "none", "build-id", "pdb-id", "debuglink-crc", "timestamp-size",
      "contents", "memory", "mismatch")
WORDS(da_module_class_name, enum da_module_class, "own", "system", "runtime")
WORDS(da_trust_name, enum da_trust, "none", "scan", "frame-pointer", "cfi", "runtime", "context")
WORDS(da_stack_end_name, enum da_stack_end, "complete", "cycle", "missing-memory", "limit",
      "no-unwind-info", "corrupt")
WORDS(da_frame_kind_name, enum da_frame_kind, "unknown", "native", "managed", "stub", "dynamic",
      "runtime")
WORDS(da_state_name, enum da_state, "unknown", "running", "blocked", "waiting", "idle", "sleeping",
      "suspended", "faulted", "exited")
WORDS(da_role_name, enum da_role, "unknown", "main", "user", "debugger")
WORDS(da_access_name, enum da_access, "unknown", "read", "write", "execute")
WORDS(da_os_name, enum da_os, "other", "linux", "windows", "macos", "freebsd", "netbsd", "other")
