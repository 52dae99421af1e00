# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/arena.c %D%/arena.h \
	%D%/base.h \
	%D%/checked.h \
	%D%/cursor.c %D%/cursor.h \
	%D%/file.c %D%/file.h \
	%D%/hash.c %D%/hash.h \
	%D%/ledger.c %D%/ledger.h \
	%D%/limits.c %D%/limits.h %D%/limits.def \
	%D%/map.c %D%/map.h \
	%D%/rich.c %D%/rich.h \
	%D%/sha256.c %D%/sha256.h \
	%D%/status.c %D%/status.h \
	%D%/str.c %D%/str.h \
	%D%/text.c %D%/text.h \
	%D%/vec.h \
	%D%/watch.c %D%/watch.h
