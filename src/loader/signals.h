/* SPDX-License-Identifier: Apache-2.0 */
/* Private to loader/: what the containers must know of Linux signals. fault/ knows the rest. */
#ifndef DA_LOADER_SIGNALS_H
#define DA_LOADER_SIGNALS_H

#include "base/base.h"

/* Also those without a name: "SIGRTMIN+3", "signal 70". */
const char *da_loader_signal_name(struct da_arena *a, int32_t n);
/* Not one that stops or informs, by which nobody dies: a dump with that is one of a living process. */
bool da_loader_signal_kills(int32_t signo, bool by_debugger);
/* si_addr is meaningful. */
bool da_loader_signal_has_address(int32_t signo);

#endif
