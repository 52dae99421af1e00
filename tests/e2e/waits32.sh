#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same as waits.sh, of 32-bit programs where the compiler makes them.
here=$(dirname "$0")
. "$here/../lib.sh"
t_dumpers
case $(uname -m) in
x86_64 | i?86) ;;
*) t_skip_all "no CPU that runs 32-bit programs of x86" ;;
esac
# Debian keeps the headers of both in one folder, which only the package of the other compiler knows.
WAIT_FLAGS="-m32 -O1 -I/usr/include/x86_64-linux-gnu"
printf '#include "truth.h"\nint main(void) { return own_tid() == 0; }\n' >"$T/x.c"
# shellcheck disable=SC2086 # flags are words
inside "$T" $cc $WAIT_FLAGS -I"${sources#"$root"}/wait" -pthread -o x x.c 2>/dev/null && inside "$T" ./x ||
	t_skip_all "the compiler makes no 32-bit programs that run here"
WAIT_ONLY="mutex rwlock cond others libc leave"
export WAIT_FLAGS WAIT_ONLY
sh "$here/waits.sh"
