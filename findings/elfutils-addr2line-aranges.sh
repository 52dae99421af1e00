#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# libdwfl finds a source line only through .debug_aranges. DWARF makes that section optional and clang does
# not write it unasked, so eu-addr2line answers "??:0" for every address of a program that was built with
# "clang -g", although .debug_info has the ranges of the unit and .debug_line has the row. The function's name
# still comes, from .symtab, which hides what lacks. binutils' addr2line reads the same file right. A user of
# libdw must walk the units by dwarf_nextcu.
#
# Package: elfutils, libdw1, libelf1, libasm1 0.188-2.1 (Debian 12, amd64), unpacked, not installed.
# Input:   a program compiled here with gcc, and the same one without .debug_aranges (as clang writes it).
# Guess:   the same line for both; at worst the second is slower.
# Seen:    program.c:2 and ??:0.
set -euo pipefail
version=0.188-2.1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "elfutils=$version" "libdw1=$version" "libelf1=$version" "libasm1=$version" >/dev/null 2>&1
for deb in ./*.deb; do dpkg-deb -x "$deb" unpacked; done

cat >program.c <<'C'
int twice(int x)
{
	return x + x;
}
int main(int argc, char **argv) { (void)argv; return twice(argc); }
C
gcc -O0 -g -no-pie -o with program.c
objcopy --remove-section=.debug_aranges with without
at=$(printf '0x%x' $((0x$(nm with | awk '$3 == "twice" { print $1 }') + 4)))
for file in with without; do
	LD_LIBRARY_PATH=unpacked/usr/lib/x86_64-linux-gnu unpacked/usr/bin/eu-addr2line -f -s -e "$file" "$at" |
		tee "seen-$file"
done
addr2line -f -s -e without "$at" | tee seen-binutils
[ "$(head -n 1 seen-with)" = twice ]
grep -q '^program.c:[123]' seen-with
[ "$(cat seen-without)" = $'twice\n??:0' ]
grep -q '^program.c:' seen-binutils
echo "as described: elfutils $version"
