/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hang: what the rules of living processes have in common: evidence of waits, the heads of chains, and which finding
 * leads the verdict. A finding explains a thread once: cycles first, then orphaned locks, then the heads of chains.
 * Private to analyze/.
 */
#ifndef DA_ANALYZE_HANG_H
#define DA_ANALYZE_HANG_H

#include "analyze/graph.h"
#include "analyze/words.h"

#define DA_HANG_EVIDENCE 12 /* pieces of evidence that a finding shows */
#define DA_HANG_NAMED 6     /* threads that a sentence names */
#define DA_HANG_SHARE 5     /* one thread in so many makes a wait a problem of the whole */
#define DA_HANG_MOST 20     /* findings of one rule; the tables of locks and waits have all */
#define DA_HANG_SURE 0.6    /* below, a finding says "possible" */
#define DA_HANG_GUESS 0.4   /* confidence where a step of a circle is a guess */

/* The primary wait of a thread, or NULL. */
const struct da_wait *da_primary_wait(const struct da_analysis *a, uint32_t thread);
/* The lock that a wait is for, or NULL. */
const struct da_lock *da_lock_of(const struct da_analysis *a, const struct da_wait *w);
/* " Who holds lock2 (a mutex) is unknown: its memory is not in the dump.", where that is so; else "". */
const char *da_say_unread(struct da_analysis *a, const struct da_wait *w);
/* A dump of this process that would hold what this one lacks, as a thing to make: "a full dump (procdump -ma)". */
const char *da_hang_fuller_dump(const struct da_analysis *a);
/* It ends by itself, after a time limit that it was given. */
bool da_wait_gives_up(const struct da_wait *w);
/* A wait that ends so soon is ordinary work. */
#define DA_HANG_SOON_US 1000000
/*
 * Is that known: it asked for so little, the dump's clock says so, or a thread whose period is known bounds the time of the
 * dump? GateThread of .NET's pool looks at it every 500 ms as long as work is queued (PortableThreadPool.GateThread.cs,
 * GateActivitiesPeriodMs, .NET 6 to 10): the dump was made no earlier than so long before the end of its wait.
 */
bool da_hang_ends_soon(const struct da_analysis *a, const struct da_wait *w);
/*
 * Is it known to last for so long: it has no limit, or asked for so much, or its limit lies so far behind the earliest one
 * of other threads by the same clock, which had not come?
 */
bool da_hang_lasts(const struct da_analysis *a, const struct da_wait *w, uint64_t us);
/* Does it wait, and neither for a moment only nor behind a thread that goes on? */
bool da_hang_stays(const struct da_analysis *a, uint32_t thread);
/* t3 "indexer", t4 and 2 more */
const char *da_say_threads(struct da_analysis *a, const uint32_t *threads, size_t n);
/* "12 % of all threads (5)"; not where the finding has those threads, which the page counts itself. */
const char *da_say_share(struct da_analysis *a, size_t n);

/* How a lock's owner is known, or why it is not; and the lock itself. */
void da_hang_owner(struct da_analysis *a, struct da_finding *f, uint32_t lock);
/*
 * How each of these threads' edges of the graph is known: each lock's owner once, then who waits for it, those that wait
 * in the same way together.
 */
void da_hang_edges(struct da_analysis *a, struct da_finding *f, const uint32_t *threads, size_t n);
/*
 * The wait of one thread, for whatever it is. Where it is for a file descriptor, the first finding asks for the listing
 * that tells what that is.
 */
void da_hang_wait(struct da_analysis *a, struct da_finding *f, uint32_t thread, const struct da_wait *w, const char *what);
/* The same by itself; w NULL: of connections. */
void da_hang_ask_descriptors(struct da_analysis *a, struct da_finding *f, const struct da_wait *w);

/* Threads that others stand behind by a lock, those with most first. Who only is waited for to end is none. */
struct da_heads {
	DA_VEC(uint32_t) v;
};
void da_hang_heads(struct da_analysis *a, struct da_heads *ret);
/* Those behind a head: da_graph's followers. */
const uint32_t *da_hang_behind(const struct da_analysis *a, uint32_t head, size_t *ret_n);
/* The locks of a head that threads wait for, by name: "lock1 (a mutex) and lock2 (a monitor, Shop.Ledger)". */
const char *da_hang_locks(struct da_analysis *a, uint32_t head);
/* How sure the least sure of the edges behind it is. */
float da_hang_weakest(const struct da_analysis *a, uint32_t head);
/*
 * Workers that take turns at waiting for work, one of them inside the lock (leader and followers): all stand in one
 * function, and the leader's own wait is for what comes next. SURELY where that wait is an idle one, or for a connection.
 */
enum da_turns { DA_TURNS_NO, DA_TURNS_PERHAPS, DA_TURNS_SURELY };
enum da_turns da_hang_turns(struct da_analysis *a, uint32_t head);
/*
 * Is this a lock that threads take and give back, and that does not say who has it: a semaphore, or a read-write lock in
 * the hands of readers? NULL: no; else a clause that says so.
 */
const char *da_hang_keeps_no_owner(struct da_analysis *a, const struct da_wait *w);
/* Does a semaphore let a known, small number in? Its count is then no work to do. */
bool da_is_limiter(const struct da_lock *l);
/*
 * Does it hold for upgradeable reading what it wants to write, with only those behind it that want the same lock, which lets
 * no thread in twice? Then none of them is a reader that it waits for.
 */
bool da_hang_is_upgrade(const struct da_analysis *a, uint32_t head);
/* crowd.c: findings of locks that name nobody, with many behind them; how many. */
unsigned da_hang_crowds(struct da_analysis *a);

/*
 * One more finding of a hang. The gravest leads the verdict: what is sure before what is not, then by severity, then by
 * how many threads it holds. True: it is this one, so far, and a->hang_threads is empty.
 */
bool da_hang_lead(struct da_analysis *a, struct da_finding *f, const char *text);
/* Somebody ended it, for a dump or because it did not answer: then why it hung is the question. */
bool da_hang_was_ended(const struct da_analysis *a);
/* "Make", or "Next time make" where nobody can make a dump of this process any more. */
const char *da_hang_make(const struct da_analysis *a);
/* "Make a second dump some seconds later", or, where nobody can make one of this process any more, what to do next time. */
const char *da_hang_second_dump(const struct da_analysis *a);
/* It died of what it did itself: what its threads waited for at that moment is no hang. */
bool da_hang_crashed(const struct da_analysis *a);
/* The thread pool of .NET, or NULL; does work wait in it while its workers do? */
const struct da_threadpool *da_pool_of(const struct da_analysis *a);
bool da_pool_is_starved(const struct da_analysis *a);
bool da_is_pool_worker(const struct da_thread *t);
/*
 * Handlers of AppDomain.ProcessExit run on the thread of finalizers, when the last one has run, while the thread that ends
 * the process waits for it. Is it there that this one stands?
 */
bool da_runs_exit_handler(const struct da_thread *t);
/* Threads that do not stop though this runtime wants to collect; does one of them wait? hang.gc-in-progress tells it. */
uint32_t da_gc_holders(const struct da_analysis *a, uint32_t runtime, bool *ret_waits);
/* Threads whose stacks are not in the dump: what they do beyond the system call could not be looked at. */
size_t da_hang_barely_seen(const struct da_analysis *a);
/* The dump is cut short, or most threads were barely seen: that nothing was found says little. */
bool da_hang_little_seen(const struct da_analysis *a);
/* why_not of rules that need waits. */
const char *da_hang_no_waits(const struct da_analysis *a);

/* Threads that wait for a signal of another one: a condition variable, semaphore, event; and that do not give up. */
const uint32_t *da_hang_signalled(struct da_analysis *a, size_t *ret_n);
/* No thread runs, sleeps or waits for something outside: what they wait for must come from each other. */
bool da_hang_nobody_outside(const struct da_analysis *a);

#endif
