#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# System.Threading.Lock says whose it is in _owningThreadId. From .NET 9 to 11 the field kept its name and its
# size, but not its meaning: in 9 and 10 it is the id that the operating system gives the thread, in 11 the managed
# id. In a container both are small numbers, so a reader that takes one for the other names another thread that
# exists. The older monitors do not tell what to expect: their thin locks hold the managed id in every version.
# Only the type tells the two apart: uint became int.
#
# Package: Microsoft.NETCore.App.Runtime.linux-x64 9.0.20, 10.0.12 and 11.0.0 (NuGet), with the .NET SDK of the
#          system, 9 or newer, and the host that it takes.
# Input:   one program, built for 9.0, run with each runtime: the main thread and a second one take a Lock and
#          compare the field with both of their ids, which differ.
# Guess:   the managed id in all of them, as in thin locks; or in 11 as well what it is in 9 and 10.
# Seen:    OS id, OS id, managed id.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >owner.cs <<'C'
using System;
using System.IO;
using System.Reflection;
using System.Threading;

Lock held = new();
FieldInfo field = typeof(Lock).GetField("_owningThreadId", BindingFlags.NonPublic | BindingFlags.Instance);

void Show()
{
    using Lock.Scope scope = held.EnterScope();
    string own = field.GetValue(held).ToString();
    string system = Path.GetFileName(new FileInfo("/proc/thread-self").ResolveLinkTarget(false).FullName);
    string managed = Environment.CurrentManagedThreadId.ToString();
    string which = system == managed ? "undecided" : own == system ? "OS id" : own == managed ? "managed id" : own;
    Console.WriteLine($"{Environment.Version}: {field.FieldType.Name} {which}");
}

Show();
Thread second = new(Show);
second.Start();
second.Join();
C
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
for runtime in 9.0.20 10.0.12 11.0.0; do
	mkdir "$runtime"
	cp owner.cs "$runtime"
	cat >"$runtime/owner.csproj" <<X
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net9.0</TargetFramework>
    <RuntimeIdentifier>linux-x64</RuntimeIdentifier>
    <SelfContained>true</SelfContained>
    <RuntimeFrameworkVersion>$runtime</RuntimeFrameworkVersion>
    <InvariantGlobalization>true</InvariantGlobalization>
  </PropertyGroup>
</Project>
X
	dotnet build -v quiet -nologo -o "$runtime/out" "$runtime/owner.csproj" >build.log || { cat build.log; exit 1; }
	"$runtime/out/owner"
done | tee seen
cat >expected <<'E'
9.0.20: UInt32 OS id
9.0.20: UInt32 OS id
10.0.12: UInt32 OS id
10.0.12: UInt32 OS id
11.0.0: Int32 managed id
11.0.0: Int32 managed id
E
diff expected seen
echo "as described: .NET 9.0.20, 10.0.12, 11.0.0"
