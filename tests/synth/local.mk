# SPDX-License-Identifier: Apache-2.0
check_LIBRARIES += tests/synth/libsynth.a
tests_synth_libsynth_a_SOURCES = %D%/synth.c %D%/process.c %D%/synth.h \
	%D%/synth_cli.c %D%/synth_cli.h \
	%D%/synth_md.c %D%/synth_md.h %D%/synth_pdb.c %D%/synth_pdb.h %D%/synth_pe.c %D%/synth_pe.h \
	%D%/synth_exports.c %D%/synth_exports.h
check_PROGRAMS += tests/synth/synthcore
tests_synth_synthcore_SOURCES = %D%/synthcore.c
tests_synth_synthcore_LDADD = tests/synth/libsynth.a
check_PROGRAMS += tests/synth/synthmd
tests_synth_synthmd_SOURCES = %D%/synthmd.c
tests_synth_synthmd_LDADD = tests/synth/libsynth.a
check_PROGRAMS += tests/synth/synthpdb
tests_synth_synthpdb_SOURCES = %D%/synthpdb.c
tests_synth_synthpdb_LDADD = tests/synth/libsynth.a
