/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/status.h"

const char *da_status_name(enum da_status status)
{
	static const char *const names[] = {
		[DA_OK] = "ok", [DA_PARTIAL] = "partial", [DA_NOT_FOUND] = "not-found",
		[DA_FAULT] = "fault", [DA_CORRUPT] = "corrupt", [DA_LIMIT] = "limit",
		[DA_UNSUPPORTED] = "unsupported", [DA_NOMEM] = "no-memory", [DA_IO] = "io",
	};

	return (unsigned)status < DA_ARRAY_SIZE(names) ? names[status] : "unknown";
}
