/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status: how a call ended, for code. What people should know goes to the ledger.
 *
 * DA_FAULT (address not in the dump) and DA_NOT_FOUND are ordinary answers and cost nothing.
 * DA_CORRUPT, DA_LIMIT and DA_UNSUPPORTED end one thing (a record, a module, a stream); DA_IO ends
 * the stage. Results go through ret_ parameters, which stay untouched unless the status is DA_OK or
 * DA_PARTIAL.
 */
#ifndef DA_BASE_STATUS_H
#define DA_BASE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum da_status {
	DA_OK,
	DA_PARTIAL,     /* a result, but not all of it */
	DA_NOT_FOUND,
	DA_FAULT,       /* the address is not in the dump */
	DA_CORRUPT,     /* the bytes contradict their format */
	DA_LIMIT,       /* a bound of limits.def, a budget or a deadline was reached */
	DA_UNSUPPORTED, /* valid, but not something that we read */
	DA_NOMEM,
	DA_IO,          /* the operating system refused; errno says why */
};

/* The status as one lower-case word, for messages and tests. */
const char *da_status_name(enum da_status status);

#define DA_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define DA_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define DA_CLEANUP(fn) __attribute__((cleanup(fn)))
#define DA_UNUSED __attribute__((unused))
#define DA_MUST_CHECK __attribute__((warn_unused_result))

/* "No such index" wherever an index into a table of the model may be missing. */
#define DA_NONE UINT32_MAX

#endif
