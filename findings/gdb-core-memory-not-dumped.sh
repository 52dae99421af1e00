#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# gdb reads zeros where a core has no bytes. The kernel leaves memory out of a core (coredump_filter,
# MADV_DONTDUMP) by giving its PT_LOAD a p_memsz but no p_filesz: "it was there, its contents were not
# written". gdb prints such memory as 0, with no word that it is unknown, so a pointer into it looks like a
# pointer to a cleared structure. Only addresses in no segment at all give "Cannot access memory".
#
# Package: gdb-minimal 13.1-3, libipt2 2.0.5-1, libdebuginfod1 0.188-2.1 (Debian 12, amd64), unpacked, not
#          installed; the other libraries are those of the system.
# Input:   an x86-64 core made here: a page that was dumped, two anonymous pages that were not
#          (p_filesz 0, p_memsz 0x2000), a page of which half was dumped, and a hole behind them.
# Guess:   "Cannot access memory at address 0x500010", as for the hole (or <unavailable>).
# Seen:    0 for memory that was not dumped, in whole and in part.
set -euo pipefail
version=13.1-3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "gdb-minimal=$version" libipt2=2.0.5-1 libdebuginfod1=0.188-2.1 >/dev/null
for deb in ./*.deb; do dpkg-deb -x "$deb" unpacked; done

python3 - <<'P'
import struct


def note(kind, data):
    return struct.pack("<III", 5, len(data), kind) + b"CORE\0\0\0\0" + data + bytes(-len(data) % 4)


registers = [0] * 27
registers[16], registers[17], registers[19] = 0x400000, 0x33, 0x400800
status = struct.pack("<iiihhQQiiii", 11, 0, 0, 11, 0, 0, 0, 100, 1, 100, 100).ljust(112, b"\0")
status += struct.pack("<27Qii", *registers, 0, 0)
notes = note(1, status) + note(6, struct.pack("<4Q", 6, 4096, 0, 0))
loads = [(0x400000, 0x1000, 0x1000), (0x500000, 0, 0x2000), (0x600000, 0x800, 0x1000)]
at = 0x1000
segments = struct.pack("<IIQQQQQQ", 4, 0, 64 + 56 * 4, 0, 0, len(notes), 0, 4)
for address, there, size in loads:
    segments += struct.pack("<IIQQQQQQ", 1, 6, at, address, 0, there, size, 4096)
    at += there
header = b"\x7fELF\x02\x01\x01" + bytes(9)
header += struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, 4, 0, 0, 0)
data = (header + segments + notes).ljust(0x1000, b"\0")
open("core", "wb").write(data + b"B" * (at - 0x1000))
P
run() {
	LD_LIBRARY_PATH=unpacked/usr/lib/x86_64-linux-gnu \
		unpacked/usr/bin/gdb -nx -q -batch -c core "$@" 2>&1 || true
}
run \
	-ex 'output/x *(int *)0x400010' -ex 'echo \ dumped\n' \
	-ex 'output/x *(int *)0x500010' -ex 'echo \ not dumped\n' \
	-ex 'output/x *(int *)0x600010' -ex 'echo \ half dumped, first half\n' \
	-ex 'output/x *(int *)0x600c00' -ex 'echo \ half dumped, second half\n' \
	-ex 'output/x *(int *)0x700000' | tee seen
grep -qx '0x42424242 dumped' seen
grep -qx '0x0 not dumped' seen
grep -qx '0x42424242 half dumped, first half' seen
grep -qx '0x0 half dumped, second half' seen
grep -qx 'Cannot access memory at address 0x700000' seen
echo "as described: gdb $version"
