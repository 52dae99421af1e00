/* SPDX-License-Identifier: Apache-2.0 */
/* Progress on standard error: a line that is redrawn on a terminal, or lines on request. */
#ifndef DA_APP_PROGRESS_H
#define DA_APP_PROGRESS_H

#include "app/options.h"
#include "app/stage.h"

typedef void da_progress_fn(void *ctx, const struct da_shared *s, bool last);

/* What --progress asks for; NULL: be silent. */
da_progress_fn *da_progress_for(const struct da_options *o);

#endif
