# SPDX-License-Identifier: Apache-2.0
# Programs that block, for tests/e2e/waits.sh: what must be said of them they print themselves (truth.h).
e2e_tests += tests/e2e/waits.sh
EXTRA_DIST += \
	%D%/compare.py \
	%D%/mutex.c \
	%D%/truth.h
