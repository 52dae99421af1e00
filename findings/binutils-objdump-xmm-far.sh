#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# objdump -p shows a wrong place for XMM registers that a Windows x64 prologue saves far from the stack
# pointer: it multiplies the offset of UWOP_SAVE_XMM128_FAR by 16. Only the near form (UWOP_SAVE_XMM128) is
# scaled; the far form holds a plain 32-bit byte offset, as UWOP_SAVE_NONVOL_FAR does, which objdump shows
# rightly. The assembler of the same package writes what objdump then reads wrong.
#
# Package: binutils-mingw-w64-x86-64 2.40-2+10.4 (Debian 12, amd64), unpacked, not installed.
# Input:   one function, assembled here with that package's as: xmm7 saved at 0x100010, rbx at 0x180000.
# Guess:   "save xmm7 at rsp + 0x100010".
# Seen:    "save xmm7 at rsp + 0x1000100"; the bytes hold 0x00100010.
set -euo pipefail
version=2.40-2+10.4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "binutils-mingw-w64-x86-64=$version" >/dev/null 2>&1
for deb in ./*.deb; do dpkg-deb -x "$deb" unpacked; done

cat >prologue.s <<'A'
	.text
	.globl	f
	.def	f; .scl 2; .type 32; .endef
	.seh_proc f
f:	subq	$0x200000, %rsp
	.seh_stackalloc 0x200000
	movups	%xmm7, 0x100010(%rsp)
	.seh_savexmm %xmm7, 0x100010
	movups	%xmm6, 0x40(%rsp)
	.seh_savexmm %xmm6, 0x40
	movq	%rbx, 0x180000(%rsp)
	.seh_savereg %rbx, 0x180000
	.seh_endprologue
	ret
	.seh_endproc
A
tools=unpacked/usr/bin/x86_64-w64-mingw32
"$tools-as" -o prologue.obj prologue.s
"$tools-ld" -e f -o prologue.exe prologue.obj
"$tools-objdump" -p prologue.exe | sed -n 's/.*\(save .*\)/\1/p' | tee seen
"$tools-objcopy" -O binary -j .xdata prologue.exe xdata
od -An -v -tx1 xdata | tr -d ' \n' | tee bytes
echo
grep -q 7910001000 bytes # xmm7, operation 9, 0x00100010
grep -qx 'save rbx at rsp + 0x180000' seen
grep -qx 'save xmm6 at rsp + 0x40' seen
grep -qx 'save xmm7 at rsp + 0x1000100' seen
echo "as described: objdump $version"
