#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# x86-64 cores that qemu-user writes have no thread pointer. NT_PRSTATUS has the layout of Linux, whose
# registers 21 and 22 are fs_base and gs_base, but qemu puts the selectors of %fs and %gs there, which are 0 in
# every program. So no reader finds errno, the thread's pthread structure or any other thread-local variable
# in such a core, although the memory is there. There is no NT_FILE and no NT_SIGINFO either.
#
# Package: qemu-user 1:7.2+dfsg-7+deb12u18+b3, libcapstone4 4.0.2-5, liburing2 2.3-3, libnuma1 2.0.16-1
#          (Debian 12, amd64), unpacked, not installed; the other libraries are those of the system.
# Input:   a static program, compiled here, that stores what %fs:0 says in a variable and aborts.
# Guess:   fs_base is that value, as in a kernel's core of the same program.
# Seen:    fs_base 0 and gs_base 0; notes NT_PRSTATUS, NT_PRPSINFO and NT_AUXV only.
set -euo pipefail
version=1:7.2+dfsg-7+deb12u18+b3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "qemu-user=$version" libcapstone4=4.0.2-5 liburing2=2.3-3 libnuma1=2.0.16-1 >/dev/null 2>&1
for deb in ./*.deb; do dpkg-deb -x "$deb" unpacked; done

cat >guest.c <<'C'
#include <stdlib.h>

unsigned long mark[3] = { 0x6b72616d2d656572, 0, 0x2d6b72616d2d6565 };

int main(void)
{
	__asm__ volatile("mov %%fs:0, %0" : "=r"(mark[1]));
	abort();
}
C
gcc -O1 -static -o guest guest.c
ulimit -c 200000
LD_LIBRARY_PATH=unpacked/usr/lib/x86_64-linux-gnu unpacked/usr/bin/qemu-x86_64 ./guest || true
python3 - qemu_guest_*.core <<'P' | tee seen
import struct
import sys

data = open(sys.argv[1], "rb").read()
at, size = struct.unpack_from("<8xQ16xQ", data, 64)
kinds, end = [], at + size
while at < end:
    name, length, kind = struct.unpack_from("<III", data, at)
    body = at + 12 + (name + 3 & ~3)
    if kind == 1:
        registers = struct.unpack_from("<27Q", data, body + 112)
    kinds.append(kind)
    at = body + (length + 3 & ~3)
mark = data.index(struct.pack("<Q", 0x6B72616D2D656572))
print("notes:", *kinds)
print("fs_base %#x, gs_base %#x" % registers[21:23])
print("thread pointer", "not 0" if struct.unpack_from("<Q", data, mark + 8)[0] else "0")
P
grep -qx 'notes: 1 3 6' seen
grep -qx 'fs_base 0x0, gs_base 0x0' seen
grep -qx 'thread pointer not 0' seen
echo "as described: qemu-user $version"
