#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Functions of at most 100 lines, files of at most 1000 (tables of data, *.def, excepted), lines of at
# most 128 columns (sentences excepted): what is longer hides something that has a name of its own.
. "$(dirname "$0")/../lib.sh"
cd "$top_srcdir" || exit 99
[ -d src ] || t_skip_all "no sources here"

# templates.c and files.c are made by the build.
sources() {
	find src tests templates samples -name '*.[ch]' -o -name '*.cc' -o -name '*.sh' |
		grep -v '^templates/templates\.c$\|^src/runtime/coreclr/files\.c$' | sort
}

t_is "$(sources | while read -r file; do
	awk -v file="$file" 'END { if (NR > 1000) print file ": " NR " lines" }' "$file"
done)" "" "no file has over 1000 lines"

# In this style a function begins with { and ends with } in the first column.
t_is "$(sources | grep '\.[ch]' | while read -r file; do
	awk -v file="$file" '
	/^\{/ { begin = FNR }
	/^\}/ {
		if (begin && FNR - begin - 1 > 100)
			print file ":" begin ": a function of " FNR - begin - 1 " lines"
		begin = 0
	}' "$file"
done)" "" "no function has over 100 lines"

t_is "$(sources | grep "^src/" | while read -r file; do
	expand -t 8 "$file" | awk -v file="$file" 'length($0) > 128 && !/"/ { print file ":" FNR ": " length($0) " columns" }'
done)" "" "no line has over 128 columns"

t_is "$(sources | grep '\.[ch]' | while read -r file; do
	grep -nE '^ {8,}[^ \\]|[ 	]+$' "$file" /dev/null
done | head -n 20)" "" "tabs indent, and nothing trails"

t_done
