/* SPDX-License-Identifier: Apache-2.0 */
/* What a process that reads a dump may not do: write cores, eat the machine, talk, start programs. */
#ifndef DA_APP_SANDBOX_H
#define DA_APP_SANDBOX_H

#include <stdint.h>

#include "base/status.h"

/* max_memory 0: half of this machine's. Mapped dumps do not count. */
void da_limit_resources(uint64_t max_memory);
/* No sockets, no exec, no ptrace from here on; silently nothing where libseccomp is not built in. */
void da_forbid_calls(void);

#endif
