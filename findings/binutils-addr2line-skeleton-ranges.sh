#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# addr2line (and objdump -l) finds no source line in what gcc -O2 -gsplit-dwarf writes, although all it needs
# is in the program itself: the skeleton unit has ranges and the line table stays out of the .dwo. It is so
# only for DWARF 5 (gcc's default since 11) and only where the unit has more than one range, that is as soon as
# it has a main() or cold code that gcc puts into a section of its own. With -O0 (one range), with -gdwarf-4
# or without -gsplit-dwarf the line is there, and eu-addr2line, gdb and llvm-addr2line give it in all cases.
#
# Package: binutils-x86-64-linux-gnu, libbinutils, libctf0, libctf-nobfd0, libgprofng0 2.40-2 (Debian 12,
#          amd64), unpacked, not installed; gcc 12.2 of the system.
# Input:   a program compiled here in four ways.
# Guess:   the same line in all four; only inlined functions may need the .dwo.
# Seen:    ??:? for -O2 -gsplit-dwarf -gdwarf-5, with the right name (from .symtab).
set -euo pipefail
version=2.40-2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "binutils-x86-64-linux-gnu=$version" "libbinutils=$version" "libctf0=$version" \
	"libctf-nobfd0=$version" "libgprofng0=$version" >/dev/null 2>&1
for deb in ./*.deb; do dpkg-deb -x "$deb" unpacked; done

cat >program.c <<'C'
int twice(int x)
{
	return x + x;
}
int main(int argc, char **argv) { (void)argv; return twice(argc); }
C
lines() {
	gcc "$@" -no-pie -c program.c
	gcc -no-pie -o program program.o
	at=$(nm program | awk '$3 == "twice" { print $1 }')
	echo "$*: $(LD_LIBRARY_PATH=unpacked/usr/lib/x86_64-linux-gnu \
		unpacked/usr/bin/x86_64-linux-gnu-addr2line -f -s -e program "$at" | tr '\n' ' ')"
}
{
	lines -O2 -g -gdwarf-5
	lines -O2 -g -gdwarf-4 -gsplit-dwarf
	lines -O0 -g -gdwarf-5 -gsplit-dwarf
	lines -O2 -g -gdwarf-5 -gsplit-dwarf
} | tee seen
[ "$(grep -cE 'twice program.c:[23] $' seen)" = 3 ]
grep -qxF -- '-O2 -g -gdwarf-5 -gsplit-dwarf: twice ??:? ' seen
echo "as described: addr2line $version"
