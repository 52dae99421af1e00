#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is no dump gets one line that names it, and status 2; what cannot be read, status 74.
. "$(dirname "$0")/../lib.sh"
synthcore=$top_builddir/tests/synth/synthcore
cd "$T" || exit 99

refused() { # file, status, pattern
	t_exit "$2" "$1: status $2" "$DUMPAN" report "$1"
	t_is "$(wc -l <"$T_ERR" | tr -d ' ')" 1 "$1: one line"
	t_like "$(cat "$T_ERR")" "^dumpan: '.*$1' .*($3)" "$1: the line says what it is"
	t_is "$(cat "$T_OUT")" "" "$1: no report"
}

printf 'The service stopped at 10:15.\nPlease look.\n' >notes.txt
refused notes.txt 2 'is not a process dump \(looks like text\)'
: >empty
refused empty 2 'empty'
mkdir folder
refused folder 2 'directory'
refused missing 74 'No such file'
head -c 5000 /dev/zero >zeroes
refused zeroes 2 'zero'
head -c 10 "$DUMPAN" >short
refused short 2 'ELF file, but not a core'
cp "$DUMPAN" program
refused program 2 'program or library'
printf 'MDMP\223\247\0\0\4\0\0\0\40\0\0\0' >mini.dmp
head -c 100 /dev/zero >>mini.dmp
refused mini.dmp 2 'minidump|streams'
printf 'PAGEDU64' >kernel.dmp
head -c 9000 /dev/zero >>kernel.dmp
refused kernel.dmp 2 'kernel|system'
printf 'KDUMP   \6\0\0\0' >vmcore.kdump
head -c 9000 /dev/zero >>vmcore.kdump
refused vmcore.kdump 2 'Linux kernel dump \(makedumpfile\)'
# An ELF core of a kernel: one note.
{
	printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\4\0\76\0\1\0\0\0\0\0\0\0\0\0\0\0\100\0\0\0\0\0\0\0'
	printf '\0\0\0\0\0\0\0\0\0\0\0\0\100\0\70\0\1\0\0\0\0\0\0\0'
	printf '\4\0\0\0\0\0\0\0\170\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
	printf '\50\0\0\0\0\0\0\0\50\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0'
	printf '\13\0\0\0\20\0\0\0\0\0\0\0VMCOREINFO\0\0OSRELEASE=6.1.0\n'
} >vmcore
refused vmcore 2 'Linux kernel dump \(vmcore\)'
for name in service.dmw service.DTP service.dtt; do
	printf '\1\2\3\4' >$name
	head -c 100 /dev/zero >>$name
done
refused service.dmw 2 'dotMemory workspace'
refused service.DTP 2 'dotTrace snapshot'
refused service.dtt 2 'dotTrace timeline'
printf 'JAVA PROFILE 1.0.2\0' >heap.hprof
head -c 100 /dev/zero >>heap.hprof
refused heap.hprof 2 'Java'
printf '\317\372\355\376\7\0\0\1\3\0\0\0\4\0\0\0' >macos
head -c 100 /dev/zero >>macos
refused macos 2 'Mach-O|macOS'
printf 'PK\3\4\24\0\0\0\10\0' >bundle.zip
head -c 100 /dev/zero >>bundle.zip
refused bundle.zip 2 'zip'
"$synthcore" cpu machine=9999
refused cpu 2 'CPU'
"$synthcore" relocatable type=1
refused relocatable 2 'object file'
printf '\37\213\10\0\0\0\0\0\0\3' >cut.gz
refused cut.gz 2 'gzip'
printf '\50\265\57\375garbage that is not zstd at all' >bad.zst
refused bad.zst 2 'zstd'
gzip -c notes.txt >notes.txt.gz 2>/dev/null && refused notes.txt.gz 2 'text'
if [ "$(id -u)" -ne 0 ]; then
	printf x >secret
	chmod 0 secret
	refused secret 74 'Permission denied'
fi
t_done
