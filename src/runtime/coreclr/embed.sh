#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# embed.sh FILE...: the tables and layouts as one sorted array of named bytes, on stdout.
set -eu
LC_ALL=C
export LC_ALL
echo '/* Made by embed.sh. */'
echo '#include "config.h"'
echo '#include "runtime/coreclr/target.h"'
for file; do
	name=$(basename "$file" | tr '.-' '__')
	echo "static const unsigned char file_${name}[] = {"
	od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
	echo "};"
done
echo 'const struct da_clr_file da_clr_files[] = {'
for file; do
	echo "$(basename "$file")"
done | sort | while read -r base; do
	name=$(echo "$base" | tr '.-' '__')
	echo "	{ \"$base\", file_${name}, sizeof(file_${name}) },"
done
echo '};'
echo 'const size_t da_clr_files_n = DA_ARRAY_SIZE(da_clr_files);'
