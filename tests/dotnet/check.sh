#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Own .NET programs against what they say of themselves (see check.py). 77: cannot run here, and why.
# VERSIONS="8.0,11.0" and ONLY='deadlock-*' choose; WORK=DIR KEEP=1 keep programs and dumps for the next run.
. "$(dirname "$0")/../lib.sh"

cannot()
{
	echo "1..0 # SKIP $1"
	exit 77
}
for c in python3 dotnet "${CC:-cc}"; do
	command -v "${c%% *}" >/dev/null 2>&1 || cannot "$c is not installed"
done
[ "$(uname -sm)" = "Linux x86_64" ] || cannot "the programs are made for Linux on x86-64"
sdk=$(dotnet --version 2>/dev/null)
[ "${sdk%%.*}" -ge 10 ] 2>/dev/null || cannot "needs the SDK of .NET 10 or later, not ${sdk:-a runtime alone}"
DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
WORK=${WORK:-$T/work}
export DUMPAN WORK DOTNET_CLI_TELEMETRY_OPTOUT DOTNET_NOLOGO DOTNET_CLI_USE_MSBUILD_SERVER
# the runtime's package of 8.0 stands for all: where it cannot be had, there is no network and no copy
mkdir -p "$WORK"
dotnet restore "$top_srcdir/tests/dotnet/observatory/Observatory.csproj" -p:TargetFrameworks=net8.0 -p:SelfContained=true \
	--artifacts-path "$WORK/probe" >"$T/restore" 2>&1 ||
	cannot "the runtimes' packages cannot be had: $(grep -m 1 -o 'error NU.*' "$T/restore" | cut -c 1-120)"
python3 "$top_srcdir/tests/dotnet/check.py"
