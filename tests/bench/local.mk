# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += %D%/bench.sh %D%/family.cc %D%/many.cc %D%/many.h %D%/measure.c

bench: dumpan$(EXEEXT) tests/synth/synthcore$(EXEEXT) tests/synth/synthmd$(EXEEXT) tests/synth/synthpdb$(EXEEXT) tests/diff/da_symfile$(EXEEXT)
	top_builddir='$(abs_top_builddir)' CC='$(CC)' $(SHELL) $(srcdir)/tests/bench/bench.sh
clean-local: clean-bench
clean-bench:
	rm -rf bench-data
.PHONY: bench clean-bench
