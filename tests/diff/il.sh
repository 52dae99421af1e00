#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# IL offsets of managed frames of the corpus' dumps against ClrMD's (see il.py).
. "$(dirname "$0")/../lib.sh"
[ -n "$DUMPAN_CORPUS" ] && [ -d "$DUMPAN_CORPUS/dotnet" ] || t_skip_all "DUMPAN_CORPUS is not set"
[ -n "$DUMPAN_DOTNET_DUMPS" ] && [ -d "$DUMPAN_DOTNET_DUMPS" ] || t_skip_all "DUMPAN_DOTNET_DUMPS is not set (dotnet-unpack.sh)"
t_need python3 zstd
exec python3 "$top_srcdir/tests/diff/il.py" "$top_builddir/tests/diff/da_il"
