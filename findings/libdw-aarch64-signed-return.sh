#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# libdw drops DW_CFA_AARCH64_negate_ra_state: whether a frame's return address is signed (pacibsp, paciasp)
# cannot be learned from it. The ABI keeps that bit as the rule of pseudo-register 34, RA_SIGN_STATE.
# dwarf_cfi_addrframe takes the instruction without an error and starts a new row for it, but register 34 is
# "undefined" on the signed rows and on the others alike, just like 33, which does not exist, and x30 has the
# same rule either way. So an unwinder on libdw's calls has to strip every return address, or read the
# instructions of .eh_frame itself.
#
# Package: libdw1, libdw-dev, libelf1, libelf-dev 0.188-2.1, binutils-aarch64-linux-gnu 2.40-2 (Debian 12,
#          amd64), unpacked, not installed; libbfd and libopcodes for aarch64 are in the latter.
# Input:   one function, assembled here: paciasp; nop; autiasp; ret.
# Guess:   register 34 has a rule on the rows of nop and autiasp (or the call fails there).
# Seen:    three rows, register 34 undefined on all of them.
set -euo pipefail
version=0.188-2.1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "libdw1=$version" "libdw-dev=$version" "libelf1=$version" "libelf-dev=$version" \
	binutils-aarch64-linux-gnu=2.40-2 >/dev/null 2>&1
for deb in ./*.deb; do dpkg-deb -x "$deb" unpacked; done

cat >signed.s <<'A'
	.text
	.globl	_start
_start:	.cfi_startproc
	hint	#25
	.cfi_negate_ra_state
	nop
	hint	#29
	.cfi_negate_ra_state
	ret
	.cfi_endproc
A
cat >rows.c <<'C'
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <stdio.h>

static const char *rule(Dwarf_Frame *frame, int reg)
{
	Dwarf_Op memory[3], *ops;
	size_t n;

	if (dwarf_frame_register(frame, reg, memory, &ops, &n) != 0)
		return "failed";
	return n ? "a rule" : ops ? "undefined" : "same value";
}

int main(int argc, char **argv)
{
	GElf_Ehdr header;
	Dwarf_CFI *cfi;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(open(argv[argc - 1], O_RDONLY), ELF_C_READ, NULL);
	gelf_getehdr(elf, &header);
	cfi = dwarf_getcfi_elf(elf);
	for (int at = 0; at < 16; at += 4) {
		Dwarf_Frame *frame = NULL;
		Dwarf_Addr start, end;
		bool signal;

		if (dwarf_cfi_addrframe(cfi, header.e_entry + at, &frame) != 0)
			return 1;
		dwarf_frame_info(frame, &start, &end, &signal);
		printf("+%d: row ends at +%d, x30 %s, 33 %s, 34 %s\n", at, (int)(end - header.e_entry),
		       rule(frame, 30), rule(frame, 33), rule(frame, 34));
	}
	return 0;
}
C
lib=unpacked/usr/lib/x86_64-linux-gnu
tools=unpacked/usr/bin/aarch64-linux-gnu
LD_LIBRARY_PATH=$lib "$tools-as" -o signed.o signed.s
LD_LIBRARY_PATH=$lib "$tools-ld" --eh-frame-hdr -o signed signed.o
LD_LIBRARY_PATH=$lib "$tools-readelf" --debug-dump=frames signed | grep -c negate_ra_state
gcc -Iunpacked/usr/include -o rows rows.c "$lib/libdw.so.1" "$lib/libelf.so.1" -Wl,-rpath-link,"$lib"
LD_LIBRARY_PATH=$lib ./rows signed | tee seen
cat >expected <<'E'
+0: row ends at +4, x30 same value, 33 undefined, 34 undefined
+4: row ends at +12, x30 same value, 33 undefined, 34 undefined
+8: row ends at +12, x30 same value, 33 undefined, 34 undefined
+12: row ends at +16, x30 same value, 33 undefined, 34 undefined
E
diff expected seen
echo "as described: libdw $version"
