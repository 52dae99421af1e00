#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# readelf of Debian 12 does not show which files a 64-bit core has mapped: for every NT_FILE note it says
# "Cannot decode 64-bit note in 32-bit build", although it is a 64-bit program that reads everything else
# of such a core. Scripts that take a process's libraries out of `readelf -n core` get none of them, and the
# exit status is 0. 32-bit cores are listed as ever.
#
# Package: binutils-x86-64-linux-gnu, libbinutils, libctf0, libctf-nobfd0, libgprofng0 2.40-2 (Debian 12,
#          amd64), unpacked, not installed.
# Input:   an ELF64 and an ELF32 core with one NT_FILE note each, of one file mapped at 0x400000, made here.
# Guess:   a table "Page size / Start End Page Offset" with the file's name for both.
# Seen:    the table for ELF32; the refusal instead of it for ELF64.
set -euo pipefail
version=2.40-2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "binutils-x86-64-linux-gnu=$version" "libbinutils=$version" "libctf0=$version" \
	"libctf-nobfd0=$version" "libgprofng0=$version" >/dev/null 2>&1
for deb in ./*.deb; do dpkg-deb -x "$deb" unpacked; done

python3 - <<'P'
import struct


def core(bits):
    word = "Q" if bits == 64 else "I"
    files = struct.pack("<5" + word, 1, 4096, 0x400000, 0x401000, 0) + b"/usr/bin/prog\0"
    note = struct.pack("<III", 5, len(files), 0x46494C45) + b"CORE\0\0\0\0" + files + b"\0" * (-len(files) % 4)
    ident = b"\x7fELF" + bytes([bits // 32, 1, 1]) + bytes(9)
    if bits == 64:
        header = ident + struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
        segment = struct.pack("<IIQQQQQQ", 4, 0, 120, 0, 0, len(note), 0, 4)
    else:
        header = ident + struct.pack("<HHIIIIIHHHHHH", 4, 3, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0)
        segment = struct.pack("<IIIIIIII", 4, 84, 0, 0, len(note), 0, 0, 4)
    open("core%d" % bits, "wb").write(header + segment + note)


core(64)
core(32)
P
lib=unpacked/usr/lib/x86_64-linux-gnu
for bits in 64 32; do
	LD_LIBRARY_PATH=$lib unpacked/usr/bin/x86_64-linux-gnu-readelf -nW "core$bits" | tee "seen$bits"
done
grep -q 'NT_FILE' seen64
grep -q 'Cannot decode 64-bit note in 32-bit build' seen64
if grep -q '/usr/bin/prog' seen64; then exit 1; fi
grep -q '/usr/bin/prog' seen32
echo "as described: readelf $version"
