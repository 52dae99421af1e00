/* SPDX-License-Identifier: Apache-2.0 */
/* dumpan-report.5: what the JSON is in words, and every block with its columns and words from blocks.def. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "report/doc.h"

/* man(7): a backslash and a leading dot or quote would be commands. */
static void add_text(struct da_str *s, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\')
			da_str_add(s, "\\e");
		else if (*text == '-')
			da_str_add(s, "\\-");
		else if ((*text == '.' || *text == '\'') && (s->n == 0 || s->s[s->n - 1] == '\n'))
			da_str_addf(s, "\\&%c", *text);
		else
			da_str_addc(s, *text);
	}
}

static void add_words(struct da_str *s, enum da_words set)
{
	for (const char *const *w = da_words[set]; *w; w++) {
		da_str_add(s, w == da_words[set] ? "" : ", ");
		add_text(s, *w);
	}
}

static void add_column(struct da_str *s, enum da_col col)
{
	const struct da_col_def *c = &da_cols[col];
	enum da_block sub = da_shape_sub(c->shape);

	da_str_add(s, ".TP\n.B ");
	add_text(s, c->key);
	da_str_add(s, "\n");
	add_text(s, c->title);
	da_str_add(s, ": ");
	if (sub != DA_TABLES)
		da_str_addf(s, "list of sub\\-rows %s", da_blocks[sub].id);
	else
		da_str_addf(s, "%s%s", c->shape == DA_SHAPE_LIST ? "list of " : "", da_type_name(c->type));
	if (c->privacy != DA_PRIVACY_PUBLIC)
		da_str_addf(s, ", %s", da_privacy_name(c->privacy));
	if (c->words) {
		da_str_add(s, "; one of ");
		add_words(s, c->words);
	}
	da_str_add(s, ".\n");
}

static void add_block(struct da_str *s, enum da_block block)
{
	const struct da_block_def *b = &da_blocks[block];

	da_str_addf(s, ".SS %s\n", b->id);
	if (block >= DA_BLOCKS) {
		da_str_add(s, "A sub\\-row.\n");
	} else {
		add_text(s, b->title);
		da_str_addf(s, ": %s of section %s, drawn as %s",
			    b->shape == DA_BLOCK_SHAPE_OBJECT ? "object" : "array", da_sections[b->section].id,
			    da_kind_name(b->kind));
		if (b->order[0]) {
			da_str_add(s, "; order: ");
			add_text(s, b->order);
		}
		da_str_add(s, ".\n");
	}
	for (enum da_col col = b->first; col < b->end; col++)
		add_column(s, col);
}

static const char intro[] =
	".\\\" SPDX-License-Identifier: Apache-2.0\n"
	".TH DUMPAN\\-REPORT 5 \"\" \"dumpan\" \"File Formats\"\n"
	".SH NAME\n"
	"dumpan\\-report \\- the JSON form of a report about a dump\n"
	".SH DESCRIPTION\n"
	".B dumpan report \\-\\-format json\n"
	"writes it,\n"
	".B dumpan render\n"
	"makes the other forms from it, and\n"
	".B dumpan schema\n"
	"prints its JSON Schema (draft 2020\\-12). The value of\n"
	".B schema\n"
	"is dumpan\\-report/1: within it keys and words keep their names and meaning, and more of them may come.\n"
	".PP\n"
	"A key that is absent is unknown. Addresses and registers are strings (0x7f3a00001000), counts are whole\n"
	"numbers up to 2^53 \\- 1, sizes are bytes, names that end in _us are microseconds, points in time are\n"
	"RFC 3339 in UTC. Things have ids, numbered from 1 (t3 a thread, m12 a module, lock2, g1 a stack, c4 a\n"
	"chain, e1 an exception, f1 a finding), and refer to each other by them; from outside the part d2 of a\n"
	"report on several dumps, its thread is d2:t3. The same dump, symbols, options and version give the same\n"
	"bytes.\n"
	".SH TOP LEVEL\n"
	".TP\n.BR schema \", \" tool\nForm, and who wrote it in which version.\n"
	".TP\n.B status\ncomplete, partial, or minimal (container and notes only).\n"
	".TP\n.B title\nWhat \\-\\-title gave.\n"
	".TP\n.B verdict\nkind, text, confidence (0 to 1), and the id of the finding that it stands on.\n"
	".TP\n.B signature\nid, frames and their hash: equal problems have equal ones.\n"
	".TP\n.B findings\nBy severity and weight: rule, title, description, recommendation, threads, objects,\n"
	"count, evidence, refuted_by, next.\n"
	".TP\n.B data\nBlocks by their id; see below.\n"
	".TP\n.B layout\nOrder and titles of the sections, how complete each is, and how its blocks are drawn.\n"
	".TP\n.B ledger\nWhat was missing, odd or cut, where, and what would bring it back.\n"
	".TP\n.B rules\nWhich rules ran, were skipped or stopped, and why.\n"
	".TP\n.B privacy\nLevel of redaction, and how many different values of each kind were masked.\n"
	".TP\n.B parts\nOf several dumps: the report of each.\n"
	".TP\n.B timings\nOnly with \\-\\-timings.\n"
	".PP\n"
	"A sentence is a string; where some of its words are references or values, a list of runs stands beside\n"
	"it under\n"
	".BR runs :\n"
	"strings, {\\(dqref\\(dq: id}, and {\\(dqvalue\\(dq, \\(dqtype\\(dq, \\(dqprivacy\\(dq}.\n";

enum da_status da_manual_write(da_write_fn *write, void *ctx)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_str_add(&s, intro);
	da_str_add(&s, ".SH SECTIONS\n");
	for (unsigned i = 0; i < DA_SECTIONS; i++) {
		da_str_addf(&s, ".TP\n.B %s\n", da_sections[i].id);
		add_text(&s, da_sections[i].title);
		da_str_add(&s, ".\n");
	}
	da_str_add(&s, ".SH BLOCKS\n");
	for (enum da_block b = 0; b < DA_TABLES; b++)
		add_block(&s, b);
	da_str_add(&s, ".SH SEE ALSO\n.BR dumpan (1)\n");
	return write(ctx, da_str_get(&s), s.n) ? DA_OK : DA_IO;
}
