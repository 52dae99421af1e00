/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of dumpan-report.5: every block with its columns, and the closed sets of words. */
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

enum da_status da_manual_write(da_write_fn *write, void *ctx)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_str_add(&s, ".SH SECTIONS\n");
	for (unsigned i = 0; i < DA_SECTIONS; i++) {
		da_str_addf(&s, ".TP\n.B %s\n", da_sections[i].id);
		add_text(&s, da_sections[i].title);
		da_str_add(&s, ".\n");
	}
	da_str_add(&s, ".SH BLOCKS\n");
	for (enum da_block b = 0; b < DA_TABLES; b++)
		add_block(&s, b);
	return write(ctx, da_str_get(&s), s.n) ? DA_OK : DA_IO;
}
