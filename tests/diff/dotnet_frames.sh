#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Managed frames of all threads of the corpus' .NET dumps, where they lie unpacked (see dotnet_frames.py).
. "$(dirname "$0")/../lib.sh"
[ -n "$DUMPAN_CORPUS" ] && [ -d "$DUMPAN_CORPUS/dotnet" ] || t_skip_all "DUMPAN_CORPUS is not set"
[ -n "$DUMPAN_DOTNET_DUMPS" ] && [ -d "$DUMPAN_DOTNET_DUMPS" ] || t_skip_all "DUMPAN_DOTNET_DUMPS is not set"
t_need python3 zstd
python3 "$top_srcdir/tests/diff/dotnet_frames.py" --all "$top_builddir/tests/diff/stacks" \
	"$top_srcdir/tests/diff/dotnet-frames-explained.tsv"
