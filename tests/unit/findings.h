/* SPDX-License-Identifier: Apache-2.0 */
/* A model is analysed, and what was found is looked at. */
#ifndef FINDINGS_H
#define FINDINGS_H

#include <check.h>
#include <string.h>

#include "analyze/analyze.h"
#include "base/rich.h"

static inline struct da_doc *analyze_with(struct da_dump *d, const char *rules)
{
	struct da_doc *doc = da_doc_new(d->arena, NULL);
	const char *first = NULL;

	da_analyze(d, doc, &(struct da_analyze_options){ .rules = rules });
	da_doc_finish(doc);
	ck_assert_msg(da_doc_mistakes(doc, &first) == 0, "%s", first ? first : "");
	return doc;
}

static inline struct da_doc *analyze(struct da_dump *d)
{
	return analyze_with(d, NULL);
}

static inline const struct da_finding_row *finding(const struct da_doc *doc, const char *rule)
{
	for (size_t i = 0; i < da_doc_findings(doc); i++)
		if (da_streq(da_doc_finding(doc, i)->rule, rule))
			return da_doc_finding(doc, i);
	return NULL;
}

static inline size_t count(const struct da_doc *doc, enum da_severity s)
{
	size_t first;

	return da_doc_findings_of(doc, s, &first);
}

static inline size_t count_of(const struct da_doc *doc, const char *rule, enum da_severity s)
{
	size_t n = 0;

	for (size_t i = 0; i < da_doc_findings(doc); i++)
		n += da_streq(da_doc_finding(doc, i)->rule, rule) && da_doc_finding(doc, i)->severity == s;
	return n;
}

static inline void ck_says(const char *rich, const char *words)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_rich_plain(&s, rich);
	ck_assert_msg(strstr(da_str_get(&s), words), "'%s' is not in '%s'", words, da_str_get(&s));
}

#endif
