# SPDX-License-Identifier: Apache-2.0
# The page in a browser. tests/html/page writes sample documents in any form; the scripts look at them.
check_PROGRAMS += %D%/page
tests_html_page_SOURCES = %D%/page.c %D%/sample.c %D%/sample.h
html_tests = %D%/browser.sh %D%/contrast.sh
TESTS += $(html_tests)
EXTRA_DIST += $(html_tests)
