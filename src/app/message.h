/* SPDX-License-Identifier: Apache-2.0 */
/* What goes to standard error: one line each, beginning with "dumpan: ". Masked like the report. */
#ifndef DA_APP_MESSAGE_H
#define DA_APP_MESSAGE_H

#include "base/status.h"

struct da_redactor;

/* Text of later messages goes through this redactor; NULL: as it is (usage errors). */
void da_message_redactor(struct da_redactor *r);
/* Plain text; control characters are made visible. */
void da_error(const char *fmt, ...) DA_PRINTF(1, 2);

#endif
