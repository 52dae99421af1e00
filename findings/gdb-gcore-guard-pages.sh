#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One guard page costs gdb's generate-core-file (gcore) the whole mapping. Since Linux 6.13 a guard need not be a
# PROT_NONE mapping of its own: madvise(MADV_GUARD_INSTALL) makes one inside a mapping, which /proc/PID/maps shows
# as before, and glibc guards thread stacks so since 2.42. As guards no longer part them, neighbouring stacks are
# one mapping there. gdb copies a mapping from its start, 1 MiB at a time, and gives it up at the first piece
# that cannot be read. A guard is at the foot of its stack, so the stacks of all threads but the main one may be
# gone. What is left out is not marked: the PT_LOAD says that all bytes are in the file, and they are zeros. gdb
# warns once a mapping and succeeds. Afterwards each such thread has one frame.
#
# Package: gdb-minimal 13.1-3, libipt2 2.0.5-1, libdebuginfod1 0.188-2.1 (Debian 12, amd64), unpacked, not
#          installed; the other libraries are those of the system. Linux 6.13 or newer.
# Input:   a process, compiled here, with a mapping of three areas of 2 MiB, each 512 pages of 0x78, and the same
#          with the first page of each area made a guard.
# Guess:   1536 of 1536 pages, and 1533 of 1536 with the guards: only they are missing (or lack p_filesz).
# Seen:    1536, and 0 with the guards; p_filesz is 6 MiB in both; gdb exits with 0.
set -euo pipefail
version=13.1-3
dir=$(mktemp -d)
target=
trap '[ -z "$target" ] || kill "$target"; rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "gdb-minimal=$version" libipt2=2.0.5-1 libdebuginfod1=0.188-2.1 >/dev/null 2>&1
for deb in ./*.deb; do dpkg-deb -x "$deb" unpacked; done

cat >areas.c <<'C'
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	size_t area = 2 << 20;
	char *at = mmap(NULL, 3 * area, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(at, 'x', 3 * area);
	for (int i = 0; argc > 1 && i < 3; i++)
		if (madvise(at + i * area, 4096, 102 /* MADV_GUARD_INSTALL */) != 0)
			return 1;
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	printf("%p\n", (void *)at);
	fflush(stdout);
	pause();
	return argv[0] == NULL;
}
C
gcc -O1 -o areas areas.c
cat >pages.py <<'P'
import struct
import sys

data = open(sys.argv[1], "rb").read()
address = int(open("address").read(), 16)
at, number = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
for i in range(number):
    kind, _, offset, start, _, there, size, _ = struct.unpack_from("<IIQQQQQQ", data, at + 56 * i)
    if kind == 1 and start <= address < start + size:
        offset += address - start
        pages = [data[offset + i * 4096:offset + (i + 1) * 4096] for i in range(3 * 512)]
        print("marked %d, zeros %d, %s" % (pages.count(b"x" * 4096), pages.count(bytes(4096)),
                                           "p_filesz = p_memsz" if there == size else "cut"))
P
for guards in "" guards; do
	./areas $guards >address &
	target=$!
	for _ in {1..100}; do [ -s address ] && break; sleep 0.1; done
	kill -0 "$target" 2>/dev/null || { echo "no MADV_GUARD_INSTALL here"; target= && exit 1; }
	LD_LIBRARY_PATH=unpacked/usr/lib/x86_64-linux-gnu \
		unpacked/usr/bin/gdb -nx -q -batch -p "$target" -ex "generate-core-file core" >log 2>&1
	kill "$target"
	target=
	echo "${guards:-plain}: $(python3 pages.py core)"
	grep -c "Memory read failed for corefile section, 1048576 bytes at $(cat address)" log || true
done >seen
cat seen
cat >expected <<'E'
plain: marked 1536, zeros 0, p_filesz = p_memsz
0
guards: marked 0, zeros 1536, p_filesz = p_memsz
1
E
diff expected seen
echo "as described: gdb $version"
