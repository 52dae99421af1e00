#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Microsoft's decorated names, undecorated, equal llvm-undname's reading: some 5,000 that clang makes of
# names.py's C++, and those in the corpus' PDB files.
. "$(dirname "$0")/../lib.sh"
tool() { for t in "$1" "$1-19" "$1-18" "$1-17" "$1-16" "$1-15" "$1-14"; do command -v "$t" && return; done; }
undname=$(tool llvm-undname) nm=$(tool llvm-nm) clang=$(tool clang)
[ -n "$undname" ] && [ -n "$nm" ] && [ -n "$clang" ] || t_skip_all "clang, llvm-nm and llvm-undname are needed"
t_need python3 strings

compare() { # names what least
	"$top_builddir/tests/diff/da_undname" <"$1" >"$T/ours"
	"$undname" <"$1" >"$T/theirs" 2>/dev/null
	n=$(wc -l <"$1")
	[ "$n" -ge "$3" ] && t_pass "$2: $n names" || t_fail "$2: only $n names, wanted $3"
	t_diff "$T/theirs" "$T/ours" "$2: read like llvm-undname"
}

python3 "$top_srcdir/tests/diff/names.py" >"$T/names.cc"
t_ok "the source compiles" "$clang" --target=x86_64-pc-windows-msvc -std=c++17 -w -fms-extensions -c "$T/names.cc" \
	-o "$T/names.obj"
"$nm" "$T/names.obj" | awk '{ print $NF }' | grep '^?' | sort -u >"$T/compiled"
compare "$T/compiled" "compiled by clang" 5000
if [ -d "$DUMPAN_CORPUS/dumps" ]; then
	find "$DUMPAN_CORPUS/dumps" -type f -name '*.pdb' -exec strings -n 6 {} + | grep -E '^\?' | sort -u >"$T/corpus"
	find "$DUMPAN_CORPUS/dumps" -type f -name '*.pdb.xz' | while read -r f; do xz -dc "$f" | strings -n 6 | grep -E '^\?'; done |
		sort -u >>"$T/corpus"
	compare "$T/corpus" "from the corpus" 500
else
	t_skip "from the corpus" "DUMPAN_CORPUS is not set"
fi
t_done
