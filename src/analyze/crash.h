/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash: what the rules of a dead process have in common: who died and where, how sure that is, the
 * evidence, and the advice to look at one place. Private to analyze/.
 */
#ifndef DA_ANALYZE_CRASH_H
#define DA_ANALYZE_CRASH_H

#include "analyze/words.h"

/* why_not of rules that need one: NULL, or why they did not run. */
const char *da_crash_none(const struct da_analysis *a);
/* The exception, which exists where a rule runs. */
const struct da_exception *da_crash_of(const struct da_analysis *a);
bool da_crash_cause_is(const struct da_analysis *a, enum da_cause cause);

bool da_crash_on_windows(const struct da_analysis *a);
/* Tools and words differ between systems. */
const char *da_crash_by_system(const struct da_analysis *a, const char *windows, const char *others);

/* The blamed frame if it says something: it has a name, and is not libc's own; else NULL. */
const struct da_frame *da_crash_telling_frame(struct da_analysis *a);
/* It ended itself, and only frames of libc are known: where the thread stood is no place to look at. */
bool da_crash_nowhere(struct da_analysis *a);
/* " in parse_header" or "": for titles, so without parameters. */
const char *da_crash_in_function(struct da_analysis *a);
/* "t1 "name" died of SIGSEGV (SEGV_MAPERR) in parse_header (libfoo.so), at parser.c:88."; "received" what came from outside. */
const char *da_crash_who_died(struct da_analysis *a);
/* " It said: "…".", or "". */
const char *da_crash_quoted(struct da_analysis *a);

/* At most `most`; less when the stack is a guess or the signal's record is gone. */
double da_crash_confidence(struct da_analysis *a, double most);
/* A finding of this rule with its title and evidence; the first one leads the report. */
struct da_finding *da_crash_begin(struct da_analysis *a, const char *rule, double sure, const char *title);
void da_crash_signal_evidence(struct da_analysis *a, struct da_finding *f);
/* The recommendation: the place to look, where one is known, and the advice. */
void da_crash_advise(struct da_analysis *a, struct da_finding *f, const char *advice);

#endif
