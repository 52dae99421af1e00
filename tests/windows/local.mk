# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += %D%/check.sh %D%/harbour.c %D%/harbour.h %D%/dump.c %D%/quay.c \
	%D%/strip.py %D%/surveyor.c %D%/truth.py

# Own Windows programs under Wine; 77 (skipped) without mingw-w64 or Wine.
check-windows: dumpan$(EXEEXT)
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
		$(SHELL) $(srcdir)/tests/windows/check.sh || test $$? -eq 77
.PHONY: check-windows
