/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rich text: a sentence that knows which of its words are values and references.
 *
 * The document writes sentences as runs (plain text, {"ref": "t14"}, {"value": …, "type": …,
 * "privacy": …}). Here a sentence is one C string in which a run is marked by control characters,
 * which text of the model never contains (text.h). So one printf format makes it:
 *
 *	da_printf(a, DA_REF("t%u") " waits for " DA_REF("lock%u") " in " DA_SYM("%s"), 14, 2, name);
 *
 * report/ splits it into runs and masks by privacy class; da_rich_plain() gives the flat text.
 */
#ifndef DA_BASE_RICH_H
#define DA_BASE_RICH_H

#include "base/status.h"

struct da_str;

#define DA_RICH_OPEN '\002'
#define DA_RICH_CLOSE '\003'

/* \002 kind … \003; kinds by one letter, so that a mark can stand inside a format string. */
#define DA_REF(fmt) "\002r" fmt "\003"     /* id of a thing in the document: t14, lock2, m3, g1 */
#define DA_ADDR(fmt) "\002a" fmt "\003"    /* address */
#define DA_SYM(fmt) "\002s" fmt "\003"     /* function, type or file of the program: public */
#define DA_PATH(fmt) "\002p" fmt "\003"    /* path: site */
#define DA_SITE(fmt) "\002x" fmt "\003"    /* other names of the site: host, user, message: site */
#define DA_SECRET(fmt) "\002k" fmt "\003"  /* contents of memory: secret */

enum da_run_kind { DA_RUN_TEXT, DA_RUN_REF, DA_RUN_ADDRESS, DA_RUN_SYMBOL, DA_RUN_PATH, DA_RUN_SITE,
		   DA_RUN_SECRET };

struct da_run {
	enum da_run_kind kind;
	const char *s; /* not terminated: n bytes */
	size_t n;
};

/* The next run of *pos, which advances; false at the end. A mark without its end is text. */
bool da_rich_next(const char **pos, struct da_run *ret);
/* The sentence without its marks. */
void da_rich_plain(struct da_str *s, const char *rich);

#endif
