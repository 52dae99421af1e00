# SPDX-License-Identifier: Apache-2.0
# A new target: t.c, and a block of ten lines below.
fuzz_targets =
fuzz_programs =
fuzz_common = %D%/fuzz.h %D%/seeds.c
fuzz_libs = tests/synth/libsynth.a $(DA_LIBS)
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer

fuzz_targets += elfcore
fuzz_programs += %D%/fuzz_elfcore
tests_fuzz_fuzz_elfcore_SOURCES = %D%/elfcore.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_elfcore_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_elfcore
tests_fuzz_libfuzzer_elfcore_SOURCES = %D%/elfcore.c $(fuzz_common)
tests_fuzz_libfuzzer_elfcore_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_elfcore_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += beside
fuzz_programs += %D%/fuzz_beside
tests_fuzz_fuzz_beside_SOURCES = %D%/beside.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_beside_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_beside
tests_fuzz_libfuzzer_beside_SOURCES = %D%/beside.c $(fuzz_common)
tests_fuzz_libfuzzer_beside_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_beside_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += descriptor
fuzz_programs += %D%/fuzz_descriptor
tests_fuzz_fuzz_descriptor_SOURCES = %D%/descriptor.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_descriptor_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_descriptor
tests_fuzz_libfuzzer_descriptor_SOURCES = %D%/descriptor.c $(fuzz_common)
tests_fuzz_libfuzzer_descriptor_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_descriptor_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += waits
fuzz_programs += %D%/fuzz_waits
tests_fuzz_fuzz_waits_SOURCES = %D%/waits.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_waits_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_waits
tests_fuzz_libfuzzer_waits_SOURCES = %D%/waits.c $(fuzz_common)
tests_fuzz_libfuzzer_waits_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_waits_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += minidump
fuzz_programs += %D%/fuzz_minidump
tests_fuzz_fuzz_minidump_SOURCES = %D%/minidump.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_minidump_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_minidump
tests_fuzz_libfuzzer_minidump_SOURCES = %D%/minidump.c $(fuzz_common)
tests_fuzz_libfuzzer_minidump_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_minidump_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += unwind
fuzz_programs += %D%/fuzz_unwind
tests_fuzz_fuzz_unwind_SOURCES = %D%/unwind.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_unwind_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_unwind
tests_fuzz_libfuzzer_unwind_SOURCES = %D%/unwind.c $(fuzz_common)
tests_fuzz_libfuzzer_unwind_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_unwind_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += undname
fuzz_programs += %D%/fuzz_undname
tests_fuzz_fuzz_undname_SOURCES = %D%/undname.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_undname_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_undname
tests_fuzz_libfuzzer_undname_SOURCES = %D%/undname.c $(fuzz_common)
tests_fuzz_libfuzzer_undname_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_undname_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += unpack
fuzz_programs += %D%/fuzz_unpack
tests_fuzz_fuzz_unpack_SOURCES = %D%/unpack.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_unpack_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_unpack
tests_fuzz_libfuzzer_unpack_SOURCES = %D%/unpack.c $(fuzz_common)
tests_fuzz_libfuzzer_unpack_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_unpack_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += image
fuzz_programs += %D%/fuzz_image
tests_fuzz_fuzz_image_SOURCES = %D%/image.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_image_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_image
tests_fuzz_libfuzzer_image_SOURCES = %D%/image.c $(fuzz_common)
tests_fuzz_libfuzzer_image_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_image_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += pdb
fuzz_programs += %D%/fuzz_pdb
tests_fuzz_fuzz_pdb_SOURCES = %D%/pdb.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_pdb_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_pdb
tests_fuzz_libfuzzer_pdb_SOURCES = %D%/pdb.c $(fuzz_common)
tests_fuzz_libfuzzer_pdb_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_pdb_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += breakpad
fuzz_programs += %D%/fuzz_breakpad
tests_fuzz_fuzz_breakpad_SOURCES = %D%/breakpad.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_breakpad_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_breakpad
tests_fuzz_libfuzzer_breakpad_SOURCES = %D%/breakpad.c $(fuzz_common)
tests_fuzz_libfuzzer_breakpad_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_breakpad_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += frames
fuzz_programs += %D%/fuzz_frames
tests_fuzz_fuzz_frames_SOURCES = %D%/frames.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_frames_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_frames
tests_fuzz_libfuzzer_frames_SOURCES = %D%/frames.c $(fuzz_common)
tests_fuzz_libfuzzer_frames_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_frames_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += report
fuzz_programs += %D%/fuzz_report
tests_fuzz_fuzz_report_SOURCES = %D%/report.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_report_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_report
tests_fuzz_libfuzzer_report_SOURCES = %D%/report.c $(fuzz_common)
tests_fuzz_libfuzzer_report_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_report_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += whole
fuzz_programs += %D%/fuzz_whole
tests_fuzz_fuzz_whole_SOURCES = %D%/whole.c %D%/pipeline.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_whole_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_whole
tests_fuzz_libfuzzer_whole_SOURCES = %D%/whole.c %D%/pipeline.c $(fuzz_common)
tests_fuzz_libfuzzer_whole_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_whole_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += pe
fuzz_programs += %D%/fuzz_pe
tests_fuzz_fuzz_pe_SOURCES = %D%/pe.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_pe_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_pe
tests_fuzz_libfuzzer_pe_SOURCES = %D%/pe.c $(fuzz_common)
tests_fuzz_libfuzzer_pe_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_pe_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += pe_unwind
fuzz_programs += %D%/fuzz_pe_unwind
tests_fuzz_fuzz_pe_unwind_SOURCES = %D%/pe_unwind.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_pe_unwind_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_pe_unwind
tests_fuzz_libfuzzer_pe_unwind_SOURCES = %D%/pe_unwind.c $(fuzz_common)
tests_fuzz_libfuzzer_pe_unwind_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_pe_unwind_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += metadata
fuzz_programs += %D%/fuzz_metadata
tests_fuzz_fuzz_metadata_SOURCES = %D%/metadata.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_metadata_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_metadata
tests_fuzz_libfuzzer_metadata_SOURCES = %D%/metadata.c $(fuzz_common)
tests_fuzz_libfuzzer_metadata_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_metadata_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += portable_pdb
fuzz_programs += %D%/fuzz_portable_pdb
tests_fuzz_fuzz_portable_pdb_SOURCES = %D%/portable_pdb.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_portable_pdb_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_portable_pdb
tests_fuzz_libfuzzer_portable_pdb_SOURCES = %D%/portable_pdb.c $(fuzz_common)
tests_fuzz_libfuzzer_portable_pdb_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_portable_pdb_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += bundle
fuzz_programs += %D%/fuzz_bundle
tests_fuzz_fuzz_bundle_SOURCES = %D%/bundle.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_bundle_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_bundle
tests_fuzz_libfuzzer_bundle_SOURCES = %D%/bundle.c $(fuzz_common)
tests_fuzz_libfuzzer_bundle_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_bundle_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += debuginfo
fuzz_programs += %D%/fuzz_debuginfo
tests_fuzz_fuzz_debuginfo_SOURCES = %D%/debuginfo.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_debuginfo_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_debuginfo
tests_fuzz_libfuzzer_debuginfo_SOURCES = %D%/debuginfo.c $(fuzz_common)
tests_fuzz_libfuzzer_debuginfo_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_debuginfo_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += managed
fuzz_programs += %D%/fuzz_managed
tests_fuzz_fuzz_managed_SOURCES = %D%/managed.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_managed_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_managed
tests_fuzz_libfuzzer_managed_SOURCES = %D%/managed.c $(fuzz_common)
tests_fuzz_libfuzzer_managed_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_managed_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += aot
fuzz_programs += %D%/fuzz_aot
tests_fuzz_fuzz_aot_SOURCES = %D%/aot.c %D%/pipeline.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_aot_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_aot
tests_fuzz_libfuzzer_aot_SOURCES = %D%/aot.c %D%/pipeline.c $(fuzz_common)
tests_fuzz_libfuzzer_aot_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_aot_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += search
fuzz_programs += %D%/fuzz_search
tests_fuzz_fuzz_search_SOURCES = %D%/search.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_search_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_search
tests_fuzz_libfuzzer_search_SOURCES = %D%/search.c $(fuzz_common)
tests_fuzz_libfuzzer_search_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_search_LDFLAGS = $(fuzz_ldflags)
endif

fuzz_targets += composite
fuzz_programs += %D%/fuzz_composite
tests_fuzz_fuzz_composite_SOURCES = %D%/composite.c %D%/replay.c $(fuzz_common)
tests_fuzz_fuzz_composite_LDADD = $(fuzz_libs)
if FUZZING
noinst_PROGRAMS += %D%/libfuzzer_composite
tests_fuzz_libfuzzer_composite_SOURCES = %D%/composite.c $(fuzz_common)
tests_fuzz_libfuzzer_composite_LDADD = $(fuzz_libs)
tests_fuzz_libfuzzer_composite_LDFLAGS = $(fuzz_ldflags)
endif

# Flips bits of real dumps where they are read; without arguments some of a sample's.
fuzz_programs += %D%/sweep
tests_fuzz_sweep_SOURCES = %D%/sweep.c %D%/pipeline.c %D%/fuzz.h
tests_fuzz_sweep_LDADD = $(DA_LIBS)

check_PROGRAMS += $(fuzz_programs)
TESTS += $(fuzz_programs)

# make mutations: MUTATIONS inputs for each target (a third of that for those that draw whole reports),
# the same every time; best with --enable-sanitizers. What dies is kept as fuzz_….bin in this folder.
MUTATIONS = 24000
mutations: $(fuzz_programs)
	@for t in $(fuzz_targets); do \
		case $$t in whole|report) n=$$(($(MUTATIONS) / 3));; *) n=$(MUTATIONS);; esac; \
		echo "$$t --mutate $$n $(SEED)"; \
	done | xargs -P `nproc 2>/dev/null || echo 1` -I {} $(SHELL) -c \
		'tests/fuzz/fuzz_{} >fuzz_$$$$.out 2>&1; s=$$?; echo "== {}"; cat fuzz_$$$$.out; rm fuzz_$$$$.out; exit $$s'

# make fuzz: libFuzzer, FUZZ_SECONDS for all targets together (needs --enable-fuzzing). What it finds
# is kept as crash-…, timeout-… in this folder.
FUZZ_SECONDS = 120
# 0 seconds would have no end for libFuzzer.
fuzz: $(fuzz_programs) $(noinst_PROGRAMS)
	@test -x tests/fuzz/libfuzzer_elfcore || { echo "configure with --enable-fuzzing first" >&2; exit 1; }
	@bad=0; each=$$(($(FUZZ_SECONDS) / $$(echo $(fuzz_targets) | wc -w) + 1)); \
	for t in $(fuzz_targets); do \
		echo "== $$t, $$each s"; mkdir -p fuzz-corpus/$$t; \
		tests/fuzz/fuzz_$$t --seeds fuzz-corpus/$$t && \
		tests/fuzz/libfuzzer_$$t -max_total_time=$$each -timeout=5 -rss_limit_mb=2048 -max_len=400000 \
			-print_final_stats=1 -verbosity=0 fuzz-corpus/$$t || bad=1; \
	done; exit $$bad
clean-local: clean-fuzz
clean-fuzz:
	rm -rf fuzz-corpus fuzz_*.bin
.PHONY: mutations fuzz clean-fuzz
