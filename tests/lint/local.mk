# SPDX-License-Identifier: Apache-2.0
# Lints: they read the sources and build nothing.
lint_tests = \
	%D%/alloc.sh \
	%D%/layers.sh \
	%D%/shell.sh \
	%D%/sizes.sh \
	%D%/words.sh

TESTS += $(lint_tests)
EXTRA_DIST += $(lint_tests)
