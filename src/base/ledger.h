/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: what was missing, odd or cut, where, why, and what would bring it back. For people;
 * the report prints it. One writer per message: the lowest function that knows.
 *
 * Entries with the same kind, place and text are one entry with a count. At most limits.ledger
 * entries of a kind are kept; the rest is counted. `where`, `remedy` and the text may be rich
 * (rich.h) and are copied. Not for two threads at once.
 */
#ifndef DA_BASE_LEDGER_H
#define DA_BASE_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct da_arena;

enum da_note_kind {
	DA_NOTE_MISSING,     /* never was in the dump, or a file was not found */
	DA_NOTE_CORRUPT,     /* bytes contradict their format */
	DA_NOTE_CUT,         /* the file ends early */
	DA_NOTE_LIMIT,       /* a bound or a deadline was reached */
	DA_NOTE_UNSUPPORTED, /* valid, but not read by this version */
	DA_NOTE_MISMATCH,    /* a file was found, but it is another build */
	DA_NOTE_LOST,        /* a stage died or was stopped */
	DA_NOTE_DISAGREE,    /* two sources tell the same thing differently */
	DA_NOTE_KINDS,
};

struct da_entry {
	enum da_note_kind kind;
	const char *where;  /* rich */
	const char *text;   /* rich */
	const char *remedy; /* rich, or NULL */
	uint64_t count;
};

struct da_ledger;

struct da_ledger *da_ledger_new(struct da_arena *a, uint64_t max_per_kind);
/* remedy may be NULL. A NULL ledger swallows the note. */
void da_note(struct da_ledger *l, enum da_note_kind kind, const char *where, const char *remedy,
	     const char *fmt, ...) DA_PRINTF(5, 6);
size_t da_ledger_count(const struct da_ledger *l);
const struct da_entry *da_ledger_at(const struct da_ledger *l, size_t i); /* in order of arrival */
/* Entries of this kind that found no room. */
uint64_t da_ledger_dropped(const struct da_ledger *l, enum da_note_kind kind);
const char *da_note_kind_name(enum da_note_kind kind);

#endif
