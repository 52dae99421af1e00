/* SPDX-License-Identifier: Apache-2.0 */
/* hang: what the rules of living processes have in common. Private to analyze/. */
#ifndef DA_ANALYZE_HANG_H
#define DA_ANALYZE_HANG_H

#include "analyze/graph.h"
#include "analyze/words.h"

#define DA_HANG_EVIDENCE 12 /* pieces of evidence that a finding shows */
#define DA_HANG_SHARE 5     /* one thread in so many makes a wait a problem of the whole */

const char *da_plural(size_t n, const char *one, const char *many);
/* "12 % of all threads (5)" */
const char *da_say_share(struct da_analysis *a, size_t n);
/* What a wait is for: its lock, the end of a thread, or the kind in words. */
const char *da_say_wait(struct da_analysis *a, const struct da_wait *w);
/* The primary wait of a thread, or NULL. */
const struct da_wait *da_primary_wait(const struct da_analysis *a, uint32_t thread);
/* One more finding of a hang; the first that is sure leads the verdict. True: it is this one. */
bool da_hang_lead(struct da_analysis *a, struct da_finding *f, const char *rule, double confidence, const char *text);
/* Somebody ended it, for a dump or because it did not answer: then why it hung is the question. */
bool da_hang_was_ended(const struct da_analysis *a);
/* It died of what it did itself: what its threads waited for at that moment is no hang. */
bool da_hang_crashed(const struct da_analysis *a);
/* The thread pool of .NET, or NULL; does work wait in it while its workers do? */
const struct da_threadpool *da_pool_of(const struct da_analysis *a);
bool da_pool_is_starved(const struct da_analysis *a);
bool da_is_pool_worker(const struct da_thread *t);
/* Threads that do not stop though this runtime wants to collect; does one of them wait? hang.gc-in-progress tells it. */
uint32_t da_gc_holders(const struct da_analysis *a, uint32_t runtime, bool *ret_waits);
/* why_not of rules that need waits. */
const char *da_hang_no_waits(const struct da_analysis *a);

#endif
