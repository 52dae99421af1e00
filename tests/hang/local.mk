# SPDX-License-Identifier: Apache-2.0
# Programs that hang, or work, for tests/e2e/hangs.sh: what must be said of them they print themselves (hang.h).
e2e_tests += tests/e2e/hangs.sh
EXTRA_DIST += \
	%D%/asleep.c \
	%D%/child.c \
	%D%/compare.py \
	%D%/cycle.c \
	%D%/dlopen.c \
	%D%/first.cc \
	%D%/forked.c \
	%D%/hang.h \
	%D%/healthy.c \
	%D%/joins.c \
	%D%/kept.c \
	%D%/leaving.cc \
	%D%/lost.c \
	%D%/malloc.c \
	%D%/mixed.c \
	%D%/orphan.c \
	%D%/own.c \
	%D%/remote.c \
	%D%/self.c \
	%D%/semaphore.c \
	%D%/undumped.c \
	%D%/upgrade.c \
	%D%/working.c
