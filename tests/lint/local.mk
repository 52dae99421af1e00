# SPDX-License-Identifier: Apache-2.0
# Lints: they read the sources and build nothing.
lint_tests =

TESTS += $(lint_tests)
EXTRA_DIST += $(lint_tests)
