# SPDX-License-Identifier: Apache-2.0
# Programs that block, for tests/e2e/waits.sh: what must be said of them they print themselves (truth.h).
e2e_tests += tests/e2e/waits.sh tests/e2e/waits32.sh tests/e2e/waits_aarch64.sh
EXTRA_DIST += \
	%D%/arena.c \
	%D%/calls.c \
	%D%/compare.py \
	%D%/cond.c \
	%D%/cxx.cc \
	%D%/holder.cc \
	%D%/leave.c \
	%D%/libc.c \
	%D%/musl.c \
	%D%/mutex.c \
	%D%/others.c \
	%D%/rwlock.c \
	%D%/truth.h
