# SPDX-License-Identifier: Apache-2.0
# Programs that die, for tests/e2e/crash.sh: how, and what must be said of it, is in their first comment.
e2e_tests += tests/e2e/crash.sh
EXTRA_DIST += \
	%D%/abort.c \
	%D%/assert.c \
	%D%/bus_beyond_eof.c \
	%D%/corrupted_top.c \
	%D%/cxx_bad_alloc.cc \
	%D%/cxx_caught.cc \
	%D%/cxx_derived.cc \
	%D%/cxx_int.cc \
	%D%/cxx_nested.cc \
	%D%/cxx_no_exception.cc \
	%D%/cxx_noexcept.cc \
	%D%/cxx_own.cc \
	%D%/cxx_pure_virtual.cc \
	%D%/cxx_rethrow.cc \
	%D%/cxx_rethrow_ptr.cc \
	%D%/cxx_runtime_error.cc \
	%D%/cxx_text.cc \
	%D%/double_free.c \
	%D%/fortify.c \
	%D%/fpe_divide.c \
	%D%/fpe_overflow.c \
	%D%/guard_madvise.c \
	%D%/guard_page.c \
	%D%/ill_trap.c \
	%D%/invalid_free.c \
	%D%/killed.c \
	%D%/queued.c \
	%D%/quit.c \
	%D%/segv_beyond_end.c \
	%D%/segv_execute_data.c \
	%D%/segv_freed_mapping.c \
	%D%/segv_handler.c \
	%D%/segv_handler_abort.c \
	%D%/segv_handler_altstack.c \
	%D%/segv_jump_unmapped.c \
	%D%/segv_memcpy.c \
	%D%/segv_noncanonical.c \
	%D%/segv_null_call.c \
	%D%/segv_null_read.c \
	%D%/segv_null_write.c \
	%D%/segv_raised.c \
	%D%/segv_rodata.c \
	%D%/segv_strlen.c \
	%D%/smash.c \
	%D%/stack_overflow.c \
	%D%/stack_overflow_frame.c \
	%D%/stack_overflow_madvise.c \
	%D%/stack_overflow_thread.c \
	%D%/sys_seccomp.c \
	%D%/trap_int3.c
