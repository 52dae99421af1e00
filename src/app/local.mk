# SPDX-License-Identifier: Apache-2.0
bin_PROGRAMS += dumpan
dumpan_SOURCES = %D%/main.c
dumpan_LDADD = $(DA_LIBS)
