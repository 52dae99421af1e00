/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every unit test includes after config.h. A test program is:
 *
 *	START_TEST(reads_little_endian) { … } END_TEST
 *	UNIT_MAIN("cursor", reads_little_endian, …)
 *
 * It prints TAP. Each test runs in a process of its own with a time limit, so a crash or an endless
 * loop costs that one test; CK_FORK=no runs all in one process, for a debugger.
 */
#ifndef DA_TESTS_UNIT_H
#define DA_TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>

#include "base/status.h"

#define UNIT_SECONDS 30 /* generous: a busy machine and valgrind are slow */

static inline int unit_run(const char *name, const TTest *const *tests, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, UNIT_SECONDS);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define UNIT_MAIN(name, ...)                                             \
	int main(void)                                                   \
	{                                                                \
		const TTest *const tests[] = { __VA_ARGS__ };            \
		return unit_run((name), tests, DA_ARRAY_SIZE(tests));    \
	}

/* In the first line of a test that needs the corpus: skip the whole program when there is none. */
#define UNIT_CORPUS_OR_SKIP()                                                             \
	do {                                                                              \
		if (!getenv("DUMPAN_CORPUS")) {                                           \
			puts("1..0 # SKIP DUMPAN_CORPUS is not set");                     \
			exit(EXIT_SUCCESS);                                               \
		}                                                                         \
	} while (0)

#endif
