# SPDX-License-Identifier: Apache-2.0
# make check: unit tests (Check, TAP) and shell tests (TAP) through automake's parallel driver.
# A single one: make check TESTS=tests/unit/t_cursor    or by hand: tests/unit/t_cursor
TEST_EXTENSIONS = .sh
tap_driver = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(tap_driver)
SH_LOG_DRIVER = $(tap_driver)
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; top_builddir='$(abs_top_builddir)'; \
	DUMPAN='$(abs_top_builddir)/dumpan$(EXEEXT)'; CC='$(CC)'; \
	export top_srcdir top_builddir DUMPAN CC;
EXTRA_DIST += %D%/README %D%/lib.sh

include tests/synth/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/unit/local.mk
include tests/diff/local.mk
include tests/html/local.mk
include tests/e2e/local.mk
include tests/crash/local.mk
include tests/wait/local.mk
include tests/hang/local.mk
include tests/servers/local.mk
include tests/lint/local.mk
include tests/windows/local.mk
include tests/dotnet/local.mk
