#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the sample programs and makes their dumps: samples/make.sh [FOLDER] (default: samples-out).
#
# The programs are built and run in the folder $DEMO (default: dumpan-demo in $TMPDIR or /tmp; the dumps
# here were made with DEMO=/opt/demo) with an empty environment, so that a dump holds no other name of the
# machine or of the person who made it. Where the kernel hands cores to another program
# (/proc/sys/kernel/core_pattern begins with |), gdb writes the dump of the dying process instead.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-samples-out}
demo=${DEMO:-${TMPDIR:-/tmp}/dumpan-demo}
mkdir -p "$out" "$demo/bin" "$demo/src"
out=$(cd "$out" && pwd)
cp "$here"/src/*.c "$here"/src/*.cc "$demo/src/"

flags="-O2 -g -std=gnu11 -pthread -Wl,--build-id"
build() {
	cd "$demo/src"
	for source in *.c; do
		# shellcheck disable=SC2086 # a list of options
		env -i PATH="$PATH" ${CC:-gcc} $flags -o "../bin/${source%.c}" "$source"
	done
	for source in *.cc; do
		env -i PATH="$PATH" "${CXX:-g++}" -O2 -g -std=gnu++17 -Wl,--build-id \
			-o "../bin/${source%.cc}" "$source"
	done
	mkdir -p "$out/bin"
	cp ../bin/* "$out/bin/"
}

# The core of a program that dies by itself.
crash() {
	cd "$demo"
	rm -f core core.*
	if ! grep -q '^|' /proc/sys/kernel/core_pattern; then
		(
			# shellcheck disable=SC3045 # dash and bash have it
			ulimit -c unlimited
			exec env -i "$demo/bin/$1" 2>/dev/null
		) || :
		for core in core*; do
			[ -f "$core" ] && mv "$core" "$out/$1.core" && return
		done
	fi
	env -i PATH="$PATH" gdb -q -batch -ex 'set exec-wrapper env -i' \
		-ex run -ex "generate-core-file $out/$1.core" "$demo/bin/$1" >/dev/null 2>&1 </dev/null
}

# The dump of a program that lives.
alive() {
	cd "$demo"
	env -i "$demo/bin/$1" >ready &
	pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		grep -q ready ready && break
		sleep 0.5
	done
	sleep 0.3
	env -i PATH="$PATH" HOME=/ gcore -o "$demo/live" "$pid" >/dev/null 2>&1
	kill "$pid"
	wait "$pid" 2>/dev/null || :
	mv "live.$pid" "$out/$1.core"
	rm -f ready
}

build
for program in segv-null abort-assert double-free throw-uncaught stack-overflow; do
	crash "$program"
done
alive worker-pool
alive deadlock
for core in "$out"/*.core; do
	zstd -q -f -19 --rm "$core" -o "$core.zst"
done
ls -l "$out"/*.zst
