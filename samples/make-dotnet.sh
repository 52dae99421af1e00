#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the .NET sample and makes its dump: samples/make-dotnet.sh [FOLDER] (default: samples-out).
# Needs the SDK of .NET 10. As in make.sh, what a dump shows is the folder $DEMO (the dump here: /opt/demo)
# and an empty environment. The host's name and mounts, which the runtime reads from /proc, are hidden
# where unshare may.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-samples-out}
demo=${DEMO:-${TMPDIR:-/tmp}/dumpan-demo}
mkdir -p "$out/bin" "$demo/src" "$demo/deploy-runner"
out=$(cd "$out" && pwd)
cp -r "$here/src/deploy-runner" "$demo/src/"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet build "$demo/src/deploy-runner/DeployRunner.csproj" -c Release -o "$demo/deploy-runner" >/dev/null
rm -f "$demo/deploy-runner.core"
hidden=
cat >"$demo/alone.sh" <<'EOF'
hostname demo
while read -r _ _ _ _ at _; do
	case $at in / | /proc | /sys | /dev | /dev/*) ;; *) umount -l "$at" 2>/dev/null ;; esac
done </proc/self/mountinfo
exec "$@"
EOF
unshare --uts --mount true 2>/dev/null && hidden="unshare --uts --mount sh $demo/alone.sh"
# DbgMiniDumpType 1 is the smallest kind that has the exception and all stacks.
(cd "$demo" && eval "$hidden env -i PATH=/usr/bin:/bin DOTNET_DbgEnableMiniDump=1 DOTNET_DbgMiniDumpType=1 \
	DOTNET_EnableCrashReport=0 DOTNET_DbgMiniDumpName=$demo/deploy-runner.core \
	dotnet deploy-runner/DeployRunner.dll" >/dev/null 2>"$demo/deploy-runner.stderr") || :
zstd -q -f -19 "$demo/deploy-runner.core" -o "$out/deploy-runner.core.zst"
cp "$demo/deploy-runner/DeployRunner.dll" "$demo/deploy-runner/DeployRunner.pdb" "$out/bin/"
cat "$demo/deploy-runner.stderr"
ls -l "$out"
