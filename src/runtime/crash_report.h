/* SPDX-License-Identifier: Apache-2.0 */
/* crash_report: what createdump reported beside the dump, against and behind what the dump says itself. */
#ifndef DA_RUNTIME_CRASH_REPORT_H
#define DA_RUNTIME_CRASH_REPORT_H

#include "model/model.h"

/* After all exceptions and names were read from the dump. Without a report nothing happens. */
void da_crash_report_apply(struct da_dump *d);

#endif
