#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Unpacks the corpus' .NET dumps into a folder, each pack once: tests/diff/dotnet-unpack.sh FOLDER. It takes 8 GB
# and a minute or two. Name it with DUMPAN_DOTNET_DUMPS: il.sh and dotnet_frames.sh need it, dotnet.sh is faster.
set -eu
to=$1
from=${DUMPAN_CORPUS:?names the corpus}/dotnet
mkdir -p "$to"
for pack in "$from"/*/pack-*.tar.zst "$from"/*/dumps/pack-*.tar.zst; do
	case $pack in *"*"* | */pack-11.0.0.members*) continue ;; esac
	zstd -dqc --long=30 "$pack" | tar -C "$to" --transform='s,.*/,,' --wildcards -xSf - '*.core'
done
for packed in "$from"/*/*.core.zst; do
	zstd -dqf --long=30 "$packed" -o "$to/$(basename "$packed" .zst)"
done
"$from/windows/unpack.sh" "$to"
