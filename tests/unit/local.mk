# SPDX-License-Identifier: Apache-2.0
# One Check program a module: t_x.c needs one line here and nothing else.
unit_tests =
# base
unit_tests += %D%/t_arena
unit_tests += %D%/t_cursor
unit_tests += %D%/t_file
unit_tests += %D%/t_ledger
unit_tests += %D%/t_map
unit_tests += %D%/t_rich
unit_tests += %D%/t_sha256
unit_tests += %D%/t_str
unit_tests += %D%/t_text
unit_tests += %D%/t_watch
unit_tests += %D%/t_synth
# arch and model
unit_tests += %D%/t_arch
unit_tests += %D%/t_model
# loader
unit_tests += %D%/t_elfcore
unit_tests += %D%/t_md_streams
unit_tests += %D%/t_minidump
# image
unit_tests += %D%/t_image
unit_tests += %D%/t_symfile
unit_tests += %D%/t_metadata
unit_tests += %D%/t_portable_pdb
unit_tests += %D%/t_bundle
# symbol
unit_tests += %D%/t_store
unit_tests += %D%/t_symbol
# unwind
unit_tests += %D%/t_unwind
unit_tests += %D%/t_unwind_guide
unit_tests += %D%/t_runtime
unit_tests += %D%/t_clr_target
unit_tests += %D%/t_crash_report
unit_tests += %D%/t_beside
unit_tests += %D%/t_descriptors
unit_tests += %D%/t_clr_code
unit_tests += %D%/t_clr_exceptions
unit_tests += %D%/t_clr_heap
unit_tests += %D%/t_dispatcher
unit_tests += %D%/t_functions
unit_tests += %D%/t_pe
unit_tests += %D%/t_pe_version
# fault and wait
unit_tests += %D%/t_decode
unit_tests += %D%/t_fault
unit_tests += %D%/t_fault_stack
unit_tests += %D%/t_wait
unit_tests += %D%/t_wait_nt
unit_tests += %D%/t_wait_owner
# runtime
unit_tests += %D%/t_debuginfo
unit_tests += %D%/t_clr_names
unit_tests += %D%/t_aot_names
unit_tests += %D%/t_hardware_throw
unit_tests += %D%/t_clr_types
unit_tests += %D%/t_clr_files
unit_tests += %D%/t_clr_objects
unit_tests += %D%/t_clr_search
tests_unit_t_clr_search_SOURCES = %D%/t_clr_search.c tests/fuzz/seeds.c tests/fuzz/fuzz.h
# report
unit_tests += %D%/t_json
unit_tests += %D%/t_redact
unit_tests += %D%/t_report
# render
unit_tests += %D%/t_render
tests_unit_t_render_SOURCES = %D%/t_render.c tests/html/sample.c tests/html/sample.h
# analyze
unit_tests += %D%/t_hang
unit_tests += %D%/t_hang_crowd
unit_tests += %D%/t_hang_managed
unit_tests += %D%/t_hang_outside
unit_tests += %D%/t_hang_owner
unit_tests += %D%/t_hang_spin
unit_tests += %D%/t_rules
# app
unit_tests += %D%/t_stage

LDADD = tests/synth/libsynth.a $(DA_LIBS) $(CHECK_LIBS)
EXTRA_DIST += %D%/clr_code.h %D%/clr_files.h %D%/clr_search.h %D%/load_md.h %D%/clr_objects.h %D%/fault_process.h %D%/findings.h %D%/hand_stack.h %D%/hang_process.h %D%/report_doc.h %D%/unit.h \
	%D%/wait_process.h
if HAVE_CHECK
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
else
check-local: no-check
endif
no-check:
	@echo "The unit tests need the package check, which configure did not find." >&2
	@echo "Debian and Ubuntu: apt-get install check (or ./bootstrap --tests), then configure again." >&2
	@exit 1
.PHONY: no-check
