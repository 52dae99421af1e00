#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# libdw's rules for the x86-64 registers that call frame information does not mention: %rax is kept by
# every call, and %rbx is lost. The System V ABI says the opposite. The table was written with the order
# of the instruction encoding in mind (0 %rax, 3 %rbx are DWARF's numbers too, but the row that is meant
# for %rbx names register 0). An unwinder that trusts it loses %rbx in the first frame of any function
# that does not save it, and hands %rax of a callee to its callers.
#
# Package: libdw1, libdw-dev, libelf1, libelf-dev 0.188-2.1 (Debian 12, amd64), unpacked, not installed.
# Input:   an ordinary program, compiled here with gcc; any x86-64 file with .eh_frame does.
# Seen:    rax "same value", rbx "undefined"; rbp, r12-r15 "same value" as they should be.
set -euo pipefail
version=0.188-2.1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "libdw1=$version" "libdw-dev=$version" "libelf1=$version" "libelf-dev=$version" >/dev/null
for deb in ./*.deb; do dpkg-deb -x "$deb" unpacked; done

cat >program.c <<'C'
int main(void) { return 0; }
C
cat >rules.c <<'C'
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	static const char *const names[] = { "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp" };
	GElf_Ehdr header;
	Dwarf_Frame *frame = NULL;
	Dwarf_CFI *cfi;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(open(argv[argc - 1], O_RDONLY), ELF_C_READ, NULL);
	gelf_getehdr(elf, &header);
	cfi = dwarf_getcfi_elf(elf);
	for (Dwarf_Addr at = header.e_entry; !frame && at < header.e_entry + 4096; at++)
		if (dwarf_cfi_addrframe(cfi, at, &frame) != 0)
			frame = NULL;
	for (int r = 0; frame && r < 7; r++) {
		Dwarf_Op memory[3], *ops;
		size_t n;

		if (dwarf_frame_register(frame, r, memory, &ops, &n) == 0)
			printf("%s: %s\n", names[r], n ? "a rule" : ops ? "undefined" : "same value");
	}
	return frame ? 0 : 1;
}
C
gcc -O2 -o program program.c
lib=unpacked/usr/lib/x86_64-linux-gnu
gcc -Iunpacked/usr/include -o rules rules.c "$lib/libdw.so.1" "$lib/libelf.so.1" -Wl,-rpath-link,"$lib"
LD_LIBRARY_PATH=$lib ./rules program | tee seen
grep -qx 'rax: same value' seen
grep -qx 'rbx: undefined' seen
grep -qx 'rbp: same value' seen
echo "as described: libdw $version"
