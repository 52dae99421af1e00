#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# "Complete" of dotnet-dump collect does not mean that there is a dump. Of a single-file program of .NET 8 it says
# so and exits with 0 for --type Heap, Mini and Triage, and there is no file, nor a word why. Such a program
# forks a copy of itself to make the dump, which can only make full ones. In 8 the copy does not end when it is
# done or cannot: it stays behind as a process, one more for each dump. .NET 10 says that only full dumps are
# supported, but to the standard error of the program: dotnet-dump itself just exits with 255. So a script must
# look for the file, and has to ask for Full.
#
# Package: dotnet-dump 10.0.750501, Microsoft.NETCore.App.Runtime.linux-x64 8.0.31 and 10.0.12 (NuGet), with the
#          .NET SDK of the system, 8 or newer, and the host that it takes.
# Input:   a program, published as a single self-contained file for 8.0 with each runtime, that waits a minute.
# Guess:   a dump or an error of dotnet-dump; as --type Full works, so do the smaller ones.
# Seen:    8.0.31: "Complete", 0, no file; 10.0.12: no such word, 255, no file; Full: a file in both. After
#          these two requests there are three processes of 8.0.31, one of 10.0.12.
set -euo pipefail
version=10.0.750501
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -KILL -- "-$pid"; rm -rf "$dir"' EXIT
cd "$dir"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 TMPDIR=$dir
dotnet tool install dotnet-dump --version "$version" --tool-path tool >tool.log 2>&1 || { cat tool.log; exit 1; }

cat >waiter.cs <<'C'
System.Console.WriteLine(System.Environment.Version);
System.Threading.Thread.Sleep(60000);
C
collect() {
	local file=$dir/$1-$2 status=0

	timeout 120 tool/dotnet-dump collect -p "$pid" --type "$2" -o "$file" >log 2>&1 || status=$?
	echo "$1 $2: $(grep -x Complete log || echo not complete), exit $status, $([ -s "$file" ] && echo a || echo no) file"
	rm -f "$file"
}
for runtime in 8.0.31 10.0.12; do
	mkdir "$runtime"
	cp waiter.cs "$runtime"
	cat >"$runtime/waiter.csproj" <<X
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net8.0</TargetFramework>
    <RuntimeIdentifier>linux-x64</RuntimeIdentifier>
    <RuntimeFrameworkVersion>$runtime</RuntimeFrameworkVersion>
    <SelfContained>true</SelfContained>
    <PublishSingleFile>true</PublishSingleFile>
    <InvariantGlobalization>true</InvariantGlobalization>
  </PropertyGroup>
</Project>
X
	dotnet publish -v quiet -nologo -o "$runtime/out" "$runtime/waiter.csproj" >build.log || { cat build.log; exit 1; }
	setsid "$runtime/out/waiter" >"out-$runtime" 2>&1 </dev/null &
	pid=$!
	for _ in {1..100}; do [ -s "out-$runtime" ] && break; sleep 0.1; done
	grep -qx "$runtime" "out-$runtime"
	collect "$runtime" Full
	collect "$runtime" Mini
	echo "$runtime: $(pgrep -c -g "$pid") in its process group, said $(grep -c 'Only full dumps' "out-$runtime" || true)"
	kill -KILL -- "-$pid"
	wait "$pid" 2>/dev/null || true
	pid=
done >seen
cat seen
cat >expected <<'E'
8.0.31 Full: Complete, exit 0, a file
8.0.31 Mini: Complete, exit 0, no file
8.0.31: 3 in its process group, said 0
10.0.12 Full: Complete, exit 0, a file
10.0.12 Mini: not complete, exit 255, no file
10.0.12: 1 in its process group, said 1
E
diff expected seen
echo "as described: dotnet-dump $version, .NET 8.0.31, 10.0.12"
