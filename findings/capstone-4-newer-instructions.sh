#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# capstone 4 decodes instructions that are newer than it as others that exist, instead of refusing them:
# incsspq is shown as lfence, tpause, umwait and umonitor as mfence (it ignores the prefix of these register
# forms of 0f ae), and ud1 with a memory operand as a ud2b of 2 bytes where the processor takes 3 or more, so
# what follows is read from the middle of an instruction. incsspq is not exotic: the unwinder of libgcc_s has
# it on the way to every landing pad.
#
# Package: libcapstone4, libcapstone-dev 4.0.2-5 (Debian 12, amd64), unpacked, not installed.
# Input:   single valid instructions, encoded by hand.
# Guess:   0 instructions (CS_MODE_64 stops at an opcode it does not know), as for rdsspq, its companion.
# Seen:    other instructions, of the full length except for ud1.
set -euo pipefail
version=4.0.2-5
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "libcapstone4=$version" "libcapstone-dev=$version" >/dev/null 2>&1
for deb in ./*.deb; do dpkg-deb -x "$deb" unpacked; done

cat >decode.c <<'C'
#include <capstone.h>
#include <stdio.h>

static const struct {
	const char *name, *bytes;
	size_t size;
} code[] = {
	{ "rdsspq %rax", "\xf3\x48\x0f\x1e\xc8", 5 },
	{ "incsspq %rax", "\xf3\x48\x0f\xae\xe8", 5 },
	{ "incsspd %eax", "\xf3\x0f\xae\xe8", 4 },
	{ "tpause %eax", "\x66\x0f\xae\xf0", 4 },
	{ "umwait %eax", "\xf2\x0f\xae\xf0", 4 },
	{ "umonitor %rax", "\xf3\x0f\xae\xf0", 4 },
	{ "ud1 (%rax), %eax", "\x0f\xb9\x00", 3 },
	{ "ud1 8(%rax), %eax", "\x0f\xb9\x40\x08", 4 },
};

int main(void)
{
	csh handle;

	if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
		return 1;
	for (size_t i = 0; i < sizeof(code) / sizeof(code[0]); i++) {
		cs_insn *insn;
		size_t n = cs_disasm(handle, (const uint8_t *)code[i].bytes, code[i].size, 0, 1, &insn);

		if (!n) {
			printf("%s: nothing\n", code[i].name);
			continue;
		}
		printf("%s: %s, %d of %zu bytes\n", code[i].name, insn->mnemonic, insn->size, code[i].size);
		cs_free(insn, n);
	}
	return 0;
}
C
lib=unpacked/usr/lib/x86_64-linux-gnu
gcc -Iunpacked/usr/include/capstone -o decode decode.c "$lib/libcapstone.so.4"
LD_LIBRARY_PATH=$lib ./decode | tee seen
cat >expected <<'E'
rdsspq %rax: nothing
incsspq %rax: lfence, 5 of 5 bytes
incsspd %eax: lfence, 4 of 4 bytes
tpause %eax: mfence, 4 of 4 bytes
umwait %eax: mfence, 4 of 4 bytes
umonitor %rax: mfence, 4 of 4 bytes
ud1 (%rax), %eax: ud2b, 2 of 3 bytes
ud1 8(%rax), %eax: ud2b, 2 of 4 bytes
E
diff expected seen
echo "as described: capstone $version"
