/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/limits.h"
#include "base/status.h"

const struct da_limits da_limits_default = {
#define DA_LIMIT_ROW(name, value, unit, what) .name = value,
#include "base/limits.def"
#undef DA_LIMIT_ROW
};

const struct da_limit_row da_limit_rows[] = {
#define DA_LIMIT_ROW(name, value, unit, what) { #name, unit, what, value },
#include "base/limits.def"
#undef DA_LIMIT_ROW
};

const size_t da_limit_rows_n = DA_ARRAY_SIZE(da_limit_rows);
