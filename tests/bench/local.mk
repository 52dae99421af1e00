# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/bench/diver
tests_bench_diver_SOURCES = %D%/diver.c
tests_bench_diver_LDADD = tests/synth/libsynth.a
EXTRA_DIST += %D%/bench.sh %D%/circle.c %D%/clrstack.py %D%/family.cc %D%/many.cc %D%/many.h %D%/measure.c %D%/reef.c %D%/waiting.c %D%/frames.py

bench: dumpan$(EXEEXT) tests/synth/synthcore$(EXEEXT) tests/synth/synthmd$(EXEEXT) tests/synth/synthpdb$(EXEEXT) tests/bench/diver$(EXEEXT) tests/diff/da_symfile$(EXEEXT)
	top_builddir='$(abs_top_builddir)' CC='$(CC)' $(SHELL) $(srcdir)/tests/bench/bench.sh
clean-local: clean-bench
clean-bench:
	rm -rf bench-data
.PHONY: bench clean-bench
