#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Programs that die in many ways, built in many ways: their stacks are those that they named before.
. "$(dirname "$0")/../lib.sh"
here=$top_srcdir/tests/diff
stacks=$top_builddir/tests/diff/stacks
CC=${CC:-cc}
# shellcheck disable=SC3045 # every sh on Linux knows -c and -s
ulimit -c unlimited 2>/dev/null || t_skip_all "core files are not allowed"
# shellcheck disable=SC3045
ulimit -s 1024 2>/dev/null

# dump CASE: words and core of it, in the current folder
dump() {
	rm -f core* qemu_*.core
	{ $run ./victim "$1" >words; } 2>/dev/null
	# qemu writes a core of its guest, and the kernel one of qemu
	set -- qemu_*.core core*
	for core; do
		[ -f "$core" ] && mv "$core" dump 2>/dev/null && return 0
	done
	return 1
}

# addresses of frames, a thread a line, in order of thread ids
by_thread() {
	awk '/^thread / || /^TID / { id = $2; sub(/:.*/, "", id); s[id] = id; next }
	     /^#?[0-9]+ +0x/ { a = $2; sub(/^0x0*/, "", a); s[id] = s[id] " " a }
	     END { for (id in s) print s[id] }' "$1" | sort -n
}

# What eu-stack finds has to be what we find. It stops, or leaves the caller out, where code was called
# that is none, and in code without tables: there nobody else can be asked.
compare_eu() {
	case $1 in
	null_call | wild_call | data_call | jit_* | bare | overflow) return 0 ;;
	esac
	case $name in
	*without*) return 0 ;;
	esac
	[ "$eu" = yes ] || return 0
	eu-stack -n 0 --core=dump -e ./victim >eu 2>/dev/null
	by_thread eu >eu.frames
	by_thread got >got.frames
	cmp -s eu.frames got.frames || echo "eu-stack finds other frames"
}

# build NAME OWN FLAGS…: all cases of one build are one test
build() {
	name=$1 own=$2 # of this build
	shift 2
	if ! $cc -w -g -pthread "$@" -o victim "$here/programs/victim.c" 2>errors; then
		t_skip "$name" "the compiler cannot: $(head -n 1 errors)"
		return
	fi
	wrong=
	for case in $($run ./victim); do
		dump "$case" || { wrong="$wrong $case: no core;" && continue; }
		"$stacks" dump . $libraries >got 2>errors || wrong="$wrong $case: $(cat errors);"
		found=$(awk -v own="$own" -f "$here/truth.awk" words got; compare_eu "$case")
		[ -z "$found" ] || wrong="$wrong $case: $found;"
	done
	t_is "$wrong" "" "$name"
}

cd "$T" || exit 99
cc=$CC run='' eu=no libraries=
if command -v eu-stack >/dev/null 2>&1; then eu=yes; fi
$cc -w -g -pthread -o victim "$here/programs/victim.c" || t_skip_all "no compiler"
dump chain || t_skip_all "the kernel writes no core file here"

build "-O0" victim -O0
build "-O2" victim -O2
build "-O2 -fomit-frame-pointer -no-pie" victim -O2 -fomit-frame-pointer -no-pie
build "-Os with frame pointers" victim -Os -fno-omit-frame-pointer
build "static" "" -O2 -static
build "static-pie" "" -O0 -static-pie
bare="-g0 -fno-asynchronous-unwind-tables -fno-unwind-tables"
build "-O0 without unwind tables" victim -O0 $bare
build "-O2 without unwind tables" victim -O2 $bare
case $(uname -m) in
x86_64)
	build "-m32 -O2" victim -m32 -O2 -I/usr/include/x86_64-linux-gnu
	build "-m32 -Os without unwind tables" victim -m32 -Os -I/usr/include/x86_64-linux-gnu $bare
	build "-m32 -O0 -no-pie" victim -m32 -O0 -no-pie -I/usr/include/x86_64-linux-gnu
	;;
esac
if command -v clang-14 >/dev/null 2>&1; then
	cc=clang-14
	build "clang -O2" victim -O2
fi

if command -v musl-gcc >/dev/null 2>&1; then
	cc=musl-gcc
	build "musl, whose libc is without tables" victim -O2
	build "musl, static, without unwind tables" "" -O2 -static $bare
fi
if command -v aarch64-linux-gnu-gcc >/dev/null 2>&1 && command -v qemu-aarch64 >/dev/null 2>&1; then
	was=$eu
	cc=aarch64-linux-gnu-gcc run="qemu-aarch64 -L /usr/aarch64-linux-gnu" eu=no
	libraries=/usr/aarch64-linux-gnu/lib
	build "aarch64 -O2" victim -O2
	build "aarch64 -O0 static" "" -O0 -static
	build "aarch64, signed return addresses" victim -O2 -mbranch-protection=standard
	build "aarch64 -fomit-frame-pointer" victim -O2 -fomit-frame-pointer
	eu=$was run='' libraries=
fi

# gcore of a program that lives; the rest of it is the same
cc=$CC
if command -v gcore >/dev/null 2>&1 && $cc -w -g -pthread -O2 -o victim "$here/programs/victim.c"; then
	./victim waiting >words &
	pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		if grep -q ready words; then break; fi
		sleep 0.2
	done
	gcore -o live "$pid" >errors 2>&1
	kill -9 "$pid"
	if [ -f "live.$pid" ]; then
		mv "live.$pid" dump
		"$stacks" dump . >got 2>errors
		t_is "$(awk -v own=victim -f "$here/truth.awk" words got; compare_eu waiting)" "" "gcore"
	else
		t_skip "gcore" "$(tail -n 1 errors)"
	fi
else
	t_skip "gcore" "gcore is not installed"
fi
t_done
