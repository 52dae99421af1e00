#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# llvm-objdump --unwind-info has the two kinds of machine frames of Windows x64 the wrong way round. Operation
# info 1 of UWOP_PUSH_MACHFRAME means that the processor pushed an error code below the frame (the frame is 8
# bytes longer); llvm-objdump shows 1 as "w/o error code" and 0 as "w error code". llvm-readobj of the same
# package says the opposite about the same file, and is right. Whoever checks an unwinder of such frames
# against llvm-objdump is off by one slot. It also writes the register of a far XMM save as a control character.
#
# Package: llvm-14, libllvm14 1:14.0.6-12, libz3-4 4.8.12-3.1, libpfm4 4.13.0-1 (Debian 12, amd64), unpacked,
#          not installed; the other libraries are those of the system.
# Input:   two functions, assembled here with llvm-mc: ".seh_pushframe @code" and ".seh_pushframe".
# Guess:   the tools of one package agree: with an error code for the first, without for the second.
# Seen:    llvm-readobj errcode=yes, no; llvm-objdump "w/o error code", "w error code".
set -euo pipefail
version=1:14.0.6-12
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "llvm-14=$version" "libllvm14=$version" libz3-4=4.8.12-3.1 libpfm4=4.13.0-1 >/dev/null 2>&1
for deb in ./*.deb; do dpkg-deb -x "$deb" unpacked; done

cat >frames.s <<'A'
	.text
with:	.seh_proc with
	.seh_pushframe @code
	subq	$0x200000, %rsp
	.seh_stackalloc 0x200000
	movups	%xmm7, 0x100010(%rsp)
	.seh_savexmm %xmm7, 0x100010
	.seh_endprologue
	iretq
	.seh_endproc
without: .seh_proc without
	.seh_pushframe
	.seh_endprologue
	iretq
	.seh_endproc
A
export LD_LIBRARY_PATH=$dir/unpacked/usr/lib/x86_64-linux-gnu:$dir/unpacked/usr/lib/llvm-14/lib
bin=unpacked/usr/lib/llvm-14/bin
"$bin/llvm-mc" -triple x86_64-pc-windows-msvc -filetype=obj -o frames.obj frames.s
"$bin/llvm-readobj" --unwind frames.obj | grep -oE '(PUSH_MACHFRAME|SAVE_XMM128_FAR).*' | tee seen
"$bin/llvm-objdump" --unwind-info frames.obj | grep -oE 'UOP_(PushMachFrame|SaveXMM128Big).*' | cat -v | tee -a seen
cat >expected <<'E'
SAVE_XMM128_FAR reg=XMM7, offset=0x100010
PUSH_MACHFRAME errcode=yes
PUSH_MACHFRAME errcode=no
UOP_SaveXMM128Big XMM^G [0x00100010]
UOP_PushMachFrame w/o error code
UOP_PushMachFrame w error code
E
diff expected seen
echo "as described: llvm-objdump $version"
