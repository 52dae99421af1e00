#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# eu-addr2line -i knows no inlined functions of a program with split DWARF (gcc -gsplit-dwarf), although
# elfutils reads .dwo files and the file lies where the skeleton says. It gives the innermost source line
# but the outermost function, as if the line were that function's own: here "outer" at the line of "inner".
# Nothing says that two calls lack. The same source with ordinary DWARF gives all three functions.
#
# Package: elfutils, libdw1, libelf1, libasm1 0.188-2.1 (Debian 12, amd64), unpacked, not installed.
# Input:   a program compiled here with gcc, twice: -g, and -g -gsplit-dwarf with its .dwo beside it.
# Guess:   the same answer for both; without the .dwo, no answer.
# Seen:    inner, middle and outer for the first, only outer for the second, both at the line of inner.
set -euo pipefail
version=0.188-2.1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "elfutils=$version" "libdw1=$version" "libelf1=$version" "libasm1=$version" >/dev/null 2>&1
for deb in ./*.deb; do dpkg-deb -x "$deb" unpacked; done

cat >program.c <<'C'
volatile int sink;
static inline __attribute__((always_inline)) void inner(void)
{
	__asm__ volatile(".globl mark\nmark:");
	sink = 1;
}
static inline __attribute__((always_inline)) void middle(void) { inner(); }
__attribute__((noinline)) void outer(void) { middle(); }
int main(void) { outer(); return 0; }
C
mkdir plain split
(cd plain && gcc -O1 -g -no-pie -c ../program.c && gcc -no-pie -o program program.o)
(cd split && gcc -O1 -g -gsplit-dwarf -no-pie -c ../program.c && gcc -no-pie -o program program.o && ls program.dwo)
for kind in plain split; do
	at=$(nm "$kind/program" | awk '$3 == "mark" { print "0x" $1 }')
	(cd "$kind" && LD_LIBRARY_PATH=../unpacked/usr/lib/x86_64-linux-gnu \
		../unpacked/usr/bin/eu-addr2line -i -f -s -e program "$at") | tee "seen-$kind"
done
[ "$(grep -cE '^(inner|middle|outer)' seen-plain)" = 3 ]
[ "$(grep -v : seen-split)" = outer ]
[ "$(grep -o '^program.c:[0-9]*' seen-split)" = program.c:5 ]
echo "as described: elfutils $version"
