#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# llvm-undname 14 calls names invalid that clang 14 itself writes for Windows targets: functions with
# __int128 parameters (_L, _M), templates with an "auto" parameter ($M and the type, then the value) or with a
# parameter of class type ($2), and the objects of those parameters (??__N). So it is with every LLVM tool and
# debugger that uses the library's demangler. The Itanium side of the same release stumbles too, but only over
# a nullptr argument (LDn0E).
#
# Package: clang-14, libclang-cpp14, libllvm14, llvm-14 1:14.0.6-12, libz3-4 4.8.12-3.1, libpfm4 4.13.0-1
#          (Debian 12, amd64), unpacked, not installed; the other libraries are those of the system.
# Input:   the C++20 source below, compiled here to assembly.
# Guess:   a release's demangler knows what its own mangler writes.
# Seen:    "Invalid mangled name" for 6 of 8 names (MSVC target); 1 of 8 unread by llvm-cxxfilt (ELF target).
set -euo pipefail
version=1:14.0.6-12
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "clang-14=$version" "libclang-cpp14=$version" "libllvm14=$version" "llvm-14=$version" \
	libz3-4=4.8.12-3.1 libpfm4=4.13.0-1 >/dev/null 2>&1
for deb in ./*.deb; do dpkg-deb -x "$deb" unpacked; done

cat >names.cpp <<'C'
struct P { int a, b; };
template<P p> int point() { return p.a; }
template<auto N> int value() { return 1; }
template<int N> int number() { return N; }
int wide(__int128 x) { return (int)x; }
int use() { return point<P{1, 2}>() + value<3>() + value<'c'>() + value<nullptr>() + number<3>() + wide(1); }
C
export LD_LIBRARY_PATH=$dir/unpacked/usr/lib/x86_64-linux-gnu:$dir/unpacked/usr/lib/llvm-14/lib
bin=unpacked/usr/lib/llvm-14/bin
"$bin/clang" -std=c++20 -target x86_64-pc-windows-msvc -S -o msvc.s names.cpp
"$bin/clang" -std=c++20 -target x86_64-pc-linux-gnu -S -o itanium.s names.cpp
sed -n 's/^"\(?.*\)":.*/\1/p' msvc.s | sort -u >msvc
sed -n 's/^\(_Z[A-Za-z0-9_]*\):.*/\1/p' itanium.s | sort -u >itanium
"$bin/llvm-undname" <msvc 2>&1 | tee seen || true
"$bin/llvm-cxxfilt" <itanium | tee seen-itanium
[ "$(wc -l <msvc)" = 8 ]
[ "$(grep -c 'Invalid mangled name' seen)" = 6 ]
grep -qx 'int __cdecl number<3>(void)' seen
[ "$(wc -l <itanium)" = 8 ]
[ "$(grep '^_Z' seen-itanium)" = _Z5valueILDn0EEiv ]
echo "as described: llvm-undname $version"
