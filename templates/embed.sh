#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# embed.sh FILE...: each file as a C array da_template_NAME_EXT and its size, on stdout.
set -eu
echo '/* Made by templates/embed.sh. */'
echo '#include "config.h"'
echo '#include "render/templates.h"'
for file; do
	name=$(basename "$file" | tr '.-' '__')
	echo "const unsigned char da_template_${name}[] = {"
	od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
	echo "};"
	echo "const size_t da_template_${name}_size = sizeof(da_template_${name});"
done
