#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Unwind codes of version 2: from each instruction of the epilogs that they list, in images that clang
# makes here and in those of the corpus, the caller is the one that the instructions return to.
. "$(dirname "$0")/../lib.sh"
epilogs=$top_builddir/tests/diff/epilogs
source=$top_srcdir/tests/diff/programs/epilogs.c
[ -x "$epilogs" ] || t_skip_all "the program is not built"
"$epilogs" >/dev/null || t_skip_all "built without capstone"

# compare NAME LEAST FILE…: at least so many instructions, and none is wrong
compare() {
	name=$1 least=$2
	shift 2
	"$epilogs" "$@" >"$T/out" 2>&1
	n=$(awk '!/^#/ { n += $(NF - 5) } END { print n + 0 }' "$T/out")
	t_is "$(grep '^#' "$T/out" | head -n 5)" "" "$name: $n instructions"
	[ "$n" -ge "$least" ] || t_fail "$name: $n instructions, not $least"
}

cc=
for c in "${CLANG:-clang}" clang-24 clang-23 clang-22 clang-21; do
	[ -n "$cc" ] || ! "$c" --target=x86_64-pc-windows-msvc -fwinx64-eh-unwindv2=best-effort -w -O2 -c "$source" \
		-o "$T/try.obj" 2>/dev/null || cc=$c
done
if [ -n "$cc" ] && command -v x86_64-w64-mingw32-ld >/dev/null 2>&1; then
	k=0
	for flags in -O0 -O1 -O2 -Os "-O2 -fno-omit-frame-pointer"; do
		k=$((k + 1))
		# shellcheck disable=SC2086 # several flags
		"$cc" --target=x86_64-pc-windows-msvc -fwinx64-eh-unwindv2=best-effort -w $flags -c "$source" -o "$T/$k.obj" &&
			x86_64-w64-mingw32-ld -shared --export-all-symbols -e use -o "$T/$k.dll" "$T/$k.obj"
		compare "$cc $flags" 250 "$T/$k.dll"
	done
else
	t_skip "images made here" "no clang of 21 or later, or no ld of mingw-w64"
fi

set=$DUMPAN_CORPUS/dotnet/windows
if [ -n "$DUMPAN_CORPUS" ] && [ -x "$set/unpack.sh" ] && command -v zstd >/dev/null 2>&1; then
	for name in idle-8.0-win idle-10.0-win; do
		"$set/unpack.sh" "$T/net" "$name" >/dev/null 2>&1 || continue
		compare "$name" 20 "$T/net/$name.dmp"
	done
else
	t_skip "images of a dump" "DUMPAN_CORPUS is not set"
fi
t_done
