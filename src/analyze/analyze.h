/* SPDX-License-Identifier: Apache-2.0 */
/*
 * analyze: from the finished model to the document. Sections lay facts out (one file each,
 * section_NAME.c); rules judge them (one file a family, rule_NAME.c). Neither sees a file, ELF or a
 * register's place: when a fact is missing its producer adds it to the model.
 *
 * To add a rule: a struct da_rule in a rule_*.c, one line in rules.def, one in local.mk if the file is
 * new, a test that it fires and one that it stays silent.
 */
#ifndef DA_ANALYZE_ANALYZE_H
#define DA_ANALYZE_ANALYZE_H

#include "model/model.h"
#include "report/report.h"

/* Version of the set of rules; it changes when a finding could. */
#define DA_RULES_VERSION "1"

struct da_analysis {
	struct da_dump *dump;
	struct da_doc *doc;
	const struct da_groups *groups; /* identical stacks, made once */
	const struct da_graph *graph;   /* who waits for whom */
	const struct da_order *order;   /* rows of what is not in the model's order */
	/* What the verdict says; the first rule that explains the death sets it. */
	const struct da_finding *leading;
	const char *leading_rule, *leading_text; /* text is rich */
	double leading_confidence;
	/* The same of a process that did not die: the gravest hang so far (da_hang_lead). */
	const struct da_finding *hang;
	const char *hang_rule, *hang_text;
	double hang_confidence;
	DA_VEC(uint32_t) hang_threads; /* whose stacks make it the same problem again */
	unsigned hangs;              /* findings of threads that are held up, so far */
	unsigned noted;              /* of these, those that ordinary work explains as well; they are not in hangs */
	bool asked_descriptors;      /* a finding has asked what the file descriptors are */
	unsigned taking_turns;       /* threads behind a worker whose turn it is to wait for work: no finding */
};

struct da_rule {
	const char *id;     /* "crash.access" */
	const char *looks_for; /* one clause: "a read, write or call through a bad address" */
	const char *severity;  /* words: "Error" */
	const char *page;   /* what it needs, says, and how sure it is: several lines for `dumpan rules` */
	/* NULL: it applies; else one clause on why not (rich). */
	const char *(*why_not)(const struct da_analysis *a);
	/* The number of findings made. */
	unsigned (*run)(struct da_analysis *a);
};

extern const struct da_rule *const da_rules[];
extern const size_t da_rules_n;

struct da_analyze_options {
	const char *rules;  /* --rules or NULL: "-crash.*,+crash.access", left to right */
	bool environment;   /* show it */
};

/*
 * Fill the document. Each rule and each section is one item of the watch; one in quarantine is
 * left out and told in the table of rules.
 */
void da_analyze(struct da_dump *d, struct da_doc *doc, const struct da_analyze_options *o);
/* Is every pattern of the list well-formed and met by a rule? *ret_bad: the first that is not. */
bool da_rules_check(const char *list, struct da_arena *a, const char **ret_bad);

#endif
