#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The script for PowerShell that packs what a Windows dump lacks: names are names, whatever is in them,
# and only the very builds that the dump names are packed. With pwsh it is run: on Linux a path of Windows
# is the name of a file in the folder at hand.
. "$(dirname "$0")/../lib.sh"

synthmd=$top_builddir/tests/synth/synthmd
[ -x "$synthmd" ] || t_skip_all "the builder of test dumps is not built"

# script PATH: of a dump with a module of that path
script() {
	"$synthmd" "$T/app.dmp" "module=$1" || exit 99
	"$DUMPAN" symbols --collect --no-local-symbols "$T/app.dmp" >"$T/collect.ps1" 2>"$T/err"
}

script 'C:\shop\till.dll'
t_like "$(cat "$T/collect.ps1")" "^Add-File 'image' \('C:\\\\shop\\\\till.dll'\) \('till.dll'\) \('5F5E10004000'\)\$" "an image"
t_like "$(cat "$T/collect.ps1")" "^Add-File 'pdb' \('C:\\\\shop\\\\orders.pdb'\)" "a PDB, beside its image"
script "C:\\it's it.dll"
t_like "$(cat "$T/collect.ps1")" "\('C:\\\\it''s it.dll'\)" "a quote is written twice"
for path in '\\evil\share\a.dll' '\Device\Volume3\a.dll' 'C:\a.dll:stream' 'relative.dll' '1:\a.dll' 'C:\..\a.dll' 'C:\a*.dll'; do
	script "$path"
	t_unlike "$(cat "$T/collect.ps1")" '5F5E10004000' "$path is not touched"
done

pwsh=${PWSH:-pwsh}
if ! command -v "$pwsh" >/dev/null 2>&1 || ! command -v unzip >/dev/null 2>&1; then
	t_skip "the script, run" "no pwsh, or no unzip"
	t_done
	exit
fi

# image FILE STAMP: as much of a DLL as names its build
image() {
	{
		printf 'MZ' && head -c 58 /dev/zero && printf '\100\0\0\0PE\0\0\0\0\0\0' && printf "$2"
		head -c 68 /dev/zero && printf '\0\100\0\0' && head -c 100 /dev/zero
	} >"$1"
}

# run: the script in its own folder
run() {
	(cd "$T/run" && TMPDIR=$T/tmp "$pwsh" -NoLogo -NoProfile -File "$T/collect.ps1" out.zip) >"$T/log" 2>&1
}

mkdir "$T/run" "$T/tmp"
# shellcheck disable=SC1112 # PowerShell takes them for quotes
name='it'"'"'s $(touch x) `touch x`; touch x & [a]{b} $HOME “é” 𝒳 ’; exit.dll'
script "C:\\$name"
image "$T/run/C:\\$name" '\0\020\136\137'
t_ok "it packs a file whatever its name" run
t_is "$(cd "$T/run" && find . -name x)" "" "and runs nothing that the name says"
t_is "$(find "$T/tmp" -name 'dumpan-*')" "" "and leaves nothing behind"
mkdir "$T/unpacked"
t_ok "an archive" unzip -q "$T/run/out.zip" -d "$T/unpacked"
t_is "$(cd "$T/unpacked" && find . -type f)" "./$name/5F5E10004000/$name" "laid out as a symbol store"
t_ok "that --symbols can use" cmp "$T/unpacked/$name/5F5E10004000/$name" "$T/run/C:\\$name"
t_like "$(cat "$T/log")" 'absent: .*orders.exe' "it tells what is absent"

rm -rf "$T/run/out.zip"
image "$T/run/C:\\$name" '\1\020\136\137'
t_exit 1 "another build" run
t_like "$(cat "$T/log")" 'another build, left out' "is not packed"
t_ok "nor anything else" test ! -e "$T/run/out.zip"
t_done
