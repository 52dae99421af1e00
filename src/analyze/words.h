/* SPDX-License-Identifier: Apache-2.0 */
/* How rules and sections speak of threads, frames and addresses: rich text. Private to analyze/. */
#ifndef DA_ANALYZE_WORDS_H
#define DA_ANALYZE_WORDS_H

#include "analyze/analyze.h"

/* t3 "ledger-writer" */
/* Why nothing but memory map, modules and thread ids is known of a minimal dump: one clause. */
const char *da_why_minimal(const struct da_dump *d);
const char *da_say_thread(struct da_analysis *a, uint32_t thread);
/*
 * parse_header (libfoo.so), at parser.c:88. Of inlined calls the innermost is named that is not from a
 * header of the system.
 */
const char *da_say_frame(struct da_analysis *a, const struct da_frame *f);
/* The function alone, or "an unknown function of libfoo.so", or "unknown code". */
const char *da_say_function(struct da_analysis *a, const struct da_frame *f);
/* parser.c:88, or NULL. */
const char *da_say_line(struct da_analysis *a, const struct da_frame *f);

/* "Shop.Prices.FetchAsync" of the type of a task that the compiler made; NULL: another kind of task. Plain. */
const char *da_method_of_task(struct da_arena *a, const char *type);
/* lock2 (a monitor, Shop.Ledger), lock1 (a mutex, queue_lock); the type is left out where the kind says it. */
const char *da_say_lock(struct da_analysis *a, uint32_t lock);
/* "a mutex", "the end of a thread", "a socket": what a wait of this kind is for. */
const char *da_say_kind(enum da_lock_kind kind);
/* Who must act "holds", or "runs" it, or "holds" others "up": the participle. */
const char *da_say_held(enum da_lock_kind kind);
/* "holds", "runs". */
const char *da_say_holds(enum da_lock_kind kind);
/* What a wait is for: its lock, the end of a thread, or the kind in words. */
const char *da_say_wait(struct da_analysis *a, const struct da_wait *w);
/* " It asked to sleep for 30 s.", of one who sleeps: how much of it is left only the kernel knows; else "". */
const char *da_say_asked(struct da_analysis *a, uint32_t thread);
/* The end of a thread is no lock: nobody holds it. */
bool da_is_join(enum da_lock_kind kind);
/* Another process, or the terminal, sent the signal: the thread that the kernel gave it to did nothing for it. */
bool da_sent_from_outside(const struct da_exception *e);
/* "12 idle, 3 blocked by others of the process"; how many are in no known state. */
const char *da_say_states(struct da_analysis *a, size_t *ret_unknown);

/* Unix time in microseconds as RFC 3339 in UTC; NULL for 0. */
const char *da_say_time(struct da_analysis *a, uint64_t us);

/* The plain name of that call (not rich), or NULL. */
const char *da_function_name(const struct da_frame *f);
/*
 * Where a thread stands: the innermost function of own code, else the innermost managed one, else the innermost that has a
 * name; plain, or NULL.
 */
const char *da_standing_in(const struct da_analysis *a, uint32_t thread);
/* The frame of that, or NULL; of the frames above a trust (enum da_trust). */
const struct da_frame *da_standing_frame(const struct da_analysis *a, uint32_t thread);
const struct da_frame *da_standing_frame_above(const struct da_analysis *a, uint32_t thread, int trust);
const char *da_plural(size_t n, const char *one, const char *many);
/* Of managed code: what it belongs to; else NULL. */
const struct da_assembly *da_assembly_of(const struct da_dump *d, const struct da_frame *f);
/* The assembly's file as people know it: "ShopRunner.dll". */
const char *da_assembly_file(struct da_arena *a, const struct da_assembly *m);
/* The name that the program gave it, which for managed threads the system need not know; or NULL. */
const char *da_thread_name(const struct da_thread *t);
/* The module's, or assembly's, name (not rich), or NULL. */
const char *da_module_name(const struct da_dump *d, const struct da_frame *f);
/* "ns::parse<int>(char const*) const [clone .cold]" is "ns::parse<int>". */
char *da_without_parameters(struct da_arena *a, const char *name);
bool da_is_own(const struct da_dump *d, const struct da_frame *f);
/* The frame that the crash is blamed on, the innermost where nobody is; NULL without frames. */
const struct da_frame *da_blamed_frame(const struct da_dump *d, uint32_t *ret_index);

#endif
