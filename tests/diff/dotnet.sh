#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Reports of the corpus' .NET dumps against ClrMD and what the programs knew (see dotnet.py).
. "$(dirname "$0")/../lib.sh"
[ -n "$DUMPAN_CORPUS" ] && [ -d "$DUMPAN_CORPUS/dotnet" ] || t_skip_all "DUMPAN_CORPUS is not set"
t_need python3 zstd tar
export DUMPAN T
python3 "$top_srcdir/tests/diff/dotnet.py" "$top_srcdir/tests/diff/dotnet-explained.tsv"
