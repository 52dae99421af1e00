# SPDX-License-Identifier: Apache-2.0
# Shell tests of the built program: one line a script.
e2e_tests = \
	%D%/beside.sh \
	%D%/collect.sh \
	%D%/cpu.sh \
	%D%/debuginfod.sh \
	%D%/determinism.sh \
	%D%/not-a-dump.sh \
	%D%/manual.sh \
	%D%/minidump.sh \
	%D%/output.sh \
	%D%/samples.sh \
	%D%/shapes.sh \
	%D%/signals.sh \
	%D%/spin.sh \
	%D%/truncation.sh \
	%D%/usage.sh \
	%D%/windows.sh \
	%D%/wrappers.sh \
	%D%/secrets.sh

TESTS += $(e2e_tests)
EXTRA_DIST += $(e2e_tests) %D%/programs/beside.c %D%/programs/cpu.c %D%/programs/spin.c %D%/programs/secrets.cc
