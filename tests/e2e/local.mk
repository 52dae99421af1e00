# SPDX-License-Identifier: Apache-2.0
# Shell tests of the built program: one line a script.
e2e_tests =

TESTS += $(e2e_tests)
EXTRA_DIST += $(e2e_tests)
